/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_INSTANCE_H
#define CAPTURE_LIVE_INSTANCE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

/*
 * A ring buffer of our own: a folder below instances/ of tracefs, with events,
 * clock and sizes that are nobody else's.  What others trace is not touched.
 *
 * Its name says whose it is, "mmulab-PIDNS-PID-START" (the PID namespace, the
 * process, when that began in clock ticks after boot), so that what a killed
 * capture left can be told from what a running one uses, with no file anywhere.
 * The group of its probe events has the same name with '_' for '-'.
 */
struct instance;

/* Where tracefs is mounted; NULL: nowhere.  Of one thread at a time. */
const char *instance_tracing_dir(void);

/**
 * instance_open() - a new instance that records nothing yet.
 *
 * ERR_MACHINE: no tracefs is mounted, no rights, no memory.  Close with instance_close(), which
 * removes it with its events and probes.
 */
int instance_open(struct instance **out, struct err *e);
void instance_close(struct instance *in);	/* NULL is fine */

const char *instance_name(const struct instance *in);
/* Of one probe event's folder below events/: C identifier characters only. */
const char *instance_probe_group(const struct instance *in);
/* The path of one of its files; the caller's to free(). */
char *instance_path(const struct instance *in, const char *file);
/* Return: 0 or -errno. */
int instance_write(struct instance *in, const char *file, const char *text);
/* The same, to what the file says already. */
int instance_append(struct instance *in, const char *file, const char *text);
/* Text of a file, the caller's to free(); NULL: it cannot be read. */
char *instance_read(struct instance *in, const char *file);
/* The same of the folder all instances are in, where what is there only once lies. */
char *instance_read_top(const char *file);
int instance_append_top(const char *file, const char *line);

/**
 * instance_clean() - remove what captures left that are no more.
 * @removed:	called with the name of each; NULL: nobody wants to know.
 *
 * Return: how many were removed.
 */
unsigned int instance_clean(void (*removed)(void *arg, const char *name), void *arg);

/* --- for tests: names ------------------------------------------------------------------ */

struct instance_owner {
	unsigned long long pid_ns;	/* its inode */
	unsigned long long start;	/* clock ticks after boot */
	pid_t		   pid;
};

/* Is @name ("mmulab-1-2-3", or with '_') one of ours, and whose? */
bool instance_owner_of(const char *name, struct instance_owner *out);
/* True when that process has ended for sure: one of another PID namespace cannot be seen from here. */
bool instance_owner_gone(const struct instance_owner *owner);

#endif
