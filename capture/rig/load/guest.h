/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_GUEST_H
#define CAPTURE_RIG_LOAD_GUEST_H

#include "base/prng.h"
#include "capture/rig/load/proto.h"

/*
 * The guest: a flat binary at GPA_CODE, one vCPU per mailbox.  guest.c is the same everywhere; what an
 * architecture must say for itself is below, in guest_ARCH.c.
 */

/* Touches of one address, by one instruction that an emulator of devices understands. */
uint64_t guest_load(uint64_t address);
void guest_store(uint64_t address, uint64_t value);
/* Writes "return" to @address and calls it. */
void guest_execute(uint64_t address);
/* The vCPU exits to the host, which gives it something to do. */
void guest_done(uint64_t vcpu);
/* Traps and what else a vCPU needs; @vcpu as the host passed it. */
void guest_setup(uint64_t vcpu);
void guest_churn(struct mailbox *m);

/*
 * Data lies in a page's first GUEST_CODE_OFFSET bytes and what is executed behind them, so that no vCPU
 * overwrites what another is about to execute.  (A host that drops pages does: nothing is executed then.)
 */
#define GUEST_CODE_OFFSET	4032
static inline uint64_t guest_offset(struct prng *p)
{
	return prng_below(p, GUEST_CODE_OFFSET / 8) * 8;
}

/* guest.c: one touch of @address, counted. */
void guest_touch(struct mailbox *m, struct prng *p, uint64_t address);
void guest_main(uint64_t vcpu);

#endif
