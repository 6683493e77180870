/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmu_invalidate_* and mn_* of one VM; KVM virt/kvm/kvm_main.c, v6.1 and v6.12. */
#include "engine/core/notifier.h"

#include <string.h>

#include "engine/core/mutant.h"

static bool keyed_by_hva(const struct notifier *n)
{
	return n->policy->fault_retry_key == FAULT_RETRY_KEY_HULL_HVA;
}

void notifier_init(struct notifier *n, const struct policy *policy)
{
	memset(n, 0, sizeof(*n));
	n->policy = policy;
	rt_word_init(&n->seq, 0);
	rt_word_init(&n->in_progress, 0);
	rt_word_init(&n->hull_start, 0);
	rt_word_init(&n->hull_end, 0);
	rt_word_init(&n->nr_open, 0);
	rt_word_init(&n->overflow, 0);
	rt_word_init(&n->nr_ended, 0);
	rt_spin_init(&n->lock);
	rt_cond_init(&n->drained);
}

/* --- windows, matched or not ---------------------------------------------------- */

void notifier_enter(struct notifier *n)
{
	rt_spin_lock(&n->lock);
	if (n->active++ == 0)
		n->active_since_ns = rt_now_ns();
	if (n->active > n->stats.active_max)
		n->stats.active_max = n->active;
	rt_spin_unlock(&n->lock);
}

void notifier_leave(struct notifier *n)
{
	rt_spin_lock(&n->lock);
	if (n->active && --n->active == 0) {
		uint64_t open_ns = rt_now_ns() - n->active_since_ns;

		if (open_ns > n->stats.active_max_ns)
			n->stats.active_max_ns = open_ns;
		rt_cond_wake_all(&n->drained);
	}
	rt_spin_unlock(&n->lock);
}

void notifier_publish(struct notifier *n, struct memslots *ms, unsigned int as_id)
{
	uint64_t begin_ns = rt_now_ns(), waited_ns = 0;

	rt_spin_lock(&n->lock);
	if (n->policy->memslot_swap_waits == MEMSLOT_SWAP_WAITS_YES && n->active && !MUTANT(publish_early)) {
		do
			rt_cond_wait(&n->drained, &n->lock);
		while (n->active);
		waited_ns = rt_now_ns() - begin_ns;
	}
	memslots_publish(ms, as_id);
	n->stats.swaps++;
	n->stats.swap_wait_ns += waited_ns;
	if (waited_ns > n->stats.swap_wait_max_ns)
		n->stats.swap_wait_max_ns = waited_ns;
	rt_spin_unlock(&n->lock);
}

/* --- the hull -------------------------------------------------------------------- */

static void hull_set(struct notifier *n, uint64_t start, uint64_t end)
{
	rt_set(&n->hull_start, start);
	rt_set(&n->hull_end, end);
}

/* Something is in progress, but no page is: nobody has to wait for it. */
static void hull_nothing(struct notifier *n)
{
	hull_set(n, UINT64_MAX, UINT64_MAX);
}

static void hull_note(struct notifier *n)
{
	uint64_t wide = rt_peek(&n->hull_end) - rt_peek(&n->hull_start);

	if (rt_peek(&n->hull_end) == UINT64_MAX)	/* nothing, or all host addresses: of no width */
		return;
	if (keyed_by_hva(n))
		wide >>= 12;
	if (wide <= n->stats.hull_max_pages)
		return;
	n->stats.hull_max_pages = wide;
	n->stats.hull_open_pages = n->open_pages;
}

static void hull_add(struct notifier *n, uint64_t start, uint64_t end)
{
	uint64_t from = rt_peek(&n->hull_start), to = rt_peek(&n->hull_end);

	if (from == to) {
		from = start;
		to = end;
	}
	hull_set(n, start < from ? start : from, end > to ? end : to);
}

static bool hull_has(const struct notifier *n, uint64_t at)
{
	uint64_t start = rt_peek(&n->hull_start), end = rt_peek(&n->hull_end);

	/* In progress without a range: unlocked readers may see that. */
	return !end || (at >= start && at < end);
}

/* notifier.hull_reset = exact: what is still open, and no more. */
static void hull_shrink(struct notifier *n)
{
	uint64_t nr = rt_peek(&n->nr_open);

	if (rt_peek(&n->overflow))
		return;
	hull_nothing(n);
	for (uint64_t row = 0; row < nr; row++) {
		const struct notifier_range *r = &n->open[row];

		if (!rt_peek(&r->hva_end))
			continue;
		if (keyed_by_hva(n))
			hull_add(n, rt_peek(&r->hva_start), rt_peek(&r->hva_end));
		else if (rt_peek(&r->end))
			hull_add(n, rt_peek(&r->start), rt_peek(&r->end));
	}
}

/* --- open ranges, and those that were -------------------------------------------- */

static void row_set(struct notifier_range *r, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	rt_set(&r->start, start);
	rt_set(&r->end, end);
	rt_set(&r->hva_start, w->start);
	rt_set(&r->hva_end, w->end);
}

static bool row_is(const struct notifier_range *r, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	return rt_peek(&r->start) == start && rt_peek(&r->end) == end && rt_peek(&r->hva_start) == w->start &&
	       rt_peek(&r->hva_end) == w->end;
}

static void open_add(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	uint64_t nr = rt_peek(&n->nr_open), row = 0;

	while (row < nr && rt_peek(&n->open[row].hva_end))
		row++;
	if (row == NOTIFIER_MAX_OPEN) {
		rt_set(&n->overflow, rt_peek(&n->overflow) + 1);
		return;
	}
	row_set(&n->open[row], w, start, end);
	if (row == nr)
		rt_set(&n->nr_open, nr + 1);
}

static void open_remove(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	static const struct notifier_window none;
	uint64_t nr = rt_peek(&n->nr_open);

	for (uint64_t row = 0; row < nr; row++) {
		if (!row_is(&n->open[row], w, start, end))
			continue;
		row_set(&n->open[row], &none, 0, 0);
		while (nr && !rt_peek(&n->open[nr - 1].hva_end))
			nr--;
		rt_set(&n->nr_open, nr);
		return;
	}
	if (rt_peek(&n->overflow))
		rt_set(&n->overflow, rt_peek(&n->overflow) - 1);
}

static bool open_has(const struct notifier *n, gfn_t gfn)
{
	uint64_t nr = rt_peek(&n->nr_open);

	for (uint64_t row = 0; row < nr; row++)
		if (gfn >= rt_peek(&n->open[row].start) && gfn < rt_peek(&n->open[row].end))
			return true;
	return false;
}

static void ended_add(struct notifier *n, gfn_t start, gfn_t end)
{
	uint64_t nr = rt_peek(&n->nr_ended);
	struct notifier_ended *r = &n->ended[nr % NOTIFIER_MAX_ENDED];

	rt_set(&r->start, start);
	rt_set(&r->end, end);
	rt_set(&r->seq, rt_peek(&n->seq) + 1);
	rt_set(&n->nr_ended, nr + 1);
}

/* Ended after the snapshot @seq with @gfn in it?  True as well when that was too long ago to know. */
static bool ended_has(const struct notifier *n, uint64_t seq, gfn_t gfn)
{
	uint64_t nr = rt_peek(&n->nr_ended), known = seq + 1;

	for (uint64_t back = 1; back <= nr && back <= NOTIFIER_MAX_ENDED; back++) {
		const struct notifier_ended *r = &n->ended[(nr - back) % NOTIFIER_MAX_ENDED];

		known = rt_peek(&r->seq);
		if (known <= seq)
			return false;
		if (gfn >= rt_peek(&r->start) && gfn < rt_peek(&r->end))
			return true;
	}
	return known > seq + 1;
}

/* --- mmu_lock held for write ------------------------------------------------------- */

void notifier_begin(struct notifier *n, const struct notifier_window *w)
{
	uint64_t open = rt_peek(&n->in_progress);

	if (!open)
		hull_set(n, 0, 0);
	rt_store(&n->in_progress, open + 1);
	if (keyed_by_hva(n))
		hull_add(n, w->start, w->end);
}

void notifier_add(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	n->open_pages += end - start;
	open_add(n, w, start, end);
	if (!keyed_by_hva(n)) {
		if (start < end)
			hull_add(n, start, end - MUTANT(narrow_hull));
		else if (!rt_peek(&n->hull_end))
			hull_nothing(n);
	}
	hull_note(n);
}

void notifier_remove(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end)
{
	n->open_pages -= end - start < n->open_pages ? end - start : n->open_pages;
	open_remove(n, w, start, end);
	ended_add(n, start, end);
}

void notifier_end(struct notifier *n)
{
	uint64_t open = rt_peek(&n->in_progress);

	if (n->policy->notifier_hull_reset == NOTIFIER_HULL_RESET_EXACT)
		hull_shrink(n);
	/* A reader that finds in_progress 0 must find the new seq. */
	rt_store(&n->seq, rt_peek(&n->seq) + 1);
	rt_store(&n->in_progress, open ? open - 1 : 0);
}

/* --- faults ------------------------------------------------------------------------ */

bool notifier_covers(const struct notifier *n, gfn_t gfn, const struct mmu_slot *slot, unsigned int page_shift)
{
	switch (n->policy->fault_retry_key) {
	case FAULT_RETRY_KEY_HULL_HVA:
		return hull_has(n, slot->hva + ((gfn - slot->base_gfn) << page_shift));
	case FAULT_RETRY_KEY_HULL_GFN:
		return hull_has(n, gfn);
	case FAULT_RETRY_KEY_EXACT:
		return rt_peek(&n->overflow) ? hull_has(n, gfn) : open_has(n, gfn);
	case FAULT_RETRY_KEY_ANY:
		break;
	}
	return true;
}

enum notifier_why notifier_why(const struct notifier *n, uint64_t seq, gfn_t gfn)
{
	if (open_has(n, gfn))
		return NOTIFIER_WHY_OPEN;
	if (rt_peek(&n->seq) == seq)
		return NOTIFIER_WHY_HULL;
	return ended_has(n, seq, gfn) ? NOTIFIER_WHY_ENDED : NOTIFIER_WHY_SEQ;
}
