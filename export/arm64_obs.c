// SPDX-License-Identifier: GPL-2.0-or-later
/* An arm64 host: what the MMU did. */
#include "export/arm64.h"

#include "event/stage2.h"

#define LEVEL_UNKNOWN	0x7fffffffu	/* TLBI_TTL_UNKNOWN, since 6.8 */

static void say_aged(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];
	const struct obs_gfns *g = &w->ev.gfns;

	t->young |= w->ev.flags & 1;
	EXPORT(x, w, t->tests ? ARM_TEST_AGE_GFN : ARM_AGE_GFN, export_kvm(x, w->vm), g->gfn, g->gfn + g->count);
	EXPORT(x, w, t->tests ? ARM_TEST_AGE_GFN_RET : ARM_AGE_GFN_RET, w->ev.flags & 1);
}

static void say_word(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = slots_find_gfn(&x->vms[w->vm].slots, w->ev.gfns.gfn);

	if (s)
		EXPORT(x, w, ARM_LOG_DIRTY, export_kvm(x, w->vm), arm_slot_address(x, w->vm, s->as_id, s->id),
		       w->ev.gfns.gfn - s->gfn, w->ev.gfns.count);
}

static void say_tlb(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	const uint64_t mmu = arm_tables_of(x, w->vm), addr = arm_ipa_of(x, g->gfn);

	switch (w->ev.kind) {
	case OBS_TLB_IPA:
	case OBS_TLB_IPA_NSH:
		EXPORT(x, w, w->ev.kind == OBS_TLB_IPA ? ARM_TLB_IPA : ARM_TLB_IPA_NSH, mmu, addr,
		       g->level == 0xff ? LEVEL_UNKNOWN : g->level);
		break;
	case OBS_TLB_RANGE:
		EXPORT(x, w, ARM_TLB_RANGE, mmu, addr, arm_ipa_of(x, g->count));
		break;
	case OBS_TLB_RANGE_HW:
		EXPORT(x, w, ARM_TLB_RANGE_HW, mmu, addr, g->count);
		break;
	default:
		EXPORT(x, w, ARM_TLB_VMID, mmu);
		break;
	}
}

static void say_destroy(struct exporter *x, const struct told *w)
{
	const struct stage2_host host = stage2_of_meta(x->o.meta);

	EXPORT(x, w, ARM_S2_DESTROY, arm_tables_of(x, w->vm), host.ipa_bits, (uint8_t)host.start_level);
}

void arm_say_obs(struct exporter *x, const struct told *w)
{
	const struct ev *o = &w->ev;

	if (arm_say_over(x, w))
		return;
	switch (o->kind) {
	case OBS_UNMAP_RANGE:
		EXPORT(x, w, ARM_UNMAP_GFN, export_kvm(x, w->vm), o->gfns.gfn, o->gfns.gfn + o->gfns.count);
		break;
	case OBS_AGE_RANGE:
		say_aged(x, w);
		break;
	case OBS_LOG_DIRTY:
		say_word(x, w);
		break;
	case OBS_FLUSH_ALL:
		EXPORT(x, w, ARM_FLUSH_ALL, export_kvm(x, w->vm));
		break;
	case OBS_FLUSH_RANGE:
		EXPORT(x, w, ARM_FLUSH_RANGE, export_kvm(x, w->vm), o->gfns.gfn, o->gfns.count);
		break;
	case OBS_TLB_IPA:
	case OBS_TLB_IPA_NSH:
	case OBS_TLB_RANGE:
	case OBS_TLB_RANGE_HW:
	case OBS_TLB_VMID:
		say_tlb(x, w);
		break;
	case OBS_FREE_UNLINKED:	/* a table nothing leads to: an address no entry has */
		EXPORT(x, w, ARM_FREE_UNLINKED,
		       0xffff800000000000ULL + (x->vms[w->vm].tables++ << x->o.meta->page_shift), o->pte.level);
		break;
	case OBS_S2_DESTROY:
		say_destroy(x, w);
		break;
	}
}
