/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_WINDOWS_H
#define ENGINE_CORE_WINDOWS_H

/*
 * Checker's own record of the windows whose start has returned and whose end
 * has not begun: nothing may map their pages (I-N1).  Kept apart from what the
 * engine itself uses (notifier.h), so that a mistake there is found here.
 */
#include "base/types.h"
#include "engine/core/memslots.h"
#include "engine/rt/rt.h"

struct mmu_windows;

struct mmu_windows *windows_new(void);
void windows_free(struct mmu_windows *w);	/* NULL is fine */

/* All do nothing for a NULL @w. */
void windows_open(struct mmu_windows *w, hva_t start, hva_t end);
void windows_close(struct mmu_windows *w, hva_t start, hva_t end);
/* Some open window has a page of [@gfn, @gfn + @nr) of address space @as_id. */
bool windows_cover(const struct mmu_windows *w, const struct memslot_set *set, unsigned int as_id, gfn_t gfn,
		   uint64_t nr);

#endif
