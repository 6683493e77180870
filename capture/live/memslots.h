/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_MEMSLOTS_H
#define CAPTURE_LIVE_MEMSLOTS_H

#include "capture/live/btf.h"
#include "capture/live/kcore.h"

/*
 * The memslots of a VM that runs already: no event tells of them until they change.  They are read
 * where KVM has them, in its own structs (kvm_host.h since 5.17), whose layout the kernel describes.
 */
struct memslot_places {		/* offsets in bytes */
	long sets, generation, buckets, node, nodes, gfn, npages, hva, flags, id;
};

struct memslot {
	unsigned int as_id;
	uint16_t     id;
	uint32_t     flags;
	gfn_t	     gfn;
	uint64_t     npages;
	hva_t	     hva;
};

/* Return: false: the kernel does not describe these structs, or has other ones. */
bool memslot_places(const struct btf *types, struct memslot_places *out);

/**
 * memslots_read() - of the VM whose struct kvm is at address @kvm.
 * @out:	those of all its address spaces, the caller's to free().
 *
 * Return: how many; -EAGAIN: they change all the time; -EFAULT: that is no struct kvm.
 */
int memslots_read(const struct kcore *k, const struct memslot_places *at, uint64_t kvm, struct memslot **out);

#endif
