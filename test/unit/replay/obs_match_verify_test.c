/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which observations verify calls equal: one pair of multisets per row. */
#include "test/table.h"

#include "replay/obs_match.h"

#define SPTE(g, l, o, n) { .kind = OBS_SPTE_CHANGED, .spte = { .gfn = g, .level = l, .old = o, .new = n } }
#define SET(g, s, p) { .kind = OBS_SET_SPTE, .set = { .gfn = g, .level = 1, .spte = s, .sptep = p } }
#define PAGE(k, g, r, c) { .kind = k, .page = { .gfn = g, .role = r, .root_count = c } }
#define REQ(g, l, p) { .kind = OBS_SPTE_REQUESTED, .map = { .gfn = g, .level = l, .pfn = p } }
#define MADE(g, c) { .kind = OBS_GET_PAGE, .page = { .gfn = g, .role = 0x14211, .created = c } }
#define UPDATE(g, l, o, n) { .kind = OBS_SPTE_UPDATE, .spte = { .gfn = g, .level = l, .old = o, .new = n } }
#define CLEAR(g, l, o) { .kind = OBS_SPTE_CLEAR, .spte = { .gfn = g, .level = l, .old = o } }
#define BIT_SET(k, g, at) { .kind = k, .gfns = { .gfn = g, .count = at } }
#define FLUSH { .kind = OBS_FLUSH_ALL }
#define UNMAP(g, n) { .kind = OBS_UNMAP_RANGE, .gfns = { .gfn = g, .count = n } }
#define WAIT(l) { .kind = OBS_LOCK_WAIT, .wait = { .lock = l } }

#define EMPTY	0x8000000000000000ULL	/* 6.12 */
#define LEAF	0x0000000013d71e67ULL
#define OLD	0x0000000013d71e47ULL	/* A clear */
#define CLEAN	0x0000000013d71e27ULL	/* D clear */
#define TABLE	0x00000000bfd7c827ULL
#define TABLE2	0x0000000012345827ULL

static const struct row {
	const char	*name;
	bool		 probes;
	bool		 rmaps;		/* no TDP MMU */
	struct obs	 recorded[4], predicted[4];
	bool		 same;
	unsigned int	 missing, extra, ad_only, compared;
} rows[] = {
	{ "nothing on either side is equal and not worth counting", true, .same = true },
	{ "the same change", true, false, { SPTE(5, 1, EMPTY, LEAF) }, { SPTE(5, 1, EMPTY, LEAF) }, true, .compared = 2 },
	{ "order does not matter", true, false, { SPTE(5, 1, EMPTY, LEAF), FLUSH }, { FLUSH, SPTE(5, 1, EMPTY, LEAF) },
	  true, .compared = 4 },
	{ "how often does", true, false, { FLUSH, FLUSH }, { FLUSH }, false, 1, 0, 0, 3 },
	{ "another gfn", true, false, { SPTE(5, 1, EMPTY, LEAF) }, { SPTE(6, 1, EMPTY, LEAF) }, false, 1, 1, 0, 2 },
	{ "another level", true, false, { SPTE(512, 1, EMPTY, LEAF) }, { SPTE(512, 2, EMPTY, LEAF) }, false, 1, 1, 0, 2 },
	{ "another pfn of a leaf", true, false, { SPTE(5, 1, EMPTY, LEAF) }, { SPTE(5, 1, EMPTY, LEAF + 0x1000) }, false, 1, 1, 0, 2 },
	{ "another pfn of a table is not predicted", true, false, { SPTE(0, 2, EMPTY, TABLE) }, { SPTE(0, 2, EMPTY, TABLE2) }, true,
	  .compared = 2 },
	{ "a new leaf without D is an A/D difference", true, false, { SPTE(5, 1, EMPTY, LEAF) }, { SPTE(5, 1, EMPTY, CLEAN) },
	  false, 1, 1, 1, 2 },
	{ "hardware's D in the old value of a zap is left out", true, false, { SPTE(5, 1, LEAF, EMPTY) },
	  { SPTE(5, 1, CLEAN, EMPTY) }, true, .compared = 2 },
	{ "aging: the change of A counts, whatever D is", true, false, { SPTE(5, 1, LEAF, OLD) },
	  { SPTE(5, 1, LEAF & ~0x40ULL, OLD & ~0x40ULL) }, true, .compared = 2 },
	{ "aging against clearing D", true, false, { SPTE(5, 1, LEAF, OLD) }, { SPTE(5, 1, LEAF, CLEAN) }, false, 1, 1, 1, 2 },
	{ "an empty entry's value counts", true, false, { SPTE(5, 1, LEAF, EMPTY) }, { SPTE(5, 1, LEAF, 0) }, false, 1, 1, 0, 2 },
	{ "sptep is not predicted", true, false, { SET(5, LEAF, 0x1000) }, { SET(5, LEAF, 0) }, true, .compared = 2 },
	{ "a role is", true, false, { PAGE(OBS_GET_PAGE, 0, 0x14211, 0) }, { PAGE(OBS_GET_PAGE, 0, 0x14210, 0) }, false, 1, 1, 0, 2 },
	{ "a root count is not", true, false, { PAGE(OBS_GET_PAGE, 0, 0x14211, 1) }, { PAGE(OBS_GET_PAGE, 0, 0x14211, 0) }, true,
	  .compared = 2 },
	{ "the goal level", true, false, { REQ(5, 1, 9) }, { REQ(5, 2, 9) }, false, 1, 1, 0, 2 },
	{ "a handler's range", true, false, { UNMAP(5, 1) }, { UNMAP(5, 2) }, false, 1, 1, 0, 2 },
	{ "lock waits are evidence, not observations", true, false, { WAIT(1) }, { { 0 } }, .same = true },
	{ "flushes do not count where no probe saw them", false, false, { { 0 } }, { FLUSH }, .same = true },
	{ "which entry is updated its value tells, not its place", true, true, { UPDATE(9, 0, EMPTY, LEAF) },
	  { UPDATE(5, 1, EMPTY, LEAF) }, true, .compared = 2 },
	{ "an update to another pfn", true, true, { UPDATE(5, 1, EMPTY, LEAF) }, { UPDATE(5, 1, EMPTY, LEAF + 0x1000) }, false,
	  1, 1, 0, 2 },
	{ "an update that only clears D", true, true, { UPDATE(5, 1, LEAF, CLEAN) }, { UPDATE(5, 1, LEAF, LEAF) }, false,
	  1, 1, 1, 2 },
	{ "a clear of what hardware may have touched", true, true, { CLEAR(5, 1, OLD) }, { CLEAR(5, 1, CLEAN) }, true,
	  .compared = 2 },
	{ "a clear of an empty entry", true, true, { CLEAR(0, 0, EMPTY) }, { CLEAR(5, 1, LEAF) }, false, 1, 1, 0, 2 },
	{ "a shadow page is found", true, true, { MADE(5, 0) }, { MADE(5, 1) }, false, 1, 1, 0, 2 },
	{ "under the TDP MMU it is always made", true, false, { MADE(5, 1) }, { MADE(5, 0) }, true, .compared = 2 },
	{ "a guest's entry gets A, not D", true, true, { BIT_SET(OBS_SET_ACCESSED_BIT, 3, 8) },
	  { BIT_SET(OBS_SET_DIRTY_BIT, 3, 8) }, false, 1, 1, 0, 2 },
	{ "or another one does", true, true, { BIT_SET(OBS_SET_ACCESSED_BIT, 3, 8) },
	  { BIT_SET(OBS_SET_ACCESSED_BIT, 3, 16) }, false, 1, 1, 0, 2 },
};

static size_t count(const struct obs *o)
{
	size_t nr = 0;

	while (nr < 4 && o[nr].kind)
		nr++;
	return nr;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct ev_meta meta = { .release = KVM_6_12, .tdp = SPTE_NPT, .has_probes = row->probes,
				.tdp_mmu = !row->rmaps };
	struct obs_count counts[OBS_END] = { { 0 } };
	struct obs_rules rules;
	struct obs_matcher *m;
	struct obs_diff diff;
	bool same;

	obs_rules_init(&rules, &meta);
	rules.compared[OBS_SPTE_UPDATE] = rules.compared[OBS_SPTE_CLEAR] = true;	/* the recording has some */
	m = obs_matcher_new(&rules);
	same = obs_match(m, (struct obs_view){ row->recorded, count(row->recorded), sizeof(struct obs) },
			 (struct obs_view){ row->predicted, count(row->predicted), sizeof(struct obs) },
			 counts, &diff);
	assert_int_equal(same, row->same);
	assert_int_equal(diff.missing, row->missing);
	assert_int_equal(diff.extra, row->extra);
	assert_int_equal(diff.ad_only, row->ad_only);
	assert_int_equal(diff.compared, row->compared);
	assert_int_equal(!!diff.missing_at[0], row->missing > 0);
	assert_int_equal(!!diff.extra_at[0], row->extra > 0);
	obs_matcher_free(m);
}

int main(void)
{
	return table_run("obs_match", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
