// SPDX-License-Identifier: GPL-2.0-or-later
/* All records of one entry side by side, in time order; each store's span is looked through once. */
#include "replay/stores.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/stage2.h"

struct stores {
	uint64_t *at;		/* by observation: of a store when, of a look that lost when it read; NULL: none */
};

/* One record of an entry. */
struct mention {
	uint64_t key;		/* vm, level, first gfn */
	uint64_t last;		/* its task's last record */
	uint64_t lo, hi;	/* its own time, its task's next record */
	uint32_t obs, task;
};

struct mentions {
	struct mention *v;
	size_t		nr, cap;
};

static bool is_store(const struct obs *o)
{
	return (o->kind == OBS_BREAK_PTE && o->pte.ret) || o->kind == OBS_MAKE_PTE || o->kind == OBS_W_ATTR;
}

static bool is_look(const struct obs *o)
{
	return o->kind == OBS_W_MAP || o->kind == OBS_W_ATTR || o->kind == OBS_BREAK_PTE;
}

static uint64_t key_of(const struct recording *r, const struct rec_op *op, const struct obs_pte *p)
{
	gfn_t first = p->gfn & ~(stage2_pages(r->meta->page_shift, p->level) - 1);

	return (uint64_t)op->vm << 48 | (uint64_t)p->level << 44 | first;
}

static void mention(struct mentions *m, struct mention new)
{
	if (m->nr == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 1024;
		m->v = xreallocarray(m->v, m->cap, sizeof(*m->v));
	}
	m->v[m->nr++] = new;
}

static void gather(const struct recording *r, const struct rec_op *op, struct mentions *m)
{
	const struct rec_obs *obs = rec_op_obs(r, op);
	uint64_t next = op->end_ns;

	for (uint32_t i = op->nr_obs; i-- > 0;) {
		const struct obs *o = &obs[i].o;

		if (is_store(o) || is_look(o))
			mention(m, (struct mention){ .key = key_of(r, op, &o->pte), .task = op->task,
						     .last = i ? obs[i - 1].t_ns : op->begin_ns,
						     .lo = obs[i].t_ns, .hi = next, .obs = op->first_obs + i });
		if (!i || obs[i - 1].t_ns < obs[i].t_ns)
			next = obs[i].t_ns;
	}
}

static int by_entry(const void *va, const void *vb)
{
	const struct mention *a = va, *b = vb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return a->obs < b->obs ? -1 : a->obs > b->obs;
}

/* Where tables are does not matter, nor what hardware does to an entry. */
static uint64_t value_of(uint64_t pte, int level)
{
	if (stage2_is_table(pte, level))
		return STAGE2_VALID | STAGE2_TYPE;
	return pte & STAGE2_VALID ? pte & ~STAGE2_AF : pte;
}

/* What was in the entry before the store. */
static uint64_t before(const struct obs *o)
{
	return o->kind == OBS_MAKE_PTE ? STAGE2_LOCKED : value_of(o->pte.old, o->pte.level);
}

/* What was there after it, or UINT64_MAX where its record does not say. */
static uint64_t after(const struct obs *o)
{
	if (o->kind == OBS_BREAK_PTE)
		return STAGE2_LOCKED;
	return o->pte.new ? value_of(o->pte.new, o->pte.level) : UINT64_MAX;
}

/* By when had @look met what the store @o made?  UINT64_MAX: it does not say. */
static uint64_t met_new(const struct recording *r, const struct obs *o, const struct mention *look)
{
	const struct obs *l = &r->obs[look->obs].o;

	if (l->kind == OBS_BREAK_PTE && !l->pte.ret && o->kind == OBS_BREAK_PTE)
		return look->hi - 1;
	if (l->kind == OBS_MAKE_PTE || l->kind == OBS_BREAK_PTE)
		return UINT64_MAX;
	return value_of(l->pte.old, l->pte.level) == before(o) ? UINT64_MAX : look->lo;
}

/* @m: the @nr mentions of one entry. */
static void place(const struct recording *r, const struct mention *m, size_t nr, size_t i, uint64_t *at)
{
	const struct obs *o = &r->obs[m[i].obs].o;
	uint64_t t = m[i].hi - 1;

	for (size_t k = 0; k < nr && m[k].lo < m[i].hi; k++) {
		uint64_t met;

		if (m[k].task == m[i].task || m[k].hi <= m[i].lo || !is_look(&r->obs[m[k].obs].o))
			continue;
		met = met_new(r, o, &m[k]);
		if (met > m[i].lo && met <= t)
			t = met - 1;
	}
	at[m[i].obs] = t;
}

/* The last store of another task in @from .. @to, or NULL. */
static const struct mention *last_store(const struct recording *r, const struct mention *m, size_t nr, uint32_t task,
					uint64_t from, uint64_t to, const uint64_t *at)
{
	const struct mention *last = NULL;

	for (size_t k = 0; k < nr && m[k].lo <= to; k++) {
		uint64_t t = at[m[k].obs];

		if (m[k].task != task && is_store(&r->obs[m[k].obs].o) && t > from && t <= to &&
		    (!last || t >= at[last->obs]))
			last = &m[k];
	}
	return last;
}

/*
 * A look is recorded when the entry has been read, which may be long since.  One that lost read it before the stores
 * of others that it did not meet.
 */
static void place_look(const struct recording *r, const struct mention *m, size_t nr, size_t i, uint64_t *at)
{
	const struct obs_pte *p = &r->obs[m[i].obs].o.pte;
	uint64_t old = value_of(p->old, p->level), t = m[i].lo;
	const struct mention *s;

	while ((s = last_store(r, m, nr, m[i].task, m[i].last, t, at))) {
		const struct obs *o = &r->obs[s->obs].o;

		if (after(o) == old && t == m[i].lo)
			return;		/* it met what is there */
		t = at[s->obs] - 1;
		if (before(o) == old)
			at[m[i].obs] = t;
		if (before(o) == old || t <= m[i].last)
			return;
	}
}

static void place_all(const struct recording *r, const struct mention *m, size_t nr, uint64_t *at)
{
	for (size_t i = 0; i < nr; i++)
		if (is_store(&r->obs[m[i].obs].o))
			place(r, m, nr, i, at);
	for (size_t i = 0; i < nr; i++)
		if (r->obs[m[i].obs].o.kind == OBS_W_MAP && r->obs[m[i].obs].o.pte.ret)
			place_look(r, m, nr, i, at);
}

struct stores *stores_new(const struct recording *r)
{
	struct stores *s = xcalloc(1, sizeof(*s));
	struct mentions m = { 0 };

	for (uint32_t i = 0; i < r->nr_ops && r->meta->arch == KVM_ARM64; i++)
		if (r->ops[i].kind == EV_OP_FAULT && r->ops[i].vm < r->meta->nr_vms)
			gather(r, &r->ops[i], &m);
	if (m.nr) {
		s->at = xcalloc(r->nr_obs, sizeof(*s->at));
		qsort(m.v, m.nr, sizeof(*m.v), by_entry);
	}
	for (size_t from = 0, to; from < m.nr; from = to) {
		for (to = from + 1; to < m.nr && m.v[to].key == m.v[from].key; to++)
			;
		place_all(r, &m.v[from], to - from, s->at);
	}
	free(m.v);
	return s;
}

void stores_free(struct stores *s)
{
	if (!s)
		return;
	free(s->at);
	free(s);
}

uint64_t stores_at(const struct stores *s, uint32_t obs)
{
	return s->at ? s->at[obs] : 0;
}
