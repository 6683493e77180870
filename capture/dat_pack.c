// SPDX-License-Identifier: GPL-2.0-or-later
/* Compressed chunks and sections of version 7: zstd frames or zlib streams. */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/dat.h"

enum dat_pack dat_pack_of(const uint8_t *p)
{
	if (!memcmp(p, "\x28\xb5\x2f\xfd", 4))
		return DAT_PACK_ZSTD;
	return (p[0] & 0x0f) == 8 && !((p[0] << 8 | p[1]) % 31) ? DAT_PACK_ZLIB : DAT_PACK_UNKNOWN;
}

/* A damaged name hides nothing: the first thing packed shows what it is. */
static bool settle_pack(struct dat *d, const void *p, size_t len)
{
	if (d->pack == DAT_PACK_UNKNOWN && len >= 4)
		d->pack = dat_pack_of(p);
	d->packed_unread |= d->pack == DAT_PACK_UNKNOWN;
	return d->pack != DAT_PACK_UNKNOWN;
}

size_t dat_unpack(struct dat *d, void *to, size_t cap, const void *p, size_t len)
{
	size_t got;

	if (d->pack == DAT_PACK_ZLIB || d->pack == DAT_PACK_UNKNOWN)
		return dat_unpack_part(d, to, cap, p, len);
	if (!d->zstd)
		d->zstd = ZSTD_createDCtx();
	got = d->zstd ? ZSTD_decompressDCtx(d->zstd, to, cap, p, len) : 0;
	return ZSTD_isError(got) ? 0 : got;
}

static size_t part_of_zlib(void *to, size_t cap, const void *p, size_t len)
{
	z_stream z = { .next_in = (Bytef *)p, .avail_in = len, .next_out = to, .avail_out = cap };
	int ret;

	if (inflateInit(&z) != Z_OK)
		return 0;
	ret = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	/* All of it there, but its checksum wrong: one byte less tells the caller. */
	return ret != Z_STREAM_END && z.total_out == cap && cap ? cap - 1 : z.total_out;
}

static size_t part_of_zstd(void *to, size_t cap, const void *p, size_t len)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_outBuffer out = { to, cap, 0 };
	ZSTD_inBuffer in = { p, len, 0 };

	while (z && in.pos < in.size && out.pos < out.size) {
		size_t ret = ZSTD_decompressStream(z, &out, &in);

		if (ZSTD_isError(ret) || !ret)
			break;
	}
	ZSTD_freeDStream(z);
	return out.pos;
}

size_t dat_unpack_part(struct dat *d, void *to, size_t cap, const void *p, size_t len)
{
	if (!settle_pack(d, p, len))
		return 0;
	return d->pack == DAT_PACK_ZLIB ? part_of_zlib(to, cap, p, len) : part_of_zstd(to, cap, p, len);
}
