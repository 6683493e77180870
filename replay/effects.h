/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_EFFECTS_H
#define REPLAY_EFFECTS_H

#include "event/reader.h"

/*
 * An event file's stimuli in the order in which they took effect: an access
 * when it was served (its map is the last thing a fault does), everything else
 * when it began.  Within a task the order is that of its stream.
 */
struct effect {
	uint32_t task, number;
	uint8_t	 kind;
	uint16_t vm;
	uint64_t t_ns;		/* when it began, also an access */
	gfn_t	 gfn;		/* ACCESS */
	hva_t	 start, end;	/* INVALIDATE_* */
};

struct effects;

/* @look, @arg: as for ev_merge_open_look(). */
int effects_open(struct ev_file *file, ev_look_fn look, void *arg, struct effects **out, struct err *e);
void effects_close(struct effects *x);
/* Return: 1 and *@out, 0 at the end, negative with @e naming the damaged block. */
int effects_next(struct effects *x, struct effect *out, struct err *e);

#endif
