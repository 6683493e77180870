/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_FAULT_H
#define ENGINE_ARM64_FAULT_H

/* A stage-2 abort on its way through the engine; and the guest's own access, which may cause one. */
#include "engine/arm64/arm64.h"

/* mmu_ops */
enum ret_pf arm64_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);
bool arm64_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a);

#endif
