/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_LOAD_H
#define CAPTURE_RIG_LOAD_LOAD_H

#include "base/prng.h"
#include "base/types.h"

/* What the command line says. */
struct load {
	uint32_t	 vcpus, slots;
	uint32_t	 mib;		/* of memory in all slots together */
	uint32_t	 thp;		/* 0: none, 1: all slots, 2: slots 1, 3, ... */
	double		 seconds;	/* how long the main phase may take */
	uint32_t	 rounds;	/* and how often, at most; 0: no limit */
	uint64_t	 seed;
	uint32_t	 pause_us;	/* between two steps of the host; 0: the scenario's own */
	bool		 clear;		/* dirty log: initially all set, and cleared by hand */
	uint32_t	 ring;		/* dirty ring entries instead of bitmaps; 0: bitmaps */
	bool		 split;		/* arm64: split blocks when dirty logging begins */
	uint64_t	 quirks;	/* KVM_CAP_DISABLE_QUIRKS2 */
	uint32_t	 shadow_pages;	/* KVM_SET_NR_MMU_PAGES; 0: the kernel's own */
	uint32_t	 processes, tables;
	bool		 user;		/* x86: the guest runs unprivileged */
	const char	*cgroup;	/* aging: a cgroup v2 folder of our own, or NULL */
	bool		 damon;
};

/* The line "mmulab-kvmload: ..." on stderr, and the end, with a status of enum err_exit. */
void die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
/* The same with errno's text behind it; status 4. */
void die_errno(const char *what) __attribute__((noreturn));

/* A line "kvmload: ..." in the recording, where it goes to one.  The importer knows "memslot" lines. */
void mark(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
