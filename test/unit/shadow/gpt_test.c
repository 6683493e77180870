/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest page tables as told: reads, writes of any size and place, and several tasks at once. */
#include "engine/x86/shadow/gpt.h"

#include "test/unit/x86/lab.h"

struct op {
	enum { END, WRITE, READ } what;
	gfn_t		table;
	unsigned int	offset, bytes;		/* READ: bytes are the width */
	uint64_t	value;			/* written, or wanted */
	enum gpt_width	width;			/* WRITE: of the table's entries */
};

#define W8(t, at, v)		{ WRITE, t, at, 8, v, GPT_8_BYTES }
#define W(t, at, n, v, w)	{ WRITE, t, at, n, v, w }
#define R8(t, at, v)		{ READ, t, at, 8, v, GPT_8_BYTES }
#define R4(t, at, v)		{ READ, t, at, 4, v, GPT_4_BYTES }

static const struct {
	const char	*name;
	struct op	 ops[8];
} rows[] = {
	{ "what nobody told is 0", { R8(5, 0, 0), R8(5, 4088, 0), R4(5, 4092, 0) } },
	{ "an entry reads as written, its neighbours as nothing",
	  { W8(5, 16, 0x1027), R8(5, 16, 0x1027), R8(5, 8, 0), R8(5, 24, 0), R8(4, 16, 0), R8(6, 16, 0) } },
	{ "the last of several writes counts", { W8(5, 16, 0x1027), W8(5, 16, 0x2027), R8(5, 16, 0x2027) } },
	{ "frames of 40 bits do not meet", { W8(0xffffffffffULL, 0, 1), R8(0xffffffffULL, 0, 0), R8(0xffffffffffULL, 0, 1) } },
	{ "entries of 4 bytes are 1024",
	  { W(5, 4, 4, 0xaaaa, GPT_4_BYTES), W(5, 4092, 4, 0xbbbb, GPT_4_BYTES), R4(5, 0, 0), R4(5, 4, 0xaaaa),
	    R4(5, 8, 0), R4(5, 4092, 0xbbbb) } },
	{ "eight bytes over entries of 4 write both",
	  { W(5, 8, 8, 0x1111111122222222ULL, GPT_4_BYTES), R4(5, 8, 0x22222222), R4(5, 12, 0x11111111) } },
	{ "one byte leaves the rest of its entry",
	  { W8(5, 8, 0x1122334455667788ULL), W(5, 11, 1, 0xffee, GPT_8_BYTES), R8(5, 8, 0x11223344ee667788ULL) } },
	{ "the upper half of an entry", { W8(5, 8, 0x1027), W(5, 12, 4, 0x80000000, GPT_8_BYTES), R8(5, 8, 0x8000000000001027ULL) } },
	{ "a write across two entries",
	  { W8(5, 8, ~0ULL), W8(5, 16, ~0ULL), W(5, 12, 8, 0, GPT_8_BYTES), R8(5, 8, 0xffffffff), R8(5, 16, 0xffffffff00000000ULL) } },
	{ "a write past the frame's end stops there",
	  { W(5, 4092, 8, 0x1111111122222222ULL, GPT_8_BYTES), R8(5, 4088, 0x2222222200000000ULL), R8(6, 0, 0) } },
};

static void check(const void *vrow)
{
	const struct op *op = ((const typeof(rows[0]) *)vrow)->ops;
	struct gpt *g = gpt_new();

	for (; op->what != END; op++) {
		if (op->what == WRITE)
			gpt_write(g, op->table, op->offset, op->value, op->bytes, op->width);
		else
			assert_int_equal(gpt_read(g, op->table, op->offset, op->width), op->value);
	}
	gpt_free(g);
}

#define TASKS	4
#define TABLES	32

struct writer {
	struct gpt	*g;
	unsigned int	 task;
};

/* All tasks write in the same lines, each its own entries. */
static void write_own(void *arg)
{
	struct writer *w = arg;

	for (gfn_t table = 0; table < TABLES; table++)
		for (unsigned int i = w->task; i < 512; i += TASKS) {
			rt_set(gpt_entry(w->g, table, i * 8, GPT_8_BYTES), table << 12 | i);
			rt_charge(COST_GPTE_READ, 1);
		}
}

static void check_together(void **state)
{
	struct lab l;
	struct gpt *g = gpt_new();
	struct writer writers[TASKS];
	void *args[TASKS];

	(void)state;
	lab_init(&l);
	l.rt.grain = RT_GRAIN_ACCESS;
	for (unsigned int i = 0; i < TASKS; i++) {
		writers[i] = (struct writer){ g, i };
		args[i] = &writers[i];
	}
	lab_run(&l, TASKS, 0, write_own, args);
	for (gfn_t table = 0; table < TABLES; table++)
		for (unsigned int i = 0; i < 512; i++)
			assert_int_equal(gpt_read(g, table, i * 8, GPT_8_BYTES), table << 12 | i);
	assert_true(gpt_bytes(g) >= TABLES * 512 * 8);
	gpt_free(g);
}

int main(void)
{
	const struct CMUnitTest together[] = { cmocka_unit_test(check_together) };

	return table_run("guest page tables", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       cmocka_run_group_tests_name("several tasks", together, NULL, NULL);
}
