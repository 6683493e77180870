/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkmix FILE OPERATIONS PAGES VCPUS [x86|arm64|rmap|shadow]: an event file for measuring replay, of an x86 host
 * (rmap: without the TDP MMU; shadow: and without two-dimensional paging) or an arm64 one.
 *
 * Each vCPU owns PAGES / VCPUS pages and touches them in turn, so that every
 * access faults: before it comes to a 2 MiB chunk again a host task has
 * invalidated the chunk (one operation in 400).  Beside that, of 80 operations,
 * 64 are such accesses, 10 age one page and 6 invalidate one page (start and
 * end; the end is not counted).  OPERATIONS 0: every page is touched once, by
 * accesses alone.  A guest whose page tables are shadowed (pages of 4 KiB, one root) also, after every 20th access,
 * writes an entry of a leaf table anew, which makes the table unsync, and drops its translation (one operation each),
 * and after every 80th flushes everything (another).  Prints "operations N accesses N mapped N".
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
#define KERNEL		(1ULL << 39)	/* where a shadowed guest has all memory; its pages are from 0 on */
#define GPTE_TABLE	0x27u
#define GPTE_PAGE	0x67u
#define GPTE_1G		0xe3u

enum host { X86, ARM64, RMAP, SHADOW };
static const char *const hosts[] = { "x86", "arm64", "rmap", "shadow" };

struct mix {
	struct ev_writer *w;
	struct ev_meta	  meta;
	struct prng	  prng;
	uint64_t	  pages, per_vcpu, operations, accesses, t_ns;
	uint32_t	  vcpus, turn, think_ns;
	enum host	  host;
	gfn_t		  tables, end;	/* of page tables: leafs first; behind the last */
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

/* --- a shadowed guest ---------------------------------------------------------- */

static gfn_t table_of(const struct mix *m, unsigned int level, uint64_t page)
{
	gfn_t at = m->tables;

	for (unsigned int l = 1; l < level; l++)
		at += ((m->pages - 1) >> 9 * l) + 1;
	return at + (page >> 9 * level);
}

static void put_gpte(struct mix *m, uint32_t task, gfn_t table, uint64_t index, uint64_t value)
{
	struct ev ev = { .kind = EV_GPTE, .gpte = { .gfn = table, .offset = (index & 511) * 8, .bytes = 8,
						    .value = value } };

	put(m, task, &ev);
}

static void put_tables(struct mix *m)
{
	for (uint64_t page = 0; page < m->pages; page++) {
		put_gpte(m, m->vcpus, table_of(m, 1, page), page, page << 12 | GPTE_PAGE);
		for (unsigned int level = 2; level <= 4 && page % (1ULL << 9 * (level - 1)) == 0; level++)
			put_gpte(m, m->vcpus, table_of(m, level, page), page >> 9 * (level - 1),
				 table_of(m, level - 1, page) << 12 | GPTE_TABLE);
	}
	put_gpte(m, m->vcpus, table_of(m, 4, 0), 1, (m->end - 1) << 12 | GPTE_TABLE);
	for (gfn_t gfn = 0; gfn < m->end; gfn += 1 << 18)
		put_gpte(m, m->vcpus, m->end - 1, gfn >> 18, gfn << 12 | GPTE_1G);
}

static void put_walk(struct mix *m, uint32_t vcpu, uint64_t gva)
{
	struct ev ev = { .kind = EV_WALK, .walk = { .gva = gva, .root = table_of(m, 4, 0), .levels = 4, .known = 1,
						    .mapped = 1, .pferr = gva < KERNEL ? 6 : 2 } };

	put(m, vcpu, &ev);
}

static void put_access(struct mix *m, uint32_t vcpu, gfn_t gfn);

/* The entry changes in a bit that KVM does not care about. */
static void rewrite(struct mix *m, uint32_t vcpu, gfn_t gfn)
{
	gfn_t table = table_of(m, 1, gfn);
	struct ev ev = { .kind = EV_INVLPG, .walk = { .gva = gfn << 12, .root = table_of(m, 4, 0), .known = 1 } };

	put_walk(m, vcpu, KERNEL + (table << 12));
	put_access(m, vcpu, table);
	put_gpte(m, vcpu, table, gfn, gfn << 12 | GPTE_PAGE | (m->turn & 1) << 9);
	put(m, vcpu, &ev);
	m->operations++;
}

static void guest_work(struct mix *m, uint32_t vcpu, gfn_t gfn)
{
	struct ev ev = { .kind = EV_SYNC_ROOTS };

	if (m->accesses % 20 == 0)
		rewrite(m, vcpu, gfn);
	if (m->accesses % 80 != 0)
		return;
	put(m, vcpu, &ev);
	m->operations++;
}

/* --- any guest -------------------------------------------------------------------- */

static void put_access(struct mix *m, uint32_t vcpu, gfn_t gfn)
{
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

static void access_page(struct mix *m, uint32_t vcpu, uint64_t nth)
{
	gfn_t gfn = vcpu * m->per_vcpu + nth % m->per_vcpu;

	if (m->host == SHADOW)
		put_walk(m, vcpu, gfn << 12);
	put_access(m, vcpu, gfn);
}

static void one_turn(struct mix *m, uint32_t vcpu, uint64_t nth, bool mixed)
{
	m->t_ns += ACCESS_NS;
	if (mixed && nth >= m->per_vcpu && nth % CHUNK == 0)
		invalidate(m, vcpu * m->per_vcpu + nth % m->per_vcpu, CHUNK);
	access_page(m, vcpu, nth);
	if (!mixed)
		return;
	host_work(m);
	if (m->host == SHADOW)
		guest_work(m, vcpu, vcpu * m->per_vcpu + nth % m->per_vcpu);
}

static void describe(struct mix *m)
{
	struct ev_meta *meta = &m->meta;

	ev_meta_init(meta);
	meta->arch = m->host == ARM64 ? KVM_ARM64 : KVM_X86;
	meta->kernel = strdup("6.12.0-bench");
	meta->release = KVM_6_12;
	meta->tdp_mmu = m->host == X86 || m->host == ARM64;
	meta->shadow = m->host == SHADOW;
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
	ev.slot.npages = m->end;
	ev.slot.hva = HVA_BASE;
	put(m, m->vcpus, &ev);
}

/* KVM's limit of 2 % of the guest's memory would recycle pages all the time. */
static void put_limit(struct mix *m)
{
	struct ev ev = { .kind = EV_PAGE_LIMIT, .gfns = { .count = m->end / 100 + 1024 } };

	if (m->host == RMAP || m->host == SHADOW)
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

	while (argc == 6 && m.host <= SHADOW && strcmp(argv[5], hosts[m.host]) != 0)
		m.host++;
	if (argc < 5 || argc > 6 || m.host > SHADOW) {
		fprintf(stderr, "usage: mkmix FILE OPERATIONS PAGES VCPUS [x86|arm64|rmap|shadow]\n");
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
	m.tables = m.end = m.pages;
	if (m.host == SHADOW)
		m.end = table_of(&m, 4, 0) + 2;
	prng_seed(&m.prng, 1);
	describe(&m);
	if (ev_writer_open(argv[1], 1, &m.w, &e)) {
		fprintf(stderr, "mkmix: %s\n", e.text);
		return (int)e.exit;
	}
	if (m.host == SHADOW)
		put_tables(&m);
	put_limit(&m);
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
