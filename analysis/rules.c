/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a gate, from text; every word is checked where it stands. */
#include "analysis/rules.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/select.h"
#include "analysis/stats.h"
#include "base/alloc.h"
#include "base/ini.h"
#include "result/result.h"

struct reading {
	struct rules	*rules;
	const char	*(*unit_of)(void *arg, const char *metric);
	void		*arg;
};

struct place {
	const char	*where;		/* FILE:LINE */
	struct err	*e;
};

/* --- names ---------------------------------------------------------------------------- */

static const struct {
	const char *name, *unit;
} metrics[] = {
#define METRIC(name, unit, better, label, help) { #name, unit },
#define CAVEAT(name, unit, label, help) { #name, unit },
#include "result/metric.def"
#undef METRIC
#undef CAVEAT
};

#define NAME(id, name) name,
static const char *const ops[] = { RESULT_OPS(NAME) };
static const char *const phases[] = { RESULT_PHASES(NAME) };
#undef NAME

static const struct {
	const char	*name;
	uint32_t	 what;
} whats[] = { { "n", RULE_NUMBER }, { "min", RULE_MIN }, { "mean", STATS_MEAN }, { "max", RULE_MAX } };

static bool among(const char *word, const char *const *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int unknown(const struct place *p, const char *kind, const char *word, const char *const *words, size_t nr)
{
	const char *near = ini_nearest(word, words, nr);

	return err_set(p->e, ERR_USAGE, "%s: %s '%s' is unknown%s%s%s", p->where, kind, word,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "p99.9": 999000. */
static bool quantile(const char *text, uint32_t *ppm)
{
	unsigned int whole, part = 0, digits;
	int used = 0, begin = 0;

	if (sscanf(text, "p%3u%n", &whole, &used) != 1 || whole > 100)
		return false;
	if (text[used] == '.') {
		begin = used + 1;
		if (sscanf(text + begin, "%4u%n", &part, &used) != 1 || text[begin + used])
			return false;
		for (digits = (unsigned int)used; digits < 4; digits++)
			part *= 10;
	} else if (text[used]) {
		return false;
	}
	*ppm = 10000 * whole + part;
	return *ppm > 0 && *ppm <= 1000000;
}

static int parse_what(const struct place *p, struct rule *r, const char *text)
{
	static const char *const known[] = { "n", "min", "mean", "max", "p50", "p90", "p99", "p99.9" };

	r->unit = "ns";
	for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
		if (!strcmp(text, whats[i].name)) {
			r->what = whats[i].what;
			if (r->what == RULE_NUMBER)
				r->unit = "count";
			return 0;
		}
	}
	return quantile(text, &r->what) ? 0 : unknown(p, "figure", text, known, ARRAY_SIZE(known));
}

static int parse_latency(const struct place *p, struct rule *r)
{
	char *phase = strchr(r->op, '.'), *what;

	*phase++ = '\0';
	what = strchr(phase, '.');
	if (!what)
		return err_set(p->e, ERR_USAGE, "%s: '%s': an operation's latency is OPERATION.PHASE.WHAT; "
			       "say '%s.total.p99'", p->where, r->name, r->op);
	*what++ = '\0';
	r->kind = RULE_LATENCY;
	r->phase = xstrdup(phase);
	if (!among(r->phase, phases, ARRAY_SIZE(phases)))
		return unknown(p, "phase", r->phase, phases, ARRAY_SIZE(phases));
	return parse_what(p, r, what);
}

/* "skipped.mmio" is a detail of "skipped". */
static const char *metric_unit(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		size_t len = strlen(metrics[i].name);

		if (!strncmp(name, metrics[i].name, len) && (!name[len] || name[len] == '.'))
			return metrics[i].unit;
	}
	return NULL;
}

static int unknown_name(const struct place *p, const struct rule *r)
{
	const char *words[ARRAY_SIZE(metrics) + ARRAY_SIZE(ops)];
	size_t nr = 0;

	if (strchr(r->op, '.')) {
		*strchr(r->op, '.') = '\0';
		return unknown(p, "operation", r->op, ops, ARRAY_SIZE(ops));
	}
	for (; nr < ARRAY_SIZE(metrics); nr++)
		words[nr] = metrics[nr].name;
	return unknown(p, "metric", r->name, words, nr);
}

static int parse_name(const struct reading *in, const struct place *p, struct rule *r)
{
	size_t head;

	r->op = xstrdup(r->name);
	head = strcspn(r->op, ".");
	for (size_t i = 0; r->op[head] && i < ARRAY_SIZE(ops); i++)
		if (strlen(ops[i]) == head && !strncmp(r->op, ops[i], head))
			return parse_latency(p, r);
	r->unit = metric_unit(r->name);
	if (!r->unit && in->unit_of)
		r->unit = in->unit_of(in->arg, r->name);
	return r->unit ? 0 : unknown_name(p, r);
}

/* --- limits ----------------------------------------------------------------------------- */

static const struct {
	const char	*name, *of;
	double		 factor;
} units[] = {
	{ "ns", "ns", 1 },	 { "us", "ns", 1e3 },	   { "ms", "ns", 1e6 },		{ "s", "ns", 1e9 },
	{ "B", "bytes", 1 },	 { "KiB", "bytes", 1024 }, { "MiB", "bytes", 1048576 }, { "GiB", "bytes", 1073741824 },
	{ "ppm", "ppm", 1 },	 { "%", "ppm", 1e4 },
};

static int parse_unit(const struct place *p, struct rule *r, const char *unit)
{
	const char *words[ARRAY_SIZE(units)];
	size_t nr = 0;

	if (!*unit)
		return !r->limit || !strcmp(r->unit, "count") ? 0 :
		       err_set(p->e, ERR_USAGE, "%s: '%s' needs a unit: %s is in %s", p->where, r->text, r->name, r->unit);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].of, r->unit))
			continue;
		if (!strcmp(unit, units[i].name)) {
			r->limit *= units[i].factor;
			return 0;
		}
		words[nr++] = units[i].name;
	}
	if (!strcmp(unit, "%"))
		return err_set(p->e, ERR_USAGE, "%s: '%s': a share of what? Give it a sign, as in '+3%%', for one of the "
			       "baseline", p->where, r->text);
	return nr ? unknown(p, "unit", unit, words, nr) :
	       err_set(p->e, ERR_USAGE, "%s: '%s': %s is a count and has no unit", p->where, r->text, r->name);
}

/* "95%" */
static int parse_confidence(const struct place *p, struct rule *r, const char *text)
{
	char *end;
	unsigned long confidence = strtoul(text, &end, 10);

	end += strspn(end, " \t");
	if (end == text || (strcmp(end, "%") && *end) || !stats_confidence_known((uint32_t)confidence))
		return err_set(p->e, ERR_USAGE, "%s: '%s': how sure is one of 80%%, 90%%, 95%% and 99%%", p->where, r->text);
	if (r->of == RULE_VALUE)
		return err_set(p->e, ERR_USAGE, "%s: '%s': '@' is about a ratio to the baseline, and this limit has no sign",
			       p->where, r->text);
	r->confidence = (uint32_t)confidence;
	return 0;
}

static int parse_limit(const struct place *p, struct rule *r, char *text)
{
	char *at = strchr(text, '@'), *unit, *end;
	bool sign = *text == '+' || *text == '-' || r->compare == RULE_WITHIN;
	int rc = 0;

	if (at)
		*at++ = '\0';
	if (!text[strcspn(text, "0123456789")] || strspn(text, "+-0123456789.") == 0)
		return err_set(p->e, ERR_USAGE, "%s: '%s' needs a limit, as in '+3%%', '+0' or '5ms'", p->where, r->text);
	r->limit = strtod(text, &unit);
	unit += strspn(unit, " \t");
	for (end = unit + strlen(unit); end > unit && strchr(" \t", end[-1]);)
		*--end = '\0';
	r->of = sign ? RULE_DIFFERENCE : RULE_VALUE;
	if (sign && !strcmp(unit, "%")) {
		r->of = RULE_SHARE;
		r->limit /= 100;
	} else {
		rc = parse_unit(p, r, unit);
	}
	if (!rc && r->compare == RULE_WITHIN)
		r->limit = fabs(r->limit);
	return rc || !at ? rc : parse_confidence(p, r, at + strspn(at, " \t"));
}

/* --- lines ------------------------------------------------------------------------------ */

/* "x86-* / age-*" */
static void parse_section(struct rule *r, const char *section)
{
	const char *slash = strstr(section, " / ");

	if (!*section)
		return;
	r->trace = slash ? xasprintf("%.*s", (int)(slash - section), section) : xstrdup(section);
	if (slash)
		r->policy = xstrdup(slash + 3);
}

static int setting(struct rules *rules, const char *name, const char *value, const struct place *p)
{
	static const char *const values[] = { "fail", "warn" };

	if (strcmp(name, "missing"))
		return err_set(p->e, ERR_USAGE, "%s: '%s = %s' is no rule; compare with <=, >= or ==", p->where, name, value);
	if (!among(value, values, ARRAY_SIZE(values)))
		return unknown(p, "missing =", value, values, ARRAY_SIZE(values));
	rules->missing_fails = !strcmp(value, "fail");
	return 0;
}

static void rule_fini(struct rule *r)
{
	free(r->name);
	free(r->op);
	free(r->phase);
	free(r->trace);
	free(r->policy);
	free(r->text);
}

/* libinih cuts at the first '=': "stall <" and "+2%", or "stall" and "= 0%". */
static int on_line(void *arg, const char *section, const char *name, const char *value, const char *where,
		   struct err *e)
{
	struct reading *in = arg;
	struct place p = { where, e };
	struct rule r = { 0 };
	size_t len = strlen(name);
	char *limit;
	int rc;

	if (name[len - 1] == '<' || name[len - 1] == '>')
		r.compare = name[--len] == '<' ? RULE_AT_MOST : RULE_AT_LEAST;
	else if (*value == '=')
		r.compare = RULE_WITHIN;
	else
		return setting(in->rules, name, value, &p);
	while (len && strchr(" \t", name[len - 1]))
		len--;
	limit = xstrdup(value + (*value == '=') + strspn(value + (*value == '='), " \t"));
	r.name = xasprintf("%.*s", (int)len, name);
	r.text = xasprintf("%s %s %s", r.name, r.compare == RULE_AT_MOST ? "<=" : r.compare == RULE_AT_LEAST ? ">=" : "==",
			   limit);
	r.line = atoi(strrchr(where, ':') + 1);
	parse_section(&r, section);
	rc = parse_name(in, &p, &r);
	if (!rc)
		rc = parse_limit(&p, &r, limit);
	free(limit);
	if (rc) {
		rule_fini(&r);
		return rc;
	}
	in->rules->v = xreallocarray(in->rules->v, in->rules->nr + 1, sizeof(r));
	in->rules->v[in->rules->nr++] = r;
	return 0;
}

int rules_read(const char *path, const char *(*unit_of)(void *arg, const char *metric), void *arg, struct rules *out,
	       struct err *e)
{
	struct rules rules = { .path = xstrdup(path), .missing_fails = true };
	struct reading in = { .rules = &rules, .unit_of = unit_of, .arg = arg };
	int rc = ini_read(path, on_line, &in, e);

	if (!rc && !rules.nr)
		rc = err_set(e, ERR_INPUT, "%s: no rule; say what may not get worse, as in 'stall <= +2%%'", path);
	if (rc)
		rules_fini(&rules);
	else
		*out = rules;
	return rc;
}

int rules_named(const char *const *names, size_t nr, const char *(*unit_of)(void *arg, const char *metric), void *arg,
		struct rules *out, struct err *e)
{
	struct rules rules = { .path = xstrdup("--metric"), .v = xcalloc(nr, sizeof(*rules.v)), .nr = nr };
	struct reading in = { .rules = &rules, .unit_of = unit_of, .arg = arg };
	struct place p = { "--metric", e };
	int rc = 0;

	for (size_t i = 0; !rc && i < nr; i++) {
		rules.v[i].name = xstrdup(names[i]);
		rc = parse_name(&in, &p, &rules.v[i]);
	}
	if (rc)
		rules_fini(&rules);
	else
		*out = rules;
	return rc;
}

void rules_fini(struct rules *r)
{
	for (size_t i = 0; i < r->nr; i++)
		rule_fini(&r->v[i]);
	free(r->v);
	free(r->path);
	*r = (struct rules){ 0 };
}

bool rule_applies(const struct rule *r, const char *trace, const char *policy)
{
	return (!r->trace || select_trace_matches(r->trace, trace)) && (!r->policy || !fnmatch(r->policy, policy, 0));
}
