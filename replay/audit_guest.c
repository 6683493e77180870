/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame's table gets a number when its first entry is known. */
#include "replay/audit_guest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define GPTE_PRESENT	BIT_ULL(0)
#define GPTE_HUGE	BIT_ULL(7)	/* at levels 2 and 3 */

void audit_guest_fini(struct audit_guest *g)
{
	regions_fini(&g->numbers);
	free(g->entries);
	*g = (struct audit_guest){ 0 };
}

/* The key of a frame among regions of 512: no two frames share one. */
static gfn_t key_of(gfn_t table)
{
	return table * REGION_PAGES;
}

uint64_t audit_guest_entry(struct audit_guest *g, unsigned int vm, const struct ev_gpte *e)
{
	uint64_t old;
	uint32_t n;

	if (e->bytes != 8)
		return 0;
	n = regions_number(&g->numbers, vm, key_of(e->gfn));
	if (n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 16;
		g->entries = xreallocarray(g->entries, g->cap, sizeof(*g->entries));
	}
	if (n == g->nr)
		memset(g->entries[g->nr++], 0, sizeof(g->entries[n]));
	old = g->entries[n][e->offset / 8];
	g->entries[n][e->offset / 8] = e->value;
	return old;
}

void audit_guest_write(struct audit_guest *g, unsigned int vm, const struct ev_gpte *e)
{
	uint32_t n = regions_find(&g->numbers, vm, key_of(e->gfn));

	if (n == REGION_NONE)
		return;
	for (unsigned int i = 0; i < e->bytes && e->offset + i < 4096; i++) {
		unsigned int at = e->offset + i, shift = 8 * (at % 8);
		uint64_t *entry = &g->entries[n][at / 8];

		*entry = (*entry & ~(0xffULL << shift)) | (e->value >> 8 * i & 0xff) << shift;
	}
}

static uint64_t entry_at(const struct audit_guest *g, unsigned int vm, gfn_t table, unsigned int index)
{
	uint32_t n = regions_find(&g->numbers, vm, key_of(table));

	return n == REGION_NONE ? 0 : g->entries[n][index];
}

bool audit_guest_walk(const struct audit_guest *g, unsigned int vm, const struct ev_walk *w, struct audit_walk *out)
{
	gfn_t table = w->root;

	if (!w->known || w->levels < 4 || w->levels > AUDIT_LEVELS)
		return false;
	*out = (struct audit_walk){ .gva = w->gva, .top = w->levels };
	for (unsigned int level = out->top;; level--) {
		uint64_t entry = entry_at(g, vm, table, audit_index(w->gva, level));

		out->table[level] = table;
		out->leaf = level;
		if (level == 1 || (level <= 3 && entry & GPTE_HUGE))
			return true;
		if (!(entry & GPTE_PRESENT))
			return false;
		table = (entry & SPTE_PFN_MASK) >> 12;
	}
}
