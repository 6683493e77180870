/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_RECORD_FILE_H
#define CAPTURE_LIVE_RECORD_FILE_H

#include "base/outfile.h"
#include "capture/out/datout.h"
#include "capture/live/drain.h"
#include "capture/live/instance.h"
#include "capture/live/record.h"

/* The file a recording becomes; between record*.c. */
struct record_file {
	struct outfile	*out;		/* NULL: written, or not begun */
	struct instance	*in;
	char		*kallsyms;	/* NULL: hidden */
	struct datout_event *events;	size_t nr_events;	/* that were turned on, with their formats */
};

/* One more event of the recording; its format is read now. */
void record_file_event(struct record_file *f, const char *system, const char *name);
/* Writes and publishes it.  The instance stands still and @d is stopped; fills cpus and bytes of @result. */
int record_file_write(struct record_file *f, struct drain *d, const char *program, struct record_result *result,
		      struct err *e);
void record_file_fini(struct record_file *f);	/* neither the output nor the instance */

#endif
