/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root and range zaps by shape of the tables: how many steps each pass takes, how many entries are looked
 * at, and the longest stretch without a place to yield, in entries (a look costs 1 ns here, all else nothing).
 *
 * A root of four levels, and 512 entries in each table that is looked at.
 */
#include "test/unit/x86/lab.h"

#define OP	1
#define GIB	(1ULL << 18)
#define MIB2	512ULL
#define AT	GIB
/*
 * Beside what a step looks at: the next entry, where the walk can yield again; and for the first entry of the
 * root the look at it, since a walk that has not got past any gfn cannot yield.
 */
#define STEP	1
#define FIRST	2

struct shape {
	const char *name;
	uint64_t    pages;		/* from AT on */
	int	    level;
};

static const struct shape sixteen = { "16 tables", 16 * MIB2, 1 }, two_gib = { "2 GiB", 2 * GIB, 1 };
static const struct shape huge = { "2 MiB pages", 3 * GIB, 2 }, giant = { "1 GiB pages", 5 * GIB, 3 };

static const struct row {
	const char	   *name, *set[3];
	const struct shape *shape;
	uint64_t	    steps[5];	/* by level: entries that were zapped as such */
	uint64_t	    visited, stretch;
	bool		    fast;	/* a fast zap: shared, frozen entry by entry, which costs no look */
} rows[] = {
	/* The 4 KiB pass looks at 512 each in root, level 3 and 2, and in 16 tables; then 512 for each table removed. */
	{ "4k+2m+1g+root: a table at a time", { "zap.root_passes=4k+2m+1g+root" }, &sixteen,
	  { 0, 16 * 512, 16, 1, 1 }, (3 + 16) * 512 + (3 + 16) * 512 + (2 + 1) * 512 + (1 + 1) * 512, 512 + FIRST },
	{ "1g+root: everything below 1 GiB in a step", { "zap.root_passes=1g+root" }, &sixteen,
	  { 0, 0, 0, 1, 1 }, (2 + 17) * 512 + (1 + 1) * 512, 17 * 512 + STEP },
	{ "single: a root entry with all below", { "zap.root_passes=single" }, &sixteen,
	  { 0, 0, 0, 0, 1 }, (1 + 18) * 512, 18 * 512 + FIRST },
	{ "leafs+root: the leafs are gone, and their tables take as long to look through", { "zap.root_passes=leafs+root" },
	  &sixteen, { 0, 16 * 512, 0, 0, 1 }, (3 + 16) * 512 + (1 + 18) * 512, 18 * 512 + FIRST },
	{ "4k+2m+1g+root, 2 GiB: no longer step", { "zap.root_passes=4k+2m+1g+root" }, &two_gib,
	  { 0, 1024 * 512, 1024, 2, 1 }, (4 + 1024) * 512 + (4 + 1024) * 512 + (2 + 2) * 512 + (1 + 1) * 512, 512 + FIRST },
	{ "1g+root, 2 GiB: twice the steps, no longer ones", { "zap.root_passes=1g+root" }, &two_gib,
	  { 0, 0, 0, 2, 1 }, (2 + 2 * 513) * 512 + (1 + 1) * 512, 513 * 512 + STEP },
	{ "single, 2 GiB: one step of twice the length", { "zap.root_passes=single" }, &two_gib,
	  { 0, 0, 0, 0, 1 }, (1 + 1 + 2 * 513) * 512, (1 + 2 * 513) * 512 + FIRST },
	/* In the 4 KiB pass 2 MiB leafs are only looked at. */
	{ "4k+2m+1g+root by 2 MiB pages", { "zap.root_passes=4k+2m+1g+root" }, &huge,
	  { 0, 0, 3 * 512, 3, 1 }, 2 * (2 + 3) * 512 + (2 + 3) * 512 + (1 + 1) * 512, 512 + FIRST },
	{ "leafs+root by 2 MiB pages: leafs of any size", { "zap.root_passes=leafs+root" }, &huge,
	  { 0, 0, 3 * 512, 0, 1 }, (2 + 3) * 512 + (1 + 4) * 512, 4 * 512 + FIRST },
	{ "leafs+root by 1 GiB pages", { "zap.root_passes=leafs+root" }, &giant,
	  { 0, 0, 0, 5, 1 }, 2 * 512 + (1 + 1) * 512, 512 + FIRST },
	{ "1g+root by 1 GiB pages", { "zap.root_passes=1g+root" }, &giant,
	  { 0, 0, 0, 5, 1 }, 2 * 512 + (1 + 1) * 512, 512 + FIRST },
	{ "a fast zap takes the same steps", { "zap.root_passes=4k+2m+1g+root" }, &sixteen,
	  { 0, 16 * 512, 16, 1, 1 }, (3 + 16) * 512 + (3 + 16) * 512 + (2 + 1) * 512 + (1 + 1) * 512, FIRST + STEP, true },
	/* Nobody's work: every entry that is looked at outside removed tables, and is not present, goes to waste. */
	{ "zap.nonpresent = process: the empty entries are zapped, too", { "zap.root_passes=1g+root", "zap.nonpresent=process" },
	  &sixteen, { 0, 0, 0, 1, 1 }, (2 + 17) * 512 + (1 + 1) * 512, 17 * 512 + STEP },
};

struct scene {
	struct lab	  lab;
	const struct row *row;
	uint64_t	  steps[5];
};

/* A frozen entry is one inside a table that was taken away; a step leaves nothing. */
static void count_step(void *arg, unsigned int task, const struct obs *o)
{
	struct scene *s = arg;

	(void)task;
	if (o->kind == OBS_SPTE_CHANGED && o->spte.new == spte_format(KVM_6_12, SPTE_NPT)->nonpresent)
		s->steps[o->spte.level]++;
}

static struct mmu_slot slot_of(const struct scene *s)
{
	return (struct mmu_slot){ .id = 3, .base_gfn = AT, .npages = s->row->shape->pages, .hva = 1ULL << 40 };
}

static void zap(void *arg)
{
	struct scene *s = arg;
	struct mmu *mmu = s->lab.mmu;
	struct mmu_slot slot = slot_of(s);
	struct mmu_prefill p = { .gfn = AT, .npages = slot.npages, .pfn = AT, .level = (uint8_t)s->row->shape->level };

	assert_int_equal(mmu_memslot(mmu, MMU_SLOT_CREATE, &slot), 0);
	assert_int_equal(mmu_prefill(mmu, &p), 0);
	rt_op_begin(OP);
	if (s->row->fast)
		mmu_memslot(mmu, MMU_SLOT_DELETE, &slot);
	else
		mmu_zap_all(mmu);
	rt_op_end(NULL);
}

static void run(struct scene *s, const struct row *row, bool observed)
{
	void *arg = s;

	*s = (struct scene){ .row = row };
	lab_init(&s->lab);
	for (unsigned int i = 0; i < ARRAY_SIZE(row->set); i++)
		lab_policy(&s->lab, row->set[i]);
	for (unsigned int i = 0; i < NR_COSTS; i++)
		s->lab.costs.ps[i] = i == COST_WALK_STEP ? PSEC_PER_NSEC : 0;
	s->lab.quiet = !observed;
	s->lab.config.check = false;
	lab_open(&s->lab);
	s->lab.sink = (struct mmu_sink){ .emit = count_step, .arg = s };
	lab_run(&s->lab, 1, 0, zap, &arg);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	static struct scene s;

	for (unsigned int observed = 0; observed < 2; observed++) {
		struct mmu_stats st;

		run(&s, row, observed);
		mmu_stats(s.lab.mmu, &st);
		if (observed)
			assert_memory_equal(s.steps, row->steps, sizeof(s.steps));
		if (RT_IS_VIRTUAL)
			assert_int_equal(s.lab.stats.longest_stretch_ns[OP], row->stretch);
		assert_int_equal(st.zap_visited, row->visited);
		assert_int_equal(st.zap_nonpresent > 0, row->set[1] != NULL);
		assert_int_equal(st.pages[1] + st.pages[2] + st.pages[3], 0);
		assert_int_equal(st.tables, !row->fast);
		lab_close(&s.lab);
	}
}

int main(void)
{
	return table_run("passes", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
