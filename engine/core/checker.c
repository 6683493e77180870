/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations, the log, flushes (I-F1), yields (I-G1), and how a break is told. */
#include "engine/core/checker_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

void checker_attach(struct mmu *mmu)
{
	struct checker *c = xcalloc(1, sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->mmu = mmu;
	c->tables = xcalloc(mmu->arena.max, sizeof(*c->tables));
	c->vcpus = xcalloc(mmu->config.nr_vcpus + 1, sizeof(*c->vcpus));
	mmu->slots.published = check_published;
	mmu->slots.arg = mmu;
	mmu->arena.freeing = check_freeing;
	mmu->arena.arg = mmu;
	mmu->checker = c;
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->mmu->arena.max && i < c->mmu->arena.fresh; i++)
		free(c->tables[i].young);
	pthread_mutex_destroy(&c->lock);
	free(c->tables);
	for (unsigned int i = 0; i < c->nr_tasks; i++)
		free(c->tasks[i].taken);
	free(c->tasks);
	free(c->windows);
	free(c->slots);
	free(c->logged);
	free(c->roots);
	free(c->vcpus);
	free(c->stale);
	free(c->cleaned);
	free(c);
}

static const char *op_name(enum check_op op)
{
	static const char *const names[] = {
		[CHECK_OP_NONE] = "nothing", [CHECK_LOAD] = "load begins", [CHECK_UNLOAD] = "unload begins",
		[CHECK_FAULT] = "fault begins", [CHECK_INVALIDATE_START] = "invalidate start begins",
		[CHECK_INVALIDATE_END] = "invalidate end begins", [CHECK_AGE] = "age begins",
		[CHECK_TEST_AGE] = "test age begins", [CHECK_SET_SPTE] = "set spte begins",
		[CHECK_MEMSLOT] = "memslot begins", [CHECK_ZAP_ALL] = "zap all begins",
		[CHECK_TEARDOWN] = "teardown begins", [CHECK_DIRTY] = "dirty log begins",
		[CHECK_TOUCH] = "guest writes",
		[CHECK_NX_RECOVER] = "NX recovery", [CHECK_NX_TOGGLE] = "NX toggle", [CHECK_ZAP_RANGE] = "zap range begins",
		[CHECK_SYNC] = "sync of roots begins", [CHECK_INVLPG] = "INVLPG begins", [CHECK_PT_WRITE] = "emulated write begins",
		[CHECK_CR3] = "CR3 load begins", [CHECK_PAGE_LIMIT] = "limit of shadow pages begins",
	};

	return names[op];
}

struct check_task *check_self(struct checker *c)
{
	unsigned int self = rt_self();

	if (self >= c->nr_tasks) {
		unsigned int nr = self + 1;

		c->tasks = xreallocarray(c->tasks, nr, sizeof(*c->tasks));
		memset(c->tasks + c->nr_tasks, 0, (nr - c->nr_tasks) * sizeof(*c->tasks));
		c->nr_tasks = nr;
	}
	return &c->tasks[self];
}

void check_log(struct checker *c, const char *what, gfn_t gfn, uint64_t value)
{
	c->log[c->nr_log++ % CHECK_LOG] = (struct check_event){
		.number = ++c->number, .t_ns = rt_now_ns(), .task = rt_self(), .what = what, .gfn = gfn, .value = value,
	};
}

void check_wrong(struct checker *c, const char *what, gfn_t gfn, uint64_t value, uint32_t other)
{
	if (!c->found.what && !c->told)
		c->found = (struct check_found){ what, gfn, value, other };
}

/* Since when do the events matter: the begin of what @task is in, or of its last operation. */
static uint64_t since(const struct checker *c, uint32_t task)
{
	return task < c->nr_tasks ? c->tasks[task].begun : c->number;
}

static bool alike(const struct mmu_event *a, const struct check_event *b)
{
	return a->task == b->task && a->what == b->what;
}

/* Puts an event before the others: @nr of them, newest first.  Of many alike the first and the last stay. */
static unsigned int story_add(struct mmu_event *out, unsigned int nr, const struct check_event *e)
{
	struct mmu_event now = { e->t_ns, e->task, e->what, e->gfn, e->value, 0 };

	if (nr >= 2 && alike(&out[nr - 1], e) && alike(&out[nr - 2], e)) {
		now.more = out[nr - 1].more + 1;
		nr--;
	}
	out[nr] = now;
	return nr + 1;
}

/*
 * The last events of the tasks a break concerns: of the one that met it and of those it was
 * met with, from where the earliest of their running operations began.
 */
static unsigned int story(const struct checker *c, const struct check_found *f, struct mmu_event *out,
			  unsigned int max)
{
	uint32_t self = rt_self();
	uint64_t from = since(c, self), first = c->nr_log > CHECK_LOG ? c->nr_log - CHECK_LOG : 0;
	unsigned int nr = 0;

	if (f->other != NOBODY && since(c, f->other) < from)
		from = since(c, f->other);
	for (uint64_t i = c->nr_log; i-- > first && nr < max;) {
		const struct check_event *e = &c->log[i % CHECK_LOG];

		if (e->number < from)
			break;
		if (e->task == self || e->task == f->other)
			nr = story_add(out, nr, e);
	}
	for (unsigned int i = 0; i < nr / 2; i++) {
		struct mmu_event swap = out[i];

		out[i] = out[nr - 1 - i];
		out[nr - 1 - i] = swap;
	}
	return nr;
}

void check_release(struct mmu *mmu, struct checker *c)
{
	struct check_found f = c->found;
	struct mmu_event events[MMU_BREAK_EVENTS];
	unsigned int nr = 0;

	if (likely(!f.what)) {
		pthread_mutex_unlock(&c->lock);
		return;
	}
	c->found.what = NULL;
	nr = story(c, &f, events, MMU_BREAK_EVENTS);
	pthread_mutex_unlock(&c->lock);
	/* Under threads others break, too, meanwhile; the first one counts. */
	c->told = true;
	c->told = mmu_tell(mmu, &(struct mmu_break){ .what = f.what, .vm = mmu->config.vm, .task = rt_self(),
						    .gfn = f.gfn,
					   .value = f.value, .t_ns = rt_now_ns(), .events = events,
					   .nr_events = nr });
}

void checker_broken(struct mmu *mmu, const char *what, gfn_t gfn, uint64_t value)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	check_self(c);
	check_wrong(c, what, gfn, value, NOBODY);
	check_release(mmu, c);
}

/* --- operations ---------------------------------------------------------------- */

static void take_range(struct checker *c, struct check_task *t)
{
	switch (t->op) {
	case CHECK_FAULT:
		t->gfn = t->start;
		t->looked_up = 0;
		break;
	case CHECK_INVALIDATE_START:
	case CHECK_ZAP_RANGE:
		check_window_enter(c, t);
		break;
	case CHECK_INVALIDATE_END:
		check_window_find(c, t);
		break;
	case CHECK_AGE:
	case CHECK_TEST_AGE:
		check_age_begin(c, t);
		break;
	default:
		break;
	}
}

void checker_begin(struct mmu *mmu, enum check_op op, uint64_t start, uint64_t end)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	if (!t->depth++) {
		check_log(c, op_name(op), start, end);
		t->op = op;
		t->begun = c->number;
		t->start = start;
		t->end = end;
		t->owes_op = 0;
		take_range(c, t);
	}
	check_release(mmu, c);
}

/* Some change that took a permission is older than what every vCPU has forgotten. */
static bool still_owed(struct checker *c, uint64_t change)
{
	return change && check_clean(c, 0) < change;
}

static bool op_owes(struct checker *c, const struct check_task *t)
{
	return check_by_tlbi(c) ? check_owes(c, true) : still_owed(c, t->owes_op);
}

/* Before the lock drops: what TLBs lead to. */
static bool lock_owes(struct checker *c, const struct check_task *t)
{
	return check_by_tlbi(c) ? check_owes(c, false) : still_owed(c, t->owes);
}

void checker_end(struct mmu *mmu, uint64_t result)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	if (--t->depth) {
		check_release(mmu, c);
		return;
	}
	if (t->op == CHECK_INVALIDATE_END || t->op == CHECK_ZAP_RANGE)
		check_window_leave(c, t);
	if (t->op == CHECK_AGE || t->op == CHECK_TEST_AGE)
		check_age_end(c, t, result);
	check_dirty_end(c, t, result);
	if (t->op != CHECK_DIRTY && op_owes(c, t))
		check_wrong(c, "I-F1: an operation returned before the TLBs forgot what it took away", t->start,
			    t->owes_op, NOBODY);
	check_log(c, "... ends", t->start, result);
	t->op = CHECK_OP_NONE;
	check_release(mmu, c);
}

/* --- flushes ------------------------------------------------------------------------ */

uint64_t checker_mark(struct mmu *mmu)
{
	struct checker *c = mmu->checker;
	uint64_t mark;

	check_lock(c);
	mark = ++c->number;
	check_release(mmu, c);
	return mark;
}

void checker_flushed(struct mmu *mmu, uint64_t mark)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	check_log(c, "all vCPUs flushed", 0, 0);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++)
		if (c->vcpus[i].clean < mark)
			c->vcpus[i].clean = mark;
	check_release(mmu, c);
}

void checker_unlock(struct mmu *mmu)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	if (lock_owes(c, t))
		check_wrong(c, "I-F1: mmu_lock was dropped with a flush owed", t->start, t->owes, NOBODY);
	t->owes = 0;
	t->walk = NULL;
	check_release(mmu, c);
}

/* --- walks ---------------------------------------------------------------------------- */

void checker_walk(struct mmu *mmu, const void *walk, gfn_t start)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	t->walk = walk;
	t->walk_at = start;
	check_release(mmu, c);
}

void checker_yield(struct mmu *mmu, const void *walk, gfn_t next)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	check_lock(c);
	t = check_self(c);
	check_log(c, "walk yields", next, 0);
	if (t->walk == walk && next <= t->walk_at)
		check_wrong(c, "I-G1: a walk yielded without having got past a page", next, t->walk_at, NOBODY);
	if (lock_owes(c, t))
		check_wrong(c, "I-F1: a walk yielded with a flush owed", next, t->owes, NOBODY);
	t->owes = 0;
	t->walk = walk;
	t->walk_at = next;
	check_release(mmu, c);
}
