/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_ARM64_SCRIPT_H
#define TEST_UNIT_ARM64_SCRIPT_H

/*
 * One task carries out steps on a lab VM, each with the answer it must get; what the engine
 * said meanwhile (since FORGET) is compared as text.
 */
#include "test/unit/arm64/lab.h"

#define G		LAB_GFN
#define BIG		0x80000ULL		/* first gfn of a slot of 1 GiB (4 KiB pages): the step BIG_SLOT */

enum step_kind {
	END, FAULT, GONE, FAILED, TOUCH, START, FINISH, AGE, AGE_FLUSH, TEST_AGE, SET, ZAP_ALL, TEARDOWN, DELETE,
	FORGET,
	BIG_SLOT,
	LOG, UNLOG,	/* dirty logging of the slot starts, stops */
	BIG_LOG, BIG_UNLOG,
	GET,		/* its log; want: pages */
	CLEAR,		/* words from gfn on, pages of them */
	LEVEL,		/* want: level of the leaf that maps gfn, or -1 */
	TABLES,		/* want: table pages */
};

struct step {
	enum step_kind	kind;
	gfn_t		gfn;
	unsigned int	access;		/* FAULT, TOUCH: MMU_*; ranges: pages */
	int		level;		/* FAULT: host level, a size class */
	int		want;		/* enum ret_pf, or the bool or number that is returned */
	bool		readonly;	/* FAULT: not host-writable */
	bool		hugetlb;	/* FAULT */
	uint64_t	error_code;	/* FAULT: as a trace has it; 0: the engine looks itself */
};

#define MAX_STEPS 14

#define DO(k)				{ .kind = k }
#define FAULT_ON(g, how, host, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret }
#define FAULT_CODE(g, how, host, code, ret) { .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret, \
					  .error_code = code }
#define FAULT_READONLY(g, host, ret)	{ .kind = FAULT, .gfn = g, .access = MMU_R, .level = host, .want = ret, \
					  .readonly = true }
#define FAULT_HUGETLB(g, how, host, ret) { .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret, \
					  .hugetlb = true }
#define TOUCH_AT(g, how, ret)		{ .kind = TOUCH, .gfn = g, .access = how, .want = ret }
#define RANGE(k, g, pages, ret)		{ .kind = k, .gfn = g, .access = pages, .want = ret }
#define ASK(k, g, ret)			{ .kind = k, .gfn = g, .want = ret }

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

static inline int script_slot(struct lab *l, const struct step *s)
{
	struct mmu_slot big = { .id = 3, .base_gfn = BIG, .npages = 1ULL << 18, .hva = lab_hva_of(l, BIG) };

	switch (s->kind) {
	case DELETE:
		return lab_slot(l, MMU_SLOT_DELETE, 0);
	case BIG_SLOT:
		return mmu_memslot(l->mmu, MMU_SLOT_CREATE, &big);
	case BIG_LOG:
	case BIG_UNLOG:
		big.flags = s->kind == BIG_LOG;
		return mmu_memslot(l->mmu, MMU_SLOT_FLAGS, &big);
	default:
		return lab_slot(l, MMU_SLOT_FLAGS, s->kind == LOG);
	}
}

static inline int script_level(struct lab *l, gfn_t gfn)
{
	int level;

	return lab_leaf(l, gfn, &level) ? level : -1;
}

/* Return: what the step returned, 0 for those that return nothing. */
static inline int script_step(struct lab *l, const struct step *s)
{
	hva_t start = lab_hva_of(l, s->gfn), end = lab_hva_of(l, s->gfn + s->access);
	struct mmu_access a = {
		.gfn = s->gfn, .access = (uint8_t)s->access, .host_level = (uint8_t)s->level,
		.host_writable = !s->readonly, .hugetlb = s->hugetlb, .pfn = LAB_PFN(s->gfn),
		.error_code = s->error_code,
		.pending = s->kind == GONE, .failed = s->kind == FAILED,
	};

	switch (s->kind) {
	case END:
		break;
	case FAULT:
	case GONE:
	case FAILED:
		return mmu_fault(l->mmu, rt_self(), &a);
	case TOUCH:
		return mmu_touch(l->mmu, rt_self(), &a);
	case START:
		mmu_invalidate_start(l->mmu, start, end, true);
		break;
	case FINISH:
		mmu_invalidate_end(l->mmu, start, end);
		break;
	case AGE:
	case AGE_FLUSH:
	case TEST_AGE:
		return mmu_age(l->mmu, start, end, s->kind == AGE ? MMU_AGE_CLEAR :
			       s->kind == AGE_FLUSH ? MMU_AGE_CLEAR_FLUSH : MMU_AGE_TEST);
	case SET:
		mmu_set_spte(l->mmu, start, LAB_PFN(s->gfn) + 0x1000000);
		break;
	case ZAP_ALL:
		mmu_zap_all(l->mmu);
		break;
	case TEARDOWN:
		mmu_teardown(l->mmu);
		break;
	case GET:
		return (int)mmu_dirty_get(l->mmu, 0, 1);
	case CLEAR:
		return (int)mmu_dirty_clear(l->mmu, 0, 1, s->gfn, s->access);
	case FORGET:
		lab_forget(l);
		break;
	case LEVEL:
		return script_level(l, s->gfn);
	case TABLES:
		return (int)lab_tables(l);
	default:
		return script_slot(l, s);
	}
	return 0;
}

struct script {
	struct lab		*l;
	const struct script_row *row;
	int			 got[MAX_STEPS];
};

static inline void script_play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		s->got[i] = script_step(s->l, &s->row->steps[i]);
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
static inline void script_breaks(struct lab *l, struct script *s)
{
	struct rt_task_def def = { .fn = script_play, .arg = s, .vm = 0 };
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
	if (strncmp(what, s->row->breaks, strlen(s->row->breaks)) != 0)
		fail_msg("broke %s instead of %s", what, s->row->breaks);
	lab_close(l);
}

static inline void script_finish(void *arg)
{
	mmu_teardown(((struct script *)arg)->l->mmu);
}

static inline void script_check(const void *vrow)
{
	const struct script_row *row = vrow;
	struct lab l;
	struct script s = { .l = &l, .row = row };
	void *arg = &s;

	lab_init(&l);
	script_host(&l, row);
	if (row->breaks) {
		script_breaks(&l, &s);
		return;
	}
	lab_open(&l);
	lab_run(&l, 1, 1, script_play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (s.got[i] != row->steps[i].want)
			fail_msg("step %u: got %d (%s), want %d", i, s.got[i],
				 row->steps[i].kind == FAULT ? ret_pf_name((enum ret_pf)s.got[i]) : "-",
				 row->steps[i].want);
	mmu_check(l.mmu);
	if (row->want)
		assert_string_equal(l.said ? l.said : "", row->want);
	l.quiet = true;
	lab_run(&l, 1, 0, script_finish, &arg);
	assert_int_equal(lab_tables(&l), 0);
	lab_close(&l);
}

#endif
