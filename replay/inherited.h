/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_INHERITED_H
#define REPLAY_INHERITED_H

#include "replay/recording.h"

/*
 * What VMs had in their page tables when the recording began (x86, the TDP MMU): a running host is joined in the
 * middle of its guests' lives.  The first record of an entry says what it held until then, unless a record of
 * an entry above it came before: that made it, or took it away with its table.  What no record ever comes to is
 * not known, and nobody notices.
 */
struct inherited_entry {
	gfn_t	 gfn;
	uint64_t spte;		/* not present: its table was there, and no more; A is clear: who sees it set says so */
	uint16_t vm;
	uint8_t	 level, as_id;
};

struct inherited {
	struct inherited_entry *v;	/* by VM, then by level, the lowest first */
	size_t			nr;
};

struct inherited *inherited_new(const struct recording *r);
void inherited_free(struct inherited *in);	/* NULL is fine */
/* What @vm had counted by then, as its first record of it tells; 0: none does. */
uint64_t inherited_generation(const struct recording *r, uint32_t vm);	/* less what older memslots count again */
bool inherited_valid_gen(const struct recording *r, uint32_t vm);
/* Those of @vm. */
const struct inherited_entry *inherited_of(const struct inherited *in, uint32_t vm, size_t *nr);

#endif
