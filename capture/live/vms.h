/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_VMS_H
#define CAPTURE_LIVE_VMS_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

/*
 * The VMs of this host as /proc shows them: each process that holds descriptors of KVM's.  A
 * process of another user, or outside this PID namespace, is not seen.
 */
struct vm_thread {
	pid_t	 tid;
	int32_t	 vcpu;		/* the id of the vCPU it runs; -1: none, or nothing tells */
};

struct vm_process {
	pid_t	 pid;
	char	*comm;
	char	*name;		/* of the VM, as its command line says it (-name of QEMU); NULL: it does not */
	uint32_t nr_vms;	/* descriptors of VMs: a process may have several */
	uint32_t nr_vcpus;	/* and of vCPUs */
	struct vm_thread *threads;	size_t nr_threads;	/* of its own, then kernel threads that serve it */
};

struct vms {			/* by pid; vms_fini() */
	struct vm_process *v;	size_t nr;
};

void vms_find(struct vms *out);
void vms_fini(struct vms *vms);

/* "web1" or, without a name, what its program is called; borrowed. */
const char *vm_process_name(const struct vm_process *p);
/* Is @tid one of its threads? */
bool vm_process_has(const struct vm_process *p, pid_t tid);

/**
 * vms_choose() - the process that @who means: its pid, its VM's name, or what its program is called.
 *
 * Return: its index, or ERR_USAGE with what there is when that is none or several.
 */
int vms_choose(const struct vms *vms, const char *who, struct err *e);

/* Process @pid as it is now; false: it has no VM (any more).  vm_process_fini(). */
bool vm_process_read(pid_t pid, struct vm_process *out);
/* Fills @p->threads of @p->pid, which need not have a VM yet. */
void vm_process_threads(struct vm_process *p);
void vm_process_fini(struct vm_process *p);

/* --- for tests ---------------------------------------------------------------------------- */

/* The VM's name in a command line of @len bytes, whose arguments end with '\0'; the caller's to free().  NULL: none. */
char *vm_name_of(const char *cmdline, size_t len);
/* The vCPU a thread of that name says it runs ("CPU 2/KVM", "vcpu2", "fc_vcpu 2"); -1: none. */
int32_t vm_vcpu_of(const char *comm);

#endif
