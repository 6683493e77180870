/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_RETRIES_H
#define ENGINE_CORE_RETRIES_H

#include "engine/core/mmu_common.h"

/* A fault on @gfn with snapshot @seq must start over, as notifier_retry() has just said: counted by its cause. */
void retries_count(struct mmu *mmu, uint64_t seq, gfn_t gfn);

#endif
