/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing, half full at most. */
#include "replay/regions.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"

static uint64_t key_of(unsigned int vm, gfn_t gfn)
{
	return 1 + ((uint64_t)vm << 48 | gfn / REGION_PAGES);
}

/* Where @key is, or the free place where it would be. */
static uint32_t place(const struct regions *r, uint64_t key)
{
	uint32_t i = (uint32_t)prng_mix(key) & (r->cap - 1);

	while (r->key[i] && r->key[i] != key)
		i = (i + 1) & (r->cap - 1);
	return i;
}

static void grow(struct regions *r)
{
	struct regions old = *r;

	r->cap = old.cap ? 2 * old.cap : 1024;
	r->key = xcalloc(r->cap, sizeof(*r->key));
	r->number = xcalloc(r->cap, sizeof(*r->number));
	for (uint32_t i = 0; i < old.cap; i++) {
		uint32_t at;

		if (!old.key[i])
			continue;
		at = place(r, old.key[i]);
		r->key[at] = old.key[i];
		r->number[at] = old.number[i];
	}
	regions_fini(&old);
}

void regions_fini(struct regions *r)
{
	free(r->key);
	free(r->number);
	*r = (struct regions){ 0 };
}

uint32_t regions_number(struct regions *r, unsigned int vm, gfn_t gfn)
{
	uint32_t at;

	if (2 * r->nr >= r->cap)
		grow(r);
	at = place(r, key_of(vm, gfn));
	if (!r->key[at]) {
		r->key[at] = key_of(vm, gfn);
		r->number[at] = r->nr++;
	}
	return r->number[at];
}

uint32_t regions_find(const struct regions *r, unsigned int vm, gfn_t gfn)
{
	uint32_t at;

	if (!r->cap)
		return REGION_NONE;
	at = place(r, key_of(vm, gfn));
	return r->key[at] ? r->number[at] : REGION_NONE;
}
