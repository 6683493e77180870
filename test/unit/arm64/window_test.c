/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seed 003's question in small: for how long is a range not mapped while a block takes the place of its pages?  Eight vCPUs
 * use it all the time; one of them, on a page that was never mapped, brings the block about.  Virtual time only.
 */
#include "test/unit/arm64/script.h"

#define NR_VCPUS	8
#define BIG_PAGES	(1ULL << 18)

static const struct row {
	const char	*name;
	const char	*policy[4];
	enum kvm_release release;
	bool		 no_fwb;
	int		 host_level;		/* 2: a block of 2 MiB is rebuilt, 3: one of 1 GiB */
	uint64_t	 least_ns, most_ns;	/* for which its entry is broken */
} rows[] = {
	/* 262 144 pages and 512 tables are dropped at 25 ns each, and looked at. */
	{ "1 GiB, unmap-first: as long as the pages take", { NULL }, KVM_6_1, false, 3, 6000000, 8000000 },
	{ "1 GiB, block-first: a TLB invalidation", { "coalesce.order=block-first" }, KVM_6_1, false, 3, 700, 2000 },
	{ "1 GiB, deferred: the same", { NULL }, KVM_6_12, false, 3, 700, 2000 },
	{ "2 MiB, unmap-first", { NULL }, KVM_6_1, false, 2, 12000, 20000 },
	{ "2 MiB, block-first", { "coalesce.order=block-first" }, KVM_6_1, false, 2, 700, 2000 },
	/* 400 ns for each 4 KiB. */
	{ "2 MiB, block-first, caches cleaned", { "coalesce.order=block-first" }, KVM_6_1, true, 2, 204800, 210000 },
	{ "2 MiB, deferred, caches cleaned while it is locked", { NULL }, KVM_6_12, true, 2, 204800, 210000 },
	{ "2 MiB, as seed 003: not cleaned", { "coalesce.order=block-first", "coalesce.cmo=skip", "fault.lock=write" },
	  KVM_6_1, true, 2, 700, 2000 },
	{ "2 MiB, skip-if-mapped: one page was not", { "coalesce.order=block-first", "coalesce.cmo=skip-if-mapped" },
	  KVM_6_1, true, 2, 204800, 210000 },
};

struct window {
	struct lab	 *l;
	const struct row *row;
	bool		  over;
};

/* All pages but the first. */
static void map_pages(struct window *w)
{
	struct step slot = { .kind = BIG_SLOT };
	uint64_t nr = w->row->host_level == 3 ? BIG_PAGES : 512;
	struct mmu_prefill p = { .gfn = BIG + 1, .npages = nr - 1, .pfn = LAB_PFN(BIG + 1), .level = 1 };

	script_step(w->l, &slot);
	assert_int_equal(mmu_prefill(w->l->mmu, &p), 0);
}

static void task(void *arg)
{
	struct window *w = arg;
	unsigned int me = rt_self();
	struct mmu_access a = { .gfn = BIG + me, .access = MMU_W, .host_level = (uint8_t)w->row->host_level,
				.host_writable = true, .pfn = LAB_PFN(BIG + me) };

	if (!me) {
		rt_think(100000);
		assert_int_equal(mmu_fault(w->l->mmu, me, &a), RET_PF_FIXED);
		w->over = true;
		return;
	}
	while (!w->over) {
		if (!mmu_touch(w->l->mmu, me, &a))
			mmu_fault(w->l->mmu, me, &a);
		rt_think(300);
	}
}

static void begin(void *arg)
{
	map_pages(arg);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct window w = { .l = &l, .row = row };
	struct mmu_stats stats;
	void *args[NR_VCPUS];

	if (!RT_IS_VIRTUAL)
		return;
	for (unsigned int i = 0; i < NR_VCPUS; i++)
		args[i] = &w;
	lab_init(&l);
	lab_preset(&l, row->release);
	l.config.s2.fwb = !row->no_fwb;
	l.config.check = false;
	l.quiet = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 0, begin, args);
	lab_run(&l, NR_VCPUS, NR_VCPUS, task, args);
	mmu_stats(l.mmu, &stats);
	assert_int_equal(stats.coalesced, 1);
	assert_int_equal(stats.broken, 1);
	assert_in_range(stats.broken_max_ns, row->least_ns, row->most_ns);
	/* The others meet it, unless it is shorter than what they do in between. */
	assert_int_equal(stats.broken_faults > 0, stats.broken_max_ns > 2000 || stats.broken_faults);
	assert_int_equal(stats.broken_faults > 0, stats.broken_stall_ns > 0);
	lab_close(&l);
}

int main(void)
{
	return table_run("windows", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
