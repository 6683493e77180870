/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_ARCH_H
#define CAPTURE_RIG_LOAD_ARCH_H

#include "capture/rig/load/vm.h"

/* What an architecture must say for itself: arch_ARCH.c.  Failures end the program. */

extern const bool arch_churns;		/* has OP_CHURN and shadow paging */

/* Once after KVM_CREATE_VM. */
void arch_vm(struct vm *vm);
/* The guest's own tables, into vm->low. */
void arch_tables(struct vm *vm);
/* Registers of a new vCPU, so that it begins at GPA_CODE. */
void arch_vcpu(struct vcpu *v);

enum arch_exit {
	ARCH_NOTHING,	/* an access to the hole, a signal: go on */
	ARCH_DONE,	/* what guest_done() does */
	ARCH_WRONG,	/* the guest is lost */
};

/* What KVM_RUN came back with. */
enum arch_exit arch_exit(struct vcpu *v);

#endif
