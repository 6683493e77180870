// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of shadow pages, which only probes show: mmu_spte_update() and mmu_spte_clear_track_bits() name an entry by
 * its address alone.  Whose it is the kvm_mmu_set_spte of that entry says, which has its physical address.
 *
 * - How far the two addresses are apart is learnt: an update and the kvm_mmu_set_spte its task records right after
 *   it are of one entry, when place in the page and value agree.
 * - An update is held until that record can have come, since it is the first to know an entry that was not present.
 * - An entry that is cleared is forgotten: whoever has it next says so.  Entries known are limited, at
 *   KNOWN_MAX; beyond, new ones take the places of others.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "capture/fold_state.h"

#define KNOWN_MAX	(1u << 22)	/* of 16 bytes each: 12 GiB of 4 KiB pages are known at once */

struct known_spte {			/* open addressing; key 0: free */
	uint64_t key;			/* physical address / 8, plus one */
	uint64_t gfn : 40, level : 8, rest : 16;
};

struct sptes {
	struct known_spte *v;
	uint32_t nr, cap;		/* cap: a power of two, 3/4 of it used at most */
	uint64_t apart;			/* address in the kernel's map minus physical address */
	bool	 apart_known;
};

void sptes_free(struct fold *f)
{
	if (f->sptes)
		free(f->sptes->v);
	free(f->sptes);
}

static struct sptes *state_of(struct fold *f)
{
	if (!f->sptes)
		f->sptes = xcalloc(1, sizeof(*f->sptes));
	return f->sptes;
}

/* --- the entries known --------------------------------------------------------------------- */

static uint64_t key_of(uint64_t phys)
{
	return (phys >> 3) + 1;
}

/* Where @key is, or would be. */
static uint32_t place_of(const struct sptes *s, uint64_t key)
{
	uint32_t i = prng_mix(key) & (s->cap - 1);

	while (s->v[i].key && s->v[i].key != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct sptes *s)
{
	struct known_spte *old = s->v;
	uint32_t cap = s->cap;

	s->cap = cap ? 2 * cap : 1024;
	s->v = xcalloc(s->cap, sizeof(*s->v));
	for (uint32_t i = 0; i < cap; i++)
		if (old[i].key)
			s->v[place_of(s, old[i].key)] = old[i];
	free(old);
}

static void learn(struct sptes *s, uint64_t phys, gfn_t gfn, unsigned int level)
{
	uint64_t key = key_of(phys);
	uint32_t i;

	if (4 * (s->nr + 1) > 3 * s->cap && s->cap < KNOWN_MAX)
		grow(s);
	i = place_of(s, key);
	if (!s->v[i].key && 4 * (s->nr + 1) > 3 * s->cap)
		i = prng_mix(key) & (s->cap - 1);
	s->nr += !s->v[i].key;
	s->v[i] = (struct known_spte){ .key = key, .gfn = gfn, .level = level };
}

/* Those behind @hole that could not be found any more move up. */
static void forget_at(struct sptes *s, uint32_t hole)
{
	const uint32_t mask = s->cap - 1;

	s->nr--;
	for (uint32_t i = (hole + 1) & mask; s->v[i].key; i = (i + 1) & mask) {
		uint32_t home = prng_mix(s->v[i].key) & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		s->v[hole] = s->v[i];
		hole = i;
	}
	s->v[hole].key = 0;
}

/* Fills gfn and level of @ev, where they are known; @forget: for the last time. */
static void name_entry(struct fold *f, uint64_t sptep, struct ev *ev, bool forget)
{
	struct sptes *s = state_of(f);
	uint32_t i;

	if (!s->cap || !s->apart_known)
		return;
	i = place_of(s, key_of(sptep - s->apart));
	if (!s->v[i].key)
		return;
	ev->spte.gfn = s->v[i].gfn;
	ev->spte.level = s->v[i].level;
	if (forget)
		forget_at(s, i);
}

/* --- records ----------------------------------------------------------------------------------- */

void update_flush(struct fold *f, struct task *t)
{
	struct held_update *u = t->update;

	t->holds_update = false;
	if (!u->ev.spte.level)
		name_entry(f, u->sptep, &u->ev, false);
	emit_obs(f, t, u->t_ns, &u->ev);
}

void spte_is_set(struct fold *f, struct task *t, uint64_t phys, gfn_t gfn, unsigned int level, uint64_t spte)
{
	struct held_update *u = t->holds_update ? t->update : NULL;
	struct sptes *s;

	if (!u && !f->has[RAW_SPTE_CLEAR] && !f->has[RAW_SPTE_UPDATE])
		return;
	s = state_of(f);
	if (u && u->ev.spte.new == spte && !((u->sptep ^ phys) & 0xfff)) {
		s->apart = u->sptep - phys;
		s->apart_known = true;
	}
	if (u && s->apart_known && u->sptep - phys == s->apart) {
		u->ev.spte.gfn = gfn;
		u->ev.spte.level = level;
	}
	learn(s, phys, gfn, level);
}

void obs_spte_update(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op;

	if (t->holds_update)
		update_flush(f, t);
	op = op_of_entry(f, t, r->ts_ns, 0, 0);
	if (op->kind == EV_OP_MEMSLOT)
		op->protects = true;
	if (!t->update)
		t->update = xcalloc(1, sizeof(*t->update));
	t->holds_update = true;
	*t->update = (struct held_update){ .t_ns = r->ts_ns, .sptep = r->v[0],
					   .ev = { .kind = OBS_SPTE_UPDATE, .vm = op->vm } };
	t->update->ev.spte = (struct obs_spte){ .old = r->v[1], .new = r->v[2] };
}

void obs_spte_clear(struct fold *f, struct task *t, const struct raw *r)
{
	struct ev ev = { .kind = OBS_SPTE_CLEAR };
	struct op *op;

	ev.spte = (struct obs_spte){ .old = r->v[2] };
	if (t->holds_update)
		update_flush(f, t);
	name_entry(f, r->v[1], &ev, true);
	op = op_of_entry(f, t, r->ts_ns, ev.spte.gfn, ev.spte.level);
	if (r->v[0])
		op->vm = vm_by_kvm(f, t, r->v[0], false);
	if (op->kind == EV_OP_INVALIDATE_START && spte_is_present(r->v[2])) {
		op->flags |= EV_F_MATCHED;
		if (ev.spte.level)
			infer_zapped(f, op, ev.spte.gfn, ev.spte.level);
	}
	ev.vm = op->vm;
	emit_obs(f, t, r->ts_ns, &ev);
}
