/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two passes: the first sight of each entry, by time; then which of them are older than everything above them.
 * The second cannot be part of the first, since two CPUs that change a table and an entry below it may log that
 * in the other order.
 */
#include "replay/inherited.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/role.h"
#include "kvm/spte.h"
#include "replay/entries.h"

#define TOP_LEVEL	5
#define NR_AS		2

struct sight {
	struct inherited_entry	e;
	uint64_t		t_ns;	/* of a fast zap's, which come to a tree that is gone: of the zap's begin */
	uint32_t		op;
	uint32_t		seq;
};

struct sights {
	struct sight *v;
	uint32_t      nr, cap;
};

struct finding {
	const struct recording	 *r;
	const struct spte_format *format;
	struct sights		  all;
	struct entries		 *first;	/* index into all, plus 1 */
	uint64_t		(*rooted)[NR_AS]; /* by VM: when the first root was made; UINT64_MAX: none was */
};

static struct inherited_entry spte_of(const struct obs_spte *s)
{
	return (struct inherited_entry){ .gfn = s->gfn, .spte = s->old, .level = s->level, .as_id = s->as_id & 1 };
}

/* The level is not in it, only whether it is a huge page's. */
static struct inherited_entry fast_of(const struct obs_fast *f)
{
	return (struct inherited_entry){ .gfn = f->gfn, .spte = f->old, .level = f->old & SPTE_LARGE ? 2 : 1 };
}

/* What @o says of an entry as it was; level 0: nothing. */
static struct inherited_entry seen(const struct finding *f, const struct obs *o)
{
	switch (o->kind) {
	case OBS_SPTE_CHANGED:
		return spte_of(&o->spte);
	case OBS_FAST_PAGE_FAULT:
		if (spte_is_present(o->fast.old))
			return fast_of(&o->fast);
		break;
	case OBS_SET_SPTE:		/* before it there was a change, or it was so already */
		return (struct inherited_entry){ .gfn = o->set.gfn, .spte = o->set.spte, .level = o->set.level };
	case OBS_CHECK_MMIO:
		if (spte_is_mmio(f->format, o->mmio.spte))
			return (struct inherited_entry){ .gfn = o->mmio.gfn, .spte = o->mmio.spte, .level = 1 };
		break;
	}
	return (struct inherited_entry){ 0 };
}

static void add(struct sights *s, const struct sight *sight)
{
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 4096;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->nr++] = *sight;
}

static void note_root(struct finding *f, const struct rec_op *op, const struct rec_obs *o)
{
	uint64_t *at = &f->rooted[op->vm][role_smm(o->o.page.role) & 1];

	if (op->kind == EV_OP_VCPU_LOAD && o->t_ns < *at)
		*at = o->t_ns;
}

static void note_op(struct finding *f, uint32_t index)
{
	const struct rec_op *op = &f->r->ops[index];
	const struct rec_obs *obs = rec_op_obs(f->r, op), *zap = rec_find(f->r, op, OBS_ZAP_ALL_FAST, 0);

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		struct sight s = { .e = seen(f, &obs[i].o), .t_ns = zap ? zap->t_ns : obs[i].t_ns, .op = index,
				   .seq = op->first_obs + i };

		if (obs[i].o.kind == OBS_GET_PAGE)
			note_root(f, op, &obs[i]);
		if (!s.e.level || s.e.level > TOP_LEVEL)
			continue;
		s.e.gfn &= ~(SPTE_LEVEL_PAGES(s.e.level) - 1);
		s.e.vm = op->vm;
		add(&f->all, &s);
	}
}

static int by_time(const void *va, const void *vb)
{
	const struct sight *a = va, *b = vb;

	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void find_first(struct finding *f)
{
	uint32_t nr = 0;

	if (f->all.nr)
		qsort(f->all.v, f->all.nr, sizeof(*f->all.v), by_time);
	for (uint32_t i = 0; i < f->all.nr; i++) {
		const struct inherited_entry *e = &f->all.v[i].e;

		if (entries_get(f->first, e->vm, e->as_id, e->level, e->gfn))
			continue;
		f->all.v[nr++] = f->all.v[i];
		entries_set(f->first, e->vm, e->as_id, e->level, e->gfn, nr);
	}
	f->all.nr = nr;
}

static const struct sight *sight_above(const struct finding *f, const struct inherited_entry *e, int level)
{
	uint64_t n = entries_get(f->first, e->vm, e->as_id, level, e->gfn & ~(SPTE_LEVEL_PAGES(level) - 1));

	return n ? &f->all.v[n - 1] : NULL;
}

/* Was there a table above, and was it still the same?  A table that is removed is logged before what it held. */
static bool is_inherited(const struct finding *f, const struct sight *s)
{
	if (f->rooted[s->e.vm][s->e.as_id] < s->t_ns)
		return false;
	for (int level = s->e.level + 1; level <= TOP_LEVEL; level++) {
		const struct sight *above = sight_above(f, &s->e, level);

		if (above && (!spte_is_table(above->e.spte, level) ||
			      (by_time(above, s) < 0 && above->op != s->op)))
			return false;
	}
	return true;
}

/* As it was found, but for what hardware had set by then. */
static uint64_t settled(const struct spte_format *format, uint64_t spte, int level)
{
	if (spte_is_frozen(format, spte))
		return format->nonpresent;
	return spte_is_leaf(spte, level) ? spte & ~format->accessed : spte;
}

static int by_place(const void *va, const void *vb)
{
	const struct inherited_entry *a = va, *b = vb;

	if (a->vm != b->vm)
		return a->vm < b->vm ? -1 : 1;
	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	if (a->as_id != b->as_id)
		return a->as_id < b->as_id ? -1 : 1;
	return a->gfn < b->gfn ? -1 : a->gfn > b->gfn;
}

static void take(const struct finding *f, struct inherited *in)
{
	in->v = xcalloc(f->all.nr, sizeof(*in->v));
	for (uint32_t i = 0; i < f->all.nr; i++) {
		struct inherited_entry e = f->all.v[i].e;

		if (!is_inherited(f, &f->all.v[i]))
			continue;
		e.spte = settled(f->format, e.spte, e.level);
		in->v[in->nr++] = e;
	}
	if (in->nr)
		qsort(in->v, in->nr, sizeof(*in->v), by_place);
}

struct inherited *inherited_new(const struct recording *r)
{
	struct inherited *in = xcalloc(1, sizeof(*in));
	struct finding f = { .r = r, .format = spte_format(r->meta->release, r->meta->tdp) };

	if (r->meta->arch != KVM_X86 || !r->meta->tdp_mmu)
		return in;
	f.first = entries_new(0);
	f.rooted = xcalloc(r->meta->nr_vms, sizeof(*f.rooted));
	for (size_t vm = 0; vm < r->meta->nr_vms; vm++)
		for (unsigned int as_id = 0; as_id < NR_AS; as_id++)
			f.rooted[vm][as_id] = UINT64_MAX;
	for (uint32_t i = 0; i < r->nr_ops; i++)
		if (r->ops[i].vm < r->meta->nr_vms)
			note_op(&f, i);
	find_first(&f);
	take(&f, in);
	free(f.all.v);
	free(f.rooted);
	entries_free(f.first);
	return in;
}

void inherited_free(struct inherited *in)
{
	if (!in)
		return;
	free(in->v);
	free(in);
}

const struct inherited_entry *inherited_of(const struct inherited *in, uint32_t vm, size_t *nr)
{
	size_t from = 0;

	while (from < in->nr && in->v[from].vm < vm)
		from++;
	*nr = 0;
	while (from + *nr < in->nr && in->v[from + *nr].vm == vm)
		++*nr;
	return in->v + from;
}

/* --- counters ------------------------------------------------------------------------------- */

#define GENERATION_STEP	2	/* KVM_ADDRESS_SPACE_NUM */

/* The first record of a memslot generation: @t_ns, and what it was until then.  Return: 0: there is none. */
static uint64_t first_generation(const struct recording *r, uint32_t vm, uint64_t *t_ns)
{
	uint64_t first = 0;

	*t_ns = UINT64_MAX;
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];
		const struct ev *stim = rec_op_stim(r, op);

		for (uint32_t o = 0; op->vm == vm && o < op->nr_obs; o++) {
			const struct rec_obs *obs = &rec_op_obs(r, op)[o];
			bool updated = obs->o.kind == OBS_PIN && obs->o.pin.pin == PIN_SLOTS_UPDATED &&
				       op->kind == EV_OP_MEMSLOT && stim && !stim->slot.as_id;
			bool shown = obs->o.kind == OBS_CHECK_MMIO || obs->o.kind == OBS_MARK_MMIO;

			if ((!updated && !shown) || obs->t_ns >= *t_ns)
				continue;
			first = updated ? obs->o.pin.value - GENERATION_STEP : obs->o.mmio.gen;
			*t_ns = obs->t_ns;
		}
	}
	return first;
}

/* Updates of address space 0 before @t that do not say so: of slots made again, or of calls that a marker announced. */
static uint64_t untold_before(const struct recording *r, uint32_t vm, uint64_t t)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];
		const struct ev *stim = rec_op_stim(r, op);

		if (op->kind == EV_OP_MEMSLOT && op->vm == vm && op->begin_ns < t && stim && !stim->slot.as_id &&
		    !rec_find_pin(r, op, PIN_SLOTS_UPDATED))
			nr += stim->slot.change == EV_SLOT_DELETE || stim->slot.change == EV_SLOT_MOVE ? 2 : 1;
	}
	return nr;
}

uint64_t inherited_generation(const struct recording *r, uint32_t vm)
{
	uint64_t t, first = first_generation(r, vm, &t), again = GENERATION_STEP * untold_before(r, vm, t);

	return first > again && !(first % GENERATION_STEP) ? first - again : 0;
}

bool inherited_valid_gen(const struct recording *r, uint32_t vm)
{
	uint64_t t = UINT64_MAX;
	bool gen = false;

	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_obs *zap = r->ops[i].vm == vm ? rec_find(r, &r->ops[i], OBS_ZAP_ALL_FAST, 0) : NULL;

		if (!zap || zap->t_ns >= t)
			continue;
		gen = zap->o.page.role & 1;
		t = zap->t_ns;
	}
	return gen;
}
