/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_DAT_H
#define CAPTURE_DAT_H

#include "base/err.h"
#include "base/types.h"

/*
 * The container trace-cmd writes, versions 6 and 7: where its parts are.
 * Everything the file says about itself (lengths, offsets, counts) is checked
 * against the file's size before it is believed, so a damaged or shortened
 * file ends in one clear error.
 *
 * libtracecmd is not used for this: it keeps every decompressed chunk of a
 * version 7 file until the end (memory grows with the recording), crashes on
 * some damaged files, and its public interface does not give the options.
 * Formats: capture/formats.h; ring buffer pages: capture/dat_stream.h.
 */
struct dat_format {		/* one event's format file */
	const char *system;
	const char *text;	/* not terminated */
	size_t	    len;
};

struct dat_cpu {		/* the pages of one CPU of one buffer */
	uint32_t buffer, cpu;
	uint64_t offset, size;	/* in the file; compressed: the chunk count in front comes on top */
	bool	 compressed;
};

struct dat_buffer {		/* the top one is called "" */
	char *name, *clock;
};

struct dat_stat {		/* what the kernel counted when the recording ended */
	uint32_t cpu;
	char	*buffer;
	uint64_t overrun, commit_overrun, dropped, read;
	bool	 has_read;
};

struct dat {
	char		*path;
	int		 fd;
	const uint8_t	*map;		/* the whole file, read once for its head */
	uint64_t	 size;
	int		 version;
	uint32_t	 page_size;
	uint32_t	 long_size;
	char		*uname;		/* as the option has it: "Linux host 6.12.1 x86_64"; NULL: none */
	char		*clock;
	struct dat_format *formats;	size_t nr_formats;
	struct dat_buffer *buffers;	size_t nr_buffers;
	struct dat_cpu	*cpus;		size_t nr_cpus;
	struct dat_stat	*stats;		size_t nr_stats;
	const char	*cmdlines;	/* "PID COMM\n" lines, not terminated */
	size_t		 cmdlines_len;
	uint64_t	 kallsyms_at;	/* where its symbols are in the file; 0: it has none */
	void		**owned;	size_t nr_owned; /* decompressed sections */
	char		*stat_buffer;	/* CPUSTAT options that follow belong to it */
};

/* ERR_INPUT, one line, for anything that is not a sound trace.dat. */
int dat_open(const char *path, struct dat **out, struct err *e);
void dat_close(struct dat *d);	/* NULL is fine */
/* The text of its /proc/kallsyms, not terminated, @d's; NULL: it has none, or damaged ones. */
const char *dat_kallsyms(struct dat *d, size_t *len);
/* First bytes of a trace.dat. */
bool dat_magic(const uint8_t *p, size_t len);

/* --- between dat.c, dat_v6.c, dat_v7.c and dat_option.c ---------------------------- */

/* A bounded cursor; once it ran over its end it stays bad and yields zeros. */
struct bytes {
	const uint8_t *start, *p, *end;
	bool	       bad;
};

static inline struct bytes bytes_of(const void *p, uint64_t len)
{
	return (struct bytes){ .start = p, .p = p, .end = (const uint8_t *)p + len };
}

const uint8_t *bytes_skip(struct bytes *b, uint64_t len);	/* NULL when there are not as many */
uint16_t bytes_u16(struct bytes *b);
uint32_t bytes_u32(struct bytes *b);
uint64_t bytes_u64(struct bytes *b);
const char *bytes_str(struct bytes *b);				/* terminated within the bounds, or NULL */

/* "PATH: what is wrong; the file is damaged or cut short". */
int dat_damaged(const struct dat *d, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int dat_read_v6(struct dat *d, struct bytes *b, struct err *e);
int dat_read_v7(struct dat *d, struct bytes *b, struct err *e);
int dat_read_headers(struct dat *d, struct bytes *b, struct err *e);
int dat_read_ftrace(struct dat *d, struct bytes *b, struct err *e);
int dat_read_formats(struct dat *d, struct bytes *b, struct err *e);
int dat_read_cmdlines(struct dat *d, struct bytes *b, struct err *e);
/* Options both versions share: UNAME, TRACECLOCK, CPUSTAT. */
void dat_option(struct dat *d, unsigned int id, const uint8_t *body, uint32_t len);
uint32_t dat_add_buffer(struct dat *d, const char *name, const char *clock);
/* Refuses data that does not lie within the file. */
int dat_add_cpu(struct dat *d, const struct dat_cpu *cpu, struct err *e);

enum dat_option_id {
	DAT_DONE, DAT_DATE, DAT_CPUSTAT, DAT_BUFFER, DAT_TRACECLOCK, DAT_UNAME,
	DAT_CPUCOUNT = 8,
	DAT_HEADER_INFO = 16, DAT_FTRACE_EVENTS, DAT_EVENT_FORMATS, DAT_KALLSYMS, DAT_PRINTK, DAT_CMDLINES,
};

#endif
