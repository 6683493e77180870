// SPDX-License-Identifier: GPL-2.0-or-later
/* An x86 host: operations. */
#include "export/x86.h"

#define AS_IDS			2	/* by which the generation of memslots advances */

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
	EXPORT(x, w, X86_SET_REGION, export_kvm(x, w->vm), x86_slot_number(s->as_id, s->id), s->flags, s->gfn << 12,
	       gone ? 0 : s->npages << 12, s->hva);
	EXPORT(x, w, X86_SET_MEMSLOT, export_kvm(x, w->vm), s->change);
}

static void say_clear(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	const struct ev_slot *s = slots_find(&x->vms[w->vm].slots, g->slot, g->level);

	EXPORT(x, w, X86_CLEAR_DIRTY, export_kvm(x, w->vm), x86_slot_number(g->level, g->slot), g->count,
	       g->gfn - (s ? s->gfn : 0));
}

void x86_say_op(struct exporter *x, const struct told *w)
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
		EXPORT(x, w, X86_GET_DIRTY, export_kvm(x, w->vm), x86_slot_number(ev->gfns.level, ev->gfns.slot));
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

void x86_say_swap(struct exporter *x, const struct told *w)
{
	x->threads[w->task].swaps++;
	EXPORT(x, w, X86_SWAP, export_kvm(x, w->vm), w->ev.slot.as_id);
}

void x86_say_swapped(struct exporter *x, const struct told *w)
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

void x86_say_op_end(struct exporter *x, const struct told *w)
{
	switch (w->ev.kind) {
	case EV_INVALIDATE_END:
		EXPORT(x, w, X86_MN_INV_END_RET);
		break;
	case EV_MEMSLOT:
		if (!x->threads[w->task].swaps) {	/* before the run: nobody could see it */
			x86_say_swap(x, w);
			x86_say_swapped(x, w);
		}
		export_slot(x, w);
		EXPORT(x, w, X86_SET_REGION_RET, 0);
		break;
	case EV_DIRTY_RESET:
		say_ring_reset(x, w);
		break;
	}
}
