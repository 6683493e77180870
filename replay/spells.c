/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One merged pass over the stimuli; a page knows in which spell it is. */
#include "replay/spells.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/slots.h"

#define LOOK_SHIFT	10	/* looks are kept in units of about a microsecond */

enum page_state { PAGE_UNKNOWN, PAGE_MAPPED, PAGE_GONE, PAGE_OLD };

struct page {
	uint64_t begin_ns : 62;	/* of the spell; MAPPED: until when its fault was being served */
	uint64_t state : 2;
	uint32_t look;		/* OLD: last look without a touch, since the begin; 0: none */
};

struct region {
	struct page *pages;	/* NULL: never accessed */
	uint16_t     vm;
	bool	     huge;	/* mapped whole: only pages[0] counts */
};

struct tracker {
	const struct ev_meta	   *meta;
	const struct spell_visitor *v;
	struct regions		   *regions;
	struct region		   *region;
	uint32_t		    nr, cap;
	struct slots		   *slots;	/* per VM */
	bool			    slot_only;
	uint64_t		    now_ns;
	const struct ev		   *ev;		/* at hand */
	uint64_t		    entries, old;	/* of the range at hand: mapped; known to be old */
};

/* --- pages ------------------------------------------------------------------- */

static struct region *region_of(struct tracker *k, unsigned int vm, gfn_t gfn, uint32_t *number)
{
	*number = regions_number(k->regions, vm, gfn);
	if (*number >= k->cap) {
		uint32_t cap = 2 * *number + 64;

		k->region = xreallocarray(k->region, cap, sizeof(*k->region));
		for (uint32_t i = k->cap; i < cap; i++)
			k->region[i] = (struct region){ 0 };
		k->cap = cap;
	}
	if (*number >= k->nr)
		k->nr = *number + 1;
	return &k->region[*number];
}

static void tell(struct tracker *k, uint32_t number, const struct page *p, enum spell_end end, uint64_t after_ns,
		 uint64_t by_ns, int32_t vcpu)
{
	const struct spell s = {
		.of = p->state == PAGE_GONE ? SPELL_GONE : SPELL_OLD, .end = end, .vcpu = vcpu, .region = number,
		.begin_ns = p->begin_ns, .after_ns = after_ns, .by_ns = by_ns, .vm = k->region[number].vm,
	};

	k->v->spell(k->v->arg, &s);
}

static uint64_t last_look_ns(const struct page *p)
{
	return (uint64_t)p->look << LOOK_SHIFT;
}

/* The spell ends without a touch. */
static void cut_short(struct tracker *k, uint32_t number, const struct page *p)
{
	if (p->state == PAGE_GONE)
		tell(k, number, p, SPELL_CENSORED, 0, k->now_ns - p->begin_ns, -1);
	else if (p->state == PAGE_OLD && p->look)
		tell(k, number, p, SPELL_CENSORED, last_look_ns(p), last_look_ns(p), -1);
}

static void touched(struct tracker *k, uint32_t number, const struct page *p, int32_t vcpu)
{
	if (p->state == PAGE_GONE || p->state == PAGE_OLD)
		tell(k, number, p, SPELL_TOUCHED_AT, last_look_ns(p), k->now_ns - p->begin_ns, vcpu);
}

/* Calls @fn for each page of [gfn, end) in regions that were accessed. */
static void each_page(struct tracker *k, unsigned int vm, gfn_t gfn, gfn_t end,
		      void (*fn)(struct tracker *k, uint32_t number, struct page *p))
{
	while (gfn < end) {
		gfn_t next = gfn / REGION_PAGES * REGION_PAGES + REGION_PAGES;
		uint32_t number = regions_find(k->regions, vm, gfn);
		struct region *r = number < k->nr ? &k->region[number] : NULL;
		gfn_t to = next < end ? next : end;

		if (r && r->pages && r->huge)
			fn(k, number, &r->pages[0]);
		else if (r && r->pages)
			for (; gfn < to; gfn++)
				fn(k, number, &r->pages[gfn % REGION_PAGES]);
		gfn = next;
	}
}

/* --- stimuli -------------------------------------------------------------------- */

static void note_access(struct tracker *k, const struct ev *ev, uint32_t task)
{
	bool huge = ev->flags & EV_F_PFN && ev->access.level > 1;
	int32_t vcpu = k->meta->tasks[task].vcpu;
	uint32_t number;
	struct region *r = region_of(k, ev->vm, ev->access.gfn, &number);
	struct page *p;

	if (!r->pages)
		r->pages = xcalloc(REGION_PAGES, sizeof(*r->pages));
	r->vm = ev->vm;
	if (huge && !r->huge)	/* a touch of the region: what its pages were in is not comparable any more */
		for (unsigned int i = 0; i < REGION_PAGES; i++)
			r->pages[i] = (struct page){ 0 };
	r->huge = huge || (r->huge && !(ev->flags & EV_F_PFN));
	p = &r->pages[r->huge ? 0 : ev->access.gfn % REGION_PAGES];
	touched(k, number, p, vcpu);
	*p = (struct page){ .state = PAGE_MAPPED, .begin_ns = k->now_ns + ev->access.service_ns };
	if (k->v->access)
		k->v->access(k->v->arg, number, vcpu);
}

static void unmap_page(struct tracker *k, uint32_t number, struct page *p)
{
	bool own = k->ev->flags & EV_F_NESTED;

	if (p->state == PAGE_UNKNOWN || (p->state == PAGE_MAPPED && p->begin_ns > k->now_ns))
		return;
	if (p->state == PAGE_GONE)
		return;		/* still gone, and watched since the first time */
	cut_short(k, number, p);
	*p = own ? (struct page){ 0 } : (struct page){ .state = PAGE_GONE, .begin_ns = k->now_ns };
}

static void forget_page(struct tracker *k, uint32_t number, struct page *p)
{
	cut_short(k, number, p);
	*p = (struct page){ 0 };
}

static void count_page(struct tracker *k, uint32_t number, struct page *p)
{
	k->entries += p->state == PAGE_MAPPED || p->state == PAGE_OLD;
	k->old += p->state == PAGE_OLD;
}

static void look_young(struct tracker *k, uint32_t number, struct page *p)
{
	if (p->state == PAGE_OLD)
		tell(k, number, p, SPELL_TOUCHED_BETWEEN, last_look_ns(p), k->now_ns - p->begin_ns, -1);
}

static void look_old(struct tracker *k, uint32_t number, struct page *p)
{
	uint64_t by_ns = k->now_ns - p->begin_ns;

	if (p->state != PAGE_OLD || by_ns >> LOOK_SHIFT > UINT32_MAX)
		return;
	tell(k, number, p, SPELL_LOOKED, last_look_ns(p), by_ns, -1);
	p->look = (uint32_t)(by_ns >> LOOK_SHIFT);
}

static void age_young(struct tracker *k, uint32_t number, struct page *p)
{
	look_young(k, number, p);
	if (p->state == PAGE_OLD || p->state == PAGE_MAPPED)
		*p = (struct page){ .state = PAGE_OLD, .begin_ns = k->now_ns };
}

static void age_old(struct tracker *k, uint32_t number, struct page *p)
{
	look_old(k, number, p);
	if (p->state == PAGE_MAPPED)	/* not young though its fault set A: somebody else aged it unseen */
		*p = (struct page){ .state = PAGE_OLD, .begin_ns = k->now_ns };
}

static void age_unknown(struct tracker *k, uint32_t number, struct page *p)
{
	cut_short(k, number, p);
	if (p->state == PAGE_OLD || p->state == PAGE_MAPPED)
		*p = (struct page){ .state = PAGE_OLD, .begin_ns = k->now_ns };
}

static void test_young(struct tracker *k, uint32_t number, struct page *p)
{
	look_young(k, number, p);
	if (p->state == PAGE_OLD)	/* and young it stays, unseen, until the next clear */
		*p = (struct page){ .state = PAGE_MAPPED, .begin_ns = k->now_ns };
}

/* What one answer over the whole range says of each of its entries. */
static void note_look(struct tracker *k, gfn_t gfn, gfn_t end)
{
	const struct ev *ev = k->ev;
	bool test = ev->kind == EV_TEST_AGE, young = ev->flags & EV_F_YOUNG;

	if (!(ev->flags & (EV_F_MATCHED | EV_F_YOUNG))) {
		if (!test)
			each_page(k, ev->vm, gfn, end, age_unknown);
		return;
	}
	k->entries = k->old = 0;
	each_page(k, ev->vm, gfn, end, count_page);
	if (!young)
		each_page(k, ev->vm, gfn, end, test ? look_old : age_old);
	else if (k->entries == 1 || (!test && ev->hvas.extra >= k->entries))
		each_page(k, ev->vm, gfn, end, test ? test_young : age_young);
	else if (!test)
		each_page(k, ev->vm, gfn, end, age_unknown);
}

static void note_gfns(void *arg, gfn_t gfn, gfn_t end)
{
	struct tracker *k = arg;

	switch (k->ev->kind) {
	case EV_AGE:
	case EV_TEST_AGE:
		note_look(k, gfn, end);
		break;
	case EV_INVALIDATE_START:
		each_page(k, k->ev->vm, gfn, end, unmap_page);
		break;
	default:
		each_page(k, k->ev->vm, gfn, end, forget_page);
		break;
	}
}

/* All pages of a VM. */
static void each_page_of_vm(struct tracker *k, unsigned int vm,
			    void (*fn)(struct tracker *k, uint32_t number, struct page *p))
{
	for (uint32_t number = 0; number < k->nr; number++) {
		struct region *r = &k->region[number];

		for (unsigned int i = 0; r->pages && r->vm == vm && i < (r->huge ? 1 : REGION_PAGES); i++)
			fn(k, number, &r->pages[i]);
	}
}

/* By gfn; one over more than all slots have is most likely over all of them, and then says nothing of any page. */
static void note_zap(struct tracker *k, const struct ev *ev)
{
	if (ev->gfns.count > slots_pages(&k->slots[ev->vm]))
		each_page_of_vm(k, ev->vm, forget_page);
	else
		each_page(k, ev->vm, ev->gfns.gfn, ev->gfns.gfn + ev->gfns.count, unmap_page);
}

/* The slot's own pages are other memory from here on; a fast zap takes everybody's entries, not their memory. */
static void note_slot(struct tracker *k, const struct ev *ev)
{
	const struct ev_slot *slot = &ev->slot, *was = slots_find(&k->slots[ev->vm], slot->id, slot->as_id);

	if (was && spells_slot_taken(k->meta, slot))
		each_page(k, ev->vm, was->gfn, was->gfn + was->npages, forget_page);
	if ((slot->change == EV_SLOT_DELETE || slot->change == EV_SLOT_MOVE) && !k->slot_only)
		each_page_of_vm(k, ev->vm, unmap_page);
	slots_apply(&k->slots[ev->vm], slot);
}

bool spells_slot_only(const struct ev_meta *meta)
{
	if (meta->arch == KVM_ARM64)	/* there is no fast zap */
		return true;
	return meta->release >= KVM_6_12 && ev_counts_get(&meta->kinds, obs_kind_name(OBS_SPTE_CHANGED)) &&
	       !ev_counts_get(&meta->kinds, obs_kind_name(OBS_ZAP_ALL_FAST));
}

bool spells_slot_taken(const struct ev_meta *meta, const struct ev_slot *slot)
{
	return slot->change != EV_SLOT_CREATE && !(slot->change == EV_SLOT_FLAGS && meta->arch == KVM_ARM64);
}

static void note_range(struct tracker *k, const struct ev *ev)
{
	hva_t end = ev->kind == EV_SET_SPTE ? ev->hvas.start + 1 : ev->hvas.end;

	slots_match(&k->slots[ev->vm], ev->hvas.start, end, k->meta->page_shift, note_gfns, k);
}

static void note(struct tracker *k, const struct ev_at *at)
{
	const struct ev *ev = k->ev = at->ev;

	if (ev->vm >= k->meta->nr_vms)
		return;
	k->now_ns = at->t_ns;
	switch (ev->kind) {
	case EV_ACCESS:
		note_access(k, ev, at->task);
		break;
	case EV_AGE:
	case EV_TEST_AGE:
	case EV_INVALIDATE_START:
	case EV_SET_SPTE:
		note_range(k, ev);
		break;
	case EV_MEMSLOT:
		note_slot(k, ev);
		break;
	case EV_ZAP_ALL:
	case EV_VM_DESTROY:
		each_page_of_vm(k, ev->vm, forget_page);
		break;
	case EV_ZAP_RANGE:
		note_zap(k, ev);
		break;
	}
}

static void tracker_fini(struct tracker *k)
{
	for (uint32_t i = 0; i < k->nr; i++)
		free(k->region[i].pages);
	for (size_t i = 0; i < k->meta->nr_vms; i++)
		slots_fini(&k->slots[i]);
	free(k->region);
	free(k->slots);
}

int spells_visit(struct ev_file *file, struct regions *regions, const struct spell_visitor *v, struct err *e)
{
	struct tracker k = { .meta = ev_meta(file), .v = v, .regions = regions };
	struct ev_merge *merge = NULL;
	struct ev_at at;
	int rc = ev_merge_open(file, 1u << EV_STIMULUS, &merge, e);

	if (rc)
		return rc;
	k.slot_only = spells_slot_only(k.meta);
	k.slots = xcalloc(k.meta->nr_vms, sizeof(*k.slots));
	while ((rc = ev_merge_next(merge, &at, e)) > 0)
		note(&k, &at);
	for (unsigned int vm = 0; !rc && vm < k.meta->nr_vms; vm++)
		each_page_of_vm(&k, vm, forget_page);
	tracker_fini(&k);
	ev_merge_close(merge);
	return rc;
}
