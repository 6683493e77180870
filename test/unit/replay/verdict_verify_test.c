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
#define CHECKED { .kind = OBS_PIN, .pin = { .pin = PIN_STALE } }
#define PAGE(k) { .kind = k, .page = { .gfn = 5 } }

static const struct row {
	const char	*name;
	unsigned int	 op;		/* enum ev_op */
	unsigned int	 result, predicted_result;
	struct obs	 recorded[4], predicted[4];
	unsigned int	 outcome, why;
	bool		 has_checks, checked;	/* the trace has such probes; the engine came to the test */
} rows[] = {
	{ "equal", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { MAP(5, 1) }, { MAP(5, 1) }, .outcome = OUTCOME_EXACT },
	{ "a retry is seen by its result", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { { 0 } }, { { 0 } }, .outcome = OUTCOME_EXACT },
	{ "without a recorded result there is nothing to see", EV_OP_FAULT, RET_PF_UNKNOWN, RET_PF_RETRY, { { 0 } }, { { 0 } },
	  .outcome = OUTCOME_VACUOUS },
	{ "the end of an invalidation shows nothing", EV_OP_INVALIDATE_END, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { { 0 } }, { { 0 } },
	  .outcome = OUTCOME_VACUOUS },
	{ "observations equal, result not", EV_OP_FAULT, RET_PF_EMULATE, RET_PF_FIXED, { MAP(5, 1) }, { MAP(5, 1) },
	  OUTCOME_MISS, .why = MISS_RESULT },
	{ "mapped, but it was a retry", EV_OP_FAULT, RET_PF_RETRY, RET_PF_FIXED, { { 0 } }, { REQ(1), MAP(5, 1) },
	  OUTCOME_MISS, .why = MISS_MAP_FOR_RETRY },
	{ "retried, but it was mapped", EV_OP_FAULT, RET_PF_FIXED, RET_PF_RETRY, { REQ(1), MAP(5, 1) }, { { 0 } },
	  OUTCOME_MISS, .why = MISS_RETRY_FOR_MAP },
	{ "another level", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { REQ(2), MAP(0, 2) }, { REQ(1), MAP(5, 1) },
	  OUTCOME_MISS, .why = MISS_LEVEL },
	{ "another value", EV_OP_AGE, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1) }, { MAP(5, 2) }, OUTCOME_MISS,
	  .why = MISS_SPTE_VALUE },
	{ "a change too few", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1), FLUSH }, { FLUSH },
	  OUTCOME_MISS, .why = MISS_SPTE_MISSING },
	{ "a change too many", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { FLUSH }, { MAP(5, 1), FLUSH },
	  OUTCOME_MISS, .why = MISS_SPTE_EXTRA },
	{ "a flush too few", EV_OP_INVALIDATE_START, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1), FLUSH }, { MAP(5, 1) },
	  OUTCOME_MISS, .why = MISS_FLUSH_MISSING },
	{ "a table too many", EV_OP_FAULT, RET_PF_FIXED, RET_PF_FIXED, { MAP(5, 1) }, { PAGE(OBS_GET_PAGE), MAP(5, 1) },
	  OUTCOME_MISS, .why = MISS_GET_EXTRA },
	{ "only D differs", EV_OP_AGE, RET_PF_UNKNOWN, RET_PF_UNKNOWN, { MAP(5, 1) },
	  { { .kind = OBS_SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = EMPTY, .new = LEAF & ~0x40ULL } } },
	  OUTCOME_MISS, .why = MISS_AD },
	{ "a retry by the prechecks", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { { 0 } }, { { 0 } }, OUTCOME_EXACT,
	  .has_checks = true },
	{ "a retry under the lock", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { CHECKED }, { { 0 } }, OUTCOME_EXACT,
	  .has_checks = true, .checked = true },
	{ "one instead of the other", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { CHECKED }, { { 0 } }, OUTCOME_MISS,
	  .why = MISS_CHECK, .has_checks = true },
	{ "the other way round", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { { 0 } }, { { 0 } }, OUTCOME_MISS, .why = MISS_CHECK,
	  .has_checks = true, .checked = true },
	{ "without such probes nobody knows", EV_OP_FAULT, RET_PF_RETRY, RET_PF_RETRY, { { 0 } }, { { 0 } },
	  OUTCOME_EXACT, .checked = true },
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
	struct replayed p = { { row->predicted, count(row->predicted), sizeof(struct obs) }, row->predicted_result,
			      row->checked };

	made_open(&made, KVM_6_12, records, make_records(row, records));
	obs_rules_init(&rules, made.rec.meta);
	m = obs_matcher_new(&rules);
	verdict_init(&v, &made.rec);
	assert_true(row->has_checks || !v.has_checks);
	v.has_checks = row->has_checks;
	assert_int_equal(verdict_judge(&v, m, 0, &p), row->outcome);
	if (row->outcome == OUTCOME_MISS)
		assert_int_equal(v.ops[0].why, row->why);
	verdict_totals(&v, &t);
	assert_int_equal(t.operations, 1);
	assert_int_equal(t.exact, row->outcome == OUTCOME_EXACT);
	assert_int_equal(t.vacuous, row->outcome == OUTCOME_VACUOUS);
	assert_int_equal(t.first_miss, row->outcome == OUTCOME_MISS ? 0 : REC_NONE);
	assert_int_equal(verdict_judge_again(&v, m, 0, &p), row->outcome);	/* as exact as before */
	assert_false(v.ops[0].varies);
	verdict_fini(&v);
	obs_matcher_free(m);
	made_close(&made);
}

/* --- totals ------------------------------------------------------------------------ */

#define JUDGED(o, f, other, null) { .outcome = OUTCOME_##o, .fixed = f, .elsewhere = other, .null_exact = null }
#define VARIES(o, f, other) { .outcome = OUTCOME_##o, .fixed = f, .elsewhere = other, .varies = true }

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
	{ "even where every order should lead to one outcome: it took another one to see it",
	  { JUDGED(MISS, true, true, false) }, 1,
	  { .exact = 1, .admissible = 1, .null_missed = 1, .null_explained = 1 } },
	{ "what misses in one of the orders is undecided",
	  { VARIES(EXACT, false, true), VARIES(MISS, false, true), VARIES(MISS, true, true) }, 3,
	  { .exact = 3, .admissible = 3, .undecided = 3, .guided = 1, .null_missed = 3,
	    .null_explained = 3 } },
	{ "a skipped operation is not exact",
	  { JUDGED(SKIPPED, true, false, true), JUDGED(EXACT, true, false, false) }, 2,
	  { .exact = 1, .determined = 1, .guided = 1, .skipped = 1, .null_exact = 1, .null_missed = 1,
	    .null_explained = 1 } },
	{ "vacuous and lost ones are outside",
	  { JUDGED(VACUOUS, true, false, true), JUDGED(LOST, true, false, true), JUDGED(EXACT, true, false, true) }, 3,
	  { .exact = 1, .determined = 1, .guided = 1, .vacuous = 1, .undecidable = 1, .lost = 1, .null_exact = 1 } },
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
	assert_int_equal(t.undecided, row->want.undecided);
	assert_int_equal(t.guided, row->want.guided);
	assert_int_equal(t.skipped, row->want.skipped);
	assert_int_equal(t.vacuous, row->want.vacuous);
	assert_int_equal(t.undecidable, row->want.undecidable);
	assert_int_equal(t.lost, row->want.lost);
	assert_int_equal(t.null_exact, row->want.null_exact);
	assert_int_equal(t.null_missed, row->want.null_missed);
	assert_int_equal(t.null_explained, row->want.null_explained);
	assert_int_equal((int)(1000 * t.exact_ratio + 0.5), (1000 * row->want.exact + judged / 2) / judged);
	verdict_fini(&v);
}

/* --- operations nobody models, and other orders ---------------------------------------- */

static void with_one_op(void (*fn)(struct verdict *v, struct obs_matcher *m, const struct replayed *right,
				   const struct replayed *wrong))
{
	static const struct obs map = MAP(5, 1), other = MAP(6, 1);
	struct made_record records[2] = { { .task = 0, .t_ns = 10 }, MADE_OP(0, 50, FAULT, 45) };
	const struct replayed right = { { &map, 1, sizeof(map) }, RET_PF_FIXED, false };
	const struct replayed wrong = { { &other, 1, sizeof(other) }, RET_PF_FIXED, false };
	struct obs_rules rules;
	struct obs_matcher *m;
	struct verdict v;
	struct made made;

	memcpy(&records[0].ev, &map, sizeof(records[0].ev));
	records[1].ev.op.result = RET_PF_FIXED;
	made_open(&made, KVM_6_12, records, ARRAY_SIZE(records));
	obs_rules_init(&rules, made.rec.meta);
	m = obs_matcher_new(&rules);
	verdict_init(&v, &made.rec);
	fn(&v, m, &right, &wrong);
	verdict_fini(&v);
	obs_matcher_free(m);
	made_close(&made);
}

static void skip_one(struct verdict *v, struct obs_matcher *m, const struct replayed *right,
		     const struct replayed *wrong)
{
	verdict_skip(v, m, 0, SKIP_DIRTY);
	assert_int_equal(v->ops[0].outcome, OUTCOME_SKIPPED);
	assert_int_equal(v->kinds[OBS_SPTE_CHANGED].observed, 1);
	assert_int_equal(v->kinds[OBS_SPTE_CHANGED].predicted, 0);
	assert_int_equal(v->kinds[OBS_SPTE_CHANGED].matched, 0);
}

/* Of a kind nobody knows, and nothing was seen of it. */
static void skip_unseen(struct verdict *v, struct obs_matcher *m, const struct replayed *right,
			const struct replayed *wrong)
{
	((struct rec_op *)v->rec->ops)[0].nr_obs = 0;
	verdict_skip(v, m, 0, SKIP_UNKNOWN);
	assert_int_equal(v->ops[0].outcome, OUTCOME_VACUOUS);
	verdict_skip(v, m, 0, SKIP_DIRTY);
	assert_int_equal(v->ops[0].outcome, OUTCOME_SKIPPED);
}

static void right_then_wrong(struct verdict *v, struct obs_matcher *m, const struct replayed *right,
			     const struct replayed *wrong)
{
	verdict_judge(v, m, 0, right);
	verdict_judge_again(v, m, 0, wrong);
	assert_false(v->ops[0].elsewhere);
	assert_true(v->ops[0].varies);
}

static void wrong_then_right(struct verdict *v, struct obs_matcher *m, const struct replayed *right,
			     const struct replayed *wrong)
{
	verdict_judge(v, m, 0, wrong);
	verdict_judge_again(v, m, 0, right);
	assert_true(v->ops[0].elsewhere);
	assert_true(v->ops[0].varies);
	assert_int_equal(v->kinds[OBS_SPTE_CHANGED].observed, 1);	/* counted once, as where it is exact */
	assert_int_equal(v->kinds[OBS_SPTE_CHANGED].matched, 1);
}

static void test_skip(void **state)
{
	with_one_op(skip_one);
	with_one_op(skip_unseen);
}

static void test_orders(void **state)
{
	with_one_op(right_then_wrong);
	with_one_op(wrong_then_right);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_skip), cmocka_unit_test(test_orders) };
	int rc = table_run("verdict", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	rc |= table_run("totals", total_rows, ARRAY_SIZE(total_rows), sizeof(total_rows[0]), check_total);
	return cmocka_run_group_tests(tests, NULL, NULL) | rc;
}
