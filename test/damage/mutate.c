// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeded damage to a file in memory. */
#include "test/damage/mutate.h"

#include <stdio.h>
#include <string.h>

#include "base/prng.h"

#define INSERT_MAX	64u

size_t mutate_room(size_t len)
{
	return 2 * len + 16 * MUTATE_BLOCK_MAX;
}

/* Heads and ends are small and matter most: a third of all damage goes there. */
static size_t somewhere(struct prng *r, size_t len)
{
	size_t near = len < 2048 ? len : 2048;

	switch (prng_below(r, 6)) {
	case 0:
		return prng_below(r, near);
	case 1:
		return len - 1 - prng_below(r, near);
	default:
		return prng_below(r, len);
	}
}

/* A block inside the file: a sector or a page, now and then of any length; on its own boundary or anywhere. */
static size_t block(struct prng *r, size_t len, size_t *at)
{
	static const size_t sizes[] = { 512, MUTATE_BLOCK_MAX };
	size_t size = prng_below(r, 4) ? sizes[prng_below(r, 2)] : 1 + prng_below(r, MUTATE_BLOCK_MAX);

	*at = somewhere(r, len);
	if (prng_below(r, 4))
		*at -= *at % size;
	return size < len - *at ? size : len - *at;
}

static void open_gap(struct mutant *m, size_t at, size_t size)
{
	memmove(m->p + at + size, m->p + at, m->len - at);
	m->len += size;
}

static void close_gap(struct mutant *m, size_t at, size_t size)
{
	memmove(m->p + at, m->p + at + size, m->len - at - size);
	m->len -= size;
}

static void bit(struct mutant *m, struct prng *r)
{
	size_t at = somewhere(r, m->len);
	unsigned int n = prng_below(r, 8);

	m->p[at] ^= 1u << n;
	snprintf(m->what, sizeof(m->what), "bit %u of byte %zu flipped", n, at);
}

static void byte(struct mutant *m, struct prng *r)
{
	size_t at = somewhere(r, m->len);

	m->p[at] = prng_next(r);
	snprintf(m->what, sizeof(m->what), "byte %zu set to 0x%02x", at, m->p[at]);
}

static void cut(struct mutant *m, struct prng *r)
{
	m->len = somewhere(r, m->len);
	snprintf(m->what, sizeof(m->what), "cut to %zu bytes", m->len);
}

static void wipe(struct mutant *m, struct prng *r)
{
	static const int fills[] = { 0, 0, 0xff };
	int fill = fills[prng_below(r, 3)];
	size_t at, size = block(r, m->len, &at);

	memset(m->p + at, fill, size);
	snprintf(m->what, sizeof(m->what), "%zu bytes at %zu are 0x%02x", size, at, (unsigned int)fill);
}

static void noise(struct mutant *m, struct prng *r)
{
	size_t at, size = block(r, m->len, &at);

	for (size_t i = 0; i < size; i++)
		m->p[at + i] = prng_next(r);
	snprintf(m->what, sizeof(m->what), "%zu bytes at %zu are noise", size, at);
}

static void twice(struct mutant *m, struct prng *r)
{
	size_t at, size = block(r, m->len, &at);

	open_gap(m, at + size, size);
	memcpy(m->p + at + size, m->p + at, size);
	snprintf(m->what, sizeof(m->what), "%zu bytes at %zu stand twice", size, at);
}

static void drop(struct mutant *m, struct prng *r)
{
	size_t at, size = block(r, m->len, &at);

	close_gap(m, at, size);
	snprintf(m->what, sizeof(m->what), "%zu bytes at %zu are gone", size, at);
}

static void swap(struct mutant *m, struct prng *r)
{
	uint8_t kept[MUTATE_BLOCK_MAX];
	size_t a, b, size = block(r, m->len, &a), other = block(r, m->len, &b);

	size = other < size ? other : size;
	memcpy(kept, m->p + a, size);
	memmove(m->p + a, m->p + b, size);
	memcpy(m->p + b, kept, size);
	snprintf(m->what, sizeof(m->what), "%zu bytes at %zu and %zu swapped", size, a, b);
}

static void insert(struct mutant *m, struct prng *r)
{
	size_t at = somewhere(r, m->len), size = 1 + prng_below(r, INSERT_MAX);

	open_gap(m, at, size);
	for (size_t i = 0; i < size; i++)
		m->p[at + i] = prng_next(r);
	snprintf(m->what, sizeof(m->what), "%zu bytes inserted at %zu", size, at);
}

static void field(struct mutant *m, struct prng *r)
{
	static const unsigned int widths[] = { 2, 4, 8 };
	unsigned int width = widths[prng_below(r, 3)];
	size_t at = somewhere(r, m->len);
	uint64_t old = 0, v;

	at -= at % (prng_below(r, 4) ? width : 1);
	if (at + width > m->len) {
		bit(m, r);
		return;
	}
	memcpy(&old, m->p + at, width);
	switch (prng_below(r, 8)) {
	case 0:	 v = 0;				break;
	case 1:	 v = 1;				break;
	case 2:	 v = UINT64_MAX;		break;
	case 3:	 v = UINT64_MAX >> 1;		break;
	case 4:	 v = old + 1;			break;
	case 5:	 v = old - 1;			break;
	case 6:	 v = m->len;			break;
	default: v = 1ULL << prng_below(r, width * 8); break;
	}
	memcpy(m->p + at, &v, width);
	snprintf(m->what, sizeof(m->what), "u%u at %zu set to 0x%llx", width * 8, at, (unsigned long long)v);
}

/* The file's own end once more behind it, from somewhere on: all of it, often. */
static void behind(struct mutant *m, struct prng *r)
{
	size_t from = prng_below(r, 2) ? 0 : somewhere(r, m->len), size = m->len - from;

	memcpy(m->p + m->len, m->p + from, size);
	m->len += size;
	snprintf(m->what, sizeof(m->what), "%zu bytes from %zu on behind its end", size, from);
}

static void several(struct mutant *m, struct prng *r)
{
	static void (*const kinds[])(struct mutant *m, struct prng *r) = { bit, byte, wipe, noise, drop, twice, swap,
									   insert, field };
	unsigned int n = 2 + prng_below(r, 6);

	for (unsigned int i = 0; i < n && m->len; i++)
		kinds[prng_below(r, sizeof(kinds) / sizeof(kinds[0]))](m, r);
	snprintf(m->what, sizeof(m->what), "%u changes", n);
}

static void (*const kinds[])(struct mutant *m, struct prng *r) = {
	bit, bit, bit, byte, cut, cut, wipe, wipe, noise, twice, drop, swap, insert, field, field, field, behind, several,
};

void mutate(struct mutant *m, const uint8_t *file, size_t len, uint64_t seed, uint64_t number)
{
	struct prng r;

	prng_seed(&r, prng_hash(seed, number, len));
	memcpy(m->p, file, len);
	m->len = len;
	kinds[prng_below(&r, sizeof(kinds) / sizeof(kinds[0]))](m, &r);
	while (m->len == len && !memcmp(m->p, file, len))
		bit(m, &r);
}
