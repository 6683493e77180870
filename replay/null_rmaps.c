/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/null_rmaps.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"
#include "replay/hostpage.h"

#define TOP_LEAF_LEVEL	3

static struct obs *say(struct null_rmaps *n, unsigned int kind)
{
	if (n->nr_said == n->cap_said) {
		n->cap_said = n->cap_said ? n->cap_said * 2 : 256;
		n->said = xreallocarray(n->said, n->cap_said, sizeof(*n->said));
	}
	n->said[n->nr_said] = (struct obs){ .kind = kind, .vm = n->vm };
	return &n->said[n->nr_said++];
}

static gfn_t base_of(gfn_t gfn, int level)
{
	return gfn & ~(SPTE_LEVEL_PAGES(level) - 1);
}

static uint64_t entry(const struct null_rmaps *n, int level, gfn_t gfn)
{
	return entries_get(n->table, n->vm, 0, level, base_of(gfn, level));
}

static void set_entry(struct null_rmaps *n, int level, gfn_t gfn, uint64_t spte)
{
	entries_set(n->table, n->vm, 0, level, base_of(gfn, level), spte);
}

/* The leaf that maps @gfn, or its empty entry of level 1. */
static int leaf_level(const struct null_rmaps *n, gfn_t gfn)
{
	for (int level = 2; level <= TOP_LEAF_LEVEL; level++)
		if (spte_is_present(entry(n, level, gfn)))
			return level;
	return 1;
}

/* --- faults ---------------------------------------------------------------------- */

/* Direct roots: each page on the way down that is not there. */
static void make_pages(struct null_rmaps *n, gfn_t gfn, int to)
{
	for (int level = (int)role_level(n->role[n->vm]) - 1; level >= to; level--) {
		gfn_t base = base_of(gfn, level + 1);
		struct obs *o;

		if (entries_get(n->pages, n->vm, 0, level, base))
			continue;
		o = say(n, OBS_GET_PAGE);
		o->page = (struct obs_page){ .gfn = base, .role = role_set_level(n->role[n->vm], level), .created = 1 };
	}
}

static void say_update(struct null_rmaps *n, int level, gfn_t gfn, uint64_t old, uint64_t new)
{
	struct obs *o = say(n, OBS_SPTE_UPDATE);

	o->spte = (struct obs_spte){ .gfn = base_of(gfn, level), .level = level, .old = old, .new = new };
}

static void map_leaf(struct null_rmaps *n, const struct rec_op *op, const struct hostpage *facts)
{
	struct spte_want want = {
		.pfn = facts->pfn, .level = facts->level, .exec = true, .writable = facts->writable,
		.host_writable = facts->writable, .mmu_writable = facts->writable, .accessed = true,
		.dirty = facts->writable,
	};
	uint64_t old = entry(n, facts->level, op->gfn), new = spte_make_leaf(n->format, &want);
	struct obs *o;

	say_update(n, facts->level, op->gfn, old, new);
	o = say(n, OBS_SET_SPTE);
	o->set = (struct obs_set){ .gfn = op->gfn, .level = facts->level, .r = 1, .x = 1, .u = 1, .spte = new };
}

static bool fixes_fast(struct null_rmaps *n, const struct rec_op *op)
{
	uint64_t old = entry(n, leaf_level(n, op->gfn), op->gfn);
	bool can = old & n->format->mmu_writable;
	struct obs *o = say(n, OBS_FAST_PAGE_FAULT);

	o->fast = (struct obs_fast){ .gfn = op->gfn, .old = old, .new = can ? old | SPTE_W : old,
				     .ret = can ? RET_PF_FIXED : RET_PF_INVALID };
	return can;
}

static enum ret_pf fault(struct null_rmaps *n, const struct rec_op *op)
{
	bool direct = !n->rec->meta->shadow;
	struct hostpage facts;
	struct obs *o;

	if (op->result == RET_PF_GUEST) {
		const struct rec_obs *told = rec_find(n->rec, op, OBS_WALKER_ERROR, 0);

		if (told)
			*say(n, OBS_WALKER_ERROR) = told->o;
		return RET_PF_GUEST;
	}
	hostpage_of_fault(n->rec, op, n->format, &facts);
	if (direct && (op->access & EV_F_P) && (op->access & EV_F_W) && fixes_fast(n, op))
		return RET_PF_FIXED;
	if (facts.failed)
		return RET_PF_EXIT;
	if (facts.pending)
		return RET_PF_RETRY;
	n->checked = true;
	o = say(n, OBS_SPTE_REQUESTED);
	o->map = (struct obs_map){ .gfn = op->gfn, .pfn = facts.pfn, .level = facts.level };
	if (direct)
		make_pages(n, op->gfn, facts.level);
	map_leaf(n, op, &facts);
	return RET_PF_FIXED;
}

/* --- ranges ---------------------------------------------------------------------- */

static void clear_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct null_rmaps *n = arg;
	struct obs *o = say(n, OBS_UNMAP_RANGE);

	o->gfns.gfn = gfn;
	o->gfns.count = end - gfn;
	while (gfn < end) {
		int level = leaf_level(n, gfn);
		uint64_t spte = entry(n, level, gfn);

		if (spte_is_present(spte)) {
			o = say(n, OBS_SPTE_CLEAR);
			o->spte = (struct obs_spte){ .gfn = base_of(gfn, level), .level = level, .old = spte };
		}
		gfn = base_of(gfn, level) + SPTE_LEVEL_PAGES(level);
	}
}

static bool has_cleared(const struct null_rmaps *n)
{
	for (size_t i = 0; i < n->nr_said; i++)
		if (n->said[i].kind == OBS_SPTE_CLEAR)
			return true;
	return false;
}

static void unmap(struct null_rmaps *n, const struct ev *stim)
{
	slots_match(&n->slots[n->vm], stim->hvas.start, stim->hvas.end, n->rec->meta->page_shift, clear_range, n);
	if (has_cleared(n))
		say(n, OBS_FLUSH_ALL);
}

struct aging {
	struct null_rmaps	*n;
	bool			 young;
};

static void age_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct aging *a = arg;
	struct obs *o = say(a->n, OBS_AGE_RANGE);

	o->gfns.gfn = gfn;
	o->gfns.count = end - gfn;
	o->flags = a->young;
}

static void age(struct null_rmaps *n, const struct rec_op *op, const struct ev *stim)
{
	const struct rec_obs *told = rec_find(n->rec, op, OBS_AGE_RANGE, 0);
	struct aging a = { n, told && (told->o.flags & 1) };

	slots_match(&n->slots[n->vm], stim->hvas.start, stim->hvas.end, n->rec->meta->page_shift, age_range, &a);
	if (a.young && op->kind == EV_OP_AGE && (stim->flags & EV_F_FLUSH))
		say(n, OBS_FLUSH_ALL);
}

/* --- everything ------------------------------------------------------------------- */

static void clear_any(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t spte)
{
	struct obs *o = say(arg, OBS_SPTE_CLEAR);

	(void)as_id;
	o->spte = (struct obs_spte){ .gfn = gfn, .level = level, .old = spte };
}

static void zap_page(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t role)
{
	struct obs *o = say(arg, OBS_PREPARE_ZAP_PAGE);

	(void)as_id;
	(void)level;
	o->page = (struct obs_page){ .gfn = gfn, .role = (uint32_t)(role - 1) };
}

enum ret_pf null_rmaps_predict(struct null_rmaps *n, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(n->rec, op);

	n->nr_said = 0;
	n->checked = false;
	switch ((enum ev_op)op->kind) {
	case EV_OP_FAULT:
		return fault(n, op);
	case EV_OP_INVALIDATE_START:
		if (stim)
			unmap(n, stim);
		break;
	case EV_OP_AGE:
	case EV_OP_TEST_AGE:
		if (stim)
			age(n, op, stim);
		break;
	case EV_OP_ZAP_ALL:
		entries_each(n->table, n->vm, clear_any, n);
		entries_each(n->pages, n->vm, zap_page, n);
		break;
	default:
		break;
	}
	return RET_PF_UNKNOWN;
}

/* Pages are known by where they map and at which level: those of one gfn that differ in more are one to it. */
static void apply_page(struct null_rmaps *n, const struct obs *o)
{
	int level = (int)role_level(o->page.role);

	entries_set(n->pages, n->vm, 0, level, o->page.gfn, o->kind == OBS_GET_PAGE ? (uint64_t)o->page.role + 1 : 0);
}

static void apply_obs(struct null_rmaps *n, const struct obs *o)
{
	switch (o->kind) {
	case OBS_SET_SPTE:
		set_entry(n, o->set.level, o->set.gfn, o->set.spte);
		break;
	case OBS_SPTE_UPDATE:
		if (o->spte.level)
			set_entry(n, o->spte.level, o->spte.gfn, o->spte.new);
		break;
	case OBS_SPTE_CLEAR:
		if (o->spte.level && spte_is_present(o->spte.old))
			set_entry(n, o->spte.level, o->spte.gfn, n->format->nonpresent);
		break;
	case OBS_FAST_PAGE_FAULT:
		if (spte_is_present(o->fast.new))
			set_entry(n, leaf_level(n, o->fast.gfn), o->fast.gfn, o->fast.new);
		break;
	case OBS_GET_PAGE:
	case OBS_PREPARE_ZAP_PAGE:
		apply_page(n, o);
		break;
	}
}

void null_rmaps_apply(struct null_rmaps *n, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(n->rec, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		apply_obs(n, &obs[i].o);
	if (op->kind == EV_OP_VCPU_LOAD && op->nr_obs && obs[0].o.kind == OBS_GET_PAGE)
		n->role[n->vm] = obs[0].o.page.role;
}

void null_rmaps_init(struct null_rmaps *n, const struct recording *rec, struct slots *slots)
{
	const struct ev_meta *meta = rec->meta;

	*n = (struct null_rmaps){ .rec = rec, .format = spte_format(meta->release, meta->tdp), .slots = slots };
	n->table = entries_new(n->format->nonpresent);
	n->pages = entries_new(0);
	n->role = xcalloc(meta->nr_vms, sizeof(*n->role));
	for (size_t i = 0; i < meta->nr_vms; i++)
		n->role[i] = role_set_level(0, 4);
}

void null_rmaps_fini(struct null_rmaps *n)
{
	entries_free(n->table);
	entries_free(n->pages);
	free(n->role);
	free(n->said);
}
