/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of a stimulus: what of it moves, and how far. */
#include "replay/drive/clone.h"

#include "test/table.h"

#define STRIDE	(1ULL << 18)		/* frames: 1 GiB */
#define END	0x30000			/* of the recorded memory */
#define FRAME(n) ((uint64_t)(n) << 12)

#define GPTE(g, off, val, size)	{ .kind = EV_GPTE, .gpte = { .gfn = g, .offset = off, .value = val, .bytes = size } }
#define PT_WRITE(g, off, val, size) { .kind = EV_PT_WRITE, .gpte = { .gfn = g, .offset = off, .value = val, .bytes = size } }
#define WALK(k, va, top, is)	{ .kind = EV_##k, .walk = { .gva = va, .root = top, .known = is } }

static const struct {
	const char	*name;
	unsigned int	 copy;
	struct ev	 from, want;
} rows[] = {
	{ "the recorded copy stays", 0, GPTE(5, 8, FRAME(7) | 3, 8), GPTE(5, 8, FRAME(7) | 3, 8) },
	{ "an entry moves with its table and its frame", 2, GPTE(5, 8, FRAME(7) | 3, 8),
	  GPTE(5 + 2 * STRIDE, 8, FRAME(7 + 2 * STRIDE) | 3, 8) },
	{ "bits above the frame stay", 1, GPTE(5, 8, 1ULL << 63 | FRAME(7) | 3, 8),
	  GPTE(5 + STRIDE, 8, 1ULL << 63 | FRAME(7 + STRIDE) | 3, 8) },
	{ "what is not present may be anything", 1, GPTE(5, 8, FRAME(7) | 2, 8), GPTE(5 + STRIDE, 8, FRAME(7) | 2, 8) },
	{ "an entry of MMIO leads there still", 1, GPTE(5, 8, FRAME(0xfee00) | 3, 8),
	  GPTE(5 + STRIDE, 8, FRAME(0xfee00) | 3, 8) },
	{ "an emulated write of an entry moves it", 1, PT_WRITE(5, 16, FRAME(9) | 1, 8),
	  PT_WRITE(5 + STRIDE, 16, FRAME(9 + STRIDE) | 1, 8) },
	{ "one of a part of it does not", 1, PT_WRITE(5, 16, 0x9001, 2), PT_WRITE(5 + STRIDE, 16, 0x9001, 2) },
	{ "nor one across two", 1, PT_WRITE(5, 12, FRAME(9) | 1, 8), PT_WRITE(5 + STRIDE, 12, FRAME(9) | 1, 8) },
	{ "a root moves, the address walked stays", 3, WALK(WALK, 0x7f0000001000, 4, 1),
	  WALK(WALK, 0x7f0000001000, 4 + 3 * STRIDE, 1) },
	{ "a root that is not known stays unknown", 3, WALK(WALK, 0x1000, 0, 0), WALK(WALK, 0x1000, 0, 0) },
	{ "what the guest loads moves", 1, WALK(CR3, 0, 4, 1), WALK(CR3, 0, 4 + STRIDE, 1) },
	{ "an address whose translation is dropped stays", 1, WALK(INVLPG, 0x5000, 0, 0), WALK(INVLPG, 0x5000, 0, 0) },
};

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	const struct clone_vm c = { .gfns = STRIDE, .bytes = STRIDE << 12, .slot_ids = 1, .vcpus = 2, .moved_end = END };
	struct ev ev = row->from;

	clone_move(&c, row->copy, &ev);
	assert_memory_equal(&ev, &row->want, sizeof(ev));
}

int main(void)
{
	return table_run("copies of stimuli", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
