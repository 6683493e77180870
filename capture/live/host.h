/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_HOST_H
#define CAPTURE_LIVE_HOST_H

#include "base/types.h"

/* A file of /proc or /sys, whose size nobody knows before; the caller's to free().  NULL: it cannot be read. */
char *host_text(const char *path);
/* "Linux HOST RELEASE MACHINE"; the caller's to free(). */
char *host_uname(void);

/*
 * What no event tells and a replay depends on, one "NAME=VALUE" at a time: KVM's module parameters, transparent
 * huge pages, how the kernel preempts, the VMs that run.
 */
void host_facts(void (*fact)(void *arg, const char *line), void *arg);

#endif
