/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several vCPUs at the same pages: one wins each, the others find it done, and nothing leaks. */
#include "test/unit/x86/lab.h"

#define NR_VCPUS	8

static const struct row {
	const char	*name;
	const char	*policy;
	int		 level;
	uint64_t	 pages;		/* touched by every vCPU, in the same order */
	uint64_t	 want_pages[3];	/* leafs by level 1, 2 when all is done */
	uint64_t	 tables;	/* root included */
} rows[] = {
	{ "4 KiB pages, read lock", NULL, 1, 1024, { 0, 1024, 0 }, 5 },
	{ "4 KiB pages, write lock", "fault.lock=write", 1, 1024, { 0, 1024, 0 }, 5 },
	{ "4 KiB pages, spinlock", "fault.lock=spin", 1, 1024, { 0, 1024, 0 }, 5 },
	{ "4 KiB pages, mixed", "fault.lock=mixed", 1, 1024, { 0, 1024, 0 }, 5 },
	{ "2 MiB pages", NULL, 2, 2048, { 0, 0, 4 }, 3 },
	{ "2 MiB pages, write lock", "fault.lock=write", 2, 2048, { 0, 0, 4 }, 3 },
};

struct scene {
	struct lab	 *l;
	const struct row *row;
	uint64_t	  refused;	/* pages that stayed untouchable after a fault that did not say RETRY */
};

static void vcpu(void *arg)
{
	struct scene *s = arg;
	unsigned int me = rt_self();

	mmu_vcpu_load(s->l->mmu, me);
	for (uint64_t i = 0; i < s->row->pages; i++) {
		while (!lab_touch(s->l, me, LAB_GFN + i, MMU_W)) {
			enum ret_pf ret = lab_fault(s->l, me, LAB_GFN + i, MMU_W, s->row->level);

			if (ret != RET_PF_RETRY && !lab_touch(s->l, me, LAB_GFN + i, MMU_W)) {
				__atomic_fetch_add(&s->refused, 1, __ATOMIC_RELAXED);
				break;
			}
		}
		rt_think(10);
	}
}

static void create(void *arg)
{
	struct scene *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
}

static void finish(void *arg)
{
	struct scene *s = arg;

	mmu_zap_all(s->l->mmu);
	mmu_teardown(s->l->mmu);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row };
	void *args[NR_VCPUS];
	struct mmu_stats st;
	int level;

	for (unsigned int i = 0; i < NR_VCPUS; i++)
		args[i] = &s;
	lab_init(&l);
	l.quiet = true;
	l.rt.grain = RT_GRAIN_ACCESS;
	lab_policy(&l, row->policy);
	lab_open(&l);
	lab_run(&l, 1, 0, create, args);
	lab_run(&l, NR_VCPUS, NR_VCPUS, vcpu, args);
	assert_int_equal(s.refused, 0);
	mmu_check(l.mmu);
	mmu_stats(l.mmu, &st);
	assert_int_equal(st.pages[1], row->want_pages[1]);
	assert_int_equal(st.pages[2], row->want_pages[2]);
	assert_int_equal(st.tables, row->tables);
	assert_int_equal(lab_tables(&l), row->tables);
	assert_true(st.ret_pf[RET_PF_FIXED] >= st.pages[1] + st.pages[2]);
	for (uint64_t i = 0; i < row->pages; i++) {
		uint64_t leaf = lab_leaf(&l, LAB_GFN + i, &level);
		gfn_t base = (LAB_GFN + i) & ~(SPTE_LEVEL_PAGES(row->level) - 1);

		assert_int_equal(level, row->level);
		assert_int_equal(spte_pfn(leaf), LAB_PFN(base));
	}
	lab_run(&l, 1, 0, finish, args);
	mmu_stats(l.mmu, &st);
	assert_int_equal(st.tables, 0);
	assert_int_equal(lab_tables(&l), 0);
	lab_close(&l);
}

int main(void)
{
	return table_run("vCPUs together", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
