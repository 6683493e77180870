/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The edges of random stimuli against those of a plain pass: all tasks' streams merged record by record, whoever
 * accessed a page kept per page, nothing left out.  Times are few, so that most stimuli tie with others.
 */
#include "replay/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/prng.h"
#include "event/writer.h"
#include "test/table.h"

#define NR_TASKS	12u
#define NR_VMS		2u
#define PAGES		32u	/* few, and densely cut: a cell is a page */
#define HVA(page)	(0x10000000ULL + ((uint64_t)(page) << 12))

struct row {
	const char	*name;
	uint32_t	 records;	/* of each task */
	uint32_t	 accesses;	/* of 100 stimuli */
	uint32_t	 step_ns, service_ns;	/* at most */
	uint32_t	 most;		/* pages of a range */
	uint32_t	 pause_ns;	/* at most, 1 in 30 times */
};

static const struct row rows[] = {
	{ "one at a time", 300, 70, 1000, 0, 3 },
	{ "everything at few instants", 400, 70, 1, 2, 3 },
	{ "served in no time, at few instants", 400, 70, 1, 0, 3 },
	{ "served long after they came", 400, 70, 3, 40, 3 },
	{ "ranges over much", 400, 80, 2, 4, 15 },
	{ "hardly anything but ranges", 300, 10, 2, 4, 4 },
	{ "hardly anything but accesses: most pages are everybody's", 600, 97, 2, 4, 2 },
	{ "in bursts", 400, 80, 3, 5, 3, 100000 },
	{ "in bursts, served as late as the next but one", 400, 80, 3, 200000, 3, 100000 },
	{ "tasks fall silent for long", 300, 80, 50, 4000000, 3, 400000000 },
	{ "more than a block of each task", 2500, 85, 2, 5, 6 },
};

/* --- what is in the file ---------------------------------------------------------- */

static const enum ev_kind ranges[] = {
	EV_INVALIDATE_START, EV_INVALIDATE_START, EV_INVALIDATE_START, EV_INVALIDATE_END, EV_INVALIDATE_END,
	EV_INVALIDATE_END, EV_AGE, EV_AGE, EV_TEST_AGE, EV_DIRTY_CLEAR, EV_MEM_ATTR, EV_SET_SPTE, EV_ZAP_ALL,
};

static struct ev make_range(const struct row *r, struct prng *rng)
{
	struct ev ev = { .kind = ranges[prng_below(rng, ARRAY_SIZE(ranges))] };
	uint64_t page = prng_below(rng, PAGES), pages = 1 + prng_below(rng, r->most);

	if (ev.kind == EV_ZAP_ALL && prng_below(rng, 8))
		ev.kind = EV_THINK;
	if (ev.kind == EV_DIRTY_CLEAR || ev.kind == EV_MEM_ATTR) {
		ev.gfns.gfn = page;
		ev.gfns.count = pages;
		ev.flags = ev.kind == EV_DIRTY_CLEAR && prng_below(rng, 2) ? EV_F_BESIDE : 0;
	} else if (ev.kind != EV_ZAP_ALL && ev.kind != EV_THINK) {
		ev.hvas.start = HVA(page);
		ev.hvas.end = HVA(page + pages);
	}
	return ev;
}

static struct ev make(const struct row *r, struct prng *rng)
{
	struct ev ev = { .kind = EV_ACCESS };

	if (prng_below(rng, 100) < r->accesses) {
		ev.access.gfn = prng_below(rng, PAGES + 4);
		ev.access.service_ns = (uint32_t)prng_below(rng, r->service_ns + 1);
	} else {
		ev = make_range(r, rng);
	}
	ev.vm = (uint16_t)(prng_below(rng, 50) ? prng_below(rng, 8) == 0 : EV_NO_VM);
	return ev;
}

static void write_task(struct ev_writer *w, const struct row *r, uint32_t task, struct prng *rng)
{
	uint64_t t_ns = 10;

	for (uint32_t i = 0; i < r->records; i++) {
		struct ev ev = make(r, rng);

		t_ns += prng_below(rng, r->step_ns + 1);
		if (r->pause_ns && !prng_below(rng, 30))
			t_ns += prng_below(rng, r->pause_ns);
		assert_int_equal(ev_write(w, task, t_ns, &ev), 0);
	}
}

static void write_file(const struct row *r, const char *path, uint64_t seed)
{
	struct ev slot = { .kind = EV_MEMSLOT, .slot = { .npages = PAGES, .hva = HVA(0) } };
	struct ev_writer *w;
	struct ev_meta meta;
	struct prng rng;
	struct err e;

	ev_meta_init(&meta);
	meta.page_shift = 12;
	meta.has_ends = true;
	for (uint32_t i = 0; i < NR_VMS; i++)
		ev_meta_add_vm(&meta);
	for (uint32_t i = 0; i < NR_TASKS; i++)
		ev_meta_add_task(&meta, 100 + i, "task");
	prng_seed(&rng, seed);
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	for (slot.vm = 0; slot.vm < NR_VMS; slot.vm++)
		assert_int_equal(ev_write(w, NR_TASKS - 1, 1, &slot), 0);
	for (uint32_t task = 0; task < NR_TASKS; task++)
		if (task != 3)	/* that one has nothing to say */
			write_task(w, r, task, &rng);
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
}

/* --- the plain pass ------------------------------------------------------------------ */

struct window {
	struct ev	start;
	bool		open;
	uint32_t	number, end_number;	/* + 1 */
	uint64_t	end_ns;
};

struct page {
	uint32_t	range, range_task;	/* number + 1 of the last range over it; 0: none */
	struct window  *window;		/* if that is an invalidation */
	uint32_t	access[NR_TASKS];	/* since then, number + 1 */
	bool		everybody;
};

struct vm {
	struct page	pages[PAGES + 64];
	uint32_t	access[NR_TASKS], last[NR_TASKS];
};

struct stream {
	struct ev_cursor *cursor;
	struct ev_at	  at;
	bool		  any;
	uint64_t	  when;		/* twice its time, and whether it is not an access served then */
};

struct plain {
	const struct scan *scan;
	struct stream	streams[NR_TASKS];
	struct vm	vms[NR_VMS];
	struct window  *windows[NR_TASKS];	/* by number */
	uint32_t	clock[NR_TASKS][NR_TASKS], want[NR_TASKS];
	struct plan_edge *edges[NR_TASKS];
	size_t		nr_edges[NR_TASKS];
	size_t		next_range;
};

static void next(struct stream *s)
{
	uint64_t done_ns, next_ns;

	s->any = ev_cursor_next(s->cursor, &s->at, NULL) > 0;
	if (!s->any)
		return;
	s->when = s->at.t_ns << 1 | 1;
	if (s->at.ev->kind != EV_ACCESS)
		return;
	done_ns = s->at.t_ns + s->at.ev->access.service_ns;
	next_ns = ev_cursor_next_ns(s->cursor);
	s->when = done_ns <= next_ns ? done_ns << 1 : next_ns << 1 | 1;
}

static struct stream *first(struct plain *p)
{
	struct stream *first = NULL;

	for (uint32_t i = 0; i < NR_TASKS; i++)
		if (p->streams[i].any && (!first || p->streams[i].when < first->when))
			first = &p->streams[i];
	return first;
}

static void want(struct plain *p, uint32_t task, uint32_t number)
{
	p->want[task] = number > p->want[task] ? number : p->want[task];
}

static void want_all(struct plain *p, const uint32_t *numbers)
{
	for (uint32_t i = 0; i < NR_TASKS; i++)
		want(p, i, numbers[i]);
}

static void settle(struct plain *p, const struct ev_at *at)
{
	for (uint32_t i = 0; i < NR_TASKS; i++) {
		if (i != at->task && p->want[i] > p->clock[at->task][i]) {
			p->clock[at->task][i] = p->want[i];
			p->edges[at->task][p->nr_edges[at->task]++] =
				(struct plan_edge){ at->number, i, p->want[i] - 1 };
		}
		p->want[i] = 0;
	}
}

static void touch(struct page *page, uint32_t task, uint32_t number)
{
	uint32_t others = 0;

	for (uint32_t i = 0; i < NR_TASKS; i++)
		others += i != task && page->access[i];
	if (others >= PLAN_CHAIN) {
		page->everybody = true;
		memset(page->access, 0, sizeof(page->access));
	}
	if (!page->everybody)
		page->access[task] = number + 1;
}

static void plain_access(struct plain *p, const struct ev_at *at)
{
	struct vm *vm = &p->vms[at->ev->vm];
	struct page *page = &vm->pages[at->ev->access.gfn];
	const struct window *w = page->window;

	vm->access[at->task] = at->number + 1;
	touch(page, at->task, at->number);
	if (page->range)
		want(p, page->range_task,
		     w && w->end_number && w->end_ns <= at->t_ns ? w->end_number : page->range);
	settle(p, at);
}

static void cover(struct plain *p, struct page *page, const struct scan_range *r, struct window *w)
{
	if (page->range)
		want(p, page->range_task, page->range);
	if (page->everybody)
		want_all(p, p->vms[r->vm].access);
	want_all(p, page->access);
	if (!r->beside)
		*page = (struct page){ .range = r->number + 1, .range_task = r->task, .window = w };
}

static void plain_range(struct plain *p, const struct scan_range *r, struct window *w)
{
	struct vm *vm = &p->vms[r->vm];

	if (r->global) {
		want_all(p, vm->access);
		want_all(p, vm->last);
		for (size_t i = 0; i < ARRAY_SIZE(vm->pages) && !r->beside; i++)
			vm->pages[i] = (struct page){ .range = r->number + 1, .range_task = r->task, .window = w };
	} else {
		for (gfn_t gfn = r->start; gfn < r->end; gfn++)
			cover(p, &vm->pages[gfn], r, w);
	}
	vm->last[r->task] = r->number + 1;
}

static void end_window(struct plain *p, const struct ev_at *at)
{
	for (uint32_t i = at->number; i--;) {
		struct window *w = &p->windows[at->task][i];

		if (!w->open || w->start.vm != at->ev->vm || memcmp(&w->start.hvas, &at->ev->hvas, 16) != 0)
			continue;
		w->open = false;
		w->end_number = at->number + 1;
		w->end_ns = at->t_ns;
		return;
	}
}

static void plain_other(struct plain *p, const struct ev_at *at)
{
	struct window *w = NULL;

	if (at->ev->kind == EV_INVALIDATE_END)
		end_window(p, at);
	if (at->ev->kind == EV_INVALIDATE_START) {
		w = &p->windows[at->task][at->number];
		*w = (struct window){ .start = *at->ev, .open = true };
	}
	for (; p->next_range < p->scan->nr_ranges; p->next_range++) {
		const struct scan_range *r = &p->scan->ranges[p->next_range];

		if (r->task != at->task || r->number != at->number)
			break;
		plain_range(p, r, w);
	}
	settle(p, at);
}

static void plain_pass(struct plain *p, struct ev_file *f)
{
	struct stream *s;

	for (uint32_t i = 0; i < NR_TASKS; i++) {
		uint64_t nr = ev_task_count(f, i, EV_STIMULUS);

		assert_int_equal(ev_cursor_open(f, i, EV_STIMULUS, &p->streams[i].cursor, NULL), 0);
		p->windows[i] = calloc(nr + 1, sizeof(*p->windows[i]));
		p->edges[i] = calloc(nr * NR_TASKS + 1, sizeof(*p->edges[i]));
		next(&p->streams[i]);
	}
	while ((s = first(p))) {
		if (s->at.ev->vm < NR_VMS) {
			if (s->at.ev->kind == EV_ACCESS)
				plain_access(p, &s->at);
			else
				plain_other(p, &s->at);
		}
		next(s);
	}
	assert_int_equal(p->next_range, p->scan->nr_ranges);
}

static void plain_free(struct plain *p)
{
	for (uint32_t i = 0; i < NR_TASKS; i++) {
		ev_cursor_close(p->streams[i].cursor);
		free(p->windows[i]);
		free(p->edges[i]);
	}
	free(p);
}

/* --- the comparison -------------------------------------------------------------------- */

static void compare(const struct plan *plan, const struct plain *p)
{
	bool awaited[NR_TASKS] = { 0 };

	for (uint32_t task = 0; task < NR_TASKS; task++) {
		size_t nr;
		const struct plan_edge *e = plan_edges(plan, task, &nr);

		for (size_t i = 0; i < nr && i < p->nr_edges[task]; i++) {
			const struct plan_edge *want = &p->edges[task][i];

			if (memcmp(&e[i], want, sizeof(*want)) != 0)
				fail_msg("edge %zu of task %u: %u on %u of %u, not %u on %u of %u", i, task, e[i].number,
					 e[i].after, e[i].task, want->number, want->after, want->task);
			awaited[want->task] = true;
		}
		assert_int_equal(nr, p->nr_edges[task]);
	}
	for (uint32_t task = 0; task < NR_TASKS; task++)
		assert_int_equal(plan_is_awaited(plan, task), awaited[task]);
}

static void check_seed(const struct row *r, uint64_t seed, unsigned int flags)
{
	struct plain *p = calloc(1, sizeof(*p));
	char path[] = "/tmp/plan_order_test_XXXXXX";
	int fd = mkstemp(path);
	struct ev_file *f;
	struct plan *plan;
	struct scan scan;
	struct err e;

	assert_true(fd >= 0);
	close(fd);
	write_file(r, path, seed);
	assert_int_equal(ev_open(path, flags, &f, &e), 0);
	unlink(path);
	assert_int_equal(scan_file(f, &scan, &e), 0);
	assert_int_equal(plan_make(f, &scan, &plan, &e), 0);
	p->scan = &scan;
	plain_pass(p, f);
	compare(plan, p);
	plain_free(p);
	plan_free(plan);
	scan_fini(&scan);
	ev_close(f);
}

static void check(const void *row)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		check_seed(row, seed, seed % 2 ? EV_KEEP : 0);
}

int main(void)
{
	return table_run("plan_order", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
