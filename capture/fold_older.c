// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memslots that are older than the recording, as the program that recorded found them (notes.h): the VM they are of
 * is known by the address of its struct kvm, or by its process.  They are written as made when the recording began.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

struct older_vm {
	uint32_t     pid;
	uint64_t     kvm;
	int	     vm;	/* -1: nothing of it came yet */
	struct slot *slots;
	uint32_t     nr;
};

void older_add(struct fold *f, uint32_t pid, uint64_t kvm, const struct slot *slot)
{
	struct older_vm *o = NULL;

	for (uint32_t i = 0; i < f->nr_older && !o; i++)
		if (f->older[i].kvm == kvm)
			o = &f->older[i];
	if (!o) {
		f->older = xreallocarray(f->older, f->nr_older + 1, sizeof(*f->older));
		o = &f->older[f->nr_older++];
		*o = (struct older_vm){ .pid = pid, .kvm = kvm, .vm = -1 };
	}
	o->slots = xreallocarray(o->slots, o->nr + 1, sizeof(*o->slots));
	o->slots[o->nr++] = *slot;
}

/* The one VM that process @pid has, of which nothing came yet. */
static struct older_vm *only_of(struct fold *f, uint32_t pid)
{
	struct older_vm *found = NULL;

	for (uint32_t i = 0; pid && i < f->nr_older; i++) {
		if (f->older[i].pid != pid)
			continue;
		if (found)
			return NULL;
		found = &f->older[i];
	}
	return found && found->vm < 0 ? found : NULL;
}

static struct older_vm *older_of(struct fold *f, unsigned int vm)
{
	uint64_t kvm = f->vms[vm].kvm;

	if (!kvm)
		return only_of(f, f->meta->vms[vm].tgid);
	for (uint32_t i = 0; i < f->nr_older; i++)
		if (f->older[i].kvm == kvm && f->older[i].vm < 0)
			return &f->older[i];
	return NULL;
}

uint32_t older_place(struct fold *f, unsigned int vm)
{
	struct older_vm *o = older_of(f, vm);

	if (!o)
		return 0;
	o->vm = (int)vm;
	f->vms[vm].kvm = f->meta->vms[vm].kvm = o->kvm;
	for (uint32_t i = 0; i < o->nr; i++)
		slot_store(&f->vms[vm], &o->slots[i]);
	f->vms[vm].slots_known = true;
	infer_free(&f->vms[vm]);
	return o->pid;
}

static void write_vm(struct fold *f, const struct older_vm *o)
{
	struct task t = { .index = -1, .vm = o->vm, .vcpu = -1 };

	for (uint32_t i = 0; i < o->nr; i++)
		slot_write_older(f, &t, &o->slots[i]);
	if (o->nr)
		f->meta->tasks[t.index].vm = o->vm;
}

void older_finish(struct fold *f)
{
	for (uint32_t i = 0; i < f->nr_older; i++)
		if (f->older[i].vm >= 0)
			write_vm(f, &f->older[i]);
}

void older_free(struct fold *f)
{
	for (uint32_t i = 0; i < f->nr_older; i++)
		free(f->older[i].slots);
	free(f->older);
}
