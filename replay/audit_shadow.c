/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sweep in time order over the records of shadow pages, with the guest's tables beside it (replay/gptes.h).
 *
 * A fault takes the pages on its way one after the other, each below the one before: kvm_mmu_get_page where a page is
 * to be linked, nothing where it hangs there already.  That it was linked only what comes next in the fault says: the
 * next page, or kvm_mmu_spte_requested.
 */
#include "replay/audit_shadow.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"
#include "replay/audit_pages.h"
#include "replay/audit_walk.h"

#define END_OF_OP	(UINT32_MAX - 1)	/* as step.obs */

struct step {
	uint64_t t_ns;
	uint32_t op, obs;	/* or REC_NONE, */
	uint32_t stim;		/* where this is one */
};

/* What a task is doing. */
struct work {
	uint32_t op;			/* a fault, or REC_NONE */
	bool	 placed;		/* @walk is known */
	struct audit_walk walk;
	uint32_t page[AUDIT_LEVELS + 1];	/* that it took, by level */
	uint32_t taken;			/* the last of these, while nothing says that it was linked, or AUDIT_NO_PAGE */
	uint32_t taken_obs;
	uint32_t owed;			/* a page below it that was unsync when it was taken */
	uint32_t synced;		/* pages, since */
	bool	 root_known;
	unsigned int root_level;
	gfn_t	 root;			/* the guest's, as the vCPU loaded it last */
};

struct shadow {
	const struct recording *r;
	struct audit	       *a;
	struct gptes	       *gptes;
	struct audit_pages	pages;
	struct work	       *work;	/* by task */
	bool		       *mistaken;	/* by VM: walks were not of the tables that they seemed to be of */
	struct step	       *steps;
	uint32_t		nr_steps;
};

/* --- steps in time order ----------------------------------------------------------------- */

static bool is_step_obs(unsigned int kind)
{
	switch (kind) {
	case OBS_GET_PAGE:
	case OBS_PREPARE_ZAP_PAGE:
	case OBS_SYNC_PAGE:
	case OBS_UNSYNC_PAGE:
	case OBS_ZAP_ALL_FAST:
	case OBS_SPTE_REQUESTED:
	case OBS_SET_SPTE:
		return true;
	default:
		return false;
	}
}

static bool is_step_stim(unsigned int kind)
{
	return kind == EV_GPTE || kind == EV_PT_WRITE;
}

static bool has_end_step(unsigned int kind)
{
	return kind == EV_OP_FAULT || kind == EV_OP_SYNC_ROOTS || kind == EV_OP_VCPU_LOAD ||
	       kind == EV_OP_VCPU_UNLOAD || kind == EV_OP_CR3 || kind == EV_OP_PT_WRITE;
}

static int cmp_step(const void *va, const void *vb)
{
	const struct step *a = va, *b = vb;

	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	if (a->stim != b->stim)		/* what the guest did comes before what KVM made of it */
		return a->stim < b->stim ? -1 : 1;
	return a->obs == b->obs ? 0 : a->obs < b->obs ? -1 : 1;
}

static void gather(struct shadow *s)
{
	const struct recording *r = s->r;

	s->steps = xcalloc((size_t)r->nr_obs + r->nr_ops + r->nr_stims, sizeof(*s->steps));
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		for (uint32_t k = op->first_obs; k < op->first_obs + op->nr_obs; k++)
			if (is_step_obs(r->obs[k].o.kind))
				s->steps[s->nr_steps++] = (struct step){ r->obs[k].t_ns, i, k, REC_NONE };
		if (has_end_step(op->kind))
			s->steps[s->nr_steps++] = (struct step){ op->end_ns, i, END_OF_OP, REC_NONE };
	}
	for (uint32_t i = 0; i < r->nr_stims; i++)
		if (is_step_stim(r->stims[i].ev.kind))
			s->steps[s->nr_steps++] = (struct step){ r->stims[i].t_ns, REC_NONE, REC_NONE, i };
	if (s->nr_steps)
		qsort(s->steps, s->nr_steps, sizeof(*s->steps), cmp_step);
}

/* --- findings ----------------------------------------------------------------------------------- */

/* Pages are told apart by VM, which two of them in one recording may not show. */
static struct audit_finding *add(struct shadow *s, enum audit_rule rule, const struct audit_page *page,
				 const struct step *step)
{
	struct audit_finding *f = audit_add(s->a, rule, page->vm, page->gfn, step->t_ns);

	f->certain = f->certain && s->r->meta->nr_vms == 1;
	f->obs = step->obs == END_OF_OP ? REC_NONE : step->obs;
	f->ops[0] = step->op;
	return f;
}

static void say_met_again(struct shadow *s, uint32_t page, const struct step *step, const char *what)
{
	const struct audit_page *x = audit_page(&s->pages, page);
	struct audit_finding *f = add(s, AUDIT_T2, x, step);

	if (x->gone)
		f->ops[1] = x->by_op;
	snprintf(f->text, sizeof(f->text), "a shadow page of level %u was %s, although it %s", role_level(x->role), what,
		 x->gone ? "had been zapped" : x->obsolete ? "is obsolete" : "is in use");
}

static void say_unsync(struct shadow *s, const struct audit_page *page, uint32_t unsync, const struct step *step,
		       const char *what)
{
	struct audit_page *x = audit_page(&s->pages, unsync);
	struct audit_finding *f = add(s, AUDIT_S1, x, step);

	x->said = true;
	f->ops[1] = x->by_op;
	snprintf(f->text, sizeof(f->text),
		 "a shadow page of level %u (gfn 0x%llx) %s, and the page of gfn 0x%llx below it is not in sync",
		 role_level(page->role), (unsigned long long)page->gfn, what, (unsigned long long)x->gfn);
}

/* Nothing below @page may be unsync, but for what was let go by an operation that was not over by @by_ns. */
static void check_synced(struct shadow *s, uint32_t page, uint64_t by_ns, const struct step *step, const char *what)
{
	uint32_t unsync;

	while ((unsync = audit_pages_unsync(&s->pages, s->r, page, by_ns, true)) != AUDIT_NO_PAGE)
		say_unsync(s, audit_page(&s->pages, page), unsync, step, what);
}

/* --- the way of a fault ------------------------------------------------------------------------------ */

/* The walk that led to @op: written before the access, of which all attempts are one. */
static const struct ev *walk_of(const struct recording *r, const struct rec_op *op)
{
	if (op->stim == REC_NONE)
		return NULL;
	for (uint32_t i = op->stim; i-- > 0 && r->stims[i].ev.kind != EV_ACCESS;)
		if (r->stims[i].ev.kind == EV_WALK)
			return &r->stims[i].ev;
	return NULL;
}

static struct work *work_of(struct shadow *s, const struct step *step)
{
	const struct rec_op *op = &s->r->ops[step->op];
	struct work *w = &s->work[op->task];
	const struct ev *walk;

	if (w->op == step->op)
		return w;
	w->op = step->op;
	w->taken = w->owed = AUDIT_NO_PAGE;
	for (unsigned int l = 0; l <= AUDIT_LEVELS; l++)
		w->page[l] = AUDIT_NO_PAGE;
	walk = walk_of(s->r, op);
	w->placed = walk && audit_walk(s->gptes, op->vm, &walk->walk, step->t_ns, &w->walk);
	return w;
}

/* The page of @level on the way, as taken now or linked before. */
static uint32_t page_on_way(struct shadow *s, const struct work *w, unsigned int level)
{
	uint32_t page;

	if (!w->placed || level > w->walk.top || level < w->walk.leaf)
		return AUDIT_NO_PAGE;
	if (w->page[level] != AUDIT_NO_PAGE)
		return w->page[level];
	if (level == w->walk.top)
		return audit_pages_only(&s->pages, s->r->ops[w->op].vm, w->walk.table[level], level);
	page = page_on_way(s, w, level + 1);
	return page == AUDIT_NO_PAGE ? page : audit_pages_below(&s->pages, page, audit_index(w->walk.gva, level + 1));
}

/* From @level on down no shadow of the guest's tables hangs here: a page of ours, or a huge one. */
static void nothing_below(struct shadow *s, const struct work *w, unsigned int level)
{
	uint32_t page = page_on_way(s, w, level);

	if (page != AUDIT_NO_PAGE)
		audit_pages_link(&s->pages, page, audit_index(w->walk.gva, level), AUDIT_NO_PAGE);
}

/* The fault went on from the page that it took last: that one is linked. */
static void went_on(struct shadow *s, struct work *w, const struct step *step)
{
	const struct audit_page *page;
	unsigned int level;
	uint32_t parent;

	if (w->taken == AUDIT_NO_PAGE)
		return;
	page = audit_page(&s->pages, w->taken);
	level = role_level(page->role);
	parent = page_on_way(s, w, level + 1);
	if (level > 1) {
		s->a->links += w->owed != AUDIT_NO_PAGE;
		check_synced(s, w->taken, UINT64_MAX, step, "was linked");
	}
	if (parent != AUDIT_NO_PAGE && page->gfn == w->walk.table[level])
		audit_pages_link(&s->pages, parent, audit_index(w->walk.gva, level + 1), w->taken);
	w->taken = AUDIT_NO_PAGE;
}

static void took(struct shadow *s, struct work *w, uint32_t page, const struct step *step)
{
	unsigned int level = role_level(audit_page(&s->pages, page)->role);

	if (level > AUDIT_LEVELS)
		return;
	w->page[level] = page;
	w->taken = page;
	w->taken_obs = step->obs;
	w->synced = 0;
	w->owed = level > 1 ? audit_pages_unsync(&s->pages, s->r, page, UINT64_MAX, false) : AUDIT_NO_PAGE;
}

/* The fault is over.  Who took a page with sync work owed, and went no further, did some of it. */
static void fault_over(struct shadow *s, const struct step *step)
{
	const struct rec_op *op = &s->r->ops[step->op];
	struct work *w = &s->work[op->task];
	const struct audit_page *taken;
	struct audit_finding *f;

	if (w->op != step->op || w->taken == AUDIT_NO_PAGE || w->owed == AUDIT_NO_PAGE || op->result != RET_PF_RETRY)
		return;
	s->a->retries++;
	if (w->synced)
		return;
	taken = audit_page(&s->pages, w->taken);
	f = add(s, AUDIT_S2, audit_page(&s->pages, w->owed), step);
	f->obs = w->taken_obs;
	snprintf(f->text, sizeof(f->text),
		 "a fault gave up below a shadow page of level %u (gfn 0x%llx), and synced none of the pages below it",
		 role_level(taken->role), (unsigned long long)taken->gfn);
}

/* --- roots ----------------------------------------------------------------------------------------------- */

static void loads_root(struct shadow *s, uint32_t task, bool known, gfn_t root, unsigned int level)
{
	struct work *w = &s->work[task];

	w->root_known = known && level >= 4;
	w->root_level = level;
	w->root = root;
}

/* A vCPU that loads a root right after a sync had none to be synced. */
static bool had_no_root(const struct recording *r, const struct rec_op *op)
{
	return op->kind == EV_OP_SYNC_ROOTS && op->next != REC_NONE && r->ops[op->next].kind == EV_OP_VCPU_LOAD;
}

/* kvm_mmu_load() and kvm_mmu_sync_roots() leave nothing below the root unsync but what others let go meanwhile. */
static void roots_synced(struct shadow *s, const struct step *step)
{
	const struct rec_op *op = &s->r->ops[step->op];
	const struct work *w = &s->work[op->task];
	uint32_t root;

	if (!w->root_known || had_no_root(s->r, op))
		return;
	root = audit_pages_only(&s->pages, op->vm, w->root, w->root_level);
	if (root == AUDIT_NO_PAGE)
		return;
	s->a->roots++;
	check_synced(s, root, op->begin_ns, step, "is the root of a vCPU that has synced");
}

/* --- records -------------------------------------------------------------------------------------------- */

/* The page of a record that names one: made here where the recording began later than it. */
static uint32_t page_of(struct shadow *s, const struct step *step, const char *what)
{
	const struct obs *o = &s->r->obs[step->obs].o;
	uint32_t page = audit_pages_find(&s->pages, o);

	if (page == AUDIT_NO_PAGE)
		return audit_pages_add(&s->pages, o);
	if (audit_page(&s->pages, page)->gone)
		say_met_again(s, page, step, what);
	return page;
}

static void get_page(struct shadow *s, const struct step *step)
{
	const struct rec_op *op = &s->r->ops[step->op];
	const struct obs *o = &s->r->obs[step->obs].o;
	struct work *w = op->kind == EV_OP_FAULT ? work_of(s, step) : NULL;
	uint32_t page;

	if (w)
		went_on(s, w, step);
	if (o->page.created) {
		page = audit_pages_find(&s->pages, o);
		if (page != AUDIT_NO_PAGE && !audit_page(&s->pages, page)->gone)
			say_met_again(s, page, step, "made again");
		page = audit_pages_add(&s->pages, o);
		s->a->pages++;
	} else {
		page = page_of(s, step, "taken");
		if (audit_page(&s->pages, page)->obsolete)
			say_met_again(s, page, step, "taken");
	}
	if (op->kind == EV_OP_VCPU_LOAD)
		loads_root(s, op->task, !role_direct(o->page.role), o->page.gfn, role_level(o->page.role));
	if (!w)
		return;
	if (role_direct(o->page.role))
		nothing_below(s, w, role_level(o->page.role) + 1);
	else
		took(s, w, page, step);
}

static void zap_page(struct shadow *s, const struct step *step)
{
	const struct obs *o = &s->r->obs[step->obs].o;

	if (role_invalid(o->page.role))		/* a root in use, zapped before: now it goes */
		return;
	audit_pages_gone(&s->pages, page_of(s, step, "zapped"), step->op, step->t_ns);
}

/* Who zaps a page that is unsync says right after that it is so no more. */
static bool says_zapped(const struct shadow *s, const struct step *step)
{
	uint32_t index = audit_pages_find(&s->pages, &s->r->obs[step->obs].o);
	const struct audit_page *page;

	if (index == AUDIT_NO_PAGE)
		return false;
	page = audit_page(&s->pages, index);
	return page->gone && page->by_op == step->op;
}

static void sync_page(struct shadow *s, const struct step *step)
{
	struct work *w = &s->work[s->r->ops[step->op].task];

	uint32_t page;

	w->synced += w->op == step->op;
	if (says_zapped(s, step))
		return;
	page = page_of(s, step, "synced");
	audit_page(&s->pages, page)->unsync = false;
}

static void unsync_page(struct shadow *s, const struct step *step)
{
	uint32_t index = page_of(s, step, "let go unsync");
	struct audit_page *page = audit_page(&s->pages, index);

	page->unsync = true;
	page->said = false;
	page->by_op = step->op;
}

static void entry_set(struct shadow *s, const struct step *step)
{
	const struct obs *o = &s->r->obs[step->obs].o;

	if (s->r->ops[step->op].kind == EV_OP_FAULT && o->set.level > 1 && spte_is_leaf(o->set.spte, o->set.level))
		nothing_below(s, work_of(s, step), o->set.level);
}

static void do_obs(struct shadow *s, const struct step *step)
{
	const struct obs *o = &s->r->obs[step->obs].o;

	switch (o->kind) {
	case OBS_GET_PAGE:
		get_page(s, step);
		break;
	case OBS_PREPARE_ZAP_PAGE:
		zap_page(s, step);
		break;
	case OBS_SYNC_PAGE:
		sync_page(s, step);
		break;
	case OBS_UNSYNC_PAGE:
		unsync_page(s, step);
		break;
	case OBS_ZAP_ALL_FAST:
		audit_pages_obsolete(&s->pages, o->vm, o->page.valid_gen);
		break;
	case OBS_SPTE_REQUESTED:
		if (s->r->ops[step->op].kind == EV_OP_FAULT)
			went_on(s, work_of(s, step), step);
		break;
	case OBS_SET_SPTE:
		entry_set(s, step);
		break;
	default:
		break;
	}
}

/* A write to a table takes out what hung from the entry it changed; when, inside the call, is not recorded. */
static void table_written(struct shadow *s, const struct ev *ev)
{
	const struct ev_gpte *e = &ev->gpte;
	uint64_t end = min_u64(e->offset + max_u64(e->bytes, 1), 4096);

	for (unsigned int i = e->offset / 8; 8 * i < end; i++)
		audit_pages_unlink(&s->pages, ev->vm, e->gfn, i);
}

static void do_end(struct shadow *s, const struct step *step)
{
	const struct rec_op *op = &s->r->ops[step->op];
	const struct ev *stim = rec_op_stim(s->r, op);

	if (op->kind == EV_OP_FAULT) {
		stim = walk_of(s->r, op);
		fault_over(s, step);
	}
	if (stim && (op->kind == EV_OP_FAULT || op->kind == EV_OP_CR3))
		loads_root(s, op->task, stim->walk.known && !(op->kind == EV_OP_CR3 && stim->flags & EV_F_LOADS),
			   stim->walk.root, stim->walk.levels);
	else if (op->kind == EV_OP_VCPU_UNLOAD)
		loads_root(s, op->task, false, 0, 0);
	else if (op->kind == EV_OP_SYNC_ROOTS || op->kind == EV_OP_VCPU_LOAD)
		roots_synced(s, step);
	else if (stim && op->kind == EV_OP_PT_WRITE)
		table_written(s, stim);
}

/*
 * The guest cannot change an upper table that is shadowed without an exit.  Where a walk finds another entry there all
 * the same, it was of another table: the root of a recording that begins later than the vCPU loaded it is guessed.
 */
static void entry_read(struct shadow *s, const struct rec_stim *stim)
{
	const struct ev_gpte *e = &stim->ev.gpte;
	uint64_t old = 0;

	if (e->level < 2 || e->bytes != 8 || !stim->t_ns)
		return;
	gptes_at(s->gptes, stim->ev.vm, e->gfn, e->offset, stim->t_ns - 1, &old);
	if (old & GPTE_P && gpte_gfn(old) != gpte_gfn(e->value) &&
	    audit_pages_only(&s->pages, stim->ev.vm, e->gfn, e->level) != AUDIT_NO_PAGE)
		s->mistaken[stim->ev.vm] = true;
}

static void do_stim(struct shadow *s, const struct rec_stim *stim)
{
	if (stim->ev.vm >= s->r->meta->nr_vms)
		return;
	if (stim->ev.kind == EV_GPTE)
		entry_read(s, stim);
	else
		table_written(s, &stim->ev);
}

/* What hangs below what is not known where tables were taken for others. */
static void doubt_mistaken(const struct shadow *s)
{
	for (uint32_t i = 0; i < s->a->nr; i++) {
		struct audit_finding *f = &s->a->findings[i];

		if ((f->rule == AUDIT_S1 || f->rule == AUDIT_S2) && s->mistaken[f->vm])
			f->certain = false;
	}
}

void audit_shadow(const struct recording *r, struct audit *a)
{
	struct shadow s = { .r = r, .a = a };

	if (r->meta->tdp_mmu || r->meta->arch != KVM_X86)
		return;
	s.gptes = gptes_new(r);
	s.work = xcalloc(r->meta->nr_tasks, sizeof(*s.work));
	for (size_t t = 0; t < r->meta->nr_tasks; t++)
		s.work[t].op = REC_NONE;
	s.mistaken = xcalloc(r->meta->nr_vms, sizeof(*s.mistaken));
	gather(&s);
	for (uint32_t i = 0; i < s.nr_steps; i++) {
		const struct step *step = &s.steps[i];

		if (step->stim != REC_NONE)
			do_stim(&s, &r->stims[step->stim]);
		else if (step->obs == END_OF_OP)
			do_end(&s, step);
		else if (r->obs[step->obs].o.vm < r->meta->nr_vms)
			do_obs(&s, step);
	}
	doubt_mistaken(&s);
	free(s.steps);
	free(s.work);
	free(s.mistaken);
	gptes_free(s.gptes);
	audit_pages_fini(&s.pages);
}
