/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_RT_SCRIPT_H
#define TEST_UNIT_RT_SCRIPT_H

/*
 * Tasks as one-line scripts, and what happened as one line of text, so that a
 * row of a test table reads like a specification.  A word is a letter and,
 * for some, a number:
 *
 *	i100 idle until 100	c100 charge 100 ns	t100 think	b100 busy	d100 idle for 100
 *	R r  read lock, unlock	W w  write		S s  spinlock
 *	y Y  cond_resched read, write			p    pause
 *	K    kick all of VM 0	B8 broadcast to 8	G5 g5 gate wait, raise	C k  cond wait, wake all
 *	U u  RCU section	F    call_rcu
 *	L l Q L1 Q1  SRCU section, synchronize; those of VM 1
 *	O3 o begin op 3, end	n    log need_resched	N    log the time
 *	x7   back to the start until this is the 7th round
 *
 * Acquisitions log "aR@107": task a has the read lock at 107 ns.  Every run
 * also checks exclusion; errors are counted, and asserted on by the caller.
 */
#include <stdio.h>

#include "engine/rt/rt.h"
#include "test/table.h"

#define SCRIPT_TASKS	8

struct script {
	const char	*task[SCRIPT_TASKS];	/* task 0 is "a" */
	uint64_t	 start_ns[SCRIPT_TASKS];
	int		 vm[SCRIPT_TASKS];	/* 0: VM 0; -1 a host task */
	uint32_t	 cpus, hz, resched_us;
	bool		 preempt_locked, needbreak, free;	/* free: no costs */
	uint64_t	 seed;
	enum rt_grain	 grain;
};

struct script_world {
	const struct script	*s;
	struct rt_rwlock	 lock;
	struct rt_spinlock	 spin;
	struct rt_gate		 gate;
	struct rt_cond		 cond;
	struct script_task {
		struct script_world *world;
		unsigned int	     id;
	} task[SCRIPT_TASKS];
	int			 readers, writers, spinners;	/* inside, by atomics */
	int			 errors;
	bool			 ready;			/* what cond waits for; under the spinlock */
	unsigned int		 len;
	char			 log[4096];
	struct rt_stats		 stats;
	struct rt_task_stats	 per_task[SCRIPT_TASKS];
	struct rt_sample	 sample[SCRIPT_TASKS];	/* of the last op */
	struct err		 err;
	struct costs		 costs;
	struct policy		 policy;
};

struct script_free {
	struct rt_rcu_head	 head;
	struct script_world	*world;
};

static inline void __attribute__((format(printf, 2, 3))) script_log(struct script_world *w, const char *fmt, ...)
{
	char text[64];
	unsigned int at;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	at = __atomic_fetch_add(&w->len, n, __ATOMIC_RELAXED);
	if (at + n < sizeof(w->log))
		memcpy(w->log + at, text, n);
}

static inline void script_got(struct script_task *t, char what)
{
	script_log(t->world, "%c%c@%llu ", 'a' + t->id, what, (unsigned long long)rt_now_ns());
}

static inline void script_expect(struct script_world *w, bool right)
{
	if (!right)
		__atomic_add_fetch(&w->errors, 1, __ATOMIC_RELAXED);
}

static inline int script_count(int *n, int add)
{
	return __atomic_add_fetch(n, add, __ATOMIC_RELAXED);
}

static inline void script_reader(struct script_world *w)
{
	script_count(&w->readers, 1);
	script_expect(w, !script_count(&w->writers, 0) && rt_rwlock_held(&w->lock) &&
				 !rt_rwlock_held_write(&w->lock));
}

static inline void script_writer(struct script_world *w)
{
	script_expect(w, script_count(&w->writers, 1) == 1 && !script_count(&w->readers, 0) &&
				 rt_rwlock_held_write(&w->lock));
}

static inline void script_freed(struct rt_rcu_head *head)
{
	struct script_free *f = (struct script_free *)(void *)head;

	script_log(f->world, "free ");
	free(f);
}

static inline void script_lock_step(struct script_task *t, char what)
{
	struct script_world *w = t->world;

	switch (what) {
	case 'R':
		rt_read_lock(&w->lock);
		script_reader(w);
		script_got(t, what);
		break;
	case 'r':
		script_count(&w->readers, -1);
		rt_read_unlock(&w->lock);
		break;
	case 'W':
		rt_write_lock(&w->lock);
		script_writer(w);
		script_got(t, what);
		break;
	case 'w':
		script_count(&w->writers, -1);
		rt_write_unlock(&w->lock);
		break;
	case 'S':
		rt_spin_lock(&w->spin);
		script_expect(w, script_count(&w->spinners, 1) == 1);
		script_got(t, what);
		break;
	case 's':
		script_count(&w->spinners, -1);
		rt_spin_unlock(&w->spin);
		break;
	case 'y':
		script_count(&w->readers, -1);
		if (rt_cond_resched_read(&w->lock))
			script_got(t, what);
		script_reader(w);
		break;
	case 'Y':
		script_count(&w->writers, -1);
		if (rt_cond_resched_write(&w->lock))
			script_got(t, what);
		script_writer(w);
		break;
	case 'C':
		script_count(&w->spinners, -1);
		while (!w->ready)
			rt_cond_wait(&w->cond, &w->spin);
		script_expect(w, script_count(&w->spinners, 1) == 1);
		script_got(t, what);
		break;
	}
}

static inline void script_call_rcu(struct script_world *w)
{
	struct script_free *f = calloc(1, sizeof(*f));

	f->world = w;
	rt_call_rcu(&f->head, script_freed);
}

static inline void script_step(struct script_task *t, char what, uint64_t n)
{
	struct script_world *w = t->world;

	switch (what) {
	case 'i': rt_idle_until(n); break;
	case 'd': rt_idle(n); break;
	case 'c': rt_charge(COST_CLEAR, n); break;
	case 't': rt_think(n); break;
	case 'b': rt_busy(n); break;
	case 'p': rt_pause(); break;
	case 'K': rt_kick_all(0); break;
	case 'B': rt_broadcast(COST_KICK, n); break;
	case 'G': rt_gate_wait(&w->gate, n); script_got(t, what); break;
	case 'g': rt_gate_raise(&w->gate, n); break;
	case 'k': w->ready = true; rt_cond_wake_all(&w->cond); break;
	case 'U': rt_rcu_read_lock(); break;
	case 'u': script_got(t, what); rt_rcu_read_unlock(); break;
	case 'F': script_call_rcu(w); break;
	case 'L': rt_srcu_lock(n); break;
	case 'l': script_got(t, what); rt_srcu_unlock(); break;
	case 'Q': rt_srcu_synchronize(n); script_got(t, what); break;
	case 'O': rt_op_begin(n); break;
	case 'o': rt_op_end(&w->sample[t->id]); break;
	case 'n': script_log(w, "%cn%d ", 'a' + t->id, rt_need_resched()); break;
	case 'N': script_got(t, what); break;
	default: script_lock_step(t, what);
	}
}

static inline void script_task_main(void *arg)
{
	struct script_task *t = arg;
	const char *start = t->world->s->task[t->id], *p = start;
	uint64_t rounds = 0;

	while (*p) {
		char what = *p++, *end;
		uint64_t n = strtoull(p, &end, 10);

		if (what == ' ')
			continue;
		p = end;
		if (what == 'x') {
			if (++rounds < n)
				p = start;
			continue;
		}
		script_step(t, what, n);
	}
}

/* Whole nanoseconds, easy to add up in one's head. */
static inline void script_costs(struct costs *c)
{
	static const struct { enum cost id; uint64_t ns; } rows[] = {
		{ COST_CLEAR, 1 }, { COST_READ_LOCK, 10 }, { COST_WRITE_LOCK, 7 }, { COST_SPIN_LOCK, 5 },
		{ COST_LINE_MOVE, 60 }, { COST_HANDOVER, 100 }, { COST_FLUSH_FIXED, 1000 },
		{ COST_FLUSH_TARGET, 300 }, { COST_KICK, 1500 }, { COST_RCU_GRACE, 10000 },
		{ COST_SRCU_SYNC, 500 }, { COST_SWITCH, 50 },
	};

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		c->ps[rows[i].id] = rows[i].ns * PSEC_PER_NSEC;
}

/* Return: what rt_run() did; the log is without its trailing blank. */
static inline int script_run(const struct script *s, struct script_world *w)
{
	struct rt_task_def defs[SCRIPT_TASKS] = { 0 };
	struct rt_config config = {
		.costs = s->free ? NULL : &w->costs,
		.policy = &w->policy,
		.host = { .cpus = s->cpus, .hz = s->hz, .preempt_locked = s->preempt_locked },
		.grain = s->grain,
		.seed = s->seed,
	};
	unsigned int nr = 0;
	int ret;

	memset(w, 0, sizeof(*w));
	w->s = s;
	script_costs(&w->costs);
	w->policy.lock_needbreak = s->needbreak ? LOCK_NEEDBREAK_CONTENDED : LOCK_NEEDBREAK_NEVER;
	w->policy.lock_resched_us = s->resched_us;
	w->stats.task = w->per_task;
	rt_rwlock_init(&w->lock, "mmu_lock");
	rt_spin_init(&w->spin);
	rt_gate_init(&w->gate);
	rt_cond_init(&w->cond);
	for (; nr < SCRIPT_TASKS && s->task[nr]; nr++) {
		w->task[nr] = (struct script_task){ .world = w, .id = nr };
		defs[nr] = (struct rt_task_def){ .fn = script_task_main, .arg = &w->task[nr], .vm = s->vm[nr],
						  .start_ns = s->start_ns[nr] };
	}
	ret = rt_run(&config, defs, nr, &w->stats, &w->err);
	if (w->len && w->len < sizeof(w->log))
		w->log[w->len - 1] = '\0';
	return ret;
}

/* Whether @log is one of the texts of @want, which "|" separates: a tie goes either way. */
static inline bool script_is_one_of(const char *log, const char *want)
{
	for (;;) {
		size_t len = strcspn(want, "|");

		if (strlen(log) == len && !strncmp(log, want, len))
			return true;
		if (!want[len])
			return false;
		want += len + 1;
	}
}

/* Runs a row; in virtual time what happened must be @want, under threads nothing may be broken. */
static inline void script_check(const struct script *s, const char *want, struct script_world *w)
{
	int ret = script_run(s, w);

	if (ret)
		print_error("%s\n", w->err.text);
	assert_int_equal(ret, 0);
	assert_int_equal(w->errors, 0);
	if (!RT_IS_VIRTUAL)
		assert_int_equal(!*w->log, !*want);
	else if (!script_is_one_of(w->log, want))
		assert_string_equal(w->log, want);
}

#endif
