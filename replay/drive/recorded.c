/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stimulus did to the recorded kernel's entries, for the access model: host addresses become frames here. */
#include "replay/drive/drive.h"

static void unmap_match(void *arg, gfn_t gfn, gfn_t end)
{
	touches_recorded_unmap(arg, gfn, end);
}

static void each_match(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end,
		       void (*fn)(void *arg, gfn_t gfn, gfn_t end), void *arg)
{
	pthread_mutex_lock(&vm->slots_lock);
	slots_match(&vm->slots, start, end, t->drive->meta->page_shift, fn, arg);
	pthread_mutex_unlock(&vm->slots_lock);
}

void recorded_unmap(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end)
{
	if (vm->touches)
		each_match(t, vm, start, end, unmap_match, vm->touches);
}

/* A touch of what it made old is a recorded access, where it faults. */
void recorded_age(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end)
{
	if (t->drive->old_faults)
		recorded_unmap(t, vm, start, end);
}

void recorded_zap(struct drive_vm *vm, gfn_t start, gfn_t end)
{
	if (vm->touches)
		touches_recorded_unmap(vm->touches, start, end);
}

void recorded_slot(const struct drive_task *t, struct drive_vm *vm, const struct ev_slot *slot)
{
	const struct ev_slot *was;
	bool goes = slot->change == EV_SLOT_DELETE || slot->change == EV_SLOT_MOVE;

	if (!vm->touches || !spells_slot_taken(t->drive->meta, slot))
		return;
	if (goes && !spells_slot_only(t->drive->meta)) {
		touches_recorded_unmap_all(vm->touches);
		return;
	}
	pthread_mutex_lock(&vm->slots_lock);
	was = slots_find(&vm->slots, slot->id, slot->as_id);
	if (was)
		touches_recorded_unmap(vm->touches, was->gfn, was->gfn + was->npages);
	pthread_mutex_unlock(&vm->slots_lock);
}

void recorded_empty(struct drive_vm *vm)
{
	if (!vm->touches)
		return;
	touches_stop(vm->touches);
	touches_recorded_unmap_all(vm->touches);
}

struct truth {
	struct touches	*touches;
	bool		 any;
};

static void truth_match(void *arg, gfn_t gfn, gfn_t end)
{
	struct truth *truth = arg;

	truth->any |= touches_truth(truth->touches, gfn, end);
}

static bool was_touched(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end)
{
	struct truth truth = { vm->touches, false };

	each_match(t, vm, start, end, truth_match, &truth);
	return truth.any;
}

bool recorded_truth(const struct drive_task *t, struct drive_vm *vm, const struct ev *ev)
{
	return vm->touches && was_touched(t, vm, ev->hvas.start, ev->hvas.end);
}

void recorded_answer(struct drive_task *t, struct drive_vm *vm, const struct ev *ev, bool truth, bool young)
{
	t->n.young += young;
	t->n.young_recorded += !!(ev->flags & EV_F_YOUNG);
	if (!vm->touches)
		return;
	t->n.young_lost += truth && !young;
	t->n.young_early += young && !truth;
}
