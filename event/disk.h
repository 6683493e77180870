/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_DISK_H
#define EVENT_DISK_H

#include "event/event.h"

/*
 * Layout of an event file, version 1.  All numbers little endian:
 *
 *	preamble
 *	block, block, ...	header + payload; one task and class each
 *	section META		header + JSON
 *	section INDEX		header + struct disk_entry per block, in file order
 *	trailer			at the end of the file
 *
 * No byte lies outside these and each is covered by exactly one hash (XXH3, 64
 * bits; a unit's own hash stands last in it and covers what is before), so
 * every flipped bit is found.  What stands twice (index, block headers, counts
 * in the dictionary) must agree.
 */
#define DISK_VERSION		1u
#define DISK_BLOCK_RECORDS	1024u	/* the writer's full block: 32 KiB before the codec */
#define DISK_BLOCK_RECORDS_MAX	65536u	/* what a reader accepts */
#define DISK_TASKS_MAX		(1u << 20)

#define DISK_MAGIC		"MMULABEV"
#define DISK_MAGIC_END		"MMULABND"
#define DISK_BLOCK_MAGIC	0x4b6c425du	/* "]BlK" */
#define DISK_SECTION_MAGIC	0x6365535du	/* "]Sec" */

enum disk_codec {
	DISK_PLAIN,		/* records as they are */
	DISK_ZSTD,		/* times as differences, byte planes (block.c), then zstd */
	DISK_NR_CODECS
};

enum disk_section_kind { DISK_META = 1, DISK_INDEX };

struct disk_preamble {
	char		magic[8];
	uint32_t	version;
	uint32_t	flags;		/* 0 */
	uint64_t	rest;		/* 0 */
	uint64_t	hash;
};

struct disk_block {
	uint32_t	magic;
	uint32_t	task;
	uint8_t		cls;		/* enum ev_class */
	uint8_t		codec;
	uint16_t	rest;		/* 0 */
	uint32_t	count;		/* records */
	uint32_t	stored_bytes;	/* of the payload, right behind this header */
	uint32_t	number;		/* of the block in the file */
	uint64_t	first_record;	/* number of its first record within (task, class) */
	uint64_t	first_ns, last_ns; /* since meta.first_ns */
	uint64_t	payload_hash;	/* of the stored bytes */
	uint64_t	hash;
};

struct disk_section {
	uint32_t	magic;
	uint32_t	kind;		/* enum disk_section_kind */
	uint64_t	bytes;		/* of the payload */
	uint64_t	payload_hash;
	uint64_t	hash;
};

/* One block, as the index knows it; blocks are contiguous, so the next offset follows. */
struct disk_entry {
	uint32_t	task;
	uint8_t		cls;
	uint8_t		rest[3];	/* 0 */
	uint32_t	count;
	uint32_t	stored_bytes;
	uint64_t	offset;		/* of the header */
	uint64_t	first_ns, last_ns;
};

struct disk_trailer {
	uint64_t	nr_blocks;
	uint64_t	meta_offset, meta_bytes;	/* sections, headers included */
	uint64_t	index_offset, index_bytes;
	uint64_t	file_bytes;
	char		magic[8];
	uint64_t	hash;
};

_Static_assert(sizeof(struct disk_preamble) == 32, "no padding on disk");
_Static_assert(sizeof(struct disk_block) == 64, "no padding on disk");
_Static_assert(sizeof(struct disk_section) == 32, "no padding on disk");
_Static_assert(sizeof(struct disk_entry) == 40, "no padding on disk");
_Static_assert(sizeof(struct disk_trailer) == 64, "no padding on disk");
/* Structs go to disk as they are; a big-endian host would need a swap here. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "event files are little endian");

/* Hash of a unit whose last member is its own hash. */
uint64_t disk_hash(const void *unit, size_t size);
/* XXH3 of a payload. */
uint64_t disk_payload_hash(const void *data, size_t size);

/* @bytes at @offset.  Return: 0, 1 when the file ends before, or -errno. */
int disk_read(int fd, void *to, size_t bytes, uint64_t offset);

#define DISK_SEAL(unit)		((unit)->hash = disk_hash((unit), sizeof(*(unit))))
#define DISK_SOUND(unit)	((unit)->hash == disk_hash((unit), sizeof(*(unit))))

#endif
