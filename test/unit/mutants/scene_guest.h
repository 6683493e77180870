/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_MUTANTS_SCENE_GUEST_H
#define TEST_UNIT_MUTANTS_SCENE_GUEST_H

/*
 * A guest whose page tables are shadowed, for scenes.  Page q of the scene is at address (q / 8) * 2 MiB + (q % 8) * 4 KiB, so
 * that a few pages need several leaf tables, and its entry leads to frame q or to frame q + GUEST_PAGES: DO_PT writes the one
 * where the other was.  Two roots share the tables below their second level.
 */
#include "engine/mmu.h"

#define GUEST_PAGES	64ULL
#define GUEST_TABLES	0x600ULL	/* frames of the slot: tables are there and after */
#define GUEST_ROOT(n)	(LAB_GFN + GUEST_TABLES + 4 * (n))
#define GUEST_SECOND(n)	(GUEST_ROOT(n) + 1)
#define GUEST_THIRD	(LAB_GFN + GUEST_TABLES + 2)
#define GUEST_LINEAR	(LAB_GFN + GUEST_TABLES + 8)	/* and the one after: where the guest writes its tables */
#define GUEST_LEAF(i)	(LAB_GFN + GUEST_TABLES + 16 + (i))
#define GUEST_KERNEL	0xffffff8000000000ULL

static inline uint64_t guest_gva(uint64_t page)
{
	return (page / 8) << 21 | (page % 8) << 12;
}

static inline uint64_t guest_table_entry(gfn_t gfn)
{
	return gfn << 12 | 0x27;
}

static inline uint64_t guest_page_entry(uint64_t frame)
{
	return (LAB_GFN + frame) << 12 | 0x67;
}

static inline void guest_tables(struct mmu *mmu)
{
	for (unsigned int n = 0; n < 2; n++) {
		mmu_gpte(mmu, GUEST_ROOT(n), 0, guest_table_entry(GUEST_SECOND(n)));
		mmu_gpte(mmu, GUEST_ROOT(n), 511 * 8, guest_table_entry(GUEST_LINEAR));
		mmu_gpte(mmu, GUEST_SECOND(n), 0, guest_table_entry(GUEST_THIRD));
	}
	mmu_gpte(mmu, GUEST_LINEAR, 0, guest_table_entry(GUEST_LINEAR + 1));
	for (unsigned int i = 0; i < LAB_PAGES / 512; i++)
		mmu_gpte(mmu, GUEST_LINEAR + 1, i * 8, (LAB_GFN + 512 * i) << 12 | 0xe7);
	for (unsigned int i = 0; i < GUEST_PAGES / 8; i++)
		mmu_gpte(mmu, GUEST_THIRD, i * 8, guest_table_entry(GUEST_LEAF(i)));
	for (uint64_t page = 0; page < GUEST_PAGES; page++)
		mmu_gpte(mmu, GUEST_LEAF(page / 8), page % 8 * 8, guest_page_entry(page));
}

/* An access by the guest, as often as it takes; what KVM has asked for comes before each entry. */
static inline void guest_access(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a)
{
	for (unsigned int tries = 0; tries < 16 && !mmu_touch(mmu, vcpu, a); tries++) {
		mmu_fault(mmu, vcpu, a);
		if (mmu_wants_sync(mmu, vcpu))
			mmu_sync_roots(mmu, vcpu);
	}
}

/* The guest writes an entry, by its own mapping or by KVM's emulation. */
static inline void guest_writes(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a, gfn_t table, unsigned int i,
				uint64_t value)
{
	*a = (struct mmu_access){ .gva = GUEST_KERNEL + ((table - LAB_GFN) << 12), .gfn = table, .access = MMU_W,
				  .host_level = 1, .host_writable = true };
	if (mmu_guest_writes(mmu, vcpu, table, i * 8, value))
		return;
	guest_access(mmu, vcpu, a);
	if (!mmu_guest_writes(mmu, vcpu, table, i * 8, value))
		mmu_pt_write(mmu, vcpu, table, i * 8, value, 8);
}

static inline void guest_loads(struct mmu *mmu, unsigned int vcpu, unsigned int root)
{
	if (!mmu_cr3(mmu, vcpu, GUEST_ROOT(root)))
		mmu_vcpu_load(mmu, vcpu);
	mmu_sync_roots(mmu, vcpu);
}

#endif
