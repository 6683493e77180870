/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/leaf.h"

#include "engine/core/dirty.h"
#include "engine/core/flush.h"
#include "engine/core/observe.h"
#include "engine/x86/fault.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/unsync.h"
#include "engine/x86/watched.h"

/* May the gfn be written unnoticed?  Where no guest table is shadowed nobody minds. */
static bool may_write(struct shadow_mmu *sm, const struct leaf *l)
{
	unsigned int as_id = sp_as_id(sm, entry_table(l->entry));

	return !sm->indirect || !unsync_try(sm, as_id, l->gfn, l->can_unsync, l->prefetch);
}

static uint64_t make(struct shadow_mmu *sm, const struct leaf *l, uint64_t old, bool *protected)
{
	uint32_t table = entry_table(l->entry);
	int level = sp_level(sm, table);
	bool ad = !role_ad_disabled(sp_role(sm, table));
	bool writable = (l->access & ACC_W) && l->host_writable;
	/* KVM does not ask whether it is present: an MMIO entry may look writable. */
	bool was_writable = (level == 1 || old & SPTE_LARGE) && (old & SPTE_W);
	uint64_t spte;

	*protected = writable && !was_writable && !may_write(sm, l);
	writable = writable && !*protected;
	spte = spte_make_leaf(sm->x.f, &(struct spte_want){
		.pfn = l->pfn, .level = (uint8_t)level, .writable = writable, .mmu_writable = writable,
		.exec = (l->access & ACC_X) && (level == 1 || !nx_is_on(&sm->x)),
		.host_writable = l->host_writable, .accessed = ad && !l->prefetch,
		/* Over a writable leaf D is left out: what the old one knew was noted already. */
		.dirty = ad && writable && !was_writable,
	});
	if (!(l->access & ACC_U))
		spte &= ~sm->x.f->user;
	if (!ad)
		spte |= SPTE_AD_DISABLED;
	return l->prefetch ? spte_make_old(sm->x.f, spte) : spte;
}

uint64_t leaf_make(struct shadow_mmu *sm, unsigned int vcpu, const struct leaf *l, uint64_t old, bool *protected)
{
	uint64_t spte = make(sm, l, old, protected);

	if (spte & SPTE_W)
		dirty_mark(&sm->x.mmu, vcpu, l->slot, l->gfn);
	return spte;
}

static void observe(const struct shadow_mmu *sm, const struct leaf *l)
{
	const struct spte_format *f = sm->x.f;
	uint64_t spte = rt_load(entry_at(sm, l->entry));	/* the tracepoint reads it again, too */
	struct obs o = {
		.kind = OBS_SET_SPTE,
		.set = { .gfn = l->gfn, .level = sp_level(sm, entry_table(l->entry)), .r = 1,
			 .x = spte_permits(f, spte, MMU_X), .u = f->user ? !!(spte & f->user) : spte & 1,
			 .spte = spte, .sptep = l->entry },
	};

	obs_emit(&sm->x.mmu, &o);
}

static enum ret_pf set_mmio(struct shadow_mmu *sm, const struct leaf *l, bool flush)
{
	unsigned int as_id = sp_as_id(sm, entry_table(l->entry));
	rt_u64 *sptep = entry_at(sm, l->entry);
	uint64_t gen = rt_load(&sm->x.mmu.slots.generation[as_id]), old = rt_peek(sptep);
	uint64_t spte = spte_make_mmio(sm->x.f, l->gfn, l->access, gen);

	obs_mmio(&sm->x.mmu, OBS_MARK_MMIO, l->gfn, spte & 7, spte_mmio_gen(spte), spte);
	rt_charge(COST_CLEAR, 1);
	rt_store(sptep, spte);
	check_entry(&sm->x, sptep, old, spte);
	if (flush)
		flush_remote_range(&sm->x.mmu, l->gfn, SPTE_LEVEL_PAGES(sp_level(sm, entry_table(l->entry))));
	return RET_PF_EMULATE;
}

/* Whatever @entry leads to, other than the page itself, goes.  Return: a flush is owed. */
static bool clear_way(struct shadow_mmu *sm, const struct leaf *l, int level, bool *mapped)
{
	uint64_t old = rt_peek(entry_at(sm, l->entry));
	pfn_t first = l->pfn & ~(SPTE_LEVEL_PAGES(level) - 1);

	*mapped = false;
	if (spte_is_table(old, level)) {
		link_drop(sm, sp_child(old), l->entry);
		return true;
	}
	if (!spte_is_present(old))
		return false;
	*mapped = l->slot && spte_pfn(old) == first;
	if (*mapped)
		return false;
	rmap_drop(sm, l->entry);
	return true;
}

enum ret_pf leaf_set(struct shadow_mmu *sm, unsigned int vcpu, const struct leaf *l)
{
	uint32_t table = entry_table(l->entry);
	int level = sp_level(sm, table);
	enum ret_pf ret = RET_PF_FIXED;
	bool mapped, protected, flush = clear_way(sm, l, level, &mapped);
	gfn_t gfn = l->gfn;
	uint64_t old, spte;

	if (!l->slot)
		return set_mmio(sm, l, flush);
	old = rt_peek(entry_at(sm, l->entry));
	spte = leaf_make(sm, vcpu, l, old, &protected);
	/* A page that is mapped already keeps its place in the rmap of the frame it was mapped for. */
	if (mapped)
		gfn = sp_entry_gfn(sm, table, entry_index(l->entry));
	sp_set_translation(sm, table, entry_index(l->entry), gfn, l->access);
	if (spte == old) {
		ret = RET_PF_SPURIOUS;
	} else {
		flush |= rmap_update(sm, l->entry, l->gfn, spte);
		if (observed(&sm->x.mmu))
			observe(sm, l);
	}
	if (protected && l->write_fault)
		ret = release_is(&sm->x, KVM_6_12) ? RET_PF_WRITE_PROTECTED : RET_PF_EMULATE;
	if (flush)
		flush_remote_range(&sm->x.mmu, l->gfn, SPTE_LEVEL_PAGES(level));
	if (!mapped)
		rmap_add(sm, l->entry, l->gfn, l->access);
	return ret;
}
