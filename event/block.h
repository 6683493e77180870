/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_BLOCK_H
#define EVENT_BLOCK_H

#include "base/types.h"
#include "event/disk.h"

/*
 * A block's payload, both ways, and the checks that need no file.  The scratch
 * holds the codec's context and buffers: one per thread at work, reused.
 */
struct block_scratch;

struct block_scratch *block_scratch_new(void);
void block_scratch_free(struct block_scratch *s);	/* NULL is fine */

/**
 * block_pack() - header and payload of @nr records, ready to be written.
 * @head:	task, class, number, first_record, first_ns and last_ns filled in.
 * @level:	zstd level, 0 for none; what zstd does not shrink is stored plain.
 * @bytes:	length of what is returned.
 *
 * Return: a buffer inside @s, valid until its next use.
 */
const void *block_pack(struct block_scratch *s, struct disk_block *head, const struct ev *evs,
		       uint32_t nr, int level, size_t *bytes);

/* A buffer of @s for @bytes stored bytes, to read a payload into. */
void *block_stored(struct block_scratch *s, size_t bytes);

/* Return: NULL, or what is wrong with a block's header by itself. */
const char *block_check_head(const struct disk_block *head);

/**
 * block_unpack() - records from the payload in block_stored().
 * @head:	sound by block_check_head().
 * @nr_vms:	of the dictionary.
 * @out:	room for head->count records.
 *
 * Checks the payload's hash, then that kinds are of the block's class, VMs of
 * the dictionary, and times within the header's and not stepping back.
 *
 * Return: NULL, or what is wrong.
 */
const char *block_unpack(struct block_scratch *s, const struct disk_block *head, size_t nr_vms,
			 struct ev *out);

#endif
