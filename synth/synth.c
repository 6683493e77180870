/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of workloads, and from "name=value" to numbers. */
#include "synth/synth.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ini.h"
#include "synth/workloads.h"

static const struct synth_workload *const workloads[] = {
	&synth_zap_root, &synth_memslot_delete, &synth_notifier_storm, &synth_access_tracking, &synth_populate,
	&synth_dirty_log, &synth_nx_huge_pages, &synth_page_table, &synth_shadow_unsync,
};

static const char *const kernels[] = { "6.1", "6.12", "6.18", NULL };
static const char *const archs[] = { "x86", "arm64", NULL };
static const char *const tdps[] = { "npt", "ept", NULL };

static const struct synth_param common[SYNTH_OWN] = {
	[SYNTH_KERNEL] = { "kernel", SYNTH_WORD, "6.12", 0, 0, kernels, "whose preset a replay takes by itself" },
	[SYNTH_ARCH] = { "arch", SYNTH_WORD, "x86", 0, 0, archs, "arm64: 48 bits of IPA, 4 KiB pages unless it has a parameter for that" },
	[SYNTH_TDP] = { "tdp", SYNTH_WORD, "ept", 0, 0, tdps, "x86: the processor's second-level page tables" },
	[SYNTH_VCPUS] = { "vcpus", SYNTH_COUNT, "8", 1, 512, NULL, "vCPUs; the host has one CPU more" },
	[SYNTH_GAP] = { "gap", SYNTH_TIME, "50us", 100, 1000000000, NULL, "time in the guest between two accesses of a vCPU" },
};

const struct synth_param synth_x86_only = {
	"arch", SYNTH_WORD, "x86", 0, 0, (const char *const[]){ "x86", NULL }, "it is about x86 alone",
};
const struct synth_param synth_arm64_only = {
	"arch", SYNTH_WORD, "arm64", 0, 0, (const char *const[]){ "arm64", NULL }, "it is about arm64 alone",
};

const char *const synth_page_words[] = { "4k", "2m", "1g", NULL };

const struct synth_workload *synth_workload(size_t i)
{
	return i < ARRAY_SIZE(workloads) ? workloads[i] : NULL;
}

const struct synth_param *synth_param(const struct synth_workload *w, size_t i)
{
	if (i == SYNTH_ARCH && w->arch)
		return w->arch;
	if (i < SYNTH_OWN)
		return &common[i];
	return i - SYNTH_OWN < w->nr_params ? &w->params[i - SYNTH_OWN] : NULL;
}

const struct synth_workload *synth_find(const char *name, struct err *e)
{
	char known[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		size_t len = strlen(known);

		if (strcmp(workloads[i]->name, name) == 0)
			return workloads[i];
		snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "", workloads[i]->name);
	}
	err_set(e, ERR_USAGE, "%s: there is no such workload; there are %s", name, known);
	return NULL;
}

/* --- values ------------------------------------------------------------------- */

struct suffix {
	const char *text;
	uint64_t    times;
};

static const struct suffix byte_suffixes[] = {
	{ "", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 }, { "G", 1ULL << 30 }, { "T", 1ULL << 40 }, { NULL, 0 },
};
static const struct suffix time_suffixes[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { NULL, 0 },
};
static const struct suffix count_suffixes[] = { { "", 1 }, { NULL, 0 } };

static const struct suffix *suffixes_of(const struct synth_param *p)
{
	return p->unit == SYNTH_BYTES ? byte_suffixes : p->unit == SYNTH_TIME ? time_suffixes : count_suffixes;
}

static bool number_of(const struct synth_param *p, const char *text, uint64_t *out)
{
	char *end;
	uint64_t n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 10);
	for (const struct suffix *s = suffixes_of(p); s->text; s++)
		if (strcmp(end, s->text) == 0 && n <= UINT64_MAX / s->times) {
			*out = n * s->times;
			return *out >= p->min && *out <= p->max;
		}
	return false;
}

static bool value_of(const struct synth_param *p, const char *text, uint64_t *out)
{
	if (p->unit != SYNTH_WORD)
		return number_of(p, text, out);
	for (uint64_t i = 0; p->words[i]; i++)
		if (strcmp(p->words[i], text) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* A number as number_of() reads it, with the largest suffix that divides it. */
static void number_text(const struct synth_param *p, uint64_t n, char *buf, size_t size)
{
	const struct suffix *best = suffixes_of(p);

	for (const struct suffix *s = best; s->text; s++)
		if (n && n % s->times == 0)
			best = s;
	snprintf(buf, size, "%llu%s", (unsigned long long)(n / best->times), best->text);
}

/* "4k, 2m, 1g", "1M to 64T". */
static void allowed_text(const struct synth_param *p, char *buf, size_t size)
{
	char from[32], to[32];
	size_t len = 0;

	if (p->unit != SYNTH_WORD) {
		number_text(p, p->min, from, sizeof(from));
		number_text(p, p->max, to, sizeof(to));
		snprintf(buf, size, "%s to %s", from, to);
		return;
	}
	for (size_t i = 0; p->words[i] && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "", p->words[i]);
}

static int no_such_param(const struct synth_workload *w, const char *set, const char *name, struct err *e)
{
	const char *names[SYNTH_MAX_PARAMS], *near;
	size_t nr = 0;

	while (nr < SYNTH_MAX_PARAMS && synth_param(w, nr)) {
		names[nr] = synth_param(w, nr)->name;
		nr++;
	}
	near = ini_nearest(name, names, nr);
	return err_set(e, ERR_USAGE, "--set %s: %s has no parameter '%s'%s%s%s; mmulab synth --list shows them", set, w->name,
		       name, near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

static int apply(const struct synth_workload *w, const char *set, uint64_t *v, bool *given, struct err *e)
{
	const char *eq = strchr(set, '=');
	char *name = eq ? strndup(set, (size_t)(eq - set)) : xstrdup(set), allowed[128];
	const struct synth_param *p;
	int rc = 0;

	for (size_t i = 0; (p = synth_param(w, i)); i++) {
		if (strcmp(p->name, name) != 0)
			continue;
		allowed_text(p, allowed, sizeof(allowed));
		if (given[i])
			rc = err_set(e, ERR_USAGE, "--set %s: '%s' was set before", set, name);
		else if (!eq || !value_of(p, eq + 1, &v[i]))
			rc = err_set(e, ERR_USAGE, "--set %s: '%s' must be %s%s", set, name,
				     p->unit == SYNTH_WORD ? "one of " : "", allowed);
		given[i] = true;
		break;
	}
	if (!p)
		rc = no_such_param(w, set, name, e);
	free(name);
	return rc;
}

/* --- making ------------------------------------------------------------------------ */

/* "zap-root kernel=6.12 ...", every value named. */
static char *describe(const struct synth_workload *w, const uint64_t *v, uint64_t seed)
{
	const struct synth_param *p;
	char text[1024], value[32];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", w->name);

	for (size_t i = 0; (p = synth_param(w, i)); i++) {
		number_text(p, v[i], value, sizeof(value));
		len += (size_t)snprintf(text + len, sizeof(text) - len, " --set %s=%s", p->name,
					p->unit == SYNTH_WORD ? p->words[v[i]] : value);
	}
	snprintf(text + len, sizeof(text) - len, " --seed %llu", (unsigned long long)seed);
	return xstrdup(text);
}

static bool is_arm64(const struct synth_workload *w, const uint64_t *v)
{
	return strcmp(synth_param(w, SYNTH_ARCH)->words[v[SYNTH_ARCH]], "arm64") == 0;
}

static int make(const struct synth_workload *w, const uint64_t *v, uint64_t seed, const char *path, struct err *e)
{
	struct ev_meta meta;
	struct guest g = { .meta = &meta };
	int rc = ev_writer_open(path, 1, &g.w, e);

	if (rc)
		return rc;
	ev_meta_init(&meta);
	prng_seed(&g.prng, seed);
	guest_init(&g, (unsigned int)v[SYNTH_KERNEL], (unsigned int)v[SYNTH_TDP], (uint32_t)v[SYNTH_VCPUS]);
	if (is_arm64(w, v))
		guest_arm64(&g, 12);
	meta.synthetic = describe(w, v, seed);
	meta.source = xstrdup(w->name);
	rc = w->make(&g, v, e);
	meta.last_ns = g.last_ns;
	if (rc)
		ev_writer_abort(g.w);
	else
		rc = ev_writer_close(g.w, &meta, e);
	ev_meta_fini(&meta);
	return rc;
}

int synth_make(const struct synth_workload *w, const char *const *sets, size_t nr_sets, uint64_t seed,
	       const char *path, struct err *e)
{
	uint64_t v[SYNTH_MAX_PARAMS];
	bool given[SYNTH_MAX_PARAMS] = { false };
	const struct synth_param *p;

	for (size_t i = 0; (p = synth_param(w, i)); i++)
		if (!value_of(p, p->dflt, &v[i]))
			return err_set(e, ERR_USAGE, "%s: the default of %s is out of its own range", w->name, p->name);
	for (size_t i = 0; i < nr_sets; i++) {
		int rc = apply(w, sets[i], v, given, e);

		if (rc)
			return rc;
	}
	return make(w, v, seed, path, e);
}

void synth_print(FILE *out)
{
	const struct synth_param *p;
	char allowed[128];

	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
		fprintf(out, "%s%s: %s\n", i ? "\n" : "", workloads[i]->name, workloads[i]->summary);
		for (size_t j = 0; (p = synth_param(workloads[i], j)); j++) {
			allowed_text(p, allowed, sizeof(allowed));
			fprintf(out, "  %-10s %-8s %s (%s)\n", p->name, p->dflt, p->help, allowed);
		}
	}
}
