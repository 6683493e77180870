// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bytes.h"

#include <string.h>

struct bytes bytes_part(const void *p, uint64_t len, bool swap)
{
	const uint8_t *from = p ? p : (const void *)"";	/* nothing: of an empty section */

	return (struct bytes){ .start = from, .p = from, .end = from + len, .swap = swap };
}

const uint8_t *bytes_skip(struct bytes *b, uint64_t len)
{
	const uint8_t *p = b->p;

	if (b->bad || len > (uint64_t)(b->end - p)) {
		b->bad = true;
		return NULL;
	}
	b->p += len;
	return p;
}

uint16_t bytes_u16(struct bytes *b)
{
	const uint8_t *p = bytes_skip(b, 2);
	uint16_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return b->swap ? __builtin_bswap16(v) : v;
}

uint32_t bytes_u32(struct bytes *b)
{
	const uint8_t *p = bytes_skip(b, 4);
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return b->swap ? __builtin_bswap32(v) : v;
}

uint64_t bytes_u64(struct bytes *b)
{
	const uint8_t *p = bytes_skip(b, 8);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return b->swap ? __builtin_bswap64(v) : v;
}

const char *bytes_str(struct bytes *b)
{
	const uint8_t *nul = b->bad || b->p == b->end ? NULL : memchr(b->p, 0, b->end - b->p);
	const char *s = (const char *)b->p;

	if (!nul) {
		b->bad = true;
		return NULL;
	}
	b->p = nul + 1;
	return s;
}
