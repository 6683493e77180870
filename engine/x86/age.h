/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_AGE_H
#define ENGINE_X86_AGE_H

#include "engine/core/mmu_common.h"

/* Ages, or only tests, the leafs of one slot's range; mmu_lock as age.lock says. */
bool x86_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how);

#endif
