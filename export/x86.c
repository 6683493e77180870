// SPDX-License-Identifier: GPL-2.0-or-later
/* An x86 host with the TDP MMU: what is told, in the kernel's records. */
#include <stdlib.h>

#include "export/writer.h"
#include "kvm/spte.h"

enum event {
#define TRACE(id, releases, system, name, fields, print) X86_##id,
#define PROBE(id, releases, name, symbol, fields) X86_##id,
#define RETURN(id, releases, name, symbol, fields) X86_##id,
#include "export/events_common.def"
#include "export/events_x86.def"
#undef TRACE
#undef PROBE
#undef RETURN
	X86_NR
};

static const struct shape_row rows[] = {
#define ALL		.first = KVM_6_1, .last = KVM_6_18
#define SINCE(release)	.first = release, .last = KVM_6_18
#define UNTIL(release)	.first = KVM_6_1, .last = release
#define TRACE(id, releases, sys, event, decl, shown) \
	[X86_##id] = { #sys, #event, SHAPE_TRACEPOINT, NULL, decl, shown, releases },
#define PROBE(id, releases, event, func, decl) \
	[X86_##id] = { "lab", #event, SHAPE_PROBE, #func, decl, NULL, releases },
#define RETURN(id, releases, event, func, decl) \
	[X86_##id] = { "lab", #event, SHAPE_RETURN, #func, decl, NULL, releases },
#include "export/events_common.def"
#include "export/events_x86.def"
#undef TRACE
#undef PROBE
#undef RETURN
#undef ALL
#undef SINCE
#undef UNTIL
};

#define ISA_VMX			1	/* as kvm_exit prints it */
#define ISA_SVM			2
#define EXIT_INTERRUPT_VMX	1	/* Intel SDM vol. 3 app. C */
#define EXIT_EPT_VIOLATION	48
#define EXIT_EPT_MISCONFIG	49
#define EXIT_INTERRUPT_SVM	0x60	/* AMD APM vol. 2 app. C */
#define EXIT_NPF		0x400

#define PFERR_P			1u
#define PFERR_W			2u
#define PFERR_U			4u
#define PFERR_RSVD		8u
#define PFERR_F			16u
#define NPF_FINAL		BIT_ULL(32)	/* of the page itself, not of a table of the guest's */

#define TABLE_BITS		9
#define AS_IDS			2	/* by which the generation of memslots advances */

static bool is_ept(const struct exporter *x)
{
	return x->o.meta->tdp == SPTE_EPT;
}

/* --- exits ------------------------------------------------------------------------------- */

static uint32_t pferr(unsigned int access, bool mmio)
{
	return PFERR_U | (access & EV_F_P || mmio ? PFERR_P : 0) | (access & EV_F_W ? PFERR_W : 0) |
	       (access & EV_F_X ? PFERR_F : 0) | (mmio ? PFERR_RSVD : 0);
}

/*
 * Exit qualification: 0-2 the access, 3-5 what the entry permits, 7 and 8 the guest's address is known, and the page
 * was not one of its tables.  An entry that is there lacks just what was asked for.
 */
static uint64_t qualification(unsigned int access)
{
	const unsigned int asks = access & EV_F_X ? 4 : access & EV_F_W ? 2 : 1;

	return 0x180 | asks | (access & EV_F_P ? (7 & ~asks) << 3 : 0);
}

static uint64_t error_code(const struct exporter *x, const struct told_fault *f)
{
	return is_ept(x) ? qualification(f->access) : pferr(f->access, f->mmio) | NPF_FINAL;
}

static void put_exit(struct exporter *x, const struct told *w, uint32_t reason, uint64_t info1, uint64_t info2)
{
	EXPORT(x, w, X86_EXIT, reason, 0, is_ept(x) ? ISA_VMX : ISA_SVM, info1, info2, 0, 0, (uint32_t)w->vcpu);
}

static void say_exit(struct exporter *x, const struct told *w)
{
	put_exit(x, w, is_ept(x) ? EXIT_INTERRUPT_VMX : EXIT_INTERRUPT_SVM, 0, 0);
}

/* Intel's hardware has an exit of its own for an entry that marks MMIO, and KVM no record of how it is handled. */
static bool is_misconfig(const struct exporter *x, const struct told *w)
{
	return is_ept(x) && w->fault.mmio;
}

static void say_fault_exit(struct exporter *x, const struct told *w)
{
	const uint64_t code = error_code(x, &w->fault);

	if (is_misconfig(x, w))
		put_exit(x, w, EXIT_EPT_MISCONFIG, 0, 0);
	else if (is_ept(x))
		put_exit(x, w, EXIT_EPT_VIOLATION, code, 0);
	else
		put_exit(x, w, EXIT_NPF, code, w->fault.gfn << 12);
}

static void say_entry(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];

	if (!t->runs)
		EXPORT(x, w, X86_VCPU_RUN, export_vcpu(x, w->vm, w->vcpu), export_kvm(x, w->vm));
	t->runs = true;
	EXPORT(x, w, X86_ENTRY, (uint32_t)w->vcpu, 0, 0);
}

/* --- faults -------------------------------------------------------------------------------- */

/* The kernel's number; an errno for what goes to user space. */
static uint64_t number_of(const struct exporter *x, unsigned int result)
{
	return (uint32_t)ret_pf_encode(x->ret_pf, result);
}

static void say_fault(struct exporter *x, const struct told *w)
{
	x->threads[w->task].looked = false;
	if (!is_misconfig(x, w))
		EXPORT(x, w, X86_PAGE_FAULT, (uint32_t)w->vcpu, 0, w->fault.gfn << 12, error_code(x, &w->fault));
}

static void say_snapshot(struct exporter *x, const struct told *w)
{
	x->threads[w->task].looked = true;
	EXPORT(x, w, X86_FAULTIN, export_vcpu(x, w->vm, w->vcpu));
	EXPORT(x, w, X86_FAULTIN_NEW, export_vcpu(x, w->vm, w->vcpu));
}

static void say_looked_up(struct exporter *x, const struct told *w)
{
	EXPORT(x, w, X86_FAULTIN_RET, number_of(x, w->fault.result));
	EXPORT(x, w, X86_FAULTIN_NEW_RET, number_of(x, w->fault.result));
}

/* What an entry that marks MMIO is handled by is another function. */
static void say_fault_ret(struct exporter *x, const struct told *w)
{
	if (!w->fault.mmio || x->threads[w->task].looked)
		EXPORT(x, w, X86_FAULT_RET, number_of(x, w->fault.result));
}

/* --- operations ------------------------------------------------------------------------------ */

static uint64_t slot_number(unsigned int as_id, unsigned int id)
{
	return as_id << 16 | id;
}

static void say_age(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, w->ev.flags & EV_F_FLUSH ? X86_CLEAR_FLUSH_YOUNG : X86_CLEAR_YOUNG, export_mn(x, w->vm), h->start,
	       h->end);
	EXPORT(x, w, X86_AGE_HVA, h->start, h->end);
}

static void say_invalidate(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, X86_MN_INV_START, export_mn(x, w->vm), h->start, h->end, export_range_flags(w));
	EXPORT(x, w, X86_UNMAP_HVA, h->start, h->end);
}

/* A host page table entry: the frame, present, of user space, accessed. */
#define HOST_PTE 0x25u

static void say_set_spte(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, X86_CHANGE_PTE, export_mn(x, w->vm), h->start, (h->end << 12 & SPTE_PFN_MASK) | HOST_PTE);
	EXPORT(x, w, X86_SET_SPTE_HVA, h->start);
}

static void say_region(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;
	const bool gone = s->change == EV_SLOT_DELETE;

	x->threads[w->task].swaps = 0;
	EXPORT(x, w, X86_SET_REGION, export_kvm(x, w->vm), slot_number(s->as_id, s->id), s->flags, s->gfn << 12,
	       gone ? 0 : s->npages << 12, s->hva);
	EXPORT(x, w, X86_SET_MEMSLOT, export_kvm(x, w->vm), s->change);
}

static void say_clear(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	const struct ev_slot *s = slots_find(&x->vms[w->vm].slots, g->slot, g->level);

	EXPORT(x, w, X86_CLEAR_DIRTY, export_kvm(x, w->vm), slot_number(g->level, g->slot), g->count,
	       g->gfn - (s ? s->gfn : 0));
}

static void say_op(struct exporter *x, const struct told *w)
{
	const struct ev *ev = &w->ev;

	switch (ev->kind) {
	case EV_INVALIDATE_START:
		say_invalidate(x, w);
		break;
	case EV_INVALIDATE_END:
		EXPORT(x, w, X86_MN_INV_END, export_mn(x, w->vm), ev->hvas.start, ev->hvas.end);
		break;
	case EV_AGE:
		say_age(x, w);
		break;
	case EV_TEST_AGE:
		EXPORT(x, w, X86_TEST_AGE_HVA, ev->hvas.start);
		break;
	case EV_SET_SPTE:
		say_set_spte(x, w);
		break;
	case EV_MEMSLOT:
		say_region(x, w);
		break;
	case EV_VCPU_LOAD:
		EXPORT(x, w, X86_MMU_LOAD, export_vcpu(x, w->vm, w->vcpu));
		break;
	case EV_VCPU_UNLOAD:
		EXPORT(x, w, X86_MMU_UNLOAD, export_vcpu(x, w->vm, w->vcpu));
		break;
	case EV_ZAP_ALL:
		EXPORT(x, w, X86_MN_RELEASE, export_mn(x, w->vm));
		break;
	case EV_VM_DESTROY:
		EXPORT(x, w, X86_DESTROY_VM, export_kvm(x, w->vm));
		break;
	case EV_DIRTY_GET:
		EXPORT(x, w, X86_GET_DIRTY, export_kvm(x, w->vm), slot_number(ev->gfns.level, ev->gfns.slot));
		break;
	case EV_DIRTY_CLEAR:
		say_clear(x, w);
		break;
	case EV_ZAP_RANGE:
		EXPORT(x, w, X86_ZAP_GFNS, export_kvm(x, w->vm), ev->gfns.gfn, ev->gfns.gfn + ev->gfns.count);
		break;
	case EV_NX_TOGGLE:
		EXPORT(x, w, X86_MMU_ZAP_ALL_FAST, export_kvm(x, w->vm));
		break;
	case EV_DIRTY_MASK:		/* its words say it */
	case EV_DIRTY_RESET:		/* ... and its end */
	case EV_NX_RECOVER:		/* a thread of that name does nothing else */
		break;
	default:
		x->unsaid++;
		break;
	}
}

static void say_swap(struct exporter *x, const struct told *w)
{
	x->threads[w->task].swaps++;
	EXPORT(x, w, X86_SWAP, export_kvm(x, w->vm), w->ev.slot.as_id);
}

static void say_swapped(struct exporter *x, const struct told *w)
{
	uint64_t *generation = &x->vms[w->vm].generation[w->ev.slot.as_id % AS_IDS];

	*generation += AS_IDS;
	EXPORT(x, w, X86_SLOTS_UPDATED, export_kvm(x, w->vm), *generation);
	EXPORT(x, w, X86_SWAP_RET);
}

static void say_ring_reset(struct exporter *x, const struct told *w)
{
	struct ring *r = export_ring(x, w->vm, w->ev.gfns.slot);

	r->reset += (uint32_t)w->ev.gfns.count;
	EXPORT(x, w, X86_RING_RESET, w->ev.gfns.slot, r->pushed, r->reset);
}

static void say_op_end(struct exporter *x, const struct told *w)
{
	switch (w->ev.kind) {
	case EV_INVALIDATE_END:
		EXPORT(x, w, X86_MN_INV_END_RET);
		break;
	case EV_MEMSLOT:
		if (!x->threads[w->task].swaps) {	/* before the run: nobody could see it */
			say_swap(x, w);
			say_swapped(x, w);
		}
		export_slot(x, w);
		EXPORT(x, w, X86_SET_REGION_RET, 0);
		break;
	case EV_DIRTY_RESET:
		say_ring_reset(x, w);
		break;
	}
}

/* --- observations -------------------------------------------------------------------------------- */

static void say_page(struct exporter *x, const struct told *w, enum event event)
{
	const struct obs_page *p = &w->ev.page;

	EXPORT(x, w, event, p->valid_gen, p->gfn, p->role, p->root_count, p->unsync, p->created);
}

static void say_fast(struct exporter *x, const struct told *w)
{
	const struct obs_fast *f = &w->ev.fast;
	const uint8_t access = (f->write ? EV_F_W : 0) | (f->exec ? EV_F_X : 0) | (f->present ? EV_F_P : 0);
	const int level = spte_is_present(f->old) ? 1 : 0;

	EXPORT(x, w, export_has(x, X86_FAST_FAULT) ? X86_FAST_FAULT : X86_FAST_FAULT_64, (uint32_t)w->vcpu,
	       f->gfn << 12, pferr(access, false), level ? export_entry(w->vm, f->gfn, 1, TABLE_BITS) : 0,
	       f->old, f->new, number_of(x, f->ret));
}

static void say_aged(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	const bool test = x->threads[w->task].tests;

	EXPORT(x, w, test ? X86_TEST_AGE_GFN : X86_AGE_GFN, export_kvm(x, w->vm), g->gfn, g->gfn + g->count);
	EXPORT(x, w, test ? X86_TEST_AGE_GFN_RET : X86_AGE_GFN_RET, w->ev.flags & 1);
}

static void say_word(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = slots_find_gfn(&x->vms[w->vm].slots, w->ev.gfns.gfn);
	const gfn_t base = s ? s->gfn : 0;

	EXPORT(x, w, X86_LOG_DIRTY, export_kvm(x, w->vm), base, w->ev.gfns.gfn - base, w->ev.gfns.count);
}

static void say_push(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	struct ring *r = export_ring(x, w->vm, (uint32_t)g->count);

	EXPORT(x, w, X86_RING_PUSH, g->count, ++r->pushed, r->reset, slot_number(g->level, g->slot), g->gfn);
}

static void say_obs(struct exporter *x, const struct told *w)
{
	const struct ev *o = &w->ev;
	const uint64_t kvm = export_kvm(x, w->vm);

	switch (o->kind) {
	case OBS_SPTE_CHANGED:
		EXPORT(x, w, X86_SPTE_CHANGED, o->spte.gfn, o->spte.old, o->spte.new, o->spte.level, o->spte.as_id);
		break;
	case OBS_SET_SPTE:
		EXPORT(x, w, X86_SET_SPTE, o->set.gfn, o->set.spte,
		       export_entry(w->vm, o->set.gfn, o->set.level, TABLE_BITS), o->set.level,
		       o->set.r, o->set.x, o->set.u == 3 ? (uint64_t)-1 : o->set.u);
		break;
	case OBS_SPTE_REQUESTED:
		EXPORT(x, w, X86_SPTE_REQUESTED, o->map.gfn, o->map.pfn, o->map.level);
		break;
	case OBS_GET_PAGE:
		x->vms[w->vm].tables += o->page.created;
		say_page(x, w, X86_GET_PAGE);
		break;
	case OBS_PREPARE_ZAP_PAGE:
		x->vms[w->vm].tables -= x->vms[w->vm].tables > 0;
		say_page(x, w, X86_PREPARE_ZAP);
		break;
	case OBS_SYNC_PAGE:
		say_page(x, w, X86_SYNC_PAGE);
		break;
	case OBS_UNSYNC_PAGE:
		say_page(x, w, X86_UNSYNC_PAGE);
		break;
	case OBS_FAST_PAGE_FAULT:
		say_fast(x, w);
		break;
	case OBS_SPLIT_HUGE_PAGE:
		EXPORT(x, w, X86_SPLIT, o->map.gfn, o->map.extra, o->map.level, -o->map.pfn);
		break;
	case OBS_MARK_MMIO:
		EXPORT(x, w, X86_MARK_MMIO, export_entry(w->vm, o->mmio.gfn, 1, TABLE_BITS), o->mmio.gfn,
		       o->mmio.access, o->mmio.gen);
		break;
	case OBS_HANDLE_MMIO:
		EXPORT(x, w, X86_HANDLE_MMIO, o->mmio.gfn << 12, o->mmio.gfn, o->mmio.access);
		break;
	case OBS_CHECK_MMIO:
		EXPORT(x, w, X86_CHECK_MMIO, o->mmio.gen, spte_mmio_gen(o->mmio.spte), o->mmio.spte);
		break;
	case OBS_ZAP_ALL_FAST:
		EXPORT(x, w, X86_ZAP_ALL_FAST, o->page.role, x->vms[w->vm].tables);
		break;
	case OBS_FLUSH_ALL:
		EXPORT(x, w, X86_FLUSH_ALL, kvm);
		break;
	case OBS_FLUSH_RANGE:
		EXPORT(x, w, X86_FLUSH_RANGE, kvm, o->gfns.gfn, o->gfns.count);
		break;
	case OBS_UNMAP_RANGE:
		EXPORT(x, w, X86_UNMAP_GFN, kvm, o->gfns.gfn, o->gfns.gfn + o->gfns.count);
		break;
	case OBS_AGE_RANGE:
		say_aged(x, w);
		break;
	case OBS_LOG_DIRTY:
		say_word(x, w);
		break;
	case OBS_DIRTY_PUSH:
		say_push(x, w);
		break;
	}
}

/* --- all of it --------------------------------------------------------------------------------------- */

static void say(struct exporter *x, const struct told *w)
{
	switch (w->kind) {
	case TOLD_ENTRY:
		say_entry(x, w);
		break;
	case TOLD_EXIT:
		say_exit(x, w);
		break;
	case TOLD_FAULT_EXIT:
		say_fault_exit(x, w);
		break;
	case TOLD_FAULT:
		say_fault(x, w);
		break;
	case TOLD_SNAPSHOT:
		say_snapshot(x, w);
		break;
	case TOLD_LOOKED_UP:
		say_looked_up(x, w);
		break;
	case TOLD_STALE:
		EXPORT(x, w, X86_STALE, export_vcpu(x, w->vm, w->vcpu));
		break;
	case TOLD_STALE_RET:
		EXPORT(x, w, X86_STALE_RET, w->fault.result == RET_PF_RETRY);
		break;
	case TOLD_FAULT_RET:
		say_fault_ret(x, w);
		break;
	case TOLD_OP:
		x->threads[w->task].tests = w->ev.kind == EV_TEST_AGE;
		say_op(x, w);
		break;
	case TOLD_OP_END:
		say_op_end(x, w);
		break;
	case TOLD_WINDOW:
		EXPORT(x, w, X86_INV_END, export_kvm(x, w->vm));
		break;
	case TOLD_SWAP:
		say_swap(x, w);
		break;
	case TOLD_SWAPPED:
		say_swapped(x, w);
		break;
	case TOLD_ENTERS:	/* arm64's */
		break;
	case TOLD_OBS:
		say_obs(x, w);
		break;
	case TOLD_WAIT:
		EXPORT(x, w, X86_CONTENTION_BEGIN, export_lock(x, w->vm), export_wait_flags(w));
		break;
	case TOLD_WAITED:
		EXPORT(x, w, X86_CONTENTION_END, export_lock(x, w->vm), 0);
		break;
	}
}

/* Which VM a thread's vCPU is of, before it runs. */
static void introduce(struct exporter *x)
{
	for (unsigned int i = 0; i < x->nr_threads; i++) {
		const struct told_task *who = &x->threads[i].who;
		const struct told w = { .task = i };

		for (unsigned int j = 0; who->who == TOLD_VMM && j < x->nr_threads; j++) {
			const struct told_task *v = &x->threads[j].who;

			if (v->vm == who->vm && v->vcpu >= 0)
				EXPORT(x, &w, X86_VCPU_CREATE, export_vcpu(x, v->vm, v->vcpu), export_kvm(x, v->vm));
		}
	}
}

const struct dialect dialect_x86 = { .rows = rows, .nr_rows = ARRAY_SIZE(rows), .tasks = introduce, .told = say };
