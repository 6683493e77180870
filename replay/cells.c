/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorted cuts per VM, found through a table of equal strides, so that a look-up
 * costs one or two steps while cuts are spread evenly.
 */
#include "replay/cells.h"

#include <stdlib.h>

#include "base/alloc.h"

struct span {			/* the cuts of one VM */
	uint32_t  first, end;	/* cuts[first] .. cuts[end - 1]; the last one ends the last cell */
	uint64_t  base;
	unsigned int shift;
	uint32_t  nr_strides;
	uint32_t *stride;	/* last cut at or below the beginning of each stride */
};

struct cells {
	uint64_t	 granule;
	uint64_t	*cuts;
	uint32_t	 nr_cuts;
	struct span	*spans;
	size_t		 nr_vms;
};

struct cut {
	uint64_t gfn;
	uint32_t vm;
};

static int by_vm_gfn(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->gfn < y->gfn ? -1 : x->gfn > y->gfn;
}

static gfn_t widened_start(const struct cells *c, const struct scan_range *r)
{
	return r->start & ~(c->granule - 1);
}

static gfn_t widened_end(const struct cells *c, const struct scan_range *r)
{
	return (r->end + c->granule - 1) & ~(c->granule - 1);
}

static struct cut *collect(const struct cells *c, const struct scan_range *ranges, size_t nr, size_t *nr_cuts)
{
	struct cut *cuts = xreallocarray(NULL, 2 * nr + 1, sizeof(*cuts));
	size_t n = 0, unique = 0;

	for (size_t i = 0; i < nr; i++) {
		if (ranges[i].global)
			continue;
		cuts[n++] = (struct cut){ widened_start(c, &ranges[i]), ranges[i].vm };
		cuts[n++] = (struct cut){ widened_end(c, &ranges[i]), ranges[i].vm };
	}
	qsort(cuts, n, sizeof(*cuts), by_vm_gfn);
	for (size_t i = 0; i < n; i++)
		if (!unique || by_vm_gfn(&cuts[unique - 1], &cuts[i]) != 0)
			cuts[unique++] = cuts[i];
	*nr_cuts = unique;
	return cuts;
}

static void index_span(struct cells *c, struct span *s)
{
	uint64_t length = c->cuts[s->end - 1] - c->cuts[s->first];
	uint32_t cut = s->first;

	s->base = c->cuts[s->first];
	while ((length >> s->shift) > 2ULL * (s->end - s->first))
		s->shift++;
	s->nr_strides = (uint32_t)(length >> s->shift) + 1;
	s->stride = xreallocarray(NULL, s->nr_strides + 1, sizeof(*s->stride));
	for (uint32_t i = 0; i <= s->nr_strides; i++) {
		uint64_t at = s->base + ((uint64_t)i << s->shift);

		while (cut + 1 < s->end && c->cuts[cut + 1] <= at)
			cut++;
		s->stride[i] = cut;
	}
}

struct cells *cells_make(const struct scan_range *ranges, size_t nr, size_t nr_vms, uint64_t granule)
{
	struct cells *c = xcalloc(1, sizeof(*c));
	struct cut *cuts;
	size_t nr_cuts;

	c->granule = granule;
	c->nr_vms = nr_vms;
	c->spans = xcalloc(nr_vms, sizeof(*c->spans));
	cuts = collect(c, ranges, nr, &nr_cuts);
	c->cuts = xreallocarray(NULL, nr_cuts, sizeof(*c->cuts));
	c->nr_cuts = (uint32_t)nr_cuts;
	for (uint32_t i = 0; i < nr_cuts; i++) {
		struct span *s = &c->spans[cuts[i].vm];

		if (!s->end)
			s->first = i;
		s->end = i + 1;
		c->cuts[i] = cuts[i].gfn;
	}
	free(cuts);
	for (size_t vm = 0; vm < nr_vms; vm++)
		if (c->spans[vm].end)
			index_span(c, &c->spans[vm]);
	return c;
}

void cells_free(struct cells *c)
{
	if (!c)
		return;
	for (size_t vm = 0; vm < c->nr_vms; vm++)
		free(c->spans[vm].stride);
	free(c->spans);
	free(c->cuts);
	free(c);
}

uint32_t cells_nr(const struct cells *c)
{
	return c->nr_cuts;
}

uint32_t cells_find(const struct cells *c, unsigned int vm, gfn_t gfn)
{
	const struct span *s = &c->spans[vm];
	uint32_t low, high;
	uint64_t i;

	if (!s->end || gfn < s->base || gfn >= c->cuts[s->end - 1])
		return UINT32_MAX;
	i = (gfn - s->base) >> s->shift;
	low = s->stride[i];
	high = s->stride[i + 1];
	while (low < high) {	/* the last cut at or below gfn */
		uint32_t middle = low + (high - low + 1) / 2;

		if (c->cuts[middle] <= gfn)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

void cells_of(const struct cells *c, const struct scan_range *r, uint32_t *first, uint32_t *end)
{
	const struct span *s = &c->spans[r->vm];
	gfn_t stop = widened_end(c, r);

	*first = cells_find(c, r->vm, widened_start(c, r));
	*end = stop >= c->cuts[s->end - 1] ? s->end - 1 : cells_find(c, r->vm, stop);
}
