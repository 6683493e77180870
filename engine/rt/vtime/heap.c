/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/rt/vtime/heap.h"

#include <stdlib.h>

#include "base/alloc.h"

void heap_init(struct heap *h, unsigned int nr)
{
	least_init(&h->least, nr);
	h->seat = xcalloc(nr, sizeof(*h->seat));
	h->vacant = xreallocarray(NULL, nr, sizeof(*h->vacant));
	h->nr_vacant = 0;
	while (nr--)			/* the first on top: a small run touches few leaves */
		h->vacant[h->nr_vacant++] = (uint16_t)nr;
}

void heap_fini(struct heap *h)
{
	least_fini(&h->least);
	free(h->seat);
	free(h->vacant);
	*h = (struct heap){ 0 };
}
