/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_SYNDROME_H
#define ENGINE_ARM64_SYNDROME_H

/* Syndromes of aborts, as recorded or found by looking where the hardware's walk ends. */
#include "engine/arm64/walk.h"
#include "kvm/syndrome.h"

/* Of @a, as recorded, or as its page is mapped now. */
struct syndrome syndrome_of(const struct arm64_mmu *x, const struct mmu_access *a);

#endif
