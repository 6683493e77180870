/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard's folder.  data.js holds one array per attribute with an entry for each run,
 * in the order of their numbers, or that entry alone where all are the same; texts are
 * numbers into DATA.strings.
 */
#include "analysis/dashboard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard_site.h"
#include "analysis/jstext.h"
#include "base/alloc.h"

/* --- runs by number --------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct site_run *x = a, *y = b;

	return x->run->id < y->run->id ? -1 : x->run->id > y->run->id;
}

static void collect_runs(struct site *s)
{
	const struct selection *all = s->d->runs;

	for (size_t g = 0; g < all->nr; g++)
		s->nr += all->v[g].nr;
	s->v = xcalloc(s->nr, sizeof(*s->v));
	s->nr = 0;
	for (size_t g = 0; g < all->nr; g++)
		for (size_t i = 0; i < all->v[g].nr; i++)
			s->v[s->nr++] = (struct site_run){ .run = &all->v[g].v[i], .group = g };
	qsort(s->v, s->nr, sizeof(*s->v), by_number);
}

static void site_fini(struct site *s)
{
	columns_fini(s);
	intern_fini(&s->strings);
	intern_fini(&s->metrics);
	intern_fini(&s->ops);
	intern_fini(&s->rows);
	for (size_t i = 0; i < SITE_METRICS; i++)
		free(s->unit_of[i]);
	free(s->v);
}

/* --- attributes ------------------------------------------------------------------------ */

/* One number alone where all runs say the same. */
static void put_list(const struct site *s, const char *name, const uint32_t *v, FILE *out)
{
	bool same = true;

	for (size_t i = 1; i < s->nr; i++)
		same &= v[i] == v[0];
	fprintf(out, "\"%s\":%s", name, same ? "" : "[");
	for (size_t i = 0; i < (same ? 1 : s->nr); i++)
		fprintf(out, "%s%u", i ? "," : "", v[i]);
	fputs(same ? ",\n" : "],\n", out);
}

static void put_texts(struct site *s, const char *name, uint32_t (*text)(struct site *, const struct run *), FILE *out)
{
	uint32_t *v = xcalloc(s->nr, sizeof(*v));

	for (size_t i = 0; i < s->nr; i++)
		v[i] = text(s, s->v[i].run);
	put_list(s, name, v, out);
	free(v);
}

#define TEXT_OF(column)							\
static uint32_t column##_of(struct site *s, const struct run *r)	\
{									\
	return intern(&s->strings, r->column);				\
}
TEXT_OF(policy)
TEXT_OF(time)
TEXT_OF(version)
TEXT_OF(branch)
TEXT_OF(access)
TEXT_OF(assumed)
TEXT_OF(figures)
TEXT_OF(origin)
#undef TEXT_OF

static uint32_t subject_of(struct site *s, const struct run *r)
{
	return intern(&s->strings, run_subject(r));
}

/* 64 bits do not fit a number of JavaScript. */
static uint32_t seed_of(struct site *s, const struct run *r)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)r->seed);
	return intern(&s->strings, seed);
}

/* Commands that differ in their seed alone are one text: "--seed *". */
static uint32_t command_of(struct site *s, const struct run *r)
{
	char seed[40], *text;
	const char *at;
	uint32_t nr;

	snprintf(seed, sizeof(seed), " --seed %llu", (unsigned long long)r->seed);
	at = strstr(r->command, seed);
	if (!at || (at[strlen(seed)] != ' ' && at[strlen(seed)] != '\0'))
		return intern(&s->strings, r->command);
	text = xasprintf("%.*s --seed *%s", (int)(at - r->command), r->command, at + strlen(seed));
	nr = intern(&s->strings, text);
	free(text);
	return nr;
}

static void put_numbers(struct site *s, FILE *out)
{
	uint32_t *set = xcalloc(s->nr, sizeof(*set));

	fputs("\"id\":[", out);
	for (size_t i = 0; i < s->nr; i++) {
		fprintf(out, "%s%lld", i ? "," : "", (long long)s->v[i].run->id);
		set[i] = (uint32_t)s->v[i].group;
	}
	fputs("],\n", out);
	put_list(s, "set", set, out);
	free(set);
}

/* A text of many lines, most of which other texts have too. */
static void put_lines(struct site *s, const char *text, FILE *out)
{
	const char *comma = "";

	fputc('[', out);
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xasprintf("%.*s", (int)len, text);

		fprintf(out, "%s%u", comma, intern(&s->strings, line));
		free(line);
		text += len + (text[len] == '\n');
		comma = ",";
	}
	fputc(']', out);
}

static void put_policies(struct site *s, FILE *out)
{
	struct intern texts = { 0 };
	uint32_t *v = xcalloc(s->nr, sizeof(*v));

	for (size_t i = 0; i < s->nr; i++)
		v[i] = intern(&texts, s->v[i].run->policy_text);
	put_list(s, "knobs", v, out);
	free(v);
	fputs("\"policies\":[", out);
	for (size_t i = 0; i < texts.nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_lines(s, texts.v[i], out);
	}
	fputs("],\n", out);
	intern_fini(&texts);
}

/* What the runs of a group have in common. */
static void put_sets(struct site *s, FILE *out)
{
	const struct selection *all = s->d->runs;

	fputs("\"sets\":[", out);
	for (size_t i = 0; i < all->nr; i++) {
		const struct run *r = &all->v[i].v[0];
		const char *texts[] = { all->v[i].slug, r->trace, r->trace_hash, r->arch, r->kernel, r->runtime,
					r->pacing, r->time_scale };

		fprintf(out, "%s[%lld", i ? ",\n" : "\n", (long long)r->clones);
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
			fprintf(out, ",%u", intern(&s->strings, texts[k]));
		fputc(',', out);
		put_lines(s, r->costs_text, out);
		fputc(',', out);
		put_lines(s, r->host_text, out);
		fputc(']', out);
	}
	fputs("],\n", out);
}

/* What `verify` found about a trace, newest first. */
static int put_fidelity(struct site *s, FILE *out, struct err *e)
{
	sqlite3_stmt *st;
	int nr = 0, rc = db_prepare(s->d->db, "SELECT trace_hash, policy, version, operations, judged, exact, baseline_exact"
				    " FROM fidelity ORDER BY time DESC, policy, version", "fidelity", &st, e);

	fputs("\"fidelity\":[", out);
	while (!rc && (rc = db_step(s->d->db, st, e)) == 1) {
		fputs(nr++ ? "," : "", out);
		for (int i = 0; i < 3; i++)
			fprintf(out, "%s%u", i ? "," : "[", intern(&s->strings, db_text(st, i)));
		for (int i = 3; i < 7; i++)
			fprintf(out, ",%lld", (long long)sqlite3_column_int64(st, i));
		fputc(']', out);
		rc = 0;
	}
	fputs("],\n", out);
	sqlite3_finalize(st);
	return rc;
}

static void put_strings(const struct site *s, FILE *out)
{
	fputs("\"strings\":[", out);
	for (size_t i = 0; i < s->strings.nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		jstext(out, s->strings.v[i]);
	}
	fputs("]};\n", out);
}

/* --- files ------------------------------------------------------------------------------- */

/* The pages' own files, as they are. */
static int copy_asset(struct site *s, const char *name, struct err *e)
{
	char *path = xasprintf("%s/%s", s->d->assets, name), *bytes = NULL;
	FILE *f = fopen(path, "re");
	size_t cap = 0;
	ssize_t len = -1;
	int rc = 0;

	if (f) {
		len = getdelim(&bytes, &cap, '\0', f);
		fclose(f);
	}
	if (len < 0)
		rc = err_sys(e, errno ? errno : EIO, path, "read");
	else
		rc = outdir_put(s->out, name, bytes, (size_t)len, e);
	free(bytes);
	free(path);
	return rc;
}

static int copy_assets(struct site *s, struct err *e)
{
	static const char *const assets[] = {
		"index.html", "dashboard.css", "model.js", "dom.js", "table.js", "chart.js", "overview.js", "runs.js",
		"trends.js", "run.js", "main.js",
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(assets); i++)
		rc = copy_asset(s, assets[i], e);
	return rc;
}

static int put_data(struct site *s, FILE *out, struct err *e)
{
	struct trends trends = { 0 };
	int rc = details_write(s, e);

	if (rc)
		return rc;
	fprintf(out, "\"use strict\";\nconst DATA = {\"chunk\":%d,\n", DASHBOARD_CHUNK);
	put_numbers(s, out);
	put_texts(s, "policy", policy_of, out);
	put_texts(s, "time", time_of, out);
	put_texts(s, "version", version_of, out);
	put_texts(s, "subject", subject_of, out);
	put_texts(s, "branch", branch_of, out);
	put_texts(s, "access", access_of, out);
	put_texts(s, "assumed", assumed_of, out);
	put_texts(s, "figures", figures_of, out);
	put_texts(s, "origin", origin_of, out);
	put_texts(s, "seed", seed_of, out);
	put_texts(s, "command", command_of, out);
	put_policies(s, out);
	put_sets(s, out);
	columns_put(s, out);
	sure_put(s, out);
	details_put_names(s, out);
	rc = put_fidelity(s, out, e);
	if (!rc) {
		trends_find(s, &trends);
		trends_put(s, &trends, out);
		rc = pictures_write(s, &trends, out, e);
	}
	put_strings(s, out);
	trends_fini(&trends);
	return rc;
}

int dashboard_write(const struct dashboard *d, struct outdir *dir, struct err *e)
{
	struct site s = { .d = d, .out = dir };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	collect_runs(&s);
	columns_init(&s);
	rc = put_data(&s, out, e);
	fclose(out);
	if (!rc)
		rc = outdir_put(dir, "data.js", text, len, e);
	if (!rc)
		rc = copy_assets(&s, e);
	free(text);
	site_fini(&s);
	return rc;
}
