/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_CHECK_H
#define ENGINE_X86_CHECK_H

/*
 * Invariants of the tables, each with the name it is reported by:
 *
 * - tree: a table entry leads to a table in use, whose gfn, level and parent are those of the
 *   entry; no table hangs from two entries (I-T2);
 * - W: a writable leaf is host- and MMU-writable;
 * - alignment: a leaf's pfn is a multiple of its size;
 * - slot: a leaf of a valid root lies in one slot of its address space, and cannot be written when it is huge where
 *   dirty pages are logged;
 * - I-N1: no leaf of any root maps a page of a window that is open;
 * - I-T3: a valid root has a reference beside those of its vCPUs, an invalid one has at least one.
 */
#include "engine/core/mmu_common.h"

void x86_check(const struct mmu *mmu);
gfn_t x86_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid);

#endif
