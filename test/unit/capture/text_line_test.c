// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of printed traces: what each printer puts before the event. */
#include "capture/text_line.h"

#include <stdio.h>

#include "test/table.h"

static const struct {
	const char	*name, *line;
	enum text_kind	 kind;
	const char	*comm;
	uint32_t	 tid, cpu;
	uint64_t	 ts;
	enum text_clock	 clock;
	const char	*event, *body;
	uint64_t	 lost;
} rows[] = {
	{ .name = "trace-cmd report", .line = "         kvmload-582   [001]    53.171055: kvm_age_hva:          mmu",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 53171055000, .event = "kvm_age_hva", .body = "mmu" },
	{ .name = "trace-cmd report -t", .line = "         kvmload-582   [001]    53.171055123: a:  b c ",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 53171055123, .event = "a", .body = "b c" },
	{ .name = "trace-cmd report -l", .line = "   vcpu1-820     1d..1.   262.511662: kvm_exit:             reason",
	  .kind = TEXT_EVENT, .comm = "vcpu1", .tid = 820, .cpu = 1, .ts = 262511662000, .event = "kvm_exit", .body = "reason" },
	{ .name = "trace-cmd report --raw-ts", .line = "         kvmload-817   [001]262476019578: print:   x",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 817, .cpu = 1, .ts = 262476019578, .clock = TEXT_TICKS,
	  .event = "print", .body = "x" },
	{ .name = "trace-cmd report --ts-diff", .line = "    kvmload-817   [001]   262.482635: (+6615)  mn_inv_start:   (f) a=1",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 817, .cpu = 1, .ts = 262482635000, .event = "mn_inv_start", .body = "(f) a=1" },
	{ .name = "a buffer's or a guest's name before it", .line = "rigx86:          kvmload-4167  [000]  2941.459295: a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 4167, .ts = 2941459295000, .event = "a", .body = "b" },
	{ .name = "tracefs", .line = "           <...>-4168    [001] d..1.  2941.463858: contention_begin: 0xff (flags=SPIN)",
	  .kind = TEXT_EVENT, .comm = "<...>", .tid = 4168, .cpu = 1, .ts = 2941463858000, .event = "contention_begin",
	  .body = "0xff (flags=SPIN)" },
	{ .name = "tracefs without irq-info", .line = "          <idle>-0       [003]  2941.463858: a: b",
	  .kind = TEXT_EVENT, .comm = "<idle>", .tid = 0, .cpu = 3, .ts = 2941463858000, .event = "a", .body = "b" },
	{ .name = "tracefs with print-tgid", .line = "       CPU 0/KVM-4168    (   4160) [001] d..1.  1.000001: a: b",
	  .kind = TEXT_EVENT, .comm = "CPU 0/KVM", .tid = 4168, .cpu = 1, .ts = 1000001000, .event = "a", .body = "b" },
	{ .name = "tracefs with a tgid it does not know", .line = "  a-b-7    (-------) [012] ..... 1.000001: a: b",
	  .kind = TEXT_EVENT, .comm = "a-b", .tid = 7, .cpu = 12, .ts = 1000001000, .event = "a", .body = "b" },
	{ .name = "tracefs, latency format", .line = " kvmload-582       1d..2.   12us!: a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 12000, .clock = TEXT_MICROS, .event = "a", .body = "b" },
	{ .name = "tracefs, latency format, a blank for the mark", .line = " kvmload-582       1d..2.   12us : a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 12000, .clock = TEXT_MICROS, .event = "a", .body = "b" },
	{ .name = "tracefs with a counter for a clock", .line = "         kvmload-582     [001] ..... 123456789: a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 123456789, .clock = TEXT_TICKS, .event = "a", .body = "b" },
	{ .name = "tracefs, a marker", .line = "  kvmload-582  [001] ..... 1.5: tracing_mark_write: kvmload: start",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 1500000000, .event = "print", .body = "kvmload: start" },
	{ .name = "tracefs, a system call", .line = "  a-1  [001] ..... 1.5: sys_madvise(start: 7f0000, len_in: 1000, behavior: 4)",
	  .kind = TEXT_EVENT, .comm = "a", .tid = 1, .cpu = 1, .ts = 1500000000, .event = "sys_enter_madvise",
	  .body = "(start: 7f0000, len_in: 1000, behavior: 4)" },
	{ .name = "tracefs, its return", .line = "  a-1  [001] ..... 1.5: sys_madvise -> 0x0",
	  .kind = TEXT_EVENT, .comm = "a", .tid = 1, .cpu = 1, .ts = 1500000000, .event = "sys_exit_madvise", .body = "0x0" },
	{ .name = "tracefs, a traced function", .line = "  a-1  [001] ..... 1.5: do_one <-do_all",
	  .kind = TEXT_EVENT, .comm = "a", .tid = 1, .cpu = 1, .ts = 1500000000, .event = "function", .body = "do_one <-do_all" },
	{ .name = "tracefs, a stack", .line = "  a-1  [001] ..... 1.5: <stack trace>",
	  .kind = TEXT_EVENT, .comm = "a", .tid = 1, .cpu = 1, .ts = 1500000000, .event = "kernel_stack", .body = "<stack trace>" },
	{ .name = "what a stack goes on with", .line = " => kvm_mmu_load", .kind = TEXT_QUIET },
	{ .name = "a comm with digits, colons and brackets", .line = " k [0] 1:2-x-162   [002]    32.803994: a: b",
	  .kind = TEXT_EVENT, .comm = "k [0] 1:2-x", .tid = 162, .cpu = 2, .ts = 32803994000, .event = "a", .body = "b" },
	{ .name = "quoted in a mail", .line = "> > |  kvmload-582   [001]    53.171055: a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 53171055000, .event = "a", .body = "b" },
	{ .name = "dumped into the kernel's log", .line = "[   99.123456] kvmload-582     1d..2. 53171055us : a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 53171055000, .clock = TEXT_MICROS, .event = "a", .body = "b" },
	{ .name = "a log with a caller's number", .line = "[   99.123456][  T582] kvmload-582  [001] ..... 1.000000: a: b",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 582, .cpu = 1, .ts = 1000000000, .event = "a", .body = "b" },
	{ .name = "an event without a body", .line = " a-1 [000] 1.000000: kvm_x:", .kind = TEXT_EVENT, .comm = "a", .tid = 1,
	  .ts = 1000000000, .event = "kvm_x", .body = "" },
	{ .name = "perf script", .line = "         kvmload   516 [001]     9.678333:      lab:mn_inv_start: (f) mn=0x1",
	  .kind = TEXT_EVENT, .comm = "kvmload", .tid = 516, .cpu = 1, .ts = 9678333000, .event = "mn_inv_start", .body = "(f) mn=0x1" },
	{ .name = "perf script, a comm of words and brackets", .line = "CPU 0/KVM [x] 12  4160/4168  [012] 9.678333444: kvm:kvm_entry: a",
	  .kind = TEXT_EVENT, .comm = "CPU 0/KVM [x] 12", .tid = 4168, .cpu = 12, .ts = 9678333444, .event = "kvm_entry", .body = "a" },
	{ .name = "perf script with a period", .line = "swapper     0 [000]   1.5:          1 sched:sched_switch: a: b",
	  .kind = TEXT_EVENT, .comm = "swapper", .ts = 1500000000, .event = "sched_switch", .body = "a: b" },
	{ .name = "perf script without a CPU", .line = "kvmload   516     9.678333: kvm:kvm_entry: a", .kind = TEXT_OTHER },
	{ .name = "perf script, a call chain", .line = "\tffffffff810a1b2c handle_mm_fault+0x1c ([kernel.kallsyms])",
	  .kind = TEXT_QUIET },
	{ .name = "perf script, cut in the name", .line = "kvmload   516 [001]     9.678333: kvm:kvm_ent", .kind = TEXT_HEAD },
	{ .name = "cut behind the time", .line = " kvmload-582   [001]    53.171055:", .kind = TEXT_HEAD },
	{ .name = "cut in the event's name", .line = " kvmload-582   [001]    53.171055: kvm_ent", .kind = TEXT_HEAD },
	{ .name = "cut in the time", .line = " kvmload-582   [001]    53.1710", .kind = TEXT_OTHER },
	{ .name = "lost, by tracefs", .line = "CPU:3 [LOST 123 EVENTS]", .kind = TEXT_LOST, .cpu = 3, .lost = 123 },
	{ .name = "lost, nobody knows how many", .line = "CPU:3 [LOST EVENTS]", .kind = TEXT_LOST, .cpu = 3 },
	{ .name = "lost, by trace-cmd", .line = "CPU:1 [77 EVENTS DROPPED]", .kind = TEXT_LOST, .cpu = 1, .lost = 77 },
	{ .name = "lost, by trace-cmd, nobody knows how many", .line = "CPU:1 [EVENTS DROPPED]", .kind = TEXT_LOST, .cpu = 1 },
	{ .name = "lost on a CPU that cannot be", .line = "CPU:99999 [LOST 1 EVENTS]", .kind = TEXT_OTHER },
	{ .name = "nothing", .line = "", .kind = TEXT_QUIET },
	{ .name = "blanks", .line = "   \t ", .kind = TEXT_QUIET },
	{ .name = "a comment", .line = "# tracer: nop", .kind = TEXT_QUIET },
	{ .name = "trace-cmd's first line", .line = "cpus=2", .kind = TEXT_QUIET },
	{ .name = "trace-cmd's version", .line = "version = 6", .kind = TEXT_QUIET },
	{ .name = "trace-cmd's empty CPU", .line = "CPU 1 is empty", .kind = TEXT_QUIET },
	{ .name = "prose", .line = "Hi Sean, on our fleet we see CPU-1 [000] 3 stalls: why?", .kind = TEXT_OTHER },
	{ .name = "a CPU too many", .line = " a-1 [8192] 1.000000: b: c", .kind = TEXT_OTHER },
	{ .name = "a tid too large", .line = " a-99999999 [000] 1.000000: b: c", .kind = TEXT_OTHER },
	{ .name = "a time too large", .line = " a-1 [000] 99999999999.000000: b: c", .kind = TEXT_OTHER },
};

static void equals(const char *what, const char *want, const char *p, uint32_t len)
{
	if (strlen(want) != len || memcmp(want, p, len))
		fail_msg("%s: want \"%s\", have \"%.*s\"", what, want, (int)len, p);
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct text_line l = { 0 };

	assert_int_equal(text_line_parse(r->line, strlen(r->line), &l), r->kind);
	if (r->kind == TEXT_LOST || r->kind == TEXT_EVENT)
		assert_int_equal(l.cpu, r->cpu);
	if (r->kind == TEXT_LOST)
		assert_int_equal(l.lost, r->lost);
	if (r->kind != TEXT_EVENT)
		return;
	equals("comm", r->comm, l.comm, l.comm_len);
	equals("event", r->event, l.event, l.event_len);
	equals("body", r->body, l.body, l.body_len);
	assert_int_equal(l.tid, r->tid);
	assert_int_equal(l.ts, r->ts);
	assert_int_equal(l.clock, r->clock);
}

int main(void)
{
	return table_run("text lines", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
