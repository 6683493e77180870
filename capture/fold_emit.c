// SPDX-License-Identifier: GPL-2.0-or-later
/* What leaves the fold: one task's stimuli and observations, times never stepping back. */
#include "capture/fold_state.h"

uint32_t clamp_u32(uint64_t v)
{
	return v < UINT32_MAX ? v : UINT32_MAX;
}

uint16_t clamp_u16(uint64_t v)
{
	return v < UINT16_MAX ? v : UINT16_MAX;
}

static void write_ev(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev)
{
	f->kinds[ev->kind]++;
	if (t->index < 0) {
		t->index = ev_meta_add_task(f->meta, t->tid, f->source->ops->comm(f->source, t->tid));
		f->meta->tasks[t->index].vcpu = t->vcpu;
	}
	if (f->w && !f->ret)
		f->ret = ev_write(f->w, t->index, ts_ns - f->first_ns, ev);
}

void emit_stimulus(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev)
{
	if (ts_ns < t->stim_ns)
		ts_ns = t->stim_ns;
	t->stim_ns = ts_ns;
	if (unlikely(ev->kind == EV_MEMSLOT) && f->on_slot)
		f->on_slot(f->on_slot_arg, ts_ns - f->first_ns, ev->vm, &ev->slot);
	write_ev(f, t, ts_ns, ev);
}

void emit_other(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev)
{
	t->nr_others++;
	if (t->nr_held)
		op_hold(t, t->nr_held, ts_ns, ev);
	else
		emit_stimulus(f, t, ts_ns, ev);
}

void emit_obs(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev)
{
	if (unlikely(t->nr_visits))
		visits_flush(f, t);
	if (unlikely(t->holds_update))
		update_flush(f, t);
	if (unlikely(t->v.undecided))		/* its OP record comes before anything else */
		vcpu_decide(f, t, RET_PF_UNKNOWN);
	if (ts_ns < t->obs_ns)
		ts_ns = t->obs_ns;
	t->obs_ns = ts_ns;
	write_ev(f, t, ts_ns, ev);
}
