/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking, sharing and dropping roots: kvm_mmu_load(), kvm_mmu_free_roots().
 * mmu_lock is held as root.lock says: up to 6.1 for write, since 6.9 for read.
 */
#include "engine/x86/root.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/zap.h"

uint32_t root_default_role(const struct mmu_config *config)
{
	uint32_t role = 0;

	role = role_set_level(role, config->root_level);
	role = role_set_direct(role, !config->shadow);
	role = role_set_access(role, 7);
	role = role_set_efer_nx(role, 1);
	role = role_set_cr0_wp(role, 1);
	return role_set_ad_disabled(role, !config->ad);
}

struct root *root_first(const struct x86_mmu *x)
{
	return (struct root *)(uintptr_t)rt_load(&x->roots);
}

/* Besides those of its vCPUs: the MMU's own, until the root is zapped. */
static bool mmu_owns(const struct root *r)
{
	return r->scheduled || !role_invalid((uint32_t)rt_peek(&r->role));
}

/* Told to the checker alone: whoever gave a reference back looks at the root no more, for it may be gone. */
static void tell_refs(struct x86_mmu *x, const struct root *r, uint64_t refs)
{
	if (checking_alone(&x->mmu))
		check_root_refs(&x->mmu, r->table, refs, mmu_owns(r));
}

static bool root_get(struct root *r)
{
	uint64_t refs = rt_load(&r->refs);

	while (refs)
		if (rt_cas(&r->refs, &refs, refs + 1)) {
			tell_refs(r->x, r, refs + 1);
			return true;
		}
	return false;
}

static void free_root(struct rt_rcu_head *head)
{
	root_destroy((struct root *)((char *)head - offsetof(struct root, rcu)));
}

void root_destroy(struct root *r)
{
	arena_free(&r->x->mmu.arena, r->table);
	free(r);
}

static void unlink_root(struct x86_mmu *x, struct root *r)
{
	rt_u64 *link = &x->roots;

	while (rt_peek(link) != (uintptr_t)r)
		link = &((struct root *)(uintptr_t)rt_peek(link))->next;
	rt_store(link, rt_peek(&r->next));
}

/*
 * zap.fast_worker = vcpu-put: the last one out empties the root, which stays in the list for
 * that long, with a reference, so that notifiers still see it.  (KVM up to 5.17, kvm_tdp_mmu_put_root().)
 */
static bool leave_last(struct x86_mmu *x, struct root *r)
{
	if (x->mmu.policy->zap_fast_worker != ZAP_FAST_WORKER_VCPU_PUT || r->emptied || !root_invalid(r))
		return true;
	r->emptied = true;
	rt_store(&r->refs, 1);
	zap_root(x, r, !rt_rwlock_held_write(&x->mmu.lock));
	return rt_fetch_add(&r->refs, -1ULL) == 1;
}

void root_put(struct x86_mmu *x, struct root *r)
{
	uint64_t refs = rt_fetch_add(&r->refs, -1ULL) - 1;

	tell_refs(x, r, refs);
	if (refs || !leave_last(x, r))
		return;
	rt_spin_lock(&x->pages_lock);
	unlink_root(x, r);
	check_root_gone(&x->mmu, r->table);
	rt_spin_unlock(&x->pages_lock);
	rt_call_rcu(&r->rcu, free_root);
}

struct root *root_iter(struct x86_mmu *x, struct root *prev, bool only_valid)
{
	struct root *r;

	rt_rcu_read_lock();
	for (r = prev ? root_after(prev) : root_first(x); r; r = root_after(r))
		if ((!only_valid || !root_invalid(r)) && root_get(r))
			break;
	rt_rcu_read_unlock();
	if (prev)
		root_put(x, prev);
	return r;
}

struct root *root_new(struct x86_mmu *x, uint32_t role)
{
	struct root *r = xcalloc(1, sizeof(*r));

	r->x = x;
	r->table = arena_alloc(&x->mmu.arena, x->f->nonpresent);
	arena_table(&x->mmu.arena, r->table)->role = role;
	rt_word_init(&r->role, role);
	rt_word_init(&r->refs, 2);
	rt_word_init(&r->next, rt_peek(&x->roots));
	check_root_new(&x->mmu, r->table);
	rt_set(&x->newest_table, r->table);
	rt_store(&x->roots, (uintptr_t)r);
	return r;
}

struct root *root_unused(struct x86_mmu *x, unsigned int as_id)
{
	struct root *r = root_new(x, role_set_smm(x->root_role, as_id));

	rt_set(&r->refs, 1);
	tell_refs(x, r, 1);
	return r;
}

struct root *root_newest(const struct x86_mmu *x, unsigned int as_id)
{
	for (uintptr_t p = rt_peek(&x->roots); p; p = rt_peek(&((struct root *)p)->next)) {
		struct root *r = (struct root *)p;

		if (!role_invalid((uint32_t)rt_peek(&r->role)) && root_as_id(r) == as_id)
			return r;
	}
	return NULL;
}

/* A valid root of that role, with a reference. */
static struct root *find_root(struct x86_mmu *x, uint32_t role)
{
	for (struct root *r = root_first(x); r; r = root_after(r))
		if (rt_load(&r->role) == role && (MUTANT(root_get_missing) || root_get(r)))
			return r;
	return NULL;
}

static struct root *find_or_make_root(struct x86_mmu *x, uint32_t role)
{
	struct root *r;

	rt_rcu_read_lock();
	r = find_root(x, role);
	rt_rcu_read_unlock();
	if (r)
		return r;
	rt_spin_lock(&x->pages_lock);
	r = find_root(x, role);
	if (!r) {
		rt_charge(COST_TABLE_ALLOC, 1);
		r = root_new(x, role);
		obs_page(&x->mmu, OBS_GET_PAGE, 0, role, 0, true);
	}
	rt_spin_unlock(&x->pages_lock);
	return r;
}

static bool root_lock(struct x86_mmu *x)
{
	if (x->mmu.policy->root_lock == ROOT_LOCK_READ)
		return mmu_lock_shared(&x->mmu);
	mmu_lock_exclusive(&x->mmu);
	return false;
}

void x86_vcpu_unload(struct mmu *mmu, unsigned int vcpu)
{
	struct x86_mmu *x = to_x86(mmu);
	struct x86_vcpu *v = &x->vcpus[vcpu];
	bool shared, twice;

	if (!v->root)
		return;
	shared = root_lock(x);
	rt_pin(RT_PIN_OTHER);
	check_vcpu_root(mmu, vcpu, 0);
	twice = MUTANT(root_put_twice) && !root_invalid(v->root);
	root_put(x, v->root);
	if (twice)
		root_put(x, v->root);
	v->root = NULL;
	v->near.unlinks = 0;
	mmu_unlock(mmu, shared);
}

bool x86_wants_root(const struct mmu *mmu, unsigned int vcpu)
{
	const struct root *root = to_x86((struct mmu *)mmu)->vcpus[vcpu].root;

	return !root || root_invalid(root);
}

void x86_vcpu_load(struct mmu *mmu, unsigned int vcpu)
{
	struct x86_mmu *x = to_x86(mmu);
	struct x86_vcpu *v = &x->vcpus[vcpu];
	bool shared;

	if (v->root && !root_invalid(v->root))
		return;
	x86_vcpu_unload(mmu, vcpu);
	shared = root_lock(x);
	rt_pin(RT_PIN_OTHER);
	v->root = find_or_make_root(x, role_set_smm(x->root_role, v->smm));
	check_vcpu_root(mmu, vcpu, v->root->table);
	mmu_unlock(mmu, shared);
}

void root_invalidate_all(struct x86_mmu *x)
{
	for (struct root *r = root_first(x); r; r = root_after(r)) {
		if (root_invalid(r))
			continue;
		r->scheduled = true;
		rt_store(&r->role, role_set_invalid((uint32_t)rt_peek(&r->role), 1));
		check_root_invalid(&x->mmu, r->table);
	}
}

void x86_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm)
{
	struct x86_vcpu *v = &to_x86(mmu)->vcpus[vcpu];

	if (v->smm == smm)
		return;
	x86_vcpu_unload(mmu, vcpu);
	v->smm = smm;
}
