/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Races, each placed exactly: task 0 stops at a pin of its operation, or where it has said something, until task 1
 * has acted; where that one cannot finish before, it only gets time.
 */
#include "test/unit/arm64/script.h"

#define A_WHILE	1000000		/* ns */

struct row {
	const char	*name;
	const char	*policy[3];
	unsigned int	 host;		/* enum script_host */
	struct step	 before[4];
	struct step	 first;		/* task 0; want: its answer */
	int		 pin;		/* where it stops, or -1 ... */
	int		 says;		/* ... or after it has said this */
	struct step	 second;	/* task 1, meanwhile */
	bool		 blocks;	/* it cannot finish before task 0 goes on */
	struct step	 after[3];
	uint64_t	 broken_faults;	/* faults on an entry that was broken then */
};

#define AT_PIN(p)	.pin = p
#define HAVING_SAID(k)	.pin = -1, .says = k

static const struct row rows[] = {
	{
		.name = "two faults on one entry: who reads it first loses it",
		.before = { FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_LOST), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_W, 1, RET_PF_FIXED),
	},
	{
		.name = "two faults, two entries of one table",
		.before = { FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G + 7, MMU_W, 1, RET_PF_FIXED),
	},
	{
		.name = "a lost table: the loser's page for it is free again",
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_LOST), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G + 7, MMU_W, 1, RET_PF_FIXED), .after = { ASK(TABLES, 4) },
	},
	{
		.name = "a fault under mmu_lock held for write waits", .policy = { "fault.lock=write" },
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G + 7, MMU_W, 1, RET_PF_FIXED), .blocks = true,
	},
	{
		.name = "a fault inside the window of a block that replaces a table is lost, and counted",
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), HAVING_SAID(OBS_BREAK_PTE),
		.second = FAULT_ON(G, MMU_W, 2, RET_PF_LOST), .broken_faults = 1,
		.after = { ASK_AT(LEVEL, G, 2), TOUCH_AT(G, MMU_W, true) },
	},
	{
		.name = "inside the window the guest has no translation",
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), HAVING_SAID(OBS_BREAK_PTE),
		.second = TOUCH_AT(G, MMU_R, false),
	},
	{
		.name = "unmap-first: nor while the pages are dropped", .policy = { "coalesce.order=unmap-first", "table.free=immediate" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), HAVING_SAID(OBS_WALK_LEAF),
		.second = TOUCH_AT(G, MMU_R, false),
	},
	{
		.name = "block-first: the block is there while they are", .policy = { "coalesce.order=block-first", "table.free=immediate" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), HAVING_SAID(OBS_WALK_LEAF),
		.second = TOUCH_AT(G, MMU_R, true),
	},
	{
		.name = "unmap-first: a fault waits for the lock, and finds the block", .policy = { "coalesce.order=unmap-first", "table.free=immediate" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), HAVING_SAID(OBS_WALK_LEAF),
		.second = FAULT_ON(G, MMU_W, 2, RET_PF_LOST), .blocks = true, .broken_faults = 1,
	},
	{
		.name = "access_fault.lock = read: young beside another fault", .host = NO_AF,
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G, 1, true) },
		.first = FAULT_ON(G + 9, MMU_W, 1, RET_PF_FIXED), AT_PIN(RT_PIN_MAP),
		.second = FAULT_ON(G, MMU_R, 1, RET_PF_YOUNG),
	},
	{
		.name = "access_fault.lock = write: after it", .host = NO_AF, .policy = { "access_fault.lock=write" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G, 1, true) },
		.first = FAULT_ON(G + 9, MMU_W, 1, RET_PF_FIXED), AT_PIN(RT_PIN_MAP),
		.second = FAULT_ON(G, MMU_R, 1, RET_PF_YOUNG), .blocks = true,
	},
	{
		.name = "age.lock = write: a fault waits",
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.first = RANGE(AGE, G, 1, true), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G + 9, MMU_W, 1, RET_PF_FIXED), .blocks = true,
	},
	{
		.name = "age.lock = read, age.race = skip: the loser says young, and goes on",
		.policy = { "age.lock=read", "age.race=skip" }, .host = NO_AF,
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = RANGE(AGE, G, 2, true), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_X, 1, RET_PF_RELAXED),
		.after = { RANGE(TEST_AGE, G, 1, true), RANGE(TEST_AGE, G + 1, 1, false) },
	},
	{
		.name = "age.race = stop: it goes no further",
		.policy = { "age.lock=read", "age.race=stop" }, .host = NO_AF,
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = RANGE(AGE, G, 2, true), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_X, 1, RET_PF_RELAXED),
		.after = { RANGE(TEST_AGE, G, 1, true), RANGE(TEST_AGE, G + 1, 1, true) },
	},
	{
		.name = "age.race = retry: it wins in the end",
		.policy = { "age.lock=read", "age.race=retry" }, .host = NO_AF,
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = RANGE(AGE, G, 2, true), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_X, 1, RET_PF_RELAXED),
		.after = { RANGE(TEST_AGE, G, 1, false), RANGE(TEST_AGE, G + 1, 1, false) },
	},
	{
		.name = "walk.eagain = abort: what skips an entry ends the walk",
		.policy = { "age.lock=read", "age.race=skip", "walk.eagain=abort" }, .host = NO_AF,
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
		.first = RANGE(AGE, G, 2, true), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_X, 1, RET_PF_RELAXED),
		.after = { RANGE(TEST_AGE, G, 1, true), RANGE(TEST_AGE, G + 1, 1, true) },
	},
	{
		.name = "an invalidation between look-up and lock",
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_RETRY), AT_PIN(RT_PIN_LOOKED_UP),
		.second = RANGE(START, G, 1, 0), .after = { RANGE(FINISH, G, 1, 0), ASK_AT(LEVEL, G, -1) },
	},
	{
		.name = "one of another page does the same",
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_RETRY), AT_PIN(RT_PIN_LOOKED_UP),
		.second = RANGE(START, G + 4000, 1, 0), .after = { RANGE(FINISH, G + 4000, 1, 0) },
	},
	{
		.name = "an invalidation waits for who has passed the test",
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), AT_PIN(RT_PIN_MAP),
		.second = RANGE(START, G, 1, 0), .blocks = true, .after = { RANGE(FINISH, G, 1, 0), ASK_AT(LEVEL, G, -1) },
	},
	{
		.name = "a page relaxed by two vCPUs at once", .policy = { "dirty.eager_split_chunk=0" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(LOG) },
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_LOST), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED), .after = { TOUCH_AT(G, MMU_W, true) },
	},
	{
		.name = "fault.lock = mixed: pages are relaxed side by side",
		.policy = { "fault.lock=mixed", "coalesce.order=unmap-first", "table.free=immediate" },
		.before = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(LOG) },
		.first = FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED), AT_PIN(RT_PIN_CHANGE),
		.second = FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED),
	},
};

struct race {
	struct lab	 *l;
	const struct row *row;
	struct rt_gate	  there, done;
	bool		  armed;
	int		  got[2];
};

static void stop(struct race *r)
{
	if (!r->armed || rt_self())
		return;
	r->armed = false;
	rt_gate_raise(&r->there, 1);
	if (r->row->blocks)
		rt_idle(A_WHILE);
	else
		rt_gate_wait(&r->done, 1);
}

static uint64_t pin(void *arg, unsigned int task, enum rt_pin pin)
{
	struct race *r = arg;

	if (!task && (int)pin == r->row->pin)
		stop(r);
	return 0;
}

static void emit(void *arg, unsigned int task, const struct obs *o)
{
	struct race *r = arg;

	if (!task && r->row->pin < 0 && o->kind == r->row->says)
		stop(r);
}

static void play_all(struct race *r, const struct step *steps, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		int got = script_step(r->l, &steps[i]);

		if (got != steps[i].want)
			fail_msg("step %zu: got %d, want %d", i, got, steps[i].want);
	}
}

static void task(void *arg)
{
	struct race *r = arg;

	if (rt_self()) {
		rt_gate_wait(&r->there, 1);
		r->got[1] = script_step(r->l, &r->row->second);
		rt_gate_raise(&r->done, 1);
		return;
	}
	lab_slot(r->l, MMU_SLOT_CREATE, 0);
	play_all(r, r->row->before, ARRAY_SIZE(r->row->before));
	r->armed = true;
	r->got[0] = script_step(r->l, &r->row->first);
	rt_gate_wait(&r->done, 1);
	play_all(r, r->row->after, ARRAY_SIZE(r->row->after));
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct script_row host = { .release = KVM_6_12, .host = row->host };
	struct lab l;
	struct race r = { .l = &l, .row = row };
	struct mmu_stats stats;
	void *args[] = { &r, &r };

	lab_init(&l);
	script_host(&l, &host);
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	l.sink = (struct mmu_sink){ .emit = emit, .arg = &r };
	rt_gate_init(&r.there);
	rt_gate_init(&r.done);
	l.rt.pin = pin;
	l.rt.pin_arg = &r;
	lab_run(&l, 2, 2, task, args);
	assert_int_equal(r.got[0], row->first.want);
	assert_int_equal(r.got[1], row->second.want);
	mmu_check(l.mmu);
	mmu_stats(l.mmu, &stats);
	/* Real threads: who is only given a while may come when it is over. */
	if (RT_IS_VIRTUAL || !row->blocks || stats.broken_faults)
		assert_int_equal(stats.broken_faults, row->broken_faults);
	lab_close(&l);
}

int main(void)
{
	return table_run("races", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
