/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uniform subtrees against a flat memory: whoever enters tables, changes entries and leaves again finds
 * what was there, copies are kept only where they must be, and every table is counted once.
 */
#include "engine/core/uniform.h"

#include <string.h>

#include "base/prng.h"
#include "test/table.h"

#define TABLE	0x800ULL		/* an entry that points to a table: bit 11; a leaf has bit 0, too */
#define LEAF	0x801ULL
#define NR	24			/* tables that are looked at, all over the tree */

enum what { BUILT, COPIES, SWEEP, LATE, FREED, RANDOM };

static const struct row {
	const char	*name;
	enum what	 what;
	int		 top, bottom;
} rows[] = {
	{ "what it is made of, without a copy", BUILT, 3, 1 },
	{ "a tree of one table", BUILT, 1, 1 },
	{ "large leafs", BUILT, 3, 2 },
	{ "entering twice gives one copy; leaving gives it back, but not from above one", COPIES, 3, 1 },
	{ "a sweep that empties all of it takes one copy per level and leaves two runs", SWEEP, 3, 1 },
	{ "real tables in a row are no reason to forget their parent", LATE, 3, 2 },
	{ "tables freed under whoever is in them", FREED, 3, 1 },
	{ "anything, in any order", RANDOM, 3, 1 },
	{ "anything, in any order, large leafs", RANDOM, 3, 2 },
};

struct scene {
	const struct row *row;
	struct arena	  arena;
	uint32_t	  top;		/* the topmost table */
	uint64_t	  tables;
};

static const gfn_t start = 1ULL << 30;

static uint64_t leaf_step(const struct scene *s)
{
	return 1ULL << (12 + 9 * (s->row->bottom - 1));
}

static uint64_t built_leaf(const struct scene *s, gfn_t gfn)
{
	return LEAF | ((gfn + 77 * (1ULL << 27)) << 12);
}

static void make(struct scene *s, const struct row *row)
{
	struct uniform_tree tree = { .start = start, .top = row->top, .bottom = row->bottom, .parent = 1, .slot = 9,
				     .table = TABLE, .unit = 4096 };

	*s = (struct scene){ .row = row, .tables = 1 };
	assert_int_equal(arena_init(&s->arena, TABLE_SHIFT), 0);
	assert_int_equal(arena_alloc(&s->arena, 0), 1);
	tree.leaf = built_leaf(s, start);
	tree.leaf_step = leaf_step(s);
	for (int l = row->bottom; l <= row->top; l++)
		tree.role[l] = 1000 + (uint32_t)l;
	for (uint64_t nr = 1, l = (uint64_t)row->top; l >= (uint64_t)row->bottom; l--, nr *= 512)
		s->tables += nr;
	s->top = uniform_add(&s->arena, &tree);
	assert_int_equal(s->arena.nr, s->tables);
	assert_int_equal(s->arena.nr_max, s->tables);
}

static uint32_t child_of(uint64_t entry)
{
	return (uint32_t)(entry >> 12);
}

/* The way to the lowest table of @gfn, copied on the way; path[level]. */
static void enter(struct scene *s, gfn_t gfn, uint32_t *path)
{
	uint32_t number = s->top;

	for (int l = s->row->top;; l--) {
		path[l] = arena_enter(&s->arena, number);
		if (l == s->row->bottom)
			return;
		number = child_of(rt_peek(arena_entries(&s->arena, path[l]) + (gfn >> 9 * (l - 1)) % 512));
	}
}

static void leave(struct scene *s, const uint32_t *path)
{
	for (int l = s->row->bottom; l <= s->row->top; l++)
		arena_leave(&s->arena, path[l]);
}

/* The number of the lowest table of @gfn, and the entry of @gfn in it, by looking. */
static uint64_t look(struct scene *s, gfn_t gfn, uint32_t *number)
{
	*number = s->top;
	for (int l = s->row->top;; l--) {
		uint64_t entry = arena_peek(&s->arena, *number, (gfn >> 9 * (l - 1)) % 512);

		if (l == s->row->bottom)
			return entry;
		assert_int_equal(entry & 0xfff, TABLE);
		*number = child_of(entry);
	}
}

static gfn_t random_gfn(struct scene *s, uint64_t seed)
{
	uint64_t table = prng_hash(seed % NR, 1, 2), pages = 1ULL << 9 * s->row->bottom;
	uint64_t all = 1ULL << 9 * (s->row->top - s->row->bottom);

	return start + table % all * pages;
}

static void check_built(struct scene *s)
{
	struct uniform_view v;
	uint32_t number, copy;

	for (unsigned int i = 0; i < NR; i++) {
		gfn_t gfn = random_gfn(s, i);

		for (unsigned int j = 0; j < 512; j += 73) {
			gfn_t at = gfn + ((gfn_t)j << 9 * (s->row->bottom - 1));

			assert_int_equal(look(s, at, &number), built_leaf(s, at));
		}
		assert_true(uniform_view(&s->arena, number, &v, &copy));
		assert_int_equal(v.gfn, gfn);
		assert_int_equal(v.level, s->row->bottom);
		assert_int_equal(v.role, 1000 + s->row->bottom);
	}
}

static void check_copies(struct scene *s)
{
	uint32_t first[4], second[4], number, copy;
	struct uniform_view v;
	struct table *t;

	enter(s, start + 5 * 512 + 3, first);
	enter(s, start + 5 * 512 + 7, second);
	for (int l = 1; l <= 3; l++)
		assert_int_equal(first[l], second[l]);
	t = arena_table(&s->arena, first[1]);
	assert_int_equal(t->parent, first[2]);
	assert_int_equal(t->slot, 5);
	assert_int_equal(t->gfn, start + 5 * 512);
	assert_int_equal(arena_table(&s->arena, first[3])->parent, 1);
	assert_int_equal(arena_table(&s->arena, first[3])->slot, 9);
	assert_int_equal(s->arena.nr, s->tables);
	rt_set(arena_entries(&s->arena, first[1]) + 3, 0);
	leave(s, first);
	look(s, start + 5 * 512, &number);
	assert_false(uniform_view(&s->arena, number, &v, &copy));
	assert_int_equal(copy, first[1]);
	rt_set(arena_entries(&s->arena, first[1]) + 3, built_leaf(s, start + 5 * 512 + 3));
	leave(s, first);
	assert_int_equal(uniform_view(&s->arena, number, &v, &copy), RT_IS_VIRTUAL);
	if (RT_IS_VIRTUAL)
		check_built(s);
}

static void check_sweep(struct scene *s)
{
	uint32_t path[4], number, fresh = s->arena.fresh;
	unsigned int tables = RT_IS_VIRTUAL ? 512 * 512 : 600;

	for (gfn_t t = 0; t < tables; t++) {
		enter(s, start + t * 512, path);
		if (t % 3)
			for (unsigned int i = 0; i < 512; i++)
				rt_set(arena_entries(&s->arena, path[1]) + i, 0);
		else {
			look(s, start + t * 512, &number);
			leave(s, path);
			if (RT_IS_VIRTUAL)
				uniform_fill(&s->arena, number, 0);
			continue;
		}
		leave(s, path);
	}
	if (RT_IS_VIRTUAL)
		assert_true(s->arena.fresh - fresh <= 3);
	for (gfn_t t = 0; t < tables; t += 3 * 7)
		assert_int_equal(look(s, start + (t + 1) * 512 + t % 512, &number), 0);
	assert_int_equal(s->arena.nr, s->tables);
}

/* As when every huge leaf of a table is split. */
static void check_late(struct scene *s)
{
	uint32_t path[4], again[4];

	enter(s, start, path);
	for (unsigned int i = 0; i < 512; i++)
		rt_set(arena_entries(&s->arena, path[2]) + i, TABLE | (uint64_t)arena_alloc(&s->arena, 0) << 12);
	leave(s, path);
	enter(s, start, again);
	assert_int_equal(again[2], path[2]);
}

static void check_freed(struct scene *s)
{
	uint32_t path[4], number;

	enter(s, start, path);
	look(s, start + 512, &number);
	uniform_free(&s->arena, number, false);
	arena_free(&s->arena, path[1]);
	assert_int_equal(s->arena.nr, s->tables - 2);
	arena_table(&s->arena, path[2])->parent = 0;
	arena_leave(&s->arena, path[2]);	/* out of the tree: not given back, it is about to be freed */
	arena_free(&s->arena, path[2]);
	arena_free(&s->arena, path[3]);
	assert_int_equal(s->arena.nr, s->tables - 4);
}

/* One table of the flat memory. */
struct flat {
	gfn_t	 gfn;
	uint64_t entry[512];
};

static void change(struct scene *s, struct flat *f, uint32_t real, uint64_t chance)
{
	rt_u64 *entries = arena_entries(&s->arena, real);
	unsigned int from = chance % 512, nr = chance >> 9 & 1 ? 512 : 1 + (chance >> 10) % 30;

	for (unsigned int i = nr == 512 ? 0 : from; nr && i < 512; i++, nr--) {
		uint64_t old = built_leaf(s, f->gfn) + i * leaf_step(s);

		f->entry[i] = chance >> 20 & 1 ? old : chance >> 21 & 1 ? 0 : old ^ 0x20;
		rt_set(&entries[i], f->entry[i]);
	}
}

static void check_random(struct scene *s)
{
	static struct flat flat[NR];
	uint32_t path[4], number;

	for (unsigned int i = 0; i < NR; i++) {
		flat[i].gfn = random_gfn(s, i);
		for (unsigned int j = 0; j < 512; j++)
			flat[i].entry[j] = built_leaf(s, flat[i].gfn) + j * leaf_step(s);
	}
	for (uint64_t round = 0; round < 20000; round++) {
		uint64_t chance = prng_hash(round, 3, 4);
		struct flat *f = &flat[chance % NR];
		unsigned int at = (chance >> 8) % 512;

		for (unsigned int i = 0; i < NR; i++)	/* two can be the same table */
			if (flat[i].gfn == f->gfn) {
				f = &flat[i];
				break;
			}
		enter(s, f->gfn, path);
		assert_int_equal(rt_peek(arena_entries(&s->arena, path[s->row->bottom]) + at), f->entry[at]);
		if (chance >> 60 < 9)
			change(s, f, path[s->row->bottom], chance >> 17);
		if (chance >> 60 < 14)
			leave(s, path);
		assert_int_equal(look(s, f->gfn + ((gfn_t)at << 9 * (s->row->bottom - 1)), &number), f->entry[at]);
	}
	assert_int_equal(s->arena.nr, s->tables);
	assert_true(s->arena.fresh < 3 * NR + 8);
}

static void task(void *arg)
{
	struct scene *s = arg;

	rt_rcu_read_lock();
	switch (s->row->what) {
	case BUILT:
		check_built(s);
		assert_int_equal(s->arena.fresh, 2);
		break;
	case COPIES:
		check_copies(s);
		break;
	case SWEEP:
		check_sweep(s);
		break;
	case LATE:
		check_late(s);
		break;
	case FREED:
		check_freed(s);
		break;
	case RANDOM:
		check_random(s);
		break;
	}
	rt_rcu_read_unlock();
}

static void check(const void *row)
{
	static struct scene s;
	struct rt_task_def def = { .fn = task, .arg = &s, .vm = -1 };
	struct rt_config config = { .seed = 1 };
	struct rt_stats stats = { 0 };
	struct err e = { 0 };

	make(&s, row);
	if (rt_run(&config, &def, 1, &stats, &e))
		fail_msg("%s", e.text);
	arena_fini(&s.arena);
}

int main(void)
{
	return table_run("uniform subtrees", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
