/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storms.  In virtual time a storm's hash covers every step's order and time:
 * the one in the row must come out of every compiler, optimisation level and
 * sanitizer.  Under both runtimes locks exclude, RCU keeps what it must, sums
 * of samples equal the machine's own totals.
 */
#include "test/unit/rt/storm.h"

static const struct {
	const char	*name;
	unsigned int	 tasks, cpus;
	uint64_t	 seed;
	enum rt_grain	 grain;
	bool		 needbreak, preempt_locked, free;
	uint64_t	 hash;
} rows[] = {
	{ .name = "two tasks", .tasks = 2, .hash = 0xcf0bf04ff36d92fd },
	{ .name = "forty tasks", .tasks = 40, .hash = 0x16e54c2ec166a243 },
	{ .name = "forty tasks, another seed", .tasks = 40, .seed = 1, .hash = 0xc609393f4ca4b0b3 },
	{ .name = "forty tasks, every access a hand-over", .tasks = 40, .grain = RT_GRAIN_ACCESS, .hash = 0x709868aeacb58a27 },
	{ .name = "forty tasks that break on contention", .tasks = 40, .needbreak = true, .hash = 0x9dc8f9a2e509ce36 },
	{ .name = "forty tasks on three CPUs", .tasks = 40, .cpus = 3, .hash = 0xecce95be491e8392 },
	{ .name = "forty tasks on three CPUs, every access a hand-over", .tasks = 40, .cpus = 3,
	  .grain = RT_GRAIN_ACCESS, .needbreak = true, .hash = 0xc06e05c0c00c96f0 },
	{ .name = "forty tasks on two CPUs, preempted with locks", .tasks = 40, .cpus = 2,
	  .preempt_locked = true, .needbreak = true, .hash = 0x35389068aee986d },
	{ .name = "forty tasks, everything free", .tasks = 40, .free = true, .hash = 0xdd7e286b3bc715d9 },
};

static void fill(struct storm *s, const void *p)
{
	const __typeof__(rows[0]) *row = p;

	*s = (struct storm){ .tasks = row->tasks, .cpus = row->cpus, .seed = row->seed, .grain = row->grain,
			     .needbreak = row->needbreak, .preempt_locked = row->preempt_locked,
			     .free = row->free, .steps = RT_IS_VIRTUAL ? 300 : 60 };
}

/* Sums over ops and tasks: what samples said, the machine's totals say too. */
static void check_sums(const struct storm *s)
{
	uint64_t blame_ns = 0, yields = 0, flushes = 0;

	for (unsigned int w = 0; w < STORM_OPS; w++) {
		for (unsigned int h = 0; h < RT_MAX_OPS; h++)
			blame_ns += s->stats.blame[w][h].ns;
		yields += s->stats.yields[w];
		flushes += s->stats.flushes[w];
	}
	if (blame_ns != s->lock_wait_ns && s->lock_wait_ns)
		print_error("blame %llu, waits %llu ns\n", (unsigned long long)blame_ns,
			    (unsigned long long)s->lock_wait_ns);
	assert_int_equal(yields, s->yields);
	assert_int_equal(flushes, s->flushes);
	assert_int_equal(blame_ns, s->lock_wait_ns);
}

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct storm s, again;
	int ret;

	fill(&s, p);
	ret = storm_run(&s);
	if (ret)
		print_error("%s\n", s.err.text);
	assert_int_equal(ret, 0);
	assert_int_equal(s.errors, 0);
	check_sums(&s);
	if (!RT_IS_VIRTUAL)
		return;
	if (s.hash != row->hash)
		print_error("%s: hash is %#llx\n", row->name, (unsigned long long)s.hash);
	assert_int_equal(s.hash, row->hash);
	fill(&again, p);
	assert_int_equal(storm_run(&again), 0);
	assert_int_equal(again.hash, s.hash);
	assert_memory_equal(&again.stats, &s.stats, offsetof(struct rt_stats, task));
}

int main(void)
{
	return table_run("storm", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
