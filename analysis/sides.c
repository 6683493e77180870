/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/sides.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- who stands together --------------------------------------------------------- */

/* Do these differ in their seeds alone?  They are of one group. */
static bool differ_by_seed(const struct run *a, const struct run *b)
{
	return a->seed != b->seed && a->clones == b->clones && !strcmp(a->policy, b->policy) &&
	       !strcmp(a->policy_text, b->policy_text) && !strcmp(a->trace_hash, b->trace_hash) &&
	       !strcmp(a->runtime, b->runtime) && !strcmp(a->pacing, b->pacing) && !strcmp(a->access, b->access) &&
	       !strcmp(a->assumed, b->assumed) && !strcmp(a->costs_text, b->costs_text) &&
	       !strcmp(a->host_text, b->host_text) && !strcmp(a->time_scale, b->time_scale);
}

static struct side *side_of(struct sides *s, const struct run *r)
{
	for (size_t i = 0; i < s->nr; i++)
		if (differ_by_seed(s->v[i].run[0], r))
			return &s->v[i];
	s->v = xreallocarray(s->v, s->nr + 1, sizeof(*s->v));
	s->v[s->nr] = (struct side){ 0 };
	return &s->v[s->nr++];
}

static char *label_of(const struct side *side)
{
	char *label = xstrdup(side->run[0]->label), *seed = strstr(label, ", seed ");

	if (side->nr > 1 && seed) {
		char *rest = seed + strlen(", seed ");

		rest += strspn(rest, "0123456789");
		memmove(seed, rest, strlen(rest) + 1);
	}
	return label;
}

static bool are_paired(const struct sides *s)
{
	const struct side *first = &s->v[0];

	for (size_t i = 1; i < s->nr; i++) {
		if (s->v[i].nr != first->nr)
			return false;
		for (size_t run = 0; run < first->nr; run++)
			if (s->v[i].run[run]->seed != first->run[run]->seed)
				return false;
	}
	return first->nr > 1;
}

void sides_of(const struct group *group, struct sides *out)
{
	*out = (struct sides){ 0 };
	for (size_t i = 0; i < group->nr; i++) {
		struct side *side = side_of(out, &group->v[i]);

		side->run = xreallocarray(side->run, side->nr + 1, sizeof(const struct run *));
		side->run[side->nr++] = &group->v[i];
	}
	for (size_t i = 0; i < out->nr; i++)
		out->v[i].label = label_of(&out->v[i]);
	out->paired = out->nr && are_paired(out);
}

void sides_fini(struct sides *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		free(s->v[i].run);
		free(s->v[i].label);
	}
	free(s->v);
	*s = (struct sides){ 0 };
}

static struct stats_rule rule_of(const struct sides *s)
{
	struct stats_rule rule = stats_rule_default;

	rule.paired = s->paired;
	return rule;
}

/* --- metrics ------------------------------------------------------------------------- */

/* What the side's runs say of a metric, those that say something; free() *@out. */
static int samples(sqlite3_stmt *st, struct db *db, const struct side *side, double **out, size_t *nr, struct err *e)
{
	int rc = 0;

	*out = xcalloc(side->nr, sizeof(**out));
	*nr = 0;
	for (size_t i = 0; rc >= 0 && i < side->nr; i++) {
		sqlite3_bind_int64(st, 1, side->run[i]->id);
		rc = db_step(db, st, e);
		if (rc == 1)
			(*out)[(*nr)++] = (double)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
	}
	return rc < 0 ? rc : 0;
}

static int64_t mean(const double *v, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += v[i];
	return nr ? (int64_t)(sum / (double)nr) : 0;
}

int sides_metric(struct db *db, const struct sides *s, const char *name, struct side_value *out, struct err *e)
{
	struct stats_rule rule = rule_of(s);
	double *base = NULL, *v;
	size_t nr_base = 0, nr;
	sqlite3_stmt *st;
	int rc = db_prepare(db, "SELECT value FROM metric WHERE run = ? AND name = ?", "metric", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
	for (size_t i = 0; !rc && i < s->nr; i++) {
		rc = samples(st, db, &s->v[i], &v, &nr, e);
		out[i] = (struct side_value){
			.set = nr != 0, .value = mean(v, nr), .ratio = { 1, 1, 1, STATS_NOTHING },
		};
		if (i && nr && nr_base)
			out[i].ratio = stats_samples(base, nr_base, v, nr, &rule);
		if (i) {
			free(v);
		} else {
			base = v;
			nr_base = nr;
		}
	}
	free(base);
	sqlite3_finalize(st);
	return rc;
}

/* --- latencies ------------------------------------------------------------------------ */

/* The histograms of one side's runs. */
struct hists {
	struct hist		 *v;
	const struct hist	**at;
	size_t			  nr;
};

static void hists_fini(struct hists *h)
{
	for (size_t i = 0; i < h->nr; i++)
		hist_fini(&h->v[i]);
	free(h->v);
	free(h->at);
}

/* @st gives the blob of run ?1. */
static int hists_load(sqlite3_stmt *st, struct db *db, const struct side *side, struct hists *out, struct err *e)
{
	int rc = 0;

	*out = (struct hists){ xcalloc(side->nr, sizeof(*out->v)), xcalloc(side->nr, sizeof(const struct hist *)), 0 };
	for (size_t i = 0; rc >= 0 && i < side->nr; i++) {
		sqlite3_bind_int64(st, 1, side->run[i]->id);
		rc = db_step(db, st, e);
		if (rc == 1 && hist_decode(&out->v[out->nr], sqlite3_column_blob(st, 0),
					   (size_t)sqlite3_column_bytes(st, 0)))
			rc = err_set(e, ERR_INPUT, "%s: a histogram of run %lld is damaged; store that run again", db->path,
				     (long long)side->run[i]->id);
		if (rc == 1) {
			out->at[out->nr] = &out->v[out->nr];
			out->nr++;
		}
		sqlite3_reset(st);
	}
	return rc < 0 ? rc : 0;
}

static void merge_all(const struct hists *h, struct hist *out)
{
	hist_init(out);
	for (size_t i = 0; i < h->nr; i++)
		hist_merge(out, &h->v[i]);
}

static void compare_hists(const struct sides *s, const struct hists *h, const uint32_t *what, size_t nr,
			  struct side_value *out)
{
	struct stats_ratio *ratios = xcalloc(nr, sizeof(*ratios));
	struct stats_rule rule = rule_of(s);

	for (size_t i = 0; i < s->nr; i++) {
		bool both = i && h[0].nr && h[i].nr;
		struct hist merged;

		merge_all(&h[i], &merged);
		if (both)
			stats_hists(&(struct stats_side){ h[0].at, h[0].nr }, &(struct stats_side){ h[i].at, h[i].nr },
				    what, nr, &rule, ratios);
		for (size_t q = 0; q < nr; q++) {
			struct side_value *v = &out[q * s->nr + i];

			*v = (struct side_value){ .set = h[i].nr != 0, .ratio = { 1, 1, 1, STATS_NOTHING } };
			if (v->set)
				v->value = (int64_t)(what[q] == STATS_MEAN ? hist_mean(&merged) :
						     hist_quantile(&merged, what[q]));
			if (both)
				v->ratio = ratios[q];
		}
		hist_fini(&merged);
	}
	free(ratios);
}

int sides_latency(struct db *db, const struct sides *s, const char *op, const char *phase, const uint32_t *what,
		  size_t nr, struct side_value *out, struct err *e)
{
	struct hists *h = xcalloc(s->nr, sizeof(*h));
	sqlite3_stmt *st;
	int rc = db_prepare(db, "SELECT blob FROM hist WHERE run = ? AND op = ? AND phase = ?", "hist", &st, e);

	if (!rc) {
		sqlite3_bind_text(st, 2, op, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 3, phase, -1, SQLITE_STATIC);
	}
	for (size_t i = 0; !rc && i < s->nr; i++)
		rc = hists_load(st, db, &s->v[i], &h[i], e);
	if (!rc)
		compare_hists(s, h, what, nr, out);
	for (size_t i = 0; i < s->nr; i++)
		hists_fini(&h[i]);
	free(h);
	sqlite3_finalize(st);
	return rc;
}
