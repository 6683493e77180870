// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vCPU thread of an arm64 host: exit -> abort -> what stage 2 did -> its result -> entry.
 *
 * - Tracepoints name no vCPU; the probe on kvm_handle_guest_abort() does.  Without it the number in
 *   the thread's name is taken ("CPU 2/KVM", "vcpu2"), else the first that is free.
 * - What became of an abort: as the last call on the VM's stage 2 said; MMIO where the host's page was not
 *   even looked for; RETRY where it was looked for and nothing mapped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"
#include "kvm/syndrome.h"

#define PFN_ERROR	(0xfffULL << 52)	/* KVM_PFN_ERR_MASK and NOSLOT, linux/kvm_host.h */

#define CAP_MANUAL_DIRTY_LOG_PROTECT2	168	/* linux/kvm.h */
#define CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	228

/* Which vCPU, for want of a probe. */
static uint32_t guess_vcpu(struct fold *f, struct task *t)
{
	uint32_t vcpu = 0;

	if (vcpu_by_name(f, t, &vcpu))
		return vcpu;
	if (t->vm < 0 || !f->vms[t->vm].nr_vcpu_tid)
		return 0;
	while (vcpu < f->vms[t->vm].nr_vcpu_tid && f->vms[t->vm].vcpu_tid[vcpu])
		vcpu++;
	return vcpu;
}

static struct task *bind(struct fold *f, struct task *t)
{
	return t->vcpu < 0 && !f->has[RAW_GUEST_ABORT] ? vm_bind_vcpu(f, t, guess_vcpu(f, t)) : t;
}

void arm_exit(struct fold *f, struct task *t, const struct raw *r)
{
	t = bind(f, t);
	vcpu_leave_guest(f, t, r->ts_ns);
}

void arm_entry(struct fold *f, struct task *t, const struct raw *r)
{
	t = bind(f, t);
	if (op_fault_level(f, t))
		vcpu_settle(f, t, r->ts_ns, RET_PF_UNKNOWN);
	op_end_all(f, t);
	vcpu_enter_guest(f, t, r->ts_ns);
}

void arm_abort(struct fold *f, struct task *t, const struct raw *r)
{
	op_end_all(f, t);
	t = vm_bind_kvm(f, t, r->v[0]);
	vm_bind_vcpu(f, t, r->v[1]);
}

static uint8_t access_of_esr(uint64_t esr)
{
	struct syndrome s = syndrome_recorded(esr);

	return (s.write ? EV_F_W : s.exec ? EV_F_X : EV_F_R) | (s.kind == ABORT_TRANSLATION ? 0 : EV_F_P);
}

void arm_guest_fault(struct fold *f, struct task *t, const struct raw *r)
{
	const struct attempt at = {
		.gfn = r->v[2] >> f->meta->page_shift, .gfn_known = true, .error_code = r->v[0],
		.access = access_of_esr(r->v[0]),
	};

	t = bind(f, t);
	if (t->vm < 0)
		t = vm_bind_vcpu(f, t, guess_vcpu(f, t));
	vcpu_attempt(f, t, r->ts_ns, &at);
}

void arm_gfn_to_pfn(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_fault_level(f, t);

	if (!op || t->v.at.gfn != r->v[1]) {
		f->why = UNUSED_NOT_FAULTING;
		return;
	}
	t->v.at.looked_up = true;
	pin_snapshot(f, t, r);
}

void arm_gfn_to_pfn_ret(struct fold *f, struct task *t, const struct raw *r)
{
	struct attempt *at = &t->v.at;

	if (!op_fault_level(f, t) || !at->looked_up) {
		f->why = UNUSED_NOT_FAULTING;
		return;
	}
	if (!(r->v[0] & PFN_ERROR)) {
		at->requested = true;
		at->pfn = r->v[0];
	}
	pin_lookup_ret(f, t, r);
}

void arm_abort_ret(struct fold *f, struct task *t, const struct raw *r)
{
	const struct attempt *at = &t->v.at;
	int ret = (int)r->v[0];
	enum ret_pf result = at->stage2;

	if (!op_fault_level(f, t)) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	if (ret < 0)
		result = RET_PF_EXIT;
	else if (result == RET_PF_UNKNOWN && (at->looked_up || (!f->has[RAW_GFN_TO_PFN] &&
							       slot_of_gfn(&f->vms[t->vm], at->gfn))))
		result = RET_PF_RETRY;
	else if (result == RET_PF_UNKNOWN)
		result = RET_PF_EMULATE;
	vcpu_settle(f, t, r->ts_ns, result);
}

/* --- what the VM was told ------------------------------------------------------------------- */

static void set_manual(struct fold *f, int vm, uint64_t flags)
{
	f->meta->vms[vm].dirty_manual = flags & 1;
	f->meta->vms[vm].dirty_init_set = flags & 2;
}

static void set_chunk(struct fold *f, uint64_t bytes)
{
	char value[32];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)bytes);
	ev_meta_set_param(f->meta, "arm64.split_chunk", value);
}

void arm_enable_cap(struct fold *f, struct task *t, const struct raw *r)
{
	int vm;

	op_end_all(f, t);
	vm = vm_by_kvm(f, t, r->v[0], true);
	if (r->v[1] == CAP_MANUAL_DIRTY_LOG_PROTECT2)
		set_manual(f, vm, r->v[2]);
	else if (r->v[1] == CAP_ARM_EAGER_SPLIT_CHUNK_SIZE)
		set_chunk(f, r->v[2]);
}

/* The number after @key in a line of "key=number" words. */
static bool word_of(const char *line, const char *key, int base, uint64_t *out)
{
	const char *at = strstr(line, key);

	if (!at || (at != line && at[-1] != ' '))
		return false;
	*out = strtoull(at + strlen(key), NULL, base);
	return true;
}

/*
 * What a load generator says of its VM: "pagesize=16384", "eager=200000 manual=3" (the split chunk, hexadecimal, and
 * the flags of manual protection).  Lines about memslots: fold_slot.c.
 */
void arm_marker(struct fold *f, struct task *t, const struct raw *r)
{
	char line[192];
	uint64_t n;

	snprintf(line, sizeof(line), "%.*s", (int)(r->text_len < 191 ? r->text_len : 191), r->text);
	if (!strncmp(line, "kvmload: memslot", 16)) {
		slot_marker(f, t, r);
		return;
	}
	op_end_all(f, t);		/* whoever writes it is in user space */
	if (notes_take(f, r))
		return;
	f->why = UNUSED_MARKER;
	if (word_of(line, "pagesize=", 10, &n) && (n == 4096 || n == 16384 || n == 65536))
		f->meta->page_shift = __builtin_ctzll(n);
	if (!word_of(line, "eager=", 16, &n))
		return;
	f->why = USED;
	set_chunk(f, n);
	if (word_of(line, "manual=", 10, &n))
		set_manual(f, vm_of_task(f, t), n);
}

/* --- memslots and dirty logging ----------------------------------------------------------------- */

/* The kernel's own struct of a slot, by which its dirty log is asked for. */
void arm_prepare_slot(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_MEMSLOT);

	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	op->change = (int)r->v[2];
	op->slot.addr = r->v[1];
	pin_slot_prepare(f, t, r);
}

static const struct slot *slot_by_addr(const struct fold_vm *vm, uint64_t addr)
{
	for (uint32_t i = 0; i < vm->nr_slots; i++)
		if (vm->slots[i].addr == addr)
			return &vm->slots[i];
	return NULL;
}

/* GET and CLEAR both begin so; CLEAR is the one that then protects pages where GET only looks. */
void arm_dirty_sync(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], true);
	const struct slot *s = slot_by_addr(&f->vms[vm], r->v[1]);
	struct op *op = op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_GET, r->ts_ns, vm);

	if (!s)
		return;
	op->slot_id = s->id & 0xffff;
	op->as_id = s->id >> 16;
	op->gfn = s->gfn;
	op->count = s->npages;
}

static void becomes_clear(struct task *t, struct op *op, const struct slot *s, gfn_t first)
{
	op->stim = t->held[op->held].ev.kind = EV_DIRTY_CLEAR;
	op->gfn = first;
	op->count = s->gfn + s->npages - first < 64 ? s->gfn + s->npages - first : 64;
}

void arm_dirty_mask(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	const struct slot *s = slot_by_addr(&f->vms[vm], r->v[1]);
	struct raw word = *r;
	struct op *op = op_top(t);
	gfn_t first;

	word.v[1] = s ? s->gfn : 0;
	first = word.v[1] + r->v[2];
	if (op && op->kind == EV_OP_DIRTY && s && f->meta->vms[vm].dirty_manual) {
		if (op->stim == EV_DIRTY_GET)
			becomes_clear(t, op, s, first);
		op->count = first + 64 < s->gfn + s->npages ? first + 64 - op->gfn : s->gfn + s->npages - op->gfn;
	}
	dirty_mask(f, t, &word);
}
