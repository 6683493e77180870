/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_CHECK_H
#define ENGINE_ARM64_CHECK_H

/*
 * Invariants of the tables, each with the name it is reported by:
 *
 * - tree: a table entry leads to a table in use, whose gfn and level are those of the entry;
 * - I-R2: a table page's count is 1 and its entries that are not 0; every page is linked, or waits for a grace period;
 * - locked: nobody has left an entry broken;
 * - alignment: a leaf's pfn is a multiple of its size;
 * - slot: a leaf lies in one slot, and cannot be written when it is a block where dirty pages are logged;
 * - I-N1: no leaf maps a page of a window that is open.
 */
#include "engine/core/mmu_common.h"

void arm64_check(const struct mmu *mmu);
gfn_t arm64_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid);

#endif
