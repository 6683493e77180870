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

/* Finds the raw data among parts of which several vary in length.  Return: whether all together are as long as it. */
bool perf_sample_walk(const struct perf_attr *a, const uint8_t *rec, uint32_t size, bool swap, struct perf_sample *out);

/*
 * Takes one sample of @size bytes apart, by what @a says it is made of.  Return:
 * false when its parts are not exactly as long as it is.
 */
static inline bool perf_sample_parse(const struct perf_attr *a, const uint8_t *rec, uint32_t size, bool swap,
				     struct perf_sample *out)
{
	uint32_t fixed = a->fixed_end;

	if (unlikely(size < fixed))
		return false;
	out->time = perf_u64(rec + a->time_at, swap);
	out->cpu = a->cpu_at ? perf_u32(rec + a->cpu_at, swap) : 0;
	out->tid = a->tid_at ? perf_u32(rec + a->tid_at, swap) : 0;
	if (unlikely(!a->only_raw || size < fixed + 4))
		return perf_sample_walk(a, rec, size, swap, out);
	out->raw_size = perf_u32(rec + fixed, swap);
	out->raw = rec + fixed + 4;
	return (uint64_t)fixed + 4 + out->raw_size == size;
}

#endif
