/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_DAMAGE_MUTATE_H
#define TEST_DAMAGE_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What happens to files: one number, one change, the same on every machine.
 * Blocks that come, go or change places are at most a page long, so that what
 * a reader cannot know (nothing in the format counts it) stays within a page.
 */
#define MUTATE_BLOCK_MAX	4096u

struct mutant {
	uint8_t	*p;		/* room for mutate_room() bytes */
	size_t	 len;
	char	 what[64];	/* "bit 3 of byte 1234 flipped" */
};

/* The most a file of @len bytes grows to. */
size_t mutate_room(size_t len);
/* Fills @m with a changed copy of @file; never one that is the same. */
void mutate(struct mutant *m, const uint8_t *file, size_t len, uint64_t seed, uint64_t number);

#endif
