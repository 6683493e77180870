/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gaps seen exactly, between two looks, or not to their ends: what they say of the next one. */
#include "replay/gap_law.h"

#include "base/prng.h"
#include "test/table.h"

#define MS		1000000ULL
#define PERCENT		(GAP_ONE / 100)
#define MAX_SEEN	6

enum seen { NOTHING, AT, BETWEEN, NOT };

static const struct {
	const char	*name;
	struct { enum seen seen; uint64_t after_ns, by_ns; uint32_t n; } seen[MAX_SEEN];
	/* Chance of a touch by @by_ns, when there was none up to @after_ns: percent, and how far from it. */
	struct { uint64_t after_ns, by_ns, percent, off; } want[4];
} rows[] = {
	{ "nothing seen, nothing expected", { { NOTHING } }, { { 0, 1000 * MS, 0, 0 } } },
	{ "never touched is never", { { NOT, 0, 50 * MS, 100 } }, { { 0, 1000 * MS, 0, 0 } } },
	{ "always the same gap", { { AT, 0, 4 * MS, 100 } },
	  { { 0, 2 * MS, 0, 1 }, { 0, 8 * MS, 100, 1 }, { 2 * MS, 8 * MS, 100, 1 } } },
	{ "a quarter early, three quarters late", { { AT, 0, 1 * MS, 25 }, { AT, 0, 64 * MS, 75 } },
	  { { 0, 8 * MS, 25, 1 }, { 0, 100 * MS, 100, 1 }, { 8 * MS, 100 * MS, 100, 1 } } },
	{ "who was not watched to the end counts while he was (Kaplan, Meier)",
	  /* At 1 ms 50 of 100; of the 25 still watched at 64 ms all. */
	  { { AT, 0, 1 * MS, 50 }, { NOT, 0, 8 * MS, 25 }, { AT, 0, 64 * MS, 25 } },
	  { { 0, 4 * MS, 50, 1 }, { 0, 100 * MS, 100, 1 } } },
	{ "most are cut short, and the rest does not stand for them",
	  { { AT, 0, 1 * MS, 10 }, { NOT, 0, 8 * MS, 90 } },
	  { { 0, 4 * MS, 10, 1 }, { 0, 1000 * MS, 10, 1 } } },
	{ "looks: a share is found young at the first, half of the others at the second",
	  { { BETWEEN, 0, 10 * MS, 20 }, { BETWEEN, 10 * MS, 20 * MS, 40 }, { NOT, 0, 20 * MS, 40 } },
	  { { 0, 10 * MS, 20, 2 }, { 10 * MS, 20 * MS, 50, 2 }, { 0, 1000 * MS, 60, 2 } } },
	{ "a wide look takes its shape from exact ones inside it",
	  { { AT, 0, 1 * MS, 90 }, { AT, 0, 64 * MS, 10 }, { BETWEEN, 0, 100 * MS, 900 } },
	  { { 0, 8 * MS, 90, 2 }, { 0, 100 * MS, 100, 1 } } },
	{ "gaps beyond both ends of the scale",
	  { { AT, 0, 1, 50 }, { AT, 0, UINT64_MAX, 50 } }, { { 0, MS, 50, 1 }, { 0, UINT64_MAX, 100, 1 } } },
};

static void learn(struct gap_counts *c, enum seen seen, uint64_t after_ns, uint64_t by_ns)
{
	if (seen == AT)
		gap_touched_at(c, by_ns);
	else if (seen == BETWEEN)
		gap_touched_between(c, after_ns, by_ns);
	else if (seen == NOT)
		gap_not_touched(c, by_ns);
}

/* Of 10000 draws, how many come by @by_ns. */
static uint64_t drawn_by(const struct gap_law *law, uint64_t by_ns)
{
	struct prng p;
	uint64_t n = 0;

	prng_seed(&p, 3);
	for (int i = 0; i < 10000; i++) {
		uint64_t gap_ns = gap_draw_ns(law, prng_next(&p));

		n += gap_ns != UINT64_MAX && gap_ns <= by_ns;
	}
	return n;
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct gap_counts *c = calloc(1, sizeof(*c));
	struct gap_law law;

	for (unsigned int i = 0; i < MAX_SEEN; i++)
		for (uint32_t n = 0; n < r->seen[i].n; n++)
			learn(c, r->seen[i].seen, r->seen[i].after_ns, r->seen[i].by_ns);
	gap_fit(c, &law);
	free(c);
	for (unsigned int i = 0; i < ARRAY_SIZE(r->want) && r->want[i].by_ns; i++) {
		uint64_t want = r->want[i].percent * PERCENT, off = r->want[i].off * PERCENT + PERCENT / 100;
		uint64_t got = gap_chance(&law, r->want[i].after_ns, r->want[i].by_ns);

		if (got + off < want || got > want + off)
			fail_msg("point %u: %llu %%, not %llu", i, (unsigned long long)(got / PERCENT),
				 (unsigned long long)r->want[i].percent);
		if (!r->want[i].after_ns) {
			uint64_t drawn = drawn_by(&law, r->want[i].by_ns) * (GAP_ONE / 10000);

			assert_in_range(drawn, got > 3 * PERCENT ? got - 3 * PERCENT : 0, got + 3 * PERCENT);
		}
	}
}

/* Buckets: each begins where the one before ends, and contains its begin. */
static const struct { const char *name; } scale[] = { { "buckets follow each other" } };

static void check_scale(const void *row)
{
	for (unsigned int b = 1; b < GAP_BUCKETS; b++) {
		assert_int_equal(gap_bucket(gap_bucket_start_ns(b)), b);
		assert_int_equal(gap_bucket(gap_bucket_start_ns(b) - 1), b - 1);
	}
}

int main(void)
{
	int rc = table_run("gap law", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return table_run("gap scale", scale, ARRAY_SIZE(scale), sizeof(scale[0]), check_scale) | rc;
}
