/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_WALK_H
#define REPLAY_AUDIT_WALK_H

#include "replay/gptes.h"

/*
 * The guest's tables on the way to an address.  Only tables of 8-byte entries below roots of level 4 or 5: what KVM
 * makes of others (quadrants, PAE roots) is not followed.
 */
#define AUDIT_LEVELS 5

struct audit_walk {
	uint64_t     gva;
	unsigned int top, leaf;		/* levels of the root, and of the entry the guest's tables end with */
	gfn_t	     table[AUDIT_LEVELS + 1];	/* by level, @top .. @leaf */
};

/* As they were at @t_ns.  Return: false where the root, or an entry on the way, is not known. */
bool audit_walk(const struct gptes *g, uint16_t vm, const struct ev_walk *w, uint64_t t_ns, struct audit_walk *out);

/* Which entry of the table of @level leads to @gva. */
static inline unsigned int audit_index(uint64_t gva, unsigned int level)
{
	return gva >> (3 + 9 * level) & 511;
}

#endif
