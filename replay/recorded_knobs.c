/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/recorded_knobs.h"

#include <string.h>

#define NOTED_SPLIT	"kvm.eager_page_split"

static bool is_slot_change(const struct recording *rec, const struct rec_op *op, uint32_t vm, unsigned int change)
{
	const struct ev *stim = rec_op_stim(rec, op);

	return op->vm == vm && op->kind == EV_OP_MEMSLOT && stim && stim->slot.change == change;
}

/* KVM_X86_QUIRK_SLOT_ZAP_ALL is off (since 6.12 there is a choice) when slots go away and no fast zap comes with it. */
static void take_memslot_delete(const struct recording *rec, uint32_t vm, struct policy *p)
{
	bool gone = false;

	if (rec->meta->release < KVM_6_12)
		return;
	for (uint32_t i = 0; i < rec->nr_ops; i++) {
		const struct rec_op *op = &rec->ops[i];

		if (!is_slot_change(rec, op, vm, EV_SLOT_DELETE) && !is_slot_change(rec, op, vm, EV_SLOT_MOVE))
			continue;
		gone = true;
		if (rec_find(rec, op, OBS_ZAP_ALL_FAST, 0))
			return;
	}
	if (gone)
		p->memslot_delete = MEMSLOT_DELETE_SLOT_ONLY;
}

/*
 * The module parameter eager_page_split is noted, or off when dirty logging was switched on, or cleared, and
 * nothing was split by that in any VM.  Where there was nothing to split, it makes no difference.
 */
static void take_eager_split(const struct recording *rec, uint32_t vm, struct policy *p)
{
	bool logs = false;

	(void)vm;
	if (ev_meta_param(rec->meta, NOTED_SPLIT)) {
		p->dirty_eager_split = ev_meta_param_on(rec->meta, NOTED_SPLIT) ? DIRTY_EAGER_SPLIT_YES :
										  DIRTY_EAGER_SPLIT_NO;
		return;
	}
	for (uint32_t i = 0; i < rec->nr_ops; i++) {
		const struct rec_op *op = &rec->ops[i];

		if (op->kind != EV_OP_DIRTY && !is_slot_change(rec, op, op->vm, EV_SLOT_FLAGS))
			continue;
		logs = true;
		if (rec_find(rec, op, OBS_SPLIT_HUGE_PAGE, 0))
			return;
	}
	if (logs)
		p->dirty_eager_split = DIRTY_EAGER_SPLIT_NO;
}

/*
 * A kernel that can be preempted lets lock waiters in: up to 6.11 as it was built, from then on as it was booted.
 * Only a note says it.
 */
static void take_needbreak(const struct recording *rec, uint32_t vm, struct policy *p)
{
	const char *preempt = ev_meta_param(rec->meta, "preempt");
	bool breaks;

	(void)vm;
	if (!preempt)
		return;
	if (rec->meta->release >= KVM_6_12)
		breaks = strcmp(preempt, "none") && strcmp(preempt, "voluntary");
	else if (ev_meta_param(rec->meta, "config.HZ"))		/* the configuration is noted */
		breaks = ev_meta_param(rec->meta, "config.PREEMPTION");
	else
		return;
	p->lock_needbreak = !strcmp(preempt, "rt") ? LOCK_NEEDBREAK_RT : breaks ? LOCK_NEEDBREAK_CONTENDED : LOCK_NEEDBREAK_NEVER;
}

static const struct {
	const char	*knob;
	void		(*take)(const struct recording *rec, uint32_t vm, struct policy *p);
} rows[] = {
	{ "memslot.delete",	take_memslot_delete },
	{ "dirty.eager_split",	take_eager_split },
	{ "lock.needbreak",	take_needbreak },
};

uint32_t recorded_knob(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].knob) == len && memcmp(rows[i].knob, name, len) == 0)
			return 1u << i;
	return 0;
}

void recorded_knobs_take(const struct recording *rec, uint32_t vm, uint32_t mask, struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (mask & 1u << i)
			rows[i].take(rec, vm, p);
}
