/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When faults that share the lock read and changed an entry. */
#include "test/table.h"

#include "kvm/stage2.h"
#include "replay/stores.h"
#include "test/unit/replay/made.h"

#define PTE(task, t, k, v, r, o, n) \
	MADE_OBS(task, t, k, .pte = { .gfn = 7, .level = 3, .visit = v, .ret = r, .old = o, .new = n })
#define LOOK(task, t, ret, old) PTE(task, t, W_MAP, 1, ret, old, 0)
#define BREAK(task, t, won) PTE(task, t, BREAK_PTE, 0, won, 0, 0)
#define MAKE(task, t) PTE(task, t, MAKE_PTE, 0, 0, 0, LEAF)
#define LEAF 0x40000123c5e4dbULL
#define END(task, t) MADE_OP(task, t, FAULT, (t) - 5)

/* Vcpu 0 makes the entry: it looks at 20, breaks at 30, makes at 50 and is over at 80. */
#define WINNER LOOK(0, 20, 0, 0), BREAK(0, 30, 1), MAKE(0, 50), END(0, 80)

static const struct row {
	const char	  *name;
	struct made_record records[12];
	unsigned int	   task, kind;	/* the record asked for */
	uint64_t	   at;
} rows[] = {
	{ "a store is over before the task's next record", { WINNER }, 0, OBS_BREAK_PTE, 49 },
	{ "the last one before the fault is over", { WINNER }, 0, OBS_MAKE_PTE, 79 },
	{ "another task met it before that", { WINNER, LOOK(1, 40, 11, STAGE2_LOCKED), END(1, 90) }, 0, OBS_BREAK_PTE, 39 },
	{ "a look that met what is there read it when it was recorded",
	  { WINNER, LOOK(1, 40, 11, STAGE2_LOCKED), END(1, 90) }, 1, OBS_W_MAP, 0 },
	{ "one that did not meet a store had read it before", { WINNER, LOOK(1, 60, 11, 0), END(1, 90) }, 1, OBS_W_MAP, 48 },
	{ "a look that lost nothing is where its record is", { WINNER, LOOK(1, 60, 0, 0), END(1, 90) }, 1, OBS_W_MAP, 0 },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct made made;
	struct stores *s;
	bool found = false;

	made_open(&made, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	made_as_arm64(&made);
	s = stores_new(&made.rec);
	for (uint32_t i = 0; i < made.rec.nr_ops; i++) {
		const struct rec_op *op = &made.rec.ops[i];

		for (uint32_t k = 0; k < op->nr_obs && op->task == row->task; k++) {
			if (made.rec.obs[op->first_obs + k].o.kind != row->kind)
				continue;
			assert_int_equal(stores_at(s, op->first_obs + k), row->at);
			found = true;
		}
	}
	assert_true(found);
	stores_free(s);
	made_close(&made);
}

int main(void)
{
	return table_run("stores", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
