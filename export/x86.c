// SPDX-License-Identifier: GPL-2.0-or-later
/* An x86 host with the TDP MMU: what is told, as records of the kernel. */
#include "export/x86.h"

#include "kvm/spte.h"

#define ISA_VMX			1	/* as kvm_exit prints it */
#define ISA_SVM			2
#define EXIT_INTERRUPT_VMX	1	/* Intel SDM vol. 3 app. C */
#define EXIT_EPT_VIOLATION	48
#define EXIT_EPT_MISCONFIG	49
#define EXIT_INTERRUPT_SVM	0x60	/* AMD APM vol. 2 app. C */
#define EXIT_NPF		0x400
#define NPF_FINAL		BIT_ULL(32)	/* of the page itself, not of a table of the guest's */

static bool is_ept(const struct exporter *x)
{
	return x->o.meta->tdp == SPTE_EPT;
}

/* --- exits ------------------------------------------------------------------------------- */

/*
 * Exit qualification: 0-2 the access, 3-5 what the entry permits, 7 and 8 the guest's address is known, and the page
 * was not one of its tables.  An entry that is there lacks just what was asked for.
 */
static uint64_t qualification(unsigned int access)
{
	const unsigned int asks = access & EV_F_X ? 4 : access & EV_F_W ? 2 : 1;

	return 0x180 | asks | (access & EV_F_P ? (7 & ~asks) << 3 : 0);
}

static uint64_t error_code(const struct exporter *x, const struct told_fault *f)
{
	return is_ept(x) ? qualification(f->access) : x86_pferr(f->access, f->mmio) | NPF_FINAL;
}

static void put_exit(struct exporter *x, const struct told *w, uint32_t reason, uint64_t info1, uint64_t info2)
{
	EXPORT(x, w, X86_EXIT, reason, 0, is_ept(x) ? ISA_VMX : ISA_SVM, info1, info2, 0, 0, (uint32_t)w->vcpu);
}

static void say_exit(struct exporter *x, const struct told *w)
{
	put_exit(x, w, is_ept(x) ? EXIT_INTERRUPT_VMX : EXIT_INTERRUPT_SVM, 0, 0);
}

/* Intel's hardware has an exit of its own for an entry that marks MMIO, and KVM no record of how it is handled. */
static bool is_misconfig(const struct exporter *x, const struct told *w)
{
	return is_ept(x) && w->fault.mmio;
}

static void say_fault_exit(struct exporter *x, const struct told *w)
{
	const uint64_t code = error_code(x, &w->fault);

	if (is_misconfig(x, w))
		put_exit(x, w, EXIT_EPT_MISCONFIG, 0, 0);
	else if (is_ept(x))
		put_exit(x, w, EXIT_EPT_VIOLATION, code, 0);
	else
		put_exit(x, w, EXIT_NPF, code, w->fault.gfn << 12);
}

static void say_entry(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];

	if (!t->runs)
		EXPORT(x, w, X86_VCPU_RUN, export_vcpu(x, w->vm, w->vcpu), export_kvm(x, w->vm));
	t->runs = true;
	EXPORT(x, w, X86_ENTRY, (uint32_t)w->vcpu, 0, 0);
}

/* --- faults -------------------------------------------------------------------------------- */

static void say_fault(struct exporter *x, const struct told *w)
{
	x->threads[w->task].looked = false;
	if (!is_misconfig(x, w))
		EXPORT(x, w, X86_PAGE_FAULT, (uint32_t)w->vcpu, 0, w->fault.gfn << 12, error_code(x, &w->fault));
}

static void say_snapshot(struct exporter *x, const struct told *w)
{
	x->threads[w->task].looked = true;
	EXPORT(x, w, X86_FAULTIN, export_vcpu(x, w->vm, w->vcpu));
	EXPORT(x, w, X86_FAULTIN_NEW, export_vcpu(x, w->vm, w->vcpu));
}

static void say_looked_up(struct exporter *x, const struct told *w)
{
	EXPORT(x, w, X86_FAULTIN_RET, x86_number_of(x, w->fault.result));
	EXPORT(x, w, X86_FAULTIN_NEW_RET, x86_number_of(x, w->fault.result));
}

/* What an entry that marks MMIO is handled by is another function. */
static void say_fault_ret(struct exporter *x, const struct told *w)
{
	if (!w->fault.mmio || x->threads[w->task].looked)
		EXPORT(x, w, X86_FAULT_RET, x86_number_of(x, w->fault.result));
}

/* --- all of it --------------------------------------------------------------------------------------- */

static void say(struct exporter *x, const struct told *w)
{
	switch (w->kind) {
	case TOLD_ENTRY:
		say_entry(x, w);
		break;
	case TOLD_EXIT:
		say_exit(x, w);
		break;
	case TOLD_FAULT_EXIT:
		say_fault_exit(x, w);
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
	case TOLD_STALE:
		EXPORT(x, w, X86_STALE, export_vcpu(x, w->vm, w->vcpu));
		break;
	case TOLD_STALE_RET:
		EXPORT(x, w, X86_STALE_RET, w->fault.result == RET_PF_RETRY);
		break;
	case TOLD_FAULT_RET:
		say_fault_ret(x, w);
		break;
	case TOLD_OP:
		x->threads[w->task].tests = w->ev.kind == EV_TEST_AGE;
		x86_say_op(x, w);
		break;
	case TOLD_OP_END:
		x86_say_op_end(x, w);
		break;
	case TOLD_WINDOW:
		EXPORT(x, w, X86_INV_END, export_kvm(x, w->vm));
		break;
	case TOLD_SWAP:
		x86_say_swap(x, w);
		break;
	case TOLD_SWAPPED:
		x86_say_swapped(x, w);
		break;
	case TOLD_ENTERS:	/* arm64's */
		break;
	case TOLD_OBS:
		x86_say_obs(x, w);
		break;
	case TOLD_WAIT:
		EXPORT(x, w, X86_CONTENTION_BEGIN, export_lock(x, w->vm), export_wait_flags(w));
		break;
	case TOLD_WAITED:
		EXPORT(x, w, X86_CONTENTION_END, export_lock(x, w->vm), 0);
		break;
	}
}

/* Which VM a thread's vCPU is of, before it runs. */
static void introduce(struct exporter *x)
{
	for (unsigned int i = 0; i < x->nr_threads; i++) {
		const struct told_task *who = &x->threads[i].who;
		const struct told w = { .task = i };

		for (unsigned int j = 0; who->who == TOLD_VMM && j < x->nr_threads; j++) {
			const struct told_task *v = &x->threads[j].who;

			if (v->vm == who->vm && v->vcpu >= 0)
				EXPORT(x, &w, X86_VCPU_CREATE, export_vcpu(x, v->vm, v->vcpu), export_kvm(x, v->vm));
		}
	}
}

const struct dialect dialect_x86 = { .rows = x86_rows, .nr_rows = X86_NR, .tasks = introduce, .told = say };
