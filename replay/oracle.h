/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ORACLE_H
#define REPLAY_ORACLE_H

#include "base/err.h"
#include "base/types.h"
#include "kvm/entry.h"
#include "kvm/release.h"

/*
 * A flat memory of what a replay did to each frame of one VM, to compare with
 * the tables.  The driver tells it when operations begin and end; it never looks at
 * an engine but through oracle_peek_fn.
 *
 * Per frame it keeps when accesses to it and removals of it began and ended, as
 * stamps from one counter.  Then, whatever happened inside the engine,
 * - an access that was served and began after every removal had ended left the frame mapped,
 *   to the pfn it was given, and writable if it was a write;
 * - a removal that began after every access (and every huge mapping beside it) had
 *   ended left the frame unmapped;
 * - where the two overlapped either is right.
 * A removal next to a frame within its huge page, a memslot change and a zap
 * of other slots may remove it or not.
 *
 * About 72 bytes per frame.  Calls may come from several threads.
 */
struct oracle;

/* The entry a walk ends at (mmu_peek()): *@level 0 when there is no root. */
typedef uint64_t (*oracle_peek_fn)(void *arg, gfn_t gfn, int *level);

/* The page the host has behind @gfn now; UINT64_MAX: not known. */
typedef pfn_t (*oracle_host_fn)(void *arg, gfn_t gfn);

struct oracle *oracle_make(unsigned int vm, struct entry_kind entries);
void oracle_free(struct oracle *o);		/* NULL is fine */

/* An access to @gfn begins.  Return: its stamp, for oracle_access_end(). */
uint64_t oracle_access_begin(struct oracle *o, gfn_t gfn);
/*
 * It was served: @level is the largest page that may now map it, 0 for a hit, which
 * leaves the mapping as it was.  @pfn: UINT64_MAX when nobody knows it.
 */
void oracle_access_end(struct oracle *o, uint64_t stamp, gfn_t gfn, pfn_t pfn, int level, bool write);
/* It ended without a mapping (MMIO). */
void oracle_access_drop(struct oracle *o, uint64_t stamp, gfn_t gfn);

/* Return: the stamp to give to the oracle_remove_*() that follows the operation. */
uint64_t oracle_remove_begin(struct oracle *o);
/* Frames @start .. @end (exclusive) are gone; others of the huge pages they lie in may be. */
void oracle_remove_range(struct oracle *o, uint64_t stamp, gfn_t start, gfn_t end);
/* Everything is gone (@sure) or may be. */
void oracle_remove_all(struct oracle *o, uint64_t stamp, bool sure);
/* Write access may be gone anywhere (dirty logging, a read-only page). */
void oracle_protect_all(struct oracle *o);

/* The MMU maps ahead what the host has (shadow pages): frames may be mapped that nobody accessed since they went. */
void oracle_maps_ahead(struct oracle *o);

/**
 * oracle_compare() - do the tables say the same?
 * @host:	what is mapped must be mapped to this page; NULL: nobody knows.
 * @mapped:	out: leafs the frames it knows are mapped by, each counted once.  A table
 *		that holds more leafs than these maps a frame nobody accessed.
 *
 * Only between operations.  Return: 0, or ERR_NO (negative) with @e naming the first frame that differs.
 */
int oracle_compare(struct oracle *o, oracle_peek_fn peek, oracle_host_fn host, void *arg, uint64_t *mapped,
		   struct err *e);

#endif
