/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The null model.  Its table always is what the recording made it: after each
 * operation the recorded changes are applied, whatever was predicted.
 */
#include "replay/null.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"
#include "replay/entries.h"
#include "replay/hostpage.h"
#include "replay/null_rmaps.h"
#include "replay/null_stage2.h"
#include "replay/slots.h"

struct null {
	const struct recording	 *rec;
	const struct spte_format *format;
	struct entries		 *table;
	struct slots		 *slots;	/* one per VM */
	uint32_t		 *role;		/* of each VM's newest root */
	uint16_t		  vm;		/* of the operation at hand */
	struct obs		 *said;
	size_t			  nr_said, cap_said;
	bool			  young;	/* TEST_AGE met a leaf with A set */
	bool			  checked;	/* FAULT: it took the lock */
	/* Instead of all that but slots: */
	struct null_stage2	  stage2;	/* arm64 */
	struct null_rmaps	  rmaps;	/* x86 without the TDP MMU */
};

static struct obs *say(struct null *n, unsigned int kind)
{
	if (n->nr_said == n->cap_said) {
		n->cap_said = n->cap_said ? n->cap_said * 2 : 256;
		n->said = xreallocarray(n->said, n->cap_said, sizeof(*n->said));
	}
	n->said[n->nr_said] = (struct obs){ .kind = kind, .vm = n->vm };
	return &n->said[n->nr_said++];
}

static uint64_t entry(const struct null *n, int level, gfn_t gfn)
{
	return entries_get(n->table, n->vm, 0, level, gfn & ~(SPTE_LEVEL_PAGES(level) - 1));
}

static void say_change(struct null *n, int level, gfn_t gfn, uint64_t old, uint64_t new)
{
	struct obs *o = say(n, OBS_SPTE_CHANGED);

	o->spte = (struct obs_spte){ .gfn = gfn & ~(SPTE_LEVEL_PAGES(level) - 1), .level = level,
				     .old = old, .new = new };
}

/* --- faults ------------------------------------------------------------------- */

static void link_table(struct null *n, int level, gfn_t gfn, uint64_t old)
{
	struct obs *o = say(n, OBS_GET_PAGE);

	o->page = (struct obs_page){ .gfn = gfn & ~(SPTE_LEVEL_PAGES(level) - 1),
				     .role = role_set_level(n->role[n->vm], level - 1) };
	say_change(n, level, gfn, old, spte_make_table(n->format, 0));
}

static void map_leaf(struct null *n, const struct rec_op *op, const struct hostpage *facts)
{
	struct spte_want want = {
		.pfn = facts->pfn, .level = facts->level, .exec = true, .writable = facts->writable,
		.host_writable = facts->writable, .mmu_writable = facts->writable, .accessed = true,
		.dirty = facts->writable,
	};
	uint64_t old = entry(n, facts->level, op->gfn), new = spte_make_leaf(n->format, &want);
	struct obs *o;

	if (old != new)
		say_change(n, facts->level, op->gfn, old, new);
	o = say(n, OBS_SET_SPTE);
	o->set = (struct obs_set){ .gfn = op->gfn, .level = facts->level, .r = 1, .x = 1, .u = 1, .spte = new };
}

static void say_fast(struct null *n, const struct rec_op *op)
{
	struct obs *o = say(n, OBS_FAST_PAGE_FAULT);
	uint64_t old = entry(n, 1, op->gfn);
	bool can = old & n->format->mmu_writable;

	o->fast = (struct obs_fast){ .gfn = op->gfn, .old = old, .new = can ? old | SPTE_W : old,
				     .ret = can ? RET_PF_FIXED : RET_PF_INVALID };
}

static enum ret_pf null_fault(struct null *n, const struct rec_op *op)
{
	struct hostpage facts;
	struct obs *o;

	hostpage_of_fault(n->rec, op, n->format, &facts);
	if ((op->access & EV_F_P) && (op->access & EV_F_W)) {
		say_fast(n, op);
		if (n->said[0].fast.ret == RET_PF_FIXED)
			return RET_PF_FIXED;
	}
	if (facts.failed)
		return RET_PF_EXIT;
	if (facts.pending)
		return RET_PF_RETRY;
	n->checked = true;
	o = say(n, OBS_SPTE_REQUESTED);
	o->map = (struct obs_map){ .gfn = op->gfn, .pfn = facts.pfn, .level = facts.level };
	for (int level = role_level(n->role[n->vm]); level > facts.level; level--) {
		uint64_t old = entry(n, level, op->gfn);

		if (!spte_is_table(old, level))
			link_table(n, level, op->gfn, old);
	}
	map_leaf(n, op, &facts);
	return RET_PF_FIXED;
}

/* --- ranges ------------------------------------------------------------------- */

typedef void (*leaf_fn)(struct null *n, int level, gfn_t gfn, uint64_t spte);

/* Calls @fn for the leafs at @level and below that [gfn, end) overlaps. */
static void each_leaf(struct null *n, int level, gfn_t gfn, gfn_t end, leaf_fn fn)
{
	uint64_t span = SPTE_LEVEL_PAGES(level);

	for (gfn_t at = gfn & ~(span - 1); at < end; at += span) {
		uint64_t spte = entry(n, level, at);

		if (spte_is_leaf(spte, level))
			fn(n, level, at, spte);
		else if (spte_is_table(spte, level))
			each_leaf(n, level - 1, at > gfn ? at : gfn, at + span < end ? at + span : end, fn);
	}
}

static void zap_leaf(struct null *n, int level, gfn_t gfn, uint64_t spte)
{
	say_change(n, level, gfn, spte, n->format->nonpresent);
}

static void age_leaf(struct null *n, int level, gfn_t gfn, uint64_t spte)
{
	if (spte & n->format->accessed)
		say_change(n, level, gfn, spte, spte & ~n->format->accessed);
}

struct range_walk {
	struct null	*n;
	unsigned int	 kind;		/* what its handler says */
	leaf_fn		 fn;
};

static void walk_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct range_walk *w = arg;
	size_t before = w->n->nr_said;
	struct obs *o = say(w->n, w->kind);

	o->gfns.gfn = gfn;
	o->gfns.count = end - gfn;
	each_leaf(w->n, role_level(w->n->role[w->n->vm]), gfn, end, w->fn);
	if (w->kind == OBS_AGE_RANGE)
		w->n->said[before].flags = w->n->young || w->n->nr_said > before + 1;
}

/* Return: whether any entry changed. */
static bool walk_hvas(struct null *n, const struct ev *stim, unsigned int kind, leaf_fn fn)
{
	struct range_walk w = { n, kind, fn };

	slots_match(&n->slots[n->vm], stim->hvas.start, stim->hvas.end, n->rec->meta->page_shift,
		    walk_range, &w);
	for (size_t i = 0; i < n->nr_said; i++)
		if (n->said[i].kind == OBS_SPTE_CHANGED)
			return true;
	return false;
}

/* kvm_zap_gfn_range(), up to the end of what a root can map. */
static void zap_gfns(struct null *n, const struct obs_gfns *g)
{
	int level = role_level(n->role[n->vm]);
	gfn_t end = g->gfn + g->count, last = SPTE_LEVEL_PAGES(level + 1);
	struct obs *o;

	each_leaf(n, level, g->gfn, end < last ? end : last, zap_leaf);
	if (!n->nr_said)
		return;
	if (n->rec->meta->release >= KVM_6_12) {
		o = say(n, OBS_FLUSH_RANGE);
		o->gfns.gfn = g->gfn;
		o->gfns.count = g->count;
	}
	say(n, OBS_FLUSH_ALL);
}

/* The same fact the engine gets: which entries hardware had marked. */
static void set_accessed(struct null *n, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(n->rec, op);

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs_spte *s = &obs[i].o.spte;
		uint64_t spte;

		if (obs[i].o.kind != OBS_SPTE_CHANGED || !(s->old & n->format->accessed))
			continue;
		spte = entry(n, s->level, s->gfn);
		if (spte_is_leaf(spte, s->level))
			entries_set(n->table, n->vm, 0, s->level, s->gfn, spte | n->format->accessed);
	}
}

static void touch_leaf(struct null *n, int level, gfn_t gfn, uint64_t spte)
{
	entries_set(n->table, n->vm, 0, level, gfn, spte | n->format->accessed);
}

/* One page that was reported young. */
static void set_young(struct null *n, const struct rec_op *op)
{
	const struct rec_obs *o = rec_find(n->rec, op, OBS_AGE_RANGE, 0);

	if (o && o->o.gfns.count == 1 && (o->o.flags & 1))
		each_leaf(n, role_level(n->role[n->vm]), o->o.gfns.gfn, o->o.gfns.gfn + 1, touch_leaf);
}

static void test_leaf(struct null *n, int level, gfn_t gfn, uint64_t spte)
{
	n->young |= !!(spte & n->format->accessed);
}

/* --- everything ------------------------------------------------------------------ */

static void zap_any(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t spte)
{
	struct null *n = arg;

	if (as_id == 0)
		say_change(n, level, gfn, spte, n->format->nonpresent);
	if (spte_is_table(spte, level)) {
		struct obs *o = say(n, OBS_PREPARE_ZAP_PAGE);

		o->page = (struct obs_page){ .gfn = gfn, .role = role_set_level(n->role[n->vm], level - 1) };
	}
}

static enum ret_pf predict_x86(struct null *n, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(n->rec, op);

	switch ((enum ev_op)op->kind) {
	case EV_OP_FAULT:
		return null_fault(n, op);
	case EV_OP_INVALIDATE_START:
		if (stim && walk_hvas(n, stim, OBS_UNMAP_RANGE, zap_leaf))
			say(n, OBS_FLUSH_ALL);
		break;
	case EV_OP_TEST_AGE:
		set_young(n, op);
		if (stim)
			walk_hvas(n, stim, OBS_AGE_RANGE, test_leaf);
		break;
	case EV_OP_AGE:
		set_accessed(n, op);
		set_young(n, op);
		if (stim && walk_hvas(n, stim, OBS_AGE_RANGE, age_leaf) && (stim->flags & EV_F_FLUSH))
			say(n, OBS_FLUSH_ALL);
		break;
	case EV_OP_ZAP_RANGE:
		if (stim)
			zap_gfns(n, &stim->gfns);
		break;
	case EV_OP_ZAP_ALL:
		entries_each(n->table, n->vm, zap_any, n);
		break;
	default:
		break;
	}
	return RET_PF_UNKNOWN;
}

/* --- what really happened ---------------------------------------------------------- */

static void apply_obs(struct null *n, const struct obs *o)
{
	uint64_t new;

	if (o->kind == OBS_SPTE_CHANGED && o->spte.as_id == 0) {
		new = spte_is_frozen(n->format, o->spte.new) ? n->format->nonpresent : o->spte.new;
		entries_set(n->table, n->vm, 0, o->spte.level, o->spte.gfn, new);
	} else if (o->kind == OBS_FAST_PAGE_FAULT && spte_is_present(o->fast.new)) {
		for (int level = 1; level <= 3; level++)
			if (spte_is_leaf(entry(n, level, o->fast.gfn), level))
				entries_set(n->table, n->vm, 0, level,
					    o->fast.gfn & ~(SPTE_LEVEL_PAGES(level) - 1), o->fast.new);
	}
}

static struct replayed predict(struct null *n, const struct rec_op *op)
{
	struct replayed p = { .result = RET_PF_UNKNOWN };

	if (n->rec->meta->arch == KVM_ARM64) {
		n->stage2.vm = n->vm;
		p.result = null_stage2_predict(&n->stage2, op);
		p.predicted = (struct obs_view){ n->stage2.said, n->stage2.nr_said, sizeof(*n->stage2.said) };
	} else if (!n->rec->meta->tdp_mmu) {
		n->rmaps.vm = n->vm;
		p.result = null_rmaps_predict(&n->rmaps, op);
		p.checked = n->rmaps.checked;
		p.predicted = (struct obs_view){ n->rmaps.said, n->rmaps.nr_said, sizeof(*n->rmaps.said) };
	} else {
		p.result = predict_x86(n, op);
		p.checked = n->checked;
		p.predicted = (struct obs_view){ n->said, n->nr_said, sizeof(*n->said) };
	}
	return p;
}

static void apply(struct null *n, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(n->rec, op);
	const struct ev *stim = rec_op_stim(n->rec, op);

	if (n->rec->meta->arch == KVM_ARM64)
		null_stage2_apply(&n->stage2, op);
	else if (!n->rec->meta->tdp_mmu)
		null_rmaps_apply(&n->rmaps, op);
	for (uint32_t i = 0; i < op->nr_obs; i++)
		apply_obs(n, &obs[i].o);
	if (op->kind == EV_OP_VCPU_LOAD && op->nr_obs && obs[0].o.kind == OBS_GET_PAGE)
		n->role[n->vm] = obs[0].o.page.role;
	if (op->kind == EV_OP_MEMSLOT && stim)
		slots_apply(&n->slots[n->vm], &stim->slot);
}

static int cmp_end(const void *va, const void *vb, void *arg)
{
	const struct recording *rec = arg;
	const struct rec_op *a = &rec->ops[*(const uint32_t *)va];
	const struct rec_op *b = &rec->ops[*(const uint32_t *)vb];

	if (a->end_ns != b->end_ns)
		return a->end_ns < b->end_ns ? -1 : 1;
	return a < b ? -1 : a > b;
}

static uint32_t *ops_by_end(const struct recording *rec)
{
	uint32_t *order = xcalloc(rec->nr_ops, sizeof(*order));

	for (uint32_t i = 0; i < rec->nr_ops; i++)
		order[i] = i;
	if (rec->nr_ops)
		qsort_r(order, rec->nr_ops, sizeof(*order), cmp_end, (void *)rec);
	return order;
}

static void null_init(struct null *n, const struct recording *rec)
{
	const struct ev_meta *meta = rec->meta;

	*n = (struct null){ .rec = rec, .format = spte_format(meta->release, meta->tdp) };
	n->table = entries_new(n->format->nonpresent);
	n->slots = xcalloc(meta->nr_vms, sizeof(*n->slots));
	n->role = xcalloc(meta->nr_vms, sizeof(*n->role));
	null_stage2_init(&n->stage2, rec, n->slots);
	null_rmaps_init(&n->rmaps, rec, n->slots);
	for (size_t i = 0; i < meta->nr_vms; i++)
		n->role[i] = role_set_level(0, 4);
}

/* Entries, and the tables above them. */
static void inherit(struct null *n, const struct inherited *in)
{
	for (size_t i = 0; i < in->nr; i++) {
		const struct inherited_entry *e = &in->v[i];

		if (e->as_id)
			continue;
		n->vm = e->vm;
		entries_set(n->table, e->vm, 0, e->level, e->gfn, e->spte);
		for (int level = e->level + 1; level <= (int)role_level(n->role[e->vm]); level++)
			if (!spte_is_table(entry(n, level, e->gfn), level))
				entries_set(n->table, e->vm, 0, level, e->gfn & ~(SPTE_LEVEL_PAGES(level) - 1),
					    spte_make_table(n->format, 0));
	}
}

static void null_fini(struct null *n)
{
	for (size_t i = 0; i < n->rec->meta->nr_vms; i++)
		slots_fini(&n->slots[i]);
	null_stage2_fini(&n->stage2);
	null_rmaps_fini(&n->rmaps);
	free(n->slots);
	free(n->role);
	free(n->said);
	entries_free(n->table);
}

void null_run(const struct recording *rec, const struct inherited *in, struct verdict *v)
{
	struct obs_rules rules;
	struct obs_matcher *m;
	uint32_t *order = ops_by_end(rec);
	struct null n;

	null_init(&n, rec);
	inherit(&n, in);
	obs_rules_init(&rules, rec->meta);
	m = obs_matcher_new(&rules);
	for (uint32_t i = 0; i < rec->nr_ops; i++) {
		const struct rec_op *op = &rec->ops[order[i]];
		struct obs_diff diff;
		struct replayed p;

		if (op->vm >= rec->meta->nr_vms)
			continue;
		n.vm = op->vm;
		n.nr_said = 0;
		n.young = n.checked = false;
		p = predict(&n, op);
		v->ops[order[i]].null_exact =
			verdict_compare(v, m, order[i], &p, NULL, &diff) != OUTCOME_MISS;
		apply(&n, op);
	}
	obs_matcher_free(m);
	null_fini(&n);
	free(order);
}
