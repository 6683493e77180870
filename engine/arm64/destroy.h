/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_DESTROY_H
#define ENGINE_ARM64_DESTROY_H

#include "engine/core/mmu_common.h"

/* mmu_ops: the VM's tables go, for good; the second call of either finds none. */
void arm64_zap_all(struct mmu *mmu);
void arm64_teardown(struct mmu *mmu);

#endif
