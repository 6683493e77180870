/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDING_H
#define REPLAY_RECORDING_H

#include "event/reader.h"

/*
 * A whole event file as operations, in memory: what verify replays and what
 * it compares with.  Each operation has its own observations side by side;
 * operations nested in it (a notifier inside a vCPU's own fault) are its children.
 *
 * Memory: 40 bytes per stimulus, 40 per observation and 96 per operation.
 */
#define REC_NONE UINT32_MAX

struct rec_obs {
	uint64_t	t_ns;
	struct obs	o;
};

struct rec_stim {
	uint64_t	t_ns;
	struct ev	ev;
};

struct rec_op {
	uint64_t	begin_ns, end_ns;
	gfn_t		gfn;		/* FAULT */
	uint32_t	task;
	uint32_t	first_obs, nr_obs;
	uint32_t	stim;		/* index into stims, or REC_NONE */
	uint32_t	parent, child, next;	/* operations; children and top-level ones in time order */
	uint32_t	error_code;	/* FAULT */
	uint16_t	vm;
	uint8_t		kind;		/* enum ev_op */
	uint8_t		result;		/* FAULT: enum ret_pf */
	uint8_t		access;		/* FAULT: EV_F_R | W | X | P */
	uint8_t		flags;		/* EV_F_*, of the record that closed it */
	uint8_t		inside;		/* so many operations deep; 0: it has no child */
};

#define REC_INSIDE_MAX	64	/* no kernel's operations nest so deep; who follows them may go down by calls */

struct rec_task {
	uint32_t	first_op;	/* first top-level operation, or REC_NONE; the rest by rec_op.next */
	uint32_t	nr_ops;
	uint32_t	first_stim, nr_stims;
};

struct recording {
	const struct ev_meta	*meta;	/* the file's; it must stay open */
	struct rec_op		*ops;	/* task by task, in order of their ends */
	uint32_t		 nr_ops;
	struct rec_obs		*obs;
	uint32_t		 nr_obs;
	struct rec_stim		*stims;
	uint32_t		 nr_stims;
	struct rec_task		*tasks;	/* meta->nr_tasks of them */
	uint32_t		 first_stray;	/* obs from here on: no operation closed them */
	uint32_t		*stray_tasks;	/* whose they are; nr_obs - first_stray of them */
};

/* Reads every block of @f.  ERR_INPUT with @e naming the damaged block. */
int recording_load(struct ev_file *f, struct recording *out, struct err *e);
void recording_fini(struct recording *r);	/* fine for a zeroed one */

static inline const struct rec_obs *rec_op_obs(const struct recording *r, const struct rec_op *op)
{
	return &r->obs[op->first_obs];
}

/* Its stimulus, or NULL. */
static inline const struct ev *rec_op_stim(const struct recording *r, const struct rec_op *op)
{
	return op->stim == REC_NONE ? NULL : &r->stims[op->stim].ev;
}

/* FAULT, under shadow paging: the guest's walk for the access it is an attempt of, or NULL. */
const struct ev *rec_op_walk(const struct recording *r, const struct rec_op *op);

/*
 * FAULT, where faults are not recorded and each walk of the guest's tables stands for one: nothing came of it, nor
 * of the access it belongs to, so that it may as well have been a walk of the emulator's.
 */
bool rec_op_only_walks(const struct recording *r, const struct rec_op *op);

/*
 * Did the recording lose records while it ran?  What is marked open for another reason is whole: a window
 * whose end no probe shows, a memslot that a marker names.
 */
static inline bool rec_op_lost(const struct recording *r, const struct rec_op *op)
{
	if (!(op->flags & EV_F_OPEN) || op->kind == EV_OP_MEMSLOT)
		return false;
	return op->kind != EV_OP_INVALIDATE_START || r->meta->has_ends;
}

/* First observation of @kind at or after @from in @op's list, or NULL. */
const struct rec_obs *rec_find(const struct recording *r, const struct rec_op *op, unsigned int kind,
			       uint32_t from);
/* First pin @pin, or NULL. */
const struct rec_obs *rec_find_pin(const struct recording *r, const struct rec_op *op, enum obs_pin pin);

#endif
