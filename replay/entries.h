/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ENTRIES_H
#define REPLAY_ENTRIES_H

#include "base/types.h"

/* A flat map: (vm, address space, level, gfn) -> SPTE.  An entry that is not there reads as @empty. */
struct entries;

struct entries *entries_new(uint64_t empty);
void entries_free(struct entries *e);	/* NULL is fine */
uint64_t entries_get(const struct entries *e, unsigned int vm, unsigned int as_id, int level, gfn_t gfn);
void entries_set(struct entries *e, unsigned int vm, unsigned int as_id, int level, gfn_t gfn, uint64_t spte);
/* Calls @fn for every entry of @vm that is not empty, in no particular but a repeatable order. */
void entries_each(const struct entries *e, unsigned int vm,
		  void (*fn)(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t spte), void *arg);

#endif
