/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the heap. */
#include "engine/rt/vtime/heap.h"

#include <stdlib.h>

#include "base/alloc.h"

void heap_init(struct heap *h, unsigned int nr)
{
	size_t row = HEAP_TOP_ROW, end;

	h->top = HEAP_NEVER;
	h->leaves = 0;
	while (row < nr) {
		h->leaves += row;	/* the next row begins where this one ends */
		row *= 4;
	}
	end = h->leaves + row;
	h->least = xreallocarray(NULL, end, sizeof(*h->least));
	for (size_t i = 0; i < end; i++)
		h->least[i] = HEAP_NEVER;
}

void heap_fini(struct heap *h)
{
	free(h->least);
	*h = (struct heap){ 0 };
}
