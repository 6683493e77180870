// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM keeps two sets of memslots for each address space, both within struct kvm, and points to the one in force; a
 * change is made in the other, and then they trade places.  A set finds slots by a hash of their ids: each bucket is
 * a list through the slots, which have two list nodes, one for either set.
 */
#include "capture/live/memslots.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"

#define KVM_BYTES	(128u << 10)	/* no struct kvm is larger */
#define NR_AS		2		/* x86, for system management mode; arm64 has one */
#define NODE_BYTES	16		/* struct hlist_node */
#define BUCKETS_MAX	1024
#define SLOTS_MAX	32768		/* ids are 15 bits */
#define TRIES		3
#define GENERATION_UPDATING BIT_ULL(63)	/* a change is under way */
#define FLAGS_OF_USER	0xffffu		/* those above are KVM's own */

bool memslot_places(const struct btf *types, struct memslot_places *out)
{
	const struct { const char *path; long *place; } members[] = {
		{ "kvm.memslots", &out->sets }, { "kvm_memslots.generation", &out->generation },
		{ "kvm_memslots.id_hash", &out->buckets }, { "kvm_memslots.node_idx", &out->node },
		{ "kvm_memory_slot.id_node", &out->nodes }, { "kvm_memory_slot.base_gfn", &out->gfn },
		{ "kvm_memory_slot.npages", &out->npages }, { "kvm_memory_slot.userspace_addr", &out->hva },
		{ "kvm_memory_slot.flags", &out->flags }, { "kvm_memory_slot.id", &out->id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		*members[i].place = types ? btf_offset(types, members[i].path) : -ENOENT;
		if (*members[i].place < 0)
			return false;
	}
	return out->node > out->buckets && out->node - out->buckets <= BUCKETS_MAX * (long)sizeof(uint64_t);
}

struct reading {
	const struct kcore	    *k;
	const struct memslot_places *at;
	struct memslot		    *v;
	int			     nr;
};

static bool read_slot(const struct reading *r, uint64_t slot, struct memslot *out)
{
	bool found = kcore_read(r->k, slot + r->at->gfn, &out->gfn, sizeof(out->gfn)) &&
		     kcore_read(r->k, slot + r->at->npages, &out->npages, sizeof(out->npages)) &&
		     kcore_read(r->k, slot + r->at->hva, &out->hva, sizeof(out->hva)) &&
		     kcore_read(r->k, slot + r->at->flags, &out->flags, sizeof(out->flags)) &&
		     kcore_read(r->k, slot + r->at->id, &out->id, sizeof(out->id));

	out->flags &= FLAGS_OF_USER;
	return found;
}

/* One bucket's list, from its first @node on; @skip: from a slot's begin to that node. */
static int read_bucket(struct reading *r, uint64_t node, uint64_t skip, unsigned int as_id)
{
	while (node) {
		struct memslot s = { .as_id = as_id };

		if (r->nr == SLOTS_MAX || !read_slot(r, node - skip, &s) ||
		    !kcore_read(r->k, node, &node, sizeof(node)))
			return -EAGAIN;
		r->v = xreallocarray(r->v, r->nr + 1, sizeof(*r->v));
		r->v[r->nr++] = s;
	}
	return 0;
}

static int read_set(struct reading *r, uint64_t set, unsigned int as_id)
{
	const struct memslot_places *at = r->at;
	uint64_t buckets[BUCKETS_MAX], before, after;
	size_t nr = (at->node - at->buckets) / sizeof(*buckets);
	uint32_t node;
	int ret = 0;

	if (!kcore_read(r->k, set + at->generation, &before, sizeof(before)) ||
	    !kcore_read(r->k, set + at->buckets, buckets, nr * sizeof(*buckets)) ||
	    !kcore_read(r->k, set + at->node, &node, sizeof(node)) || node > 1)
		return -EFAULT;
	if (before & GENERATION_UPDATING)
		return -EAGAIN;
	for (size_t i = 0; i < nr && !ret; i++)
		ret = read_bucket(r, buckets[i], at->nodes + node * NODE_BYTES, as_id);
	if (!ret && (!kcore_read(r->k, set + at->generation, &after, sizeof(after)) || after != before))
		ret = -EAGAIN;
	return ret;
}

static int read_all(struct reading *r, uint64_t kvm)
{
	for (unsigned int as_id = 0; as_id < NR_AS; as_id++) {
		uint64_t place = kvm + r->at->sets + as_id * sizeof(uint64_t), set, again;
		int ret;

		if (!kcore_read(r->k, place, &set, sizeof(set)) || set - kvm >= KVM_BYTES)
			return as_id ? 0 : -EFAULT;	/* behind the last address space lies something else */
		ret = read_set(r, set, as_id);
		if (!ret && (!kcore_read(r->k, place, &again, sizeof(again)) || again != set))
			ret = -EAGAIN;
		if (ret)
			return ret;
	}
	return 0;
}

int memslots_read(const struct kcore *k, const struct memslot_places *at, uint64_t kvm, struct memslot **out)
{
	struct reading r = { .k = k, .at = at };
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret == -EAGAIN; i++) {
		r.nr = 0;
		ret = read_all(&r, kvm);
	}
	if (ret) {
		free(r.v);
		r.v = NULL;
	}
	*out = r.v;
	return ret ? ret : r.nr;
}
