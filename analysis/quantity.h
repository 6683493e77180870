/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_QUANTITY_H
#define ANALYSIS_QUANTITY_H

#include "base/types.h"

/*
 * How the numbers of one row are written: one unit and one number of decimals
 * for all of them, so that they can be read down or across.
 */
struct scale {
	const char	*unit;		/* "ns", "us", "ms", "s", "%", "KiB", ..., "" for counts */
	double		 divisor;
	int		 decimals;
};

/* The values of a row, as far as they decide how it is written; begins as { 0 }. */
struct scale_range {
	uint64_t	smallest, largest;	/* of those that are not 0 */
};

void scale_range_add(struct scale_range *r, int64_t value);

/* For stored @unit ("ns", "ppm", "bytes", "count"); @range: the values it is for. */
struct scale scale_for(const char *unit, const struct scale_range *range);
struct scale scale_for_one(const char *unit, int64_t value);
/* "12.31", without the unit. */
void scale_text(const struct scale *s, int64_t value, char *buf, size_t size);
/* A value alone, with its unit: "12.3 ms". */
void quantity_text(const char *unit, int64_t value, char *buf, size_t size);
/* "0.65x", "12.0x"; "-" when there is nothing to compare with. */
void ratio_text(int64_t value, int64_t first, char *buf, size_t size);

#endif
