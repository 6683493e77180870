/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries by place (VM, address space, level, first frame).  At each place there is a list of
 * those that are present, the one changed last first: one per root that maps it.
 *
 * What a chain of values shows:
 *  - a leaf that was there before an invalidation zapped its range, and is met again after that: I-N1;
 *  - an entry that becomes present where every table above it was removed before the operation began: I-T2;
 *  - an old value that nobody put there: a gap in the recording.
 */
#include "replay/audit_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "replay/instants.h"

#define NONE		UINT32_MAX
#define MAX_LEVEL	5
#define MAX_LEAF_LEVEL	3

/* One present entry, or a table that was removed. */
struct entry {
	uint64_t value;
	uint64_t since_ns;	/* it was last changed, or met */
	uint64_t gone_ns;	/* a table: last record of its removal; 0: it is there */
	uint32_t op;		/* that changed it last */
	uint32_t outlived;	/* a window that should have zapped it, or NONE */
	uint32_t next;
};

/* Entries of 512 neighbours: a place's list by its low bits. */
struct block {
	uint64_t key;		/* frame >> 9 * level, level, address space, VM */
	uint32_t nr_leafs;
	uint32_t head[SPTE_ENTRIES];
};

struct orphan {			/* an entry under a table that is not there: is the table's own record late? */
	uint32_t op, obs;
	uint32_t remover;	/* operation that removed the table last, */
	uint64_t gone_ns;	/* and its last record of that */
};

struct removal {		/* the last one of a level */
	uint32_t op, entry;
	gfn_t	 start, end;
};

struct audit_tables {
	const struct recording	   *r;
	const struct audit_windows *w;
	struct audit		   *a;
	struct block		   *blocks;
	uint32_t		    nr_blocks, cap_blocks;
	uint32_t		   *hash;	/* of block numbers, open addressing */
	uint32_t		    hash_size;	/* power of two */
	struct entry		   *entries;
	uint32_t		    nr_entries, cap_entries, unused;	/* unused: list of those free again */
	struct orphan		   *orphans;
	uint32_t		    nr_orphans, cap_orphans;
	uint8_t			   *root_level;	/* by VM: highest level seen */
	struct removal		    removals[MAX_LEVEL + 1];
};

/* --- places ------------------------------------------------------------------------ */

static uint64_t key_of(uint16_t vm, unsigned int as_id, unsigned int level, gfn_t gfn)
{
	return (gfn >> (9 * level)) << 24 | (uint64_t)level << 20 | (uint64_t)(as_id & 15) << 16 | vm;
}

static uint32_t hash_of(const struct audit_tables *t, uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15ULL >> 32) & (t->hash_size - 1);
}

static void rehash(struct audit_tables *t)
{
	free(t->hash);
	t->hash_size = t->hash_size ? 2 * t->hash_size : 256;
	t->hash = xmalloc(t->hash_size * sizeof(*t->hash));
	for (uint32_t i = 0; i < t->hash_size; i++)
		t->hash[i] = NONE;
	for (uint32_t b = 0; b < t->nr_blocks; b++) {
		uint32_t h = hash_of(t, t->blocks[b].key);

		while (t->hash[h] != NONE)
			h = (h + 1) & (t->hash_size - 1);
		t->hash[h] = b;
	}
}

static uint32_t add_block(struct audit_tables *t, uint64_t key, uint32_t slot)
{
	if (t->nr_blocks == t->cap_blocks) {
		t->cap_blocks = t->cap_blocks ? 2 * t->cap_blocks : 64;
		t->blocks = xreallocarray(t->blocks, t->cap_blocks, sizeof(*t->blocks));
	}
	t->blocks[t->nr_blocks].key = key;
	t->blocks[t->nr_blocks].nr_leafs = 0;
	for (uint32_t i = 0; i < SPTE_ENTRIES; i++)
		t->blocks[t->nr_blocks].head[i] = NONE;
	t->hash[slot] = t->nr_blocks++;
	if (t->nr_blocks * 2 > t->hash_size)
		rehash(t);
	return t->nr_blocks - 1;
}

static struct block *find_block(struct audit_tables *t, uint64_t key, uint32_t *slot)
{
	uint32_t h = hash_of(t, key);

	while (t->hash[h] != NONE && t->blocks[t->hash[h]].key != key)
		h = (h + 1) & (t->hash_size - 1);
	*slot = h;
	return t->hash[h] == NONE ? NULL : &t->blocks[t->hash[h]];
}

/* The block of a place, made where there is none; valid until the next call. */
static struct block *block_of(struct audit_tables *t, uint16_t vm, unsigned int as_id, unsigned int level, gfn_t gfn)
{
	uint64_t key = key_of(vm, as_id, level, gfn);
	uint32_t slot;
	struct block *b = find_block(t, key, &slot);

	if (b)
		return b;
	slot = add_block(t, key, slot);
	return &t->blocks[slot];
}

/* Head of the list at a place in @b. */
static uint32_t *place(struct block *b, unsigned int level, gfn_t gfn)
{
	return &b->head[(gfn >> SPTE_LEVEL_SHIFT(level)) & (SPTE_ENTRIES - 1)];
}

static void put_entry(struct audit_tables *t, struct block *b, unsigned int level, gfn_t gfn, const struct entry *e)
{
	uint32_t n = t->unused, *head = place(b, level, gfn);

	if (n != NONE) {
		t->unused = t->entries[n].next;
	} else {
		if (t->nr_entries == t->cap_entries) {
			t->cap_entries = t->cap_entries ? 2 * t->cap_entries : 4096;
			t->entries = xreallocarray(t->entries, t->cap_entries, sizeof(*t->entries));
		}
		n = t->nr_entries++;
	}
	t->entries[n] = *e;
	t->entries[n].next = *head;
	*head = n;
	b->nr_leafs += spte_is_leaf(e->value, (int)level);
}

static void drop_entry(struct audit_tables *t, uint32_t *link)
{
	uint32_t n = *link;

	*link = t->entries[n].next;
	t->entries[n].next = t->unused;
	t->unused = n;
}

/* Permissions, A and D change without a record: the page and the kind of entry are what tells entries apart. */
static bool same_entry(uint64_t a, uint64_t b, int level)
{
	return spte_pfn(a) == spte_pfn(b) && spte_is_leaf(a, level) == spte_is_leaf(b, level);
}

/* The one of the list at @head that @value is; its link, or NULL. */
static uint32_t *find_entry(struct audit_tables *t, uint32_t *head, uint64_t value, int level)
{
	for (uint32_t *link = head; *link != NONE; link = &t->entries[*link].next)
		if (!t->entries[*link].gone_ns && same_entry(t->entries[*link].value, value, level))
			return link;
	return NULL;
}

/* --- I-N1: what outlived an invalidation ----------------------------------------------- */

/* Leafs of @b in @range that were there before @w began are still there. */
static void mark_block(struct audit_tables *t, struct block *b, unsigned int level, const struct audit_range *range,
		       uint32_t window)
{
	uint64_t pages = SPTE_LEVEL_PAGES(level), base = (b->key >> 24) << (9 * level);
	const struct audit_window *w = &t->w->v[window];

	for (uint32_t i = 0; i < SPTE_ENTRIES; i++) {
		gfn_t gfn = base + i * pages;

		if (gfn >= range->end || gfn + pages <= range->start)
			continue;
		for (uint32_t n = b->head[i]; n != NONE; n = t->entries[n].next) {
			struct entry *e = &t->entries[n];

			if (spte_is_leaf(e->value, (int)level) && e->since_ns < t->r->ops[w->start].begin_ns &&
			    e->outlived == NONE)
				e->outlived = window;
		}
	}
}

static void mark_level(struct audit_tables *t, unsigned int level, const struct audit_range *range, uint32_t window)
{
	uint16_t vm = t->w->v[window].vm;
	gfn_t first = range->start >> (9 * level), last = (range->end - 1) >> (9 * level);
	uint32_t slot;

	if (last - first >= t->nr_blocks) {
		for (uint32_t i = 0; i < t->nr_blocks; i++)
			if (t->blocks[i].nr_leafs && (t->blocks[i].key & 0xffffff) == key_of(vm, 0, level, 0))
				mark_block(t, &t->blocks[i], level, range, window);
		return;
	}
	for (gfn_t n = first; n <= last; n++) {
		struct block *b = find_block(t, key_of(vm, 0, level, n << (9 * level)), &slot);

		if (b && b->nr_leafs)
			mark_block(t, b, level, range, window);
	}
}

void audit_tables_zapped(struct audit_tables *t, uint32_t window)
{
	const struct audit_window *w = &t->w->v[window];

	for (uint32_t i = 0; i < w->nr_ranges; i++)
		for (unsigned int level = 1; level <= MAX_LEAF_LEVEL; level++)
			mark_level(t, level, &t->w->ranges[w->first_range + i], window);
}

/* The leaf of @obs was there before a window began, and still after it had zapped. */
static void say_outlived(struct audit_tables *t, const struct entry *e, uint32_t op, uint32_t obs)
{
	const struct obs_spte *s = &t->r->obs[obs].o.spte;
	const struct audit_window *w = &t->w->v[e->outlived];
	struct audit_finding *f;
	gfn_t gfn = s->gfn;

	audit_window_covers(t->w, w, s->gfn, s->gfn + SPTE_LEVEL_PAGES(s->level), &gfn);
	f = audit_add(t->a, AUDIT_N1, w->vm, gfn, w->zapped);
	f->certain = !t->a->lost && !rec_op_lost(t->r, &t->r->ops[w->start]);
	f->obs = obs;
	f->ops[0] = w->start;
	f->ops[1] = op;
	f->ops[2] = w->end;
	snprintf(f->text, sizeof(f->text),
		 "an entry of level %u outlived the start of an invalidation: it was there at %.6f s and at %.6f s",
		 (unsigned int)s->level,
		 e->since_ns / 1e9, t->r->obs[obs].t_ns / 1e9);
}

/* --- I-T2: what is put into a removed table ----------------------------------------------- */

/* Is a table linked at the place above?  *@gone: else the one removed last, or NONE where none ever was. */
static bool table_above(struct audit_tables *t, const struct rec_obs *o, uint32_t *gone)
{
	const struct obs_spte *s = &o->o.spte;
	uint32_t *head = place(block_of(t, o->o.vm, s->as_id, s->level + 1, s->gfn), s->level + 1, s->gfn);

	*gone = NONE;
	for (uint32_t n = *head; n != NONE; n = t->entries[n].next) {
		const struct entry *e = &t->entries[n];

		if (!e->gone_ns && spte_is_table(e->value, s->level + 1))
			return true;
		if (e->gone_ns && (*gone == NONE || e->gone_ns > t->entries[*gone].gone_ns))
			*gone = n;
	}
	return false;
}

/* Who walked before the table went away may still have changed it: then the remover finds what he put there. */
static uint64_t earliest_walk(const struct recording *r, const struct rec_op *op)
{
	struct fault_instants f;

	if (op->kind != EV_OP_FAULT)
		return op->begin_ns;
	instants_fault(r, op, &f);
	return f.check.lo;
}

static void check_table(struct audit_tables *t, uint32_t op, uint32_t obs)
{
	const struct rec_obs *o = &t->r->obs[obs];
	uint32_t gone;

	if (o->o.spte.level >= t->root_level[o->o.vm] || table_above(t, o, &gone) || gone == NONE)
		return;
	if (t->entries[gone].op == op || earliest_walk(t->r, &t->r->ops[op]) <= t->entries[gone].gone_ns)
		return;
	if (t->nr_orphans == t->cap_orphans) {
		t->cap_orphans = t->cap_orphans ? 2 * t->cap_orphans : 16;
		t->orphans = xreallocarray(t->orphans, t->cap_orphans, sizeof(*t->orphans));
	}
	t->orphans[t->nr_orphans++] = (struct orphan){ op, obs, t->entries[gone].op,
							   t->entries[gone].gone_ns };
}

/* A link is visible before its record: whoever installed below it meanwhile did no harm. */
static void adopt_orphans(struct audit_tables *t, uint32_t op, uint32_t obs)
{
	const struct rec_obs *link = &t->r->obs[obs];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->nr_orphans; i++) {
		const struct rec_obs *o = &t->r->obs[t->orphans[i].obs];
		const struct obs_spte *s = &o->o.spte;
		bool below = o->o.vm == link->o.vm && s->as_id == link->o.spte.as_id &&
			     s->level + 1 == link->o.spte.level &&
			     s->gfn - link->o.spte.gfn < SPTE_LEVEL_PAGES(link->o.spte.level);

		if (!below || earliest_walk(t->r, &t->r->ops[op]) > o->t_ns)
			t->orphans[kept++] = t->orphans[i];
	}
	t->nr_orphans = kept;
}

void audit_tables_end(struct audit_tables *t)
{
	for (uint32_t i = 0; i < t->nr_orphans; i++) {
		const struct orphan *x = &t->orphans[i];
		const struct rec_obs *o = &t->r->obs[x->obs];
		struct audit_finding *f = audit_add(t->a, AUDIT_T2, o->o.vm, o->o.spte.gfn, o->t_ns);

		f->obs = x->obs;
		f->ops[0] = x->op;
		f->ops[1] = x->remover;
		snprintf(f->text, sizeof(f->text),
			 "an entry of level %u changed under a table that had been removed by %.6f s",
			 (unsigned int)o->o.spte.level, x->gone_ns / 1e9);
	}
	t->nr_orphans = 0;
}

/* --- changes -------------------------------------------------------------------------------- */

static void note_gap(struct audit_tables *t, uint32_t op, uint32_t obs)
{
	if (t->a->gaps < AUDIT_GAPS)
		t->a->first_gaps[t->a->gaps] = (struct audit_gap){ op, obs };
	t->a->gaps++;
}

/* What is below a table that one operation removes is removed by it as well, record by record. */
static void note_removal(struct audit_tables *t, uint32_t op, const struct rec_obs *o)
{
	for (unsigned int level = o->o.spte.level + 1; level <= MAX_LEVEL; level++) {
		const struct removal *x = &t->removals[level];

		if (x->entry != NONE && x->op == op && o->o.spte.gfn >= x->start && o->o.spte.gfn < x->end)
			t->entries[x->entry].gone_ns = o->t_ns;
	}
}

static void remove_table(struct audit_tables *t, uint32_t entry, uint32_t op, const struct rec_obs *o)
{
	const struct obs_spte *s = &o->o.spte;

	t->entries[entry].gone_ns = o->t_ns;
	t->entries[entry].op = op;
	t->removals[s->level] = (struct removal){ op, entry, s->gfn, s->gfn + SPTE_LEVEL_PAGES(s->level) };
}

/* Tables that went away earlier at this place are of no more use than the last of them. */
static void forget_removed(struct audit_tables *t, uint32_t *head, int level)
{
	uint32_t *link = head;

	while (*link != NONE) {
		if (!t->entries[*link].gone_ns) {
			link = &t->entries[*link].next;
			continue;
		}
		if (t->removals[level].entry == *link)
			t->removals[level].entry = NONE;
		drop_entry(t, link);
	}
}

/* The old value goes; where it was met is when it was last there. */
static void leave_old(struct audit_tables *t, uint32_t op, uint32_t obs)
{
	const struct rec_obs *o = &t->r->obs[obs];
	const struct obs_spte *s = &o->o.spte;
	struct block *b = block_of(t, o->o.vm, s->as_id, s->level, s->gfn);
	uint32_t *head = place(b, s->level, s->gfn), *link = find_entry(t, head, s->old, s->level);

	if (!link) {
		note_gap(t, op, obs);
	} else if (spte_is_table(s->old, s->level)) {
		if (!spte_is_table(s->new, s->level)) {
			forget_removed(t, head, s->level);
			remove_table(t, *find_entry(t, head, s->old, s->level), op, o);
		} else {
			drop_entry(t, link);
		}
	} else {
		if (t->entries[*link].outlived != NONE)
			say_outlived(t, &t->entries[*link], op, obs);
		b->nr_leafs--;
		drop_entry(t, link);
	}
}

/* A leaf that is split leaves 512 smaller ones, of which nothing is recorded. */
static void split(struct audit_tables *t, uint32_t op, const struct rec_obs *o)
{
	const struct obs_spte *s = &o->o.spte;
	unsigned int level = s->level - 1;
	uint64_t pages = SPTE_LEVEL_PAGES(level);

	for (uint64_t i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t value = (s->old & ~SPTE_PFN_MASK) | ((spte_pfn(s->old) + i * pages) << 12);
		struct entry e = { .value = level == 1 ? value & ~SPTE_LARGE : value, .since_ns = o->t_ns, .op = op,
				   .outlived = NONE };

		put_entry(t, block_of(t, o->o.vm, s->as_id, level, s->gfn), level, s->gfn + i * pages, &e);
	}
}

void audit_tables_change(struct audit_tables *t, uint32_t op, uint32_t obs)
{
	const struct rec_obs *o = &t->r->obs[obs];
	const struct obs_spte *s = &o->o.spte;
	bool was = spte_is_present(s->old), is = spte_is_present(s->new);

	if (o->o.vm >= t->r->meta->nr_vms || s->level < 1 || s->level > MAX_LEVEL)
		return;
	if (s->level > t->root_level[o->o.vm])
		t->root_level[o->o.vm] = s->level;
	note_removal(t, op, o);
	if (is)
		check_table(t, op, obs);
	if (was)
		leave_old(t, op, obs);
	if (is) {
		struct entry e = { .value = s->new, .since_ns = o->t_ns, .op = op, .outlived = NONE };

		put_entry(t, block_of(t, o->o.vm, s->as_id, s->level, s->gfn), s->level, s->gfn, &e);
	}
	if (is && spte_is_table(s->new, s->level))
		adopt_orphans(t, op, obs);
	if (spte_is_leaf(s->old, s->level) && spte_is_table(s->new, s->level))
		split(t, op, o);
}

struct audit_tables *audit_tables_new(const struct recording *r, const struct audit_windows *w, struct audit *a)
{
	struct audit_tables *t = xcalloc(1, sizeof(*t));

	t->r = r;
	t->w = w;
	t->a = a;
	t->unused = NONE;
	for (unsigned int level = 0; level <= MAX_LEVEL; level++)
		t->removals[level].entry = NONE;
	t->root_level = xcalloc(r->meta->nr_vms, 1);
	rehash(t);
	return t;
}

void audit_tables_free(struct audit_tables *t)
{
	if (!t)
		return;
	free(t->blocks);
	free(t->hash);
	free(t->entries);
	free(t->orphans);
	free(t->root_level);
	free(t);
}
