/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a postfix stream to operations: what belongs to which. */
#include "test/table.h"

#include "test/unit/replay/made.h"

#define NONE -1

struct want {			/* of one operation, in order of their ends */
	uint64_t begin;
	unsigned int nr_obs;
	int parent, child, next, stim;
};

static const struct row {
	const char	   *name;
	struct made_record  records[12];
	struct want	    want[4];
	unsigned int	    nr_ops, stray;
} rows[] = {
	{ "an operation takes the observations since its begin",
	  { MADE_OBS(0, 10, FLUSH_ALL), MADE_OBS(0, 20, FLUSH_ALL), MADE_OP(0, 30, FAULT, 10) },
	  { { 20, 1, NONE, NONE, NONE, NONE } }, 1, 1 },
	{ "one after the other",
	  { MADE_OBS(0, 10, FLUSH_ALL), MADE_OP(0, 20, FAULT, 10), MADE_OBS(0, 40, FLUSH_ALL),
	    MADE_OP(0, 50, FAULT, 15) },
	  { { 10, 1, NONE, NONE, 1, NONE }, { 35, 1, NONE, NONE, NONE, NONE } }, 2, 0 },
	{ "a notifier inside a fault is its child and keeps its own observations",
	  { MADE_OBS(0, 12, FLUSH_ALL), MADE_OBS(0, 20, FLUSH_ALL), MADE_OP(0, 25, INVALIDATE_START, 10),
	    MADE_OP(0, 40, INVALIDATE_END, 5), MADE_OBS(0, 45, FLUSH_ALL), MADE_OP(0, 50, FAULT, 40) },
	  { { 15, 1, 2, NONE, 1, NONE }, { 35, 0, 2, NONE, NONE, NONE }, { 10, 2, NONE, 0, NONE, NONE } }, 3, 0 },
	{ "tasks do not mix",
	  { MADE_OBS(0, 10, FLUSH_ALL), MADE_OBS(1, 11, FLUSH_ALL), MADE_OP(0, 20, FAULT, 15),
	    MADE_OP(1, 21, FAULT, 15) },
	  { { 5, 1, NONE, NONE, NONE, NONE }, { 6, 1, NONE, NONE, NONE, NONE } }, 2, 0 },
	{ "a fault names its access, anything else the other stimuli",
	  { MADE_STIM(0, 1, INVALIDATE_START), MADE_STIM(0, 2, ACCESS), MADE_STIM(0, 3, ACCESS),
	    MADE_OP_FOR(0, 10, FAULT, 5, 1, RET_PF_UNKNOWN), MADE_OP_FOR(0, 20, INVALIDATE_START, 5, 0, RET_PF_UNKNOWN),
	    MADE_OP_FOR(0, 30, FAULT, 5, 7, RET_PF_UNKNOWN) },
	  { { 5, 0, NONE, NONE, 1, 2 }, { 15, 0, NONE, NONE, 2, 0 }, { 25, 0, NONE, NONE, NONE, NONE } }, 3, 0 },
	{ "a begin before the recording's is its begin",
	  { MADE_OP(0, 10, FAULT, 50) }, { { 0, 0, NONE, NONE, NONE, NONE } }, 1, 0 },
};

static int index_of(uint32_t i)
{
	return i == REC_NONE ? NONE : (int)i;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct made m;

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	assert_int_equal(m.rec.nr_ops, row->nr_ops);
	assert_int_equal(m.rec.nr_obs - m.rec.first_stray, row->stray);
	for (unsigned int i = 0; i < row->nr_ops; i++) {
		const struct rec_op *op = &m.rec.ops[i];

		assert_int_equal(op->begin_ns, row->want[i].begin);
		assert_int_equal(op->nr_obs, row->want[i].nr_obs);
		assert_int_equal(index_of(op->parent), row->want[i].parent);
		assert_int_equal(index_of(op->child), row->want[i].child);
		assert_int_equal(index_of(op->next), row->want[i].next);
		assert_int_equal(index_of(op->stim), row->want[i].stim);
	}
	made_close(&m);
}

static const struct deep {
	const char  *name;
	unsigned int deep;
	int	     rc;
} deeps[] = {
	{ "as deep as operations may be inside each other", REC_INSIDE_MAX + 1, 0 },
	{ "and one deeper", REC_INSIDE_MAX + 2, -ERR_INPUT },
};

static void check_deep(const void *arg)
{
	const struct deep *row = arg;
	struct made_record v[REC_INSIDE_MAX + 2];
	struct err e = { 0 };
	struct made m;

	for (unsigned int i = 0; i < row->deep; i++)
		v[i] = (struct made_record)MADE_OP(0, 200 + i, FAULT, 2 * i + 1);
	made_file(&m, KVM_6_12, true, v, row->deep);
	assert_int_equal(recording_load(m.file, &m.rec, &e), row->rc);
	made_close(&m);
}

int main(void)
{
	return table_run("recording", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       table_run("deep", deeps, ARRAY_SIZE(deeps), sizeof(deeps[0]), check_deep);
}
