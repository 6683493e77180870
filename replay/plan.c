/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over ranges and accesses in the order in which they took effect.  Each cell of guest
 * memory knows the last range over it and who accessed it since; a range
 * takes those over and becomes the cell's last range.
 */
#include "replay/plan.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/cells.h"
#include "replay/served.h"

#define NONE			UINT32_MAX
#define MAX_GRANULE_SHIFT	36
#define PREFETCH_RANGES		8
#define FEW_WANTED		16	/* tasks that are sorted by hand */

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
	uint32_t last;		/* who has waited for this has waited for it and for its end, whichever it must be */
	uint32_t range;		/* in scan->ranges */
	uint16_t task;
};

struct cell {			/* half a line of the cache */
	struct range_at range;	/* the last one over it */
	uint32_t epoch;		/* of its VM when last changed; older: void */
	uint32_t number;	/* of @task's last access */
	uint32_t others;	/* list, NONE: empty */
	uint16_t task;
	uint8_t  nr;		/* tasks that accessed it since: @task, and others if it is above 1 */
	bool	 everybody;	/* more than PLAN_CHAIN: whoever accessed the VM */
};

_Static_assert(sizeof(struct cell) == 32, "cells lie in one line of the cache each");

struct stretch {		/* cells of a range */
	uint32_t first, end;
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
	void		  *cell_room;	/* where they are in */
	struct stretch	  *stretches;	/* of the ranges that are not global */
	struct served	   served;
	struct vm_state	  *vms;
	uint32_t	  *clock;	/* [task][of task]: number + 1 it has waited for */
	uint32_t	  *want;	/* per task: number + 1 the stimulus at hand waits for */
	uint32_t	  *wanted;	/* tasks with want set */
	uint32_t	   nr_wanted;
	struct toucher	  *touchers;
	uint32_t	   nr_touchers, cap_touchers, free_touchers;
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

static __attribute__((noinline)) void add_edge(struct edges *edges, struct plan_edge edge)
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

/* number + 1 of @other's last stimulus that @task has waited for. */
static inline uint32_t *waited(const struct planner *p, uint32_t task, uint32_t other)
{
	return &p->clock[(size_t)task * p->plan->nr_tasks + other];
}

/* Stimulus @number of @task waits for that of @other whose number + 1 is @after, unless it has already. */
static inline void wait_for(struct planner *p, uint32_t task, uint32_t number, uint32_t after, uint32_t other)
{
	if (likely(*waited(p, task, other) >= after) || other == task)
		return;
	*waited(p, task, other) = after;
	add_edge(&p->plan->tasks[task], (struct plan_edge){ number, other, after - 1 });
	p->plan->tasks[other].awaited = true;
}

static void sort_wanted(struct planner *p)
{
	if (p->nr_wanted > FEW_WANTED) {
		qsort(p->wanted, p->nr_wanted, sizeof(*p->wanted), by_task);
		return;
	}
	for (uint32_t i = 1; i < p->nr_wanted; i++) {
		uint32_t task = p->wanted[i], at = i;

		for (; at && p->wanted[at - 1] > task; at--)
			p->wanted[at] = p->wanted[at - 1];
		p->wanted[at] = task;
	}
}

/* Turns what was wanted into edges of stimulus @number of @task. */
static void settle(struct planner *p, uint32_t task, uint32_t number)
{
	sort_wanted(p);
	for (uint32_t i = 0; i < p->nr_wanted; i++) {
		uint32_t other = p->wanted[i];

		wait_for(p, task, number, p->want[other], other);
		p->want[other] = 0;
	}
	p->nr_wanted = 0;
}

/*
 * An access that began after the end of the invalidation must come after its end, not only after its start.
 * Return: number + 1 of the range's stimulus to wait for.
 */
static uint32_t range_before(const struct planner *p, const struct range_at *range, const struct served_task *at)
{
	const struct scan_range *r = &p->scan->ranges[range->range];
	bool ended = r->end_number && r->end_ns <= at->t_ns &&
		     served_place_of(&p->served, r->task, r->end_ns) < at->place;

	return ended ? r->end_number : range->number;
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

/* To the next access of a task.  Its turn is still to come, but its cell is found, and asked for. */
static inline int advance(struct planner *p, struct served_task *at, struct err *e)
{
	int rc = served_next(&p->served, at, e);

	if (rc <= 0)
		return rc;
	at->cell = p->cells ? cells_find(p->cells, at->vm, at->ev->access.gfn) : NONE;
	if (at->cell != NONE)
		__builtin_prefetch(&p->cell[at->cell], 1);
	return rc;
}

static void plan_access(struct planner *p, const struct served_task *at)
{
	struct vm_state *vm = &p->vms[at->vm];
	const struct range_at *range = &vm->range;

	vm->access[at->task] = at->number + 1;
	if (at->cell != NONE) {
		struct cell *c = fresh_cell(p, at->cell, vm);

		touch(p, c, at->task, at->number);
		range = &c->range;
	}
	if (*waited(p, at->task, range->task) < range->last)
		wait_for(p, at->task, at->number, range_before(p, range, at), range->task);
}

static void want_touchers(struct planner *p, const struct cell *c, const struct vm_state *vm)
{
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
	if (c->range.number)
		want(p, c->range.task, c->range.number - 1);
	if (c->nr || c->everybody)
		want_touchers(p, c, vm);
	if (r->beside)
		return;
	if (c->nr || c->everybody)
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

static void cover(struct planner *p, const struct scan_range *r)
{
	size_t i = (size_t)(r - p->scan->ranges);
	struct range_at range = { r->number + 1, r->end_number ? r->end_number : r->number + 1, (uint32_t)i,
				  (uint16_t)r->task };
	struct vm_state *vm = &p->vms[r->vm];

	if (r->global)
		cover_all(p, vm, r, range);
	else
		for (uint32_t c = p->stretches[i].first; c < p->stretches[i].end; c++)
			cover_cell(p, fresh_cell(p, c, vm), vm, r, range);
	vm->last[r->task] = r->number + 1;
}

/*
 * Asks for the first cell of a range that is still to come.  Not out of line: a compiler sees no effect in such a
 * function, and leaves its calls out.
 */
static inline __attribute__((always_inline)) void prefetch_range(const struct planner *p)
{
	const struct scan *scan = p->scan;
	size_t soon = p->next_range + PREFETCH_RANGES;

	if (soon < scan->nr_ranges && !scan->ranges[soon].global)
		__builtin_prefetch(&p->cell[p->stretches[soon].first], 1);
}

/* All ranges of the next range stimulus. */
static void plan_range(struct planner *p)
{
	const struct scan_range *r = &p->scan->ranges[p->next_range], *end = p->scan->ranges + p->scan->nr_ranges;
	uint32_t task = r->task, number = r->number;

	prefetch_range(p);
	for (; r != end && r->task == task && r->number == number; r++)
		cover(p, r);
	p->next_range = (size_t)(r - p->scan->ranges);
	settle(p, task, number);
}

/* All accesses before a place, which is that of stimulus @number of its task.  Return: 0 or negative. */
static int plan_accesses(struct planner *p, uint64_t place, uint32_t number, struct err *e)
{
	struct served_task *at;
	int rc = 0;

	while (rc >= 0 && (at = served_before(&p->served, place, number))) {
		plan_access(p, at);
		rc = advance(p, at, e);
	}
	return rc < 0 ? rc : 0;
}

/* Of two accesses between the same ranges it does not matter which comes first. */
static int pass(struct planner *p, struct ev_file *file, struct err *e)
{
	const struct scan *scan = p->scan;
	struct served *served = &p->served;
	int rc = served_open(file, scan->nr_vms, scan->last_ns, served, e);

	for (unsigned int i = 0; i < served->nr_tasks && rc >= 0; i++)
		rc = advance(p, &served->tasks[i], e);
	while (rc >= 0 && p->next_range < scan->nr_ranges) {
		const struct scan_range *r = &scan->ranges[p->next_range];

		rc = plan_accesses(p, served_place_of(served, r->task, r->t_ns), r->number, e);
		if (!rc)
			plan_range(p);
	}
	if (rc >= 0)
		rc = plan_accesses(p, SERVED_END, 0, e);
	served_close(served);
	return rc < 0 ? rc : 0;
}

/* --- granule ------------------------------------------------------------------------- */

/* Finds the cells of each range.  Return: how many they are, taken together. */
static uint64_t find_stretches(struct planner *p)
{
	const struct scan *scan = p->scan;
	uint64_t sum = 0;

	for (size_t i = 0; i < scan->nr_ranges; i++) {
		struct stretch *s = &p->stretches[i];

		if (scan->ranges[i].global)
			continue;
		cells_of(p->cells, &scan->ranges[i], &s->first, &s->end);
		sum += s->end - s->first;
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

/* From the beginning of a line of the cache on. */
static void make_cells(struct planner *p, uint32_t nr)
{
	const struct cell none = { .others = NONE };

	p->cell_room = xreallocarray(NULL, (size_t)nr + 1, sizeof(*p->cell));
	p->cell = (struct cell *)(((uintptr_t)p->cell_room + sizeof(*p->cell) - 1) & -sizeof(*p->cell));
	for (uint32_t i = 0; i < nr; i++)
		p->cell[i] = none;
}

static void cut_memory(struct planner *p)
{
	const struct scan *scan = p->scan;
	unsigned int shift = 0;

	if (!has_cells(scan))
		return;
	p->stretches = xreallocarray(NULL, scan->nr_ranges, sizeof(*p->stretches));
	for (;; shift += 3) {
		p->cells = cells_make(scan->ranges, scan->nr_ranges, scan->nr_vms, shift);
		if (shift >= MAX_GRANULE_SHIFT || find_stretches(p) <= PLAN_CELL_VISITS)
			break;
		cells_free(p->cells);
	}
	p->plan->granule = 1ULL << shift;
	make_cells(p, cells_nr(p->cells));
}

/* --- making ------------------------------------------------------------------------------ */

static void planner_init(struct planner *p)
{
	uint32_t tasks = p->plan->nr_tasks;

	p->free_touchers = NONE;
	p->clock = xcalloc((size_t)tasks * tasks, sizeof(*p->clock));
	p->want = xcalloc(tasks, sizeof(*p->want));
	p->wanted = xcalloc(tasks, sizeof(*p->wanted));
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
	free(p->stretches);
	free(p->touchers);
	free(p->cell_room);
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
