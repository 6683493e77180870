/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_X86_H
#define ENGINE_X86_X86_H

/*
 * One VM's x86 TDP MMU, and what its files share: the questions one asks an SPTE.
 *
 * - A table has one parent entry or is a root; it is never shared.
 * - An entry changes under mmu_lock held for read by compare-and-swap, under
 *   write by a store (an exchange when others may change it too), and without
 *   the lock by the fast fault, by lockless aging and by the hardware (A, D).
 * - A frozen entry belongs to whoever froze it.
 * - Whoever walks tables is in an RCU section.
 */
#include "engine/core/mmu_common.h"
#include "engine/x86/nx.h"
#include "kvm/role.h"

#define MAX_LEVEL		5
#define MAX_HUGE_LEVEL		3
#define SPTE_AD_DISABLED	BIT_ULL(52)		/* bits 53:52 == 1: no hardware A/D bits in this entry */
#define SPTE_AD_TYPE		(3ULL << 52)
#define EPT_RWX			7ULL
#define EPT_SAVED		5ULL			/* R and X: kept at bits 54 and 56 of an access-tracked entry */
#define EPT_SAVED_SHIFT		54

struct root;

/* Where a vCPU's last walk ended, as paging-structure caches of hardware know it: near.h. */
struct near {
	gfn_t		 stretch;	/* the 2 MiB it was in */
	uint64_t	 unlinks;	/* arena_unlinks() before it; 0: it came to no table of level 1 */
	uint32_t	 table;
};

struct x86_vcpu {		/* written by its own task */
	struct root	*root;
	struct near	 near;		/* below that root */
	uint64_t	 fixed;		/* faults that ended RET_PF_FIXED: beside what every fault touches; */
	uint64_t	 others[RET_PF_NR];	/* ... and all others */
	bool		 smm;		/* the next root it takes is of address space 1 */
	uint64_t	 fast_faults;
	/* Last gfn found to be MMIO, or page of a virtual address (shadow paging); 0: none. */
	gfn_t		 mmio_gfn;
	uint64_t	 mmio_gen;
	uint64_t	 pml;		/* pages the hardware logged */
} __attribute__((aligned(64)));

struct x86_mmu {
	struct mmu		  mmu;		/* first member */
	const struct spte_format *f;
	struct spte_format	  uncached;	/* that, where config.mmio_uncached */
	uint32_t		  root_role;
	uint8_t			  valid_gen;	/* toggled by each fast zap */
	rt_u64			  roots;	/* newest first: root.h */
	rt_u64			  newest_table;	/* of the newest root there ever was: a hint */
	struct rt_spinlock	  pages_lock;	/* writers of the list of roots; up to 6.1 every new table too */
	struct x86_vcpu		 *vcpus;
	struct nx_list		  nx;
};

/* A fault of its has ended; and how many have so. */
static inline void vcpu_count(struct x86_vcpu *v, enum ret_pf ret)
{
	if (likely(ret == RET_PF_FIXED))
		v->fixed++;
	else
		v->others[ret]++;
}

static inline uint64_t vcpu_counted(const struct x86_vcpu *v, enum ret_pf ret)
{
	return ret == RET_PF_FIXED ? v->fixed : v->others[ret];
}

/* What every x86 MMU begins and ends with.  Return: 0, -EINVAL or -ENOMEM; a failed one needs no end. */
int x86_init(struct x86_mmu *x, const struct mmu_ops *ops, const struct mmu_config *config);
void x86_fini(struct x86_mmu *x);

static inline struct x86_mmu *to_x86(struct mmu *mmu)
{
	return (struct x86_mmu *)mmu;
}

static inline const struct x86_mmu *to_x86_const(const struct mmu *mmu)
{
	return (const struct x86_mmu *)mmu;
}

static inline bool release_is(const struct x86_mmu *x, enum kvm_release at_least)
{
	return x->mmu.config.release >= at_least;
}

/* Is the NX mitigation on?  It may be turned on or off at any time. */
static inline bool nx_is_on(const struct x86_mmu *x)
{
	return unlikely(__atomic_load_n(&x->nx.on, __ATOMIC_RELAXED));
}

/* Was the table made because a fault wanted to execute?  Clear once it may be replaced by a huge page. */
static inline bool nx_is_disallowed(const struct x86_mmu *x, uint32_t number)
{
	return unlikely(x->nx.link != NULL) && nx_is_disallowed_slow(x, number);
}

/* --- gfns ------------------------------------------------------------------ */

static inline unsigned int spte_index(gfn_t gfn, int level)
{
	return (gfn >> SPTE_LEVEL_SHIFT(level)) & (SPTE_ENTRIES - 1);
}

static inline gfn_t gfn_round(gfn_t gfn, int level)
{
	return gfn & ~(SPTE_LEVEL_PAGES(level) - 1);
}

/* The entry for @gfn in real table @number of @level; x86's tables have as many entries as the arena's smallest. */
static inline rt_u64 *spte_at(const struct x86_mmu *x, uint32_t number, gfn_t gfn, int level)
{
	return x->mmu.arena.entries + ((size_t)number << TABLE_SHIFT) + spte_index(gfn, level);
}

/* First gfn no table of the VM covers. */
static inline gfn_t gfn_limit(const struct x86_mmu *x)
{
	return SPTE_LEVEL_PAGES(x->mmu.config.root_level + 1);
}

/* --- SPTEs ------------------------------------------------------------------- */

static inline bool spte_ad_enabled(uint64_t spte)
{
	return (spte & SPTE_AD_TYPE) != SPTE_AD_DISABLED;
}

static inline bool spte_is_access_tracked(uint64_t spte)
{
	return !spte_ad_enabled(spte) && !(spte & EPT_RWX);
}

static inline bool spte_is_accessed(const struct spte_format *f, uint64_t spte)
{
	return spte_ad_enabled(spte) ? spte & f->accessed : !spte_is_access_tracked(spte);
}

/* The entry as aging leaves it. */
static inline uint64_t spte_make_old(const struct spte_format *f, uint64_t spte)
{
	if (spte_ad_enabled(spte))
		return spte & ~f->accessed;
	if (spte_is_access_tracked(spte))
		return spte;
	return (spte | (spte & EPT_SAVED) << EPT_SAVED_SHIFT) & ~EPT_RWX;
}

/* The reverse, for an entry without hardware A/D bits; W comes back by a fault. */
static inline uint64_t spte_restore(uint64_t spte)
{
	uint64_t saved = (spte >> EPT_SAVED_SHIFT) & EPT_SAVED;

	return (spte & ~(EPT_RWX | EPT_SAVED << EPT_SAVED_SHIFT)) | saved;
}

/* Does the entry permit an access of MMU_R, MMU_W, MMU_X?  R is bit 0 in both formats. */
static inline bool spte_permits(const struct spte_format *f, uint64_t spte, unsigned int access)
{
	if ((access & MMU_X) && !(f->exec ? spte & f->exec : !(spte & f->nx)))
		return false;
	if ((access & MMU_W) && !(spte & SPTE_W))
		return false;
	return !(access & MMU_R) || (spte & 1);
}

/* May somebody without mmu_lock change this leaf? */
static inline bool spte_is_volatile(const struct x86_mmu *x, uint64_t spte)
{
	const struct spte_format *f = x->f;

	if (!(spte & SPTE_W) && (spte & f->mmu_writable))
		return true;
	if (!spte_ad_enabled(spte))
		return spte_is_access_tracked(spte);
	if (!(spte & f->accessed) && !release_is(x, KVM_6_18))
		return true;
	return (spte & SPTE_W) && !(spte & f->dirty);
}

/* --- walking to one gfn ---------------------------------------------------------- */

struct walk {
	rt_u64	*sptep;
	uint64_t spte;
	int	 level;
	uint32_t table;		/* that entry's */
};

/* To the last entry for @gfn below @table (of @level): a leaf, or not present. */
static inline struct walk walk_to(struct x86_mmu *x, uint32_t table, int level, gfn_t gfn)
{
	struct walk w = { .level = level, .table = table };

	for (;;) {
		w.sptep = spte_at(x, w.table, gfn, w.level);
		w.spte = rt_load(w.sptep);
		if (w.level <= 1 || !spte_is_table(w.spte, w.level))
			return w;
		w.table = arena_enter(&x->mmu.arena, (uint32_t)spte_pfn(w.spte));
		w.level--;
	}
}

/* An entry that points to table @number. */
static inline uint64_t spte_for_table(const struct x86_mmu *x, uint32_t number)
{
	uint64_t spte = spte_make_table(x->f, number);

	return x->mmu.config.ad ? spte : (spte & ~x->f->accessed) | SPTE_AD_DISABLED;
}

#endif
