/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkmix FILE OPERATIONS PAGES VCPUS [arm64]: an event file for measuring replay, of an x86 host or an arm64 one.
 *
 * Each vCPU owns PAGES / VCPUS pages and touches them in turn, so that every
 * access faults: before it comes to a 2 MiB chunk again a host task has
 * invalidated the chunk (one operation in 400).  Beside that, of 80 operations,
 * 64 are such accesses, 10 age one page and 6 invalidate one page (start and
 * end; the end is not counted).  OPERATIONS 0: every page is touched once, by
 * accesses alone.  Prints "operations N accesses N mapped N".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "event/writer.h"

#define CHUNK		512u
#define ACCESS_NS	6250u	/* one access of any vCPU each so many nanoseconds: locks are busy, not jammed */
#define HOST_TASKS	4u
#define HVA_BASE	0x7f0000000000ULL

struct mix {
	struct ev_writer *w;
	struct ev_meta	  meta;
	struct prng	  prng;
	uint64_t	  pages, per_vcpu, operations, accesses, t_ns;
	uint32_t	  vcpus, turn, think_ns;
};

static void put(struct mix *m, uint32_t task, const struct ev *ev)
{
	ev_write(m->w, task, m->t_ns, ev);	/* the first error comes back from closing */
}

static void put_range(struct mix *m, uint32_t task, enum ev_kind kind, gfn_t gfn, uint64_t nr)
{
	struct ev ev = { .kind = (uint8_t)kind };

	ev.hvas.start = HVA_BASE + (gfn << 12);
	ev.hvas.end = HVA_BASE + ((gfn + nr) << 12);
	ev.hvas.service_ns = 500;
	put(m, task, &ev);
}

static uint32_t host_task(const struct mix *m)
{
	return m->vcpus + m->turn % HOST_TASKS;
}

static void invalidate(struct mix *m, gfn_t gfn, uint64_t nr)
{
	put_range(m, host_task(m), EV_INVALIDATE_START, gfn, nr);
	m->t_ns += 10;
	put_range(m, host_task(m), EV_INVALIDATE_END, gfn, nr);
	m->operations++;
	m->turn++;
}

static void access_page(struct mix *m, uint32_t vcpu, uint64_t nth)
{
	gfn_t gfn = vcpu * m->per_vcpu + nth % m->per_vcpu;
	struct ev ev = { .kind = EV_ACCESS, .flags = EV_F_W | EV_F_PFN | EV_F_HOSTWR };

	ev.access.gfn = gfn;
	ev.access.attempts = 1;
	ev.access.level = 1;
	ev.access.pfn = 0x100000 + gfn;
	ev.access.result = RET_PF_FIXED;
	ev.access.guest_ns = (uint32_t)(m->think_ns / 2 + prng_below(&m->prng, m->think_ns));
	ev.access.service_ns = 3000;
	put(m, vcpu, &ev);
	m->operations++;
	m->accesses++;
}

/* Ages and invalidations that keep the mix after @accesses accesses by one vCPU each. */
static void host_work(struct mix *m)
{
	uint64_t r = prng_below(&m->prng, 64);
	gfn_t gfn = ((prng_next(&m->prng) >> 32) * m->pages) >> 32;

	if (r < 10) {
		put_range(m, host_task(m), EV_AGE, gfn, 1);
		m->operations++;
		m->turn++;
	} else if (r < 16) {
		invalidate(m, gfn, 1);
	}
}

static void one_turn(struct mix *m, uint32_t vcpu, uint64_t nth, bool mixed)
{
	m->t_ns += ACCESS_NS;
	if (mixed && nth >= m->per_vcpu && nth % CHUNK == 0)
		invalidate(m, vcpu * m->per_vcpu + nth % m->per_vcpu, CHUNK);
	access_page(m, vcpu, nth);
	if (mixed)
		host_work(m);
}

static void describe(struct mix *m, bool arm64)
{
	struct ev_meta *meta = &m->meta;

	ev_meta_init(meta);
	meta->arch = arm64 ? KVM_ARM64 : KVM_X86;
	meta->kernel = strdup("6.12.0-bench");
	meta->release = KVM_6_12;
	meta->tdp_mmu = true;
	meta->page_shift = 12;
	meta->nr_cpus = m->vcpus + HOST_TASKS;
	meta->has_ends = true;
	ev_meta_add_vm(meta);
	meta->vms[0].nr_vcpus = m->vcpus;
	meta->vms[0].slots_seen = true;
	for (uint32_t i = 0; i < m->vcpus + HOST_TASKS; i++) {
		uint32_t task = ev_meta_add_task(meta, 100 + i, i < m->vcpus ? "vcpu" : "host");

		meta->tasks[task].vm = i < m->vcpus ? 0 : -1;
		meta->tasks[task].vcpu = i < m->vcpus ? (int32_t)i : -1;
	}
}

static void put_slot(struct mix *m)
{
	struct ev ev = { .kind = EV_MEMSLOT };

	ev.slot.change = EV_SLOT_CREATE;
	ev.slot.npages = m->pages;
	ev.slot.hva = HVA_BASE;
	put(m, m->vcpus, &ev);
}

static void fill(struct mix *m, uint64_t operations)
{
	bool mixed = operations != 0;

	for (uint64_t nth = 0; mixed ? m->operations < operations : nth < m->per_vcpu; nth++)
		for (uint32_t vcpu = 0; vcpu < m->vcpus; vcpu++)
			one_turn(m, vcpu, nth, mixed);
}

int main(int argc, char **argv)
{
	struct mix m = { 0 };
	struct err e = { 0 };

	if (argc != 5 && (argc != 6 || strcmp(argv[5], "arm64") != 0)) {
		fprintf(stderr, "usage: mkmix FILE OPERATIONS PAGES VCPUS [arm64]\n");
		return ERR_USAGE;
	}
	m.pages = strtoull(argv[3], NULL, 0);
	m.vcpus = (uint32_t)strtoul(argv[4], NULL, 0);
	m.per_vcpu = m.vcpus ? m.pages / m.vcpus : 0;
	if (!m.per_vcpu || m.per_vcpu % CHUNK) {
		fprintf(stderr, "mkmix: pages per vCPU must be a multiple of %u\n", CHUNK);
		return ERR_USAGE;
	}
	m.think_ns = ACCESS_NS * m.vcpus;
	prng_seed(&m.prng, 1);
	describe(&m, argc == 6);
	if (ev_writer_open(argv[1], 1, &m.w, &e)) {
		fprintf(stderr, "mkmix: %s\n", e.text);
		return (int)e.exit;
	}
	put_slot(&m);
	fill(&m, strtoull(argv[2], NULL, 0));
	m.meta.last_ns = m.t_ns;
	if (ev_writer_close(m.w, &m.meta, &e)) {
		fprintf(stderr, "mkmix: %s\n", e.text);
		return (int)e.exit;
	}
	printf("operations %llu accesses %llu pages %llu\n", (unsigned long long)m.operations,
	       (unsigned long long)m.accesses, (unsigned long long)m.pages);
	ev_meta_fini(&m.meta);
	return 0;
}
