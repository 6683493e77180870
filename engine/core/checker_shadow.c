/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where shadow pages follow the guest's tables they hang from several entries, and what they map has no order: not
 * where a page hangs is kept here, but what a change of an entry asks for.  Flushes (I-F1), open windows (I-N1), and
 * what may be freed (I-T1).
 */
#include "engine/core/checker_state.h"

#define NOBODY	UINT32_MAX

/* A TLB may hold the old entry, or the way to the page it led to. */
static bool makes_stale(const struct check_change *ch)
{
	if (!ch->old.present)
		return false;
	if (ch->old.leaf)
		return ch->new.leaf ? ch->old.pfn != ch->new.pfn : !ch->new.present;
	return ch->old.child != ch->new.child || ch->new.leaf;
}

static bool takes_write(const struct check_change *ch)
{
	return ch->old.leaf && ch->new.leaf && ch->old.writable && !ch->new.writable;
}

/* Who protects pages to log them flushes when it has dropped the lock. */
static bool may_flush_late(const struct check_task *t)
{
	return t->op == CHECK_DIRTY || t->op == CHECK_MEMSLOT;
}

static void owe(struct checker *c, struct check_task *t, const struct check_change *ch)
{
	bool stale = makes_stale(ch);

	if (ch->hardware || t->op == CHECK_AGE || t->op == CHECK_TEST_AGE || t->op == CHECK_ZAP_ALL ||
	    t->op == CHECK_TEARDOWN || c->tables[ch->table].unused || !(stale || takes_write(ch)))
		return;
	t->owes_op = c->number;
	if (stale || !may_flush_late(t))
		t->owes = c->number;
}

void check_shadow_change(struct checker *c, struct check_task *t, const struct check_change *ch)
{
	uint64_t nr = mmu_level_pages(c->mmu, ch->level);
	bool maps = ch->new.leaf && (!ch->old.leaf || ch->old.pfn != ch->new.pfn);

	check_log(c, ch->hardware ? "guest sets A, D" : !ch->new.present ? "entry emptied" :
		  ch->new.leaf ? "entry maps" : "page linked", ch->gfn, ch->new.raw);
	if (ch->old.child && ch->old.child != ch->new.child)
		c->tables[ch->old.child].unlinked = c->number;
	/* Of a huge page only what was asked for must not be in one, and the fault says that itself. */
	if (maps && t->op != CHECK_SET_SPTE && (ch->level == 1 || t->op != CHECK_FAULT) &&
	    check_in_open_window(c, ch->as_id, ch->gfn, nr))
		check_wrong(c, "I-N1: a page of an open invalidation was mapped", ch->gfn, ch->new.raw, NOBODY);
	owe(c, t, ch);
}

void check_shadow_freed(struct checker *c, uint32_t number)
{
	struct check_table *t = &c->tables[number];

	if (t->unlinked && !t->unused && check_clean(c, 0) < t->unlinked)
		check_wrong(c, "I-T1: a page was freed while a TLB may lead to it", 0, number, NOBODY);
	*t = (struct check_table){ .young = t->young };
}
