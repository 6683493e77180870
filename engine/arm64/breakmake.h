/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_BREAKMAKE_H
#define ENGINE_ARM64_BREAKMAKE_H

/*
 * Break-before-make, the only way from one valid entry to another.
 *
 * Since 6.2 a broken entry reads STAGE2_LOCKED and belongs to whoever broke it: others find that they have
 * lost.  Up to 6.1 it reads 0 and mmu_lock, held for write, keeps others out.
 */
#include "engine/arm64/walk.h"
#include "engine/arm64/window.h"

/*
 * The entry is invalid from here on, and what it was is in no TLB.  Return: false: somebody else
 * was faster, or holds it broken.  @win: where the time is counted for which it is, NULL: nowhere.
 */
bool entry_break(struct walk *w, const struct visit *v, struct window *win);
/* The broken entry is @new. */
void entry_make(struct walk *w, const struct visit *v, uint64_t new, struct window *win);
/* Exclusive: a valid entry becomes 0; the TLBs are told unless @later.  Its table's count goes down. */
void entry_clear(struct walk *w, const struct visit *v, bool later);
/*
 * A change of permissions or of the access flag.  Return: false: somebody else was faster (only where mmu_lock is
 * shared).
 */
bool entry_change(struct walk *w, const struct visit *v, uint64_t new);

/* 0, STAGE2_LOCKED */
static inline uint64_t broken_value(const struct arm64_mmu *x)
{
	return x->locks ? STAGE2_LOCKED : 0;
}

#endif
