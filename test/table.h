/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_TABLE_H
#define TEST_TABLE_H

/*
 * Tables of behaviours on cmocka: each row is a test of its own, named by the
 * row's first member.  A check function gets its row and asserts.
 *
 *	static const struct { const char *name; int in, want; } rows[] = { ... };
 *	static void check(const void *row) { ... }
 *	int main(void) { return table_run("thing", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check); }
 *
 * cmocka's assertions jump out of the function: never assert inside a task of
 * engine/rt; note values there and assert after rt_run().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define TABLE_TSAN 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define TABLE_TSAN 1
#endif

/*
 * How many of @n rounds (seeds, say) there is time for.  Under ThreadSanitizer an access takes 20 times as long and
 * a hand-over of coroutines 100 times: one in eight, and one at least.
 */
static inline uint64_t table_rounds(uint64_t n)
{
#ifdef TABLE_TSAN
	return n > 8 ? n / 8 : n > 0;
#else
	return n;
#endif
}

struct table_row {
	void (*check)(const void *row);
	const void *row;
};

static void table_one(void **state)
{
	struct table_row *r = *state;

	r->check(r->row);
}

static inline int table_run(const char *group, const void *rows, size_t nr, size_t size,
			    void (*check)(const void *row))
{
	struct CMUnitTest *tests = calloc(nr, sizeof(*tests));
	struct table_row *states = calloc(nr, sizeof(*states));
	int failed;

	for (size_t i = 0; i < nr; i++) {
		const char *row = (const char *)rows + i * size;

		states[i] = (struct table_row){ check, row };
		tests[i] = (struct CMUnitTest){ .name = *(const char *const *)row, .test_func = table_one,
						.initial_state = &states[i] };
	}
	failed = _cmocka_run_group_tests(group, tests, nr, NULL, NULL);
	free(tests);
	free(states);
	return failed ? 1 : 0;
}

#endif
