/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_IMPORT_H
#define CAPTURE_IMPORT_H

#include "base/err.h"
#include "event/meta.h"

struct import_options {
	int	 zstd_level;		/* of the event file's blocks; 1 by default, 0 none */
	void	(*progress)(void *arg, uint64_t events); /* now and then; NULL: silent */
	void	*progress_arg;
};

/**
 * import_file() - fold one recording into an event file.
 * @in:		trace.dat (or whatever source_open() knows).
 * @out:	event file to write; NULL folds without writing (mmulab info of a recording).
 * @meta:	filled with header, dictionary and counts; the caller's to ev_meta_fini(), also on failure.
 *
 * ERR_INPUT: not a recording, damaged, or one without any KVM event.  Nothing is left at @out on failure.
 */
int import_file(const char *in, const char *out, const struct import_options *opt,
		struct ev_meta *meta, struct err *e);

#endif
