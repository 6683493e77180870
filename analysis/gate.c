/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairs the configurations of two sides and judges them by rules. */
#include "analysis/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define NOTES_MOST	6	/* knobs named; of more, how many */
#define SLACK		1e-9	/* of the bound: what multiplying it costs in digits */

/* --- pairs --------------------------------------------------------------------------------------- */

static struct gate_config *pair_add(struct gate *g, struct config *base, struct config *cand)
{
	if (!(g->nr & (g->nr - 1)))
		g->v = xreallocarray(g->v, g->nr ? 2 * g->nr : 1, sizeof(*g->v));
	g->v[g->nr] = (struct gate_config){ .base = base, .cand = cand };
	return &g->v[g->nr++];
}

static int by_name(const void *a, const void *b)
{
	return config_order(*(struct config *const *)a, *(struct config *const *)b, CONFIG_SAME_BUT_HASH);
}

static int by_name_alone(const void *a, const void *b)
{
	return config_order(*(struct config *const *)a, *(struct config *const *)b, CONFIG_SAME_BUT_SCALE);
}

struct lone {
	struct config	**v;
	size_t		  nr;
};

/* Both ascending: those on both sides become pairs, the others stay. */
static void join(struct gate *g, struct lone *base, struct lone *cand, enum config_likeness likeness)
{
	size_t b = 0, c = 0, base_left = 0, cand_left = 0;

	while (b < base->nr || c < cand->nr) {
		int order = b == base->nr ? 1 : c == cand->nr ? -1 : config_order(base->v[b], cand->v[c], likeness);

		if (order < 0)
			base->v[base_left++] = base->v[b++];
		else if (order > 0)
			cand->v[cand_left++] = cand->v[c++];
		else
			pair_add(g, base->v[b++], cand->v[c++]);
	}
	base->nr = base_left;
	cand->nr = cand_left;
}

static struct lone all_of(struct gate_side *s)
{
	struct lone l = { xcalloc(s->nr, sizeof(struct config *)), s->nr };

	for (size_t i = 0; i < s->nr; i++)
		l.v[i] = &s->v[i];
	return l;
}

static void sort(struct lone *l, int (*order)(const void *, const void *))
{
	qsort(l->v, l->nr, sizeof(struct config *), order);
}

/*
 * By everything; what is left by the trace's name, since one that was imported anew has another hash; and what is
 * left then whatever its time scale, which --time-scale auto takes from the engine's own speed.
 */
static void pair(struct gate *g)
{
	struct lone base = all_of(g->base), cand = all_of(g->cand);

	if (g->base->by_number && g->cand->by_number && base.nr == 1 && cand.nr == 1) {
		pair_add(g, base.v[0], cand.v[0]);
		base.nr = cand.nr = 0;
	}
	join(g, &base, &cand, CONFIG_SAME);
	sort(&base, by_name);
	sort(&cand, by_name);
	join(g, &base, &cand, CONFIG_SAME_BUT_HASH);
	sort(&base, by_name_alone);
	sort(&cand, by_name_alone);
	join(g, &base, &cand, CONFIG_SAME_BUT_SCALE);
	for (size_t i = 0; i < base.nr && !g->cand->by_number; i++)
		pair_add(g, base.v[i], NULL);
	for (size_t i = 0; i < cand.nr && !g->base->by_number; i++)
		pair_add(g, NULL, cand.v[i]);
	free(base.v);
	free(cand.v);
}

/* --- what the two differ in ------------------------------------------------------------------------ */

/* Takes @text over. */
static void note(struct gate_config *p, char *text)
{
	p->notes = xreallocarray(p->notes, p->nr_notes + 1, sizeof(*p->notes));
	p->notes[p->nr_notes++] = text;
}

static bool has_seed(const struct config *c, int64_t seed)
{
	for (size_t i = 0; i < c->nr; i++)
		if (c->run[i].seed == seed)
			return true;
	return false;
}

static size_t seeds_in(const struct config *c, const struct config *other)
{
	size_t nr = 0;

	for (size_t i = 0; i < c->nr; i++)
		nr += has_seed(other, c->run[i].seed);
	return nr;
}

static void keep_seeds_of(struct config *c, const struct config *other)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->nr; i++)
		if (has_seed(other, c->run[i].seed))
			c->run[kept++] = c->run[i];
	c->nr = kept;
}

/* A schedule is compared with itself where it can be; figures of a baseline file are of all its seeds. */
static void match_seeds(struct gate *g, struct gate_config *p)
{
	size_t common = seeds_in(p->base, p->cand);

	if (common == p->base->nr && common == p->cand->nr)
		return;
	if (!common || (!g->base->db && common < p->base->nr) || (!g->cand->db && common < p->cand->nr)) {
		note(p, xasprintf("seeds differ: %zu of the baseline, %zu of the candidate, %zu in common", p->base->nr,
				  p->cand->nr, common));
		return;
	}
	note(p, xasprintf("judged by the %zu seeds that both have", common));
	keep_seeds_of(p->base, p->cand);
	keep_seeds_of(p->cand, p->base);
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, line, len) && (!text[len] || text[len] == '\n'))
			return true;
		if (!*text)
			return false;
	}
	return false;
}

/* The value that @text gives the name of @line ("name = value"), or NULL. */
static const char *line_value(const char *text, const char *line, size_t *len)
{
	size_t name = strcspn(line, "=\n");

	for (; text && *text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL) {
		if (line[name] == '=' && !strncmp(text, line, name + 1)) {
			text += name + 1 + strspn(text + name + 1, " \t");
			*len = strcspn(text, "\n");
			return text;
		}
	}
	return NULL;
}

/* "policy: age.lock = write became none" for each line of @cand that @base does not have. */
static void note_lines(struct gate_config *p, const char *what, const char *base, const char *cand)
{
	unsigned int more = 0, said = 0;

	for (const char *line = cand; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t len = strcspn(line, "\n"), old_len = 0;
		const char *old;

		if (!len || *line == ';' || *line == '#' || has_line(base, line, len))
			continue;
		if (++said > NOTES_MOST) {
			more++;
			continue;
		}
		old = line_value(base, line, &old_len);
		note(p, old ? xasprintf("%s differs: %.*s, was %.*s", what, (int)len, line, (int)old_len, old) :
		     xasprintf("%s differs: %.*s", what, (int)len, line));
	}
	if (more)
		note(p, xasprintf("%s differs in %u further lines", what, more));
	else if (!said)
		note(p, xasprintf("%s differs", what));
}

static int note_text(struct gate *g, struct gate_config *p, const char *column, const char *what, struct err *e)
{
	char *base = NULL, *cand = NULL;
	int rc;

	if (g->base->db && g->cand->db) {
		rc = gate_side_text(g->base, p->base, column, &base, e);
		rc = rc ? rc : gate_side_text(g->cand, p->cand, column, &cand, e);
		if (!rc && strcmp(base, cand))
			note_lines(p, what, base, cand);
	} else {
		rc = gate_side_mark(g->base, p->base, column, &base, e);
		rc = rc ? rc : gate_side_mark(g->cand, p->cand, column, &cand, e);
		if (!rc && strcmp(base, cand))
			note(p, xasprintf("%s differs", what));
	}
	free(base);
	free(cand);
	return rc;
}

/* Only where a rule is broken: texts are long. */
static int explain(struct gate *g, struct gate_config *p, struct err *e)
{
	int rc;

	if (strcmp(p->base->policy, p->cand->policy))
		note(p, xasprintf("policies: %s, and %s", p->base->policy, p->cand->policy));
	rc = note_text(g, p, "policy_text", "policy", e);
	rc = rc ? rc : note_text(g, p, "costs_text", "cost model", e);
	return rc ? rc : note_text(g, p, "host_text", "host model", e);
}

/* --- rules --------------------------------------------------------------------------------------------- */

static double bound_of(const struct rule *r, double base, int sign)
{
	switch (r->of) {
	case RULE_SHARE:
		return base + sign * r->limit * fabs(base);
	case RULE_DIFFERENCE:
		return base + sign * r->limit;
	default:
		return r->limit;
	}
}

/* Is @value on the wrong side of @bound?  @direction: 1 above is wrong, -1 below. */
static bool beyond(double value, double bound, int direction)
{
	return direction * (value - bound) > SLACK * fabs(bound);
}

/* @pointers: as many as @v has runs. */
static struct stats_side hists_of(const struct gate_value *v, const struct hist **pointers)
{
	for (size_t i = 0; i < v->nr; i++)
		pointers[i] = &v->hist[i];
	return (struct stats_side){ pointers, v->nr };
}

static struct stats_ratio interval(const struct rule *r, const struct gate_value *base, const struct gate_value *cand,
				   bool paired)
{
	struct stats_rule rule = stats_rule_default;
	struct stats_side base_side, cand_side;
	const struct hist **pointers;
	struct stats_ratio out;

	rule.confidence = r->confidence;
	rule.paired = paired && base->nr == cand->nr;
	if (!base->hist || !cand->hist || (r->what != STATS_MEAN && r->what > 1000000))
		return stats_samples(base->sample, base->nr, cand->sample, cand->nr, &rule);
	pointers = xcalloc(base->nr + cand->nr, sizeof(struct hist *));
	base_side = hists_of(base, pointers);
	cand_side = hists_of(cand, pointers + base->nr);
	stats_hists(&base_side, &cand_side, &r->what, 1, &rule, &out);
	free(pointers);
	return out;
}

/* The whole interval on the wrong side; numbers without one are exact for their schedule, unless they were measured. */
static bool is_sure(const struct gate_check *c, int direction, bool measured)
{
	double limit = c->base.value > 0 ? c->bound / c->base.value : direction > 0 ? 0 : INFINITY;

	if (c->ratio.about == STATS_NOTHING)
		return !measured;
	return direction > 0 ? c->ratio.low > limit : c->ratio.high < limit;
}

/* Return: 1 too high, -1 too low, 0 allowed; sets the bound that was passed, or the one that matters. */
static int passed(struct gate_check *c)
{
	const struct rule *r = c->rule;
	double low = r->of == RULE_VALUE ? c->cand.worst_low : c->cand.value;
	double high = r->of == RULE_VALUE ? c->cand.worst_high : c->cand.value;

	if (r->compare != RULE_AT_LEAST) {
		c->bound = bound_of(r, c->base.value, 1);
		if (beyond(high, c->bound, 1))
			return 1;
	}
	if (r->compare == RULE_AT_MOST)
		return 0;
	c->bound = bound_of(r, c->base.value, r->compare == RULE_WITHIN ? -1 : 1);
	return beyond(low, c->bound, -1) ? -1 : 0;
}

static int check(struct gate *g, struct gate_config *p, const struct rule *rule, bool measured, struct gate_check *c,
		 struct err *e)
{
	bool hists = rule->kind == RULE_LATENCY && rule->confidence && g->base->db && g->cand->db;
	int rc, direction;

	*c = (struct gate_check){ .rule = rule, .verdict = GATE_OK };
	rc = gate_side_value(g->cand, p->cand, rule, hists, &c->cand, e);
	if (!rc && rule->of != RULE_VALUE)
		rc = gate_side_value(g->base, p->base, rule, hists, &c->base, e);
	if (rc)
		return rc;
	if (!c->cand.set || (rule->of != RULE_VALUE && !c->base.set)) {
		c->verdict = GATE_ABSENT;
		return 0;
	}
	c->ratio = stats_samples(&c->base.value, 1, &c->cand.value, 1, &stats_rule_default);
	direction = passed(c);
	if (!direction)
		return 0;
	if (rule->confidence && c->base.sample && c->cand.sample)
		c->ratio = interval(rule, &c->base, &c->cand, seeds_in(p->base, p->cand) == p->base->nr);
	c->verdict = !rule->confidence || is_sure(c, direction, measured) ? GATE_REGRESSION : GATE_UNSURE;
	return 0;
}

static int judge_pair(struct gate *g, struct gate_config *p, bool measured, struct err *e)
{
	bool broken = false;
	int rc = 0;

	if (strcmp(p->base->trace_hash, p->cand->trace_hash))
		note(p, xstrdup("the event file is another one (its hash differs): imported anew, or another recording"));
	if (strcmp(p->base->time_scale, p->cand->time_scale))
		note(p, xasprintf("recorded times were multiplied by %s, and by %s in the baseline", p->cand->time_scale,
				  p->base->time_scale));
	match_seeds(g, p);
	p->v = xcalloc(g->rules->nr, sizeof(*p->v));
	for (size_t i = 0; !rc && i < g->rules->nr; i++) {
		struct gate_check *c = &p->v[p->nr];

		if (!rule_applies(&g->rules->v[i], p->cand->trace, p->cand->policy))
			continue;
		rc = check(g, p, &g->rules->v[i], measured, c, e);
		gate_value_fini_samples(&c->base);
		gate_value_fini_samples(&c->cand);
		p->nr++;
		g->checks += c->verdict != GATE_ABSENT;
		g->regressions += c->verdict == GATE_REGRESSION;
		g->unsure += c->verdict == GATE_UNSURE;
		broken |= c->verdict == GATE_REGRESSION || c->verdict == GATE_UNSURE;
	}
	return rc || !broken ? rc : explain(g, p, e);
}

static bool is_same_run(const struct gate *g, const struct gate_config *p)
{
	return g->base->db && g->cand->db && !strcmp(g->base->db->path, g->cand->db->path) && p->base->nr &&
	       p->cand->nr && p->base->run[0].id == p->cand->run[0].id;
}

static int refuse_unsure_rules(const struct rules *rules, struct err *e)
{
	for (size_t i = 0; i < rules->nr; i++)
		if (!rules->v[i].confidence && rules->v[i].of != RULE_VALUE)
			return err_set(e, ERR_USAGE, "%s:%d: '%s': measured figures differ from run to run; say how sure it must "
				       "be, as in '%s @ 95%%'", rules->path, rules->v[i].line, rules->v[i].text,
				       rules->v[i].text);
	return 0;
}

int gate_judge(const struct rules *rules, struct gate_side *base, struct gate_side *cand, bool measured,
	       struct gate *out, struct err *e)
{
	struct gate g = { .rules = rules, .base = base, .cand = cand };
	size_t pairs = 0;
	int rc = measured ? refuse_unsure_rules(rules, e) : 0;

	if (!rc)
		pair(&g);
	for (size_t i = 0; !rc && i < g.nr; i++) {
		if (!g.v[i].base || !g.v[i].cand) {
			g.missing++;
			continue;
		}
		pairs++;
		if (is_same_run(&g, &g.v[i]))
			rc = err_set(e, ERR_USAGE, "run %lld is on both sides; say with --against what to hold against %s",
				     (long long)g.v[i].base->run[0].id, base->from);
		else
			rc = judge_pair(&g, &g.v[i], measured, e);
	}
	if (!rc && !pairs)
		rc = err_set(e, ERR_INPUT, "%s and %s have no configuration (trace, policy, clones, runtime, pacing, access "
			     "model) in common", base->from, cand->from);
	if (rc)
		gate_fini(&g);
	else
		*out = g;
	return rc;
}

void gate_fini(struct gate *g)
{
	for (size_t i = 0; i < g->nr; i++) {
		for (size_t k = 0; k < g->v[i].nr_notes; k++)
			free(g->v[i].notes[k]);
		free(g->v[i].notes);
		free(g->v[i].v);
	}
	free(g->v);
	*g = (struct gate){ 0 };
}

bool gate_failed(const struct gate *g)
{
	return g->regressions || (g->missing && g->rules->missing_fails);
}
