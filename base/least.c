/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/least.h"

#include <stdlib.h>

void least_init(struct least *l, unsigned int nr)
{
	size_t end, size;

	l->top = LEAST_NEVER;
	l->leaves = LEAST_TOP_ROW;
	while (l->leaves < nr)
		l->leaves *= 4;
	end = 2 * l->leaves;
	size = end * sizeof(*l->node);
	l->node = aligned_alloc(64, size > 64 ? size : 64);	/* powers of two: siblings share a cache line */
	if (!l->node)
		abort();
	for (size_t i = 0; i < end; i++)
		l->node[i] = LEAST_NEVER;
}

void least_fini(struct least *l)
{
	free(l->node);
	*l = (struct least){ 0 };
}
