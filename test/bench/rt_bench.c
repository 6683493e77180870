/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runtime itself costs per event: think, read_lock, read_unlock, gate
 * raise (that is two hand-overs), without and with what an operation charges, at
 * several numbers of tasks; and one switch between two coroutines.  Prints "NAME VALUE UNIT" lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/prng.h"
#include "engine/rt/rt.h"

static struct rt_rwlock lock;

struct worker {
	struct rt_gate	gate;
	struct prng	prng;
	uint64_t	events;
	uint64_t	think_ns, charge_ns;
} __attribute__((aligned(64)));

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(RT_IS_VIRTUAL ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void worker_main(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < w->events; i++) {
		rt_think(prng_below(&w->prng, 2 * w->think_ns));
		rt_read_lock(&lock);
		rt_charge(COST_CLEAR, w->charge_ns);
		rt_read_unlock(&lock);
		rt_gate_raise(&w->gate, i + 1);
	}
}

static void switcher_main(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < w->events; i++)
		rt_think(10);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Return: ns per event, one run. */
static double one_run(unsigned int tasks, uint64_t events, const struct worker *like, void (*fn)(void *))
{
	struct worker *w = aligned_alloc(64, tasks * sizeof(*w));
	struct rt_task_def *defs = calloc(tasks, sizeof(*defs));
	struct costs costs = { .ps = { [COST_CLEAR] = 1000, [COST_READ_LOCK] = 10000, [COST_LINE_MOVE] = 60000 } };
	struct rt_config config = { .costs = &costs, .seed = 1 };
	struct rt_stats *stats = calloc(1, sizeof(*stats));
	struct err e;
	uint64_t begin;

	rt_rwlock_init(&lock, "bench");
	for (unsigned int i = 0; i < tasks; i++) {
		w[i] = *like;
		rt_gate_init(&w[i].gate);
		prng_seed(&w[i].prng, i);
		w[i].events = events / tasks;
		defs[i] = (struct rt_task_def){ .fn = fn, .arg = &w[i], .vm = 0 };
	}
	begin = cpu_ns();
	if (rt_run(&config, defs, tasks, stats, &e)) {
		fprintf(stderr, "rt_bench: %s\n", e.text);
		exit(e.exit);
	}
	begin = cpu_ns() - begin;
	free(w);
	free(defs);
	free(stats);
	return (double)begin / (double)(events - events % tasks);
}

static void measure(const char *name, unsigned int tasks, uint64_t events, const struct worker *like,
		    void (*fn)(void *))
{
	double ns[5];

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++)
		ns[i] = one_run(tasks, events, like, fn);
	qsort(ns, ARRAY_SIZE(ns), sizeof(ns[0]), by_value);
	printf("rt.%s.%s.%u %.1f ns\n", RT_IS_VIRTUAL ? "vtime" : "threads", name, tasks, ns[2]);
}

int main(void)
{
	/* Real guests would sleep, and sleep is all that would be measured. */
	const uint64_t think_ns = RT_IS_VIRTUAL ? 20000 : 0;
	const struct worker plain = { .think_ns = think_ns }, charged = { .think_ns = think_ns, .charge_ns = 3000 };
	uint64_t events = RT_IS_VIRTUAL ? 4000000 : 1000000;

	measure("switch", 2, events, &plain, switcher_main);
	measure("event", 1, events, &plain, worker_main);
	measure("event", 64, events, &plain, worker_main);
	measure("event", 1024, events, &plain, worker_main);
	if (RT_IS_VIRTUAL) {
		measure("event_charged", 64, events, &charged, worker_main);
		measure("event_charged", 1024, events, &charged, worker_main);
	}
	return 0;
}
