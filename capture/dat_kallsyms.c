// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The symbols of a trace.dat, unpacked when somebody asks: millions of bytes that
 * only probes need.  Where they are damaged there are none.
 */
#include "base/alloc.h"
#include "capture/dat.h"

#define TEXT_BYTES_MAX	(1u << 28)
#define COMPRESSED	1u

/* Of version 7: a section's head, and when it is compressed one frame behind its two lengths. */
static void open_section(struct dat *d, struct bytes *b)
{
	bool right = bytes_u16(b) == DAT_KALLSYMS;
	unsigned int flags = bytes_u16(b);
	uint32_t packed, len;
	const uint8_t *p;
	void *unpacked;

	bytes_u32(b);
	bytes_u64(b);
	b->bad |= !right;
	if (!(flags & COMPRESSED))
		return;
	packed = bytes_u32(b);
	len = bytes_u32(b);
	p = bytes_skip(b, packed);
	if (!p || len > TEXT_BYTES_MAX) {
		b->bad = true;
		return;
	}
	unpacked = xmalloc(len);
	d->owned = xreallocarray(d->owned, d->nr_owned + 1, sizeof(*d->owned));
	d->owned[d->nr_owned++] = unpacked;
	*b = bytes_of(d, unpacked, dat_unpack(d, unpacked, len, p, packed));
}

const char *dat_kallsyms(struct dat *d, size_t *len)
{
	struct bytes b;

	if (!d->kallsyms_at || d->kallsyms_at >= d->file.size)
		return NULL;
	b = bytes_of(d, d->file.p + d->kallsyms_at, d->file.size - d->kallsyms_at);
	if (d->version >= 7)
		open_section(d, &b);
	*len = bytes_u32(&b);
	return (const char *)bytes_skip(&b, *len);
}
