/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the heap. */
#include "engine/rt/vtime/heap.h"

#include <stdlib.h>

#include "base/alloc.h"

void heap_init(struct heap *h, unsigned int nr)
{
	for (h->leaves = 1; h->leaves < nr;)
		h->leaves *= 2;
	h->least = xreallocarray(NULL, 2 * (size_t)h->leaves, sizeof(*h->least));
	for (unsigned int i = 0; i < 2 * h->leaves; i++)
		h->least[i] = HEAP_NEVER;
}

void heap_fini(struct heap *h)
{
	free(h->least);
	*h = (struct heap){ 0 };
}
