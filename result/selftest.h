/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_SELFTEST_H
#define RESULT_SELFTEST_H

#include <stdio.h>

#include "result/result.h"

/*
 * What the performance tests among the kernel's KVM selftests print, as runs: dirty_log_perf_test,
 * access_tracking_perf_test, kvm_page_table_test, memslot_perf_test, memslot_modification_stress_test,
 * demand_paging_test, max_guest_memory_test (lines: selftest.def).  Also out of a mail, quoted; a
 * command line in front ("$ ./dirty_log_perf_test -v 64") tells parameters that the test does not print.
 *
 * Each time is a metric "..._time" in ns; one that comes several times is their sum, and each of them a detail of it
 * ("dirty_get_time.2").  What is an operation of the lab's as well is also a latency.
 */
struct selftest {
	char		*test;		/* "dirty_log_perf_test" */
	char		*variant;	/* of several tests in one: "map"; or "" */
	char		*params;	/* "selftest.vcpus = 64" lines, as policies are printed */
	char		*command;	/* as it stands there; "" when it does not */
	char		 hash[33];	/* of test and parameters: runs of one hash can be compared */
	struct result	 result;
};

struct selftests {
	struct selftest	*v;
	size_t		 nr;
};

/* A line that is none of theirs. */
typedef void (*selftest_line_fn)(void *arg, unsigned int number, const char *line);

/**
 * selftest_read() - reads all of @in.
 * @unknown:	called with each line that says nothing known; empty ones are passed over.
 *
 * Return: how many runs have at least one time or rate; the others are left out.
 */
size_t selftest_read(FILE *in, selftest_line_fn unknown, void *arg, struct selftests *out);
void selftests_fini(struct selftests *s);	/* zeroed: fine */

#endif
