/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays sorted by time: what faults put into empty entries above 4 KiB and for tables, and the
 * pages they marked dirty.
 */
#include "replay/chains.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"
#include "kvm/spte.h"

struct link {
	uint64_t t_ns;
	uint64_t begin_ns, value; /* found: of the fault, and what it found; set: the entry */
	gfn_t	 gfn;
	uint32_t task;
	uint16_t vm;
	uint8_t	 level;
	bool	 made;		/* steps: of a table to be linked at that level, not of the entry */
	bool	 leaf;		/* steps: the entry maps */
};

struct links {
	struct link *v;
	size_t	     nr, cap;
};

struct chains {
	struct links installs, replaced, marks, steps, found;
	struct links set;	/* without the TDP MMU: by frame, then by time */
};

static void add(struct links *s, uint64_t t_ns, uint16_t vm, gfn_t gfn, int level)
{
	if (!s->v || s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->nr++] = (struct link){ .t_ns = t_ns, .gfn = gfn, .vm = vm, .level = (uint8_t)level };
}

static int cmp_link(const void *va, const void *vb)
{
	const struct link *a = va, *b = vb;

	return a->t_ns == b->t_ns ? 0 : a->t_ns < b->t_ns ? -1 : 1;
}

static void sort(struct links *s)
{
	if (s->nr)
		qsort(s->v, s->nr, sizeof(*s->v), cmp_link);
}

static int cmp_frame(const void *va, const void *vb)
{
	const struct link *a = va, *b = vb;

	if (a->vm != b->vm)
		return a->vm < b->vm ? -1 : 1;
	if (a->gfn != b->gfn)
		return a->gfn < b->gfn ? -1 : 1;
	return cmp_link(va, vb);
}

/* First at or after @t. */
static size_t from_time(const struct links *s, uint64_t t)
{
	size_t lo = 0, hi = s->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->v[mid].t_ns < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* It found the entry empty after it said what it was about to map, at @from_ns. */
static void note_install(struct chains *c, const struct rec_op *op, const struct rec_obs *o, uint64_t from_ns)
{
	const struct obs_spte *s = &o->o.spte;

	if (s->level > 1 && !spte_is_present(s->old) && spte_is_present(s->new))
		add(&c->installs, from_ns, op->vm, s->gfn, s->level);
}

/* A huge page in place of a table, which was there until then. */
static void note_replaced(struct chains *c, const struct rec_op *op, const struct rec_obs *o)
{
	const struct obs_spte *s = &o->o.spte;

	if (s->level > 1 && spte_is_table(s->old, s->level) && spte_is_leaf(s->new, s->level))
		add(&c->replaced, o->t_ns, op->vm, s->gfn, s->level);
}

/* An entry that a lockless fault found protected, and made writable. */
static void note_found(struct chains *c, const struct rec_op *op, const struct rec_obs *o)
{
	if (o->o.kind != OBS_FAST_PAGE_FAULT || o->o.fast.ret != RET_PF_FIXED || (o->o.fast.old & SPTE_W))
		return;
	add(&c->found, o->t_ns, op->vm, o->o.fast.gfn, 1);
	c->found.v[c->found.nr - 1].begin_ns = op->begin_ns;
	c->found.v[c->found.nr - 1].value = o->o.fast.old;
}

/* An entry that a fault changes, or makes a table for. */
static void note_step(struct chains *c, const struct rec_op *op, const struct rec_obs *o)
{
	bool made = o->o.kind == OBS_GET_PAGE;

	if (made)
		add(&c->steps, o->t_ns, op->vm, o->o.page.gfn, role_level(o->o.page.role) + 1);
	else if (o->o.kind == OBS_SPTE_CHANGED && !spte_is_present(o->o.spte.old))
		add(&c->steps, o->t_ns, op->vm, o->o.spte.gfn, o->o.spte.level);
	else
		return;
	c->steps.v[c->steps.nr - 1].task = op->task;
	c->steps.v[c->steps.nr - 1].made = made;
	c->steps.v[c->steps.nr - 1].leaf = !made && spte_is_leaf(o->o.spte.new, o->o.spte.level);
}

/* When a fault marked its page: the probe, else the lockless fault's event, else that of the new entry. */
static void note_mark(struct chains *c, const struct rec_op *op, const struct rec_obs *o)
{
	bool marks = (o->o.kind == OBS_PIN && o->o.pin.pin == PIN_MARK_DIRTY) ||
		     (o->o.kind == OBS_FAST_PAGE_FAULT && o->o.fast.ret == RET_PF_FIXED && o->o.fast.write) ||
		     (o->o.kind == OBS_SPTE_CHANGED && o->o.spte.level == 1 && (o->o.spte.new & SPTE_W));
	const struct link *last = c->marks.nr ? &c->marks.v[c->marks.nr - 1] : NULL;

	/* One mark per fault, its first sign. */
	if (marks && !(last && last->gfn == op->gfn && last->vm == op->vm && last->t_ns >= op->begin_ns))
		add(&c->marks, o->t_ns, op->vm, op->gfn, 1);
}

static void note_sets(struct chains *c, const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	for (uint32_t o = 0; o < op->nr_obs && !r->meta->tdp_mmu; o++) {
		if (obs[o].o.kind != OBS_SET_SPTE || obs[o].o.set.level != 1)
			continue;
		add(&c->set, obs[o].t_ns, op->vm, obs[o].o.set.gfn, 1);
		c->set.v[c->set.nr - 1].value = obs[o].o.set.spte;
	}
}

struct chains *chains_new(const struct recording *r)
{
	struct chains *c = xcalloc(1, sizeof(*c));

	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];
		const struct rec_obs *obs = rec_op_obs(r, op);
		uint64_t asked_ns = 0;

		note_sets(c, r, op);
		if (op->kind != EV_OP_FAULT || op->vm >= r->meta->nr_vms)
			continue;
		for (uint32_t o = 0; o < op->nr_obs; o++) {
			if (obs[o].o.kind == OBS_SPTE_REQUESTED)
				asked_ns = obs[o].t_ns;
			note_step(c, op, &obs[o]);
			note_found(c, op, &obs[o]);
			if (obs[o].o.kind == OBS_SPTE_CHANGED) {
				note_install(c, op, &obs[o], asked_ns ? asked_ns : obs[o].t_ns);
				note_replaced(c, op, &obs[o]);
			}
			if (r->meta->vms[op->vm].dirty_manual)
				note_mark(c, op, &obs[o]);
		}
	}
	sort(&c->installs);
	sort(&c->replaced);
	sort(&c->marks);
	sort(&c->steps);
	sort(&c->found);
	if (c->set.nr)
		qsort(c->set.v, c->set.nr, sizeof(*c->set.v), cmp_frame);
	return c;
}

void chains_free(struct chains *c)
{
	if (!c)
		return;
	free(c->installs.v);
	free(c->replaced.v);
	free(c->marks.v);
	free(c->steps.v);
	free(c->found.v);
	free(c->set.v);
	free(c);
}

uint64_t chains_thawed(const struct chains *c, uint16_t vm, gfn_t gfn, int level, uint64_t from, uint64_t to)
{
	for (size_t i = from_time(&c->installs, from); i < c->installs.nr && c->installs.v[i].t_ns < to; i++) {
		const struct link *l = &c->installs.v[i];

		if (l->vm == vm && l->gfn == gfn && l->level == level)
			return l->t_ns;
	}
	return to;
}

uint64_t chains_replaced(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t from, uint64_t to)
{
	uint64_t last = from;

	for (size_t i = from_time(&c->replaced, from); i < c->replaced.nr && c->replaced.v[i].t_ns < to; i++)
		if (c->replaced.v[i].vm == vm && c->replaced.v[i].gfn == gfn)
			last = c->replaced.v[i].t_ns;
	return last;
}

uint64_t chains_found(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t value, uint64_t from, uint64_t to)
{
	for (size_t i = from_time(&c->found, from); i < c->found.nr && c->found.v[i].t_ns < to; i++) {
		const struct link *l = &c->found.v[i];

		if (l->vm == vm && l->gfn == gfn && l->value == value)
			return l->begin_ns > from ? l->begin_ns : from;
	}
	return to;
}

uint64_t chains_set_last(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t t)
{
	const struct link at = { .t_ns = t, .gfn = gfn, .vm = vm };
	size_t lo = 0, hi = c->set.nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cmp_frame(&c->set.v[mid], &at) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && c->set.v[lo - 1].vm == vm && c->set.v[lo - 1].gfn == gfn ? c->set.v[lo - 1].value : 0;
}

static bool is_others(const struct link *l, const struct rec_op *op)
{
	return l->vm == op->vm && l->task != op->task;
}

bool chains_passed(const struct chains *c, const struct rec_op *op, gfn_t gfn, int level, uint64_t from, uint64_t to)
{
	uint64_t pages = SPTE_LEVEL_PAGES(level);

	for (size_t i = from_time(&c->steps, from); i < c->steps.nr && c->steps.v[i].t_ns < to; i++) {
		const struct link *l = &c->steps.v[i];

		if (is_others(l, op) && l->level < level && !((l->gfn ^ gfn) & ~(pages - 1)))
			return true;
	}
	return false;
}

/* @l changed an entry above the page of @op. */
static bool is_on_way(const struct link *l, const struct rec_op *op)
{
	return is_others(l, op) && !l->made && !((l->gfn ^ op->gfn) & ~(SPTE_LEVEL_PAGES(l->level) - 1));
}

uint64_t chains_last_way(const struct chains *c, const struct rec_op *op, int level, uint64_t from, uint64_t to)
{
	uint64_t last = from;

	for (size_t i = from_time(&c->steps, from); i < c->steps.nr && c->steps.v[i].t_ns <= to; i++) {
		const struct link *l = &c->steps.v[i];

		if (!is_on_way(l, op))
			continue;
		if (l->level == level || l->leaf)
			return last;
		if (l->level > level)
			last = l->t_ns;
	}
	return from;
}

uint64_t chains_taken(const struct chains *c, const struct rec_op *op, uint64_t from, uint64_t to)
{
	for (size_t i = from_time(&c->steps, from); i < c->steps.nr && c->steps.v[i].t_ns <= to; i++) {
		const struct link *l = &c->steps.v[i];

		if (is_on_way(l, op))
			return l->t_ns;
	}
	return 0;
}

static bool is_get(const struct ev *stim)
{
	return stim && stim->kind == EV_DIRTY_GET;
}

/* Did a CLEAR of the slot that follows @get in its task clear @gfn?  Its words are in order. */
static bool was_cleared(const struct recording *r, const struct rec_op *get, gfn_t gfn)
{
	const struct ev *asked = rec_op_stim(r, get);

	for (uint32_t i = get->next; i != REC_NONE; i = r->ops[i].next) {
		const struct rec_op *op = &r->ops[i];
		const struct ev *stim = rec_op_stim(r, op);

		if (op->kind != EV_OP_DIRTY || op->vm != get->vm || !stim || stim->gfns.slot != asked->gfns.slot)
			continue;
		if (is_get(stim))
			return false;
		for (uint32_t o = 0; o < op->nr_obs; o++) {
			const struct obs *word = &rec_op_obs(r, op)[o].o;

			if (word->kind == OBS_LOG_DIRTY && gfn - word->gfns.gfn < 64 &&
			    word->gfns.count >> (gfn - word->gfns.gfn) & 1)
				return true;
		}
	}
	return false;
}

void chains_copied(const struct chains *c, const struct recording *r, const struct rec_op *op,
		   struct instant *at)
{
	const struct ev *stim = rec_op_stim(r, op);

	if (op->kind != EV_OP_DIRTY || !is_get(stim) || !r->meta->vms[op->vm].dirty_manual)
		return;
	for (size_t i = from_time(&c->marks, at->lo); i < c->marks.nr && c->marks.v[i].t_ns < at->hi; i++) {
		const struct link *mark = &c->marks.v[i];

		if (mark->vm != op->vm || mark->gfn - stim->gfns.gfn >= stim->gfns.count)
			continue;
		if (was_cleared(r, op, mark->gfn))
			at->lo = mark->t_ns + 1;
		else
			at->hi = mark->t_ns;
	}
	if (at->at < at->lo)
		at->at = at->lo;
	if (at->at >= at->hi)
		at->at = at->hi > at->lo ? at->hi - 1 : at->lo;
}
