// SPDX-License-Identifier: GPL-2.0-or-later
/* Syndromes of aborts, as recordings have them. */
#include "kvm/syndrome.h"

#include "test/table.h"

#define DATA_ABORT		(0x24ULL << 26)
#define INSTRUCTION_ABORT	(0x20ULL << 26)
#define WRITE			BIT_ULL(6)
#define GUESTS_WALK		BIT_ULL(7)

static const struct {
	const char	*name;
	uint64_t	 esr;
	struct syndrome	 want;
} cases[] = {
	{ "a read, no translation at level 3", DATA_ABORT | 0x07, { ABORT_TRANSLATION, 3 } },
	{ "a write, none at level 1", DATA_ABORT | WRITE | 0x05, { ABORT_TRANSLATION, 1, .write = true } },
	{ "a read of an old page", DATA_ABORT | 0x0b, { ABORT_ACCESS, 3 } },
	{ "a write to a block that is not writable", DATA_ABORT | WRITE | 0x0e, { ABORT_PERMISSION, 2, .write = true } },
	{ "an instruction, no translation", INSTRUCTION_ABORT | 0x07, { ABORT_TRANSLATION, 3, .exec = true } },
	{ "an instruction on a page that is not executable", INSTRUCTION_ABORT | 0x0f, { ABORT_PERMISSION, 3, .exec = true } },
	{ "the guest's own walk reads", DATA_ABORT | GUESTS_WALK | WRITE | 0x07, { ABORT_TRANSLATION, 3 } },
	{ "the guest's own walk sets a flag", DATA_ABORT | GUESTS_WALK | 0x0f, { ABORT_PERMISSION, 3, .write = true } },
	{ "its walk for an instruction does neither", INSTRUCTION_ABORT | GUESTS_WALK | 0x07, { ABORT_TRANSLATION, 3 } },
};

static void check(const void *arg)
{
	const typeof(cases[0]) *row = arg;
	struct syndrome got = syndrome_recorded(row->esr);

	assert_int_equal(got.kind, row->want.kind);
	assert_int_equal(got.level, row->want.level);
	assert_int_equal(got.write, row->want.write);
	assert_int_equal(got.exec, row->want.exec);
}

int main(void)
{
	return table_run("syndromes", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
