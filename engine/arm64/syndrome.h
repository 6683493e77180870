/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_SYNDROME_H
#define ENGINE_ARM64_SYNDROME_H

/*
 * What the hardware reports of an abort: as recorded (ESR_EL2, its low 32 bits), or found by looking where its
 * walk ends.  Source: Arm ARM D17.2.37, ISS encodings of instruction and data aborts.
 */
#include "engine/arm64/walk.h"

enum abort_kind { ABORT_TRANSLATION, ABORT_ACCESS, ABORT_PERMISSION };

struct syndrome {
	enum abort_kind kind;
	int		level;		/* at which the hardware's walk ended */
	bool		write, exec;
};

/* @pte: what the guest's access ends at; May it go on?  The access flag aside. */
bool pte_permits(uint64_t pte, unsigned int access);
struct syndrome syndrome_of(const struct arm64_mmu *x, const struct mmu_access *a);

#endif
