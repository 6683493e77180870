/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What faults told of pages, by page and time. */
#include "replay/gpt_pages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/audit_walk.h"

struct told {			/* sorted by what they are about, and time */
	uint64_t about, t_ns;	/* a page's address / 4096; of zaps: a table */
	gfn_t	 table;
	uint16_t vm;
};

struct list {
	struct told *v;
	size_t	     nr, cap;
};

struct gpt_pages {
	struct list pages;	/* faults that set entries in them */
	struct list zaps;	/* of pages that shadow a table: whose address is another's then */
};

static int cmp_told(const void *va, const void *vb)
{
	const struct told *a = va, *b = vb;

	if (a->vm != b->vm)
		return a->vm < b->vm ? -1 : 1;
	if (a->about != b->about)
		return a->about < b->about ? -1 : 1;
	return a->t_ns < b->t_ns ? -1 : a->t_ns > b->t_ns;
}

static void add(struct list *l, const struct told *t)
{
	if (l->nr == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 256;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->nr++] = *t;
}

/* The last about that, by @t_ns; NULL: there is none. */
static const struct told *last(const struct list *l, uint16_t vm, uint64_t about, uint64_t t_ns)
{
	const struct told at = { .about = about, .t_ns = t_ns, .vm = vm };
	size_t lo = 0, hi = l->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cmp_told(&l->v[mid], &at) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && l->v[lo - 1].vm == vm && l->v[lo - 1].about == about ? &l->v[lo - 1] : NULL;
}

/* The fault's own entry: the first that is set once it is clear which page that is to map. */
static const struct rec_obs *own_set(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *o = rec_op_obs(r, op);
	bool requested = false;

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		requested |= o[i].o.kind == OBS_SPTE_REQUESTED;
		if (requested && o[i].o.kind == OBS_SET_SPTE)
			return &o[i];
	}
	return NULL;
}

/* It has the place of the guest's entry. */
static void note_fault(struct gpt_pages *p, const struct recording *r, const struct gptes *g, const struct rec_op *op)
{
	const struct ev *walk = rec_op_walk(r, op);
	const struct rec_obs *set = own_set(r, op);
	struct audit_walk w;

	if (!walk || !set || set->o.set.level != 1 || !audit_walk(g, op->vm, &walk->walk, set->t_ns, &w) || w.leaf != 1)
		return;
	if ((set->o.set.sptep >> 3 & (SPTE_ENTRIES - 1)) != audit_index(w.gva, 1))
		return;
	add(&p->pages, &(struct told){ set->o.set.sptep >> 12, set->t_ns, w.table[1], op->vm });
}

static void note_zaps(struct gpt_pages *p, const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *o = rec_op_obs(r, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (o[i].o.kind == OBS_PREPARE_ZAP_PAGE)
			add(&p->zaps, &(struct told){ o[i].o.page.gfn, o[i].t_ns, o[i].o.page.gfn, op->vm });
}

static void sort(struct list *l)
{
	if (l->nr)
		qsort(l->v, l->nr, sizeof(*l->v), cmp_told);
}

struct gpt_pages *gpt_pages_new(const struct recording *r, const struct gptes *g)
{
	struct gpt_pages *p = xcalloc(1, sizeof(*p));

	for (uint32_t i = 0; i < r->nr_ops && r->meta->shadow; i++) {
		if (r->ops[i].kind == EV_OP_FAULT)
			note_fault(p, r, g, &r->ops[i]);
		note_zaps(p, r, &r->ops[i]);
	}
	sort(&p->pages);
	sort(&p->zaps);
	return p;
}

void gpt_pages_free(struct gpt_pages *p)
{
	if (!p)
		return;
	free(p->pages.v);
	free(p->zaps.v);
	free(p);
}

bool gpt_pages_table(const struct gpt_pages *p, uint16_t vm, uint64_t sptep, uint64_t t_ns, gfn_t *table)
{
	const struct told *page = last(&p->pages, vm, sptep >> 12, t_ns), *zap;

	if (!page)
		return false;
	zap = last(&p->zaps, vm, page->table, t_ns);
	*table = page->table;
	return !zap || zap->t_ns < page->t_ns;
}
