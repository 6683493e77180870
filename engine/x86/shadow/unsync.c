/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks of unsync pages: kvm_unsync_page(), mark_unsync(), mmu_unsync_walk() and who undoes them. */
#include "engine/x86/shadow/unsync.h"

#include <errno.h>

static void set_unsync(struct sp *sp, bool unsync)
{
	__atomic_store_n(&sp->unsync, unsync, __ATOMIC_RELEASE);
}

static bool test_child(const struct sp *sp, unsigned int i)
{
	return sp->unsync_child[i / 64] & BIT_ULL(i % 64);
}

static void count_children(struct sp *sp, int by)
{
	__atomic_store_n(&sp->unsync_children, (uint16_t)(sp->unsync_children + by), __ATOMIC_RELEASE);
}

static void clear_child(struct shadow_mmu *sm, uint32_t number, unsigned int i)
{
	struct sp *sp = sp_of(sm, number);

	if (!test_child(sp, i)) {
		mmu_broken(&sm->x.mmu, "unsync: a mark is cleared that is not set", sp_gfn(sm, number), i);
		return;
	}
	sp->unsync_child[i / 64] &= ~BIT_ULL(i % 64);
	count_children(sp, -1);
}

/* Recursion is as deep as tables are. */
static void mark_parents(struct shadow_mmu *sm, uint32_t number)
{
	struct ptes_iter it;
	uint32_t entry;

	for_each_pte(&sm->ptes, sp_of(sm, number)->parents, &it, entry)
		unsync_linked(sm, number, entry);
}

/* mark_unsync() */
void unsync_linked(struct shadow_mmu *sm, uint32_t number, uint32_t entry)
{
	struct sp *parent = sp_of(sm, entry_table(entry));
	unsigned int i = entry_index(entry);

	(void)number;
	rt_charge(COST_WALK_STEP, 1);
	if (test_child(parent, i))
		return;
	parent->unsync_child[i / 64] |= BIT_ULL(i % 64);
	count_children(parent, 1);
	if (parent->unsync_children == 1)
		mark_parents(sm, entry_table(entry));
}

void unsync_clear(struct shadow_mmu *sm, uint32_t number)
{
	sp_observe(sm, OBS_SYNC_PAGE, number, false);
	set_unsync(sp_of(sm, number), false);
	sm->nr_unsync--;
}

int unsync_try(struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, bool can_unsync, bool prefetch)
{
	if (likely(!sm->indirect))
		return 0;
	if (frames_is_watched(&sm->frames, as_id, gfn))
		return -EPERM;
	for (uint32_t n = sp_first(sm, gfn); n; n = sp_next(sm, n)) {
		if (sp_is_obsolete(sm, n) || !sp_has_gptes(sm, n))
			continue;
		if (!can_unsync || sm->x.mmu.policy->unsync_allowed == UNSYNC_ALLOWED_NO)
			return -EPERM;
		if (sp_of(sm, n)->unsync)
			continue;
		if (prefetch)
			return -EEXIST;
		sp_observe(sm, OBS_UNSYNC_PAGE, n, false);
		set_unsync(sp_of(sm, n), true);
		rt_count(&sm->x.mmu.counters.unsynced, 1);
		rt_count_most(&sm->x.mmu.counters.unsync_max, ++sm->nr_unsync);
		mark_parents(sm, n);
	}
	return 0;
}

/* --- walks -------------------------------------------------------------------- */

static bool has(const struct unsync_batch *b, uint32_t page)
{
	for (unsigned int i = 0; i < b->nr; i++)
		if (b->at[i].page == page)
			return true;
	return false;
}

/* A page to sync stands in the batch once, a page on the way each time.  Return: the batch is full. */
static bool add(const struct shadow_mmu *sm, struct unsync_batch *b, uint32_t page, unsigned int index)
{
	if (sp_of(sm, page)->unsync && has(b, page))
		return false;
	b->at[b->nr++] = (struct unsync_found){ page, (uint16_t)index };
	return b->nr >= b->max;
}

enum below { NOTHING_BELOW, SOME_BELOW, BATCH_FULL };

static enum below walk(struct shadow_mmu *sm, uint32_t number, struct unsync_batch *b);

/* What marked entry @i of a page leads to. */
static enum below walk_child(struct shadow_mmu *sm, uint32_t number, unsigned int i, struct unsync_batch *b)
{
	uint64_t spte = rt_peek(entry_at(sm, number * SPTE_ENTRIES + i));
	enum below below = SOME_BELOW;
	uint32_t child;

	rt_charge(COST_WALK_STEP, 1);
	if (!spte_is_table(spte, sp_level(sm, number)))
		return NOTHING_BELOW;
	child = sp_child(spte);
	if (!sp_of(sm, child)->unsync_children && !sp_of(sm, child)->unsync)
		return NOTHING_BELOW;
	if (add(sm, b, child, i))
		return BATCH_FULL;
	if (sp_of(sm, child)->unsync_children)
		below = walk(sm, child, b);
	return below;
}

/* Recursion is as deep as tables are. */
static enum below walk(struct shadow_mmu *sm, uint32_t number, struct unsync_batch *b)
{
	struct sp *sp = sp_of(sm, number);
	enum below all = NOTHING_BELOW;

	for (unsigned int w = 0; w < ARRAY_SIZE(sp->unsync_child); w++) {
		for (uint64_t bits = sp->unsync_child[w]; bits; bits &= bits - 1) {
			unsigned int i = 64 * w + (unsigned int)__builtin_ctzll(bits);
			enum below below = walk_child(sm, number, i, b);

			if (below == BATCH_FULL)
				return BATCH_FULL;
			if (below == NOTHING_BELOW)
				clear_child(sm, number, i);
			else
				all = SOME_BELOW;
		}
	}
	return all;
}

bool unsync_walk(struct shadow_mmu *sm, uint32_t number, unsigned int batch, struct unsync_batch *b)
{
	b->nr = 0;
	b->max = batch < UNSYNC_MIN_BATCH ? UNSYNC_MIN_BATCH : batch;
	if (!sp_of(sm, number)->unsync_children)
		return false;
	add(sm, b, number, 0);
	return walk(sm, number, b) != NOTHING_BELOW;
}

/* --- a batch, page by page ------------------------------------------------------- */

uint32_t unsync_first(const struct shadow_mmu *sm, const struct unsync_batch *b, struct unsync_path *p)
{
	*p = (struct unsync_path){ 0 };
	p->page[sp_level(sm, b->at[0].page)] = b->at[0].page;
	return unsync_next(sm, b, p);
}

uint32_t unsync_next(const struct shadow_mmu *sm, const struct unsync_batch *b, struct unsync_path *p)
{
	while (++p->i < b->nr) {
		const struct unsync_found *f = &b->at[p->i];
		int level = sp_level(sm, f->page);

		p->page[level] = f->page;
		p->index[level] = f->index;
		if (level == 1)
			return f->page;
	}
	return 0;
}

void unsync_clear_path(struct shadow_mmu *sm, const struct unsync_path *p)
{
	for (int level = 2; p->page[level]; level++) {
		clear_child(sm, p->page[level], p->index[level - 1]);
		if (sp_of(sm, p->page[level])->unsync_children)
			break;
	}
}

unsigned int unsync_zap_below(struct shadow_mmu *sm, uint32_t number, struct condemned *list)
{
	struct unsync_batch b;
	struct unsync_path path;
	unsigned int zapped = 0;

	while (unsync_walk(sm, number, sm->x.mmu.policy->sync_batch, &b)) {
		for (uint32_t page = unsync_first(sm, &b, &path); page; page = unsync_next(sm, &b, &path)) {
			sp_zap(sm, page, list);
			unsync_clear_path(sm, &path);
			zapped++;
		}
	}
	return zapped;
}
