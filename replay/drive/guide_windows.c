/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows whose ends are not in the recording: each closes where it is placed, before the first
 * operation of its task that begins later, so that windows inside it come first.
 */
#include "replay/drive/guide_state.h"

static void end_window(struct actor *a, uint32_t i)
{
	const struct open_window w = a->open[i];
	const struct recording *rec = a->g->rec;
	const struct ev *stim = rec_op_stim(rec, &rec->ops[w.op]);
	struct running *top = a->top;

	a->open[i] = a->open[--a->nr_open];
	a->top = NULL;			/* no record is evidence of what happens in it */
	rt_idle_until(w.end_ns);
	mmu_invalidate_end(a->g->mmus[rec->ops[w.op].vm], stim->hvas.start, stim->hvas.end);
	a->top = top;
}

/* The first to end of those opened inside @parent; nr_open: none. */
static uint32_t first_to_end(const struct actor *a, uint32_t parent)
{
	uint32_t best = a->nr_open;

	for (uint32_t i = 0; i < a->nr_open; i++)
		if (a->g->rec->ops[a->open[i].op].parent == parent &&
		    (best == a->nr_open || a->open[i].end_ns < a->open[best].end_ns))
			best = i;
	return best;
}

void guide_will_end(struct actor *a, uint32_t start)
{
	const struct guide *g = a->g;
	struct instant end;

	instants_unseen_end(g->rec, &g->rec->ops[start], &end);
	order_place_end(g->job->order, start, &end);
	if (a->nr_open == MAX_OPEN_WINDOWS)
		end_window(a, 0);
	a->open[a->nr_open++] = (struct open_window){ start, end.at };
}

void guide_end_windows(struct actor *a, uint32_t parent, uint64_t until)
{
	for (;;) {
		uint32_t i = first_to_end(a, parent);

		if (i == a->nr_open || a->open[i].end_ns > until)
			return;
		end_window(a, i);
	}
}
