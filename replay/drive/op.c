/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every stimulus but an access: one operation of the engine each. */
#include <errno.h>

#include "base/alloc.h"
#include "replay/drive/tell.h"

/* These bracket one operation of the engine with its accounting; @ev: its stimulus. */
static void begin_op(struct drive_task *t, enum result_op op, const struct ev *ev)
{
	if (telling(t->drive))
		tell_op(t, ev);
	rt_op_begin(op);
}

static void end_op_with(struct drive_task *t, enum result_op op, enum sample_more more, uint64_t more_ns)
{
	struct rt_sample sample;

	rt_op_end(&sample);
	if (telling(t->drive))
		tell_op_end(t);
	task_sample(t, op, &sample, more, more_ns);
	if (t->vcpu >= 0)
		t->n.nested_ns += sample.total_ns;
}

static void end_op(struct drive_task *t, enum result_op op)
{
	end_op_with(t, op, SAMPLE_NO_MORE, 0);
}

static void end_window(struct drive_task *t, const struct window *w)
{
	const struct ev end = { .kind = EV_INVALIDATE_END, .vm = w->vm, .hvas = { .start = w->start, .end = w->end } };
	uint64_t open_ns;

	/* What was looked up meanwhile is gone by now. */
	paging_unmapped(t, &t->drive->vms[w->vm], w->start, w->end);
	begin_op(t, RESULT_INVALIDATE_END, &end);
	mmu_invalidate_end(t->drive->vms[w->vm].mmu, w->start, w->end);
	open_ns = rt_now_ns() - w->begin_ns;
	end_op_with(t, RESULT_INVALIDATE_END, SAMPLE_CLOSED, open_ns);
	if (open_ns > t->n.window_max_ns)
		t->n.window_max_ns = open_ns;
}

void op_close_windows(struct drive_task *t)
{
	while (t->nr_windows)
		end_window(t, &t->windows[--t->nr_windows]);
}

static void open_window(struct drive_task *t, const struct window *w)
{
	if (t->nr_windows == t->cap_windows) {
		t->cap_windows = t->cap_windows ? 2 * t->cap_windows : 4;
		t->windows = xreallocarray(t->windows, t->cap_windows, sizeof(*t->windows));
	}
	t->windows[t->nr_windows++] = *w;
}

static void invalidate_start(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	struct window w = { .vm = s->ev->vm, .start = s->ev->hvas.start, .end = s->ev->hvas.end,
			    .begin_ns = rt_now_ns() };
	uint64_t stamp = check_begin(vm);

	recorded_unmap(t, vm, w.start, w.end);
	paging_unmapped(t, vm, w.start, w.end);
	begin_op(t, RESULT_INVALIDATE, s->ev);
	mmu_invalidate_start(vm->mmu, w.start, w.end, !(s->ev->flags & EV_F_NOBLOCK));
	check_moved(t, vm, w.start, w.end);
	end_op(t, RESULT_INVALIDATE);
	check_unmapped(t, vm, stamp, w.start, w.end);
	if (t->drive->ends_at_once || s->ev->flags & EV_F_OPEN)
		end_window(t, &w);
	else
		open_window(t, &w);
}

static void invalidate_end(struct drive_task *t, const struct stim *s)
{
	for (size_t i = t->nr_windows; i-- > 0;) {
		struct window w = t->windows[i];

		if (w.vm != s->ev->vm || w.start != s->ev->hvas.start || w.end != s->ev->hvas.end)
			continue;
		for (; i + 1 < t->nr_windows; i++)
			t->windows[i] = t->windows[i + 1];
		t->nr_windows--;
		end_window(t, &w);
		return;
	}
	t->n.unmatched_ends++;
}

static void age(struct drive_task *t, const struct stim *s)
{
	enum result_op op = s->ev->kind == EV_AGE ? RESULT_AGE : RESULT_TEST_AGE;
	enum mmu_age how = MMU_AGE_TEST;
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	bool truth = recorded_truth(t, vm, s->ev), young;

	if (s->ev->kind == EV_AGE)
		how = s->ev->flags & EV_F_FLUSH ? MMU_AGE_CLEAR_FLUSH : MMU_AGE_CLEAR;
	if (how != MMU_AGE_TEST)
		recorded_age(t, vm, s->ev->hvas.start, s->ev->hvas.end);
	begin_op(t, op, s->ev);
	t->tests = how == MMU_AGE_TEST;
	young = mmu_age(vm->mmu, s->ev->hvas.start, s->ev->hvas.end, how);
	t->tests = false;
	end_op(t, op);
	recorded_answer(t, vm, s->ev, truth, young);
}

static void take_gfn(void *arg, gfn_t gfn, gfn_t end)
{
	(void)end;
	*(gfn_t *)arg = gfn;
}

/* The frame behind @hva, or UINT64_MAX. */
static gfn_t gfn_of(const struct drive_task *t, struct drive_vm *vm, hva_t hva)
{
	gfn_t gfn = UINT64_MAX;

	pthread_mutex_lock(&vm->slots_lock);
	slots_match(&vm->slots, hva, hva + 1, t->drive->meta->page_shift, take_gfn, &gfn);
	pthread_mutex_unlock(&vm->slots_lock);
	return gfn;
}

static void set_spte(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	uint64_t stamp = check_begin(vm);
	gfn_t gfn = gfn_of(t, vm, s->ev->hvas.start);
	pfn_t pfn = s->ev->hvas.end;

	if (t->drive->meta->release > KVM_6_1) {
		t->n.skipped[EV_SET_SPTE]++;
		return;
	}
	recorded_unmap(t, vm, s->ev->hvas.start, s->ev->hvas.start + 1);
	paging_unmapped(t, vm, s->ev->hvas.start, s->ev->hvas.start + 1);
	if (pfn != MMU_PFN_WRITABLE && gfn != UINT64_MAX)
		pfn = check_page(t->drive, vm, gfn);
	begin_op(t, RESULT_SET_SPTE, s->ev);
	mmu_set_spte(vm->mmu, s->ev->hvas.start, pfn);
	end_op(t, RESULT_SET_SPTE);
	check_set_spte(vm, stamp);
}

/* A change of flags that starts or stops dirty logging has a name of its own. */
static enum result_op slot_op(struct drive_vm *vm, const struct ev_slot *to)
{
	const struct ev_slot *old;
	uint32_t had;

	if (to->change != EV_SLOT_FLAGS)
		return RESULT_MEMSLOT;
	pthread_mutex_lock(&vm->slots_lock);
	old = slots_find(&vm->slots, to->id, to->as_id);
	had = old ? old->flags : 0;
	pthread_mutex_unlock(&vm->slots_lock);
	if (to->flags & ~had & KVM_MEM_LOG_DIRTY)
		return RESULT_DIRTY_ENABLE;
	return had & ~to->flags & KVM_MEM_LOG_DIRTY ? RESULT_DIRTY_DISABLE : RESULT_MEMSLOT;
}

static void memslot(struct drive_task *t, const struct stim *s)
{
	static const enum mmu_slot_change changes[] = {
		[EV_SLOT_CREATE] = MMU_SLOT_CREATE, [EV_SLOT_DELETE] = MMU_SLOT_DELETE,
		[EV_SLOT_MOVE] = MMU_SLOT_MOVE, [EV_SLOT_FLAGS] = MMU_SLOT_FLAGS,
	};
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	const struct ev_slot *from = &s->ev->slot;
	struct mmu_slot slot = { .id = from->id, .as_id = from->as_id, .flags = from->flags,
				 .base_gfn = from->gfn, .npages = from->npages, .hva = from->hva };
	uint64_t stamp = check_begin(vm);
	enum result_op op;
	int rc;

	if (from->change >= ARRAY_SIZE(changes)) {
		t->n.slot_errors++;
		return;
	}
	recorded_slot(t, vm, from);
	op = slot_op(vm, from);
	begin_op(t, op, s->ev);
	rc = mmu_memslot(vm->mmu, changes[from->change], &slot);
	end_op(t, op);
	if (rc)
		t->n.slot_errors++;
	else
		check_memslot(vm, stamp, from);
}

/* Memory attributes, and holes in a guest_memfd: by gfn. */
static void change_pages(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	bool attributes = s->ev->kind == EV_MEM_ATTR;
	enum result_op op = attributes ? RESULT_MEM_ATTR : RESULT_PUNCH_HOLE;
	gfn_t start = s->ev->gfns.gfn, end = start + s->ev->gfns.count;
	uint64_t stamp = check_begin(vm);
	int rc;

	begin_op(t, op, s->ev);
	rc = attributes ? mmu_mem_attributes(vm->mmu, start, end, s->ev->flags & EV_F_PRIVATE)
			: mmu_punch_hole(vm->mmu, start, end);
	end_op(t, op);
	if (rc)
		t->n.skipped[s->ev->kind]++;	/* the recorded release knows no such thing */
	else if (vm->oracle)	/* not where the pages were so before, or no slot is bound to the file */
		oracle_remove_all(vm->oracle, stamp, false);
}

/* kvm_zap_gfn_range(): by gfn, and over more than there are pages where it means all of them. */
static void zap_range(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	gfn_t start = s->ev->gfns.gfn, end = start + s->ev->gfns.count;
	uint64_t stamp = check_begin(vm);
	int rc;

	recorded_zap(vm, start, end);
	begin_op(t, RESULT_ZAP_RANGE, s->ev);
	rc = mmu_zap_gfn_range(vm->mmu, start, end);
	end_op(t, RESULT_ZAP_RANGE);
	if (rc)
		t->n.skipped[EV_ZAP_RANGE]++;	/* no page is in it */
	else
		check_zapped(vm, stamp, start, end);
}

/*
 * What user space does with the log is the recording's: it asks for the same words, and of a ring for all there is
 * when the recorded call reset any of it.
 */
static int64_t dirty_call(struct mmu *mmu, const struct stim *s)
{
	const struct obs_gfns *g = &s->ev->gfns;

	switch (s->ev->kind) {
	case EV_DIRTY_GET:
		return mmu_dirty_get(mmu, g->level, g->slot);
	case EV_DIRTY_CLEAR:
		return mmu_dirty_clear(mmu, g->level, g->slot, g->gfn, g->count);
	case EV_DIRTY_RESET:
		return mmu_dirty_reset(mmu, g->slot, g->count ? UINT64_MAX : 0, s->ev->flags & EV_F_LAST);
	default:
		return mmu_dirty_mask(mmu, g->gfn, g->count, s->ev->flags & EV_F_LAST);
	}
}

static void dirty(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	enum result_op op = s->ev->kind == EV_DIRTY_GET ? RESULT_DIRTY_GET :
			    s->ev->kind == EV_DIRTY_CLEAR ? RESULT_DIRTY_CLEAR : RESULT_DIRTY_RESET;
	int64_t pages;

	begin_op(t, op, s->ev);
	pages = dirty_call(vm->mmu, s);
	if (telling(t->drive) && pages > 0)
		tell_count(t, (uint64_t)pages);
	end_op(t, op);
	if (pages < 0)
		t->n.slot_errors++;
	else if (op != RESULT_DIRTY_CLEAR)
		t->n.dirty_pages += pages;
	else if (t->n.clear_chunk < s->ev->gfns.count << t->drive->meta->page_shift)
		t->n.clear_chunk = s->ev->gfns.count << t->drive->meta->page_shift;
	check_protected(vm);
}

/* What is gone when the run ends. */
static void keep_counts(struct drive_vm *vm)
{
	struct mmu_stats s;

	if (vm->emptied)
		return;
	mmu_stats(vm->mmu, &s);
	vm->tables_empty = s.tables_empty;
	vm->emptied = true;
}

/* The VM is emptied once, by the last copy to get here; the oracle looks at it first. */
static void empty_vm(struct drive_task *t, const struct stim *s)
{
	struct drive *d = t->drive;
	struct drive_vm *vm = &d->vms[s->ev->vm];
	bool teardown = s->ev->kind == EV_VM_DESTROY;
	enum result_op op = teardown ? RESULT_TEARDOWN : RESULT_ZAP_ALL;
	struct err e = { 0 };
	uint64_t stamp;
	int rc;

	if ((rt_fetch_add(&vm->whole[teardown], 1) + 1) % d->job->clones)
		return;
	recorded_empty(vm);
	rc = check_compare(vm, &e);
	if (rc) {
		task_fail(d, &e, rc);
		return;
	}
	keep_counts(vm);
	stamp = check_begin(vm);
	begin_op(t, op, s->ev);
	if (teardown)
		mmu_teardown(vm->mmu);
	else
		mmu_zap_all(vm->mmu);
	end_op(t, op);
	if (vm->oracle)
		oracle_remove_all(vm->oracle, stamp, true);
}

/* Not an operation of the run: it was so before. */
static void prefill(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	struct mmu_prefill p = { .gfn = s->ev->gfns.gfn, .npages = s->ev->gfns.count, .level = s->ev->gfns.level,
				 .pfn = drive_frame(t->drive, s->ev->gfns.gfn) };
	struct err e = { 0 };
	int rc = check_prefill(t->drive, vm, &p, &e);

	if (rc)
		task_fail(t->drive, &e, rc);
	else if (mmu_prefill(vm->mmu, &p))
		t->n.slot_errors++;
	else
		t->n.prefilled += p.npages << t->drive->meta->page_shift;
}

/* Tables go, and with them pages that nobody else gave up. */
void op_nx_recover(struct drive_vm *vm)
{
	uint64_t stamp = check_begin(vm);

	mmu_nx_recover(vm->mmu, vm->nx_ratio);
	if (vm->oracle)
		oracle_remove_all(vm->oracle, stamp, false);
}

static void nx_recover(struct drive_task *t, const struct stim *s)
{
	begin_op(t, RESULT_NX_RECOVER, s->ev);
	op_nx_recover(&t->drive->vms[s->ev->vm]);
	end_op(t, RESULT_NX_RECOVER);
}

/* Every root goes. */
static void nx_toggle(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = &t->drive->vms[s->ev->vm];
	uint64_t stamp = check_begin(vm);

	begin_op(t, RESULT_NX_TOGGLE, s->ev);
	mmu_nx_toggle(vm->mmu);
	end_op(t, RESULT_NX_TOGGLE);
	if (vm->oracle)
		oracle_remove_all(vm->oracle, stamp, false);
}

static void vcpu_root(struct drive_task *t, const struct stim *s)
{
	struct mmu *mmu = t->drive->vms[s->ev->vm].mmu;

	if (t->vcpu < 0 || t->vm != s->ev->vm)
		return;		/* whose root a host task drops is not recorded; teardown drops what is left */
	if (t->loaded == (s->ev->kind == EV_VCPU_LOAD))
		return;
	begin_op(t, RESULT_LOAD, s->ev);
	if (t->loaded)
		mmu_vcpu_unload(mmu, (unsigned int)t->vcpu);
	else
		mmu_vcpu_load(mmu, (unsigned int)t->vcpu);
	end_op(t, RESULT_LOAD);
	t->loaded = !t->loaded;
}

/* Shadow paging: what the guest does beside accesses. */
static void paging(struct drive_task *t, const struct stim *s)
{
	static const enum result_op ops[EV_STIM_END] = {
		[EV_CR3] = RESULT_LOAD, [EV_SYNC_ROOTS] = RESULT_SYNC, [EV_INVLPG] = RESULT_INVLPG,
	};
	struct mmu *mmu = t->drive->vms[s->ev->vm].mmu;

	if (t->vcpu < 0 || t->vm != s->ev->vm)
		return;
	begin_op(t, ops[s->ev->kind], s->ev);
	if (s->ev->kind == EV_CR3)
		paging_root(t, mmu, &s->ev->walk);
	else if (s->ev->kind == EV_SYNC_ROOTS)
		mmu_sync_roots(mmu, (unsigned int)t->vcpu);
	else
		mmu_invlpg(mmu, (unsigned int)t->vcpu, s->ev->walk.gva);
	paging_enter(t, mmu);
	end_op(t, ops[s->ev->kind]);
}

/* All copies together have as much for each as the recorded guest had. */
static void page_limit(struct drive_task *t, const struct stim *s)
{
	begin_op(t, RESULT_PAGE_LIMIT, s->ev);
	mmu_page_limit(t->drive->vms[s->ev->vm].mmu, s->ev->gfns.count * t->drive->job->clones);
	end_op(t, RESULT_PAGE_LIMIT);
}

static void dispatch(struct drive_task *t, const struct stim *s)
{
	switch (s->ev->kind) {
	case EV_INVALIDATE_START:
		invalidate_start(t, s);
		break;
	case EV_INVALIDATE_END:
		invalidate_end(t, s);
		break;
	case EV_AGE:
	case EV_TEST_AGE:
		age(t, s);
		break;
	case EV_SET_SPTE:
		set_spte(t, s);
		break;
	case EV_MEMSLOT:
		memslot(t, s);
		break;
	case EV_MEM_ATTR:
	case EV_PUNCH_HOLE:
		change_pages(t, s);
		break;
	case EV_ZAP_RANGE:
		zap_range(t, s);
		break;
	case EV_DIRTY_GET:
	case EV_DIRTY_CLEAR:
	case EV_DIRTY_MASK:
	case EV_DIRTY_RESET:
		dirty(t, s);
		break;
	case EV_VCPU_LOAD:
	case EV_VCPU_UNLOAD:
		vcpu_root(t, s);
		break;
	case EV_ZAP_ALL:
	case EV_VM_DESTROY:
		empty_vm(t, s);
		break;
	case EV_PREFILL:
		prefill(t, s);
		break;
	case EV_NX_RECOVER:
		nx_recover(t, s);
		break;
	case EV_NX_TOGGLE:
		nx_toggle(t, s);
		break;
	case EV_CR3:
	case EV_SYNC_ROOTS:
	case EV_INVLPG:
		paging(t, s);
		break;
	case EV_GPTE:
	case EV_PT_WRITE:
		paging_write(t, s->ev);
		break;
	case EV_PAGE_LIMIT:
		page_limit(t, s);
		break;
	}
}

uint64_t op_service_ns(const struct ev *ev)
{
	switch (ev->kind) {
	case EV_ACCESS:
		return ev->access.service_ns;
	case EV_INVALIDATE_START:
	case EV_INVALIDATE_END:
	case EV_AGE:
	case EV_TEST_AGE:
	case EV_SET_SPTE:
		return ev->hvas.service_ns;
	case EV_DIRTY_GET:
	case EV_DIRTY_CLEAR:
	case EV_DIRTY_MASK:
	case EV_DIRTY_RESET:
	case EV_ZAP_RANGE:
	case EV_MEM_ATTR:
	case EV_PUNCH_HOLE:
		return ev->gfns.service_ns;
	default:
		return 0;
	}
}

/* What the engine has no operation for still took its task's time. */
static void skip(struct drive_task *t, const struct stim *s)
{
	uint64_t service_ns = op_service_ns(s->ev);

	t->n.skipped[s->ev->kind < EV_STIM_END ? s->ev->kind : EV_NONE]++;
	if (service_ns && t->drive->job->pacing != PACING_ASAP)
		rt_busy(drive_scaled(t->drive, service_ns));
}

void op_run(struct drive_task *t, const struct stim *s)
{
	task_await(t, s->number);
	if (s->ev->vm < t->drive->meta->nr_vms && scan_models(s->ev->kind)) {
		t->n.others++;
		dispatch(t, s);
	} else {
		skip(t, s);
	}
	task_done(t, s->number);
}
