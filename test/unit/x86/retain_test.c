/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What zaps leave behind: the tables that each zap.range keeps, and that the next faults find them again
 * (I-T2); roots that went invalid, which gain nothing any more; walks that yield, which get on (I-G1).
 */
#include "engine/x86/root.h"
#include "test/unit/x86/lab.h"

#define GIB	(1ULL << 18)
#define AT	(1ULL << 27)		/* 512 GiB: entry 1 of the root */
#define OP	1

enum what { RANGE, INVALID_ROOT, GETS_ON };

static const struct row {
	const char *name, *set;
	enum what   what;
	uint64_t    gib;		/* that are mapped */
	uint64_t    from, pages;	/* of the range, from AT on */
	uint64_t    tables, empty;	/* then */
	uint64_t    made;		/* by one fault each at 0, 1/2, 1, 1 1/2 GiB */
} rows[] = {
	/* 2 GiB: the root, 1 of level 3, 2 of level 2, 1024 of level 1. */
	{ "leaf-only keeps every table", "zap.range=leaf-only", RANGE, 2, 0, 2 * GIB, 1028, 1024, 0 },
	{ "cap-1g takes what lies below a 1 GiB entry, and keeps the table that entry is in", "zap.range=cap-1g", RANGE,
	  2, 0, 2 * GIB, 2, 1, 6 },
	{ "tables takes no more where the range is no whole root entry", "zap.range=tables", RANGE, 2, 0, 2 * GIB, 2, 1, 6 },
	{ "a GiB across two: tables of 2 MiB", "zap.range=cap-1g", RANGE, 2, 512, GIB, 1028 - 512, 0, 2 },
	{ "a GiB across two, leaf-only", "zap.range=leaf-only", RANGE, 2, 512, GIB, 1028, 512, 0 },
	{ "less than a table: no policy takes one", "zap.range=tables", RANGE, 2, 1, 511, 1028, 0, 0 },
	{ "512 GiB, leaf-only: 1 GiB of empty tables", "zap.range=leaf-only", RANGE, 512, 0, 512 * GIB,
	  1 + 1 + 512 + 512 * 512, 512 * 512, 0 },
	{ "512 GiB, cap-1g: the table of level 3 is kept", "zap.range=cap-1g", RANGE, 512, 0, 512 * GIB, 2, 1, 6 },
	{ "512 GiB, tables: nothing is kept", "zap.range=tables", RANGE, 512, 0, 512 * GIB, 1, 0, 7 },
	{ "an invalid root gains nothing while faults go on", NULL, INVALID_ROOT, 1 },
	{ "an invalid root gains nothing while faults go on, 1 GiB at a time", "zap.root_passes=1g+root", INVALID_ROOT, 1 },
	{ "a walk that others always want the lock of gets on", "lock.needbreak=contended", GETS_ON, 1 },
};

struct scene {
	struct lab	  lab;
	const struct row *row;
	struct rt_sample  sample;
	rt_u64		  done;
};

static struct mmu_slot slot_of(const struct scene *s)
{
	return (struct mmu_slot){ .id = 3, .base_gfn = AT, .npages = s->row->gib * GIB, .hva = 1ULL << 42 };
}

static void fill(struct scene *s)
{
	struct mmu_slot slot = slot_of(s);
	struct mmu_prefill p = { .gfn = AT, .npages = slot.npages, .pfn = AT, .level = 1 };

	assert_int_equal(mmu_memslot(s->lab.mmu, MMU_SLOT_CREATE, &slot), 0);
	assert_int_equal(mmu_prefill(s->lab.mmu, &p), 0);
}

static enum ret_pf fault(struct scene *s, unsigned int vcpu, gfn_t gfn)
{
	struct mmu_access a = { .gfn = gfn, .access = MMU_W, .host_level = 1, .host_writable = true, .pfn = gfn };

	return mmu_fault(s->lab.mmu, vcpu, &a);
}

static void range(void *arg)
{
	struct scene *s = arg;
	struct mmu *mmu = s->lab.mmu;
	hva_t start = (1ULL << 42) + (s->row->from << 12), end = start + (s->row->pages << 12);
	struct mmu_stats st;

	fill(s);
	mmu_vcpu_load(mmu, 0);
	mmu_invalidate_start(mmu, start, end, true);
	mmu_invalidate_end(mmu, start, end);
	mmu_stats(mmu, &st);
	assert_int_equal(st.tables, s->row->tables);
	assert_int_equal(st.tables_empty, s->row->empty);
	assert_int_equal(st.pages[1], s->row->gib * GIB - s->row->pages);
	for (unsigned int i = 0; i < 4; i++)
		if (!lab_touch(&s->lab, 0, AT + i * GIB / 2, MMU_W))
			assert_int_equal(fault(s, 0, AT + i * GIB / 2), RET_PF_FIXED);
	mmu_stats(mmu, &st);
	assert_int_equal(st.tables_made, s->row->made);
}

/* vCPU 0 faults; vCPU 1 only holds on to the old root; somebody deletes another slot. */
static void invalid_root(void *arg)
{
	struct scene *s = arg;

	switch (rt_self()) {
	case 0:
		for (gfn_t i = 0; i < 400 || rt_load(&s->done) < 2; i++) {
			if (rt_load(&s->done))	/* at least once after that */
				rt_store(&s->done, 2);
			while (fault(s, 0, AT + i * 37 % GIB) == RET_PF_RETRY)
				rt_think(0);
			rt_think(300);
		}
		break;
	case 1:
		break;
	default:
		rt_idle(20000);
		lab_slot(&s->lab, MMU_SLOT_DELETE, 0);
		rt_store(&s->done, 1);
	}
}

/* All that is mapped hangs from the new root; the old one, which vCPU 1 still has, is empty. */
static void check_old_root(struct scene *s)
{
	const struct x86_mmu *x = to_x86_const(s->lab.mmu);
	const struct root *old = x->vcpus[1].root;
	struct mmu_stats st;

	assert_true(root_invalid(old));
	assert_ptr_not_equal(old, x->vcpus[0].root);
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		assert_int_equal(arena_peek(&s->lab.mmu->arena, old->table, i), x->f->nonpresent);
	mmu_stats(s->lab.mmu, &st);
	assert_true(st.pages[1] > 0);
}

/* Writers come so often that one always waits. */
static void gets_on(void *arg)
{
	struct scene *s = arg;
	struct mmu *mmu = s->lab.mmu;

	if (rt_self()) {
		while (!rt_load(&s->done)) {
			mmu_age(mmu, 1ULL << 42, (1ULL << 42) + 4096, MMU_AGE_TEST);
			rt_pause();
		}
		return;
	}
	rt_op_begin(OP);
	mmu_zap_all(mmu);
	rt_op_end(&s->sample);
	rt_store(&s->done, 1);
}

static void prepare(void *arg)
{
	struct scene *s = arg;

	fill(s);
	lab_slot(&s->lab, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->lab.mmu, 0);
	mmu_vcpu_load(s->lab.mmu, 1);
}

static void run(struct scene *s)
{
	void *args[3] = { s, s, s };
	struct mmu_stats st;

	switch (s->row->what) {
	case RANGE:
		lab_run(&s->lab, 1, 1, range, args);
		break;
	case INVALID_ROOT:
		lab_run(&s->lab, 1, 1, prepare, args);
		lab_run(&s->lab, 3, 2, invalid_root, args);
		check_old_root(s);
		break;
	case GETS_ON:
		lab_run(&s->lab, 1, 1, prepare, args);
		lab_run(&s->lab, 3, 0, gets_on, args);
		mmu_stats(s->lab.mmu, &st);
		assert_int_equal(st.pages[1], 0);
		if (!RT_IS_VIRTUAL)
			break;
		assert_true(s->sample.yields > 1000);
		/* One gfn further each time, in each of the passes, of which only the first has so many. */
		assert_true(s->sample.yields <= GIB + 3 * 512 * 4);
		/* And no entry is looked at more than once, but for those above it. */
		assert_true(st.zap_visited <= 2 * GIB + 4096 + 5ULL * s->sample.yields);
	}
}

static void check(const void *vrow)
{
	static struct scene s;

	s = (struct scene){ .row = vrow };
	if (!RT_IS_VIRTUAL && s.row->gib > 2)
		return;		/* real threads copy each table for good: too many */
	lab_init(&s.lab);
	lab_policy(&s.lab, s.row->set);
	s.lab.quiet = true;
	s.lab.config.check = false;
	rt_word_init(&s.done, 0);
	lab_open(&s.lab);
	run(&s);
	mmu_check(s.lab.mmu);
	lab_close(&s.lab);
}

int main(void)
{
	return table_run("what zaps leave", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
