/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uniform subtrees: numbers in level order, content in runs, copies in a hash
 * table.  Everything is under one lock, which no simulated task ever waits for:
 * nothing inside it hands over.
 */
#include "engine/core/uniform.h"

#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define ENTRY_SHIFT(level)	(9 * ((level) - 1))	/* of the pages one entry covers */
#define MAX_RUNS		4096	/* of one level of one tree: beyond, what is uniform keeps its copy */

struct run {			/* from table @from of a level up to the next run */
	uint32_t from;
	uint64_t first, step;	/* entry i of table t: first + (t * 512 + i) * step */
};

struct level {
	uint32_t    base, nr;	/* its tables' numbers */
	struct run  built;	/* what it was made of */
	struct run *runs;
	uint32_t    nr_runs, cap_runs;
};

struct tree {
	struct uniform_tree what;
	uint32_t	    base, end;
	struct level	    level[UNIFORM_MAX_LEVEL + 1];
};

struct copy {
	uint32_t number;	/* 0: no copy here */
	uint32_t real;
	uint32_t children;	/* copies of tables right below */
};

struct uniform {
	struct tree *trees;	/* by base */
	uint32_t     nr_trees, cap_trees;
	struct copy *copies;	/* open addressing; a power of two, at most half full */
	uint32_t     nr_copies, mask;
	bool	     locked;
};

/* --- the lock ---------------------------------------------------------------- */

static void lock(struct uniform *u)
{
	while (__atomic_test_and_set(&u->locked, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock(struct uniform *u)
{
	__atomic_clear(&u->locked, __ATOMIC_RELEASE);
}

/* --- copies -------------------------------------------------------------------- */

static uint32_t home_of(const struct uniform *u, uint32_t number)
{
	return (uint32_t)((number * 0x9e3779b97f4a7c15ULL) >> 32) & u->mask;
}

static struct copy *find_copy(const struct uniform *u, uint32_t number)
{
	for (uint32_t i = home_of(u, number); u->copies[i].number; i = (i + 1) & u->mask)
		if (u->copies[i].number == number)
			return &u->copies[i];
	return NULL;
}

static void put_copy(struct uniform *u, struct copy copy)
{
	uint32_t i = home_of(u, copy.number);

	while (u->copies[i].number)
		i = (i + 1) & u->mask;
	u->copies[i] = copy;
}

static void add_copy(struct uniform *u, uint32_t number, uint32_t real)
{
	struct copy *old = u->copies;
	uint32_t nr_old = u->mask + 1;

	if (2 * ++u->nr_copies > nr_old) {
		u->mask = 2 * nr_old - 1;
		u->copies = xcalloc(u->mask + 1, sizeof(*u->copies));
		for (uint32_t i = 0; i < nr_old; i++)
			if (old[i].number)
				put_copy(u, old[i]);
		free(old);
	}
	put_copy(u, (struct copy){ .number = number, .real = real });
}

/* Those behind it that would not be found over the hole move up. */
static void remove_copy(struct uniform *u, struct copy *gone)
{
	uint32_t hole = (uint32_t)(gone - u->copies);

	u->nr_copies--;
	for (uint32_t i = (hole + 1) & u->mask; u->copies[i].number; i = (i + 1) & u->mask) {
		uint32_t home = home_of(u, u->copies[i].number);

		if (((i - home) & u->mask) < ((i - hole) & u->mask))
			continue;
		u->copies[hole] = u->copies[i];
		hole = i;
	}
	u->copies[hole].number = 0;
}

/* --- runs -------------------------------------------------------------------------- */

static uint32_t run_of(const struct level *l, uint32_t table)
{
	uint32_t low = 0, high = l->nr_runs;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (l->runs[middle].from <= table)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool alike(const struct run *a, const struct run *b)
{
	return a->first == b->first && a->step == b->step;
}

/* Run @at becomes the @nr runs of @pieces. */
static void replace_run(struct level *l, uint32_t at, const struct run *pieces, uint32_t nr)
{
	if (l->nr_runs + nr > l->cap_runs) {
		l->cap_runs = 2 * (l->nr_runs + nr);
		l->runs = xreallocarray(l->runs, l->cap_runs, sizeof(*l->runs));
	}
	memmove(&l->runs[at + nr], &l->runs[at + 1], (l->nr_runs - at - 1) * sizeof(*l->runs));
	memcpy(&l->runs[at], pieces, nr * sizeof(*pieces));
	l->nr_runs += nr - 1;
}

/* Run @at goes on from the one before, if there are both and they are alike. */
static void join(struct level *l, uint32_t at)
{
	if (!at || at >= l->nr_runs || !alike(&l->runs[at - 1], &l->runs[at]))
		return;
	memmove(&l->runs[at], &l->runs[at + 1], (l->nr_runs - at - 1) * sizeof(*l->runs));
	l->nr_runs--;
}

static void set_run(struct level *l, uint32_t table, uint64_t first, uint64_t step)
{
	struct run new = { table, first, step }, pieces[3];
	uint32_t at = run_of(l, table), nr = 0;
	uint32_t end = at + 1 < l->nr_runs ? l->runs[at + 1].from : l->nr;

	if (alike(&l->runs[at], &new))
		return;
	if (l->runs[at].from < table)
		pieces[nr++] = l->runs[at];
	pieces[nr++] = new;
	if (table + 1 < end)
		pieces[nr++] = (struct run){ table + 1, l->runs[at].first, l->runs[at].step };
	replace_run(l, at, pieces, nr);
	join(l, run_of(l, table) + 1);
	join(l, run_of(l, table));
}

/* --- trees --------------------------------------------------------------------------- */

static struct tree *tree_of(const struct uniform *u, uint32_t number)
{
	uint32_t low = 0, high = u->nr_trees;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (u->trees[middle].base <= number)
			low = middle;
		else
			high = middle;
	}
	return &u->trees[low];
}

static int level_of(const struct tree *t, uint32_t number)
{
	int level = t->what.top;

	while (number >= t->level[level].base + t->level[level].nr)
		level--;
	return level;
}

static void view(const struct uniform *u, uint32_t number, struct uniform_view *out)
{
	const struct tree *t = tree_of(u, number);
	int level = level_of(t, number);
	const struct level *l = &t->level[level];
	uint32_t table = number - l->base;
	const struct run *r = &l->runs[run_of(l, table)];

	*out = (struct uniform_view){
		.first = r->first + (uint64_t)table * TABLE_ENTRIES * r->step, .step = r->step, .level = level,
		.gfn = t->what.start + ((uint64_t)table << ENTRY_SHIFT(level + 1)), .role = t->what.role[level],
	};
}

/* Of a table below the topmost one. */
static uint32_t parent_of(const struct tree *t, uint32_t number, int level)
{
	return t->level[level + 1].base + (number - t->level[level].base) / TABLE_ENTRIES;
}

static struct uniform *get_uniform(struct arena *a)
{
	if (!a->uniform) {
		a->uniform = xcalloc(1, sizeof(*a->uniform));
		a->uniform->mask = 63;
		a->uniform->copies = xcalloc(64, sizeof(*a->uniform->copies));
	}
	return a->uniform;
}

/* What a level is made of in the beginning. */
static void fill_level(struct tree *t, int level)
{
	struct level *l = &t->level[level];

	l->cap_runs = 4;
	l->runs = xcalloc(l->cap_runs, sizeof(*l->runs));
	l->nr_runs = 1;
	if (level == t->what.bottom)
		l->built = (struct run){ 0, t->what.leaf, t->what.leaf_step };
	else
		l->built = (struct run){ 0, t->what.table + t->level[level - 1].base * t->what.unit, t->what.unit };
	l->runs[0] = l->built;
}

uint32_t uniform_add(struct arena *a, const struct uniform_tree *what)
{
	struct uniform *u = get_uniform(a);
	struct tree *t;
	uint64_t next, nr = 1;

	assert(a->shift == TABLE_SHIFT);
	assert(what->top <= UNIFORM_MAX_LEVEL && what->bottom >= 1 && what->bottom <= what->top);
	lock(u);
	next = u->nr_trees ? u->trees[u->nr_trees - 1].end : ARENA_UNIFORM;
	if (u->nr_trees == u->cap_trees) {
		u->cap_trees = u->cap_trees ? 2 * u->cap_trees : 16;
		u->trees = xreallocarray(u->trees, u->cap_trees, sizeof(*u->trees));
	}
	t = &u->trees[u->nr_trees++];
	*t = (struct tree){ .what = *what, .base = (uint32_t)next };
	for (int level = what->top; level >= what->bottom; level--, nr *= TABLE_ENTRIES) {
		t->level[level].base = (uint32_t)next;
		t->level[level].nr = (uint32_t)nr;
		next += nr;
	}
	if (next > UINT32_MAX) {
		fprintf(stderr, "mmulab: page tables: no numbers are left for prefilled memory; prefill less\n");
		abort();
	}
	t->end = (uint32_t)next;
	for (int level = what->bottom; level <= what->top; level++)
		fill_level(t, level);
	unlock(u);
	arena_count(a, t->end - t->base);
	return t->base;
}

bool uniform_view(const struct arena *a, uint32_t number, struct uniform_view *out, uint32_t *copy)
{
	struct uniform *u = a->uniform;
	const struct copy *c;

	lock(u);
	c = find_copy(u, number);
	if (c)
		*copy = c->real;
	else
		view(u, number, out);
	unlock(u);
	return !c;
}

uint64_t uniform_peek(const struct arena *a, uint32_t number, unsigned int i)
{
	struct uniform_view v;

	if (uniform_view(a, number, &v, &number))
		return v.first + i * v.step;
	return rt_peek(arena_entries(a, number) + i);
}

void uniform_fill(struct arena *a, uint32_t number, uint64_t value)
{
	struct uniform *u = a->uniform;
	struct level *l;
	struct tree *t;

	lock(u);
	t = tree_of(u, number);
	l = &t->level[level_of(t, number)];
	set_run(l, number - l->base, value, 0);
	unlock(u);
}

void uniform_free(struct arena *a, uint32_t number, bool grace)
{
	(void)number;
	if (grace)
		rt_rcu_decrement(&a->nr);
	else
		__atomic_sub_fetch(&a->nr, 1, __ATOMIC_RELAXED);
}

/* --- coming and going -------------------------------------------------------------- */

static uint32_t make_copy(struct arena *a, uint32_t number)
{
	struct uniform *u = a->uniform;
	const struct tree *tree = tree_of(u, number);
	uint32_t real = arena_take(a);
	struct table *t = arena_table(a, real);
	rt_u64 *entries = arena_entries(a, real);
	struct uniform_view v;
	struct copy *parent;

	view(u, number, &v);
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
		rt_set(&entries[i], v.first + i * v.step);
	t->gfn = v.gfn;
	t->role = v.role;
	t->parent = tree->what.parent;
	t->slot = tree->what.slot;
	if (v.level < tree->what.top) {
		parent = find_copy(u, parent_of(tree, number, v.level));
		t->parent = parent ? parent->real : 0;
		t->slot = (number - tree->level[v.level].base) % TABLE_ENTRIES;
		if (parent)
			parent->children++;
	}
	__atomic_store_n(&t->next, number, __ATOMIC_RELAXED);
	t->flags |= TABLE_COPY;
	add_copy(u, number, real);
	return real;
}

uint32_t uniform_enter(struct arena *a, uint32_t number)
{
	struct uniform *u = a->uniform;
	const struct copy *c;
	uint32_t real;

	lock(u);
	c = find_copy(u, number);
	real = c ? c->real : make_copy(a, number);
	unlock(u);
	return real;
}

static bool is_progression(const struct arena *a, uint32_t real, uint64_t *first, uint64_t *step)
{
	const rt_u64 *entries = arena_entries(a, real);

	*first = rt_peek(&entries[0]);
	*step = rt_peek(&entries[1]) - *first;
	for (unsigned int i = 2; i < TABLE_ENTRIES; i++)
		if (rt_peek(&entries[i]) != *first + i * *step)
			return false;
	return true;
}

/*
 * Can a level be made of that?  Leafs of other rights, and nothing at all, can come in place of what it was
 * made of; other tables, which are real ones, need their parent.
 */
static bool may_hold(const struct tree *t, int level, const struct run *r)
{
	const struct run *built = &t->level[level].built;

	return !r->step || (level == t->what.bottom ? r->step == built->step : alike(r, built));
}

/* Its number has no copy any more. */
static void forget(struct uniform *u, uint32_t number)
{
	const struct tree *t = tree_of(u, number);
	int level = level_of(t, number);
	struct copy *parent;

	remove_copy(u, find_copy(u, number));
	if (level == t->what.top)
		return;
	parent = find_copy(u, parent_of(t, number, level));
	if (parent)		/* freed before its children's grace periods were over */
		parent->children--;
}

/* Nothing stands in the way of giving the copy of @number back, content @r. */
static bool may_give_back(const struct uniform *u, uint32_t number, const struct run *r)
{
	const struct tree *t = tree_of(u, number);
	int level = level_of(t, number);

	return !find_copy(u, number)->children && t->level[level].nr_runs < MAX_RUNS && may_hold(t, level, r);
}

void uniform_leave(struct arena *a, uint32_t copy)
{
	struct uniform *u = a->uniform;
	const struct table *table = arena_table(a, copy);
	uint32_t number = table->next;
	struct run r = { 0 };
	struct tree *t;
	struct level *l;

	/* Without a parent it has been taken out of the tree and is about to be freed. */
	if (!rt_rcu_alone() || !table->parent || !is_progression(a, copy, &r.first, &r.step))
		return;
	lock(u);
	t = tree_of(u, number);
	l = &t->level[level_of(t, number)];
	r.first -= (uint64_t)(number - l->base) * TABLE_ENTRIES * r.step;
	if (may_give_back(u, number, &r)) {
		set_run(l, number - l->base, r.first, r.step);
		forget(u, number);
		arena_give(a, copy);
	}
	unlock(u);
}

void uniform_forget(struct arena *a, uint32_t copy)
{
	lock(a->uniform);
	forget(a->uniform, arena_table(a, copy)->next);
	unlock(a->uniform);
}

void uniform_fini(struct arena *a)
{
	struct uniform *u = a->uniform;

	if (!u)
		return;
	for (uint32_t i = 0; i < u->nr_trees; i++)
		for (int level = 1; level <= UNIFORM_MAX_LEVEL; level++)
			free(u->trees[i].level[level].runs);
	free(u->trees);
	free(u->copies);
	free(u);
	a->uniform = NULL;
}
