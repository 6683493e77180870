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
	int		 id;	/* the recording's number for it; of no use outside the reader */
	const char	*system, *name;
	const void	*handle;	/* the reader's own */
};

/* The highest CPU number a reader may hand out: tables are kept by it.  Kernels are built for 8192 at most. */
#define SOURCE_CPU_MAX	65535u

struct source_record {
	uint64_t	 ts_ns;		/* in the recording's clock */
	uint32_t	 cpu;
	uint32_t	 tid;
	uint32_t	 event;		/* index into the source's events */
	uint32_t	 size;
	uint32_t	 missed;	/* not 0: records of this CPU were lost just before this one */
	const void	*data;		/* raw fields, common header included; valid until the next call */
};

/* Where a field sits in the raw record; compiled once per event. */
struct source_field {
	uint16_t offset, size;		/* size 0: it runs to the end of the record */
	bool	 is_signed, is_dynamic;	/* dynamic: a u32 "__data_loc": offset below, length above bit 16 */
	bool	 is_relative;		/* and the offset counts from this field's end: "__rel_loc" */
	bool	 swap;			/* in the other byte order than this machine's */
};

struct source_info {
	const char	*format;	/* "trace.dat 7" */
	const char	*uname;		/* "Linux HOST RELEASE MACHINE"; "" when the recording does not say */
	const char	*clock;
	unsigned int	 nr_cpus;
	uint32_t	 page_size;	/* of its ring buffers, bytes; 0: the recording does not say */
};

struct source;

#define SOURCE_NO_CPU	UINT32_MAX	/* of the recording as a whole */

/* What happened to records that did not arrive: a CPU's, and the cause or what is wrong. */
typedef void (*source_note_fn)(void *arg, uint32_t cpu, const char *what, uint64_t n);

struct source_ops {
	void (*close)(struct source *s);
	/* 1 and *rec, 0 at the end, negative with @e. */
	int (*next)(struct source *s, struct source_record *rec, struct err *e);
	/* Return: whether the event has the field. */
	bool (*field)(struct source *s, uint32_t event, const char *name, struct source_field *out);
	const char *(*comm)(struct source *s, uint32_t tid);	/* NULL: not known */
	/*
	 * The function a probe at @addr (its record's __probe_ip or __probe_func) sits in, and how far behind
	 * its beginning; valid until the next call.  NULL: not known.  The op itself may be NULL: no symbols at all.
	 */
	const char *(*symbol)(struct source *s, uint64_t addr, uint64_t *offset);
	/* Both complete after next() returned 0.  Lost: by cause.  Damage: what does not add up. */
	void (*lost)(struct source *s, source_note_fn fn, void *arg);
	void (*damage)(struct source *s, source_note_fn fn, void *arg);
	/* What is not wrong but to be known: facts that records do not tell.  NULL: this format always tells all. */
	void (*lacking)(struct source *s, source_note_fn fn, void *arg);
};

/*
 * Readers embed it.  @events may grow (at its end, and move) while records are
 * read: a recording can hold events it has no format of.
 */
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
int source_open_perfdata(const char *path, struct source **out, struct err *e);
void source_close(struct source *s);	/* NULL is fine */

#endif
