/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_SP_H
#define ENGINE_X86_SHADOW_SP_H

/*
 * Shadow pages (struct kvm_mmu_page).  A page is named by the number of its table in the arena, where its gfn and
 * role word are; what else it has stands here.
 *
 * - A page is active (in the hash and the list of active pages), or condemned (in neither list of active pages, its
 *   role invalid, still in the hash, until the flush frees it), or a zapped root that a vCPU still holds: invalid,
 *   in the hash, in no list.
 * - Valid is what is not invalid and of the present generation; lookups see nothing else.
 * - root_count counts vCPUs' roots, cached ones included.
 * - A page of the lowest level that is not direct may be unsync: writes to its guest table are not noticed.
 * - Bit i of unsync_child: below entry i something may be unsync; unsync_children counts the bits.
 */
#include "engine/x86/shadow/shadow.h"

struct sp {
	uint32_t  hash_next;
	uint32_t  newer, older;		/* active list; condemned: older is the next one */
	uint32_t  parents;		/* entries it hangs from: ptes.h */
	uint32_t  root_count;
	uint32_t  write_flood;		/* emulated writes since it was last used */
	uint16_t  unsync_children;
	uint8_t   valid_gen;
	bool	  unsync;
	bool	  active;
	bool	  was_root;		/* for checks */
	uint64_t *translation;		/* indirect pages up to level 3: by entry, gfn << 12 | access of the leaf */
	uint64_t  unsync_child[SPTE_ENTRIES / 64];
};

static inline struct sp *sp_of(const struct shadow_mmu *sm, uint32_t number)
{
	return &sm->sp[number];
}

static inline uint32_t sp_role(const struct shadow_mmu *sm, uint32_t number)
{
	/* Roots are looked at without mmu_lock, too. */
	return __atomic_load_n(&arena_table(&sm->x.mmu.arena, number)->role, __ATOMIC_RELAXED);
}

static inline gfn_t sp_gfn(const struct shadow_mmu *sm, uint32_t number)
{
	return arena_table(&sm->x.mmu.arena, number)->gfn;
}

static inline int sp_level(const struct shadow_mmu *sm, uint32_t number)
{
	return (int)role_level(sp_role(sm, number));
}

static inline unsigned int sp_as_id(const struct shadow_mmu *sm, uint32_t number)
{
	return role_smm(sp_role(sm, number)) ? 1 : 0;
}

/* sp_has_gptes(): it shadows a table of the guest. */
static inline bool sp_has_gptes(const struct shadow_mmu *sm, uint32_t number)
{
	uint32_t role = sp_role(sm, number);

	return !role_direct(role) && !role_passthrough(role);
}

/* is_obsolete_sp(): invalid, or of another generation. */
static inline bool sp_is_obsolete(const struct shadow_mmu *sm, uint32_t number)
{
	return role_invalid(sp_role(sm, number)) ||
	       sp_of(sm, number)->valid_gen != __atomic_load_n(&sm->x.valid_gen, __ATOMIC_RELAXED);
}

/* The page a table entry leads to. */
static inline uint32_t sp_child(uint64_t spte)
{
	return (uint32_t)spte_pfn(spte);
}

/* What leaf @i of a page maps, and what the guest allows there (ACC_*: the bits of MMU_* as role.access has them). */
gfn_t sp_entry_gfn(const struct shadow_mmu *sm, uint32_t number, unsigned int i);
unsigned int sp_entry_access(const struct shadow_mmu *sm, uint32_t number, unsigned int i);
/* Noted when a leaf comes, or its access changes; nothing for direct pages. */
void sp_set_translation(struct shadow_mmu *sm, uint32_t number, unsigned int i, gfn_t gfn, unsigned int access);

/*
 * Pages of one gfn, the newest first, whatever their role and state:
 *	for (n = sp_first(sm, gfn); n; n = sp_next(sm, n))
 * A page may be zapped in the loop: it stays in the hash until it is freed.
 */
uint32_t sp_first(const struct shadow_mmu *sm, gfn_t gfn);
uint32_t sp_next(const struct shadow_mmu *sm, uint32_t number);

/*
 * kvm_mmu_get_shadow_page(): the valid page of (gfn, role), found or made; @vcpu: who needs it.  A new page with guest
 * entries write-protects its gfn, or keeps it small.  mmu_lock held for write; flushes where it must.
 */
uint32_t sp_get(struct shadow_mmu *sm, unsigned int vcpu, gfn_t gfn, uint32_t role);
/* A new page, unobserved and for nothing: what was there before anybody looked. */
uint32_t sp_make_quiet(struct shadow_mmu *sm, gfn_t gfn, uint32_t role);
/* The role of a child of the entry @entry (kvm_mmu_child_role()). */
uint32_t sp_child_role(const struct shadow_mmu *sm, uint32_t entry, bool direct, unsigned int access);

/* Says @kind of the page as it is. */
void sp_observe(const struct shadow_mmu *sm, enum obs_kind kind, uint32_t number, bool created);

/* --- for zap.c --- */

/* The page is no longer among the active ones. */
void sp_deactivate(struct shadow_mmu *sm, uint32_t number);
/* Undoes what a new page with guest entries did to its gfn. */
void sp_unaccount(struct shadow_mmu *sm, uint32_t number);
/* It is gone: nothing leads to it, nobody is in it. */
void sp_free(struct shadow_mmu *sm, uint32_t number);

#endif
