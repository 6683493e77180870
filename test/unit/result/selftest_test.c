/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What selftests print, by hand: each line is understood, or told. */
#include "result/selftest.h"

#include <stdio.h>

#include "test/table.h"

static const struct {
	const char *name, *text;
	size_t	    runs, unknown;
	const char *test, *param;	/* of the last run; a parameter it has */
	const char *metric, *unit;	/* of the last run */
	int64_t	    value;
	enum result_op op;
	uint64_t    n;			/* latencies of @op; 0: @op says nothing */
} cases[] = {
	{ "dirty logging, iteration by iteration",
	  "Testing guest mode: PA-bits:ANY, VA-bits:48,  4K pages\n"
	  "Populate memory time: 2.941234567s\n"
	  "Iteration 1 get dirty log time: 0.002000000s\nIteration 2 get dirty log time: 0.003000000s\n",
	  1, 0, "dirty_log_perf_test", "guest_mode = PA-bits:ANY, VA-bits:48,  4K pages", "dirty_get_time", "ns", 5000000,
	  RESULT_DIRTY_GET, 2 },
	{ "each of several is a detail", "Iteration 1 clear dirty log time: 0.1s\nIteration 2 clear dirty log time: 0.25s\n",
	  1, 0, "dirty_log_perf_test", "", "dirty_clear_time.2", "ns", 250000000, RESULT_DIRTY_CLEAR, 2 },
	{ "two values in a line", "Get dirty log over 2 iterations took 0.005000000s. (Avg 0.002500000s/iteration)\n",
	  1, 0, "dirty_log_perf_test", "iterations = 2", "dirty_get_mean_time", "ns", 2500000, 0, 0 },
	{ "descriptions padded to a column", "Populating memory             : 1.274000000s\nMark memory idle              : 1.247000000s\n"
	  "Mark memory idle              : 1.227000000s\n",
	  1, 0, "access_tracking_perf_test", "", "age_time", "ns", 2474000000, 0, 0 },
	{ "a warning", "Populating memory : 1s\nWARNING: vCPU3: Too many pages still idle (7 out of 262144), this will affect performance results.\n",
	  1, 0, "access_tracking_perf_test", "", "still_idle", "count", 7, 0, 0 },
	{ "hexadecimal parameters", "Testing memory size(aligned): 0x40000000\nNumber of testing vCPUs: 20\n"
	  "KVM_ADJUST_MAPPINGS: total execution time: 0.282000000s\n",
	  1, 0, "kvm_page_table_test", "memory = 1073741824", "adjust_time", "ns", 282000000, 0, 0 },
	{ "several tests in one", "Testing map performance with 1 runs, 5 seconds each\nDone 10 iterations, avg 0.5s each\n\n"
	  "Testing unmap chunked performance with 1 runs, 5 seconds each\nDone 20 iterations, avg 0.25s each\n",
	  2, 0, "memslot_perf_test", "seconds = 5", "iteration_time", "ns", 250000000, 0, 0 },
	{ "rates", "Total guest execution time:\t4.123456789s\nPer-vcpu demand paging rate:\t63572.723456 pgs/sec/vcpu\n",
	  1, 0, "demand_paging_test", "", "paging_rate_per_vcpu", "count", 63573, 0, 0 },
	{ "three times in a line", "Running with 512gb of guest memory and 112 vCPUs\n"
	  "run1 = 64.100000000s, reset = 3.200000000s, run2 =  51.000000000s\n",
	  1, 0, "max_guest_memory_test", "vcpus = 112", "run2_time", "ns", 51000000000, 0, 0 },
	{ "quoted in a mail, with the command", "> > $ ./dirty_log_perf_test -v 64 -e\n> > Populate memory time: 1.000000000s\r\n",
	  1, 0, "dirty_log_perf_test", "vcpus = 64", "vcpus", "count", 64, 0, 0 },
	{ "a command is a parameter for each run it makes",
	  "./dirty_log_perf_test -v 8\nTesting guest mode: A\nPopulate memory time: 1s\nTesting guest mode: B\nPopulate memory time: 2s\n",
	  2, 0, "dirty_log_perf_test", "vcpus = 8", "populate_time", "ns", 2000000000, 0, 0 },
	{ "the next command begins a run", "./access_tracking_perf_test -v 8\nPopulating memory : 1s\n"
	  "./access_tracking_perf_test -v 16\nPopulating memory : 2s\n",
	  2, 0, "access_tracking_perf_test", "vcpus = 16", "populate_time", "ns", 2000000000, 0, 0 },
	{ "lines of others are told", "Hello,\nPopulate memory time: 1s\ndirty_log_perf_test is slow here.\n",
	  1, 2, "dirty_log_perf_test", "", "populate_time", "ns", 1000000000, 0, 0 },
	{ "half a line is none", "Populate memory time: 1\nPopulate memory time: 1sec\nPopulate memory time: s\n", 0, 3 },
	{ "a test without a figure is no run", "Testing guest mode: A\nMemslot zap quirk enabled\nAll vCPU threads joined\n", 0, 0 },
	{ "nothing", "", 0, 0 },
};

static void count(void *arg, unsigned int number, const char *line)
{
	(void)number;
	(void)line;
	++*(size_t *)arg;
}

static void check(const void *r)
{
	const typeof(cases[0]) *c = r;
	FILE *in = fmemopen((char *)c->text, strlen(c->text) ? strlen(c->text) : 1, "r");
	const struct result_metric *m;
	const struct selftest *last;
	struct selftests s;
	size_t unknown = 0;

	if (!*c->text)
		fgetc(in);
	assert_int_equal(selftest_read(in, count, &unknown, &s), c->runs);
	fclose(in);
	assert_int_equal(unknown, c->unknown);
	if (c->runs) {
		last = &s.v[s.nr - 1];
		assert_string_equal(last->test, c->test);
		assert_non_null(strstr(last->params, c->param));
		m = result_metric_find(&last->result, c->metric);
		assert_non_null(m);
		assert_string_equal(m->unit, c->unit);
		assert_int_equal(m->value, c->value);
		if (c->n)
			assert_int_equal(last->result.hist[c->op][PHASE_TOTAL].n, c->n);
	}
	selftests_fini(&s);
}

int main(void)
{
	return table_run("outputs of selftests", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
