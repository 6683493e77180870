/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replays say: a short table, or all of it as JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "analysis/quantity.h"
#include "cmd/replay_run.h"

/* Millionths. */
#define P50	500000
#define P90	900000
#define P99	990000
#define P999	999000

/* --- table ------------------------------------------------------------------- */

static int64_t metric(const struct replay_run *run, const char *name)
{
	const struct result_metric *m = result_metric_find(&run->result, name);

	return m ? m->value : 0;
}

static void put_quantity(const char *unit, int64_t value, int width)
{
	char text[32];

	quantity_text(unit, value, text, sizeof(text));
	printf("  %*s", width, text);
}

static void show_run(const struct replay_run *run, int name_width)
{
	const struct hist *total = &run->result.hist[RESULT_ACCESS][PHASE_TOTAL];
	const struct hist *wait = &run->result.hist[RESULT_ACCESS][PHASE_LOCK_WAIT];

	printf("%-*s", name_width, run->policy.name);
	put_quantity("ns", metric(run, "stall"), 10);
	put_quantity("ppm", metric(run, "stall_share"), 8);
	put_quantity("ns", (int64_t)hist_quantile(total, P50), 10);
	put_quantity("ns", (int64_t)hist_quantile(total, P99), 10);
	put_quantity("ns", (int64_t)total->max, 10);
	put_quantity("ns", (int64_t)hist_quantile(wait, P99), 10);
	printf("  %9lld  %9lld  %9lld", (long long)metric(run, "faults"), (long long)metric(run, "retries"),
	       (long long)metric(run, "flushes"));
	if (run->id)
		printf("  %5lld", (long long)run->id);
	putchar('\n');
}

void replay_show(const struct replay_ask *ask, const struct replay_run *runs, size_t nr)
{
	int name_width = (int)strlen("policy");

	for (size_t i = 0; i < nr; i++)
		if ((int)strlen(runs[i].policy.name) > name_width)
			name_width = (int)strlen(runs[i].policy.name);
	printf("%-*s  %10s  %8s  %10s  %10s  %10s  %10s  %9s  %9s  %9s%s\n", name_width, "policy", "stall", "share",
	       "access p50", "p99", "max", "wait p99", "faults", "retries", "flushes", ask->db ? "    run" : "");
	for (size_t i = 0; i < nr; i++)
		show_run(&runs[i], name_width);
	printf("\nstall: what a vCPU lost to the MMU, mean.  Times are %s.\n",
	       ask->threads ? "measured on this machine" : "modelled");
}

/* --- JSON ---------------------------------------------------------------------- */

static json_t *hist_json(const struct hist *h)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "n", (json_int_t)h->n,
			 "min_ns", (json_int_t)h->min, "mean_ns", (json_int_t)hist_mean(h),
			 "p50_ns", (json_int_t)hist_quantile(h, P50), "p90_ns", (json_int_t)hist_quantile(h, P90),
			 "p99_ns", (json_int_t)hist_quantile(h, P99), "p999_ns", (json_int_t)hist_quantile(h, P999),
			 "max_ns", (json_int_t)h->max);
}

static json_t *latency_json(const struct result *r)
{
	json_t *ops = json_object();

	for (unsigned int op = 0; op < RESULT_NR_OPS; op++) {
		json_t *phases = json_object();

		for (unsigned int phase = 0; phase < RESULT_NR_PHASES; phase++)
			if (r->hist[op][phase].n)
				json_object_set_new(phases, result_phase_name(phase), hist_json(&r->hist[op][phase]));
		if (json_object_size(phases))
			json_object_set_new(ops, result_op_name(op), phases);
		else
			json_decref(phases);
	}
	return ops;
}

static json_t *metrics_json(const struct result *r)
{
	json_t *metrics = json_object();

	for (size_t i = 0; i < r->nr_metrics; i++)
		json_object_set_new(metrics, r->metrics[i].name,
				    json_pack("{s:I, s:s}", "value", (json_int_t)r->metrics[i].value,
					      "unit", r->metrics[i].unit));
	return metrics;
}

static json_t *blame_json(const struct result *r)
{
	json_t *list = json_array();

	for (unsigned int waiter = 0; waiter < RESULT_NR_OPS; waiter++)
		for (unsigned int holder = 0; holder < RESULT_NR_OPS; holder++) {
			const struct result_blame *b = &r->blame[waiter][holder];

			if (b->n || b->ns)
				json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I}",
					"waiter", result_op_name(waiter), "holder", result_op_name(holder),
					"ns", (json_int_t)b->ns, "n", (json_int_t)b->n));
		}
	return list;
}

static void put_knob(void *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string(value));
}

static json_t *run_json(const struct replay_run *run)
{
	json_t *knobs = json_object(), *o;

	policy_each(&run->policy, put_knob, knobs);
	o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "policy", run->policy.name, "knobs", knobs,
		      "metrics", metrics_json(&run->result), "latency", latency_json(&run->result),
		      "blame", blame_json(&run->result));
	if (run->id)
		json_object_set_new(o, "run", json_integer(run->id));
	return o;
}

void replay_show_json(const struct replay_ask *ask, const struct replay_trace *trace,
		      const struct replay_run *runs, size_t nr)
{
	json_t *list = json_array(), *assumed = json_array(), *root;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, run_json(&runs[i]));
	for (unsigned int i = 0; i < NR_FACTS; i++)
		if (ask->facts.assumed[i])
			json_array_append_new(assumed, json_string(fact_name(i)));
	root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:o, s:o}", "trace", ask->trace,
			 "trace_hash", trace->meta->source_xxh3, "runtime", ask->runtime,
			 "figures", ask->threads ? "measured" : "modelled", "pacing", ask->pacing,
			 "seed", (json_int_t)ask->seed, "clones", (int)ask->clones, "assumed", assumed, "runs", list);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}
