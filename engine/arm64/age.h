/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_AGE_H
#define ENGINE_ARM64_AGE_H

#include "engine/arm64/arm64.h"

/* mmu_ops.age */
bool arm64_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how);

#endif
