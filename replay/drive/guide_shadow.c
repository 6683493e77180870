/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Without the TDP MMU: the guest's tables as the recording shows them, what is mapped ahead, and repair by rmap. */
#include "replay/drive/guide_state.h"

/* --- the guest's own tables ----------------------------------------------------- */

static void tell(void *arg, const struct gpte_shown *s)
{
	struct guide *g = arg;
	bool told = g->gpte_told[s->number];

	g->gpte_told[s->number] = true;
	if (!told && s->vm < g->rec->meta->nr_vms)
		mmu_gpte(g->mmus[s->vm], s->table, s->offset, s->value);
}

/* The bits that KVM set in the entry on @op's way. */
static uint64_t bits_set(const struct guide *g, const struct rec_op *op, gfn_t table, unsigned int offset)
{
	const struct rec_obs *o = rec_op_obs(g->rec, op);
	uint64_t bits = 0;

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		bool accessed = o[i].o.kind == OBS_SET_ACCESSED_BIT;

		if ((accessed || o[i].o.kind == OBS_SET_DIRTY_BIT) && o[i].o.gfns.gfn == table &&
		    o[i].o.gfns.count == offset)
			bits |= accessed ? GPTE_A : GPTE_D;
	}
	return bits;
}

/*
 * vCPUs that walk at once find each other's bits, or not, and look again: what @op's walk found missing it set, and
 * what it did not set was there when it was done.
 */
static uint64_t as_found(const struct guide *g, const struct rec_op *op, gfn_t table, unsigned int offset,
			 uint64_t value)
{
	uint64_t bits = bits_set(g, op, table, offset);

	value &= ~bits;
	if ((value & GPTE_P) && op->result != RET_PF_GUEST && op->result != RET_PF_UNKNOWN && !(bits & GPTE_A))
		value |= GPTE_A;
	return value;
}

/*
 * What the walk of @op was to find on its way where entries were thought to hold something else, when they were read
 * without one.  A guest with tables of other than 512 entries is left out.
 */
static void tell_walk(struct guide *g, const struct rec_op *op, const struct ev_walk *w)
{
	/* What others set meanwhile it may have found; its own records come after what it read. */
	uint64_t until = op->nr_obs ? rec_op_obs(g->rec, op)->t_ns - 1 : op->begin_ns, value;
	gfn_t table = w->root;

	if (!w->known || w->levels < 4)
		return;
	for (unsigned int level = w->levels; level; level--) {
		unsigned int offset = (w->gva >> (3 + 9 * level) & (SPTE_ENTRIES - 1)) * 8;

		if (!gptes_at(g->job->gptes, op->vm, table, offset, until, &value))
			return;
		mmu_gpte(g->mmus[op->vm], table, offset, as_found(g, op, table, offset, value));
		if (!(value & GPTE_P) || (value & GPTE_PS))
			return;
		table = gpte_gfn(value);
	}
}

void guide_shadow_tables(struct guide *g, const struct rec_op *op)
{
	const struct ev *walk = op->kind == EV_OP_FAULT ? rec_op_walk(g->rec, op) : NULL;

	gptes_each_until(g->job->gptes, &g->gptes_told, op->begin_ns, tell, g);
	gptes_each_of(g->job->gptes, op, tell, g);
	if (walk)
		tell_walk(g, op, &walk->walk);
}

static void load_cr3(struct actor *a, struct mmu *mmu, unsigned int vcpu, gfn_t root)
{
	a->root = root;
	mmu_cr3(mmu, vcpu, root);
}

static void take_root(struct actor *a, struct mmu *mmu, const struct rec_op *op, unsigned int vcpu)
{
	const struct rec_obs *root = rec_find(a->g->rec, op, OBS_GET_PAGE, 0);

	/* Of fewer levels: the engine has no such roots, and the vCPU keeps what it has. */
	if (!root || role_level(root->o.page.role) < 4)
		return;
	mmu_vcpu_role(mmu, vcpu, root->o.page.role);
	if (!role_direct(root->o.page.role) && root->o.page.gfn != a->root)
		load_cr3(a, mmu, vcpu, root->o.page.gfn);
}

void guide_shadow_root(struct actor *a, const struct rec_op *op, unsigned int vcpu)
{
	struct mmu *mmu = a->g->mmus[op->vm];
	const struct ev *walk = op->kind == EV_OP_FAULT ? rec_op_walk(a->g->rec, op) : NULL;

	if (op->kind == EV_OP_VCPU_LOAD)
		take_root(a, mmu, op, vcpu);
	else if (walk && walk->walk.known && walk->walk.root != a->root) /* nothing else showed that it was loaded */
		load_cr3(a, mmu, vcpu, walk->walk.root);
}

void guide_shadow_perform(struct actor *a, const struct rec_op *op, unsigned int vcpu)
{
	const struct ev *stim = rec_op_stim(a->g->rec, op);
	struct mmu *mmu = a->g->mmus[op->vm];

	switch ((enum ev_op)op->kind) {
	case EV_OP_CR3:
		load_cr3(a, mmu, vcpu, stim->walk.root);
		break;
	case EV_OP_SYNC_ROOTS:
		mmu_sync_roots(mmu, vcpu);
		break;
	case EV_OP_INVLPG:
		mmu_invlpg(mmu, vcpu, stim->walk.gva);
		break;
	case EV_OP_PT_WRITE:
		mmu_pt_write(mmu, vcpu, stim->gpte.gfn, stim->gpte.offset, stim->gpte.value, stim->gpte.bytes);
		break;
	case EV_OP_PAGE_LIMIT:
		mmu_page_limit(mmu, stim->gfns.count);
		break;
	default:
		break;
	}
}

/* --- syncing --------------------------------------------------------------------- */

static size_t synced(struct obs_view view)
{
	const char *at = (const char *)view.first;
	size_t nr = 0;

	for (size_t i = 0; i < view.nr; i++, at += view.stride)
		nr += ((const struct obs *)at)->kind == OBS_SYNC_PAGE;
	return nr;
}

bool guide_shadow_gives_up(const struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct obs_view recorded = { op->nr_obs ? &rec_op_obs(g->rec, op)->o : NULL, op->nr_obs,
					   sizeof(struct rec_obs) };
	const struct obs_view said = { r->said, r->nr_said, sizeof(*r->said) };
	size_t nr = synced(recorded);

	return nr && !rec_find(g->rec, op, OBS_SPTE_REQUESTED, 0) && synced(said) >= nr;
}

/* --- entries read without a walk ------------------------------------------------ */

/* Equal but for what hardware sets. */
static bool same_entry(const struct guide *g, uint64_t a, uint64_t b)
{
	return spte_is_present(a) == spte_is_present(b) &&
	       (!spte_is_present(a) || !((a ^ b) & ~(g->format->accessed | g->format->dirty)));
}

/*
 * Is it an update or clear of what the entry is?  Entries that map the same page (the host merges equal ones) look the
 * same, and are told apart by the frame they map, if the recording knows that.
 */
static bool is_change_of(const struct guide *g, const struct obs *o, const struct mmu_read *what)
{
	return (o->kind == OBS_SPTE_UPDATE || o->kind == OBS_SPTE_CLEAR) && same_entry(g, o->spte.old, what->spte) &&
	       (!o->spte.level || o->spte.gfn == what->mapped);
}

/* What became of it, or NULL: of several that are alike in that, too, those are past that the engine has changed. */
static const struct obs *change_of(const struct guide *g, const struct running *r, const struct mmu_read *what)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct obs *last = NULL;
	size_t past = 0;

	for (size_t i = 0; i < r->nr_said; i++)
		past += is_change_of(g, &r->said[i], what);
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (!is_change_of(g, o, what))
			continue;
		last = o;
		if (!past--)
			break;
	}
	return last;
}

/*
 * The entry of index @index that was set, in the page of the operation's first one if that is the fault's own.  What
 * was mapped ahead lies beside that.
 */
static const struct obs *set_at(const struct guide *g, const struct rec_op *op, unsigned int index)
{
	uint64_t page = 0;

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (o->kind != OBS_SET_SPTE)
			continue;
		if (!page && op->kind == EV_OP_FAULT)
			page = o->set.sptep >> 12;
		if ((o->set.sptep >> 3 & (SPTE_ENTRIES - 1)) == index && (!page || o->set.sptep >> 12 == page))
			return o;
	}
	return NULL;
}

/* An entry that was there: synced, or looked at by INVLPG. */
static void fate_of_old(const struct guide *g, const struct running *r, const struct mmu_read *what,
			struct gpte_question *q)
{
	const struct obs *change = change_of(g, r, what);
	const struct obs *changed = change && change->kind == OBS_SPTE_UPDATE ? change : NULL;

	q->old_gfn = what->mapped;
	q->spte = changed ? changed->spte.new : what->spte;
	q->anew = changed;
	q->same = !changed && g->rec->meta->release >= KVM_6_12;	/* or it would have been made anew */
	q->access = what->access;
	q->fate = GPTE_FATE_KEPT;
	if (!g->rec->meta->has_probes)
		q->fate = GPTE_FATE_UNKNOWN;
	else if (change && !changed)
		q->fate = GPTE_FATE_GONE;
}

/* Is it the clearing of an entry that was empty and mapped @gfn last (or nothing yet, as far as is known)? */
static bool clears_empty(const struct guide *g, const struct obs *o, gfn_t gfn)
{
	return o->kind == OBS_SPTE_CLEAR && o->spte.old == g->format->nonpresent &&
	       (!o->spte.level || o->spte.gfn == gfn);
}

/* As far as is known: is the entry at @sptep (0: unknown) the one of @q in a page that shadows its table? */
static bool may_be_at(const struct guide *g, uint64_t sptep, const struct gpte_question *q)
{
	gfn_t table;

	if (!sptep)
		return true;
	return (sptep >> 3 & (SPTE_ENTRIES - 1)) == q->offset / 8u &&
	       (!gpt_pages_table(g->job->gpt_pages, q->vm, sptep, q->t_ns, &table) || table == q->table);
}

static uint64_t place_of_clear(const struct obs *o)
{
	return o->spte.level ? 0 : (uint64_t)o->spte.gfn << 3;
}

/* Did KVM clear an empty entry that the engine has not cleared yet?  One INVLPG looks at an entry for each root. */
static bool is_cleared_empty(const struct guide *g, const struct running *r, gfn_t gfn)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	unsigned int left = 0;

	for (uint32_t i = 0; i < op->nr_obs; i++)
		left += clears_empty(g, &rec_op_obs(g->rec, op)[i].o, gfn);
	for (size_t i = 0; left && i < r->nr_said; i++)
		left -= clears_empty(g, &r->said[i], gfn);
	return left;
}

static bool clears_leaf(const struct obs *o)
{
	return o->kind == OBS_SPTE_CLEAR && spte_is_present(o->spte.old);
}

/* Has the engine cleared a leaf since the last entry it read? */
static bool has_cleared(const struct running *r)
{
	for (size_t i = r->remade_said; i < r->nr_said; i++)
		if (clears_leaf(&r->said[i]))
			return true;
	return false;
}

/* The first record from @i on that is of an entry. */
static uint32_t next_entry(const struct rec_op *op, const struct rec_obs *obs, uint32_t i)
{
	while (i < op->nr_obs && obs[i].o.kind != OBS_SPTE_CLEAR && obs[i].o.kind != OBS_SPTE_UPDATE &&
	       obs[i].o.kind != OBS_SET_SPTE)
		i++;
	return i;
}

/*
 * INVLPG up to 6.1, and a fault that the guest is told of, clear an entry and make it anew: one below each root at
 * hand, one after the other, as their records are.
 */
static void fate_of_remade(const struct guide *g, struct running *r, struct gpte_question *q)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(g->rec, op);
	uint32_t i = next_entry(op, obs, r->remade), set;

	if (has_cleared(r)) {
		while (i < op->nr_obs && !clears_leaf(&obs[i].o))
			i = next_entry(op, obs, i + 1);
		i = next_entry(op, obs, i + 1);
	}
	q->fate = GPTE_FATE_BARRED;
	set = i;
	if (i < op->nr_obs && obs[i].o.kind == OBS_SPTE_UPDATE)
		set = next_entry(op, obs, i + 1);
	if (set < op->nr_obs && obs[set].o.kind == OBS_SET_SPTE) {
		if (may_be_at(g, obs[set].o.set.sptep, q)) {
			q->fate = GPTE_FATE_MADE;
			q->gfn = obs[set].o.set.gfn;
			q->anew = true;
			q->spte = obs[set].o.set.spte;
			i = set + 1;
		}
	} else if (i < op->nr_obs && !clears_leaf(&obs[i].o) && may_be_at(g, place_of_clear(&obs[i].o), q)) {
		q->fate = GPTE_FATE_GONE;
		i++;
	}
	r->remade = i;
	r->remade_said = r->nr_said;
}

/* An empty one: mapped ahead, or not. */
static void fate_of_new(const struct guide *g, const struct running *r, gfn_t mapped, struct gpte_question *q)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct obs *set = set_at(g, op, q->offset / 8);

	if (set) {
		q->fate = GPTE_FATE_MADE;
		q->gfn = set->set.gfn;
		q->anew = true;
		q->spte = set->set.spte;
	} else if (is_cleared_empty(g, r, mapped)) {
		q->fate = GPTE_FATE_GONE;
	} else if (g->rec->meta->has_probes) {
		q->fate = GPTE_FATE_BARRED;
	}
}

/* In whose VM it is asked for pages. */
struct asker {
	const struct guide *g;
	uint16_t	    vm;
};

static bool is_at_hand(const void *arg, gfn_t gfn)
{
	const struct asker *a = arg;

	return guide_pages_at(a->g, a->vm, gfn) != MMU_PFN_NONE && !guide_pages_logged(a->g, a->vm, gfn);
}

void guide_shadow_reads(struct guide *g, struct running *r, const struct mmu_read *what)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct asker asker = { g, op->vm };
	struct gpte_question q = { .t_ns = rt_now_ns(), .table = what->table, .offset = what->offset, .vm = op->vm,
				   .old_gfn = GPTE_NO_GFN, .is_at_hand = is_at_hand, .arg = &asker };

	if (spte_is_present(what->spte))
		fate_of_old(g, r, what, &q);
	else if (g->rec->meta->has_probes && (op->kind == EV_OP_INVLPG || op->result == RET_PF_GUEST))
		fate_of_remade(g, r, &q);
	else
		fate_of_new(g, r, what->mapped, &q);
	mmu_gpte(g->mmus[op->vm], what->table, what->offset, gptes_read(g->job->gptes, g->format, &q));
}

/*
 * A page was there if it was mapped, and not only if somebody asked for it; and it still is if it was before.  Of
 * any other it was not, since the engine would have mapped it.
 */
pfn_t guide_shadow_page(const struct guide *g, const struct running *r, gfn_t gfn)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (o->kind == OBS_SET_SPTE && o->set.gfn == gfn && o->set.level == 1)
			return spte_pfn(o->set.spte);
	}
	return guide_pages_at(g, op->vm, gfn);
}

/* --- the host's pages ------------------------------------------------------------- */

/* A fault that changed nothing did not say what it would have set: what was set there before. */
void guide_shadow_facts(const struct guide *g, const struct rec_op *op, struct hostpage *facts)
{
	uint64_t last;

	if (facts->writable || rec_find(g->rec, op, OBS_SET_SPTE, 0))
		return;
	last = chains_set_last(g->job->chains, op->vm, op->gfn, op->end_ns);
	if (spte_pfn(last) == facts->pfn)
		facts->writable = last & g->format->host_writable;
}

/* --- accessed and dirty ---------------------------------------------------------- */

void guide_shadow_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op, uint32_t from)
{
	/* An entry that it changes more than once was first as its first record has it. */
	for (uint32_t i = op->nr_obs; i-- > from;) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (o->kind == OBS_AGE_RANGE && (o->flags & 1))
			mmu_repair_young(mmu, o->gfns.gfn);
		if ((o->kind == OBS_SPTE_UPDATE || o->kind == OBS_SPTE_CLEAR) && o->spte.level &&
		    spte_is_present(o->spte.old))
			mmu_repair_rmap(mmu, o->spte.gfn, o->spte.level, o->spte.old, o->spte.old);
	}
}

/* --- repair ---------------------------------------------------------------------- */

/* A direct page has one place for each frame; a shadow page's entry can only be found where it is. */
static bool is_direct(const struct guide *g)
{
	return !g->rec->meta->shadow;
}

static gfn_t base_of(gfn_t gfn, int level)
{
	return gfn & ~(SPTE_LEVEL_PAGES(level) - 1);
}

/* The entry of @gfn is @to, where it was @from. */
static void mend(const struct guide *g, struct mmu *mmu, const struct obs_spte *s, uint64_t from, uint64_t to)
{
	if (!s->level)
		return;
	if (spte_is_present(from))
		mmu_repair_rmap(mmu, s->gfn, s->level, from, to);
	else if (is_direct(g) && spte_is_present(to))
		mmu_repair(mmu, s->gfn, s->level, 0, to);
}

/* Did the kernel change an entry the same way?  Then that stays, whatever else the operation missed. */
static bool is_recorded(const struct guide *g, const struct rec_op *op, const struct obs *said)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (o->kind == said->kind && (!o->spte.level || o->spte.gfn == said->spte.gfn) &&
		    same_entry(g, o->spte.old, said->spte.old) &&
		    (o->kind == OBS_SPTE_CLEAR || same_entry(g, o->spte.new, said->spte.new)))
			return true;
	}
	return false;
}

static void undo(const struct guide *g, struct mmu *mmu, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	for (size_t i = r->nr_said; i-- > 0;) {
		const struct obs *o = &r->said[i];

		if (o->kind == OBS_LOG_DIRTY)
			mmu_repair_dirty(mmu, o->gfns.gfn, o->gfns.count, true);
		else if ((o->kind == OBS_SPTE_UPDATE || o->kind == OBS_SPTE_CLEAR) && is_recorded(g, op, o))
			continue;
		else if (o->kind == OBS_SPTE_UPDATE)
			mend(g, mmu, &o->spte, o->spte.new, o->spte.old);
		else if (o->kind == OBS_SPTE_CLEAR)
			mend(g, mmu, &o->spte, g->format->nonpresent, o->spte.old);
	}
}

static void redo_set(const struct guide *g, struct mmu *mmu, const struct obs_set *s)
{
	if (is_direct(g) && s->level)
		mmu_repair(mmu, base_of(s->gfn, s->level), s->level, 0, s->spte);
}

static void redo_fast(struct mmu *mmu, const struct obs_fast *f)
{
	if (f->ret == RET_PF_FIXED && f->write)
		mmu_repair_dirty(mmu, f->gfn, 1, true);
	if (spte_is_present(f->old) && spte_is_present(f->new))
		mmu_repair_rmap(mmu, f->gfn, 1, f->old, f->new);
}

static void redo(const struct guide *g, struct mmu *mmu, const struct obs *o)
{
	switch (o->kind) {
	case OBS_LOG_DIRTY:
		mmu_repair_dirty(mmu, o->gfns.gfn, o->gfns.count, false);
		break;
	case OBS_SPTE_UPDATE:
		if (spte_is_present(o->spte.old))	/* kvm_mmu_set_spte follows a new one */
			mend(g, mmu, &o->spte, o->spte.old, o->spte.new);
		break;
	case OBS_SPTE_CLEAR:
		mend(g, mmu, &o->spte, o->spte.old, g->format->nonpresent);
		break;
	case OBS_SET_SPTE:
		redo_set(g, mmu, &o->set);
		break;
	case OBS_FAST_PAGE_FAULT:
		redo_fast(mmu, &o->fast);
		break;
	}
}

static bool has_said(const struct running *r, unsigned int kind)
{
	for (size_t i = 0; i < r->nr_said; i++)
		if (r->said[i].kind == kind)
			return true;
	return false;
}

/* It mapped, and the engine thought it could not. */
static void redo_fault(const struct guide *g, struct mmu *mmu, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu_access access = guide_facts(g, op);

	if (op->kind != EV_OP_FAULT || has_said(r, OBS_SPTE_REQUESTED) || !rec_find(g->rec, op, OBS_SET_SPTE, 0))
		return;
	access.certain = true;
	mmu_fault(mmu, g->rec->meta->tasks[op->task].vcpu, &access);
}

/* At the end of a VM nothing is left to be mended; and others had the lock between the steps of a change of a slot. */
static bool is_past_mending(unsigned int kind)
{
	return kind == EV_OP_ZAP_ALL || kind == EV_OP_VM_DESTROY || kind == EV_OP_VCPU_UNLOAD || kind == EV_OP_MEMSLOT;
}

void guide_shadow_repair(struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu *mmu = g->mmus[op->vm];

	if (is_past_mending(op->kind))
		return;
	undo(g, mmu, r);
	redo_fault(g, mmu, r);
	for (uint32_t i = 0; i < op->nr_obs; i++)
		redo(g, mmu, &rec_op_obs(g->rec, op)[i].o);
}
