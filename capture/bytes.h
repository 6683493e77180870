/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include "base/types.h"

/* A bounded cursor; once it ran over its end it stays bad and yields zeros. */
struct bytes {
	const uint8_t *start, *p, *end;
	bool	       bad, swap;	/* swap: numbers are in the other byte order than this machine's */
};

struct bytes bytes_part(const void *p, uint64_t len, bool swap);
const uint8_t *bytes_skip(struct bytes *b, uint64_t len);	/* NULL when there are not as many */
uint16_t bytes_u16(struct bytes *b);
uint32_t bytes_u32(struct bytes *b);
uint64_t bytes_u64(struct bytes *b);
const char *bytes_str(struct bytes *b);				/* terminated within the bounds, or NULL */

#endif
