/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole replays of a small guest whose page tables are shadowed.  Its tables, which user space made: root 1, and another
 * root 6 that shares all below; 2, 3, then 4 with an entry for each of the first pages, which leads to frame
 * PAGES + its number.  The kernel has all memory at KERNEL, by a page of 1 GiB.  Real threads may be as late as they like:
 * between two vCPUs rows say only what holds in any order.
 */
#include <stdio.h>
#include <unistd.h>

#include "event/writer.h"
#include "replay/drive/drive.h"
#include "test/unit/drive/metrics.h"

#define VCPUS	2
#define HOST	VCPUS
#define PAGES	0x100
#define MAPPED	32
#define KERNEL	(1ULL << 39)
#define SLOT	0x10000
#define PML4	1
#define PT	4
#define OTHER	6
#define GPTE(frame, bits) ((uint64_t)(frame) << 12 | (bits))

enum what {
	STOP,
	READ,		/* pages [a, b) of the guest, by their addresses */
	WRITE,		/* frames [a, b), by the kernel */
	SET,		/* entry a of PT leads to frame b */
	EMULATED,	/* the same by KVM's emulator */
	WRITE_EACH,	/* the first frame of each of a tables that map it */
	FLUSH, INVLPG, CR3, ZAP, ZAP_END, LIMIT
};

struct line {
	enum what	what;
	uint32_t	task;
	uint64_t	at_us;
	uint64_t	a, b;
};

static const struct {
	const char	*name;
	unsigned int	 clones;
	bool		 rmaps;		/* two-dimensional paging, but no TDP MMU */
	bool		 small;		/* entries of 4 bytes */
	const char	*policy;	/* assignments */
	const char	*fails;
	struct line	 lines[12];
	struct metric	 want[8];
} rows[] = {
	{ .name = "a page is mapped where the guest has it", .lines = { { READ, 0, 10, 0, 1 } },
	  .want = { IS("pages", 1), IS("faults", 1), IS("accesses", 1), IS("guest_faults", 0), IS("retries", 0) } },
	{ .name = "and found again", .lines = { { READ, 0, 10, 0, 1 }, { READ, 0, 20, 0, 1 } },
	  .want = { IS("pages", 1), IS("faults", 1), IS("avoided", 1) } },
	{ .name = "by another vCPU, too", .lines = { { READ, 0, 10, 0, 1 }, { READ, 1, 9000, 0, 1 } },
	  .want = { IS("pages", 1), { "avoided", RT_IS_VIRTUAL, 1 } } },
	{ .name = "where it has none the guest is told", .lines = { { READ, 0, 10, MAPPED, MAPPED + 1 } },
	  .want = { IS("pages", 0), IS("faults", 1), IS("guest_faults", 1), IS("retries", 0) } },
	{ .name = "a table goes unsync when the guest begins to write there",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { READ, 0, 30, 1, 2 } },
	  .want = { IS("unsynced", 1), IS("pt_faults", 0), IS("pt_writes", 0) } },
	{ .name = "but not where that is not allowed", .policy = "unsync.allowed=no",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { READ, 0, 30, 1, 2 } },
	  .want = { IS("unsynced", 0), IS("pt_faults", 0), IS("pt_writes", 1) } },
	{ .name = "nor further up", .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PML4, PML4 + 1 } },
	  .want = { IS("unsynced", 0) } },
	{ .name = "a flush syncs it",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { FLUSH, 0, 30 }, { READ, 0, 40, 0, 1 } },
	  .want = { IS("unsynced", 1), IS("synced", 1), IS("guest_faults", 0) } },
	{ .name = "after that a silent write costs a fault",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { FLUSH, 0, 30 }, { SET, 0, 40, 1, PAGES + 2 }, { READ, 0, 50, 1, 2 } },
	  .want = { IS("unsynced", 2), IS("synced", 1), IS("pt_faults", 1), IS("pt_writes", 0) } },
	{ .name = "an emulated write is the guest's own where nothing protects the table",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { EMULATED, 0, 21, 0, PAGES + 1 },
		     { READ, 0, 30, 1, 2 } },
	  .want = { IS("unsynced", 1), IS("pt_writes", 0) } },
	{ .name = "another root that leads to an unsync table syncs it first",
	  .lines = { { READ, 0, 10, 0, 4 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { CR3, 1, 5000, OTHER }, { READ, 1, 5001, 1, 2 } },
	  .want = { IS("unsynced", 1), { "synced", RT_IS_VIRTUAL, 1 }, IS("retry_sync", 0) } },
	{ .name = "an address whose translation is dropped is looked up again",
	  .lines = { { READ, 0, 10, 0, 1 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 },
		     { INVLPG, 0, 30, 0 }, { READ, 0, 40, 0, 1 } },
	  .want = { IS("unsynced", 1), IS("synced", 0) } },
	{ .name = "what the host takes back is faulted in again",
	  .lines = { { READ, 0, 10, 0, 4 }, { ZAP, HOST, 3000, PAGES, PAGES + 2 }, { ZAP_END, HOST, 3001, PAGES, PAGES + 2 },
		     { READ, 0, 9000, 0, 4 } },
	  .want = { IS("pages", 4), { "faults", 6, 1 << 30 }, IS("avoided", 2) } },
	{ .name = "copies have tables of their own", .clones = 3,
	  .lines = { { READ, 0, 10, 0, 4 }, { WRITE, 0, 20, PT, PT + 1 }, { SET, 0, 21, 0, PAGES + 1 }, { FLUSH, 0, 30 } },
	  .want = { IS("unsynced", 3), IS("synced", 3), IS("guest_faults", 0) } },
	{ .name = "small entries do not lead that far", .clones = 5, .small = true, .fails = "entries of 4 bytes",
	  .lines = { { READ, 0, 10, 0, 1 } } },
	{ .name = "without the TDP MMU pages are mapped by frame", .rmaps = true,
	  .lines = { { WRITE, 0, 10, 8, 20 }, { ZAP, HOST, 3000, 8, 10 }, { ZAP_END, HOST, 3001, 8, 10 },
		     { WRITE, 0, 9000, 8, 20 } },
	  .want = { IS("pages", 12), { "faults", 14, 1 << 30 }, IS("avoided", 10), IS("shadow_recycled", 0) } },
	{ .name = "with too few shadow pages they are recycled", .rmaps = true,
	  .lines = { { LIMIT, HOST, 1, 64 }, { WRITE_EACH, 0, 10, 100 } },
	  .want = { { "shadow_recycled", RT_IS_VIRTUAL ? 40 : 1, 80 }, { "pages", 40, RT_IS_VIRTUAL ? 60 : 99 } } },
	{ .name = "copies have as many pages each", .rmaps = true, .clones = 2,
	  .lines = { { LIMIT, HOST, 1, 64 }, { WRITE_EACH, 0, 10, 50 } },
	  .want = { IS("shadow_recycled", 0), IS("pages", 100) } },
};

static void put(struct ev_writer *w, const struct line *l, const struct ev *ev)
{
	assert_int_equal(ev_write(w, l->task, l->at_us * 1000, ev), 0);
}

static void put_gpte(struct ev_writer *w, const struct line *l, gfn_t table, uint64_t index, uint64_t value,
		     enum ev_kind kind)
{
	struct ev ev = { .kind = kind, .gpte = { .gfn = table, .offset = index * 8, .bytes = 8, .value = value } };

	put(w, l, &ev);
}

static void put_tables(struct ev_writer *w, bool small)
{
	const struct line l = { .task = HOST };
	const struct { gfn_t table; uint64_t index, value; } entries[] = {
		{ PML4, 0, GPTE(2, 0x27) }, { OTHER, 0, GPTE(2, 0x27) }, { 2, 0, GPTE(3, 0x27) }, { 3, 0, GPTE(PT, 0x27) },
		{ PML4, 1, GPTE(5, 0x23) }, { OTHER, 1, GPTE(5, 0x23) }, { 5, 0, GPTE(0, 0xe3) },
	};
	struct ev ev = { .kind = EV_GPTE, .gpte = { .gfn = 7, .bytes = 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		put_gpte(w, &l, entries[i].table, entries[i].index, entries[i].value, EV_GPTE);
	for (uint64_t i = 0; i < MAPPED; i++)
		put_gpte(w, &l, PT, i, GPTE(PAGES + i, 0x67), EV_GPTE);
	if (small)
		put(w, &l, &ev);
	ev = (struct ev){ .kind = EV_MEMSLOT, .slot = { .change = EV_SLOT_CREATE, .npages = SLOT, .hva = 1ULL << 44 } };
	put(w, &l, &ev);
}

static void put_access(struct ev_writer *w, const struct line *l, uint64_t page, gfn_t root, bool rmaps)
{
	bool writes = l->what != READ;
	struct ev walk = { .kind = EV_WALK, .walk = { .gva = writes ? KERNEL + (page << 12) : page << 12, .root = root,
						      .known = 1, .mapped = 1, .levels = 4,
						      .pferr = writes ? 2 : 4 } };
	struct ev ev = { .kind = EV_ACCESS, .flags = (uint8_t)(EV_F_PFN | EV_F_HOSTWR | (writes ? EV_F_W : EV_F_R)),
			 .access = { .gfn = writes ? page : PAGES + page, .level = 1, .attempts = 1, .guest_ns = 1000 } };

	if (!rmaps)
		put(w, l, &walk);
	put(w, l, &ev);
}

static void put_line(struct ev_writer *w, const struct line *l, gfn_t *root, bool rmaps)
{
	struct ev ev = { .kind = EV_SYNC_ROOTS };

	switch (l->what) {
	case READ:
	case WRITE:
		for (uint64_t page = l->a; page < l->b; page++)
			put_access(w, l, page, *root, rmaps);
		return;
	case WRITE_EACH:
		for (uint64_t table = 0; table < l->a; table++)
			put_access(w, l, table * 512, *root, rmaps);
		return;
	case SET:
	case EMULATED:
		put_gpte(w, l, PT, l->a, GPTE(l->b, 0x67), l->what == SET ? EV_GPTE : EV_PT_WRITE);
		return;
	case INVLPG:
		ev = (struct ev){ .kind = EV_INVLPG, .walk = { .gva = l->a << 12 } };
		break;
	case CR3:
		*root = l->a;
		ev = (struct ev){ .kind = EV_CR3, .walk = { .root = l->a, .known = 1, .levels = 4 } };
		break;
	case ZAP:
	case ZAP_END:
		ev = (struct ev){ .kind = l->what == ZAP ? EV_INVALIDATE_START : EV_INVALIDATE_END,
				  .hvas = { .start = (1ULL << 44) + (l->a << 12), .end = (1ULL << 44) + (l->b << 12) } };
		break;
	case LIMIT:
		ev = (struct ev){ .kind = EV_PAGE_LIMIT, .gfns = { .count = l->a } };
		break;
	default:
		break;
	}
	put(w, l, &ev);
}

static void fill_meta(struct ev_meta *meta, bool rmaps)
{
	ev_meta_init(meta);
	meta->release = KVM_6_12;
	meta->shadow = !rmaps;
	meta->page_shift = 12;
	meta->nr_cpus = VCPUS + 1;
	meta->has_ends = true;
	ev_meta_add_vm(meta);
	for (uint32_t i = 0; i <= HOST; i++) {
		ev_meta_add_task(meta, 100 + i, "task");
		meta->tasks[i].vm = i < VCPUS ? 0 : -1;
		meta->tasks[i].vcpu = i < VCPUS ? (int32_t)i : -1;
	}
}

/* The file is gone from its folder at once. */
static struct ev_file *file_of(const struct line *lines, bool rmaps, bool small)
{
	char path[] = "/tmp/shadow_test_XXXXXX";
	gfn_t root[VCPUS + 1] = { PML4, PML4, PML4 };
	struct ev_meta meta;
	struct ev_writer *w;
	struct ev_file *f;
	struct err e;

	close(mkstemp(path));
	fill_meta(&meta, rmaps);
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	put_tables(w, small);
	for (; lines->what != STOP; lines++)
		put_line(w, lines, &root[lines->task], rmaps);
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
	assert_int_equal(ev_open(path, 0, &f, &e), 0);
	unlink(path);
	return f;
}

static int replay(struct ev_file *file, unsigned int clones, const char *assignment, struct result *result, struct err *e)
{
	struct policy policy;
	struct costs costs;
	struct plan *plan;
	struct scan scan;
	struct drive_job job = { .file = file, .scan = &scan, .policy = &policy, .costs = &costs, .check = true,
				 .clones = clones ? clones : 1, .seed = 7 };
	int rc;

	policy_defaults(&policy);
	if (assignment)
		assert_int_equal(policy_set(&policy, assignment, KVM_X86, e), 0);
	costs_defaults(&costs);
	host_model_defaults(&job.host);
	assert_int_equal(scan_file(file, &scan, e), 0);
	assert_int_equal(plan_make(file, &scan, &plan, e), 0);
	job.plan = plan;
	result_init(result);
	rc = RT_ENTRY(drive)(&job, result, e);
	plan_free(plan);
	scan_fini(&scan);
	return rc;
}

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	struct ev_file *file = file_of(row->lines, row->rmaps, row->small);
	struct result result;
	struct err e = { 0 };
	int rc = replay(file, row->clones, row->policy, &result, &e);

	if (!rc != !row->fails || (rc && !strstr(e.text, row->fails)))
		fail_msg("%d: %s", rc, e.text);
	assert_metrics(&result, row->want);
	result_fini(&result);
	ev_close(file);
}

int main(void)
{
	return table_run("shadow paging", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
