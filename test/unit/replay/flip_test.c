/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which values of a knob are tried, and what they are said to cost. */
#include "test/table.h"

#include "replay/flip.h"
#include "replay/recorded_knobs.h"
#include "test/unit/replay/made.h"

/*
 * An engine that has no use for the recording: of the recorded operations it gets as many
 * right as its table says for the value of the knob.
 */
#define NR_OPS	10

struct score {
	uint32_t value;
	unsigned int exact;
};

static const struct row {
	const char	*name, *flip[3];
	const char	*knob;		/* whose value decides the score, of the values below */
	struct score	 scores[4];
	bool		 recorded;	/* the recording decides about memslot.delete, for zap-all */
	const char	*want_error;
	struct { const char *knob, *value; int cost; double factor; } want[4];
} rows[] = {
	{ "each other value", { "fault.retry_key" }, "fault.retry_key",
	  { { FAULT_RETRY_KEY_ANY, 0 }, { FAULT_RETRY_KEY_HULL_HVA, 8 }, { FAULT_RETRY_KEY_HULL_GFN, 8 },
	    { FAULT_RETRY_KEY_EXACT, 4 } },
	  .want = { { "fault.retry_key", "any", 8, 4 }, { "fault.retry_key", "hull-hva", 0, 0 },
		    { "fault.retry_key", "exact", 4, 2 } } },
	{ "a residual of nothing counts as one operation", { "fault.huge_split" }, "fault.huge_split",
	  { { FAULT_HUGE_SPLIT_ZAP, 7 }, { FAULT_HUGE_SPLIT_IN_PLACE, 10 } },
	  .want = { { "fault.huge_split", "zap", 3, 3 } } },
	{ "a better value costs less than nothing", { "fault.huge_split" }, "fault.huge_split",
	  { { FAULT_HUGE_SPLIT_ZAP, 10 }, { FAULT_HUGE_SPLIT_IN_PLACE, 6 } },
	  .want = { { "fault.huge_split", "zap", -4, -1 } } },
	{ "a knob given twice is tried once", { "fault.huge_split", "flush.batch", "fault.huge_split" }, "flush.batch",
	  { { FLUSH_BATCH_PER_OP, 5 }, { FLUSH_BATCH_ACCUMULATE, 5 } },
	  .want = { { "fault.huge_split", "zap", 0, 0 }, { "flush.batch", "per-op", 0, 0 } } },
	{ "what the recording decides gives way to the flip", { "memslot.delete" }, "memslot.delete",
	  { { MEMSLOT_DELETE_ZAP_ALL, 9 }, { MEMSLOT_DELETE_SLOT_ONLY, 4 } }, .recorded = true,
	  .want = { { "memslot.delete", "slot-only", 5, 5 } } },
	{ "a word that is nearly a knob", { "fault.retry_kye" }, .want_error = "did you mean 'fault.retry_key'" },
	{ "a knob of numbers", { "lock.resched_us" }, .want_error = "takes numbers (0..1000000)" },
	{ "a knob of the other architecture", { "coalesce.order" }, .want_error = "another architecture" },
};

static const struct row *row;

static unsigned int score_of(const struct guide_job *job)
{
	const uint32_t value = row->recorded && job->recorded & recorded_knob("memslot.delete", 14) ? MEMSLOT_DELETE_ZAP_ALL :
				knob_get(knob_find(row->knob), job->policy);

	for (size_t i = 0; i < ARRAY_SIZE(row->scores); i++)
		if (row->scores[i].value == value)
			return row->scores[i].exact;
	return 0;
}

static int fake_guide(const struct guide_job *job, struct err *e)
{
	(void)e;
	for (unsigned int i = 0; i < NR_OPS; i++)
		job->verdict->ops[i].outcome = i < score_of(job) ? OUTCOME_EXACT : OUTCOME_MISS;
	return 0;
}

static void check_flips(const struct flips *flips)
{
	size_t nr = 0;

	for (; nr < ARRAY_SIZE(row->want) && row->want[nr].knob; nr++) {
		const struct flip *f = &flips->v[nr];

		assert_true(nr < flips->nr);
		assert_string_equal(f->knob->name, row->want[nr].knob);
		assert_string_equal(f->knob->values[f->value], row->want[nr].value);
		assert_int_equal(flip_cost(flips, f), row->want[nr].cost);
		assert_true(flip_factor(flips, f) == row->want[nr].factor);
	}
	assert_int_equal(flips->nr, nr);
}

static void check(const void *arg)
{
	struct made_record records[NR_OPS];
	const struct knob *knobs[128];
	struct made made;
	struct policy policy;
	struct verify_job job = { .rec = &made.rec, .policy = &policy, .guide = fake_guide };
	struct flips flips = { 0 };
	struct err e = { 0 };
	size_t names = 0, table;
	int nr;

	row = arg;
	for (unsigned int i = 0; i < NR_OPS; i++)
		records[i] = (struct made_record)MADE_OP(2, 10 * i + 10, AGE, 5);	/* one order only */
	made_open(&made, KVM_6_12, records, NR_OPS);
	knob_table(&table);
	assert_true(table <= ARRAY_SIZE(knobs));
	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_GFN;
	policy.fault_huge_split = FAULT_HUGE_SPLIT_IN_PLACE;
	policy.flush_batch = FLUSH_BATCH_ACCUMULATE;
	job.recorded = row->recorded ? RECORDED_KNOBS_ALL : 0;
	while (names < ARRAY_SIZE(row->flip) && row->flip[names])
		names++;
	nr = flips_knobs(row->flip, names, KVM_X86, knobs, &e);
	if (row->want_error) {
		assert_int_equal(nr, -ERR_USAGE);
		assert_non_null(strstr(e.text, row->want_error));
	} else {
		assert_true(nr > 0);
		assert_int_equal(flips_run(&job, knobs, (size_t)nr, &flips, &e), 0);
		check_flips(&flips);
	}
	flips_fini(&flips);
	made_close(&made);
}

int main(void)
{
	return table_run("flip", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
