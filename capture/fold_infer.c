// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memslots of a recording that shows none being made.  A notifier's range of host addresses and the frames
 * that it zapped tell how far apart the two are: exactly, when the range is one page, or when a probe says that
 * all of it lies in a slot.  A slot is a
 * stretch of frames that were mapped, with the distance of the nearest frame whose distance is known.
 * Where a stretch has none, its host addresses cannot be told: it becomes a slot at addresses that no notifier has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

#define CHUNK_SHIFT	9		/* frames are kept by 2 MiB of guest memory */
#define GAP_CHUNKS	32		/* as much that nobody mapped ends a stretch */
#define NOWHERE		(1ULL << 62)	/* no host has memory there */
#define PFN_NO_SLOT	BIT_ULL(63)
#define GFN_END		BIT_ULL(36)	/* no guest has more memory */

/* Frames whose host address minus guest address is @distance: from @first to @last, as far as is known. */
struct placed {
	uint64_t distance;
	gfn_t	 first, last;
};

struct inferring {
	uint64_t	*chunks;	/* sorted; in which something was mapped */
	uint32_t	 nr_chunks, cap_chunks;
	struct placed	*placed;
	uint32_t	 nr_placed, cap_placed;
};

static struct inferring *state_of(struct fold *f, unsigned int vm)
{
	struct fold_vm *v = &f->vms[vm];

	if (v->nr_slots || v->slots_known)
		return NULL;
	if (!v->inferring)
		v->inferring = xcalloc(1, sizeof(*v->inferring));
	return v->inferring;
}

void infer_free(struct fold_vm *vm)
{
	if (!vm->inferring)
		return;
	free(vm->inferring->chunks);
	free(vm->inferring->placed);
	free(vm->inferring);
	vm->inferring = NULL;
}

void infer_mapped(struct fold *f, unsigned int vm, gfn_t gfn, pfn_t pfn)
{
	struct inferring *s = pfn & PFN_NO_SLOT ? NULL : state_of(f, vm);
	uint64_t chunk = gfn >> CHUNK_SHIFT;
	uint32_t lo = 0, hi;

	if (!s)
		return;
	for (hi = s->nr_chunks; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->chunks[mid] < chunk)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < s->nr_chunks && s->chunks[lo] == chunk)
		return;
	if (s->nr_chunks == s->cap_chunks) {
		s->cap_chunks = s->cap_chunks ? 2 * s->cap_chunks : 64;
		s->chunks = xreallocarray(s->chunks, s->cap_chunks, sizeof(*s->chunks));
	}
	memmove(&s->chunks[lo + 1], &s->chunks[lo], (s->nr_chunks++ - lo) * sizeof(*s->chunks));
	s->chunks[lo] = chunk;
}

/* Frames @gfn .. @last are at @start of the host. */
static void place(struct inferring *s, hva_t start, gfn_t gfn, gfn_t last)
{
	uint64_t distance = start - (gfn << 12);

	for (uint32_t i = 0; i < s->nr_placed; i++) {
		struct placed *p = &s->placed[i];

		if (p->distance != distance)
			continue;
		p->first = gfn < p->first ? gfn : p->first;
		p->last = last > p->last ? last : p->last;
		return;
	}
	if (s->nr_placed == s->cap_placed) {
		s->cap_placed = s->cap_placed ? 2 * s->cap_placed : 8;
		s->placed = xreallocarray(s->placed, s->cap_placed, sizeof(*s->placed));
	}
	s->placed[s->nr_placed++] = (struct placed){ distance, gfn, last };
}

void infer_zapped(struct fold *f, const struct op *op, gfn_t gfn, unsigned int level)
{
	struct inferring *s = level == 1 && op->stop - op->start == 4096 ? state_of(f, op->vm) : NULL;

	if (s)
		place(s, op->start, gfn, gfn);
}

void infer_matched(struct fold *f, const struct op *op, gfn_t gfn, uint64_t npages)
{
	struct inferring *s;

	if (!npages || npages > GFN_END || gfn > GFN_END - npages || op->stop - op->start != npages << 12)
		return;
	s = state_of(f, op->vm);
	if (!s)
		return;
	place(s, op->start, gfn, gfn + npages - 1);
	/* Close enough to each other to be of one stretch. */
	for (gfn_t at = gfn; at < gfn + npages; at += (GAP_CHUNKS - 1) << CHUNK_SHIFT)
		infer_mapped(f, op->vm, at, 0);
	infer_mapped(f, op->vm, gfn + npages - 1, 0);
}

static int by_first(const void *va, const void *vb)
{
	const struct placed *a = va, *b = vb;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* --- at the end --------------------------------------------------------------------------- */

struct making {
	struct fold *f;
	struct task *t;
	unsigned int vm;
	uint32_t     nr;
	uint64_t     nowhere;
};

static void make_slot(struct making *m, gfn_t from, gfn_t to, const struct placed *p)
{
	struct slot slot = { .gfn = from, .id = m->nr++, .npages = to - from };

	if (p) {
		slot.hva = p->distance + (from << 12);
	} else {
		slot.hva = m->nowhere;
		m->nowhere += (to - from) << 12;
		m->f->meta->vms[m->vm].frames_nowhere += to - from;
	}
	slot_write_older(m->f, m->t, &slot);
}

/* One stretch: cut before the first frame that is known to be of another slot. */
static void make_stretch(struct making *m, const struct inferring *s, gfn_t from, gfn_t to)
{
	const struct placed *now = NULL;
	gfn_t start = from;

	for (uint32_t i = 0; i < s->nr_placed; i++) {
		const struct placed *p = &s->placed[i];
		gfn_t cut = p->first & ~((1ULL << CHUNK_SHIFT) - 1);

		if (p->last < from || p->first >= to)
			continue;
		if (now && cut <= now->last)
			cut = p->first;
		if (now && cut > start) {
			make_slot(m, start, cut, now);
			start = cut;
		}
		now = p;
	}
	make_slot(m, start, to, now);
}

static void infer_vm(struct fold *f, unsigned int vm)
{
	struct inferring *s = f->vms[vm].inferring;
	struct task t = { .index = -1, .vm = (int)vm, .vcpu = -1 };
	struct making m = { .f = f, .t = &t, .vm = vm, .nowhere = NOWHERE };

	if (s->nr_placed)
		qsort(s->placed, s->nr_placed, sizeof(*s->placed), by_first);
	f->meta->vms[vm].slots_inferred = true;
	for (uint32_t i = 0, first = 0; i < s->nr_chunks; i++) {
		if (i + 1 < s->nr_chunks && s->chunks[i + 1] - s->chunks[i] < GAP_CHUNKS)
			continue;
		make_stretch(&m, s, s->chunks[first] << CHUNK_SHIFT, (s->chunks[i] + 1) << CHUNK_SHIFT);
		first = i + 1;
	}
	f->meta->tasks[t.index].vm = vm;
}

void infer_slots(struct fold *f)
{
	for (uint32_t vm = 0; vm < f->nr_vms; vm++) {
		/* Under shadow paging the frames of a fault are not those of its access. */
		if (f->seen[RAW_SPTE_CHANGED] && f->vms[vm].inferring && !f->vms[vm].slots_known &&
		    f->vms[vm].inferring->nr_chunks)
			infer_vm(f, vm);
		if (f->vms[vm].faulted && !f->vms[vm].slots_known)
			f->meta->vms[vm].slots_seen = false;
		infer_free(&f->vms[vm]);
	}
}
