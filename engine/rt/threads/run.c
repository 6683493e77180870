/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rt_run() on real threads: all are made first, then start together. */
#include "engine/rt/threads/machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "base/alloc.h"

#define STACK_BYTES	(256u << 10)

struct machine machine = { .outside.ops[0].op = OP_NONE };
__thread struct rt_task *rt_current;
__thread unsigned int rt_this_self;

/* Whether the threads that wait at the start run, or end at once. */
static struct {
	pthread_mutex_t	guard;
	pthread_cond_t	changed;
	enum { HOLD, GO, CANCEL } word;
} start = { .guard = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

uint64_t rt_clock_ns(void)
{
	return machine.running ? monotonic_ns() - machine.start_ns : 0;
}

static void say(int word)
{
	pthread_mutex_lock(&start.guard);
	start.word = word;
	machine.running = word == GO;
	machine.start_ns = monotonic_ns();
	pthread_cond_broadcast(&start.changed);
	pthread_mutex_unlock(&start.guard);
}

static bool may_start(void)
{
	bool go;

	pthread_mutex_lock(&start.guard);
	while (start.word == HOLD)
		pthread_cond_wait(&start.changed, &start.guard);
	go = start.word == GO;
	pthread_mutex_unlock(&start.guard);
	return go;
}

static uint64_t own_switches(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_THREAD, &u))
		return 0;
	return u.ru_nvcsw + u.ru_nivcsw;
}

static void *task_main(void *arg)
{
	struct rt_task *t = arg;

	rt_current = t;
	rt_this_self = t->id;
	prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
	rcu_thread_begin();
	if (may_start()) {
		rt_idle_until(t->def->start_ns);
		t->def->fn(t->def->arg);
		t->end_ns = rt_clock_ns();
		t->switches = own_switches();
	}
	rcu_thread_end();
	return NULL;
}

static int make_threads(struct err *e)
{
	pthread_attr_t attr;
	unsigned int made = 0;
	int errnum = 0;

	start.word = HOLD;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (made < machine.nr_tasks && !errnum) {
		errnum = pthread_create(&machine.tasks[made].thread, &attr, task_main, &machine.tasks[made]);
		made += !errnum;
	}
	pthread_attr_destroy(&attr);
	say(errnum ? CANCEL : GO);
	for (unsigned int i = 0; i < made; i++)
		pthread_join(machine.tasks[i].thread, NULL);
	if (errnum)
		return err_set(e, ERR_MACHINE, "thread %u of %u cannot be made (%s); replay fewer vCPUs or use --runtime vtime",
			       made, machine.nr_tasks, strerror(errnum));
	return 0;
}

int rt_run(const struct rt_config *config, const struct rt_task_def *tasks, unsigned int nr_tasks,
	   struct rt_stats *stats, struct err *e)
{
	int ret;

	assert(!machine.running && !rt_current);
	if (nr_tasks > RT_MAX_TASKS)
		return err_set(e, ERR_MACHINE, "%u tasks, but a run has at most %u; replay fewer vCPUs", nr_tasks,
			       RT_MAX_TASKS);
	machine.config = *config;
	machine.nr_tasks = nr_tasks;
	machine.tasks = xcalloc(nr_tasks, sizeof(*machine.tasks));
	atomic_store(&machine.rcu_freed, 0);
	for (unsigned int i = 0; i < nr_tasks; i++) {
		machine.tasks[i].id = i;
		machine.tasks[i].def = &tasks[i];
		machine.tasks[i].ops[0].op = OP_NONE;
	}
	ret = make_threads(e);
	rcu_finish();
	machine.running = false;
	account_report(stats);
	free(machine.tasks);
	machine.tasks = NULL;
	machine.nr_tasks = 0;
	machine.config = (struct rt_config){ 0 };
	return ret;
}

/* Threads cannot be ended from outside: whoever calls this goes on. */
void rt_stop(void)
{
}

uint64_t rt_switches(void)
{
	return 0;
}
