/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The codec.  Records are fixed structs whose neighbours differ in few bytes,
 * so they are turned into 32 planes (all first bytes, all second bytes, ...)
 * before zstd: most planes are nearly constant.  About the unroll pragmas: gcc
 * -O2 would leave the eight-step loops rolled and the rows in memory, which
 * takes twice the time.
 */
#include "event/block.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"

#define RECORD	sizeof(struct ev)

struct block_scratch {
	ZSTD_CCtx	*cctx;
	ZSTD_DCtx	*dctx;
	uint8_t		*planes;	/* DISK_BLOCK_RECORDS_MAX is the most it grows to */
	uint8_t		*stored;
	size_t		 planes_cap, stored_cap;
};

struct block_scratch *block_scratch_new(void)
{
	return xcalloc(1, sizeof(struct block_scratch));
}

void block_scratch_free(struct block_scratch *s)
{
	if (!s)
		return;
	ZSTD_freeCCtx(s->cctx);
	ZSTD_freeDCtx(s->dctx);
	free(s->planes);
	free(s->stored);
	free(s);
}

static void *room(uint8_t **buf, size_t *cap, size_t bytes)
{
	if (bytes > *cap) {
		free(*buf);
		*buf = xmalloc(bytes);
		*cap = bytes;
	}
	return *buf;
}

void *block_stored(struct block_scratch *s, size_t bytes)
{
	return room(&s->stored, &s->stored_cap, bytes);
}

/* Exchanges the high part of @a with the low part of @b; @low masks the low parts. */
static inline void exchange(uint64_t *a, uint64_t *b, unsigned int shift, uint64_t low)
{
	uint64_t swap = ((*a >> shift) ^ *b) & low;

	*b ^= swap;
	*a ^= swap << shift;
}

/* Transposes 8 x 8 bytes: byte c of row r goes to byte r of row c.  Its own inverse. */
static inline __attribute__((always_inline)) void transpose8(uint64_t row[8])
{
#pragma GCC unroll 8
	for (unsigned int r = 0; r < 4; r++)
		exchange(&row[r], &row[r + 4], 32, 0x00000000ffffffffULL);
#pragma GCC unroll 8
	for (unsigned int r = 0; r < 8; r += 4) {
		exchange(&row[r], &row[r + 2], 16, 0x0000ffff0000ffffULL);
		exchange(&row[r + 1], &row[r + 3], 16, 0x0000ffff0000ffffULL);
	}
#pragma GCC unroll 8
	for (unsigned int r = 0; r < 8; r += 2)
		exchange(&row[r], &row[r + 1], 8, 0x00ff00ff00ff00ffULL);
}

/* Word @w of record @i; the first holds the time, which goes as a difference. */
static inline uint64_t word_of(const struct ev *evs, uint32_t i, unsigned int w)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)&evs[i] + 8 * w, 8);
	if (w == 0) {
		uint32_t before = i ? evs[i - 1].dt_ns : 0;

		word = (word & ~0xffffffffULL) | (uint32_t)(evs[i].dt_ns - before);
	}
	return word;
}

static inline void words_to_planes(uint8_t *planes, const struct ev *evs, uint32_t nr, unsigned int w)
{
	uint8_t *plane = planes + (size_t)w * 8 * nr;
	uint32_t whole = nr & ~7u;

	for (uint32_t i = 0; i < whole; i += 8) {
		uint64_t row[8];

#pragma GCC unroll 8
		for (unsigned int r = 0; r < 8; r++)
			row[r] = word_of(evs, i + r, w);
		transpose8(row);
#pragma GCC unroll 8
		for (unsigned int c = 0; c < 8; c++)
			memcpy(plane + (size_t)c * nr + i, &row[c], 8);
	}
	for (uint32_t i = whole; i < nr; i++) {
		uint64_t word = word_of(evs, i, w);

#pragma GCC unroll 8
		for (unsigned int c = 0; c < 8; c++)
			plane[(size_t)c * nr + i] = word >> (8 * c);
	}
}

static void to_planes(uint8_t *planes, const struct ev *evs, uint32_t nr)
{
	words_to_planes(planes, evs, nr, 0);	/* known at compile time: only here are times */
	for (unsigned int w = 1; w < RECORD / 8; w++)
		words_to_planes(planes, evs, nr, w);
}

/* Sixteen bytes of each of eight planes; after three riffles, two words of eight bytes each. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Halves of the deck, byte by byte: each time one bit of the plane's number moves into the place in a word. */
static inline __attribute__((always_inline)) void riffle(bytes16 deck[8])
{
	bytes16 out[8];

#pragma GCC unroll 8
	for (unsigned int i = 0; i < 4; i++) {
		out[2 * i] = __builtin_shufflevector(deck[i], deck[i + 4], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
						     5, 21, 6, 22, 7, 23);
		out[2 * i + 1] = __builtin_shufflevector(deck[i], deck[i + 4], 8, 24, 9, 25, 10, 26, 11, 27,
							 12, 28, 13, 29, 14, 30, 15, 31);
	}
#pragma GCC unroll 8
	for (unsigned int i = 0; i < 8; i++)
		deck[i] = out[i];
}

static void words_from_planes(struct ev *evs, const uint8_t *planes, uint32_t nr, unsigned int w)
{
	const uint8_t *plane = planes + (size_t)w * 8 * nr;
	uint8_t *out = (uint8_t *)evs + 8 * w;
	uint32_t whole = nr & ~15u;

	for (uint32_t i = 0; i < whole; i += 16) {
		bytes16 deck[8];

#pragma GCC unroll 8
		for (unsigned int c = 0; c < 8; c++)
			memcpy(&deck[c], plane + (size_t)c * nr + i, 16);
		riffle(deck);
		riffle(deck);
		riffle(deck);
#pragma GCC unroll 8
		for (unsigned int c = 0; c < 8; c++) {
			words2 two = (words2)deck[c];
			uint64_t first = two[0], second = two[1];

			memcpy(out + (i + 2 * c) * RECORD, &first, 8);
			memcpy(out + (i + 2 * c + 1) * RECORD, &second, 8);
		}
	}
	for (uint32_t i = whole; i < nr; i++) {
		uint64_t word = 0;

#pragma GCC unroll 8
		for (unsigned int c = 0; c < 8; c++)
			word |= (uint64_t)plane[(size_t)c * nr + i] << (8 * c);
		memcpy(out + i * RECORD, &word, 8);
	}
}

/* Return: the time of the last record, which more than 32 bits of differences may add up to. */
static uint64_t from_planes(struct ev *evs, const uint8_t *planes, uint32_t nr)
{
	uint64_t dt_ns = 0;

	for (unsigned int w = 0; w < RECORD / 8; w++)
		words_from_planes(evs, planes, nr, w);
	for (uint32_t i = 0; i < nr; i++) {
		dt_ns += evs[i].dt_ns;
		evs[i].dt_ns = (uint32_t)dt_ns;
	}
	return dt_ns;
}

#define PLANE_OF(member)	offsetof(struct ev, member)

/* Are the bytes of one plane all from @first on and below @first + @nr_values?  Sixteen at a time. */
static bool plane_within(const uint8_t *plane, uint32_t nr, uint8_t first, uint8_t nr_values)
{
	bytes16 out = { 0 };
	words2 two;
	uint32_t i = 0;

	for (; i + 16 <= nr; i += 16) {
		bytes16 v;

		memcpy(&v, plane + i, 16);
		out |= (bytes16)(v - first >= nr_values);
	}
	two = (words2)out;
	for (; i < nr; i++)
		two[0] |= (uint8_t)(plane[i] - first) >= nr_values;
	return !(two[0] | two[1]);
}

/*
 * Whether records are certainly what check_records() lets pass, at a fraction of its cost: false only says that it must
 * have a look.
 */
static bool planes_sound(const struct disk_block *head, size_t nr_vms, const uint8_t *planes, uint64_t last_dt_ns)
{
	bool stimuli = head->cls == EV_STIMULUS;
	uint8_t first = stimuli ? EV_NONE + 1 : OBS_FIRST;
	uint8_t nr_kinds = (stimuli ? (unsigned int)EV_STIM_END : (unsigned int)OBS_END) - first;
	uint8_t low_vms = nr_vms < UINT8_MAX ? nr_vms : UINT8_MAX;
	uint32_t nr = head->count;

	return plane_within(planes + PLANE_OF(kind) * nr, nr, first, nr_kinds) &&
	       plane_within(planes + PLANE_OF(vm) * nr, nr, 0, low_vms) &&
	       plane_within(planes + (PLANE_OF(vm) + 1) * nr, nr, 0, 1) &&
	       last_dt_ns == head->last_ns - head->first_ns;
}

/* Return: stored bytes, 0 when zstd does not shrink them. */
static size_t compress(struct block_scratch *s, const struct ev *evs, uint32_t nr, int level, uint8_t *to,
		       size_t cap)
{
	size_t raw = nr * RECORD, stored;

	if (!s->cctx) {
		s->cctx = ZSTD_createCCtx();
		if (!s->cctx)
			return 0;
	}
	to_planes(room(&s->planes, &s->planes_cap, raw), evs, nr);
	stored = ZSTD_compressCCtx(s->cctx, to, cap, s->planes, raw, level);
	return ZSTD_isError(stored) || stored >= raw ? 0 : stored;
}

const void *block_pack(struct block_scratch *s, struct disk_block *head, const struct ev *evs,
		       uint32_t nr, int level, size_t *bytes)
{
	size_t raw = nr * RECORD, cap = ZSTD_compressBound(raw), stored = 0;
	uint8_t *to = block_stored(s, sizeof(*head) + cap);

	if (level)
		stored = compress(s, evs, nr, level, to + sizeof(*head), cap);
	head->magic = DISK_BLOCK_MAGIC;
	head->codec = stored ? DISK_ZSTD : DISK_PLAIN;
	head->rest = 0;
	head->count = nr;
	if (!stored) {
		memcpy(to + sizeof(*head), evs, raw);
		stored = raw;
	}
	head->stored_bytes = stored;
	head->payload_hash = disk_payload_hash(to + sizeof(*head), stored);
	DISK_SEAL(head);
	memcpy(to, head, sizeof(*head));
	*bytes = sizeof(*head) + stored;
	return to;
}

const char *block_check_head(const struct disk_block *head)
{
	if (head->magic != DISK_BLOCK_MAGIC || !DISK_SOUND(head))
		return "header's checksum does not match";
	if (head->cls >= EV_NR_CLASSES || head->codec >= DISK_NR_CODECS || head->rest)
		return "header has a class or codec that version 1 does not have";
	if (!head->count || head->count > DISK_BLOCK_RECORDS_MAX)
		return "header's count of records is out of range";
	if (head->codec == DISK_PLAIN ? head->stored_bytes != head->count * RECORD :
					head->stored_bytes >= head->count * RECORD)
		return "header's length does not fit its count of records";
	if (head->last_ns < head->first_ns || head->last_ns - head->first_ns > UINT32_MAX)
		return "header's times are out of range";
	if (head->first_record > UINT32_MAX - head->count || head->task >= DISK_TASKS_MAX)
		return "header's record or task number is out of range";
	return NULL;
}

/* What the hash cannot promise: that the writer of the file was right. */
static const char *check_records(const struct disk_block *head, size_t nr_vms, const struct ev *evs)
{
	unsigned int first = head->cls == EV_STIMULUS ? EV_NONE + 1 : OBS_FIRST;
	unsigned int nr_kinds = (head->cls == EV_STIMULUS ? (unsigned int)EV_STIM_END : (unsigned int)OBS_END) - first;
	uint32_t before = 0;
	bool bad = false, bad_vm = false;

	for (uint32_t i = 0; i < head->count; i++) {
		bad |= (unsigned int)evs[i].kind - first >= nr_kinds;
		bad |= evs[i].dt_ns < before;
		bad_vm |= evs[i].vm >= (nr_vms ? nr_vms : 1) && evs[i].vm != EV_NO_VM;
		before = evs[i].dt_ns;
	}
	if (bad)
		return "a record has a kind of the other class or steps back in time";
	if (bad_vm)
		return "a record belongs to a VM that the dictionary does not have";
	if (evs[0].dt_ns != 0 || before != head->last_ns - head->first_ns)
		return "times of its records do not fit its header";
	return NULL;
}

const char *block_unpack(struct block_scratch *s, const struct disk_block *head, size_t nr_vms,
			 struct ev *out)
{
	size_t raw = head->count * RECORD, got;
	uint64_t last_dt_ns;

	if (disk_payload_hash(s->stored, head->stored_bytes) != head->payload_hash)
		return "checksum does not match";
	if (head->codec == DISK_PLAIN) {
		memcpy(out, s->stored, raw);
		return check_records(head, nr_vms, out);
	}
	if (!s->dctx)
		s->dctx = ZSTD_createDCtx();
	if (!s->dctx)
		return "no memory to decompress it";
	room(&s->planes, &s->planes_cap, raw);
	got = ZSTD_decompressDCtx(s->dctx, s->planes, raw, s->stored, head->stored_bytes);
	if (ZSTD_isError(got) || got != raw)
		return "does not decompress to the length its header tells";
	last_dt_ns = from_planes(out, s->planes, head->count);
	if (out[0].dt_ns == 0 && planes_sound(head, nr_vms, s->planes, last_dt_ns))
		return NULL;
	return check_records(head, nr_vms, out);
}
