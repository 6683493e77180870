/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/flip_report.h"

#include <errno.h>
#include <inttypes.h>

#include <jansson.h>

static const char *value_name(const struct flip *f)
{
	return f->knob->values[f->value];
}

void flips_print(const struct flips *f, const char *file, const char *policy, FILE *out)
{
	fprintf(out, "%s under %s: of %" PRIu64 " operations %" PRIu64 " not exact; %" PRIu64 " observations unmatched\n",
		file, policy, flip_judged(&f->right), flip_residual(&f->right), f->right.unmatched);
	fprintf(out, "%-22s %-15s %8s %8s %11s %13s\n", "knob", "value", "exact %", "costs", "x residual",
		"observations");
	for (size_t i = 0; i < f->nr; i++) {
		const struct flip *v = &f->v[i];

		fprintf(out, "%-22s %-15s %8.3f %8" PRId64 " %11.1f %13" PRId64 "\n", v->knob->name, value_name(v),
			100 * v->totals.exact_ratio, flip_cost(f, v), flip_factor(f, v), flip_cost_obs(f, v));
	}
}

static json_t *json_flip(const struct flips *all, const struct flip *f)
{
	return json_pack("{ss ss sf sf sI sf sI}", "knob", f->knob->name, "value", value_name(f), "exact_ratio",
			 f->totals.exact_ratio, "guided_ratio", f->totals.guided_ratio, "cost",
			 (json_int_t)flip_cost(all, f), "factor", flip_factor(all, f), "cost_observations",
			 (json_int_t)flip_cost_obs(all, f));
}

int flips_print_json(const struct flips *f, const char *file, const char *policy, FILE *out, struct err *e)
{
	json_t *list = json_array(), *o;
	int rc;

	for (size_t i = 0; i < f->nr; i++)
		json_array_append_new(list, json_flip(f, &f->v[i]));
	o = json_pack("{ss ss sI sI sI so}", "file", file, "policy", policy, "operations",
		      (json_int_t)flip_judged(&f->right), "residual", (json_int_t)flip_residual(&f->right),
		      "unmatched", (json_int_t)f->right.unmatched, "flips", list);
	rc = json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(o);
	fputc('\n', out);
	return rc == 0 ? 0 : err_sys(e, errno, "standard output", "write");
}
