/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over the stimuli in the order in which they took effect.  Each cell of guest
 * memory knows the last range over it and who accessed it since; a range
 * takes those over and becomes the cell's last range.
 */
#include "replay/plan.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/cells.h"

#define NONE			UINT32_MAX
#define MAX_GRANULE_SHIFT	36
#define PREFETCH_RANGES		8

struct edges {			/* of one task */
	struct plan_edge *v;
	size_t		  nr, cap;
	bool		  awaited;
};

struct plan {
	struct edges	*tasks;
	uint32_t	 nr_tasks;
	uint64_t	 granule;
};

struct toucher {		/* one task that accessed a cell since its last range */
	uint32_t task, number, next;
};

struct range_at {		/* a range stimulus: what it takes to wait for it */
	uint32_t number;	/* + 1; 0: none */
	uint16_t task;
	uint32_t window;	/* + 1: the invalidation it began */
};

struct window {			/* one invalidation */
	hva_t	 start, end;
	uint64_t end_ns;
	uint32_t end_number;	/* + 1; 0: it has not ended yet */
	uint32_t outer;		/* + 1: the one its task began before, also open */
	uint16_t vm;
};

struct cell {
	struct range_at range;	/* the last one over it */
	uint32_t epoch;		/* of its VM when last changed; older: void */
	uint32_t number;	/* of @task's last access */
	uint16_t task;
	uint8_t  nr;		/* tasks that accessed it since: @task, and others if it is above 1 */
	bool	 everybody;	/* more than PLAN_CHAIN: whoever accessed the VM */
	uint32_t others;	/* list, NONE: empty */
};

struct vm_state {
	uint32_t  epoch;	/* global ranges so far */
	struct range_at range;	/* the last of them */
	uint32_t *access;	/* per task: number + 1 of its last access of this VM */
	uint32_t *last;		/* per task: number + 1 of its last range stimulus on this VM */
};

struct planner {
	struct plan	  *plan;
	const struct scan *scan;
	struct cells	  *cells;
	struct cell	  *cell;
	struct vm_state	  *vms;
	uint32_t	  *clock;	/* [task][of task]: number + 1 it has waited for */
	uint32_t	  *want;	/* per task: number + 1 the stimulus at hand waits for */
	uint32_t	  *wanted;	/* tasks with want set */
	uint32_t	   nr_wanted;
	struct toucher	  *touchers;
	uint32_t	   nr_touchers, cap_touchers, free_touchers;
	struct window	  *windows;
	uint32_t	   nr_windows, cap_windows;
	uint32_t	  *inner;	/* per task: + 1, its last window that is open */
	size_t		   next_range;	/* into scan->ranges */
};

/* --- edges --------------------------------------------------------------- */

static void want(struct planner *p, uint32_t task, uint32_t number)
{
	if (!p->want[task])
		p->wanted[p->nr_wanted++] = task;
	if (p->want[task] < number + 1)
		p->want[task] = number + 1;
}

static void add_edge(struct edges *edges, struct plan_edge edge)
{
	if (edges->nr == edges->cap) {
		edges->cap = edges->cap ? 2 * edges->cap : 16;
		edges->v = xreallocarray(edges->v, edges->cap, sizeof(*edges->v));
	}
	edges->v[edges->nr++] = edge;
}

static int by_task(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The stimulus @at waits for that of @other whose number + 1 is @after (0: none), unless it has already. */
static inline void wait_for(struct planner *p, const struct ev_at *at, uint32_t after, uint32_t other)
{
	uint32_t *waited = &p->clock[(size_t)at->task * p->plan->nr_tasks + other];

	if (*waited >= after || other == at->task)
		return;
	*waited = after;
	add_edge(&p->plan->tasks[at->task], (struct plan_edge){ at->number, other, after - 1 });
	p->plan->tasks[other].awaited = true;
}

/* Turns what was wanted into edges of the stimulus @at. */
static void settle(struct planner *p, const struct ev_at *at)
{
	if (p->nr_wanted > 1)
		qsort(p->wanted, p->nr_wanted, sizeof(*p->wanted), by_task);
	for (uint32_t i = 0; i < p->nr_wanted; i++) {
		uint32_t other = p->wanted[i];

		wait_for(p, at, p->want[other], other);
		p->want[other] = 0;
	}
	p->nr_wanted = 0;
}

static void want_range(struct planner *p, struct range_at range)
{
	if (range.number)
		want(p, range.task, range.number - 1);
}

/*
 * An access that began after the end of the invalidation must come after its end, not only after its start.
 * Return: number + 1 of the range's stimulus to wait for; 0: none.
 */
static uint32_t range_before(const struct planner *p, const struct range_at *range, uint64_t began_ns)
{
	const struct window *w = range->window ? &p->windows[range->window - 1] : NULL;

	return w && w->end_number && w->end_ns <= began_ns ? w->end_number : range->number;
}

static void want_all(struct planner *p, const uint32_t *numbers)
{
	for (uint32_t task = 0; task < p->plan->nr_tasks; task++)
		if (numbers[task])
			want(p, task, numbers[task] - 1);
}

/* --- who accessed a cell --------------------------------------------------- */

static uint32_t new_toucher(struct planner *p)
{
	uint32_t i = p->free_touchers;

	if (i != NONE) {
		p->free_touchers = p->touchers[i].next;
		return i;
	}
	if (p->nr_touchers == p->cap_touchers) {
		p->cap_touchers = p->cap_touchers ? 2 * p->cap_touchers : 1024;
		p->touchers = xreallocarray(p->touchers, p->cap_touchers, sizeof(*p->touchers));
	}
	return p->nr_touchers++;
}

static void drop_touchers(struct planner *p, struct cell *c)
{
	while (c->others != NONE) {
		struct toucher *t = &p->touchers[c->others];
		uint32_t next = t->next;

		t->next = p->free_touchers;
		p->free_touchers = c->others;
		c->others = next;
	}
	c->nr = 0;
	c->everybody = false;
}

/* A global range since the last visit made everything the cell knew void. */
static struct cell *fresh_cell(struct planner *p, uint32_t i, const struct vm_state *vm)
{
	struct cell *c = &p->cell[i];

	if (c->epoch != vm->epoch) {
		drop_touchers(p, c);
		c->range = vm->range;
		c->epoch = vm->epoch;
	}
	return c;
}

static void touch_other(struct planner *p, struct cell *c, uint32_t task, uint32_t number)
{
	uint32_t i;

	for (i = c->others; i != NONE; i = p->touchers[i].next)
		if (p->touchers[i].task == task) {
			p->touchers[i].number = number;
			return;
		}
	if (c->nr == PLAN_CHAIN) {
		drop_touchers(p, c);
		c->everybody = true;
		return;
	}
	i = new_toucher(p);
	p->touchers[i] = (struct toucher){ task, number, c->others };
	c->others = i;
	c->nr++;
}

static void touch(struct planner *p, struct cell *c, uint32_t task, uint32_t number)
{
	if (c->everybody)
		return;
	if (!c->nr) {
		c->nr = 1;
		c->task = (uint16_t)task;
	}
	if (c->task == task)
		c->number = number;
	else
		touch_other(p, c, task, number);
}

/* --- stimuli ------------------------------------------------------------------ */

/* Asks for the cell of an access that is still to come. */
static bool prefetch_access(void *arg, const struct ev_at *at)
{
	const struct planner *p = arg;
	const struct ev *ev = at->ev;
	uint32_t i;

	if (ev->kind == EV_ACCESS && ev->vm < p->scan->nr_vms && p->cells) {
		i = cells_find(p->cells, ev->vm, ev->access.gfn);
		if (i != NONE)
			__builtin_prefetch(&p->cell[i], 1);
	}
	return true;
}

static void plan_access(struct planner *p, const struct ev_at *at)
{
	const struct ev *ev = at->ev;
	struct vm_state *vm = &p->vms[ev->vm];
	uint32_t i = p->cells ? cells_find(p->cells, ev->vm, ev->access.gfn) : NONE;
	const struct range_at *range = &vm->range;

	vm->access[at->task] = at->number + 1;
	if (i != NONE) {
		struct cell *c = fresh_cell(p, i, vm);

		touch(p, c, at->task, at->number);
		range = &c->range;
	}
	wait_for(p, at, range_before(p, range, at->t_ns), range->task);
}

static void want_cell(struct planner *p, const struct cell *c, const struct vm_state *vm)
{
	want_range(p, c->range);
	if (c->everybody)
		want_all(p, vm->access);
	if (c->nr)
		want(p, c->task, c->number);
	for (uint32_t i = c->others; i != NONE; i = p->touchers[i].next)
		want(p, p->touchers[i].task, p->touchers[i].number);
}

static void cover_cell(struct planner *p, struct cell *c, const struct vm_state *vm, const struct scan_range *r,
		       struct range_at range)
{
	want_cell(p, c, vm);
	if (r->beside)
		return;
	drop_touchers(p, c);
	c->range = range;
}

/* Everything of the VM at once. */
static void cover_all(struct planner *p, struct vm_state *vm, const struct scan_range *r, struct range_at range)
{
	want_all(p, vm->access);
	want_all(p, vm->last);
	if (r->beside)
		return;
	vm->epoch++;
	vm->range = range;
}

static void cover(struct planner *p, const struct scan_range *r, uint32_t window)
{
	struct range_at range = { r->number + 1, (uint16_t)r->task, window };
	struct vm_state *vm = &p->vms[r->vm];
	uint32_t first, end;

	if (r->global) {
		cover_all(p, vm, r, range);
	} else {
		cells_of(p->cells, r, &first, &end);
		for (uint32_t i = first; i < end; i++)
			cover_cell(p, fresh_cell(p, i, vm), vm, r, range);
	}
	vm->last[r->task] = r->number + 1;
}

/* Asks for the first cell of a range that is still to come. */
static void prefetch_range(const struct planner *p)
{
	const struct scan *scan = p->scan;
	size_t soon = p->next_range + PREFETCH_RANGES;
	uint32_t first, end;

	if (soon >= scan->nr_ranges || scan->ranges[soon].global)
		return;
	cells_of(p->cells, &scan->ranges[soon], &first, &end);
	__builtin_prefetch(&p->cell[first], 1);
}

/* Return: its number, + 1. */
static uint32_t open_window(struct planner *p, const struct ev_at *at)
{
	if (p->nr_windows == p->cap_windows) {
		p->cap_windows = p->cap_windows ? 2 * p->cap_windows : 256;
		p->windows = xreallocarray(p->windows, p->cap_windows, sizeof(*p->windows));
	}
	p->windows[p->nr_windows] = (struct window){ .start = at->ev->hvas.start, .end = at->ev->hvas.end,
						     .vm = at->ev->vm, .outer = p->inner[at->task] };
	return p->inner[at->task] = ++p->nr_windows;
}

/* Takes it out of its task's list, wherever there; an end without a start ends nothing. */
static void close_window(struct planner *p, const struct ev_at *at)
{
	const struct ev *ev = at->ev;

	for (uint32_t *link = &p->inner[at->task]; *link; link = &p->windows[*link - 1].outer) {
		struct window *w = &p->windows[*link - 1];

		if (w->vm != ev->vm || w->start != ev->hvas.start || w->end != ev->hvas.end)
			continue;
		w->end_ns = at->t_ns;
		w->end_number = at->number + 1;
		*link = w->outer;
		return;
	}
}

static void plan_range(struct planner *p, const struct ev_at *at)
{
	uint32_t window = 0;
	const struct scan *scan = p->scan;

	if (at->ev->kind == EV_INVALIDATE_END) {
		close_window(p, at);
		return;
	}
	if (at->ev->kind == EV_INVALIDATE_START)
		window = open_window(p, at);
	prefetch_range(p);
	while (p->next_range < scan->nr_ranges && scan->ranges[p->next_range].task == at->task &&
	       scan->ranges[p->next_range].number == at->number)
		cover(p, &scan->ranges[p->next_range++], window);
	settle(p, at);
}

static int pass(struct planner *p, struct ev_file *file, struct err *e)
{
	struct ev_merge *merge;
	struct ev_at at;
	int rc = ev_merge_open_served(file, prefetch_access, p, &merge, e);

	if (rc)
		return rc;
	while ((rc = ev_merge_next(merge, &at, e)) > 0) {
		if (at.ev->vm >= p->scan->nr_vms)
			continue;
		if (at.ev->kind == EV_ACCESS)
			plan_access(p, &at);
		else if (ev_is_range(at.ev->kind))
			plan_range(p, &at);
	}
	ev_merge_close(merge);
	return rc;
}

/* --- granule ------------------------------------------------------------------------- */

static uint64_t visits(const struct cells *c, const struct scan *scan)
{
	uint64_t sum = 0;
	uint32_t first, end;

	for (size_t i = 0; i < scan->nr_ranges; i++) {
		if (scan->ranges[i].global)
			continue;
		cells_of(c, &scan->ranges[i], &first, &end);
		sum += end - first;
	}
	return sum;
}

static bool has_cells(const struct scan *scan)
{
	for (size_t i = 0; i < scan->nr_ranges; i++)
		if (!scan->ranges[i].global)
			return true;
	return false;
}

static void cut_memory(struct planner *p)
{
	const struct scan *scan = p->scan;
	unsigned int shift = 0;

	if (!has_cells(scan))
		return;
	for (;; shift += 3) {
		p->cells = cells_make(scan->ranges, scan->nr_ranges, scan->nr_vms, shift);
		if (shift >= MAX_GRANULE_SHIFT || visits(p->cells, scan) <= PLAN_CELL_VISITS)
			break;
		cells_free(p->cells);
	}
	p->plan->granule = 1ULL << shift;
	p->cell = xcalloc(cells_nr(p->cells), sizeof(*p->cell));
	for (uint32_t i = 0; i < cells_nr(p->cells); i++)
		p->cell[i].others = NONE;
}

/* --- making ------------------------------------------------------------------------------ */

static void planner_init(struct planner *p)
{
	uint32_t tasks = p->plan->nr_tasks;

	p->free_touchers = NONE;
	p->clock = xcalloc((size_t)tasks * tasks, sizeof(*p->clock));
	p->want = xcalloc(tasks, sizeof(*p->want));
	p->wanted = xcalloc(tasks, sizeof(*p->wanted));
	p->inner = xcalloc(tasks, sizeof(*p->inner));
	p->vms = xcalloc(p->scan->nr_vms, sizeof(*p->vms));
	for (size_t i = 0; i < p->scan->nr_vms; i++) {
		p->vms[i].access = xcalloc(tasks, sizeof(*p->vms[i].access));
		p->vms[i].last = xcalloc(tasks, sizeof(*p->vms[i].last));
	}
	cut_memory(p);
}

static void planner_fini(struct planner *p)
{
	for (size_t i = 0; i < p->scan->nr_vms; i++) {
		free(p->vms[i].access);
		free(p->vms[i].last);
	}
	free(p->vms);
	free(p->clock);
	free(p->want);
	free(p->wanted);
	free(p->windows);
	free(p->inner);
	free(p->touchers);
	free(p->cell);
	cells_free(p->cells);
}

int plan_make(struct ev_file *file, const struct scan *scan, struct plan **out, struct err *e)
{
	struct planner p = { .plan = xcalloc(1, sizeof(*p.plan)), .scan = scan };
	int rc = 0;

	p.plan->nr_tasks = (uint32_t)scan->nr_tasks;
	p.plan->tasks = xcalloc(scan->nr_tasks, sizeof(*p.plan->tasks));
	p.plan->granule = 1;
	if (scan->nr_ranges) {
		planner_init(&p);
		rc = pass(&p, file, e);
		planner_fini(&p);
	}
	if (rc)
		plan_free(p.plan);
	else
		*out = p.plan;
	return rc;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->nr_tasks; i++)
		free(p->tasks[i].v);
	free(p->tasks);
	free(p);
}

const struct plan_edge *plan_edges(const struct plan *p, uint32_t task, size_t *nr)
{
	*nr = p->tasks[task].nr;
	return p->tasks[task].v;
}

bool plan_is_awaited(const struct plan *p, uint32_t task)
{
	return p->tasks[task].awaited;
}

uint64_t plan_granule(const struct plan *p)
{
	return p->granule;
}
