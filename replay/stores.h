/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_STORES_H
#define REPLAY_STORES_H

#include "replay/recording.h"

/*
 * arm64: when did faults that share mmu_lock change an entry?  A probe fires before the store and the
 * task's next record comes after it.  It is put right before the latter, unless another task had read the new value
 * by then, or had failed to change the entry because of it.
 */
struct stores;

struct stores *stores_new(const struct recording *r);
void stores_free(struct stores *s);	/* NULL is fine */
/*
 * Of r->obs[@obs], a break_pte, make_pte or w_attr; of a w_map that lost, when it had read the entry, where that was
 * before a store of another task, else 0.
 */
uint64_t stores_at(const struct stores *s, uint32_t obs);

#endif
