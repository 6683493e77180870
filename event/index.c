/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks by stream: a counting sort over (task, class). */
#include "event/index.h"

#include <stdlib.h>

#include "base/alloc.h"

void index_add(struct index *ix, const struct index_block *block)
{
	if (ix->nr == ix->cap) {
		ix->cap = ix->cap ? ix->cap * 2 : 64;
		ix->blocks = xreallocarray(ix->blocks, ix->cap, sizeof(*ix->blocks));
	}
	ix->blocks[ix->nr++] = *block;
}

static size_t stream_of(uint32_t task, enum ev_class cls)
{
	return (size_t)task * EV_NR_CLASSES + cls;
}

static void sort_streams(struct index *ix)
{
	size_t nr_streams = stream_of(ix->nr_tasks, 0);
	uint32_t *fill;

	ix->start = xcalloc(nr_streams + 1, sizeof(*ix->start));
	ix->order = xcalloc(ix->nr, sizeof(*ix->order));
	for (size_t i = 0; i < ix->nr; i++)
		ix->start[stream_of(ix->blocks[i].entry.task, ix->blocks[i].entry.cls) + 1]++;
	for (size_t s = 0; s < nr_streams; s++)
		ix->start[s + 1] += ix->start[s];
	fill = xcalloc(nr_streams + 1, sizeof(*fill));
	for (size_t i = 0; i < ix->nr; i++) {
		size_t s = stream_of(ix->blocks[i].entry.task, ix->blocks[i].entry.cls);

		ix->order[ix->start[s] + fill[s]++] = i;
	}
	free(fill);
}

static const char *check_stream(const struct index *ix, uint32_t task, enum ev_class cls)
{
	uint32_t nr;
	const uint32_t *order = index_stream(ix, task, cls, &nr);

	for (uint32_t i = 1; i < nr; i++) {
		const struct index_block *before = &ix->blocks[order[i - 1]];
		const struct index_block *block = &ix->blocks[order[i]];

		if (block->entry.first_ns < before->entry.last_ns)
			return "blocks of one task step back in time";
		if (block->first_record < (uint64_t)before->first_record + before->entry.count)
			return "blocks of one task hold a record twice";
	}
	return NULL;
}

const char *index_build(struct index *ix, uint32_t nr_tasks)
{
	ix->nr_tasks = nr_tasks;
	for (size_t i = 0; i < ix->nr; i++) {
		if (ix->blocks[i].entry.task >= nr_tasks)
			return "a block belongs to a task that the dictionary does not have";
	}
	sort_streams(ix);
	for (uint32_t task = 0; task < nr_tasks; task++) {
		for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
			const char *wrong = check_stream(ix, task, cls);

			if (wrong)
				return wrong;
		}
	}
	return NULL;
}

const uint32_t *index_stream(const struct index *ix, uint32_t task, enum ev_class cls, uint32_t *nr)
{
	size_t s = stream_of(task, cls);

	*nr = 0;
	if (task >= ix->nr_tasks || cls >= EV_NR_CLASSES)
		return NULL;
	*nr = ix->start[s + 1] - ix->start[s];
	return ix->order + ix->start[s];
}

uint64_t index_count(const struct index *ix, uint32_t task, enum ev_class cls)
{
	uint32_t nr;
	const uint32_t *order = index_stream(ix, task, cls, &nr);
	uint64_t count = 0;

	for (uint32_t i = 0; i < nr; i++)
		count += ix->blocks[order[i]].entry.count;
	return count;
}

uint64_t index_end(const struct index *ix, uint32_t task, enum ev_class cls)
{
	uint32_t nr;
	const uint32_t *order = index_stream(ix, task, cls, &nr);
	const struct index_block *last = nr ? &ix->blocks[order[nr - 1]] : NULL;

	return last ? (uint64_t)last->first_record + last->entry.count : 0;
}

void index_fini(struct index *ix)
{
	free(ix->blocks);
	free(ix->order);
	free(ix->start);
	*ix = (struct index){ 0 };
}
