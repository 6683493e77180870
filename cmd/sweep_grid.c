/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRID.ini: lines to dimensions, numbers to combinations. */
#include "cmd/sweep_grid.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ini.h"

static const char *const key_names[] = {
#define GRID_NAME(id, name, what) [GRID_##id] = name,
	GRID_KEYS(GRID_NAME)
#undef GRID_NAME
};

/* Is an assignment to something that has a name of its own. */
static bool key_is_named(enum grid_key key)
{
	return key == GRID_KNOB || key == GRID_COST || key == GRID_HOST;
}

/* --- values ------------------------------------------------------------------- */

static bool dim_has(const struct grid_dim *d, const char *value)
{
	for (size_t i = 0; i < d->nr; i++)
		if (strcmp(d->v[i], value) == 0)
			return true;
	return false;
}

/* Takes @value over; what is there already counts once. */
static void dim_add(struct grid_dim *d, char *value)
{
	if (dim_has(d, value)) {
		free(value);
		return;
	}
	d->v = xreallocarray(d->v, d->nr + 1, sizeof(*d->v));
	d->v[d->nr++] = value;
}

static char *assignment(const struct grid_dim *d, const char *value)
{
	static const char *const prefixes[GRID_NR_KEYS] = { [GRID_COST] = "costs.", [GRID_HOST] = "host." };

	if (!key_is_named(d->key))
		return xstrdup(value);
	return xasprintf("%s%s=%s", prefixes[d->key] ? prefixes[d->key] : "", d->name, value);
}

/* "3..17" */
static bool is_range(const char *text, uint64_t *first, uint64_t *last)
{
	size_t a = strspn(text, "0123456789"), b;

	if (!a || strncmp(text + a, "..", 2))
		return false;
	b = strspn(text + a + 2, "0123456789");
	if (!b || text[a + 2 + b])
		return false;
	errno = 0;
	*first = strtoull(text, NULL, 10);
	*last = strtoull(text + a + 2, NULL, 10);
	return !errno;
}

static int add_range(struct grid_dim *d, uint64_t first, uint64_t last, const char *where, struct err *e)
{
	if (last < first)
		return err_set(e, ERR_USAGE, "%s: %" PRIu64 "..%" PRIu64 " is empty; the smaller one comes first", where, first, last);
	if (last - first >= GRID_MAX_JOBS)
		return err_set(e, ERR_USAGE, "%s: %" PRIu64 "..%" PRIu64 " is more than %d values", where, first, last, GRID_MAX_JOBS);
	for (uint64_t i = 0; i <= last - first; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%" PRIu64, first + i);
		d->v = xreallocarray(d->v, d->nr + 1, sizeof(*d->v));
		d->v[d->nr++] = assignment(d, number);
	}
	return 0;
}

/* Paths are the working directory's; what is not there, the grid's own folder's. */
static int add_traces(struct grid_dim *d, const char *pattern, const char *grid, const char *where, struct err *e)
{
	glob_t found;
	int rc = glob(pattern, 0, NULL, &found);

	if (rc && pattern[0] != '/' && strchr(grid, '/')) {
		char *beside = xasprintf("%.*s/%s", (int)(strrchr(grid, '/') - grid), grid, pattern);

		globfree(&found);
		rc = glob(beside, 0, NULL, &found);
		free(beside);
	}
	if (rc)
		rc = err_set(e, ERR_INPUT, "%s: there is no file %s", where, pattern);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		dim_add(d, xstrdup(found.gl_pathv[i]));
	globfree(&found);
	return rc;
}

static int add_value(struct grid_dim *d, const char *value, const char *grid, const char *where, struct err *e)
{
	uint64_t first, last;
	char *text;

	if (d->key == GRID_TRACE)
		return add_traces(d, value, grid, where, e);
	if (is_range(value, &first, &last))
		return add_range(d, first, last, where, e);
	text = assignment(d, value);
	dim_add(d, text);
	return 0;
}

static int add_values(struct grid_dim *d, const char *values, const char *grid, const char *where, struct err *e)
{
	char *copy = xstrdup(values), *rest = copy, *part;
	int rc = 0;

	while (!rc && (part = strsep(&rest, ","))) {
		part += strspn(part, " \t");
		for (size_t len = strlen(part); len && strchr(" \t", part[len - 1]); len--)
			part[len - 1] = '\0';
		rc = *part ? add_value(d, part, grid, where, e)
			   : err_set(e, ERR_USAGE, "%s: a value is missing; write a, b, c or 1..20", where);
	}
	free(copy);
	return rc;
}

/* --- lines ---------------------------------------------------------------------- */

static int unknown_key(const char *name, const char *where, struct err *e)
{
	const char *near = ini_nearest(name, key_names, GRID_NR_KEYS);

	if (near)
		return err_set(e, ERR_USAGE, "%s: a grid has no '%s'; did you mean '%s'?", where, name, near);
	return err_set(e, ERR_USAGE, "%s: a grid has no '%s'; `mmulab sweep -h` lists what it has", where, name);
}

/* "knob age.lock" into its two words; @name is cut. */
static int find_key(char *name, enum grid_key *key, char **of, const char *where, struct err *e)
{
	size_t len = strcspn(name, " \t");

	*of = name + len + strspn(name + len, " \t");
	name[len] = '\0';
	for (unsigned int k = 0; k < GRID_NR_KEYS; k++) {
		if (strcmp(name, key_names[k]))
			continue;
		*key = (enum grid_key)k;
		if (key_is_named(*key) && !**of)
			return err_set(e, ERR_USAGE, "%s: %s of what? write \"%s NAME = value, value\"", where, name, name);
		if (!key_is_named(*key) && **of)
			return err_set(e, ERR_USAGE, "%s: '%s' has no name of its own; remove '%s'", where, name, *of);
		return 0;
	}
	return unknown_key(name, where, e);
}

/* Lines of the same name go on with the same list. */
static struct grid_dim *dim_of(struct grid *g, enum grid_key key, const char *name, const char *where)
{
	size_t at = g->nr_dims;

	for (size_t i = 0; i < g->nr_dims; i++)
		if (g->dims[i].key == key && strcmp(g->dims[i].name, name) == 0)
			return &g->dims[i];
	while (at && g->dims[at - 1].key > key)
		at--;
	g->dims = xreallocarray(g->dims, g->nr_dims + 1, sizeof(*g->dims));
	memmove(&g->dims[at + 1], &g->dims[at], (g->nr_dims - at) * sizeof(*g->dims));
	g->nr_dims++;
	g->dims[at] = (struct grid_dim){ .key = key, .name = xstrdup(name), .where = xstrdup(where) };
	return &g->dims[at];
}

static int on_line(void *arg, const char *section, const char *name, const char *value, const char *where,
		   struct err *e)
{
	struct grid *g = arg;
	char *copy, *of;
	enum grid_key key = GRID_NR_KEYS;
	int rc;

	if (strcmp(section, "grid"))
		return err_set(e, ERR_USAGE, "%s: a sweep has the section [grid], not [%s]", where, section);
	copy = xstrdup(name);
	rc = find_key(copy, &key, &of, where, e);
	if (!rc)
		rc = add_values(dim_of(g, key, of, where), value, g->path, where, e);
	free(copy);
	return rc;
}

/* --- the whole --------------------------------------------------------------------- */

static int count_jobs(struct grid *g, struct err *e)
{
	uint64_t jobs = 1;

	g->per_trace = 1;
	for (size_t i = g->nr_dims; i--;) {
		struct grid_dim *d = &g->dims[i];
		size_t nr = d->key == GRID_ASSUME ? 1 : d->nr;

		d->stride = jobs;
		jobs *= nr;
		if (jobs > GRID_MAX_JOBS)
			return err_set(e, ERR_USAGE, "%s: more than %d combinations; leave out some", g->path, GRID_MAX_JOBS);
		if (d->key >= GRID_POLICY)
			g->per_trace = jobs;
	}
	g->jobs = jobs;
	return 0;
}

int grid_read(const char *path, struct grid *out, struct err *e)
{
	struct grid g = { .path = xstrdup(path) };
	int rc = ini_read(path, on_line, &g, e);

	if (!rc && (!g.nr_dims || g.dims[0].key != GRID_TRACE))
		rc = err_set(e, ERR_USAGE, "%s: no trace in [grid]; write \"trace = FILE.mmt\"", path);
	if (!rc)
		rc = count_jobs(&g, e);
	if (rc)
		grid_fini(&g);
	else
		*out = g;
	return rc;
}

void grid_fini(struct grid *g)
{
	for (size_t i = 0; i < g->nr_dims; i++) {
		for (size_t k = 0; k < g->dims[i].nr; k++)
			free(g->dims[i].v[k]);
		free(g->dims[i].v);
		free(g->dims[i].name);
		free(g->dims[i].where);
	}
	free(g->dims);
	free(g->path);
	*g = (struct grid){ 0 };
}

/* --- combinations --------------------------------------------------------------------- */

static const char *dim_value(const struct grid_dim *d, uint64_t job)
{
	return d->v[job / d->stride % d->nr];
}

static const struct grid_dim *dim_find(const struct grid *g, enum grid_key key)
{
	for (size_t i = 0; i < g->nr_dims; i++)
		if (g->dims[i].key == key)
			return &g->dims[i];
	return NULL;
}

const char *grid_value(const struct grid *g, enum grid_key key, uint64_t job)
{
	const struct grid_dim *d = dim_find(g, key);

	return d ? dim_value(d, job) : NULL;
}

const char *grid_where(const struct grid *g, enum grid_key key)
{
	const struct grid_dim *d = dim_find(g, key);

	return d ? d->where : g->path;
}

static void list_add(struct opt_list *l, const char *text)
{
	l->v = xreallocarray(l->v, l->nr + 1, sizeof(*l->v));
	l->v[l->nr++] = text;
}

static int number(const struct grid *g, enum grid_key key, uint64_t job, uint64_t dflt, uint64_t max, uint64_t *out,
		  struct err *e)
{
	const char *text = grid_value(g, key, job);
	char *end;

	*out = dflt;
	if (!text)
		return 0;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || *end || *text == '-' || *out > max)
		return err_set(e, ERR_USAGE, "%s: '%s' is no number up to %" PRIu64, grid_where(g, key), text, max);
	return 0;
}

/* What replay_ask_resolve() finds wrong is told by its options' names; the line is that of the same key. */
static const char *where_wrong(const struct grid *g, const struct err *e)
{
	static const struct {
		const char *option;
		enum grid_key key;
	} options[] = {
		{ "--pacing", GRID_PACING }, { "--access", GRID_ACCESS }, { "--time-scale", GRID_TIME_SCALE },
		{ "--assume", GRID_ASSUME }, { "--clone", GRID_CLONES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strncmp(e->text, options[i].option, strlen(options[i].option)) == 0)
			return grid_where(g, options[i].key);
	return g->path;
}

static int resolve(const struct grid *g, uint64_t job, struct replay_ask *ask, struct err *e)
{
	const char *access = grid_value(g, GRID_ACCESS, job);
	struct err why;
	int rc = replay_ask_resolve(ask, access ? access : "none", &why);

	return rc ? err_set(e, why.exit, "%s: %.900s", where_wrong(g, &why), why.text) : 0;
}

int grid_ask(const struct grid *g, uint64_t job, struct replay_ask *ask, struct err *e)
{
	const char *pacing = grid_value(g, GRID_PACING, job), *scale = grid_value(g, GRID_TIME_SCALE, job);
	uint64_t clones = 1;
	int rc;

	*ask = (struct replay_ask){
		.trace = grid_value(g, GRID_TRACE, job), .costs = grid_value(g, GRID_COSTS, job), .runtime = "vtime",
		.grain = "op", .pacing = pacing ? pacing : "closed", .time_scale_text = scale ? scale : TIME_SCALE_DEFAULT,
	};
	for (size_t i = 0; i < g->nr_dims; i++) {
		const struct grid_dim *d = &g->dims[i];

		if (key_is_named(d->key))
			list_add(&ask->sets, dim_value(d, job));
		for (size_t k = 0; d->key == GRID_ASSUME && k < d->nr; k++)
			list_add(&ask->assume, d->v[k]);
	}
	if (grid_value(g, GRID_POLICY, job))
		list_add(&ask->policies, grid_value(g, GRID_POLICY, job));
	rc = number(g, GRID_CLONES, job, 1, UINT32_MAX, &clones, e);
	ask->clones = (uint32_t)clones;
	if (!rc)
		rc = number(g, GRID_SEED, job, 1, UINT64_MAX, &ask->seed, e);
	return rc ? rc : resolve(g, job, ask, e);
}

void grid_ask_fini(struct replay_ask *ask)
{
	opt_list_fini(&ask->policies);
	opt_list_fini(&ask->sets);
	opt_list_fini(&ask->assume);
}

void grid_print(const struct grid *g, uint64_t job, FILE *out)
{
	static const char *const before[GRID_NR_KEYS] = {
		[GRID_CLONES] = "x", [GRID_SEED] = "seed ", [GRID_PACING] = "pacing ", [GRID_ACCESS] = "access ",
		[GRID_TIME_SCALE] = "time scale ", [GRID_COSTS] = "costs ",
	};
	const char *space = "";

	for (size_t i = 0; i < g->nr_dims; i++) {
		const struct grid_dim *d = &g->dims[i];

		if (d->key == GRID_ASSUME)
			continue;
		fprintf(out, "%s%s%s", space, before[d->key] ? before[d->key] : "", dim_value(d, job));
		space = " ";
	}
}
