/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict in words and as JSON. */
#include "replay/verify_report.h"

#include <errno.h>
#include <inttypes.h>

#include <jansson.h>

#define EXAMPLES_SHOWN	3

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 1.0;
}

/* Up to EXAMPLES_SHOWN examples of @m whose operations did not turn out admissible. */
static unsigned int pick_examples(const struct verdict *v, enum miss m,
				  const struct example *out[EXAMPLES_SHOWN])
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < v->nr_examples[m] && nr < EXAMPLES_SHOWN; i++)
		if (!judged_exact(&v->ops[v->examples[m][i].op]))
			out[nr++] = &v->examples[m][i];
	return nr;
}

/* --- text ------------------------------------------------------------------------- */

static void print_tally(FILE *out, const char *name, const struct tally *t)
{
	if (t->total)
		fprintf(out, "  %-24s %9" PRIu64 " %9" PRIu64 "  %8.3f %%\n", name, t->total, t->exact,
			100 * share(t->exact, t->total));
}

static void print_place(FILE *out, const struct verdict *v, uint32_t index)
{
	const struct rec_op *op = &v->rec->ops[index];
	const struct ev_task *task = &v->rec->meta->tasks[op->task];

	fprintf(out, "%.6f s, %s-%u, %s", op->begin_ns / 1e9, task->comm ? task->comm : "?", task->tid,
		ev_op_name(op->kind));
	if (op->kind == EV_OP_FAULT)
		fprintf(out, " of gfn 0x%" PRIx64, op->gfn);
}

static void print_example(FILE *out, const struct verdict *v, const struct example *x)
{
	fputs("      ", out);
	print_place(out, v, x->op);
	fprintf(out, "\n        observed:  %s\n        predicted: %s\n", x->observed, x->predicted);
}

static void print_misses(const struct verify_report *r, FILE *out)
{
	const struct example *x[EXAMPLES_SHOWN];

	for (unsigned int m = 0; m < NR_MISSES; m++) {
		unsigned int nr;

		if (!r->totals->misses[m])
			continue;
		fprintf(out, "  %9" PRIu64 "  %s\n", r->totals->misses[m], miss_name(m));
		nr = pick_examples(r->verdict, m, x);
		for (unsigned int i = 0; i < nr; i++)
			print_example(out, r->verdict, x[i]);
	}
}

/* What the recording does not hold, and was concluded instead. */
static void print_inferred(const struct ev_meta *meta, FILE *out)
{
	for (size_t vm = 0; vm < meta->nr_vms; vm++)
		if (meta->vms[vm].slots_inferred)
			fprintf(out, "  vm %zu: memslots inferred from what notifiers zapped; host addresses of %" PRIu64
				" frames are not known\n", vm, meta->vms[vm].frames_nowhere);
	for (size_t vm = 0; vm < meta->nr_vms; vm++)
		if (!meta->vms[vm].slots_inferred && !meta->vms[vm].slots_seen)
			fprintf(out, "  vm %zu: memslots are not known; to the engine every fault is MMIO\n", vm);
	for (size_t vm = 0; vm < meta->nr_vms; vm++)
		if (meta->vms[vm].dirty_inferred)
			fprintf(out, "  vm %zu: GETs of the dirty log inferred from the pages they protected; a CLEAR would pass for one\n", vm);
	if (!meta->has_ends)
		fputs("  ends of invalidations inferred from faults: RETRY is admissible where a window may be open\n", out);
}

static void print_undecidable(const struct totals *t, FILE *out)
{
	if (t->undecidable)
		fprintf(out, "  undecidable %" PRIu64 " of %" PRIu64 " faults: the recording has neither their result nor what they "
			"changed (vacuous, outside every ratio)\n", t->undecidable, t->faults);
}

static void print_summary(const struct verify_report *r, FILE *out)
{
	const struct totals *t = r->totals;

	fprintf(out, "%s under %s\n", r->file, r->policy);
	print_inferred(r->verdict->rec->meta, out);
	fprintf(out, "  operations %" PRIu64 ", vacuous %" PRIu64 ", lost %" PRIu64 ", skipped %" PRIu64 "\n",
		t->operations, t->vacuous, t->lost, t->skipped);
	print_undecidable(t, out);
	fprintf(out, "  exact      %" PRIu64 " (%.3f %%): determined %" PRIu64 ", admissible %" PRIu64 "\n",
		t->exact, 100 * t->exact_ratio, t->determined, t->admissible);
	fprintf(out, "  of these   %" PRIu64 " undecided: exact in one order, and not in another\n", t->undecided);
	fprintf(out, "  exact at the guided instants alone: %" PRIu64 " (%.3f %%)\n", t->guided,
		100 * t->guided_ratio);
	if (r->baseline)
		fprintf(out, "  null model %" PRIu64 " (%.3f %%); of the %" PRIu64 " it misses the engine gets %.3f %%\n",
			t->null_exact, 100 * t->null_ratio, t->null_missed,
			100 * share(t->null_explained, t->null_missed));
	for (unsigned int s = 0; s < NR_SKIPS; s++)
		if (t->skips[s])
			fprintf(out, "  skipped, %s: %" PRIu64 "\n", skip_name(s), t->skips[s]);
}

static void print_kinds(const struct verify_report *r, FILE *out)
{
	fprintf(out, "observations                   observed predicted   matched\n");
	for (unsigned int k = OBS_FIRST; k < OBS_END; k++) {
		const struct obs_count *c = &r->verdict->kinds[k];

		if (c->observed || c->predicted)
			fprintf(out, "  %-28s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", obs_kind_name(k),
				c->observed, c->predicted, c->matched);
	}
}

static const struct {
	const char *name, *said;
} causes[NR_RETRY_CAUSES] = {
#define CAUSE(name, said) { #name, said },
	RETRY_CAUSES(CAUSE)
#undef CAUSE
};

static void print_retries(const struct verify_report *r, FILE *out)
{
	const char *head = "retries, as the engine explains them\n";

	for (unsigned int i = 0; i < NR_RETRY_CAUSES; i++) {
		if (!r->verdict->retries[i])
			continue;
		fprintf(out, "%s  %-34s %9" PRIu64 "\n", head, causes[i].said, r->verdict->retries[i]);
		head = "";
	}
}

void verify_print(const struct verify_report *r, FILE *out)
{
	const struct totals *t = r->totals;

	print_summary(r, out);
	fprintf(out, "operations                      total     exact\n");
	for (unsigned int k = 0; k < EV_NR_OPS; k++)
		print_tally(out, ev_op_name(k), &t->by_op[k]);
	fprintf(out, "faults by recorded result       total     exact\n");
	for (unsigned int k = 0; k < RET_PF_NR; k++)
		print_tally(out, ret_pf_name(k), &t->by_result[k]);
	print_retries(r, out);
	print_kinds(r, out);
	if (t->first_miss == REC_NONE)
		return;
	fprintf(out, "divergences\n");
	print_misses(r, out);
	fputs("first divergence: ", out);
	print_place(out, r->verdict, t->first_miss);
	fputc('\n', out);
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *json_inferred(const struct ev_meta *meta)
{
	uint64_t nowhere = 0;
	bool slots = false, dirty = false;

	for (size_t vm = 0; vm < meta->nr_vms; vm++) {
		slots |= meta->vms[vm].slots_inferred;
		nowhere += meta->vms[vm].frames_nowhere;
		dirty |= meta->vms[vm].dirty_inferred;
	}
	return json_pack("{sb sI sb sb}", "memslots", slots, "frames_nowhere", (json_int_t)nowhere, "dirty", dirty, "ends",
			 !meta->has_ends);
}

static json_t *json_kinds(const struct verdict *v)
{
	json_t *kinds = json_object();

	for (unsigned int k = OBS_FIRST; k < OBS_END; k++) {
		const struct obs_count *c = &v->kinds[k];
		uint64_t most = c->observed > c->predicted ? c->observed : c->predicted;

		if (most)
			json_object_set_new(kinds, obs_kind_name(k),
					    json_pack("{sI sI sI sf}", "observed", (json_int_t)c->observed,
						      "predicted", (json_int_t)c->predicted, "matched",
						      (json_int_t)c->matched, "ratio",
						      share(c->matched, most)));
	}
	return kinds;
}

static void json_tally(json_t *into, const char *name, const struct tally *t)
{
	if (t->total)
		json_object_set_new(into, name,
				    json_pack("{sI sI sI sf}", "total", (json_int_t)t->total, "exact",
					      (json_int_t)t->exact, "guided", (json_int_t)t->guided, "ratio",
					      share(t->exact, t->total)));
}

static json_t *json_place(const struct verdict *v, uint32_t index, const struct example *x)
{
	const struct rec_op *op = &v->rec->ops[index];
	const struct ev_task *task = &v->rec->meta->tasks[op->task];

	return json_pack("{sI sI ss sI ss ss}", "t_ns", (json_int_t)op->begin_ns, "tid",
			 (json_int_t)task->tid, "task", task->comm ? task->comm : "", "gfn",
			 (json_int_t)op->gfn, "op", ev_op_name(op->kind), "observed", x ? x->observed : "");
}

static json_t *json_example(const struct verdict *v, uint32_t index, const struct example *x)
{
	json_t *o = json_place(v, index, x);

	json_object_set_new(o, "expected", json_string(x ? x->predicted : ""));
	return o;
}

static json_t *json_divergences(const struct verify_report *r)
{
	const struct example *x[EXAMPLES_SHOWN];
	json_t *list = json_array();

	for (unsigned int m = 0; m < NR_MISSES; m++) {
		unsigned int nr = pick_examples(r->verdict, m, x);
		json_t *examples;

		if (!r->totals->misses[m])
			continue;
		examples = json_array();
		for (unsigned int i = 0; i < nr; i++)
			json_array_append_new(examples, json_example(r->verdict, x[i]->op, x[i]));
		json_array_append_new(list, json_pack("{ss sI so}", "class", miss_name(m), "n",
						      (json_int_t)r->totals->misses[m], "examples", examples));
	}
	return list;
}

static json_t *json_first(const struct verify_report *r)
{
	const struct totals *t = r->totals;

	if (t->first_miss == REC_NONE)
		return json_null();
	return json_example(r->verdict, t->first_miss, t->first_example);
}

static void json_counts(json_t *o, const struct totals *t)
{
	const struct { const char *name; uint64_t n; } counts[] = {
		{ "operations", t->operations }, { "exact", t->exact }, { "determined", t->determined },
		{ "admissible", t->admissible }, { "undecided", t->undecided }, { "guided", t->guided }, { "vacuous", t->vacuous },
		{ "undecidable", t->undecidable }, { "lost", t->lost }, { "unseen", t->unseen },
	};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		json_object_set_new(o, counts[i].name, json_integer(counts[i].n));
	json_object_set_new(o, "exact_ratio", json_real(t->exact_ratio));
	json_object_set_new(o, "guided_ratio", json_real(t->guided_ratio));
}

static json_t *json_retries(const struct verdict *v)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < NR_RETRY_CAUSES; i++)
		json_object_set_new(o, causes[i].name, json_integer((json_int_t)v->retries[i]));
	return o;
}

static void json_baseline(json_t *o, const struct verify_report *r)
{
	const struct totals *t = r->totals;

	json_object_set_new(o, "baseline_exact", r->baseline ? json_integer(t->null_exact) : json_null());
	if (!r->baseline)
		return;
	json_object_set_new(o, "baseline_ratio", json_real(t->null_ratio));
	json_object_set_new(o, "baseline_missed", json_integer(t->null_missed));
	json_object_set_new(o, "baseline_explained", json_integer(t->null_explained));
}

static json_t *json_skips(const struct totals *t)
{
	json_t *skips = json_object();

	for (unsigned int s = 0; s < NR_SKIPS; s++)
		if (t->skips[s])
			json_object_set_new(skips, skip_name(s), json_integer(t->skips[s]));
	return skips;
}

static json_t *json_ops(const struct totals *t)
{
	json_t *ops = json_object();

	for (unsigned int k = 0; k < EV_NR_OPS; k++)
		json_tally(ops, ev_op_name(k), &t->by_op[k]);
	return ops;
}

static json_t *json_results(const struct totals *t)
{
	json_t *results = json_object();

	for (unsigned int k = 0; k < RET_PF_NR; k++)
		json_tally(results, ret_pf_name(k), &t->by_result[k]);
	return results;
}

int verify_print_json(const struct verify_report *r, FILE *out, struct err *e)
{
	json_t *o = json_object();
	int rc;

	json_object_set_new(o, "file", json_string(r->file));
	json_object_set_new(o, "policy", json_string(r->policy));
	json_counts(o, r->totals);
	json_object_set_new(o, "skipped", json_skips(r->totals));
	json_baseline(o, r);
	json_object_set_new(o, "by_operation", json_ops(r->totals));
	json_object_set_new(o, "by_result", json_results(r->totals));
	json_object_set_new(o, "retry_causes", json_retries(r->verdict));
	json_object_set_new(o, "kinds", json_kinds(r->verdict));
	json_object_set_new(o, "inferred", json_inferred(r->verdict->rec->meta));
	json_object_set_new(o, "divergences", json_divergences(r));
	json_object_set_new(o, "first_divergence", json_first(r));
	json_object_set_new(o, "audit", json_array());
	rc = json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(o);
	fputc('\n', out);
	return rc == 0 ? 0 : err_sys(e, errno, "standard output", "write");
}
