/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queued rwlock on real threads; same rules as in virtual time.
 *
 * - @state allows a newcomer to enter with one compare-and-swap only while
 *   QUEUED is clear, so nobody overtakes the queue.
 * - QUEUED is set and cleared under @guard, and set only in the same instant
 *   in which @state forbids entry: whoever leaves later sees it and looks at
 *   the queue.
 * - The one who leaves lets the head in on its behalf, and after a reader the
 *   next: readers back to back, a writer alone.
 */
#include "engine/rt/threads/machine.h"

#include <assert.h>

#define WRITING		1ull
#define QUEUED		2ull
#define READER		4ull
#define READERS(s)	((s) / READER)

void rt_rwlock_init(struct rt_rwlock *l, const char *name)
{
	l->name = name;
	atomic_init(&l->state, 0);
	atomic_init(&l->holder_op, OP_NONE);
	pthread_mutex_init(&l->guard, NULL);
	l->head = l->tail = NULL;
}

/* One attempt without waiting. */
static inline bool try_enter(struct rt_rwlock *l, bool write)
{
	uint64_t s = atomic_load_explicit(&l->state, memory_order_relaxed);

	if (write)
		return !s && atomic_compare_exchange_strong(&l->state, &s, WRITING);
	while (!(s & (WRITING | QUEUED)))
		if (atomic_compare_exchange_weak(&l->state, &s, s + READER))
			return true;
	return false;
}

/*
 * Under the guard.  Marks the lock as queued for, unless it became free: then
 * enters.  Return: true when the task must wait.
 */
static bool must_queue(struct rt_rwlock *l, bool write)
{
	uint64_t s = atomic_load(&l->state);

	for (;;) {
		bool enter = !l->head && (write ? !s : !(s & WRITING));
		uint64_t new = enter ? s + (write ? WRITING : READER) : s | QUEUED;

		if (atomic_compare_exchange_weak(&l->state, &s, new))
			return !enter;
	}
}

static void append(struct rt_rwlock *l, struct rt_task *t, bool write)
{
	t->wait_write = write;
	t->wait_next = NULL;
	if (l->tail)
		l->tail->wait_next = t;
	else
		l->head = t;
	l->tail = t;
}

static void slow_lock(struct rt_rwlock *l, struct rt_task *t, bool write)
{
	uint64_t begin_ns, ns;
	unsigned int holder;
	struct rt_blame *blame;
	bool wait;

	pthread_mutex_lock(&l->guard);
	wait = must_queue(l, write);
	if (wait) {
		park_prepare(&t->park);
		append(l, t, write);
	}
	pthread_mutex_unlock(&l->guard);
	if (!wait)
		return;
	assert(machine.running);
	holder = atomic_load_explicit(&l->holder_op, memory_order_relaxed);
	begin_ns = rt_clock_ns();
	park_wait(&t->park);
	ns = rt_clock_ns() - begin_ns;
	blame = &t->blame[op_of(t)->op][holder];
	blame->ns += ns;
	blame->n++;
	op_of(t)->lock_wait_ns += ns;
}

/* Somebody left a lock that is queued for. */
static void let_in(struct rt_rwlock *l)
{
	pthread_mutex_lock(&l->guard);
	while (l->head) {
		struct rt_task *t = l->head;
		uint64_t s = atomic_load(&l->state);

		if ((s & WRITING) || (t->wait_write && READERS(s)))
			break;
		l->head = t->wait_next;
		if (!l->head)
			l->tail = NULL;
		/* With QUEUED set nobody else enters; readers may leave. */
		atomic_fetch_add(&l->state, t->wait_write ? WRITING : READER);
		if (!l->head)
			atomic_fetch_and(&l->state, ~QUEUED);
		park_wake(&t->park);
	}
	pthread_mutex_unlock(&l->guard);
}

static int find_hold(const struct rt_task *t, const struct rt_rwlock *l)
{
	for (int i = 0; i < TASK_MAX_HOLDS; i++)
		if (t->holds[i] == l)
			return i;
	return -1;
}

static void lock(struct rt_rwlock *l, bool write)
{
	struct rt_task *t = self();
	int slot = find_hold(t, NULL);

	assert(slot >= 0 && find_hold(t, l) < 0);
	if (!try_enter(l, write))
		slow_lock(l, t, write);
	atomic_store_explicit(&l->holder_op, op_of(t)->op, memory_order_relaxed);
	t->holds[slot] = l;
	t->hold_write[slot] = write;
	if (!t->nr_holds++) {
		t->held_since_ns = rt_clock_ns();
		if (!t->rcu.depth)
			t->stretch_ns = t->held_since_ns;
	}
}

static void unlock(struct rt_rwlock *l, bool write)
{
	struct rt_task *t = self();
	int slot = find_hold(t, l);
	uint64_t s;

	assert(slot >= 0 && t->hold_write[slot] == write);
	t->holds[slot] = NULL;
	if (!--t->nr_holds) {
		uint64_t now_ns = rt_clock_ns();

		op_of(t)->lock_hold_ns += now_ns - t->held_since_ns;
		if (!t->rcu.depth)
			stretch_note(t, now_ns);
	}
	s = atomic_fetch_sub(&l->state, write ? WRITING : READER);
	if ((s & QUEUED) && (write || READERS(s) == 1))
		let_in(l);
}

void rt_read_lock(struct rt_rwlock *l)
{
	lock(l, false);
}

void rt_read_unlock(struct rt_rwlock *l)
{
	unlock(l, false);
}

void rt_write_lock(struct rt_rwlock *l)
{
	lock(l, true);
}

void rt_write_unlock(struct rt_rwlock *l)
{
	unlock(l, true);
}

bool rt_rwlock_contended(const struct rt_rwlock *l)
{
	return atomic_load_explicit(&l->state, memory_order_relaxed) & QUEUED;
}

bool rt_rwlock_held_write(const struct rt_rwlock *l)
{
	int slot = find_hold(self(), l);

	return slot >= 0 && self()->hold_write[slot];
}

bool rt_rwlock_held(const struct rt_rwlock *l)
{
	return find_hold(self(), l) >= 0;
}

/* A FIFO spinlock is the same queue without readers. */
void rt_spin_init(struct rt_spinlock *l)
{
	rt_rwlock_init(&l->queue, "a spinlock");
}

void rt_spin_lock(struct rt_spinlock *l)
{
	lock(&l->queue, true);
}

void rt_spin_unlock(struct rt_spinlock *l)
{
	unlock(&l->queue, true);
}
