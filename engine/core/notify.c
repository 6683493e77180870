/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MMU notifier: what the host tells KVM about its own page tables.
 * KVM virt/kvm/kvm_main.c, __kvm_handle_hva_range() and its callers: the lock is
 * taken for the first slot that matches, and not at all without one.
 */
#include "engine/core/checker.h"
#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

/* notifier.lock = always, up to 5.12: every window counts, whatever it matches. */
static bool always(const struct mmu *mmu)
{
	return mmu->policy->notifier_lock == NOTIFIER_LOCK_ALWAYS;
}

/* One slot's part of an invalidation, mmu_lock held for write.  Return: a flush is owed. */
static bool unmap_span(struct mmu *mmu, const struct notifier_window *w, const struct memslot_span *span,
		       bool may_block)
{
	bool owed;

	obs_gfns(mmu, OBS_UNMAP_RANGE, span->start, span->end - span->start, 0);
	notifier_add(&mmu->notifier, w, span->start, span->end);
	owed = mmu->ops->unmap(mmu, span, may_block);
	populated_clear(span->slot->host, span->start - span->slot->cfg.base_gfn, span->end - span->start);
	return owed;
}

static void begin(struct mmu *mmu, const struct notifier_window *w)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_INV_BEGIN);
	check_window_begin(mmu);
	notifier_begin(&mmu->notifier, w);
}

void mmu_invalidate_start(struct mmu *mmu, hva_t start, hva_t end, bool may_block)
{
	const struct notifier_window w = { start, end };
	const struct memslot_set *set;
	struct memslot_span span;
	bool locked = false, matched = false;
	struct flush flush = { 0 };

	rt_charge(COST_NOTIFIER_FIXED, 1);
	rt_pin(RT_PIN_INV_ACTIVE);
	notifier_enter(&mmu->notifier);
	check_begin(mmu, CHECK_INVALIDATE_START, start, end);
	rt_srcu_lock(mmu->config.vm);
	set = memslots_get(&mmu->slots);
	if (always(mmu) || MUTANT(begin_for_nothing)) {
		locked = true;
		begin(mmu, &w);
	}
	for (unsigned int i = memslot_span_first(set, start); memslot_span_next(set, &i, start, end, &span);) {
		if (!locked) {
			locked = true;
			mmu_expect(mmu, -1, span.start);
			begin(mmu, &w);
		}
		matched = true;
		flush.owed |= unmap_span(mmu, &w, &span, may_block);
	}
	if (locked && !matched)
		notifier_add(&mmu->notifier, &w, 0, 0);
	flush_settle(mmu, &flush);
	check_window_open(mmu);
	if (locked)
		mmu_unlock(mmu, false);
	rt_srcu_unlock();
	check_end(mmu, 0);
}

static void lock_for_end(struct mmu *mmu)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_INV_END);
}

void mmu_invalidate_end(struct mmu *mmu, hva_t start, hva_t end)
{
	const struct notifier_window w = { start, end };
	const struct memslot_set *set;
	struct memslot_span span;
	bool locked = false, matched = false;

	check_begin(mmu, CHECK_INVALIDATE_END, start, end);
	rt_charge(COST_NOTIFIER_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	set = memslots_get(&mmu->slots);
	if (always(mmu)) {
		locked = true;
		lock_for_end(mmu);
	}
	for (unsigned int i = memslot_span_first(set, start); memslot_span_next(set, &i, start, end, &span);) {
		if (!locked) {
			locked = true;
			lock_for_end(mmu);
		}
		matched = true;
		notifier_remove(&mmu->notifier, &w, span.start, span.end);
	}
	if (locked && !matched)
		notifier_remove(&mmu->notifier, &w, 0, 0);
	if (locked) {
		if (!MUTANT(end_not_counted)) {
			check_window_end(mmu);
			notifier_end(&mmu->notifier);
		}
		mmu_unlock(mmu, false);
	}
	rt_srcu_unlock();
	check_end(mmu, 0);
	notifier_leave(&mmu->notifier);
}

enum hold { HOLD_NONE, HOLD_SHARED, HOLD_EXCLUSIVE };

/* Aging: age.lock.  KVM up to 6.12: write; x86 since 6.15: none. */
static enum hold age_lock(struct mmu *mmu)
{
	switch (mmu->policy->age_lock) {
	case AGE_LOCK_LOCKLESS:
		return HOLD_NONE;
	case AGE_LOCK_READ:
		return mmu_lock_shared(mmu) ? HOLD_SHARED : HOLD_EXCLUSIVE;
	case AGE_LOCK_WRITE:
		break;
	}
	mmu_lock_exclusive(mmu);
	return HOLD_EXCLUSIVE;
}

static enum hold age_begin(struct mmu *mmu)
{
	enum hold hold = age_lock(mmu);

	rt_pin(RT_PIN_OTHER);
	return hold;
}

static bool age_flushes(const struct mmu *mmu, enum mmu_age how)
{
	switch (mmu->policy->age_flush) {
	case AGE_FLUSH_ALWAYS:
		return how != MMU_AGE_TEST;
	case AGE_FLUSH_CLEAR_FLUSH:
		return how == MMU_AGE_CLEAR_FLUSH;
	case AGE_FLUSH_ELIDE:
		break;
	}
	return false;
}

bool mmu_age(struct mmu *mmu, hva_t start, hva_t end, enum mmu_age how)
{
	const struct memslot_set *set;
	struct memslot_span span;
	enum hold hold = HOLD_NONE;
	bool found = always(mmu), young = false;

	check_begin(mmu, how == MMU_AGE_TEST ? CHECK_TEST_AGE : CHECK_AGE, start, end);
	rt_charge(COST_NOTIFIER_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	set = memslots_get(&mmu->slots);
	if (found)
		hold = age_begin(mmu);
	for (unsigned int i = memslot_span_first(set, start); memslot_span_next(set, &i, start, end, &span);) {
		bool here;

		if (!found) {
			found = true;
			mmu_expect(mmu, -1, span.start);	/* others may run before the lock is there */
			hold = age_begin(mmu);
		}
		here = mmu->ops->age(mmu, &span, how);
		obs_gfns(mmu, OBS_AGE_RANGE, span.start, span.end - span.start, here);
		young |= here;
	}
	if (young && age_flushes(mmu, how))
		flush_remote(mmu);
	if (hold != HOLD_NONE)
		mmu_unlock(mmu, hold == HOLD_SHARED);
	rt_srcu_unlock();
	check_end(mmu, young);
	return young;
}

static void lock_for_change(struct mmu *mmu)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
}

/* change_pte(), up to 6.9: always inside an invalidation of its page. */
void mmu_set_spte(struct mmu *mmu, hva_t hva, pfn_t pfn)
{
	const struct memslot_set *set;
	struct memslot_span span;
	struct flush flush = { 0 };
	bool locked = always(mmu);

	rt_charge(COST_NOTIFIER_FIXED, 1);
	if (!rt_load(&mmu->notifier.in_progress))
		return;
	check_begin(mmu, CHECK_SET_SPTE, hva, hva + 1);
	rt_srcu_lock(mmu->config.vm);
	set = memslots_get(&mmu->slots);
	if (locked)
		lock_for_change(mmu);
	for (unsigned int i = memslot_span_first(set, hva); memslot_span_next(set, &i, hva, hva + 1, &span);) {
		if (!locked) {
			locked = true;
			lock_for_change(mmu);
		}
		if (!span.slot->invalid)
			flush.owed |= mmu->ops->set_spte(mmu, &span, pfn);
	}
	flush_settle(mmu, &flush);
	if (locked)
		mmu_unlock(mmu, false);
	rt_srcu_unlock();
	check_end(mmu, 0);
}
