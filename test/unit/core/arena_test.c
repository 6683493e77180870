/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables by number: what a new one looks like, reuse, grace periods, many tasks. */
#include "engine/core/arena.h"
#include "test/table.h"

enum what { FRESH, REUSED, BYTES, AFTER_GRACE, TOGETHER };

static const struct row {
	const char	*name;
	enum what	 what;
	unsigned int	 shift;		/* log2 of the entries; 0: 9 */
} rows[] = {
	{ "a new table has all its entries filled, no parent, and a number that is not 0", FRESH },
	{ "the table freed last comes back first, filled anew", REUSED },
	{ "a table of 2048 entries, for 16 KiB pages", FRESH, 11 },
	{ "a table of 8192 entries, for 64 KiB pages", FRESH, 13 },
	{ "one of those is used again, too", REUSED, 13 },
	{ "and costs 64 KiB and 64 bytes", BYTES, 13 },
	{ "a table costs 4 KiB and 64 bytes, counted once however often it is used", BYTES },
	{ "a freed table waits for the readers that began before", AFTER_GRACE },
	{ "tasks that allocate and free together never hold the same table", TOGETHER },
};

#define NR_TASKS	4
#define NR_ROUNDS	3000
#define NR_HELD		16

struct scene {
	const struct row *row;
	struct arena	  arena;
	rt_u64		  owner[1024];
	struct rt_gate	  freed, read;
	unsigned int	  wrong;
	uint64_t	  seen;
};

static void check_fresh(struct arena *a)
{
	uint32_t n = arena_alloc(a, 0x8000000000000000ULL);

	assert_int_not_equal(n, 0);
	for (unsigned int i = 0; i < 1u << a->shift; i++)
		assert_int_equal(rt_peek(&arena_entries(a, n)[i]), 0x8000000000000000ULL);
	assert_int_equal(arena_table(a, n)->parent, 0);
	assert_int_equal(arena_table(a, n)->flags, TABLE_IN_USE);
	assert_int_equal(a->nr, 1);
}

static void check_reused(struct arena *a)
{
	uint32_t first = arena_alloc(a, 0), second = arena_alloc(a, 0);

	assert_int_not_equal(first, second);
	rt_set(&arena_entries(a, first)[7], 99);
	arena_free(a, second);
	arena_free(a, first);
	assert_int_equal(a->nr, 0);
	assert_int_equal(arena_alloc(a, 1), first);
	assert_int_equal(rt_peek(&arena_entries(a, first)[7]), 1);
	assert_int_equal(arena_alloc(a, 1), second);
	assert_int_equal(a->nr_max, 2);
}

static void check_bytes(struct arena *a)
{
	uint64_t none = arena_bytes(a), page = 8ULL << a->shift;
	uint32_t n[3];

	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 3; i++)
			n[i] = arena_alloc(a, 0);
		for (unsigned int i = 0; i < 3; i++)
			arena_free(a, n[i]);
	}
	assert_in_range(arena_bytes(a) - none, 3 * page, 3 * (page + 64));
}

/* Task 0 reads a table that task 1 frees meanwhile and that somebody wants anew. */
static void grace(struct scene *s)
{
	struct arena *a = &s->arena;

	if (rt_self() == 0) {
		uint32_t n = arena_alloc(a, 5);

		rt_rcu_read_lock();
		rt_gate_raise(&s->read, n);
		rt_gate_wait(&s->freed, 1);
		s->seen = rt_peek(&arena_entries(a, n)[0]);
		rt_rcu_read_unlock();
		return;
	}
	rt_gate_wait(&s->read, 1);
	arena_free_rcu(a, 1);
	s->wrong = arena_alloc(a, 6) == 1;
	rt_gate_raise(&s->freed, 1);
}

static void give_back(struct scene *s, uint32_t number)
{
	if (!number)
		return;
	rt_store(&s->owner[number], 0);
	arena_free(&s->arena, number);
}

static void together(struct scene *s)
{
	uint32_t held[NR_HELD] = { 0 };
	uint64_t me = rt_self() + 1;

	for (unsigned int i = 0; i < NR_ROUNDS; i++) {
		uint32_t *slot = &held[(i * 7 + me) % NR_HELD];
		uint64_t nobody = 0;

		give_back(s, *slot);
		*slot = arena_alloc(&s->arena, me);
		if (!rt_cas(&s->owner[*slot], &nobody, me) || rt_peek(arena_entries(&s->arena, *slot)) != me)
			__atomic_fetch_add(&s->wrong, 1, __ATOMIC_RELAXED);
	}
	for (unsigned int i = 0; i < NR_HELD; i++)
		give_back(s, held[i]);
}

static void task(void *arg)
{
	struct scene *s = arg;

	if (s->row->what == AFTER_GRACE)
		grace(s);
	else
		together(s);
}

static void run(struct scene *s, unsigned int nr)
{
	struct rt_task_def defs[NR_TASKS];
	struct rt_task_stats stats[NR_TASKS];
	struct rt_stats st = { .task = stats };
	struct rt_config config = { .grain = RT_GRAIN_ACCESS, .seed = 3 };
	struct policy policy;
	struct err e = { 0 };

	policy_defaults(&policy);
	config.policy = &policy;
	for (unsigned int i = 0; i < nr; i++)
		defs[i] = (struct rt_task_def){ .fn = task, .arg = s, .vm = -1 };
	if (rt_run(&config, defs, nr, &st, &e))
		fail_msg("%s", e.text);
}

static void check(const void *vrow)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->row = vrow;
	assert_int_equal(arena_init(&s->arena, s->row->shift ? s->row->shift : TABLE_SHIFT), 0);
	rt_gate_init(&s->freed);
	rt_gate_init(&s->read);
	switch (s->row->what) {
	case FRESH:
		check_fresh(&s->arena);
		break;
	case REUSED:
		check_reused(&s->arena);
		break;
	case BYTES:
		check_bytes(&s->arena);
		break;
	case AFTER_GRACE:
		run(s, 2);
		assert_int_equal(s->wrong, 0);
		assert_int_equal(s->seen, 5);
		assert_int_equal(s->arena.nr, 1);
		break;
	case TOGETHER:
		run(s, NR_TASKS);
		assert_int_equal(s->wrong, 0);
		assert_int_equal(s->arena.nr, 0);
		break;
	}
	arena_fini(&s->arena);
	free(s);
}

int main(void)
{
	return table_run("arena", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
