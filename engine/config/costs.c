/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Costs and the host model: defaults, INI files, single assignments, text.
 */
#include "engine/config/costs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ini.h"

#define MAX_COST_NS	1000000000000ULL	/* a thousand seconds: more is a slip of the pen */
#define MAX_CPUS	4096
#define MAX_HZ		100000

struct cost_row {
	const char *name, *ns;
};

static const struct cost_row rows[] = {
#define COST(id, name, ns, source) { name, #ns },
#include "engine/config/costs.def"
#undef COST
};

static const char *const cost_names[] = {
#define COST(id, name, ns, source) name,
#include "engine/config/costs.def"
#undef COST
};

static const char *const host_names[] = { "cpus", "hz", "preempt_locked" };

const char *cost_name(enum cost id)
{
	return rows[id].name;
}

/* --- numbers ----------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1150", "0.3", "62.125" nanoseconds to picoseconds; no exponent, no sign, at most three decimals. */
static bool parse_ns(const char *text, uint64_t *ps)
{
	uint64_t n = 0, unit = PSEC_PER_NSEC;

	if (!is_digit(*text))
		return false;
	for (; is_digit(*text); text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > MAX_COST_NS)
			return false;
	}
	n *= PSEC_PER_NSEC;
	if (*text == '.') {
		text++;
		if (!is_digit(*text))
			return false;
		for (; is_digit(*text) && unit > 1; text++) {
			unit /= 10;
			n += unit * (uint64_t)(*text - '0');
		}
	}
	*ps = n;
	return *text == '\0';
}

static bool parse_count(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;

	if (!is_digit(*text))
		return false;
	for (; is_digit(*text); text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > max)
			return false;
	}
	if (*text || n < min)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool parse_yes(const char *text, bool *out)
{
	*out = strcmp(text, "yes") == 0;
	return *out || strcmp(text, "no") == 0;
}

/* --- assignments ---------------------------------------------------------------- */

static int unknown_name(const char *where, const char *what, const char *name, const char *const *names,
			size_t nr, struct err *e)
{
	const char *near = ini_nearest(name, names, nr);

	if (near)
		return err_set(e, ERR_USAGE, "%s: there is no %s '%s'; did you mean '%s'?", where, what, name, near);
	return err_set(e, ERR_USAGE, "%s: there is no %s '%s'; costs/default.ini has them all", where, what, name);
}

static int set_cost(struct costs *c, const char *name, const char *value, const char *where, struct err *e)
{
	for (size_t i = 0; i < NR_COSTS; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (parse_ns(value, &c->ps[i]))
			return 0;
		return err_set(e, ERR_USAGE, "%s: %s cannot be '%s'; write nanoseconds from 0 to %llu, "
			       "with up to three decimals", where, name, value, MAX_COST_NS);
	}
	return unknown_name(where, "cost", name, cost_names, NR_COSTS, e);
}

static int set_host(struct host_model *h, const char *name, const char *value, const char *where, struct err *e)
{
	if (strcmp(name, "cpus") == 0) {
		if (parse_count(value, 0, MAX_CPUS, &h->cpus))
			return 0;
		return err_set(e, ERR_USAGE, "%s: cpus cannot be '%s'; write 0 (as recorded) to %d", where, value,
			       MAX_CPUS);
	}
	if (strcmp(name, "hz") == 0) {
		if (parse_count(value, 1, MAX_HZ, &h->hz))
			return 0;
		return err_set(e, ERR_USAGE, "%s: hz cannot be '%s'; write ticks per second, 1 to %d", where, value,
			       MAX_HZ);
	}
	if (strcmp(name, "preempt_locked") == 0) {
		if (parse_yes(value, &h->preempt_locked))
			return 0;
		return err_set(e, ERR_USAGE, "%s: preempt_locked cannot be '%s'; its values: yes, no", where, value);
	}
	return unknown_name(where, "host member", name, host_names, ARRAY_SIZE(host_names), e);
}

struct load {
	struct costs	  costs;
	struct host_model host;
};

static int take_line(void *arg, const char *section, const char *name, const char *value, const char *where,
		     struct err *e)
{
	struct load *l = arg;

	if (strcmp(section, "costs") == 0)
		return set_cost(&l->costs, name, value, where, e);
	if (strcmp(section, "host") == 0)
		return set_host(&l->host, name, value, where, e);
	return err_set(e, ERR_USAGE, "%s: '%s' stands in section [%s]; a cost model has [costs] and [host]", where,
		       name, section);
}

/* --- public -------------------------------------------------------------------------- */

void costs_defaults(struct costs *c)
{
	*c = (struct costs){ .name = "defaults" };
	for (size_t i = 0; i < NR_COSTS; i++)
		if (!parse_ns(rows[i].ns, &c->ps[i]))
			abort();	/* costs.def is part of the program */
}

void host_model_defaults(struct host_model *h)
{
	*h = (struct host_model){ .cpus = 0, .hz = 250, .preempt_locked = false };
}

static void name_after(struct costs *c, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	snprintf(c->name, sizeof(c->name), "%.*s", dot ? (int)(dot - base) : (int)strlen(base), base);
}

int costs_load(const char *path, struct costs *c, struct host_model *h, struct err *e)
{
	struct load l;
	int rc;

	costs_defaults(&l.costs);
	host_model_defaults(&l.host);
	rc = ini_read(path, take_line, &l, e);
	if (rc)
		return rc;
	name_after(&l.costs, path);
	*c = l.costs;
	*h = l.host;
	return 0;
}

int costs_set(struct costs *c, struct host_model *h, const char *assignment, struct err *e)
{
	char *copy = xstrdup(assignment), *value = strchr(copy, '=');
	int rc;

	if (value)
		*value++ = '\0';
	if (!value)
		rc = err_set(e, ERR_USAGE, "'%s' is no assignment; write costs.NAME=NS or host.NAME=VALUE", assignment);
	else if (strncmp(copy, "costs.", 6) == 0)
		rc = set_cost(c, copy + 6, value, assignment, e);
	else if (strncmp(copy, "host.", 5) == 0)
		rc = set_host(h, copy + 5, value, assignment, e);
	else
		rc = err_set(e, ERR_USAGE, "%s: neither costs. nor host.", assignment);
	free(copy);
	return rc;
}

static void print_ns(uint64_t ps, FILE *out)
{
	unsigned int rest = (unsigned int)(ps % PSEC_PER_NSEC), digits = 3;

	fprintf(out, "%" PRIu64, ps / (uint64_t)PSEC_PER_NSEC);
	for (; digits && rest && rest % 10 == 0; digits--)
		rest /= 10;
	if (rest)
		fprintf(out, ".%0*u", (int)digits, rest);
}

void costs_print(const struct costs *c, FILE *out)
{
	fprintf(out, "# %s\n[costs]\n", c->name);
	for (size_t i = 0; i < NR_COSTS; i++) {
		fprintf(out, "%s = ", rows[i].name);
		print_ns(c->ps[i], out);
		fputc('\n', out);
	}
}

void host_model_print(const struct host_model *h, FILE *out)
{
	fprintf(out, "[host]\ncpus = %u\nhz = %u\npreempt_locked = %s\n", h->cpus, h->hz,
		h->preempt_locked ? "yes" : "no");
}
