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

/* Otherwise than recorded, or with more to it than time in guest mode. */
static __attribute__((noinline)) void think_else(struct drive_task *t, const struct stim *s)
{
	const struct ev *split = t->think.kind ? &t->think : NULL;
	uint64_t guest_ns, other_ns, due_ns, begin_ns = rt_now_ns(), added_ns = t->n.added_ns;

	scan_think(s->ev, split, &guest_ns, &other_ns);
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
		due_ns = drive_scaled(t->drive, s->t_ns);
		if (due_ns > begin_ns)
			guest_think(t, due_ns - begin_ns);
		break;
	case PACING_ASAP:
		return;
	}
	task_paced(t, guest_ns + other_ns, rt_now_ns() - begin_ns - (t->n.added_ns - added_ns));
}

/* Lets the guest run as long as it ran before this access in the recording. */
static void think(struct drive_task *t, const struct stim *s)
{
	uint64_t guest_ns = drive_scaled(t->drive, s->ev->access.guest_ns), begin_ns;

	if (unlikely(!t->plain)) {
		think_else(t, s);
	} else if (guest_ns) {
		begin_ns = rt_now_ns();
		rt_think(guest_ns);
		task_paced(t, guest_ns, rt_now_ns() - begin_ns);
	}
}

/*
 * The fault whose own page pinning invalidated its page: it always retries,
 * since the invalidation began after its snapshot.
 */
static enum ret_pf spoiled_attempt(struct drive_task *t)
{
	t->n.spoiled++;
	if (!t->story.around)
		rt_charge(COST_FAULT_FIXED, 1);
	rt_charge(COST_HOST_LOOKUP, 1);
	return RET_PF_RETRY;
}

/* The fault is not all there is: somebody is told of it, or the guest has page tables of its own. */
static __attribute__((noinline)) enum ret_pf attempt_else(struct drive_task *t, struct mmu *mmu, struct mmu_access *a,
							  bool spoiled)
{
	enum ret_pf ret;

	t->access = a;
	if (telling(t->drive))
		tell_fault_exit(t, a);
	if (!t->story.around)
		rt_charge(COST_EXIT_ENTRY, 1);
	if (telling(t->drive))
		tell_fault(t, a);
	ret = spoiled ? spoiled_attempt(t) : mmu_fault(mmu, (unsigned int)t->vcpu, a);
	if (t->drive->shadow)
		paging_enter(t, mmu);
	if (telling(t->drive))
		tell_fault_ret(t, ret);
	t->access = NULL;
	return ret;
}

static enum ret_pf attempt(struct drive_task *t, struct mmu *mmu, struct mmu_access *a, bool spoiled)
{
	if (unlikely(!t->plain))
		return attempt_else(t, mmu, a, spoiled);
	rt_charge(COST_EXIT_ENTRY, 1);
	return mmu_fault(mmu, (unsigned int)t->vcpu, a);
}

struct served {
	uint64_t	retry_ns;
	uint32_t	attempts, retries;
	enum ret_pf	ret;
};

#define RETRIES_BETWEEN_LOOKS	65536

/* No attempt can ever succeed: an invalidation was begun whose end found no slot. */
static bool is_stuck(struct drive_task *t, struct mmu *mmu, gfn_t gfn, uint32_t retries)
{
	struct mmu_stats stats;
	struct err e;
	int rc;

	if (likely(retries % RETRIES_BETWEEN_LOOKS))
		return false;
	mmu_stats(mmu, &stats);
	if (!stats.windows_left)
		return false;
	rc = err_set(&e, ERR_NO, "vm %d, vcpu %d: gfn 0x%llx was told to retry %u times: %llu invalidations were begun and never "
		     "ended; memory slots must not change inside them (memslot.swap_waits)",
		     t->vm, t->vcpu, (unsigned long long)gfn, retries, (unsigned long long)stats.windows_left);
	task_fail(t->drive, &e, rc);
	return true;
}

/* Attempts until one is not told to retry; the guest may meanwhile find the page there. */
static inline __attribute__((always_inline)) struct served serve(struct drive_task *t, struct mmu *mmu,
								 struct mmu_access *a, bool spoiled)
{
	struct served r = { 0 };

	do {
		uint64_t begin_ns = rt_now_ns();

		r.ret = attempt(t, mmu, a, spoiled);
		spoiled = false;
		r.attempts++;
		if (r.ret != RET_PF_RETRY && r.ret != RET_PF_LOST)
			break;
		r.retries++;
		r.retry_ns += rt_now_ns() - begin_ns;
		if (unlikely(is_stuck(t, mmu, a->gfn, r.retries)))
			break;
		rt_think(0);	/* the guest is entered again, and comes back */
	} while (!mmu_touch(mmu, (unsigned int)t->vcpu, a));
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

static void tell_oracle(struct drive_vm *vm, const struct mmu_access *a, enum ret_pf ret, uint64_t stamp)
{
	if (ret == RET_PF_FIXED || ret == RET_PF_SPURIOUS || ret == RET_PF_RELAXED || ret == RET_PF_YOUNG)
		oracle_access_end(vm->oracle, stamp, a->gfn, a->pfn, oracle_level(vm, a), a->access & MMU_W);
	else if (ret == RET_PF_RETRY || ret == RET_PF_LOST)	/* somebody else mapped it meanwhile */
		oracle_access_end(vm->oracle, stamp, a->gfn, 0, 0, a->access & MMU_W);
	else
		oracle_access_drop(vm->oracle, stamp, a->gfn);
}

/* Inlined where every access passes: on its task's stack each frame more is a cache line more. */
static inline __attribute__((always_inline)) void fault(struct drive_task *t, struct drive_vm *vm, struct mmu_access *a,
							bool spoiled, uint64_t stamp, bool added)
{
	struct rt_sample sample;
	struct served r;

	rt_op_begin(RESULT_ACCESS);
	r = serve(t, vm->mmu, a, spoiled);
	if (unlikely(t->drive->rmaps))
		after_shadow_fault(t, vm, a, r.ret);
	rt_op_end(&sample);
	task_sample(t, RESULT_ACCESS, &sample, r.retries ? SAMPLE_RETRIED : SAMPLE_NO_MORE, r.retry_ns);
	t->n.faults += r.attempts;
	if (r.retries)
		t->n.retries += r.retries;
	if (unlikely(added)) {
		t->n.added++;
		t->n.added_ns += sample.total_ns;
	} else {
		t->n.access_ns += sample.total_ns;
		t->n.lock_wait_ns += sample.lock_wait_ns;
		t->n.ipi_ns += sample.ipi_ns;
	}
	if (unlikely(vm->oracle != NULL))
		tell_oracle(vm, a, r.ret, stamp);
}

void vcpu_fault(struct drive_task *t, struct drive_vm *vm, struct mmu_access *a, uint64_t stamp)
{
	fault(t, vm, a, false, stamp, true);
}

/* Before the first access, or where somebody looks on.  Return: the oracle's stamp. */
static __attribute__((noinline)) uint64_t touch_begin(struct drive_task *t, struct drive_vm *vm, struct mmu_access *a)
{
	if (t->walk.kind) {
		a->gva = t->walk.walk.gva;
		paging_root(t, vm->mmu, &t->walk.walk);
	}
	if (!t->loaded)
		load(t, vm->mmu);
	return vm->oracle ? oracle_access_begin(vm->oracle, a->gfn) : 0;
}

static void touch_hit(struct drive_task *t, struct drive_vm *vm, const struct mmu_access *a, uint64_t stamp)
{
	t->n.avoided++;
	if (t->drive->rmaps)
		paging_accessed(vm, a);
	if (vm->oracle)
		oracle_access_end(vm->oracle, stamp, a->gfn, 0, 0, a->access & MMU_W);
}

static inline void touch(struct drive_task *t, struct drive_vm *vm, struct mmu_access *a, bool spoiled)
{
	uint64_t stamp = unlikely(!t->plain) ? touch_begin(t, vm, a) : 0;

	if (mmu_touch(vm->mmu, (unsigned int)t->vcpu, a)) {
		touch_hit(t, vm, a, stamp);
		return;
	}
	complete(a, t->drive, vm->mmu);
	if (unlikely(t->drive->rmaps) && !a->host_writable)
		a->host_writable = paging_host_lets_write(vm, a);
	fault(t, vm, a, spoiled, stamp, false);
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
		struct stim *s = &t->nested[i].s;

		s->ev = &t->nested[i].ev;
		if (s->ev->kind == EV_INVALIDATE_END) {
			uint64_t begin_ns = rt_now_ns();

			rt_charge(COST_HOST_ALLOC_4K, 1);
			t->n.nested_ns += rt_now_ns() - begin_ns;
		}
		if (unlikely(t->story.around))
			tell_await(t, s->number);
		op_run(t, s);
	}
	return nr != 0;
}

static void keep_nested(struct drive_task *t, const struct stim *s)
{
	if (t->nr_nested == t->cap_nested) {
		t->cap_nested = t->cap_nested ? 2 * t->cap_nested : 8;
		t->nested = xreallocarray(t->nested, t->cap_nested, sizeof(*t->nested));
	}
	t->nested[t->nr_nested++] = (struct kept_stim){ *s, *s->ev };
}

/* arm64: a page is mapped where there was a block, which the recorded kernel broke for it: the rest is gone. */
static void note_broken(const struct drive_task *t, struct touches *touches, const struct stim *s)
{
	if (t->drive->entries.arch == KVM_ARM64 && s->ev->flags & EV_F_PFN && s->ev->access.level == 1)
		touches_recorded_break(touches, s->ev->access.gfn);
}

/* What the access says of the recorded kernel's entries, and of the page. */
static void note_recorded(struct touches *touches, const struct stim *s)
{
	touches_recorded_map(touches, s->ev->access.gfn, s->ev->flags & EV_F_PFN ? s->ev->access.level : 0);
	touches_note(touches, s->ev->access.gfn);
}

static void end_shadow_access(struct drive_task *t, const struct stim *s)
{
	t->walk.kind = EV_NONE;
	t->recorded_end_ns = drive_scaled(t->drive, s->t_ns) + drive_scaled(t->drive, s->ev->access.service_ns);
	if (s->ev->flags & EV_F_W && s->ev->vm == t->vm)
		paging_written(t, s->ev->vm, s->ev->access.gfn);
	paging_catch_up(t, &t->emulations);
}

/* The notifiers at hand are the fault's own: it has begun, when the first of them may. */
static void tell_around(struct drive_task *t, const struct stim *s)
{
	const struct mmu_access a = access_of(t->drive, s->ev);

	task_await(t, t->nested[0].s.number);
	tell_fault_around(t, &a);
}

/* Whose page it is: NULL, not the guest's own. */
static struct drive_vm *owner(const struct drive_task *t, const struct ev *ev)
{
	return likely(ev->vm == t->vm) ? t->guest : NULL;
}

/* What goes before the access itself.  Return: whether its first attempt is spoiled. */
static __attribute__((noinline)) bool access_begin(struct drive_task *t, const struct stim *s)
{
	const struct drive_vm *vm = owner(t, s->ev);
	bool spoiled;

	if (!t->started)
		t->n.first_ns = rt_now_ns();
	t->started = true;
	if (telling(t->drive) && t->nr_nested && vm && t->loaded)
		tell_around(t, s);
	spoiled = run_nested(t);
	paging_catch_up(t, &t->writes);
	if (t->story.around && task_waits(t, s->number)) {
		tell_fault_void(t);	/* the access itself comes after what others do: the fault was over by then */
		spoiled = false;
	}
	task_await(t, s->number);
	if (vm && vm->touches)
		note_broken(t, vm->touches, s);
	return spoiled;
}

static __attribute__((noinline)) void access_end(struct drive_task *t, const struct stim *s)
{
	const struct drive_vm *vm = owner(t, s->ev);

	if (telling(t->drive))
		tell_fault_void(t);
	if (vm && vm->touches)
		note_recorded(vm->touches, s);
	if (t->drive->shadow)
		end_shadow_access(t, s);
	t->plain = t->drive->plain && t->loaded;
}

/* Counts the access.  Return: the VM that it touches, or NULL. */
static struct drive_vm *count_access(struct drive_task *t, const struct ev *ev)
{
	struct drive_vm *vm = owner(t, ev);

	t->n.accesses++;
	t->n.recorded += ev->access.attempts ? ev->access.attempts : 1;
	if (unlikely(!vm)) {
		t->n.dropped++;
	} else if (unlikely(ev->access.result == RET_PF_GUEST) && !t->drive->shadow) {
		t->n.avoided++;		/* the guest's own fault; where it would have led nobody knows */
		return NULL;
	}
	return vm;
}

/* All that is asked of the stimulus is asked before its guest thinks: then others run. */
static void run_access(struct drive_task *t, const struct stim *s)
{
	struct mmu_access a = access_of(t->drive, s->ev);
	struct drive_vm *vm = count_access(t, s->ev);
	bool spoiled = false;

	if (likely(vm != NULL))
		mmu_expect(vm->mmu, t->vcpu, a.gfn);
	think(t, s);
	__builtin_prefetch(s->ev + 1);
	if (unlikely(!t->plain))
		spoiled = access_begin(t, s);
	task_await(t, s->number);
	if (likely(vm != NULL))
		touch(t, vm, &a, spoiled);
	if (unlikely(!t->plain))
		access_end(t, s);
	task_done(t, s->number);
}

/* The time a guest's own stimulus came at is part of the next access's think time. */
static void pace_guest(struct drive_task *t, const struct stim *s)
{
	uint64_t due_ns = drive_scaled(t->drive, s->t_ns);
	uint64_t gap_ns = due_ns > t->recorded_end_ns ? due_ns - t->recorded_end_ns : 0;

	if (t->drive->job->pacing != PACING_CLOSED || !t->started || !gap_ns)
		return;
	guest_think(t, gap_ns);
	t->thought_ns += gap_ns;
	t->recorded_end_ns = due_ns;
}

/* Return: whether it was one of shadow paging that needs no operation of its own now. */
static bool keep_paging(struct drive_task *t, const struct stim *s)
{
	switch (s->ev->kind) {
	case EV_GPTE:
		paging_keep(&t->writes, s->ev);
		return true;
	case EV_PT_WRITE:
		if (s->ev->flags & EV_F_NESTED)
			paging_keep(&t->emulations, s->ev);
		return s->ev->flags & EV_F_NESTED;
	case EV_WALK:
		t->walk = *s->ev;
		return true;
	case EV_SYNC_ROOTS:	/* between two attempts: KVM's own, which this policy may do without */
		return s->ev->flags & EV_F_NESTED;
	default:
		return false;
	}
}

/* Any stimulus but an access: kept for one, or carried out. */
static void run_other(struct drive_task *t, const struct stim *s)
{
	t->plain = false;
	if (s->ev->kind == EV_THINK) {
		t->think = *s->ev;
	} else if (t->drive->shadow && keep_paging(t, s)) {
		return;
	} else if (s->ev->flags & EV_F_NESTED && s->ev->kind != EV_MEMSLOT) {
		keep_nested(t, s);
	} else {
		run_nested(t);
		if (t->drive->shadow)
			pace_guest(t, s);
		paging_catch_up(t, &t->writes);
		op_run(t, s);
	}
}

void vcpu_run(void *arg)
{
	struct drive_task *t = arg;
	struct stim s;

	while (task_next(t, &s)) {
		if (likely(s.ev->kind == EV_ACCESS))
			run_access(t, &s);
		else
			run_other(t, &s);
	}
	run_nested(t);
	t->n.last_ns = rt_now_ns();
	guest_tail(t);
	task_finish(t);
}
