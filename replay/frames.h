/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FRAMES_H
#define REPLAY_FRAMES_H

#include "base/types.h"

/*
 * Which page the host has behind each guest frame of one VM: another one after each
 * invalidation, so that a checked replay notices who kept, or mapped, an old one.
 *
 * Recorded numbers are not used: attempts that retried have none.  Ours keep the low 18 bits
 * of the frame's number, so that pages of any size are aligned.  A frame that no
 * invalidation ever covered has frame_first().
 *
 * Frames of one huge page move together: who looks one up as part of a huge page finds all
 * of it.  Where a recording says so although some of them moved and others did not, it lacks
 * the invalidation that a host cannot do without; what is behind those frames is then not known.
 *
 * Calls may come from several threads.
 */
struct frames;

/* @mask: what the entries of its tables can hold of a number (kvm/entry.h); 18 bits at least. */
struct frames *frames_make(pfn_t mask);
void frames_free(struct frames *f);		/* NULL is fine */

static inline pfn_t frame_first(gfn_t gfn)
{
	return 1ULL << 39 | (gfn & ((1ULL << 39) - 1));
}

/* From now on the host has other pages behind @start .. @end (exclusive). */
void frames_move(struct frames *f, gfn_t start, gfn_t end);
/* What the host answers to a fault on @gfn; @pages: of the largest mapping it allows, a power of two. */
pfn_t frames_look_up(struct frames *f, gfn_t gfn, uint64_t pages);
/* What is behind @gfn now; UINT64_MAX: not known. */
pfn_t frames_now(struct frames *f, gfn_t gfn);
/* Blocks of 2 MiB of which it is not known. */
uint64_t frames_torn(const struct frames *f);

#endif
