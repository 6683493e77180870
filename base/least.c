/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/least.h"

#include <stdlib.h>

#include "base/alloc.h"

void least_init(struct least *l, unsigned int nr)
{
	size_t row = LEAST_TOP_ROW, end;

	l->top = LEAST_NEVER;
	l->leaves = 0;
	while (row < nr) {
		l->leaves += row;	/* the next row begins where this one ends */
		row *= 4;
	}
	end = l->leaves + row;
	l->node = xreallocarray(NULL, end, sizeof(*l->node));
	for (size_t i = 0; i < end; i++)
		l->node[i] = LEAST_NEVER;
}

void least_fini(struct least *l)
{
	free(l->node);
	*l = (struct least){ 0 };
}
