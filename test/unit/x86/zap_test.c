/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long zaps: where they let others in, and how long the longest step between
 * two such places is.  Virtual nanoseconds, with the default costs: 2 for a
 * look at an entry, so 1 µs for an empty table and 16 of them for 16 tables.
 */
#include "test/unit/x86/lab.h"

#define NR_TABLES	16
#define NR_PAGES	(NR_TABLES * 512ULL)
#define OP		1

enum what { ZAP_ALL, DELETE, UNMAP, UNMAP_NONBLOCK };

static const struct row {
	const char	*name;
	enum what	 what;
	const char	*policy;
	uint64_t	 stretch_min, stretch_max;	/* virtual ns */
	bool		 yields;
	unsigned int	 flushes_min, flushes_max;
} rows[] = {
	{ "4k+2m+1g+root: no step is longer than one empty table", ZAP_ALL,
	  "zap.root_passes=4k+2m+1g+root", 1000, 3500, true, 0, 0 },
	{ "1g+root: one step for all below 1 GiB", ZAP_ALL, "zap.root_passes=1g+root", 16000, 25000, true, 0, 0 },
	{ "single: one step for everything", ZAP_ALL, "zap.root_passes=single", 16000, 26000, true, 0, 0 },
	{ "leafs+root: leafs one by one, but all the tables in one step", ZAP_ALL,
	  "zap.root_passes=leafs+root", 16000, 24000, true, 0, 0 },
	{ "a slot's delete steps in the same way, with frozen entries", DELETE,
	  "zap.root_passes=4k+2m+1g+root", 2500, 6000, true, 0, 0 },
	{ "an invalidation yields, and flushes before it does", UNMAP, NULL, 900, 6000, true, 3, 1000 },
	{ "one that may not block holds on, and flushes once", UNMAP_NONBLOCK, NULL, 16000, 60000, false, 1, 1 },
};

struct scene {
	struct lab	 *l;
	const struct row *row;
};

static void populate(void *arg)
{
	struct scene *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	for (gfn_t gfn = LAB_GFN; gfn < LAB_GFN + NR_PAGES; gfn++)
		lab_fault(s->l, 0, gfn, MMU_W, 1);
}

static void zap(void *arg)
{
	struct scene *s = arg;
	struct mmu *mmu = s->l->mmu;
	hva_t end = lab_hva(LAB_GFN + NR_PAGES);

	rt_op_begin(OP);
	switch (s->row->what) {
	case ZAP_ALL:
		mmu_zap_all(mmu);
		break;
	case DELETE:
		lab_slot(s->l, MMU_SLOT_DELETE, 0);
		break;
	case UNMAP:
	case UNMAP_NONBLOCK:
		mmu_invalidate_start(mmu, LAB_HVA, end, s->row->what == UNMAP);
		mmu_invalidate_end(mmu, LAB_HVA, end);
		break;
	}
	rt_op_end(NULL);
}

/* Somebody who wants the CPU, so that giving it up means something. */
static void task(void *arg)
{
	if (rt_self() == 0)
		zap(arg);
	else
		rt_busy(1000000);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row };
	void *args[2] = { &s, &s };
	struct mmu_stats st;

	lab_init(&l);
	l.quiet = true;
	lab_policy(&l, "lock.resched_us=1");
	lab_policy(&l, row->policy);
	lab_open(&l);
	lab_run(&l, 1, 1, populate, args);
	mmu_stats(l.mmu, &st);
	assert_int_equal(st.pages[1], NR_PAGES);
	l.rt.host.cpus = 1;
	lab_run(&l, 2, 0, task, args);
	mmu_stats(l.mmu, &st);
	assert_int_equal(st.pages[1], 0);
	if (RT_IS_VIRTUAL) {
		assert_in_range(l.stats.longest_stretch_ns[OP], row->stretch_min, row->stretch_max);
		assert_int_equal(l.stats.yields[OP] > 0, row->yields);
		if (row->what >= UNMAP)
			assert_in_range(st.flushes, row->flushes_min, row->flushes_max);
	}
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("zaps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
