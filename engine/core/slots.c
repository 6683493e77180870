/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM_SET_USER_MEMORY_REGION: kvm_set_memslot() and kvm_swap_active_memslots().
 * A delete or a move publishes twice: first the slot as INVALID, so that faults
 * retry while what maps it is dropped, then the set without it.
 */
#include <errno.h>

#include "engine/core/checker.h"
#include "engine/core/dirty.h"

#define MMIO_GENERATION_BITS	0x7fffe		/* of those an MMIO entry keeps, less the address space's */

/*
 * Publishes the prepared set and waits until nobody uses the old one.  slots_arch_lock goes
 * before that wait: a reader may be about to take it.
 */
static void swap(struct mmu *mmu, unsigned int as_id)
{
	uint64_t gen;

	rt_pin(RT_PIN_SWAP);
	notifier_publish(&mmu->notifier, &mmu->slots, as_id);
	memslots_arch_unlock(&mmu->slots);
	rt_srcu_synchronize(mmu->config.vm);
	rt_pin(RT_PIN_SWAPPED);
	gen = memslots_advance(&mmu->slots, as_id);
	mmu->ops->slots_updated(mmu, !(gen & MMIO_GENERATION_BITS));
}

static bool logs(const struct mmu_slot *s)
{
	return s->flags & SLOT_LOG_DIRTY;
}

/* A new slot: nothing maps it, so nothing has to be protected. */
static void created(struct mmu *mmu, const struct mmu_slot *want)
{
	if (logs(want) && !(want->flags & SLOT_READONLY))
		check_log_started(mmu, memslot_find_id(memslots_get(&mmu->slots), want->as_id, want->id));
}

static int slot_create(struct mmu *mmu, const struct mmu_slot *want)
{
	struct memslot_set *next = memslots_edit(&mmu->slots);
	struct memslot *slot;

	slot = memslot_set_add(next, want, populated_new(want->npages, want->hva >> mmu->page_shift));
	if (logs(want))
		slot->log = dirty_log_for(mmu, want->npages);
	memslot_set_sort(next);
	swap(mmu, want->as_id);
	created(mmu, want);
	return 0;
}

/* First half of delete and move: the slot is INVALID and nothing maps it. */
static void slot_invalidate(struct mmu *mmu, const struct memslot *old)
{
	struct memslot_set *next = memslots_edit(&mmu->slots);
	struct memslot *slot = memslot_set_get(next, old->cfg.as_id, old->cfg.id);

	slot->invalid = true;
	swap(mmu, slot->cfg.as_id);
	mmu->ops->flush_slot(mmu, slot);
}

static int slot_delete(struct mmu *mmu, const struct memslot *old)
{
	struct mmu_slot cfg = old->cfg;
	struct populated *host = old->host;
	struct dirty_log *log = old->log;
	struct memslot_set *next;

	slot_invalidate(mmu, old);
	next = memslots_edit(&mmu->slots);
	memslot_set_remove(next, cfg.as_id, cfg.id);
	memslot_set_sort(next);
	swap(mmu, cfg.as_id);
	populated_free(host);
	dirty_log_free(log);
	return 0;
}

/* Return: a log that is not needed any more; free it when nobody uses the old set. */
static struct dirty_log *set_flags(struct mmu *mmu, struct memslot *slot, uint32_t flags)
{
	struct dirty_log *log = slot->log;

	slot->cfg.flags = flags;
	if (logs(&slot->cfg)) {
		if (!log)
			slot->log = dirty_log_for(mmu, slot->cfg.npages);
		return NULL;
	}
	slot->log = NULL;
	return log;
}

static int slot_move(struct mmu *mmu, const struct memslot *old, const struct mmu_slot *want)
{
	struct dirty_log *dropped = NULL;
	struct memslot_set *next;
	struct memslot *slot;

	slot_invalidate(mmu, old);
	next = memslots_edit(&mmu->slots);
	slot = memslot_set_get(next, want->as_id, want->id);
	slot->invalid = false;
	slot->cfg.base_gfn = want->base_gfn;
	dropped = set_flags(mmu, slot, want->flags);
	memslot_set_sort(next);
	swap(mmu, want->as_id);
	dirty_log_free(dropped);
	return 0;
}

static void log_starts(struct mmu *mmu, const struct memslot *slot)
{
	mmu->ops->log_start(mmu, slot);
	check_log_started(mmu, slot);
}

/* Dirty logging starts or stops.  A slot nobody can write to has nothing to protect. */
static int slot_flags(struct mmu *mmu, const struct memslot *old, const struct mmu_slot *want)
{
	bool toggled = (want->flags ^ old->cfg.flags) & SLOT_LOG_DIRTY;
	struct dirty_log *dropped;
	struct memslot_set *next;
	struct memslot *slot;

	if (want->flags == old->cfg.flags)
		return 0;
	next = memslots_edit(&mmu->slots);
	slot = memslot_set_get(next, want->as_id, want->id);
	dropped = set_flags(mmu, slot, want->flags);
	swap(mmu, want->as_id);
	if (toggled && !(want->flags & SLOT_READONLY)) {
		if (logs(want))
			log_starts(mmu, slot);
		else
			mmu->ops->log_stop(mmu, slot);
	}
	dirty_log_free(dropped);
	return 0;
}

static int change_locked(struct mmu *mmu, enum mmu_slot_change change, const struct mmu_slot *want)
{
	const struct memslot_set *now = memslots_get(&mmu->slots);
	const struct memslot *old = memslot_find_id(now, want->as_id, want->id);

	if (change != MMU_SLOT_CREATE && !old)
		return -ENOENT;
	if (change == MMU_SLOT_DELETE)
		return slot_delete(mmu, old);
	if (!want->npages || want->base_gfn + want->npages < want->base_gfn)
		return -EINVAL;
	if (old && (want->npages != old->cfg.npages || want->hva != old->cfg.hva ||
		    (want->flags ^ old->cfg.flags) & SLOT_READONLY))
		return change == MMU_SLOT_CREATE ? -EEXIST : -EINVAL;
	if (change == MMU_SLOT_FLAGS)
		return slot_flags(mmu, old, want);
	if (memslot_overlaps(now, want->as_id, want->id, want->base_gfn, want->npages))
		return -EEXIST;
	if (change == MMU_SLOT_MOVE)
		return slot_move(mmu, old, want);
	return old ? -EEXIST : slot_create(mmu, want);
}

int mmu_memslot(struct mmu *mmu, enum mmu_slot_change change, const struct mmu_slot *slot)
{
	int ret;

	if (slot->as_id >= MEMSLOT_AS_IDS || slot->hva & (BIT_ULL(mmu->page_shift) - 1))
		return -EINVAL;
	check_begin(mmu, CHECK_MEMSLOT, slot->base_gfn, slot->npages);
	memslots_lock(&mmu->slots);
	ret = change_locked(mmu, change, slot);
	memslots_unlock(&mmu->slots);
	check_end(mmu, ret);
	return ret;
}

static bool prefill_fits(const struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p)
{
	uint64_t inside = mmu_level_pages(mmu, p->level) - 1;

	if (p->level < 1 || p->level > mmu->config.max_level || slot->invalid)
		return false;
	if ((p->gfn | p->npages | p->pfn) & inside)
		return false;
	if (((slot->cfg.hva >> mmu->page_shift) ^ slot->cfg.base_gfn) & inside)
		return false;
	return p->level == 1 || !(slot->cfg.flags & SLOT_LOG_DIRTY);
}

int mmu_prefill(struct mmu *mmu, const struct mmu_prefill *p)
{
	const struct memslot *slot;
	int ret = -ENOENT;

	rt_srcu_lock(mmu->config.vm);
	slot = memslot_find(memslots_get(&mmu->slots), p->as_id, p->gfn);
	if (slot && p->gfn + p->npages <= slot->cfg.base_gfn + slot->cfg.npages)
		ret = prefill_fits(mmu, slot, p) ? 0 : -EINVAL;
	if (!ret) {
		mmu_lock_exclusive(mmu);
		mmu->ops->prefill(mmu, slot, p);
		populated_fill(slot->host, p->gfn - slot->cfg.base_gfn, p->npages);
		mmu_unlock(mmu, false);
	}
	rt_srcu_unlock();
	return ret;
}
