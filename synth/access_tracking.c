/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As KVM's access_tracking_perf_test: every vCPU touches its pages; then, round after round, the
 * host ages all of them one by one, without a break, while the vCPUs touch fresh ones.
 */
#include "synth/workloads.h"

enum { PAGES = SYNTH_OWN, ROUNDS, FRESH, AD, RANGE, WRITERS };

static const char *const yes_no[] = { "yes", "no", NULL };

static const struct synth_param params[] = {
	{ "pages", SYNTH_COUNT, "4096", 1, 1 << 24, NULL, "4 KiB pages of each vCPU that are aged" },
	{ "rounds", SYNTH_COUNT, "1", 1, 1000, NULL, "age passes over all of them" },
	{ "fresh", SYNTH_COUNT, "2", 0, 64, NULL, "times as many new pages a vCPU touches during a pass" },
	{ "ad", SYNTH_WORD, "yes", 0, 0, yes_no,
	  "hardware A/D bits; no (ept, arm64): aged pages fault, and the vCPUs touch them again before the next pass" },
	{ "range", SYNTH_COUNT, "1", 1, 1 << 20, NULL, "pages that one call ages" },
	{ "unmaps", SYNTH_COUNT, "0", 0, 1 << 20, NULL,
	  "during a pass another host thread takes so many single pages away, gap apart, of memory that nobody uses" },
};

/* Pages [page, page + nr) of one vCPU from @t_ns on.  Return: when that is over. */
static uint64_t touch(struct guest *g, const uint64_t *v, uint32_t vcpu, uint64_t t_ns, uint64_t page, uint64_t nr)
{
	uint64_t own = SYNTH_BIG_GFN + vcpu * v[PAGES] * (1 + v[ROUNDS] * v[FRESH]);

	for (; nr; nr--, page++) {
		t_ns += v[SYNTH_GAP];
		guest_access(g, t_ns, vcpu, own + page, 1, (uint32_t)v[SYNTH_GAP]);
		t_ns += GUEST_SERVICE_NS;
	}
	return t_ns;
}

static uint64_t touch_all(struct guest *g, const uint64_t *v, uint64_t t_ns, uint64_t page, uint64_t nr)
{
	uint64_t end_ns = t_ns;

	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++)
		end_ns = touch(g, v, vcpu, t_ns, page, nr);
	return end_ns;
}

/* Everything at once: the host takes no time between two pages. */
static void age_all(struct guest *g, const uint64_t *v, uint64_t t_ns)
{
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		gfn_t own = SYNTH_BIG_GFN + vcpu * v[PAGES] * (1 + v[ROUNDS] * v[FRESH]);

		for (uint64_t page = 0; page < v[PAGES]; page += v[RANGE])
			guest_age(g, t_ns, synth_hva(own + page), synth_hva(own + page + v[RANGE]), true);
	}
}

/* Meanwhile, behind what the vCPUs use. */
static void unmap_some(struct guest *g, const uint64_t *v, uint64_t t_ns, gfn_t unused)
{
	for (uint64_t i = 0; i < v[WRITERS]; i++)
		guest_invalidate_too(g, t_ns + i * v[SYNTH_GAP], synth_hva(unused), synth_hva(unused + 1));
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t all = g->vcpus * v[PAGES] * (1 + v[ROUNDS] * v[FRESH]), t_ns;

	if (all > SYNTH_SLOT_MAX)
		return err_set(e, ERR_USAGE, "vcpus times pages times (1 + rounds * fresh) is more than a memslot's "
			       "%llu pages", (unsigned long long)SYNTH_SLOT_MAX);
	if (v[AD] && g->meta->arch == KVM_X86 && v[SYNTH_TDP] != SPTE_EPT)
		return err_set(e, ERR_USAGE, "ad=no goes with tdp=ept: every AMD processor has A/D bits");
	if (v[AD])
		ev_meta_set_param(g->meta, g->meta->arch == KVM_X86 ? "kvm_intel.eptad" : "arm64.hw_af", "N");
	if (v[PAGES] % v[RANGE])
		return err_set(e, ERR_USAGE, "pages is no multiple of range");
	if (v[WRITERS])
		guest_host_too(g);
	guest_slot(g, 0, EV_SLOT_CREATE, 0, SYNTH_BIG_GFN, all + !!v[WRITERS], synth_hva(SYNTH_BIG_GFN));
	t_ns = touch_all(g, v, 1000, 0, v[PAGES]);
	for (uint64_t round = 0; round < v[ROUNDS]; round++) {
		age_all(g, v, t_ns);
		unmap_some(g, v, t_ns, SYNTH_BIG_GFN + all);
		t_ns = touch_all(g, v, t_ns, v[PAGES] * (1 + round * v[FRESH]), v[PAGES] * v[FRESH]);
		if (v[AD])
			t_ns = touch_all(g, v, t_ns, 0, v[PAGES]);
	}
	return 0;
}

const struct synth_workload synth_access_tracking = {
	.name = "access-tracking", .summary = "the host ages page by page while vCPUs touch fresh memory",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
