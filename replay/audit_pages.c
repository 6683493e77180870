/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of one frame are a list, the newest first.  One that is gone stays in it, so that whoever names it later is
 * found out; a link to it leads nowhere.
 */
#include "replay/audit_pages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"

void audit_pages_fini(struct audit_pages *p)
{
	for (uint32_t i = 0; i < p->nr; i++)
		free(p->v[i].below);
	free(p->v);
	free(p->newest);
	regions_fini(&p->frames);
	*p = (struct audit_pages){ 0 };
}

struct audit_page *audit_page(const struct audit_pages *p, uint32_t page)
{
	return &p->v[page];
}

/* --- which page ------------------------------------------------------------------------- */

/* The key of a frame among regions of 512: no two frames share one. */
static gfn_t key_of(gfn_t gfn)
{
	return gfn * REGION_PAGES;
}

static uint32_t newest_of(const struct audit_pages *p, uint16_t vm, gfn_t gfn)
{
	uint32_t n = regions_find(&p->frames, vm, key_of(gfn));

	return n == REGION_NONE ? AUDIT_NO_PAGE : p->newest[n];
}

/* Roots that are zapped in use go on as invalid ones. */
static bool is_same(const struct audit_page *page, const struct obs *o)
{
	return page->role == role_set_invalid(o->page.role, 0) && page->gen == o->page.valid_gen;
}

uint32_t audit_pages_find(const struct audit_pages *p, const struct obs *o)
{
	uint32_t i = newest_of(p, o->vm, o->page.gfn);

	while (i != AUDIT_NO_PAGE && !is_same(&p->v[i], o))
		i = p->v[i].older;
	return i;
}

uint32_t audit_pages_only(const struct audit_pages *p, uint16_t vm, gfn_t gfn, unsigned int level)
{
	uint32_t only = AUDIT_NO_PAGE;

	for (uint32_t i = newest_of(p, vm, gfn); i != AUDIT_NO_PAGE; i = p->v[i].older) {
		if (p->v[i].gone || role_direct(p->v[i].role) || role_level(p->v[i].role) != level)
			continue;
		if (only != AUDIT_NO_PAGE)
			return AUDIT_NO_PAGE;
		only = i;
	}
	return only;
}

/* One of the same role and generation that is gone: it needs not be found again. */
static void drop_from_list(struct audit_pages *p, uint32_t *link, const struct obs *o)
{
	for (; *link != AUDIT_NO_PAGE; link = &p->v[*link].older) {
		if (!is_same(&p->v[*link], o))
			continue;
		*link = p->v[*link].older;
		return;
	}
}

uint32_t audit_pages_add(struct audit_pages *p, const struct obs *o)
{
	uint32_t n = regions_number(&p->frames, o->vm, key_of(o->page.gfn));

	if (n == p->cap_newest) {
		p->cap_newest = p->cap_newest ? 2 * p->cap_newest : 256;
		p->newest = xreallocarray(p->newest, p->cap_newest, sizeof(*p->newest));
	}
	if (n == p->nr_newest)
		p->newest[p->nr_newest++] = AUDIT_NO_PAGE;
	drop_from_list(p, &p->newest[n], o);
	if (p->nr == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
	}
	p->v[p->nr] = (struct audit_page){ .gfn = o->page.gfn, .role = role_set_invalid(o->page.role, 0), .vm = o->vm,
					   .gen = o->page.valid_gen, .older = p->newest[n] };
	p->newest[n] = p->nr;
	return p->nr++;
}

/* --- what hangs below ------------------------------------------------------------------------ */

void audit_pages_link(struct audit_pages *p, uint32_t parent, unsigned int index, uint32_t child)
{
	struct audit_page *page = &p->v[parent];

	if (!page->below) {
		if (child == AUDIT_NO_PAGE)
			return;
		page->below = xmalloc(SPTE_ENTRIES * sizeof(*page->below));
		for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
			page->below[i] = AUDIT_NO_PAGE;
	}
	page->below[index] = child;
}

uint32_t audit_pages_below(const struct audit_pages *p, uint32_t parent, unsigned int index)
{
	const struct audit_page *page = &p->v[parent];
	uint32_t child = page->below ? page->below[index] : AUDIT_NO_PAGE;

	return child == AUDIT_NO_PAGE || p->v[child].gone ? AUDIT_NO_PAGE : child;
}

void audit_pages_unlink(struct audit_pages *p, uint16_t vm, gfn_t gfn, unsigned int index)
{
	for (uint32_t i = newest_of(p, vm, gfn); i != AUDIT_NO_PAGE; i = p->v[i].older)
		audit_pages_link(p, i, index, AUDIT_NO_PAGE);
}

void audit_pages_gone(struct audit_pages *p, uint32_t page, uint32_t op, uint64_t t_ns)
{
	struct audit_page *x = &p->v[page];

	x->gone = true;
	x->unsync = false;
	x->gone_ns = t_ns;
	x->by_op = op;
	free(x->below);
	x->below = NULL;
}

void audit_pages_obsolete(struct audit_pages *p, uint16_t vm, uint8_t gen)
{
	for (uint32_t i = 0; i < p->nr; i++)
		if (p->v[i].vm == vm && p->v[i].gen == gen)
			p->v[i].obsolete = true;
}

uint32_t audit_pages_unsync(const struct audit_pages *p, const struct recording *r, uint32_t page, uint64_t by_ns,
			    bool unsaid)
{
	const struct audit_page *x = &p->v[page];

	if (x->unsync && !(unsaid && x->said) && r->ops[x->by_op].end_ns <= by_ns)
		return page;
	for (unsigned int i = 0; x->below && i < SPTE_ENTRIES; i++) {
		uint32_t child = audit_pages_below(p, page, i), found;

		if (child == AUDIT_NO_PAGE)
			continue;
		found = audit_pages_unsync(p, r, child, by_ns, unsaid);
		if (found != AUDIT_NO_PAGE)
			return found;
	}
	return AUDIT_NO_PAGE;
}
