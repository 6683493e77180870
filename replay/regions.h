/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_REGIONS_H
#define REPLAY_REGIONS_H

#include "base/types.h"

/* Numbers for the 2 MiB regions of guest memory that something happened to: a hash table. */
#define REGION_PAGES	512u
#define REGION_NONE	UINT32_MAX

struct regions {		/* zeroed: empty */
	uint64_t *key;		/* 1 + vm << 48 | region; 0: free */
	uint32_t *number;
	uint32_t  nr, cap;	/* cap: a power of two */
};

void regions_fini(struct regions *r);
/* The number of the region of @gfn, made when it is new; numbers count from 0. */
uint32_t regions_number(struct regions *r, unsigned int vm, gfn_t gfn);
/* The same, or REGION_NONE. */
uint32_t regions_find(const struct regions *r, unsigned int vm, gfn_t gfn);

#endif
