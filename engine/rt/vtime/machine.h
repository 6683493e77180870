/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_MACHINE_H
#define ENGINE_RT_VTIME_MACHINE_H

/*
 * The machine of one virtual-time run.  Private to engine/rt/vtime.
 *
 * - A live task is running, in the heap (it runs again at its clock), in the
 *   run queue (it waits for a CPU), or blocked (somebody will wake it).
 * - A task waiting for a lock is blocked but keeps its CPU: it spins.
 * - Shared state changes in heap order, so in order of virtual time.
 * - With host.cpus == 0 every task has a CPU of its own; none of the CPU
 *   fields is touched then.
 */
#include <stddef.h>

#include "base/prng.h"
#include "engine/rt/rt.h"
#include "engine/rt/vtime/heap.h"

_Static_assert(HEAP_MAX_NS == RT_MAX_NS, "keys have room for every time");
/* Three cache lines of a task are all that most operations touch. */
_Static_assert(offsetof(struct rt_task, held_since_ps) == 64 && offsetof(struct rt_task, holds[1]) == 128 &&
	       sizeof(struct task_op) == 64, "what an event touches is packed");

/* rt_config.shuffle */
struct shuffle {
	struct prng	 chance;
	unsigned int	 left;		/* hand-over points until somebody is held up */
	unsigned int	 mean;		/* ... on average */
	unsigned int	 unit_ns;	/* hold-ups are of this order */
	unsigned int	 hurry;		/* times asked for are divided by about 2^hurry */
};

/*
 * Decrements of one counter waiting for their grace periods, evenly spaced: the first is due at
 * @due_ps, @due_step_ps before the next, and came as @number, @number_step before it.
 */
struct rcu_decrements {
	struct rcu_decrements *next;
	uint32_t *counter;
	uint64_t  nr;
	uint64_t  due_ps, due_step_ps;
	uint64_t  number, number_step;
};

struct machine {
	struct heap	 heap;
	uint64_t	 tick_ns;		/* next tick that matters; UINT64_MAX: none */
	uint64_t	 horizon_mask;		/* 0 when shuffled: each point at which it could, it may be held up */
	struct rt_task	*tasks;
	unsigned int	 nr_tasks, nr_live;
	struct prng	 ties;
	uint64_t	 tie_bits;
	int		 ties_left;
	uint64_t	 max_switches, switches_left;	/* counted down; from 0 it never gets to 0 again */
	struct rt_config config;
	struct shuffle	 shuffle;
	bool		 running, stopped, deadlock;

	/* CPUs: only with config.host.cpus */
	unsigned int	 free_cpus, nr_queued;
	uint64_t	 cpu_taken[RT_MAX_TASKS / 64]; /* a bit for each, as far as anybody may ask which */
	uint64_t	 period_ns;
	struct rt_task	*cpu_oldest, *cpu_newest;	/* on a CPU */
	struct rt_task	*queue_head, *queue_tail;	/* want one */

	/* vCPU tasks by VM */
	unsigned int	 nr_vms;
	struct rt_task	**vcpus;		/* sorted by VM */
	unsigned int	*vm_first;		/* nr_vms + 1 indices into vcpus */

	/* RCU, SRCU */
	uint64_t	 number;		/* of the last section or callback */
	struct rt_task	*rcu_oldest, *rcu_newest;	/* who reads, by number */
	struct rt_rcu_head *rcu_first, *rcu_last;
	struct rcu_decrements *dec_first, *dec_last;
	struct rt_task	*srcu_first, *srcu_last; /* synchronisers, FIFO */
	uint32_t	 srcu_synced;		/* number of the last one */

	/* accounting */
	uint64_t	 blame_ps[NR_OPS][NR_OPS], blame_n[NR_OPS][NR_OPS]; /* [waiter][holder] */
	uint64_t	 yields[NR_OPS], flushes[NR_OPS], lost_cas[NR_OPS];
	uint64_t	 rcu_freed;
	unsigned int	 lonely_pauses;

	/* coroutines */
	struct rt_task	 home;		/* rt_run() itself; whoever calls outside a run */
	char		*stacks;
	size_t		 stacks_size;
	struct rt_task	*aborting;	/* ran into what err says, or NULL */
	struct err	*err;
};

extern struct machine machine;

static inline struct rt_task *self(void)
{
	return rt_running.task;
}

static inline bool is_free(const struct rt_rwlock *l)
{
	return l->inside.next == &l->inside;
}

static inline bool has_cpus(void)
{
	return machine.config.host.cpus;
}

/* --- sched.c: who runs next --- */

/* @t runs again at its clock. */
void sched_push(struct rt_task *t);
/* The running task stops until somebody pushes it. */
void sched_block(void);
/* The running task re-enters the heap at its clock, even when it is the earliest. */
void sched_requeue(void);
/* The running task has ended. */
void sched_exit(void) __attribute__((noreturn));
/* Runs the tasks in the heap to their ends. */
int sched_run(void);
/* Recompute when the running task must look up, after machine.tick_ns changed. */
void sched_horizon(void);
/* The running task sleeps off its CPU until task_wake(); after settle(). */
void task_wait(enum task_wait what, const void *on);
/* @t, asleep, goes on no earlier than @at_ps, once it has a CPU. */
void task_wake(struct rt_task *t, uint64_t at_ps);

/* --- task.c: coroutines --- */

int task_stacks_alloc(unsigned int nr, struct err *e);
void task_stacks_free(void);
void task_init(struct rt_task *t, unsigned int id, const struct rt_task_def *def);
void task_fini(struct rt_task *t);
void task_switch(struct rt_task *from, struct rt_task *to);

/* --- cpu.c: CPUs as a resource; only where has_cpus() --- */

/* @t came out of the heap with TASK_NEEDS_CPU or TASK_RESCHED: may it go on now? */
bool cpu_admit(struct rt_task *t);
/* The running task lets its CPU go; after settle(). */
void cpu_release(void);
/* @t, spinning on its lock, got it: it goes on at its clock, or when it has a CPU again. */
void cpu_lock_granted(struct rt_task *t);
/* The running task may be preempted here and was asked to. */
void cpu_preempt(void);
/* The tick at machine.tick_ns. */
void cpu_tick(void);
/* With an empty heap: can any number of ticks get a task going? */
bool cpu_tick_helps(void);

/* --- shuffle.c: only with config.shuffle --- */

void shuffle_init(void);
/* The running task may be held up here. */
void shuffle_point(void);
/* --- rcu.c --- */

/* @t, which reads, is about to be switched out: others will ask for its section. */
void rcu_list_reader(struct rt_task *t);
/* After the last task: every callback. */
void rcu_finish(void);

/* --- account.c --- */

void account_report(struct rt_stats *stats);

/* --- deadlock.c --- */

/* Fills @e with who waits for what; returns its negative status. */
int deadlock_report(struct err *e);

#endif
