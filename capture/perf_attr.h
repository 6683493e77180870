/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_ATTR_H
#define CAPTURE_PERF_ATTR_H

#include "base/types.h"
#include "capture/perf_file.h"

/*
 * The events a perf.data was recorded with (struct perf_event_attr, ABI of
 * linux/perf_event.h), and where the fields of their samples and of the
 * trailers of other records lie.  A record is laid out by the attribute whose
 * id it carries; ids lie at the same place in all samples of a file.
 */
enum {					/* attr.sample_type */
	PERF_S_IP = 1u << 0, PERF_S_TID = 1u << 1, PERF_S_TIME = 1u << 2, PERF_S_ADDR = 1u << 3,
	PERF_S_READ = 1u << 4, PERF_S_CALLCHAIN = 1u << 5, PERF_S_ID = 1u << 6, PERF_S_CPU = 1u << 7,
	PERF_S_PERIOD = 1u << 8, PERF_S_STREAM_ID = 1u << 9, PERF_S_RAW = 1u << 10,
	PERF_S_BRANCH_STACK = 1u << 11, PERF_S_REGS_USER = 1u << 12, PERF_S_STACK_USER = 1u << 13,
	PERF_S_WEIGHT = 1u << 14, PERF_S_DATA_SRC = 1u << 15, PERF_S_IDENTIFIER = 1u << 16,
	PERF_S_TRANSACTION = 1u << 17, PERF_S_REGS_INTR = 1u << 18, PERF_S_PHYS_ADDR = 1u << 19,
	PERF_S_AUX = 1u << 20, PERF_S_CGROUP = 1u << 21, PERF_S_DATA_PAGE_SIZE = 1u << 22,
	PERF_S_CODE_PAGE_SIZE = 1u << 23, PERF_S_WEIGHT_STRUCT = 1u << 24, PERF_S_END = 1u << 25,
};

#define PERF_S_FIXED (PERF_S_IDENTIFIER | PERF_S_IP | PERF_S_TID | PERF_S_TIME | PERF_S_ADDR | PERF_S_ID | \
		      PERF_S_STREAM_ID | PERF_S_CPU | PERF_S_PERIOD)
#define PERF_S_BEHIND_RAW (~(uint64_t)(PERF_S_FIXED | PERF_S_READ | PERF_S_CALLCHAIN | PERF_S_RAW))

enum {					/* attr.read_format */
	PERF_R_ENABLED = 1u << 0, PERF_R_RUNNING = 1u << 1, PERF_R_ID = 1u << 2, PERF_R_GROUP = 1u << 3,
	PERF_R_LOST = 1u << 4,
};

enum {					/* attr.branch_sample_type, what changes the layout */
	PERF_B_HW_INDEX = 1u << 17, PERF_B_COUNTERS = 1u << 19,
};

#define PERF_TYPE_TRACEPOINT_	2	/* attr.type; attr.config is then the number in common_type */
#define PERF_NO_EVENT		UINT32_MAX

struct perf_attr {
	uint32_t type;
	uint64_t config, sample_type, read_format, branch_type;
	uint8_t	 nr_regs_user, nr_regs_intr;
	bool	 sample_id_all, use_clockid;
	bool	 only_raw;		/* nothing but the raw data varies in length */
	int32_t	 clockid;
	char	*name;			/* as perf calls it; NULL: not told */
	/* Where fields are, in bytes from the record's start; 0: nowhere. */
	uint16_t id_at, tid_at, time_at, cpu_at, fixed_end;
	/* And in trailers, in bytes from the record's end. */
	uint16_t id_back, time_back, cpu_back, trailer;
	uint32_t event;			/* of the source; PERF_NO_EVENT: not asked for yet */
};

struct perf_attrs {
	struct perf_attr *v;
	uint32_t	  nr;
	struct perf_id {
		uint64_t id;		/* 0: free */
		uint32_t attr;
	} *ids;				/* hash table, a power of two */
	uint32_t	  cap_ids, nr_ids;
	uint32_t	  twice;	/* ids that two events have */
	bool		  by_id;	/* samples carry an id; else all are laid out alike */
	uint16_t	  time_at;	/* of all samples; 0: they differ */
};

/*
 * Adds one attribute of @len bytes at @p (attr.size of them, 64 at least) and
 * the @nr_ids numbers at @ids.  Return: false when it cannot be one.
 */
bool perf_attrs_add(struct perf_attrs *a, const uint8_t *p, uint64_t len, const uint8_t *ids, uint64_t nr_ids,
		    bool swap);
/* All attributes of a file form's header.  Notes what is odd in @f->damage. */
int perf_attrs_read(struct perf_attrs *a, struct perf_file *f, struct err *e);
/* Are they such that each sample can be told apart?  To be asked before the first sample and after each addition. */
int perf_attrs_check(struct perf_attrs *a, const struct perf_file *f, struct err *e);
void perf_attrs_fini(struct perf_attrs *a);
static inline uint32_t perf_id_slot(const struct perf_attrs *a, uint64_t id)
{
	uint32_t i = (id * 0x9e3779b97f4a7c15ULL) >> 32;

	for (;; i++) {
		i &= a->cap_ids - 1;
		if (likely(a->ids[i].id == id) || !a->ids[i].id)
			return i;
	}
}

/* The event whose samples carry @id; NULL: none. */
static inline struct perf_attr *perf_attr_by_id(const struct perf_attrs *a, uint64_t id)
{
	const struct perf_id *found;

	if (unlikely(!a->cap_ids || !id))
		return NULL;
	found = &a->ids[perf_id_slot(a, id)];
	return found->id ? &a->v[found->attr] : NULL;
}

/* A sample's, of @size bytes; NULL: it is not one of this file's. */
static inline struct perf_attr *perf_attr_of(const struct perf_attrs *a, const uint8_t *rec, uint32_t size, bool swap)
{
	uint32_t at = a->v[0].id_at;

	if (!a->by_id)
		return a->v;
	return likely(size >= at + 8) ? perf_attr_by_id(a, perf_u64(rec + at, swap)) : NULL;
}

/* Whose trailer ends a record that is no sample; NULL: it has none. */
const struct perf_attr *perf_attr_of_trailer(const struct perf_attrs *a, const uint8_t *rec, uint32_t size, bool swap);

#endif
