/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order that must hold: small event files and the edges expected of them. */
#include "replay/plan.h"

#include <stdio.h>
#include <unistd.h>

#include "event/writer.h"
#include "replay/slots.h"
#include "test/table.h"

#define NR_TASKS	12	/* 0 .. 9: vCPUs; 10, 11: host */
#define HOST		10
#define HVA(page)	(0x10000000ULL + ((uint64_t)(page) << 12))

enum what { END, ACCESS, ZAP, AGE, ZAP_END, SLOT, SLOT_GONE, DESTROY, TEST_AGE, ATTR, ZAP_GFNS, CLEAR_BESIDE };

/* One stimulus at time 10, 20, 30 ...; an access is served after @a2 ns. */
struct line {
	enum what	what;
	uint32_t	task;
	uint64_t	a1, a2;		/* ACCESS: gfn, service; ZAP, AGE: pages [a1, a2); SLOT: gfn, pages */
};

struct edge {
	uint32_t task, number, on, after;
};

static const struct {
	const char	*name;
	struct line	 lines[24];
	struct edge	 edges[24];	/* ended by one that waits for itself: task == on */
	uint64_t	 granule;
} rows[] = {
	{ .name = "accesses alone are not ordered",
	  .lines = { { ACCESS, 0, 1 }, { ACCESS, 1, 1 }, { ACCESS, 0, 1 } } },
	{ .name = "an access after a zap of its page waits for it",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 1 } } },
	{ .name = "an access of another page waits for the slot alone",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ACCESS, 0, 6 } },
	  .edges = { { 0, 0, HOST, 0 } } },
	{ .name = "a zap waits for the last access it covers, of each task",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { ACCESS, 1, 6 }, { ACCESS, 0, 7 },
		     { ACCESS, 2, 9 }, { ZAP, HOST, 5, 8 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, HOST, 0 }, { 2, 0, HOST, 0 },
		     { HOST, 1, 0, 1 }, { HOST, 1, 1, 0 } } },
	{ .name = "an age is ordered both ways like a zap",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { AGE, 11, 5, 6 }, { ACCESS, 1, 5 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, 11, 0 }, { 11, 0, 0, 0 }, { 11, 0, HOST, 0 } } },
	{ .name = "a test for age orders nothing",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { TEST_AGE, 11, 5, 6 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 0 } } },
	{ .name = "an access that came after the end of an invalidation waits for its end",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ZAP_END, HOST, 5, 6 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 2 } } },
	{ .name = "one that began inside it and was served after it waits for its start",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ACCESS, 0, 5, 20 }, { ZAP_END, HOST, 5, 6 } },
	  .edges = { { 0, 0, HOST, 1 } } },
	{ .name = "ends are told apart by their ranges, in whichever order they come",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ZAP, HOST, 8, 9 }, { ZAP_END, HOST, 5, 6 },
		     { ACCESS, 0, 5 }, { ACCESS, 1, 8 } },
	  .edges = { { 0, 0, HOST, 3 }, { 1, 0, HOST, 2 } } },
	{ .name = "what was made to run beside accesses waits for them, and is not waited for",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { CLEAR_BESIDE, HOST, 0, 64 }, { ACCESS, 0, 5 },
		     { ACCESS, 1, 6 }, { CLEAR_BESIDE, HOST, 0, 64 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, HOST, 0 }, { HOST, 1, 0, 0 }, { HOST, 2, 0, 1 }, { HOST, 2, 1, 0 } } },
	{ .name = "what an earlier edge implies is left out",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ACCESS, 0, 5 }, { ACCESS, 0, 7 },
		     { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 1 } } },
	{ .name = "an access waits for the last of two zaps, and the second zap for the first",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ZAP, 11, 5, 6 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, 11, 0 }, { 11, 0, HOST, 1 } } },
	{ .name = "the end of an invalidation waits for nobody",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ZAP, HOST, 5, 6 }, { ACCESS, 0, 5 }, { ZAP_END, HOST, 5, 6 },
		     { ACCESS, 1, 5 } },
	  .edges = { { 0, 0, HOST, 1 }, { 1, 0, HOST, 2 } } },
	{ .name = "an access counts from when it was served",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5, 25 }, { ZAP, HOST, 5, 6 }, { ACCESS, 1, 5 } },
	  .edges = { { 0, 0, HOST, 1 }, { 1, 0, HOST, 1 } } },
	{ .name = "one served before the zap is waited for",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5, 5 }, { ZAP, HOST, 5, 6 } },
	  .edges = { { 0, 0, HOST, 0 }, { HOST, 1, 0, 0 } } },
	{ .name = "a task does not wait for itself",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { ZAP, 0, 5, 6 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 0 } } },
	{ .name = "a slot's end concerns the whole VM, both ways",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { ACCESS, 1, 600 }, { SLOT_GONE, 11, 0, 1000 },
		     { ACCESS, 2, 5 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, HOST, 0 }, { 2, 0, 11, 0 },
		     { 11, 0, 0, 0 }, { 11, 0, 1, 0 }, { 11, 0, HOST, 0 } } },
	{ .name = "a change of attributes is ordered with accesses of its pages",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { ATTR, 11, 5, 7 }, { ACCESS, 1, 6 }, { ACCESS, 2, 7 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, 11, 0 }, { 2, 0, HOST, 0 }, { 11, 0, 0, 0 }, { 11, 0, HOST, 0 } } },
	{ .name = "so is a zapped range",
	  .lines = { { SLOT, HOST, 0, 1000 }, { ACCESS, 0, 5 }, { ZAP_GFNS, 11, 5, 7 }, { ACCESS, 1, 6 }, { ACCESS, 2, 7 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, 11, 0 }, { 2, 0, HOST, 0 }, { 11, 0, 0, 0 }, { 11, 0, HOST, 0 } } },
	{ .name = "the end of the VM waits for everybody",
	  .lines = { { ACCESS, 0, 5 }, { ACCESS, 1, 600 }, { DESTROY, HOST } },
	  .edges = { { HOST, 0, 0, 0 }, { HOST, 0, 1, 0 } } },
	{ .name = "a zap of host memory outside all slots orders nothing",
	  .lines = { { SLOT, HOST, 0, 100 }, { ACCESS, 0, 5 }, { ZAP, 11, 500, 501 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 0 } } },
	{ .name = "however large it is",
	  .lines = { { ACCESS, 1, 5 }, { ZAP, 11, 0, 5000 }, { SLOT, HOST, 0, 100 }, { ACCESS, 0, 5 },
		     { ZAP, 11, 500, 5000 }, { ACCESS, 0, 5 } },
	  .edges = { { 0, 0, HOST, 0 }, { HOST, 0, 1, 0 } } },
	{ .name = "a zap of most memory is one of the whole VM",
	  .lines = { { SLOT, HOST, 0, 100 }, { ACCESS, 0, 5 }, { ZAP, 11, 10, 70 }, { ACCESS, 1, 5 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, 11, 0 }, { 11, 0, 0, 0 }, { 11, 0, HOST, 0 } } },
	{ .name = "slots are as they stand at that point: after a move the same host page is another frame",
	  .lines = { { SLOT, HOST, 0, 100 }, { SLOT, HOST, 200, 100 }, { ACCESS, 0, 5 }, { ACCESS, 1, 205 },
		     { ZAP, HOST, 5, 6 } },
	  .edges = { { 0, 0, HOST, 1 }, { 1, 0, HOST, 1 }, { HOST, 2, 1, 0 } } },
	{ .name = "more tasks on one page than a cell remembers: everybody is waited for",
	  .lines = { { SLOT, HOST, 0, 100 }, { ACCESS, 0, 9 }, { ACCESS, 1, 5 }, { ACCESS, 2, 5 }, { ACCESS, 3, 5 },
		     { ACCESS, 4, 5 }, { ACCESS, 5, 5 }, { ACCESS, 6, 5 }, { ACCESS, 7, 5 }, { ACCESS, 8, 5 },
		     { ACCESS, 9, 5 }, { ZAP, 11, 5, 6 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, HOST, 0 }, { 2, 0, HOST, 0 }, { 3, 0, HOST, 0 }, { 4, 0, HOST, 0 },
		     { 5, 0, HOST, 0 }, { 6, 0, HOST, 0 }, { 7, 0, HOST, 0 }, { 8, 0, HOST, 0 }, { 9, 0, HOST, 0 },
		     { 11, 0, 0, 0 }, { 11, 0, 1, 0 }, { 11, 0, 2, 0 }, { 11, 0, 3, 0 }, { 11, 0, 4, 0 },
		     { 11, 0, 5, 0 }, { 11, 0, 6, 0 }, { 11, 0, 7, 0 }, { 11, 0, 8, 0 }, { 11, 0, 9, 0 },
		     { 11, 0, HOST, 0 } } },
	{ .name = "distant pages have cells of their own",
	  .lines = { { SLOT, HOST, 0, 1u << 20 }, { ACCESS, 0, 5 }, { ACCESS, 1, 90001 }, { ZAP, HOST, 5, 6 },
		     { ZAP, HOST, 90000, 90002 }, { ZAP, HOST, 90001, 90003 } },
	  .edges = { { 0, 0, HOST, 0 }, { 1, 0, HOST, 0 }, { HOST, 1, 0, 0 }, { HOST, 2, 1, 0 } } },
};

static struct ev make(const struct line *l)
{
	struct ev ev = { 0 };

	switch (l->what) {
	case ACCESS:
		ev.kind = EV_ACCESS;
		ev.access.gfn = l->a1;
		ev.access.service_ns = (uint32_t)l->a2;
		break;
	case ZAP:
	case ZAP_END:
	case AGE:
	case TEST_AGE:
		ev.kind = l->what == ZAP ? EV_INVALIDATE_START : l->what == AGE ? EV_AGE :
			  l->what == TEST_AGE ? EV_TEST_AGE : EV_INVALIDATE_END;
		ev.hvas.start = HVA(l->a1);
		ev.hvas.end = HVA(l->a2);
		break;
	case ATTR:
	case ZAP_GFNS:
		ev.kind = l->what == ATTR ? EV_MEM_ATTR : EV_ZAP_RANGE;
		ev.gfns.gfn = l->a1;
		ev.gfns.count = l->a2 - l->a1;
		break;
	case SLOT:
	case SLOT_GONE:
		ev.kind = EV_MEMSLOT;
		ev.slot.change = l->what == SLOT ? EV_SLOT_CREATE : EV_SLOT_DELETE;
		ev.slot.gfn = l->a1;
		ev.slot.npages = l->a2;
		ev.slot.hva = HVA(0);
		break;
	case CLEAR_BESIDE:
		ev.kind = EV_DIRTY_CLEAR;
		ev.flags = EV_F_BESIDE;
		ev.gfns.gfn = l->a1;
		ev.gfns.count = l->a2 - l->a1;
		break;
	case DESTROY:
		ev.kind = EV_VM_DESTROY;
		break;
	case END:
		break;
	}
	return ev;
}

static struct ev_file *write_lines(const struct line *lines, char *path)
{
	struct ev_meta meta;
	struct ev_writer *w;
	struct ev_file *f;
	struct err e;

	ev_meta_init(&meta);
	meta.page_shift = 12;
	meta.has_ends = true;
	ev_meta_add_vm(&meta);
	for (uint32_t i = 0; i < NR_TASKS; i++)
		ev_meta_add_task(&meta, 100 + i, "task");
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	for (uint64_t t = 10; lines->what != END; lines++, t += 10) {
		struct ev ev = make(lines);

		assert_int_equal(ev_write(w, lines->task, t, &ev), 0);
	}
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
	assert_int_equal(ev_open(path, 0, &f, &e), 0);
	return f;
}

static void expect_edges(const struct plan *plan, const struct edge *want)
{
	bool awaited[NR_TASKS] = { 0 };

	for (uint32_t task = 0; task < NR_TASKS; task++) {
		size_t nr;
		const struct plan_edge *e = plan_edges(plan, task, &nr);

		for (; nr; nr--, e++, want++) {
			assert_int_equal(task, want->task);
			assert_int_equal(e->number, want->number);
			assert_int_equal(e->task, want->on);
			assert_int_equal(e->after, want->after);
			awaited[e->task] = true;
		}
	}
	assert_int_equal(want->task, want->on);	/* that was all */
	for (uint32_t task = 0; task < NR_TASKS; task++)
		assert_int_equal(plan_is_awaited(plan, task), awaited[task]);
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	char path[] = "/tmp/plan_test_XXXXXX";
	int fd = mkstemp(path);
	struct plan *plan;
	struct ev_file *f;
	struct scan scan;
	struct err e;

	assert_true(fd >= 0);
	close(fd);
	f = write_lines(r->lines, path);
	unlink(path);	/* a row that fails leaves nothing behind */
	assert_int_equal(scan_file(f, &scan, &e), 0);
	assert_int_equal(plan_make(f, &scan, &plan, &e), 0);
	expect_edges(plan, r->edges);
	assert_int_equal(plan_granule(plan), r->granule ? r->granule : 1);
	plan_free(plan);
	scan_fini(&scan);
	ev_close(f);
}

int main(void)
{
	return table_run("plan", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
