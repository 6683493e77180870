/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flat memory against tables that are right, wrong, or may be either. */
#include "replay/oracle.h"

#include "kvm/spte.h"
#include "test/table.h"

/* A little script: lower case begins, upper case ends the operation of that number. */
enum verb { STOP, BEGIN, MAP, MAP_RO, MAP_HUGE, HIT, DROP, GONE_BEGIN, GONE, ALL, MAYBE_ALL, PROTECT };

struct act {
	enum verb	verb;
	unsigned int	which;		/* number of the access or removal, 0 .. 3 */
	gfn_t		gfn, end;
};

struct table {			/* what the "engine" holds for frames 512 .. 515 */
	pfn_t	pfn[4];		/* 0: nothing */
	bool	ro, huge;
};

static const struct {
	const char	*name;
	struct act	 acts[12];
	struct table	 table;
	const char	*differs;	/* NULL: must agree */
	uint64_t	 mapped;
	pfn_t		 host;		/* the host has that behind frame 512 now; 0: nobody knows */
} rows[] = {
	{ .name = "mapped to what the host has there",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 1512 } }, .mapped = 1, .host = 1512 },
	{ .name = "to what it had there once is found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 1512 } }, .host = 1600,
	  .differs = "gfn 0x200: must be mapped to pfn 0x640" },
	{ .name = "even where it need not be mapped at all",
	  .acts = { { BEGIN, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 }, { MAP, 0, 512 } },
	  .table = { { 1512 } }, .host = 1600, .differs = "gfn 0x200: must be mapped to pfn 0x640" },
	{ .name = "what was mapped is mapped",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 1512 } }, .mapped = 1 },
	{ .name = "a mapping that is not there is found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 0 } }, .differs = "gfn 0x200: must be mapped" },
	{ .name = "another pfn is found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 7 } }, .differs = "gfn 0x200: must be mapped" },
	{ .name = "a write that left a read-only entry is found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 } }, .table = { { 1512 }, .ro = true },
	  .differs = "must be writable" },
	{ .name = "after write protection a read-only entry is right",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { PROTECT } }, .table = { { 1512 }, .ro = true }, .mapped = 1 },
	{ .name = "a read may leave a read-only entry",
	  .acts = { { BEGIN, 0, 512 }, { MAP_RO, 0, 512 } }, .table = { { 1512 }, .ro = true }, .mapped = 1 },
	{ .name = "what was removed afterwards is gone",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 } } },
	{ .name = "an entry that survived its removal is found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 } },
	  .table = { { 1512 } }, .differs = "gfn 0x200: must be unmapped" },
	{ .name = "a removal beside it does not matter",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 513, 600 } },
	  .table = { { 1512 } }, .mapped = 1 },
	{ .name = "removed, then mapped again",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 },
		    { BEGIN, 2, 512 }, { MAP, 2, 512 } },
	  .table = { { 0 } }, .differs = "must be mapped" },
	{ .name = "an access that overlaps the removal may lose",
	  .acts = { { BEGIN, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 }, { MAP, 0, 512 } } },
	{ .name = "or win",
	  .acts = { { BEGIN, 0, 512 }, { GONE_BEGIN, 1 }, { GONE, 1, 512, 513 }, { MAP, 0, 512 } },
	  .table = { { 1512 } }, .mapped = 1 },
	{ .name = "an access that began in the middle of the removal may win as well",
	  .acts = { { GONE_BEGIN, 1 }, { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE, 1, 512, 513 } },
	  .table = { { 1512 } }, .mapped = 1 },
	{ .name = "MMIO leaves nothing",
	  .acts = { { BEGIN, 0, 512 }, { DROP, 0, 512 } } },
	{ .name = "a hit keeps the pfn it found",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { BEGIN, 1, 512 }, { HIT, 1, 512 } },
	  .table = { { 7 } }, .differs = "must be mapped to pfn 0x5e8" },
	{ .name = "removing everything removes it",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { ALL, 1 } },
	  .table = { { 1512 } }, .differs = "must be unmapped" },
	{ .name = "where everything may be gone either is right",
	  .acts = { { BEGIN, 0, 512 }, { MAP, 0, 512 }, { GONE_BEGIN, 1 }, { MAYBE_ALL, 1 } },
	  .table = { { 1512 } }, .mapped = 1 },
	{ .name = "a huge page is one leaf, however many frames know of it",
	  .acts = { { BEGIN, 0, 512 }, { MAP_HUGE, 0, 512 }, { BEGIN, 1, 513 }, { HIT, 1, 513 } },
	  .table = { { 1512, 1513, 1514, 1515 }, .huge = true }, .mapped = 1 },
	{ .name = "removing a part of a huge page may take the rest along",
	  .acts = { { BEGIN, 0, 512 }, { MAP_HUGE, 0, 512 }, { BEGIN, 1, 513 }, { HIT, 1, 513 },
		    { GONE_BEGIN, 2 }, { GONE, 2, 512, 513 } } },
	{ .name = "a frame removed below a huge page that came later may be mapped by it",
	  .acts = { { BEGIN, 0, 513 }, { MAP, 0, 513 }, { GONE_BEGIN, 1 }, { GONE, 1, 513, 514 },
		    { BEGIN, 2, 512 }, { MAP_HUGE, 2, 512 } },
	  .table = { { 1512, 1513, 1514, 1515 }, .huge = true }, .mapped = 1 },
	{ .name = "the first frame that differs is the one named",
	  .acts = { { BEGIN, 0, 514 }, { MAP, 0, 514 }, { BEGIN, 1, 513 }, { MAP, 1, 513 } },
	  .differs = "gfn 0x201:" },
};

static uint64_t peek(void *arg, gfn_t gfn, int *level)
{
	const struct table *t = arg;
	const struct spte_format *f = spte_format(KVM_6_12, SPTE_NPT);
	pfn_t pfn = gfn >= 512 && gfn < 516 ? t->pfn[gfn - 512] : 0;
	struct spte_want want = { .level = 1, .exec = true, .writable = !t->ro, .host_writable = !t->ro,
				  .mmu_writable = !t->ro, .accessed = true };

	*level = 1;
	if (!pfn)
		return f->nonpresent;
	want.pfn = pfn;
	if (t->huge) {
		*level = 2;
		want.level = 2;
		want.pfn = 1024;
	}
	return spte_make_leaf(f, &want);
}

static pfn_t host_of(void *arg, gfn_t gfn)
{
	const typeof(rows[0]) *r = arg;

	return gfn == 512 ? r->host : UINT64_MAX;
}

static uint64_t peek_row(void *arg, gfn_t gfn, int *level)
{
	const typeof(rows[0]) *r = arg;

	return peek((void *)&r->table, gfn, level);
}

static void act(struct oracle *o, uint64_t *stamps, const struct act *a, bool huge)
{
	pfn_t pfn = huge ? 1024 + a->gfn - 512 : 1000 + a->gfn;

	switch (a->verb) {
	case BEGIN:
		stamps[a->which] = oracle_access_begin(o, a->gfn);
		break;
	case MAP:
	case MAP_RO:
		oracle_access_end(o, stamps[a->which], a->gfn, pfn, 1, a->verb == MAP);
		break;
	case MAP_HUGE:
		oracle_access_end(o, stamps[a->which], a->gfn, pfn, 2, true);
		break;
	case HIT:
		oracle_access_end(o, stamps[a->which], a->gfn, 0, 0, false);
		break;
	case DROP:
		oracle_access_drop(o, stamps[a->which], a->gfn);
		break;
	case GONE_BEGIN:
		stamps[a->which] = oracle_remove_begin(o);
		break;
	case GONE:
		oracle_remove_range(o, stamps[a->which], a->gfn, a->end);
		break;
	case ALL:
	case MAYBE_ALL:
		oracle_remove_all(o, stamps[a->which], a->verb == ALL);
		break;
	case PROTECT:
		oracle_protect_all(o);
		break;
	case STOP:
		break;
	}
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct oracle *o = oracle_make(0, (struct entry_kind){ KVM_X86, 12 });
	uint64_t stamps[4] = { 0 }, mapped = 0;
	struct err e = { 0 };
	int rc;

	for (const struct act *a = r->acts; a->verb != STOP; a++)
		act(o, stamps, a, r->table.huge);
	rc = oracle_compare(o, peek_row, r->host ? host_of : NULL, (void *)r, &mapped, &e);
	if (r->differs) {
		assert_int_equal(rc, -ERR_NO);
		if (!strstr(e.text, r->differs))
			fail_msg("\"%s\" does not say \"%s\"", e.text, r->differs);
	} else {
		if (rc)
			fail_msg("%s", e.text);
		assert_int_equal(mapped, r->mapped);
	}
	oracle_free(o);
}

int main(void)
{
	return table_run("oracle", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
