/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_THREADS_PARK_H
#define ENGINE_RT_THREADS_PARK_H

/*
 * A place to wait for one wake-up: spins briefly, then sleeps in the kernel,
 * so that waiters do not keep the one they wait for off its CPU.
 */
#include <stdatomic.h>
#include <stdint.h>

struct park {
	_Atomic uint32_t woken;
};

/* Before anyone can know that we will wait. */
static inline void park_prepare(struct park *p)
{
	atomic_store_explicit(&p->woken, 0, memory_order_relaxed);
}

/* Returns once park_wake() has been called since park_prepare(). */
void park_wait(struct park *p);
/* After it the waiter may be gone, but its struct park must still be memory. */
void park_wake(struct park *p);

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
