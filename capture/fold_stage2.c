// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probes say of stage-2 tables.
 *
 * - A call is written when it returns; what it did comes before it.
 * - A visit whose return is probed is held, and all that happens in it, until then; it
 *   keeps the time at which it was entered.
 * - Tables are named by what they map.  Where w_free visits a table that was unlinked
 *   before, a grace period has passed and any task may be the one interrupted:
 *   those visits say nothing of its operation.  They are known by their pages, from
 *   free_unlinked down along the entries read.
 *
 * The shape of the tables and what the processor can do follow from what the entries look like.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "capture/fold_state.h"
#include "kvm/stage2.h"

#define STAGE2_MEMATTR	(15ULL << 2)
#define MEMATTR_FWB	(6ULL << 2)	/* normal write-back, where stage 2 decides */
#define MEMATTR_NORMAL	(15ULL << 2)
#define STAGE2_SH	(3ULL << 8)

struct stage2_learnt {
	int8_t	 start_level;		/* lowest seen */
	uint8_t	 ipa_bits;		/* 0: not said */
	bool	 fwb, no_fwb, lpa2, no_lpa2, exec_data;
	bool	 dropped;		/* a mapping went away or changed */
	bool	 attr_new;		/* w_attr says what it sets and clears */
	bool	 delta_known;
	uint64_t table_delta;		/* kernel address - physical address of a table */
	uint64_t *unlinked;		/* pages of tables waiting to be freed */
	uint32_t nr_unlinked, cap_unlinked;
};

static struct stage2_learnt *learnt(struct fold *f)
{
	if (!f->stage2) {
		f->stage2 = xcalloc(1, sizeof(*f->stage2));
		f->stage2->start_level = STAGE2_LAST_LEVEL;
	}
	return f->stage2;
}

static gfn_t gfn_at(const struct fold *f, uint64_t addr)
{
	return addr >> f->meta->page_shift;
}

static const uint8_t kinds[RAW_NR] = {
	[RAW_S2_MAP] = OBS_S2_MAP, [RAW_S2_RELAX] = OBS_S2_RELAX, [RAW_S2_MKYOUNG] = OBS_S2_MKYOUNG,
	[RAW_S2_UNMAP] = OBS_S2_UNMAP, [RAW_S2_SPLIT] = OBS_S2_SPLIT, [RAW_S2_TCY] = OBS_S2_TCY,
	[RAW_S2_MKOLD] = OBS_S2_MKOLD, [RAW_S2_IS_YOUNG] = OBS_S2_IS_YOUNG,
	[RAW_S2_MAP_RET] = OBS_S2_MAP, [RAW_S2_RELAX_RET] = OBS_S2_RELAX, [RAW_S2_MKYOUNG_RET] = OBS_S2_MKYOUNG,
	[RAW_S2_UNMAP_RET] = OBS_S2_UNMAP, [RAW_S2_SPLIT_RET] = OBS_S2_SPLIT, [RAW_S2_TCY_RET] = OBS_S2_TCY,
	[RAW_S2_MKOLD_RET] = OBS_S2_MKOLD, [RAW_S2_IS_YOUNG_RET] = OBS_S2_IS_YOUNG,
	[RAW_W_MAP] = OBS_W_MAP, [RAW_WALK_LEAF] = OBS_WALK_LEAF, [RAW_W_UNMAP] = OBS_W_UNMAP,
	[RAW_W_AGE] = OBS_W_AGE, [RAW_W_SPLIT] = OBS_W_SPLIT, [RAW_BREAK_PTE] = OBS_BREAK_PTE,
	[RAW_W_MAP_RET] = OBS_W_MAP, [RAW_WALK_LEAF_RET] = OBS_WALK_LEAF, [RAW_BREAK_PTE_RET] = OBS_BREAK_PTE,
	[RAW_TLB_IPA] = OBS_TLB_IPA, [RAW_TLB_IPA_NSH] = OBS_TLB_IPA_NSH,
	[RAW_TLB_RANGE] = OBS_TLB_RANGE, [RAW_TLB_RANGE_HW] = OBS_TLB_RANGE_HW,
};

/* --- where a record goes ------------------------------------------------------------------ */

/* Only a fault and change_pte map; what else is nested in a fault is over by then. */
static struct op *mapping_op(struct fold *f, struct task *t, uint64_t ts_ns)
{
	const struct op *top = op_top(t);

	if (!top || top->kind != EV_OP_SET_SPTE)
		op_fault_level(f, t);
	return op_for_obs(f, t, ts_ns);
}

void visits_flush(struct fold *f, struct task *t)
{
	uint32_t nr = t->nr_visits;

	t->nr_visits = 0;		/* emit_obs() comes back here */
	for (uint32_t i = 0; i < nr; i++)
		emit_obs(f, t, t->visits[i].t_ns, &t->visits[i].ev);
}

static bool any_open(const struct task *t)
{
	for (uint32_t i = 0; i < t->nr_visits; i++)
		if (t->visits[i].open)
			return true;
	return false;
}

/* @open: its return will come. */
static void hold(struct fold *f, struct task *t, const struct raw *r, const struct op *op, struct ev *ev, bool open)
{
	ev->vm = op->vm;
	if (!open && !t->nr_visits) {
		emit_obs(f, t, r->ts_ns, ev);
		return;
	}
	if (t->nr_visits == VISITS_MAX)
		visits_flush(f, t);
	if (!t->visits)
		t->visits = xcalloc(VISITS_MAX, sizeof(*t->visits));
	t->visits[t->nr_visits++] = (struct held_visit){ r->ts_ns, open, *ev };
}

/* --- calls ------------------------------------------------------------------------------------ */

static void call_begin(struct task *t, const struct raw *r, struct op *op, struct obs_s2 call)
{
	op_touch(t, r->ts_ns);
	t->call = (struct stage2_call){ .kind = kinds[raw_id(r)], .vm = op->vm, .s2 = call };
}

void stage2_map(struct fold *f, struct task *t, const struct raw *r)
{
	struct attempt *at = &t->v.at;
	struct op *op = mapping_op(f, t, r->ts_ns);
	gfn_t gfn = gfn_at(f, r->v[0]);
	uint64_t pages = gfn_at(f, r->v[1]);

	if (op->kind == EV_OP_FAULT) {
		if (!(at->access & EV_F_X) && r->v[3] & STAGE2_PROT_X)
			learnt(f)->exec_data = true;
		at->requested = true;
		at->pfn = gfn_at(f, r->v[2]) + (at->gfn - gfn);
		at->level = (uint8_t)stage2_size_class(stage2_level_of(f->meta->page_shift, pages));
		at->host_writable = r->v[3] & STAGE2_PROT_W;
	}
	call_begin(t, r, op, (struct obs_s2){ .gfn = gfn, .pages = pages, .value = gfn_at(f, r->v[2]),
						 .prot = r->v[3] & 7 });
}

void stage2_relax(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = mapping_op(f, t, r->ts_ns);

	if (op->kind == EV_OP_FAULT)
		t->v.at.host_writable = r->v[1] & STAGE2_PROT_W;
	call_begin(t, r, op, (struct obs_s2){ .gfn = gfn_at(f, r->v[0]), .pages = 1, .prot = r->v[1] & 7 });
}

void stage2_page(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = raw_id(r) == RAW_S2_MKYOUNG ? mapping_op(f, t, r->ts_ns) : op_for_obs(f, t, r->ts_ns);

	call_begin(t, r, op, (struct obs_s2){ .gfn = gfn_at(f, r->v[0]), .pages = 1 });
}

void stage2_range(struct fold *f, struct task *t, const struct raw *r)
{
	call_begin(t, r, op_for_obs(f, t, r->ts_ns),
		   (struct obs_s2){ .gfn = gfn_at(f, r->v[0]), .pages = gfn_at(f, r->v[1]) });
}

void stage2_tcy(struct fold *f, struct task *t, const struct raw *r)
{
	call_begin(t, r, op_for_obs(f, t, r->ts_ns),
		   (struct obs_s2){ .gfn = gfn_at(f, r->v[0]), .pages = gfn_at(f, r->v[1]), .prot = r->v[2] & 1 });
}

/* Its return is not probed. */
void stage2_wrprotect(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_S2_WRPROTECT, .vm = op->vm };

	op->protects = true;
	ev.s2 = (struct obs_s2){ .gfn = gfn_at(f, r->v[0]), .pages = gfn_at(f, r->v[1]) };
	emit_obs(f, t, r->ts_ns, &ev);
}

/* What a call on behalf of a fault says of the fault. */
static enum ret_pf result_of(enum obs_kind kind, int ret)
{
	if (kind == OBS_S2_MKYOUNG)
		return RET_PF_YOUNG;
	if (ret == -EAGAIN)
		return RET_PF_LOST;
	if (ret)
		return RET_PF_EXIT;
	return kind == OBS_S2_RELAX ? RET_PF_RELAXED : RET_PF_FIXED;
}

static void call_end(struct fold *f, struct task *t, const struct raw *r, int ret, uint64_t value)
{
	struct ev ev = { .kind = t->call.kind, .vm = t->call.vm };
	struct op *op = op_top(t);

	if (t->call.kind != kinds[raw_id(r)] || !op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	ev.s2 = t->call.s2;
	ev.s2.ret = ret < 0 ? -ret : ret;
	if (value)
		ev.s2.value = value;
	t->call.kind = 0;
	op_touch(t, r->ts_ns);
	if (op->kind == EV_OP_FAULT)
		t->v.at.stage2 = result_of(ev.kind, ret);
	visits_flush(f, t);
	emit_obs(f, t, r->ts_ns, &ev);
}

void stage2_ret(struct fold *f, struct task *t, const struct raw *r)
{
	call_end(f, t, r, (int)r->v[0], 0);
}

void stage2_ret_pte(struct fold *f, struct task *t, const struct raw *r)
{
	call_end(f, t, r, 0, r->v[0]);
}

void stage2_destroy(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_S2_DESTROY, .vm = op->vm };

	learnt(f)->ipa_bits = r->v[0];
	if ((int8_t)r->v[1] < learnt(f)->start_level)
		learnt(f)->start_level = (int8_t)r->v[1];
	emit_obs(f, t, r->ts_ns, &ev);
}

/* --- tables by address -------------------------------------------------------------------------- */

static uint64_t page_of(const struct fold *f, uint64_t addr)
{
	return addr >> f->meta->page_shift << f->meta->page_shift;
}

static uint64_t address_of(uint64_t pte)
{
	return pte & 0x0000fffffffff000ULL;
}

static int find_unlinked(const struct stage2_learnt *l, uint64_t page)
{
	for (uint32_t i = l->nr_unlinked; i-- > 0;)
		if (l->unlinked[i] == page)
			return (int)i;
	return -1;
}

static void add_unlinked(struct stage2_learnt *l, uint64_t page)
{
	if (find_unlinked(l, page) >= 0)
		return;
	if (l->nr_unlinked == l->cap_unlinked) {
		l->cap_unlinked = 2 * l->cap_unlinked + 16;
		l->unlinked = xreallocarray(l->unlinked, l->cap_unlinked, sizeof(*l->unlinked));
	}
	l->unlinked[l->nr_unlinked++] = page;
}

/* A table that is walked or made again was freed. */
static void relinked(struct stage2_learnt *l, uint64_t page)
{
	int i = find_unlinked(l, page);

	if (i >= 0)
		l->unlinked[i] = l->unlinked[--l->nr_unlinked];
}

/* The walk went from a table entry to the page it points to: how far apart are both addresses of a table? */
static void learn_delta(struct fold *f, struct task *t, uint64_t ptep, uint64_t old, int level)
{
	struct stage2_learnt *l = learnt(f);

	if (!l->delta_known && t->above && t->above_level + 1 == level) {
		l->table_delta = page_of(f, ptep) - address_of(t->above);
		l->delta_known = true;
	}
	t->above = stage2_is_table(old, level) ? old : 0;
	t->above_level = level;
}

/* --- visits ------------------------------------------------------------------------------------- */

static void learn_entry(struct fold *f, uint64_t pte, int level)
{
	struct stage2_learnt *l = learnt(f);
	uint64_t attr = pte & STAGE2_MEMATTR;

	if (level < l->start_level)
		l->start_level = level;
	if (!stage2_is_leaf(pte, level) || (attr != MEMATTR_FWB && attr != MEMATTR_NORMAL))
		return;			/* of device memory nothing follows */
	*(attr == MEMATTR_FWB ? &l->fwb : &l->no_fwb) = true;
	*(pte & STAGE2_SH ? &l->no_lpa2 : &l->lpa2) = true;
}

static struct obs_pte pte_of(const struct fold *f, uint64_t addr, uint64_t level, uint64_t old)
{
	return (struct obs_pte){ .gfn = gfn_at(f, addr), .level = (uint8_t)level, .old = old };
}

static bool returns(const struct fold *f, enum raw_id id)
{
	return (id == RAW_W_MAP && f->has[RAW_W_MAP_RET]) || (id == RAW_WALK_LEAF && f->has[RAW_WALK_LEAF_RET]) ||
	       (id == RAW_BREAK_PTE && f->has[RAW_BREAK_PTE_RET]);
}

/* Fields: ptep, old, addr, level, and what for or nothing. */
static void visit(struct fold *f, struct task *t, const struct raw *r, struct obs_pte pte)
{
	bool maps = raw_id(r) == RAW_W_MAP || raw_id(r) == RAW_WALK_LEAF;
	struct op *op = maps ? mapping_op(f, t, r->ts_ns) : op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = kinds[raw_id(r)], .pte = pte };

	learn_entry(f, pte.old, (int8_t)pte.level);
	learn_delta(f, t, r->v[0], pte.old, (int8_t)pte.level);
	if (learnt(f)->nr_unlinked)
		relinked(learnt(f), page_of(f, r->v[0]));
	if (raw_id(r) == RAW_W_UNMAP && pte.old & STAGE2_VALID)
		learnt(f)->dropped = true;
	hold(f, t, r, op, &ev, returns(f, raw_id(r)));
}

void stage2_visit(struct fold *f, struct task *t, const struct raw *r)
{
	struct obs_pte pte = pte_of(f, r->v[2], r->v[3], r->v[1]);

	if (raw_id(r) == RAW_W_MAP || raw_id(r) == RAW_W_UNMAP)
		pte.visit = r->v[4];
	visit(f, t, r, pte);
}

/* It gives the attributes it is to set and clear; an entry that is not valid keeps what it has. */
void stage2_attr(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_W_ATTR, .pte = pte_of(f, r->v[2], r->v[3], r->v[1]) };

	learnt(f)->attr_new |= r->v[4] | r->v[5];
	if (r->v[4] | r->v[5])
		ev.pte.new = r->v[1] & STAGE2_VALID ? (r->v[1] & ~r->v[5]) | r->v[4] : r->v[1];
	hold(f, t, r, op, &ev, false);
}

void stage2_visit_ret(struct fold *f, struct task *t, const struct raw *r)
{
	int ret = (int)r->v[0];

	op_touch(t, r->ts_ns);
	for (uint32_t i = t->nr_visits; i-- > 0;) {
		struct held_visit *v = &t->visits[i];

		if (!v->open || v->ev.kind != kinds[raw_id(r)])
			continue;
		v->ev.pte.ret = ret < 0 ? -ret : ret;
		v->open = false;
		if (!any_open(t))
			visits_flush(f, t);
		return;
	}
	f->why = UNUSED_NO_CALL;
}

void stage2_make(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_MAKE_PTE, .pte = pte_of(f, r->v[2], r->v[3], 0) };

	ev.pte.new = r->v[1];
	learn_entry(f, r->v[1], (int8_t)r->v[3]);
	hold(f, t, r, op, &ev, false);
}

void stage2_put(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_PUT_PTE, .pte = pte_of(f, r->v[1], r->v[2], 0) };

	learnt(f)->dropped = true;
	hold(f, t, r, op, &ev, false);
}

/* --- tables that go --------------------------------------------------------------------------------- */

void stage2_unlinked(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_FREE_UNLINKED };

	add_unlinked(learnt(f), page_of(f, r->v[0]));
	ev.pte.level = (uint8_t)r->v[1];
	hold(f, t, r, op, &ev, false);
}

void stage2_free(struct fold *f, struct task *t, const struct raw *r)
{
	struct stage2_learnt *l = learnt(f);
	int8_t level = (int8_t)r->v[3];

	if (find_unlinked(l, page_of(f, r->v[0])) >= 0 || !op_find(t, EV_OP_ZAP_ALL)) {
		if (l->delta_known && stage2_is_table(r->v[1], level) && r->v[4] != OBS_VISIT_POST)
			add_unlinked(l, address_of(r->v[1]) + l->table_delta);
		f->why = UNUSED_UNLINKED;
		return;
	}
	hold(f, t, r, op_for_obs(f, t, r->ts_ns),
	     &(struct ev){ .kind = OBS_W_FREE, .pte = { .gfn = gfn_at(f, r->v[2]), .level = (uint8_t)level,
							.visit = r->v[4], .old = r->v[1] } }, false);
}

/* --- TLB maintenance ---------------------------------------------------------------------------------- */

#define NO_LEVEL 0xff

static void tlb(struct fold *f, struct task *t, const struct raw *r, enum obs_kind kind, struct obs_gfns gfns)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = kind, .gfns = gfns };

	hold(f, t, r, op, &ev, false);
}

/* The level is a hint: "not known" is INT_MAX since 6.8, 0 before. */
void stage2_tlb_ipa(struct fold *f, struct task *t, const struct raw *r)
{
	tlb(f, t, r, kinds[raw_id(r)], (struct obs_gfns){ .gfn = gfn_at(f, r->v[0]),
						      .level = r->v[1] > STAGE2_LAST_LEVEL ? NO_LEVEL : r->v[1] });
}

/* tlb_range gives bytes, tlb_range_hw pages. */
void stage2_tlb_range(struct fold *f, struct task *t, const struct raw *r)
{
	uint64_t pages = raw_id(r) == RAW_TLB_RANGE ? gfn_at(f, r->v[1]) : r->v[1];

	tlb(f, t, r, kinds[raw_id(r)], (struct obs_gfns){ .gfn = gfn_at(f, r->v[0]), .count = pages });
}

void stage2_tlb_vmid(struct fold *f, struct task *t, const struct raw *r)
{
	tlb(f, t, r, OBS_TLB_VMID, (struct obs_gfns){ 0 });
}

/* --- what the records say of the host -------------------------------------------------------------------- */

static void set_number(struct ev_meta *m, const char *name, int n)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", n);
	ev_meta_set_param(m, name, value);
}

static void set_flag(struct ev_meta *m, const char *name, bool on)
{
	ev_meta_set_param(m, name, on ? "Y" : "N");
}

void stage2_learnt(struct fold *f)
{
	const struct stage2_learnt *l = learnt(f);
	struct ev_meta *m = f->meta;
	bool hyp_tlb = f->seen[RAW_TLB_IPA] || f->seen[RAW_TLB_IPA_NSH] || f->seen[RAW_TLB_RANGE_HW] ||
		       f->seen[RAW_TLB_VMID];

	if (l->ipa_bits)
		set_number(m, "arm64.ipa_bits", l->ipa_bits);
	if (f->seen[RAW_W_MAP])
		set_number(m, "arm64.start_level", l->start_level);
	if (l->fwb || l->no_fwb)
		set_flag(m, "arm64.fwb", l->fwb);
	if (l->lpa2 || l->no_lpa2)
		set_flag(m, "arm64.lpa2", l->lpa2);
	if (f->seen[RAW_S2_MAP])
		set_flag(m, "arm64.dic", l->exec_data);
	set_flag(m, "arm64.hw_af", !f->seen[RAW_ACCESS_FAULT]);
	if (f->seen[RAW_W_MAP]) {
		set_flag(m, "arm64.tlb_range", f->seen[RAW_TLB_RANGE_HW]);
		set_flag(m, "arm64.nvhe", l->dropped && !hyp_tlb);
		set_flag(m, "arm64.attr_new", l->attr_new);
	}
}

void stage2_free_learnt(struct fold *f)
{
	if (f->stage2)
		free(f->stage2->unlinked);
	free(f->stage2);
}
