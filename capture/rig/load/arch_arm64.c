// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/arch.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/err.h"

#ifndef KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE
#define KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE 228
#endif

#define GIB		(1ULL << 30)
/* Level 1 block descriptors, Arm ARM D8.3: valid, AttrIndx, inner shareable, accessed. */
#define BLOCK_MEMORY	(1ULL | 0ULL << 2 | 3ULL << 8 | 1ULL << 10)
#define BLOCK_DEVICE	(1ULL | 1ULL << 2 | 1ULL << 10 | 3ULL << 53)
#define MAIR		0x00ffULL	/* 0: write-back memory, 1: device nGnRnE */
/* T0SZ 25: 39 bits, the walk begins at level 1; write-back inner shareable walks, 4 KiB, no TTBR1, 40 bits out. */
#define TCR		(25ULL | 1ULL << 8 | 1ULL << 10 | 3ULL << 12 | 1ULL << 23 | 2ULL << 32)
#define SCTLR		(0x30d00800ULL | 1ULL << 0 | 1ULL << 2 | 1ULL << 12)	/* RES1 bits, M, C, I */
#define PSTATE_EL1H	0x3c5ULL	/* all masked */
#define VECTORS		(GPA_CODE + 2048)

#define SYSREG(op0, op1, crn, crm, op2) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | \
	(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define COREREG(member) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(member))

const bool arch_churns = false;

void arch_vm(struct vm *vm)
{
	struct kvm_enable_cap chunk = { .cap = KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, .args = { vm->block } };

	if (vm->load->split && ioctl(vm->fd, KVM_ENABLE_CAP, &chunk))
		die_errno("--split");
	if (vm->load->user)
		die(ERR_USAGE, "--user: is for x86");
}

/* One level of 1 GiB blocks, one to one: memory below the hole, a device there. */
void arch_tables(struct vm *vm)
{
	uint64_t *table = (uint64_t *)(vm->low + GPA_TABLES);

	for (uint64_t i = 0; i < 4; i++)
		table[i] = i * GIB | (i < GPA_HOLE / GIB ? BLOCK_MEMORY : BLOCK_DEVICE);
}

static void set(struct vcpu *v, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(v->fd, KVM_SET_ONE_REG, &reg))
		die_errno("KVM_SET_ONE_REG");
}

void arch_vcpu(struct vcpu *v)
{
	struct kvm_vcpu_init init;

	if (ioctl(v->vm->fd, KVM_ARM_PREFERRED_TARGET, &init) || ioctl(v->fd, KVM_ARM_VCPU_INIT, &init))
		die_errno("KVM_ARM_VCPU_INIT");
	set(v, SYSREG(3ULL, 0, 10, 2, 0), MAIR);
	set(v, SYSREG(3ULL, 0, 2, 0, 2), TCR);
	set(v, SYSREG(3ULL, 0, 2, 0, 0), GPA_TABLES);
	set(v, SYSREG(3ULL, 0, 12, 0, 0), VECTORS);
	set(v, SYSREG(3ULL, 0, 1, 0, 0), SCTLR);
	set(v, COREREG(regs.pc), GPA_CODE);
	set(v, COREREG(regs.pstate), PSTATE_EL1H);
	set(v, COREREG(regs.regs[0]), v->id);
	set(v, COREREG(sp_el1), GPA_STACK + (v->id + 1) * STACK_BYTES);
}

enum arch_exit arch_exit(struct vcpu *v)
{
	const struct kvm_run *run = v->run;
	uint64_t value;

	if (run->exit_reason == KVM_EXIT_INTR)
		return ARCH_NOTHING;
	if (run->exit_reason != KVM_EXIT_MMIO) {
		fprintf(stderr, "mmulab-kvmload: vCPU %u: KVM exit reason %u\n", v->id, run->exit_reason);
		return ARCH_WRONG;
	}
	if (run->mmio.phys_addr == GPA_DONE)
		return ARCH_DONE;
	if (run->mmio.phys_addr == GPA_WRONG) {
		memcpy(&value, run->mmio.data, sizeof(value));
		fprintf(stderr, "mmulab-kvmload: vCPU %u: the guest took an exception, syndrome %#llx\n", v->id,
			(unsigned long long)value);
		return ARCH_WRONG;
	}
	if (!run->mmio.is_write)
		memset(v->run->mmio.data, 0, sizeof(run->mmio.data));
	return ARCH_NOTHING;
}
