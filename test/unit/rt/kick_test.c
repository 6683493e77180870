/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote TLB flushes: who is hit, what it costs both sides. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
	uint64_t	 kicks, kicked_ns;
} rows[] = {
	{ "a guest pays the kick, the sender waits for half of it",
	  { .vm = { 0, -1 }, .task = { "t5000 N", "i1000 K N" } },
	  "bN@3050 aN@6500", 1, 1500 },
	{ "a vCPU in the host is not kicked",
	  { .vm = { 0, -1 }, .task = { "b5000 N", "i1000 K N" } },
	  "bN@2000 aN@5000", 0, 0 },
	{ "a guest that has exited by then is not kicked",
	  { .vm = { 0, -1 }, .task = { "t500 b5000 N", "i1000 K N" } },
	  "bN@2000 aN@5500", 0, 0 },
	{ "a guest that enters later is not kicked",
	  { .vm = { 0, -1 }, .task = { "c2000 t500 N", "i1000 K N" } },
	  "bN@2000 aN@2500", 0, 0 },
	{ "targets are paid one by one",
	  { .vm = { 0, 0, -1 }, .task = { "t5000", "t6000", "i1000 K N" } },
	  "cN@3350", 2, 3000 },
	{ "another VM is left alone",
	  { .vm = { 1, 0, -1 }, .task = { "t5000 N", "t6000 N", "i1000 K N" } },
	  "cN@3050 aN@5000 bN@7500", 1, 1500 },
	{ "a guest on its way out for one kick is not kicked again",
	  { .vm = { 0, -1, -1 }, .task = { "t5000 N", "i1000 K N", "i1200 K N" } },
	  "cN@2200 bN@3050 aN@6500", 1, 1500 },
	{ "back in the guest it is",
	  { .vm = { 0, -1, -1 }, .task = { "t5000 N", "i1000 K N", "i3000 K N" } },
	  "bN@3050 cN@5050 aN@8000", 2, 3000 },
	{ "a vCPU does not kick itself",
	  { .task = { "K N" } },
	  "aN@1000", 0, 0 },
	{ "a broadcast interrupts nobody, and is paid by the sender",
	  { .vm = { 0, -1 }, .task = { "t5000 N", "i1000 B20 N" } },
	  "bN@2500 aN@5000", 0, 0 },
	{ "a preempted guest is not kicked",
	  { .vm = { 0, -1, -1 }, .cpus = 2, .hz = 1000000, .start_ns = { 0, 1, 60 }, .task = { "t1500 N", "d899 K N", "b5000" } },
	  "bN@2050 aN@2600", 0, 0 },
	{ "a guest preempted before it was to enter is in the guest as soon as it has a CPU again",
	  { .vm = { 0, -1, -1 }, .cpus = 2, .hz = 1000000, .start_ns = { 0, 1, 60 }, .task = { "c1500 t1000 N", "b1100 K N", "b50" } },
	  "bN@3201 aN@4200", 1, 1500 },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	uint64_t kicks = 0, kicked_ns = 0;

	script_check(&row->s, row->want, &w);
	for (unsigned int i = 0; i < SCRIPT_TASKS; i++) {
		kicks += w.per_task[i].kicks;
		kicked_ns += w.per_task[i].kicked_ns;
	}
	assert_int_equal(kicked_ns, kicks * 1500);
	if (RT_IS_VIRTUAL) {
		assert_int_equal(kicks, row->kicks);
		assert_int_equal(kicked_ns, row->kicked_ns);
	}
}

int main(void)
{
	return table_run("kick", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
