/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmulab policies: the knobs, the presets, and what a name resolves to.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/opts.h"
#include "cmd/paths.h"
#include "cmd/verb.h"
#include "engine/config/policy.h"
#include "engine/config/policy_table.h"

/* --- JSON ------------------------------------------------------------------- */

static void print_json(json_t *root)
{
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static json_t *values_json(const struct knob *k)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < k->nr_values; i++)
		json_array_append_new(list, json_string(k->values[i]));
	return list;
}

static json_t *knob_json(const struct knob *k)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "id", k->id, "name", k->name, "arch",
			      knob_arch_text(k));
	char text[128];

	if (k->kind == KNOB_IS_ENUM) {
		json_object_set_new(o, "values", values_json(k));
	} else {
		knob_values_text(k, text, sizeof(text));
		json_object_set_new(o, "values", json_string(text));
	}
	knob_value_text(k, k->dflt, text, sizeof(text));
	json_object_set_new(o, "default", json_string(text));
	json_object_set_new(o, "help", json_string(k->help));
	return o;
}

/* --- the table ---------------------------------------------------------------- */

static int is_ini(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".ini") == 0;
}

static void each_policy(void (*fn)(void *arg, const char *name), void *arg)
{
	char name[256];

	for (const char *const *dir = paths_dirs("policies"); *dir; dir++) {
		struct dirent **found;
		int nr = scandir(*dir, &found, is_ini, alphasort);

		for (int i = 0; i < nr; i++) {
			snprintf(name, sizeof(name), "%.*s", (int)strlen(found[i]->d_name) - 4, found[i]->d_name);
			fn(arg, name);
			free(found[i]);
		}
		if (nr >= 0)
			free(found);
	}
}

static void print_name(void *arg, const char *name)
{
	printf("  %s\n", name);
}

static void append_name(void *list, const char *name)
{
	json_array_append_new(list, json_string(name));
}

static void table_json(void)
{
	json_t *list = json_array(), *names = json_array();
	size_t nr;
	const struct knob *k = knob_table(&nr);

	for (; nr; nr--, k++)
		json_array_append_new(list, knob_json(k));
	each_policy(append_name, names);
	print_json(json_pack("{s:o, s:o}", "knobs", list, "policies", names));
}

static void table_text(void)
{
	policy_print_knobs(stdout);
	printf("\nPolicies (`mmulab policies NAME` shows one, NAME+OVERLAY joins two):\n\n");
	each_policy(print_name, NULL);
}

/* --- one policy ------------------------------------------------------------------- */

static void put_value(void *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string(value));
}

static void policy_json(const struct policy *p)
{
	json_t *knobs = json_object();

	policy_each(p, put_value, knobs);
	print_json(json_pack("{s:s, s:o}", "name", p->name, "knobs", knobs));
}

/* What it names decides which architecture it is for; x86 where it is good for both. */
static int load(const char *name, struct policy *p, struct err *e)
{
	int rc = policy_load(name, paths_dirs("policies"), KVM_X86, p, e);

	if (rc && !policy_load(name, paths_dirs("policies"), KVM_ARM64, p, NULL))
		return 0;
	return rc;
}

static int show_policy(const char *name, const struct opt_list *sets, bool json, struct err *e)
{
	struct policy p;
	int rc = load(name, &p, e);

	for (size_t i = 0; !rc && i < sets->nr; i++)
		rc = policy_set(&p, sets->v[i], p.arch, e);
	if (!rc && json)
		policy_json(&p);
	else if (!rc)
		policy_print(&p, stdout);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct opt_list sets = { 0 };
	bool json = false;
	const struct opt opts[] = {
		{ 0, "json", OPT_FLAG, &json },
		{ 0, "set", OPT_LIST, &sets },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, sets.nr ? 1 : 0, 1, "at most one policy", e);

	if (!rc && first < argc)
		rc = show_policy(argv[first], &sets, json, e);
	else if (!rc && json)
		table_json();
	else if (!rc)
		table_text();
	opt_list_fini(&sets);
	return rc;
}

const struct verb verb_policies = {
	.name = "policies",
	.summary = "knobs, values, presets; what a name resolves to",
	.usage =
		"usage: mmulab policies [--json] [NAME [--set KNOB=VALUE]...]\n"
		"\n"
		"Without NAME: every knob with its values, default and meaning, and the policies there\n"
		"are.  With NAME: what it resolves to.\n"
		"\n"
		"NAME is a policy (x86-6.12), a file ending in .ini, or several joined by '+', the later\n"
		"ones on top (x86-6.1+seed-004).  A policy file is lines of `knob = value`; `inherit = NAME`\n"
		"as its first line starts from another one.\n"
		"\n"
		"      --set KNOB=VALUE  change one knob of NAME; may be given again\n"
		"      --json            the same as JSON: knobs (id, name, arch, values, default, help)\n"
		"                        and policies; with NAME: name, knobs (name to value)\n",
	.run = run,
};
