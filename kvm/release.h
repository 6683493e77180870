/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_RELEASE_H
#define KVM_RELEASE_H

#include "base/types.h"

/*
 * Kernel releases whose MMU the lab knows.  A trace of another release is
 * handled by the one whose entries it shares, and that is said.
 */
enum kvm_release {
	KVM_6_1,
	KVM_6_12,
	KVM_6_18,
	KVM_NR_RELEASES
};

enum kvm_arch { KVM_X86, KVM_ARM64 };

/* "x86", "arm64": as presets, databases and event files spell it. */
const char *kvm_arch_name(enum kvm_arch arch);

/**
 * kvm_release_parse() - find the release of a kernel.
 * @uname:	as `uname -r` prints it, for example "6.12.117+deb12-amd64".
 * @out:	the known release that is nearest: whose entries look the same, the oldest for what is older still
 *		and the newest for what is newer.
 *
 * Return: true when the release is known exactly (major.minor equal).
 */
bool kvm_release_parse(const char *uname, enum kvm_release *out);

/* "6.1", "6.12", "6.18". */
const char *kvm_release_name(enum kvm_release release);

/*
 * RET_PF_*: what became of one fault.  Canonical numbers of the lab; the
 * kernel's own differ by release (spec: 6.1 has no WRITE_PROTECTED).
 */
enum ret_pf {
	RET_PF_CONTINUE,
	RET_PF_RETRY,
	RET_PF_EMULATE,
	RET_PF_WRITE_PROTECTED,
	RET_PF_INVALID,
	RET_PF_FIXED,
	RET_PF_SPURIOUS,
	/* To user space (KVM_EXIT_MEMORY_FAULT, or no host page); the kernel's number is an errno. */
	RET_PF_EXIT,
	/* arm64, whose faults say no such thing: what user_mem_abort() came to (FIXED: it mapped). */
	RET_PF_LOST,		/* kvm_pgtable_stage2_map() or _relax_perms() said -EAGAIN: another had been faster */
	RET_PF_RELAXED,		/* permissions were added to the entry */
	RET_PF_YOUNG,		/* the access flag was set */
	/* Shadow paging: the guest's own tables do not map it, so the guest is told; KVM says RETRY. */
	RET_PF_GUEST,
	RET_PF_NR,
	RET_PF_UNKNOWN = 0xff,	/* the trace does not say */
};

/*
 * The kernel's own numbers, which changed in other releases than the entries did: 5.10 had RETRY first, 5.19
 * put CONTINUE before it, 6.12 WRITE_PROTECTED behind EMULATE (KVM mmu_internal.h).
 */
enum ret_pf_numbers { RET_PF_OF_5_10, RET_PF_OF_5_19, RET_PF_OF_6_12 };

/* @uname: as for kvm_release_parse(); what cannot be read counts as the newest. */
enum ret_pf_numbers ret_pf_numbers(const char *uname);
/* EXIT for an errno; RET_PF_UNKNOWN when there is no such number. */
enum ret_pf ret_pf_decode(enum ret_pf_numbers numbers, int number);
/* The kernel's number for @ret; -EFAULT for EXIT, RETRY's for GUEST, and -1 for what it has no number for. */
int ret_pf_encode(enum ret_pf_numbers numbers, enum ret_pf ret);
const char *ret_pf_name(enum ret_pf ret);

#endif
