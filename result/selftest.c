/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs of selftests: lines to rows, rows to metrics. */
#include "result/selftest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

#define VALUES_MAX	4
#define NS_PER_S	1000000000ULL

enum row_sort { ROW_LINE, ROW_BEGINS };

static const struct row {
	enum row_sort	sort;
	const char     *test, *pattern, *names;
	unsigned int	op;
} rows[] = {
#define RESULT_NO_OP	RESULT_NR_OPS
#define OP_NONE		RESULT_NO_OP
#define OP_DIRTY_ENABLE	RESULT_DIRTY_ENABLE
#define OP_DIRTY_DISABLE RESULT_DIRTY_DISABLE
#define OP_DIRTY_GET	RESULT_DIRTY_GET
#define OP_DIRTY_CLEAR	RESULT_DIRTY_CLEAR
#define LINE(test, pattern, names, op) { ROW_LINE, test, pattern, names, OP_##op },
#define BEGINS(test, pattern, names, op) { ROW_BEGINS, test, pattern, names, OP_##op },
#include "result/selftest.def"
#undef LINE
#undef BEGINS
};

/* --- a line against a row ---------------------------------------------------------------- */

struct value {
	char	 kind;			/* t, n, f, w, i */
	uint64_t n;			/* t: ns */
	const char *text;		/* w: not terminated */
	size_t	 len;
};

struct match {
	struct value v[VALUES_MAX + 1];
	size_t	     nr;
	uint64_t     iteration;		/* 0: the line is about none */
};

static const char *skip_blanks(const char *p)
{
	while (isblank((unsigned char)*p))
		p++;
	return p;
}

/* "12.003400" seconds. */
static const char *take_time(const char *p, uint64_t *ns)
{
	uint64_t unit = NS_PER_S / 10;
	char *end;

	if (!isdigit((unsigned char)*p))
		return NULL;
	*ns = strtoull(p, &end, 10) * NS_PER_S;
	if (*end != '.')
		return end;
	for (end++; isdigit((unsigned char)*end); end++, unit /= 10)
		*ns += (uint64_t)(*end - '0') * unit;
	return end;
}

/* Up to where @rest of the pattern begins; nothing is fine. */
static const char *take_words(const char *p, const char *rest, struct value *v)
{
	const char *end = p + strlen(p);
	size_t literal = strcspn(rest, "{ ");

	if (*rest == ' ') {		/* a blank and what stands behind it */
		char *stop = xasprintf("%.*s", (int)(strcspn(rest + 1, "{") + 1), rest);
		const char *at = strstr(p, stop);

		free(stop);
		end = at;
	} else if (literal) {
		char *stop = xasprintf("%.*s", (int)literal, rest);
		const char *at = strstr(p, stop);

		free(stop);
		end = at;
	}
	if (!end)
		return NULL;
	*v = (struct value){ .kind = 'w', .text = p, .len = (size_t)(end - p) };
	return end;
}

static const char *take_value(char kind, const char *p, const char *rest, struct value *v)
{
	char *end;

	v->kind = kind;
	switch (kind) {
	case 't':
		return take_time(p, &v->n);
	case 'w':
		return take_words(p, rest, v);
	case 'f':
		v->n = (uint64_t)(strtod(p, &end) + 0.5);
		break;
	default:
		v->n = strtoull(p, &end, 0);
		break;
	}
	return end != p && isdigit((unsigned char)*p) ? end : NULL;
}

static bool matches(const char *pattern, const char *line, struct match *m)
{
	*m = (struct match){ 0 };
	while (*pattern) {
		struct value v = { 0 };

		if (*pattern == ' ') {
			pattern = skip_blanks(pattern);
			line = skip_blanks(line);
		} else if (*pattern == '{') {
			line = take_value(pattern[1], line, pattern + 3, &v);
			if (!line)
				return false;
			pattern += 3;
			if (v.kind == 'i')
				m->iteration = v.n;
			else
				m->v[m->nr++] = v;
		} else {
			/* "Mark memory idle   : ...": as many blanks as there are, none too */
			if (*pattern == ':')
				line = skip_blanks(line);
			if (*pattern++ != *line++)
				return false;
		}
	}
	return !*skip_blanks(line);
}

static const struct row *row_of(const char *line, struct match *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (matches(rows[i].pattern, line, m))
			return &rows[i];
	return NULL;
}

/* --- a run -------------------------------------------------------------------------------------- */

struct reading {
	struct selftests *out;
	struct selftest	 *now;		/* NULL: none has begun */
	bool		  has_values;	/* and it has said something of its own */
	char		 *command;	/* the last that was seen; NULL: none */
};

static void begin(struct reading *r)
{
	r->out->v = xreallocarray(r->out->v, r->out->nr + 1, sizeof(*r->out->v));
	r->now = &r->out->v[r->out->nr++];
	*r->now = (struct selftest){ .variant = xstrdup(""), .params = xstrdup(""), .command = xstrdup("") };
	result_init(&r->now->result);
	r->has_values = false;
}

static void set_text(char **at, const char *text, size_t len)
{
	free(*at);
	*at = xasprintf("%.*s", (int)len, text);
}

static bool has_param(const struct selftest *t, const char *name, size_t len)
{
	char *key = xasprintf("selftest.%.*s = ", (int)len, name);
	bool has = strstr(t->params, key);

	free(key);
	return has;
}

static void add_param(struct selftest *t, const char *name, size_t name_len, const char *text, size_t len)
{
	char *more;

	if (has_param(t, name, name_len))
		return;
	more = xasprintf("%sselftest.%.*s = %.*s\n", t->params, (int)name_len, name, (int)len, text);
	free(t->params);
	t->params = more;
}

static bool ends_with(const char *name, size_t len, const char *end)
{
	return len >= strlen(end) && !memcmp(name + len - strlen(end), end, strlen(end));
}

/* The sum under its name, and each of several under it. */
static void add_metric(struct selftest *t, const char *name, size_t len, const struct value *v, uint64_t iteration)
{
	const char *unit = ends_with(name, len, "_time") ? "ns" : "count";
	char *whole = xasprintf("%.*s", (int)len, name), *part;
	const struct result_metric *had = result_metric_find(&t->result, whole);
	int64_t sum = had ? had->value : 0;
	uint64_t nth = iteration;

	if (!nth && had) {		/* the first was alone until now */
		part = xasprintf("%s.2", whole);
		for (nth = 2; result_metric_find(&t->result, part); nth++) {
			free(part);
			part = xasprintf("%s.%llu", whole, (unsigned long long)nth + 1);
		}
		free(part);
		if (nth == 2) {
			part = xasprintf("%s.1", whole);
			result_metric(&t->result, part, unit, sum);
			free(part);
		}
	}
	if (nth) {
		part = xasprintf("%s.%llu", whole, (unsigned long long)nth);
		result_metric(&t->result, part, unit, (int64_t)v->n);
		free(part);
	}
	result_metric(&t->result, whole, unit, sum + (int64_t)v->n);
	free(whole);
}

static void put_value(struct selftest *t, const char *name, size_t len, const struct value *v, uint64_t iteration)
{
	char number[32];

	if (*name == '-')
		return;
	if (*name != '@') {
		add_metric(t, name, len, v, iteration);
		return;
	}
	snprintf(number, sizeof(number), "%llu", (unsigned long long)v->n);
	if (!strncmp(name, "@variant", len))
		set_text(&t->variant, v->text, v->len);
	else if (v->kind == 'w')
		add_param(t, name + 1, len - 1, v->text, v->len);
	else
		add_param(t, name + 1, len - 1, number, strlen(number));
	if (!strncmp(name, "@vcpus", len))
		result_metric(&t->result, "vcpus", "count", (int64_t)v->n);
}

static void put_row(struct reading *r, const struct row *row, const struct match *m)
{
	struct selftest *t = r->now;
	const char *name = row->names;

	for (size_t i = 0; i < m->nr; i++) {
		size_t len = strcspn(name, " ");

		r->has_values |= *name != '@' && *name != '-';
		put_value(t, name, len, &m->v[i], m->iteration);
		if (row->op != RESULT_NO_OP && m->v[i].kind == 't')
			hist_record(&t->result.hist[row->op][PHASE_TOTAL], m->v[i].n);
		name += len + strspn(name + len, " ");
	}
}

/* Of another test than the one at hand, or a second time what begins one. */
static bool begins_another(const struct reading *r, const struct row *row)
{
	if (!r->now)
		return true;
	if (row->sort == ROW_BEGINS)
		return r->has_values;
	return *row->test && r->now->test && strcmp(row->test, r->now->test) != 0;
}

/* --- a command line ------------------------------------------------------------------------------- */

/* The word of @line that is a test's name, behind a path or not. */
static const char *command_in(const char *line, size_t *len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = *rows[i].test ? strstr(line, rows[i].test) : NULL;
		const char *end = at ? at + strlen(rows[i].test) : NULL;

		if (!at || (at != line && at[-1] != '/' && !isblank((unsigned char)at[-1])) ||
		    (*end && !isblank((unsigned char)*end)))
			continue;
		if (*skip_blanks(end) && *skip_blanks(end) != '-')
			continue;	/* it is spoken of */
		*len = strlen(rows[i].test);
		return at;
	}
	return NULL;
}

static void take_options(struct selftest *t, const char *args)
{
	for (const char *p = skip_blanks(args); *p; p = skip_blanks(p)) {
		size_t len = strcspn(p, " \t");
		const char *value = skip_blanks(p + len);
		size_t value_len = *value == '-' ? 0 : strcspn(value, " \t");

		if (*p == '-' && len == 2) {
			char name[] = { 'o', 'p', 't', 'i', 'o', 'n', '_', p[1] };

			add_param(t, p[1] == 'v' ? "vcpus" : name, p[1] == 'v' ? 5 : sizeof(name), value_len ? value : "set",
				  value_len ? value_len : 3);
			if (p[1] == 'v' && value_len)
				result_metric(&t->result, "vcpus", "count", strtoll(value, NULL, 10));
		}
		p += len;
	}
}

static void set_command(struct selftest *t, const char *command, size_t len)
{
	set_text(&t->test, command, len);
	set_text(&t->command, command, strlen(command));
	take_options(t, command + len);
}

static bool take_command(struct reading *r, const char *line)
{
	size_t len;
	const char *at = command_in(line, &len);

	if (!at)
		return false;
	if (!r->now || r->has_values || *r->now->command)
		begin(r);
	set_command(r->now, at, len);
	free(r->command);
	r->command = xstrdup(at);
	return true;
}

/* It may be the next of several runs that one command made. */
static void name_test(struct reading *r, const char *test)
{
	size_t len = strlen(test);

	r->now->test = xstrdup(test);
	if (r->command && !strncmp(r->command, test, len) && !isalnum((unsigned char)r->command[len]) &&
	    r->command[len] != '_')
		set_command(r->now, r->command, len);
}

/* --- all of it -------------------------------------------------------------------------------------- */

/* As a mail quotes it; the end of the line goes. */
static const char *bare(char *line)
{
	const char *p = line, *back = strrchr(line, '\r');

	line[strcspn(line, "\n")] = '\0';
	if (back && back[1] && back[1] != '\n')	/* written over and over on a terminal */
		p = back + 1;
	line[strcspn(line, "\r")] = p == line ? '\0' : line[strcspn(line, "\r")];
	for (;;) {
		p = skip_blanks(p);
		if (*p != '>' && *p != '|')
			return p;
		p++;
	}
}

static bool take_line(struct reading *r, const char *line)
{
	struct match m;
	const struct row *row = row_of(line, &m);

	if (!row)
		return take_command(r, line);
	if (begins_another(r, row))
		begin(r);
	if (*row->test && !r->now->test)
		name_test(r, row->test);
	put_row(r, row, &m);
	return true;
}

static void selftest_fini(struct selftest *t)
{
	free(t->test);
	free(t->variant);
	free(t->params);
	free(t->command);
	result_fini(&t->result);
}

static bool says_something(const struct selftest *t)
{
	for (size_t i = 0; i < t->result.nr_metrics; i++)
		if (t->test && strcmp(t->result.metrics[i].name, "vcpus"))
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Parameters come in the order they were printed in; that makes no other test of it. */
static void make_hash(struct selftest *t)
{
	char *text = xasprintf("%s", t->params), *rest = text, **lines = NULL;
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t h;
	size_t nr = 0;

	do {
		lines = xreallocarray(lines, nr + 1, sizeof(*lines));
		lines[nr++] = strsep(&rest, "\n");
	} while (rest);
	qsort(lines, nr, sizeof(*lines), by_text);
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, t->test, strlen(t->test) + 1);
	XXH3_128bits_update(state, t->variant, strlen(t->variant) + 1);
	for (size_t i = 0; i < nr; i++)
		XXH3_128bits_update(state, lines[i], strlen(lines[i]) + 1);
	h = XXH3_128bits_digest(state);
	snprintf(t->hash, sizeof(t->hash), "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
	XXH3_freeState(state);
	free(lines);
	free(text);
}

size_t selftest_read(FILE *in, selftest_line_fn unknown, void *arg, struct selftests *out)
{
	struct reading r = { .out = out };
	unsigned int number = 0;
	char *line = NULL;
	size_t cap = 0, kept = 0;

	*out = (struct selftests){ 0 };
	while (getline(&line, &cap, in) > 0) {
		const char *text = bare(line);

		number++;
		if (*text && !take_line(&r, text))
			unknown(arg, number, text);
	}
	free(line);
	free(r.command);
	for (size_t i = 0; i < out->nr; i++) {
		if (!says_something(&out->v[i])) {
			selftest_fini(&out->v[i]);
			continue;
		}
		make_hash(&out->v[i]);
		out->v[kept++] = out->v[i];
	}
	return out->nr = kept;
}

void selftests_fini(struct selftests *s)
{
	for (size_t i = 0; i < s->nr; i++)
		selftest_fini(&s->v[i]);
	free(s->v);
	*s = (struct selftests){ 0 };
}
