/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_DAT_H
#define CAPTURE_DAT_H

#include "base/err.h"
#include "base/types.h"
#include "capture/bytes.h"
#include "capture/mapping.h"

/*
 * The container trace-cmd writes, versions 6 and 7, of hosts of either byte
 * order and of 32 or 64 bits: where its parts are.  Everything the file says
 * about itself (lengths, offsets, counts) is checked against the file's size
 * before it is believed.  What is damaged or cut off is noted, and what is
 * left is looked for: parts of version 7 by walking its sections from the
 * front, data of a CPU between those of its neighbours.  Only a file without
 * one readable event format or without any data is refused.
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
	uint64_t limit;		/* nothing of it lies behind: the next CPU's data begin there, or the file ends */
	bool	 compressed;
};

struct dat_buffer {		/* the top one is called "" */
	char	*name, *clock;
	uint32_t page_size;
};

struct dat_stat {		/* what the kernel counted when the recording ended */
	uint32_t cpu;
	char	*buffer;
	uint64_t overrun, commit_overrun, dropped, read;
	bool	 has_read;
};

struct dat_note {		/* something that does not add up */
	uint32_t cpu;		/* or SOURCE_NO_CPU */
	char	*what;
	uint64_t n;
};

struct dat_sync {		/* a guest's clock against its host's, at one instant */
	uint64_t time;		/* in the guest's clock */
	int64_t	 offset;
	uint64_t scaling, fraction;	/* guest time * scaling >> fraction, then the offset */
};

struct dat_sync_cpu {		/* of one vCPU, by time */
	struct dat_sync	*v;
	uint32_t	 nr;
};

struct dat_guest {		/* the host's word on a guest recorded beside it */
	char		*name;
	uint64_t	 trace_id;
};

struct dat_clock {		/* from the clock of the ring buffer to that of the records */
	uint64_t	 peer_id;	/* the host's trace_id; 0: not a guest's recording */
	uint32_t	 flags;		/* DAT_SYNC_INTERPOLATE */
	struct dat_sync_cpu *sync;	uint32_t nr_sync;
	uint32_t	 mult, shift;	/* cycles * mult >> shift; mult 0: not cycles */
	int64_t		 offset_ns;
};

#define DAT_SYNC_INTERPOLATE	1u

enum dat_pack { DAT_PACK_NONE, DAT_PACK_ZSTD, DAT_PACK_ZLIB, DAT_PACK_UNKNOWN };

struct dat {
	char		*path;
	struct mapping	 file;		/* all of it, read once for its head */
	int		 version;
	bool		 swap;		/* of the other byte order than this machine */
	bool		 big_endian;
	enum dat_pack	 pack;		/* UNKNOWN: of a name nobody knows, and no section has shown it yet */
	const char	*pack_name;	/* as version 7 has it; NULL: it has none */
	bool		 packed_unread;	/* something was packed while pack was UNKNOWN */
	uint32_t	 page_size;
	uint32_t	 sub_page_size;	/* as header_page has it; 0: it does not say */
	uint32_t	 long_size;	/* 4 or 8 */
	uint64_t	 trace_id;
	char		*uname;		/* as the option has it: "Linux host 6.12.1 x86_64"; NULL: none */
	char		*clock_name;
	struct dat_clock clock;
	struct dat_format *formats;	size_t nr_formats;
	struct dat_buffer *buffers;	size_t nr_buffers;
	struct dat_cpu	*cpus;		size_t nr_cpus;
	struct dat_stat	*stats;		size_t nr_stats;
	struct dat_guest *guests;	size_t nr_guests;
	struct dat_note	*notes;		size_t nr_notes;
	const char	*cmdlines;	/* "PID COMM\n" lines, not terminated */
	size_t		 cmdlines_len;
	uint64_t	 kallsyms_at;	/* where its symbols are in the file; 0: it has none */
	const char	*text;		/* of a latency tracer, which leaves text and no records; NULL: none */
	size_t		 text_len;
	void		**owned;	size_t nr_owned; /* decompressed sections */
	char		*stat_buffer;	/* CPUSTAT options that follow belong to it */
	void		*zstd;		/* one context for all streams; capture/dat_pack.c */
};

/* ERR_INPUT, one line, for what is no trace.dat or holds nothing that can be read. */
int dat_open(const char *path, struct dat **out, struct err *e);
void dat_close(struct dat *d);	/* NULL is fine */
/* The text of its /proc/kallsyms, not terminated, @d's; NULL: it has none, or damaged ones. */
const char *dat_kallsyms(struct dat *d, size_t *len);
/* What a source of a trace.dat reads; NULL: it is another reader's, or of text. */
struct source;
const struct dat *tracedat_dat(const struct source *s);
/* First bytes of a trace.dat. */
bool dat_magic(const uint8_t *p, size_t len);
/* Adds @n to what is known about @what of @cpu. */
void dat_note(struct dat *d, uint32_t cpu, uint64_t n, const char *what);
/* A time of the ring buffer of @cpu, in the clock of the recording as a whole (a guest's: its host's). */
uint64_t dat_clock_ns(const struct dat *d, uint32_t cpu, uint64_t ts);
bool dat_clock_is_plain(const struct dat *d);	/* dat_clock_ns() changes nothing */
/* Return: bytes unpacked, @cap at most; less than were packed when @p is damaged.  Of one thread at a time. */
size_t dat_unpack(struct dat *d, void *to, size_t cap, const void *p, size_t len);
/* The same, slower, of which as much is good as comes before the damage. */
size_t dat_unpack_part(struct dat *d, void *to, size_t cap, const void *p, size_t len);
/* By its first bytes, of which there must be 4; DAT_PACK_UNKNOWN: neither. */
enum dat_pack dat_pack_of(const uint8_t *p);

/* --- between dat*.c ------------------------------------------------------------------ */

struct bytes bytes_of(const struct dat *d, const void *p, uint64_t len);

/* Each takes what it can and notes the rest. */
void dat_read_v6(struct dat *d, struct bytes *b);
void dat_read_v7(struct dat *d, struct bytes *b);
bool dat_read_headers(struct dat *d, struct bytes *b);		/* false: @b cannot be followed any further */
bool dat_read_ftrace(struct dat *d, struct bytes *b);
bool dat_read_formats(struct dat *d, struct bytes *b);
bool dat_read_cmdlines(struct dat *d, struct bytes *b);
/* Options both versions share. */
void dat_option(struct dat *d, unsigned int id, const uint8_t *body, uint32_t len);
uint32_t dat_add_buffer(struct dat *d, const char *name, const char *clock, uint32_t page_size);
/* Data that begin or end beyond the file are noted; dat_place_cpus() clips them. */
void dat_add_cpu(struct dat *d, const struct dat_cpu *cpu);
/* Once all are known: limits, and offsets and sizes that cannot be. */
void dat_place_cpus(struct dat *d);
/* CPUs of the buffer between @from and @to, of which no table is left. */
void dat_find_cpus(struct dat *d, uint32_t buffer, uint64_t from, uint64_t to, bool compressed);

enum dat_option_id {
	DAT_DONE, DAT_DATE, DAT_CPUSTAT, DAT_BUFFER, DAT_TRACECLOCK, DAT_UNAME, DAT_HOOK, DAT_OFFSET,
	DAT_CPUCOUNT, DAT_VERSION, DAT_PROCMAPS, DAT_TRACEID, DAT_TIME_SHIFT, DAT_GUEST, DAT_TSC2NSEC, DAT_STRINGS,
	DAT_HEADER_INFO, DAT_FTRACE_EVENTS, DAT_EVENT_FORMATS, DAT_KALLSYMS, DAT_PRINTK, DAT_CMDLINES,
	DAT_BUFFER_TEXT, DAT_OPTIONS_END
};

#endif
