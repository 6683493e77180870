/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The merged stream with its accesses held back until they were served.  Each
 * task holds back one at most, since its next stimulus came after it.
 */
#include "replay/effects.h"

#include <stdlib.h>

#include "base/alloc.h"

struct due {			/* a binary heap, earliest first; outdated ones are skipped when they surface */
	uint64_t t_ns;
	uint32_t task, number;
};

struct held {
	bool	 valid;
	uint32_t number;
	uint16_t vm;
	uint64_t t_ns;
	gfn_t	 gfn;
};

struct effects {
	struct ev_merge	*merge;
	struct held	*held;		/* per task */
	struct due	*heap;
	size_t		 nr, cap;
	bool		 ahead;		/* @next and @next_ns hold a stimulus not given out yet */
	bool		 ended;
	struct effect	 next;
	uint64_t	 next_ns, next_done_ns;
};

static bool before(const struct due *a, const struct due *b)
{
	return a->t_ns != b->t_ns ? a->t_ns < b->t_ns : a->task < b->task;
}

static void heap_push(struct effects *x, struct due due)
{
	size_t i;

	if (x->nr == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 64;
		x->heap = xreallocarray(x->heap, x->cap, sizeof(*x->heap));
	}
	for (i = x->nr++; i && before(&due, &x->heap[(i - 1) / 2]); i = (i - 1) / 2)
		x->heap[i] = x->heap[(i - 1) / 2];
	x->heap[i] = due;
}

static void heap_pop(struct effects *x)
{
	struct due last = x->heap[--x->nr];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < x->nr) {
		if (child + 1 < x->nr && before(&x->heap[child + 1], &x->heap[child]))
			child++;
		if (!before(&x->heap[child], &last))
			break;
		x->heap[i] = x->heap[child];
		i = child;
	}
	x->heap[i] = last;
}

/* The task of the earliest access held back, or -1. */
static int64_t first_due(struct effects *x, uint64_t *t_ns)
{
	while (x->nr) {
		const struct due *top = &x->heap[0];
		const struct held *h = &x->held[top->task];

		if (h->valid && h->number == top->number) {
			*t_ns = top->t_ns;
			return top->task;
		}
		heap_pop(x);
	}
	return -1;
}

static void release(struct effects *x, uint32_t task, struct effect *out)
{
	struct held *h = &x->held[task];

	*out = (struct effect){ .task = task, .number = h->number, .kind = EV_ACCESS, .vm = h->vm, .t_ns = h->t_ns,
				.gfn = h->gfn };
	h->valid = false;
}

static int look_ahead(struct effects *x, struct err *e)
{
	struct ev_at at;
	int rc = ev_merge_next(x->merge, &at, e);

	if (rc <= 0) {
		x->ended = rc == 0;
		return rc;
	}
	x->next = (struct effect){ .task = at.task, .number = at.number, .kind = at.ev->kind, .vm = at.ev->vm,
				   .t_ns = at.t_ns };
	x->next_ns = x->next_done_ns = at.t_ns;
	if (at.ev->kind == EV_ACCESS) {
		x->next.gfn = at.ev->access.gfn;
		x->next_done_ns += at.ev->access.service_ns;
	} else if (at.ev->kind == EV_INVALIDATE_START || at.ev->kind == EV_INVALIDATE_END) {
		x->next.start = at.ev->hvas.start;
		x->next.end = at.ev->hvas.end;
	}
	x->ahead = true;
	return 0;
}

static void hold(struct effects *x)
{
	x->held[x->next.task] = (struct held){ true, x->next.number, x->next.vm, x->next.t_ns, x->next.gfn };
	heap_push(x, (struct due){ x->next_done_ns, x->next.task, x->next.number });
	x->ahead = false;
}

int effects_next(struct effects *x, struct effect *out, struct err *e)
{
	for (;;) {
		uint64_t due_ns = 0;
		int64_t due;
		int rc;

		if (!x->ahead && !x->ended) {
			rc = look_ahead(x, e);
			if (rc)
				return rc;
		}
		if (x->ahead && x->held[x->next.task].valid) {
			release(x, x->next.task, out);
			return 1;
		}
		due = first_due(x, &due_ns);
		if (due >= 0 && (x->ended || due_ns <= x->next_ns)) {
			release(x, (uint32_t)due, out);
			return 1;
		}
		if (x->ended)
			return 0;
		if (x->next.kind != EV_ACCESS) {
			*out = x->next;
			x->ahead = false;
			return 1;
		}
		hold(x);
	}
}

int effects_open(struct ev_file *file, ev_look_fn look, void *arg, struct effects **out, struct err *e)
{
	struct effects *x = xcalloc(1, sizeof(*x));
	int rc = ev_merge_open_look(file, 1u << EV_STIMULUS, look, arg, &x->merge, e);

	if (rc) {
		free(x);
		return rc;
	}
	x->held = xcalloc(ev_meta(file)->nr_tasks, sizeof(*x->held));
	*out = x;
	return 0;
}

void effects_close(struct effects *x)
{
	if (!x)
		return;
	ev_merge_close(x->merge);
	free(x->held);
	free(x->heap);
	free(x);
}
