/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_GPT_H
#define ENGINE_X86_SHADOW_GPT_H

/*
 * The guest's page tables, as far as anybody told: entries by table frame and byte offset.  What nobody told is 0,
 * not present.
 *
 * - Kept by lines of GPT_LINE entries, aligned as KVM prefetches them, so that a table with few entries takes little.
 * - Entries are 8 bytes wide, or 4 (32-bit paging without PAE).  A frame used both ways has its entries twice.
 * - Several tasks read and write at once; what was told stays until gpt_free().  Reading never hands over.
 */
#include "base/types.h"
#include "engine/rt/rt.h"

#define GPT_LINE 32	/* entries; what finds a line takes 1 byte for each of them */

enum gpt_width { GPT_4_BYTES = 4, GPT_8_BYTES = 8 };

struct gpt;

struct gpt *gpt_new(void);
void gpt_free(struct gpt *g);	/* NULL is fine; nobody uses it any more */
/* Bytes of memory it takes. */
uint64_t gpt_bytes(const struct gpt *g);

/* The word of an entry, made if need be; @offset is a multiple of the width below 4096. */
rt_u64 *gpt_entry(struct gpt *g, gfn_t table, unsigned int offset, enum gpt_width width);
/* The same, or NULL when nobody told any entry of its line. */
const rt_u64 *gpt_find(const struct gpt *g, gfn_t table, unsigned int offset, enum gpt_width width);

static inline uint64_t gpt_read(const struct gpt *g, gfn_t table, unsigned int offset, enum gpt_width width)
{
	const rt_u64 *word = gpt_find(g, table, offset, width);

	return word ? rt_peek(word) : 0;
}

/*
 * @bytes (1 .. 8) of @value are written at any @offset, as far as they lie in the frame: entries they touch in part
 * keep their other bytes.
 */
void gpt_write(struct gpt *g, gfn_t table, unsigned int offset, uint64_t value, unsigned int bytes,
	       enum gpt_width width);

#endif
