/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes of operations, the class of each miss, and the totals. */
#include "replay/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *skip_name(enum skip s)
{
	static const char *const names[NR_SKIPS] = {
#define SKIP_NAME(id, name) name,
		SKIPS(SKIP_NAME)
#undef SKIP_NAME
	};

	return (unsigned int)s < NR_SKIPS ? names[s] : "?";
}

const char *miss_name(enum miss m)
{
	static const char *const names[NR_MISSES] = {
#define MISS_NAME(id, text) text,
		MISSES(MISS_NAME)
#undef MISS_NAME
	};

	return (unsigned int)m < NR_MISSES ? names[m] : "?";
}

static bool is_check(const struct obs *o)
{
	return o->kind == OBS_PIN && o->pin.pin == PIN_STALE;
}

void verdict_init(struct verdict *v, const struct recording *rec)
{
	*v = (struct verdict){ .rec = rec, .ops = xcalloc(rec->nr_ops, sizeof(*v->ops)) };
	for (uint32_t i = 0; i < rec->nr_obs && !v->has_checks; i++)
		v->has_checks = is_check(&rec->obs[i].o);
	for (unsigned int i = 0; i < NR_MISSES; i++)
		v->examples[i] = xcalloc(VERDICT_EXAMPLES, sizeof(*v->examples[i]));
}

void verdict_fini(struct verdict *v)
{
	for (unsigned int i = 0; i < NR_MISSES; i++)
		free(v->examples[i]);
	free(v->ops);
	free(v->missed);
	*v = (struct verdict){ 0 };
}

/* --- one operation -------------------------------------------------------- */

static bool is_change(unsigned int kind)
{
	return kind == OBS_SPTE_CHANGED || kind == OBS_SET_SPTE || kind == OBS_S2_MAP || kind == OBS_S2_RELAX ||
	       kind == OBS_S2_MKYOUNG;
}

/* Did a fault reach the map?  By its observations, so that it can be asked of both sides. */
static bool has_mapped(struct obs_view view)
{
	const char *at = (const char *)view.first;

	for (size_t i = 0; i < view.nr; i++, at += view.stride)
		if (is_change(((const struct obs *)at)->kind))
			return true;
	return false;
}

static const struct obs *kind_of(const struct obs *const list[OBS_DIFF_SAMPLES], unsigned int kind)
{
	for (int i = 0; i < OBS_DIFF_SAMPLES && list[i]; i++)
		if (list[i]->kind == kind)
			return list[i];
	return NULL;
}

/* Classes of a difference in one kind of observation, in order of precedence. */
static const struct {
	unsigned int kind;
	enum miss    missing, extra, both;
} kind_misses[] = {
	{ OBS_SPTE_CHANGED,	MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_UNMAP_RANGE,	MISS_HANDLER,	    MISS_HANDLER,     MISS_HANDLER },
	{ OBS_AGE_RANGE,	MISS_HANDLER,	    MISS_HANDLER,     MISS_HANDLER },
	{ OBS_GET_PAGE,		MISS_GET_MISSING,   MISS_GET_EXTRA,   MISS_GET_EXTRA },
	{ OBS_PREPARE_ZAP_PAGE,	MISS_ZAP_MISSING,   MISS_ZAP_EXTRA,   MISS_ZAP_EXTRA },
	{ OBS_SYNC_PAGE,	MISS_SYNC,	    MISS_SYNC,	      MISS_SYNC },
	{ OBS_UNSYNC_PAGE,	MISS_SYNC,	    MISS_SYNC,	      MISS_SYNC },
	{ OBS_SPTE_UPDATE,	MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_SPTE_CLEAR,	MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_SET_ACCESSED_BIT,	MISS_WALK,	    MISS_WALK,	      MISS_WALK },
	{ OBS_SET_DIRTY_BIT,	MISS_WALK,	    MISS_WALK,	      MISS_WALK },
	{ OBS_WALKER_ERROR,	MISS_WALK,	    MISS_WALK,	      MISS_WALK },
	{ OBS_FAST_PAGE_FAULT,	MISS_FAST,	    MISS_FAST,	      MISS_FAST },
	{ OBS_SET_SPTE,		MISS_SPTE_VALUE,    MISS_SPTE_VALUE,  MISS_SPTE_VALUE },
	{ OBS_S2_MAP,		MISS_CALL,	    MISS_CALL,	      MISS_CALL },
	{ OBS_S2_RELAX,		MISS_CALL,	    MISS_CALL,	      MISS_CALL },
	{ OBS_S2_UNMAP,		MISS_CALL,	    MISS_CALL,	      MISS_CALL },
	{ OBS_S2_SPLIT,		MISS_CALL,	    MISS_CALL,	      MISS_CALL },
	{ OBS_W_MAP,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_WALK_LEAF,	MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_BREAK_PTE,	MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_MAKE_PTE,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_W_UNMAP,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_W_ATTR,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_W_AGE,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_W_SPLIT,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_W_FREE,		MISS_SPTE_MISSING,  MISS_SPTE_EXTRA,  MISS_SPTE_VALUE },
	{ OBS_TLB_IPA,		MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
	{ OBS_TLB_IPA_NSH,	MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
	{ OBS_TLB_RANGE,	MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
	{ OBS_TLB_VMID,		MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
	{ OBS_FLUSH_ALL,	MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
	{ OBS_FLUSH_RANGE,	MISS_FLUSH_MISSING, MISS_FLUSH_EXTRA, MISS_FLUSH_EXTRA },
};

static enum miss classify_diff(const struct obs_diff *d)
{
	const struct obs *gone, *more;

	if (d->missing == d->extra && d->ad_only == d->missing)
		return MISS_AD;
	gone = kind_of(d->missing_at, OBS_SPTE_REQUESTED);
	more = kind_of(d->extra_at, OBS_SPTE_REQUESTED);
	if (gone && more && gone->map.level != more->map.level)
		return MISS_LEVEL;
	for (size_t i = 0; i < ARRAY_SIZE(kind_misses); i++) {
		gone = kind_of(d->missing_at, kind_misses[i].kind);
		more = kind_of(d->extra_at, kind_misses[i].kind);
		if (gone || more)
			return gone && more ? kind_misses[i].both :
			       gone ? kind_misses[i].missing : kind_misses[i].extra;
	}
	return MISS_OTHER;
}

static struct obs_view recorded_view(const struct recording *rec, const struct rec_op *op)
{
	return (struct obs_view){ op->nr_obs ? &rec_op_obs(rec, op)->o : NULL, op->nr_obs,
				  sizeof(struct rec_obs) };
}

static bool result_agrees(const struct rec_op *op, const struct replayed *p)
{
	return op->kind != EV_OP_FAULT || op->result == RET_PF_UNKNOWN || op->result == p->result;
}

/* Did the prechecks let it pass, or not, as recorded? */
static bool check_agrees(const struct verdict *v, const struct rec_op *op, const struct replayed *p)
{
	return op->kind != EV_OP_FAULT || !v->has_checks ||
	       p->checked == !!rec_find_pin(v->rec, op, PIN_STALE);
}

static enum miss classify(const struct verdict *v, const struct rec_op *op, const struct replayed *p,
			  const struct obs_diff *d)
{
	if (op->kind == EV_OP_FAULT && (d->missing || d->extra)) {
		bool observed = has_mapped(recorded_view(v->rec, op));
		bool predicted = has_mapped(p->predicted);

		if (predicted && !observed)
			return MISS_MAP_FOR_RETRY;
		if (observed && !predicted)
			return MISS_RETRY_FOR_MAP;
	}
	if (d->missing || d->extra)
		return classify_diff(d);
	return result_agrees(op, p) ? MISS_CHECK : MISS_RESULT;
}

static bool has_result(const struct rec_op *op)
{
	return op->kind == EV_OP_FAULT && op->result != RET_PF_UNKNOWN;
}

enum outcome verdict_compare(const struct verdict *v, struct obs_matcher *m, uint32_t index,
			     const struct replayed *p, struct obs_count counts[OBS_END],
			     struct obs_diff *diff)
{
	const struct rec_op *op = &v->rec->ops[index];
	bool same = obs_match(m, recorded_view(v->rec, op), p->predicted, counts, diff);

	if (!diff->compared && (!has_result(op) || rec_op_only_walks(v->rec, op)))
		return OUTCOME_VACUOUS;
	return same && result_agrees(op, p) && check_agrees(v, op, p) ? OUTCOME_EXACT : OUTCOME_MISS;
}

static void describe(char *buf, size_t size, const struct rec_op *op, const struct obs *o, unsigned int result)
{
	if (o)
		obs_format(o, buf, size);
	else if (op->kind == EV_OP_FAULT && result < RET_PF_NR)
		snprintf(buf, size, "result %s", ret_pf_name(result));
	else
		snprintf(buf, size, "nothing");
}

static const char *check_name(bool checked)
{
	return checked ? "retry test under mmu_lock" : "no retry test under mmu_lock";
}

static void keep_example(struct verdict *v, uint32_t index, enum miss miss, const struct replayed *p,
			 const struct obs_diff *d)
{
	const struct rec_op *op = &v->rec->ops[index];
	struct example *x;

	if (v->nr_examples[miss] == VERDICT_EXAMPLES)
		return;
	x = &v->examples[miss][v->nr_examples[miss]++];
	x->op = index;
	if (miss == MISS_CHECK) {
		snprintf(x->observed, sizeof(x->observed), "%s", check_name(!p->checked));
		snprintf(x->predicted, sizeof(x->predicted), "%s", check_name(p->checked));
		return;
	}
	describe(x->observed, sizeof(x->observed), op, d->missing_at[0], op->result);
	describe(x->predicted, sizeof(x->predicted), op, d->extra_at[0], p->result);
}

static void count_kinds(struct verdict *v, const struct obs_count counts[OBS_END])
{
	for (unsigned int k = 0; k < OBS_END; k++) {
		v->kinds[k].observed += counts[k].observed;
		v->kinds[k].predicted += counts[k].predicted;
		v->kinds[k].matched += counts[k].matched;
	}
}

/* Until it is known whether another order makes it exact. */
static uint32_t keep_missed(struct verdict *v, const struct obs_count counts[OBS_END])
{
	if (v->nr_missed == v->cap_missed) {
		v->cap_missed = v->cap_missed ? 2 * v->cap_missed : 64;
		v->missed = xreallocarray(v->missed, v->cap_missed, sizeof(*v->missed));
	}
	memcpy(v->missed[v->nr_missed], counts, sizeof(*v->missed));
	return ++v->nr_missed;
}

static void uncount_missed(struct verdict *v, const struct judged *j)
{
	const struct obs_count *counts = v->missed[j->missed - 1];

	for (unsigned int k = 0; k < OBS_END; k++) {
		v->kinds[k].observed -= counts[k].observed;
		v->kinds[k].predicted -= counts[k].predicted;
		v->kinds[k].matched -= counts[k].matched;
	}
}

enum outcome verdict_judge(struct verdict *v, struct obs_matcher *m, uint32_t index, const struct replayed *p)
{
	struct obs_count counts[OBS_END] = { 0 };
	struct judged *j = &v->ops[index];
	struct obs_diff diff;

	j->outcome = verdict_compare(v, m, index, p, counts, &diff);
	j->predicted = p->result;
	count_kinds(v, counts);
	if (j->outcome == OUTCOME_MISS) {
		j->why = classify(v, &v->rec->ops[index], p, &diff);
		j->missed = keep_missed(v, counts);
		keep_example(v, index, j->why, p, &diff);
	}
	return j->outcome;
}

enum outcome verdict_judge_again(struct verdict *v, struct obs_matcher *m, uint32_t index,
				 const struct replayed *p)
{
	struct obs_count counts[OBS_END] = { 0 };
	struct judged *j = &v->ops[index];
	struct obs_diff diff;
	enum outcome out = verdict_compare(v, m, index, p, counts, &diff);

	j->varies = (out == OUTCOME_EXACT && j->outcome == OUTCOME_MISS) ||
		    (out == OUTCOME_MISS && j->outcome == OUTCOME_EXACT);
	j->elsewhere = out == OUTCOME_EXACT;
	if (j->elsewhere && j->outcome == OUTCOME_MISS) {
		uncount_missed(v, j);
		count_kinds(v, counts);
	}
	return out;
}

/* Shadow paging: walks of the guest's tables, which the emulator makes, too. */
static bool only_walks(const struct recording *rec, const struct rec_op *op)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		unsigned int kind = rec_op_obs(rec, op)[i].o.kind;

		if (kind != OBS_SET_ACCESSED_BIT && kind != OBS_SET_DIRTY_BIT && kind != OBS_WALKER_ERROR &&
		    kind != OBS_LOCK_WAIT && kind != OBS_PIN)
			return false;
	}
	return true;
}

void verdict_skip(struct verdict *v, struct obs_matcher *m, uint32_t index, enum skip why)
{
	struct judged *j = &v->ops[index];
	struct obs_diff diff;

	j->why = why;
	/* What the emulator looks at, and locks waited for in code that is none of the MMU's: nothing to predict. */
	if (why == SKIP_UNKNOWN && only_walks(v->rec, &v->rec->ops[index])) {
		j->outcome = OUTCOME_VACUOUS;
		return;
	}
	obs_match(m, recorded_view(v->rec, &v->rec->ops[index]), (struct obs_view){ NULL, 0, sizeof(struct obs) },
		  v->kinds, &diff);
	j->outcome = why == SKIP_UNKNOWN && !diff.compared ? OUTCOME_VACUOUS : OUTCOME_SKIPPED;
}

/* --- totals ----------------------------------------------------------------- */

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 1.0;
}

static void tally_exact(const struct judged *j, struct totals *t)
{
	t->exact++;
	if (j->fixed && j->outcome == OUTCOME_EXACT)
		t->determined++;
	else
		t->admissible++;
	t->undecided += j->varies;
}

static void tally_op(const struct rec_op *op, bool exact, bool guided, struct totals *t)
{
	t->by_op[op->kind].total++;
	t->by_op[op->kind].exact += exact;
	t->by_op[op->kind].guided += guided;
	if (op->kind == EV_OP_FAULT && op->result < RET_PF_NR) {
		t->by_result[op->result].total++;
		t->by_result[op->result].exact += exact;
		t->by_result[op->result].guided += guided;
	}
}

static void tally_null(const struct judged *j, bool exact, struct totals *t)
{
	if (j->null_exact) {
		t->null_exact++;
		return;
	}
	t->null_missed++;
	t->null_explained += exact;
}

/* Vacuous and lost operations are outside every ratio. */
static bool tally_outside(const struct judged *j, const struct rec_op *op, struct totals *t)
{
	bool fault = op->kind == EV_OP_FAULT;

	t->faults += fault && j->outcome != OUTCOME_LOST;
	t->undecidable += fault && j->outcome == OUTCOME_VACUOUS;
	if (j->outcome == OUTCOME_VACUOUS)
		t->vacuous++;
	else if (j->outcome == OUTCOME_LOST)
		t->lost++;
	else
		return false;
	return true;
}

static void tally(const struct verdict *v, uint32_t index, struct totals *t)
{
	const struct judged *j = &v->ops[index];
	bool exact = judged_exact(j);

	t->operations++;
	if (tally_outside(j, &v->rec->ops[index], t))
		return;
	t->guided += j->outcome == OUTCOME_EXACT;
	if (exact) {
		tally_exact(j, t);
	} else if (j->outcome == OUTCOME_SKIPPED) {
		t->skipped++;
		t->skips[j->why]++;
	} else if (j->outcome == OUTCOME_UNSEEN) {
		t->unseen++;
	} else {
		t->misses[j->why]++;
		if (t->first_miss == REC_NONE ||
		    v->rec->ops[index].begin_ns < v->rec->ops[t->first_miss].begin_ns)
			t->first_miss = index;
	}
	tally_op(&v->rec->ops[index], exact, j->outcome == OUTCOME_EXACT, t);
	tally_null(j, exact, t);
}

static const struct example *example_of(const struct verdict *v, uint32_t op)
{
	for (unsigned int m = 0; m < NR_MISSES; m++)
		for (uint32_t i = 0; i < v->nr_examples[m]; i++)
			if (v->examples[m][i].op == op)
				return &v->examples[m][i];
	return NULL;
}

void verdict_totals(const struct verdict *v, struct totals *out)
{
	uint64_t judged;

	*out = (struct totals){ .first_miss = REC_NONE };
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		tally(v, i, out);
	judged = out->operations - out->lost - out->vacuous;
	out->exact_ratio = ratio(out->exact, judged);
	out->guided_ratio = ratio(out->guided, judged);
	out->null_ratio = ratio(out->null_exact, judged);
	out->first_example = out->first_miss == REC_NONE ? NULL : example_of(v, out->first_miss);
}
