// SPDX-License-Identifier: GPL-2.0-or-later
/* zstd, chunk by chunk. */
#include "capture/perf_unpack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"

#define CHUNK		(1u << 20)
#define TAIL_MAX	(1u << 16)	/* a record not complete yet */
#define RESIDENT_MAX	16		/* chunks in memory; what comes behind goes to the file */

struct perf_chunk {
	uint8_t	*mem;			/* CHUNK bytes, mapped */
	uint32_t slot;			/* its place in the temporary file */
	uint32_t refs;
	bool	 spilled;		/* its bytes are in the file, mapped from there */
};

struct perf_unpack {
	ZSTD_DStream	*zstd;
	ZSTD_inBuffer	 in;
	bool		 lost;		/* the stream is damaged; a new one may begin */
	struct perf_chunk **chunks;	/* by slot */
	uint32_t	 nr_chunks, cap_chunks, resident;
	struct perf_chunk *at;		/* being written */
	size_t		 from, to;	/* its bytes not used yet */
	int		 fd;		/* of the temporary file; -1 none, -2 none to be had */
};

struct perf_unpack *perf_unpack_new(void)
{
	struct perf_unpack *u = xcalloc(1, sizeof(*u));

	u->zstd = ZSTD_createDStream();
	u->fd = -1;
	return u;
}

void perf_unpack_free(struct perf_unpack *u)
{
	if (!u)
		return;
	for (uint32_t i = 0; i < u->nr_chunks; i++) {
		munmap(u->chunks[i]->mem, CHUNK);
		free(u->chunks[i]);
	}
	if (u->fd >= 0)
		close(u->fd);
	ZSTD_freeDStream(u->zstd);
	free(u->chunks);
	free(u);
}

/* --- chunks ------------------------------------------------------------------------- */

static bool map_memory(struct perf_chunk *c)
{
	int fixed = c->mem ? MAP_FIXED : 0;
	void *mem = mmap(c->mem, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);

	if (mem == MAP_FAILED)
		return false;
	c->mem = mem;
	return true;
}

static struct perf_chunk *new_chunk(struct perf_unpack *u)
{
	struct perf_chunk *c = NULL;

	for (uint32_t i = 0; i < u->nr_chunks && !c; i++)
		if (!u->chunks[i]->refs)
			c = u->chunks[i];
	if (!c) {
		if (u->nr_chunks == u->cap_chunks) {
			u->cap_chunks = 2 * u->cap_chunks + 16;
			u->chunks = xreallocarray(u->chunks, u->cap_chunks, sizeof(*u->chunks));
		}
		c = xcalloc(1, sizeof(*c));
		c->slot = u->nr_chunks;
		u->chunks[u->nr_chunks++] = c;
	}
	if ((!c->mem || c->spilled) && !map_memory(c))
		abort();		/* as xmalloc() would */
	c->spilled = false;
	c->refs = 1;
	u->resident++;
	return c;
}

static int temporary_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? -2 : fd;
}

/* Same bytes at the same address, but from the file.  No room there: they stay in memory. */
static void spill(struct perf_unpack *u, struct perf_chunk *c)
{
	off_t at = (off_t)c->slot * CHUNK;

	if (u->fd == -1)
		u->fd = temporary_file();
	if (u->fd < 0 || pwrite(u->fd, c->mem, CHUNK, at) != CHUNK)
		return;
	if (mmap(c->mem, CHUNK, PROT_READ, MAP_PRIVATE | MAP_FIXED, u->fd, at) == MAP_FAILED)
		abort();		/* the address may be unmapped now */
	c->spilled = true;
	u->resident--;
}

struct perf_chunk *perf_unpack_chunk(struct perf_unpack *u)
{
	return u->at;
}

void perf_chunk_get(struct perf_chunk *c)
{
	if (c)
		c->refs++;
}

void perf_chunk_put(struct perf_unpack *u, struct perf_chunk *c)
{
	if (c && !--c->refs && !c->spilled)
		u->resident--;
}

void perf_unpack_drop(struct perf_unpack *u)
{
	for (uint32_t i = 0; i < u->nr_chunks; i++)
		if (u->chunks[i]->spilled)
			madvise(u->chunks[i]->mem, CHUNK, MADV_DONTNEED);
}

/* The bytes not used yet go on in a new chunk. */
static void next_chunk(struct perf_unpack *u)
{
	struct perf_chunk *old = u->at;

	u->at = new_chunk(u);
	if (!old)
		return;
	memcpy(u->at->mem, old->mem + u->from, u->to - u->from);
	if (old->refs > 1 && u->resident > RESIDENT_MAX)
		spill(u, old);
	perf_chunk_put(u, old);
	u->to -= u->from;
	u->from = 0;
}

/* --- bytes ---------------------------------------------------------------------------- */

static bool begins_stream(const uint8_t *p, size_t len)
{
	static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

	return len >= sizeof(magic) && !memcmp(p, magic, sizeof(magic));
}

void perf_unpack_feed(struct perf_unpack *u, const uint8_t *in, size_t len)
{
	u->in = (ZSTD_inBuffer){ in, len, 0 };
	if (u->lost && begins_stream(in, len)) {
		ZSTD_initDStream(u->zstd);
		u->from = u->to;	/* half a record of the old stream */
		u->lost = false;
	}
}

int perf_unpack_more(struct perf_unpack *u, size_t used, const uint8_t **p, size_t *len)
{
	ZSTD_outBuffer out;
	size_t left;

	u->from += used;
	if (!u->at || CHUNK - u->to < TAIL_MAX)
		next_chunk(u);
	out = (ZSTD_outBuffer){ u->at->mem, CHUNK, u->to };
	left = u->lost ? 1 : ZSTD_decompressStream(u->zstd, &out, &u->in);
	*p = u->at->mem + u->from;
	*len = u->to - u->from;
	if (u->lost || ZSTD_isError(left)) {
		u->lost = true;
		return -1;
	}
	*len += out.pos - u->to;
	if (out.pos == u->to)
		return 0;
	u->to = out.pos;
	return 1;
}
