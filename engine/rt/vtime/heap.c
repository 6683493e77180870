/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the heap: key[1] and every fourth key after it start half a cache line. */
#include "engine/rt/vtime/heap.h"

#include <stdlib.h>

#include "base/alloc.h"

void heap_init(struct heap *h, unsigned int max)
{
	size_t slots = (size_t)max + 4;	/* the last node has four children to look at, too */
	uintptr_t start;

	h->memory = xmalloc(slots * sizeof(uint64_t) + 128);
	start = ((uintptr_t)h->memory + 63) & ~(uintptr_t)63;
	h->key = (uint64_t *)start + 7;
	h->nr = 0;
	for (size_t i = 0; i < slots; i++)
		h->key[i] = HEAP_NEVER;
}

void heap_fini(struct heap *h)
{
	free(h->memory);
	*h = (struct heap){ 0 };
}
