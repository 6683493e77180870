/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes of stage-2 tables: every granule and IPA size; entries as recordings have them. */
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

/* From recordings: 6.12 with LPA2 and FWB, 6.1 on the same processor, which does not use LPA2, and one without FWB. */
static const struct leaf_row {
	const char	  *name;
	struct stage2_host host;
	int		   level;
	uint64_t	   pfn;
	unsigned int	   prot;
	uint64_t	   want;
} leafs[] = {
	{ "a page that executes, LPA2", { .page_shift = 12, .fwb = true, .lpa2 = true }, 3, 0x12b973, 7, 0x12b9734db },
	{ "a block, LPA2", { .page_shift = 12, .fwb = true, .lpa2 = true }, 2, 0x12ca00, 6, 0x4000012ca004d9 },
	{ "a read-only page of 16 KiB, LPA2", { .page_shift = 14, .fwb = true, .lpa2 = true }, 3, 0x4be11, 4,
	  0x4000012f84445b },
	{ "a block, 6.1", { .page_shift = 12, .fwb = true }, 2, 0x124800, 6, 0x400001248007d9 },
	{ "a page without FWB", { .page_shift = 12 }, 3, 0x102640, 6, 0x400001026407ff },
};

static void check_leaf(const void *arg)
{
	const struct leaf_row *r = arg;
	uint64_t pte = stage2_leaf(&r->host, r->level, r->pfn, r->prot);

	assert_int_equal(pte, r->want);
	assert_int_equal(stage2_pfn(r->host.page_shift, pte), r->pfn);
	assert_int_equal(stage2_prot(pte), r->prot);
	assert_true(stage2_is_leaf(pte, r->level));
	assert_true(stage2_is_table(stage2_table(r->host.page_shift, r->pfn), 2));
}

int main(void)
{
	return table_run("stage2", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       table_run("leafs", leafs, ARRAY_SIZE(leafs), sizeof(leafs[0]), check_leaf);
}
