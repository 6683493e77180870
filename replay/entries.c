/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing; keys are never removed, their entries only become empty. */
#include "replay/entries.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"

struct cell {
	uint64_t key;		/* 0: free */
	uint64_t spte;
};

struct entries {
	struct cell	*v;
	size_t		 cap, nr;	/* cap: a power of two */
	uint64_t	 empty;
};

#define GFN_BITS	40
#define KEY_GFN(k)	((k) & (BIT_ULL(GFN_BITS) - 1))
#define KEY_LEVEL(k)	((int)((k) >> GFN_BITS & 7))
#define KEY_AS(k)	((unsigned int)((k) >> 43 & 1))
#define KEY_VM(k)	((unsigned int)((k) >> 44 & 0xffff))
#define KEY_USED	BIT_ULL(63)

static uint64_t make_key(unsigned int vm, unsigned int as_id, int level, gfn_t gfn)
{
	return KEY_USED | (uint64_t)vm << 44 | (uint64_t)(as_id & 1) << 43 |
	       (uint64_t)level << GFN_BITS | (gfn & (BIT_ULL(GFN_BITS) - 1));
}

/* The cell of @key, or the free one where it belongs. */
static struct cell *find(const struct entries *e, uint64_t key)
{
	size_t i = prng_mix(key) & (e->cap - 1);

	while (e->v[i].key && e->v[i].key != key)
		i = (i + 1) & (e->cap - 1);
	return &e->v[i];
}

static void grow(struct entries *e)
{
	struct entries old = *e;

	e->cap *= 2;
	e->v = xcalloc(e->cap, sizeof(*e->v));
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].key)
			*find(e, old.v[i].key) = old.v[i];
	free(old.v);
}

struct entries *entries_new(uint64_t empty)
{
	struct entries *e = xcalloc(1, sizeof(*e));

	e->cap = 4096;
	e->empty = empty;
	e->v = xcalloc(e->cap, sizeof(*e->v));
	return e;
}

void entries_free(struct entries *e)
{
	if (!e)
		return;
	free(e->v);
	free(e);
}

uint64_t entries_get(const struct entries *e, unsigned int vm, unsigned int as_id, int level, gfn_t gfn)
{
	const struct cell *c = find(e, make_key(vm, as_id, level, gfn));

	return c->key ? c->spte : e->empty;
}

void entries_set(struct entries *e, unsigned int vm, unsigned int as_id, int level, gfn_t gfn, uint64_t spte)
{
	uint64_t key = make_key(vm, as_id, level, gfn);
	struct cell *c = find(e, key);

	if (!c->key && spte == e->empty)
		return;
	if (!c->key && e->nr++ * 4 > e->cap * 3) {
		grow(e);
		c = find(e, key);
	}
	*c = (struct cell){ key, spte };
}

void entries_each(const struct entries *e, unsigned int vm,
		  void (*fn)(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t spte), void *arg)
{
	for (size_t i = 0; i < e->cap; i++) {
		const struct cell *c = &e->v[i];

		if (c->key && c->spte != e->empty && KEY_VM(c->key) == vm)
			fn(arg, KEY_AS(c->key), KEY_LEVEL(c->key), KEY_GFN(c->key), c->spte);
	}
}
