/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What small recordings show of touches, and what is drawn from them. */
#include "replay/access_model.h"

#include "test/table.h"
#include "test/unit/replay/made.h"

#define MS		1000000ULL
#define HOST		2
#define HVA(page)	(0x10000000ULL + ((uint64_t)(page) << 12))
#define PAGES		64
#define MAX_LINES	16
#define RECORDS		4096

enum what { END, SLOT, TOUCH, ZAP, OWN_ZAP, AGE, YOUNG, TEST_YOUNG, BLIND_AGE, SLOT_GONE, DONE };

/* For each page of [a, b): one record, a microsecond after the last; ZAP, SLOT: one for all. */
struct line {
	enum what	what;
	uint64_t	at_ms;
	uint32_t	a, b;
	uint32_t	task;
};

static const struct {
	const char	*name;
	struct line	 lines[MAX_LINES];
	uint64_t	 spells[SPELL_NR];
	bool		 knows[SPELL_NR];
	uint64_t	 observed[SPELL_NR];	/* in the second half */
	uint64_t	 off_percent;		/* at most, of what was observed */
	uint64_t	 gap_ms[2];		/* of draws for page 0, entries that went away; 0: not asked */
	int32_t		 vcpu;
} rows[] = {
	{ .name = "first touches say nothing",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES } } },
	{ .name = "zapped pages that come back after 4 ms, twice",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { ZAP, 2, 0, PAGES }, { TOUCH, 6, 0, PAGES },
		     { ZAP, 20, 0, PAGES }, { TOUCH, 24, 0, PAGES } },
	  .spells = { 2 * PAGES }, .knows = { true }, .observed = { PAGES }, .off_percent = 3, .gap_ms = { 3, 6 } },
	{ .name = "it is the vCPU that was seen there",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES, 1 }, { ZAP, 2, 0, PAGES }, { TOUCH, 6, 0, PAGES, 1 },
		     { ZAP, 20, 0, PAGES }, { TOUCH, 24, 0, PAGES, 1 } },
	  .spells = { 2 * PAGES }, .knows = { true }, .observed = { PAGES }, .off_percent = 3, .gap_ms = { 3, 6 },
	  .vcpu = 1 },
	{ .name = "pages that never come back, then one half does: that is an error, and it shows",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, 2 * PAGES }, { ZAP, 2, 0, PAGES }, { TOUCH, 6, 0, 8 },
		     { ZAP, 20, 0, PAGES }, { TOUCH, 24, 0, 8 } },
	  .spells = { PAGES + 8 }, .knows = { true }, .observed = { 8 }, .off_percent = 100 },
	{ .name = "a zap inside a vCPU's own fault is no spell: the access that follows is its cause",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { OWN_ZAP, 2, 0, PAGES }, { TOUCH, 3, 0, PAGES } } },
	{ .name = "a zap of pages nobody mapped is none either",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, 8 }, { ZAP, 2, 8, PAGES }, { TOUCH, 6, 8, PAGES } } },
	{ .name = "aged pages found young again, and some not",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { YOUNG, 2, 0, PAGES }, { YOUNG, 10, 0, 32 },
		     { AGE, 10, 32, 64 }, { YOUNG, 20, 0, 32 }, { AGE, 20, 32, 64 }, { YOUNG, 30, 0, 32 },
		     { AGE, 30, 32, 64 }, { YOUNG, 40, 0, 32 }, { AGE, 40, 32, 64 } },
	  .spells = { 0, 4 * 32 + 32 }, .knows = { false, true }, .observed = { 0, 32 }, .off_percent = 60 },
	{ .name = "test_age looks and clears nothing",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { YOUNG, 2, 0, PAGES }, { TEST_YOUNG, 10, 0, PAGES },
		     { YOUNG, 12, 0, PAGES } },
	  .spells = { 0, PAGES }, .knows = { false, true } },
	{ .name = "an age whose answer is not recorded answers nothing",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { YOUNG, 2, 0, PAGES }, { BLIND_AGE, 10, 0, PAGES } } },
	{ .name = "deleting one slot takes the entries of the others, which come back",
	  .lines = { { SLOT, 0, 0, 4096 }, { TOUCH, 1, 0, PAGES }, { SLOT_GONE, 2 }, { TOUCH, 4, 0, PAGES } },
	  .spells = { PAGES }, .knows = { true }, .gap_ms = { 1, 3 } },
};

static uint8_t age_flags(enum what what)
{
	return what == YOUNG || what == TEST_YOUNG ? EV_F_MATCHED | EV_F_YOUNG : what == AGE ? EV_F_MATCHED : 0;
}

static struct made_record record_of(const struct line *l, uint32_t page, uint64_t t_ns)
{
	struct made_record r = { .task = l->what == TOUCH || l->what == OWN_ZAP ? l->task : HOST, .t_ns = t_ns };
	bool whole = l->what == ZAP;

	switch (l->what) {
	case SLOT:
		r.ev = (struct ev){ .kind = EV_MEMSLOT, .slot = { .npages = l->b, .hva = HVA(0) } };
		break;
	case SLOT_GONE:		/* another one, which was there before the recording */
		r.ev = (struct ev){ .kind = EV_MEMSLOT, .slot = { .id = 7, .change = EV_SLOT_DELETE } };
		break;
	case TOUCH:
		r.ev = (struct ev){ .kind = EV_ACCESS, .flags = EV_F_W | EV_F_PFN,
				    .access = { .gfn = page, .level = 1, .attempts = 1, .service_ns = 500 } };
		break;
	default:
		r.ev = (struct ev){ .kind = l->what == ZAP || l->what == OWN_ZAP ? EV_INVALIDATE_START :
					    l->what == TEST_YOUNG ? EV_TEST_AGE : EV_AGE,
				    .flags = l->what == OWN_ZAP ? EV_F_NESTED : age_flags(l->what),
				    .hvas = { .start = HVA(page), .end = HVA(whole ? l->b : page + 1) } };
	}
	return r;
}

static size_t records_of(const struct line *lines, struct made_record *out)
{
	size_t nr = 0;

	for (; lines->what != END; lines++) {
		bool once = lines->what == SLOT || lines->what == ZAP || lines->what == SLOT_GONE;

		for (uint32_t page = lines->a; page == lines->a || (!once && page < lines->b); page++)
			out[nr++] = record_of(lines, page, lines->at_ms * MS + 1000 * page);
	}
	return nr;
}

static void check_draws(const struct access_model *m, const uint64_t *gap_ms, int32_t vcpu)
{
	struct access_draw d, again;

	for (uint64_t key = 0; key < 100; key++) {
		assert_true(access_model_draw(m, 0, 0, SPELL_GONE, key, &d));
		assert_in_range(d.gap_ns, gap_ms[0] * MS, gap_ms[1] * MS);
		assert_int_equal(d.vcpu, vcpu);
		access_model_draw(m, 0, 0, SPELL_GONE, key, &again);
		assert_int_equal(again.gap_ns, d.gap_ns);
	}
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct made_record *records = calloc(RECORDS, sizeof(*records));
	struct access_model *m;
	struct err e = { 0 };
	struct made made;

	made_open(&made, KVM_6_12, records, records_of(r->lines, records));
	free(records);
	assert_int_equal(access_model_make(made.file, &m, &e), 0);
	for (enum spell_of of = 0; of < SPELL_NR; of++) {
		const struct access_error *error = access_model_error(m, of);

		assert_int_equal(access_model_spells(m, of), r->spells[of]);
		assert_int_equal(access_model_knows(m, 0, of), r->knows[of]);
		assert_int_equal(error->observed, r->observed[of]);
		if (error->off * 100 > r->off_percent * error->observed)
			fail_msg("observed %llu, expected %llu, off %llu", (unsigned long long)error->observed,
				 (unsigned long long)error->predicted, (unsigned long long)error->off);
	}
	if (r->gap_ms[1])
		check_draws(m, r->gap_ms, r->vcpu);
	access_model_free(m);
	made_close(&made);
}

int main(void)
{
	return table_run("access model", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
