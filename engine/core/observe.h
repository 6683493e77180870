/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_OBSERVE_H
#define ENGINE_CORE_OBSERVE_H

/*
 * The engine says what the kernel's tracepoints would say, at the same point
 * of the code.  Without a sink each of these is one predicted branch.
 */
#include "engine/core/mmu_common.h"

static inline bool observed(const struct mmu *mmu)
{
	return unlikely(mmu->config.sink != NULL);
}

static inline void obs_emit(const struct mmu *mmu, struct obs *o)
{
	o->vm = mmu->config.vm;
	mmu->config.sink->emit(mmu->config.sink->arg, rt_self(), o);
}

/*
 * The engine is about to look at what is at @gfn: in long walks, so that whoever paces
 * it by a recording can let the kernel get there first.
 */
static inline void obs_before(const struct mmu *mmu, gfn_t gfn)
{
	if (observed(mmu) && mmu->config.sink->before)
		mmu->config.sink->before(mmu->config.sink->arg, rt_self(), gfn);
}

/* --- the slow halves of what follows --- */
void obs_say_spte(const struct mmu *mmu, enum obs_kind kind, unsigned int as_id, gfn_t gfn, int level,
		  uint64_t old, uint64_t new);
void obs_say_map(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, uint64_t pfn,
		 uint64_t extra);
void obs_say_gfns(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t count, uint8_t flags);
void obs_say_page(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint32_t role, uint8_t valid_gen,
		  bool created);
void obs_say_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages, unsigned int prot,
		unsigned int ret, uint64_t value);
void obs_say_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
		 unsigned int ret, uint64_t old, uint64_t new);
void obs_say_mmio(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, unsigned int access, uint64_t gen,
		  uint64_t spte);
void obs_say_enters_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages,
		       unsigned int prot, uint64_t value);
void obs_say_enters_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
			uint64_t old);

/* An entry is invalid from now on, though its frames are to stay mapped. */
static inline void obs_broken(const struct mmu *mmu, gfn_t gfn, uint64_t nr, uint64_t old)
{
	if (observed(mmu) && mmu->config.sink->broken)
		mmu->config.sink->broken(mmu->config.sink->arg, rt_self(), gfn, nr, old);
}

static inline void obs_spte(const struct mmu *mmu, enum obs_kind kind, unsigned int as_id, gfn_t gfn, int level,
			    uint64_t old, uint64_t new)
{
	if (observed(mmu))
		obs_say_spte(mmu, kind, as_id, gfn, level, old, new);
}

static inline void obs_map(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, uint64_t pfn,
			   uint64_t extra)
{
	if (observed(mmu))
		obs_say_map(mmu, kind, gfn, level, pfn, extra);
}

static inline void obs_gfns(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t count, uint8_t flags)
{
	if (observed(mmu))
		obs_say_gfns(mmu, kind, gfn, count, flags);
}

static inline void obs_page(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint32_t role, uint8_t valid_gen,
			    bool created)
{
	if (observed(mmu))
		obs_say_page(mmu, kind, gfn, role, valid_gen, created);
}

static inline void obs_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages, unsigned int prot,
			  unsigned int ret, uint64_t value)
{
	if (observed(mmu))
		obs_say_s2(mmu, kind, gfn, pages, prot, ret, value);
}

static inline void obs_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
			   unsigned int ret, uint64_t old, uint64_t new)
{
	if (observed(mmu))
		obs_say_pte(mmu, kind, gfn, level, visit, ret, old, new);
}

/* The guest's entry is about to be read, not by a guest walk. */
static inline void obs_reads(const struct mmu *mmu, const struct mmu_read *r)
{
	if (observed(mmu) && mmu->config.sink->reads)
		mmu->config.sink->reads(mmu->config.sink->arg, rt_self(), r);
}

/* What obs_s2() and obs_pte() say when it is over begins. */
static inline void obs_enters(const struct mmu *mmu, struct obs *o)
{
	o->vm = mmu->config.vm;
	mmu->config.sink->enters(mmu->config.sink->arg, rt_self(), o);
}

static inline void obs_enters_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages,
				 unsigned int prot, uint64_t value)
{
	if (observed(mmu) && mmu->config.sink->enters)
		obs_say_enters_s2(mmu, kind, gfn, pages, prot, value);
}

static inline void obs_enters_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
				  uint64_t old)
{
	if (observed(mmu) && mmu->config.sink->enters)
		obs_say_enters_pte(mmu, kind, gfn, level, visit, old);
}

static inline void obs_mmio(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, unsigned int access,
			    uint64_t gen, uint64_t spte)
{
	if (observed(mmu))
		obs_say_mmio(mmu, kind, gfn, access, gen, spte);
}

#endif
