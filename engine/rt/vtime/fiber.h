/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_FIBER_H
#define ENGINE_RT_VTIME_FIBER_H

/*
 * What AddressSanitizer and ThreadSanitizer want to hear about coroutines;
 * nothing in other builds.
 */
#include "engine/rt/vtime/machine.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

static inline void fiber_create(struct rt_task *t)
{
#ifdef FIBER_TSAN
	t->fiber = __tsan_create_fiber(0);
#endif
}

static inline void fiber_destroy(struct rt_task *t)
{
#ifdef FIBER_TSAN
	if (t->fiber)
		__tsan_destroy_fiber(t->fiber);
	t->fiber = NULL;
#endif
}

/* The thread rt_run() was called on, as a fibre to come back to. */
static inline void fiber_home(struct rt_task *home)
{
#ifdef FIBER_TSAN
	home->fiber = __tsan_get_current_fiber();
#endif
}

/* Right before the jump.  A task that has ended does not come back. */
static inline void fiber_leaving(struct rt_task *from, struct rt_task *to)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(from->live ? &from->fake_stack : NULL, to->stack, to->stack_size);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* Right after it, on the new stack; the first arrival from home tells where home's stack is. */
static inline void fiber_arrived(struct rt_task *t, struct rt_task *from)
{
#ifdef FIBER_ASAN
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(t->fake_stack, &bottom, &size);
	if (from == &machine.home) {
		from->stack = (char *)(uintptr_t)bottom;
		from->stack_size = size;
	}
#endif
}

static inline void fiber_forget_stack(void *stack, size_t size)
{
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(stack, size);
#endif
}

#endif
