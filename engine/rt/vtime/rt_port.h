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
#include "base/types.h"
#include "engine/config/costs.h"

#define RT_ENTRY(name)	name##_vtime
#define RT_IS_VIRTUAL	1	/* for reports, and who may share what: tasks never run at once */

struct rt_task;			/* engine/rt/vtime/machine.h */
struct rt_hold;

typedef struct {
	uint64_t word;
} rt_u64;

/* The running task as the inline calls need it; the rest is in struct rt_task. */
struct rt_running {
	uint64_t	 clock_ps;
	uint64_t	 horizon_ps;		/* from here on somebody else may be earlier */
	uint64_t	 fine_horizon_ps;	/* the same for shared words; never, when coarse */
	struct rt_task	*task;
	unsigned int	 self;
	bool		 pinned;		/* the run has a pin function */
	uint64_t	 cost_ps[NR_COSTS];
};

extern struct rt_running rt_running;

/* Let every task with an earlier clock run. */
void rt_hand_over(void);
void rt_pin_wait(unsigned int pin);

/*
 * FIFO queue in front, one writer or any number of readers inside.
 * - @oldest .. @newest are the holds of those inside, in order of entry;
 * - the queue is never entered by a reader when nobody writes, nor by anybody
 *   when nobody is inside;
 * - @time_ps never goes back: it is the instant of the last change.
 */
struct rt_rwlock {
	const char	*name;
	struct rt_hold	*oldest, *newest;
	bool		 writing;
	unsigned int	 line_owner;		/* task + 1 whose cache has the lock word; 0: nobody's */
	uint64_t	 line_free_ps;		/* when the word can move again */
	struct rt_task	*head, *tail;		/* waiters */
	uint64_t	 time_ps;		/* up to here waits are in the blame matrix */
	unsigned int	 last_op;		/* of the last one who left */
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
	return rt_running.self;
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

/* Shared words hand over only when the run's grain is RT_GRAIN_ACCESS. */
static inline void rt_word_step(void)
{
	if (unlikely(rt_running.clock_ps >= rt_running.fine_horizon_ps))
		rt_hand_over();
}

static inline void rt_word_init(rt_u64 *w, uint64_t v)
{
	w->word = v;
}

static inline uint64_t rt_peek(const rt_u64 *w)
{
	return w->word;
}

static inline bool rt_reads_alone(uint64_t nr, enum cost c)
{
	return likely(rt_running.clock_ps + rt_running.cost_ps[c] * nr < rt_running.fine_horizon_ps);
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

#endif
