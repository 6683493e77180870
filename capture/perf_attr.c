// SPDX-License-Identifier: GPL-2.0-or-later
/* struct perf_event_attr to offsets. */
#include "capture/perf_attr.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "capture/source.h"

#define ATTR_MIN	64		/* PERF_ATTR_SIZE_VER0 */
#define ATTR_MAX	4096		/* no kernel takes more than a page */
#define ATTRS_MAX	(1u << 20)	/* more are damage */

enum {		/* offsets in struct perf_event_attr */
	AT_TYPE = 0, AT_SIZE = 4, AT_CONFIG = 8, AT_SAMPLE_TYPE = 24, AT_READ_FORMAT = 32, AT_FLAGS = 40,
	AT_BRANCH = 72, AT_REGS_USER = 80, AT_CLOCKID = 92, AT_REGS_INTR = 96,
};

enum { FLAG_SAMPLE_ID_ALL = 18, FLAG_USE_CLOCKID = 25 };

/* The flags are bit fields: the compiler of a big-endian kernel counts them from the other end of each byte. */
static bool flag_of(const uint8_t *attr, unsigned int flag, bool swap)
{
	bool big = swap == (__BYTE_ORDER == __LITTLE_ENDIAN);
	unsigned int bit = big ? 7 - flag % 8 : flag % 8;

	return attr[AT_FLAGS + flag / 8] >> bit & 1;
}

/* --- layout ------------------------------------------------------------------------- */

/* Fields every sample begins with, in the kernel's order. */
static void lay_out_sample(struct perf_attr *a)
{
	const struct {
		uint32_t  bit;
		uint16_t *at;
	} fields[] = {
		{ PERF_S_IDENTIFIER, &a->id_at }, { PERF_S_IP, NULL }, { PERF_S_TID, &a->tid_at },
		{ PERF_S_TIME, &a->time_at }, { PERF_S_ADDR, NULL }, { PERF_S_ID, &a->id_at },
		{ PERF_S_STREAM_ID, NULL }, { PERF_S_CPU, &a->cpu_at }, { PERF_S_PERIOD, NULL },
	};
	uint16_t at = PERF_REC_HEAD;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!(a->sample_type & fields[i].bit))
			continue;
		if (fields[i].at && !*fields[i].at)
			*fields[i].at = at;
		at += 8;
	}
	a->tid_at += a->tid_at ? 4 : 0;		/* behind the pid */
	a->fixed_end = at;
	a->only_raw = (a->sample_type & ~(uint64_t)PERF_S_FIXED) == PERF_S_RAW;
}

/* And the end of every other record, told from its end. */
static void lay_out_trailer(struct perf_attr *a)
{
	const struct {
		uint32_t  bit;
		uint16_t *back;
	} fields[] = {
		{ PERF_S_IDENTIFIER, &a->id_back }, { PERF_S_CPU, &a->cpu_back }, { PERF_S_STREAM_ID, NULL },
		{ PERF_S_ID, &a->id_back }, { PERF_S_TIME, &a->time_back }, { PERF_S_TID, NULL },
	};
	uint16_t back = 0;

	for (size_t i = 0; a->sample_id_all && i < ARRAY_SIZE(fields); i++) {
		if (!(a->sample_type & fields[i].bit))
			continue;
		back += 8;
		if (fields[i].back && !*fields[i].back)
			*fields[i].back = back;
	}
	a->trailer = back;
}

/* --- ids ------------------------------------------------------------------------------ */

static void add_id(struct perf_attrs *a, uint64_t id, uint32_t attr)
{
	struct perf_id *old = a->ids;
	uint32_t cap = a->cap_ids;

	if (!id)
		return;
	if (2 * (a->nr_ids + 1) > cap) {
		a->cap_ids = cap ? 2 * cap : 64;
		a->ids = xcalloc(a->cap_ids, sizeof(*a->ids));
		for (uint32_t i = 0; i < cap; i++)
			if (old[i].id)
				a->ids[perf_id_slot(a, old[i].id)] = old[i];
		free(old);
	}
	a->twice += a->ids[perf_id_slot(a, id)].id == id;
	a->nr_ids += !a->ids[perf_id_slot(a, id)].id;
	a->ids[perf_id_slot(a, id)] = (struct perf_id){ id, attr };
}

/* Records perf made up itself carry id 0, and the first attribute's trailer. */
const struct perf_attr *perf_attr_of_trailer(const struct perf_attrs *a, const uint8_t *rec, uint32_t size, bool swap)
{
	const struct perf_attr *first = a->v, *found = NULL;

	if (!a->nr || !first->sample_id_all)
		return NULL;
	if (first->id_back && size >= PERF_REC_HEAD + (uint32_t)first->id_back)
		found = perf_attr_by_id(a, perf_u64(rec + size - first->id_back, swap));
	if (!found)
		found = first;
	return size >= PERF_REC_HEAD + (uint32_t)found->trailer ? found : NULL;
}

/* --- in --------------------------------------------------------------------------------- */

bool perf_attrs_add(struct perf_attrs *as, const uint8_t *p, uint64_t len, const uint8_t *ids, uint64_t nr_ids,
		    bool swap)
{
	struct perf_attr a = { .event = PERF_NO_EVENT };

	if (len < ATTR_MIN || len > ATTR_MAX)
		return false;
	a.type = perf_u32(p + AT_TYPE, swap);
	a.config = perf_u64(p + AT_CONFIG, swap);
	a.sample_type = perf_u64(p + AT_SAMPLE_TYPE, swap);
	a.read_format = perf_u64(p + AT_READ_FORMAT, swap);
	a.sample_id_all = flag_of(p, FLAG_SAMPLE_ID_ALL, swap);
	a.use_clockid = flag_of(p, FLAG_USE_CLOCKID, swap);
	if (len >= AT_BRANCH + 8)
		a.branch_type = perf_u64(p + AT_BRANCH, swap);
	if (len >= AT_REGS_USER + 8)
		a.nr_regs_user = __builtin_popcountll(perf_u64(p + AT_REGS_USER, swap));
	if (len >= AT_CLOCKID + 4)
		a.clockid = perf_u32(p + AT_CLOCKID, swap);
	if (len >= AT_REGS_INTR + 8)
		a.nr_regs_intr = __builtin_popcountll(perf_u64(p + AT_REGS_INTR, swap));
	lay_out_sample(&a);
	lay_out_trailer(&a);
	if (!(as->nr & (as->nr + 1)))		/* at 0, 1, 3, 7, ... */
		as->v = xreallocarray(as->v, 2 * (size_t)as->nr + 2, sizeof(*as->v));
	as->v[as->nr] = a;
	for (uint64_t i = 0; i < nr_ids; i++)
		add_id(as, perf_u64(ids + 8 * i, swap), as->nr);
	as->nr++;
	return true;
}

int perf_attrs_read(struct perf_attrs *a, struct perf_file *f, struct err *e)
{
	uint64_t nr = f->attr_size ? f->attrs.size / f->attr_size : 0;

	if (f->attr_size < ATTR_MIN + 16 || f->attr_size > ATTR_MAX || f->attrs.size % f->attr_size || nr > ATTRS_MAX)
		return perf_damaged(f, e, "attributes of %llu bytes, %llu together",
				    (unsigned long long)f->attr_size, (unsigned long long)f->attrs.size);
	for (uint64_t i = 0; i < nr; i++) {
		const uint8_t *p = f->file.p + f->attrs.offset + i * f->attr_size;
		uint64_t len = f->attr_size - 16;	/* behind it: where its ids are */
		struct perf_section ids = { perf_u64(p + len, f->swap), perf_u64(p + len + 8, f->swap) };
		struct perf_section part = perf_file_clip(f, ids);
		uint32_t told = perf_u32(p + AT_SIZE, f->swap);

		if (told && told != len)
			return perf_damaged(f, e, "attribute %llu says it has %u bytes, the header %llu",
					    (unsigned long long)i, told, (unsigned long long)len);
		if (part.size < ids.size || ids.size % 8)
			perf_note_add(&f->damage, SOURCE_NO_CPU, "lists of sample ids that do not lie within the file", 1);
		perf_attrs_add(a, p, len, f->file.p + part.offset, part.size / 8, f->swap);
	}
	return perf_attrs_check(a, f, e);
}

static bool same_layout(const struct perf_attr *a, const struct perf_attr *b)
{
	return a->sample_type == b->sample_type && a->read_format == b->read_format &&
	       a->branch_type == b->branch_type && a->nr_regs_user == b->nr_regs_user &&
	       a->nr_regs_intr == b->nr_regs_intr && a->sample_id_all == b->sample_id_all;
}

int perf_attrs_check(struct perf_attrs *as, const struct perf_file *f, struct err *e)
{
	const struct perf_attr *first = as->v;
	bool alike = true, ids = true, times = true;

	for (uint32_t i = 0; i < as->nr; i++) {
		const struct perf_attr *a = &as->v[i];

		if (a->sample_type >= PERF_S_END)
			return err_set(e, ERR_INPUT, "%s: event %u: samples of type %#llx; bits from %#x on are not known "
				       "here: damage, or a perf newer than this program", f->path, i,
				       (unsigned long long)a->sample_type, PERF_S_END);
		if (!(a->sample_type & PERF_S_TIME))
			return err_set(e, ERR_INPUT, "%s: event %u: its samples carry no time; record without "
				       "\"--no-timestamp\"", f->path, i);
		if (a->type == PERF_TYPE_TRACEPOINT_ && !(a->sample_type & PERF_S_RAW))
			return err_set(e, ERR_INPUT, "%s: event %u: its samples carry no raw data; record with \"-R\"",
				       f->path, i);
		alike &= same_layout(a, first);
		ids &= a->id_at && a->id_at == first->id_at;
		times &= a->time_at == first->time_at;
	}
	as->by_id = as->nr_ids && ids;
	as->time_at = times ? first->time_at : 0;
	if (!as->by_id && !alike)
		return err_set(e, ERR_INPUT, "%s: its %u events have samples of different kinds without an id; "
			       "record them by one perf record", f->path, as->nr);
	return 0;
}

void perf_attrs_fini(struct perf_attrs *a)
{
	for (uint32_t i = 0; i < a->nr; i++)
		free(a->v[i].name);
	free(a->v);
	free(a->ids);
	*a = (struct perf_attrs){ 0 };
}
