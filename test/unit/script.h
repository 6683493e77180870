/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_SCRIPT_H
#define TEST_UNIT_SCRIPT_H

/*
 * One task carries out steps on a lab VM, each with the answer it must get; what the engine said meanwhile
 * (since FORGET) is text to be compared.  Rows, and the steps only one architecture has: test/unit/ARCH/script.h.
 */
#include "test/unit/lab.h"

#define G		LAB_GFN
#define BIG		0x80000ULL		/* first gfn of a slot of 1 GiB (4 KiB pages): the step BIG_SLOT */

enum step_kind {
	END, LOAD, FAULT, PENDING, FAILED, AHEAD, TOUCH, START, FINISH, AGE, AGE_FLUSH, TEST_AGE, ZAP_ALL, TEARDOWN,
	DELETE, FORGET,
	BIG_SLOT,	/* 1 GiB at BIG */
	LOG, UNLOG,	/* dirty logging of the slot starts, stops */
	BIG_LOG, BIG_UNLOG,
	GET,		/* its log; want: pages */
	STEP_OWN,	/* the architecture's own count from here */
};

struct step {
	unsigned int	kind;		/* enum step_kind, or the architecture's */
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
#define FAULT_READONLY(g, host, ret)	{ .kind = FAULT, .gfn = g, .access = MMU_R, .level = host, .want = ret, \
					  .readonly = true }
#define FAULT_CODE(g, how, code, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = 1, .want = ret, \
					  .error_code = code }
#define FAULT_FAILED(g, how, ret)	{ .kind = FAILED, .gfn = g, .access = how, .level = 1, .want = ret }
#define FAULT_PENDING(g, how, ret)	{ .kind = PENDING, .gfn = g, .access = how, .level = 1, .want = ret }
#define TOUCH_AT(g, how, ret)		{ .kind = TOUCH, .gfn = g, .access = how, .want = ret }
#define RANGE(k, g, pages, ret)		{ .kind = k, .gfn = g, .access = pages, .want = ret }
#define ASK(k, ret)			{ .kind = k, .want = ret }
#define ASK_AT(k, g, ret)		{ .kind = k, .gfn = g, .want = ret }

/* The architecture's: one of its own steps. */
static int script_step_own(struct lab *l, const struct step *s);

static inline int script_fault(struct lab *l, const struct step *s)
{
	struct mmu_access a = {
		.gfn = s->gfn, .access = (uint8_t)s->access, .host_level = (uint8_t)s->level,
		.host_writable = !s->readonly, .hugetlb = s->hugetlb, .pfn = LAB_PFN(s->gfn),
		.error_code = s->error_code, .pending = s->kind == PENDING, .failed = s->kind == FAILED,
		.ahead = s->kind == AHEAD,
	};

	return s->kind == TOUCH ? mmu_touch(l->mmu, rt_self(), &a) : (int)mmu_fault(l->mmu, rt_self(), &a);
}

/* The steps that are about memory slots, or for the architecture. */
static inline int script_step_slot(struct lab *l, const struct step *s)
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
	case LOG:
	case UNLOG:
		return lab_slot(l, MMU_SLOT_FLAGS, s->kind == LOG);
	default:
		return script_step_own(l, s);
	}
}

/* Return: what the step returned, 0 for those that return nothing. */
static inline int script_step(struct lab *l, const struct step *s)
{
	hva_t start = lab_hva_of(l, s->gfn), end = lab_hva_of(l, s->gfn + s->access);

	switch (s->kind) {
	case END:
		break;
	case LOAD:
		mmu_vcpu_load(l->mmu, 0);
		break;
	case FAULT:
	case PENDING:
	case FAILED:
	case AHEAD:
	case TOUCH:
		return script_fault(l, s);
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
	case ZAP_ALL:
		mmu_zap_all(l->mmu);
		break;
	case TEARDOWN:
		mmu_teardown(l->mmu);
		break;
	case GET:
		return (int)mmu_dirty_get(l->mmu, 0, 1);
	case FORGET:
		lab_forget(l);
		break;
	default:
		return script_step_slot(l, s);
	}
	return 0;
}

struct script {
	struct lab		*l;
	const struct step	*steps;		/* MAX_STEPS */
	int			 got[MAX_STEPS];
};

/* A task: the slot is made, then each step. */
static inline void script_play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		s->got[i] = script_step(s->l, &s->steps[i]);
}

/* Plays them on an open lab: each answer must be right, and the tables sound at the end. */
static inline void script_run(struct lab *l, const struct step *steps)
{
	struct script s = { .l = l, .steps = steps };
	void *arg = &s;

	lab_run(l, 1, 1, script_play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (s.got[i] != steps[i].want)
			fail_msg("step %u: got %d (%s), want %d", i, s.got[i],
				 steps[i].kind == FAULT ? ret_pf_name((enum ret_pf)s.got[i]) : "-", steps[i].want);
	mmu_check(l->mmu);
}

#endif
