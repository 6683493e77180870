/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a first look at a recording of shadow paging tells of its guest. */
#include "replay/scan.h"

#include "test/table.h"
#include "test/unit/replay/made.h"

#define KERNEL	0xffff888000000000ULL
#define USER	4		/* PFERR_USER */

/* One access: a WALK and its ACCESS. */
struct access {
	uint64_t gva, gfn;
	uint32_t pferr;
	bool	 writes, walked;
};

static const struct {
	const char	*name;
	struct access	 access[12];
	size_t		 nr;
	uint8_t		 gpte_bytes;	/* of one GPTE before them; 0: none */
	bool		 want_known, want_small;
	uint64_t	 want_offset;
} rows[] = {
	{ .name = "nobody writes", .access = { { KERNEL + 0x1000, 1, 0, false, true } }, .nr = 1 },
	{ .name = "writes whose walk is not known say nothing", .access = { { KERNEL + 0x1000, 1, 0, true, false } }, .nr = 1 },
	{ .name = "a process's writes say nothing", .access = { { 0x40000010, 1, USER, true, true } }, .nr = 1 },
	{ .name = "the kernel's do", .access = { { KERNEL + 0x1010, 1, 0, true, true } }, .nr = 1, .want_known = true,
	  .want_offset = KERNEL },
	{ .name = "what most of them say counts", .nr = 12, .want_known = true, .want_offset = KERNEL,
	  .access = { { 0x10000, 3, 0, true, true }, { 0x20000, 4, 0, true, true }, { 0x31000, 9, 0, true, true },
		      { 0x52000, 11, 0, true, true }, { KERNEL + 0x5000, 5, 0, true, true },
		      { KERNEL + 0x6000, 6, 0, true, true }, { 0x70000, 3, 0, true, true }, { 0x90000, 4, 0, true, true },
		      { 0xa0000, 3, 0, true, true }, { 0xb0000, 4, 0, true, true }, { 0xc0000, 3, 0, true, true },
		      { KERNEL + 0x7000, 7, 0, true, true } } },
	{ .name = "physical addresses will do", .access = { { 0x5008, 5, 0, true, true } }, .nr = 1, .want_known = true },
	{ .name = "small entries are noted", .gpte_bytes = 4, .want_small = true },
	{ .name = "and large ones are not small", .gpte_bytes = 8 },
};

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	struct made_record v[2 * ARRAY_SIZE(rows->access) + 1];
	struct made m = { .file = NULL };
	struct scan scan;
	struct err e = { 0 };
	size_t nr = 0;

	if (row->gpte_bytes)
		v[nr++] = (struct made_record)MADE_STIM(0, 1, GPTE, .gpte = { .gfn = 1, .bytes = row->gpte_bytes });
	for (size_t i = 0; i < row->nr; i++) {
		const struct access *a = &row->access[i];

		if (a->walked)
			v[nr++] = (struct made_record)MADE_STIM(0, 10 * i + 10, WALK,
								.walk = { .gva = a->gva, .mapped = 1, .pferr = a->pferr });
		v[nr++] = (struct made_record)MADE_STIM(0, 10 * i + 11, ACCESS, .flags = a->writes ? EV_F_W : EV_F_R,
							.access = { .gfn = a->gfn, .attempts = 1 });
	}
	made_open(&m, KVM_6_12, v, nr);
	assert_int_equal(scan_file(m.file, &scan, &e), 0);
	assert_int_equal(scan.vms[0].kernel_offset_known, row->want_known);
	assert_int_equal(scan.vms[0].kernel_offset, row->want_offset);
	assert_int_equal(scan.vms[0].small_gptes, row->want_small);
	scan_fini(&scan);
	made_close(&m);
}

int main(void)
{
	return table_run("shadow paging at a first look", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
