/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_GUEST_H
#define REPLAY_AUDIT_GUEST_H

#include "replay/recording.h"
#include "replay/regions.h"

/*
 * The guest's page tables as far as walks of them were recorded.  Only tables of 8-byte entries below roots of
 * level 4 or 5: what KVM makes of others (quadrants, PAE roots) is not followed.
 */
#define AUDIT_LEVELS 5

struct audit_guest {		/* zeroed: empty */
	struct regions numbers;	/* of tables, by frame */
	uint64_t     (*entries)[512];	/* 0: empty, or never read */
	uint32_t       nr, cap;
};

/* The tables that lie on the way to an address. */
struct audit_walk {
	uint64_t     gva;
	unsigned int top, leaf;		/* levels of the root, and of the entry the guest's tables end with */
	gfn_t	     table[AUDIT_LEVELS + 1];	/* by level, @top .. @leaf */
};

void audit_guest_fini(struct audit_guest *g);
/* An entry holds this value from now on (EV_GPTE).  Return: the value known before, 0: none. */
uint64_t audit_guest_entry(struct audit_guest *g, unsigned int vm, const struct ev_gpte *e);
/* KVM wrote this for the guest (EV_PT_WRITE): entries it covers, wholly or in part. */
void audit_guest_write(struct audit_guest *g, unsigned int vm, const struct ev_gpte *e);
/* Return: false where the root, or an entry on the way, is not known. */
bool audit_guest_walk(const struct audit_guest *g, unsigned int vm, const struct ev_walk *w, struct audit_walk *out);

/* Which entry of the table of @level leads to @gva. */
static inline unsigned int audit_index(uint64_t gva, unsigned int level)
{
	return gva >> (3 + 9 * level) & 511;
}

#endif
