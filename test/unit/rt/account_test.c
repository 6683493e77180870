/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What operations are charged with: blame as "waiter<holder:ns/n", the last
 * sample of each task as "task:total/wait/hold/ipi", the longest stretch
 * without a point to yield as "op:ns".  Times are virtual; under threads the
 * sums must agree.
 */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*blame, *samples, *stretch;
} rows[] = {
	{ "a wait is the holder's fault, hand-over included",
	  { .task = { "O1 R c100 r o", "O2 i20 W w o" } }, "2<1:190/1 ", "a:110/0/100/0 b:210/190/0/0 ", "1:100 " },
	{ "it is the fault of each holder while he is the one longest inside",
	  { .task = { "O1 R c100 r o", "O2 i20 W w o", "i5 O3 R c500 r o" } },
	  "2<1:90/1 2<3:565/0 ", "a:170/0/100/0 b:675/655/0/0 c:630/0/500/0 ", "1:100 3:500 " },
	{ "each waiter's wait counts",
	  { .task = { "O1 W c100 w o", "i20 O2 R r o", "i30 O2 R r o" } }, "2<1:464/2 ",
	  "a:107/0/100/0 b:247/187/0/0 c:337/277/0/0 ", "1:100 " },
	{ "who queues behind a waiter blames the holder",
	  { .task = { "O1 R c100 r o", "i20 O2 W c50 w o", "i30 O3 R r o" } }, "2<1:190/1 3<1:80/1 3<2:250/0 ",
	  "a:110/0/100/0 b:240/190/50/0 c:330/330/0/0 ", "1:100 2:50 " },
	{ "outside any operation nothing is counted",
	  { .task = { "W c100 w", "i20 W w" } }, "", "", "" },
	{ "an inner operation's costs are the outer one's, too",
	  { .task = { "W c100 w", "O1 O2 i20 W c30 w o c5 o" } }, "", "b:242/187/30/0 ", "2:30 " },
	{ "two locks held at once are one hold",
	  { .task = { "O1 W c10 S c20 s c30 w o" } }, "", "a:72/0/65/0 ", "1:65 " },
	{ "flushes are ipi time",
	  { .task = { "O1 K o", "t9000" } }, "", "a:2050/0/0/2050 ", "" },
	{ "looking whether to reschedule ends a stretch",
	  { .task = { "O1 W c300 n c400 n c100 w o" } }, "", "a:807/0/800/0 ", "1:400 " },
	{ "an RCU section is a stretch",
	  { .task = { "O1 U c700 u o" } }, "", "a:700/0/0/0 ", "1:700 " },
	{ "a lock inside an RCU section does not end it",
	  { .task = { "O1 U c100 W c200 w c300 u o" } }, "", "a:607/0/200/0 ", "1:607 " },
	{ "the time between two holds is none",
	  { .task = { "O1 W c100 w c5000 W c200 w o" } }, "", "a:5314/0/300/0 ", "1:200 " },
	{ "a yield ends a stretch, and waiting for the lock begins none",
	  { .needbreak = true, .task = { "O1 W c300 Y c100 w o", "i20 W c1000 w" } }, "",
	  "a:1607/1200/400/0 ", "1:300 " },
};

static void print_blame(const struct rt_stats *s, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (unsigned int w = 0; w < RT_MAX_OPS; w++)
		for (unsigned int h = 0; h < RT_MAX_OPS; h++)
			if (s->blame[w][h].ns)
				len += snprintf(out + len, size - len, "%u<%u:%llu/%llu ", w, h,
						(unsigned long long)s->blame[w][h].ns,
						(unsigned long long)s->blame[w][h].n);
}

static void print_samples(const struct script_world *w, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (unsigned int i = 0; i < SCRIPT_TASKS; i++) {
		const struct rt_sample *s = &w->sample[i];

		if (s->total_ns)
			len += snprintf(out + len, size - len, "%c:%llu/%llu/%llu/%llu ", 'a' + i,
					(unsigned long long)s->total_ns, (unsigned long long)s->lock_wait_ns,
					(unsigned long long)s->lock_hold_ns, (unsigned long long)s->ipi_ns);
	}
}

static void print_stretch(const struct rt_stats *s, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (unsigned int op = 0; op < RT_MAX_OPS; op++)
		if (s->longest_stretch_ns[op])
			len += snprintf(out + len, size - len, "%u:%llu ", op,
					(unsigned long long)s->longest_stretch_ns[op]);
}

/* Real times differ; what must hold of them does not. */
static void check_bounds(const struct script_world *w)
{
	for (unsigned int i = 0; i < SCRIPT_TASKS; i++) {
		const struct rt_sample *s = &w->sample[i];

		assert_true(s->lock_wait_ns + s->lock_hold_ns + s->ipi_ns <= s->total_ns);
		assert_true(s->total_ns <= w->per_task[i].end_ns);
		assert_true(w->per_task[i].end_ns <= w->stats.end_ns);
	}
}

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;
	char text[256];

	assert_int_equal(script_run(&row->s, &w), 0);
	assert_int_equal(w.errors, 0);
	check_bounds(&w);
	if (!RT_IS_VIRTUAL)
		return;
	print_blame(&w.stats, text, sizeof(text));
	assert_string_equal(text, row->blame);
	print_samples(&w, text, sizeof(text));
	assert_string_equal(text, row->samples);
	print_stretch(&w.stats, text, sizeof(text));
	assert_string_equal(text, row->stretch);
}

int main(void)
{
	return table_run("account", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
