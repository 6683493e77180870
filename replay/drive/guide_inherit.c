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
