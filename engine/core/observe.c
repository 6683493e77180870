/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apart from the engine's own code, whose frames need no room for what is to be said. */
#include "engine/core/observe.h"

void obs_say_spte(const struct mmu *mmu, enum obs_kind kind, unsigned int as_id, gfn_t gfn, int level,
		  uint64_t old, uint64_t new)
{
	struct obs o = { .kind = kind, .spte = { .gfn = gfn, .level = level, .as_id = as_id,
						 .old = old, .new = new } };

	obs_emit(mmu, &o);
}

void obs_say_map(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, uint64_t pfn,
		 uint64_t extra)
{
	struct obs o = { .kind = kind, .map = { .gfn = gfn, .level = level, .pfn = pfn, .extra = extra } };

	obs_emit(mmu, &o);
}

void obs_say_gfns(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t count, uint8_t flags)
{
	struct obs o = { .kind = kind, .flags = flags, .gfns = { .gfn = gfn, .count = count } };

	obs_emit(mmu, &o);
}

void obs_say_page(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint32_t role, uint8_t valid_gen,
		  bool created)
{
	struct obs o = { .kind = kind, .page = { .gfn = gfn, .created = created, .role = role,
						 .valid_gen = valid_gen } };

	obs_emit(mmu, &o);
}

void obs_say_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages, unsigned int prot,
		unsigned int ret, uint64_t value)
{
	struct obs o = { .kind = kind, .s2 = { .gfn = gfn, .prot = prot, .ret = ret, .pages = pages,
					       .value = value } };

	obs_emit(mmu, &o);
}

void obs_say_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
		 unsigned int ret, uint64_t old, uint64_t new)
{
	struct obs o = { .kind = kind, .pte = { .gfn = gfn, .level = level, .visit = visit, .ret = ret,
						.old = old, .new = new } };

	obs_emit(mmu, &o);
}

void obs_say_mmio(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, unsigned int access, uint64_t gen,
		  uint64_t spte)
{
	struct obs o = { .kind = kind, .mmio = { .gfn = gfn, .access = access, .gen = gen, .spte = spte } };

	obs_emit(mmu, &o);
}

void obs_say_enters_s2(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, uint64_t pages,
		       unsigned int prot, uint64_t value)
{
	struct obs o = { .kind = kind, .s2 = { .gfn = gfn, .prot = prot, .pages = pages, .value = value } };

	obs_enters(mmu, &o);
}

void obs_say_enters_pte(const struct mmu *mmu, enum obs_kind kind, gfn_t gfn, int level, unsigned int visit,
			uint64_t old)
{
	struct obs o = { .kind = kind, .pte = { .gfn = gfn, .level = level, .visit = visit, .old = old } };

	obs_enters(mmu, &o);
}
