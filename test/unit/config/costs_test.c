/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cost models: decimals kept as picoseconds, and what is said about bad ones.
 */
#include "engine/config/costs.h"

#include <stdio.h>
#include <unistd.h>

#include "base/types.h"
#include "test/table.h"

static char path[] = "/tmp/mmulab-costs-XXXXXX";

static void write_model(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const struct number_row {
	const char	*name;
	const char	*value;
	uint64_t	 want_ps;
} numbers[] = {
	{ "whole nanoseconds", "1150", 1150000 },
	{ "a third of a nanosecond", "0.3", 300 },
	{ "three decimals", "62.125", 62125 },
	{ "trailing zeros", "1.500", 1500 },
	{ "leading zeros", "007", 7000 },
	{ "nothing at all", "0", 0 },
	{ "a small rest", "0.001", 1 },
	{ "a thousand seconds", "1000000000000", 1000000000000000 },
};

static void check_number(const void *arg)
{
	const struct number_row *row = arg;
	struct host_model h;
	struct costs c;
	struct err e = { 0 };
	char text[128];

	snprintf(text, sizeof(text), "[costs]\nkick = %s\n", row->value);
	write_model(text);
	assert_int_equal(costs_load(path, &c, &h, &e), 0);
	assert_int_equal(c.ps[COST_KICK], row->want_ps);
	assert_int_equal(c.ps[COST_CLEAR], 300);
}

static const struct error_row {
	const char *name;
	const char *text;
	const char *want;
} errors[] = {
	{ "finer than a picosecond", "[costs]\nkick = 0.0001\n", ":2: kick cannot be '0.0001'" },
	{ "no number", "[costs]\nkick = fast\n", ":2: kick cannot be 'fast'" },
	{ "negative", "[costs]\nkick = -1\n", ":2: kick cannot be '-1'" },
	{ "exponent", "[costs]\nkick = 1e3\n", ":2: kick cannot be '1e3'" },
	{ "a bare point", "[costs]\nkick = 1.\n", ":2: kick cannot be '1.'" },
	{ "two points", "[costs]\nkick = 1.2.3\n", ":2: kick cannot be '1.2.3'" },
	{ "too much", "[costs]\nkick = 1000000000001\n", ":2: kick cannot be" },
	{ "far too much", "[costs]\nkick = 99999999999999999999999\n", ":2: kick cannot be" },
	{ "unknown cost", "[costs]\n\nkik = 1\n", ":3: there is no cost 'kik'; did you mean 'kick'?" },
	{ "no section", "kick = 1\n", ":1: 'kick' stands in section []" },
	{ "unknown section", "[cost]\nkick = 1\n", ":2: 'kick' stands in section [cost]" },
	{ "unknown host member", "[host]\ncpu = 1\n", ":2: there is no host member 'cpu'; did you mean 'cpus'?" },
	{ "too many cpus", "[host]\ncpus = 4097\n", ":2: cpus cannot be '4097'" },
	{ "no ticks at all", "[host]\nhz = 0\n", ":2: hz cannot be '0'" },
	{ "neither yes nor no", "[host]\npreempt_locked = maybe\n", ":2: preempt_locked cannot be 'maybe'" },
};

static void check_error(const void *arg)
{
	const struct error_row *row = arg;
	struct host_model h = { .cpus = 77 };
	struct costs c = { .name = "before" };
	struct err e = { 0 };

	write_model(row->text);
	assert_int_equal(costs_load(path, &c, &h, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, row->want));
	assert_ptr_equal(strstr(e.text, path), e.text);
	assert_string_equal(c.name, "before");
	assert_int_equal(h.cpus, 77);
}

static const struct set_row {
	const char	*name;
	const char	*assignment;
	const char	*want_error;	/* NULL: taken */
	uint64_t	 want_kick_ps;
	uint32_t	 want_cpus;
} sets[] = {
	{ "a cost", "costs.kick=2.5", NULL, 2500, 0 },
	{ "the host", "host.cpus=16", NULL, 1500000, 16 },
	{ "a bad cost", "costs.kick=x", "costs.kick=x: kick cannot be 'x'", 1500000, 0 },
	{ "an unknown cost", "costs.kik=1", "did you mean 'kick'", 1500000, 0 },
	{ "neither", "kick=1", "neither costs. nor host.", 1500000, 0 },
	{ "no assignment", "costs.kick", "is no assignment", 1500000, 0 },
};

static void check_set(const void *arg)
{
	const struct set_row *row = arg;
	struct host_model h;
	struct costs c;
	struct err e = { 0 };
	int rc;

	costs_defaults(&c);
	host_model_defaults(&h);
	rc = costs_set(&c, &h, row->assignment, &e);
	assert_int_equal(rc, row->want_error ? -ERR_USAGE : 0);
	if (row->want_error)
		assert_non_null(strstr(e.text, row->want_error));
	assert_int_equal(c.ps[COST_KICK], row->want_kick_ps);
	assert_int_equal(h.cpus, row->want_cpus);
}

/* costs/default.ini says what the table says: nobody can change one and forget the other. */
static const struct whole_row {
	const char	*name;
	const char	*change;	/* before it is printed and loaded again; NULL: the tree's own file */
} wholes[] = {
	{ "costs/default.ini is the table", NULL },
	{ "printed and loaded again", "costs.clear=0.375" },
	{ "picoseconds survive", "costs.cas=0.005" },
	{ "the host survives", "host.preempt_locked=yes" },
};

static void check_whole(const void *arg)
{
	const struct whole_row *row = arg;
	struct host_model h, h_back;
	struct costs c, back;
	struct err e = { 0 };
	FILE *f;

	costs_defaults(&c);
	host_model_defaults(&h);
	if (row->change) {
		assert_int_equal(costs_set(&c, &h, row->change, &e), 0);
		f = fopen(path, "w");
		assert_non_null(f);
		costs_print(&c, f);
		host_model_print(&h, f);
		assert_int_equal(fclose(f), 0);
	}
	if (costs_load(row->change ? path : "costs/default.ini", &back, &h_back, &e))
		fail_msg("%s", e.text);
	assert_memory_equal(c.ps, back.ps, sizeof(c.ps));
	assert_int_equal(h.cpus, h_back.cpus);
	assert_int_equal(h.hz, h_back.hz);
	assert_int_equal(h.preempt_locked, h_back.preempt_locked);
	if (!row->change)
		assert_string_equal(back.name, "default");
}

int main(void)
{
	int failed = 0, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	failed |= table_run("numbers", numbers, ARRAY_SIZE(numbers), sizeof(numbers[0]), check_number);
	failed |= table_run("what is wrong is said", errors, ARRAY_SIZE(errors), sizeof(errors[0]), check_error);
	failed |= table_run("assignments", sets, ARRAY_SIZE(sets), sizeof(sets[0]), check_set);
	failed |= table_run("whole models", wholes, ARRAY_SIZE(wholes), sizeof(wholes[0]), check_whole);
	unlink(path);
	return failed;
}
