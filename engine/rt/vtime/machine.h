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
#include "base/prng.h"
#include "engine/rt/rt.h"
#include "engine/rt/vtime/heap.h"

#define TASK_MAX_HOLDS	6	/* locks one task may hold at once */
#define TASK_MAX_OPS	4	/* operations nest this deep */
#define OP_NONE		RT_MAX_OPS	/* outside any operation: counted, never reported */
#define NR_OPS		(RT_MAX_OPS + 1)

/* Why a task that comes out of the heap does not simply go on. */
enum task_flag {
	TASK_NEEDS_CPU = 1,	/* woken: must get a CPU first */
	TASK_RESCHED = 2,	/* gives up its CPU where it may be preempted */
	TASK_DELAYED = 4,	/* its clock moved on since it entered the heap */
	TASK_PARKED = 8,	/* preempted while in the heap: the entry is void */
};

enum task_mode { MODE_HOST, MODE_GUEST, MODE_BUSY };

/* What a task that is blocked waits for; names are in deadlock.c. */
enum task_wait {
	WAIT_NONE,
	WAIT_READ,
	WAIT_WRITE,
	WAIT_GATE,
	WAIT_COND,
	WAIT_SRCU,
	WAIT_MEMORY,
};

/* One lock held by one task. */
struct rt_hold {
	struct rt_rwlock *lock;		/* NULL: free */
	struct rt_hold	 *prev, *next;	/* others inside, in order of entry */
	uint16_t	  task;
	uint8_t		  op;		/* blamed for waits while it is the oldest inside */
};

struct task_op {
	unsigned int	 op;
	uint64_t	 begin_ps;
	uint64_t	 lock_wait_ps, lock_hold_ps, ipi_ps;
	uint32_t	 yields, flushes, lost_cas;
};

#define SRCU_ALL_VMS	(-1)

/* Membership of a list of readers in order of begin: RCU or SRCU. */
struct task_reader {
	struct task_reader *prev, *next;
	uint64_t	    number;	/* machine.number at the outermost lock */
	unsigned int	    depth;
	bool		    listed;	/* prev and next mean something */
	int64_t		    vm;		/* SRCU: whose memslots, or SRCU_ALL_VMS */
};

/*
 * What an event touches comes first, in the order of how often: the first cache line is all that a flush
 * reads and writes of each task it kicks.
 */
struct rt_task {
	uint64_t	 clock_ps;	/* stale while it runs: rt_running has it */
	void		*context;	/* where it continues */
	uint16_t	 id;
	uint16_t	 seat;		/* in the heap */
	uint8_t		 flags;		/* enum task_flag */
	uint8_t		 mode;		/* enum task_mode */
	uint8_t		 waiting;	/* enum task_wait */
	bool		 on_cpu;
	bool		 live;
	bool		 cond_woken;
	uint16_t	 nr_holds;
	uint64_t	 guest_since_ps;
	uint64_t	 kicked_until_ps, kicked_ps, kicks;
	uint64_t	 think_ps;
	uint64_t	 held_since_ps;	/* nr_holds became 1 */
	struct task_reader rcu;
	uint64_t	 stretch_ps;	/* holding or reading, and no point to yield, since */
	struct task_op	*op;		/* the innermost one of @ops */
	uint64_t	 watched_ps;	/* longest such since rt_stretch_begin() */
	struct task_reader srcu;
	struct rt_hold	 holds[TASK_MAX_HOLDS];
	struct task_op	 ops[TASK_MAX_OPS + 1]; /* [0]: outside any operation */

	/* waiting */
	struct rt_task	*wait_next;	/* queue of a lock, a gate, SRCU */
	const void	*wait_on;
	uint64_t	 wait_since_ps;
	uint64_t	 wait_value;	/* gate: value; SRCU: number */
	unsigned int	 wait_vm;	/* SRCU */
	struct rt_task	*cond_next;

	int		 vm;		/* of a vCPU */

	/* CPU */
	uint64_t	 cpu_since_ps;	/* when it got its CPU */
	uint64_t	 ready_ps;	/* in the run queue: from here on it lost time */
	unsigned int	 cpu;		/* that it is on, or was last */
	struct rt_task	*cpu_prev, *cpu_next; /* tasks on CPUs, oldest first; or the run queue */

	/* accounting */
	uint64_t	 busy_ps, order_wait_ps, preempted_ps, end_ps;

	/* coroutine */
	const struct rt_task_def *def;
	char		*stack;		/* lowest usable byte */
	size_t		 stack_size;
	void		*fake_stack, *fiber; /* of the sanitizers */
} __attribute__((aligned(64)));

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

struct reader_list {
	struct task_reader *oldest, *newest;
};

struct machine {
	struct heap	 heap;
	uint64_t	 tick_ns;		/* next tick that matters; UINT64_MAX: none */
	uint64_t	 horizon_mask;		/* 0 when shuffled: each point at which it could, it may be held up */
	uint64_t	 coarse_mask;		/* all ones when shared words do not hand over */
	struct rt_task	*tasks;
	unsigned int	 nr_tasks, nr_live;
	struct prng	 ties;
	uint64_t	 tie_bits;
	unsigned int	 ties_left;
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
	struct reader_list rcu, srcu;
	struct rt_rcu_head *rcu_first, *rcu_last;
	struct rcu_decrements *dec_first, *dec_last;
	uint64_t	 rcu_waiting;		/* elements of these two lists */
	struct rt_task	*srcu_first, *srcu_last; /* synchronisers, FIFO */

	/* accounting */
	uint64_t	 blame_ps[NR_OPS][NR_OPS], blame_n[NR_OPS][NR_OPS]; /* [waiter][holder] */
	uint64_t	 longest_stretch_ps[NR_OPS];
	uint64_t	 yields[NR_OPS], flushes[NR_OPS], lost_cas[NR_OPS];
	uint64_t	 switches, rcu_freed;
	unsigned int	 lonely_pauses;

	/* coroutines */
	struct rt_task	 home;		/* rt_run() itself; whoever calls outside a run */
	char		*stacks;
	size_t		 stacks_size;
	struct rt_task	*aborting;	/* ran into what err says, or NULL */
	struct err	*err;
	uint32_t	 run;		/* number of this run: objects of an earlier one have stale times */
};

extern struct machine machine;

static inline struct rt_task *self(void)
{
	return rt_running.task;
}

/* Let earlier tasks run: the first line of every call that others can notice. */
static inline void settle(void)
{
	if (unlikely(rt_running.clock_ps >= rt_running.horizon_ps))
		rt_hand_over();
}

static inline bool has_cpus(void)
{
	return machine.config.host.cpus;
}

/* Times too long for a run must not wrap: they end it with an error instead. */
static inline uint64_t ps_of(uint64_t ns)
{
	return (ns < HEAP_MAX_NS ? ns : HEAP_MAX_NS) * PSEC_PER_NSEC;
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
/* How long a task that asked for @ps really thinks or sleeps. */
uint64_t shuffle_span(uint64_t ps);

static inline uint64_t span_of(uint64_t ns)
{
	return unlikely(machine.config.shuffle) ? shuffle_span(ps_of(ns)) : ps_of(ns);
}

/* --- rcu.c --- */

void readers_list(struct rt_task *t);

/* @t, running, is about to be switched out: others will ask for its sections. */
static inline void readers_leave(struct rt_task *t)
{
	if ((t->rcu.depth && !t->rcu.listed) || (t->srcu.depth && !t->srcu.listed))
		readers_list(t);
}

/* After the last task: every callback. */
void rcu_finish(void);

/* --- account.c --- */

/* Here, at @ps, @t could yield, or stopped keeping others off its CPU: a stretch ends and the next begins. */
static inline void stretch_note(struct rt_task *t, uint64_t ps)
{
	uint64_t *longest = &machine.longest_stretch_ps[t->op->op];
	uint64_t length_ps = ps > t->stretch_ps ? ps - t->stretch_ps : 0;

	if (unlikely(length_ps > *longest))
		*longest = length_ps;
	if (length_ps > t->watched_ps)
		t->watched_ps = length_ps;
	t->stretch_ps = ps;
}

void account_report(struct rt_stats *stats);

/* --- deadlock.c --- */

/* Fills @e with who waits for what; returns its negative status. */
int deadlock_report(struct err *e);

#endif
