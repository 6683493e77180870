// SPDX-License-Identifier: GPL-2.0-or-later
/* Probe events: places of members, names of functions, what was missed, filters; and that import knows what the tables define. */
#include "capture/live/probes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/types.h"
#include "capture/live/address.h"
#include "capture/raw_events.h"
#include "test/table.h"

static const struct {
	const char *name;	/* of the arguments */
	const char *want;	/* or what the refusal says */
	bool	    refused;
} places[] = {
	{ "kvm=$arg1:x64", "kvm=$arg1:x64" },
	{ "", "" },
	{ "a=+{no_struct.x|176}($arg2):x64", "a=+176($arg2):x64" },
	{ "a=+{no_struct.x|8}(+{no_struct.y|16}($arg1)):x64 b=$arg2", "a=+8(+16($arg1)):x64 b=$arg2" },
	{ "a=+{no_struct.x}($arg2):x64", "does not say where no_struct.x is", true },
	{ "a=+{no_struct.x|8}($arg2) b=+{other}($arg1)", "other", true },
};

static void check_place(const void *r)
{
	size_t i = (typeof(&places[0]))r - places;
	char *why = NULL, *got = probes_expand(places[i].name, NULL, &why);

	if (places[i].refused) {
		assert_null(got);
		assert_non_null(strstr(why, places[i].want));
	} else {
		assert_string_equal(got, places[i].want);
	}
	free(got);
	free(why);
}

static const char kallsyms[] =
	"ffff1 t kvm_age_gfn\t[kvm]\nffff2 T kvm_age_gfn_range\nffff3 d kvm_data\nffff4 t split_huge.isra.0\t[kvm]\n"
	"ffff5 t both.constprop.0.isra.12\nffff6 t part_of.part.0\nffff7 t cold.cold\nffff8 W weak";

static const struct {
	const char *name;	/* function */
	bool	    clone;
	const char *want;
} functions[] = {
	{ "kvm_age_gfn",	false, "kvm_age_gfn" },
	{ "age_gfn",		false, NULL },
	{ "kvm_age",		false, NULL },
	{ "kvm_data",		false, NULL },
	{ "weak",		false, "weak" },
	{ "split_huge",		true,  "split_huge.isra.0" },
	{ "split_huge",		false, NULL },		/* its arguments are not those of the source */
	{ "both",		true,  "both.constprop.0.isra.12" },
	{ "part_of",		true,  NULL },
	{ "cold",		true,  NULL },
};

static void check_function(const void *r)
{
	size_t i = (typeof(&functions[0]))r - functions;
	char *got = probes_symbol(kallsyms, functions[i].name, functions[i].clone);

	if (functions[i].want)
		assert_string_equal(got, functions[i].want);
	else
		assert_null(got);
	free(got);
}

static const struct {
	const char *name;
	const char *format;
	struct addresses a;
	const char *want;
} filters[] = {
	{ "a struct kvm", "field:u64 kvm;\toffset:8;", { { 0x100 }, 1, -1, -1 }, "kvm == 0x100" },
	{ "two of them", "field:u64 kvm;\toffset:8;", { { 0x100, 0x200 }, 2, -1, -1 }, "kvm == 0x100 || kvm == 0x200" },
	{ "its notifier", "field:u64 mn;\toffset:8;", { { 0x100 }, 1, 0x20, -1 }, "mn == 0x120" },
	{ "where it lies is not known", "field:u64 mn;", { { 0x100 }, 1, -1, -1 }, "(mn >= 0x100 && mn < 0x20100)" },
	{ "its mmu_lock", "field:void * lock_addr;", { { 0x100 }, 1, -1, 8 }, "lock_addr == 0x108 || lock_addr == 0x10c" },
	{ "where that lies is not known", "field:void * lock_addr;", { { 0x100 }, 1, -1, -1 }, NULL },
	{ "nothing of a VM", "field:u64 start;\tfield:u64 kvm_flags;\tfield:u64 old_kvm;", { { 0x100 }, 1, 1, 1 }, NULL },
	{ "no address is known", "field:u64 kvm;", { { 0 }, 0, 1, 1 }, NULL },
};

static void check_filter(const void *r)
{
	size_t i = (typeof(&filters[0]))r - filters;
	char *got = addresses_filter(&filters[i].a, filters[i].format);

	if (filters[i].want)
		assert_string_equal(got, filters[i].want);
	else
		assert_null(got);
	free(got);
}

static void calls_that_were_missed(void **state)
{
	static const char text[] = "  age_gfn                  12    0\n  age_gfn_ret    11    3\n  x_age_gfn  1  9\n  age_gfn  4  2\n";

	assert_int_equal(probes_missed_of(text, "age_gfn"), 2);
	assert_int_equal(probes_missed_of(text, "age_gfn_ret"), 3);
	assert_int_equal(probes_missed_of(text, "gfn"), 0);
	assert_int_equal(probes_missed_of("", "gfn"), 0);
}

/* --- the tables -------------------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

/* Has @args one of the names of @field ("ret|retval")? */
static bool is_there(const char *args, const char *field, size_t len)
{
	while (len) {
		size_t n = strcspn(field, "| "), at = n < len ? n : len;
		char *name = malloc(at + 3);
		bool found;

		snprintf(name, at + 3, " %.*s=", (int)at, field);
		found = strstr(args, name);
		free(name);
		if (found)
			return true;
		field += at + (at < len);
		len -= at + (at < len);
	}
	return false;
}

/* Every field the row cannot do without. */
static bool has_fields(const struct raw_row *row, const char *args)
{
	for (const char *f = row->fields; *f;) {
		size_t len = strcspn(f, " ");

		if (*f != '?' && !is_there(args, f, len))
			return false;
		f += len;
		f += strspn(f, " ");
	}
	return true;
}

static bool is_known(const struct raw_table *table, char kind, const char *symbol, const char *args)
{
	for (unsigned int id = 1; id < table->nr; id++) {
		const struct raw_row *row = &table->rows[id];

		if (row->names && row->kind == (kind == 'r' ? RAW_AS_RETURN : RAW_AS_ENTRY) && has_word(row->names, symbol))
			return has_fields(row, args);
	}
	return false;
}

static const struct {
	const char *name;
	const struct raw_table *table;
} tables[] = {
	{ "capture/profiles/x86.probes", &raw_x86 },
	{ "capture/profiles/arm64.probes", &raw_arm64 },
};

static void check_table(const void *r)
{
	size_t i = (typeof(&tables[0]))r - tables;
	FILE *f = fopen(tables[i].name, "r");
	char line[2048], name[64], symbol[96], kind[4];
	unsigned int nr = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *p = line;
		int end = 0;

		line[strcspn(line, "#\n")] = '\0';
		if (*p == '<' || *p == '>')
			p += strcspn(p, " ") + 1;
		if (sscanf(p, "%3s %63s %95s%n", kind, name, symbol, &end) != 3)
			continue;
		nr++;
		if (!is_known(tables[i].table, *kind, symbol, p + end))
			fail_msg("%s: import does not know %s on %s", tables[i].name, name, symbol);
	}
	assert_true(nr > 50);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(calls_that_were_missed) };
	int a = table_run("places", places, ARRAY_SIZE(places), sizeof(places[0]), check_place);
	int b = table_run("functions", functions, ARRAY_SIZE(functions), sizeof(functions[0]), check_function);
	int c = table_run("filters", filters, ARRAY_SIZE(filters), sizeof(filters[0]), check_filter);
	int d = table_run("tables", tables, ARRAY_SIZE(tables), sizeof(tables[0]), check_table);

	return cmocka_run_group_tests(tests, NULL, NULL) || a || b || c || d;
}
