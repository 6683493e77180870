/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of 512 frames in a hash table.  A block is made by its first look-up: what
 * moved before nobody can have seen.  Moves are numbered; a frame's number is that of its
 * last one, and its page follows from both.
 */
#include "replay/frames.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"

#define BLOCK_SHIFT	9
#define BLOCK_FRAMES	512u
#define PFN_LOW_BITS	18
#define PFN_HIGH_MASK	((1ULL << 21) - 1)

struct block {
	uint64_t  key;		/* gfn >> 9, plus 1; 0: free */
	uint32_t  move;		/* of all its frames, where ... */
	uint32_t *each;		/* ... this is NULL */
	bool	  torn;
};

struct frames {
	pthread_mutex_t	 lock;
	uint32_t	 moves;
	pfn_t		 mask;
	struct block	*table;
	size_t		 nr, size;	/* a power of two */
	uint64_t	 torn;
};

struct frames *frames_make(pfn_t mask)
{
	struct frames *f = xcalloc(1, sizeof(*f));

	pthread_mutex_init(&f->lock, NULL);
	f->size = 256;
	f->mask = mask;
	f->table = xcalloc(f->size, sizeof(*f->table));
	return f;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->size; i++)
		free(f->table[i].each);
	pthread_mutex_destroy(&f->lock);
	free(f->table);
	free(f);
}

static struct block *slot_of(const struct frames *f, uint64_t key)
{
	size_t i = prng_mix(key) & (f->size - 1);

	while (f->table[i].key && f->table[i].key != key)
		i = (i + 1) & (f->size - 1);
	return &f->table[i];
}

static struct block *find(const struct frames *f, gfn_t gfn)
{
	struct block *b = slot_of(f, (gfn >> BLOCK_SHIFT) + 1);

	return b->key ? b : NULL;
}

static void grow(struct frames *f)
{
	struct block *old = f->table;
	size_t old_size = f->size;

	f->size *= 2;
	f->table = xcalloc(f->size, sizeof(*f->table));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key)
			*slot_of(f, old[i].key) = old[i];
	free(old);
}

static struct block *get(struct frames *f, gfn_t gfn)
{
	uint64_t key = (gfn >> BLOCK_SHIFT) + 1;
	struct block *b;

	if (4 * f->nr >= 3 * f->size)
		grow(f);
	b = slot_of(f, key);
	if (!b->key) {
		b->key = key;
		f->nr++;
	}
	return b;
}

static void move_block(struct frames *f, struct block *b, gfn_t start, gfn_t end)
{
	gfn_t first = (b->key - 1) << BLOCK_SHIFT;
	gfn_t from = start > first ? start - first : 0;
	gfn_t to = end < first + BLOCK_FRAMES ? end - first : BLOCK_FRAMES;

	if (from >= to)
		return;
	if (to - from == BLOCK_FRAMES) {
		free(b->each);
		b->each = NULL;
		b->move = f->moves;
		f->torn -= b->torn;
		b->torn = false;
		return;
	}
	if (!b->each) {
		b->each = xcalloc(BLOCK_FRAMES, sizeof(*b->each));
		for (unsigned int i = 0; i < BLOCK_FRAMES; i++)
			b->each[i] = b->move;
	}
	for (gfn_t i = from; i < to; i++)
		b->each[i] = f->moves;
}

void frames_move(struct frames *f, gfn_t start, gfn_t end)
{
	if (start >= end)
		return;
	pthread_mutex_lock(&f->lock);
	f->moves++;
	if ((end - start) >> BLOCK_SHIFT > f->size) {
		for (size_t i = 0; i < f->size; i++)
			if (f->table[i].key && f->table[i].key - 1 <= (end - 1) >> BLOCK_SHIFT)
				move_block(f, &f->table[i], start, end);
	} else {
		for (gfn_t at = start >> BLOCK_SHIFT; at <= (end - 1) >> BLOCK_SHIFT; at++) {
			struct block *b = find(f, at << BLOCK_SHIFT);

			if (b)
				move_block(f, b, start, end);
		}
	}
	pthread_mutex_unlock(&f->lock);
}

static uint32_t move_of(const struct block *b, gfn_t gfn)
{
	return b->each ? b->each[gfn & (BLOCK_FRAMES - 1)] : b->move;
}

static pfn_t page(gfn_t gfn, uint32_t move)
{
	gfn_t low = gfn & ((1ULL << PFN_LOW_BITS) - 1);

	if (!move)
		return frame_first(gfn);
	return 1ULL << 39 | (prng_hash(move, gfn >> PFN_LOW_BITS, 3) & PFN_HIGH_MASK) << PFN_LOW_BITS | low;
}

static uint32_t last_move(const struct block *b)
{
	uint32_t last = b->each ? 0 : b->move;

	for (unsigned int i = 0; b->each && i < BLOCK_FRAMES; i++)
		last = b->each[i] > last ? b->each[i] : last;
	return last;
}

/* All of a block is of move @move from now on, as it must have been all along. */
static void unite(struct frames *f, struct block *b, uint32_t move)
{
	bool torn = b->torn || b->each || b->move != move;

	f->torn += torn && !b->torn;
	b->torn = torn;
	free(b->each);
	b->each = NULL;
	b->move = move;
}

static void unite_all(struct frames *f, gfn_t first, uint64_t blocks)
{
	uint32_t move = 0;

	for (uint64_t i = 0; i < blocks; i++) {
		const struct block *b = find(f, first + (i << BLOCK_SHIFT));

		if (b && last_move(b) > move)
			move = last_move(b);
	}
	for (uint64_t i = 0; i < blocks; i++) {
		gfn_t at = first + (i << BLOCK_SHIFT);
		struct block *b = find(f, at);

		if (b)
			unite(f, b, move);
		else
			get(f, at)->move = move;
	}
}

pfn_t frames_look_up(struct frames *f, gfn_t gfn, uint64_t pages)
{
	pfn_t pfn;

	pthread_mutex_lock(&f->lock);
	get(f, gfn);
	if (pages > 1)
		unite_all(f, gfn & ~(pages - 1), pages >> BLOCK_SHIFT);
	pfn = page(gfn, move_of(find(f, gfn), gfn)) & f->mask;
	pthread_mutex_unlock(&f->lock);
	return pfn;
}

pfn_t frames_now(struct frames *f, gfn_t gfn)
{
	const struct block *b;
	pfn_t pfn;

	pthread_mutex_lock(&f->lock);
	b = find(f, gfn);
	pfn = b && b->torn ? UINT64_MAX : (b ? page(gfn, move_of(b, gfn)) : frame_first(gfn)) & f->mask;
	pthread_mutex_unlock(&f->lock);
	return pfn;
}

uint64_t frames_torn(const struct frames *f)
{
	return f->torn;
}
