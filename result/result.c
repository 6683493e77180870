/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's results in memory: names of operations and phases, metrics, time lines. */
#include "result/result.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_BUCKET_NS 1024

const char *result_op_name(enum result_op op)
{
	static const char *const names[] = {
#define RESULT_OP_NAME(id, name) [RESULT_##id] = name,
		RESULT_OPS(RESULT_OP_NAME)
#undef RESULT_OP_NAME
	};

	return op < RESULT_NR_OPS ? names[op] : "?";
}

const char *result_phase_name(enum result_phase phase)
{
	static const char *const names[] = {
#define RESULT_PHASE_NAME(id, name) [PHASE_##id] = name,
		RESULT_PHASES(RESULT_PHASE_NAME)
#undef RESULT_PHASE_NAME
	};

	return phase < RESULT_NR_PHASES ? names[phase] : "?";
}

void result_init(struct result *r)
{
	*r = (struct result){ 0 };
}

void result_fini(struct result *r)
{
	for (int op = 0; op < RESULT_NR_OPS; op++)
		for (int phase = 0; phase < RESULT_NR_PHASES; phase++)
			hist_fini(&r->hist[op][phase]);
	for (int op = 0; op < RESULT_NR_OPS; op++)
		free(r->heat[op]);
	free(r->metrics);
	free(r->series);
	result_init(r);
}

const struct result_metric *result_metric_find(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (strcmp(r->metrics[i].name, name) == 0)
			return &r->metrics[i];
	return NULL;
}

static struct result_metric *metric_add(struct result *r)
{
	r->metrics = xreallocarray(r->metrics, r->nr_metrics + 1, sizeof(*r->metrics));
	return &r->metrics[r->nr_metrics++];
}

void result_metric(struct result *r, const char *name, const char *unit, int64_t value)
{
	struct result_metric *m = (struct result_metric *)result_metric_find(r, name);

	if (!m)
		m = metric_add(r);
	assert(strlen(name) < sizeof(m->name) && strlen(unit) < sizeof(m->unit));
	*m = (struct result_metric){ .value = value };
	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(m->unit, sizeof(m->unit), "%s", unit);
}

size_t result_series_add(struct result *r, const char *name, int how, uint32_t nr)
{
	struct result_series *s;

	for (size_t i = 0; i < r->nr_series; i++)
		if (strcmp(r->series[i].name, name) == 0)
			return i;
	r->series = xreallocarray(r->series, r->nr_series + 1, sizeof(*r->series));
	s = &r->series[r->nr_series];
	assert(strlen(name) < sizeof(s->name) && nr % 2 == 0 && nr <= RESULT_SERIES_BUCKETS);
	*s = (struct result_series){ .bucket_ns = FIRST_BUCKET_NS, .how = how, .nr = nr };
	snprintf(s->name, sizeof(s->name), "%s", name);
	return r->nr_series++;
}

static uint64_t combine(int how, uint64_t a, uint64_t b)
{
	if (how)
		return a + b;
	return a > b ? a : b;
}

static void halve(struct result_series *s)
{
	const size_t half = s->nr / 2;

	for (size_t i = 0; i < half; i++)
		s->v[i] = combine(s->how, s->v[2 * i], s->v[2 * i + 1]);
	memset(s->v + half, 0, half * sizeof(s->v[0]));
	s->bucket_ns *= 2;
}

void result_series_put(struct result *r, size_t series, uint64_t t_ns, uint64_t value)
{
	struct result_series *s = &r->series[series];
	unsigned int shift = __builtin_ctzll(s->bucket_ns);	/* a power of two: no division */

	assert(series < r->nr_series);
	for (; unlikely(t_ns >> shift >= s->nr); shift++)
		halve(s);
	s->v[t_ns >> shift] = combine(s->how, s->v[t_ns >> shift], value);
}

void result_series_spread(struct result *r, size_t series, uint64_t from_ns, uint64_t to_ns, uint64_t value)
{
	uint64_t width, left = value, at_ns = from_ns;

	result_series_put(r, series, to_ns, 0);		/* as wide as it must be */
	width = r->series[series].bucket_ns;
	while (at_ns / width < to_ns / width) {
		uint64_t next_ns = (at_ns / width + 1) * width;
		uint64_t part = (uint64_t)((__uint128_t)value * (next_ns - at_ns) / (to_ns - from_ns));

		result_series_put(r, series, at_ns, part);
		left -= part;
		at_ns = next_ns;
	}
	result_series_put(r, series, to_ns, left);
}

/* --- heat maps ------------------------------------------------------------------ */

#define HEAT_LAST (RESULT_HEAT_LATENCIES - 1)

void result_heat_add(struct result *r, enum result_op op)
{
	if (r->heat[op])
		return;
	r->heat[op] = xcalloc(1, sizeof(*r->heat[op]));
	r->heat[op]->bucket_ns = FIRST_BUCKET_NS;
	r->heat[op]->top_ns = result_heat_hi_ns(r->heat[op], HEAT_LAST);
}

uint64_t result_heat_hi_ns(const struct result_heat *h, unsigned int latency)
{
	uint64_t steps = latency + 2;	/* half octaves from 32 ns */
	uint64_t hi_ns = (2 + steps % 2) << (steps / 2 + 4);

	return latency == HEAT_LAST && h->top_ns > hi_ns ? h->top_ns : hi_ns;
}

static void heat_halve(struct result_heat *h)
{
	for (size_t t = 0; t < RESULT_HEAT_TIMES; t++) {
		for (size_t l = 0; t % 2 == 0 && l < RESULT_HEAT_LATENCIES; l++)
			h->n[t / 2][l] = h->n[t][l] + h->n[t + 1][l];
		if (t >= RESULT_HEAT_TIMES / 2)
			memset(h->n[t], 0, sizeof(h->n[t]));
	}
	h->bucket_ns *= 2;
}

void result_heat_put_far(struct result_heat *h, uint64_t t_ns, uint64_t service_ns)
{
	unsigned int latency = result_heat_latency(service_ns);

	while (t_ns / h->bucket_ns >= RESULT_HEAT_TIMES)
		heat_halve(h);
	if (latency > HEAT_LAST) {
		latency = HEAT_LAST;
		if (service_ns > h->top_ns)
			h->top_ns = service_ns;
	}
	h->n[t_ns / h->bucket_ns][latency]++;
}
