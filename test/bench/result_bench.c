/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a result costs: ns per recorded value, bytes and µs per encoded
 * histogram, µs per stored run, ms of CPU time and KB per picture.  Medians of several rounds.
 *
 *	result_bench NEW.db [DB...]	the pictures of NEW.db's made-up runs, and of the first group of each DB
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "analysis/figure.h"
#include "base/types.h"
#include "test/fake_result.h"

#define ROUNDS	9
#define RECORDS	20000000
#define VALUES	4096

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of this program and those it waited for: gnuplot. */
static double cpu_ns(void)
{
	double ns = 0;

	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage r;

		getrusage(who, &r);
		ns += (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e9 +
		      (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e3;
	}
	return ns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), by_value);
	return v[nr / 2];
}

static void die(const struct err *e)
{
	fprintf(stderr, "result_bench: %s\n", e->text);
	exit(1);
}

static void bench_record(void)
{
	static uint64_t values[VALUES];
	double ns[ROUNDS];
	struct prng p;

	prng_seed(&p, 1);
	for (int i = 0; i < VALUES; i++)
		values[i] = fake_time(&p, 3400);
	for (int round = 0; round < ROUNDS; round++) {
		struct hist h;
		double start;

		hist_init(&h);
		start = now_ns();
		for (int i = 0; i < RECORDS; i++)
			hist_record(&h, values[i % VALUES]);
		ns[round] = (now_ns() - start) / RECORDS;
		hist_fini(&h);
	}
	printf("hist_record         %8.2f ns\n", median(ns, ROUNDS));
}

static void bench_encode(const struct result *r)
{
	const struct hist *h = &r->hist[RESULT_ACCESS][PHASE_TOTAL];
	double us[ROUNDS];
	size_t len = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns();

		for (int i = 0; i < 100; i++)
			free(hist_encode(h, &len));
		us[round] = (now_ns() - start) / 1e5;
	}
	printf("hist_encode         %8.2f us, %zu bytes for %llu records\n", median(us, ROUNDS), len,
	       (unsigned long long)h->n);
}

static void bench_store(const char *path, const struct fake *f, const struct result *r)
{
	struct store_run run;
	struct err e = { 0 };
	double us[ROUNDS];
	struct store *s;
	int64_t id;

	fake_run(&run, f);
	if (store_open(path, &s, &e))
		die(&e);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns();

		if (store_run(s, &run, r, &id, &e))
			die(&e);
		us[round] = (now_ns() - start) / 1e3;
	}
	store_close(s);
	printf("store_run           %8.0f us, fsync included\n", median(us, ROUNDS));
}

/* Return: ms, or less than 0 for a figure that has nothing to say about these runs. */
static double draw(struct db *db, const struct figures *f, const struct figure *fig, const struct group *g, size_t *bytes)
{
	double ms[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_ns();
		struct err e = { 0 };
		char *out = NULL;
		size_t len;
		int rc = figure_draw(db, f, fig, g, FIGURE_SVG, &out, &len, &e);

		if (rc > 0)
			return -1;
		if (rc < 0)
			die(&e);
		ms[round] = (cpu_ns() - start) / 1e6;
		*bytes = len;
		free(out);
	}
	return median(ms, ROUNDS);
}

static void bench_pictures(const char *path)
{
	struct select_rule all = { 0 };
	struct selection runs;
	struct figures figures;
	struct err e = { 0 };
	struct db db;
	double start, sum = 0, drawn = 0, slowest = 0;
	size_t largest = 0;

	if (db_open(path, &db, &e) || select_runs(&db, &all, &runs, &e) || figures_open("analysis/plots", &figures, &e))
		die(&e);
	start = now_ns();
	if (figures_group(&db, &runs.v[0], &e))
		die(&e);
	printf("%s\nhistograms to rows  %8.1f ms, once for all pictures of a group\n",
	       runs.v[0].slug, (now_ns() - start) / 1e6);
	for (size_t i = 0; i < figures.nr; i++) {
		size_t bytes = 0;
		double ms = draw(&db, &figures, &figures.v[i], &runs.v[0], &bytes);

		if (ms < 0)
			continue;
		drawn++;
		sum += ms;
		slowest = ms > slowest ? ms : slowest;
		largest = bytes > largest ? bytes : largest;
		printf("picture %-15s %6.1f ms %6.1f KB\n", figures.v[i].name, ms, (double)bytes / 1e3);
	}
	printf("pictures: mean %.1f ms, slowest %.1f ms, largest %.1f KB\n", sum / drawn, slowest, (double)largest / 1e3);
	figures_close(&figures);
	selection_fini(&runs);
	db_close(&db);
}

int main(int argc, char **argv)
{
	struct fake f = { .trace = "T.mmt", .policy = "base", .runtime = "vtime", .seed = 1, .clones = 1,
			  .accesses = 200000, .storm = 120, .storm_ns = 150000 };
	struct result r;

	if (argc < 2) {
		fprintf(stderr, "usage: result_bench NEW.db [DB...]\n");
		return 2;
	}
	fake_result(&r, &f);
	bench_record();
	bench_encode(&r);
	bench_store(argv[1], &f, &r);
	result_fini(&r);
	f.policy = "other";
	f.storm = 10;
	fake_result(&r, &f);
	bench_store(argv[1], &f, &r);
	result_fini(&r);
	for (int i = 1; i < argc; i++)
		bench_pictures(argv[i]);
	return 0;
}
