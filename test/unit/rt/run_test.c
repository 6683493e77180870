/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rt_run() itself: seeds, pins, starts, what carries over from run to run, calls outside a run. */
#include "test/unit/rt/script.h"

/* Which of two equals went first, as bits 1 and 2, over 32 seeds. */
static uint64_t tie_orders(void)
{
	static struct script_world w;
	struct script s = { .task = { "i100 N", "i100 N" } };
	uint64_t seen = 0;

	for (s.seed = 0; s.seed < 32; s.seed++) {
		assert_int_equal(script_run(&s, &w), 0);
		seen |= w.log[0] == 'a' ? 1 : 2;
	}
	return seen;
}

static unsigned int pins_asked;

static uint64_t pin_at(void *arg, unsigned int task, enum rt_pin pin)
{
	pins_asked |= 1u << pin;
	return pin == RT_PIN_LOCKED ? 700000 : 0;
}

static void pinned_main(void *arg)
{
	uint64_t *at_ns = arg;

	rt_pin(RT_PIN_SNAPSHOT);
	at_ns[0] = rt_now_ns();
	rt_pin(RT_PIN_LOCKED);
	at_ns[1] = rt_now_ns();
}

static void now_main(void *arg)
{
	*(uint64_t *)arg = rt_now_ns();
}

static int run_one(void (*fn)(void *), void *arg, uint64_t start_ns, rt_pin_fn pin)
{
	struct rt_config config = { .pin = pin };
	struct rt_task_def def = { .fn = fn, .arg = arg, .start_ns = start_ns, .vm = -1 };
	struct rt_stats stats = { .task = NULL };
	struct err e;

	return rt_run(&config, &def, 1, &stats, &e);
}

/* A pin without a time does not stop, one with a time does, until then. */
static uint64_t pins(void)
{
	uint64_t at_ns[2];

	pins_asked = 0;
	assert_int_equal(run_one(pinned_main, at_ns, 0, pin_at), 0);
	assert_int_equal(pins_asked, 1u << RT_PIN_SNAPSHOT | 1u << RT_PIN_LOCKED);
	if (RT_IS_VIRTUAL)	/* real time has no upper bounds: the machine may be busy */
		assert_true(at_ns[0] == 0 && at_ns[1] == 700000);
	return at_ns[1] >= 700000;
}

static uint64_t late_start(void)
{
	uint64_t at_ns;

	assert_int_equal(run_one(now_main, &at_ns, 500000, NULL), 0);
	return at_ns >= 500000;
}

static struct rt_rwlock shared_lock;
static struct rt_gate shared_gate;

static void long_main(void *arg)
{
	rt_idle(1000000);
	rt_write_lock(&shared_lock);
	rt_gate_raise(&shared_gate, 1);
	rt_write_unlock(&shared_lock);
	*(uint64_t *)arg = rt_now_ns();
}

static void again_main(void *arg)
{
	rt_gate_wait(&shared_gate, 1);
	rt_read_lock(&shared_lock);
	rt_read_unlock(&shared_lock);
	*(uint64_t *)arg = rt_now_ns();
}

/* A lock and a gate used in a long run do not delay the next run. */
static uint64_t two_runs(void)
{
	uint64_t first_ns, second_ns;

	rt_rwlock_init(&shared_lock, "shared");
	rt_gate_init(&shared_gate);
	assert_int_equal(run_one(long_main, &first_ns, 0, NULL), 0);
	assert_int_equal(run_one(again_main, &second_ns, 0, NULL), 0);
	return (first_ns >= 1000000) + 2 * (!RT_IS_VIRTUAL || second_ns < 1000000);
}

static void count_free(struct rt_rcu_head *head)
{
	head->next = NULL;
}

/* Setting up and tearing down happen outside a run, with the same calls. */
static uint64_t outside(void)
{
	struct rt_rcu_head head = { .next = &head };
	struct rt_spinlock spin;
	uint64_t seen = 5, ok = 0;
	rt_u64 w;

	rt_rwlock_init(&shared_lock, "shared");
	rt_spin_init(&spin);
	rt_word_init(&w, 5);
	rt_write_lock(&shared_lock);
	ok += rt_rwlock_held_write(&shared_lock);
	rt_spin_lock(&spin);
	rt_charge(COST_CAS, 3);
	ok += rt_cas(&w, &seen, 6) && rt_load(&w) == 6;
	rt_kick_all(0);
	rt_spin_unlock(&spin);
	rt_write_unlock(&shared_lock);
	ok += !rt_rwlock_held(&shared_lock);
	rt_rcu_read_lock();
	rt_call_rcu(&head, count_free);
	ok += rt_self() == 0;
	rt_rcu_read_unlock();
	rt_idle(1000);
	rt_think(1000);
	return ok + 10 * !head.next;
}

static uint64_t too_many(void)
{
	static struct rt_task_def defs[RT_MAX_TASKS + 1];
	struct rt_config config = { .seed = 1 };
	struct rt_stats stats = { .task = NULL };
	struct err e;

	assert_int_equal(rt_run(&config, defs, RT_MAX_TASKS + 1, &stats, &e), -ERR_MACHINE);
	return !!strstr(e.text, "4097 tasks");
}

static uint64_t no_tasks(void)
{
	struct rt_config config = { .seed = 1 };
	struct rt_stats stats = { .task = NULL };
	struct err e;

	return rt_run(&config, NULL, 0, &stats, &e) == 0 && stats.end_ns == 0;
}

static void word_main(void *arg)
{
	rt_u64 *w = arg;

	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t seen = rt_load(w);

		while (!rt_cas(w, &seen, seen + 1))
			;
		rt_fetch_add(w, 1);
	}
}

/* Words are atomic, at either grain. */
static uint64_t words(void)
{
	struct rt_task_def defs[4];
	struct rt_config config = { .grain = RT_GRAIN_ACCESS };
	struct rt_stats stats = { .task = NULL };
	struct err e;
	rt_u64 w;

	rt_word_init(&w, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(defs); i++)
		defs[i] = (struct rt_task_def){ .fn = word_main, .arg = &w, .vm = -1 };
	assert_int_equal(rt_run(&config, defs, ARRAY_SIZE(defs), &stats, &e), 0);
	return rt_peek(&w);
}

struct racers {
	rt_u64	 next;
	uint64_t order;		/* two bits for each step of a task, in order */
	uint64_t seen;		/* steps after rt_stop() */
	bool	 stops;
};

static void racer(void *arg)
{
	struct racers *r = arg;

	for (unsigned int i = 0; i < 8; i++) {
		rt_fetch_add(&r->next, 1);
		if (RT_IS_VIRTUAL)	/* elsewhere it would be a race */
			r->order = r->order * 4 + rt_self();
		rt_idle(100);
	}
	if (r->stops) {
		rt_stop();
		__atomic_fetch_add(&r->seen, 1, __ATOMIC_RELAXED);
	}
}

/* Return: the order in which four tasks took their steps; @rc: what rt_run() said. */
static uint64_t race(uint64_t seed, bool stops, int *rc)
{
	struct rt_config config = { .grain = RT_GRAIN_ACCESS, .seed = seed, .shuffle = true };
	struct racers r = { .stops = stops };
	struct rt_task_def defs[4];
	struct rt_stats stats = { .task = NULL };
	struct err e;

	rt_word_init(&r.next, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(defs); i++)
		defs[i] = (struct rt_task_def){ .fn = racer, .arg = &r, .vm = -1 };
	*rc = rt_run(&config, defs, ARRAY_SIZE(defs), &stats, &e);
	return RT_IS_VIRTUAL && stops ? r.seen : r.order;
}

/* The same seed shuffles alike; of 64 seeds nearly all shuffle differently. */
static uint64_t shuffled(void)
{
	uint64_t orders[64], distinct = 0;
	int rc;

	for (uint64_t seed = 0; seed < ARRAY_SIZE(orders); seed++) {
		bool is_new = true;

		orders[seed] = race(seed, false, &rc);
		assert_int_equal(rc, 0);
		if (RT_IS_VIRTUAL)
			assert_int_equal(orders[seed], race(seed, false, &rc));
		for (uint64_t other = 0; other < seed; other++)
			is_new &= orders[other] != orders[seed];
		distinct += is_new;
	}
	return !RT_IS_VIRTUAL || distinct > 48;
}

/* Where a run can be stopped, nobody takes another step. */
static uint64_t stopped(void)
{
	int rc;
	uint64_t seen = race(1, true, &rc);

	return RT_IS_VIRTUAL ? rc == -ERR_NO && !seen : rc == 0;
}

static const struct {
	const char	*name;
	uint64_t	 (*what)(void);
	uint64_t	 want;
} rows[] = {
	{ "ties go either way, by the seed",		tie_orders, RT_IS_VIRTUAL ? 3 : 0 },
	{ "pins stop a task until the time they give",	pins, 1 },
	{ "a task starts no earlier than it says",	late_start, 1 },
	{ "times of one run mean nothing in the next",	two_runs, 3 },
	{ "calls outside a run work for nobody",	outside, 14 },
	{ "more tasks than a run can have",		too_many, 1 },
	{ "no task at all",				no_tasks, 1 },
	{ "words are atomic at the finest grain",	words, 8000 },
	{ "a shuffled schedule is its seed's, and no other's", shuffled, 1 },
	{ "a run can be stopped in the middle",		stopped, 1 },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	uint64_t got = row->what();

	if (!row->want)		/* which one wins is up to real time */
		assert_true(got);
	else
		assert_int_equal(got, row->want);
}

int main(void)
{
	return table_run("run", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
