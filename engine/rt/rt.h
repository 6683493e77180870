/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_RT_H
#define ENGINE_RT_RT_H

#include "base/err.h"
#include "engine/config/costs.h"
#include "engine/config/policy.h"

/*
 * The machine under the engine.  Engine code is straight-line C against these
 * calls and is compiled once per runtime: -Iengine/rt/vtime (coroutines, virtual
 * time, deterministic) or -Iengine/rt/threads (pthreads, real atomics, real
 * time).  rt_port.h of either folder defines the types below and the inline
 * calls marked [port], and others that are inline in that runtime alone; there is no #ifdef above this line.
 *
 * Under vtime charges only accumulate; a task hands over only in a call marked
 * [hand-over], and only when it is no longer the earliest.
 *
 *   typedef struct { ... } rt_u64;	a shared word; a plain read does not compile
 *   struct rt_rwlock, struct rt_spinlock, struct rt_gate, struct rt_cond
 *   struct rt_rcu_head
 */
#define RT_MAX_OPS	32	/* kinds of operation the caller may number */
#define RT_MAX_TASKS	4096

/* What one operation cost its task. */
struct rt_sample {
	uint64_t total_ns;
	uint64_t lock_wait_ns, lock_hold_ns;
	uint64_t ipi_ns;	/* in rt_kick_all() and rt_broadcast(): sending, and waiting for acknowledgements */
	uint32_t yields, flushes, lost_cas;
};

#include "rt_port.h"

/* --- time and identity ------------------------------------------------- */

/* Index of the running task, 0 .. nr_tasks - 1.				[port] */
static inline unsigned int rt_self(void);
/* vtime: the CPU it is on, below host.cpus; without a limit every task has its own.  threads: as rt_self(). [port] */
static inline unsigned int rt_cpu(void);
/* Virtual or monotonic nanoseconds since the run began, own charges included.	[port] */
static inline uint64_t rt_now_ns(void);
/* Costs @n times primitive @c.  Nothing under threads.				[port] */
static inline void rt_charge(enum cost c, uint64_t n);

/* --- shared words ------------------------------------------------------- */

static inline void rt_word_init(rt_u64 *w, uint64_t v);				/* [port] before anyone shares it */
static inline uint64_t rt_peek(const rt_u64 *w);	/* relaxed read		   [port] */
static inline uint64_t rt_load(const rt_u64 *w);	/* acquire		   [port, hand-over] */
static inline void rt_set(rt_u64 *w, uint64_t v);	/* relaxed store, exclusive section [port] */
static inline void rt_store(rt_u64 *w, uint64_t v);	/* release		   [port, hand-over] */
/* Compare and swap; on failure *@seen becomes the value found.		   [port, hand-over] */
static inline bool rt_cas(rt_u64 *w, uint64_t *seen, uint64_t new);
static inline uint64_t rt_xchg(rt_u64 *w, uint64_t v);		/* [port, hand-over] */
static inline uint64_t rt_fetch_and(rt_u64 *w, uint64_t mask);	/* [port, hand-over] */
static inline uint64_t rt_fetch_or(rt_u64 *w, uint64_t bits);	/* [port, hand-over] */
static inline uint64_t rt_fetch_add(rt_u64 *w, uint64_t n);	/* [port, hand-over] */

/*
 * Nobody would get a turn while the running task reads shared words and charges @nr times @c between them: then it
 * need not read those that it knows, only charge.  Under threads always.	   [port]
 */
static inline bool rt_reads_alone(uint64_t nr, enum cost c);
/*
 * Words that the running task has read say the same until it comes to a call that waits, or kicks: neither they nor
 * pins hand over in this run.  Under threads never.				   [port]
 */
static inline bool rt_words_stand(void);

/* --- words that nobody decides by: no order, never a hand-over -------------- */

static inline void rt_count(uint64_t *counter, uint64_t n);	/* [port] */
static inline void rt_count_most(uint64_t *most, uint64_t n);	/* [port] */
/* Bits of a map that several tasks may change at once.			   [port] */
static inline void rt_bits_set(uint64_t *word, uint64_t bits);
static inline void rt_bits_clear(uint64_t *word, uint64_t bits);

/* In every loop that spins on memory, or virtual time stops.		   [hand-over] */
void rt_pause(void);

/* --- locks: queued rwlock, FIFO spinlock -------------------------------- */

void rt_rwlock_init(struct rt_rwlock *l, const char *name);
void rt_read_lock(struct rt_rwlock *l);		/* [hand-over] */
void rt_read_unlock(struct rt_rwlock *l);	/* [hand-over] */
void rt_write_lock(struct rt_rwlock *l);	/* [hand-over] */
void rt_write_unlock(struct rt_rwlock *l);	/* [hand-over] */
/* Somebody is queued: the kernel's rwlock_is_contended(). [hand-over] */
bool rt_rwlock_contended(const struct rt_rwlock *l);
/* Asserts for the engine. */
bool rt_rwlock_held_write(const struct rt_rwlock *l);
bool rt_rwlock_held(const struct rt_rwlock *l);

void rt_spin_init(struct rt_spinlock *l);
void rt_spin_lock(struct rt_spinlock *l);	/* [hand-over] */
void rt_spin_unlock(struct rt_spinlock *l);

/* --- yielding ------------------------------------------------------------ */

/* The running task has used up its CPU's tick (or lock.resched_us). [hand-over] */
bool rt_need_resched(void);
/* lock.needbreak of the policy given to rt_run(), applied to @l. [hand-over] */
bool rt_needbreak(const struct rt_rwlock *l);
/* Drop, let others run, take again at the back of the queue.  Return: whether it dropped. [hand-over] */
bool rt_cond_resched_read(struct rt_rwlock *l);
bool rt_cond_resched_write(struct rt_rwlock *l);

/*
 * In one go: @nr times, charge @before, come to a point at which the walk could yield @l (NULL:
 * there are none), charge @after (either may be RT_NO_COST).  Return: false, with nothing charged, when
 * somebody could notice: another task's turn would come meanwhile, or the walk would yield.  Then
 * the caller takes the steps one by one; also always under threads, where they take real time.
 */
#define RT_NO_COST NR_COSTS
bool rt_charge_steps(const struct rt_rwlock *l, uint64_t nr, enum cost before, enum cost after);

/* --- RCU, SRCU ------------------------------------------------------------ */

void rt_rcu_read_lock(void);
void rt_rcu_read_unlock(void);
/* @fn runs after a grace period, in no task's context (under threads beside the tasks); it may only free. */
void rt_call_rcu(struct rt_rcu_head *head, void (*fn)(struct rt_rcu_head *head));
/* *@counter goes down by one after a grace period; any number of them pending take little memory. */
void rt_rcu_decrement(uint32_t *counter);
/* Nobody but the running task is in a section; false where nobody can tell (threads). */
bool rt_rcu_alone(void);
/* For checks: a mark in time; has every section of other tasks that began before it ended?  (Under threads always.) */
uint64_t rt_rcu_mark(void);
bool rt_rcu_passed(uint64_t mark);
/*
 * Memslot readers of VM @vm: a reader counts from its rt_srcu_lock() on.  Sections may be inside each other; one of
 * another VM makes the whole of them count for every VM.
 */
void rt_srcu_lock(unsigned int vm);
void rt_srcu_unlock(void);
void rt_srcu_synchronize(unsigned int vm);	/* [hand-over] waits for readers of @vm that began before */

/* --- the guest -------------------------------------------------------------- */

/* vCPU task: run guest code for @ns; remote flushes prolong it.	[hand-over] */
void rt_think(uint64_t ns);
/* On the CPU in the host, outside any operation (other exits).	[hand-over] */
void rt_busy(uint64_t ns);
/* Off the CPU.								[hand-over] */
void rt_idle(uint64_t ns);
/* Off the CPU until virtual time @ns (vtime) or that long after the run began. */
void rt_idle_until(uint64_t ns);
/*
 * Remote TLB flush of VM @vm: every vCPU task of it that is in guest mode pays
 * COST_KICK; the sender pays COST_FLUSH_FIXED + targets * COST_FLUSH_TARGET
 * and waits for the acknowledgements.					[hand-over]
 */
void rt_kick_all(unsigned int vm);
/*
 * A TLB invalidation that the hardware takes to every CPU (arm64): it interrupts nobody, the sender pays @c and
 * COST_TLBI_CPU for each of @cpus, and others get on meanwhile.	[hand-over]
 */
void rt_broadcast(enum cost c, uint64_t cpus);
/* Whoever is not further than the running task gets there first: where shared words do not hand over. [hand-over] */
void rt_catch_up(void);

/* --- waiting ------------------------------------------------------------------ */

/* A gate is a counter that only grows; waiters sleep until it reaches a value. */
void rt_gate_init(struct rt_gate *g);
void rt_gate_raise(struct rt_gate *g, uint64_t value);
void rt_gate_wait(struct rt_gate *g, uint64_t value);	/* [hand-over] counted as order wait */
/* Condition variable under a spinlock. */
void rt_cond_init(struct rt_cond *c);
void rt_cond_wait(struct rt_cond *c, struct rt_spinlock *held);	/* [hand-over] */
void rt_cond_wake_all(struct rt_cond *c);

/* --- pins: instants inside an operation that a guided replay may place --------- */

enum rt_pin {
	RT_PIN_FAST,		/* fast_page_fault is about to try */
	RT_PIN_FAST_SAID,	/* it has, and is about to say what it finds there now */
	RT_PIN_SNAPSHOT,	/* fault: before mmu_invalidate_seq is read */
	RT_PIN_LOOKED_UP,	/* fault: host page found, before the second precheck */
	RT_PIN_LOCK,		/* any operation: about to take mmu_lock for the first time */
	RT_PIN_LOCKED,		/* fault: mmu_lock taken, before the stale check */
	RT_PIN_MAP,		/* fault: stale check passed, before the map */
	RT_PIN_CHANGE,		/* an entry has been read, before the compare-and-swap of it */
	RT_PIN_MAKE,		/* arm64: a broken entry is about to be made */
	RT_PIN_INV_ACTIVE,	/* invalidate start: before mn_active_invalidate_count++ */
	RT_PIN_INV_BEGIN,	/* lock taken, before in_progress++ */
	RT_PIN_INV_END,		/* lock taken, before seq++ */
	RT_PIN_SWAP,		/* memslots about to be published */
	RT_PIN_SWAPPED,		/* published, nobody reads the old ones; before the generation advances */
	RT_PIN_OTHER,		/* any other operation, lock taken, before its first change */
	RT_PIN_LEVEL,		/* a walk has asked how large a page may be, and has changed nothing yet */
	RT_PIN_RESCHED,		/* rt_need_resched(): any time but 0 says that the CPU is wanted; nobody waits */
	RT_PIN_RELOCK,		/* a walk has dropped the lock to yield, before it takes it again */
	RT_PIN_NR
};

/*
 * vtime: the running task waits for @lock (its name) from now on, or, @begins false, has waited: for the lock as a
 * whole (@write), or for its share of it.
 */
typedef void (*rt_wait_fn)(void *arg, unsigned int task, const char *lock, bool write, bool begins);

/* Return: the absolute time (ns) to wait for, or 0 to go on at once. */
typedef uint64_t (*rt_pin_fn)(void *arg, unsigned int task, enum rt_pin pin);
/* Nothing unless rt_run() was given a pin function.			[hand-over] */
static inline void rt_pin(enum rt_pin pin)
{
	rt_port_pin(pin);
}

/* --- accounting ------------------------------------------------------------------ */

/*
 * From here on waits and holds are @op's (0 .. RT_MAX_OPS - 1).  Operations nest; what the inner
 * one cost is in the outer one's sample, too.  Outside any operation nothing is counted.
 */
void rt_op_begin(unsigned int op);
/* @out may be NULL. */
void rt_op_end(struct rt_sample *out);
/*
 * Part of an operation: the longest stretch without a point to yield (struct rt_stats) from begin to end,
 * the one that is still going on included.  They do not nest.
 */
void rt_stretch_begin(void);
uint64_t rt_stretch_end(void);
/* A compare-and-swap on an entry lost: counted for the running op. */
void rt_note_lost_cas(void);

/*
 * Time waited, by who held the lock meanwhile (of several readers the one longest inside; under
 * threads whoever entered last before the wait); n counts waits that began then.  Over all
 * holders it sums up to the waiter's lock_wait_ns.
 */
struct rt_blame { uint64_t ns, n; };

/* kicked_ns is on top of think_ns; preempted_ns is time without a CPU while ready (vtime). */
struct rt_task_stats {
	uint64_t think_ns, busy_ns, kicked_ns, kicks, order_wait_ns, preempted_ns, end_ns;
};

struct rt_stats {
	uint64_t	end_ns;		/* when the last task ended */
	bool		deadlock;	/* the run ended since every task waited for another (vtime) */
	struct rt_blame	blame[RT_MAX_OPS][RT_MAX_OPS]; /* [waiter][holder] */
	/*
	 * Longest time with a lock held or in an RCU section without a point to yield: both left, a
	 * lock dropped to yield, or (vtime) a call that looks whether to: rt_need_resched(),
	 * rt_cond_resched_*().
	 */
	uint64_t	longest_stretch_ns[RT_MAX_OPS];
	uint64_t	yields[RT_MAX_OPS], flushes[RT_MAX_OPS], lost_cas[RT_MAX_OPS];
	uint64_t	switches;	/* from task to task: of coroutines, or the kernel's count */
	uint64_t	rcu_freed;	/* callbacks run */
	struct rt_task_stats *task;	/* nr_tasks of them, owned by the caller */
};

/* --- running ------------------------------------------------------------------------ */

struct rt_task_def {
	void		(*fn)(void *arg);
	void		*arg;
	int		 vm;		/* whose vCPU it is, or -1: a host task */
	uint64_t	 start_ns;	/* it begins off the CPU until then */
};

enum rt_grain { RT_GRAIN_OP, RT_GRAIN_ACCESS };	/* where shared reads hand over: coarse, fine */

struct rt_config {
	const struct costs	*costs;		/* NULL: everything is free (guided replay) */
	const struct policy	*policy;	/* lock.needbreak, lock.resched_us */
	struct host_model	 host;		/* cpus 0: one per task */
	enum rt_grain		 grain;
	uint64_t		 seed;
	/*
	 * vtime, for finding schedules in which something breaks: tasks are held up at random points
	 * and think and sleep for other times than they ask for, so that every seed is another schedule.
	 */
	bool			 shuffle;
	uint64_t		 max_switches;	/* vtime: the run stops there (rt_stop()); 0: no limit */
	rt_pin_fn		 pin;		/* NULL: no pins */
	void			*pin_arg;
	rt_wait_fn		 wait;		/* vtime; NULL: nobody wants to know */
	void			*wait_arg;
};

/**
 * rt_run() - run the tasks to their ends.
 *
 * Return: 0; ERR_NO after rt_stop(); ERR_MACHINE for lack of memory or stacks, or when every task
 * waits for another (vtime names them).
 */
int rt_run(const struct rt_config *config, const struct rt_task_def *tasks, unsigned int nr_tasks,
	   struct rt_stats *stats, struct err *e);

/*
 * Ends the run here and now, for all tasks: rt_run() returns -ERR_NO and leaves @e alone.  What the
 * tasks' stacks own is lost, and what they hold stays held.  Only vtime can do that during a run;
 * otherwise this returns.
 */
void rt_stop(void);
/* From task to task so far (vtime; 0 under threads). */
uint64_t rt_switches(void);

#endif
