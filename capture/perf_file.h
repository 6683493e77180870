/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_FILE_H
#define CAPTURE_PERF_FILE_H

#include <string.h>

#include "base/err.h"
#include "base/types.h"
#include "capture/mapping.h"

/*
 * The container perf record writes: where its parts are.  Two forms share the
 * magic number:
 *
 *	file	a header of 104 bytes tells where attributes, records and, behind
 *		the records, the feature sections are; perf fills it in at its end
 *	pipe	a header of 16 bytes, then records only, the first of which carry
 *		attributes, features and event formats
 *
 * The magic number's byte order is that of every number in the file, raw event
 * fields included.  Nothing is read before it is known to lie within the file.
 */

/* PERF_RECORD_*: below 64 the kernel's, above those of the perf tool. */
enum perf_record_type {
	PERF_REC_LOST = 2, PERF_REC_COMM, PERF_REC_EXIT, PERF_REC_THROTTLE, PERF_REC_UNTHROTTLE, PERF_REC_FORK,
	PERF_REC_SAMPLE = 9,
	PERF_REC_LOST_SAMPLES = 13,
	PERF_REC_KERNEL_END = 32,		/* 22 are in use */
	PERF_REC_USER = 64,
	PERF_REC_ATTR = 64, PERF_REC_EVENT_TYPE, PERF_REC_TRACING_DATA, PERF_REC_BUILD_ID, PERF_REC_FINISHED_ROUND,
	PERF_REC_AUXTRACE = 71,
	PERF_REC_EVENT_UPDATE = 78,
	PERF_REC_FEATURE = 80, PERF_REC_COMPRESSED, PERF_REC_FINISHED_INIT, PERF_REC_COMPRESSED2,
	PERF_REC_USER_KNOWN = 85, PERF_REC_USER_END = 96,
};

enum perf_feature {
	PERF_FEAT_TRACING_DATA = 1,
	PERF_FEAT_HOSTNAME = 3, PERF_FEAT_OSRELEASE, PERF_FEAT_VERSION, PERF_FEAT_ARCH, PERF_FEAT_NRCPUS,
	PERF_FEAT_EVENT_DESC = 12,
	PERF_FEAT_CLOCKID = 23,
	PERF_FEAT_COMPRESSED = 27,
	PERF_FEAT_CLOCK_DATA = 29,
	PERF_FEAT_LAST = 64,			/* 32 are in use */
	PERF_FEAT_NR = 256,
};

#define PERF_REC_HEAD	8	/* u32 type, u16 misc, u16 size of all of it */

struct perf_section {
	uint64_t offset, size;
};

struct perf_notes {		/* what was lost, or does not add up */
	struct perf_note {
		uint32_t    cpu;	/* or SOURCE_NO_CPU */
		const char *what;	/* static text */
		uint64_t    n;
	} *v;
	size_t nr;
};

struct perf_file {
	char		*path;
	struct mapping	 file;
	bool		 swap;		/* numbers are in the other byte order than this machine's */
	bool		 pipe;
	uint64_t	 attr_size;	/* of one entry in attrs, its ids section included */
	struct perf_section attrs;	/* file form only */
	struct perf_section data;	/* of the records, cut to what is there */
	struct perf_section features[PERF_FEAT_NR];	/* offset 0: none, or not in the file */
	uint64_t	 touched;	/* bytes read since the last perf_file_drop() */
	struct perf_notes damage;
};

/* First bytes of a perf.data, of either byte order. */
bool perf_magic(const uint8_t *p, size_t len);
/* ERR_INPUT, one line: @path is a directory, of a "perf record --threads" or not. */
int perf_directory(const char *path, struct err *e);
/* ERR_INPUT, one line, for anything that is not a perf.data with a sound header. */
int perf_file_open(const char *path, struct perf_file *f, struct err *e);
void perf_file_close(struct perf_file *f);	/* fine for a zeroed one */
/* The part of @s within the file; size 0: nothing of it. */
struct perf_section perf_file_clip(const struct perf_file *f, struct perf_section s);
/* Lets go of the map's pages; those still needed come back by themselves. */
void perf_file_drop(struct perf_file *f);
/* "PATH: what is wrong; the file is damaged or cut short". */
int perf_damaged(const struct perf_file *f, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Adds @n to what is noted of @cpu; @what is static. */
void perf_note_add(struct perf_notes *notes, uint32_t cpu, const char *what, uint64_t n);

#define PERF_TOUCHED_MAX	(24u << 20)

/*
 * To be told of the bytes that are read.  Return: whether it is time for
 * perf_file_drop(), lest memory grow with the file.
 */
static inline bool perf_file_touch(struct perf_file *f, uint64_t bytes)
{
	f->touched += bytes;
	return unlikely(f->touched > PERF_TOUCHED_MAX);
}

/* Records are aligned to nothing in particular. */
static inline uint16_t perf_u16(const uint8_t *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return unlikely(swap) ? __builtin_bswap16(v) : v;
}

static inline uint32_t perf_u32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return unlikely(swap) ? __builtin_bswap32(v) : v;
}

static inline uint64_t perf_u64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return unlikely(swap) ? __builtin_bswap64(v) : v;
}

#endif
