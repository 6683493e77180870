/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/nx_rounds.h"

#include <stdlib.h>

#include "base/alloc.h"

#define SILENCES_LEAST	3	/* that tell how long one sleep is */

static struct rec_op *round_from(const struct recording *r, uint32_t op)
{
	while (op != REC_NONE && r->ops[op].kind != EV_OP_NX_RECOVER)
		op = r->ops[op].next;
	return op == REC_NONE ? NULL : &r->ops[op];
}

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t nx_rounds_sleep(const struct recording *r, uint32_t task)
{
	const struct rec_op *op = round_from(r, r->tasks[task].first_op), *next;
	uint64_t *silences, sleep = 0;
	size_t nr = 0;

	if (!op)
		return 0;
	silences = xcalloc(r->tasks[task].nr_ops, sizeof(*silences));
	for (; (next = round_from(r, op->next)); op = next)
		if (next->nr_obs && next->begin_ns > op->end_ns)
			silences[nr++] = next->begin_ns - op->end_ns;
	if (nr >= SILENCES_LEAST) {
		qsort(silences, nr, sizeof(*silences), by_length);
		sleep = silences[nr / 4];
	}
	free(silences);
	return sleep;
}

static bool is_rest(const struct rec_op *op, const struct rec_op *next, uint64_t sleep_ns)
{
	return next->vm == op->vm && next->begin_ns - op->end_ns < sleep_ns / 3 &&
	       next->first_obs == op->first_obs + op->nr_obs;
}

static void absorb(struct rec_op *op, struct rec_op *rest)
{
	op->nr_obs += rest->nr_obs;
	op->end_ns = rest->begin_ns = rest->end_ns;
	rest->first_obs += rest->nr_obs;
	rest->nr_obs = 0;
}

static void join_task(struct recording *r, uint32_t task)
{
	uint64_t sleep_ns = nx_rounds_sleep(r, task);
	struct rec_op *op = round_from(r, r->tasks[task].first_op), *next;

	for (next = op; next && (next = round_from(r, next->next));) {
		if (is_rest(op, next, sleep_ns))
			absorb(op, next);
		else
			op = next;
	}
}

void nx_rounds_join(struct recording *r)
{
	for (uint32_t t = 0; t < r->meta->nr_tasks; t++)
		join_task(r, t);
}

uint64_t nx_rounds_silent(uint64_t silence_ns, uint64_t sleep_ns)
{
	uint64_t sleeps = sleep_ns ? (silence_ns + sleep_ns / 2) / sleep_ns : 0;

	return sleeps ? sleeps - 1 : 0;
}
