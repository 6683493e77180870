/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/rt/threads/park.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPIN_ROUNDS	200	/* a few microseconds, about what sleeping and waking costs */

enum { ASLEEP = 2 };		/* beside 0: waiting, 1: woken */

void park_wait(struct park *p)
{
	uint32_t waiting = 0;

	for (int i = 0; i < SPIN_ROUNDS; i++) {
		if (atomic_load_explicit(&p->woken, memory_order_acquire))
			return;
		cpu_relax();
	}
	if (!atomic_compare_exchange_strong(&p->woken, &waiting, ASLEEP))
		return;
	while (atomic_load_explicit(&p->woken, memory_order_acquire) == ASLEEP)
		syscall(SYS_futex, &p->woken, FUTEX_WAIT_PRIVATE, ASLEEP, NULL, NULL, 0);
}

void park_wake(struct park *p)
{
	if (atomic_exchange(&p->woken, 1) == ASLEEP)
		syscall(SYS_futex, &p->woken, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
