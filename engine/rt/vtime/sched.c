/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who runs next: the task with the smallest (time, seeded tie, number).  One
 * coroutine switches straight to the next; there is no scheduler coroutine.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>

#define PAUSE_PS	(20 * PSEC_PER_NSEC)	/* one round of a spin loop */
#define LONELY_PAUSES	(1u << 20)

struct machine machine = { .home = { .ops[0].op = OP_NONE, .op = machine.home.ops } };
struct rt_running rt_running = {
	.horizon_ps = UINT64_MAX,
	.task = &machine.home,
};

/* Back to rt_run(), for good. */
static void __attribute__((noreturn)) go_home(struct rt_task *from)
{
	from->live = false;
	task_switch(from, &machine.home);
	__builtin_unreachable();
}

void rt_stop(void)
{
	if (!machine.running)
		return;
	machine.stopped = true;
	go_home(self());
}

uint64_t rt_switches(void)
{
	return machine.max_switches - machine.switches_left;
}

static void __attribute__((noreturn)) give_up(struct rt_task *t)
{
	machine.aborting = t;
	go_home(t);
}

/* A few bits of one random number at a time. */
static inline unsigned int next_tie(void)
{
	unsigned int bits;

	if (unlikely(--machine.ties_left < 0)) {
		machine.tie_bits = prng_next(&machine.ties);
		machine.ties_left = 64 / HEAP_TIE_BITS - 1;
	}
	bits = machine.tie_bits & (BIT_ULL(HEAP_TIE_BITS) - 1);
	machine.tie_bits >>= HEAP_TIE_BITS;
	return bits;
}

static __attribute__((noinline, noreturn)) void runs_too_long(const struct rt_task *t)
{
	err_set(machine.err, ERR_MACHINE,
		"task %u passed 78 hours of virtual time, the most a run can have; replay less of the trace", t->id);
	give_up(self());
}

static inline uint64_t key_of(const struct rt_task *t, uint64_t clock_ps)
{
	uint64_t ns = clock_ps / PSEC_PER_NSEC;

	if (unlikely(ns >= HEAP_MAX_NS))
		runs_too_long(t);
	return heap_key(ns, next_tie(), t->id);
}

static inline void set_horizon(void)
{
	uint64_t ns = heap_ns(heap_top(&machine.heap));

	if (unlikely(machine.tick_ns < ns))
		ns = machine.tick_ns;
	rt_running.horizon_ps = ns * PSEC_PER_NSEC & machine.horizon_mask;
}

void sched_horizon(void)
{
	set_horizon();
}

/* @t runs again at its clock; whoever goes on now has its horizon set by run(). */
static inline void push(struct rt_task *t)
{
	heap_enter(&machine.heap, key_of(t, t->clock_ps));
}

void sched_push(struct rt_task *t)
{
	push(t);
	set_horizon();
}

/* @t came out of the heap with a flag: does it go on? */
static bool admit(struct rt_task *t)
{
	if (t->flags & TASK_PARKED) {
		t->flags &= ~TASK_PARKED;
		return false;
	}
	return cpu_admit(t);
}

/* Nobody will ever go on. */
static void __attribute__((noreturn)) hopeless(void)
{
	machine.deadlock = true;
	deadlock_report(machine.err);
	give_up(self());
}

/* A tick comes before the earliest task, or nobody is left. */
static __attribute__((noinline)) void wait_for_tick(void)
{
	uint64_t top = heap_top(&machine.heap);

	if (heap_ns(top) < machine.tick_ns || (top == HEAP_NEVER && !cpu_tick_helps()))
		hopeless();
	cpu_tick();
}

static inline bool is_delayed(const struct rt_task *t)
{
	return (t->flags & (TASK_DELAYED | TASK_PARKED)) == TASK_DELAYED;
}

/* @t, the earliest by its key, is later than that. */
static inline void correct_key(struct rt_task *t)
{
	t->flags &= ~TASK_DELAYED;
	heap_correct(&machine.heap, key_of(t, t->clock_ps));
}

/* Takes out the earliest task that may go on. */
static struct rt_task *take_next(void)
{
	for (;;) {
		uint64_t top = heap_top(&machine.heap);
		struct rt_task *t;

		if (unlikely(heap_ns(top) >= machine.tick_ns || top == HEAP_NEVER)) {
			wait_for_tick();
			continue;
		}
		t = &machine.tasks[heap_id(top)];
		if (is_delayed(t)) {
			correct_key(t);
			continue;
		}
		heap_leave(&machine.heap, top);
		if (likely(!t->flags) || admit(t))
			return t;
	}
}

/* The running task is switched out inside an RCU section. */
static __attribute__((noinline)) void leave_reading(struct rt_task *t, struct rt_task *next)
{
	rcu_list_reader(t);
	task_switch(t, next);
}

/* The running task has been put where it belongs; @next goes on. */
static inline void run(struct rt_task *next)
{
	struct rt_task *t = self();

	set_horizon();
	if (unlikely(!--machine.switches_left))
		rt_stop();
	if (unlikely(t->rcu_depth))
		leave_reading(t, next);
	else
		task_switch(t, next);
}

/* Whoever may go on does; maybe that is the running task again. */
static __attribute__((noinline)) void run_next(void)
{
	struct rt_task *t = self(), *next = take_next();

	if (next != t) {
		run(next);
		return;
	}
	set_horizon();
	rt_running.clock_ps = t->clock_ps;
}

/* The running task stops, in the heap with @key; @next, whose key is @top, the smallest, goes on. */
static inline void run_instead(struct rt_task *next, uint64_t top, uint64_t key)
{
	self()->clock_ps = rt_running.clock_ps;
	heap_swap(&machine.heap, top, key);
	run(next);
}

/* The running task, at @key, waits for its turn; whoever is earliest has a flag, maybe. */
static __attribute__((noinline)) void take_turns(uint64_t key)
{
	struct rt_task *t = self();
	uint64_t top;

	while (heap_ns(top = heap_top(&machine.heap)) < machine.tick_ns && top < key) {
		struct rt_task *next = &machine.tasks[heap_id(top)];

		if (!next->flags) {
			run_instead(next, top, key);
			return;
		}
		if (is_delayed(next)) {
			correct_key(next);
			continue;
		}
		heap_leave(&machine.heap, top);
		if (!admit(next))
			continue;
		t->clock_ps = rt_running.clock_ps;
		heap_enter(&machine.heap, key);
		run(next);
		return;
	}
	if (key < top && heap_ns(key) < machine.tick_ns && !t->flags) {
		set_horizon();
		return;
	}
	t->clock_ps = rt_running.clock_ps;
	heap_enter(&machine.heap, key);
	run_next();
}

/* Without a frame of its own: it is left once for every time that tasks take turns. */
static inline __attribute__((always_inline)) void hand_over(void)
{
	uint64_t key, top = heap_top(&machine.heap);
	struct rt_task *next;

	key = key_of(self(), rt_running.clock_ps);
	if (key < top && heap_ns(key) < machine.tick_ns)
		return;
	if (unlikely(heap_ns(top) >= machine.tick_ns)) {
		sched_requeue();
		return;
	}
	next = &machine.tasks[heap_id(top)];
	if (likely(!next->flags))
		run_instead(next, top, key);
	else
		take_turns(key);
}

static __attribute__((noinline)) void hand_over_shuffled(void)
{
	shuffle_point();
	hand_over();
}

void rt_hand_over(void)
{
	if (unlikely(rt_running.shuffled))
		hand_over_shuffled();
	else
		hand_over();
}

void sched_requeue(void)
{
	take_turns(key_of(self(), rt_running.clock_ps));
}

void sched_block(void)
{
	assert(machine.running);
	self()->clock_ps = rt_running.clock_ps;
	run_next();
}

void sched_exit(void)
{
	struct rt_task *t = self();

	if (has_cpus()) {
		rt_settle();
		cpu_release();
	}
	t->end_ps = t->clock_ps = rt_running.clock_ps;
	t->live = false;
	if (!--machine.nr_live)
		go_home(t);
	run_next();
	__builtin_unreachable();
}

int sched_run(void)
{
	struct rt_task *first = take_next();

	machine.home.live = true;
	sched_horizon();
	task_switch(&machine.home, first);
	rt_running.horizon_ps = UINT64_MAX;
	return machine.aborting ? -ERR_MACHINE : machine.stopped ? -ERR_NO : 0;
}

void task_wait(enum task_wait what, const void *on)
{
	struct rt_task *t = self();

	if (has_cpus())
		cpu_release();
	t->waiting = what;
	t->wait_on = on;
	sched_block();
}

void task_wake(struct rt_task *t, uint64_t at_ps)
{
	t->waiting = WAIT_NONE;
	if (t->clock_ps < at_ps)
		t->clock_ps = at_ps;
	t->cpu_since_ps = t->clock_ps;
	if (has_cpus())
		t->flags |= TASK_NEEDS_CPU;
	sched_push(t);
}

/*
 * Nothing in memory changes before the next task runs, so the rounds of the
 * loop until then are taken in one step.
 */
void rt_pause(void)
{
	uint64_t next_ns;

	if (!machine.running)
		return;
	next_ns = heap_ns(heap_top(&machine.heap));
	if (machine.tick_ns < next_ns)
		next_ns = machine.tick_ns;
	rt_running.clock_ps += PAUSE_PS;
	if (heap_top(&machine.heap) != HEAP_NEVER) {
		machine.lonely_pauses = 0;
		if (rt_running.clock_ps < next_ns * PSEC_PER_NSEC)
			rt_running.clock_ps = next_ns * PSEC_PER_NSEC;
	} else if (++machine.lonely_pauses > LONELY_PAUSES) {
		self()->waiting = WAIT_MEMORY;
		hopeless();
	}
	rt_settle();
}
