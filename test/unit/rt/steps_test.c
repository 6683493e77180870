/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps in one go and deferred decrements, against the same things done one by one: nobody else's
 * run may tell the difference.
 */
#include <string.h>

#include "base/prng.h"
#include "engine/rt/rt.h"
#include "test/table.h"

#define OP		1
#define NR_STEPS	100
#define NR_BATCHES	200
#define MAX_TASKS	4

static const struct row {
	const char	 *name;
	enum lock_needbreak needbreak;
	uint32_t	  resched_us;
	unsigned int	  others, cpus;
	enum rt_grain	  grain;
	bool		  read, readers;	/* the walker's lock; others stay in RCU sections for a while */
} rows[] = {
	{ "alone", LOCK_NEEDBREAK_NEVER },
	{ "others want the lock, nobody cares", LOCK_NEEDBREAK_NEVER, .others = 3 },
	{ "others want the lock, and get it", LOCK_NEEDBREAK_CONTENDED, .others = 3 },
	{ "shared: only a writer makes it yield", LOCK_NEEDBREAK_CONTENDED, .others = 3, .read = true },
	{ "a slice of 7 us", LOCK_NEEDBREAK_NEVER, .resched_us = 7, .others = 2 },
	{ "one CPU", LOCK_NEEDBREAK_NEVER, .others = 2, .cpus = 1 },
	{ "handing over at each word", LOCK_NEEDBREAK_CONTENDED, .others = 3, .grain = RT_GRAIN_ACCESS },
	{ "frees wait for other readers", LOCK_NEEDBREAK_NEVER, .others = 3, .readers = true },
};

struct scene {
	const struct row *row;
	bool		  at_once;
	struct rt_rwlock  lock;
	rt_u64		  word;
	uint32_t	  pending;
	uint64_t	  gone;			/* batches that could be taken in one go */
	uint64_t	  seen;			/* hash of all that the others see */
	struct rt_sample  sample;
	rt_u64		  done;
};

static void drop(struct scene *s)
{
	if (s->row->read)
		rt_cond_resched_read(&s->lock);
	else
		rt_cond_resched_write(&s->lock);
}

static void step(struct scene *s)
{
	rt_charge(COST_WALK_STEP, 1);
	if (rt_need_resched() || rt_needbreak(&s->lock))
		drop(s);
	rt_charge(COST_CAS, 1);
	rt_store(&s->word, rt_peek(&s->word));
}

struct freed {
	struct rt_rcu_head head;
	uint32_t	  *counter;
};

static void freed(struct rt_rcu_head *head)
{
	struct freed *f = (struct freed *)head;

	__atomic_fetch_sub(f->counter, 1, __ATOMIC_RELAXED);
	free(f);
}

static void defer(struct scene *s)
{
	struct freed *f;

	__atomic_fetch_add(&s->pending, 1, __ATOMIC_RELAXED);
	if (s->at_once) {
		rt_rcu_decrement(&s->pending);
		return;
	}
	f = malloc(sizeof(*f));
	f->counter = &s->pending;
	rt_call_rcu(&f->head, freed);
}

static void walk(struct scene *s)
{
	rt_op_begin(OP);
	if (s->row->read)
		rt_read_lock(&s->lock);
	else
		rt_write_lock(&s->lock);
	for (unsigned int i = 0; i < NR_BATCHES; i++) {
		if (s->at_once && rt_charge_steps(&s->lock, NR_STEPS, COST_WALK_STEP, COST_CAS))
			s->gone++;
		else
			for (unsigned int j = 0; j < NR_STEPS; j++)
				step(s);
		defer(s);
	}
	if (s->row->read)
		rt_read_unlock(&s->lock);
	else
		rt_write_unlock(&s->lock);
	rt_op_end(&s->sample);
	rt_idle(300000);
	rt_store(&s->done, 1);
}

static void look(struct scene *s)
{
	uint64_t pending = __atomic_load_n(&s->pending, __ATOMIC_RELAXED);

	if (RT_IS_VIRTUAL)
		s->seen = prng_hash(s->seen, rt_now_ns(), pending + 1000ULL * rt_self());
}

static void other(struct scene *s)
{
	for (unsigned int i = 0; !rt_load(&s->done); i++) {
		rt_busy(3000 + 1700 * rt_self() + i % 5 * 800);
		rt_rcu_read_lock();
		if (s->row->readers)
			rt_busy(9000);
		look(s);
		rt_rcu_read_unlock();
		if (i % 3 == rt_self() % 3) {
			rt_write_lock(&s->lock);
			rt_write_unlock(&s->lock);
		}
		look(s);
	}
}

static void task(void *arg)
{
	struct scene *s = arg;

	if (rt_self() == 0)
		walk(s);
	else
		other(s);
}

static void run(struct scene *s, const struct row *row, bool at_once, struct rt_stats *stats)
{
	struct rt_task_def defs[MAX_TASKS];
	struct policy policy;
	struct costs costs;
	struct rt_config config = { .costs = &costs, .policy = &policy, .grain = row->grain, .seed = 7 };
	struct err e = { 0 };

	policy_defaults(&policy);
	policy.lock_needbreak = row->needbreak;
	policy.lock_resched_us = row->resched_us;
	costs_defaults(&costs);
	costs.ps[COST_RCU_GRACE] = 20000 * PSEC_PER_NSEC;
	host_model_defaults(&config.host);
	config.host.cpus = row->cpus;
	*s = (struct scene){ .row = row, .at_once = at_once };
	rt_rwlock_init(&s->lock, "lock");
	rt_word_init(&s->word, 1);
	rt_word_init(&s->done, 0);
	for (unsigned int i = 0; i <= row->others; i++)
		defs[i] = (struct rt_task_def){ .fn = task, .arg = s, .vm = -1 };
	if (rt_run(&config, defs, row->others + 1, stats, &e))
		fail_msg("%s", e.text);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	static struct scene one_by_one, at_once;
	static struct rt_stats want, got;

	run(&one_by_one, row, false, &want);
	run(&at_once, row, true, &got);
	assert_int_equal(one_by_one.pending, 0);
	assert_int_equal(at_once.pending, 0);
	if (!RT_IS_VIRTUAL) {		/* steps take the time they take */
		assert_int_equal(at_once.gone, 0);
		return;
	}
	assert_int_equal(at_once.seen, one_by_one.seen);
	assert_memory_equal(&at_once.sample, &one_by_one.sample, sizeof(at_once.sample));
	assert_int_equal(got.longest_stretch_ns[OP], want.longest_stretch_ns[OP]);
	assert_int_equal(got.end_ns, want.end_ns);
	assert_int_equal(got.switches, want.switches);
	assert_int_equal(got.yields[OP], want.yields[OP]);
	assert_int_equal(got.rcu_freed, want.rcu_freed);
	assert_true(at_once.gone > NR_BATCHES / 10);	/* it was about something */
}

int main(void)
{
	return table_run("steps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
