/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_IMPORT_H
#define CAPTURE_IMPORT_H

#include "base/err.h"
#include "event/meta.h"

/* A memslot change, @t_ns since the recording's first event. */
typedef void (*import_slot_fn)(void *arg, uint64_t t_ns, uint16_t vm, const struct ev_slot *slot);

struct import_options {
	int	 zstd_level;		/* of the event file's blocks; 1 by default, 0 none */
	void	(*progress)(void *arg, uint64_t events); /* now and then; NULL: silent */
	void	*progress_arg;
	const char *kernel;		/* its release, for a recording that does not say it; NULL: none given */
	const char *const *beside;	/* recordings made together with @in: its guests', or its host's and theirs */
	size_t	nr_beside;
	import_slot_fn slot;		/* NULL: nobody wants them */
	void	*slot_arg;
};

/**
 * import_file() - fold one recording into an event file.
 * @in:		trace.dat (or whatever source_open() knows); with options' @beside: capture/guests.h.
 * @out:	event file to write; NULL folds without writing (mmulab info of a recording);
 *		then it is not hashed either.
 * @meta:	filled with header, dictionary and counts; the caller's to ev_meta_fini(), also on failure.
 *
 * ERR_INPUT: not a recording, damaged, or (with @out) one without any KVM event; ERR_MACHINE: an
 * architecture that cannot be folded, no space.  On failure @out is as it was.
 */
int import_file(const char *in, const char *out, const struct import_options *opt,
		struct ev_meta *meta, struct err *e);

#endif
