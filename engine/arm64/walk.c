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

static void pass(struct walk *w, int level)
{
	w->at = level_round(w->x, w->at, level) + level_pages(w->x, level);
}

static int visit_entry(struct walk *w, uint32_t table, int level)
{
	struct visit v = { .ptep = table_entry(w->x, table, w->at, level), .gfn = w->at, .level = level };
	bool is_table;
	int ret = 0;

	obs_before(&w->x->mmu, w->at);
	v.old = rt_load(v.ptep);
	rt_charge(COST_WALK_STEP, 1);
	is_table = stage2_is_table(v.old, level);
	if (is_table && (w->flags & VISIT_PRE)) {
		ret = visit(w, &v, VISIT_PRE);
		if (ret == VISIT_DONE) {
			pass(w, level);
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
		pass(w, level);
		return 0;
	}
	ret = walk_table(w, pte_child(w->x, v.old), level + 1);
	if (!ret && (w->flags & VISIT_POST))
		ret = verdict(w, visit(w, &v, VISIT_POST));
	return ret;
}

int walk_table(struct walk *w, uint32_t table, int level)
{
	unsigned int last = nr_entries(w->x) - 1, i;
	int ret;

	do {
		if (w->at >= w->end)
			return 0;
		i = level_index(w->x, w->at, level);
		ret = visit_entry(w, table, level);
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
	uint32_t table = root_of(x, gfn);

	for (;; v.level++) {
		v.ptep = table_entry(x, table, gfn, v.level);
		v.old = rt_peek(v.ptep);
		if (!stage2_is_table(v.old, v.level))
			return v;
		table = pte_child(x, v.old);
	}
}
