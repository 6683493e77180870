/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_RT_STORM_H
#define TEST_UNIT_RT_STORM_H

/*
 * Many tasks doing random things with everything rt.h has, each by the same
 * numbers in every run of a seed.  What happened, in order and with its times,
 * goes into one hash; what must not happen is counted.
 */
#include <stdio.h>

#include "base/prng.h"
#include "engine/rt/rt.h"
#include "test/table.h"

#define STORM_MAX_TASKS	64
#define STORM_LOCKS	2
#define STORM_OPS	5
#define STORM_MAGIC	0x600df00du

struct storm {
	/* what to do */
	unsigned int		 tasks, steps, cpus;
	uint64_t		 seed;
	enum rt_grain		 grain;
	bool			 needbreak, preempt_locked, free;

	/* shared */
	struct rt_rwlock	 lock[STORM_LOCKS];
	struct rt_spinlock	 spin;
	struct rt_cond		 cond;
	unsigned int		 tickets;	/* under spin */
	struct rt_gate		 gate[STORM_MAX_TASKS];
	rt_u64			 word, object;
	int			 inside[STORM_LOCKS];	/* readers, or -1 for a writer; by atomics */
	int			 guarded[STORM_LOCKS];	/* plain words: TSan watches */

	/* what happened */
	uint64_t		 hash;		/* virtual time only */
	int			 errors;
	uint64_t		 yields, flushes, lock_wait_ns;	/* sums of samples, by atomics */
	struct rt_stats		 stats;
	struct rt_task_stats	 per_task[STORM_MAX_TASKS];
	struct err		 err;
};

struct storm_task {
	struct storm	*s;
	unsigned int	 id;
	struct prng	 prng;
};

struct storm_object {
	struct rt_rcu_head head;
	uint32_t	   magic;
};

static inline void storm_note(struct storm *s, uint64_t what)
{
	if (RT_IS_VIRTUAL)
		s->hash = prng_hash(s->hash, what << 16 | rt_self(), rt_now_ns());
}

static inline void storm_expect(struct storm *s, bool right)
{
	if (!right)
		__atomic_add_fetch(&s->errors, 1, __ATOMIC_RELAXED);
}

static inline void storm_add(uint64_t *sum, uint64_t n)
{
	__atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

static inline void storm_read_section(struct storm *s, struct prng *p, unsigned int l)
{
	rt_read_lock(&s->lock[l]);
	for (unsigned int i = prng_below(p, 4);; i--) {
		storm_expect(s, __atomic_add_fetch(&s->inside[l], 1, __ATOMIC_RELAXED) > 0);
		storm_note(s, 1 + s->guarded[l] % 7);
		rt_charge(COST_CLEAR, prng_below(p, 300));
		storm_expect(s, rt_rwlock_held(&s->lock[l]));
		__atomic_sub_fetch(&s->inside[l], 1, __ATOMIC_RELAXED);
		if (!i)
			break;
		storm_note(s, 20 + rt_cond_resched_read(&s->lock[l]));
	}
	rt_read_unlock(&s->lock[l]);
}

static inline void storm_write_section(struct storm *s, struct prng *p, unsigned int l)
{
	rt_write_lock(&s->lock[l]);
	for (unsigned int i = prng_below(p, 4);; i--) {
		storm_expect(s, !__atomic_fetch_sub(&s->inside[l], 1, __ATOMIC_RELAXED));
		s->guarded[l]++;
		rt_charge(COST_CLEAR, prng_below(p, 500));
		storm_expect(s, rt_rwlock_held_write(&s->lock[l]));
		storm_note(s, 8);
		if (!prng_below(p, 3))
			rt_kick_all(prng_below(p, 2));
		__atomic_add_fetch(&s->inside[l], 1, __ATOMIC_RELAXED);
		if (!i)
			break;
		storm_note(s, 22 + rt_cond_resched_write(&s->lock[l]));
	}
	rt_write_unlock(&s->lock[l]);
}

static inline void storm_free(struct rt_rcu_head *head)
{
	struct storm_object *o = (struct storm_object *)(void *)head;

	o->magic = 0xdead;
	free(o);
}

static inline uint64_t storm_new_object(void)
{
	struct storm_object *o = calloc(1, sizeof(*o));

	o->magic = STORM_MAGIC;
	return (uintptr_t)o;
}

static inline void storm_rcu_read(struct storm *s, struct prng *p)
{
	const struct storm_object *o;

	rt_rcu_read_lock();
	o = (const struct storm_object *)(uintptr_t)rt_load(&s->object);
	if (!prng_below(p, 4))
		rt_idle(prng_below(p, 30000));
	storm_expect(s, o->magic == STORM_MAGIC);
	rt_rcu_read_unlock();
}

static inline void storm_rcu_replace(struct storm *s)
{
	uint64_t old = rt_xchg(&s->object, storm_new_object());

	rt_call_rcu(&((struct storm_object *)(uintptr_t)old)->head, storm_free);
}

static inline void storm_cas(struct storm *s)
{
	uint64_t seen = rt_peek(&s->word);

	while (!rt_cas(&s->word, &seen, seen * 5 + rt_self())) {
		rt_note_lost_cas();
		rt_pause();
	}
	storm_note(s, 9 + seen % 5);
}

/* Puts a ticket down and wakes; or takes one when there are some. */
static inline void storm_cond(struct storm *s, bool put)
{
	rt_spin_lock(&s->spin);
	if (put) {
		s->tickets++;
		rt_cond_wake_all(&s->cond);
	} else {
		while (!s->tickets)
			rt_cond_wait(&s->cond, &s->spin);
		s->tickets--;
	}
	storm_note(s, 40 + s->tickets % 16);
	rt_spin_unlock(&s->spin);
}

static inline void storm_op_end(struct storm *s)
{
	struct rt_sample sample;

	rt_op_end(&sample);
	storm_add(&s->lock_wait_ns, sample.lock_wait_ns);
	storm_add(&s->yields, sample.yields);
	storm_add(&s->flushes, sample.flushes);
}

static inline void storm_operation(struct storm *s, struct prng *p)
{
	unsigned int op = prng_below(p, STORM_OPS), l = prng_below(p, STORM_LOCKS);

	rt_op_begin(op);
	rt_srcu_lock(0);
	switch (op) {
	case 0:
	case 1:
		storm_read_section(s, p, l);
		break;
	case 2:
		storm_write_section(s, p, l);
		break;
	case 3:
		storm_rcu_read(s, p);
		storm_cas(s);
		break;
	case 4:
		storm_rcu_replace(s);
		storm_cond(s, true);
		break;
	}
	rt_srcu_unlock();
	storm_op_end(s);
}

/* A task never waits for a step a task of a higher number has not yet taken: no deadlock. */
static inline void storm_between(struct storm_task *t, unsigned int step)
{
	struct storm *s = t->s;

	switch (prng_below(&t->prng, 8)) {
	case 0:
		rt_busy(prng_below(&t->prng, 2000));
		break;
	case 1:
		rt_idle(prng_below(&t->prng, 3000));
		break;
	case 2:
		if (t->id)
			rt_gate_wait(&s->gate[prng_below(&t->prng, t->id)], step);
		break;
	case 3:
		if (step % 16 == 0)
			rt_srcu_synchronize(0);
		break;
	default:
		rt_think(prng_below(&t->prng, 5000));
	}
	storm_note(s, 60);
}

static inline void storm_task_main(void *arg)
{
	struct storm_task *t = arg;

	for (unsigned int step = 0; step < t->s->steps; step++) {
		storm_between(t, step);
		storm_operation(t->s, &t->prng);
		rt_gate_raise(&t->s->gate[t->id], step + 1);
	}
	rt_op_begin(STORM_OPS - 1);
	storm_cond(t->s, true);
	storm_cond(t->s, false);
	storm_op_end(t->s);
}

/* From each cost's name: a new row in the table changes nobody else's, and no hash. */
static inline void storm_costs(struct costs *c)
{
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		uint64_t sum = 0;

		for (const char *p = cost_name(i); *p; p++)
			sum = sum * 31 + (unsigned char)*p;
		c->ps[i] = (16 + sum % 180 * 2) * PSEC_PER_NSEC;	/* whole ns, halved too: sums are exact */
	}
	c->ps[COST_CLEAR] = PSEC_PER_NSEC;
}

static inline void storm_init(struct storm *s)
{
	for (unsigned int i = 0; i < STORM_LOCKS; i++)
		rt_rwlock_init(&s->lock[i], i ? "second" : "first");
	for (unsigned int i = 0; i < s->tasks; i++)
		rt_gate_init(&s->gate[i]);
	rt_spin_init(&s->spin);
	rt_cond_init(&s->cond);
	rt_word_init(&s->word, 1);
	rt_word_init(&s->object, storm_new_object());
	s->stats.task = s->per_task;
}

static inline int storm_run(struct storm *s)
{
	struct storm_task tasks[STORM_MAX_TASKS];
	struct rt_task_def defs[STORM_MAX_TASKS];
	struct costs costs = { .name = "storm" };
	struct policy policy = {
		.lock_needbreak = s->needbreak ? LOCK_NEEDBREAK_CONTENDED : LOCK_NEEDBREAK_NEVER,
	};
	struct rt_config config = {
		.costs = s->free ? NULL : &costs, .policy = &policy, .grain = s->grain, .seed = s->seed,
		.host = { .cpus = s->cpus, .hz = 100000, .preempt_locked = s->preempt_locked },
	};
	int ret;

	storm_costs(&costs);
	storm_init(s);
	for (unsigned int i = 0; i < s->tasks; i++) {
		tasks[i] = (struct storm_task){ .s = s, .id = i };
		prng_seed(&tasks[i].prng, prng_hash(77, i, 0));
		defs[i] = (struct rt_task_def){ .fn = storm_task_main, .arg = &tasks[i], .vm = (int)(i % 3) - 1 };
	}
	ret = rt_run(&config, defs, s->tasks, &s->stats, &s->err);
	free((void *)(uintptr_t)rt_peek(&s->object));
	return ret;
}

#endif
