// SPDX-License-Identifier: GPL-2.0-or-later
/* An arm64 host: what is told, in the kernel's records and those of probes on its stage-2 functions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/stage2.h"
#include "export/writer.h"

enum event {
#define TRACE(id, releases, system, name, fields, print) ARM_##id,
#define PROBE(id, releases, name, symbol, fields) ARM_##id,
#define RETURN(id, releases, name, symbol, fields) ARM_##id,
#include "export/events_common.def"
#include "export/events_arm64.def"
#undef TRACE
#undef PROBE
#undef RETURN
	ARM_NR
};

static const struct shape_row rows[] = {
#define ALL		.first = KVM_6_1, .last = KVM_6_18
#define SINCE(release)	.first = release, .last = KVM_6_18
#define UNTIL(release)	.first = KVM_6_1, .last = release
#define TRACE(id, releases, sys, event, decl, shown) \
	[ARM_##id] = { #sys, #event, SHAPE_TRACEPOINT, NULL, decl, shown, releases },
#define PROBE(id, releases, event, func, decl) \
	[ARM_##id] = { "s2", #event, SHAPE_PROBE, #func, decl, NULL, releases },
#define RETURN(id, releases, event, func, decl) \
	[ARM_##id] = { "s2", #event, SHAPE_RETURN, #func, decl, NULL, releases },
#include "export/events_common.def"
#include "export/events_arm64.def"
#undef TRACE
#undef PROBE
#undef RETURN
#undef ALL
#undef SINCE
#undef UNTIL
};

#define EXCEPTION_IRQ	0		/* as kvm_exit prints it */
#define EXCEPTION_TRAP	2
#define EC_IABT		0x20u		/* Arm ARM: classes of aborts from the guest */
#define EC_DABT		0x24u
#define ESR_IL		BIT_ULL(25)
#define ESR_WNR		BIT_ULL(6)

#define CAP_MANUAL_DIRTY_LOG_PROTECT2	168	/* linux/kvm.h */
#define CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	228
#define WALK_OF_FAULT	0x18		/* KVM_PGTABLE_WALK_SHARED, _HANDLE_FAULT */
#define LEVEL_UNKNOWN	0x7fffffffu	/* TLBI_TTL_UNKNOWN, since 6.8 */

static uint64_t ipa_of(const struct exporter *x, gfn_t gfn)
{
	return gfn << x->o.meta->page_shift;
}

/* What the kernel calls the VM's tables and its struct kvm_s2_mmu. */
static uint64_t tables_of(const struct exporter *x, int vm)
{
	return export_kvm(x, vm) + 0x8000;
}

static uint64_t slot_address(const struct exporter *x, int vm, unsigned int as_id, unsigned int id)
{
	return export_vcpu(x, vm, -1) - 0x80000 + (as_id << 16 | id) * 0x100;
}

/* --- exits and faults ------------------------------------------------------------------------ */

static void say_entry(struct exporter *x, const struct told *w)
{
	EXPORT(x, w, ARM_ENTRY, 0);
}

static bool is_fetch(const struct told_fault *f)
{
	return f->access & EV_F_X && !(f->access & EV_F_W);
}

/* ESR_EL2: class, 32-bit instruction, and how the walk ended at which level. */
static uint64_t syndrome_word(const struct exporter *x, const struct told_fault *f)
{
	static const uint8_t codes[] = { [ABORT_TRANSLATION] = 0x04, [ABORT_ACCESS] = 0x08, [ABORT_PERMISSION] = 0x0c };
	const int level = f->class ? stage2_size_class(f->class) : stage2_of_meta(x->o.meta).start_level;

	return (uint64_t)(is_fetch(f) ? EC_IABT : EC_DABT) << 26 | ESR_IL | (f->access & EV_F_W ? ESR_WNR : 0) |
	       codes[f->kind] | (uint64_t)(level < 0 ? 0 : level);
}

static void say_fault(struct exporter *x, const struct told *w)
{
	const uint64_t ipa = ipa_of(x, w->fault.gfn);

	EXPORT(x, w, ARM_GUEST_ABORT, export_vcpu(x, w->vm, w->vcpu), export_kvm(x, w->vm), (uint32_t)w->vcpu);
	EXPORT(x, w, ARM_GUEST_FAULT, 0, syndrome_word(x, &w->fault), 0, ipa);
	if (w->fault.kind == ABORT_ACCESS)
		EXPORT(x, w, ARM_ACCESS_FAULT, ipa);
}

static void say_snapshot(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = slots_find_gfn(&x->vms[w->vm].slots, w->fault.gfn);

	EXPORT(x, w, ARM_GFN_TO_PFN, s ? slot_address(x, w->vm, s->as_id, s->id) : 0, w->fault.gfn,
	       !!(w->fault.access & EV_F_W));
}

static void say_looked_up(struct exporter *x, const struct told *w)
{
	if (w->fault.result == RET_PF_CONTINUE)
		EXPORT(x, w, ARM_GFN_TO_PFN_RET, w->fault.pfn);
}

static void say_fault_ret(struct exporter *x, const struct told *w)
{
	const int ret = w->fault.result == RET_PF_EXIT ? -EFAULT : w->fault.result == RET_PF_EMULATE ? 0 : 1;

	EXPORT(x, w, ARM_GUEST_ABORT_RET, (uint32_t)ret);
}

/* --- operations -------------------------------------------------------------------------------- */

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

	EXPORT(x, w, ARM_CHANGE_PTE, export_mn(x, w->vm), h->start, (ipa_of(x, h->end) & STAGE2_ADDRESS) | HOST_PTE);
	EXPORT(x, w, ARM_SET_SPTE_HVA, h->start);
}

static void say_region(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;

	x->threads[w->task].swaps = 0;
	EXPORT(x, w, ARM_SET_REGION, export_kvm(x, w->vm), s->as_id << 16 | s->id, s->flags, ipa_of(x, s->gfn),
	       s->change == EV_SLOT_DELETE ? 0 : ipa_of(x, s->npages), s->hva);
}

static void say_op(struct exporter *x, const struct told *w)
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
		       slot_address(x, w->vm, ev->gfns.level, ev->gfns.slot));
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

static void say_swap(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;
	const uint64_t address = slot_address(x, w->vm, s->as_id, s->id);

	if (x->threads[w->task].swaps++ == swaps_twice(s))
		EXPORT(x, w, ARM_PREPARE_SLOT, export_kvm(x, w->vm), s->change == EV_SLOT_CREATE ? 0 : address,
		       s->change == EV_SLOT_DELETE ? 0 : address, s->change);
}

static void say_swapped(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = &w->ev.slot;
	const uint64_t address = slot_address(x, w->vm, s->as_id, s->id);

	EXPORT(x, w, ARM_SWAP_RET);
	if (x->threads[w->task].swaps <= (unsigned int)swaps_twice(s))
		EXPORT(x, w, ARM_FLUSH_SLOT, export_kvm(x, w->vm), address, s->gfn, s->npages);
	else
		EXPORT(x, w, ARM_COMMIT_SLOT, export_kvm(x, w->vm), s->change == EV_SLOT_CREATE ? 0 : address,
		       s->change == EV_SLOT_DELETE ? 0 : address, s->change);
}

static void say_op_end(struct exporter *x, const struct told *w)
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
			say_swap(x, w);
			say_swapped(x, w);
		}
		export_slot(x, w);
		EXPORT(x, w, ARM_SET_REGION_RET, 0);
		break;
	}
}

/* --- calls and visits: a beginning and, for some, a return ------------------------------------------ */

struct call {
	uint8_t	   kind;		/* enum obs_kind */
	enum event entry, ret;
};

static const struct call calls[] = {
	{ OBS_S2_MAP, ARM_S2_MAP, ARM_S2_MAP_RET },
	{ OBS_S2_RELAX, ARM_S2_RELAX, ARM_S2_RELAX_RET },
	{ OBS_S2_MKYOUNG, ARM_S2_MKYOUNG, ARM_S2_MKYOUNG_RET },
	{ OBS_S2_UNMAP, ARM_S2_UNMAP, ARM_S2_UNMAP_RET },
	{ OBS_S2_WRPROTECT, ARM_S2_WRPROTECT, ARM_NR },
	{ OBS_S2_SPLIT, ARM_S2_SPLIT, ARM_S2_SPLIT_RET },
	{ OBS_S2_TCY, ARM_S2_TCY, ARM_S2_TCY_RET },
	{ OBS_S2_MKOLD, ARM_S2_MKOLD, ARM_S2_MKOLD_RET },
	{ OBS_S2_IS_YOUNG, ARM_S2_IS_YOUNG, ARM_S2_IS_YOUNG_RET },
	{ OBS_W_MAP, ARM_W_MAP, ARM_W_MAP_RET },
	{ OBS_WALK_LEAF, ARM_WALK_LEAF, ARM_WALK_LEAF_RET },
	{ OBS_BREAK_PTE, ARM_BREAK_PTE, ARM_BREAK_PTE_RET },
	{ OBS_W_UNMAP, ARM_W_UNMAP, ARM_NR },
	{ OBS_W_ATTR, ARM_W_ATTR, ARM_NR },
	{ OBS_W_AGE, ARM_W_AGE, ARM_NR },
	{ OBS_W_SPLIT, ARM_W_SPLIT, ARM_NR },
	{ OBS_W_FREE, ARM_W_FREE, ARM_NR },
	{ OBS_MAKE_PTE, ARM_MAKE_PTE, ARM_NR },
	{ OBS_PUT_PTE, ARM_PUT_PTE, ARM_NR },
};

static const struct call *call_of(unsigned int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].kind == kind)
			return &calls[i];
	return NULL;
}

static void say_call(struct exporter *x, const struct told *w, const struct call *c)
{
	const struct obs_s2 *s = &w->ev.s2;
	const uint64_t addr = ipa_of(x, s->gfn), size = ipa_of(x, s->pages), pgt = tables_of(x, w->vm);

	switch (c->kind) {
	case OBS_S2_MAP:
		EXPORT(x, w, c->entry, pgt, addr, size, ipa_of(x, s->value), s->prot);
		EXPORT(x, w, ARM_S2_MAP_FLAGS, pgt, addr, size, ipa_of(x, s->value), s->prot, WALK_OF_FAULT);
		break;
	case OBS_S2_RELAX:
		EXPORT(x, w, c->entry, pgt, addr, s->prot);
		break;
	case OBS_S2_TCY:
		EXPORT(x, w, c->entry, pgt, addr, size, s->prot);
		break;
	default:
		EXPORT(x, w, c->entry, pgt, addr, size);
		break;
	}
}

/* Tables are told by what they map: made up, and the same for the same entry. */
static uint64_t entry_address(const struct exporter *x, int vm, const struct obs_pte *p)
{
	const unsigned int bits = x->o.meta->page_shift - 3;
	const int8_t level = (int8_t)p->level;	/* stage 2 may begin at -1 */

	return 0xffff000000000000ULL | export_entry(vm, p->gfn, (unsigned int)(STAGE2_LAST_LEVEL - level + 1), bits);
}

/* What an attribute walk was to set and clear; where it changed nothing, something that was so before. */
static void say_attr(struct exporter *x, const struct told *w)
{
	const struct obs_pte *p = &w->ev.pte;
	const bool same = p->new == p->old;

	EXPORT(x, w, ARM_W_ATTR, entry_address(x, w->vm, p), p->old, ipa_of(x, p->gfn), p->level,
	       same ? STAGE2_VALID : p->new & ~p->old, same ? 0 : p->old & ~p->new);
}

static void say_visit(struct exporter *x, const struct told *w, const struct call *c)
{
	const struct obs_pte *p = &w->ev.pte;
	const uint64_t ptep = entry_address(x, w->vm, p), addr = ipa_of(x, p->gfn);

	switch (c->kind) {
	case OBS_W_ATTR:
		say_attr(x, w);
		break;
	case OBS_WALK_LEAF:
		EXPORT(x, w, c->entry, addr, p->level, ptep, p->old);
		break;
	case OBS_MAKE_PTE:
		EXPORT(x, w, c->entry, ptep, addr, p->level, p->new);
		break;
	case OBS_PUT_PTE:
		EXPORT(x, w, c->entry, ptep, addr, p->level);
		break;
	default:
		EXPORT(x, w, c->entry, ptep, p->old, addr, p->level, p->visit);
		break;
	}
}

static bool is_visit(const struct call *c)
{
	return c->kind >= OBS_W_MAP;
}

static void say_begin(struct exporter *x, const struct told *w, const struct call *c)
{
	if (is_visit(c))
		say_visit(x, w, c);
	else
		say_call(x, w, c);
}

static void say_enters(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];
	const struct call *c = call_of(w->ev.kind);

	if (!c || c->ret == ARM_NR || t->nr_open == ARRAY_SIZE(t->open))
		return;
	t->open[t->nr_open++] = c->kind;
	say_begin(x, w, c);
}

/* An errno, or whether it was young, or the entry that was there. */
static uint64_t returned(const struct ev *o)
{
	switch (o->kind) {
	case OBS_S2_MKYOUNG:
	case OBS_S2_MKOLD:
		return o->s2.value;
	case OBS_S2_TCY:
	case OBS_S2_IS_YOUNG:
		return o->s2.ret;
	case OBS_BREAK_PTE:
		return o->pte.ret;
	default:
		return (uint32_t)-(int)(o->kind >= OBS_W_MAP ? o->pte.ret : o->s2.ret);
	}
}

static void say_over(struct exporter *x, const struct told *w, const struct call *c)
{
	struct thread *t = &x->threads[w->task];

	if (t->nr_open && t->open[t->nr_open - 1] == c->kind)
		t->nr_open--;
	else
		say_begin(x, w, c);
	if (c->ret != ARM_NR)
		EXPORT(x, w, c->ret, returned(&w->ev));
}

/* --- other observations ------------------------------------------------------------------------------- */

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
		EXPORT(x, w, ARM_LOG_DIRTY, export_kvm(x, w->vm), slot_address(x, w->vm, s->as_id, s->id),
		       w->ev.gfns.gfn - s->gfn, w->ev.gfns.count);
}

static void say_tlb(struct exporter *x, const struct told *w)
{
	const struct obs_gfns *g = &w->ev.gfns;
	const uint64_t mmu = tables_of(x, w->vm), addr = ipa_of(x, g->gfn);

	switch (w->ev.kind) {
	case OBS_TLB_IPA:
	case OBS_TLB_IPA_NSH:
		EXPORT(x, w, w->ev.kind == OBS_TLB_IPA ? ARM_TLB_IPA : ARM_TLB_IPA_NSH, mmu, addr,
		       g->level == 0xff ? LEVEL_UNKNOWN : g->level);
		break;
	case OBS_TLB_RANGE:
		EXPORT(x, w, ARM_TLB_RANGE, mmu, addr, ipa_of(x, g->count));
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

	EXPORT(x, w, ARM_S2_DESTROY, tables_of(x, w->vm), host.ipa_bits, (uint8_t)host.start_level);
}

static void say_obs(struct exporter *x, const struct told *w)
{
	const struct ev *o = &w->ev;
	const struct call *c = call_of(o->kind);

	if (c) {
		say_over(x, w, c);
		return;
	}
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

/* --- all of it ------------------------------------------------------------------------------------------ */

static void say(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];

	switch (w->kind) {
	case TOLD_ENTRY:
		say_entry(x, w);
		break;
	case TOLD_EXIT:
		EXPORT(x, w, ARM_EXIT, EXCEPTION_IRQ, 0, 0);
		break;
	case TOLD_FAULT_EXIT:
		EXPORT(x, w, ARM_EXIT, EXCEPTION_TRAP, is_fetch(&w->fault) ? EC_IABT : EC_DABT, 0);
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
	case TOLD_FAULT_RET:
		say_fault_ret(x, w);
		break;
	case TOLD_OP:
		t->tests = w->ev.kind == EV_TEST_AGE;
		t->young = false;
		say_op(x, w);
		break;
	case TOLD_OP_END:
		say_op_end(x, w);
		break;
	case TOLD_WINDOW:
		EXPORT(x, w, ARM_INV_END, export_kvm(x, w->vm));
		break;
	case TOLD_SWAP:
		say_swap(x, w);
		break;
	case TOLD_SWAPPED:
		say_swapped(x, w);
		break;
	case TOLD_ENTERS:
		say_enters(x, w);
		break;
	case TOLD_OBS:
		say_obs(x, w);
		break;
	case TOLD_WAIT:
		EXPORT(x, w, ARM_CONTENTION_BEGIN, export_lock(x, w->vm), export_wait_flags(w));
		break;
	case TOLD_WAITED:
		EXPORT(x, w, ARM_CONTENTION_END, export_lock(x, w->vm), 0);
		break;
	case TOLD_STALE:	/* no function of its own */
	case TOLD_STALE_RET:
		break;
	}
}

/* What the VMM asked for before any vCPU ran. */
static void introduce(struct exporter *x)
{
	const char *chunk = ev_meta_param(x->o.meta, "arm64.split_chunk");

	for (unsigned int i = 0; i < x->nr_threads; i++) {
		const struct told_task *who = &x->threads[i].who;
		const struct told w = { .task = i };
		const struct ev_vm *vm = who->who == TOLD_VMM ? &x->o.meta->vms[who->vm] : NULL;
		char line[64];

		if (!vm)
			continue;
		/* As load generators say it: no event has it. */
		snprintf(line, sizeof(line), "mmulab run: pagesize=%u\n", 1u << x->o.meta->page_shift);
		export_print(x, &w, line);
		if (vm->dirty_manual)
			EXPORT(x, &w, ARM_ENABLE_CAP, export_kvm(x, who->vm), CAP_MANUAL_DIRTY_LOG_PROTECT2,
			       1 | (vm->dirty_init_set ? 2 : 0));
		if (chunk && strtoull(chunk, NULL, 10))
			EXPORT(x, &w, ARM_ENABLE_CAP, export_kvm(x, who->vm), CAP_ARM_EAGER_SPLIT_CHUNK_SIZE,
			       strtoull(chunk, NULL, 10));
	}
}

const struct dialect dialect_arm64 = { .rows = rows, .nr_rows = ARRAY_SIZE(rows), .tasks = introduce, .told = say };
