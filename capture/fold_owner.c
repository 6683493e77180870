// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose entry it is.  A change of an entry names no VM, but what the entry held
 * before: the frame it mapped, or the table below it, belongs to one VM at a time.  So a
 * thread that nothing else places (the host's own, or one of a VMM with several VMs)
 * is placed by the first entry it takes away.  The newest entries are remembered, as many
 * as there are places: forgetting one makes nothing wrong.
 */
#include "base/alloc.h"
#include "base/prng.h"
#include "capture/fold_state.h"

#define PLACES	(1u << 16)

struct owner {
	uint32_t tag;		/* 0: free */
	uint32_t vm;
};

/* What stays as it is while hardware and KVM change the entry's bits. */
static uint64_t hash_of(gfn_t gfn, unsigned int level, uint64_t spte)
{
	return prng_mix((spte & SPTE_PFN_MASK) ^ prng_mix(gfn << 3 | level));
}

static uint32_t tag_of(uint64_t hash)
{
	return hash >> 32 | 1;
}

void owner_note(struct fold *f, unsigned int vm, gfn_t gfn, unsigned int level, uint64_t spte)
{
	uint64_t hash = hash_of(gfn, level, spte);

	if (unlikely(!f->owners))
		f->owners = xcalloc(PLACES, sizeof(*f->owners));
	f->owners[hash % PLACES] = (struct owner){ tag_of(hash), vm };
}

int owner_of(const struct fold *f, gfn_t gfn, unsigned int level, uint64_t spte)
{
	uint64_t hash = hash_of(gfn, level, spte);
	const struct owner *o = f->owners ? &f->owners[hash % PLACES] : NULL;

	return o && o->tag == tag_of(hash) ? (int)o->vm : -1;
}
