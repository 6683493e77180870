/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Young bits (I-A1) and what aging may do to an entry (I-A2). */
#include "engine/core/checker_state.h"

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

/* Since 6.15 aging leaves invalid roots out: only what is young in a valid one must be found. */
static bool below_valid_root(struct checker *c, const struct check_table *t)
{
	struct check_root *r = check_root_find(c, t->root);

	return r && !r->invalid;
}

/* End of what the task must look at: under age.range = first-page (arm64) that is one page. */
static hva_t looked_at(const struct checker *c, const struct check_task *task, bool must)
{
	if (!must || c->mmu->policy->age_range != AGE_RANGE_FIRST_PAGE)
		return task->end;
	return task->start + 1;
}

/* Rmaps lead to shadow pages that no entry leads to any more, too: what is young there may be reported. */
static bool may_be_looked_at(struct checker *c, uint32_t number, bool must)
{
	if (check_cut_off(c, number))
		return c->mmu->config.rmaps && !must;
	return !must || below_valid_root(c, &c->tables[number]);
}

/* The first leaf of the range that has been young since before number @before; @must: under a valid root. */
static bool find_young(struct checker *c, const struct check_task *task, uint64_t before, bool must, gfn_t *gfn)
{
	hva_t end = looked_at(c, task, must);

	for (uint32_t n = 1; n < c->mmu->arena.fresh; n++) {
		const struct check_table *t = &c->tables[n];
		uint64_t span;

		if (!t->young || !t->level || t->freed || !may_be_looked_at(c, n, must))
			continue;
		span = mmu_level_pages(c->mmu, t->level);
		if (!check_hva_has(c, task->start, end, t->as_id, t->gfn, span << c->mmu->arena.shift))
			continue;
		for (unsigned int i = 0; i < check_entries(c); i++) {
			*gfn = t->gfn + i * span;
			if (t->young[i] && t->young[i] < before &&
			    check_hva_has(c, task->start, end, t->as_id, *gfn, span))
				return true;
		}
	}
	return false;
}

void check_age_begin(struct checker *c, struct check_task *t)
{
	gfn_t gfn;

	t->cleared = false;
	t->met_young = check_exact(c) && find_young(c, t, UINT64_MAX, false, &gfn);
}

/* Nothing but the guest and fast faults gets in between: all that was young must have been seen and made old. */
static bool is_alone(const struct checker *c)
{
	return c->mmu->policy->age_lock == AGE_LOCK_WRITE;
}

void check_age_end(struct checker *c, struct check_task *t, bool young)
{
	gfn_t gfn = t->start;

	if (!check_exact(c))
		return;
	if (t->cleared && !young)
		check_wrong(c, "I-A1: a page was made old and not reported young", gfn, 0, NOBODY);
	if (young && !t->met_young)
		check_wrong(c, "I-A1: reported young without an access since the last report", gfn, 0, NOBODY);
	if (!find_young(c, t, t->begun, true, &gfn))
		return;
	if (!young)
		check_wrong(c, "I-A1: an accessed page was not reported young", gfn, 0, NOBODY);
	else if (t->op == CHECK_AGE && is_alone(c))
		check_wrong(c, "I-A1: a page reported young was not made old", gfn, 0, NOBODY);
}

static uint64_t *young_of(struct checker *c, const struct check_change *ch)
{
	struct check_table *t = &c->tables[ch->table];

	if (!t->young)
		t->young = xcalloc(check_entries(c), sizeof(*t->young));
	t->level = (uint8_t)ch->level;
	t->as_id = (uint8_t)ch->as_id;
	t->gfn = ch->gfn - ch->index * mmu_level_pages(c->mmu, ch->level);
	return &t->young[ch->index];
}

/* Somebody may be in the middle of a pass over this page. */
static void tell_agers(struct checker *c, const struct check_change *ch)
{
	for (unsigned int i = 0; i < c->nr_tasks; i++) {
		struct check_task *t = &c->tasks[i];

		if ((t->op == CHECK_AGE || t->op == CHECK_TEST_AGE) &&
		    check_hva_has(c, t->start, t->end, ch->as_id, ch->gfn, mmu_level_pages(c->mmu, ch->level)))
			t->met_young = true;
	}
}

static void check_aging(struct checker *c, struct check_task *t, const struct check_change *ch)
{
	const struct check_pte *old = &ch->old, *new = &ch->new;

	if (!old->leaf || !new->leaf || old->pfn != new->pfn)
		check_wrong(c, "I-A2: aging changed what a page is mapped to", ch->gfn, new->raw, NOBODY);
	else if (old->writable != new->writable && !new->tracked)
		check_wrong(c, "I-A2: aging changed whether a page is writable", ch->gfn, new->raw, NOBODY);
	else if (old->dirty && !new->dirty)
		check_wrong(c, "I-A2: aging forgot that a page is dirty", ch->gfn, new->raw, NOBODY);
}

void check_young(struct checker *c, struct check_task *t, const struct check_change *ch)
{
	bool is = ch->new.leaf && ch->new.accessed, ages;
	uint64_t *young = is || c->tables[ch->table].young ? young_of(c, ch) : NULL;

	ages = !ch->hardware && (t->op == CHECK_AGE || t->op == CHECK_TEST_AGE);
	if (ages)
		check_aging(c, t, ch);
	if (!young || !*young == !is)
		return;
	*young = is ? c->number : 0;
	if (is)
		tell_agers(c, ch);
	else if (ages)
		t->cleared = true;
	/* arm64: a plain store may undo what the hardware set since the entry was read; KVM takes that into account. */
	else if (ch->new.leaf && ch->new.pfn == ch->old.pfn && t->op == CHECK_FAULT &&
		 (ch->old.accessed || !check_by_tlbi(c)))
		check_wrong(c, "I-A1: a fault made a young page old", ch->gfn, ch->new.raw, NOBODY);
}
