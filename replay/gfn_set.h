/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GFN_SET_H
#define REPLAY_GFN_SET_H

#include "replay/regions.h"

/* A set of guest frames: 64 bytes per 2 MiB region that ever had a member. */
struct gfn_set {		/* zeroed: empty */
	struct regions	regions;
	struct gfn_set_region {
		gfn_t	 first;
		bool	 whole;	/* one entry maps it: whoever takes a page of it takes all */
		uint64_t pages[REGION_PAGES / 64];
	} *v;
	uint32_t	cap;
};

void gfn_set_fini(struct gfn_set *s);
/* The frame at @gfn; with @level above 1 all of its 2 MiB region, as one, until a frame of it is added by itself. */
void gfn_set_add(struct gfn_set *s, gfn_t gfn, int level);
void gfn_set_remove(struct gfn_set *s, gfn_t gfn, gfn_t end);
void gfn_set_clear(struct gfn_set *s);
/* Is any frame of [gfn, end) in it? */
bool gfn_set_has(const struct gfn_set *s, gfn_t gfn, gfn_t end);

/* Was the region of @gfn added as one, and nothing of it taken since? */
bool gfn_set_is_whole(const struct gfn_set *s, gfn_t gfn);

#endif
