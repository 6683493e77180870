/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CELLS_H
#define REPLAY_CELLS_H

#include "replay/scan.h"

/*
 * Guest memory cut at every place where a range begins or ends: pages of one
 * cell are covered by the same ranges, so nothing is lost by keeping one state per
 * cell.  The number of cells goes with that of the ranges, whatever the size of the memory.
 */
struct cells;

/* Cuts along @ranges (those that are not global), widened to 1 << @granule_shift pages. */
struct cells *cells_make(const struct scan_range *ranges, size_t nr, size_t nr_vms, unsigned int granule_shift);
void cells_free(struct cells *c);
uint32_t cells_nr(const struct cells *c);
/* Number of the cell of @gfn, or UINT32_MAX where no range ever is. */
uint32_t cells_find(const struct cells *c, unsigned int vm, gfn_t gfn);
/* Cells @first .. @end (exclusive) of one range the cells were made from. */
void cells_of(const struct cells *c, const struct scan_range *r, uint32_t *first, uint32_t *end);

#endif
