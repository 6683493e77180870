// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MMU notifiers: invalidations, aging, change_pte.  A kprobe on the notifier and
 * the tracepoint behind it tell of the same operation when thread and range agree.
 * The end of an invalidation has no tracepoint: without its kprobe no end is
 * invented, and its start carries EV_F_OPEN.
 */
#include "capture/fold_state.h"
#include "kvm/stage2.h"

#define RANGE_BLOCKABLE	1	/* MMU_NOTIFIER_RANGE_BLOCKABLE, linux/mmu_notifier.h */

static struct op *begin_range(struct fold *f, struct task *t, enum ev_op kind, enum ev_kind stim, uint64_t ts_ns,
			      int vm, hva_t start, hva_t end)
{
	struct op *op = op_begin(f, t, kind, stim, ts_ns, vm);

	op->start = start;
	op->stop = end;
	return op;
}

/* The tracepoint of the operation its kprobe has begun. */
static bool joins(struct task *t, enum ev_op kind, hva_t start, hva_t end, uint64_t ts_ns)
{
	struct op *op = op_top(t);

	if (!op || op->kind != kind || op->start != start || op->stop != end || op->begin_ns != op->last_ns ||
	    !op->probed)
		return false;
	op_touch(t, ts_ns);
	return true;
}

/*
 * One VM is recorded, and what the host's own threads do to any: a tracepoint has no address to filter by.  The probe
 * before it has, and is of that VM alone.
 */
static bool is_foreign(struct fold *f, struct task *t, bool probed)
{
	if (!probed || t->vcpu >= 0 || noted_pid(f, t->tid) || !ev_meta_param(f->meta, "capture.vm"))
		return false;
	op_end_all(f, t);
	t->foreign = true;
	f->why = UNUSED_OTHER_VM;
	return true;
}

/* --- invalidations ----------------------------------------------------------------------- */

static void begin_invalidate(struct fold *f, struct task *t, uint64_t ts_ns, int vm, hva_t start, hva_t end)
{
	struct op *op = begin_range(f, t, EV_OP_INVALIDATE_START, EV_INVALIDATE_START, ts_ns, vm, start, end);

	if (!f->has[RAW_MN_INV_END])
		op->flags |= EV_F_OPEN;
	if (t->nr_windows < WINDOWS_MAX)
		t->windows[t->nr_windows++] = (struct window){ start, end, false };
}

void inv_start_mn(struct fold *f, struct task *t, const struct raw *r)
{
	begin_invalidate(f, t, r->ts_ns, vm_by_mn(f, t, r->v[0], true), r->v[1], r->v[2]);
	op_top(t)->mn = r->v[0];
	op_top(t)->probed = true;
	if (raw_has(r, 3) && !(r->v[3] & RANGE_BLOCKABLE))
		op_top(t)->flags |= EV_F_NOBLOCK;
}

void inv_start_hva(struct fold *f, struct task *t, const struct raw *r)
{
	if (!joins(t, EV_OP_INVALIDATE_START, r->v[0], r->v[1], r->ts_ns) &&
	    !is_foreign(f, t, f->has[RAW_MN_INV_START]))
		begin_invalidate(f, t, r->ts_ns, vm_by_hva(f, t, r->v[0], r->v[1]), r->v[0], r->v[1]);
}

/* Takes the window that the end closes off the list; whether its start met a memslot. */
static bool close_window(struct task *t, hva_t start, hva_t end)
{
	for (int i = t->nr_windows; i-- > 0;) {
		bool matched = t->windows[i].matched;

		if (t->windows[i].start != start || t->windows[i].end != end)
			continue;
		t->nr_windows--;
		for (; i < t->nr_windows; i++)
			t->windows[i] = t->windows[i + 1];
		return matched;
	}
	return false;
}

void inv_end_mn(struct fold *f, struct task *t, const struct raw *r)
{
	bool matched = close_window(t, r->v[1], r->v[2]);
	struct op *op = begin_range(f, t, EV_OP_INVALIDATE_END, EV_INVALIDATE_END, r->ts_ns,
				    vm_by_mn(f, t, r->v[0], false), r->v[1], r->v[2]);

	op->mn = r->v[0];
	if (matched)
		op->flags |= EV_F_MATCHED;
}

static void emit_pin(struct fold *f, struct task *t, uint64_t ts_ns, uint16_t vm, enum obs_pin pin)
{
	struct ev ev = { .kind = OBS_PIN, .vm = vm };

	ev.pin = (struct obs_pinned){ .pin = pin };
	emit_obs(f, t, ts_ns, &ev);
}

void inv_end_mn_ret(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_INVALIDATE_END);

	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	emit_pin(f, t, r->ts_ns, op->vm, PIN_INV_END_RET);
	op_return(f, t, EV_OP_INVALIDATE_END, r->ts_ns);
}

/*
 * Another task runs on the CPU where @t was last: where the return is not recorded that is the first
 * sign that the call is over, since nothing in it sleeps.
 */
void inv_end_off_cpu(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct op *op = op_top(t);

	if (!op || op->kind != EV_OP_INVALIDATE_END || op->off_cpu || f->has[RAW_MN_INV_END_RET])
		return;
	op->off_cpu = true;
	emit_pin(f, t, ts_ns, op->vm, PIN_OFF_CPU);
}

/* kvm_mmu_invalidate_end() is over: what it changes has changed. */
void pin_inv_ended(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);

	emit_pin(f, t, r->ts_ns, op->vm, PIN_INV_ENDED);
}

void pin_inv_end(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);

	op->vm = vm_by_kvm(f, t, r->v[0], false);
	if (op->kind == EV_OP_INVALIDATE_END)
		op->flags |= EV_F_MATCHED;
	emit_pin(f, t, r->ts_ns, op->vm, PIN_INV_END);
}

static void mark_matched(struct task *t, struct op *op)
{
	op->flags |= EV_F_MATCHED;
	for (int i = t->nr_windows; i-- > 0;)
		if (t->windows[i].start == op->start && t->windows[i].end == op->stop) {
			t->windows[i].matched = true;
			return;
		}
}

/* The kvm address is the surest sign of which VM the operation is about. */
static void op_is_of(struct fold *f, struct task *t, struct op *op, uint64_t kvm)
{
	vm_learn_mn(f, op, kvm);
	op->vm = vm_by_kvm(f, t, kvm, false);
}

void obs_unmap_range(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_UNMAP_RANGE };

	op_is_of(f, t, op, r->v[0]);
	if (op->kind == EV_OP_INVALIDATE_START)
		mark_matched(t, op);
	infer_matched(f, op, r->v[1], r->v[2] - r->v[1]);
	ev.vm = op->vm;
	ev.gfns = (struct obs_gfns){ .gfn = r->v[1], .count = r->v[2] - r->v[1] };
	emit_obs(f, t, r->ts_ns, &ev);
}

/* --- aging -------------------------------------------------------------------------------------- */

static void begin_age(struct fold *f, struct task *t, const struct raw *r, uint8_t flags)
{
	/* On arm64 older probes do not give the notifier. */
	int vm = r->v[0] ? vm_by_mn(f, t, r->v[0], true) : vm_by_hva(f, t, r->v[1], r->v[2]);
	struct op *op = begin_range(f, t, EV_OP_AGE, EV_AGE, r->ts_ns, vm, r->v[1], r->v[2]);

	op->mn = r->v[0];
	op->probed = true;
	op->flags |= flags;
}

void age_mn(struct fold *f, struct task *t, const struct raw *r)
{
	begin_age(f, t, r, 0);
}

void age_flush_mn(struct fold *f, struct task *t, const struct raw *r)
{
	begin_age(f, t, r, EV_F_FLUSH);
}

/* Alone it does not say whether young entries are flushed; clear_young is far the commoner. */
void age_hva(struct fold *f, struct task *t, const struct raw *r)
{
	if (!joins(t, EV_OP_AGE, r->v[0], r->v[1], r->ts_ns) &&
	    !is_foreign(f, t, f->has[RAW_CLEAR_YOUNG] && f->has[RAW_CLEAR_FLUSH_YOUNG]))
		begin_range(f, t, EV_OP_AGE, EV_AGE, r->ts_ns, vm_by_hva(f, t, r->v[0], r->v[1]), r->v[0], r->v[1]);
}

/* About one byte, which need not begin a page (DAMON samples anywhere): a page's length from it on would be two. */
void test_age_hva(struct fold *f, struct task *t, const struct raw *r)
{
	uint64_t hva = r->v[0], end = hva + 1;

	begin_range(f, t, EV_OP_TEST_AGE, EV_TEST_AGE, r->ts_ns, vm_by_hva(f, t, hva, end), hva, end);
}

static struct op *aging_op(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct op *op = op_for_obs(f, t, ts_ns);

	return op->kind == EV_OP_AGE || op->kind == EV_OP_TEST_AGE ? op : NULL;
}

static void emit_age(struct fold *f, struct task *t, uint64_t ts_ns, const struct op *op, bool young)
{
	struct ev ev = { .kind = OBS_AGE_RANGE, .vm = op->vm, .flags = young };

	ev.gfns = (struct obs_gfns){ .gfn = op->age_gfn, .count = op->age_count };
	emit_obs(f, t, ts_ns, &ev);
}

/* The handler; its observation is written when it returns and says "young". */
void age_gfn(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = aging_op(f, t, r->ts_ns);

	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	op_is_of(f, t, op, r->v[0]);
	if (op->age_open)
		emit_age(f, t, r->ts_ns, op, false);
	op->age_alone = !(op->flags & EV_F_MATCHED);
	op->flags |= EV_F_MATCHED;
	infer_matched(f, op, r->v[1], r->v[2] - r->v[1]);
	op->age_open = true;
	op->age_gfn = r->v[1];
	op->age_count = r->v[2] - r->v[1];
}

void age_gfn_ret(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = aging_op(f, t, r->ts_ns);

	if (!op || !op->age_open) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	op->age_open = false;
	if ((uint8_t)r->v[0])		/* a bool; the rest of its register is whatever it was */
		op->flags |= EV_F_YOUNG;
	emit_age(f, t, r->ts_ns, op, (uint8_t)r->v[0]);
}

/* The notifier itself returns; young: some handler of some VM said so. */
void age_return(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = aging_op(f, t, r->ts_ns);

	if (op && op->age_open && op->age_alone && r->v[0]) {
		op->age_young = true;
		op->flags |= EV_F_YOUNG;
	}
	if (!op_return(f, t, raw_id(r) == RAW_TEST_YOUNG_RET ? EV_OP_TEST_AGE : EV_OP_AGE, r->ts_ns))
		f->why = UNUSED_NO_CALL;
}

/* --- change_pte, 6.1 ------------------------------------------------------------------------------ */

/* Of a host page table entry: bits 51:12, on arm64 47:12. */
static uint64_t pfn_of_pte(const struct fold *f, uint64_t pte)
{
	return (pte & (f->meta->arch == KVM_ARM64 ? STAGE2_ADDRESS : SPTE_PFN_MASK)) >> f->meta->page_shift;
}

void set_spte_mn(struct fold *f, struct task *t, const struct raw *r)
{
	begin_range(f, t, EV_OP_SET_SPTE, EV_SET_SPTE, r->ts_ns, vm_by_mn(f, t, r->v[0], true), r->v[1],
		    pfn_of_pte(f, r->v[2]))->mn = r->v[0];
}

void set_spte_hva(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_top(t);

	if (op && op->kind == EV_OP_SET_SPTE && op->start == r->v[0] && op->mn)
		op_touch(t, r->ts_ns);
	else if (!is_foreign(f, t, f->has[RAW_CHANGE_PTE]))
		begin_range(f, t, EV_OP_SET_SPTE, EV_SET_SPTE, r->ts_ns, vm_by_hva(f, t, r->v[0], r->v[0] + 1),
			    r->v[0], 0);
}

void set_spte_gfn(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);

	op_is_of(f, t, op, r->v[0]);
	if (op->kind == EV_OP_SET_SPTE) {
		op->flags |= EV_F_MATCHED;
		op->stop = pfn_of_pte(f, r->v[3]);
	}
}
