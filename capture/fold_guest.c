// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow paging: what the guest does to its translation, and KVM for it.  Each is an operation of the vCPU's, over when
 * it does anything else: loads of CR3, INVLPG, flushes that sync the roots, writes KVM emulates.
 *
 * - A load of CR3 whose root is not at hand gives up the current one (LOADS); VCPU_LOAD follows.
 * - kvm_mmu_load() syncs, too, as part of itself.
 * - The access that was served in the same exit comes first: a write KVM emulates is what it came to.
 */
#include "capture/fold_state.h"

static struct op *begin(struct fold *f, struct task *t, enum ev_op kind, enum ev_kind stim, uint64_t ts_ns)
{
	op_end_all(f, t);
	vcpu_goes_on(f, t, ts_ns);
	return op_begin(f, t, kind, stim, ts_ns, -1);
}

void guest_loads_cr3(struct fold *f, struct task *t, const struct raw *r)
{
	gfn_t root = (r->v[1] & SPTE_PFN_MASK) >> 12;
	struct op *op;

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	op = begin(f, t, EV_OP_CR3, EV_CR3, r->ts_ns);
	op->gfn = root;
	root_note(f, t, root, r->v[1] & 0xfe0);		/* PAE: 32 bytes anywhere in the frame */
	t->held[op->held].ev = root_loaded(t, op->vm);
}

void guest_drops_page(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op;

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	op = begin(f, t, EV_OP_INVLPG, EV_INVLPG, r->ts_ns);
	t->held[op->held].ev.walk = (struct ev_walk){ .gva = r->v[1], .root = t->v.root_known ? t->v.root : 0,
						      .known = t->v.root_known, .levels = t->v.levels };
}

void guest_writes_table(struct fold *f, struct task *t, const struct raw *r)
{
	uint64_t gpa = r->v[1], value = r->v[2];
	unsigned int bytes = r->v[3] < 8 ? r->v[3] : 8;
	struct op *op;

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	if (bytes < 8)
		value &= BIT_ULL(8 * bytes) - 1;
	op = begin(f, t, EV_OP_PT_WRITE, EV_PT_WRITE, r->ts_ns);
	op->gfn = gpa >> 12;
	t->held[op->held].ev.gpte = (struct ev_gpte){ .gfn = gpa >> 12, .offset = gpa & 0xfff, .bytes = bytes,
						      .value = value };
	gpt_write(f, op->vm, gpa, bytes, value, t->v.levels == 2 ? 4 : 8);
}

void guest_syncs(struct fold *f, struct task *t, const struct raw *r)
{
	if (!fold_shadows(f) || t->vcpu < 0 || op_find(t, EV_OP_VCPU_LOAD)) {
		op_step(f, t, r);
		return;
	}
	op_end_all(f, t);
	if (!vcpu_tries_again(t))
		vcpu_goes_on(f, t, r->ts_ns);
	op_begin(f, t, EV_OP_SYNC_ROOTS, EV_SYNC_ROOTS, r->ts_ns, -1);
	if (t->v.active)
		op_top(t)->flags |= EV_F_NESTED;
}

/* --- how many shadow pages there may be ---------------------------------------------------------- */

#define REFILL_PAGES	25		/* KVM_REFILL_PAGES, kvm_host.h (v6.1, v6.12) */

/*
 * A fault or load that needs pages zaps the oldest, until REFILL_PAGES are free: how many it asks for tells how
 * many were, and so the limit.  The pages there are were counted if the VM was made while it was recorded.
 */
void page_recycle(struct fold *f, struct task *t, const struct raw *r)
{
	struct ev ev = { .kind = EV_PAGE_LIMIT };
	struct op *op = op_top(t);
	struct fold_vm *vm;
	uint64_t limit;

	op_step(f, t, r);
	ev.vm = vm_by_kvm(f, t, r->v[0], false);
	vm = &f->vms[ev.vm];
	limit = vm->nr_pages + REFILL_PAGES - r->v[1];
	if (!op || (op->kind != EV_OP_FAULT && op->kind != EV_OP_VCPU_LOAD) || !vm->made ||
	    r->v[1] >= REFILL_PAGES || limit == vm->page_limit)
		return;
	vm->page_limit = ev.gfns.count = limit;
	op_stimulus_before(f, t, op, &ev);
}

/* Also part of what changes a memslot, whose size the limit follows. */
void page_limit(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	struct op *op;

	if (op_find(t, EV_OP_MEMSLOT)) {
		op_step(f, t, r);
		return;
	}
	op = op_begin(f, t, EV_OP_PAGE_LIMIT, EV_PAGE_LIMIT, r->ts_ns, vm);
	op->count = f->vms[op->vm].page_limit = r->v[1];
}
