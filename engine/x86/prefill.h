/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_PREFILL_H
#define ENGINE_X86_PREFILL_H

#include "engine/core/mmu_common.h"

/* Maps a range of @slot without faults; mmu_lock held for write. */
void x86_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p);

#endif
