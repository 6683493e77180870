/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_KNOWN_H
#define CAPTURE_KNOWN_H

#include "base/types.h"

/*
 * What is known of many places, a number by a number, in memory that is limited: when it is full, a new one takes
 * the place of another, which is then as if it had never been told.
 */
struct known_place {
	uint64_t key;		/* plus one; 0: free */
	uint64_t value;
};

struct known {			/* zeroed: empty */
	struct known_place *v;	/* open addressing */
	uint32_t nr, cap;	/* cap: a power of two, 3/4 of it used at most */
	uint64_t forgotten;	/* that others took the place of */
};

#define KNOWN_MAX	(1u << 21)	/* of 16 bytes each */

void known_fini(struct known *k);
/* Return: the value of @key, good until the next known_set(), or NULL. */
uint64_t *known_get(const struct known *k, uint64_t key);
/* Any key but ~0. */
void known_set(struct known *k, uint64_t key, uint64_t value);
void known_forget(struct known *k, uint64_t key);

#endif
