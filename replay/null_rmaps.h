/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_NULL_RMAPS_H
#define REPLAY_NULL_RMAPS_H

#include "kvm/spte.h"
#include "replay/entries.h"
#include "replay/recording.h"
#include "replay/slots.h"

/*
 * The null model's half for x86 without the TDP MMU: one entry per frame, and no idea who else maps it.  A fault maps
 * at the recorded facts, for a direct root through the pages it lacks; an invalidation clears what is there
 * and flushes when it did; aging answers what hardware had set.  What the guest's tables say is told.  No retry, no
 * shadow page that is synced, out of sync, write-protected or recycled, nothing mapped ahead, no yield.
 */
struct null_rmaps {
	const struct recording	 *rec;
	const struct spte_format *format;
	struct entries		 *table;
	struct entries		 *pages;	/* by level: role word + 1 of the page that maps a gfn, as last seen */
	struct slots		 *slots;	/* one per VM; the caller's */
	uint32_t		 *role;		/* of each VM's newest root */
	uint16_t		  vm;		/* of the operation at hand */
	bool			  checked;	/* FAULT: it took the lock */
	struct obs		 *said;
	size_t			  nr_said, cap_said;
};

void null_rmaps_init(struct null_rmaps *n, const struct recording *rec, struct slots *slots);
void null_rmaps_fini(struct null_rmaps *n);
/* What @op would do; fills said.  Return: a fault's result, else RET_PF_UNKNOWN. */
enum ret_pf null_rmaps_predict(struct null_rmaps *n, const struct rec_op *op);
/* What it did, by its records. */
void null_rmaps_apply(struct null_rmaps *n, const struct rec_op *op);

#endif
