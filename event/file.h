/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_FILE_H
#define EVENT_FILE_H

#include <pthread.h>

#include "event/block.h"
#include "event/index.h"
#include "event/reader.h"

/*
 * An open event file, as file.c, salvage.c and cursor.c see it.  After
 * ev_open() only the pool of scratches changes, under its lock, and blocks are kept, each for good.
 */
struct file_scratch {
	struct file_scratch	*next;
	struct block_scratch	*block;
};

struct ev_file {
	char		*path;
	int		 fd;
	bool		 any_vm;	/* the dictionary is lost: records tell which VMs there are */
	uint64_t	 size;
	uint64_t	 skipped;
	struct ev_meta	 meta;
	struct index	 index;
	pthread_mutex_t	 lock;		/* of @pool */
	struct file_scratch *pool;
	struct ev	**kept;		/* EV_KEEP, by position in the index: records, or NULL so far */
	bool		 keeps[EV_NR_CLASSES];
};

/* A scratch for as long as one block takes; the pool grows to the number of threads at work. */
struct file_scratch *file_scratch_get(struct ev_file *f);
void file_scratch_put(struct ev_file *f, struct file_scratch *s);

/**
 * file_load_block() - read, check and unpack one block.
 * @out:	room for its records.
 * @wrong:	what is wrong, when the file is.
 *
 * Return: 0, 1 when the block is damaged, or -errno when reading failed.
 */
int file_load_block(struct ev_file *f, const struct index_block *block, struct ev *out, const char **wrong);

/* The same of block @at of the index, whose class is kept: its records are in *@out until the file is closed. */
int file_keep_block(struct ev_file *f, uint32_t at, const struct ev **out, const char **wrong);

/* "block 17 (task 3, observations)" as an error of @f with what to do. */
int file_block_error(const struct ev_file *f, const struct index_block *block, const char *wrong,
		     struct err *e);

/* Dictionary from the JSON of a META section. */
int file_parse_meta(struct ev_file *f, const char *text, size_t bytes, struct err *e);

/**
 * file_salvage() - take what is sound, whatever ev_open()'s checks said.
 * @indexed:	index and dictionary were sound: only blocks may be bad.
 */
int file_salvage(struct ev_file *f, bool indexed, struct err *e);

#endif
