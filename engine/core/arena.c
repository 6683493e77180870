/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two lazily touched reservations and a lock-free stack of free numbers.  The
 * stack uses the compiler's atomics instead of rt_ words: an allocation must
 * not hand over, and RCU callbacks run in no task's context.
 */
#include "engine/core/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/core/uniform.h"

_Static_assert(sizeof(rt_u64) == 8, "an entry is 8 bytes");
_Static_assert(sizeof(struct table) <= 64, "a table costs 4 KiB and 64 bytes");

#define TAG	BIT_ULL(32)	/* bumped by each pop and push, so that a slow popper notices reuse */

static void die(const char *what, uint32_t number)
{
	fprintf(stderr, "mmulab: page tables: %s (table %u)\n", what, number);
	abort();
}

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t entries_bytes(const struct arena *a)
{
	return ((size_t)a->max << a->shift) * sizeof(rt_u64);
}

int arena_init(struct arena *a, unsigned int shift)
{
	*a = (struct arena){
		.fresh = 1, .shift = shift, .max = ARENA_MAX_TABLES >> (shift - TABLE_SHIFT), .unlinks = 1,
	};
	a->entries = reserve(entries_bytes(a));
	a->tables = reserve(a->max * sizeof(struct table));
	if (a->entries && a->tables)
		return 0;
	arena_fini(a);
	return -ENOMEM;
}

void arena_fini(struct arena *a)
{
	uniform_fini(a);
	if (a->entries)
		munmap(a->entries, entries_bytes(a));
	if (a->tables)
		munmap(a->tables, a->max * sizeof(struct table));
	*a = (struct arena){ 0 };
}

static uint32_t pop(struct arena *a)
{
	uint64_t head = __atomic_load_n(&a->free, __ATOMIC_ACQUIRE), next;
	uint32_t number;

	do {
		number = (uint32_t)head;
		if (!number)
			return 0;
		next = __atomic_load_n(&a->tables[number].next, __ATOMIC_RELAXED);
		next |= (head & ~(TAG - 1)) + TAG;
	} while (!__atomic_compare_exchange_n(&a->free, &head, next, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return number;
}

static void push(struct arena *a, uint32_t number)
{
	uint64_t head = __atomic_load_n(&a->free, __ATOMIC_RELAXED), next;

	do {
		__atomic_store_n(&a->tables[number].next, (uint32_t)head, __ATOMIC_RELAXED);
		next = ((head & ~(TAG - 1)) + TAG) | number;
	} while (!__atomic_compare_exchange_n(&a->free, &head, next, true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
}

void arena_count(struct arena *a, uint32_t nr)
{
	uint32_t now = __atomic_add_fetch(&a->nr, nr, __ATOMIC_RELAXED);
	uint32_t most = __atomic_load_n(&a->nr_max, __ATOMIC_RELAXED);

	while (now > most && !__atomic_compare_exchange_n(&a->nr_max, &most, now, true, __ATOMIC_RELAXED,
							  __ATOMIC_RELAXED))
		;
}

uint32_t arena_take(struct arena *a)
{
	uint32_t number = pop(a);
	struct table *t;

	if (!number)
		number = __atomic_fetch_add(&a->fresh, 1, __ATOMIC_RELAXED);
	if (number >= a->max)
		die("all of them are used; replay fewer clones", number);
	t = arena_table(a, number);
	t->arena = a;
	t->gfn = 0;
	t->role = 0;
	t->parent = 0;
	t->slot = 0;
	t->flags = TABLE_IN_USE;
	return number;
}

void arena_give(struct arena *a, uint32_t number)
{
	struct table *t = arena_table(a, number);

	if (!number || !(t->flags & TABLE_IN_USE))
		die("freed twice: something still pointed to a freed table", number);
	if (unlikely(a->freeing))
		a->freeing(a->arg, number);
	t->flags = 0;
	arena_unlinked(a);
	push(a, number);
}

uint32_t arena_alloc(struct arena *a, uint64_t fill)
{
	uint32_t number = arena_take(a);
	rt_u64 *entry = arena_entries(a, number);

	for (unsigned int i = 0; i < 1u << a->shift; i++)
		rt_set(&entry[i], fill);
	arena_count(a, 1);
	return number;
}

void arena_free(struct arena *a, uint32_t number)
{
	if (arena_table(a, number)->flags & TABLE_COPY)
		uniform_forget(a, number);
	arena_give(a, number);
	__atomic_sub_fetch(&a->nr, 1, __ATOMIC_RELAXED);
}

static void free_after_grace(struct rt_rcu_head *head)
{
	struct table *t = (struct table *)((char *)head - offsetof(struct table, rcu));

	arena_free(t->arena, (uint32_t)(t - t->arena->tables));
}

void arena_free_rcu(struct arena *a, uint32_t number)
{
	/* Memory of a copy is needed no longer than anybody may be in it. */
	if (unlikely(arena_table(a, number)->flags & TABLE_COPY) && rt_rcu_alone()) {
		uniform_forget(a, number);
		arena_give(a, number);
		rt_rcu_decrement(&a->nr);
		return;
	}
	rt_call_rcu(&arena_table(a, number)->rcu, free_after_grace);
}

uint64_t arena_bytes(const struct arena *a)
{
	uint64_t touched = a->fresh;

	return touched * ((sizeof(rt_u64) << a->shift) + sizeof(struct table));
}
