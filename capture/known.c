// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/known.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"

void known_fini(struct known *k)
{
	free(k->v);
	*k = (struct known){ 0 };
}

static uint32_t home_of(const struct known *k, uint64_t key)
{
	return prng_mix(key) & (k->cap - 1);
}

/* Where @key (plus one) is, or would be. */
static uint32_t place_of(const struct known *k, uint64_t key)
{
	uint32_t i = home_of(k, key);

	while (k->v[i].key && k->v[i].key != key)
		i = (i + 1) & (k->cap - 1);
	return i;
}

static void grow(struct known *k)
{
	struct known_place *old = k->v;
	uint32_t cap = k->cap;

	k->cap = cap ? 2 * cap : 1024;
	k->v = xcalloc(k->cap, sizeof(*k->v));
	for (uint32_t i = 0; i < cap; i++)
		if (old[i].key)
			k->v[place_of(k, old[i].key)] = old[i];
	free(old);
}

uint64_t *known_get(const struct known *k, uint64_t key)
{
	struct known_place *p;

	if (!k->cap)
		return NULL;
	p = &k->v[place_of(k, key + 1)];
	return p->key ? &p->value : NULL;
}

/* Those behind @hole that could not be found any more move up. */
static void forget_at(struct known *k, uint32_t hole)
{
	const uint32_t mask = k->cap - 1;

	k->nr--;
	for (uint32_t i = (hole + 1) & mask; k->v[i].key; i = (i + 1) & mask) {
		if (((i - home_of(k, k->v[i].key)) & mask) < ((i - hole) & mask))
			continue;
		k->v[hole] = k->v[i];
		hole = i;
	}
	k->v[hole].key = 0;
}

static void forget_one(struct known *k, uint32_t near)
{
	while (!k->v[near].key)
		near = (near + 1) & (k->cap - 1);
	forget_at(k, near);
	k->forgotten++;
}

static bool is_full(const struct known *k)
{
	return 4 * (k->nr + 1) > 3 * k->cap;
}

void known_set(struct known *k, uint64_t key, uint64_t value)
{
	uint32_t i;

	if (is_full(k) && k->cap < KNOWN_MAX)
		grow(k);
	i = place_of(k, key + 1);
	if (!k->v[i].key && is_full(k)) {
		forget_one(k, home_of(k, key + 1));
		i = place_of(k, key + 1);
	}
	k->nr += !k->v[i].key;
	k->v[i] = (struct known_place){ key + 1, value };
}

void known_forget(struct known *k, uint64_t key)
{
	uint32_t i = k->cap ? place_of(k, key + 1) : 0;

	if (k->cap && k->v[i].key)
		forget_at(k, i);
}
