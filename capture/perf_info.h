/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_INFO_H
#define CAPTURE_PERF_INFO_H

#include "capture/perf_attr.h"

/* What the feature sections (file form) or FEATURE records (pipe form) say of the host. */
struct perf_info {
	char	*hostname, *release, *arch;	/* NULL: not told */
	uint32_t nr_cpus;			/* 0: not told */
	uint32_t packing;			/* of compressed records; 0: not told, 1: zstd */
};

#define PERF_PACKED_ZSTD	1

/* One section of @len bytes; names events of @a by EVENT_DESC.  Sections of no use here are passed over. */
void perf_info_read(struct perf_info *info, struct perf_attrs *a, unsigned int feature, const uint8_t *p, uint64_t len,
		    bool swap, struct perf_notes *damage);
/* EVENT_UPDATE, a record of @size bytes: the name of an event. */
void perf_info_update(struct perf_attrs *a, const uint8_t *rec, uint32_t size, bool swap);
/* "Linux HOST RELEASE MACHINE", to be freed; "" when the recording does not say. */
char *perf_info_uname(const struct perf_info *info);
/* The clock the samples' times are of, in ftrace's words. */
const char *perf_info_clock(const struct perf_attrs *a);
/* What perf calls events that have no name in the file: "cycles", "type 4 config 0x1a8"; to be freed. */
char *perf_info_event_name(const struct perf_attr *a);
void perf_info_fini(struct perf_info *info);

#endif
