// SPDX-License-Identifier: GPL-2.0-or-later
/* EL1 with its MMU on, from the first instruction. */
#include "capture/rig/load/guest.h"

#define INSTRUCTION_RET	0xd65f03c0U

/* Traps are not expected: each vector tells the host its syndrome. */
asm(".section .text.start,\"ax\"\n"
    ".globl guest_start\n"
    "guest_start: bl guest_main\n"
    "1: wfi\n"
    "b 1b\n"
    ".balign 2048\n"	/* host: GPA_CODE + 2048 is VBAR_EL1 */
    ".rept 16\n"
    "mrs x0, esr_el1\n"
    "b guest_wrong\n"
    ".balign 128\n"
    ".endr\n"
    ".previous");

uint64_t guest_load(uint64_t address)
{
	uint64_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

void guest_store(uint64_t address, uint64_t value)
{
	asm volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

void guest_execute(uint64_t address)
{
	uint32_t found;

	asm volatile("ldr %w0, [%1]" : "=r"(found) : "r"(address) : "memory");
	if (found != INSTRUCTION_RET)
		asm volatile("str %w0, [%1]\n"
			     "dc cvau, %1\n"
			     "dsb ish\n"
			     "ic ivau, %1\n"
			     "dsb ish" : : "r"(INSTRUCTION_RET), "r"(address) : "memory");
	asm volatile("isb");
	((void (*)(void))address)();
}

void guest_done(uint64_t vcpu)
{
	guest_store(GPA_DONE, vcpu);
}

void guest_wrong(uint64_t syndrome);
__attribute__((used)) void guest_wrong(uint64_t syndrome)
{
	guest_store(GPA_WRONG, syndrome);
	for (;;)
		asm volatile("wfi");
}

void guest_setup(uint64_t vcpu)
{
}

void guest_churn(struct mailbox *m)
{
}
