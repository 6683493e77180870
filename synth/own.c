/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vCPUs do meanwhile: each in its own small piece of memory. */
#include "synth/workloads.h"

#define OWN_PAGES 512

void synth_own_slot(struct guest *g)
{
	guest_slot(g, 0, EV_SLOT_CREATE, 0, 0, g->vcpus * (uint64_t)OWN_PAGES, synth_hva(0));
}

static uint64_t step_ns(uint64_t gap_ns)
{
	return gap_ns + GUEST_SERVICE_NS;
}

uint64_t synth_own_warm_ns(uint64_t pages, uint64_t gap_ns)
{
	return (pages + 1) * step_ns(gap_ns);
}

static void vcpu_accesses(struct guest *g, uint32_t vcpu, uint64_t pages, uint64_t more, uint64_t gap_ns)
{
	gfn_t first = vcpu * (gfn_t)OWN_PAGES;
	/* Nobody's clock is another's: each vCPU is a little late. */
	uint64_t t_ns = prng_below(&g->prng, (uint32_t)gap_ns);

	for (uint64_t i = 0; i < pages + more; i++) {
		gfn_t gfn = first + (i < pages ? i : prng_below(&g->prng, (uint32_t)pages));

		t_ns += gap_ns;
		guest_access(g, t_ns, vcpu, gfn, 1, (uint32_t)gap_ns);
		t_ns += GUEST_SERVICE_NS;
	}
}

void synth_own_accesses(struct guest *g, uint64_t pages, uint64_t more, uint64_t gap_ns)
{
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++)
		vcpu_accesses(g, vcpu, pages, more, gap_ns);
}
