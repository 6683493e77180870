/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads an event file into operations.  An observation stream is postfix, so
 * what is not closed yet waits on two stacks, observations and operations; an
 * OP record takes from both what lies inside its span.
 */
#include "replay/recording.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "replay/nx_rounds.h"

struct loading {
	struct recording	*r;
	uint32_t		 cap_ops, cap_obs, cap_stims;
	struct rec_obs		*open;		/* observations waiting for their OP record */
	uint32_t		 nr_open, cap_open;
	uint32_t		*done;		/* operations closed, not claimed by an outer one */
	uint32_t		 nr_done, cap_done;
	uint32_t		*accesses, *others;	/* the task's stimuli as ev_opclose.stimulus counts them */
	uint32_t		 nr_accesses, cap_accesses, nr_others, cap_others;
	struct rec_obs		*strays;	/* of all tasks so far */
	uint32_t		*stray_tasks;
	uint32_t		 nr_strays, cap_strays, cap_stray_tasks;
	uint32_t		 task;
};

/* Room for one more element of an array that doubles. */
static void *grow(void *v, uint32_t nr, uint32_t *cap, size_t size)
{
	if (nr < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 1024;
	return xreallocarray(v, *cap, size);
}

static void count_stim(struct loading *l, unsigned int kind, uint32_t index)
{
	if (kind == EV_ACCESS) {
		l->accesses = grow(l->accesses, l->nr_accesses, &l->cap_accesses, sizeof(index));
		l->accesses[l->nr_accesses++] = index;
	} else if (kind != EV_THINK) {
		l->others = grow(l->others, l->nr_others, &l->cap_others, sizeof(index));
		l->others[l->nr_others++] = index;
	}
}

static uint32_t find_stim(const struct loading *l, const struct ev_opclose *c)
{
	if (c->op == EV_OP_FAULT)
		return c->stimulus < l->nr_accesses ? l->accesses[c->stimulus] : REC_NONE;
	return c->stimulus < l->nr_others ? l->others[c->stimulus] : REC_NONE;
}

static int load_stims(struct loading *l, struct ev_file *f, struct err *e)
{
	struct recording *r = l->r;
	struct ev_cursor *c;
	struct ev_at at;
	int rc = ev_cursor_open(f, l->task, EV_STIMULUS, &c, e);

	if (rc < 0)
		return rc;
	l->nr_accesses = l->nr_others = 0;
	r->tasks[l->task].first_stim = r->nr_stims;
	while ((rc = ev_cursor_next(c, &at, e)) > 0) {
		r->stims = grow(r->stims, r->nr_stims, &l->cap_stims, sizeof(*r->stims));
		count_stim(l, at.ev->kind, r->nr_stims);
		r->stims[r->nr_stims++] = (struct rec_stim){ at.t_ns, *at.ev };
	}
	ev_cursor_close(c);
	r->tasks[l->task].nr_stims = r->nr_stims - r->tasks[l->task].first_stim;
	return rc;
}

static void push_obs(struct loading *l, const struct ev_at *at)
{
	struct rec_obs *o;

	l->open = grow(l->open, l->nr_open, &l->cap_open, sizeof(*l->open));
	o = &l->open[l->nr_open++];
	o->t_ns = at->t_ns;
	memcpy(&o->o, at->ev, sizeof(o->o));
	o->o.rest = 0;
}

/* Moves the open observations from @op's begin on into its own list. */
static void claim_obs(struct loading *l, struct rec_op *op)
{
	struct recording *r = l->r;
	uint32_t first = l->nr_open;

	while (first && l->open[first - 1].t_ns >= op->begin_ns)
		first--;
	op->first_obs = r->nr_obs;
	op->nr_obs = l->nr_open - first;
	for (uint32_t i = first; i < l->nr_open; i++) {
		r->obs = grow(r->obs, r->nr_obs, &l->cap_obs, sizeof(*r->obs));
		r->obs[r->nr_obs++] = l->open[i];
	}
	l->nr_open = first;
}

static void chain(struct recording *r, const uint32_t *list, uint32_t nr)
{
	for (uint32_t i = 0; i + 1 < nr; i++)
		r->ops[list[i]].next = list[i + 1];
}

/* Makes the closed operations that began after @op's begin its children. */
static void claim_ops(struct loading *l, uint32_t index)
{
	struct recording *r = l->r;
	struct rec_op *op = &r->ops[index];
	uint32_t first = l->nr_done;

	while (first && r->ops[l->done[first - 1]].begin_ns > op->begin_ns)
		first--;
	if (first < l->nr_done) {
		op->child = l->done[first];
		chain(r, &l->done[first], l->nr_done - first);
		for (uint32_t i = first; i < l->nr_done; i++) {
			struct rec_op *child = &r->ops[l->done[i]];

			child->parent = index;
			if (op->inside <= child->inside)
				op->inside = child->inside + 1;
		}
	}
	l->nr_done = first;
}

/* Return: whether it is an operation as there can be. */
static bool close_op(struct loading *l, const struct ev_at *at)
{
	const struct ev_opclose *c = &at->ev->op;
	struct recording *r = l->r;
	struct rec_op *op;

	r->ops = grow(r->ops, r->nr_ops, &l->cap_ops, sizeof(*r->ops));
	op = &r->ops[r->nr_ops];
	*op = (struct rec_op){
		.begin_ns = at->t_ns - (c->span_ns < at->t_ns ? c->span_ns : at->t_ns),
		.end_ns = at->t_ns, .gfn = c->gfn, .task = l->task,
		.stim = find_stim(l, c),
		.parent = REC_NONE, .child = REC_NONE, .next = REC_NONE,
		.error_code = c->error_code, .vm = at->ev->vm, .kind = c->op,
		.result = c->result, .access = c->access, .flags = at->ev->flags,
	};
	claim_obs(l, op);
	claim_ops(l, r->nr_ops);
	l->done = grow(l->done, l->nr_done, &l->cap_done, sizeof(*l->done));
	l->done[l->nr_done++] = r->nr_ops++;
	return r->ops[r->nr_ops - 1].inside <= REC_INSIDE_MAX;
}

static int load_obs(struct loading *l, struct ev_file *f, struct err *e)
{
	struct ev_cursor *c;
	struct ev_at at;
	int rc = ev_cursor_open(f, l->task, EV_OBSERVATION, &c, e);

	if (rc < 0)
		return rc;
	while ((rc = ev_cursor_next(c, &at, e)) > 0) {
		if (at.ev->kind != OBS_OP)
			push_obs(l, &at);
		else if (!close_op(l, &at)) {
			rc = err_set(e, ERR_INPUT, "%s: task %u: operations more than %d deep inside each other, as no kernel "
				     "leaves them; import the trace again", ev_path(f), l->task, REC_INSIDE_MAX);
			break;
		}
	}
	ev_cursor_close(c);
	return rc;
}

/* What is left when a task's last record is read. */
static void keep_strays(struct loading *l)
{
	for (uint32_t i = 0; i < l->nr_open; i++) {
		l->strays = grow(l->strays, l->nr_strays, &l->cap_strays, sizeof(*l->strays));
		l->stray_tasks = grow(l->stray_tasks, l->nr_strays, &l->cap_stray_tasks, sizeof(*l->stray_tasks));
		l->strays[l->nr_strays] = l->open[i];
		l->stray_tasks[l->nr_strays++] = l->task;
	}
	l->nr_open = 0;
}

/* Behind those that belong to operations. */
static void append_strays(struct loading *l)
{
	struct recording *r = l->r;

	r->first_stray = r->nr_obs;
	r->stray_tasks = l->stray_tasks;
	for (uint32_t i = 0; i < l->nr_strays; i++) {
		r->obs = grow(r->obs, r->nr_obs, &l->cap_obs, sizeof(*r->obs));
		r->obs[r->nr_obs++] = l->strays[i];
	}
	free(l->strays);
}

static int load_task(struct loading *l, struct ev_file *f, struct err *e)
{
	struct rec_task *t = &l->r->tasks[l->task];
	uint32_t before = l->r->nr_ops;
	int rc = load_stims(l, f, e);

	if (rc == 0)
		rc = load_obs(l, f, e);
	if (rc < 0)
		return rc;
	chain(l->r, l->done, l->nr_done);
	t->first_op = l->nr_done ? l->done[0] : REC_NONE;
	t->nr_ops = l->r->nr_ops - before;
	keep_strays(l);
	l->nr_done = 0;
	return 0;
}

int recording_load(struct ev_file *f, struct recording *out, struct err *e)
{
	struct recording r = { .meta = ev_meta(f) };
	struct loading l = { .r = &r };
	int rc = 0;

	r.tasks = xcalloc(r.meta->nr_tasks, sizeof(*r.tasks));
	for (l.task = 0; l.task < r.meta->nr_tasks && rc == 0; l.task++)
		rc = load_task(&l, f, e);
	append_strays(&l);
	free(l.open);
	free(l.done);
	free(l.accesses);
	free(l.others);
	if (rc < 0) {
		recording_fini(&r);
		return rc;
	}
	nx_rounds_join(&r);
	*out = r;
	return 0;
}

void recording_fini(struct recording *r)
{
	free(r->ops);
	free(r->obs);
	free(r->stims);
	free(r->stray_tasks);
	free(r->tasks);
	*r = (struct recording){ 0 };
}

const struct ev *rec_op_walk(const struct recording *r, const struct rec_op *op)
{
	uint32_t first = r->tasks[op->task].first_stim;

	for (uint32_t i = op->stim; i != REC_NONE && i-- > first;) {
		const struct ev *ev = &r->stims[i].ev;

		if (ev->kind == EV_WALK)
			return ev;
		if (ev->kind == EV_ACCESS)
			break;
	}
	return NULL;
}

bool rec_op_only_walks(const struct recording *r, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(r, op);

	if (op->kind != EV_OP_FAULT || r->meta->arch != KVM_X86 || r->meta->tdp_mmu || op->nr_obs)
		return false;
	return !ev_counts_get(&r->meta->sources, "kvm:kvm_page_fault") && stim && stim->access.result == RET_PF_UNKNOWN;
}

const struct rec_obs *rec_find(const struct recording *r, const struct rec_op *op, unsigned int kind,
			       uint32_t from)
{
	for (uint32_t i = from; i < op->nr_obs; i++)
		if (r->obs[op->first_obs + i].o.kind == kind)
			return &r->obs[op->first_obs + i];
	return NULL;
}

const struct rec_obs *rec_find_pin(const struct recording *r, const struct rec_op *op, enum obs_pin pin)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct rec_obs *o = &r->obs[op->first_obs + i];

		if (o->o.kind == OBS_PIN && o->o.pin.pin == pin)
			return o;
	}
	return NULL;
}
