/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the guest's tables a page of KVM's shadows: faults tell, until the table's page is zapped. */
#include "test/table.h"

#include "replay/gpt_pages.h"
#include "test/unit/replay/made.h"

#define ROOT	0x40
#define LEAF	0x43		/* the last table on the way to address 0 */
#define PAGE	0x5000ULL
#define LEADS(table, to) MADE_STIM(1, 1, GPTE, .gpte = { .gfn = table, .bytes = 8, .value = (uint64_t)(to) << 12 | GPTE_P })
#define TABLES	LEADS(ROOT, 0x41), LEADS(0x41, 0x42), LEADS(0x42, LEAF)
#define FAULT(t) \
	MADE_STIM(0, t, WALK, .walk = { .root = ROOT, .levels = 4, .known = 1 }), \
	MADE_STIM(0, t, ACCESS, .access = { .gfn = 9, .attempts = 1 })
#define REQUESTED(t) MADE_OBS(0, t, SPTE_REQUESTED, .map = { .gfn = 9, .level = 1 })
#define SET(t, at) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = 9, .level = 1, .sptep = at })
#define ZAP(t, table) MADE_OBS(0, t, PREPARE_ZAP_PAGE, .page = { .gfn = table })
#define DONE(t) MADE_OP_FOR(0, t, FAULT, (t) - 10, 0, RET_PF_FIXED)

static const struct row {
	const char	  *name;
	struct made_record v[10];
	uint64_t	   sptep, t_ns;
	gfn_t		   want;	/* 0: not known */
} rows[] = {
	{ "a fault's own entry tells, of all its page", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), DONE(30) },
	  PAGE + 8, 50, LEAF },
	{ "of no other page", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), DONE(30) }, PAGE + 4096, 50, 0 },
	{ "not before", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), DONE(30) }, PAGE, 20, 0 },
	{ "an entry of another place is not its own", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE + 8), DONE(30) },
	  PAGE, 50, 0 },
	{ "nor one that was set before the page was known, below another root",
	  { TABLES, FAULT(10), SET(15, 0x7000), REQUESTED(20), SET(21, PAGE), DONE(30) }, 0x7000, 50, 0 },
	{ "where nothing was to be mapped, none is", { TABLES, FAULT(10), SET(21, PAGE), DONE(30) }, PAGE, 50, 0 },
	{ "when the table's page is zapped its address is free", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), ZAP(25, LEAF),
	  DONE(30) }, PAGE, 50, 0 },
	{ "but not until then", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), ZAP(25, LEAF), DONE(30) }, PAGE, 24, LEAF },
	{ "nor by the zap of another", { TABLES, FAULT(10), REQUESTED(20), SET(21, PAGE), ZAP(25, 0x42), DONE(30) }, PAGE, 50, LEAF },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct gpt_pages *p;
	struct gptes *g;
	struct made m;
	gfn_t table = 0;
	bool known;

	made_open(&m, KVM_6_1, row->v, ARRAY_SIZE(row->v));
	made_without_tdp_mmu(&m, true);
	g = gptes_new(&m.rec);
	p = gpt_pages_new(&m.rec, g);
	known = gpt_pages_table(p, 0, row->sptep, row->t_ns, &table);
	assert_int_equal(known, row->want != 0);
	if (known)
		assert_int_equal(table, row->want);
	gpt_pages_free(p);
	gptes_free(g);
	made_close(&m);
}

int main(void)
{
	return table_run("gpt_pages", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
