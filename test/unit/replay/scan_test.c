/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a first look at a recording tells: of a shadowed guest, when tasks begin, where invalidations end. */
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

/* --- beginnings and ends ----------------------------------------------------------- */

#define HVA(page)	(0x10000000ULL + ((uint64_t)(page) << 12))
#define SLOT		MADE_STIM(2, 1, MEMSLOT, .slot = { .npages = 1000, .hva = HVA(0) })
#define START(t, page)	MADE_STIM(2, t, INVALIDATE_START, .hvas = { .start = HVA(page), .end = HVA((page) + 1) })
#define END(t, page)	MADE_STIM(2, t, INVALIDATE_END, .hvas = { .start = HVA(page), .end = HVA((page) + 1) })
#define ACCESS(t, ns)	MADE_STIM(0, t, ACCESS, .access = { .gfn = 7, .attempts = 2, .guest_ns = ns, .service_ns = 3 })
#define THINK(t, ns)	MADE_STIM(0, t, THINK, .think = { .guest_ns = ns, .other_exit_ns = 1 })
#define LATE		6000000000ULL	/* a block's times go up to 4 s: it is in the next one */

static const struct file_row {
	const char	*name;
	struct made_record records[8];
	uint64_t	 first_ns, accesses, attempts;
	uint32_t	 ends[4];	/* number + 1, of ranges 1, 2 ...; 0 is the slot */
} file_rows[] = {
	{ .name = "a task begins so that its first access comes in time", .first_ns = 60, .accesses = 1, .attempts = 2,
	  .records = { ACCESS(100, 40) } },
	{ .name = "its long thinking counts, too", .first_ns = 19, .accesses = 1, .attempts = 2,
	  .records = { THINK(90, 80), ACCESS(100, 40) } },
	{ .name = "also where a block lies between", .first_ns = LATE - 81, .accesses = 1, .attempts = 2,
	  .records = { THINK(90, 80), ACCESS(LATE, 40) } },
	{ .name = "that before a later access does not", .first_ns = 60, .accesses = 2, .attempts = 4,
	  .records = { ACCESS(100, 40), THINK(200, 80), ACCESS(210, 40) } },
	{ .name = "an invalidation knows its end", .ends = { 3 },
	  .records = { SLOT, START(10, 5), END(20, 5) } },
	{ .name = "one without has none, and an end without a start ends nothing", .ends = { 0 },
	  .records = { SLOT, START(10, 5), END(20, 6) } },
	{ .name = "ends come in any order", .ends = { 4, 5 },
	  .records = { SLOT, START(10, 5), START(11, 8), END(20, 5), END(21, 8) } },
	{ .name = "over the same pages the last begun ends first", .ends = { 5, 4 },
	  .records = { SLOT, START(10, 5), START(11, 5), END(20, 5), END(21, 5) } },
};

static void check_file(const void *arg)
{
	const struct file_row *row = arg;
	struct made m = { .file = NULL };
	struct scan scan;
	struct err e = { 0 };

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	assert_int_equal(scan_file(m.file, &scan, &e), 0);
	assert_int_equal(scan.tasks[0].first_ns, row->first_ns);
	assert_int_equal(scan.tasks[0].stimuli, ev_task_count(m.file, 0, EV_STIMULUS));
	assert_int_equal(scan.kinds[EV_ACCESS], row->accesses);
	assert_int_equal(scan.vms[0].accesses, row->accesses);
	assert_int_equal(scan.attempts, row->attempts);
	assert_int_equal(scan.vms[0].access_end, row->accesses ? 8 : 0);
	for (size_t i = 1; i < scan.nr_ranges; i++) {
		assert_int_equal(scan.ranges[i].end_number, row->ends[i - 1]);
		assert_int_equal(scan.ranges[i].end_ns, row->ends[i - 1] ? row->records[row->ends[i - 1] - 1].t_ns : 0);
	}
	scan_fini(&scan);
	made_close(&m);
}

int main(void)
{
	int failed = table_run("shadow paging at a first look", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return failed | table_run("beginnings and ends", file_rows, ARRAY_SIZE(file_rows), sizeof(file_rows[0]), check_file);
}
