// SPDX-License-Identifier: GPL-2.0-or-later
/* 64-bit long mode, privileged unless the host says GUEST_USER. */
#include "capture/rig/load/guest_x86.h"

#include "capture/rig/load/guest.h"

#define PTE_PRESENT	1ULL
#define PTE_WRITE	2ULL
#define PTE_USER	4ULL
#define PTE_LARGE	0x80ULL
#define PTE_ADDRESS	0x000ffffffffff000ULL
#define PF_WRITE	2ULL	/* of a page fault's error code */
#define PT_ENTRIES	512

static uint64_t idt[64] __attribute__((aligned(16)));

asm(".section .text.start,\"ax\"\n"
    ".globl guest_start\n"
    "guest_start: call guest_main\n"
    "1: hlt\n"
    "jmp 1b\n"
    ".previous");

/* What a call may change is kept; the CPU has pushed an error code. */
asm(".text\n"
    "guest_vector_14:\n"
    "push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11\n"
    "mov 72(%rsp), %rdi\n"
    "call guest_page_fault\n"
    "pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax\n"
    "add $8, %rsp\n"
    "iretq\n"
    "guest_vector_13: mov $13, %edi\n"
    "call guest_wrong\n");
void guest_vector_13(void);
void guest_vector_14(void);
void guest_page_fault(uint64_t error);
void guest_wrong(uint32_t vector);

static void outl(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static void set_root(uint64_t root)
{
	asm volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static void forget_page(uint64_t va)
{
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

uint64_t guest_load(uint64_t address)
{
	return *(volatile uint64_t *)address;
}

void guest_store(uint64_t address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

void guest_execute(uint64_t address)
{
	guest_store(address, 0xc3c3c3c3c3c3c3c3ULL);	/* RET */
	((void (*)(void))address)();
}

void guest_done(uint64_t vcpu)
{
	outl(PORT_DONE, (uint32_t)vcpu);
}

/* --- traps ---------------------------------------------------------------------------------- */

__attribute__((used)) void guest_wrong(uint32_t vector)
{
	outl(PORT_WRONG, vector);
	for (;;)
		asm volatile("hlt");
}

/* The entry for @va below @root, and in *@pde the one above it; NULL where there is no table. */
static uint64_t *entry_of(uint64_t root, uint64_t va, uint64_t **pde)
{
	uint64_t *table = (uint64_t *)(root & PTE_ADDRESS);

	table = (uint64_t *)(table[va >> 39 & 511] & PTE_ADDRESS);
	table = (uint64_t *)(table[va >> 30 & 511] & PTE_ADDRESS) + (va >> 21 & 511);
	if (pde)
		*pde = table;
	if (!(*table & PTE_PRESENT) || (*table & PTE_LARGE))
		return NULL;
	return (uint64_t *)(*table & PTE_ADDRESS) + (va >> 12 & 511);
}

static uint64_t any_page(const struct mailbox *m, struct prng *p)
{
	return m->base + prng_below(p, (uint32_t)(m->bytes / GUEST_PAGE)) * GUEST_PAGE;
}

static struct mailbox *own_mailbox(void)
{
	uint64_t sp;

	asm volatile("mov %%rsp, %0" : "=r"(sp));
	return (struct mailbox *)(GPA_MAILBOX + (sp - 8 - GPA_STACK) / STACK_BYTES * GUEST_PAGE);
}

/* What a guest's kernel does: maps a page, or allows a write to one, as if it had been copied. */
__attribute__((used)) void guest_page_fault(uint64_t error)
{
	struct mailbox *m = own_mailbox();
	uint64_t va, root, *entry;
	struct prng p;

	asm volatile("mov %%cr2, %0" : "=r"(va));
	asm volatile("mov %%cr3, %0" : "=r"(root));
	if (va >> 39 != VA_PROCESS >> 39)
		guest_wrong(14);
	prng_seed(&p, prng_hash(va, m->faults++, m->seed));
	entry = entry_of(root, va, NULL);
	if (!entry)
		return;		/* another vCPU is giving this table to somebody else */
	if (!(*entry & PTE_PRESENT))
		*entry = any_page(m, &p) | PTE_PRESENT | PTE_USER |
			 (error & PF_WRITE || prng_below(&p, 2) ? PTE_WRITE : 0);
	else if (prng_below(&p, 2))
		*entry |= PTE_WRITE;
	else
		*entry = any_page(m, &p) | PTE_PRESENT | PTE_WRITE | PTE_USER;
	forget_page(va);
}

static void set_gate(unsigned int vector, void (*handler)(void))
{
	uint64_t at = (uint64_t)handler;

	idt[vector * 2] = (at & 0xffff) | 8ULL << 16 | 0x8e00ULL << 32 | (at >> 16 & 0xffff) << 48;
	idt[vector * 2 + 1] = at >> 32;
}

void guest_setup(uint64_t vcpu)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) where = { sizeof(idt) - 1, (uint64_t)idt };

	if (vcpu & GUEST_USER)
		return;
	set_gate(13, guest_vector_13);
	set_gate(14, guest_vector_14);
	asm volatile("lidt %0" : : "m"(where));
}

/* --- churn ----------------------------------------------------------------------------------- */

/* munmap, mmap and mprotect: a few entries in a row. */
static void change_entries(struct mailbox *m, struct prng *p, uint64_t root, uint64_t va)
{
	uint64_t *entry = entry_of(root, va, NULL);
	uint64_t n = 1 + prng_below(p, 8);

	for (uint64_t i = 0; entry && i < n && (!i || (uint64_t)(entry + i) % GUEST_PAGE); i++) {
		uint64_t chance = prng_below(p, 100);

		if (chance < 45)
			entry[i] = 0;
		else if (chance < 75)
			entry[i] = any_page(m, p) | PTE_PRESENT | PTE_USER | (chance & 1 ? PTE_WRITE : 0);
		else
			entry[i] &= ~PTE_WRITE;
		if (prng_below(p, 8))
			forget_page(va + i * GUEST_PAGE);
	}
	if (entry && !prng_below(p, 4))
		set_root(root);
}

/* exit, fork, or a table freed and given to the same place again. */
static void change_table(struct prng *p, uint64_t root, uint64_t other, uint64_t va)
{
	uint64_t *pde, *to = entry_of(root, va, &pde), *from = entry_of(other, va, NULL), kept, what = prng_below(p, 3);

	if (!to || !from)
		return;
	to = (uint64_t *)((uint64_t)to & PTE_ADDRESS);
	from = (uint64_t *)((uint64_t)from & PTE_ADDRESS);
	kept = *pde;
	if (what == 2) {
		*pde = 0;
		set_root(root);
	}
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		if (what == 1)
			from[i] &= ~PTE_WRITE;
		to[i] = what == 1 ? from[i] : 0;
	}
	*pde = kept;
	set_root(root);
}

void guest_churn(struct mailbox *m)
{
	uint64_t root = m->root[0];
	struct prng p;

	prng_seed(&p, m->seed);
	set_root(root);
	for (uint64_t i = 0; !m->stop && (!m->count || i < m->count); i++) {
		uint64_t va = VA_PROCESS + prng_below(&p, (uint32_t)(m->tables * PT_ENTRIES)) * GUEST_PAGE;
		uint64_t chance = prng_below(&p, 1000);

		if (chance < 180) {
			change_entries(m, &p, root, va);
		} else if (chance < 220) {
			root = m->root[prng_below(&p, (uint32_t)m->processes)];
			set_root(root);
		} else if (chance < 223) {
			change_table(&p, root, m->root[prng_below(&p, (uint32_t)m->processes)], va);
		} else if (chance < 243) {
			guest_touch(m, &p, VA_PROCESS + (m->tables << 21) +
				    prng_below(&p, (uint32_t)(m->blocks << 9)) * GUEST_PAGE + guest_offset(&p));
		} else if (chance < 263) {
			set_root(root);
		} else {
			guest_touch(m, &p, va + guest_offset(&p));
		}
	}
	set_root(GPA_TABLES);
}
