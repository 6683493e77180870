/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64: what TLBs may still hold, by range, until a TLB invalidation that began later has it forgotten.
 * Break-before-make (I-R1), and flushes owed (I-F1, I-D1, I-T1) as far as they are such invalidations.
 */
#include "engine/core/checker_state.h"

#include <string.h>

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

static bool overlaps(const struct check_stale *s, gfn_t start, gfn_t end)
{
	return s->start < end && start < s->end;
}

/* Pages one after the other are one range. */
static bool extends(struct check_stale *last, const struct check_stale *s)
{
	if (last->one || last->table || s->table || last->task != s->task || last->gone != s->gone ||
	    last->end != s->start || s->end != s->start + 1)
		return false;
	last->end = s->end;
	last->number = s->number;
	return true;
}

static void add(struct checker *c, struct check_stale s)
{
	if (s.end == s.start + 1 && !s.table)
		s.one = false;
	if (c->nr_stale && extends(&c->stale[c->nr_stale - 1], &s))
		return;
	if (c->nr_stale == c->cap_stale) {
		c->cap_stale = c->cap_stale ? 2 * c->cap_stale : 64;
		c->stale = xreallocarray(c->stale, c->cap_stale, sizeof(*c->stale));
	}
	c->stale[c->nr_stale++] = s;
}

static bool is_same(const struct check_pte *a, const struct check_pte *b)
{
	return a->leaf == b->leaf && (a->leaf ? a->pfn == b->pfn : a->child == b->child);
}

/* I-R1 */
static void check_made(struct checker *c, const struct check_change *ch, gfn_t end)
{
	if (ch->hardware || !ch->new.present || (ch->old.present && is_same(&ch->old, &ch->new)))
		return;
	if (ch->old.present) {
		check_wrong(c, "I-R1: a valid entry became another without being broken", ch->gfn, ch->new.raw, NOBODY);
		return;
	}
	for (size_t i = 0; i < c->nr_stale; i++)
		if (c->stale[i].gone && overlaps(&c->stale[i], ch->gfn, end))
			check_wrong(c, "I-R1: an entry was made before the TLBs forgot what was there", ch->gfn,
				    ch->new.raw, c->stale[i].task);
}

static bool has_entries(const struct checker *c, uint32_t table)
{
	const rt_u64 *entries = arena_entries(&c->mmu->arena, table);

	for (unsigned int i = 0; i < check_entries(c); i++)
		if (rt_peek(&entries[i]) & 1)
			return true;
	return false;
}

void check_stale_entry(struct checker *c, const struct check_task *t, const struct check_change *ch)
{
	struct check_stale s = { .start = ch->gfn, .end = ch->gfn + mmu_level_pages(c->mmu, ch->level),
				 .number = c->number, .task = rt_self(), .gone = true, .one = true };
	const struct check_pte *old = &ch->old, *new = &ch->new;

	if (!c->tables[ch->table].linked)
		return;
	check_made(c, ch, s.end);
	if (!old->present || ch->hardware || t->op == CHECK_ZAP_ALL || t->op == CHECK_TEARDOWN)
		return;
	if (new->present && is_same(old, new)) {
		s.gone = false;
		if ((old->writable && !new->writable) || (old->executable && !new->executable))
			add(c, s);
		return;
	}
	s.table = old->child;
	add(c, s);
	s.table = 0;
	s.one = false;
	if (old->child && has_entries(c, old->child))
		add(c, s);
}

/* What is left of a range of pages. */
static void cut(struct checker *c, size_t i, gfn_t start, gfn_t end)
{
	struct check_stale s = c->stale[i];

	if (s.start < start && end < s.end) {
		c->stale[i].end = start;
		s.start = end;
		add(c, s);
	} else if (s.start < start) {
		c->stale[i].end = start;
	} else {
		c->stale[i].start = end;
	}
}

void checker_invalidated(struct mmu *mmu, uint64_t mark, gfn_t gfn, uint64_t nr)
{
	struct checker *c = mmu->checker;
	gfn_t end = nr == UINT64_MAX ? UINT64_MAX : gfn + nr;

	check_lock(c);
	check_log(c, "TLBs forget", gfn, nr);
	for (size_t i = c->nr_stale; i-- > 0;) {
		const struct check_stale *s = &c->stale[i];

		if (s->number > mark || !overlaps(s, gfn, end))
			continue;
		if (s->one || s->table || (gfn <= s->start && s->end <= end))
			c->stale[i] = c->stale[--c->nr_stale];
		else
			cut(c, i, gfn, end);
	}
	check_release(mmu, c);
}

bool check_owes(const struct checker *c, bool any)
{
	for (size_t i = 0; i < c->nr_stale; i++)
		if (c->stale[i].task == rt_self() && (any || c->stale[i].gone))
			return true;
	return false;
}

bool check_led_to(const struct checker *c, uint32_t table)
{
	for (size_t i = 0; i < c->nr_stale; i++)
		if (c->stale[i].table == table)
			return true;
	return false;
}
