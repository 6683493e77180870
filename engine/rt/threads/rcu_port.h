/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_THREADS_RCU_PORT_H
#define ENGINE_RT_THREADS_RCU_PORT_H

/*
 * RCU is liburcu's memb flavour.  ThreadSanitizer cannot see into that library
 * and would take every grace period for a race, so its builds use the epochs
 * of epoch.h, which SRCU uses in all builds.
 */
#include <stdint.h>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define RT_OWN_RCU 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define RT_OWN_RCU 1
#endif

#ifdef RT_OWN_RCU
struct rt_rcu_head {
	struct rt_rcu_head *next;
	void		  (*fn)(struct rt_rcu_head *head);
	uint64_t	    epoch;
};
#else
#include <urcu/urcu-memb.h>

struct rt_rcu_head {
	struct rcu_head	    urcu;
	struct rt_rcu_head *next;
	void		  (*fn)(struct rt_rcu_head *head);
};
#endif

#endif
