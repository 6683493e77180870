/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Baselines kept as text. */
#include "analysis/gate_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ini.h"
#include "base/outfile.h"

static const char sqlite_magic[] = "SQLite format 3";

int gate_file_is_text(const char *path, bool *text, struct err *e)
{
	char head[sizeof(sqlite_magic)] = "";
	FILE *in = fopen(path, "re");
	size_t len;
	int rc = 0;

	if (!in)
		return err_sys(e, errno, path, "read");
	len = fread(head, 1, sizeof(head), in);
	if (ferror(in))
		rc = err_sys(e, errno, path, "read");
	fclose(in);
	*text = len == sizeof(head) ? memcmp(head, sqlite_magic, sizeof(head)) != 0 : len > 0;
	return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
	struct gate_side	*side;
	char		*section;
};

/* What is left out of a file: how most runs are. */
static const struct {
	const char *name, *value;
} defaults[] = { { "runtime", "vtime" }, { "pacing", "closed" }, { "access", "none" }, { "time_scale", "1" } };

static const char *default_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!strcmp(defaults[i].name, name))
			return defaults[i].value;
	return "";
}

static struct config *config_begin(struct gate_side *s)
{
	s->v = xreallocarray(s->v, s->nr + 1, sizeof(*s->v));
	s->v[s->nr] = (struct config){ .clones = 1 };
#define CONFIG_DEFAULT(column) s->v[s->nr].column = xstrdup(default_of(#column));
	CONFIG_TEXTS(CONFIG_DEFAULT)
#undef CONFIG_DEFAULT
	s->v[s->nr].subject = xstrdup("");
	s->v[s->nr].policy_mark = xstrdup("");
	s->v[s->nr].costs_mark = xstrdup("");
	s->v[s->nr].host_mark = xstrdup("");
	return &s->v[s->nr++];
}

static bool put_text(struct config *c, const char *name, const char *value)
{
	struct { const char *name; char **text; } texts[] = {
#define CONFIG_TEXT(column) { #column, &c->column },
		CONFIG_TEXTS(CONFIG_TEXT)
#undef CONFIG_TEXT
		{ "policy_text", &c->policy_mark }, { "costs_text", &c->costs_mark }, { "host_text", &c->host_mark },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].name, name))
			continue;
		free(*texts[i].text);
		*texts[i].text = xstrdup(value);
		return true;
	}
	return false;
}

static void put_seeds(struct config *c, const char *value)
{
	char *end;

	for (;; value = end) {
		unsigned long long seed = strtoull(value, &end, 10);

		if (end == value)
			return;
		c->run = xreallocarray(c->run, c->nr + 1, sizeof(*c->run));
		c->run[c->nr++] = (struct config_run){ 0, (int64_t)seed };
	}
}

static int on_line(void *arg, const char *section, const char *name, const char *value, const char *where,
		   struct err *e)
{
	struct reading *in = arg;
	struct config *c = in->side->nr ? &in->side->v[in->side->nr - 1] : NULL;
	double number;
	char *end;

	if (!*section)
		return err_set(e, ERR_INPUT, "%s: '%s' stands in no section; is this a baseline that gate --save wrote?", where,
			       name);
	if (!c || strcmp(in->section, section)) {
		c = config_begin(in->side);
		free(in->section);
		in->section = xstrdup(section);
	}
	if (put_text(c, name, value))
		return 0;
	if (!strcmp(name, "seeds")) {
		put_seeds(c, value);
		return 0;
	}
	number = strtod(value, &end);
	if (end == value || *end)
		return err_set(e, ERR_INPUT, "%s: '%s' is no number; is this a baseline that gate --save wrote?", where, value);
	if (!strcmp(name, "clones")) {
		c->clones = (int64_t)number;
		return 0;
	}
	c->kept = xreallocarray(c->kept, c->nr_kept + 1, sizeof(*c->kept));
	c->kept[c->nr_kept].name = xstrdup(name);
	c->kept[c->nr_kept++].value = number;
	return 0;
}

static int by_texts(const void *a, const void *b)
{
	return config_order(a, b, CONFIG_SAME);
}

int gate_file_read(const char *path, struct gate_side *s, struct err *e)
{
	struct reading in = { .side = s };
	int rc = ini_read(path, on_line, &in, e);

	free(in.section);
	if (!rc && !s->nr)
		rc = err_set(e, ERR_INPUT, "%s: no configuration in it; make one with gate --save", path);
	if (!rc)
		qsort(s->v, s->nr, sizeof(*s->v), by_texts);
	return rc;
}

void gate_file_value(const struct config *c, const struct rule *rule, struct gate_value *out)
{
	*out = (struct gate_value){ 0 };
	for (size_t i = 0; i < c->nr_kept; i++) {
		double value = c->kept[i].value;

		if (!strcmp(c->kept[i].name, rule->name))
			*out = (struct gate_value){ .set = true, .value = value, .worst_low = value,
						    .worst_high = value };
	}
}

/* --- writing ------------------------------------------------------------------------------------ */

static int write_marks(struct gate_side *s, const struct config *c, FILE *out, struct err *e)
{
	static const char *const names[] = { "policy_text", "costs_text", "host_text" };
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(names); i++) {
		char *mark;

		rc = gate_side_mark(s, c, names[i], &mark, e);
		if (!rc)
			fprintf(out, "%s = %s\n", names[i], mark);
		free(mark);
	}
	return rc;
}

static int write_config(struct gate_side *s, const struct config *c, const struct rules *rules, FILE *out,
			struct err *e)
{
	int rc;

#define CONFIG_WRITE(column) \
	if (strcmp(c->column, default_of(#column))) \
		fprintf(out, "%s = %s\n", #column, c->column);
	CONFIG_TEXTS(CONFIG_WRITE)
#undef CONFIG_WRITE
	if (c->clones != 1)
		fprintf(out, "clones = %lld\n", (long long)c->clones);
	fputs("seeds =", out);
	for (size_t i = 0; i < c->nr; i++)
		fprintf(out, " %llu", (unsigned long long)c->run[i].seed);
	fputc('\n', out);
	rc = write_marks(s, c, out, e);
	for (size_t i = 0; !rc && i < rules->nr; i++) {
		const struct rule *rule = &rules->v[i];
		struct gate_value v;
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= !strcmp(rules->v[k].name, rule->name) &&
				 rule_applies(&rules->v[k], c->trace, c->policy);
		if (again || rule->of == RULE_VALUE || !rule_applies(rule, c->trace, c->policy))
			continue;
		rc = gate_side_value(s, c, rule, false, &v, e);
		if (!rc && v.set)
			fprintf(out, "%s = %.17g\n", rule->name, v.value);
		gate_value_fini(&v);
	}
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return config_order(*(struct config *const *)a, *(struct config *const *)b, CONFIG_SAME_BUT_HASH);
}

int gate_side_save(struct gate_side *s, const struct rules *rules, const char *path, struct err *e)
{
	struct config **order = xcalloc(s->nr, sizeof(struct config *));
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc = 0;

	for (size_t i = 0; i < s->nr; i++)
		order[i] = &s->v[i];
	qsort(order, s->nr, sizeof(struct config *), by_name);
	fprintf(out, "; A baseline for mmulab gate.  Made, not written: mmulab gate RESULTS.db --rules RULES.ini --save THIS\n"
		"; Times are nanoseconds, shares millionths; what stands for texts are their XXH3.\n");
	for (size_t i = 0; !rc && i < s->nr; i++) {
		fprintf(out, "\n[%zu]\n", i + 1);
		rc = write_config(s, order[i], rules, out, e);
	}
	fclose(out);
	free(order);
	if (!rc)
		rc = outfile_put(path, text, len, e);
	free(text);
	return rc;
}
