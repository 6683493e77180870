/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots, who holds them (I-T3), and what a vCPU's TLB may still hold. */
#include "engine/core/checker_state.h"

#include <string.h>

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

struct check_root *check_root_find(struct checker *c, uint32_t table)
{
	for (size_t i = c->nr_roots; i-- > 0;)
		if (c->roots[i].table == table)
			return &c->roots[i];
	return NULL;
}

/* --- references in hand ------------------------------------------------------------- */

static struct check_hand *hand_of(struct check_task *t, uint32_t table)
{
	for (unsigned int i = 0; i < CHECK_HANDS; i++)
		if (t->hand[i].nr && t->hand[i].table == table)
			return &t->hand[i];
	return NULL;
}

static void take_in_hand(struct check_task *t, uint32_t table)
{
	struct check_hand *h = hand_of(t, table);

	for (unsigned int i = 0; i < CHECK_HANDS && !h; i++)
		if (!t->hand[i].nr)
			h = &t->hand[i];
	if (!h)
		return;
	h->table = table;
	h->nr++;
}

/* Return: false: there was none. */
static bool give_from_hand(struct check_task *t, uint32_t table)
{
	struct check_hand *h = hand_of(t, table);

	if (h)
		h->nr--;
	return h;
}

/* One reference less: the task's, or the MMU's own when it has let go of the root. */
static void check_given_back(struct checker *c, struct check_root *r, bool mmu_owns)
{
	if (give_from_hand(check_self(c), r->table))
		return;
	if (!r->mmu_ref || mmu_owns)
		check_wrong(c, "I-T3: a reference to a root was given back that was not held", 0, r->table, NOBODY);
	r->mmu_ref = false;
}

/* --- roots ------------------------------------------------------------------------------ */

static void add_root(struct checker *c, uint32_t table)
{
	struct check_table *t = &c->tables[table];

	if (c->nr_roots == c->cap_roots) {
		c->cap_roots = c->cap_roots ? 2 * c->cap_roots : 8;
		c->roots = xreallocarray(c->roots, c->cap_roots, sizeof(*c->roots));
	}
	c->roots[c->nr_roots++] = (struct check_root){ .table = table, .refs = 2, .mmu_ref = true };
	*t = (struct check_table){ .root = table, .linked = true, .young = t->young };
	if (t->young)
		memset(t->young, 0, check_entries(c) * sizeof(*t->young));
}

void checker_root_new(struct mmu *mmu, uint32_t table)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	check_log(c, "new root", 0, table);
	add_root(c, table);
	take_in_hand(check_self(c), table);
	check_release(mmu, c);
}

void checker_root_fixed(struct mmu *mmu, uint32_t table)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	add_root(c, table);
	check_release(mmu, c);
}

void checker_root_invalid(struct mmu *mmu, uint32_t table)
{
	struct checker *c = mmu->checker;
	struct check_root *r;

	check_lock(c);
	check_log(c, "root becomes invalid", 0, table);
	r = check_root_find(c, table);
	if (r)
		r->invalid = c->number;
	check_release(mmu, c);
}

static unsigned int holders(const struct checker *c, uint32_t table)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < c->mmu->config.nr_vcpus; i++)
		nr += c->vcpus[i].root == table;
	return nr;
}

void checker_root_refs(struct mmu *mmu, uint32_t table, uint64_t refs, bool mmu_owns)
{
	struct checker *c = mmu->checker;
	struct check_root *r;

	check_lock(c);
	check_log(c, "root references", table, refs);
	r = check_exact(c) ? check_root_find(c, table) : NULL;
	if (r && refs > r->refs)
		take_in_hand(check_self(c), table);
	else if (r)
		check_given_back(c, r, mmu_owns);
	if (r)
		r->refs = refs;
	if (r && refs < holders(c, table) + mmu_owns)
		check_wrong(c, "I-T3: a root has fewer references than holders", 0, refs, NOBODY);
	if (r && !refs && !r->invalid)
		check_wrong(c, "I-T3: a valid root lost its last reference", 0, r->table, NOBODY);
	check_release(mmu, c);
}

void checker_root_gone(struct mmu *mmu, uint32_t table)
{
	struct checker *c = mmu->checker;
	struct check_table *t = &c->tables[table];

	check_lock(c);
	check_log(c, "root leaves the list", 0, table);
	t->linked = false;
	t->unlinked = c->number;
	t->mark = rt_rcu_mark();
	check_release(mmu, c);
}

void checker_vcpu_root(struct mmu *mmu, unsigned int vcpu, uint32_t table)
{
	struct checker *c = mmu->checker;

	check_lock(c);
	check_log(c, table ? "vCPU takes root" : "vCPU leaves its root", vcpu, table);
	if (check_exact(c) && table && !give_from_hand(check_self(c), table))
		check_wrong(c, "I-T3: a vCPU took a root without a reference", vcpu, table, NOBODY);
	if (check_exact(c) && !table && c->vcpus[vcpu].root)
		take_in_hand(check_self(c), c->vcpus[vcpu].root);
	c->vcpus[vcpu].root = table;
	c->vcpus[vcpu].clean = c->number;	/* a new root comes with an empty TLB */
	check_release(mmu, c);
}

uint64_t check_clean(struct checker *c, uint32_t root)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned int i = 0; i < c->mmu->config.nr_vcpus; i++) {
		const struct check_vcpu *v = &c->vcpus[i];

		if (v->root && (!root || v->root == root) && v->clean < oldest)
			oldest = v->clean;
	}
	return oldest;
}
