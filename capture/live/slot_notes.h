/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_SLOT_NOTES_H
#define CAPTURE_LIVE_SLOT_NOTES_H

#include "capture/live/address.h"

/**
 * slot_notes() - the memslots of VMs that run, as notes (capture/notes.h), a line each.
 * @in:		as for addresses_find().
 * @only:	index of the one process that is recorded; -1: all.
 *
 * Return: "" when there are none, the caller's to free(); what does not let itself be read is told in @refused.
 */
char *slot_notes(struct instance *in, const struct vms *vms, int only, const char *kallsyms, const struct btf *types,
		 struct refused *refused);

#endif
