/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private gfns as ranges that do not touch each other; KVM keeps an xarray. */
#include "engine/core/attributes.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"

struct range {
	gfn_t start, end;
};

struct attribute_ranges {
	struct rt_rcu_head rcu;
	size_t		   nr;
	struct range	   v[];
};

static struct attribute_ranges *ranges_of(const struct attributes *a)
{
	return (struct attribute_ranges *)(uintptr_t)rt_load(&a->ranges);
}

void attributes_init(struct attributes *a)
{
	rt_word_init(&a->ranges, 0);
}

void attributes_fini(struct attributes *a)
{
	free((void *)(uintptr_t)rt_peek(&a->ranges));
	rt_word_init(&a->ranges, 0);
}

/* The first range that ends above @gfn. */
static size_t first_above(const struct attribute_ranges *r, gfn_t gfn)
{
	size_t low = 0, high = r->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (r->v[mid].end > gfn)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* How much of [start, end) is private. */
static uint64_t count_private(const struct attribute_ranges *r, gfn_t start, gfn_t end)
{
	uint64_t nr = 0;

	for (size_t i = first_above(r, start); i < r->nr && r->v[i].start < end; i++) {
		gfn_t from = r->v[i].start > start ? r->v[i].start : start;
		gfn_t to = r->v[i].end < end ? r->v[i].end : end;

		nr += to - from;
	}
	return nr;
}

static uint64_t count(const struct attributes *a, gfn_t start, gfn_t end)
{
	const struct attribute_ranges *r;
	uint64_t nr;

	rt_rcu_read_lock();
	r = ranges_of(a);
	nr = r ? count_private(r, start, end) : 0;
	rt_rcu_read_unlock();
	return nr;
}

bool attributes_private_slow(const struct attributes *a, gfn_t gfn)
{
	return count(a, gfn, gfn + 1);
}

bool attributes_uniform_slow(const struct attributes *a, gfn_t start, gfn_t end)
{
	uint64_t nr = count(a, start, end);

	return !nr || nr == end - start;
}

bool attributes_are(const struct attributes *a, gfn_t start, gfn_t end, bool private)
{
	return count(a, start, end) == (private ? end - start : 0);
}

/* Appends, and joins what touches. */
static void append(struct attribute_ranges *r, gfn_t start, gfn_t end)
{
	if (start >= end)
		return;
	if (r->nr && r->v[r->nr - 1].end >= start) {
		if (end > r->v[r->nr - 1].end)
			r->v[r->nr - 1].end = end;
		return;
	}
	r->v[r->nr++] = (struct range){ start, end };
}

static void free_ranges(struct rt_rcu_head *head)
{
	free((char *)head - offsetof(struct attribute_ranges, rcu));
}

void attributes_set(struct attributes *a, gfn_t start, gfn_t end, bool private)
{
	struct attribute_ranges *old = ranges_of(a), *next;
	size_t nr = old ? old->nr : 0, i = 0;

	next = xcalloc(1, sizeof(*next) + (nr + 2) * sizeof(next->v[0]));
	for (; i < nr && old->v[i].start < start; i++)
		append(next, old->v[i].start, private || old->v[i].end < start ? old->v[i].end : start);
	if (private)
		append(next, start, end);
	for (i = old ? first_above(old, end) : 0; i < nr; i++)
		append(next, old->v[i].start > end ? old->v[i].start : end, old->v[i].end);
	rt_store(&a->ranges, next->nr ? (uintptr_t)next : 0);
	if (!next->nr)
		free(next);
	if (old)
		rt_call_rcu(&old->rcu, free_ranges);
}
