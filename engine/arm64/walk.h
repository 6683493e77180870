/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_WALK_H
#define ENGINE_ARM64_WALK_H

/*
 * The walker: every entry of a range of gfns, tables before and after what is below them, and a
 * visitor that knows what to do with one entry.
 *
 * Two generations of rules, which walk.eagain chooses:
 * - skip (since 6.3): after the visit of a leaf, or of a table before its children, the entry is read again, and
 *   the walk goes where it leads now.  -EAGAIN from a visitor means that somebody changed the entry: a fault's
 *   walk ends there, any other goes on behind the entry.
 * - abort (up to 6.2): the entry is read again only after the visit of a leaf; whatever is not 0 ends the walk.
 */
#include "engine/arm64/arm64.h"

/* Which visits a walk makes, as KVM numbers them; a visitor is told which one it is. */
#define VISIT_LEAF	OBS_VISIT_LEAF
#define VISIT_PRE	OBS_VISIT_PRE	/* a table, before what is below it */
#define VISIT_POST	OBS_VISIT_POST

#define WALK_SHARED		0x08	/* mmu_lock is held for read: changes are compare-and-swaps */
#define WALK_HANDLE_FAULT	0x10
#define WALK_SKIP_BBM_TLBI	0x20	/* nobody walks these tables yet: no TLB holds them */
#define WALK_SKIP_CMO		0x40

/* A visitor's answer beside 0 and -errno: the entry is dealt with, the walk goes on behind it. */
#define VISIT_DONE	1

/* One entry, as the walker met it. */
struct visit {
	rt_u64	*ptep;
	uint64_t old;		/* as read */
	gfn_t	 gfn;		/* where the walk was then: not rounded */
	int	 level;
	unsigned int kind;	/* one of VISIT_* */
};

struct walk;
/* @w is the first member of what the visitor needs beside it. */
typedef int (*visit_fn)(struct walk *w, const struct visit *v);

struct walk {
	struct arm64_mmu *x;
	visit_fn	  fn;
	unsigned int	  flags;	/* VISIT_*, WALK_* */
	gfn_t		  start, at, end;
	gfn_t		  base;		/* observations count from here: a table that is not linked, or 0 */
};

/* Walks @w's range of the VM's tables; w->at is set to w->start.  Return: 0 or what a visitor said. */
int walk_range(struct walk *w);
/* The same below one table, whose entries are of @level; w->at stays. */
int walk_table(struct walk *w, uint32_t table, int level);

static inline bool walk_shared(const struct walk *w)
{
	return w->flags & WALK_SHARED;
}

/* Its gfn as the walker's probes would say it. */
static inline gfn_t visit_said(const struct walk *w, const struct visit *v)
{
	return v->gfn - w->base;
}

/* First gfn of the entry. */
static inline gfn_t visit_gfn(const struct walk *w, const struct visit *v)
{
	return level_round(w->x, v->gfn, v->level);
}

/* To the last entry for @gfn: a leaf, or invalid.  Never hands over. */
struct visit peek_walk(const struct arm64_mmu *x, gfn_t gfn);

#endif
