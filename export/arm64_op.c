// SPDX-License-Identifier: GPL-2.0-or-later
/* An arm64 host: operations. */
#include "export/arm64.h"

#include "event/stage2.h"

static void say_age(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, w->ev.flags & EV_F_FLUSH ? ARM_CLEAR_FLUSH_YOUNG : ARM_CLEAR_YOUNG, export_mn(x, w->vm), h->start,
	       h->end);
	EXPORT(x, w, ARM_AGE_HVA, h->start, h->end);
}

static void say_invalidate(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, ARM_MN_INV_START, export_mn(x, w->vm), h->start, h->end, export_range_flags(w), 0);
	EXPORT(x, w, ARM_UNMAP_HVA, h->start, h->end);
}

/* A host page table entry: the frame, valid, a page, accessed. */
#define HOST_PTE 0x403u

static void say_set_spte(struct exporter *x, const struct told *w)
{
	const struct ev_hvas *h = &w->ev.hvas;

	EXPORT(x, w, ARM_CHANGE_PTE, export_mn(x, w->vm), h->start,
	       (arm_ipa_of(x, h->end) & STAGE2_ADDRESS) | HOST_PTE);
	EXPORT(x, w, ARM_SET_SPTE_HVA, h->start);
}

static void say_region(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;

	x->threads[w->task].swaps = 0;
	EXPORT(x, w, ARM_SET_REGION, export_kvm(x, w->vm), s->as_id << 16 | s->id, s->flags, arm_ipa_of(x, s->gfn),
	       s->change == EV_SLOT_DELETE ? 0 : arm_ipa_of(x, s->npages), s->hva);
}

void arm_say_op(struct exporter *x, const struct told *w)
{
	const struct ev *ev = &w->ev;

	switch (ev->kind) {
	case EV_INVALIDATE_START:
		say_invalidate(x, w);
		break;
	case EV_INVALIDATE_END:
		EXPORT(x, w, ARM_MN_INV_END, export_mn(x, w->vm), ev->hvas.start, ev->hvas.end,
		       export_range_flags(w), 0);
		break;
	case EV_AGE:
		say_age(x, w);
		break;
	case EV_TEST_AGE:
		EXPORT(x, w, ARM_TEST_AGE_HVA, ev->hvas.start);
		break;
	case EV_SET_SPTE:
		say_set_spte(x, w);
		break;
	case EV_MEMSLOT:
		say_region(x, w);
		break;
	case EV_ZAP_ALL:
		EXPORT(x, w, ARM_MN_RELEASE, export_mn(x, w->vm));
		EXPORT(x, w, ARM_FLUSH_SHADOW_ALL, export_kvm(x, w->vm));
		break;
	case EV_DIRTY_GET:
	case EV_DIRTY_CLEAR:
		EXPORT(x, w, ARM_DIRTY_SYNC, export_kvm(x, w->vm),
		       arm_slot_address(x, w->vm, ev->gfns.level, ev->gfns.slot));
		break;
	case EV_DIRTY_MASK:	/* its words say it */
	case EV_VCPU_LOAD:	/* there is one root */
	case EV_VCPU_UNLOAD:
		break;
	default:
		x->unsaid++;
		break;
	}
}

/* A slot that is deleted or moved first becomes invalid: the set of slots is swapped twice. */
static bool swaps_twice(const struct ev_slot *s)
{
	return s->change == EV_SLOT_DELETE || s->change == EV_SLOT_MOVE;
}

void arm_say_swap(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;
	const uint64_t address = arm_slot_address(x, w->vm, s->as_id, s->id);

	if (x->threads[w->task].swaps++ == swaps_twice(s))
		EXPORT(x, w, ARM_PREPARE_SLOT, export_kvm(x, w->vm), s->change == EV_SLOT_CREATE ? 0 : address,
		       s->change == EV_SLOT_DELETE ? 0 : address, s->change);
}

void arm_say_swapped(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;
	const uint64_t address = arm_slot_address(x, w->vm, s->as_id, s->id);

	EXPORT(x, w, ARM_SWAP_RET);
	if (x->threads[w->task].swaps <= (unsigned int)swaps_twice(s))
		EXPORT(x, w, ARM_FLUSH_SLOT, export_kvm(x, w->vm), address, s->gfn, s->npages);
	else
		EXPORT(x, w, ARM_COMMIT_SLOT, export_kvm(x, w->vm), s->change == EV_SLOT_CREATE ? 0 : address,
		       s->change == EV_SLOT_DELETE ? 0 : address, s->change);
}

void arm_say_op_end(struct exporter *x, const struct told *w)
{
	const bool young = x->threads[w->task].young;

	switch (w->ev.kind) {
	case EV_INVALIDATE_END:
		EXPORT(x, w, ARM_MN_INV_END_RET);
		break;
	case EV_AGE:
		EXPORT(x, w, w->ev.flags & EV_F_FLUSH ? ARM_CLEAR_FLUSH_YOUNG_RET : ARM_CLEAR_YOUNG_RET, young);
		break;
	case EV_TEST_AGE:
		EXPORT(x, w, ARM_TEST_YOUNG_RET, young);
		break;
	case EV_MEMSLOT:
		if (!x->threads[w->task].swaps) {	/* before the run: nobody could see it */
			arm_say_swap(x, w);
			arm_say_swapped(x, w);
		}
		export_slot(x, w);
		EXPORT(x, w, ARM_SET_REGION_RET, 0);
		break;
	}
}
