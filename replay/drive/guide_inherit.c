/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording that joined guests in the middle of their lives: what was there when it began. */
#include "replay/drive/guide_state.h"

void guide_inherit(struct guide *g, uint32_t vm)
{
	size_t nr;
	const struct inherited_entry *e = inherited_of(g->job->inherited, vm, &nr);

	for (size_t i = 0; i < nr; i++)
		mmu_repair(g->mmus[vm], e[i].gfn, e[i].level, e[i].as_id, e[i].spte);
}

/* Does a task that runs a vCPU fault before it was seen to take a root? */
static bool had_root(const struct guide *g, uint32_t task)
{
	for (uint32_t i = g->rec->tasks[task].first_op; i != REC_NONE; i = g->rec->ops[i].next)
		if (g->rec->ops[i].kind == EV_OP_FAULT || g->rec->ops[i].kind == EV_OP_VCPU_LOAD)
			return g->rec->ops[i].kind == EV_OP_FAULT;
	return false;
}

/* An end without a start: it was begun before the recording was. */
static void reopen(const struct guide *g, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(g->rec, op);

	if (!stim || op->vm >= g->rec->meta->nr_vms)
		return;
	rt_idle_until(1);	/* memslots that are older are made at the very begin, while no window is open */
	mmu_invalidate_start(g->mmus[op->vm], stim->hvas.start, stim->hvas.end, true);
}

/*
 * Only before the task's first start, and its first fault, inside which it would have been seen to begin: an end
 * whose start is missing later on tells of a probe that missed.  Return: false: it is past that.
 */
static bool reopen_first(const struct guide *g, uint32_t op)
{
	for (; op != REC_NONE; op = g->rec->ops[op].next) {
		const struct rec_op *o = &g->rec->ops[op];

		if (o->kind == EV_OP_FAULT || o->kind == EV_OP_INVALIDATE_START || !reopen_first(g, o->child))
			return false;
		if (o->kind == EV_OP_INVALIDATE_END)
			reopen(g, o);
	}
	return true;
}

void guide_reopen(const struct actor *a)
{
	const struct guide *g = a->g;

	if (!guide_is_rmaps(g) && g->rec->meta->has_ends && !g->rec->meta->nr_lost)
		reopen_first(g, g->rec->tasks[a->task].first_op);
}

void guide_resume(const struct actor *a)
{
	const struct ev_task *task = &a->g->rec->meta->tasks[a->task];
	size_t nr = 0;

	if (task->vcpu < 0 || task->vm < 0)
		return;
	inherited_of(a->g->job->inherited, task->vm, &nr);
	if (nr && had_root(a->g, a->task))
		mmu_vcpu_load(a->g->mmus[task->vm], task->vcpu);
}
