/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages, their hash and the list of active ones; __kvm_mmu_get_shadow_page(). */
#include "engine/x86/shadow/sp.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "engine/core/flush.h"
#include "engine/core/observe.h"
#include "engine/x86/shadow/rmap.h"
#include "engine/x86/shadow/sync.h"
#include "engine/x86/shadow/zap.h"

void sp_observe(const struct shadow_mmu *sm, enum obs_kind kind, uint32_t number, bool created)
{
	const struct sp *sp = sp_of(sm, number);
	struct obs o = {
		.kind = kind,
		.page = { .gfn = sp_gfn(sm, number), .root_count = sp->root_count, .unsync = sp->unsync,
			  .created = created, .role = sp_role(sm, number), .valid_gen = sp->valid_gen },
	};

	if (observed(&sm->x.mmu))
		obs_emit(&sm->x.mmu, &o);
}

/* --- what a page maps -------------------------------------------------------------- */

gfn_t sp_entry_gfn(const struct shadow_mmu *sm, uint32_t number, unsigned int i)
{
	const struct sp *sp = sp_of(sm, number);
	uint32_t role = sp_role(sm, number);

	if (role_passthrough(role))
		return sp_gfn(sm, number);
	if (sp->translation)
		return sp->translation[i] >> 12;
	return sp_gfn(sm, number) + i * SPTE_LEVEL_PAGES((int)role_level(role));
}

unsigned int sp_entry_access(const struct shadow_mmu *sm, uint32_t number, unsigned int i)
{
	const struct sp *sp = sp_of(sm, number);

	return sp->translation ? sp->translation[i] & 7 : role_access(sp_role(sm, number));
}

void sp_set_translation(struct shadow_mmu *sm, uint32_t number, unsigned int i, gfn_t gfn, unsigned int access)
{
	struct sp *sp = sp_of(sm, number);

	if (sp->translation)
		sp->translation[i] = gfn << 12 | access;
}

/* --- hash ------------------------------------------------------------------------------ */

static uint32_t *bucket(struct shadow_mmu *sm, gfn_t gfn)
{
	return &sm->hash[gfn * 0x61c8864680b583ebULL >> (64 - SHADOW_HASH_SHIFT)];
}

static uint32_t skip_others(const struct shadow_mmu *sm, uint32_t number, gfn_t gfn)
{
	while (number && sp_gfn(sm, number) != gfn)
		number = sp_of(sm, number)->hash_next;
	return number;
}

uint32_t sp_first(const struct shadow_mmu *sm, gfn_t gfn)
{
	return skip_others(sm, *bucket((struct shadow_mmu *)sm, gfn), gfn);
}

uint32_t sp_next(const struct shadow_mmu *sm, uint32_t number)
{
	return skip_others(sm, sp_of(sm, number)->hash_next, sp_gfn(sm, number));
}

static void hash_add(struct shadow_mmu *sm, uint32_t number)
{
	uint32_t *b = bucket(sm, sp_gfn(sm, number));

	sp_of(sm, number)->hash_next = *b;
	*b = number;
}

static void hash_remove(struct shadow_mmu *sm, uint32_t number)
{
	uint32_t *link = bucket(sm, sp_gfn(sm, number));

	while (*link != number)
		link = &sp_of(sm, *link)->hash_next;
	*link = sp_of(sm, number)->hash_next;
}

/* --- active pages ------------------------------------------------------------------------ */

static void activate(struct shadow_mmu *sm, uint32_t number)
{
	struct sp *sp = sp_of(sm, number);

	sp->active = true;
	sp->newer = 0;
	sp->older = sm->newest;
	if (sm->newest)
		sp_of(sm, sm->newest)->newer = number;
	else
		sm->oldest = number;
	sm->newest = number;
}

void sp_deactivate(struct shadow_mmu *sm, uint32_t number)
{
	struct sp *sp = sp_of(sm, number);

	if (!sp->active)
		return;
	sp->active = false;
	if (sp->newer)
		sp_of(sm, sp->newer)->older = sp->older;
	else
		sm->newest = sp->older;
	if (sp->older)
		sp_of(sm, sp->older)->newer = sp->newer;
	else
		sm->oldest = sp->newer;
	sp->newer = 0;
	sp->older = 0;
}

/* --- a page comes and goes -------------------------------------------------------------- */

/*
 * account_shadowed(): an upper-level page needs every write to its gfn noticed; one of the lowest level only until
 * it goes unsync.
 */
static void account(struct shadow_mmu *sm, uint32_t number)
{
	unsigned int as_id = sp_as_id(sm, number);
	gfn_t gfn = sp_gfn(sm, number);

	__atomic_add_fetch(&sm->indirect, 1, __ATOMIC_SEQ_CST);
	if (sp_level(sm, number) > 1) {
		frames_watch(&sm->frames, as_id, gfn, 1);
		if (rmap_protect_gfn(sm, as_id, gfn, 1))
			flush_remote(&sm->x.mmu);
		return;
	}
	frames_keep_small(&sm->frames, as_id, gfn, 1);
	if (rmap_protect_gfn(sm, as_id, gfn, 1))
		flush_remote_range(&sm->x.mmu, gfn, 1);
}

void sp_unaccount(struct shadow_mmu *sm, uint32_t number)
{
	unsigned int as_id = sp_as_id(sm, number);
	gfn_t gfn = sp_gfn(sm, number);

	__atomic_sub_fetch(&sm->indirect, 1, __ATOMIC_SEQ_CST);
	if (sp_level(sm, number) > 1)
		frames_watch(&sm->frames, as_id, gfn, -1);
	else
		frames_keep_small(&sm->frames, as_id, gfn, -1);
}

uint32_t sp_make_quiet(struct shadow_mmu *sm, gfn_t gfn, uint32_t role)
{
	uint32_t number = arena_alloc(&sm->x.mmu.arena, sm->x.f->nonpresent);
	struct table *t = arena_table(&sm->x.mmu.arena, number);
	struct sp *sp = sp_of(sm, number);

	t->gfn = gfn;
	t->role = role;
	*sp = (struct sp){ .valid_gen = sm->x.valid_gen };
	if (!role_direct(role) && role_level(role) <= MAX_HUGE_LEVEL) {
		sp->translation = xcalloc(SPTE_ENTRIES, sizeof(*sp->translation));
		sm->translations++;
	}
	activate(sm, number);
	sm->nr_pages++;
	hash_add(sm, number);
	if (sp_has_gptes(sm, number))
		account(sm, number);
	return number;
}

void sp_free(struct shadow_mmu *sm, uint32_t number)
{
	struct sp *sp = sp_of(sm, number);

	hash_remove(sm, number);
	if (sp->translation)
		sm->translations--;
	free(sp->translation);
	sp->translation = NULL;
	/* The flush before has waited for walkers in KVM; here it has not, and whoever is in the table still may be. */
	if (rt_rcu_alone())
		arena_free(&sm->x.mmu.arena, number);
	else
		arena_free_rcu(&sm->x.mmu.arena, number);
}

/* --- lookup --------------------------------------------------------------------------- */

/* kvm_mmu_find_shadow_page().  Return: the page, or 0. */
static uint32_t find(struct shadow_mmu *sm, unsigned int vcpu, gfn_t gfn, uint32_t role, struct condemned *list)
{
	for (uint32_t n = sp_first(sm, gfn); n; n = sp_next(sm, n)) {
		struct sp *sp = sp_of(sm, n);
		int ret = 0;

		if (sp_is_obsolete(sm, n))
			continue;
		if (sp_role(sm, n) != role) {
			/* An upper-level page will be write-protected: nothing of that gfn may stay unsync. */
			if (role_level(role) > 1 && sp->unsync)
				sp_zap(sm, n, list);
			continue;
		}
		if (role_direct(role))
			return n;
		if (sp->unsync)
			ret = sync_found(sm, vcpu, n, list);
		if (ret < 0)
			return 0;
		if (ret > 0)
			flush_remote(&sm->x.mmu);
		sp->write_flood = 0;
		return n;
	}
	return 0;
}

uint32_t sp_get(struct shadow_mmu *sm, unsigned int vcpu, gfn_t gfn, uint32_t role)
{
	struct condemned list = { 0 };
	uint32_t n = find(sm, vcpu, gfn, role, &list);
	bool created = !n;

	condemned_commit(sm, &list);
	if (created) {
		rt_charge(role_direct(role) ? COST_TABLE_ALLOC : COST_SHADOW_PAGE, 1);
		n = sp_make_quiet(sm, gfn, role);
	}
	sp_observe(sm, OBS_GET_PAGE, n, created);
	return n;
}

uint32_t sp_child_role(const struct shadow_mmu *sm, uint32_t entry, bool direct, unsigned int access)
{
	uint32_t role = sp_role(sm, entry_table(entry));

	role = role_set_level(role, role_level(role) - 1);
	role = role_set_access(role, access);
	role = role_set_direct(role, direct);
	role = role_set_passthrough(role, 0);
	role = role_set_invalid(role, 0);
	/* A table of 4-byte entries is shadowed by two pages. */
	if (role_has_4_byte_gpte(role))
		role = role_set_quadrant(role, entry_index(entry) & 1);
	return role;
}
