/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One sweep over all changes in time order, with the windows that are open beside it; then the other checks. */
#include "replay/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "replay/audit_flush.h"
#include "replay/audit_shadow.h"
#include "replay/audit_snapshot.h"
#include "replay/audit_tables.h"
#include "replay/instants.h"

static const char *const names[] = {
#define RULE(id, name) name,
#include "replay/audit.def"
#undef RULE
};

const char *audit_rule_name(enum audit_rule rule)
{
	return names[rule];
}

struct audit_finding *audit_add(struct audit *a, enum audit_rule rule, uint16_t vm, gfn_t gfn, uint64_t t_ns)
{
	if (a->nr == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 16;
		a->findings = xreallocarray(a->findings, a->cap, sizeof(*a->findings));
	}
	a->findings[a->nr] = (struct audit_finding){
		.rule = rule, .certain = !a->lost, .vm = vm, .gfn = gfn, .t_ns = t_ns, .obs = REC_NONE,
		.ops = { REC_NONE, REC_NONE, REC_NONE },
	};
	return &a->findings[a->nr++];
}

/* --- the sweep ---------------------------------------------------------------------- */

struct step {
	uint64_t t_ns;
	uint32_t op, obs;
};

struct sweep {
	const struct recording	   *r;
	const struct spte_format   *f;
	const struct audit_windows *w;
	struct audit		   *a;
	struct step		   *steps;
	uint32_t		    nr_steps;
	uint32_t		   *open;	/* windows that have begun and may not have ended yet */
	uint32_t		    nr_open;
	uint32_t		    begun, zapped;	/* so many have: places in by_begin and in v */
	struct audit_tables	   *tables;
	bool			    chained;	/* shadow paging: both probes that show what becomes of an entry */
	uint32_t		    said_op, said_window;	/* the last finding's: one per operation and window */
};

/* The TDP MMU says of the children of a split what became of each; without it, that the page was split. */
static bool is_step(const struct recording *r, const struct obs *o)
{
	switch (o->kind) {
	case OBS_SPTE_CHANGED:
	case OBS_SPTE_UPDATE:
	case OBS_SPTE_CLEAR:
	case OBS_SET_SPTE:
	case OBS_FAST_PAGE_FAULT:
		return true;
	case OBS_SPLIT_HUGE_PAGE:
		return !r->meta->tdp_mmu;
	default:
		return false;
	}
}

static int cmp_step(const void *va, const void *vb)
{
	const struct step *a = va, *b = vb;

	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return a->obs == b->obs ? 0 : a->obs < b->obs ? -1 : 1;
}

static void gather_steps(struct sweep *s)
{
	s->steps = xcalloc(s->r->nr_obs, sizeof(*s->steps));
	for (uint32_t i = 0; i < s->r->nr_ops; i++) {
		const struct rec_op *op = &s->r->ops[i];

		for (uint32_t k = op->first_obs; k < op->first_obs + op->nr_obs; k++)
			if (is_step(s->r, &s->r->obs[k].o))
				s->steps[s->nr_steps++] = (struct step){ s->r->obs[k].t_ns, i, k };
	}
	if (s->nr_steps)
		qsort(s->steps, s->nr_steps, sizeof(*s->steps), cmp_step);
}

/* Windows that were begun before @t are open; those that have ended by it are not. */
static void open_until(struct sweep *s, uint64_t t)
{
	uint32_t kept = 0;

	for (; s->zapped < s->w->nr && s->w->v[s->zapped].zapped < t; s->zapped++)
		audit_tables_zapped(s->tables, s->zapped);
	for (; s->begun < s->w->nr && s->w->v[s->w->by_begin[s->begun]].begun < t; s->begun++)
		s->open[s->nr_open++] = s->w->by_begin[s->begun];
	for (uint32_t i = 0; i < s->nr_open; i++)
		if (s->w->v[s->open[i]].end_at > t)
			s->open[kept++] = s->open[i];
	s->nr_open = kept;
}

/* --- I-N1: what is installed inside a window ------------------------------------------- */

/*
 * As soon as a begin has had the lock nothing may be put where nothing was: the retry test must see it.  What
 * was there before may be changed until it is zapped (a begin may drop the lock to yield), and not after that.
 */
struct install {
	gfn_t	    start, end;
	unsigned int level, as_id;
	uint64_t    from_ns;	/* it may have been made as early as this, as far as a window's begin goes */
	bool	    anew;	/* where nothing was */
	const char *what;
};

/* Of an entry that stays present: may the guest do more with it?  A and D are no permissions. */
static bool permits_more(const struct spte_format *f, uint64_t old, uint64_t new)
{
	uint64_t gained = (new & ~old) & (SPTE_W | f->exec | f->user), lost = (old & ~new) & f->nx;

	return gained || lost;
}

static const char *said_of_change(const struct spte_format *f, const struct obs_spte *s)
{
	bool was = spte_is_present(s->old);

	if (spte_is_leaf(s->old, s->level) && spte_is_table(s->new, s->level))
		return "split";
	if (!spte_is_leaf(s->new, s->level))
		return NULL;
	if (!was)
		return "installed";
	if (spte_is_table(s->old, s->level))
		return "promoted";
	if (spte_pfn(s->old) != spte_pfn(s->new))
		return "pointed to another page";
	return permits_more(f, s->old, s->new) ? "permitted more" : NULL;
}

static bool install_at(struct install *i, gfn_t gfn, unsigned int level, unsigned int as_id, uint64_t t_ns,
		       const char *what)
{
	if (level < 1 || level > 5)
		return false;
	i->start = gfn & ~(SPTE_LEVEL_PAGES(level) - 1);
	i->end = i->start + SPTE_LEVEL_PAGES(level);
	i->level = level;
	i->as_id = as_id;
	i->from_ns = t_ns;
	i->anew = false;
	i->what = what;
	return what;
}

/* Shadow paging: an entry is updated, and then said to be set.  The update knows what it was before. */
static bool said_by_update(const struct sweep *s, const struct step *step)
{
	const struct obs *o = &s->r->obs[step->obs].o, *before;

	if (step->obs == s->r->ops[step->op].first_obs)
		return false;
	before = &s->r->obs[step->obs - 1].o;
	return before->kind == OBS_SPTE_UPDATE && before->spte.level == o->set.level && before->spte.gfn == o->set.gfn;
}

/* Does @step's record show a mapping made, or met by somebody who may use it? */
static bool as_install(const struct sweep *s, const struct step *step, struct install *out)
{
	const struct rec_op *op = &s->r->ops[step->op];
	const struct obs *o = &s->r->obs[step->obs].o;

	switch (o->kind) {
	case OBS_SPTE_CHANGED:
	case OBS_SPTE_UPDATE:
		if (!install_at(out, o->spte.gfn, o->spte.level, o->spte.as_id, step->t_ns,
				said_of_change(s->f, &o->spte)))
			return false;
		out->anew = !spte_is_present(o->spte.old);
		return true;
	case OBS_SET_SPTE:
		return !said_by_update(s, step) &&
		       install_at(out, o->set.gfn, o->set.level, 0, step->t_ns,
				  spte_is_leaf(o->set.spte, o->set.level) ? "set" : NULL);
	case OBS_SPLIT_HUGE_PAGE:
		return install_at(out, o->map.gfn, o->map.level, 0, step->t_ns, o->map.pfn ? NULL : "split");
	case OBS_FAST_PAGE_FAULT:
		if (o->fast.ret != RET_PF_FIXED && o->fast.ret != RET_PF_SPURIOUS)
			return false;
		/* No lock keeps it out of the begin's section: it may have met the entry as early as it began. */
		return install_at(out, o->fast.gfn, 1, 0, op->begin_ns,
				  spte_is_present(o->fast.old) ? "made writable, or met, without the lock" : NULL);
	default:
		return false;
	}
}

/*
 * A fault tests the frame it is about, not all of the huge page it maps.  The host splits a huge page of which it
 * takes a part away, under an invalidation of its own inside this one, before it does; what was
 * mapped until then goes with that.  Return: that one's begin, or NULL.
 */
static const struct rec_op *split_later(const struct sweep *s, const struct step *step, const struct install *i,
					const struct audit_window *w)
{
	const struct rec_op *op = &s->r->ops[step->op];
	gfn_t gfn;

	if (op->kind != EV_OP_FAULT || audit_window_covers(s->w, w, op->gfn, op->gfn + 1, &gfn))
		return NULL;
	for (uint32_t k = s->zapped; k < s->w->nr && s->w->v[k].zapped < w->end_lo; k++) {
		const struct audit_window *in = &s->w->v[k];

		if (s->r->ops[in->start].task == s->r->ops[w->start].task && in->vm == w->vm &&
		    audit_window_covers(s->w, in, i->start, i->start + 1, &gfn) &&
		    audit_window_covers(s->w, in, i->end - 1, i->end, &gfn))
			return &s->r->ops[in->start];
	}
	return NULL;
}

static void say_inside(struct sweep *s, const struct step *step, const struct install *i, uint32_t window, gfn_t gfn)
{
	const struct audit_window *w = &s->w->v[window];
	const struct rec_op *start = &s->r->ops[w->start];
	const struct rec_op *split = split_later(s, step, i, w);
	struct audit_finding *f = audit_add(s->a, AUDIT_N1, w->vm, gfn, step->t_ns);
	int len;

	f->certain = i->from_ns > (i->anew ? w->begun : w->zapped) && step->t_ns < w->end_lo &&
		     !rec_op_lost(s->r, start) && !i->as_id && !split;
	f->obs = step->obs;
	f->ops[0] = step->op;
	f->ops[1] = w->start;
	f->ops[2] = w->end;
	len = snprintf(f->text, sizeof(f->text),
		       "an entry of level %u was %s %.6f ms after an invalidation began to zap its range, "
		       "%.6f ms before its end",
		       i->level, i->what, (step->t_ns - w->begun) / 1e6, (w->end_at - step->t_ns) / 1e6);
	if (split && len > 0 && (size_t)len < sizeof(f->text))
		snprintf(f->text + len, sizeof(f->text) - (size_t)len,
			 "; the host splits that page under an invalidation of its own at %.6f s",
			 split->begin_ns / 1e9);
}

/* change_pte replaces a page inside the window that its caller opened for it. */
static bool own_window(const struct sweep *s, const struct step *step, const struct audit_window *w)
{
	return s->r->ops[step->op].kind == EV_OP_SET_SPTE && s->r->ops[step->op].task == s->r->ops[w->start].task;
}

static void check_inside(struct sweep *s, const struct step *step)
{
	uint16_t vm = s->r->obs[step->obs].o.vm;
	struct install i;
	gfn_t gfn;

	if (!as_install(s, step, &i))
		return;
	s->a->installs++;
	for (uint32_t k = 0; k < s->nr_open; k++) {
		uint32_t window = s->open[k];

		if (s->w->v[window].vm != vm || !audit_window_covers(s->w, &s->w->v[window], i.start, i.end, &gfn))
			continue;
		if (own_window(s, step, &s->w->v[window]))
			continue;
		/* What is there already may be changed while it is waiting to be zapped. */
		if (!i.anew && step->t_ns <= s->w->v[window].zapped)
			continue;
		if (s->said_op == step->op && s->said_window == window)
			continue;
		say_inside(s, step, &i, window, gfn);
		s->said_op = step->op;
		s->said_window = window;
	}
}

/* Is @o a change of an entry whose place is known? */
static bool is_change(const struct sweep *s, const struct obs *o)
{
	if (o->kind == OBS_SPTE_UPDATE || o->kind == OBS_SPTE_CLEAR)
		return s->chained && o->spte.level;
	return o->kind == OBS_SPTE_CHANGED;
}

static void sweep(struct sweep *s)
{
	s->tables = audit_tables_new(s->r, s->w, s->a);
	gather_steps(s);
	s->open = xcalloc(s->w->nr, sizeof(*s->open));
	s->said_op = s->said_window = REC_NONE;
	for (uint32_t i = 0; i < s->nr_steps; i++) {
		open_until(s, s->steps[i].t_ns);
		check_inside(s, &s->steps[i]);
		if (is_change(s, &s->r->obs[s->steps[i].obs].o))
			audit_tables_change(s->tables, s->steps[i].op, s->steps[i].obs);
	}
	audit_tables_end(s->tables);
	audit_tables_free(s->tables);
	free(s->steps);
	free(s->open);
}

/* --- I-N2: memslots swapped inside a window --------------------------------------------------- */

static void check_swap(struct sweep *s, uint32_t index, uint64_t from, uint64_t to)
{
	const struct rec_op *op = &s->r->ops[index];
	const struct ev *stim = rec_op_stim(s->r, op);

	s->a->swaps++;
	for (uint32_t i = 0; i < s->w->nr; i++) {
		const struct audit_window *w = &s->w->v[i];
		struct audit_finding *f;

		if (w->vm != op->vm || w->begun > from || w->end_lo < to)
			continue;
		f = audit_add(s->a, AUDIT_N2, op->vm, stim ? stim->slot.gfn : 0, to);
		f->ops[0] = index;
		f->ops[1] = w->start;
		f->ops[2] = w->end;
		snprintf(f->text, sizeof(f->text),
			 "memslots were swapped between %.6f s and %.6f s, inside an invalidation", from / 1e9,
			 to / 1e9);
	}
}

/* From the entry of the swap to the first sign that it is over. */
static void check_swaps(struct sweep *s, uint32_t index)
{
	const struct rec_op *op = &s->r->ops[index];
	uint64_t from = 0;

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct rec_obs *o = &s->r->obs[op->first_obs + i];

		if (o->o.kind != OBS_PIN)
			continue;
		if (o->o.pin.pin == PIN_SWAP) {
			from = o->t_ns;
		} else if (from && (o->o.pin.pin == PIN_SLOTS_UPDATED || o->o.pin.pin == PIN_SWAP_RET)) {
			check_swap(s, index, from, o->t_ns);
			from = 0;
		}
	}
}

/* --- all of it ------------------------------------------------------------------------------------ */

static int cmp_finding(const void *va, const void *vb)
{
	const struct audit_finding *a = va, *b = vb;

	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return a->rule != b->rule ? (int)a->rule - (int)b->rule : a->gfn == b->gfn ? 0 : a->gfn < b->gfn ? -1 : 1;
}

static bool any_obs(const struct recording *r, unsigned int kind)
{
	for (uint32_t i = 0; i < r->nr_obs; i++)
		if (r->obs[i].o.kind == kind)
			return true;
	return false;
}

static void check_operations(struct sweep *s)
{
	const struct audit_job job = { s->r, s->w, s->a };
	bool flush_shown = any_obs(s->r, OBS_FLUSH_ALL) || any_obs(s->r, OBS_FLUSH_RANGE);

	for (uint32_t i = 0; i < s->r->nr_ops; i++) {
		const struct rec_op *op = &s->r->ops[i];

		if (op->vm >= s->r->meta->nr_vms)
			continue;
		if (op->kind == EV_OP_FAULT)
			audit_snapshot(&job, i);
		else if (op->kind == EV_OP_MEMSLOT)
			check_swaps(s, i);
		if (flush_shown)
			audit_flush(&job, i);
	}
}

/*
 * Records that no operation closed become operations of their own, at their instant: an install is one,
 * whoever made it.  @out shares all but its operations with @r.
 */
static void with_strays(const struct recording *r, struct recording *out)
{
	uint32_t strays = r->nr_obs - r->first_stray;

	*out = *r;
	out->nr_ops = r->nr_ops + strays;
	out->ops = xcalloc(out->nr_ops, sizeof(*out->ops));
	if (r->nr_ops)
		memcpy(out->ops, r->ops, r->nr_ops * sizeof(*r->ops));
	for (uint32_t i = 0; i < strays; i++) {
		const struct rec_obs *o = &r->obs[r->first_stray + i];

		out->ops[r->nr_ops + i] = (struct rec_op){
			.begin_ns = o->t_ns, .end_ns = o->t_ns, .task = r->stray_tasks[i],
			.first_obs = r->first_stray + i, .nr_obs = 1, .stim = REC_NONE, .parent = REC_NONE,
			.child = REC_NONE, .next = REC_NONE, .vm = o->o.vm, .kind = EV_OP_UNKNOWN,
		};
	}
}

void audit_run(const struct recording *r, struct audit *out)
{
	struct audit_windows windows;
	struct sweep s = { .r = &out->rec, .f = spte_format(r->meta->release, r->meta->tdp), .w = &windows, .a = out };

	*out = (struct audit){ .lost = r->meta->nr_lost };
	with_strays(r, &out->rec);
	s.chained = any_obs(r, OBS_SPTE_UPDATE) && any_obs(r, OBS_SPTE_CLEAR);
	audit_windows_make(&out->rec, out, &windows);
	sweep(&s);
	check_operations(&s);
	audit_shadow(&out->rec, out);
	audit_windows_fini(&windows);
	if (out->nr)
		qsort(out->findings, out->nr, sizeof(*out->findings), cmp_finding);
	for (uint32_t i = 0; i < out->nr; i++)
		out->certain += out->findings[i].certain;
}

void audit_fini(struct audit *a)
{
	free(a->findings);
	free(a->rec.ops);
	*a = (struct audit){ 0 };
}
