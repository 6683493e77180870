/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's first touch of its memory: every vCPU its own part, page by page. */
#include "synth/workloads.h"

enum { SIZE = SYNTH_OWN, PAGE };

static const struct synth_param params[] = {
	{ "size", SYNTH_BYTES, "16M", 4096, 1ULL << 40, NULL, "of each vCPU's part" },
	{ "page", SYNTH_WORD, "4k", 0, 0, synth_page_words, "size of the host's pages" },
};

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t part = v[SIZE] >> 12, step = SYNTH_PAGE_SIZE(v[PAGE]) >> 12;

	if (!part || part % step || part > SYNTH_SLOT_MAX / g->vcpus)
		return err_set(e, ERR_USAGE, "size is no multiple of page, or more than vcpus parts of one memslot");
	guest_slot(g, 0, EV_SLOT_CREATE, 0, SYNTH_BIG_GFN, part * g->vcpus, synth_hva(SYNTH_BIG_GFN));
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		uint64_t t_ns = 1000;

		for (uint64_t at = 0; at < part; at += step, t_ns += GUEST_SERVICE_NS) {
			t_ns += v[SYNTH_GAP];
			guest_access(g, t_ns, vcpu, SYNTH_BIG_GFN + vcpu * part + at, SYNTH_PAGE_LEVEL(v[PAGE]),
				     (uint32_t)v[SYNTH_GAP]);
		}
	}
	return 0;
}

const struct synth_workload synth_populate = {
	.name = "populate", .summary = "vCPUs touch their memory for the first time",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
