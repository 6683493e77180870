/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How one operation is judged, and what is counted from many. */
#include "test/table.h"

#include "replay/verdict.h"
#include "test/unit/replay/made.h"

#define LEAF	0x0000000013d71e67ULL
#define EMPTY	0x8000000000000000ULL
#define MAP(g, l) { .kind = OBS_SPTE_CHANGED, .spte = { .gfn = g, .level = l, .old = EMPTY, .new = LEAF } }
#define REQ(l) { .kind = OBS_SPTE_REQUESTED, .map = { .gfn = 5, .level = l } }
#define FLUSH { .kind = OBS_FLUSH_ALL }
#define PAGE(k) { .kind = k, .page = { .gfn = 5 } }

static const struct row {
	const char	*name;
	unsigned int	 op;		/* enum ev_op */
	unsigned int	 result, predicted_result;
	struct obs	 recorded[4], predicted[4];
	unsigned int	 outcome, why;
} rows[] = {
	{ "equal", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { MAP(5, 1) }, { MAP(5, 1) }, OUTCOME_EXACT, 0 },
	{ "a retry is seen by its result", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { { 0 } }, { { 0 } }, OUTCOME_EXACT, 0 },
	{ "without a recorded result there is nothing to see", EV_OP_FAULT, RET_PF_UNKNOWN, RET_PF_RETRY, { { 0 } }, { { 0 } },
	  OUTCOME_VACUOUS, 0 },
	{ "the end of an invalidation shows nothing", EV_OP_INVALIDATE_END, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { { 0 } }, { { 0 } },
	  OUTCOME_VACUOUS, 0 },
	{ "observations equal, result not", EV_OP_FAULT, RET_PF_EMULATE, RET_PF_FIXED, { MAP(5, 1) }, { MAP(5, 1) },
	  OUTCOME_MISS, MISS_RESULT },
	{ "mapped, but it was a retry", EV_OP_FAULT, RET_PF_RETRY, RET_PF_FIXED, { { 0 } }, { REQ(1), MAP(5, 1) },
	  OUTCOME_MISS, MISS_MAP_FOR_RETRY },
	{ "retried, but it was mapped", EV_OP_FAULT, RET_PF_FIXED, RET_PF_RETRY, { REQ(1), MAP(5, 1) }, { { 0 } },
	  OUTCOME_MISS, MISS_RETRY_FOR_MAP },
	{ "another level", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { REQ(2), MAP(0, 2) }, { REQ(1), MAP(5, 1) },
	  OUTCOME_MISS, MISS_LEVEL },
	{ "another value", EV_OP_AGE, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1) }, { MAP(5, 2) }, OUTCOME_MISS,
	  MISS_SPTE_VALUE },
	{ "a change too few", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1), FLUSH }, { FLUSH },
	  OUTCOME_MISS, MISS_SPTE_MISSING },
	{ "a change too many", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { FLUSH }, { MAP(5, 1), FLUSH },
	  OUTCOME_MISS, MISS_SPTE_EXTRA },
	{ "a flush too few", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1), FLUSH }, { MAP(5, 1) },
	  OUTCOME_MISS, MISS_FLUSH_MISSING },
	{ "a table too many", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { MAP(5, 1) }, { PAGE(OBS_GET_PAGE), MAP(5, 1) },
	  OUTCOME_MISS, MISS_GET_EXTRA },
	{ "only D differs", EV_OP_AGE, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1) },
	  { { .kind = OBS_SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = EMPTY, .new = LEAF & ~0x40ULL } } },
	  OUTCOME_MISS, MISS_AD },
};

static size_t count(const struct obs *o)
{
	size_t nr = 0;

	while (nr < 4 && o[nr].kind)
		nr++;
	return nr;
}

/* The row's operation with its observations, closed. */
static size_t make_records(const struct row *row, struct made_record *out)
{
	size_t nr = count(row->recorded);

	for (size_t i = 0; i < nr; i++) {
		out[i] = (struct made_record){ .task = 0, .t_ns = 10 + i };
		memcpy(&out[i].ev, &row->recorded[i], sizeof(out[i].ev));
	}
	out[nr] = (struct made_record)MADE_OP(0, 50, FAULT, 45);
	out[nr].ev.op.op = row->op;
	out[nr].ev.op.result = row->result;
	return nr + 1;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct made_record records[5];
	struct obs_rules rules;
	struct obs_matcher *m;
	struct verdict v;
	struct totals t;
	struct made made;
	struct replayed p = { { row->predicted, count(row->predicted), sizeof(struct obs) }, row->predicted_result };

	made_open(&made, KVM_6_12, records, make_records(row, records));
	obs_rules_init(&rules, made.rec.meta);
	m = obs_matcher_new(&rules);
	verdict_init(&v, &made.rec);
	assert_int_equal(verdict_judge(&v, m, 0, &p), row->outcome);
	if (row->outcome == OUTCOME_MISS)
		assert_int_equal(v.ops[0].why, row->why);
	verdict_totals(&v, &t);
	assert_int_equal(t.operations, 1);
	assert_int_equal(t.exact, row->outcome == OUTCOME_EXACT);
	assert_int_equal(t.vacuous, row->outcome == OUTCOME_VACUOUS);
	assert_int_equal(t.first_miss, row->outcome == OUTCOME_MISS ? 0 : REC_NONE);
	verdict_fini(&v);
	obs_matcher_free(m);
	made_close(&made);
}

/* --- totals ------------------------------------------------------------------------ */

#define JUDGED(o, f, other, null) { .outcome = OUTCOME_##o, .fixed = f, .elsewhere = other, .null_exact = null }

static const struct total_row {
	const char	*name;
	struct judged	 ops[4];
	unsigned int	 nr;
	struct totals	 want;		/* the counts that are checked below */
} total_rows[] = {
	{ "exact with one order is determined, with several admissible",
	  { JUDGED(EXACT, true, false, true), JUDGED(EXACT, false, false, true) }, 2,
	  { .exact = 2, .determined = 1, .admissible = 1, .guided = 2, .null_exact = 2 } },
	{ "a miss that is exact in another order is admissible",
	  { JUDGED(MISS, false, true, false) }, 1,
	  { .exact = 1, .admissible = 1, .null_missed = 1, .null_explained = 1 } },
	{ "but not where the records leave one order",
	  { JUDGED(MISS, true, true, false) }, 1, { .null_missed = 1 } },
	{ "a skipped operation is not exact",
	  { JUDGED(SKIPPED, true, false, true), JUDGED(EXACT, true, false, false) }, 2,
	  { .exact = 1, .determined = 1, .guided = 1, .skipped = 1, .null_exact = 1, .null_missed = 1,
	    .null_explained = 1 } },
	{ "vacuous and lost ones are outside",
	  { JUDGED(VACUOUS, true, false, true), JUDGED(LOST, true, false, true), JUDGED(EXACT, true, false, true) }, 3,
	  { .exact = 1, .determined = 1, .guided = 1, .vacuous = 1, .lost = 1, .null_exact = 1 } },
};

static void check_total(const void *arg)
{
	const struct total_row *row = arg;
	struct rec_op ops[4] = { { .kind = EV_OP_FAULT, .result = RET_PF_FIXED } };
	struct recording rec = { .ops = ops, .nr_ops = row->nr };
	struct verdict v;
	struct totals t;
	unsigned int judged = row->nr - row->want.vacuous - row->want.lost;

	verdict_init(&v, &rec);
	memcpy(v.ops, row->ops, row->nr * sizeof(v.ops[0]));
	verdict_totals(&v, &t);
	assert_int_equal(t.operations, row->nr);
	assert_int_equal(t.exact, row->want.exact);
	assert_int_equal(t.determined, row->want.determined);
	assert_int_equal(t.admissible, row->want.admissible);
	assert_int_equal(t.guided, row->want.guided);
	assert_int_equal(t.skipped, row->want.skipped);
	assert_int_equal(t.vacuous, row->want.vacuous);
	assert_int_equal(t.lost, row->want.lost);
	assert_int_equal(t.null_exact, row->want.null_exact);
	assert_int_equal(t.null_missed, row->want.null_missed);
	assert_int_equal(t.null_explained, row->want.null_explained);
	assert_int_equal((int)(1000 * t.exact_ratio + 0.5), (1000 * row->want.exact + judged / 2) / judged);
	verdict_fini(&v);
}

int main(void)
{
	int rc = table_run("verdict", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return table_run("totals", total_rows, ARRAY_SIZE(total_rows), sizeof(total_rows[0]), check_total) | rc;
}
