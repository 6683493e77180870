/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_THREADS_RT_PORT_H
#define ENGINE_RT_THREADS_RT_PORT_H

/*
 * Real time: every task is a pthread, words are C11 atomics, locks are real
 * ones with the rules of the queued rwlock.  Charges cost nothing: the
 * machine itself does.  One run at a time per process.
 *
 * Outside a run the same calls work on behalf of nobody, so that objects can
 * be set up and torn down with them.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/types.h"
#include "engine/config/costs.h"
#include "engine/rt/threads/rcu_port.h"

#define RT_ENTRY(name)	name##_threads
#define RT_IS_VIRTUAL	0	/* for reports, and who may share what */

struct rt_task;			/* engine/rt/threads/machine.h */

typedef struct {
	_Atomic uint64_t word;
} rt_u64;

extern __thread unsigned int rt_this_self;

uint64_t rt_clock_ns(void);
void rt_pin_wait(unsigned int pin);

/* The rules are in rwlock.c. */
struct rt_rwlock {
	const char	*name;
	_Atomic uint64_t state;		/* readers * 4 + queued + writing */
	_Atomic uint32_t holder_op;	/* of the last one who entered */
	pthread_mutex_t	 guard;		/* of the queue */
	struct rt_task	*head, *tail;
};

struct rt_spinlock {
	struct rt_rwlock queue;
};

struct rt_gate {
	_Atomic uint64_t value;
	_Atomic uint32_t nr_waiters;
	pthread_mutex_t	 guard;		/* of the list */
	struct rt_task	*waiters;
};

struct rt_cond {
	pthread_mutex_t	 guard;
	struct rt_task	*waiters;
};

static inline unsigned int rt_self(void)
{
	return rt_this_self;
}

static inline unsigned int rt_cpu(void)
{
	return rt_self();
}

static inline uint64_t rt_now_ns(void)
{
	return rt_clock_ns();
}

static inline void rt_charge(enum cost c, uint64_t n)
{
}

static inline void rt_word_init(rt_u64 *w, uint64_t v)
{
	atomic_init(&w->word, v);
}

static inline uint64_t rt_peek(const rt_u64 *w)
{
	return atomic_load_explicit(&w->word, memory_order_relaxed);
}

static inline bool rt_words_stand(void)
{
	return false;
}

static inline bool rt_reads_alone(uint64_t nr, enum cost c)
{
	return true;
}

static inline uint64_t rt_load(const rt_u64 *w)
{
	return atomic_load_explicit(&w->word, memory_order_acquire);
}

static inline void rt_set(rt_u64 *w, uint64_t v)
{
	atomic_store_explicit(&w->word, v, memory_order_relaxed);
}

static inline void rt_store(rt_u64 *w, uint64_t v)
{
	atomic_store_explicit(&w->word, v, memory_order_release);
}

static inline bool rt_cas(rt_u64 *w, uint64_t *seen, uint64_t new)
{
	return atomic_compare_exchange_strong(&w->word, seen, new);
}

static inline uint64_t rt_xchg(rt_u64 *w, uint64_t v)
{
	return atomic_exchange(&w->word, v);
}

static inline uint64_t rt_fetch_and(rt_u64 *w, uint64_t mask)
{
	return atomic_fetch_and(&w->word, mask);
}

static inline uint64_t rt_fetch_or(rt_u64 *w, uint64_t bits)
{
	return atomic_fetch_or(&w->word, bits);
}

static inline uint64_t rt_fetch_add(rt_u64 *w, uint64_t n)
{
	return atomic_fetch_add(&w->word, n);
}

static inline void rt_count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static inline void rt_count_most(uint64_t *most, uint64_t n)
{
	uint64_t seen = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (n > seen && !__atomic_compare_exchange_n(most, &seen, n, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static inline void rt_bits_set(uint64_t *word, uint64_t bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
}

static inline void rt_bits_clear(uint64_t *word, uint64_t bits)
{
	__atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
}

static inline void rt_port_pin(unsigned int pin)
{
	rt_pin_wait(pin);
}

#endif
