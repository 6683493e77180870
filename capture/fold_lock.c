// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits for mmu_lock.  lock:contention_begin names an address.  It is a VM's
 * mmu_lock when it is a queued rwlock (flags SPIN with READ or WRITE; RT kernels: RT)
 * and lies within that VM's struct kvm; where no kprobe gave a struct kvm, when the
 * thread waits for it in the middle of an MMU operation.  A queued rwlock's own
 * wait_lock, 4 bytes further, waits inside the outer wait and is not counted twice.
 */
#include "base/alloc.h"
#include "capture/fold_state.h"

#define LCB_SPIN	1	/* linux/trace/events/lock.h, 6.1 and 6.12 */
#define LCB_READ	2
#define LCB_WRITE	4
#define LCB_RT		8
#define WAIT_LOCK	4	/* offset of wait_lock in struct qrwlock */
#define KVM_BYTES	(64u << 10)

#define INNER		(-1)
#define FOREIGN		(-2)

static int find_lock(const struct fold *f, uint64_t addr)
{
	for (uint32_t i = 0; i < f->nr_locks; i++)
		if (f->locks[i].addr == addr)
			return f->locks[i].vm;
	return FOREIGN;
}

static int learn(struct fold *f, uint64_t addr, int vm)
{
	f->locks = xreallocarray(f->locks, f->nr_locks + 1, sizeof(*f->locks));
	f->locks[f->nr_locks++] = (struct known_lock){ addr, vm };
	return vm;
}

static bool is_rwlock(uint32_t flags)
{
	return flags & (LCB_SPIN | LCB_RT) && flags & (LCB_READ | LCB_WRITE);
}

static bool in_mmu_op(struct task *t)
{
	const struct op *op = op_top(t);

	return op && op->kind != EV_OP_UNKNOWN && op->kind != EV_OP_MEMSLOT;
}

/* Return: the VM whose mmu_lock it is, INNER or FOREIGN. */
static int classify(struct fold *f, struct task *t, uint64_t addr, uint32_t flags)
{
	int vm = find_lock(f, addr);
	bool kvms = false;

	if (vm != FOREIGN)
		return vm;
	if (find_lock(f, addr - WAIT_LOCK) != FOREIGN)
		return INNER;
	if (!is_rwlock(flags))
		return FOREIGN;
	for (uint32_t i = 0; i < f->nr_vms; i++) {
		kvms |= f->vms[i].kvm;
		if (f->vms[i].kvm && addr - f->vms[i].kvm < KVM_BYTES)
			return learn(f, addr, i);
	}
	return !kvms && in_mmu_op(t) ? learn(f, addr, op_top(t)->vm) : FOREIGN;
}

void lock_begin(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = classify(f, t, r->v[0], r->v[1]);

	if (vm == FOREIGN || vm == INNER) {
		f->why = vm == INNER ? UNUSED_INNER_LOCK : UNUSED_FOREIGN_LOCK;
		return;
	}
	if (r->v[1] & LCB_WRITE)
		root_renew_waits(f, t, r->ts_ns);
	if (t->nr_waits == WAITS_MAX) {			/* their ends were lost */
		fold_unuse(f, UNUSED_HALF_WAIT, t->nr_waits);
		t->nr_waits = 0;
	}
	t->waits[t->nr_waits++] = (struct lock_wait){ r->v[0], r->ts_ns, r->v[1], vm };
	/* Nothing else tells when a round begins. */
	if ((!t->depth || op_top(t)->kind == EV_OP_NX_RECOVER) && op_is_nx_worker(f, t))
		op_for_obs(f, t, r->ts_ns);
}

/* The wait that ends; those above it lost their ends. */
static const struct lock_wait *pop_wait(struct fold *f, struct task *t, uint64_t addr)
{
	for (int i = t->nr_waits; i-- > 0;) {
		if (t->waits[i].addr != addr)
			continue;
		fold_unuse(f, UNUSED_HALF_WAIT, t->nr_waits - i - 1);
		t->nr_waits = i;
		return &t->waits[i];
	}
	return NULL;
}

/* Notifiers take mmu_lock for write: a read wait beneath one is the fault's own. */
static struct op *waiting_op(struct fold *f, struct task *t, const struct lock_wait *w, uint64_t ts_ns)
{
	if (w->flags & LCB_READ)
		op_fault_level(f, t);
	return op_for_obs(f, t, ts_ns);
}

void lock_end(struct fold *f, struct task *t, const struct raw *r)
{
	const struct lock_wait *w;
	struct ev ev = { .kind = OBS_LOCK_WAIT };
	int vm = find_lock(f, r->v[0]);

	if (vm == FOREIGN) {
		f->why = find_lock(f, r->v[0] - WAIT_LOCK) != FOREIGN ? UNUSED_INNER_LOCK : UNUSED_FOREIGN_LOCK;
		return;
	}
	w = pop_wait(f, t, r->v[0]);
	if (!w) {
		f->why = UNUSED_HALF_WAIT;
		return;
	}
	waiting_op(f, t, w, r->ts_ns);
	ev.vm = vm;
	ev.wait = (struct obs_wait){ .lock = w->addr, .wait_ns = clamp_u32(r->ts_ns - w->begin_ns), .flags = w->flags };
	emit_obs(f, t, r->ts_ns, &ev);
}
