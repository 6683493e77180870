// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The symbols of a trace.dat, unpacked when somebody asks: millions of bytes that
 * only probes need.  Where they are damaged there are none.
 */
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "capture/dat.h"

#define TEXT_BYTES_MAX	(1u << 28)

/* A section of version 7: its head, and one frame behind its two lengths when it is compressed. */
static bool read_section(struct dat *d, struct bytes *b, struct bytes *text)
{
	bool right = bytes_u16(b) == DAT_KALLSYMS;
	uint32_t packed_flag = bytes_u16(b), packed, len;
	uint64_t size;
	const uint8_t *p;
	void *unpacked;

	bytes_u32(b);
	size = bytes_u64(b);
	if (!right || !(packed_flag & 1)) {
		len = bytes_u32(b);
		*text = bytes_of(bytes_skip(b, len), len);
		return right && !b->bad && size >= len;
	}
	packed = bytes_u32(b);
	len = bytes_u32(b);
	p = bytes_skip(b, packed);
	if (!p || len > TEXT_BYTES_MAX)
		return false;
	unpacked = xmalloc(len);
	d->owned = xreallocarray(d->owned, d->nr_owned + 1, sizeof(*d->owned));
	d->owned[d->nr_owned++] = unpacked;
	if (ZSTD_decompress(unpacked, len, p, packed) != len)
		return false;
	*b = bytes_of(unpacked, len);
	len = bytes_u32(b);
	*text = bytes_of(bytes_skip(b, len), len);
	return !b->bad;
}

const char *dat_kallsyms(struct dat *d, size_t *len)
{
	struct bytes b = { .bad = true }, text = { 0 };

	if (d->kallsyms_at && d->kallsyms_at < d->size)
		b = bytes_of(d->map + d->kallsyms_at, d->size - d->kallsyms_at);
	if (b.bad)
		return NULL;
	if (d->version >= 7) {
		if (!read_section(d, &b, &text))
			return NULL;
	} else {
		uint32_t n = bytes_u32(&b);

		text = bytes_of(bytes_skip(&b, n), n);
		if (b.bad)
			return NULL;
	}
	*len = text.end - text.start;
	return (const char *)text.start;
}
