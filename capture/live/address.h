/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_ADDRESS_H
#define CAPTURE_LIVE_ADDRESS_H

#include "capture/live/btf.h"
#include "capture/live/instance.h"
#include "capture/live/refused.h"
#include "capture/live/vms.h"

/*
 * Where the struct kvm of a VM is in the kernel: what a probe or a lock's event says of another VM can be
 * told from what it says of this one then, whoever's thread it is.
 */
struct addresses {
	uint64_t kvm[16];	/* of one process's VMs */
	size_t	 nr;		/* 0: not known */
	long	 mn, lock;	/* offsets of mmu_notifier and mmu_lock within; negative: not known */
};

/**
 * addresses_find() - of the VMs of process @p.
 *
 * KVM keeps a file of statistics for each VM, and the function that fills it has the VM's address: a probe on that is
 * made for the moment, and the file read.  @in must have its buffer set up, and records nothing before or after.
 *
 * What the kernel does not take is told in @refused, if that is not NULL; @out is then empty.
 */
void addresses_find(struct instance *in, const struct vm_process *p, const char *kallsyms, const struct btf *types,
		    struct addresses *out, struct refused *refused);

/*
 * What an event of @format must say to be of these VMs, in the words of tracefs; the caller's to free().  NULL: it
 * says nothing of a VM.
 */
char *addresses_filter(const struct addresses *a, const char *format);

#endif
