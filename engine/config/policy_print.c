/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies and their knobs as text.
 */
#include <stdio.h>
#include <string.h>

#include "engine/config/policy.h"
#include "engine/config/policy_table.h"

void policy_each(const struct policy *p, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	size_t nr;
	const struct knob *k = knob_table(&nr);
	char value[64];

	for (; nr; nr--, k++) {
		if (!knob_fits_arch(k, p->arch))
			continue;
		knob_value_text(k, knob_get(k, p), value, sizeof(value));
		fn(arg, k->name, value);
	}
}

static void print_assignment(void *arg, const char *name, const char *value)
{
	fprintf(arg, "%s = %s\n", name, value);
}

void policy_print(const struct policy *p, FILE *out)
{
	fprintf(out, "# %s\n", p->name);
	policy_each(p, print_assignment, out);
}

static void print_knob(const struct knob *k, FILE *out)
{
	char values[128], dflt[64];

	knob_values_text(k, values, sizeof(values));
	knob_value_text(k, k->dflt, dflt, sizeof(dflt));
	fprintf(out, "%-4s %-26s %-5s %s\n%12s%s (default: %s)\n", k->id, k->name, knob_arch_text(k), values,
		"", k->help, dflt);
}

void policy_print_knobs(FILE *out)
{
	size_t nr;
	const struct knob *k = knob_table(&nr);

	fputs("Knobs (a policy file is lines of `knob = value`):\n\n", out);
	for (size_t i = 0; i < nr; i++)
		print_knob(&k[i], out);
}
