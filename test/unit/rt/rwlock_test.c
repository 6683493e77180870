/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queued rwlock's rules, one row each.  The order and times wanted are
 * those of virtual time; under real threads a row checks exclusion alone.
 */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
} rows[] = {
	{ "an uncontended read lock costs READ_LOCK",
	  { .task = { "R N r N" } }, "aR@10 aN@10 aN@10" },
	{ "an uncontended write lock costs WRITE_LOCK",
	  { .task = { "W w N" } }, "aW@7 aN@7" },
	{ "readers share, and the second pays for the lock word's cache line",
	  { .task = { "R c100 r", "i20 R c100 r" } }, "aR@10 bR@90" },
	{ "a writer waits for the reader inside, then for the hand-over",
	  { .task = { "R c100 r", "i20 W w" } }, "aR@10 bW@210" },
	{ "a writer waits for all readers inside",
	  { .task = { "R c100 r", "i20 R c500 r", "i30 W w" } }, "aR@10 bR@90 cW@690" },
	{ "a reader waits for the writer inside",
	  { .task = { "W c100 w", "i20 R r" } }, "aW@7 bR@207" },
	{ "a reader queues behind a waiting writer though readers are inside",
	  { .task = { "R c100 r", "i20 W c50 w", "i30 R r" } }, "aR@10 bW@210 cR@360" },
	{ "the queue is FIFO among readers and writers",
	  { .task = { "W c100 w", "i10 W c50 w", "i20 R c50 r", "i30 W c50 w", "i40 R c50 r" } },
	  "aW@7 bW@207 cR@357 dW@507 eR@657" },
	{ "consecutive queued readers enter back to back, one hand-over after the other",
	  { .task = { "W c100 w", "i10 R c1000 r", "i20 R c1000 r", "i30 R c1000 r" } },
	  "aW@7 bR@207 cR@307 dR@407" },
	{ "queued readers stop at a queued writer",
	  { .task = { "W c100 w", "i10 R c1000 r", "i20 W c10 w", "i30 R r" } },
	  "aW@7 bR@207 cW@1307 dR@1417" },
	{ "a free lock is taken by the earliest, whatever the task's number",
	  { .task = { "i50 W c100 w", "i20 W c100 w" } }, "bW@27 aW@227" },
	{ "nobody overtakes the waiting writer at the instant of release",
	  { .task = { "W c93 w W w", "i20 W c50 w" } }, "aW@7 bW@200 aW@350" },
	{ "charges before the call count: who comes later in time queues later",
	  { .task = { "c300 W w", "i100 W c400 w" } }, "bW@107 aW@607" },
	{ "a spinlock is FIFO and costs SPIN_LOCK",
	  { .task = { "S c100 s", "i10 S c10 s", "i5 S c10 s" } }, "aS@5 cS@205 bS@315" },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	script_check(&row->s, row->want, &w);
}

int main(void)
{
	return table_run("rwlock", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
