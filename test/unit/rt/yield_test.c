/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Yielding: who is let in, who goes to the back of the queue.  Times are virtual. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
} rows[] = {
	{ "without needbreak a writer keeps the lock whoever waits",
	  { .task = { "W c100 Y c100 w", "i20 W w" } },
	  "aW@7 bW@307" },
	{ "with needbreak a writer lets the waiting writer pass",
	  { .needbreak = true, .task = { "W c100 Y c100 w", "i20 W w" } },
	  "aW@7 bW@207 aY@307" },
	{ "with needbreak and nobody waiting nothing is dropped",
	  { .needbreak = true, .task = { "W c100 Y N w" } },
	  "aW@7 aN@107" },
	{ "a yielding writer lets all readers at the head pass",
	  { .needbreak = true, .task = { "W c100 Y w", "i20 R c10 r", "i30 R c10 r" } },
	  "aW@7 bR@207 cR@307 aY@417" },
	{ "a yielding reader goes behind the waiting writer",
	  { .needbreak = true, .task = { "R c100 y r", "i20 W c30 w" } },
	  "aR@10 bW@210 ay@340" },
	{ "a yielding reader queues though another reader is inside",
	  { .needbreak = true, .task = { "R c100 y r", "i20 R c500 r", "i30 W c10 w" } },
	  "aR@10 bR@90 cW@690 ay@800" },
	{ "readers alone are no contention",
	  { .needbreak = true, .task = { "R c100 y N r", "i20 R c500 r" } },
	  "aR@10 bR@90 aN@110" },
	{ "resched_us: true that long after the task got its CPU",
	  { .resched_us = 1, .task = { "W c500 n c600 n w" } },
	  "aW@7 an0 an1" },
	{ "resched_us: a yield with nobody waiting retakes the lock at once",
	  { .resched_us = 1, .task = { "W c1500 Y n w" } },
	  "aW@7 aY@1514 an0" },
	{ "resched_us: sleeping starts the slice anew",
	  { .resched_us = 1, .task = { "c900 d10 c900 n" } },
	  "an0" },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	script_check(&row->s, row->want, &w);
}

int main(void)
{
	return table_run("yield", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
