/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memslot comes and goes, and is filled anew each time, while the vCPUs work in another: what
 * dropping everything costs beside dropping the slot, and what tables kept from last time save.
 */
#include "synth/workloads.h"

enum { SIZE = SYNTH_OWN, PAGE, TIMES, EVERY, REFILL, SET };

#define SLOT_ID 1

static const struct synth_param params[] = {
	{ "size", SYNTH_BYTES, "1G", 1 << 20, 1ULL << 42, NULL, "of the slot that comes and goes" },
	{ "page", SYNTH_WORD, "4k", 0, 0, synth_page_words, "size of the pages that map it" },
	{ "times", SYNTH_COUNT, "10", 1, 100000, NULL, "it is deleted and made again" },
	{ "every", SYNTH_TIME, "20ms", 1000, 10000000000, NULL, "from one delete to the next" },
	{ "refill", SYNTH_COUNT, "64", 0, 1 << 20, NULL, "pages each vCPU touches in it each time, spread over it" },
	{ "set", SYNTH_COUNT, "64", 1, 512, NULL, "pages each vCPU works in otherwise" },
};

/* One vCPU from its first access to its last: in its own pages, and after each return of the slot in that. */
static void vcpu_accesses(struct guest *g, uint32_t vcpu, const uint64_t *v)
{
	uint64_t step_ns = v[SYNTH_GAP] + GUEST_SERVICE_NS, pages = v[SIZE] / SYNTH_PAGE_SIZE(v[PAGE]);
	uint64_t t_ns = prng_below(&g->prng, (uint32_t)v[SYNTH_GAP]), end_ns = (v[TIMES] + 1) * v[EVERY];
	uint64_t next = 0, left = 0, time = 1, warm = v[SET];

	for (; t_ns < end_ns; t_ns += step_ns) {
		gfn_t gfn = vcpu * 512ULL + (warm ? --warm : prng_below(&g->prng, (uint32_t)v[SET]));
		unsigned int level = 1;

		if (time <= v[TIMES] && t_ns > time * v[EVERY] + v[EVERY] / 4) {
			time++;
			left = v[REFILL];
		}
		if (left) {	/* each vCPU its share, an even way from one page to the next */
			uint64_t at = (next++ % v[REFILL] * g->vcpus + vcpu) * pages / (v[REFILL] * g->vcpus);

			gfn = SYNTH_BIG_GFN + at * (SYNTH_PAGE_SIZE(v[PAGE]) >> 12);
			level = SYNTH_PAGE_LEVEL(v[PAGE]);
			left--;
		}
		guest_access(g, t_ns + v[SYNTH_GAP], vcpu, gfn, level, (uint32_t)v[SYNTH_GAP]);
	}
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t pages = v[SIZE] >> 12;
	hva_t hva = synth_hva(SYNTH_BIG_GFN);

	if (v[SIZE] % SYNTH_PAGE_SIZE(v[PAGE]))
		return err_set(e, ERR_USAGE, "size is no multiple of the page size");
	if (v[REFILL] * (v[SYNTH_GAP] + GUEST_SERVICE_NS) > v[EVERY] / 2)
		return err_set(e, ERR_USAGE, "refill pages do not fit half the time from one delete to the next; a smaller gap, or a larger every");
	synth_own_slot(g);
	guest_slot(g, 0, EV_SLOT_CREATE, SLOT_ID, SYNTH_BIG_GFN, pages, hva);
	guest_prefill(g, 0, SYNTH_BIG_GFN, pages, SYNTH_PAGE_LEVEL(v[PAGE]));
	for (uint64_t i = 1; i <= v[TIMES]; i++) {
		guest_slot(g, i * v[EVERY], EV_SLOT_DELETE, SLOT_ID, SYNTH_BIG_GFN, pages, hva);
		guest_slot(g, i * v[EVERY] + v[EVERY] / 8, EV_SLOT_CREATE, SLOT_ID, SYNTH_BIG_GFN, pages, hva);
	}
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++)
		vcpu_accesses(g, vcpu, v);
	return 0;
}

const struct synth_workload synth_memslot_delete = {
	.name = "memslot-delete", .summary = "a memslot is deleted, made again and touched, over and over",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
