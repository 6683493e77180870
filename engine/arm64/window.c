/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries that are broken right now: one per vCPU, and one for whoever else holds mmu_lock for write. */
#include "engine/arm64/window.h"

void window_open(struct arm64_mmu *x, struct window *w, gfn_t start, uint64_t nr)
{
	w->since_ns = rt_now_ns();
	rt_set(&w->start, start);
	rt_set(&w->end, start + nr);
	__atomic_fetch_add(&x->nr_windows, 1, __ATOMIC_RELAXED);
}

void window_close(struct arm64_mmu *x, struct window *w)
{
	struct mmu_counters *c = &x->mmu.counters;
	uint64_t ns;

	if (!rt_peek(&w->end))
		return;
	ns = rt_now_ns() - w->since_ns;
	rt_set(&w->end, 0);
	rt_set(&w->start, 0);
	__atomic_fetch_sub(&x->nr_windows, 1, __ATOMIC_RELAXED);
	rt_count(&c->broken, 1);
	rt_count(&c->broken_ns, ns);
	rt_count_most(&c->broken_max_ns, ns);
}

static bool has(const struct window *w, gfn_t gfn)
{
	return gfn >= rt_peek(&w->start) && gfn < rt_peek(&w->end);
}

bool window_meets_slow(const struct arm64_mmu *x, gfn_t gfn)
{
	if (has(&x->host_window, gfn))
		return true;
	for (unsigned int i = 0; i < x->mmu.config.nr_vcpus; i++)
		if (has(&x->vcpus[i].window, gfn))
			return true;
	return false;
}
