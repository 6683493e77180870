/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PLAN_H
#define REPLAY_PLAN_H

#include "event/reader.h"
#include "replay/scan.h"

/*
 * The order that must hold, a pure function of an event file's stimuli.
 *
 * - An access waits for the last range stimulus (invalidation start, age,
 *   set-spte, memslot change, zap) of another task that was recorded before it
 *   and covers its gfn.
 * - A range stimulus waits, per task, for the last access, and for the last
 *   range stimulus, recorded before it that it covers.
 * - When what it waits for is an invalidation that had ended before its first exit, it waits for the end: a vCPU
 *   that gets ahead of the recording must not be let go into the middle of a window it came after.
 * - An access takes its place in the order when it was served, everything else
 *   when it began.  The end of an invalidation is ordered by its task alone: an
 *   access that retries inside the window must not be what the end waits for.
 * - A range stimulus that was made to run beside accesses (EV_F_BESIDE) waits likewise, and nothing waits for it.
 * - Within a task the order is the program's, and costs nothing here.
 *
 * Every edge goes from an earlier to a later stimulus of one total order, so no
 * set of edges can deadlock.  Ranges are exact while the pages between all their
 * ends can be told apart within PLAN_CELL_VISITS steps, and are widened to
 * a power of two of pages otherwise (plan_granule()).  Where more than
 * PLAN_CHAIN tasks touched one stretch between two stimuli that cover it, and for
 * ranges over half of all memory, the whole VM is meant.  Both order more than they must.
 *
 * Memory: O(range stimuli); none for accesses.
 */
#define PLAN_CELL_VISITS	(64u << 20)
#define PLAN_CHAIN		8

struct plan;

/* Stimulus @number of its task waits until stimulus @after of @task is done. */
struct plan_edge {
	uint32_t number;
	uint32_t task;
	uint32_t after;
};

/* @scan: of the same file; only borrowed.  Return: 0 or negative with @e filled. */
int plan_make(struct ev_file *file, const struct scan *scan, struct plan **out, struct err *e);
void plan_free(struct plan *p);			/* NULL is fine */
/*
 * The edges of @task, by ascending number; what an earlier edge of the task
 * already implies is left out.  A driver keeps a cursor into them.
 */
const struct plan_edge *plan_edges(const struct plan *p, uint32_t task, size_t *nr);
/* Whether any other task waits for @task. */
bool plan_is_awaited(const struct plan *p, uint32_t task);
/* Pages to which ranges were widened: 1 when exact. */
uint64_t plan_granule(const struct plan *p);

#endif
