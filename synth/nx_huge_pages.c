/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As KVM's nx_huge_pages_test, on a host with the iTLB multihit mitigation: vCPUs write memory of
 * 2 MiB pages, execute in each, which leaves small pages there, and go on writing; the host's worker
 * takes tables away again, a part of them a round.
 */
#include "synth/workloads.h"

#include <stdio.h>

enum { PAGES = SYNTH_OWN, EXECUTE, ROUNDS, RATIO };

static const struct synth_param params[] = {
	{ "pages", SYNTH_COUNT, "64", 1, 1 << 15, NULL, "2 MiB pages of each vCPU" },
	{ "execute", SYNTH_COUNT, "100", 0, 100, NULL, "percent of them in which it executes" },
	{ "rounds", SYNTH_COUNT, "8", 0, 1000, NULL, "of recovery; between two of them each vCPU writes to all of its pages" },
	{ "ratio", SYNTH_COUNT, "8", 1, 3600, NULL, "one in so many of the tables goes in a round" },
};

/* One access to each page of each vCPU from @t_ns on, to fetch @percent of them.  Return: when that is over. */
static uint64_t pass(struct guest *g, const uint64_t *v, uint64_t t_ns, uint64_t small, uint64_t percent, bool fetch)
{
	uint64_t end_ns = t_ns, step_ns = v[SYNTH_GAP] + GUEST_SERVICE_NS;

	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		gfn_t own = SYNTH_BIG_GFN + vcpu * v[PAGES] * 512;
		uint64_t at_ns = t_ns;

		for (uint64_t i = 0; i < v[PAGES]; i++) {
			if (i * percent / 100 == (i + 1) * percent / 100)
				continue;
			at_ns += v[SYNTH_GAP];
			if (fetch)
				guest_fetch(g, at_ns, vcpu, own + i * 512 + small, 2, (uint32_t)v[SYNTH_GAP]);
			else
				guest_access(g, at_ns, vcpu, own + i * 512 + small, 2, (uint32_t)v[SYNTH_GAP]);
			at_ns += GUEST_SERVICE_NS;
		}
		if (at_ns > end_ns)
			end_ns = at_ns;
	}
	return end_ns + step_ns;
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t all = g->vcpus * v[PAGES] * 512, t_ns = 1000;
	char ratio[16];

	if (all > SYNTH_SLOT_MAX)
		return err_set(e, ERR_USAGE, "vcpus times pages is more than a memslot's %llu pages of 4 KiB",
			       (unsigned long long)SYNTH_SLOT_MAX);
	snprintf(ratio, sizeof(ratio), "%llu", (unsigned long long)v[RATIO]);
	ev_meta_set_param(g->meta, "kvm.nx_huge_pages", "Y");
	ev_meta_set_param(g->meta, "kvm.nx_huge_pages_recovery_ratio", ratio);
	guest_slot(g, 0, EV_SLOT_CREATE, 0, SYNTH_BIG_GFN, all, synth_hva(SYNTH_BIG_GFN));
	t_ns = pass(g, v, t_ns, 0, 100, false);
	t_ns = pass(g, v, t_ns, 1, v[EXECUTE], true);
	for (uint64_t round = 0; round < v[ROUNDS]; round++) {
		guest_nx_recover(g, t_ns);
		t_ns = pass(g, v, t_ns, 2 + round % 510, 100, false);
	}
	return 0;
}

const struct synth_workload synth_nx_huge_pages = {
	.name = "nx-huge-pages", .arch = &synth_x86_only, .summary = "execution splits huge pages, and the recovery worker puts them back",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
