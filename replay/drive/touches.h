/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_TOUCHES_H
#define REPLAY_DRIVE_TOUCHES_H

#include "engine/mmu.h"
#include "engine/rt/rt.h"
#include "replay/access_model.h"
#include "replay/drive/clone.h"
#include "replay/gfn_set.h"

/*
 * One VM's share of the access model: touches that the trace does not show.
 *
 * It listens to what the engine says of its entries.  An entry that goes old draws its next
 * touch; so does an entry that goes away although the recorded kernel kept it (what went
 * away there, too, is touched again by the recorded accesses, and by nothing else).  The touch is due at
 * one vCPU, which carries it out while it thinks: the hardware sets A, or there is a fault that
 * only this policy causes.  A touch that comes due where the recorded kernel had no entry is
 * dropped: there it would have been a fault, and would have been recorded.
 *
 * Beside the queues it keeps two sets of frames: those the recorded kernel had mapped, and those
 * touched since their entries were last made old or went away, which is what young answers are held against.
 *
 * Where hardware does not set A a touch of an old page is a fault: what the recorded kernel made old counts
 * as what it took away.
 *
 * arm64: while an entry is broken to be made again, whatever is below it is gone as well: under a table that
 * makes way for a block each page draws, as if it had been taken away.
 */
struct touches;

struct drive;

/* What a touch is about, when it is due. */
struct touch {
	uint64_t at_ns;
	gfn_t	 gfn;		/* of this copy */
	uint8_t	 level;		/* what mapped it */
};

struct touches *touches_new(struct drive *d, unsigned int vm, const struct clone_vm *clone, unsigned int nr_vcpus);
void touches_free(struct touches *t);	/* NULL: fine */
/* To be given to the VM's mmu. */
const struct mmu_sink *touches_sink(const struct touches *t);

/* @vcpu's next touch that is due by now; dropped ones are passed over.  Return: false: none. */
bool touches_due(struct touches *t, unsigned int vcpu, struct touch *out);
/* The VM is being emptied: nothing is touched any more.  Waits for who is at it.	[hand-over] */
void touches_stop(struct touches *t);
bool touches_stopped(const struct touches *t);
/* Around carrying out a touch.  Return: false: the VM is empty, and nothing was begun.  [hand-over] */
bool touches_begin(struct touches *t);
void touches_end(struct touches *t);

/* What the recorded kernel did to its own entries, before the engine does it under this policy. */
void touches_recorded_map(struct touches *t, gfn_t gfn, int level);	/* 0: unknown */
void touches_recorded_unmap(struct touches *t, gfn_t gfn, gfn_t end);
/* The block around @gfn, if it was mapped as one. */
void touches_recorded_break(struct touches *t, gfn_t gfn);
void touches_recorded_unmap_all(struct touches *t);

/* The frame was touched, by a recorded access or a modelled one. */
void touches_note(struct touches *t, gfn_t gfn);
/* Was any frame of [gfn, end) touched since its entry was made old or went away? */
bool touches_truth(struct touches *t, gfn_t gfn, gfn_t end);
/* Touches dropped, as above. */
uint64_t touches_dropped(const struct touches *t);
/* Entries that went away or old though the recording shows no such page being touched again. */
uint64_t touches_unknown(const struct touches *t);

#endif
