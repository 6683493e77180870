/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which traces are refused, for lack of what, and what assuming it does. */
#include "replay/facts.h"

#include "test/table.h"

static const struct {
	const char	*name;
	bool		 shadow, guest_tables, no_ends, closed, sources, entries;
	uint64_t	 sets, accesses, invalidations, notifiers, slot_changes;
	const char	*assume;	/* a fact, or NULL */
	const char	*lacks;		/* NULL: may be replayed */
} rows[] = {
	{ .name = "everything is there", .closed = true, .sources = true, .entries = true, .accesses = 5,
	  .invalidations = 2, .notifiers = 4, .slot_changes = 1 },
	{ .name = "which MMU it was nobody says", .shadow = true, .sources = true, .lacks = "tdp-mmu" },
	{ .name = "unless assumed", .shadow = true, .sources = true, .assume = "tdp-mmu" },
	{ .name = "an entry that was set says it", .shadow = true, .sources = true, .sets = 1 },
	{ .name = "a file made on purpose needs no records", .shadow = true },
	{ .name = "shadow paging without the guest's tables", .shadow = true, .guest_tables = true,
	  .lacks = "guest-tables (needed by shadow paging" },
	{ .name = "invalidations without ends", .no_ends = true, .invalidations = 1, .notifiers = 1,
	  .slot_changes = 1, .lacks = "invalidate-end (needed by fault.retry_key" },
	{ .name = "no ends, but nothing that would end", .no_ends = true, .accesses = 3 },
	{ .name = "assumed ends", .no_ends = true, .invalidations = 1, .notifiers = 1, .slot_changes = 1,
	  .assume = "invalidate-end" },
	{ .name = "notifiers without memslots", .notifiers = 1, .lacks = "slots (needed by notifiers" },
	{ .name = "accesses need no memslots", .accesses = 10 },
	{ .name = "assuming one fact leaves the other", .no_ends = true, .invalidations = 1, .notifiers = 1,
	  .assume = "slots", .lacks = "--assume invalidate-end" },
	{ .name = "closed pacing without entries", .closed = true, .sources = true, .accesses = 1,
	  .lacks = "guest-time" },
	{ .name = "open pacing does not need them", .sources = true, .accesses = 1 },
	{ .name = "a file that names no sources was made on purpose", .closed = true, .accesses = 1 },
};

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct scan_vm vm = { .notifiers = r->notifiers, .slot_changes = r->slot_changes };
	struct scan scan = { .vms = &vm, .nr_vms = 1 };
	struct facts facts = { { false } };
	struct ev_meta meta;
	struct err e = { 0 };
	int rc;

	scan.kinds[EV_ACCESS] = r->accesses;
	scan.kinds[EV_INVALIDATE_START] = r->invalidations;
	ev_meta_init(&meta);
	meta.tdp_mmu = !r->shadow;
	meta.shadow = r->guest_tables;
	meta.has_ends = !r->no_ends;
	if (r->sources)
		ev_counts_add(&meta.sources, "kvm:kvm_page_fault", 1);
	if (r->sets)
		ev_counts_add(&meta.kinds, "kvm_mmu_set_spte", r->sets);
	if (r->entries)
		ev_counts_add(&meta.sources, "kvm:kvm_entry", 1);
	if (r->assume)
		assert_int_equal(facts_assume(&facts, r->assume, &e), 0);
	rc = facts_check(&facts, "T.mmt", &meta, &scan, r->closed, &e);
	assert_int_equal(rc, r->lacks ? -ERR_MACHINE : 0);
	if (r->lacks && !strstr(e.text, r->lacks))
		fail_msg("\"%s\" does not say \"%s\"", e.text, r->lacks);
	ev_meta_fini(&meta);
}

int main(void)
{
	return table_run("facts", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
