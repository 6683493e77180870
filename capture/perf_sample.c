// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parts of a sample whose length varies, in the kernel's order
 * (include/uapi/linux/perf_event.h, PERF_RECORD_SAMPLE; the aux area comes
 * last, behind the page sizes).
 */
#include "capture/perf_sample.h"

struct cursor {			/* @at > @size: it ran over the end, and stays there */
	const uint8_t *rec;
	uint64_t       at, size;
	bool	       swap;
};

static void skip(struct cursor *c, uint64_t bytes)
{
	c->at = bytes > c->size || c->at > c->size ? c->size + 1 : c->at + bytes;
}

static uint64_t take_u64(struct cursor *c)
{
	uint64_t at = c->at;

	skip(c, 8);
	return c->at <= c->size ? perf_u64(c->rec + at, c->swap) : 0;
}

/* @nr things of @bytes each; @nr is from the file. */
static void skip_many(struct cursor *c, uint64_t nr, uint64_t bytes)
{
	skip(c, nr > c->size ? c->size + 1 : nr * bytes);
}

static void skip_read(struct cursor *c, uint64_t format)
{
	uint64_t times = 8 * (!!(format & PERF_R_ENABLED) + !!(format & PERF_R_RUNNING));
	uint64_t value = 8 * (1 + !!(format & PERF_R_ID) + !!(format & PERF_R_LOST)), nr = 1;

	if (format & PERF_R_GROUP)
		nr = take_u64(c);
	skip(c, times);
	skip_many(c, nr, value);
}

static void take_raw(struct cursor *c, struct perf_sample *out)
{
	uint64_t at = c->at;

	skip(c, 4);
	if (c->at > c->size)
		return;
	out->raw_size = perf_u32(c->rec + at, c->swap);
	out->raw = c->rec + c->at;
	skip(c, out->raw_size);
}

static void skip_branches(struct cursor *c, uint64_t type)
{
	uint64_t nr = take_u64(c);

	if (type & PERF_B_HW_INDEX)
		skip(c, 8);
	skip_many(c, nr, type & PERF_B_COUNTERS ? 32 : 24);
}

static void skip_regs(struct cursor *c, unsigned int nr)
{
	if (take_u64(c))		/* 0: none were at hand, a kernel thread */
		skip(c, 8ull * nr);
}

static void skip_stack(struct cursor *c)
{
	uint64_t size = take_u64(c);

	if (!size)
		return;
	skip(c, size);
	skip(c, 8);			/* how much of it is real */
}

static void skip_behind_raw(struct cursor *c, const struct perf_attr *a)
{
	uint64_t type = a->sample_type;
	uint64_t words = !!(type & (PERF_S_WEIGHT | PERF_S_WEIGHT_STRUCT)) + !!(type & PERF_S_DATA_SRC) +
			 !!(type & PERF_S_TRANSACTION);

	if (type & PERF_S_BRANCH_STACK)
		skip_branches(c, a->branch_type);
	if (type & PERF_S_REGS_USER)
		skip_regs(c, a->nr_regs_user);
	if (type & PERF_S_STACK_USER)
		skip_stack(c);
	skip(c, 8 * words);
	if (type & PERF_S_REGS_INTR)
		skip_regs(c, a->nr_regs_intr);
	words = !!(type & PERF_S_PHYS_ADDR) + !!(type & PERF_S_CGROUP) + !!(type & PERF_S_DATA_PAGE_SIZE) +
		!!(type & PERF_S_CODE_PAGE_SIZE);
	skip(c, 8 * words);
	if (type & PERF_S_AUX)
		skip(c, take_u64(c));
}

bool perf_sample_walk(const struct perf_attr *a, const uint8_t *rec, uint32_t size, bool swap, struct perf_sample *out)
{
	struct cursor c = { rec, a->fixed_end, size, swap };

	out->raw_size = 0;
	out->raw = NULL;
	if (a->sample_type & PERF_S_READ)
		skip_read(&c, a->read_format);
	if (a->sample_type & PERF_S_CALLCHAIN)
		skip_many(&c, take_u64(&c), 8);
	if (a->sample_type & PERF_S_RAW)
		take_raw(&c, out);
	if (a->sample_type & PERF_S_BEHIND_RAW)
		skip_behind_raw(&c, a);
	return c.at == size;
}
