/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_EVENTS_H
#define CAPTURE_LIVE_EVENTS_H

#include "capture/live/address.h"
#include "capture/live/profile.h"
#include "capture/live/record_file.h"
#include "capture/live/refused.h"

/**
 * events_enable() - turns the events of @p on, each with what filters it: its own, and that it is of the VMs at @only.
 * @f:		its instance; their formats are read into it.
 * @only:	NULL, or without an address: all VMs.
 * @refused:	what the kernel did not take.
 *
 * Return: how many are on.
 */
unsigned int events_enable(struct record_file *f, const struct profile *p, const struct addresses *only,
			   struct refused *refused);

#endif
