/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Begins and ends of invalidations, task by task: a task ends what it began last. */
#include "replay/audit_windows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "replay/instants.h"
#include "replay/slots.h"

/* Begins of one task that have not ended. */
struct open {
	uint32_t *v;
	uint32_t  nr, cap;
};

/* Memslots at a time that only goes forward. */
struct slots_then {
	struct slots	*vms;
	uint32_t	*changes;	/* operations of kind MEMSLOT, in time order */
	uint32_t	 nr, next;
};

struct making {
	const struct recording *r;
	struct audit		*a;
	struct audit_windows	*w;
	bool			 has_handlers;	/* a probe shows each memslot that a begin matched */
	bool			 has_end_pins;	/* and each end that did */
};

static bool same_range(const struct recording *r, const struct rec_op *a, const struct rec_op *b)
{
	const struct ev *x = rec_op_stim(r, a), *y = rec_op_stim(r, b);

	return a->vm == b->vm && x && y && x->hvas.start == y->hvas.start && x->hvas.end == y->hvas.end;
}

static bool overlapping(const struct recording *r, const struct rec_op *a, const struct rec_op *b)
{
	const struct ev *x = rec_op_stim(r, a), *y = rec_op_stim(r, b);

	return x && y && x->hvas.start < y->hvas.end && y->hvas.start < x->hvas.end;
}

/* --- what does not balance ---------------------------------------------------- */

/* A task can be inside a window only with begins, ends and their handlers over the same addresses. */
static bool leaves_window(const struct recording *r, const struct rec_op *start, const struct rec_op *op)
{
	if (op->kind == EV_OP_INVALIDATE_START || op->kind == EV_OP_INVALIDATE_END)
		return op->vm == start->vm && rec_op_stim(r, op) && !overlapping(r, start, op);
	return op->kind == EV_OP_FAULT && op->begin_ns > start->end_ns;
}

/* First operation of @start's task that cannot have happened inside its window, or NULL. */
static const struct rec_op *left_window(const struct recording *r, const struct rec_op *start)
{
	uint32_t parent = start->parent;

	for (uint32_t i = start->next; i != REC_NONE; i = r->ops[i].next)
		if (leaves_window(r, start, &r->ops[i]))
			return &r->ops[i];
	/* It began inside a fault, which is over. */
	return parent != REC_NONE && r->ops[parent].kind == EV_OP_FAULT && !rec_op_lost(r, &r->ops[parent]) ?
		       &r->ops[parent] : NULL;
}

/* A VM that goes away takes its notifier with it, and ends are not heard any more. */
static bool vm_went_away(const struct recording *r, uint16_t vm, uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		if ((op->kind == EV_OP_VM_DESTROY || op->kind == EV_OP_ZAP_ALL) && op->vm == vm &&
		    op->end_ns >= from && op->begin_ns <= to)
			return true;
	}
	return false;
}

static void says_unbalanced(struct making *m, uint32_t op, const char *what)
{
	const struct rec_op *o = &m->r->ops[op];
	const struct ev *stim = rec_op_stim(m->r, o);
	const struct rec_obs *handler = rec_find(m->r, o, OBS_UNMAP_RANGE, 0);
	struct audit_finding *f = audit_add(m->a, AUDIT_N2, o->vm, handler ? handler->o.gfns.gfn : 0, o->begin_ns);

	f->ops[0] = op;
	snprintf(f->text, sizeof(f->text), "%s of host addresses 0x%" PRIx64 "..0x%" PRIx64, what,
		 stim ? stim->hvas.start : 0, stim ? stim->hvas.end : 0);
}

static void not_ended(struct making *m, uint32_t start)
{
	const struct rec_op *op = &m->r->ops[start], *left = left_window(m->r, op);

	if (left && !rec_op_lost(m->r, op) && !vm_went_away(m->r, op->vm, op->begin_ns, left->end_ns))
		says_unbalanced(m, start, "a begin without its end");
}

/* Its begin may lie before the recording, as long as the task did nothing else since. */
static void not_begun(struct making *m, uint32_t end)
{
	const struct rec_op *op = &m->r->ops[end];
	uint32_t first = m->r->tasks[op->task].first_op;

	if (op->parent == REC_NONE && (first == end || first == REC_NONE))
		return;
	for (uint32_t i = op->parent != REC_NONE ? m->r->ops[op->parent].child : first; i != end && i != REC_NONE;
	     i = m->r->ops[i].next) {
		if (leaves_window(m->r, op, &m->r->ops[i]) || m->r->ops[i].kind == EV_OP_FAULT) {
			says_unbalanced(m, end, "an end without its begin");
			return;
		}
	}
	if (op->parent != REC_NONE && m->r->ops[op->parent].kind == EV_OP_FAULT)
		says_unbalanced(m, end, "an end without its begin");
}

/* --- windows -------------------------------------------------------------------- */

static void add_range(void *arg, gfn_t start, gfn_t end)
{
	struct audit_windows *w = arg;

	if (w->nr_ranges == w->cap_ranges) {
		w->cap_ranges = w->cap_ranges ? 2 * w->cap_ranges : 1024;
		w->ranges = xreallocarray(w->ranges, w->cap_ranges, sizeof(*w->ranges));
	}
	w->ranges[w->nr_ranges++] = (struct audit_range){ start, end };
}

static struct audit_window *add_window(struct audit_windows *w)
{
	if (w->nr == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 1024;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	return &w->v[w->nr++];
}

static void check_matching(struct making *m, const struct audit_window *w)
{
	bool ended = rec_find_pin(m->r, &m->r->ops[w->end], PIN_INV_END);

	if (m->has_handlers && m->has_end_pins && w->matched != ended && !rec_op_lost(m->r, &m->r->ops[w->end]))
		says_unbalanced(m, w->end, w->matched ? "an end that matched no memslot where its begin did" :
							"an end that matched a memslot where its begin did not");
}

static void pair(struct making *m, uint32_t start, uint32_t end)
{
	const struct recording *r = m->r;
	const struct rec_op *s = &r->ops[start], *e = &r->ops[end];
	struct audit_window *w = add_window(m->w);
	struct instant at;

	*w = (struct audit_window){ .start = start, .end = end, .vm = s->vm, .zapped = s->end_ns };
	instants_change(r, s, &at);
	w->begun = at.hi;
	instants_change(r, e, &at);
	/* A shadow or rmap fault takes the lock to write, too: the wait after an end nested in it may be of either. */
	w->end_lo = r->meta->tdp_mmu || rec_find_pin(r, e, PIN_INV_END) ? at.lo : e->begin_ns;
	w->end_at = at.at;
	w->end_hi = r->meta->tdp_mmu || rec_find_pin(r, e, PIN_INV_ENDED) ? at.hi : max_u64(at.hi, e->end_ns);
	w->first_range = m->w->nr_ranges;
	for (uint32_t i = 0; i < s->nr_obs; i++) {
		const struct obs *o = &r->obs[s->first_obs + i].o;

		if (o->kind == OBS_UNMAP_RANGE)
			add_range(m->w, o->gfns.gfn, o->gfns.gfn + o->gfns.count);
	}
	w->nr_ranges = m->w->nr_ranges - w->first_range;
	w->matched = w->nr_ranges || (s->flags & EV_F_MATCHED);
	check_matching(m, w);
}

static void push(struct open *o, uint32_t op)
{
	if (o->nr == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 16;
		o->v = xreallocarray(o->v, o->cap, sizeof(*o->v));
	}
	o->v[o->nr++] = op;
}

/* Begins after the one that @end closes were not ended. */
static void close_window(struct making *m, struct open *o, uint32_t end)
{
	uint32_t i = o->nr;

	while (i && !same_range(m->r, &m->r->ops[o->v[i - 1]], &m->r->ops[end]))
		i--;
	if (!i) {
		not_begun(m, end);
		return;
	}
	pair(m, o->v[i - 1], end);
	for (uint32_t k = i; k < o->nr; k++)
		not_ended(m, o->v[k]);
	o->nr = i - 1;
}

static void pair_all(struct making *m)
{
	struct open *open = xcalloc(m->r->meta->nr_tasks, sizeof(*open));

	for (uint32_t i = 0; i < m->r->nr_ops; i++) {
		struct open *o = &open[m->r->ops[i].task];

		if (m->r->ops[i].kind == EV_OP_INVALIDATE_START)
			push(o, i);
		else if (m->r->ops[i].kind == EV_OP_INVALIDATE_END)
			close_window(m, o, i);
	}
	for (size_t t = 0; t < m->r->meta->nr_tasks; t++) {
		for (uint32_t k = 0; k < open[t].nr; k++)
			not_ended(m, open[t].v[k]);
		free(open[t].v);
	}
	free(open);
}

/* --- ranges without a probe of the handler: from the memslots of the time ----------- */

static int cmp_begin(const void *va, const void *vb, void *arg)
{
	const struct recording *r = arg;
	uint64_t a = r->ops[*(const uint32_t *)va].begin_ns, b = r->ops[*(const uint32_t *)vb].begin_ns;

	return a == b ? 0 : a < b ? -1 : 1;
}

static void slots_then_make(struct slots_then *s, const struct recording *r)
{
	s->vms = xcalloc(r->meta->nr_vms, sizeof(*s->vms));
	s->changes = xcalloc(r->nr_ops, sizeof(*s->changes));
	for (uint32_t i = 0; i < r->nr_ops; i++)
		if (r->ops[i].kind == EV_OP_MEMSLOT && rec_op_stim(r, &r->ops[i]) && r->ops[i].vm < r->meta->nr_vms)
			s->changes[s->nr++] = i;
	qsort_r(s->changes, s->nr, sizeof(*s->changes), cmp_begin, (void *)r);
}

static void slots_then_fini(struct slots_then *s, const struct recording *r)
{
	for (size_t vm = 0; vm < r->meta->nr_vms; vm++)
		slots_fini(&s->vms[vm]);
	free(s->vms);
	free(s->changes);
}

static void slots_then_until(struct slots_then *s, const struct recording *r, uint64_t t)
{
	for (; s->next < s->nr && r->ops[s->changes[s->next]].begin_ns < t; s->next++) {
		const struct rec_op *op = &r->ops[s->changes[s->next]];

		slots_apply(&s->vms[op->vm], &rec_op_stim(r, op)->slot);
	}
}

/* @w->v is in the order of ends here; memslots do not change inside windows, so that is as good. */
static void match_slots(struct making *m)
{
	struct audit_windows *w = m->w;
	struct slots_then then = { 0 };

	slots_then_make(&then, m->r);
	for (uint32_t i = 0; i < w->nr; i++) {
		const struct rec_op *start = &m->r->ops[w->v[i].start];
		const struct ev *stim = rec_op_stim(m->r, start);

		if (start->vm >= m->r->meta->nr_vms || !stim)
			continue;
		slots_then_until(&then, m->r, start->begin_ns);
		w->v[i].first_range = w->nr_ranges;
		slots_match(&then.vms[start->vm], stim->hvas.start, stim->hvas.end, m->r->meta->page_shift,
			    add_range, w);
		w->v[i].nr_ranges = w->nr_ranges - w->v[i].first_range;
		w->v[i].matched = w->v[i].nr_ranges;
	}
	slots_then_fini(&then, m->r);
}

/* --- all of it ------------------------------------------------------------------------ */

static int cmp_zapped(const void *va, const void *vb)
{
	const struct audit_window *a = va, *b = vb;

	return a->zapped == b->zapped ? 0 : a->zapped < b->zapped ? -1 : 1;
}

static int cmp_begun(const void *va, const void *vb, void *arg)
{
	const struct audit_window *v = arg;
	uint64_t a = v[*(const uint32_t *)va].begun, b = v[*(const uint32_t *)vb].begun;

	return a == b ? 0 : a < b ? -1 : 1;
}

static int cmp_end(const void *va, const void *vb, void *arg)
{
	const struct audit_window *v = arg;
	uint64_t a = v[*(const uint32_t *)va].end_lo, b = v[*(const uint32_t *)vb].end_lo;

	return a == b ? 0 : a < b ? -1 : 1;
}

static void sort_windows(struct audit_windows *w)
{
	w->by_begin = xcalloc(w->nr, sizeof(*w->by_begin));
	w->by_end = xcalloc(w->nr, sizeof(*w->by_end));
	if (!w->nr)
		return;
	qsort(w->v, w->nr, sizeof(*w->v), cmp_zapped);
	for (uint32_t i = 0; i < w->nr; i++)
		w->by_begin[i] = w->by_end[i] = i;
	qsort_r(w->by_begin, w->nr, sizeof(*w->by_begin), cmp_begun, w->v);
	qsort_r(w->by_end, w->nr, sizeof(*w->by_end), cmp_end, w->v);
}

void audit_windows_make(const struct recording *r, struct audit *a, struct audit_windows *out)
{
	struct making m = { .r = r, .a = a, .w = out };

	*out = (struct audit_windows){ 0 };
	if (!r->meta->has_ends)
		return;
	for (uint32_t i = 0; i < r->nr_obs; i++) {
		m.has_handlers |= r->obs[i].o.kind == OBS_UNMAP_RANGE;
		m.has_end_pins |= r->obs[i].o.kind == OBS_PIN && r->obs[i].o.pin.pin == PIN_INV_END;
	}
	pair_all(&m);
	if (!m.has_handlers)
		match_slots(&m);
	sort_windows(out);
	a->windows = out->nr;
}

void audit_windows_fini(struct audit_windows *w)
{
	free(w->v);
	free(w->by_begin);
	free(w->by_end);
	free(w->ranges);
	*w = (struct audit_windows){ 0 };
}

bool audit_window_covers(const struct audit_windows *ws, const struct audit_window *w, gfn_t start, gfn_t end,
			 gfn_t *gfn)
{
	for (uint32_t i = 0; i < w->nr_ranges; i++) {
		const struct audit_range *range = &ws->ranges[w->first_range + i];

		if (range->start < end && start < range->end) {
			*gfn = start > range->start ? start : range->start;
			return true;
		}
	}
	return false;
}
