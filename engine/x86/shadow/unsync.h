/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_UNSYNC_H
#define ENGINE_X86_SHADOW_UNSYNC_H

/*
 * Who is unsync, and the marks that lead there: a page of the lowest level whose guest table can be written without an
 * exit, and in each page above it a bit for every entry below which there may be such a page.
 *
 * - 1 to 0 needs mmu_lock held for write; so does 0 to 1, as all faults here hold it so.
 * - The flags are also read without the lock, by whoever asks whether a root needs to be synced.
 * - A bit may be stale, a mark is never missing: unsync_walk() clears what it finds to lead nowhere.
 */
#include "engine/x86/shadow/zap.h"

#define UNSYNC_MAX_BATCH	512
/* A path from a root of five levels to the lowest one: a walk that finds anything new finds a page to sync. */
#define UNSYNC_MIN_BATCH	5

/*
 * mmu_try_to_unsync_pages(): some mapping of @gfn is about to become writable.
 * @can_unsync:	false while syncing.
 * @prefetch:	nobody asked for the mapping.
 *
 * Return: 0, or -EPERM, -EEXIST: it must stay read-only.
 */
int unsync_try(struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, bool can_unsync, bool prefetch);

/* Page @number, which is unsync or has something unsync below it, was linked to @entry: all parents hear of it. */
void unsync_linked(struct shadow_mmu *sm, uint32_t number, uint32_t entry);
/* mmu_zap_unsync_children(): page @number is about to go.  Return: how many pages were zapped. */
unsigned int unsync_zap_below(struct shadow_mmu *sm, uint32_t number, struct condemned *list);
/* kvm_unlink_unsync_page(): the page is no longer unsync. */
void unsync_clear(struct shadow_mmu *sm, uint32_t number);

/* Without mmu_lock: is the page unsync, or anything below it? */
static inline bool unsync_any(const struct shadow_mmu *sm, uint32_t number)
{
	const struct sp *sp = sp_of(sm, number);

	return __atomic_load_n(&sp->unsync, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&sp->unsync_children, __ATOMIC_ACQUIRE);
}

/* --- batches of unsync pages below a page (struct kvm_mmu_pages) --------------- */

struct unsync_found {
	uint32_t page;
	uint16_t index;		/* of the entry of its parent that led there */
};

struct unsync_batch {
	unsigned int	    nr, max;
	struct unsync_found at[UNSYNC_MAX_BATCH];
};

/* The batch at hand: one of its lowest pages after the other, and the way there from the page it began at. */
struct unsync_path {
	unsigned int i;
	uint32_t     page[MAX_LEVEL + 2];	/* by level; 0 above the first one */
	uint16_t     index[MAX_LEVEL + 2];	/* of page[l] in page[l + 1] */
};

/*
 * mmu_unsync_walk(): at most @batch pages below page @number into @b, those on the way included.
 * Return: whether there were any.
 */
bool unsync_walk(struct shadow_mmu *sm, uint32_t number, unsigned int batch, struct unsync_batch *b);
/* for (page = unsync_first(sm, b, &path); page; page = unsync_next(sm, b, &path)) */
uint32_t unsync_first(const struct shadow_mmu *sm, const struct unsync_batch *b, struct unsync_path *p);
uint32_t unsync_next(const struct shadow_mmu *sm, const struct unsync_batch *b, struct unsync_path *p);
/* mmu_pages_clear_parents(): the marks that led to the page at hand, up to one that leads elsewhere, too. */
void unsync_clear_path(struct shadow_mmu *sm, const struct unsync_path *p);

#endif
