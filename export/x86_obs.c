// SPDX-License-Identifier: GPL-2.0-or-later
/* An x86 host: what the MMU did. */
#include "export/x86.h"

#include "kvm/spte.h"

#define TABLE_BITS		9

static void say_page(struct exporter *x, const struct told *w, enum x86_event event)
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
	       f->gfn << 12, x86_pferr(access, false), level ? export_entry(w->vm, f->gfn, 1, TABLE_BITS) : 0,
	       f->old, f->new, x86_number_of(x, f->ret));
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

	EXPORT(x, w, X86_RING_PUSH, g->count, ++r->pushed, r->reset, x86_slot_number(g->level, g->slot), g->gfn);
}

void x86_say_obs(struct exporter *x, const struct told *w)
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
