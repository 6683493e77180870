/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_SAMPLE_H
#define CAPTURE_PERF_SAMPLE_H

#include "capture/perf_attr.h"

/* What the rest of the program wants of one PERF_RECORD_SAMPLE. */
struct perf_sample {
	uint64_t	time;
	uint32_t	cpu, tid;	/* 0 when the sample does not carry them */
	uint32_t	raw_size;	/* 0: it has no raw data */
	const uint8_t  *raw;		/* as ftrace has it, common_type first */
};

/*
 * Takes one sample of @size bytes apart, by what @a says it is made of.  Return:
 * false when its parts are not exactly as long as it is.
 */
bool perf_sample_parse(const struct perf_attr *a, const uint8_t *rec, uint32_t size, bool swap,
		       struct perf_sample *out);

#endif
