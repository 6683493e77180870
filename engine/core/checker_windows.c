/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invalidations, slots and what may be mapped meanwhile: I-N1 to I-N4; what a fault maps: I-M1. */
#include "engine/core/checker_state.h"

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

/* --- slots ---------------------------------------------------------------------- */

/* The part of [@start, @end) that lies in the @i-th slot: false: none. */
static bool slot_part(const struct checker *c, size_t i, hva_t start, hva_t end, gfn_t *from, gfn_t *to)
{
	const struct mmu_slot *s = &c->slots[i];
	unsigned int shift = c->mmu->page_shift;
	hva_t last = s->hva + (s->npages << shift);

	if (start >= last || end <= s->hva)
		return false;
	*from = start <= s->hva ? s->base_gfn : s->base_gfn + ((start - s->hva) >> shift);
	*to = end >= last ? s->base_gfn + s->npages : s->base_gfn + ((end - s->hva + BIT_ULL(shift) - 1) >> shift);
	return true;
}

bool check_hva_has(const struct checker *c, hva_t start, hva_t end, unsigned int as_id, gfn_t gfn, uint64_t nr)
{
	for (size_t i = 0; i < c->nr_slots; i++) {
		gfn_t from, to;

		if (c->slots[i].as_id == as_id && slot_part(c, i, start, end, &from, &to) &&
		    from < gfn + nr && gfn < to)
			return true;
	}
	return false;
}

/* Must it count?  Under notifier.lock = always every one does. */
static bool matches(const struct checker *c, const struct check_window *w)
{
	gfn_t from, to;

	if (w->gfns || c->mmu->policy->notifier_lock == NOTIFIER_LOCK_ALWAYS)
		return true;
	for (size_t i = 0; i < c->nr_slots; i++)
		if (slot_part(c, i, w->start, w->end, &from, &to))
			return true;
	return false;
}

/* A window whose end must find the slots its start found: one over host addresses. */
static const struct check_window *by_slots(const struct checker *c)
{
	for (size_t i = 0; i < c->nr_windows; i++)
		if (!c->windows[i].gfns)
			return &c->windows[i];
	return NULL;
}

void check_published(void *arg, const struct memslot_set *next)
{
	struct mmu *mmu = arg;
	struct checker *c = mmu->checker;
	const struct check_window *w;

	check_lock(c);
	check_log(c, "slots published", 0, next->nr);
	w = by_slots(c);
	if (w)
		check_wrong(c, "I-N4: slots were published inside an invalidation", w->start, c->nr_windows, w->task);
	if (next->nr > c->cap_slots) {
		c->cap_slots = next->nr;
		c->slots = xreallocarray(c->slots, c->cap_slots, sizeof(*c->slots));
	}
	for (unsigned int i = 0; i < next->nr; i++)
		c->slots[i] = next->by_gfn[i].cfg;
	c->nr_slots = next->nr;
	check_logged(c);
	check_release(mmu, c);
}

/* --- windows ----------------------------------------------------------------------- */

void check_window_enter(struct checker *c, struct check_task *t)
{
	if (c->nr_windows == c->cap_windows) {
		c->cap_windows = c->cap_windows ? 2 * c->cap_windows : 16;
		c->windows = xreallocarray(c->windows, c->cap_windows, sizeof(*c->windows));
	}
	c->windows[c->nr_windows++] = (struct check_window){
		.start = t->start, .end = t->end, .gfns = t->op == CHECK_ZAP_RANGE, .task = rt_self(),
	};
}

/* Of several alike the one of the same task, if there is one. */
static struct check_window *window_of(struct checker *c, const struct check_task *t, bool ending)
{
	struct check_window *found = NULL;

	for (size_t i = 0; i < c->nr_windows; i++) {
		struct check_window *w = &c->windows[i];

		if (w->start != t->start || w->end != t->end || w->ending != ending)
			continue;
		if (w->gfns != (t->op == CHECK_ZAP_RANGE))
			continue;
		if (!found || w->task == rt_self())
			found = w;
	}
	return found;
}

void check_window_find(struct checker *c, struct check_task *t)
{
	struct check_window *w = window_of(c, t, false);

	if (!w)		/* an end without a start: whoever drives the engine knows */
		return;
	w->ending = true;
	w->open = false;
}

void checker_window_begin(struct mmu *mmu)
{
	struct checker *c = mmu->checker;
	struct check_task *t;
	struct check_window *w;

	check_lock(c);
	t = check_self(c);
	w = t->op == CHECK_INVALIDATE_START || t->op == CHECK_ZAP_RANGE ? window_of(c, t, false) : NULL;
	check_log(c, "window begins", 0, 0);
	if (w) {
		w->begun = c->number;
		c->nr_begun++;
	}
	check_release(mmu, c);
}

/* By gfn, in every address space; nobody runs on an invalid root any more, and not every release zaps these. */
static void check_zapped(struct checker *c, const struct check_task *t)
{
	struct mmu *mmu = (struct mmu *)c->mmu;

	for (unsigned int as_id = 0; as_id < MEMSLOT_AS_IDS; as_id++) {
		gfn_t gfn = mmu->ops->find_mapped(mmu, as_id, t->start, t->end, true);

		if (gfn != UINT64_MAX)
			check_wrong(c, "I-N1: a zapped range left a page mapped", gfn, as_id, NOBODY);
	}
}

/* Leafs are looked for in the tables themselves, with the checker's idea of the slots. */
static void check_unmapped(struct checker *c, const struct check_task *t)
{
	struct mmu *mmu = (struct mmu *)c->mmu;
	gfn_t from, to, gfn;

	if (t->op == CHECK_ZAP_RANGE) {
		check_zapped(c, t);
		return;
	}
	for (size_t i = 0; i < c->nr_slots; i++) {
		if (!slot_part(c, i, t->start, t->end, &from, &to))
			continue;
		gfn = mmu->ops->find_mapped(mmu, c->slots[i].as_id, from, to, false);
		if (gfn != UINT64_MAX)
			check_wrong(c, "I-N1: an invalidation left a page mapped", gfn, c->slots[i].as_id, NOBODY);
	}
}

void checker_window_open(struct mmu *mmu)
{
	struct checker *c = mmu->checker;
	struct check_task *t;
	struct check_window *w;

	check_lock(c);
	t = check_self(c);
	w = window_of(c, t, false);
	if (w) {
		w->open = true;
		if (!w->begun != !matches(c, w))
			check_wrong(c, "I-N2: an invalidation that matches a slot did not begin, or one that matches none did", w->start,
				    w->begun, NOBODY);
		check_unmapped(c, t);
	}
	check_release(mmu, c);
}

void checker_window_end(struct mmu *mmu)
{
	struct checker *c = mmu->checker;
	struct check_task *t;
	struct check_window *w;

	check_lock(c);
	t = check_self(c);
	if (t->op == CHECK_ZAP_RANGE)
		check_window_find(c, t);
	w = window_of(c, t, true);
	check_log(c, "window ends", 0, rt_peek(&mmu->notifier.seq));
	if (w) {
		w->ended = c->number;
		c->nr_begun--;
		c->ended[c->nr_ended++ % CHECK_ENDED] = *w;
		if (!w->begun)
			check_wrong(c, "I-N2: an invalidation ended that never began", w->start, 0, w->task);
	}
	check_release(mmu, c);
}

/* The window is over; what its end found must be what its start found. */
void check_window_leave(struct checker *c, struct check_task *t)
{
	struct check_window *w = window_of(c, t, true);

	if (!w)
		return;
	if (w->begun && !w->ended)
		check_wrong(c, "I-N2: an invalidation's end did not count", w->start, w->begun, w->task);
	*w = c->windows[--c->nr_windows];
}

/* --- what is mapped when ---------------------------------------------------------------- */

static bool window_has(const struct checker *c, const struct check_window *w, unsigned int as_id, gfn_t gfn,
		       uint64_t nr)
{
	if (w->gfns)
		return w->start < gfn + nr && gfn < w->end;
	return check_hva_has(c, w->start, w->end, as_id, gfn, nr);
}

/* A window that has a page of these and was between its begin and its end at some time since @since. */
static const struct check_window *met(const struct checker *c, uint64_t since, unsigned int as_id, gfn_t gfn,
				      uint64_t nr)
{
	uint64_t first = c->nr_ended > CHECK_ENDED ? c->nr_ended - CHECK_ENDED : 0;

	for (size_t i = 0; i < c->nr_windows; i++) {
		const struct check_window *w = &c->windows[i];

		if (w->begun && !w->ended && window_has(c, w, as_id, gfn, nr))
			return w;
	}
	for (uint64_t i = c->nr_ended; i-- > first;) {
		const struct check_window *w = &c->ended[i % CHECK_ENDED];

		if (w->ended < since)
			break;
		if (window_has(c, w, as_id, gfn, nr))
			return w;
	}
	return NULL;
}

bool check_in_open_window(const struct checker *c, unsigned int as_id, gfn_t gfn, uint64_t nr)
{
	for (size_t i = 0; i < c->nr_windows; i++)
		if (c->windows[i].open && window_has(c, &c->windows[i], as_id, gfn, nr))
			return true;
	return false;
}

bool checker_in_window(struct checker *c, unsigned int as_id, gfn_t gfn, uint64_t nr)
{
	bool found;

	check_lock(c);
	found = check_in_open_window(c, as_id, gfn, nr);
	pthread_mutex_unlock(&c->lock);
	return found;
}

void check_mapped(struct checker *c, const struct check_task *t, unsigned int as_id, gfn_t gfn, uint64_t nr,
		  uint64_t raw)
{
	const struct check_window *w;

	if (t->op == CHECK_SET_SPTE)	/* inside its window, by design */
		return;
	if (t->op == CHECK_FAULT) {
		/*
		 * Of a huge page only the page that was asked for: the host breaks it up, with an invalidation
		 * of all of it, before it changes what stands behind another part.
		 */
		w = t->looked_up ? met(c, t->looked_up, as_id, t->gfn, 1) : NULL;
		if (w)
			check_wrong(c, w->ended ? "I-N3: a fault mapped what it had looked up before an invalidation of it ended" :
				    "I-N3: a fault mapped a page while it is invalidated", gfn, raw, w->task);
		return;
	}
	for (size_t i = 0; i < c->nr_windows; i++) {
		w = &c->windows[i];
		if (w->open && window_has(c, w, as_id, gfn, nr))
			check_wrong(c, "I-N1: a page of an open invalidation was mapped", gfn, raw, w->task);
	}
}

void checker_looked_up(struct mmu *mmu, gfn_t gfn, pfn_t pfn)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	check_log(c, "host page looked up", gfn, pfn);
	t->gfn = gfn;	/* shadow paging: known only now */
	t->looked_up = c->number;
	t->pfn = pfn;
	check_release(mmu, c);
}

void checker_installed(struct mmu *mmu, const struct check_change *ch, gfn_t gfn, bool write)
{
	struct checker *c = mmu->checker;
	const struct check_pte *pte = &ch->new;
	/* A page of the guest that is found mapped may still stand for another frame: the host merges equal pages. */
	bool merged = mmu->config.shadow && ch->level == 1;
	pfn_t pfn = merged ? pte->pfn : pte->pfn + (gfn - ch->gfn);
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	check_log(c, "fault maps", ch->gfn, pte->raw);
	check_mapped(c, t, ch->as_id, ch->gfn, mmu_level_pages(mmu, ch->level), pte->raw);
	if (t->op == CHECK_FAULT && (gfn != t->gfn || pfn != t->pfn))
		check_wrong(c, "I-M1: a fault mapped another page than the host has there", gfn, pte->raw, NOBODY);
	if (write && !pte->writable)
		check_wrong(c, "I-M1: a write was served by an entry that forbids it", gfn, pte->raw, NOBODY);
	check_release(mmu, c);
}
