/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_ARM64_SCRIPT_H
#define TEST_UNIT_ARM64_SCRIPT_H

/* Scripts (test/unit/script.h) on an arm64 VM. */
#include "test/unit/arm64/lab.h"
#include "test/unit/script.h"

enum {
	SET = STEP_OWN,
	CLEAR,		/* the log; words from gfn on, pages of them */
	LEVEL,		/* want: level of the leaf that maps gfn, or -1 */
	TABLES,		/* want: table pages */
	RCU, NO_RCU,	/* an RCU section around what is between: what is freed there stays */
};

#define FAULT_HUGETLB(g, how, host, ret) { .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret, \
					  .hugetlb = true }

/* What the host has, or lacks. */
enum script_host { PLAIN, NO_FWB = 1, NO_RANGE = 2, NO_AF = 4, DIC = 8, NVHE = 16, INIT_SET = 32, MANUAL = 64,
		   SPLIT_2M = 128, SPLIT_1G = 256 };

struct script_row {
	const char	*name;
	enum kvm_release release;
	unsigned int	 page_shift;	/* 0: 12 */
	unsigned int	 ipa_bits;	/* 0: 40 */
	unsigned int	 host;		/* enum script_host */
	const char	*policy[3];
	struct step	 steps[MAX_STEPS];
	const char	*want;		/* NULL: whatever it says */
	const char	*breaks;	/* the invariant the last step breaks (virtual time only); NULL: none */
};

static inline int script_level(struct lab *l, gfn_t gfn)
{
	int level;

	return lab_leaf(l, gfn, &level) ? level : -1;
}

static inline int script_step_own(struct lab *l, const struct step *s)
{
	switch (s->kind) {
	case SET:
		mmu_set_spte(l->mmu, lab_hva_of(l, s->gfn), LAB_PFN(s->gfn) + 0x1000000);
		break;
	case CLEAR:
		return (int)mmu_dirty_clear(l->mmu, 0, 1, s->gfn, s->access);
	case LEVEL:
		return script_level(l, s->gfn);
	case TABLES:
		return (int)lab_tables(l);
	case RCU:
		rt_rcu_read_lock();
		break;
	case NO_RCU:
		rt_rcu_read_unlock();
		break;
	default:
		fail_msg("no step %u", s->kind);
	}
	return 0;
}

static inline void script_host(struct lab *l, const struct script_row *row)
{
	struct stage2_host *h = &l->config.s2;

	lab_preset(l, row->release);
	h->page_shift = (uint8_t)(row->page_shift ? row->page_shift : 12);
	h->ipa_bits = (uint8_t)(row->ipa_bits ? row->ipa_bits : 40);
	h->fwb = !(row->host & NO_FWB);
	h->tlb_range = !(row->host & NO_RANGE);
	h->hw_af = !(row->host & NO_AF);
	h->dic = row->host & DIC;
	h->nvhe = row->host & NVHE;
	h->split_chunk = row->host & SPLIT_2M ? 2ULL << 20 : row->host & SPLIT_1G ? 1ULL << 30 : 0;
	l->config.dirty_manual = row->host & (INIT_SET | MANUAL);
	l->config.dirty_init_set = row->host & INIT_SET;
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(l, row->policy[i]);
}

/* The first invariant that breaks. */
static inline bool script_broken(void *arg, const struct mmu_break *b)
{
	const char **what = arg;

	if (!*what)
		*what = b->what;
	return true;
}

/* A scenario that ends with a broken invariant. */
static inline void script_breaks(struct lab *l, const struct script_row *row)
{
	struct script s = { .l = l, .steps = row->steps };
	struct rt_task_def def = { .fn = script_play, .arg = &s, .vm = 0 };
	const char *what = NULL;
	struct mmu_judge judge = { script_broken, &what };
	struct rt_stats stats = { .task = l->task_stats };
	struct err e = { 0 };

	if (!RT_IS_VIRTUAL)	/* nothing is looked at there that takes exactness */
		return;
	l->config.judge = &judge;
	lab_open(l);
	rt_run(&l->rt, &def, 1, &stats, &e);
	assert_non_null(what);
	if (strncmp(what, row->breaks, strlen(row->breaks)) != 0)
		fail_msg("broke %s instead of %s", what, row->breaks);
	lab_close(l);
}

static inline void script_finish(void *arg)
{
	mmu_teardown(((struct lab *)arg)->mmu);
}

static inline void script_check(const void *vrow)
{
	const struct script_row *row = vrow;
	struct lab l;
	void *arg = &l;

	lab_init(&l);
	script_host(&l, row);
	if (row->breaks) {
		script_breaks(&l, row);
		return;
	}
	lab_open(&l);
	script_run(&l, row->steps);
	if (row->want)
		assert_string_equal(l.said ? l.said : "", row->want);
	l.quiet = true;
	lab_run(&l, 1, 0, script_finish, &arg);
	assert_int_equal(lab_tables(&l), 0);
	lab_close(&l);
}

#endif
