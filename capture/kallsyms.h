/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_KALLSYMS_H
#define CAPTURE_KALLSYMS_H

#include "base/types.h"

/*
 * The functions of a recorded kernel and its modules, from the text of its
 * /proc/kallsyms: "ffffffffc02a2e20 t kvm_unmap_gfn_range	[kvm]" per line.
 */
struct kallsyms;

/* @text must outlive it.  NULL when it names no function at an address (a host that hides them writes zeros). */
struct kallsyms *kallsyms_parse(const char *text, size_t len);
void kallsyms_free(struct kallsyms *k);		/* NULL is fine */
/*
 * The function @addr lies in, and how far behind its beginning; valid until the next call.
 * NULL: before the first one.  A few microseconds: for the addresses of probes, not for those of records.
 */
const char *kallsyms_find(struct kallsyms *k, uint64_t addr, uint64_t *offset);
/*
 * The lines of the functions that @wanted takes and, so that each still ends where it did, of the next one behind.  By
 * address; the caller's to free().
 */
char *kallsyms_subset(struct kallsyms *k, bool (*wanted)(void *arg, const char *name, size_t len), void *arg);

#endif
