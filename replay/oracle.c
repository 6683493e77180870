/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and the huge pages they lie in are entries of one hash table.
 *
 * - Stamps come from one counter and are never 0; 0 means never.
 * - An entry is made when an access begins, so a removal that runs at the same time
 *   finds it; frames that nobody accessed have none.
 * - Huge-page entries hold what concerns all frames in them: the end of the
 *   last huge mapping, and of the last removal that touched only a part.
 */
#include "replay/oracle.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#define KEY_FREE	0		/* stored keys are key + 1 */
#define KEY_LEVEL(l)	((uint64_t)(l) << 60)
#define PFN_ANY		UINT64_MAX

struct frame {
	uint64_t key;			/* level << 60 | gfn >> level shift, plus 1 */
	uint64_t begin, end;		/* latest begin and end of an access that was served */
	uint64_t write_begin;		/* latest begin of a served write */
	uint64_t gone_begin, gone_end;	/* latest begin and end of a removal */
	uint64_t part_end;		/* huge pages: latest end of a removal of some of it */
	pfn_t	 pfn;			/* PFN_ANY: not known */
	uint32_t open;			/* accesses under way */
};

struct oracle {
	pthread_mutex_t	 lock;
	unsigned int	 vm;
	struct entry_kind entries;
	uint64_t	 stamp;
	uint64_t	 all_begin;	/* latest begin of a removal of everything */
	uint64_t	 all_end;	/* latest end of one that removed everything, or may have */
	uint64_t	 protect;	/* latest removal of write access */
	uint32_t	 open;		/* accesses under way */
	bool		 ahead;		/* nobody's access may have mapped a frame, if to the host's page */
	struct frame	*table;
	size_t		 nr, size;	/* size: a power of two */
};

static uint64_t level_key(const struct oracle *o, gfn_t gfn, int level)
{
	return KEY_LEVEL(level) | gfn / entry_pages(o->entries, level);
}

static size_t slot_of(const struct oracle *o, uint64_t key)
{
	uint64_t hash = key * 0x9e3779b97f4a7c15ULL;
	size_t i = (hash >> 32 ^ hash) & (o->size - 1);

	while (o->table[i].key != KEY_FREE && o->table[i].key != key + 1)
		i = (i + 1) & (o->size - 1);
	return i;
}

static struct frame *find(const struct oracle *o, uint64_t key)
{
	struct frame *f = &o->table[slot_of(o, key)];

	return f->key == KEY_FREE ? NULL : f;
}

static void grow(struct oracle *o)
{
	struct frame *old = o->table;
	size_t old_size = o->size;

	o->size *= 2;
	o->table = xcalloc(o->size, sizeof(*o->table));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key != KEY_FREE)
			o->table[slot_of(o, old[i].key - 1)] = old[i];
	free(old);
}

static struct frame *get(struct oracle *o, uint64_t key)
{
	struct frame *f;

	if (4 * o->nr >= 3 * o->size)
		grow(o);
	f = &o->table[slot_of(o, key)];
	if (f->key == KEY_FREE) {
		*f = (struct frame){ .key = key + 1, .pfn = PFN_ANY };
		o->nr++;
	}
	return f;
}

struct oracle *oracle_make(unsigned int vm, struct entry_kind entries)
{
	struct oracle *o = xcalloc(1, sizeof(*o));

	pthread_mutex_init(&o->lock, NULL);
	o->vm = vm;
	o->entries = entries;
	o->size = 1024;
	o->table = xcalloc(o->size, sizeof(*o->table));
	return o;
}

void oracle_free(struct oracle *o)
{
	if (!o)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o->table);
	free(o);
}

/* --- what the driver did ------------------------------------------------------ */

uint64_t oracle_access_begin(struct oracle *o, gfn_t gfn)
{
	uint64_t stamp;

	pthread_mutex_lock(&o->lock);
	stamp = ++o->stamp;
	get(o, level_key(o, gfn, 1))->open++;
	o->open++;
	pthread_mutex_unlock(&o->lock);
	return stamp;
}

static void latest(uint64_t *into, uint64_t stamp)
{
	if (*into < stamp)
		*into = stamp;
}

/*
 * A huge mapping covers its neighbours; a small one may have broken up (or
 * zapped) a huge one that was in its way.
 */
static void note_level(struct oracle *o, gfn_t gfn, int level, uint64_t end)
{
	for (int l = 2; l <= 3; l++) {
		struct frame *huge = l <= level ? get(o, level_key(o, gfn, l)) : find(o, level_key(o, gfn, l));

		if (huge)
			latest(l <= level ? &huge->end : &huge->part_end, end);
	}
}

void oracle_access_end(struct oracle *o, uint64_t stamp, gfn_t gfn, pfn_t pfn, int level, bool write)
{
	struct frame *f;
	uint64_t end;

	pthread_mutex_lock(&o->lock);
	end = ++o->stamp;
	f = get(o, level_key(o, gfn, 1));
	f->open--;
	o->open--;
	if (!level && f->gone_end > f->end)
		f->pfn = PFN_ANY;	/* somebody else's mapping, of another page */
	if (level) {
		bool other = f->begin > f->gone_end && f->begin > o->all_end && f->pfn != pfn;

		f->pfn = other ? PFN_ANY : pfn;
		note_level(o, gfn, level, end);
	}
	latest(&f->begin, stamp);
	latest(&f->end, end);
	if (write)
		latest(&f->write_begin, stamp);
	pthread_mutex_unlock(&o->lock);
}

void oracle_access_drop(struct oracle *o, uint64_t stamp, gfn_t gfn)
{
	(void)stamp;
	pthread_mutex_lock(&o->lock);
	get(o, level_key(o, gfn, 1))->open--;
	o->open--;
	pthread_mutex_unlock(&o->lock);
}

uint64_t oracle_remove_begin(struct oracle *o)
{
	uint64_t stamp;

	pthread_mutex_lock(&o->lock);
	stamp = ++o->stamp;
	pthread_mutex_unlock(&o->lock);
	return stamp;
}

static void remove_frame(struct frame *f, uint64_t begin, uint64_t end)
{
	latest(&f->gone_begin, begin);
	latest(&f->gone_end, end);
}

static void remove_frames(struct oracle *o, gfn_t start, gfn_t stop, uint64_t begin, uint64_t end)
{
	if (stop - start <= o->size) {
		for (gfn_t gfn = start; gfn < stop; gfn++) {
			struct frame *f = find(o, level_key(o, gfn, 1));

			if (f)
				remove_frame(f, begin, end);
		}
		return;
	}
	for (size_t i = 0; i < o->size; i++) {
		uint64_t key = o->table[i].key - 1;

		if (o->table[i].key != KEY_FREE && key >= level_key(o, start, 1) && key < level_key(o, stop, 1))
			remove_frame(&o->table[i], begin, end);
	}
}

/* The huge pages at both ends of a range lose a part of themselves. */
static void remove_parts(struct oracle *o, gfn_t start, gfn_t stop, uint64_t end)
{
	for (int level = 2; level <= 3; level++) {
		struct frame *first = find(o, level_key(o, start, level));
		struct frame *last = find(o, level_key(o, stop - 1, level));

		if (first)
			latest(&first->part_end, end);
		if (last)
			latest(&last->part_end, end);
	}
}

void oracle_remove_range(struct oracle *o, uint64_t stamp, gfn_t start, gfn_t end)
{
	uint64_t now;

	if (start >= end)
		return;
	pthread_mutex_lock(&o->lock);
	now = ++o->stamp;
	remove_frames(o, start, end, stamp, now);
	remove_parts(o, start, end, now);
	pthread_mutex_unlock(&o->lock);
}

void oracle_remove_all(struct oracle *o, uint64_t stamp, bool sure)
{
	pthread_mutex_lock(&o->lock);
	if (sure)
		latest(&o->all_begin, stamp);
	latest(&o->all_end, ++o->stamp);
	pthread_mutex_unlock(&o->lock);
}

void oracle_protect_all(struct oracle *o)
{
	pthread_mutex_lock(&o->lock);
	o->protect = ++o->stamp;
	pthread_mutex_unlock(&o->lock);
}

void oracle_maps_ahead(struct oracle *o)
{
	o->ahead = true;
}

/* --- what must be so ----------------------------------------------------------- */

enum verdict { EITHER, MAPPED, UNMAPPED };

static enum verdict judge(const struct oracle *o, const struct frame *f, gfn_t gfn)
{
	uint64_t mapped_end = f->end;
	uint64_t gone_begin = f->gone_begin > o->all_begin ? f->gone_begin : o->all_begin;
	uint64_t gone_end = f->gone_end > o->all_end ? f->gone_end : o->all_end;

	for (int level = 2; level <= 3; level++) {
		const struct frame *huge = find(o, level_key(o, gfn, level));

		if (!huge)
			continue;
		latest(&mapped_end, huge->end);
		latest(&gone_end, huge->part_end);
	}
	if (f->begin > gone_end)
		return MAPPED;
	if (!o->open && gone_begin > mapped_end)
		return UNMAPPED;
	return EITHER;
}

struct comparison {
	const struct oracle	*o;
	uint64_t		*huge;	/* level_key() of each huge leaf met, with repeats */
	size_t			 nr_huge, cap_huge;
	uint64_t		 small;
	gfn_t			 bad_gfn;
	char			 bad[160];
};

static void note_leaf(struct comparison *c, gfn_t gfn, int level)
{
	if (level == 1) {
		c->small++;
		return;
	}
	if (c->nr_huge == c->cap_huge) {
		c->cap_huge = c->cap_huge ? 2 * c->cap_huge : 64;
		c->huge = xreallocarray(c->huge, c->cap_huge, sizeof(*c->huge));
	}
	c->huge[c->nr_huge++] = level_key(c->o, gfn, level);
}

static void differ(struct comparison *c, gfn_t gfn, const char *what, uint64_t want, uint64_t spte, int level)
{
	if (c->bad[0] && c->bad_gfn < gfn)
		return;
	c->bad_gfn = gfn;
	snprintf(c->bad, sizeof(c->bad), "%s 0x%llx, the tables hold spte 0x%llx at level %d", what,
		 (unsigned long long)want, (unsigned long long)spte, level);
}

/* @pfn: of the page that it must be when it is mapped; PFN_ANY: not known. */
static void compare_frame(struct comparison *c, const struct frame *f, uint64_t spte, int level, pfn_t pfn)
{
	gfn_t gfn = (f->key - 1) & ~KEY_LEVEL(15);
	struct entry_kind entries = c->o->entries;
	bool leaf = level && entry_is_leaf(entries, spte, level);
	bool writable = f->write_begin == f->begin && f->write_begin > c->o->protect;
	enum verdict verdict = judge(c->o, f, gfn);

	if (leaf)
		note_leaf(c, gfn, level);
	if (verdict == UNMAPPED && leaf && !c->o->ahead)
		differ(c, gfn, "must be unmapped, pfn was", f->pfn, spte, level);
	else if (verdict == MAPPED && !leaf)
		differ(c, gfn, "must be mapped to pfn", pfn, spte, level);
	else if (leaf && pfn != PFN_ANY && pfn != entry_pfn(entries, spte) + (gfn & (entry_pages(entries, level) - 1)))
		differ(c, gfn, "must be mapped to pfn", pfn, spte, level);
	else if (verdict == MAPPED && writable && !entry_is_writable(entries, spte))
		differ(c, gfn, "must be writable at pfn", pfn, spte, level);
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t count_leafs(struct comparison *c)
{
	uint64_t unique = 0;

	if (c->nr_huge)
		qsort(c->huge, c->nr_huge, sizeof(*c->huge), by_u64);
	for (size_t i = 0; i < c->nr_huge; i++)
		unique += !i || c->huge[i] != c->huge[i - 1];
	return unique + c->small;
}

/* What the host has there; or, where nobody can say, what was mapped last, if that is known for sure. */
static pfn_t page_of(const struct oracle *o, const struct frame *f, oracle_host_fn host, void *arg)
{
	gfn_t gfn = (f->key - 1) & ~KEY_LEVEL(15);

	if (host)
		return host(arg, gfn);
	return judge(o, f, gfn) == MAPPED ? f->pfn : PFN_ANY;
}

int oracle_compare(struct oracle *o, oracle_peek_fn peek, oracle_host_fn host, void *arg, uint64_t *mapped,
		   struct err *e)
{
	struct comparison c = { .o = o };

	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->size; i++) {
		const struct frame *f = &o->table[i];
		int level = 0;
		uint64_t spte;

		if (f->key == KEY_FREE || (f->key - 1) >> 60 != 1 || f->open)
			continue;
		spte = peek(arg, (f->key - 1) & ~KEY_LEVEL(15), &level);
		compare_frame(&c, f, spte, level, page_of(o, f, host, arg));
	}
	*mapped = count_leafs(&c);
	pthread_mutex_unlock(&o->lock);
	free(c.huge);
	if (!c.bad[0])
		return 0;
	return err_set(e, ERR_NO, "I-M1: vm %u gfn 0x%llx: %s", o->vm, (unsigned long long)c.bad_gfn, c.bad);
}
