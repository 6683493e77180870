/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of a VM that never was. */
#include "synth/guest.h"

#include <stdio.h>

#include "base/alloc.h"

static void write(struct guest *g, uint32_t vcpu, uint64_t t_ns, const struct ev *ev)
{
	if (t_ns > g->last_ns)
		g->last_ns = t_ns;
	g->meta->events++;
	ev_write(g->w, vcpu == GUEST_HOST ? 0 : vcpu == GUEST_HOST_TOO ? g->vcpus + 1 : vcpu + 1, t_ns, ev);
}

static void add_task(struct guest *g, int vcpu)
{
	char comm[32];
	uint32_t task;

	snprintf(comm, sizeof(comm), vcpu < 0 ? "vmm" : "CPU %d/KVM", vcpu);
	task = ev_meta_add_task(g->meta, (uint32_t)(1000 + vcpu + 1), comm);
	g->meta->tasks[task].tgid = 1000;
	g->meta->tasks[task].vcpu = vcpu;
	g->meta->tasks[task].vm = 0;
}

void guest_init(struct guest *g, unsigned int release, unsigned int tdp, uint32_t vcpus)
{
	struct ev_meta *m = g->meta;

	m->arch = KVM_X86;
	m->release = (enum kvm_release)release;
	m->release_exact = true;
	m->kernel = xasprintf("%s.0-synthetic", kvm_release_name(m->release));
	m->tdp = (enum spte_tdp)tdp;
	m->tdp_mmu = true;
	m->nr_cpus = vcpus + 1;
	m->clock = xstrdup("synthetic");
	m->has_ends = true;
	ev_meta_add_vm(m);
	m->vms[0].tgid = 1000;
	m->vms[0].nr_vcpus = vcpus;
	m->vms[0].slots_seen = true;
	g->vcpus = vcpus;
	for (int vcpu = -1; vcpu < (int)vcpus; vcpu++)
		add_task(g, vcpu);
}

void guest_arm64(struct guest *g, unsigned int page_shift)
{
	g->meta->arch = KVM_ARM64;
	g->meta->page_shift = page_shift;
	ev_meta_set_param(g->meta, "arm64.ipa_bits", "48");
}

void guest_slot(struct guest *g, uint64_t t_ns, enum ev_slot_change change, uint16_t id, gfn_t gfn, uint64_t npages,
		hva_t hva)
{
	struct ev ev = { .kind = EV_MEMSLOT, .slot = { .id = id, .change = change, .gfn = gfn, .npages = npages,
						       .hva = hva } };

	write(g, GUEST_HOST, t_ns, &ev);
}

void guest_prefill(struct guest *g, uint64_t t_ns, gfn_t gfn, uint64_t npages, unsigned int level)
{
	struct ev ev = { .kind = EV_PREFILL, .gfns = { .gfn = gfn, .level = level, .count = npages } };

	write(g, GUEST_HOST, t_ns, &ev);
}

/* @access: EV_F_R, EV_F_W, EV_F_X. */
static struct ev access_of(gfn_t gfn, unsigned int level, uint32_t guest_ns, unsigned int access)
{
	return (struct ev){
		.kind = EV_ACCESS, .flags = (uint8_t)(access | EV_F_PFN | EV_F_HOSTWR),
		.access = { .gfn = gfn, .attempts = 1, .level = level, .pfn = gfn, .result = RET_PF_FIXED,
			    .guest_ns = guest_ns },
	};
}

void guest_access(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns)
{
	struct ev ev = access_of(gfn, level, guest_ns, EV_F_R | EV_F_W);

	ev.access.service_ns = GUEST_SERVICE_NS;
	write(g, vcpu, t_ns, &ev);
}

void guest_touch(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns,
		 bool writes)
{
	struct ev ev = access_of(gfn, level, guest_ns, writes ? EV_F_R | EV_F_W : EV_F_R);

	write(g, vcpu, t_ns, &ev);
}

void guest_fetch(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns)
{
	struct ev ev = access_of(gfn, level, guest_ns, EV_F_X);

	ev.access.service_ns = GUEST_SERVICE_NS;
	write(g, vcpu, t_ns, &ev);
}

void guest_nx_recover(struct guest *g, uint64_t t_ns)
{
	struct ev ev = { .kind = EV_NX_RECOVER };

	write(g, GUEST_HOST, t_ns, &ev);
}

static void invalidate(struct guest *g, uint32_t who, uint64_t t_ns, hva_t start, hva_t end, bool begins)
{
	struct ev ev = { .kind = begins ? EV_INVALIDATE_START : EV_INVALIDATE_END,
			 .hvas = { .start = start, .end = end } };

	write(g, who, t_ns, &ev);
}

void guest_invalidate(struct guest *g, uint64_t t_ns, hva_t start, hva_t end, bool begins)
{
	invalidate(g, GUEST_HOST, t_ns, start, end, begins);
}

void guest_host_too(struct guest *g)
{
	uint32_t task = ev_meta_add_task(g->meta, 1000 + g->vcpus + 1, "host");

	g->meta->tasks[task].vcpu = g->meta->tasks[task].vm = -1;
	g->meta->nr_cpus++;
}

void guest_invalidate_too(struct guest *g, uint64_t t_ns, hva_t start, hva_t end)
{
	invalidate(g, GUEST_HOST_TOO, t_ns, start, end, true);
	invalidate(g, GUEST_HOST_TOO, t_ns, start, end, false);
}

void guest_age(struct guest *g, uint64_t t_ns, hva_t start, hva_t end, bool young)
{
	struct ev ev = { .kind = EV_AGE, .flags = (uint8_t)(EV_F_MATCHED | (young ? EV_F_YOUNG : 0)),
			 .hvas = { .start = start, .end = end, .extra = young ? (uint32_t)((end - start) >> 12) : 0 } };

	write(g, GUEST_HOST, t_ns, &ev);
}

void guest_log(struct guest *g, uint64_t t_ns, uint16_t id, gfn_t gfn, uint64_t npages, hva_t hva, bool on, bool beside)
{
	struct ev ev = { .kind = EV_MEMSLOT, .flags = beside ? EV_F_BESIDE : 0,
			 .slot = { .id = id, .change = EV_SLOT_FLAGS, .gfn = gfn, .npages = npages, .hva = hva,
				   .flags = on ? KVM_MEM_LOG_DIRTY : 0 } };

	write(g, GUEST_HOST, t_ns, &ev);
}

void guest_dirty(struct guest *g, uint64_t t_ns, enum ev_kind kind, uint16_t id, gfn_t gfn,
		 uint64_t npages, bool beside)
{
	struct ev ev = { .kind = kind, .flags = beside ? EV_F_BESIDE : 0,
			 .gfns = { .gfn = gfn, .count = npages, .slot = id } };

	write(g, GUEST_HOST, t_ns, &ev);
}

void guest_reset_rings(struct guest *g, uint64_t t_ns, bool beside)
{
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		bool last = vcpu + 1 == g->vcpus;
		struct ev ev = { .kind = EV_DIRTY_RESET,
				 .flags = (uint8_t)((beside ? EV_F_BESIDE : 0) | (last ? EV_F_LAST : 0)),
				 .gfns = { .slot = (uint16_t)vcpu, .count = 1 /* more than none: all there is */ } };

		write(g, GUEST_HOST, t_ns, &ev);
	}
}

void guest_shadow(struct guest *g)
{
	g->meta->tdp = SPTE_NPT;	/* shadow pages have the processor's own format, as with NPT */
	g->meta->tdp_mmu = false;
	g->meta->shadow = true;
}

void guest_page_limit(struct guest *g, uint64_t t_ns, uint64_t pages)
{
	struct ev ev = { .kind = EV_PAGE_LIMIT, .gfns = { .count = pages } };

	write(g, GUEST_HOST, t_ns, &ev);
}

void guest_gpte(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t table, unsigned int offset, uint64_t value)
{
	struct ev ev = { .kind = EV_GPTE, .gpte = { .gfn = table, .offset = offset, .bytes = 8, .value = value } };

	write(g, vcpu, t_ns, &ev);
}

void guest_walk(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t root, unsigned int levels, uint64_t gva,
		uint32_t pferr)
{
	struct ev ev = { .kind = EV_WALK, .walk = { .gva = gva, .root = root, .levels = levels, .known = 1,
						    .mapped = 1, .pferr = pferr } };

	write(g, vcpu, t_ns, &ev);
}

void guest_cr3(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t root)
{
	struct ev ev = { .kind = EV_CR3, .walk = { .root = root, .known = 1 } };

	write(g, vcpu, t_ns, &ev);
}

void guest_end(struct guest *g, uint64_t t_ns, enum ev_kind kind)
{
	struct ev ev = { .kind = kind };

	write(g, GUEST_HOST, t_ns, &ev);
}
