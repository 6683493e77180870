/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_TASK_H
#define ENGINE_RT_VTIME_TASK_H

/*
 * One task of a virtual-time run.  Seen by engine code only for the sake of the inline calls of rt_port.h;
 * nobody outside engine/rt/vtime has business inside.
 */
#include "base/types.h"

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

/* A guest without a CPU is MODE_PREEMPTED. */
enum task_mode { MODE_HOST, MODE_GUEST, MODE_PREEMPTED, MODE_BUSY };

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

/* One lock held by one task: in the ring of those inside, in order of entry. */
struct rt_hold {
	struct rt_hold	 *prev, *next;
	struct rt_rwlock *lock;		/* NULL: free */
	uint16_t	  task;
	uint8_t		  op;		/* blamed for waits while it is the oldest inside */
};

struct task_op {
	uint64_t	 begin_ps;
	uint64_t	 lock_wait_ps, lock_hold_ps, ipi_ps;
	uint64_t	 stretch_ps;	/* the longest without a point to yield, or that since rt_stretch_begin() */
	uint32_t	 op;
	uint32_t	 yields, flushes, lost_cas;
} __attribute__((aligned(64)));

#define SRCU_ALL_VMS	UINT32_MAX

/*
 * What an event touches comes first, and its operation is the third cache line: tasks take turns, so each line
 * of one has left the nearest cache when it goes on.  The first line is all that a flush reads and writes of
 * each task it kicks.
 */
struct rt_task {
	uint64_t	 clock_ps;	/* stale while it runs: rt_running has it */
	void		*context;	/* where it continues */
	uint16_t	 id;
	uint8_t		 flags;		/* enum task_flag */
	uint8_t		 mode;		/* enum task_mode */
	uint8_t		 waiting;	/* enum task_wait */
	bool		 on_cpu;
	uint64_t	 guest_from_ps;	/* in the guest since then: entered, or again after a kick */
	uint64_t	 kicks;
	uint64_t	 think_ps;
	uint64_t	 stretch_ps;	/* holding or reading, and no point to yield, since */
	struct task_op	*op;		/* the innermost one of @ops */

	uint64_t	 held_since_ps;	/* nr_holds became 1 */
	uint16_t	 nr_holds;
	uint16_t	 rcu_depth, srcu_depth;
	bool		 rcu_listed;
	bool		 live;
	uint64_t	 rcu_number;	/* machine.number at the section's begin; 0: nobody could ask yet */
	uint32_t	 srcu_vm;	/* whose memslots it reads, or SRCU_ALL_VMS */
	uint32_t	 srcu_synced;	/* number of the first synchroniser that found it reading; 0: none */
	struct rt_hold	 holds[TASK_MAX_HOLDS];

	struct task_op	 ops[TASK_MAX_OPS + 1]; /* [0]: outside any operation */

	/* waiting */
	struct rt_task	*wait_next;	/* queue of a lock, a gate, SRCU */
	const void	*wait_on;
	uint64_t	 wait_since_ps;
	uint64_t	 wait_value;	/* gate: value; SRCU: readers it waits for */
	uint32_t	 wait_vm, wait_number;	/* SRCU: whose memslots, and which synchroniser it is */
	struct rt_task	*cond_next;
	bool		 cond_woken;

	int		 vm;		/* of a vCPU */
	struct rt_task	*rcu_prev, *rcu_next; /* readers by number */

	/* CPU */
	uint64_t	 cpu_since_ps;	/* when it got its CPU */
	uint64_t	 ready_ps;	/* in the run queue: from here on it lost time */
	uint64_t	 kicked_until_ps;	/* on its way out and in for a kick */
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

#endif
