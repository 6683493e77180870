/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map walk: KVM hyp/pgtable.c, stage2_map_walker(). */
#include "engine/arm64/map.h"

#include <errno.h>

#include "engine/arm64/cmo.h"
#include "engine/arm64/watched.h"
#include "engine/core/observe.h"

static pfn_t pfn_at(const struct map *m, const struct visit *v)
{
	return m->pfn + (v->gfn - m->w.start);
}

/* May a leaf stand at the entry, as far as alignment and sizes go?  Of one page, where there are pages. */
static inline bool leaf_fits(const struct map *m, const struct visit *v)
{
	const struct arm64_mmu *x = m->w.x;
	uint64_t nr = level_pages(x, v->level);

	if (nr > m->w.end - v->gfn)
		return false;
	if (v->level == STAGE2_LAST_LEVEL)
		return true;
	return v->level >= stage2_min_block_level(x->s2.page_shift) && !m->force_pages &&
	       !((v->gfn | pfn_at(m, v)) & (nr - 1));
}

uint64_t map_leaf(const struct map *m, const struct visit *v)
{
	return stage2_leaf(&m->w.x->s2, v->level, pfn_at(m, v), m->prot);
}

/* Another leaf of the same pages is there, at most with other permissions. */
static bool is_there(uint64_t old, uint64_t new)
{
	return (old & STAGE2_VALID) && !((old ^ new) & ~STAGE2_PERMISSIONS);
}

void map_make_leaf(struct map *m, const struct visit *v, uint64_t new, bool clean)
{
	if (clean && !(m->w.flags & WALK_SKIP_CMO))
		cmo_map(m->w.x, v->gfn, new, v->level);
	entry_make(&m->w, v, new, m->window);
	if (m->fault)
		check_install(m->w.x, v->ptep, new, m->gfn, m->write);
}

static int map_leaf_at(struct map *m, const struct visit *v)
{
	uint64_t new = map_leaf(m, v);

	if (is_there(v->old, new))
		return -EAGAIN;
	if (!entry_break(&m->w, v, m->window))
		return -EAGAIN;
	map_make_leaf(m, v, new, true);
	return 0;
}

/* What is below a block that makes way is not mapped: it will fault, page by page. */
static int map_table_at(struct map *m, const struct visit *v)
{
	struct arm64_mmu *x = m->w.x;
	uint32_t child;

	if (!m->cached || !*m->cached)
		return -ENOMEM;
	--*m->cached;
	child = table_new(x, v->level + 1, visit_gfn(&m->w, v));
	if (!entry_break(&m->w, v, m->window)) {
		table_put(x, child);
		return -EAGAIN;
	}
	rt_count(&x->mmu.counters.tables_made, 1);
	arena_table(&x->mmu.arena, child)->parent = entry_table(x, v->ptep);
	arena_table(&x->mmu.arena, child)->slot = (uint16_t)level_index(x, v->gfn, v->level);
	entry_make(&m->w, v, pte_for_table(x, child), m->window);
	return 0;
}

static int visit_leaf(struct map *m, const struct visit *v)
{
	int ret;

	if (!m->w.x->locks)
		obs_enters_pte(&m->w.x->mmu, OBS_WALK_LEAF, visit_said(&m->w, v), v->level, 0, v->old);
	ret = leaf_fits(m, v) ? map_leaf_at(m, v) : map_table_at(m, v);
	if (!m->w.x->locks)
		obs_pte(&m->w.x->mmu, OBS_WALK_LEAF, visit_said(&m->w, v), v->level, 0, (unsigned int)-ret, v->old, 0);
	return ret;
}

static int map_visit(struct walk *w, const struct visit *v)
{
	struct map *m = (struct map *)w;
	int ret = 0;

	if (v->kind == VISIT_PRE && leaf_fits(m, v))
		return coalesce(m, v);	/* which observes all of its visits itself */
	obs_enters_pte(&w->x->mmu, OBS_W_MAP, visit_said(w, v), v->level, v->kind, v->old);
	if (v->kind == VISIT_LEAF)
		ret = visit_leaf(m, v);
	obs_pte(&w->x->mmu, OBS_W_MAP, visit_said(w, v), v->level, v->kind, (unsigned int)-ret, v->old, 0);
	return ret;
}

int map_range(struct map *m)
{
	int ret;

	m->w.fn = map_visit;
	/* Up to 6.1 tables are visited on the way up as well, where nothing is left to do. */
	m->w.flags |= VISIT_LEAF | VISIT_PRE | (m->w.x->locks ? 0 : VISIT_POST);
	obs_enters_s2(&m->w.x->mmu, OBS_S2_MAP, m->w.start, m->w.end - m->w.start, m->prot, m->pfn);
	ret = walk_range(&m->w);
	obs_s2(&m->w.x->mmu, OBS_S2_MAP, m->w.start, m->w.end - m->w.start, m->prot, (unsigned int)-ret, m->pfn);
	return ret;
}

int map_table(struct map *m, uint32_t table, int level)
{
	m->w.fn = map_visit;
	m->w.flags |= VISIT_LEAF;
	m->w.at = m->w.start;
	return walk_table(&m->w, table, level);
}
