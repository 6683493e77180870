// SPDX-License-Identifier: GPL-2.0-or-later
/* A flat table of stage-2 entries and no idea of time. */
#include "replay/null_stage2.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "event/stage2.h"
#include "kvm/syndrome.h"
#include "replay/hostpage.h"

static gfn_t first_gfn(const struct null_stage2 *n, gfn_t gfn, int level)
{
	return gfn & ~(stage2_pages(n->host.page_shift, level) - 1);
}

static uint64_t entry(const struct null_stage2 *n, gfn_t gfn, int level)
{
	return entries_get(n->table, n->vm, 0, level, first_gfn(n, gfn, level));
}

static void set_entry(struct null_stage2 *n, gfn_t gfn, int level, uint64_t pte)
{
	entries_set(n->table, n->vm, 0, level, first_gfn(n, gfn, level), pte);
}

static struct obs *say(struct null_stage2 *n, unsigned int kind)
{
	if (n->nr_said == n->cap_said) {
		n->cap_said = n->cap_said ? n->cap_said * 2 : 256;
		n->said = xreallocarray(n->said, n->cap_said, sizeof(*n->said));
	}
	n->said[n->nr_said] = (struct obs){ .kind = (uint8_t)kind, .vm = n->vm };
	return &n->said[n->nr_said++];
}

static void say_pte(struct null_stage2 *n, unsigned int kind, gfn_t gfn, int level, unsigned int visit, uint64_t old,
		    uint64_t new)
{
	say(n, kind)->pte = (struct obs_pte){ .gfn = gfn, .level = (uint8_t)level, .visit = visit, .old = old,
					      .new = new };
}

static bool has_halves(const struct null_stage2 *n)
{
	return n->rec->meta->release >= KVM_6_12;
}

/* --- faults -------------------------------------------------------------------------------- */

static unsigned int prot_of(const struct rec_op *op, const struct hostpage *page)
{
	return STAGE2_PROT_R | (page->writable ? STAGE2_PROT_W : 0) | (op->access & EV_F_X ? STAGE2_PROT_X : 0);
}

static void change(struct null_stage2 *n, gfn_t gfn, int level, uint64_t old, uint64_t new)
{
	if (!has_halves(n)) {
		say_pte(n, OBS_WALK_LEAF, gfn, level, 0, old, 0);
		return;
	}
	say_pte(n, OBS_BREAK_PTE, gfn, level, 0, old, 0);
	n->said[n->nr_said - 1].pte.ret = 1;
	say_pte(n, OBS_MAKE_PTE, gfn, level, 0, 0, new);
}

static void map(struct null_stage2 *n, const struct rec_op *op, const struct hostpage *page, unsigned int prot)
{
	int last = stage2_size_class(page->level);
	gfn_t gfn = first_gfn(n, op->gfn, last);
	pfn_t pfn = page->pfn & ~(stage2_pages(n->host.page_shift, last) - 1);
	bool post = !has_halves(n);
	struct obs *o;

	for (int level = (int)n->host.start_level; level <= last; level++) {
		uint64_t old = entry(n, gfn, level);
		bool table = stage2_is_table(old, level);

		say_pte(n, OBS_W_MAP, gfn, level, table ? OBS_VISIT_PRE : OBS_VISIT_LEAF, old, 0);
		if (level == last)
			change(n, gfn, level, old, stage2_leaf(&n->host, level, pfn, prot));
		else if (!table)
			change(n, gfn, level, old, STAGE2_VALID | STAGE2_TYPE);
	}
	for (int level = last - 1; post && level >= n->host.start_level; level--)
		say_pte(n, OBS_W_MAP, gfn, level, OBS_VISIT_POST, STAGE2_VALID | STAGE2_TYPE, 0);
	o = say(n, OBS_S2_MAP);
	o->s2 = (struct obs_s2){
		.gfn = gfn, .pages = stage2_pages(n->host.page_shift, last), .value = pfn, .prot = prot,
	};
}

static int leaf_level(const struct null_stage2 *n, gfn_t gfn, uint64_t *pte)
{
	int level = (int)n->host.start_level;

	while (stage2_is_table(*pte = entry(n, gfn, level), level))
		level++;
	return level;
}

static void relax(struct null_stage2 *n, const struct rec_op *op, unsigned int prot)
{
	uint64_t old, add = (prot & STAGE2_PROT_W ? STAGE2_W : 0) | (prot & STAGE2_PROT_R ? STAGE2_R : 0);
	int level = leaf_level(n, op->gfn, &old);
	uint64_t new = (old | add) & ~(prot & STAGE2_PROT_X ? STAGE2_XN : 0);

	say_pte(n, OBS_W_ATTR, op->gfn, level, 0, old, new);
	say(n, OBS_S2_RELAX)->s2 = (struct obs_s2){ .gfn = op->gfn, .pages = 1, .prot = prot };
	say(n, has_halves(n) ? OBS_TLB_IPA_NSH : OBS_TLB_IPA)->gfns =
		(struct obs_gfns){ .gfn = op->gfn, .level = (uint8_t)level };
}

static enum ret_pf fault(struct null_stage2 *n, const struct rec_op *op)
{
	struct syndrome s = syndrome_recorded(op->error_code);
	struct hostpage page;
	uint64_t old;
	int level;

	if (!slots_find_gfn(&n->slots[n->vm], op->gfn))
		return RET_PF_EMULATE;
	hostpage_of_fault(n->rec, op, NULL, &page);
	if (page.failed)
		return RET_PF_EXIT;
	level = leaf_level(n, op->gfn, &old);
	if (s.kind == ABORT_ACCESS) {
		say_pte(n, OBS_W_ATTR, op->gfn, level, 0, old, old | STAGE2_AF);
		say(n, OBS_S2_MKYOUNG)->s2 = (struct obs_s2){ .gfn = op->gfn, .pages = 1, .value = old | STAGE2_AF };
		return RET_PF_YOUNG;
	}
	if (s.kind == ABORT_PERMISSION && s.level == stage2_size_class(page.level)) {
		relax(n, op, prot_of(op, &page));
		return RET_PF_RELAXED;
	}
	map(n, op, &page, prot_of(op, &page));
	return RET_PF_FIXED;
}

/* --- ranges ----------------------------------------------------------------------------------- */

typedef void (*entry_fn)(struct null_stage2 *n, gfn_t gfn, int level, uint64_t pte, unsigned int visit);

static void walk(struct null_stage2 *n, int level, gfn_t gfn, gfn_t end, entry_fn fn)
{
	uint64_t span = stage2_pages(n->host.page_shift, level);

	for (gfn_t at = gfn; at < end; at = first_gfn(n, at, level) + span) {
		uint64_t pte = entry(n, at, level);
		gfn_t next = first_gfn(n, at, level) + span;

		if (stage2_is_table(pte, level)) {
			walk(n, level + 1, at, next < end ? next : end, fn);
			fn(n, at, level, pte, OBS_VISIT_POST);
		} else {
			fn(n, at, level, pte, OBS_VISIT_LEAF);
		}
	}
}

static void unmap_entry(struct null_stage2 *n, gfn_t gfn, int level, uint64_t pte, unsigned int visit)
{
	if (!pte)
		return;
	say_pte(n, OBS_W_UNMAP, gfn, level, visit, pte, 0);
	if (visit == OBS_VISIT_LEAF && !(n->host.fwb && n->host.tlb_range && has_halves(n)))
		say(n, OBS_TLB_IPA)->gfns = (struct obs_gfns){ .gfn = gfn, .level = (uint8_t)level };
}

static void age_entry(struct null_stage2 *n, gfn_t gfn, int level, uint64_t pte, unsigned int visit)
{
	if (visit == OBS_VISIT_LEAF && pte & STAGE2_VALID)
		say_pte(n, has_halves(n) ? OBS_W_AGE : OBS_W_ATTR, gfn, level, 0, pte, pte & ~STAGE2_AF);
}

static void unmap_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct null_stage2 *n = arg;

	say(n, OBS_UNMAP_RANGE)->gfns = (struct obs_gfns){ .gfn = gfn, .count = end - gfn };
	say(n, OBS_S2_UNMAP)->s2 = (struct obs_s2){ .gfn = gfn, .pages = end - gfn };
	walk(n, n->host.start_level, gfn, end, unmap_entry);
	if (n->host.fwb && n->host.tlb_range && has_halves(n)) {
		say(n, OBS_TLB_RANGE)->gfns = (struct obs_gfns){ .gfn = gfn, .count = end - gfn };
		say(n, OBS_TLB_RANGE_HW)->gfns = (struct obs_gfns){ .gfn = gfn, .count = end - gfn };
	}
}

static void age_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct null_stage2 *n = arg;
	uint64_t pte;
	bool young;

	leaf_level(n, gfn, &pte);
	young = pte & STAGE2_VALID && pte & STAGE2_AF;
	walk(n, n->host.start_level, gfn, end, age_entry);
	if (has_halves(n))
		say(n, OBS_S2_TCY)->s2 = (struct obs_s2){ .gfn = gfn, .pages = end - gfn, .prot = 1, .ret = young };
	else
		say(n, OBS_S2_MKOLD)->s2 = (struct obs_s2){ .gfn = gfn, .pages = 1, .value = pte & ~STAGE2_AF };
	say(n, OBS_AGE_RANGE)->gfns = (struct obs_gfns){ .gfn = gfn, .count = end - gfn };
	n->said[n->nr_said - 1].flags = young;
}

enum ret_pf null_stage2_predict(struct null_stage2 *n, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(n->rec, op);
	void (*range)(void *arg, gfn_t gfn, gfn_t end) = NULL;

	n->nr_said = 0;
	if (op->kind == EV_OP_FAULT)
		return fault(n, op);
	if (op->kind == EV_OP_INVALIDATE_START)
		range = unmap_range;
	else if (op->kind == EV_OP_AGE || op->kind == EV_OP_TEST_AGE)
		range = age_range;
	if (range && stim)
		slots_match(&n->slots[n->vm], stim->hvas.start, stim->hvas.end, n->host.page_shift, range, n);
	if (op->kind == EV_OP_AGE && stim && stim->flags & EV_F_FLUSH && n->nr_said)
		say(n, OBS_FLUSH_ALL);
	return RET_PF_UNKNOWN;
}

/* --- what really happened ----------------------------------------------------------------------- */

/* A table that is made is empty, one that goes takes what is below it along. */
static void forget_below(struct null_stage2 *n, gfn_t gfn, int level)
{
	gfn_t first = first_gfn(n, gfn, level), end = first + stage2_pages(n->host.page_shift, level);
	uint64_t step = stage2_pages(n->host.page_shift, level + 1);

	if (level >= STAGE2_LAST_LEVEL)
		return;
	for (gfn_t at = first; at < end; at += step) {
		if (stage2_is_table(entry(n, at, level + 1), level + 1))
			forget_below(n, at, level + 1);
		set_entry(n, at, level + 1, 0);
	}
}

static void apply_one(struct null_stage2 *n, const struct obs *o, const struct rec_op *op)
{
	const struct obs_pte *p = &o->pte;
	int level = p->level;

	switch ((enum obs_kind)o->kind) {
	case OBS_MAKE_PTE:
		if (!stage2_is_table(p->new, level))
			forget_below(n, p->gfn, level);
		set_entry(n, p->gfn, level, p->new);
		break;
	case OBS_W_UNMAP:
		if (p->visit == OBS_VISIT_LEAF)
			set_entry(n, p->gfn, level, 0);
		break;
	case OBS_W_ATTR:
		set_entry(n, p->gfn, level, p->new ? p->new : p->old);
		break;
	case OBS_W_AGE:
		set_entry(n, p->gfn, level, p->old & ~STAGE2_AF);
		break;
	case OBS_W_MAP:		/* what it found is what is there */
	case OBS_WALK_LEAF:
		if (p->old)
			set_entry(n, p->gfn, level, p->old);
		break;
	case OBS_S2_MAP:	/* 6.1 says no more of what it made */
		if (!has_halves(n) && !o->s2.ret && op->kind == EV_OP_FAULT) {
			level = stage2_level_of(n->host.page_shift, o->s2.pages);
			forget_below(n, o->s2.gfn, level);
			set_entry(n, o->s2.gfn, level, stage2_leaf(&n->host, level, o->s2.value, o->s2.prot));
			while (--level >= n->host.start_level)
				set_entry(n, o->s2.gfn, level, STAGE2_VALID | STAGE2_TYPE);
		}
		break;
	default:
		break;
	}
}

void null_stage2_apply(struct null_stage2 *n, const struct rec_op *op)
{
	for (uint32_t i = 0; i < op->nr_obs; i++)
		apply_one(n, &rec_op_obs(n->rec, op)[i].o, op);
}

void null_stage2_init(struct null_stage2 *n, const struct recording *rec, struct slots *slots)
{
	*n = (struct null_stage2){ .rec = rec, .slots = slots, .table = entries_new(0),
				   .host = stage2_of_meta(rec->meta) };
}

void null_stage2_fini(struct null_stage2 *n)
{
	entries_free(n->table);
	free(n->said);
}
