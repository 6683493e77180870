/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs as a resource: run queue, ticks every microsecond here, who is preempted when. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
} rows[] = {
	{ "two CPUs run two tasks at once",
	  { .cpus = 2, .hz = 1000000, .task = { "b1000 N", "N" }, .start_ns = { 0, 10 } },
	  "bN@60 aN@1050" },
	{ "without ticks the first runs to its end",
	  { .cpus = 1, .task = { "b1500 N", "N" }, .start_ns = { 0, 1 } },
	  "aN@1550 bN@1600" },
	{ "three tasks share a CPU: the tick preempts, the queue is FIFO",
	  { .cpus = 1, .hz = 1000000, .task = { "b1500 N", "b100 N", "b100 N" }, .start_ns = { 0, 1, 2 } },
	  "bN@1150 cN@1300 aN@1900" },
	{ "a guest is preempted like any other",
	  { .cpus = 1, .hz = 1000000, .task = { "t1500 N", "b100 N" }, .start_ns = { 0, 1 } },
	  "bN@1150 aN@1750" },
	{ "ticks faster than switches: whoever got the CPU runs before it is preempted",
	  { .cpus = 1, .hz = 25000000, .task = { "t60 N", "b60 N" }, .start_ns = { 0, 1 } },
	  "aN@370 bN@420" },
	{ "no tick preempts when nobody waits",
	  { .cpus = 1, .hz = 1000000, .task = { "b5500 N" } },
	  "aN@5550" },
	{ "sleeping frees the CPU",
	  { .cpus = 1, .hz = 1000000, .task = { "d1000 N", "b100 N" }, .start_ns = { 0, 1 } },
	  "bN@200 aN@1100" },
	{ "waiting at a gate frees the CPU",
	  { .cpus = 1, .hz = 1000000, .task = { "G1", "b100 g1 N" }, .start_ns = { 0, 1 } },
	  "bN@200 aG@250" },
	{ "spinning for a lock keeps the CPU",
	  { .cpus = 2, .hz = 1000000, .task = { "W b700 w N", "W w N", "N" }, .start_ns = { 0, 1, 2 } },
	  "aW@57 aN@757 cN@807 bW@857 bN@857" },
	{ "a lock holder is not preempted before it unlocks",
	  { .cpus = 1, .hz = 1000000, .task = { "W c2000 n c500 w N", "N" }, .start_ns = { 0, 1 } },
	  "aW@57 an1 bN@2607 aN@2657" },
	{ "nor in the middle of other work with the lock held",
	  { .cpus = 1, .hz = 1000000, .task = { "W b1500 w N", "N" }, .start_ns = { 0, 1 } },
	  "aW@57 bN@1607 aN@1657" },
	{ "preempt_locked: it is, where it would notice",
	  { .cpus = 1, .hz = 1000000, .preempt_locked = true, .task = { "W c2000 n c500 w N", "N" }, .start_ns = { 0, 1 } },
	  "aW@57 bN@2107 an0 aN@2657" },
	{ "preempt_locked: who spins for a preempted holder is preempted in turn",
	  { .cpus = 1, .hz = 1000000, .preempt_locked = true, .task = { "W c2000 n c500 w N", "W w N" }, .start_ns = { 0, 1 } },
	  "aW@57 an0 aN@3550 bW@3650 bN@3650" },
	{ "a holder that sleeps gets its CPU back from those who spin",
	  { .cpus = 1, .hz = 1000000, .task = { "W d500 w N", "W w N" }, .start_ns = { 0, 1 } },
	  "aW@57 aN@1050 bW@1150 bN@1150" },
	{ "a yield gives the CPU away",
	  { .cpus = 1, .hz = 1000000, .task = { "W c1500 Y w", "N" }, .start_ns = { 0, 1 } },
	  "aW@57 bN@1607 aY@1664" },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	script_check(&row->s, row->want, &w);
}

int main(void)
{
	return table_run("cpu", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
