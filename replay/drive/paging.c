/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow paging: what the guest does to its own page tables.
 *
 * Entries it wrote without an exit are known from walks that found them, so they are written right before the
 * access (or whatever else) that they were found for, by the vCPU that found them.  Under this policy the
 * frame may be write-protected then: the write costs a fault, and perhaps its emulation.  That is asked only of frames
 * to which the guest was seen writing; the others were filled by user space before the guest ran.
 */
#include "base/alloc.h"
#include "kvm/role.h"
#include "replay/drive/drive.h"

void paging_keep(struct ev_list *list, const struct ev *ev)
{
	if (list->nr == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 8;
		list->v = xreallocarray(list->v, list->cap, sizeof(*list->v));
	}
	list->v[list->nr++] = *ev;
}

/* --- frames the host has ------------------------------------------------------------------- */

static void lock_frames(struct drive_vm *vm)
{
	if (!RT_IS_VIRTUAL)
		pthread_mutex_lock(&vm->present_lock);
}

static void unlock_frames(struct drive_vm *vm)
{
	if (!RT_IS_VIRTUAL)
		pthread_mutex_unlock(&vm->present_lock);
}

void paging_accessed(struct drive_vm *vm, const struct mmu_access *a)
{
	lock_frames(vm);
	gfn_set_add(&vm->present, a->gfn, a->host_level);
	if (a->access & MMU_W)
		gfn_set_add(&vm->written, a->gfn, a->host_level);
	unlock_frames(vm);
}

bool paging_host_lets_write(struct drive_vm *vm, const struct mmu_access *a)
{
	uint64_t pages = entry_pages(vm->drive->entries, a->host_level);
	gfn_t gfn = a->gfn & ~(pages - 1);
	bool lets;

	lock_frames(vm);
	lets = gfn_set_has(&vm->present, gfn, gfn + pages) && gfn_set_has(&vm->written, gfn, gfn + pages);
	unlock_frames(vm);
	return lets;
}

static void take_back(void *arg, gfn_t gfn, gfn_t end)
{
	struct drive_vm *vm = arg;

	lock_frames(vm);
	gfn_set_remove(&vm->present, gfn, end);
	unlock_frames(vm);
}

void paging_unmapped(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end)
{
	if (!t->drive->rmaps)
		return;
	pthread_mutex_lock(&vm->slots_lock);
	slots_match(&vm->slots, start, end, t->drive->meta->page_shift, take_back, vm);
	pthread_mutex_unlock(&vm->slots_lock);
}

static bool is_in(struct drive_vm *vm, const struct gfn_set *set, gfn_t gfn)
{
	bool is;

	lock_frames(vm);
	is = gfn_set_has(set, gfn, gfn + 1);
	unlock_frames(vm);
	return is;
}

pfn_t paging_host_page(void *arg, unsigned int task, gfn_t gfn)
{
	struct drive_vm *vm = arg;

	(void)task;
	return is_in(vm, &vm->present, gfn) ? check_page(vm->drive, vm, gfn) : MMU_PFN_NONE;
}

pfn_t paging_host_elsewhere(void *arg, unsigned int task, gfn_t gfn)
{
	struct drive_vm *vm = arg;

	(void)task;
	lock_frames(vm);
	gfn_set_add(&vm->present, gfn, 1);
	unlock_frames(vm);
	return check_page(vm->drive, vm, gfn);
}

/* --- the guest writes -------------------------------------------------------------------------- */

/* Where the guest's kernel maps the frame, as it seems: true and *@gva. */
static bool gva_of(const struct drive_task *t, gfn_t gfn, unsigned int offset, uint64_t *gva)
{
	const struct scan_vm *scan = &t->drive->job->scan->vms[t->vm];
	gfn_t recorded = gfn - t->copy * t->drive->vms[t->vm].clone.gfns;

	*gva = scan->kernel_offset + (recorded << t->drive->meta->page_shift) + offset;
	return scan->kernel_offset_known;
}

/* The write faults, until it goes through or must be emulated.  Return: it can go through. */
static bool fault_on_table(struct drive_task *t, struct drive_vm *vm, const struct ev_gpte *g)
{
	struct mmu_access a = { .gfn = g->gfn, .access = MMU_W, .host_level = 1, .host_writable = true,
				.pfn = check_page(t->drive, vm, g->gfn) };
	unsigned int vcpu = (unsigned int)t->vcpu;
	enum ret_pf ret;

	t->n.pt_faults++;
	if (!gva_of(t, g->gfn, g->offset, &a.gva)) {
		rt_charge(COST_EXIT_ENTRY, 1);
		return false;
	}
	t->access = &a;
	do {
		rt_charge(COST_EXIT_ENTRY, 1);
		ret = mmu_fault(vm->mmu, vcpu, &a);
		paging_enter(t, vm->mmu);
		rt_think(0);	/* or nobody could end what it retries for */
	} while (ret == RET_PF_RETRY && !rt_peek(&t->drive->failed));
	t->access = NULL;
	return ret == RET_PF_FIXED || ret == RET_PF_SPURIOUS;
}

/* Emulated writes may be of any size; those of whole entries are all that the guest does by itself. */
static bool writes_through(const struct drive_task *t, struct drive_vm *vm, const struct ev_gpte *g)
{
	return (g->bytes == 4 || g->bytes == 8) && g->offset % g->bytes == 0 &&
	       mmu_guest_writes(vm->mmu, (unsigned int)t->vcpu, g->gfn, g->offset, g->value);
}

static void write_slowly(struct drive_task *t, struct drive_vm *vm, const struct ev_gpte *g)
{
	bool faulted = t->emulated == g->gfn;	/* by the access that has just been */
	struct rt_sample sample;

	t->emulated = UINT64_MAX;
	rt_op_begin(RESULT_PT_WRITE);
	if (faulted || !fault_on_table(t, vm, g) || !writes_through(t, vm, g)) {
		rt_charge(COST_EMULATE, 1);
		mmu_pt_write(vm->mmu, (unsigned int)t->vcpu, g->gfn, g->offset, g->value, g->bytes);
	}
	rt_op_end(&sample);
	task_sample(t, RESULT_PT_WRITE, &sample, SAMPLE_NO_MORE, 0);
	t->n.nested_ns += sample.total_ns;
}

void paging_write(struct drive_task *t, const struct ev *ev)
{
	struct drive_vm *vm = &t->drive->vms[ev->vm];
	const struct ev_gpte *g = &ev->gpte;

	if (t->vcpu < 0 || t->vm != ev->vm || (ev->kind == EV_GPTE && !is_in(vm, &vm->written, g->gfn)))
		mmu_gpte(vm->mmu, g->gfn, g->offset, g->value);
	else if (!writes_through(t, vm, g))
		write_slowly(t, vm, g);
}

void paging_written(struct drive_task *t, unsigned int vm, gfn_t frame)
{
	t->wrote.bytes = 0;
	for (const struct ev *next = t->cursor->next; next != t->cursor->end; next++) {
		struct ev ev = *next;

		if (ev.kind == EV_ACCESS || ev.kind == EV_PT_WRITE)
			return;
		if (ev.kind != EV_GPTE || ev.vm != vm)
			continue;
		clone_move(&t->drive->vms[vm].clone, t->copy, &ev);
		if (ev.gpte.gfn != frame)
			continue;
		paging_write(t, &ev);
		t->wrote = ev.gpte;
		return;
	}
}

static bool is_written(const struct drive_task *t, const struct ev *ev)
{
	const struct ev_gpte *w = &t->wrote, *g = &ev->gpte;

	return w->bytes && ev->kind == EV_GPTE && w->gfn == g->gfn && w->offset == g->offset && w->value == g->value;
}

void paging_catch_up(struct drive_task *t, struct ev_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->v[i].vm < t->drive->meta->nr_vms && !is_written(t, &list->v[i]))
			paging_write(t, &list->v[i]);
	list->nr = 0;
}

/* --- roots ------------------------------------------------------------------------------------------ */

void paging_enter(struct drive_task *t, struct mmu *mmu)
{
	if (mmu_wants_sync(mmu, (unsigned int)t->vcpu))
		mmu_sync_roots(mmu, (unsigned int)t->vcpu);
}

/* Beside the levels what the recording does not tell of the guest's mode is as usual: CR0.WP and EFER.NXE are set. */
static uint32_t role_of(unsigned int levels)
{
	uint32_t role = role_set_level(0, levels);

	role = role_set_has_4_byte_gpte(role, levels == 2);
	role = role_set_access(role, 7);
	role = role_set_efer_nx(role, levels > 2);
	return role_set_cr0_wp(role, 1);
}

void paging_root(struct drive_task *t, struct mmu *mmu, const struct ev_walk *walk)
{
	bool other_mode = walk->levels && walk->levels != t->levels;

	if (other_mode)
		mmu_vcpu_role(mmu, (unsigned int)t->vcpu, role_of(walk->levels));
	t->levels = walk->levels ? walk->levels : t->levels;
	if (!walk->known || (walk->root == t->root && !other_mode))
		return;
	t->root = walk->root;
	/* Without any root yet the load that follows takes this one. */
	if (!mmu_cr3(mmu, (unsigned int)t->vcpu, t->root) && t->loaded)
		mmu_vcpu_load(mmu, (unsigned int)t->vcpu);
}
