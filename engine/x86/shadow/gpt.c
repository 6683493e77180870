/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of guest page-table entries in a hash by guest physical address; lines are only added. */
#include "engine/x86/shadow/gpt.h"

#include <stdlib.h>

#include "base/alloc.h"

#define BUCKETS_SHIFT	18	/* two lines each for 64 GiB of 4 KiB pages; memory comes as they are used */
#define BUCKETS		(1u << BUCKETS_SHIFT)
#define FRAME_BYTES	4096u

struct line {
	struct line	*next;	/* never changes once the line can be found */
	uint64_t	 key;
	rt_u64		 entry[GPT_LINE];
};

struct gpt {
	rt_u64		 head[BUCKETS];	/* struct line * */
	uint64_t	 lines;
};

struct gpt *gpt_new(void)
{
	return xcalloc(1, sizeof(struct gpt));	/* heads of 0 are empty; memory comes when they are used */
}

static struct line *first(const struct gpt *g, unsigned int bucket)
{
	return (struct line *)(uintptr_t)rt_peek(&g->head[bucket]);
}

void gpt_free(struct gpt *g)
{
	if (!g)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++) {
		struct line *l = first(g, i);

		while (l) {
			struct line *next = l->next;

			free(l);
			l = next;
		}
	}
	free(g);
}

uint64_t gpt_bytes(const struct gpt *g)
{
	return sizeof(*g) + g->lines * sizeof(struct line);
}

/* Guest physical address of the line's first entry, and the width in bits that are 0 in it. */
static uint64_t line_key(gfn_t table, unsigned int offset, enum gpt_width width)
{
	return (table << 12 | (offset & ~(GPT_LINE * (unsigned int)width - 1))) | width;
}

static unsigned int bucket_of(uint64_t key)
{
	return (unsigned int)(key * 0x9e3779b97f4a7c15ULL >> (64 - BUCKETS_SHIFT));
}

static struct line *look_up(struct line *l, uint64_t key)
{
	while (l && l->key != key)
		l = l->next;
	return l;
}

static unsigned int index_in_line(unsigned int offset, enum gpt_width width)
{
	return offset / width % GPT_LINE;
}

const rt_u64 *gpt_find(const struct gpt *g, gfn_t table, unsigned int offset, enum gpt_width width)
{
	uint64_t key = line_key(table, offset, width);
	struct line *l = look_up(first(g, bucket_of(key)), key);

	return l ? &l->entry[index_in_line(offset, width)] : NULL;
}

static struct line *line_new(uint64_t key)
{
	struct line *l = xcalloc(1, sizeof(*l));

	l->key = key;
	for (unsigned int i = 0; i < GPT_LINE; i++)
		rt_word_init(&l->entry[i], 0);
	return l;
}

/* Somebody else may be adding the same line. */
static struct line *line_add(struct gpt *g, uint64_t key)
{
	rt_u64 *head = &g->head[bucket_of(key)];
	struct line *fresh = line_new(key), *there;
	uint64_t seen = rt_peek(head);

	do {
		fresh->next = (struct line *)(uintptr_t)seen;
		there = look_up(fresh->next, key);
		if (there) {
			free(fresh);
			return there;
		}
	} while (!rt_cas(head, &seen, (uintptr_t)fresh));
	rt_count(&g->lines, 1);
	return fresh;
}

rt_u64 *gpt_entry(struct gpt *g, gfn_t table, unsigned int offset, enum gpt_width width)
{
	uint64_t key = line_key(table, offset, width);
	struct line *l = look_up(first(g, bucket_of(key)), key);

	if (!l)
		l = line_add(g, key);
	return &l->entry[index_in_line(offset, width)];
}

/* The bytes [@from, @to) of an entry become those of @bits. */
static void write_part(rt_u64 *word, unsigned int from, unsigned int to, uint64_t bits)
{
	uint64_t mask = (to == 8 ? 0 : BIT_ULL(8 * to)) - BIT_ULL(8 * from), seen = rt_peek(word);

	while (!rt_cas(word, &seen, (seen & ~mask) | (bits & mask)))
		;
}

void gpt_write(struct gpt *g, gfn_t table, unsigned int offset, uint64_t value, unsigned int bytes,
	       enum gpt_width width)
{
	unsigned int end = offset + bytes;

	if (end > FRAME_BYTES)
		end = FRAME_BYTES;
	for (unsigned int at = offset & ~(width - 1u); at < end; at += width) {
		unsigned int from = offset > at ? offset - at : 0, to = end - at < width ? end - at : width;
		uint64_t bits = at >= offset ? value >> (8 * (at - offset)) : value << (8 * from);
		rt_u64 *word = gpt_entry(g, table, at, width);

		if (to - from == width)
			rt_set(word, width == GPT_4_BYTES ? (uint32_t)bits : bits);
		else
			write_part(word, from, to, bits);
	}
}
