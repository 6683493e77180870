/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNAME(page_fault) of KVM's paging_tmpl.h: the guest's walk, what it is told, and the host's page. */
#include "engine/x86/shadow/guest_fault.h"

#include "engine/core/observe.h"
#include "engine/x86/shadow/direct.h"
#include "engine/x86/shadow/pgd.h"
#include "engine/x86/shadow/guest_ops.h"
#include "engine/x86/shadow/recycle.h"
#include "engine/x86/shadow/vcpu.h"

/* What the hardware reports: as recorded, or as its walk through the shadow pages ended. */
static void decode(struct guest_fault *g, const struct mmu_access *a, enum mmu_found met)
{
	struct fault *f = &g->f;

	if (a->error_code) {
		g->pferr = a->error_code;
	} else {
		if (met == MMU_FOUND_UNKNOWN)
			met = shadow_found(f->x, shadow_walk(g->sm, f->v->root, g->gva).spte);
		g->pferr = (a->access & MMU_W ? PFERR_W : 0) | (a->access & MMU_X ? PFERR_F : 0) |
			   (met == MMU_FOUND_PRESENT ? PFERR_P : 0) |
			   (met == MMU_FOUND_MMIO ? PFERR_P | PFERR_RSVD : 0);
	}
	f->present = g->pferr & PFERR_P;
	f->reserved = g->pferr & PFERR_RSVD;
	f->access = g->pferr & PFERR_W ? MMU_W : g->pferr & PFERR_F ? MMU_X : MMU_R;
}

/* handle_mmio_page_fault().  Return: RET_PF_INVALID: the entry is out of date. */
static enum ret_pf mmio(struct guest_fault *g)
{
	struct fault *f = &g->f;
	uint64_t spte;

	if (mmio_is_remembered(f))
		return RET_PF_EMULATE;
	rt_rcu_read_lock();
	spte = shadow_walk(g->sm, f->v->root, g->gva).spte;
	rt_rcu_read_unlock();
	return mmio_found(f, spte);
}

/*
 * Up to 6.1: a page that the guest can write and that has one of the tables the walk went through in it is mapped
 * small, since that table will be write-protected.
 */
static bool maps_own_tables(const struct guest_fault *g)
{
	const struct guest_walk *w = &g->walk;
	uint64_t pages = SPTE_LEVEL_PAGES(w->level);

	if (!(w->rights & ACC_W) && (g->paging.wp || (g->pferr & PFERR_U)))
		return false;
	for (int level = w->level; level <= w->top; level++)
		if (!((w->gfn ^ w->table[level]) & ~(pages - 1)))
			return true;
	return false;
}

/* A guest without CR0.WP writes what is read-only to it: mapped for the kernel alone, writable. */
static void relax_for_kernel(struct guest_fault *g)
{
	if (!(g->pferr & PFERR_W) || (g->walk.rights & ACC_W) || g->paging.wp || (g->pferr & PFERR_U) || !g->f.slot)
		return;
	g->walk.rights = (g->walk.rights | ACC_W) & ~ACC_U;
	if (g->paging.smep)
		g->walk.rights &= ~ACC_X;
}

/* page_fault_handle_page_track(): a write to a table that must be noticed.  The shadow pages on the way were used. */
static bool hits_watched(struct guest_fault *g)
{
	struct shadow_mmu *sm = g->sm;
	uint32_t number = g->f.v->root->table;

	if (!g->f.present || g->f.reserved || !(g->pferr & PFERR_W))
		return false;
	if (!frames_is_watched(&sm->frames, g->paging.as_id, g->f.gfn))
		return false;
	rt_rcu_read_lock();
	for (int level = (int)role_level((uint32_t)rt_peek(&g->f.v->root->role));; level--) {
		uint64_t spte = rt_peek(entry_at(sm, number * SPTE_ENTRIES + spte_index(g->gva >> 12, level)));

		__atomic_store_n(&sp_of(sm, number)->write_flood, 0, __ATOMIC_RELAXED);
		if (!spte_is_table(spte, level))
			break;
		number = sp_child(spte);
	}
	rt_rcu_read_unlock();
	return true;
}

static void find_slot(struct guest_fault *g)
{
	struct fault *f = &g->f;

	f->gfn = g->walk.gfn;
	f->slot = memslot_find(memslots_get(&f->x->mmu.slots), g->paging.as_id, f->gfn);
}

/*
 * kvm_inject_emulated_page_fault(): the guest is told.  If the fault is of rights alone, the entry it met may be
 * stale, and would be met again.
 */
static enum ret_pf tell_guest(struct guest_fault *g)
{
	if ((g->walk.error & PFERR_P) && !(g->walk.error & PFERR_RSVD))
		shadow_invalidate_gva(g->sm, g->vcpu, g->gva);
	return RET_PF_GUEST;
}

static enum ret_pf locked(struct guest_fault *g)
{
	struct mmu *mmu = &g->sm->x.mmu;
	enum ret_pf ret = RET_PF_RETRY;

	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_LOCKED);
	if (!recycle_for_fault(g->sm)) {
		ret = RET_PF_EXIT;
	} else if (!fault_is_stale(&g->f)) {
		rt_pin(RT_PIN_MAP);
		rt_charge(COST_FAULT_LOCKED, 1);
		ret = fetch(g);
	}
	mmu_unlock(mmu, false);
	return ret;
}

static enum ret_pf handle(struct guest_fault *g, const struct mmu_access *a, enum mmu_found met)
{
	struct fault *f = &g->f;
	struct shadow_mmu *sm = g->sm;
	enum ret_pf ret;
	int max_level;

	decode(g, a, met);
	if (f->reserved) {
		ret = mmio(g);
		if (ret != RET_PF_INVALID)
			return ret;
	}
	if (!guest_walk(&g->walk, &sm->x.mmu, sm->gpt, &g->paging, g->vcpu, sm->vcpus[g->vcpu].cr3, g->gva, g->pferr))
		return tell_guest(g);
	find_slot(g);
	if (hits_watched(g))
		return release_is(&sm->x, KVM_6_12) ? RET_PF_WRITE_PROTECTED : RET_PF_EMULATE;
	max_level = !release_is(&sm->x, KVM_6_12) && maps_own_tables(g) ? 1 : g->walk.level;
	ret = fault_faultin(f, a);
	if (ret != RET_PF_CONTINUE)
		return ret;
	relax_for_kernel(g);
	if (f->host_level > max_level)
		f->host_level = max_level;
	return locked(g);
}

enum ret_pf shadow_guest_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct x86_vcpu *v = &sm->x.vcpus[vcpu];
	struct guest_fault g = { .f = fault_of(&sm->x, v, a), .sm = sm, .vcpu = vcpu, .gva = a->gva };
	enum mmu_found met = a->found;
	enum ret_pf ret = RET_PF_RETRY;

	if (unlikely(!v->root || (!mmu->config.guided && root_invalid(v->root)))) {
		shadow_vcpu_load(mmu, vcpu);
		met = MMU_FOUND_UNKNOWN;	/* that was in another root */
	}
	if (!is_shadowed(sm, vcpu))
		return shadow_fault(mmu, vcpu, a);
	/* No page is to be had for one: KVM_RUN fails. */
	if (unlikely(!v->root && !mmu->config.guided && pgd_is_visible(sm, vcpu)))
		return RET_PF_EXIT;
	rt_charge(COST_FAULT_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	g.paging = guest_paging(sm->vcpus[vcpu].role);
	g.f.mmio_page = a->gva >> 12;
	if (likely(v->root != NULL))
		ret = handle(&g, a, met);
	rt_srcu_unlock();
	vcpu_count(v, ret);
	return ret;
}
