/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BENCH_REC6_H
#define TEST_BENCH_REC6_H

#include <stddef.h>
#include <stdint.h>

/*
 * The parts of a sound trace.dat of version 6 with one buffer, as "trace-cmd
 * convert --file-version 6" makes it: for tools that make other files of it.
 * Shares no code with the program's own reader.  Whatever is wrong ends the
 * process with a line on stderr.
 */
struct rec6_blob {
	const uint8_t	*p;
	uint64_t	 len;
};

struct rec6_format {
	const char	 *system;	/* NULL: ftrace's own */
	struct rec6_blob  text;
	unsigned int	  id;		/* "ID: " of its text */
	int		  used;		/* the caller's */
};

struct rec6_option {
	uint16_t	 id;
	struct rec6_blob body;
};

struct rec6 {
	uint32_t	    page_size;
	struct rec6_blob    header_page, header_event, cmdlines;
	struct rec6_format *formats;	size_t nr_formats;	/* neighbours of one system stand together */
	struct rec6_option *options;	size_t nr_options;	/* that do not point into the file */
	struct rec6_blob   *cpus;	uint32_t nr_cpus;	/* pages */
};

void rec6_open(struct rec6 *r, const char *path);

/* One event of a page. */
struct rec6_event {
	uint8_t	       *at;		/* its head */
	uint64_t	absolute;	/* the time of a time stamp; 0: none */
	const uint8_t  *data;		/* NULL: no record */
	unsigned int	id;		/* of a record */
	uint8_t	       *next;
};

/* Bytes a page uses behind its head of 16. */
uint32_t rec6_page_used(const uint8_t *page);
/* The event at @at, which lies in the page. */
struct rec6_event rec6_event_at(uint8_t *at, const uint8_t *end);
uint64_t rec6_u64(const uint8_t *p);
uint32_t rec6_u32(const uint8_t *p);

#endif
