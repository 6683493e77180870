/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_NULL_STAGE2_H
#define REPLAY_NULL_STAGE2_H

#include "kvm/stage2.h"
#include "replay/entries.h"
#include "replay/recording.h"
#include "replay/slots.h"

/*
 * The null model's arm64 half: the same ideas on stage-2 tables.  A fault maps
 * at the recorded size, or adds permissions where the entry it found is of that size; an invalidation
 * unmaps what is there; aging clears the flag where it is set.  No retry, no lost race, no split, no yield.
 */
struct null_stage2 {
	const struct recording *rec;
	struct entries	 *table;	/* by the architecture's levels */
	struct slots	 *slots;	/* one per VM; the caller's */
	uint16_t	  vm;		/* of the operation at hand */
	struct stage2_host host;
	struct obs	 *said;
	size_t		  nr_said, cap_said;
};

void null_stage2_init(struct null_stage2 *n, const struct recording *rec, struct slots *slots);
void null_stage2_fini(struct null_stage2 *n);
/* What @op would do; fills said.  Return: a fault's result, else RET_PF_UNKNOWN. */
enum ret_pf null_stage2_predict(struct null_stage2 *n, const struct rec_op *op);
/* What it did, by its records. */
void null_stage2_apply(struct null_stage2 *n, const struct rec_op *op);

#endif
