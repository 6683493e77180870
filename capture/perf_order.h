/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_ORDER_H
#define CAPTURE_PERF_ORDER_H

#include "capture/perf_stream.h"

/*
 * Records in order of their time.  perf reads the rings of all CPUs one after
 * the other, writes a FINISHED_ROUND and begins anew.  So
 *
 *  - what it read of one ring is in order and in one piece: a *run*.  Runs are
 *    merged where they lie; memory grows with the number of runs only;
 *  - what comes after a round may be older than the youngest record of that
 *    round, but hardly than the youngest of the round before: up to there perf's
 *    own tools hand out records.  A few come later still (the kernel takes a
 *    record's time before its place in the ring, and an interrupt's records may
 *    go first; the machine may be a guest that does not run in between); so
 *    here a record waits for PERF_ROUNDS rounds and PERF_WAIT_NS.
 *
 * A run ends where time goes back.  Records without a time of their own belong
 * to the next one that has one: the kernel writes LOST just before what it
 * could write again.  Equal times keep the order of the file.
 */
#define PERF_ROUNDS	4
#define PERF_WAIT_NS	4000000

struct perf_run {
	const uint8_t	  *at, *end;	/* the next record; behind the last one */
	struct perf_chunk *chunk;	/* held */
	bool		   gap;		/* something between it and the run before could not be read */
};

struct perf_order {
	const struct perf_attrs	*attrs;
	struct perf_file	*file;
	bool			 swap;
	struct perf_run		*runs;		/* those in the heap, and free ones */
	uint32_t		*free_runs;
	uint32_t		 nr_runs, nr_free, cap_runs, cap_heap;
	struct perf_turn {			/* of a run */
		uint64_t key, seq;		/* time of its next record; which of equal ones is first */
		uint32_t run;
	} *heap;
	uint32_t		 nr_heap;
	uint64_t		 seq;
	/* The run that is growing. */
	struct perf_run		 open;
	const uint8_t		*lead;		/* behind its last record with a time */
	uint64_t		 first_key, last_key;	/* of that run; valid when keyed */
	bool			 is_open, keyed;
	/* Rounds. */
	uint64_t		 max, doubted, limit;
	uint64_t		 max_at[PERF_ROUNDS];	/* the youngest time when that round ended, a ring */
	uint64_t		 rounds, back;	/* FINISHED_ROUNDs; how often time went back in the file */
	struct perf_chunk	*given;		/* held for the caller: the last record's, whose run is over */
};

void perf_order_init(struct perf_order *o, struct perf_file *f, const struct perf_attrs *attrs);
void perf_order_fini(struct perf_order *o);	/* fine for a zeroed one; before the chunks' perf_unpack_free() */
/* Does the record carry a time to order it by?  *@key then holds it. */
bool perf_order_key(const struct perf_order *o, const uint8_t *rec, uint32_t type, uint32_t size, uint64_t *key);
/* The next record of the file.  @u: whose chunk it lies in. */
void perf_order_add(struct perf_order *o, struct perf_unpack *u, const struct perf_record *rec);
void perf_order_round(struct perf_order *o);	/* FINISHED_ROUND */
void perf_order_end(struct perf_order *o);	/* no more records */
/* The next record in order, valid until the next call.  Return: false when more must be added first. */
bool perf_order_next(struct perf_order *o, struct perf_unpack *u, struct perf_record *rec);
/* A time no other record bears out: so far behind all others that it must be damaged. */
bool perf_order_absurd(const struct perf_order *o, uint64_t time);

#endif
