/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_MEMSLOTS_H
#define ENGINE_CORE_MEMSLOTS_H

/*
 * Memory slots: two generations, one published.
 *
 * - The published set never changes; its readers are in an SRCU section and
 *   may keep pointers into it until they leave.
 * - An update is prepared in the other set, published while no invalidation
 *   window is open (notifier.h), and the old set is reused only after an SRCU
 *   grace period.  One updater at a time: the kernel's slots_lock.
 * - Order of locks: slots_lock, slots_arch_lock, then mmu_lock or the notifier's.  Who is in
 *   an SRCU section may take slots_arch_lock, which is therefore dropped before the
 *   grace period, and never slots_lock.  A notifier takes neither: updaters wait for notifiers.
 * - by_gfn is sorted by (as_id, base_gfn) and has no overlaps; by_hva is sorted
 *   by hva and may overlap.
 */
#include "engine/core/dirty_log.h"
#include "engine/core/mutex.h"
#include "engine/core/populated.h"
#include "engine/mmu.h"
#include "engine/rt/rt.h"

#define SLOT_LOG_DIRTY	1u
#define SLOT_READONLY	2u
#define SLOT_GUEST_MEMFD 4u	/* private pages come from a guest_memfd */
#define MEMSLOT_UPDATING	BIT_ULL(63)	/* in a generation */
#define MEMSLOT_AS_IDS	2	/* x86: 1 is SMM's; arm64 uses 0 */

struct memslot {
	struct mmu_slot	  cfg;
	bool		  invalid;	/* being deleted or moved: faults must retry */
	struct populated *host;		/* which of its pages the host has; shared by both generations */
	struct dirty_log *log;		/* NULL: not logged, or by rings; shared by both generations */
};

struct memslot_set {
	unsigned int	 nr, cap;
	unsigned int	 page_shift;	/* of the host's pages, which gfns count */
	struct memslot	*by_gfn;
	uint32_t	 recent;	/* the slot (of by_gfn) that was found last: a hint, changed by its readers */
	uint32_t	*by_hva;	/* indices into by_gfn */
	hva_t		*max_end;	/* of by_hva[0 .. i] */
};

struct memslots {
	struct memslot_set set[2];
	rt_u64		   active;			/* which set is published */
	rt_u64		   generation[MEMSLOT_AS_IDS];	/* advances by 2 per update, after the grace period */
	struct mutex	   lock;			/* slots_lock */
	struct mutex	   arch_lock;			/* slots_arch_lock */
	void		   (*published)(void *arg, const struct memslot_set *next);	/* NULL, or hears of it */
	void		   *arg;
};

/* The part of a host range that one slot maps. */
struct memslot_span {
	const struct memslot *slot;
	hva_t		      hva;	/* clamped to the slot */
	gfn_t		      start, end;
};

/* @generation: of address space 0. */
void memslots_init(struct memslots *ms, unsigned int page_shift, uint64_t generation);
void memslots_fini(struct memslots *ms);

/* slots_lock: sleeps, may be held over a wait for SRCU or for windows. */
void memslots_lock(struct memslots *ms);
void memslots_unlock(struct memslots *ms);
/* slots_arch_lock: sleeps; guards what belongs to slots in both generations. */
void memslots_arch_lock(struct memslots *ms);
void memslots_arch_unlock(struct memslots *ms);

/* The published set; caller is in an SRCU section or holds slots_lock. */
static inline const struct memslot_set *memslots_get(const struct memslots *ms)
{
	return &ms->set[rt_load(&ms->active)];
}

static inline bool memslot_has(const struct memslot *slot, unsigned int as_id, gfn_t gfn)
{
	return slot->cfg.as_id == as_id && gfn - slot->cfg.base_gfn < slot->cfg.npages;
}

const struct memslot *memslot_search(const struct memslot_set *set, unsigned int as_id, gfn_t gfn);

/* The slot with page @gfn, or NULL: mostly that of the last page. */
static inline const struct memslot *memslot_find(const struct memslot_set *set, unsigned int as_id, gfn_t gfn)
{
	uint32_t recent = __atomic_load_n(&set->recent, __ATOMIC_RELAXED);

	if (likely(recent < set->nr && memslot_has(&set->by_gfn[recent], as_id, gfn)))
		return &set->by_gfn[recent];
	return memslot_search(set, as_id, gfn);
}

const struct memslot *memslot_find_id(const struct memslot_set *set, unsigned int as_id, uint16_t id);
/* Some slot other than @id has a page of [base, base + npages). */
bool memslot_overlaps(const struct memslot_set *set, unsigned int as_id, uint16_t id, gfn_t base, uint64_t npages);

/*
 * Slots with a page of [start, end), in order of their hva:
 *	for (unsigned int i = memslot_span_first(set, start); memslot_span_next(set, &i, start, end, &span); )
 */
unsigned int memslot_span_first(const struct memslot_set *set, hva_t start);
bool memslot_span_at(const struct memslot_set *set, unsigned int *i, hva_t start, hva_t end,
		     struct memslot_span *span);

static inline bool memslot_span_next(const struct memslot_set *set, unsigned int *i, hva_t start, hva_t end,
				     struct memslot_span *span)
{
	return *i < set->nr && memslot_span_at(set, i, start, end, span);
}

/* --- updates, under slots_lock --- */

/*
 * A copy of the published set to change; nobody else sees it.  Takes slots_arch_lock, which whoever
 * publishes it drops.
 */
struct memslot_set *memslots_edit(struct memslots *ms);
struct memslot *memslot_set_add(struct memslot_set *set, const struct mmu_slot *cfg, struct populated *host);
void memslot_set_remove(struct memslot_set *set, unsigned int as_id, uint16_t id);
struct memslot *memslot_set_get(struct memslot_set *set, unsigned int as_id, uint16_t id);
/* Restores both orders after the above. */
void memslot_set_sort(struct memslot_set *set);
/* Publishes what memslots_edit() gave; @as_id's generation says "update in progress" from here on. */
void memslots_publish(struct memslots *ms, unsigned int as_id);
/* The grace period is over: Return: the generation, as MMIO entries see it. */
uint64_t memslots_advance(struct memslots *ms, unsigned int as_id);

#endif
