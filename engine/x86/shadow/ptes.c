/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/ptes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#define MAX_DESC	(1u << 25)	/* address space of 2 GiB */

_Static_assert(sizeof(struct ptes_desc) == 64, "a descriptor is a cache line");

void ptes_init(struct ptes *p)
{
	*p = (struct ptes){ .desc = xcalloc(MAX_DESC, sizeof(*p->desc)), .fresh = 1 };
}

void ptes_fini(struct ptes *p)
{
	free(p->desc);
	*p = (struct ptes){ 0 };
}

uint64_t ptes_bytes(const struct ptes *p)
{
	return (uint64_t)p->fresh * sizeof(*p->desc);
}

static uint32_t take(struct ptes *p)
{
	uint32_t d = p->free;

	if (d) {
		p->free = p->desc[d].more;
	} else if (p->fresh < MAX_DESC) {
		d = p->fresh++;
	} else {
		fprintf(stderr, "mmulab: rmaps: all descriptors are used; replay fewer clones\n");
		abort();
	}
	p->desc[d].more = 0;
	p->desc[d].nr = 0;
	return d;
}

static void give(struct ptes *p, uint32_t d)
{
	p->desc[d].more = p->free;
	p->free = d;
}

/* What the head says from now on; the lock stays. */
static void set_head(uint32_t *head, uint32_t value, uint32_t many)
{
	__atomic_store_n(head, value << PTES_SHIFT | many | (ptes_head(head) & PTES_LOCKED), __ATOMIC_RELEASE);
}

static unsigned int count_from(const struct ptes *p, uint32_t d)
{
	unsigned int nr = 0;

	for (; d; d = p->desc[d].more)
		nr += p->desc[d].nr;
	return nr;
}

unsigned int ptes_count(const struct ptes *p, uint32_t head)
{
	if (head & PTES_MANY)
		return count_from(p, head >> PTES_SHIFT);
	return ptes_any(head);
}

unsigned int ptes_add(struct ptes *p, uint32_t *head, uint32_t entry)
{
	uint32_t now = ptes_head(head), d = now >> PTES_SHIFT;
	unsigned int before = ptes_count(p, now);

	if (!before) {
		set_head(head, entry, 0);
		return 0;
	}
	if (!(now & PTES_MANY)) {
		uint32_t only = d;

		d = take(p);
		p->desc[d].entry[p->desc[d].nr++] = only;
	} else if (p->desc[d].nr == PTES_EACH) {
		uint32_t full = d;

		d = take(p);
		p->desc[d].more = full;
	}
	p->desc[d].entry[p->desc[d].nr++] = entry;
	set_head(head, d, PTES_MANY);
	return before;
}

/* The last entry of the first descriptor takes the place of the one that goes. */
static void remove_at(struct ptes *p, uint32_t *head, uint32_t d, unsigned int i)
{
	uint32_t first = ptes_head(head) >> PTES_SHIFT;
	struct ptes_desc *f = &p->desc[first];

	p->desc[d].entry[i] = f->entry[--f->nr];
	if (f->nr)
		return;
	set_head(head, f->more, f->more ? PTES_MANY : 0);
	give(p, first);
}

bool ptes_remove(struct ptes *p, uint32_t *head, uint32_t entry)
{
	uint32_t now = ptes_head(head);

	if (!(now & PTES_MANY)) {
		if (now >> PTES_SHIFT != entry)
			return false;
		set_head(head, 0, 0);
		return true;
	}
	for (uint32_t d = now >> PTES_SHIFT; d; d = p->desc[d].more)
		for (unsigned int i = 0; i < p->desc[d].nr; i++)
			if (p->desc[d].entry[i] == entry) {
				remove_at(p, head, d, i);
				return true;
			}
	return false;
}

void ptes_clear(struct ptes *p, uint32_t *head)
{
	uint32_t now = ptes_head(head), d = now & PTES_MANY ? now >> PTES_SHIFT : 0;

	set_head(head, 0, 0);
	while (d) {
		uint32_t next = p->desc[d].more;

		give(p, d);
		d = next;
	}
}
