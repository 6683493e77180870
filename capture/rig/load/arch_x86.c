// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/arch.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/alloc.h"
#include "base/err.h"
#include "capture/rig/load/guest_x86.h"

#define PRESENT		1ULL
#define TABLE		7ULL		/* present, writable, user */
#define LARGE		0x87ULL
#define CPUID_MAX	256
#define BLOCKS		4		/* large pages of each process */

const bool arch_churns = true;

void arch_vm(struct vm *vm)
{
	if (vm->load->split)
		die(ERR_USAGE, "--split: on x86 the module parameter kvm.eager_page_split says that");
}

/* --- the guest's tables --------------------------------------------------------------------- */

static uint64_t *table_at(struct vm *vm, gpa_t gpa)
{
	return (uint64_t *)(vm->low + gpa);
}

/* PML4, PDPT and four page directories of large pages: the low 4 GiB, one to one. */
static void map_all(struct vm *vm)
{
	const gpa_t pdpt = GPA_TABLES + GUEST_PAGE, pd = pdpt + GUEST_PAGE;

	table_at(vm, GPA_TABLES)[0] = pdpt | TABLE;
	for (uint64_t i = 0; i < 4; i++)
		table_at(vm, pdpt)[i] = (pd + i * GUEST_PAGE) | TABLE;
	for (uint64_t i = 0; i < 4 * 512; i++)
		table_at(vm, pd)[i] = i << 21 | LARGE;
	table_at(vm, GPA_GDT)[1] = 0x00af9b000000ffffULL;	/* code, 64 bit */
	table_at(vm, GPA_GDT)[2] = 0x00cf93000000ffffULL;	/* data */
}

/* A process: tables for its window, one in eight shared with the first process, and large pages behind them. */
static gpa_t make_process(struct vm *vm, unsigned int nr, gpa_t pool, struct mailbox *m)
{
	const gpa_t root = pool, pdpt = root + GUEST_PAGE, pd = pdpt + GUEST_PAGE;

	pool = pd + GUEST_PAGE;
	m->root[nr] = root;
	table_at(vm, root)[0] = (GPA_TABLES + GUEST_PAGE) | TABLE;
	table_at(vm, root)[1] = pdpt | TABLE;
	table_at(vm, pdpt)[0] = pd | TABLE;
	for (unsigned int i = 0; i < m->tables; i++) {
		if (nr && i % 8 == 7) {
			table_at(vm, pd)[i] = table_at(vm, m->root[0] + 2 * GUEST_PAGE)[i];
			continue;
		}
		table_at(vm, pd)[i] = pool | TABLE;
		pool += GUEST_PAGE;
	}
	for (unsigned int i = 0; i < m->blocks; i++)
		table_at(vm, pd)[m->tables + i] =
			(GPA_DATA + (nr * m->blocks + i) % (vm->bytes >> 21) * (1ULL << 21)) | LARGE;
	return pool;
}

void arch_tables(struct vm *vm)
{
	struct mailbox m = {
		.processes = vm->load->processes, .tables = vm->load->tables, .blocks = vm->bytes >> 21 ? BLOCKS : 0,
	};
	gpa_t pool = GPA_POOL;

	map_all(vm);
	if (m.processes * (m.tables + 3) * GUEST_PAGE > LOW_BYTES - GPA_POOL)
		die(ERR_USAGE, "--processes, --tables: their tables do not fit into %llu MiB",
		    (LOW_BYTES - GPA_POOL) >> 20);
	for (unsigned int i = 0; i < m.processes; i++)
		pool = make_process(vm, i, pool, &m);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		memcpy(vm->low + GPA_MAILBOX + i * GUEST_PAGE, &m, sizeof(m));
}

/* --- registers ------------------------------------------------------------------------------- */

/* The CPUs KVM would like: without long mode among their features there is no EFER.LMA. */
static void set_cpuid(struct vcpu *v)
{
	struct kvm_cpuid2 *cpuid = xcalloc(1, sizeof(*cpuid) + CPUID_MAX * sizeof(cpuid->entries[0]));

	cpuid->nent = CPUID_MAX;
	if (ioctl(v->vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid) || ioctl(v->fd, KVM_SET_CPUID2, cpuid))
		die_errno("KVM_SET_CPUID2");
	free(cpuid);
}

static void set_segments(struct kvm_sregs *s, bool user)
{
	const struct kvm_segment code = {
		.limit = ~0U, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
	};
	const struct kvm_segment data = {
		.limit = ~0U, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1,
	};

	s->cs = code;
	s->ss = data;
	if (user) {
		s->cs.selector = 0x33;
		s->ss.selector = 0x2b;
		s->cs.dpl = s->ss.dpl = 3;
	}
	s->ds = s->es = s->fs = s->gs = s->ss;
	s->gdt.base = GPA_GDT;
	s->gdt.limit = 23;
	s->idt.limit = 0;
}

void arch_vcpu(struct vcpu *v)
{
	const bool user = v->vm->load->user;
	struct kvm_regs regs = {
		.rip = GPA_CODE, .rdi = v->id | (user ? GUEST_USER : 0),
		.rsp = GPA_STACK + (v->id + 1) * STACK_BYTES - 8,
		.rflags = 2 | (user ? 0x3000 : 0),	/* IOPL 3: it may use the ports */
	};
	struct kvm_sregs sregs;

	set_cpuid(v);
	if (ioctl(v->fd, KVM_GET_SREGS, &sregs))
		die_errno("KVM_GET_SREGS");
	set_segments(&sregs, user);
	sregs.cr0 = 0x80010033;		/* PG, WP, NE, ET, MP, PE */
	sregs.cr3 = GPA_TABLES;
	sregs.cr4 = 0x20;		/* PAE */
	sregs.efer = 0x500 | (user ? 0x801 : 0);	/* LMA, LME; NXE, SCE */
	if (ioctl(v->fd, KVM_SET_SREGS, &sregs))
		die_errno("KVM_SET_SREGS");
	if (ioctl(v->fd, KVM_SET_REGS, &regs))
		die_errno("KVM_SET_REGS");
}

enum arch_exit arch_exit(struct vcpu *v)
{
	const struct kvm_run *run = v->run;
	struct kvm_regs regs = { 0 };

	switch (run->exit_reason) {
	case KVM_EXIT_INTR:
		return ARCH_NOTHING;
	case KVM_EXIT_MMIO:
		if (!run->mmio.is_write)
			memset(v->run->mmio.data, 0, sizeof(run->mmio.data));
		return ARCH_NOTHING;
	case KVM_EXIT_IO:
		if (run->io.port == PORT_DONE)
			return ARCH_DONE;
		fprintf(stderr, "mmulab-kvmload: vCPU %u: the guest took exception %u\n", v->id,
			*(const uint32_t *)((const char *)run + run->io.data_offset));
		return ARCH_WRONG;
	}
	ioctl(v->fd, KVM_GET_REGS, &regs);
	fprintf(stderr, "mmulab-kvmload: vCPU %u: KVM exit reason %u at %#llx\n", v->id, run->exit_reason,
		(unsigned long long)regs.rip);
	return ARCH_WRONG;
}
