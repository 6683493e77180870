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

/* An entry is invalid from now on, though its frames are to stay mapped. */
static inline void obs_broken(const struct mmu *mmu, gfn_t gfn, uint64_t nr, uint64_t old)
{
	if (observed(mmu) && mmu->config.sink->broken)
		mmu->config.sink->broken(mmu->config.sink->arg, rt_self(), gfn, nr, old);
}

static inline void obs_spte(const struct mmu *mmu, enum obs_kind kind, unsigned int as_id, gfn_t gfn, int level,
			    uint64_t old, uint64_t new)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .spte = { .gfn = gfn, .level = level, .as_id = as_id,
							 .old = old, .new = new } };
		obs_emit(mmu, &o);
	}
}

static inline void obs_map(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, uint64_t pfn,
			   uint64_t extra)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .map = { .gfn = gfn, .level = level, .pfn = pfn, .extra = extra } };

		obs_emit(mmu, &o);
	}
}

static inline void obs_gfns(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t count, uint8_t flags)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .flags = flags, .gfns = { .gfn = gfn, .count = count } };

		obs_emit(mmu, &o);
	}
}

static inline void obs_page(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint32_t role, uint8_t valid_gen,
			    bool created)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .page = { .gfn = gfn, .created = created, .role = role,
							 .valid_gen = valid_gen } };
		obs_emit(mmu, &o);
	}
}

static inline void obs_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages, unsigned int prot,
			  unsigned int ret, uint64_t value)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .s2 = { .gfn = gfn, .prot = prot, .ret = ret, .pages = pages,
						       .value = value } };

		obs_emit(mmu, &o);
	}
}

static inline void obs_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
			   unsigned int ret, uint64_t old, uint64_t new)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .pte = { .gfn = gfn, .level = level, .visit = visit, .ret = ret,
							.old = old, .new = new } };

		obs_emit(mmu, &o);
	}
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
	if (observed(mmu) && mmu->config.sink->enters) {
		struct obs o = { .kind = kind, .s2 = { .gfn = gfn, .prot = prot, .pages = pages, .value = value } };

		obs_enters(mmu, &o);
	}
}

static inline void obs_enters_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
				  uint64_t old)
{
	if (observed(mmu) && mmu->config.sink->enters) {
		struct obs o = { .kind = kind, .pte = { .gfn = gfn, .level = level, .visit = visit, .old = old } };

		obs_enters(mmu, &o);
	}
}

static inline void obs_mmio(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, unsigned int access,
			    uint64_t gen, uint64_t spte)
{
	if (observed(mmu)) {
		struct obs o = { .kind = kind, .mmio = { .gfn = gfn, .access = access, .gen = gen, .spte = spte } };

		obs_emit(mmu, &o);
	}
}

#endif
