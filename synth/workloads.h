/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNTH_WORKLOADS_H
#define SYNTH_WORKLOADS_H

#include "synth/guest.h"
#include "synth/synth.h"

/* One file each; a new one is a line here and its name in synth.c. */
extern const struct synth_workload synth_zap_root, synth_memslot_delete, synth_notifier_storm;
extern const struct synth_workload synth_access_tracking, synth_populate, synth_dirty_log, synth_nx_huge_pages;
extern const struct synth_workload synth_page_table, synth_shadow_unsync;

/* "4k", "2m", "1g", and what the value means. */
extern const char *const synth_page_words[];
#define SYNTH_PAGE_LEVEL(value)	((unsigned int)(value) + 1)
#define SYNTH_PAGE_SIZE(value)	(4096ULL << 9 * (value))

/* Memory slots of one guest: a small one at 0 for its vCPUs, others from here on. */
#define SYNTH_BIG_GFN		(1ULL << 27)	/* 512 GiB */
#define SYNTH_SLOT_MAX		(1ULL << 30)	/* pages: KVM allows 2^31 - 1 */

static inline hva_t synth_hva(gfn_t gfn)
{
	return (1ULL << 44) + (gfn << 12);
}

/*
 * Slot 0, in which vCPU i has the 2 MiB from page i * 512 on; it touches @pages of them in order, then any of
 * them @more times, @gap_ns apart.
 */
void synth_own_slot(struct guest *g);
void synth_own_accesses(struct guest *g, uint64_t pages, uint64_t more, uint64_t gap_ns);
/* When the first part of that is over. */
uint64_t synth_own_warm_ns(uint64_t pages, uint64_t gap_ns);

#endif
