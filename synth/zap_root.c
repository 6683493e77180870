/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A large guest loses its page tables at once: by the delete of a small memslot (where that drops
 * everything) while its vCPUs work in other memory, by mm release, or at its end.
 */
#include "synth/workloads.h"

enum { SIZE = SYNTH_OWN, PAGE, DROP, SET, MORE };
enum { DROP_MEMSLOT, DROP_MM_RELEASE, DROP_TEARDOWN };

#define SMALL_GFN	(1ULL << 26)	/* 256 GiB: above what vCPUs have, below the large slots */
#define SMALL_PAGES	16

static const char *const drops[] = { "memslot", "mm-release", "teardown", NULL };

static const struct synth_param params[] = {
	{ "size", SYNTH_BYTES, "1T", 1 << 20, 64ULL << 40, NULL, "memory that is mapped from the start" },
	{ "page", SYNTH_WORD, "4k", 0, 0, synth_page_words, "size of the pages that map it" },
	{ "drop", SYNTH_WORD, "memslot", 0, 0, drops, "what the host does: delete another, small slot; drop all; destroy the VM" },
	{ "set", SYNTH_COUNT, "64", 1, 512, NULL, "pages each vCPU works in" },
	{ "accesses", SYNTH_COUNT, "2000", 0, 10000000, NULL, "of each vCPU after the drop began" },
};

/* Slots 2 and up, as large as KVM lets them be. */
static void fill(struct guest *g, uint64_t pages, unsigned int level)
{
	uint16_t id = 2;

	for (uint64_t at = 0; at < pages; at += SYNTH_SLOT_MAX, id++) {
		uint64_t nr = pages - at < SYNTH_SLOT_MAX ? pages - at : SYNTH_SLOT_MAX;
		gfn_t gfn = SYNTH_BIG_GFN + at;

		guest_slot(g, 0, EV_SLOT_CREATE, id, gfn, nr, synth_hva(gfn));
		guest_prefill(g, 0, gfn, nr, level);
	}
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t drop_ns = synth_own_warm_ns(v[SET], v[SYNTH_GAP]);
	uint64_t more = v[DROP] == DROP_MEMSLOT ? v[MORE] : 0;

	if (v[SIZE] % SYNTH_PAGE_SIZE(v[PAGE]))
		return err_set(e, ERR_USAGE, "size is no multiple of the page size");
	synth_own_slot(g);
	guest_slot(g, 0, EV_SLOT_CREATE, 1, SMALL_GFN, SMALL_PAGES, synth_hva(SMALL_GFN));
	fill(g, v[SIZE] >> 12, SYNTH_PAGE_LEVEL(v[PAGE]));
	switch (v[DROP]) {
	case DROP_MEMSLOT:
		guest_slot(g, drop_ns, EV_SLOT_DELETE, 1, SMALL_GFN, SMALL_PAGES, synth_hva(SMALL_GFN));
		break;
	case DROP_MM_RELEASE:
		guest_end(g, drop_ns + v[SYNTH_GAP], EV_ZAP_ALL);
		break;
	case DROP_TEARDOWN:
		guest_end(g, drop_ns + v[SYNTH_GAP], EV_VM_DESTROY);
		break;
	}
	synth_own_accesses(g, v[SET], more, v[SYNTH_GAP]);
	return 0;
}

const struct synth_workload synth_zap_root = {
	.name = "zap-root", .summary = "a large guest's page tables are dropped at once",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
