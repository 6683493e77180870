/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty logging: a page that the guest can write without being noticed is in the log, whenever nobody
 * is about to put it there (I-D1); and the hardware logs what it sets D of (I-D2).
 *
 * Looked at when a fault is over, for its page; when words have been taken and the call that took them ends, for
 * their pages; when a slot's logging has started, for all its pages.
 */
#include "engine/core/checker_state.h"

#include "base/alloc.h"
#include "engine/core/dirty.h"

#define NOBODY	UINT32_MAX

static uint32_t slot_key(const struct mmu_slot *s)
{
	return (uint32_t)s->as_id << 16 | s->id;
}

static bool is_logged(const struct checker *c, uint32_t key)
{
	for (size_t i = 0; i < c->nr_logged; i++)
		if (c->logged[i] == key)
			return true;
	return false;
}

void check_logged(struct checker *c)
{
	size_t nr = 0;

	for (size_t i = 0; i < c->nr_logged; i++)
		for (size_t s = 0; s < c->nr_slots; s++)
			if (slot_key(&c->slots[s]) == c->logged[i] && (c->slots[s].flags & SLOT_LOG_DIRTY))
				c->logged[nr++] = c->logged[i];
	c->nr_logged = nr;
}

static void begin_logged(struct checker *c, uint32_t key)
{
	if (is_logged(c, key))
		return;
	if (c->nr_logged == c->cap_logged) {
		c->cap_logged = c->cap_logged ? 2 * c->cap_logged : 16;
		c->logged = xreallocarray(c->logged, c->cap_logged, sizeof(*c->logged));
	}
	c->logged[c->nr_logged++] = key;
}

static const struct memslot *logged_slot(const struct mmu *mmu, unsigned int as_id, gfn_t gfn)
{
	const struct memslot_set *set = &mmu->slots.set[rt_peek(&mmu->slots.active)];
	const struct memslot *slot = memslot_find(set, as_id, gfn);

	return slot && is_logged(mmu->checker, slot_key(&slot->cfg)) ? slot : NULL;
}

/* Another task is between making the page writable and noting it. */
static bool is_busy(const struct checker *c, const struct check_task *self, gfn_t gfn)
{
	for (unsigned int i = 0; i < c->nr_tasks; i++) {
		const struct check_task *t = &c->tasks[i];

		if (t != self && (t->op == CHECK_FAULT || t->op == CHECK_TOUCH) && t->start == gfn)
			return true;
	}
	return false;
}

static void look(struct checker *c, const struct check_task *self, unsigned int as_id, gfn_t gfn, const char *what)
{
	const struct mmu *mmu = c->mmu;
	const struct memslot *slot = logged_slot(mmu, as_id, gfn);
	uint64_t spte;
	int level;

	if (!slot)
		return;
	spte = mmu->ops->peek(mmu, gfn, as_id, &level);
	if (!level || !mmu->ops->writes_unnoticed(mmu, spte) || dirty_is_marked(mmu, slot, gfn))
		return;
	if (!is_busy(c, self, gfn))
		check_wrong(c, what, gfn, spte, NOBODY);
}

void checker_taken(struct mmu *mmu, unsigned int as_id, gfn_t gfn, uint64_t mask)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	if (!check_exact(c))
		return;
	check_lock(c);
	t = check_self(c);
	if (t->nr_taken == t->cap_taken) {
		t->cap_taken = t->cap_taken ? 2 * t->cap_taken : 64;
		t->taken = xreallocarray(t->taken, t->cap_taken, sizeof(*t->taken));
	}
	t->taken[t->nr_taken++] = (struct check_taken){ gfn, mask, as_id };
	check_release(mmu, c);
}

static void look_taken(struct checker *c, struct check_task *t)
{
	for (size_t i = 0; i < t->nr_taken; i++)
		for (uint64_t left = t->taken[i].mask; left; left &= left - 1)
			look(c, t, t->taken[i].as_id, t->taken[i].gfn + __builtin_ctzll(left),
			     "I-D1: a page was taken from the log, can be written and is not in it");
	t->nr_taken = 0;
}

void checker_log_started(struct mmu *mmu, const struct memslot *slot)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	if (!check_exact(c))
		return;
	check_lock(c);
	t = check_self(c);
	begin_logged(c, slot_key(&slot->cfg));
	for (uint64_t i = 0; i < slot->cfg.npages; i++)
		look(c, t, slot->cfg.as_id, slot->cfg.base_gfn + i,
		     "I-D1: logging has started, a page can be written and is not in the log");
	check_release(mmu, c);
}

void check_dirty_end(struct checker *c, struct check_task *t, bool over)
{
	bool owed = check_by_tlbi(c) ? check_owes(c, true) : t->owes_op && check_clean(c, 0) < t->owes_op;

	if (!check_exact(c))
		return;
	if (t->op == CHECK_FAULT)
		look(c, t, 0, t->start, "I-D1: a fault made a page writable that is not in the log");
	else if (t->op == CHECK_TOUCH)
		look(c, t, 0, t->start, "I-D2: the hardware let a write to a clean page through and did not log it");
	else if (t->op == CHECK_DIRTY && over && owed)
		check_wrong(c, "I-D1: a log was given away before the TLBs forgot that its pages can be written",
			    t->start, t->owes_op, NOBODY);
	if (t->op == CHECK_DIRTY)
		look_taken(c, t);
}
