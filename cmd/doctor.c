// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab doctor: what of this host can be recorded, and what captures left behind. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "capture/live/exam.h"
#include "capture/live/instance.h"
#include "cmd/opts.h"
#include "cmd/paths.h"
#include "cmd/verb.h"

static void print_removed(void *arg, const char *name)
{
	printf("removed   %s\n", name);
}

/* --- as text ---------------------------------------------------------------------------------- */

static void print_profile(const struct exam_profile *p)
{
	printf("profile   %s: %u of %u events, %u probes\n", p->name, p->found, p->nr_events, p->nr_probes);
	for (size_t i = 0; i < p->refused.nr; i++)
		printf("            lacks %s\n", p->refused.v[i]);
	for (size_t i = 0; i < p->absent.nr; i++)
		printf("%s%s%s", i ? " " : "            not of this kernel: ", p->absent.v[i], i + 1 < p->absent.nr ? "" : "\n");
}

/* Those of KVM's parameters that a policy is chosen by; --json has all. */
static void print_settings(const struct refused *facts)
{
	static const char *const names[] = { "tdp_mmu", "ept", "npt", "nx_huge_pages", "eager_page_split", "mmio_caching", "mode" };
	bool any = false;

	for (size_t i = 0; i < facts->nr; i++) {
		const char *dot = strncmp(facts->v[i], "kvm", 3) ? NULL : strchr(facts->v[i], '.');
		size_t len = dot ? strcspn(dot + 1, "=") : 0;

		for (size_t j = 0; dot && j < ARRAY_SIZE(names); j++)
			if (strlen(names[j]) == len && !memcmp(dot + 1, names[j], len))
				any = printf("%s%s", any ? " " : "settings  ", facts->v[i]) > 0;
	}
	if (any)
		putchar('\n');
}

static void print_exam(const struct exam *x)
{
	printf("kernel    %s, %s\n", x->kernel, x->machine);
	for (size_t i = 0; i < x->nr_checks; i++) {
		const struct exam_check *c = &x->checks[i];

		printf("%-9s %s\n", c->about, c->found);
		if (c->advice)
			printf("            %s: %s\n", c->state == EXAM_BLOCKS ? "must" : "do", c->advice);
	}
	for (size_t i = 0; i < x->nr_profiles; i++)
		print_profile(&x->profiles[i]);
	print_settings(&x->facts);
	printf("capture   %s\n", x->can_capture ? "works" : "does not work with the default options");
}

/* --- as JSON ------------------------------------------------------------------------------------ */

static json_t *texts_json(const struct refused *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nr; i++)
		json_array_append_new(list, json_string(r->v[i]));
	return list;
}

static json_t *checks_json(const struct exam *x)
{
	static const char *const states[] = { [EXAM_GOOD] = "good", [EXAM_LACKS] = "lacks", [EXAM_BLOCKS] = "blocks" };
	json_t *checks = json_object();

	for (size_t i = 0; i < x->nr_checks; i++) {
		const struct exam_check *c = &x->checks[i];

		json_object_set_new(checks, c->about, json_pack("{s:s, s:s, s:s?}", "state", states[c->state], "found", c->found,
								"do", c->advice));
	}
	return checks;
}

static json_t *profiles_json(const struct exam *x)
{
	json_t *profiles = json_object();

	for (size_t i = 0; i < x->nr_profiles; i++) {
		const struct exam_profile *p = &x->profiles[i];

		json_object_set_new(profiles, p->name, json_pack("{s:i, s:i, s:i, s:o, s:o}", "events", (int)p->nr_events, "found",
								 (int)p->found, "probes", (int)p->nr_probes, "lacks",
								 texts_json(&p->refused), "absent", texts_json(&p->absent)));
	}
	return profiles;
}

static json_t *facts_json(const struct exam *x)
{
	json_t *facts = json_object();

	for (size_t i = 0; i < x->facts.nr; i++) {
		char *name = strdup(x->facts.v[i]), *equals = name ? strchr(name, '=') : NULL;

		if (equals) {
			*equals = '\0';
			json_object_set_new(facts, name, json_string(equals + 1));
		}
		free(name);
	}
	return facts;
}

static void print_json(const struct exam *x)
{
	json_t *root = json_pack("{s:b, s:s, s:s, s:o, s:o, s:o}", "can_capture", x->can_capture, "kernel", x->kernel, "machine",
				 x->machine, "checks", checks_json(x), "profiles", profiles_json(x), "facts", facts_json(x));

	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(root);
}

/* --- the verb -------------------------------------------------------------------------------------- */

static int look(bool json)
{
	struct exam_profile profiles[] = { { "minimal" }, { "default" }, { "lock" }, { "full" } };
	struct exam x;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		char file[64];

		snprintf(file, sizeof(file), "%s.events", profiles[i].name);
		profiles[i].path = paths_file("profiles", file);
	}
	exam_host(profiles, ARRAY_SIZE(profiles), ".", &x);
	if (json)
		print_json(&x);
	else
		print_exam(&x);
	ret = x.can_capture ? ERR_OK : ERR_NO;
	exam_fini(&x);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		free((char *)profiles[i].path);
	return ret;
}

static int run(int argc, char **argv, struct err *e)
{
	bool clean = false, json = false;
	const struct opt opts[] = {
		{ 0, "clean", OPT_FLAG, &clean },
		{ 0, "json",  OPT_FLAG, &json },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;

	if (first < 0)
		return first;
	ret = opts_positional(argc, first, 0, 0, "no argument", e);
	if (ret || !clean)
		return ret ? ret : look(json);
	if (json)
		return err_set(e, ERR_USAGE, "--clean and --json do not go together");
	if (!instance_clean(print_removed, NULL))
		puts("nothing was left by a capture that is no more");
	return 0;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what of this host can be recorded; remove what a killed capture left",
	.usage =
	"usage: mmulab doctor [--json | --clean]\n"
	"\n"
	"Says what \"mmulab capture\" can record on this host, what is missing for the rest,\n"
	"and what to do about it. Nothing is recorded: events and probes are tried in a buffer\n"
	"of its own that stands still, and removed. Status 0 when a capture with the default\n"
	"options works, 1 when it does not.\n"
	"\n"
	"      --json            { can_capture, kernel, machine,\n"
	"                          checks: { tracefs | clock | events | probes | functions |\n"
	"                            perf | lockdown | kvm | debugfs | symbols | disk:\n"
	"                            { state: \"good\" | \"lacks\" (a capture works without) |\n"
	"                              \"blocks\", found, do (null: nothing) } },\n"
	"                          profiles: { minimal | default | lock | full: { events,\n"
	"                            found, probes, lacks: [\"WHAT: WHY\"], absent: [event] } },\n"
	"                          facts: { NAME: VALUE as a capture notes them } }\n"
	"      --clean           only remove the tracing instances and probes of captures that\n"
	"                        were killed; those of running ones are left alone\n",
	.run = run,
};
