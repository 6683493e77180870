/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a database of many runs of a few real ones: the same traces and policies under many
 * seeds, at many commits, each a few per cent off the run it is made of.  From the middle of
 * the commits on one policy is 6 % slower: something to be found.  Then: what storing one more takes.
 *
 *	many_runs RESULTS.db RUNS	(RESULTS.db holds the real ones)
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/types.h"
#include "test/fake_result.h"

#define SEEDS	10
#define NOISE	0.02
#define SLOWER	1.06
#define ROUNDS	21

static sqlite3 *db;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "many_runs: %s\n", sqlite3_errmsg(db));
	exit(1);
}

struct scaled { struct hist *into; double factor; };

static void record_scaled(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	const struct scaled *s = arg;

	hist_record_n(s->into, (uint64_t)((double)lo * s->factor), n);
}

/* SQL: scaled(blob, factor), the same histogram with all times multiplied. */
static void scale_blob(sqlite3_context *context, int nr, sqlite3_value **v)
{
	struct hist from, into;
	struct scaled s = { &into, sqlite3_value_double(v[1]) };
	size_t len;
	void *blob;

	hist_init(&into);
	if (hist_decode(&from, sqlite3_value_blob(v[0]), (size_t)sqlite3_value_bytes(v[0]))) {
		sqlite3_result_error(context, "no histogram", -1);
		return;
	}
	hist_each(&from, record_scaled, &s);
	blob = hist_encode(&into, &len);
	sqlite3_result_blob64(context, blob, len, free);
	hist_fini(&from);
	hist_fini(&into);
}

/* Statements with the same parameters: the new run, the real one, the factor, seed, subject. */
static const char *const copies[] = {
	"INSERT INTO run (id, time, version, branch, subject, job, origin, trace, trace_hash, arch, kernel, runtime, figures,"
	" pacing, access, time_scale, seed, clones, policy, assumed, status, command, policy_text, costs_text, host_text)"
	" SELECT ?1, strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + ?5 * 86400 + ?1, 'unixepoch'), version, 'main',"
	" printf('commit%03d', ?5), printf('job%029d', ?1), origin, trace, trace_hash, arch, kernel, runtime, figures,"
	" pacing, access, time_scale, ?4, clones, policy, assumed, status, command, policy_text, costs_text, host_text"
	" FROM run WHERE id = ?2",
	"INSERT INTO knob SELECT ?1, name, value FROM knob WHERE run = ?2",
	"INSERT INTO metric SELECT ?1, name, unit, CASE unit WHEN 'ns' THEN CAST(value * ?3 AS INTEGER) ELSE value END"
	" FROM metric WHERE run = ?2",
	"INSERT INTO hist SELECT ?1, op, phase, n, CAST(min_ns * ?3 AS INTEGER), CAST(mean_ns * ?3 AS INTEGER),"
	" CAST(p50_ns * ?3 AS INTEGER), CAST(p90_ns * ?3 AS INTEGER), CAST(p99_ns * ?3 AS INTEGER),"
	" CAST(p999_ns * ?3 AS INTEGER), CAST(max_ns * ?3 AS INTEGER), scaled(blob, ?3) FROM hist WHERE run = ?2",
	"INSERT INTO blame SELECT ?1, waiter, holder, CAST(ns * ?3 AS INTEGER), n FROM blame WHERE run = ?2",
	"INSERT INTO series SELECT ?1, name, t, width, value FROM series WHERE run = ?2",
	"INSERT INTO heat SELECT ?1, op, t, width, hi_ns, n FROM heat WHERE run = ?2",
};

static double ask(const char *sql)
{
	sqlite3_stmt *st;
	double value;

	must(sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	must(sqlite3_step(st));
	value = sqlite3_column_double(st, 0);
	sqlite3_finalize(st);
	return value;
}

/* About normal, mean 1. */
static double noise(struct prng *p)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)prng_below(p, 1000000) / 1e6;
	return 1 + (sum - 6) * NOISE;
}

static void copy_run(sqlite3_stmt **st, int64_t id, int64_t real, double factor, int64_t seed, int64_t subject)
{
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		sqlite3_bind_int64(st[i], 1, id);
		sqlite3_bind_int64(st[i], 2, real);
		sqlite3_bind_double(st[i], 3, factor);
		if (i == 0) {
			sqlite3_bind_int64(st[i], 4, seed);
			sqlite3_bind_int64(st[i], 5, subject);
		}
		must(sqlite3_step(st[i]));
		sqlite3_reset(st[i]);
	}
}

static void fill(int64_t runs)
{
	int64_t real = (int64_t)ask("SELECT max(id) FROM run"), made = runs - real, subjects = made / real / SEEDS;
	int64_t slow = (int64_t)ask("SELECT max(id) FROM run WHERE clones = 1");
	sqlite3_stmt *st[ARRAY_SIZE(copies)];
	struct prng p;

	prng_seed(&p, 1);
	must(sqlite3_create_function(db, "scaled", 2, SQLITE_UTF8, NULL, scale_blob, NULL, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
		must(sqlite3_prepare_v2(db, copies[i], -1, &st[i], NULL));
	must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL));
	for (int64_t i = 0; i < made; i++) {
		int64_t of = i % real + 1, seed = i / real % SEEDS + 2, subject = i / real / SEEDS;
		double factor = noise(&p);

		if (of == slow && subject >= subjects / 2)
			factor *= SLOWER;
		copy_run(st, real + i + 1, of, factor, seed, subject);
	}
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
		sqlite3_finalize(st[i]);
	printf("subjects of a trend %8lld, of %d seeds each; %lld real runs\n", (long long)subjects, SEEDS, (long long)real);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void store_more(const char *path)
{
	struct fake f = { .trace = "fake.mmt", .policy = "base", .runtime = "vtime", .clones = 1, .accesses = 200000,
			  .storm = 120, .storm_ns = 150000 };
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct store_run run;
		struct store *s;
		struct result r;
		struct err e;
		int64_t id;
		double start;

		f.seed = (uint64_t)i;
		fake_run(&run, &f);
		fake_result(&r, &f);
		start = now_s();
		if (store_open(path, &s, &e) || store_run(s, &run, &r, &id, &e)) {
			fprintf(stderr, "many_runs: %s\n", e.text);
			exit(1);
		}
		store_close(s);
		ms[i] = (now_s() - start) * 1e3;
		result_fini(&r);
	}
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("one run more        %8.1f ms, opening and fsync included\n", ms[ROUNDS / 2]);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: many_runs RESULTS.db RUNS\n");
		return 2;
	}
	must(sqlite3_open(argv[1], &db));
	fill(strtoll(argv[2], NULL, 10));
	sqlite3_close(db);
	store_more(argv[1]);
	return 0;
}
