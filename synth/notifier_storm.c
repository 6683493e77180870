/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host takes memory away piece by piece (a balloon, reclaim, KSM), each piece inside an
 * invalidation that stays open for a while, from under vCPUs that touch it again.
 */
#include "synth/workloads.h"

#include <assert.h>

enum { MEMORY = SYNTH_OWN, PAGE, SIZE, TIMES, EVERY, HOLD };

static const struct synth_param params[] = {
	{ "memory", SYNTH_BYTES, "1G", 1 << 21, 1ULL << 42, NULL, "of the guest, mapped from the start" },
	{ "page", SYNTH_WORD, "4k", 0, 0, synth_page_words, "size of the pages that map it" },
	{ "size", SYNTH_BYTES, "2M", 4096, 1ULL << 40, NULL, "of each invalidation; they follow each other through memory" },
	{ "times", SYNTH_COUNT, "500", 1, 10000000, NULL, "invalidations" },
	{ "every", SYNTH_TIME, "100us", 1000, 10000000000, NULL, "from one start to the next" },
	{ "hold", SYNTH_TIME, "20us", 0, 10000000000, NULL, "from its start to its end" },
};

static void vcpu_accesses(struct guest *g, uint32_t vcpu, const uint64_t *v)
{
	uint64_t pages = v[MEMORY] >> 12, taken = v[TIMES] * v[SIZE] >> 12, end_ns = (v[TIMES] + 1) * v[EVERY];
	uint64_t range = taken < pages ? taken : pages, t_ns = prng_below(&g->prng, (uint32_t)v[SYNTH_GAP]);
	gfn_t mask = (SYNTH_PAGE_SIZE(v[PAGE]) >> 12) - 1;

	assert(range);	/* what is taken has a page, and so has memory */
	for (; t_ns < end_ns; t_ns += v[SYNTH_GAP] + GUEST_SERVICE_NS) {
		/* Where memory is taken away about now, or was a while ago. */
		uint64_t now = t_ns / v[EVERY] * (v[SIZE] >> 12), back = prng_below(&g->prng, 64);
		gfn_t gfn = (now + range * 64 - back * back * (v[SIZE] >> 12) / 64 +
			     prng_below(&g->prng, v[SIZE] >> 12)) % range;

		guest_access(g, t_ns + v[SYNTH_GAP], vcpu, SYNTH_BIG_GFN + (gfn & ~mask), SYNTH_PAGE_LEVEL(v[PAGE]),
			     (uint32_t)v[SYNTH_GAP]);
	}
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	hva_t hva = synth_hva(SYNTH_BIG_GFN);

	if (v[MEMORY] % SYNTH_PAGE_SIZE(v[PAGE]) || v[MEMORY] % v[SIZE] || v[SIZE] % 4096)
		return err_set(e, ERR_USAGE, "memory is no multiple of page and size, or size none of 4K");
	if (v[HOLD] >= v[EVERY])
		return err_set(e, ERR_USAGE, "hold is no shorter than every: each ends before the next begins");
	guest_slot(g, 0, EV_SLOT_CREATE, 0, SYNTH_BIG_GFN, v[MEMORY] >> 12, hva);
	guest_prefill(g, 0, SYNTH_BIG_GFN, v[MEMORY] >> 12, SYNTH_PAGE_LEVEL(v[PAGE]));
	for (uint64_t i = 0; i < v[TIMES]; i++) {
		hva_t start = hva + i * v[SIZE] % v[MEMORY];
		uint64_t t_ns = (i + 1) * v[EVERY];

		guest_invalidate(g, t_ns, start, start + v[SIZE], true);
		guest_invalidate(g, t_ns + v[HOLD], start, start + v[SIZE], false);
	}
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++)
		vcpu_accesses(g, vcpu, v);
	return 0;
}

const struct synth_workload synth_notifier_storm = {
	.name = "notifier-storm", .summary = "the host takes memory away piece by piece from under busy vCPUs",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
