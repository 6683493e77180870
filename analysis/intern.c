/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table that is at most half full. */
#include "analysis/intern.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

/* Where @text is, or would be put. */
static uint32_t *slot_of(const struct intern *t, const char *text)
{
	size_t at = XXH3_64bits(text, strlen(text)) & (t->nr_slots - 1);

	while (t->slots[at] && strcmp(t->v[t->slots[at] - 1], text) != 0)
		at = (at + 1) & (t->nr_slots - 1);
	return &t->slots[at];
}

static void grow(struct intern *t)
{
	t->nr_slots = t->nr_slots ? 2 * t->nr_slots : 64;
	free(t->slots);
	t->slots = xcalloc(t->nr_slots, sizeof(*t->slots));
	for (size_t i = 0; i < t->nr; i++)
		*slot_of(t, t->v[i]) = (uint32_t)i + 1;
	t->v = xreallocarray(t->v, t->nr_slots / 2, sizeof(*t->v));
}

uint32_t intern(struct intern *t, const char *text)
{
	uint32_t *slot;

	if (2 * t->nr >= t->nr_slots)
		grow(t);
	slot = slot_of(t, text);
	if (!*slot) {
		t->v[t->nr] = xstrdup(text);
		*slot = (uint32_t)++t->nr;
	}
	return *slot - 1;
}

void intern_fini(struct intern *t)
{
	for (size_t i = 0; i < t->nr; i++)
		free(t->v[i]);
	free(t->v);
	free(t->slots);
	*t = (struct intern){ 0 };
}
