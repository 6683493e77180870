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
		if (k->kind == KNOB_IS_UNBUILT || !knob_fits_arch(k, p->arch))
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

static const char *arch_text(char arch)
{
	return arch == 'X' ? "x86" : arch == 'A' ? "arm64" : "both";
}

static void print_knob(const struct knob *k, FILE *out)
{
	char values[128], dflt[64];

	knob_values_text(k, values, sizeof(values));
	if (k->kind == KNOB_IS_UNBUILT) {
		fprintf(out, "%-4s %-26s %-5s %s\n", k->id, k->name, arch_text(k->arch), values);
		return;
	}
	knob_value_text(k, k->dflt, dflt, sizeof(dflt));
	fprintf(out, "%-4s %-26s %-5s %s\n%12s%s (default: %s)\n", k->id, k->name, arch_text(k->arch), values,
		"", k->help, dflt);
}

void policy_print_knobs(FILE *out)
{
	size_t nr;
	const struct knob *k = knob_table(&nr);

	fputs("Knobs (a policy file is lines of `knob = value`):\n\n", out);
	for (size_t i = 0; i < nr; i++)
		if (k[i].kind != KNOB_IS_UNBUILT)
			print_knob(&k[i], out);
	fputs("\nKnown, not built yet (a policy file may name them; the line has no effect, which is said):\n\n", out);
	for (size_t i = 0; i < nr; i++)
		if (k[i].kind == KNOB_IS_UNBUILT)
			print_knob(&k[i], out);
}

/* Length of FILE in "FILE:LINE". */
static int file_len(const char *where)
{
	const char *colon = strrchr(where, ':');

	return colon ? (int)(colon - where) : (int)strlen(where);
}

static bool same_file(const struct policy_note *a, const struct policy_note *b)
{
	int len = file_len(a->where);

	return file_len(b->where) == len && strncmp(a->where, b->where, (size_t)len) == 0;
}

/* The notes of one file stand together, from @i on. */
static size_t print_file(const struct policy_notes *notes, size_t i, const char *prefix, FILE *out)
{
	const struct policy_note *first = &notes->v[i];
	size_t end = i;

	while (end < notes->nr && same_file(first, &notes->v[end]))
		end++;
	fprintf(out, "%s%.*s: without effect, as these knobs are not built yet (%zu):", prefix,
		file_len(first->where), first->where, end - i);
	for (; i < end; i++)
		fprintf(out, " %.*s", (int)strcspn(notes->v[i].line, " "), notes->v[i].line);
	fputc('\n', out);
	return end;
}

void policy_notes_print(const struct policy_notes *notes, const char *prefix, FILE *out)
{
	for (size_t i = 0; i < notes->nr;)
		i = print_file(notes, i, prefix, out);
}
