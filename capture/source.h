/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "base/err.h"
#include "base/types.h"

/*
 * A source yields the raw records of one recording in time order, whatever
 * its format.  Readers of other formats join by filling struct source_ops.
 */
struct source_event {		/* one event type of this recording, laid out by its own format file */
	int		 id;
	const char	*system, *name;
	const void	*handle;	/* the reader's own */
};

struct source_record {
	uint64_t	 ts_ns;		/* in the recording's clock */
	uint32_t	 cpu;
	uint32_t	 tid;
	uint32_t	 event;		/* index into the source's events */
	uint32_t	 size;
	const void	*data;		/* raw fields, common header included; valid until the next call */
};

/* Where a field sits in the raw record; compiled once per event. */
struct source_field {
	uint16_t offset, size;		/* size 0: the event has no such field */
	bool	 is_signed, is_dynamic;	/* dynamic: __data_loc */
};

struct source_info {
	const char	*format;	/* "trace.dat v7" */
	const char	*uname;		/* "" when the recording does not say */
	const char	*clock;
	unsigned int	 nr_cpus;
	bool		 big_endian;
	unsigned int	 long_size;
};

struct source;

struct source_ops {
	void (*close)(struct source *s);
	/* 1 and *rec, 0 at the end, negative with @e. */
	int (*next)(struct source *s, struct source_record *rec, struct err *e);
	bool (*field)(struct source *s, uint32_t event, const char *name, struct source_field *out);
	const char *(*comm)(struct source *s, uint32_t tid);
	/* Lost records by CPU and cause, complete after next() returned 0. */
	void (*lost)(struct source *s, void (*fn)(void *arg, uint32_t cpu, const char *cause, uint64_t n), void *arg);
};

struct source {
	const struct source_ops	*ops;
	struct source_info	 info;
	struct source_event	*events;
	uint32_t		 nr_events;
};

/*
 * Opens @path with the reader its first bytes ask for.  ERR_INPUT, one line,
 * for an empty file, a text file, an unknown or truncated one.
 */
int source_open(const char *path, struct source **out, struct err *e);
int source_open_tracedat(const char *path, struct source **out, struct err *e);

#endif
