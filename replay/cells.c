/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two forms per VM.  Where ranges lie densely every granule is a cell, and a
 * look-up is a subtraction.  Elsewhere cells are what lies between sorted cuts, found
 * through a table of equal strides: one or two steps while cuts are spread evenly.
 */
#include "replay/cells.h"

#include <stdlib.h>

#include "base/alloc.h"

/* At most this many granules per cut to give each a cell of its own. */
#define DENSE	4

struct span {			/* the cells of one VM */
	uint64_t  nr_ends;	/* beginnings and ends of its ranges, repeats included */
	uint64_t  base, end;	/* frames; equal: there are none */
	uint32_t  first_cell;
	bool	  dense;
	/* not dense */
	uint64_t *cuts;		/* sorted; the last one ends the last cell */
	uint32_t  nr_cuts, nr_strides;
	unsigned int shift;
	uint32_t *stride;	/* last cut at or below the beginning of each stride */
};

struct cells {
	unsigned int	 granule_shift;
	uint64_t	 granule;
	struct span	*spans;
	size_t		 nr_vms;
	uint32_t	 nr;
};

static int by_gfn(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static gfn_t widened_start(const struct cells *c, const struct scan_range *r)
{
	return r->start & ~(c->granule - 1);
}

static gfn_t widened_end(const struct cells *c, const struct scan_range *r)
{
	return (r->end + c->granule - 1) & ~(c->granule - 1);
}

static void measure(struct cells *c, const struct scan_range *ranges, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct span *s = &c->spans[ranges[i].vm];
		gfn_t start = widened_start(c, &ranges[i]), end = widened_end(c, &ranges[i]);

		if (ranges[i].global)
			continue;
		if (!s->nr_ends || start < s->base)
			s->base = start;
		if (end > s->end)
			s->end = end;
		s->nr_ends += 2;
	}
}

static void cut_span(const struct cells *c, struct span *s, const struct scan_range *ranges, size_t nr, size_t vm)
{
	uint32_t n = 0;

	s->cuts = xreallocarray(NULL, s->nr_ends, sizeof(*s->cuts));
	for (size_t i = 0; i < nr; i++) {
		if (ranges[i].global || ranges[i].vm != vm)
			continue;
		s->cuts[n++] = widened_start(c, &ranges[i]);
		s->cuts[n++] = widened_end(c, &ranges[i]);
	}
	qsort(s->cuts, n, sizeof(*s->cuts), by_gfn);
	for (uint32_t i = 0; i < n; i++)
		if (!s->nr_cuts || s->cuts[s->nr_cuts - 1] != s->cuts[i])
			s->cuts[s->nr_cuts++] = s->cuts[i];
}

static void index_span(struct span *s)
{
	uint64_t length = s->end - s->base;
	uint32_t cut = 0;

	while ((length >> s->shift) > 2ULL * s->nr_cuts)
		s->shift++;
	s->nr_strides = (uint32_t)(length >> s->shift) + 1;
	s->stride = xreallocarray(NULL, s->nr_strides + 1, sizeof(*s->stride));
	for (uint32_t i = 0; i <= s->nr_strides; i++) {
		uint64_t at = s->base + ((uint64_t)i << s->shift);

		while (cut + 1 < s->nr_cuts && s->cuts[cut + 1] <= at)
			cut++;
		s->stride[i] = cut;
	}
}

struct cells *cells_make(const struct scan_range *ranges, size_t nr, size_t nr_vms, unsigned int granule_shift)
{
	struct cells *c = xcalloc(1, sizeof(*c));

	c->granule_shift = granule_shift;
	c->granule = 1ULL << granule_shift;
	c->nr_vms = nr_vms;
	c->spans = xcalloc(nr_vms, sizeof(*c->spans));
	measure(c, ranges, nr);
	for (size_t vm = 0; vm < nr_vms; vm++) {
		struct span *s = &c->spans[vm];

		if (!s->nr_ends)
			continue;
		s->first_cell = c->nr;
		s->dense = (s->end - s->base) >> granule_shift <= DENSE * s->nr_ends;
		if (s->dense) {
			c->nr += (uint32_t)((s->end - s->base) >> granule_shift);
			continue;
		}
		cut_span(c, s, ranges, nr, vm);
		index_span(s);
		c->nr += s->nr_cuts - 1;
	}
	return c;
}

void cells_free(struct cells *c)
{
	if (!c)
		return;
	for (size_t vm = 0; vm < c->nr_vms; vm++) {
		free(c->spans[vm].stride);
		free(c->spans[vm].cuts);
	}
	free(c->spans);
	free(c);
}

uint32_t cells_nr(const struct cells *c)
{
	return c->nr;
}

/* The last cut at or below @gfn. */
static uint32_t find_cut(const struct span *s, gfn_t gfn)
{
	uint64_t i = (gfn - s->base) >> s->shift;
	uint32_t low = s->stride[i], high = s->stride[i + 1];

	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;

		if (s->cuts[middle] <= gfn)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static inline uint32_t index_of(const struct cells *c, const struct span *s, gfn_t gfn)
{
	return s->first_cell + (s->dense ? (uint32_t)((gfn - s->base) >> c->granule_shift) : find_cut(s, gfn));
}

uint32_t cells_find(const struct cells *c, unsigned int vm, gfn_t gfn)
{
	const struct span *s = &c->spans[vm];

	return gfn < s->base || gfn >= s->end ? UINT32_MAX : index_of(c, s, gfn);
}

void cells_of(const struct cells *c, const struct scan_range *r, uint32_t *first, uint32_t *end)
{
	const struct span *s = &c->spans[r->vm];

	*first = index_of(c, s, widened_start(c, r));
	*end = index_of(c, s, widened_end(c, r) - 1) + 1;
}
