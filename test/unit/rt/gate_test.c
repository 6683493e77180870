/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gates and condition variables: nobody passes early, nobody sleeps on. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
	uint64_t	 order_wait_ns;
} rows[] = {
	{ "a waiter goes on when the value is reached",
	  { .task = { "G1", "i100 g1" } },
	  "aG@100", 100 },
	{ "a value already reached does not stop",
	  { .task = { "g1", "i100 G1" } },
	  "bG@100", 0 },
	{ "waiters of lower values go on first",
	  { .task = { "G2", "G1", "i100 g1 i200 g2" } },
	  "bG@100 aG@200", 300 },
	{ "a raise lets all at or below it pass",
	  { .task = { "G2", "G1", "G3", "i100 g2 i200 g3" } },
	  "aG@100 bG@100 cG@200|bG@100 aG@100 cG@200", 400 },
	{ "values only grow",
	  { .task = { "G2", "i100 g3 g2", "i200 G3" } },
	  "aG@100 cG@200", 100 },
	{ "nobody passes before the raise in time, though it came first in program order",
	  { .task = { "c500 g1", "i100 G1" } },
	  "bG@500", 400 },
	{ "nor need anybody wait for a later raise",
	  { .task = { "c300 g1 c500 g2", "i100 G1", "i150 G2" } },
	  "bG@300 cG@800", 850 },
	{ "cond: wake lets the sleeper retake its lock",
	  { .task = { "S C s", "i100 S k c10 s" } },
	  "aS@5 bS@165 aC@275", 0 },
	{ "cond: all sleepers wake",
	  { .task = { "S C s", "i20 S C s", "i300 S k c10 s" } },
	  "aS@5 bS@85 cS@365 bC@475 aC@575|aS@5 bS@85 cS@365 aC@475 bC@575", 0 },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	uint64_t waited_ns = 0;

	script_check(&row->s, row->want, &w);
	for (unsigned int i = 0; i < SCRIPT_TASKS; i++)
		waited_ns += w.per_task[i].order_wait_ns;
	if (RT_IS_VIRTUAL)
		assert_int_equal(waited_ns, row->order_wait_ns);
}

int main(void)
{
	return table_run("gate", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
