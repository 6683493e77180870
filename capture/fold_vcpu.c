// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vCPU thread: exit -> fault -> what the MMU did -> its result -> entry.  What is arm64's
 * own is in fold_abort.c.
 *
 * - An attempt is one kvm_page_fault; its operation runs until its recorded
 *   return, or, where that is not recorded, until the entry.
 * - An access is a run of attempts at one gfn with one kind of access: all but the
 *   last ended in RETRY, or lost to another fault.  It is over at the entry after an attempt that did not, or
 *   at the next fault elsewhere.
 * - Where no record gives the result, what the attempt left behind does: an SPTE
 *   set is FIXED, or SPURIOUS when nothing changed; an MMIO SPTE is EMULATE; with nothing
 *   it is RETRY if the vCPU's next fault is the same access, and otherwise unknown.
 * - Time between entry and exit is the guest's, between exit and entry the
 *   access's, or another exit's.
 */
#include "capture/fold_state.h"

#define EXIT_EXCEPTION_VMX	0	/* exit reasons: Intel SDM vol. 3 app. C */
#define EXIT_EPT_VIOLATION	48
#define EXIT_NPF		0x400	/* AMD APM vol. 2 app. C */
#define EXIT_PF_SVM		0x4e	/* exception 14 */
#define ISA_VMX			1
#define ISA_SVM			2

#define PFERR_RSVD		8	/* AMD: an entry that marks MMIO, or is broken */

#define ACCESS_KIND		(EV_F_R | EV_F_W | EV_F_X)

/* --- what the fault was ---------------------------------------------------------------- */

/* #PF and NPF error codes: bit 0 present, 1 write, 4 fetch. */
uint8_t vcpu_access_of(uint64_t code)
{
	uint8_t access = code & 0x10 ? EV_F_X : code & 2 ? EV_F_W : EV_F_R;

	return access | (code & 1 ? EV_F_P : 0);
}

/* EPT exit qualification: bits 0-2 read, write, fetch; 3-5 what the entry permits. */
static uint8_t access_of_ept(uint64_t qualification)
{
	uint8_t access = qualification & 4 ? EV_F_X : qualification & 2 ? EV_F_W : EV_F_R;

	return access | (qualification & 0x38 ? EV_F_P : 0);
}

/* What all attempts at an access have in common, besides its kind. */
static uint64_t page_of(const struct attempt *at)
{
	return at->by_gva ? at->gva >> 12 : at->gfn;
}

static bool same_access(const struct vcpu_state *v, const struct attempt *at)
{
	return v->acc_page == page_of(at) && v->acc_by_gva == at->by_gva &&
	       (v->flags & ACCESS_KIND) == (at->access & ACCESS_KIND);
}

/* Does the attempt belong to an access? */
static bool is_access(const struct attempt *at)
{
	return at->gfn_known || at->by_gva;
}

/* --- accesses ------------------------------------------------------------------------------ */

static void write_think(struct fold *f, struct task *t, uint64_t ts_ns)
{
	const struct vcpu_state *v = &t->v;
	struct ev ev = { .kind = EV_THINK, .vm = v->vm };

	if (!v->exits && v->guest_ns < UINT32_MAX)
		return;
	ev.think = (struct ev_think){ .guest_ns = v->guest_ns, .other_exit_ns = v->other_ns, .exits = v->exits };
	emit_stimulus(f, t, ts_ns, &ev);
}

static void write_walk(struct fold *f, struct task *t, uint64_t ts_ns)
{
	const struct vcpu_state *v = &t->v;
	struct ev ev = { .kind = EV_WALK, .vm = v->vm };

	if (!v->acc_by_gva)
		return;
	ev.walk = v->acc_walk;
	emit_other(f, t, ts_ns, &ev);
}

static void finish_access(struct fold *f, struct task *t, uint8_t flags)
{
	struct vcpu_state *v = &t->v;
	uint64_t ts_ns = v->first_exit_ns > t->stim_ns ? v->first_exit_ns : t->stim_ns;
	struct ev ev = { .kind = EV_ACCESS, .vm = v->vm, .flags = v->flags | flags };

	write_think(f, t, ts_ns);
	write_walk(f, t, ts_ns);
	ev.access = v->acc;
	ev.access.guest_ns = clamp_u32(v->guest_ns);
	ev.access.service_ns = v->last_entry_ns > ts_ns ? clamp_u32(v->last_entry_ns - ts_ns) : 0;
	emit_stimulus(f, t, ts_ns, &ev);
	t->nr_accesses++;
	v->active = false;
	v->guest_ns = v->tail_guest_ns;
	v->other_ns = v->tail_other_ns;
	v->exits = v->tail_exits;
	v->tail_guest_ns = v->tail_other_ns = v->tail_exits = 0;
	v->run_records = 0;
}

static void begin_access(struct task *t, const struct attempt *at, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	v->active = true;
	v->acc = (struct ev_access){ .gfn = page_of(at), .result = RET_PF_UNKNOWN };
	v->acc_page = page_of(at);
	v->acc_by_gva = at->by_gva;
	v->flags = at->access;
	v->vm = t->vm;
	v->first_exit_ns = v->exit_ns ? v->exit_ns : ts_ns;
	v->last_entry_ns = 0;
}

/* One more attempt at the access being served, or the first at a new one. */
static void count_attempt(struct fold *f, struct task *t, const struct attempt *at, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	if (v->active && !same_access(v, at))
		finish_access(f, t, 0);
	if (!v->active)
		begin_access(t, at, ts_ns);
	if (at->by_gva) {		/* until its walk says more */
		v->acc.gfn = page_of(at);
		v->acc_walk = (struct ev_walk){ .gva = at->gva, .root = v->root_known ? v->root : 0,
						.known = v->root_known, .pferr = at->error_code };
	}
	v->tail_guest_ns = v->tail_other_ns = v->tail_exits = 0;
	if (v->acc.attempts < UINT16_MAX)
		v->acc.attempts++;
}

void vcpu_note_host(struct vcpu_state *v, enum ret_pf result)
{
	const struct attempt *at = &v->at;
	bool served = result == RET_PF_FIXED || result == RET_PF_SPURIOUS || result == RET_PF_RELAXED ||
		      result == RET_PF_YOUNG;

	/* Who lost to another vCPU, which served both, had asked for his page, too. */
	if ((served || result == RET_PF_LOST) && at->requested) {
		v->acc.pfn = at->pfn;
		v->acc.level = at->level;
		v->flags |= EV_F_PFN;
	}
	if (served && (at->host_writable || at->access & EV_F_W))
		v->flags |= EV_F_HOSTWR;
}

/* --- attempts -------------------------------------------------------------------------------- */

static enum ret_pf infer(const struct fold *f, const struct attempt *at)
{
	if (at->stage2 != RET_PF_UNKNOWN)
		return at->stage2;
	/* Without the TDP MMU, kvm_mmu_set_spte itself fires on a change only. */
	bool changed = at->changed || !f->seen[RAW_SPTE_CHANGED];

	if (at->guest_error)
		return RET_PF_GUEST;
	if (at->mmio)
		return RET_PF_EMULATE;
	if (at->pending)
		return RET_PF_RETRY;
	if (at->fast == RET_PF_FIXED || at->fast == RET_PF_SPURIOUS)
		return at->fast;
	if (at->set)
		return changed ? RET_PF_FIXED : RET_PF_SPURIOUS;
	if (at->requested && at->spans)		/* no way back from there, and an entry that changed would show */
		return RET_PF_SPURIOUS;
	return RET_PF_UNKNOWN;
}

void vcpu_decide(struct fold *f, struct task *t, enum ret_pf result)
{
	struct vcpu_state *v = &t->v;
	const struct attempt *at = &v->at;
	struct ev_opclose c = {
		.gfn = at->gfn, .op = EV_OP_FAULT, .result = result, .access = at->access,
		.stimulus = is_access(at) ? t->nr_accesses : EV_NO_STIMULUS,
		.entry_ns = clamp_u32(at->entry_ns), .error_code = (uint32_t)at->error_code,
	};

	v->undecided = false;
	op_write(f, t, v->undecided_end_ns, at->begin_ns, &c, t->vm, v->undecided_flags);
	if (v->active) {
		v->acc.result = result;
		vcpu_note_host(v, result);
	}
}

static bool in_slot(const struct fold_vm *vm, gfn_t gfn)
{
	for (uint32_t i = 0; i < vm->nr_slots; i++)
		if (gfn - vm->slots[i].gfn < vm->slots[i].npages)
			return true;
	return false;
}

/*
 * Where there is no memory, an access is emulated without a look at the tables only if the vCPU remembers the frame
 * (then the hardware found an entry that marks it), or the host makes no such entries: it has no bit to mark them by,
 * or kvm.mmio_caching is off.
 */
static void note_uncached(struct fold *f, const struct task *t, enum ret_pf result)
{
	const struct fold_vm *vm = &f->vms[t->vm];
	const struct attempt *at = &t->v.at;

	if (result != RET_PF_EMULATE || at->requested || !at->gfn_known || at->by_gva || f->meta->arch != KVM_X86)
		return;
	if (!f->has[RAW_SPTE_REQUESTED] || !vm->slots_known || in_slot(vm, at->gfn))
		return;
	if ((t->v.ept || !(at->error_code & PFERR_RSVD)) && !ev_meta_param(f->meta, "kvm.mmio_caching"))
		ev_meta_set_param(f->meta, "kvm.mmio_caching", "N");
}

void vcpu_settle(struct fold *f, struct task *t, uint64_t end_ns, enum ret_pf result)
{
	struct vcpu_state *v = &t->v;
	struct attempt *at = &v->at;

	t->depth--;
	v->undecided_flags = t->ops[t->depth].flags & EV_F_OPEN;
	if (at->returned)
		result = at->ret;
	if (result == RET_PF_UNKNOWN)
		result = infer(f, at);
	if (at->spans)
		v->last_entry_ns = end_ns;
	if (at->ahead) {
		async_settle(t, end_ns, result);
		return;
	}
	note_uncached(f, t, result);
	v->undecided_end_ns = end_ns;
	if (result == RET_PF_UNKNOWN && v->active)
		v->undecided = true;
	else
		vcpu_decide(f, t, result);
}

/*
 * What became of a fault whose access faults once more, where nothing else tells.  On arm64 that is as good a sign of
 * another's store, of an entry unmapped since or of too few rights as of a retry.
 */
static enum ret_pf come_again(const struct fold *f)
{
	return f->meta->arch == KVM_ARM64 ? RET_PF_UNKNOWN : RET_PF_RETRY;
}

void vcpu_attempt(struct fold *f, struct task *t, uint64_t ts_ns, const struct attempt *at)
{
	struct vcpu_state *v = &t->v;
	bool known = is_access(at);

	f->vms[t->vm].faulted = true;
	if (op_find(t, EV_OP_FAULT))		/* neither its return nor an entry has ended the last one */
		op_end_all(f, t);
	if (v->undecided) {
		bool again = v->active && known && same_access(v, at);

		vcpu_decide(f, t, again ? come_again(f) : RET_PF_UNKNOWN);
	}
	op_end_all(f, t);
	if (v->ahead_open)
		async_end(f, t, 0);
	if (known)
		count_attempt(f, t, at, ts_ns);
	v->at = *at;
	v->at.begin_ns = ts_ns;
	v->at.entry_ns = v->exit_ns ? ts_ns - v->exit_ns : 0;
	v->at.fast = v->at.stage2 = RET_PF_UNKNOWN;
	v->fault_exit = known && !at->spans;
	if (v->exit_unclaimed)		/* the exit is this fault's */
		v->run_records--;
	v->exit_unclaimed = false;
	op_begin(f, t, EV_OP_FAULT, EV_NONE, ts_ns, t->vm);
}

/* Without two-dimensional paging entries have the CPU's own format, whoever made it. */
static void vcpu_is_shadowed(struct fold *f)
{
	f->shadows = true;
	if (f->meta->tdp == SPTE_NPT)
		return;
	f->meta->tdp = SPTE_NPT;
	f->spte = spte_format(f->release, f->meta->tdp);
}

void vcpu_page_fault(struct fold *f, struct task *t, const struct raw *r)
{
	struct vcpu_state *v = &t->v;
	const struct attempt at = {
		.gfn = v->shadow ? 0 : r->v[1] >> 12, .gfn_known = !v->shadow, .error_code = r->v[2],
		.gva = r->v[1], .by_gva = v->shadow,
		.access = v->ept ? access_of_ept(r->v[2]) : vcpu_access_of(r->v[2]),
	};

	if (v->shadow)
		vcpu_is_shadowed(f);
	if (raw_has(r, 0) || t->vcpu < 0)	/* older releases do not say whose */
		t = vm_bind_vcpu(f, t, r->v[0]);
	v = &t->v;
	if (!v->rooted)
		v->root_zaps = f->vms[t->vm].nr_fast_zaps;
	v->rooted = true;
	vcpu_attempt(f, t, r->ts_ns, &at);
}

/*
 * Where KVM's function for shadow faults says that the write is to be emulated, KVM may still give up protecting the
 * frame (its pages go) and let the guest try again; that is the fault's, too.
 */
static bool goes_on(const struct attempt *at, enum ret_pf result)
{
	return at->by_gva && (result == RET_PF_EMULATE || result == RET_PF_WRITE_PROTECTED);
}

void vcpu_fault_ret(struct fold *f, struct task *t, const struct raw *r)
{
	enum ret_pf result = ret_pf_decode(f->ret_pf, (int)r->v[0]);
	struct op *op = op_fault_level(f, t);
	struct attempt *at = &t->v.at;

	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	if (result == RET_PF_RETRY && at->guest_error)
		result = RET_PF_GUEST;
	if (goes_on(at, result)) {
		at->returned = true;
		at->ret = result;
		op_touch(t, r->ts_ns);
		return;
	}
	vcpu_settle(f, t, r->ts_ns, result);
}

void vcpu_named(struct task *t, gfn_t gfn)
{
	struct vcpu_state *v = &t->v;

	if (v->at.gfn_known)
		return;
	v->at.gfn = gfn;
	v->at.gfn_known = true;
	if (v->active && v->acc_by_gva) {
		v->acc.gfn = gfn;
		v->acc_walk.mapped = true;
	}
}

/* The emulator knows the frame of an address from the last time: no walk tells it. */
void vcpu_matches_mmio(struct fold *f, struct task *t, const struct raw *r)
{
	if (!op_find(t, EV_OP_FAULT) || !t->v.at.by_gva) {
		f->why = UNUSED_MATCHED;
		return;
	}
	t->v.at.mmio = true;
	vcpu_named(t, r->v[0] >> 12);
}

/*
 * The emulator comes to the access, of its first half or of what user space answered: where the vCPU's own memory
 * of MMIO made it, no other record says so.
 */
void vcpu_emulated(struct fold *f, struct task *t, const struct raw *r)
{
	struct attempt *at = &t->v.at;

	if (!op_find(t, EV_OP_FAULT))
		return;
	if (at->by_gva)
		vcpu_named(t, r->v[0] >> f->meta->page_shift);
	if (at->gfn_known && at->gfn == r->v[0] >> f->meta->page_shift)
		at->mmio = true;
}

/* --- exits and entries ------------------------------------------------------------------------- */

void vcpu_leave_guest(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	op_end_all(f, t);
	if (v->entry_ns) {
		uint64_t *guest = v->active ? &v->tail_guest_ns : &v->guest_ns;

		*guest += ts_ns - v->entry_ns;
	}
	v->entry_ns = 0;
	v->exit_ns = ts_ns;
	v->fault_exit = false;
	v->run_records++;
	v->exit_unclaimed = true;
}

void vcpu_exit(struct fold *f, struct task *t, const struct raw *r)
{
	struct vcpu_state *v;
	uint32_t reason = r->v[0], isa = r->v[1];

	t = vm_bind_vcpu(f, t, r->v[2]);
	v = &t->v;
	vcpu_leave_guest(f, t, r->ts_ns);
	v->ept = isa == ISA_VMX && reason == EXIT_EPT_VIOLATION;
	v->shadow = isa == ISA_VMX ? reason == EXIT_EXCEPTION_VMX : reason == EXIT_PF_SVM;
	if (!f->tdp_known && (isa == ISA_VMX || isa == ISA_SVM)) {
		f->tdp_known = true;
		f->meta->tdp = isa == ISA_VMX ? SPTE_EPT : SPTE_NPT;
		f->spte = spte_format(f->release, f->meta->tdp);
	}
}

static void other_exit(struct vcpu_state *v, uint64_t ns)
{
	if (v->active) {
		v->tail_other_ns += ns;
		v->tail_exits++;
	} else {
		v->other_ns += ns;
		v->exits++;
	}
}

void vcpu_entry(struct fold *f, struct task *t, const struct raw *r)
{
	t = vm_bind_vcpu(f, t, r->v[0]);
	if (op_fault_level(f, t) && !t->v.at.returned)
		vcpu_settle(f, t, r->ts_ns, RET_PF_UNKNOWN);
	op_end_all(f, t);
	if (t->v.ahead_open)
		async_end(f, t, 0);
	root_renew(f, t, r->ts_ns);
	vcpu_enter_guest(f, t, r->ts_ns);
}

bool vcpu_tries_again(const struct task *t)
{
	const struct vcpu_state *v = &t->v;

	return v->active && (v->undecided || v->acc.result == RET_PF_RETRY || v->acc.result == RET_PF_LOST);
}

void vcpu_goes_on(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	if (!v->active)
		return;
	if (v->undecided)
		vcpu_decide(f, t, RET_PF_UNKNOWN);
	if (v->fault_exit && v->exit_ns) {	/* from here on it is another exit */
		v->last_entry_ns = v->exit_ns = ts_ns;
		v->fault_exit = false;
	}
	finish_access(f, t, 0);
}

void vcpu_enter_guest(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	if (v->exit_unclaimed || !v->exit_ns)
		v->run_records++;
	v->exit_unclaimed = false;
	if (v->fault_exit) {
		v->last_entry_ns = ts_ns;
		if (v->active && !vcpu_tries_again(t))
			finish_access(f, t, 0);
	} else if (v->exit_ns) {
		other_exit(v, ts_ns - v->exit_ns);
	}
	v->fault_exit = false;
	v->exit_ns = 0;
	v->entry_ns = ts_ns;
}

void vcpu_cut(struct fold *f, struct task *t)
{
	struct vcpu_state *v = &t->v;
	uint64_t last_ns = t->depth ? op_top(t)->last_ns : v->exit_ns;

	op_end_all(f, t);
	if (v->undecided)
		vcpu_decide(f, t, RET_PF_UNKNOWN);
	if (v->active) {
		bool open = !v->last_entry_ns || v->fault_exit;

		if (open && last_ns > v->last_entry_ns)
			v->last_entry_ns = last_ns;
		finish_access(f, t, open ? EV_F_OPEN : 0);
	}
	fold_unuse(f, UNUSED_RUN, v->run_records);
	*v = (struct vcpu_state){ .rooted = v->rooted, .root_zaps = v->root_zaps };
}
