/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What faults told of pages, by page and time. */
#include "replay/gpt_pages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/audit_walk.h"

struct told {
	uint64_t page, t_ns;
	gfn_t	 table;
	uint16_t vm;
};

struct gpt_pages {
	struct told *v;
	size_t	     nr, cap;
};

static int cmp_told(const void *va, const void *vb)
{
	const struct told *a = va, *b = vb;

	if (a->vm != b->vm)
		return a->vm < b->vm ? -1 : 1;
	if (a->page != b->page)
		return a->page < b->page ? -1 : 1;
	return a->t_ns < b->t_ns ? -1 : a->t_ns > b->t_ns;
}

static void add(struct gpt_pages *p, const struct told *t)
{
	if (p->nr == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
	}
	p->v[p->nr++] = *t;
}

/* The fault's own entry is the first that it sets; it has the place of the guest's entry. */
static void note_fault(struct gpt_pages *p, const struct recording *r, const struct gptes *g, const struct rec_op *op)
{
	const struct ev *walk = rec_op_walk(r, op);
	const struct rec_obs *set = rec_find(r, op, OBS_SET_SPTE, 0);
	struct audit_walk w;

	if (!walk || !set || set->o.set.level != 1 || !audit_walk(g, op->vm, &walk->walk, set->t_ns, &w) || w.leaf != 1)
		return;
	if ((set->o.set.sptep >> 3 & (SPTE_ENTRIES - 1)) != audit_index(w.gva, 1))
		return;
	add(p, &(struct told){ .page = set->o.set.sptep >> 12, .t_ns = set->t_ns, .table = w.table[1], .vm = op->vm });
}

struct gpt_pages *gpt_pages_new(const struct recording *r, const struct gptes *g)
{
	struct gpt_pages *p = xcalloc(1, sizeof(*p));

	for (uint32_t i = 0; i < r->nr_ops && r->meta->shadow; i++)
		if (r->ops[i].kind == EV_OP_FAULT)
			note_fault(p, r, g, &r->ops[i]);
	if (p->nr)
		qsort(p->v, p->nr, sizeof(*p->v), cmp_told);
	return p;
}

void gpt_pages_free(struct gpt_pages *p)
{
	if (!p)
		return;
	free(p->v);
	free(p);
}

bool gpt_pages_table(const struct gpt_pages *p, uint16_t vm, uint64_t sptep, uint64_t t_ns, gfn_t *table)
{
	const struct told at = { .page = sptep >> 12, .t_ns = t_ns, .vm = vm };
	size_t lo = 0, hi = p->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cmp_told(&p->v[mid], &at) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || p->v[lo - 1].vm != vm || p->v[lo - 1].page != at.page)
		return false;
	*table = p->v[lo - 1].table;
	return true;
}
