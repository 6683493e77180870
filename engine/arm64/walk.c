/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walker, and the look at a single entry. */
#include "engine/arm64/walk.h"

#include <errno.h>

#include "engine/core/observe.h"

static bool reads_tables_again(const struct walk *w)
{
	return w->x->mmu.policy->walk_eagain == WALK_EAGAIN_SKIP;
}

/* What the walk makes of a visitor's answer: 0 to go on. */
static int verdict(const struct walk *w, int ret)
{
	if (ret == -EAGAIN && reads_tables_again(w) && !(w->flags & WALK_HANDLE_FAULT))
		return 0;
	return ret;
}

static int visit(struct walk *w, struct visit *v, unsigned int kind)
{
	v->kind = kind;
	return w->fn(w, v);
}

/* Behind the entry, which covers 1 << @shift frames. */
static inline void pass(struct walk *w, unsigned int shift)
{
	w->at = ((w->at >> shift) + 1) << shift;
}

static inline int visit_entry(struct walk *w, rt_u64 *ptep, int level, unsigned int shift)
{
	struct visit v = { .ptep = ptep, .gfn = w->at, .level = level };
	bool is_table;
	int ret = 0;

	obs_before(&w->x->mmu, w->at);
	v.old = rt_load(v.ptep);
	rt_charge(COST_WALK_STEP, 1);
	is_table = stage2_is_table(v.old, level);
	if (is_table && (w->flags & VISIT_PRE)) {
		ret = visit(w, &v, VISIT_PRE);
		if (ret == VISIT_DONE) {
			pass(w, shift);
			return 0;
		}
		if (reads_tables_again(w))
			v.old = rt_load(v.ptep);
	} else if (!is_table && (w->flags & VISIT_LEAF)) {
		ret = visit(w, &v, VISIT_LEAF);
		v.old = rt_load(v.ptep);
	}
	is_table = stage2_is_table(v.old, level);
	ret = verdict(w, ret);
	if (ret)
		return ret;
	if (!is_table) {
		pass(w, shift);
		return 0;
	}
	ret = walk_table(w, pte_child(w->x, v.old), level + 1);
	if (!ret && (w->flags & VISIT_POST))
		ret = verdict(w, visit(w, &v, VISIT_POST));
	return ret;
}

int walk_table(struct walk *w, uint32_t table, int level)
{
	unsigned int last = nr_entries(w->x) - 1, shift = level_shift(w->x, level), i;
	rt_u64 *entries = arena_entries(&w->x->mmu.arena, table);
	int ret;

	do {
		if (w->at >= w->end)
			return 0;
		i = (w->at >> shift) & last;
		ret = visit_entry(w, &entries[i], level, shift);
		if (ret)
			return ret;
	} while (i != last);
	return 0;
}

int walk_range(struct walk *w)
{
	bool rcu = walk_shared(w);
	int ret = 0;

	w->at = w->start;
	if (w->end > gfn_limit(w->x))
		return -ERANGE;
	if (!rt_peek(&w->x->alive))
		return -EINVAL;
	if (rcu)
		rt_rcu_read_lock();
	while (!ret && w->at < w->end)
		ret = walk_table(w, root_of(w->x, w->at), w->x->s2.start_level);
	if (rcu)
		rt_rcu_read_unlock();
	return ret;
}

struct visit peek_walk(const struct arm64_mmu *x, gfn_t gfn)
{
	struct visit v = { .gfn = gfn, .level = x->s2.start_level };
	unsigned int shift = level_shift(x, v.level), last = nr_entries(x) - 1;
	uint32_t table = root_of(x, gfn);

	for (;; v.level++, shift -= x->bits) {
		v.ptep = arena_entries(&x->mmu.arena, table) + ((gfn >> shift) & last);
		v.old = rt_peek(v.ptep);
		if (!stage2_is_table(v.old, v.level))
			return v;
		table = pte_child(x, v.old);
	}
}
