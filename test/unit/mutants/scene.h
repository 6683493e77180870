/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_MUTANTS_SCENE_H
#define TEST_UNIT_MUTANTS_SCENE_H

/* x86's scenes. */
#include "test/unit/x86/lab.h"

#include "test/unit/mutants/scene_run.h"

static inline void scene_host(struct lab *l, const struct scene_def *def)
{
	l->config.release = def->release;
	l->config.nx_huge_pages = def->nx;
	l->config.rmaps = def->rmaps;
	l->config.shadow = def->shadow;
	l->config.page_limit = def->page_limit;
	if (def->no_ad) {
		l->config.tdp = SPTE_EPT;
		l->config.ad = false;
	}
}

static const struct scene_def scene_moves = { .release = KVM_6_12, SCENE_MOVES };
static const struct scene_def scene_moves_late = { .release = KVM_6_12, .policy = { "fault.precheck=none" }, SCENE_MOVES };
static const struct scene_def scene_smm = { .release = KVM_6_12, .smm = true, SCENE_MOVES };
static const struct scene_def scene_nonpresent = { .release = KVM_6_12, .policy = { "zap.nonpresent=process" }, SCENE_MOVES };
static const struct scene_def scene_no_wait = { .release = KVM_6_12, .policy = { "memslot.swap_waits=no" },
	.nr_tasks = 3, .nr_vcpus = 1,
	.task = { { 20, { { DO_ACCESS, 0, 4, MMU_W } } }, { 20, { { DO_INVALIDATE, 0, 3 } } }, { 5, { { DO_SLOT } } } } };

/* The slot comes and goes, and with it every root. */
#define SCENE_SLOTS								\
	.nr_tasks = 4, .nr_vcpus = 2,						\
	.task = {								\
		{ 20, { { DO_ACCESS, 0, 4, MMU_W }, { DO_UNLOAD } } },		\
		{ 20, { { DO_ACCESS, 2, 4, MMU_W } } },				\
		{ 10, { { DO_INVALIDATE, 0, 3 } } },				\
		{ 6, { { DO_SLOT } } },						\
	}
static const struct scene_def scene_slots = { .release = KVM_6_12, SCENE_SLOTS };
static const struct scene_def scene_slots_at_once = {
	.release = KVM_6_12, .policy = { "zap.root_passes=single" }, SCENE_SLOTS
};

/* A range beyond the slot, between two that matter. */
static const struct scene_def scene_beside = {
	.release = KVM_6_12, .nr_tasks = 2, .nr_vcpus = 1,
	.task = {
		{ 10, { { DO_ACCESS, 0, 4, MMU_W } } },
		{ 10, { { DO_INVALIDATE, 0, 3 }, { DO_INVALIDATE, LAB_PAGES + 16, 1 } } },
	},
};

/* Huge pages that an execute fault breaks up. */
#define SCENE_HUGE							\
	.nx = true, .host_level = 2, .nr_tasks = 3, .nr_vcpus = 2,	\
	.task = {							\
		{ 20, { { DO_ACCESS, 0, 2, MMU_W }, { DO_ACCESS, 5, 1, MMU_X } } },	\
		{ 20, { { DO_ACCESS, 3, 2, MMU_R } } },			\
		{ 10, { { DO_INVALIDATE, 0, 512 } } },			\
	}
static const struct scene_def scene_split = { .release = KVM_6_12, SCENE_HUGE };
static const struct scene_def scene_split_by_zap = { .release = KVM_6_1, .policy = { "fault.huge_split=zap" }, SCENE_HUGE };

/* The same pages, taken back by NX recovery beside faults. */
static const struct scene_def scene_recovered = {
	.release = KVM_6_12, .policy = { "nx.lock=read" }, .nx = true, .host_level = 2, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 20, { { DO_ACCESS, 0, 2, MMU_W }, { DO_ACCESS, 5, 1, MMU_X } } },
		{ 20, { { DO_ACCESS, 3, 2, MMU_R }, { DO_ACCESS, 7, 1, MMU_X } } },
		{ 20, { { DO_WAIT, .arg = 20000 }, { DO_RECOVER, .arg = 1 } } },
	},
};

/* Two vCPUs, one that ages their pages, one that moves them. */
#define SCENE_AGES							\
	.nr_tasks = 4, .nr_vcpus = 2,					\
	.task = {							\
		{ 30, { { DO_ACCESS, 0, 4, MMU_R }, { DO_ACCESS, 1, 2, MMU_W } } },	\
		{ 30, { { DO_ACCESS, 2, 4, MMU_W } } },			\
		{ 40, { { DO_AGE, 0, 6, MMU_AGE_CLEAR }, { DO_TEST_AGE, 0, 6 } } },	\
		{ 10, { { DO_INVALIDATE, 0, 512 }, { DO_WAIT, 0, 0, 3000 } } },	\
	}
static const struct scene_def scene_ages = { .release = KVM_6_12, SCENE_AGES };
/* Without A/D bits: a page read, then written, changes twice while it is young. */
static const struct scene_def scene_ages_upgrades = {
	.release = KVM_6_18, .no_ad = true, .policy = { "age.lock=lockless", "age.race=skip" },
	.nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 150, { { DO_ACCESS, 0, 2, MMU_R }, { DO_ACCESS, 0, 2, MMU_W } } },
		{ 150, { { DO_ACCESS, 0, 2, MMU_W }, { DO_ACCESS, 0, 2, MMU_R } } },
		{ 400, { { DO_AGE, 0, 2, MMU_AGE_CLEAR } } },
	},
};
static const struct scene_def scene_ages_and_tables = {
	.release = KVM_6_18, .policy = { "age.lock=lockless", "age.race=retry", "zap.range=tables" }, SCENE_AGES
};

/* Long unmaps that let faults in. */
/* KVM zaps by gfn, and yields to faults of pages that it zaps and of others. */
static const struct scene_def scene_zaps_gfns = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended" }, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 4, { { DO_ACCESS, 0, 64, MMU_W } } },
		{ 4, { { DO_ACCESS, 32, 64, MMU_W } } },
		{ 16, { { DO_ZAP_GFNS, 0, 80 } } },
	},
};

static const struct scene_def scene_yields = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended" }, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 4, { { DO_ACCESS, 0, 64, MMU_W } } },
		{ 4, { { DO_ACCESS, 1024, 64, MMU_W } } },
		{ 8, { { DO_INVALIDATE, 0, 2048 } } },
	},
};

#endif
