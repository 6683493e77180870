/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that can never end says so, and who waits for what.  Virtual time only. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
} rows[] = {
	{ "a gate nobody raises",
	  { .task = { "G1" } },
	  "seed 0, 0 ns: every task waits for another: task 0 waits for a gate at 0 to reach 1" },
	{ "a lock whose holder waits",
	  { .task = { "W G1", "i10 W", "i20 R" } },
	  "task 0 waits for a gate at 0 to reach 1; task 1 waits to take mmu_lock held by task 0; task 2 waits to read mmu_lock held by task 0" },
	{ "two locks in opposite order",
	  { .task = { "W d10 S", "S d10 W" } },
	  "task 0 waits to take a spinlock held by task 1; task 1 waits to take mmu_lock held by task 0" },
	{ "a sleeper nobody wakes",
	  { .task = { "S C" } },
	  "task 0 waits to be woken" },
	{ "readers that never leave",
	  { .task = { "L G1 l", "i10 Q" } },
	  "task 1 waits for readers of the memslots to leave" },
	{ "a loop on memory that nobody writes",
	  { .task = { "p x9999999" } },
	  "task 0 waits for a word that nobody will change" },
	{ "one CPU, kept by a task that spins",
	  { .cpus = 1, .hz = 1000000, .task = { "W G1 w", "W w" }, .start_ns = { 0, 100 } },
	  "task 0 waits for a gate at 0 to reach 1; task 1 waits to take mmu_lock held by task 0" },
	{ "more time than a run can have",
	  { .task = { "t200000000000000 t200000000000000" } },
	  "task 0 passed 78 hours of virtual time" },
	{ "a time that would wrap",
	  { .task = { "t18446744073709551615" } },
	  "task 0 passed 78 hours of virtual time" },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	assert_int_equal(script_run(&row->s, &w), -ERR_MACHINE);
	assert_int_equal(w.err.exit, ERR_MACHINE);
	if (!strstr(w.err.text, row->want))
		assert_string_equal(w.err.text, row->want);
}

int main(void)
{
	if (!RT_IS_VIRTUAL) {
		puts("real threads simply hang");
		return 77;
	}
	return table_run("deadlock", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
