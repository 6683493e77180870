/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries and the tables they are in: what may be freed when (I-T1), what leads where (I-T2),
 * who writes to what is gone (I-A3), what makes a flush necessary (I-F1), and what may take a
 * mapping away (I-M1).
 */
#include "engine/core/checker_state.h"

#include <string.h>

#define NOBODY	UINT32_MAX
/* What a walker that comes too late finds: a young leaf that permits everything. */
#define POISON	0x000deaddeaddefffULL
#define POISON_STAGE2	(POISON & ~STAGE2_TYPE)

static bool ages(const struct check_task *t)
{
	return t->op == CHECK_AGE || t->op == CHECK_TEST_AGE;
}

static bool ends_vm(const struct check_task *t)
{
	return t->op == CHECK_ZAP_ALL || t->op == CHECK_TEARDOWN;
}

/* --- links ------------------------------------------------------------------------ */

static void unlink_table(struct checker *c, const struct check_task *t, const struct check_change *ch)
{
	struct check_table *child = &c->tables[ch->old.child];

	if (!child->linked || child->parent != ch->table || child->slot != ch->index)
		return;
	child->linked = false;
	/* What hangs from a table that nobody can reach was cut off with it. */
	child->unlinked = c->tables[ch->table].linked ? c->number : c->tables[ch->table].unlinked;
	child->mark = rt_rcu_mark();
	child->vm_gone = ends_vm(t);
}

static void link_table(struct checker *c, const struct check_change *ch)
{
	struct check_table *child = &c->tables[ch->new.child];

	if (child->linked)
		check_wrong(c, "I-T2: a table hangs from two entries", ch->gfn, ch->new.child, NOBODY);
	if (ch->old.child && ch->old.child != ch->new.child)
		check_wrong(c, "I-T2: a table was replaced instead of being used again", ch->gfn, ch->old.child, NOBODY);
	*child = (struct check_table){ .root = c->tables[ch->table].root, .parent = ch->table, .slot = ch->index,
				       .linked = true, .young = child->young };
	if (child->young)
		memset(child->young, 0, check_entries(c) * sizeof(*child->young));
}

const struct check_table *check_cut_off(const struct checker *c, uint32_t number)
{
	const struct check_table *t = &c->tables[number];

	while (t->linked && t->parent)
		t = &c->tables[t->parent];
	return t->linked ? NULL : t;
}

/* No RCU section of another task that began before the unlinking goes on; every vCPU has forgotten the way. */
static void check_free(struct checker *c, uint32_t number, bool alone)
{
	const struct check_table *t = check_cut_off(c, number);
	const struct check_root *r = check_root_find(c, c->tables[number].root);
	uint64_t clean = check_clean(c, c->tables[number].root);

	if (!t)
		check_wrong(c, "I-T2: a table was freed while an entry leads to it", 0, number, NOBODY);
	else if (t->unlinked && !alone && !rt_rcu_passed(t->mark))
		check_wrong(c, "I-T1: a table was freed while a walker may be in it", t->gfn, number, NOBODY);
	else if (t->unlinked && !t->vm_gone && clean < t->unlinked && !(r && r->invalid && clean >= r->invalid))
		check_wrong(c, "I-T1: a table was freed while a TLB may lead to it", t->gfn, number, NOBODY);
	else if (check_led_to(c, number))
		check_wrong(c, "I-T1: a table was freed while a TLB may lead to it", t->gfn, number, NOBODY);
}

void check_freeing(void *arg, uint32_t number)
{
	struct mmu *mmu = arg;
	struct checker *c = mmu->checker;
	struct check_table *t = &c->tables[number];
	struct check_root *r;
	rt_u64 *entry = arena_entries(&mmu->arena, number);

	if (check_shadows(c)) {
		check_lock(c);
		check_shadow_freed(c, number);
		check_release(mmu, c);
	}
	if (!check_exact(c))
		return;
	check_lock(c);
	if (!t->freed)
		check_free(c, number, arena_table(&mmu->arena, number)->flags & TABLE_ALONE);
	r = check_root_find(c, number);
	if (r)
		*r = c->roots[--c->nr_roots];
	t->freed = true;
	t->goes = false;
	t->linked = false;
	t->unlinked = 0;
	for (unsigned int i = 0; i < check_entries(c); i++)
		rt_set(&entry[i], check_by_tlbi(c) ? POISON_STAGE2 : POISON);
	check_release(mmu, c);
}

/* --- permissions ---------------------------------------------------------------------- */

/*
 * A fault that found no slot, and comes to install its MMIO entry after the slot was made and somebody
 * mapped the page: neither version looks for that, and neither flushes.  (KVM v6.12
 * tdp_mmu_map_handle_target_level(), is_page_fault_stale().)  docs/safety.md; counted, not judged.
 */
static bool covers_by_mmio(const struct check_change *ch)
{
	return ch->old.leaf && !ch->new.present && !ch->new.frozen && !ch->new.empty;
}

/* A TLB that holds the old entry lets through what the new one does not. */
static bool makes_stale(const struct check_change *ch)
{
	if (!ch->old.present || ch->hardware || covers_by_mmio(ch))
		return false;
	if (ch->old.leaf)
		return ch->new.leaf ? ch->old.pfn != ch->new.pfn : !ch->new.present;
	return ch->old.child != ch->new.child || ch->new.leaf;
}

/* Where writes are logged by the hardware, D is the permission to write unnoticed. */
static bool takes_unnoticed(const struct check_task *t, const struct check_change *ch)
{
	return (t->op == CHECK_DIRTY || t->op == CHECK_MEMSLOT) && ch->old.leaf && ch->new.leaf &&
	       ch->old.unnoticed && !ch->new.unnoticed;
}

static bool takes_permission(const struct check_change *ch)
{
	return ch->old.leaf && ch->new.leaf && !ch->hardware &&
	       ((ch->old.writable && !ch->new.writable) || (ch->old.executable && !ch->new.executable));
}

/* On an invalid root no vCPU may be running: all left the guest after it became so. */
static void check_invalid_root(struct checker *c, const struct check_change *ch, const struct check_root *r)
{
	if (check_clean(c, r->table) < r->invalid)
		check_wrong(c, "I-F1: an invalid root was zapped while a vCPU may run on it", ch->gfn, ch->old.raw,
			    NOBODY);
}

static void owe(struct checker *c, struct check_task *t, const struct check_change *ch)
{
	const struct check_root *r = check_root_find(c, c->tables[ch->table].root);
	const struct check_table *home = &c->tables[ch->table];
	bool stale = makes_stale(ch);

	if (ages(t) || ends_vm(t) || !(stale || takes_permission(ch) || takes_unnoticed(t, ch)))
		return;
	/* Every vCPU has forgotten the way here since the table was cut off. */
	if (!home->linked && home->unlinked && check_clean(c, home->root) >= home->unlinked)
		return;
	/* Nothing leads here any more: what made it so owed the flush. */
	if (!c->tables[ch->table].linked)
		return;
	if (r && r->invalid) {
		check_invalid_root(c, ch, r);
		return;
	}
	t->owes_op = c->number;
	if (stale)
		t->owes = c->number;
}

/* --- mappings -------------------------------------------------------------------------- */

/* May the task, in what it does, take away a leaf of these pages? */
static bool may_drop(const struct checker *c, const struct check_task *t, const struct check_change *ch)
{
	uint64_t nr = mmu_level_pages(c->mmu, ch->level);
	const struct check_root *r;

	if (c->tables[ch->table].goes)
		return true;
	switch (t->op) {
	case CHECK_INVALIDATE_START:
	case CHECK_SET_SPTE:
		return check_hva_has(c, t->start, t->op == CHECK_SET_SPTE ? t->start + 1 : t->end, ch->as_id,
				     ch->gfn, nr);
	case CHECK_ZAP_RANGE:
		r = check_root_find((struct checker *)c, c->tables[ch->table].root);
		return (r && r->invalid) || (t->start < ch->gfn + nr && ch->gfn < t->end);
	case CHECK_FAULT:
		if (t->gfn >= ch->gfn && t->gfn < ch->gfn + nr)
			return true;
		/* Under zap.fast_worker = vcpu-put the vCPU that takes a new root empties the old one. */
		r = check_root_find((struct checker *)c, c->tables[ch->table].root);
		if (r && r->invalid)
			return true;
		/* A huge page takes the place of the small ones around the gfn. */
		return t->gfn >> 18 == ch->gfn >> 18;
	case CHECK_AGE:
	case CHECK_TEST_AGE:
	case CHECK_INVALIDATE_END:
		r = check_root_find((struct checker *)c, c->tables[ch->table].root);
		return r && r->invalid;
	default:
		return true;
	}
}

static void check_mappings(struct checker *c, const struct check_task *t, const struct check_change *ch)
{
	if (ch->old.leaf && !ch->new.leaf && !ch->new.child && !ch->hardware && !may_drop(c, t, ch))
		check_wrong(c, "I-M1: a mapping was taken away that nothing asked for", ch->gfn, ch->old.raw, NOBODY);
	/* What a fault maps is looked at when it says so, with the page it meant. */
	if (ch->new.leaf && !ch->old.leaf && t->op != CHECK_FAULT && !ages(t))
		check_mapped(c, t, ch->as_id, ch->gfn, mmu_level_pages(c->mmu, ch->level), ch->new.raw);
}

void checker_table_goes(struct mmu *mmu, uint32_t table, bool unused)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	check_log(c, "page is zapped", 0, table);
	c->tables[table].goes = true;
	c->tables[table].unused = unused;
	check_release(mmu, c);
}

/* --- changes ----------------------------------------------------------------------------- */

static void check_home(struct checker *c, const struct check_task *t, const struct check_change *ch)
{
	const struct check_table *home = &c->tables[ch->table];

	if (home->freed)
		check_wrong(c, ages(t) && !ch->hardware ? "I-A3: aging changed an entry of a freed table" :
			    "I-T1: an entry of a freed table was used", ch->gfn, ch->new.raw, NOBODY);
	/* On arm64 the entries of a removed table go on as they were, until its grace period is over. */
	else if (!check_by_tlbi(c) && home->unlinked && !home->linked && ch->old.frozen && !ch->new.frozen)
		check_wrong(c, "I-T2: a removed table came to life again", ch->gfn, ch->new.raw, NOBODY);
}

static const char *verb(const struct check_change *ch)
{
	if (ch->hardware)
		return "guest sets A, D";
	if (ch->new.frozen)
		return "entry frozen";
	if (!ch->new.present)
		return "entry emptied";
	return ch->new.leaf ? "entry maps" : "table linked";
}

void checker_changed(struct mmu *mmu, const struct check_change *ch)
{
	struct checker *c = mmu->checker;
	struct check_task *t;

	if (check_shadows(c)) {
		check_lock(c);
		check_shadow_change(c, check_self(c), ch);
		check_release(mmu, c);
	}
	if (!check_exact(c))
		return;
	check_lock(c);
	t = check_self(c);
	if (c->tables[ch->table].linked)
		check_log(c, verb(ch), ch->gfn, ch->new.raw);
	else
		c->number++;
	check_home(c, t, ch);
	if (ch->old.empty && ch->new.empty)
		check_wrong(c, "I-T2: a zap processed an entry that maps nothing", ch->gfn, ch->old.raw, NOBODY);
	if (ch->old.child && ch->old.child != ch->new.child)
		unlink_table(c, t, ch);
	if (ch->new.child && ch->old.child != ch->new.child)
		link_table(c, ch);
	if (covers_by_mmio(ch))
		rt_count(&mmu->counters.mmio_over_leaf, 1);
	check_young(c, t, ch);
	check_mappings(c, t, ch);
	if (check_by_tlbi(c)) {
		check_stale_entry(c, t, ch);
		check_caches(c, ch);
	} else {
		owe(c, t, ch);
	}
	check_release(mmu, c);
}

/* A table that came filled: the pages below it are where they were before, or the flush is owed. */
void checker_linked(struct mmu *mmu, const struct check_change *ch, const struct check_pte *pte, unsigned int nr)
{
	struct checker *c = mmu->checker;
	struct check_task *t;
	uint64_t step = mmu_level_pages(mmu, ch->level - 1);
	const struct check_pte *was = ch->old.leaf ? &ch->old : &ch->was;

	if (!check_exact(c))
		return;
	check_lock(c);
	t = check_self(c);
	for (unsigned int i = 0; i < nr; i++) {
		struct check_change below = { .table = ch->new.child, .index = (uint16_t)i, .level = ch->level - 1,
					      .gfn = ch->gfn + i * step, .as_id = ch->as_id, .new = pte[i] };

		check_young(c, t, &below);
		if (was->leaf && !pte[i].child && (!pte[i].leaf || pte[i].pfn != was->pfn + i * step ||
						   pte[i].writable != was->writable)) {
			check_wrong(c, "I-M1: a split page is not what it was", below.gfn, pte[i].raw, NOBODY);
			break;
		}
	}
	check_release(mmu, c);
}
