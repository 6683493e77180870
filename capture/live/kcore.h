/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_KCORE_H
#define CAPTURE_LIVE_KCORE_H

#include "base/types.h"

/*
 * The running kernel's memory by its addresses, from /proc/kcore: an ELF core file whose segments are what the kernel
 * has mapped.  Nothing holds still meanwhile.
 */
struct kcore;

/* Return: NULL, and errno (ENOEXEC: it is no such file). */
struct kcore *kcore_open(const char *path);
void kcore_close(struct kcore *k);	/* NULL is fine */
/* Return: false where the kernel has nothing of its own at @address .. @address + @bytes. */
bool kcore_read(const struct kcore *k, uint64_t address, void *to, size_t bytes);

#endif
