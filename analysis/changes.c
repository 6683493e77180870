/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Change points: the energy distance of all splits of a segment, against that of its shuffled copies. */
#include "analysis/changes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/prng.h"

#define SHUFFLES	499

const struct changes_rule changes_rule_default = { .floor = 0.03, .min_segment = 3, .level = 0.006, .seed = 1 };

struct search {
	const struct changes_rule *rule;
	const double	*v;
	double		*copy, *head, *tail;	/* as long as the series, and one more */
	double		*pairs, *inverse;	/* of n: 2 / (n (n - 1)), 1 / n */
	struct change	*found;
	size_t		 nr;
};

/* --- the best split ---------------------------------------------------------------- */

/* head[n]: sum of |a - b| over all pairs of the first n values. */
static void sum_heads(const double *v, size_t nr, double *head)
{
	memset(head, 0, (nr + 1) * sizeof(*head));
	for (size_t k = 0; k < nr; k++)
		for (size_t i = k + 1; i < nr; i++)
			head[i + 1] += fabs(v[i] - v[k]);
	for (size_t i = 0; i < nr; i++)
		head[i + 1] += head[i];
}

/* tail[end]: the same over the values from @at to before @end, given those from @at + 1 on. */
static void sum_tails(const double *v, size_t nr, size_t at, double *tail)
{
	double sum = 0;

	tail[at + 1] = 0;
	for (size_t k = at + 1; k < nr; k++) {
		sum += fabs(v[k] - v[at]);
		tail[k + 1] += sum;
	}
}

/*
 * The largest energy distance between v[0 .. at) and v[at .. end), of all ends, times m n / (m + n) for the m and n
 * values in them: twice the mean difference between the two, less those within each.  Sums over pairs as above.
 */
static double best_end(const struct search *s, size_t nr, size_t at)
{
	double m = (double)at, head = s->head[at], within = head * s->pairs[at], most = -1;

	for (size_t end = at + s->rule->min_segment; end <= nr; end++) {
		size_t n = end - at;
		double between = s->head[end] - head - s->tail[end];
		double q = (2 * between - m * (double)n * (within + s->tail[end] * s->pairs[n])) * s->inverse[end];

		most = q > most ? q : most;
	}
	return most;
}

/* The largest energy of a split of @v; *@best: where. */
static double best_split(struct search *s, const double *v, size_t nr, size_t *best)
{
	double most = -1;

	sum_heads(v, nr, s->head);
	memset(s->tail, 0, (nr + 1) * sizeof(*s->tail));
	for (size_t at = nr; at-- > s->rule->min_segment;) {
		double q;

		sum_tails(v, nr, at, s->tail);
		q = best_end(s, nr, at);
		if (q > most) {
			most = q;
			*best = at;
		}
	}
	return most;
}

/* --- is it more than chance? --------------------------------------------------------- */

static void shuffle(double *v, size_t nr, struct prng *p)
{
	for (size_t i = nr; i > 1; i--) {
		size_t k = (size_t)prng_below(p, (uint32_t)i);
		double swap = v[i - 1];

		v[i - 1] = v[k];
		v[k] = swap;
	}
}

/* Return: share of shuffles that reach @energy, or 1 as soon as that is above the level. */
static double chance(struct search *s, size_t from, size_t nr, double most)
{
	unsigned int allowed = (unsigned int)(s->rule->level * (SHUFFLES + 1)), reached = 1;
	struct prng p;

	memcpy(s->copy, s->v + from, nr * sizeof(*s->copy));
	prng_seed(&p, prng_hash(s->rule->seed, from, nr));
	for (int i = 0; i < SHUFFLES; i++) {
		size_t at;

		shuffle(s->copy, nr, &p);
		/* Sums of the same values in another order differ in their last digits. */
		reached += best_split(s, s->copy, nr, &at) >= most * (1 - 1e-9);
		if (reached > allowed)
			return 1;
	}
	return (double)reached / (SHUFFLES + 1);
}

static void note(struct search *s, size_t at, double p)
{
	s->found = xreallocarray(s->found, s->nr + 1, sizeof(*s->found));
	s->found[s->nr++] = (struct change){ .at = at, .p = p };
}

static void search_segment(struct search *s, size_t from, size_t to)
{
	size_t nr = to - from, at = 0;
	double most, p;

	if (nr < 2 * (size_t)s->rule->min_segment)
		return;
	most = best_split(s, s->v + from, nr, &at);
	if (!(most > 0))
		return;
	p = chance(s, from, nr, most);
	if (p > s->rule->level)
		return;
	search_segment(s, from, from + at);
	note(s, from + at, p);
	search_segment(s, from + at, to);
}

/* --- how much ------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct search *s, size_t from, size_t to)
{
	size_t nr = to - from;

	memcpy(s->copy, s->v + from, nr * sizeof(*s->copy));
	qsort(s->copy, nr, sizeof(*s->copy), ascending);
	return nr & 1 ? s->copy[nr / 2] : (s->copy[nr / 2 - 1] + s->copy[nr / 2]) / 2;
}

static double effect(double before, double after)
{
	if (before == after)
		return 0;
	return before != 0 ? fabs(after - before) / fabs(before) : INFINITY;
}

static void measure(struct search *s, size_t nr)
{
	for (size_t i = 0; i < s->nr; i++) {
		size_t from = i ? s->found[i - 1].at : 0, to = i + 1 < s->nr ? s->found[i + 1].at : nr;

		s->found[i].before = median(s, from, s->found[i].at);
		s->found[i].after = median(s, s->found[i].at, to);
	}
}

/*
 * The energy says that two stretches differ; where one ends is told better by their medians, once both are known:
 * there, the distances of all values between the neighbouring changes from their side's median are least.
 */
static size_t settle(struct search *s, size_t from, size_t to, const struct change *c)
{
	size_t min = s->rule->min_segment, best = c->at;
	double sum = 0, least = 0;

	for (size_t at = from; at <= to; at++) {
		if (at == c->at)
			least = sum;
		if (at < to)
			sum += fabs(s->v[at] - c->before) - fabs(s->v[at] - c->after);
	}
	sum = 0;
	for (size_t at = from; at <= to; at++) {
		if (sum < least && at >= from + min && at + min <= to) {
			least = sum;
			best = at;
		}
		if (at < to)
			sum += fabs(s->v[at] - c->before) - fabs(s->v[at] - c->after);
	}
	return best;
}

static void settle_all(struct search *s, size_t nr)
{
	measure(s, nr);
	for (size_t i = 0; i < s->nr; i++)
		if (s->found[i].p > 0)
			s->found[i].at = settle(s, i ? s->found[i - 1].at : 0, i + 1 < s->nr ? s->found[i + 1].at : nr,
						&s->found[i]);
}

/* The least change goes until all reach the floor: what it stood between is one segment then. */
static void drop_small(struct search *s, size_t nr)
{
	for (;;) {
		size_t least = 0;

		measure(s, nr);
		for (size_t i = 1; i < s->nr; i++)
			if (effect(s->found[i].before, s->found[i].after) <
			    effect(s->found[least].before, s->found[least].after))
				least = i;
		if (!s->nr || effect(s->found[least].before, s->found[least].after) >= s->rule->floor)
			return;
		memmove(s->found + least, s->found + least + 1, (--s->nr - least) * sizeof(*s->found));
	}
}

/* --- values that repeat ------------------------------------------------------------------ */

/* How many values from @at on are the same. */
static size_t stretch(const double *v, size_t nr, size_t at)
{
	size_t end = at + 1;

	while (end < nr && v[end] == v[at])
		end++;
	return end - at;
}

static bool is_step(const struct search *s, size_t nr, size_t from, size_t at)
{
	size_t before = at - from, after = stretch(s->v, nr, at);

	return before >= 2 && (after >= 2 || at + 1 == nr) &&
	       (before >= s->rule->min_segment || after >= s->rule->min_segment) &&
	       effect(s->v[from], s->v[at]) >= s->rule->floor;
}

/* Steps between stretches of equal values are certain; what is between them is searched. */
static void search_exact(struct search *s, size_t nr)
{
	size_t from = 0, done = 0;

	for (size_t at = stretch(s->v, nr, 0); at < nr; from = at, at += stretch(s->v, nr, at)) {
		if (!is_step(s, nr, from, at))
			continue;
		search_segment(s, done, at);
		note(s, at, 0);
		done = at;
	}
	search_segment(s, done, nr);
}

size_t changes_find(const double *v, size_t nr, const struct changes_rule *rule, struct change **out)
{
	struct search s = { .rule = rule, .v = v };

	*out = NULL;
	if (nr < 2)
		return 0;
	s.copy = xcalloc(nr, sizeof(*s.copy));
	s.head = xcalloc(nr + 1, sizeof(*s.head));
	s.tail = xcalloc(nr + 1, sizeof(*s.tail));
	s.pairs = xcalloc(nr + 1, sizeof(*s.pairs));
	s.inverse = xcalloc(nr + 1, sizeof(*s.inverse));
	for (size_t n = 2; n <= nr; n++) {
		s.pairs[n] = 2 / ((double)n * (double)(n - 1));
		s.inverse[n] = 1 / (double)n;
	}
	if (rule->exact)
		search_exact(&s, nr);
	else
		search_segment(&s, 0, nr);
	drop_small(&s, nr);
	settle_all(&s, nr);
	drop_small(&s, nr);
	*out = s.found;
	free(s.copy);
	free(s.head);
	free(s.tail);
	free(s.pairs);
	free(s.inverse);
	return s.nr;
}
