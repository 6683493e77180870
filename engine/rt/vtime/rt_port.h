/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_RT_PORT_H
#define ENGINE_RT_VTIME_RT_PORT_H

/*
 * Virtual time: every task is a coroutine with a clock of its own.  Charges
 * only move the running task's clock; a call marked [hand-over] first lets
 * every task with an earlier clock run.  One run at a time per process.
 *
 * Outside a run the same calls work on behalf of nobody (nothing waits, no
 * time passes), so that objects can be set up and torn down with them.
 */
#include <assert.h>

#include "base/types.h"
#include "engine/config/costs.h"
#include "engine/rt/vtime/task.h"

#define RT_ENTRY(name)	name##_vtime
#define RT_IS_VIRTUAL	1	/* for reports, and who may share what: tasks never run at once */

#define RT_MAX_NS	(BIT_ULL(48) - 1)	/* of a run: 78 hours */

typedef struct {
	uint64_t word;
} rt_u64;

/* The running task, and of the machine what the inline calls need. */
struct rt_running {
	uint64_t	 clock_ps;
	uint64_t	 horizon_ps;		/* from here on somebody else may be earlier */
	struct rt_task	*task;
	uint64_t	 rcu_waiting;		/* callbacks and the like */
	uint32_t	 run;			/* number of this run: objects of an earlier one have stale times */
	bool		 fine;			/* shared words hand over, too: RT_GRAIN_ACCESS */
	bool		 pinned;		/* the run has a pin function */
	bool		 shuffled;
	uint64_t	 cost_ps[NR_COSTS];
	uint64_t	 longest_stretch_ps[NR_OPS];
};

extern struct rt_running rt_running;

/* Let every task with an earlier clock run. */
void rt_hand_over(void);
void rt_pin_wait(unsigned int pin);

/* Let every task with an earlier clock run: the first thing in every call that others can notice. */
static inline void rt_settle(void)
{
	if (unlikely(rt_running.clock_ps >= rt_running.horizon_ps))
		rt_hand_over();
}

/*
 * FIFO queue in front, one writer or any number of readers inside.
 * - @inside begins the ring of the holds of those inside, in order of entry; its op is that of the last one who left;
 * - the queue is never entered by a reader when nobody writes, nor by anybody
 *   when nobody is inside;
 * - @time_ps never goes back: it is the instant of the last change.
 */
struct rt_rwlock {
	const char	*name;
	struct rt_hold	 inside;
	bool		 writing;
	unsigned int	 line_owner;		/* task + 1 whose cache has the lock word; 0: nobody's */
	uint64_t	 line_free_ps;		/* when the word can move again */
	struct rt_task	*head, *tail;		/* waiters */
	uint64_t	 time_ps;		/* up to here waits are in the blame matrix */
	uint64_t	 waiting_mask;		/* ops with waiters; the last is that of who is in none */
	uint16_t	 waiting[RT_MAX_OPS + 1]; /* how many of each */
	uint32_t	 run;			/* times above are of this run */
};

/* A queued rwlock that nobody reads. */
struct rt_spinlock {
	struct rt_rwlock queue;
};

struct rt_gate {
	uint64_t	 value, raised_ps;	/* now, and when it became so */
	uint64_t	 prev_value, prev_ps;	/* the raise before */
	struct rt_task	*waiters;		/* by wanted value, then arrival */
	uint32_t	 run;
};

struct rt_cond {
	struct rt_task	*head, *tail;
};

struct rt_rcu_head {
	struct rt_rcu_head *next;
	void		  (*fn)(struct rt_rcu_head *head);
	uint64_t	    due_ps, number;
};

static inline unsigned int rt_self(void)
{
	return rt_running.task->id;
}

unsigned int rt_cpu_of_self(void);

static inline unsigned int rt_cpu(void)
{
	return rt_cpu_of_self();
}

static inline uint64_t rt_now_ns(void)
{
	return rt_running.clock_ps / PSEC_PER_NSEC;
}

static inline void rt_charge(enum cost c, uint64_t n)
{
	rt_running.clock_ps += rt_running.cost_ps[c] * n;
}

static inline void rt_word_step(void)
{
	if (unlikely(rt_running.fine))
		rt_settle();
}

static inline void rt_word_init(rt_u64 *w, uint64_t v)
{
	w->word = v;
}

static inline uint64_t rt_peek(const rt_u64 *w)
{
	return w->word;
}

static inline bool rt_words_stand(void)
{
	return likely(!rt_running.fine && !rt_running.pinned);
}

static inline bool rt_reads_alone(uint64_t nr, enum cost c)
{
	return likely(!rt_running.fine) || rt_running.clock_ps + rt_running.cost_ps[c] * nr < rt_running.horizon_ps;
}

static inline uint64_t rt_load(const rt_u64 *w)
{
	rt_word_step();
	return w->word;
}

static inline void rt_set(rt_u64 *w, uint64_t v)
{
	w->word = v;
}

static inline void rt_store(rt_u64 *w, uint64_t v)
{
	rt_word_step();
	w->word = v;
}

static inline bool rt_cas(rt_u64 *w, uint64_t *seen, uint64_t new)
{
	rt_word_step();
	if (w->word != *seen) {
		*seen = w->word;
		return false;
	}
	w->word = new;
	return true;
}

static inline uint64_t rt_xchg(rt_u64 *w, uint64_t v)
{
	uint64_t old;

	rt_word_step();
	old = w->word;
	w->word = v;
	return old;
}

static inline uint64_t rt_fetch_and(rt_u64 *w, uint64_t mask)
{
	uint64_t old;

	rt_word_step();
	old = w->word;
	w->word = old & mask;
	return old;
}

static inline uint64_t rt_fetch_or(rt_u64 *w, uint64_t bits)
{
	uint64_t old;

	rt_word_step();
	old = w->word;
	w->word = old | bits;
	return old;
}

static inline uint64_t rt_fetch_add(rt_u64 *w, uint64_t n)
{
	uint64_t old;

	rt_word_step();
	old = w->word;
	w->word = old + n;
	return old;
}

/* One coroutine runs at a time: what is locked on a bus elsewhere is an ordinary word here. */
static inline void rt_count(uint64_t *counter, uint64_t n)
{
	*counter += n;
}

static inline void rt_count_most(uint64_t *most, uint64_t n)
{
	if (n > *most)
		*most = n;
}

static inline void rt_bits_set(uint64_t *word, uint64_t bits)
{
	*word |= bits;
}

static inline void rt_bits_clear(uint64_t *word, uint64_t bits)
{
	*word &= ~bits;
}

static inline void rt_port_pin(unsigned int pin)
{
	if (unlikely(rt_running.pinned))
		rt_pin_wait(pin);
}

/*
 * Calls that are inline in this runtime only: tasks take turns there, in the caller's own frame, since no processor
 * foresees where a return leads after a switch of stacks.
 */
static inline void rt_catch_up(void)
{
	rt_settle();
}

/* After rt_settle(). */
void rt_read_lock_settled(struct rt_rwlock *l);
void rt_read_unlock_settled(struct rt_rwlock *l);
void rt_write_lock_settled(struct rt_rwlock *l);
void rt_write_unlock_settled(struct rt_rwlock *l);
void rt_spin_lock_settled(struct rt_spinlock *l);
void rt_spin_unlock_settled(struct rt_spinlock *l);

static inline void rt_read_lock(struct rt_rwlock *l)
{
	rt_settle();
	rt_read_lock_settled(l);
}

static inline void rt_read_unlock(struct rt_rwlock *l)
{
	rt_settle();
	rt_read_unlock_settled(l);
}

static inline void rt_write_lock(struct rt_rwlock *l)
{
	rt_settle();
	rt_write_lock_settled(l);
}

static inline void rt_write_unlock(struct rt_rwlock *l)
{
	rt_settle();
	rt_write_unlock_settled(l);
}

static inline void rt_spin_lock(struct rt_spinlock *l)
{
	rt_settle();
	rt_spin_lock_settled(l);
}

static inline void rt_spin_unlock(struct rt_spinlock *l)
{
	rt_settle();
	rt_spin_unlock_settled(l);
}

uint64_t rt_shuffle_span(uint64_t ps);

/* Times too long for a run must not wrap: they end it with an error instead. */
static inline uint64_t rt_ps_of(uint64_t ns)
{
	return (ns < RT_MAX_NS ? ns : RT_MAX_NS) * PSEC_PER_NSEC;
}

/* How long a task that asks for @ns thinks or sleeps. */
static inline uint64_t rt_span_ps(uint64_t ns)
{
	return unlikely(rt_running.shuffled) ? rt_shuffle_span(rt_ps_of(ns)) : rt_ps_of(ns);
}

static inline void rt_think(uint64_t ns)
{
	struct rt_task *t = rt_running.task;
	uint64_t ps = rt_span_ps(ns);

	t->think_ps += ps;
	t->guest_from_ps = rt_running.clock_ps;
	t->mode = MODE_GUEST;
	rt_running.clock_ps += ps;
	rt_settle();
	t->mode = MODE_HOST;
}

/* Here, at @ps, @t could yield, or stopped keeping others off its CPU: a stretch ends and the next begins. */
static inline void rt_stretch_note(struct rt_task *t, uint64_t ps)
{
	uint64_t length_ps = ps > t->stretch_ps ? ps - t->stretch_ps : 0;

	if (length_ps > t->op->stretch_ps)
		t->op->stretch_ps = length_ps;
	t->stretch_ps = ps;
}

/* rcu.c: what is due now; the running task's section ends, which others may have asked for. */
void rt_rcu_call_due(void);
void rt_rcu_end_known(struct rt_task *t);

static inline void rt_rcu_read_lock(void)
{
	struct rt_task *t = rt_running.task;

	if (!t->rcu_depth) {
		if (unlikely(rt_running.rcu_waiting))
			rt_rcu_call_due();
		if (!t->nr_holds)
			t->stretch_ps = rt_running.clock_ps;
	}
	t->rcu_depth++;
}

static inline void rt_rcu_read_unlock(void)
{
	struct rt_task *t = rt_running.task;

	assert(t->rcu_depth);
	if (--t->rcu_depth)
		return;
	if (unlikely(t->rcu_number))
		rt_rcu_end_known(t);
	if (!t->nr_holds)
		rt_stretch_note(t, rt_running.clock_ps);
	if (unlikely(rt_running.rcu_waiting))
		rt_rcu_call_due();
}

/* The running task, inside a section, reads @vm's memslots, too. */
void rt_srcu_widen(unsigned int vm);
/* Its section, which synchronisers may wait for, has ended. */
void rt_srcu_end_awaited(struct rt_task *t);

static inline void rt_srcu_lock(unsigned int vm)
{
	struct rt_task *t = rt_running.task;

	if (!t->srcu_depth++)
		t->srcu_vm = vm;
	else if (unlikely(t->srcu_vm != vm))
		rt_srcu_widen(vm);
}

static inline void rt_srcu_unlock(void)
{
	struct rt_task *t = rt_running.task;

	assert(t->srcu_depth);
	if (!--t->srcu_depth && unlikely(t->srcu_synced))
		rt_srcu_end_awaited(t);
}

void rt_gate_forget(struct rt_gate *g);
void rt_gate_wake(struct rt_gate *g);

static inline void rt_gate_raise(struct rt_gate *g, uint64_t value)
{
	if (value <= g->value)
		return;
	if (unlikely(g->run != rt_running.run))
		rt_gate_forget(g);
	g->prev_value = g->value;
	g->prev_ps = g->raised_ps;
	g->value = value;
	if (g->raised_ps < rt_running.clock_ps)
		g->raised_ps = rt_running.clock_ps;
	if (unlikely(g->waiters))
		rt_gate_wake(g);
}

static inline void rt_op_begin(unsigned int op)
{
	struct rt_task *t = rt_running.task;

	assert(op < RT_MAX_OPS && t->op < &t->ops[TASK_MAX_OPS]);
	*++t->op = (struct task_op){ .op = op, .begin_ps = rt_running.clock_ps };
	t->stretch_ps = rt_running.clock_ps;
}

/* The longest stretch of @o so far is its kind's, maybe. */
static inline void rt_stretch_count(const struct task_op *o)
{
	if (unlikely(o->stretch_ps > rt_running.longest_stretch_ps[o->op]))
		rt_running.longest_stretch_ps[o->op] = o->stretch_ps;
}

void rt_op_end_inner(struct task_op *outer, const struct task_op *o);

static inline void rt_op_end(struct rt_sample *out)
{
	struct rt_task *t = rt_running.task;
	struct task_op *o = t->op--;

	assert(o > t->ops);
	rt_stretch_count(o);
	if (out)
		*out = (struct rt_sample){
			.total_ns = (rt_running.clock_ps - o->begin_ps) / PSEC_PER_NSEC,
			.lock_wait_ns = o->lock_wait_ps / PSEC_PER_NSEC,
			.lock_hold_ns = o->lock_hold_ps / PSEC_PER_NSEC,
			.ipi_ns = o->ipi_ps / PSEC_PER_NSEC,
			.yields = o->yields,
			.flushes = o->flushes,
			.lost_cas = o->lost_cas,
		};
	if (unlikely(o - 1 > t->ops))
		rt_op_end_inner(o - 1, o);
}

#endif
