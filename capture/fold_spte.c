// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of shadow pages, which only probes show: mmu_spte_update() and mmu_spte_clear_track_bits() name an entry by
 * its address alone.  Whose it is the kvm_mmu_set_spte of that entry says, which has its physical address.
 *
 * - How far the two addresses are apart is learnt: an update and the kvm_mmu_set_spte its task records right after
 *   it are of one entry, when place in the page and value agree.
 * - An update is held until that record can have come, since it is the first to know an entry that was not present.
 * - An entry that is cleared is forgotten: whoever has it next says so.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "capture/fold_state.h"
#include "capture/known.h"

struct sptes {
	struct known at;		/* by physical address / 8: gfn << 8 | level */
	uint64_t apart;			/* address in the kernel's map minus physical address */
	bool	 apart_known;
};

void sptes_free(struct fold *f)
{
	if (f->sptes)
		known_fini(&f->sptes->at);
	free(f->sptes);
}

uint64_t sptes_forgotten(const struct fold *f)
{
	return f->sptes ? f->sptes->at.forgotten : 0;
}

static struct sptes *state_of(struct fold *f)
{
	if (!f->sptes)
		f->sptes = xcalloc(1, sizeof(*f->sptes));
	return f->sptes;
}

/* Fills gfn and level of @ev, where they are known; @forget: for the last time. */
static void name_entry(struct fold *f, uint64_t sptep, struct ev *ev, bool forget)
{
	struct sptes *s = state_of(f);
	uint64_t key = (sptep - s->apart) >> 3;
	const uint64_t *whose = s->apart_known ? known_get(&s->at, key) : NULL;

	if (!whose)
		return;
	ev->spte.gfn = *whose >> 8;
	ev->spte.level = *whose & 0xff;
	if (forget)
		known_forget(&s->at, key);
}

/* An entry of which nobody said what it maps is known by its place. */
static void place_entry(const struct fold *f, uint64_t sptep, struct ev *ev)
{
	if (!ev->spte.level && f->sptes && f->sptes->apart_known)
		ev->spte.gfn = (sptep - f->sptes->apart) >> 3;
}

/* --- records ----------------------------------------------------------------------------------- */

void update_flush(struct fold *f, struct task *t)
{
	struct held_update *u = t->update;

	t->holds_update = false;
	if (!u->ev.spte.level)
		name_entry(f, u->sptep, &u->ev, false);
	place_entry(f, u->sptep, &u->ev);
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
	known_set(&s->at, phys >> 3, gfn << 8 | level);
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
	place_entry(f, r->v[1], &ev);
	emit_obs(f, t, r->ts_ns, &ev);
}
