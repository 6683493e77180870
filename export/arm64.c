// SPDX-License-Identifier: GPL-2.0-or-later
/* An arm64 host: what is told, as records of the kernel and of probes on its stage-2 functions. */
#include "export/arm64.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/stage2.h"

#define EXCEPTION_IRQ	0		/* as kvm_exit prints it */
#define EXCEPTION_TRAP	2
#define EC_IABT		0x20u		/* Arm ARM: classes of aborts from the guest */
#define EC_DABT		0x24u
#define ESR_IL		BIT_ULL(25)
#define ESR_WNR		BIT_ULL(6)

#define CAP_MANUAL_DIRTY_LOG_PROTECT2	168	/* linux/kvm.h */
#define CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	228

/* --- exits and faults ------------------------------------------------------------------------ */

static void say_entry(struct exporter *x, const struct told *w)
{
	EXPORT(x, w, ARM_ENTRY, 0);
}

static bool is_fetch(const struct told_fault *f)
{
	return f->access & EV_F_X && !(f->access & EV_F_W);
}

/* ESR_EL2: class, 32-bit instruction, and how the walk ended at which level. */
static uint64_t syndrome_word(const struct exporter *x, const struct told_fault *f)
{
	static const uint8_t codes[] = { [ABORT_TRANSLATION] = 0x04, [ABORT_ACCESS] = 0x08, [ABORT_PERMISSION] = 0x0c };
	const int level = f->class ? stage2_size_class(f->class) : stage2_of_meta(x->o.meta).start_level;

	return (uint64_t)(is_fetch(f) ? EC_IABT : EC_DABT) << 26 | ESR_IL | (f->access & EV_F_W ? ESR_WNR : 0) |
	       codes[f->kind] | (uint64_t)(level < 0 ? 0 : level);
}

static void say_fault(struct exporter *x, const struct told *w)
{
	const uint64_t ipa = arm_ipa_of(x, w->fault.gfn);

	EXPORT(x, w, ARM_GUEST_ABORT, export_vcpu(x, w->vm, w->vcpu), export_kvm(x, w->vm), (uint32_t)w->vcpu);
	EXPORT(x, w, ARM_GUEST_FAULT, 0, syndrome_word(x, &w->fault), 0, ipa);
	if (w->fault.kind == ABORT_ACCESS)
		EXPORT(x, w, ARM_ACCESS_FAULT, ipa);
}

static void say_snapshot(struct exporter *x, const struct told *w)
{
	const struct ev_slot *s = slots_find_gfn(&x->vms[w->vm].slots, w->fault.gfn);

	EXPORT(x, w, ARM_GFN_TO_PFN, s ? arm_slot_address(x, w->vm, s->as_id, s->id) : 0, w->fault.gfn,
	       !!(w->fault.access & EV_F_W));
}

static void say_looked_up(struct exporter *x, const struct told *w)
{
	if (w->fault.result == RET_PF_CONTINUE)
		EXPORT(x, w, ARM_GFN_TO_PFN_RET, w->fault.pfn);
}

static void say_fault_ret(struct exporter *x, const struct told *w)
{
	const int ret = w->fault.result == RET_PF_EXIT ? -EFAULT : w->fault.result == RET_PF_EMULATE ? 0 : 1;

	EXPORT(x, w, ARM_GUEST_ABORT_RET, (uint32_t)ret);
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static void say(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];

	switch (w->kind) {
	case TOLD_ENTRY:
		say_entry(x, w);
		break;
	case TOLD_EXIT:
		EXPORT(x, w, ARM_EXIT, EXCEPTION_IRQ, 0, 0);
		break;
	case TOLD_FAULT_EXIT:
		EXPORT(x, w, ARM_EXIT, EXCEPTION_TRAP, is_fetch(&w->fault) ? EC_IABT : EC_DABT, 0);
		break;
	case TOLD_FAULT:
		say_fault(x, w);
		break;
	case TOLD_SNAPSHOT:
		say_snapshot(x, w);
		break;
	case TOLD_LOOKED_UP:
		say_looked_up(x, w);
		break;
	case TOLD_FAULT_RET:
		say_fault_ret(x, w);
		break;
	case TOLD_OP:
		t->tests = w->ev.kind == EV_TEST_AGE;
		t->young = false;
		arm_say_op(x, w);
		break;
	case TOLD_OP_END:
		arm_say_op_end(x, w);
		break;
	case TOLD_WINDOW:
		EXPORT(x, w, ARM_INV_END, export_kvm(x, w->vm));
		break;
	case TOLD_SWAP:
		arm_say_swap(x, w);
		break;
	case TOLD_SWAPPED:
		arm_say_swapped(x, w);
		break;
	case TOLD_ENTERS:
		arm_say_enters(x, w);
		break;
	case TOLD_OBS:
		arm_say_obs(x, w);
		break;
	case TOLD_WAIT:
		EXPORT(x, w, ARM_CONTENTION_BEGIN, export_lock(x, w->vm), export_wait_flags(w));
		break;
	case TOLD_WAITED:
		EXPORT(x, w, ARM_CONTENTION_END, export_lock(x, w->vm), 0);
		break;
	case TOLD_STALE:	/* no function of its own */
	case TOLD_STALE_RET:
		break;
	}
}

/* What the VMM asked for before any vCPU ran. */
static void introduce(struct exporter *x)
{
	const char *chunk = ev_meta_param(x->o.meta, "arm64.split_chunk");

	for (unsigned int i = 0; i < x->nr_threads; i++) {
		const struct told_task *who = &x->threads[i].who;
		const struct told w = { .task = i };
		const struct ev_vm *vm = who->who == TOLD_VMM ? &x->o.meta->vms[who->vm] : NULL;
		char line[64];

		if (!vm)
			continue;
		/* As load generators say it: no event has it. */
		snprintf(line, sizeof(line), "mmulab run: pagesize=%u\n", 1u << x->o.meta->page_shift);
		export_print(x, &w, line);
		if (vm->dirty_manual)
			EXPORT(x, &w, ARM_ENABLE_CAP, export_kvm(x, who->vm), CAP_MANUAL_DIRTY_LOG_PROTECT2,
			       1 | (vm->dirty_init_set ? 2 : 0));
		if (chunk && strtoull(chunk, NULL, 10))
			EXPORT(x, &w, ARM_ENABLE_CAP, export_kvm(x, who->vm), CAP_ARM_EAGER_SPLIT_CHUNK_SIZE,
			       strtoull(chunk, NULL, 10));
	}
}

const struct dialect dialect_arm64 = { .rows = arm_rows, .nr_rows = ARM_NR, .tasks = introduce, .told = say };
