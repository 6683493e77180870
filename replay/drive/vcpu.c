/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU: runs its guest, touches a page, faults until the page is there. */
#include "base/alloc.h"
#include "replay/drive/tell.h"

static struct mmu_access access_of(const struct drive *d, const struct ev *ev)
{
	struct mmu_access a = {
		.gfn = ev->access.gfn,
		.access = (uint8_t)((ev->flags & EV_F_R ? MMU_R : 0) | (ev->flags & EV_F_W ? MMU_W : 0) |
				    (ev->flags & EV_F_X ? MMU_X : 0)),
		/* Unknown counts as read-only: the recorded guest, too, had to fault again to write. */
		.host_writable = ev->flags & (EV_F_HOSTWR | EV_F_W),
		.pfn = drive_frame(d, ev->access.gfn),
	};

	if (!a.access)
		a.access = MMU_R;
	if (ev->flags & EV_F_PFN)
		a.host_level = ev->access.level;
	return a;
}

/* Where the recording does not know how large the host's page is, it is as large as what maps it now. */
static void complete(struct mmu_access *a, const struct drive *d, const struct mmu *mmu)
{
	int level;
	uint64_t entry;

	if (a->host_level)
		return;
	a->host_level = 1;
	if (d->shadow)		/* the frame is not known either, mostly */
		return;
	entry = mmu_peek(mmu, a->gfn, 0, &level);
	if (level && entry_is_leaf(d->entries, entry, level))
		a->host_level = (uint8_t)level;
}

/* Some of it went by before stimuli in between. */
static void take_thought(struct drive_task *t, uint64_t *guest_ns, uint64_t *other_ns)
{
	uint64_t thought_ns = t->thought_ns, of_guest_ns = thought_ns < *guest_ns ? thought_ns : *guest_ns;

	t->thought_ns = 0;
	*guest_ns -= of_guest_ns;
	thought_ns -= of_guest_ns;
	*other_ns -= thought_ns < *other_ns ? thought_ns : *other_ns;
}

static void other_exits(struct drive_task *t, uint64_t ns)
{
	if (telling(t->drive))
		tell_leave(t);
	rt_busy(ns);
	if (telling(t->drive))
		tell_enter(t);
}

/* Lets the guest run as long as it ran before this access in the recording. */
static void think(struct drive_task *t, const struct stim *s)
{
	const struct ev *split = t->think.kind ? &t->think : NULL;
	uint64_t guest_ns, other_ns, begin_ns = rt_now_ns(), added_ns = t->n.added_ns, took_ns;

	scan_think(&s->ev, split, &guest_ns, &other_ns);
	if (telling(t->drive))
		tell_enter(t);
	guest_ns = drive_scaled(t->drive, guest_ns);
	other_ns = drive_scaled(t->drive, other_ns);
	t->think.kind = EV_NONE;
	take_thought(t, &guest_ns, &other_ns);
	switch (t->drive->job->pacing) {
	case PACING_CLOSED:
		if (guest_ns)
			guest_think(t, guest_ns);
		if (other_ns)
			other_exits(t, other_ns);
		break;
	case PACING_OPEN:
		if (s->t_ns > begin_ns)
			guest_think(t, s->t_ns - begin_ns);
		break;
	case PACING_ASAP:
		return;
	}
	took_ns = rt_now_ns() - begin_ns - (t->n.added_ns - added_ns);
	t->n.want_think_ns += guest_ns + other_ns;
	t->n.off_think_ns += took_ns > guest_ns + other_ns ? took_ns - guest_ns - other_ns
							   : guest_ns + other_ns - took_ns;
}

/*
 * The fault whose own page pinning invalidated its page: it always retries,
 * since the invalidation began after its snapshot.
 */
static enum ret_pf spoiled_attempt(const struct drive_task *t)
{
	if (!t->story.around)
		rt_charge(COST_FAULT_FIXED, 1);
	rt_charge(COST_HOST_LOOKUP, 1);
	return RET_PF_RETRY;
}

struct served {
	uint64_t	retry_ns;
	uint32_t	attempts, retries;
	enum ret_pf	ret;
	pfn_t		pfn;
};

#define RETRIES_BETWEEN_LOOKS	65536

/* No attempt can ever succeed: an invalidation was begun whose end found no slot. */
static bool is_stuck(struct drive_task *t, struct mmu *mmu, const struct mmu_access *a, const struct served *r)
{
	struct mmu_stats stats;
	struct err e;
	int rc;

	if (likely(r->retries % RETRIES_BETWEEN_LOOKS))
		return false;
	mmu_stats(mmu, &stats);
	if (!stats.windows_left)
		return false;
	rc = err_set(&e, ERR_NO, "vm %d, vcpu %d: gfn 0x%llx was told to retry %u times: %llu invalidations were begun and never "
		     "ended; memory slots must not change inside them (memslot.swap_waits)",
		     t->vm, t->vcpu, (unsigned long long)a->gfn, r->retries, (unsigned long long)stats.windows_left);
	task_fail(t->drive, &e, rc);
	return true;
}

/* Attempts until one is not told to retry; the guest may meanwhile find the page there. */
static struct served serve(struct drive_task *t, struct mmu *mmu, const struct mmu_access *a, bool spoiled)
{
	struct mmu_access now = *a;
	struct served r = { 0 };

	/* cppcheck-suppress autoVariables ; it is cleared below */
	t->access = &now;
	do {
		uint64_t begin_ns = rt_now_ns();

		if (telling(t->drive))
			tell_fault_exit(t, &now);
		if (likely(!t->story.around))
			rt_charge(COST_EXIT_ENTRY, 1);
		if (telling(t->drive))
			tell_fault(t, &now);
		r.ret = spoiled ? spoiled_attempt(t) : mmu_fault(mmu, (unsigned int)t->vcpu, &now);
		spoiled = false;
		r.attempts++;
		if (unlikely(t->drive->shadow))
			paging_enter(t, mmu);
		if (telling(t->drive))
			tell_fault_ret(t, r.ret);
		if (r.ret != RET_PF_RETRY && r.ret != RET_PF_LOST)
			break;
		r.retries++;
		r.retry_ns += rt_now_ns() - begin_ns;
		if (unlikely(is_stuck(t, mmu, a, &r)))
			break;
		rt_think(0);	/* the guest is entered again, and comes back */
	} while (!mmu_touch(mmu, (unsigned int)t->vcpu, &now));
	t->access = NULL;
	r.pfn = now.pfn;
	return r;
}

static void load(struct drive_task *t, struct mmu *mmu)
{
	const struct ev load = { .kind = EV_VCPU_LOAD, .vm = (uint16_t)t->vm };
	struct rt_sample sample;

	if (telling(t->drive))
		tell_op(t, &load);
	rt_op_begin(RESULT_LOAD);
	mmu_vcpu_load(mmu, (unsigned int)t->vcpu);
	rt_op_end(&sample);
	if (telling(t->drive))
		tell_op_end(t);
	task_sample(t, RESULT_LOAD, &sample, SAMPLE_NO_MORE, 0);
	t->loaded = true;
}

/* What is executed is mapped small, and may have broken up a huge page. */
static int oracle_level(const struct drive_vm *vm, const struct mmu_access *a)
{
	return (a->access & MMU_X) && mmu_nx_is_on(vm->mmu) ? 1 : a->host_level;
}

/* What KVM does beyond the fault before the guest goes on. */
static void after_shadow_fault(struct drive_task *t, struct drive_vm *vm, const struct mmu_access *a, enum ret_pf ret)
{
	if (ret == RET_PF_GUEST) {
		rt_charge(COST_INJECT, 1);
		t->n.guest_faults++;
		return;
	}
	paging_accessed(vm, a);
	if (a->access & MMU_W && (ret == RET_PF_EMULATE || ret == RET_PF_WRITE_PROTECTED)) {
		rt_charge(COST_EMULATE, 1);
		t->emulated = a->gfn;
	}
}

void vcpu_fault(struct drive_task *t, struct drive_vm *vm, const struct mmu_access *a, bool spoiled,
		uint64_t stamp, bool added)
{
	struct rt_sample sample;
	struct served r;

	rt_op_begin(RESULT_ACCESS);
	r = serve(t, vm->mmu, a, spoiled);
	if (unlikely(t->drive->rmaps))
		after_shadow_fault(t, vm, a, r.ret);
	rt_op_end(&sample);
	task_sample(t, RESULT_ACCESS, &sample, r.retries ? SAMPLE_RETRIED : SAMPLE_NO_MORE, r.retry_ns);
	t->n.spoiled += spoiled;
	t->n.faults += r.attempts;
	t->n.retries += r.retries;
	if (added) {
		t->n.added++;
		t->n.added_ns += sample.total_ns;
	} else {
		t->n.access_ns += sample.total_ns;
		t->n.lock_wait_ns += sample.lock_wait_ns;
		t->n.ipi_ns += sample.ipi_ns;
	}
	if (!vm->oracle)
		return;
	if (r.ret == RET_PF_FIXED || r.ret == RET_PF_SPURIOUS || r.ret == RET_PF_RELAXED || r.ret == RET_PF_YOUNG)
		oracle_access_end(vm->oracle, stamp, a->gfn, r.pfn, oracle_level(vm, a), a->access & MMU_W);
	else if (r.ret == RET_PF_RETRY || r.ret == RET_PF_LOST)	/* somebody else mapped it meanwhile */
		oracle_access_end(vm->oracle, stamp, a->gfn, 0, 0, a->access & MMU_W);
	else
		oracle_access_drop(vm->oracle, stamp, a->gfn);
}

static void touch(struct drive_task *t, struct drive_vm *vm, const struct stim *s, bool spoiled)
{
	struct mmu_access a = access_of(t->drive, &s->ev);
	uint64_t stamp = 0;

	if (t->walk.kind) {
		a.gva = t->walk.walk.gva;
		paging_root(t, vm->mmu, &t->walk.walk);
	}
	if (!t->loaded)
		load(t, vm->mmu);
	if (vm->oracle)
		stamp = oracle_access_begin(vm->oracle, a.gfn);
	if (!mmu_touch(vm->mmu, (unsigned int)t->vcpu, &a)) {
		complete(&a, t->drive, vm->mmu);
		if (unlikely(t->drive->rmaps) && !a.host_writable)
			a.host_writable = paging_host_lets_write(vm, &a);
		vcpu_fault(t, vm, &a, spoiled, stamp, false);
		return;
	}
	t->n.avoided++;
	if (unlikely(t->drive->rmaps))
		paging_accessed(vm, &a);
	if (vm->oracle)
		oracle_access_end(vm->oracle, stamp, a.gfn, 0, 0, a.access & MMU_W);
}

/*
 * Return: whether there were any: then the access's first attempt is spoiled.
 * Between the notifiers of one fault the host makes a page, a copy for one: part of the
 * fault's service, so its time is the cost model's and not the recorded one.
 */
static bool run_nested(struct drive_task *t)
{
	size_t nr = t->nr_nested;

	t->nr_nested = 0;
	for (size_t i = 0; i < nr; i++) {
		if (t->nested[i].ev.kind == EV_INVALIDATE_END) {
			uint64_t begin_ns = rt_now_ns();

			rt_charge(COST_HOST_ALLOC_4K, 1);
			t->n.nested_ns += rt_now_ns() - begin_ns;
		}
		if (unlikely(t->story.around))
			tell_await(t, t->nested[i].number);
		op_run(t, &t->nested[i]);
	}
	return nr != 0;
}

static void keep_nested(struct drive_task *t, const struct stim *s)
{
	if (t->nr_nested == t->cap_nested) {
		t->cap_nested = t->cap_nested ? 2 * t->cap_nested : 8;
		t->nested = xreallocarray(t->nested, t->cap_nested, sizeof(*t->nested));
	}
	t->nested[t->nr_nested++] = *s;
}

/* arm64: a page is mapped where there was a block, which the recorded kernel broke for it: the rest is gone. */
static void note_broken(const struct drive_task *t, struct touches *touches, const struct stim *s)
{
	if (t->drive->entries.arch == KVM_ARM64 && s->ev.flags & EV_F_PFN && s->ev.access.level == 1)
		touches_recorded_break(touches, s->ev.access.gfn);
}

/* What the access says of the recorded kernel's entries, and of the page. */
static void note_recorded(struct touches *touches, const struct stim *s)
{
	touches_recorded_map(touches, s->ev.access.gfn, s->ev.flags & EV_F_PFN ? s->ev.access.level : 0);
	touches_note(touches, s->ev.access.gfn);
}

static void end_shadow_access(struct drive_task *t, const struct stim *s)
{
	t->walk.kind = EV_NONE;
	t->recorded_end_ns = s->t_ns + drive_scaled(t->drive, s->ev.access.service_ns);
	if (s->ev.flags & EV_F_W && s->ev.vm == t->vm)
		paging_written(t, s->ev.vm, s->ev.access.gfn);
	paging_catch_up(t, &t->emulations);
}

/* The notifiers at hand are the fault's own: it has begun, when the first of them may. */
static void tell_around(struct drive_task *t, const struct stim *s)
{
	const struct mmu_access a = access_of(t->drive, &s->ev);

	task_await(t, t->nested[0].number);
	tell_fault_around(t, &a);
}

static void run_access(struct drive_task *t, const struct stim *s)
{
	struct drive_vm *vm = s->ev.vm == t->vm ? &t->drive->vms[t->vm] : NULL;	/* NULL: not a guest's own page */
	struct touches *touches = vm ? vm->touches : NULL;
	bool spoiled;

	if (vm)
		mmu_expect(vm->mmu, t->vcpu, s->ev.access.gfn);
	think(t, s);
	__builtin_prefetch(t->cursor->next);
	if (!t->started)
		t->n.first_ns = rt_now_ns();
	t->started = true;
	if (telling(t->drive) && t->nr_nested && vm && t->loaded)
		tell_around(t, s);
	spoiled = t->nr_nested && run_nested(t);
	if (unlikely(t->writes.nr))
		paging_catch_up(t, &t->writes);
	if (unlikely(t->story.around) && tell_waits(t, s->number)) {
		tell_fault_void(t);	/* the access itself comes after what others do: the fault was over by then */
		spoiled = false;
	}
	task_await(t, s->number);
	t->n.operations++;
	t->n.accesses++;
	t->n.recorded += s->ev.access.attempts ? s->ev.access.attempts : 1;
	if (touches)
		note_broken(t, touches, s);
	if (!vm)
		t->n.dropped++;
	else if (s->ev.access.result == RET_PF_GUEST && !t->drive->shadow)
		t->n.avoided++;		/* the guest's own fault; where it would have led nobody knows */
	else
		touch(t, vm, s, spoiled);
	if (telling(t->drive))
		tell_fault_void(t);
	if (touches)
		note_recorded(touches, s);
	if (unlikely(t->drive->shadow))
		end_shadow_access(t, s);
	task_done(t, s->number);
}

/* The time a guest's own stimulus came at is part of the next access's think time. */
static void pace_guest(struct drive_task *t, const struct stim *s)
{
	uint64_t gap_ns = s->t_ns > t->recorded_end_ns ? s->t_ns - t->recorded_end_ns : 0;

	if (t->drive->job->pacing != PACING_CLOSED || !t->started || !gap_ns)
		return;
	guest_think(t, gap_ns);
	t->thought_ns += gap_ns;
	t->recorded_end_ns = s->t_ns;
}

/* Return: whether it was one of shadow paging that needs no operation of its own now. */
static bool keep_paging(struct drive_task *t, const struct stim *s)
{
	switch (s->ev.kind) {
	case EV_GPTE:
		paging_keep(&t->writes, &s->ev);
		return true;
	case EV_PT_WRITE:
		if (s->ev.flags & EV_F_NESTED)
			paging_keep(&t->emulations, &s->ev);
		return s->ev.flags & EV_F_NESTED;
	case EV_WALK:
		t->walk = s->ev;
		return true;
	case EV_SYNC_ROOTS:	/* between two attempts: KVM's own, which this policy may do without */
		return s->ev.flags & EV_F_NESTED;
	default:
		return false;
	}
}

void vcpu_run(void *arg)
{
	struct drive_task *t = arg;
	const struct drive *d = t->drive;
	struct stim s;

	while (task_next(t, &s)) {
		if (s.ev.kind == EV_ACCESS) {
			run_access(t, &s);
		} else if (s.ev.kind == EV_THINK) {
			t->think = s.ev;
		} else if (d->shadow && keep_paging(t, &s)) {
			continue;
		} else if (s.ev.flags & EV_F_NESTED && s.ev.kind != EV_MEMSLOT) {
			keep_nested(t, &s);
		} else {
			run_nested(t);
			if (d->shadow)
				pace_guest(t, &s);
			paging_catch_up(t, &t->writes);
			op_run(t, &s);
		}
	}
	run_nested(t);
	guest_tail(t);
	task_finish(t);
}
