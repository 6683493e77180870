// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Observations: one record, one observation, into the operation at hand.  Some
 * can only be a fault's own (fault_obs()): what is nested in it is over then.
 */
#include "capture/fold_state.h"
#include "kvm/role.h"

static void emit(struct fold *f, struct task *t, const struct raw *r, const struct op *op, struct ev *ev)
{
	ev->vm = op->vm;
	emit_obs(f, t, r->ts_ns, ev);
}

/* The fault a record belongs to that nothing else makes; else whatever is open. */
static struct op *fault_obs(struct fold *f, struct task *t, uint64_t ts_ns)
{
	if (!op_fault_level(f, t))
		async_begin(f, t, ts_ns);
	return op_for_obs(f, t, ts_ns);
}

static struct attempt *attempt_of(struct task *t, const struct op *op)
{
	return op->kind == EV_OP_FAULT ? &t->v.at : NULL;
}

/* --- entries ------------------------------------------------------------------------------- */

/* Notifiers have no recorded return: an entry that cannot be theirs says that they are over. */
static bool may_change(struct fold *f, const struct op *op, gfn_t gfn, unsigned int level)
{
	if (op->kind == EV_OP_INVALIDATE_END)
		return false;
	if (!level || (op->kind != EV_OP_INVALIDATE_START && op->kind != EV_OP_AGE))
		return true;
	return slot_gfns_meet(&f->vms[op->vm], f->meta->page_shift, gfn, SPTE_LEVEL_PAGES(level), op->start, op->stop);
}

struct op *op_of_entry(struct fold *f, struct task *t, uint64_t ts_ns, gfn_t gfn, unsigned int level)
{
	struct op *op = op_for_obs(f, t, ts_ns);

	if (may_change(f, op, gfn, level))
		return op;
	op_end(f, t);
	return op_for_obs(f, t, ts_ns);
}

static void note_zap(const struct fold *f, struct op *op, const struct raw *r)
{
	unsigned int level = r->v[3] & 7;

	if (!spte_is_present(r->v[1]) || spte_is_present(r->v[2]))
		return;
	op->zaps = true;
	op->zaps_root |= level >= 4 && level >= f->root_level;
}

/*
 * Nothing but the NX mitigation takes execution from a huge page of the TDP MMU: the host has it on.  Since it
 * had it otherwise each time it was turned on or off before, that says how it was at first.
 */
static void note_nx(struct fold *f, uint16_t vm, uint64_t spte, unsigned int level)
{
	bool exec;

	if (level < 2 || f->nx_known || !f->spte || !spte_is_leaf(spte, (int)level))
		return;
	f->nx_known = true;
	exec = f->spte->exec ? spte & f->spte->exec : !(spte & f->spte->nx);
	if (exec == (f->vms[vm].nr_nx_toggles & 1) && !ev_meta_param(f->meta, "kvm.nx_huge_pages"))
		ev_meta_set_param(f->meta, "kvm.nx_huge_pages", "Y");
}

/* Of which VM the operation of a thread is that no address and no vCPU places. */
static void place_by_entry(struct fold *f, struct task *t, struct op *op, const struct raw *r)
{
	unsigned int level = r->v[3] & 7;
	int vm = -1;

	if (f->nr_vms > 1 && t->vcpu < 0 && !t->pointed && spte_is_present(r->v[1]))
		vm = owner_of(f, r->v[0], level, r->v[1]);
	if (vm >= 0) {
		op->vm = vm;
		task_set_vm(f, t, vm);
	}
	if (spte_is_present(r->v[2]) && (vm >= 0 || t->vm >= 0))
		owner_note(f, op->vm, r->v[0], level, r->v[2]);
}

void obs_spte_changed(struct fold *f, struct task *t, const struct raw *r)
{
	struct ev ev = { .kind = OBS_SPTE_CHANGED };
	struct attempt *at;
	struct op *op;

	if (t->foreign) {
		f->why = UNUSED_OTHER_VM;
		return;
	}
	dirty_infer_get(f, t, r);
	op = op_of_entry(f, t, r->ts_ns, r->v[0], r->v[3] & 7);
	place_by_entry(f, t, op, r);
	at = attempt_of(t, op);
	if (at)
		at->changed = true;
	if (op->kind == EV_OP_AGE && spte_classify(f->spte, r->v[1], r->v[2], r->v[3]) == SPTE_CHANGE_AGE)
		op->extra++;
	if (op->kind == EV_OP_INVALIDATE_START) {
		op->flags |= EV_F_MATCHED;
		infer_zapped(f, op, r->v[0], r->v[3]);
	}
	if (op->kind == EV_OP_MEMSLOT)
		op->protects = true;
	if (op->kind == EV_OP_UNKNOWN)
		note_zap(f, op, r);
	note_nx(f, op->vm, r->v[2], r->v[3] & 7);
	ev.spte = (struct obs_spte){ .gfn = r->v[0], .level = r->v[3], .as_id = r->v[4], .old = r->v[1],
				     .new = r->v[2] };
	emit(f, t, r, op, &ev);
}

void obs_set_spte(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = fault_obs(f, t, r->ts_ns);
	struct attempt *at = attempt_of(t, op);
	struct ev ev = { .kind = OBS_SET_SPTE };

	if (at && r->v[0] == (at->gfn & ~(SPTE_LEVEL_PAGES(r->v[3] & 7) - 1))) {
		at->set = true;
		at->host_writable = f->spte && r->v[1] & f->spte->host_writable;
	}
	if (!f->seen[RAW_SPTE_CHANGED])
		spte_is_set(f, t, r->v[2], r->v[0], r->v[3] & 7, r->v[1]);
	ev.set = (struct obs_set){ .gfn = r->v[0], .level = r->v[3], .r = r->v[4], .x = r->v[5], .u = r->v[6],
				   .spte = r->v[1], .sptep = r->v[2] };
	emit(f, t, r, op, &ev);
}

void obs_spte_requested(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = fault_obs(f, t, r->ts_ns);
	struct attempt *at = attempt_of(t, op);
	struct ev ev = { .kind = OBS_SPTE_REQUESTED };

	if (at) {
		at->requested = true;
		at->pfn = r->v[1];
		at->level = r->v[2];
		vcpu_named(t, r->v[0]);
	}
	ev.map = (struct obs_map){ .gfn = r->v[0], .level = r->v[2], .pfn = r->v[1] };
	infer_mapped(f, op->vm, r->v[0], r->v[1]);
	emit(f, t, r, op, &ev);
}

void obs_fast_fault(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = fault_obs(f, t, r->ts_ns);
	struct attempt *at = attempt_of(t, op);
	enum ret_pf ret = ret_pf_decode(f->ret_pf, (int)r->v[4]);
	struct ev ev = { .kind = OBS_FAST_PAGE_FAULT };

	if (at) {
		at->fast = ret;
		if (f->spte && r->v[2] & SPTE_MMU_PRESENT && r->v[2] & f->spte->host_writable)
			at->host_writable = true;
	}
	ev.fast = (struct obs_fast){ .gfn = r->v[0] >> 12, .ret = ret, .write = r->v[1] >> 1 & 1,
				     .exec = r->v[1] >> 4 & 1, .present = r->v[1] & 1, .old = r->v[2],
				     .new = r->v[3] };
	emit(f, t, r, op, &ev);
}

void obs_split(struct fold *f, struct task *t, const struct raw *r)
{
	struct ev ev = { .kind = OBS_SPLIT_HUGE_PAGE };

	ev.map = (struct obs_map){ .gfn = r->v[0], .level = r->v[2], .pfn = -(uint64_t)r->v[3], .extra = r->v[1] };
	emit(f, t, r, op_for_obs(f, t, r->ts_ns), &ev);
}

/* --- table pages ------------------------------------------------------------------------------ */

/* Fields: valid_gen, gfn, role, root_count, unsync, and created or nothing. */
static void emit_page(struct fold *f, struct task *t, const struct raw *r, struct op *op, enum obs_kind kind,
		      bool created)
{
	struct ev ev = { .kind = kind };

	f->shadows |= !role_direct(r->v[2]);
	ev.page = (struct obs_page){ .gfn = r->v[1], .root_count = clamp_u16(r->v[3]), .unsync = r->v[4] & 1,
				     .created = created, .role = (uint32_t)r->v[2], .valid_gen = r->v[0] };
	emit(f, t, r, op, &ev);
}

/* Role word, bits 3:0. */
static unsigned int level_of(const struct raw *r)
{
	return r->v[2] & 15;
}

/*
 * A root, unless a fault is building its way down.  Without a kprobe on
 * kvm_mmu_load it is the one sign that a vCPU loads its root.
 */
static bool is_root(struct fold *f, struct task *t, const struct raw *r)
{
	const struct op *fault = op_find(t, EV_OP_FAULT);

	if (level_of(r) < 4 || level_of(r) < f->root_level || (fault && t->v.at.requested))
		return false;
	if (fault && t->v.at.by_gva && (!t->v.at.spans || level_of(r) < t->v.levels))
		return false;
	f->root_level = level_of(r);
	return true;
}

/* A vCPU's new root follows a table of the guest's: CR3 has it. */
static void note_root(struct fold *f, struct task *t, struct op *load, const struct raw *r)
{
	struct ev ev;

	if (role_direct(r->v[2]) || level_of(r) < 4)
		return;
	t->v.levels = level_of(r);
	if (t->v.root_known && t->v.root == r->v[1])
		return;
	root_note(f, t, r->v[1], 0);
	ev = root_loaded(t, load->vm);
	op_stimulus_before(f, t, load, &ev);
}

void obs_get_page(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *load, *op;

	if (!f->has[RAW_MMU_LOAD] && is_root(f, t, r) && !op_find(t, EV_OP_VCPU_LOAD)) {
		if (fold_shadows(f) && t->v.root_known && t->v.root != r->v[1]) {
			op_end_all(f, t);
			vcpu_goes_on(f, t, r->ts_ns);	/* what it was at was in another address space */
		}
		root_load_unseen(f, t, r->ts_ns);
	}
	load = op_find(t, EV_OP_VCPU_LOAD);
	if (load && !f->seen[RAW_SPTE_CHANGED])
		note_root(f, t, load, r);
	op = fault_obs(f, t, r->ts_ns);
	f->vms[op->vm].nr_pages += r->v[5] & 1;
	emit_page(f, t, r, op, OBS_GET_PAGE, r->v[5]);
}

/*
 * No notifier takes table pages away (they go with what a fault, a vCPU's root or a memslot needs): one at hand is
 * over. Whoever else takes a root away is taking them all.
 */
void obs_prepare_zap(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);

	if (!f->seen[RAW_SPTE_CHANGED] && op_is_notifier(op)) {
		op_end(f, t);
		op = op_for_obs(f, t, r->ts_ns);
	}
	if (op->kind == EV_OP_UNKNOWN && t->vcpu < 0 && level_of(r) >= 4) {
		if (op->zaps_root && role_invalid(r->v[2]) && !r->v[3])
			op = unload_unseen(f, t, r->ts_ns);
		else
			op->zaps = op->zaps_root = true;
	}
	/* A root in use is freed, and counted, when it is used no more: it is zapped once again then. */
	if (!r->v[3] && f->vms[op->vm].nr_pages)
		f->vms[op->vm].nr_pages--;
	emit_page(f, t, r, op, OBS_PREPARE_ZAP_PAGE, false);
}

void obs_sync_page(struct fold *f, struct task *t, const struct raw *r)
{
	emit_page(f, t, r, op_for_obs(f, t, r->ts_ns), OBS_SYNC_PAGE, false);
}

void obs_unsync_page(struct fold *f, struct task *t, const struct raw *r)
{
	emit_page(f, t, r, op_for_obs(f, t, r->ts_ns), OBS_UNSYNC_PAGE, false);
}

/*
 * Would a memslot's change be seen?  Apart from those, only a host that turns its NX mitigation on or off takes
 * all roots away.
 */
static bool shows_slots(const struct fold *f, int vm)
{
	return f->has[RAW_SET_REGION] || f->has[RAW_SET_MEMSLOT] || (vm >= 0 && f->vms[vm].slots_known);
}

static bool is_for_itself(const struct op *op)
{
	return !op || op->kind == EV_OP_UNKNOWN || op->kind == EV_OP_NX_TOGGLE;
}

void nx_toggle_call(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);

	if (is_for_itself(op_top(t)) && shows_slots(f, vm))
		op_begin(f, t, EV_OP_NX_TOGGLE, EV_NX_TOGGLE, r->ts_ns, vm);
	else
		op_step(f, t, r);
}

/* Where no probe said it before. */
static struct op *fast_zap(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct op *op = op_top(t);
	bool called = op && op->kind == EV_OP_NX_TOGGLE && !op->zaps;

	if (is_for_itself(op) && !called && shows_slots(f, vm_of_task(f, t)))
		op_begin(f, t, EV_OP_NX_TOGGLE, EV_NX_TOGGLE, ts_ns, -1);
	op = op_for_obs(f, t, ts_ns);
	if (op->kind == EV_OP_NX_TOGGLE) {
		op->zaps = true;
		f->vms[op->vm].nr_nx_toggles++;
	}
	return op;
}

void obs_zap_all_fast(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = fast_zap(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_ZAP_ALL_FAST };

	f->vms[op->vm].nr_fast_zaps++;
	ev.page = (struct obs_page){ .role = (uint32_t)r->v[0], .valid_gen = r->v[0] };
	emit(f, t, r, op, &ev);
}

/* --- MMIO ---------------------------------------------------------------------------------------- */

static void emit_mmio(struct fold *f, struct task *t, const struct raw *r, enum obs_kind kind, struct obs_mmio mmio)
{
	struct op *op = fault_obs(f, t, r->ts_ns);
	struct attempt *at = attempt_of(t, op);
	struct ev ev = { .kind = kind };

	if (at && kind != OBS_CHECK_MMIO) {
		at->mmio = true;
		vcpu_named(t, mmio.gfn);
	}
	ev.mmio = mmio;
	emit(f, t, r, op, &ev);
}

void obs_mark_mmio(struct fold *f, struct task *t, const struct raw *r)
{
	emit_mmio(f, t, r, OBS_MARK_MMIO, (struct obs_mmio){ .gfn = r->v[0], .access = r->v[1], .gen = r->v[2] });
}

void obs_handle_mmio(struct fold *f, struct task *t, const struct raw *r)
{
	emit_mmio(f, t, r, OBS_HANDLE_MMIO, (struct obs_mmio){ .gfn = r->v[0], .access = r->v[1] });
}

void obs_check_mmio(struct fold *f, struct task *t, const struct raw *r)
{
	emit_mmio(f, t, r, OBS_CHECK_MMIO, (struct obs_mmio){ .gen = r->v[0], .spte = r->v[1] });
}

/* --- flushes ---------------------------------------------------------------------------------------- */

void obs_flush_all(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_FLUSH_ALL };

	op->vm = vm_by_kvm(f, t, r->v[0], false);
	op->flushes = true;
	if (op->stim == EV_DIRTY_MASK)
		op->flags |= EV_F_LAST;
	emit(f, t, r, op, &ev);
}

void obs_flush_range(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_FLUSH_RANGE };

	op->vm = vm_by_kvm(f, t, r->v[0], false);
	ev.gfns = (struct obs_gfns){ .gfn = r->v[1], .count = r->v[2] };
	emit(f, t, r, op, &ev);
}

/* --- pins -------------------------------------------------------------------------------------------- */

static void pin(struct fold *f, struct task *t, const struct raw *r, struct op *op, enum obs_pin which, uint64_t value)
{
	struct ev ev = { .kind = OBS_PIN };

	ev.pin = (struct obs_pinned){ .pin = which, .value = value };
	emit(f, t, r, op, &ev);
}

/* A pin that names its VM, outside faults. */
static void vm_pin(struct fold *f, struct task *t, const struct raw *r, enum obs_pin which, uint64_t value)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);

	op->vm = vm_by_kvm(f, t, r->v[0], false);
	pin(f, t, r, op, which, value);
}

void pin_unmap_ret(struct fold *f, struct task *t, const struct raw *r)
{
	if (t->foreign)
		f->why = UNUSED_OTHER_VM;
	else
		pin(f, t, r, op_for_obs(f, t, r->ts_ns), PIN_UNMAP_RET, (uint8_t)r->v[0]);
}

void pin_snapshot(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, fault_obs(f, t, r->ts_ns), PIN_SNAPSHOT, 0);
}

void pin_lookup_ret(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, fault_obs(f, t, r->ts_ns), PIN_LOOKUP_RET, (uint64_t)(int32_t)r->v[0]);
}

void pin_stale(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, fault_obs(f, t, r->ts_ns), PIN_STALE, 0);
}

void pin_stale_ret(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, fault_obs(f, t, r->ts_ns), PIN_STALE_RET, (uint8_t)r->v[0]);
}

/* Under shadow paging a fault also writes A and D into the guest's tables, and what it emulates. */
static bool is_own_page(struct task *t, const struct raw *r)
{
	const struct attempt *at = &t->v.at;

	return !at->by_gva || (at->requested && !at->returned && r->v[1] == at->gfn);
}

/* In a fault it says when the page became writable; elsewhere the page is dirty for reasons of its own. */
void pin_mark_dirty(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_FAULT);

	if (op && is_own_page(t, r))
		pin(f, t, r, fault_obs(f, t, r->ts_ns), PIN_MARK_DIRTY, 0);
	else
		f->why = UNUSED_MARK;
}

void pin_max_level_ret(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, op_for_obs(f, t, r->ts_ns), PIN_MAX_LEVEL_RET, (uint64_t)(int32_t)r->v[0]);
}

void pin_swap(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_SWAP, 0);
}

void pin_swap_ret(struct fold *f, struct task *t, const struct raw *r)
{
	pin(f, t, r, op_for_obs(f, t, r->ts_ns), PIN_SWAP_RET, 0);
}

void pin_slots_updated(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_SLOTS_UPDATED, r->v[1]);
}

void pin_flush_slot(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_FLUSH_SLOT, r->v[1]);
}

void pin_zap_roots(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_ZAP_ROOTS, 0);
}

void pin_slot_prepare(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_SLOT_PREPARE, r->v[2]);
}

void pin_slot_commit(struct fold *f, struct task *t, const struct raw *r)
{
	vm_pin(f, t, r, PIN_SLOT_COMMIT, 0);
}
