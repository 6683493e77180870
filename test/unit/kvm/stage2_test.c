/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes of stage-2 tables: every granule and IPA size. */
#include "kvm/stage2.h"
#include "test/table.h"

static const struct row {
	const char   *name;
	unsigned int  page_shift, ipa_bits;
	int	      start;
	unsigned int  tables;
	unsigned int  start_shift;	/* of one entry at the start level */
} rows[] = {
	{ "4k-32",  12, 32, 2, 4,  21 },
	{ "4k-36",  12, 36, 1, 1,  30 },
	{ "4k-40",  12, 40, 1, 2,  30 },
	{ "4k-43",  12, 43, 1, 16, 30 },
	{ "4k-44",  12, 44, 0, 1,  39 },
	{ "4k-48",  12, 48, 0, 1,  39 },
	{ "4k-52",  12, 52, 0, 16, 39 },
	{ "16k-40", 14, 40, 2, 16, 25 },
	{ "16k-41", 14, 41, 1, 1,  36 },
	{ "16k-48", 14, 48, 1, 2,  36 },
	{ "64k-40", 16, 40, 2, 1,  29 },
	{ "64k-42", 16, 42, 2, 1,  29 },
	{ "64k-46", 16, 46, 2, 16, 29 },
	{ "64k-48", 16, 48, 1, 1,  42 },
};

static void check(const void *arg)
{
	const struct row *r = arg;
	int start = stage2_start_level(r->page_shift, r->ipa_bits);

	assert_int_equal(start, r->start);
	assert_int_equal(stage2_start_tables(r->page_shift, r->ipa_bits, start), r->tables);
	assert_int_equal(stage2_shift(r->page_shift, start), r->start_shift);
	assert_int_equal(stage2_pages(r->page_shift, STAGE2_LAST_LEVEL), 1);
}

int main(void)
{
	return table_run("stage2", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
