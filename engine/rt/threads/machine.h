/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_THREADS_MACHINE_H
#define ENGINE_RT_THREADS_MACHINE_H

/* The tasks of one run on real threads.  Private to engine/rt/threads. */
#include "engine/rt/rt.h"
#include "engine/rt/threads/epoch.h"
#include "engine/rt/threads/park.h"

#define TASK_MAX_HOLDS	6	/* locks one task may hold at once */
#define TASK_MAX_OPS	4	/* operations nest this deep */
#define OP_NONE		RT_MAX_OPS	/* outside any operation: counted, never reported */
#define NR_OPS		(RT_MAX_OPS + 1)

struct task_op {
	unsigned int	 op;
	uint64_t	 begin_ns;
	uint64_t	 lock_wait_ns, lock_hold_ns, ipi_ns;
	uint32_t	 yields, flushes, lost_cas;
};

#define SRCU_ALL_VMS	(-1)

/* Only its own thread touches a task, but where a comment says otherwise. */
struct rt_task {
	unsigned int	 id;
	pthread_t	 thread;
	const struct rt_task_def *def;

	/* waiting; the list's guard covers all but @park */
	struct park	 park;
	struct rt_task	*wait_next;
	bool		 wait_write;
	uint64_t	 wait_value;
	struct park	 cond_park;
	struct rt_task	*cond_next;

	/* guest: kickers look at @in_guest and add to @kicked */
	_Atomic bool	 in_guest;
	_Atomic uint32_t kicked;

	/* read sections: synchronisers look at these */
	struct epoch_reader rcu, srcu;
	_Atomic int64_t	 srcu_vm;	/* whose memslots, or SRCU_ALL_VMS */

	/* accounting */
	unsigned int	 nr_holds, nr_ops;
	const struct rt_rwlock *holds[TASK_MAX_HOLDS];
	bool		 hold_write[TASK_MAX_HOLDS];
	uint64_t	 held_since_ns, stretch_ns, slice_ns;
	uint64_t	 watched_ns;	/* longest stretch since rt_stretch_begin() */
	struct task_op	 ops[TASK_MAX_OPS + 1];	/* [0]: outside any operation */
	uint64_t	 think_ns, busy_ns, kicked_ns, kicks, order_wait_ns, end_ns, switches;
	uint64_t	 longest_stretch_ns[NR_OPS], yields[NR_OPS], flushes[NR_OPS], lost_cas[NR_OPS];
	struct rt_blame	 blame[NR_OPS][NR_OPS];
};

struct machine {
	struct rt_task	*tasks;
	unsigned int	 nr_tasks;
	struct rt_config config;
	bool		 running;
	uint64_t	 start_ns;
	struct rt_task	 outside;	/* whoever calls when no run is on */
	_Atomic uint64_t rcu_freed;
};

extern struct machine machine;
extern __thread struct rt_task *rt_current;

static inline struct rt_task *self(void)
{
	struct rt_task *t = rt_current;

	return t ? t : &machine.outside;
}

static inline struct task_op *op_of(struct rt_task *t)
{
	return &t->ops[t->nr_ops];
}

/* --- rcu.c --- */

void rcu_thread_begin(void);
void rcu_thread_end(void);
void rcu_finish(void);		/* every callback has run when it returns */

/* --- account.c --- */

/* A stretch without a real chance to run for others ended at @ns. */
void stretch_note(struct rt_task *t, uint64_t ns);
void account_report(struct rt_stats *stats);

#endif
