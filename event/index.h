/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_INDEX_H
#define EVENT_INDEX_H

#include "event/disk.h"

/*
 * Which blocks a file has, in memory: in file order, and by stream.  A stream
 * is the blocks of one (task, class), in file order.
 */
struct index_block {
	struct disk_entry entry;
	uint32_t	  number;	/* of the block in the file; gaps after a salvage */
	uint32_t	  first_record;	/* number of its first record in its stream */
};

struct index {
	struct index_block *blocks;
	size_t		 nr, cap;
	uint32_t	*order;		/* positions in @blocks, stream by stream */
	uint32_t	*start;		/* of each stream in @order, and the end of the last */
	uint32_t	 nr_tasks;
};

void index_add(struct index *ix, const struct index_block *block);

/**
 * index_build() - make the streams, once all blocks are in.
 * @nr_tasks:	every block's task is below.
 *
 * Return: NULL, or what is wrong with the order of blocks in a stream.
 */
const char *index_build(struct index *ix, uint32_t nr_tasks);

/* One stream's positions in ix->blocks. */
const uint32_t *index_stream(const struct index *ix, uint32_t task, enum ev_class cls, uint32_t *nr);

/* Records of one stream. */
uint64_t index_count(const struct index *ix, uint32_t task, enum ev_class cls);

/* One past the last record's number of one stream; above the count only after a salvage. */
uint64_t index_end(const struct index *ix, uint32_t task, enum ev_class cls);

void index_fini(struct index *ix);

#endif
