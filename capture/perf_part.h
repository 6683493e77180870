/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_PART_H
#define CAPTURE_PERF_PART_H

#include <stdlib.h>

#include "capture/perf_file.h"

/* A part of the file, read from its start; once it was not enough it stays bad and yields zeros. */
struct perf_part {
	const uint8_t *p, *end;
	bool	       swap, bad;
};

static inline struct perf_part perf_part_of(const uint8_t *p, uint64_t len, bool swap)
{
	return (struct perf_part){ p, p + len, swap, false };
}

/* NULL when there are not as many. */
static inline const uint8_t *perf_take(struct perf_part *t, uint64_t len)
{
	const uint8_t *p = t->p;

	if (t->bad || len > (uint64_t)(t->end - t->p)) {
		t->bad = true;
		return NULL;
	}
	t->p += len;
	return p;
}

static inline uint32_t perf_take_u32(struct perf_part *t)
{
	const uint8_t *p = perf_take(t, 4);

	return p ? perf_u32(p, t->swap) : 0;
}

static inline uint64_t perf_take_u64(struct perf_part *t)
{
	const uint8_t *p = perf_take(t, 8);

	return p ? perf_u64(p, t->swap) : 0;
}

#endif
