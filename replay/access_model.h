/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ACCESS_MODEL_H
#define REPLAY_ACCESS_MODEL_H

#include "event/reader.h"
#include "replay/spells.h"
#include "result/hist.h"

/*
 * When somebody touches a page again, estimated from one recording.
 *
 * A trace holds the guest's misses, not its hits.  Where a policy makes an entry go away or go
 * old at another time than the recorded kernel did, the next touch of it is drawn from what
 * the recording shows of such pages (replay/spells.h): one distribution of the gap for entries
 * that went away and one for entries that went old, by VM and by class of page.  The class is how
 * often pages of the same 2 MiB region were touched again, against the VM's mean: below a
 * quarter, below it, up to four times it, above.  Which vCPU it is goes by whose accesses were
 * recorded in that region.
 *
 * Draws are a hash of the seed, the page and the stimulus that made the entry go: nothing
 * is kept per page, and the same stimulus draws the same touch under every policy.
 *
 * How wrong it is is measured on the recording itself: classes and distributions are fitted to the first
 * half of its spells and asked about the second.
 */
struct access_model;

struct access_error {		/* of the second half, by what went: SPELL_GONE, SPELL_OLD */
	uint64_t observed;	/* touches the recording shows */
	uint64_t predicted;	/* expected under the first half's fit */
	/* Sum over classes (and vCPUs, for entries that went away) of |predicted - observed|. */
	uint64_t off;
};

struct access_draw {
	uint64_t gap_ns;	/* recorded nanoseconds from the moment the entry went */
	int32_t	 vcpu;		/* -1: the recording does not show anybody near */
};

/* Four passes over @file's stimuli.  Return: 0 or negative with @e naming the damaged block. */
int access_model_make(struct ev_file *file, struct access_model **out, struct err *e);
void access_model_free(struct access_model *m);		/* NULL: fine */

/* Does the recording show any such touch in @vm?  If not, nothing is drawn. */
bool access_model_knows(const struct access_model *m, unsigned int vm, enum spell_of of);
/* The next touch of the page at @gfn (as recorded) of @vm.  Return: false: none. */
bool access_model_draw(const struct access_model *m, unsigned int vm, gfn_t gfn, enum spell_of of, uint64_t key,
		       struct access_draw *out);
const struct access_error *access_model_error(const struct access_model *m, enum spell_of of);
/* Spells the distributions of @of stand on. */
uint64_t access_model_spells(const struct access_model *m, enum spell_of of);
/*
 * The distribution of all classes and VMs together: of these spells, how many are expected to be touched after
 * which gap (recorded nanoseconds).  Those missing from @out are never touched.
 */
void access_model_gaps(const struct access_model *m, enum spell_of of, struct hist *out);

#endif
