/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmu_invalidate_* and mn_* of one VM; KVM virt/kvm/kvm_main.c, v6.1 and v6.12. */
#include "engine/core/notifier.h"

#include "engine/core/mutant.h"

void notifier_init(struct notifier *n, enum fault_retry_key key)
{
	n->key = key;
	rt_word_init(&n->seq, 0);
	rt_word_init(&n->in_progress, 0);
	rt_word_init(&n->hull_start, 0);
	rt_word_init(&n->hull_end, 0);
	rt_word_init(&n->nr_exact, 0);
	rt_word_init(&n->overflow, 0);
	for (unsigned int i = 0; i < NOTIFIER_MAX_EXACT; i++) {
		rt_word_init(&n->exact[i].start, 0);
		rt_word_init(&n->exact[i].end, 0);
	}
	rt_spin_init(&n->lock);
	n->active = 0;
	rt_cond_init(&n->drained);
}

void notifier_enter(struct notifier *n)
{
	rt_spin_lock(&n->lock);
	n->active++;
	rt_spin_unlock(&n->lock);
}

void notifier_leave(struct notifier *n)
{
	rt_spin_lock(&n->lock);
	if (n->active && --n->active == 0)
		rt_cond_wake_all(&n->drained);
	rt_spin_unlock(&n->lock);
}

void notifier_publish(struct notifier *n, struct memslots *ms, unsigned int as_id)
{
	rt_spin_lock(&n->lock);
	while (n->active)
		rt_cond_wait(&n->drained, &n->lock);
	memslots_publish(ms, as_id);
	rt_spin_unlock(&n->lock);
}

static void hull_add(struct notifier *n, uint64_t start, uint64_t end)
{
	uint64_t from = rt_peek(&n->hull_start), to = rt_peek(&n->hull_end);

	if (from == to) {
		from = start;
		to = end;
	}
	rt_set(&n->hull_start, start < from ? start : from);
	rt_set(&n->hull_end, end > to ? end : to);
}

void notifier_begin(struct notifier *n, hva_t start, hva_t end)
{
	uint64_t open = rt_peek(&n->in_progress);

	if (!open) {
		rt_set(&n->hull_start, 0);
		rt_set(&n->hull_end, 0);
	}
	rt_store(&n->in_progress, open + 1);
	if (n->key == FAULT_RETRY_KEY_HULL_HVA)
		hull_add(n, start, end);
}

static void exact_add(struct notifier *n, gfn_t start, gfn_t end)
{
	uint64_t nr = rt_peek(&n->nr_exact), row = 0;

	while (row < nr && rt_peek(&n->exact[row].end))
		row++;
	if (row == NOTIFIER_MAX_EXACT) {
		rt_set(&n->overflow, rt_peek(&n->overflow) + 1);
		return;
	}
	rt_set(&n->exact[row].start, start);
	rt_set(&n->exact[row].end, end);
	if (row == nr)
		rt_set(&n->nr_exact, nr + 1);
}

void notifier_add(struct notifier *n, gfn_t start, gfn_t end)
{
	if (n->key == FAULT_RETRY_KEY_HULL_HVA)
		return;
	hull_add(n, start, end);
	if (n->key == FAULT_RETRY_KEY_EXACT)
		exact_add(n, start, end);
}

void notifier_remove(struct notifier *n, gfn_t start, gfn_t end)
{
	uint64_t nr = rt_peek(&n->nr_exact);

	if (n->key != FAULT_RETRY_KEY_EXACT)
		return;
	for (uint64_t row = 0; row < nr; row++) {
		if (rt_peek(&n->exact[row].start) != start || rt_peek(&n->exact[row].end) != end)
			continue;
		rt_set(&n->exact[row].start, 0);
		rt_set(&n->exact[row].end, 0);
		while (nr && !rt_peek(&n->exact[nr - 1].end))
			nr--;
		rt_set(&n->nr_exact, nr);
		return;
	}
	if (rt_peek(&n->overflow))
		rt_set(&n->overflow, rt_peek(&n->overflow) - 1);
}

void notifier_end(struct notifier *n)
{
	uint64_t open = rt_peek(&n->in_progress);

	/* A reader that finds in_progress 0 must find the new seq. */
	rt_store(&n->seq, rt_peek(&n->seq) + 1);
	rt_store(&n->in_progress, open ? open - 1 : 0);
}

static bool hull_has(const struct notifier *n, uint64_t at)
{
	uint64_t start = rt_peek(&n->hull_start), end = rt_peek(&n->hull_end);

	/* In progress without a range: unlocked readers may see that. */
	return start == end || (at >= start && at < end);
}

static bool exact_has(const struct notifier *n, gfn_t gfn)
{
	uint64_t nr = rt_peek(&n->nr_exact);

	if (rt_peek(&n->overflow))
		return hull_has(n, gfn);
	for (uint64_t row = 0; row < nr; row++)
		if (gfn >= rt_peek(&n->exact[row].start) && gfn < rt_peek(&n->exact[row].end))
			return true;
	return false;
}

bool notifier_retry(const struct notifier *n, uint64_t seq, gfn_t gfn, hva_t hva)
{
	bool covered = false;

	if (!MUTANT(skip_in_progress) && rt_load(&n->in_progress)) {
		switch (n->key) {
		case FAULT_RETRY_KEY_ANY:
			covered = true;
			break;
		case FAULT_RETRY_KEY_HULL_HVA:
			covered = hull_has(n, hva);
			break;
		case FAULT_RETRY_KEY_HULL_GFN:
			covered = hull_has(n, gfn);
			break;
		case FAULT_RETRY_KEY_EXACT:
			covered = exact_has(n, gfn);
			break;
		}
	}
	return covered || rt_load(&n->seq) != seq;
}
