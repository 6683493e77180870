/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_FRAMES_H
#define ENGINE_X86_SHADOW_FRAMES_H

/*
 * What is known of each guest frame, by address space: who maps it (the head of its rmap, at each level), how many
 * shadow pages watch writes to it, and how many keep a huge page from covering it.
 *
 * - Memory exists for stretches of 2 MiB of which something was ever known, and stays until the VM ends.
 * - Changed under mmu_lock held for write.  A stretch that was made is there for readers without it, too.
 * - What belongs to a slot in KVM stands here for all slots: it is 0 again when a slot goes.
 */
#include "base/types.h"
#include "engine/core/memslots.h"

#define FRAMES_PER_2M	512u

struct frames_2m {
	uint32_t  rmap[FRAMES_PER_2M];	/* of 4 KiB pages: ptes.h */
	uint32_t  rmap_2m;
	uint32_t  keeps_small;		/* reasons why no page of 2 MiB may map it (kvm_lpage_info) */
	uint16_t *watched;		/* by frame: shadow pages above level 1 (kvm_write_track); NULL: none ever */
};

struct frames_1g {
	struct frames_2m *of[FRAMES_PER_2M];
	uint32_t	  rmap_1g;
	uint32_t	  keeps_small;
};

struct frames {
	struct frames_1g **of[MEMSLOT_AS_IDS];
	uint64_t	   top[MEMSLOT_AS_IDS];	/* stretches of 1 GiB that exist are below it */
	uint64_t	   bytes;
};

void frames_init(struct frames *f);
void frames_fini(struct frames *f);	/* fine for a zeroed one */

/* NULL: nothing was ever known there. */
struct frames_1g *frames_find_1g(const struct frames *f, unsigned int as_id, gfn_t gfn);
struct frames_2m *frames_find_2m(const struct frames *f, unsigned int as_id, gfn_t gfn);
struct frames_2m *frames_get_2m(struct frames *f, unsigned int as_id, gfn_t gfn);

/* Head of the rmap of @level (1 .. 3) around @gfn, or NULL: nothing maps it. */
uint32_t *frames_rmap(const struct frames *f, unsigned int as_id, gfn_t gfn, int level);
/* The same, made if need be. */
uint32_t *frames_rmap_get(struct frames *f, unsigned int as_id, gfn_t gfn, int level);

/* One shadow page more (@by 1) or less (-1) that no huge page may cover at @gfn. */
void frames_keep_small(struct frames *f, unsigned int as_id, gfn_t gfn, int by);
/* May a page of @level (2, 3) map @gfn, as far as shadow pages go? */
bool frames_allow_level(const struct frames *f, unsigned int as_id, gfn_t gfn, int level);

/* One shadow page more or less for which each write to @gfn must be noticed. */
void frames_watch(struct frames *f, unsigned int as_id, gfn_t gfn, int by);
bool frames_is_watched(const struct frames *f, unsigned int as_id, gfn_t gfn);

#endif
