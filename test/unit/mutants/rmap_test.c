/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same as mutants_test.c, where rmaps and direct shadow pages serve the guest. */
#include "test/unit/mutants/scene.h"

#include "test/unit/mutants/judge.h"

static const struct scene_def moves = { .release = KVM_6_12, .rmaps = true, SCENE_MOVES };
static const struct scene_def moves_late = {
	.release = KVM_6_12, .rmaps = true, .policy = { "fault.precheck=none" }, SCENE_MOVES
};
static const struct scene_def smm = { .release = KVM_6_12, .rmaps = true, .smm = true, SCENE_MOVES };
static const struct scene_def slots = { .release = KVM_6_12, .rmaps = true, SCENE_SLOTS };
static const struct scene_def ages = { .release = KVM_6_12, .rmaps = true, SCENE_AGES };
static const struct scene_def ages_lockless = {
	.release = KVM_6_18, .rmaps = true, .policy = { "age.lock=lockless" }, SCENE_AGES
};
static const struct scene_def huge = { .release = KVM_6_12, .rmaps = true, SCENE_HUGE };

/* Room for little more than one way down: every fault elsewhere zaps what others use. */
static const struct scene_def crowded = {
	.release = KVM_6_12, .rmaps = true, .page_limit = 8, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 20, { { DO_ACCESS, 0, 2, MMU_W }, { DO_ACCESS, 600, 2, MMU_W } } },
		{ 20, { { DO_ACCESS, 1200, 2, MMU_W }, { DO_ACCESS, 1, 2, MMU_W } } },
		{ 10, { { DO_INVALIDATE, 0, 3 } } },
	},
};

static const struct scene_def yields = {
	.release = KVM_6_12, .rmaps = true, .policy = { "lock.needbreak=contended", "fault.precheck=none" },
	.nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 6, { { DO_ACCESS, 0, 200, MMU_W } } },
		{ 6, { { DO_ACCESS, 1024, 200, MMU_W } } },
		{ 12, { { DO_INVALIDATE, 0, 2048 } } },
	},
};

static const struct scene_def logged = {
	.release = KVM_6_12, .rmaps = true, .host_level = 2, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 12, { { DO_ACCESS, 0, 4, MMU_W } } },
		{ 12, { { DO_ACCESS, 2, 4, MMU_W }, { DO_ACCESS, 600, 1, MMU_W } } },
		{ 3, { { DO_WAIT, .arg = 2000 }, { DO_LOG, .arg = 1 }, { DO_GET }, { DO_WAIT, .arg = 3000 },
		       { DO_GET }, { DO_LOG, .arg = 0 } } },
	},
};

static const struct mutant_row rows[] = {
	{ "an unmap leaves out the second address space", MUTANT_unmap_skips_smm, "I-N1", 20, &smm },
	{ "an unmap leaves out the last page", MUTANT_unmap_short, "I-N1", 20, &moves },
	{ "an unmap misses what is in no rmap", MUTANT_rmap_left_out, "I-N1", 20, &moves },
	{ "no look for an invalidation in progress", MUTANT_skip_in_progress, "I-N3", 100, &moves },
	{ "no look for one that ended since the snapshot", MUTANT_skip_seq, "I-N3", 100, &moves },
	{ "both looks before the lock only", MUTANT_stale_before_lock, "I-N3", 100, &moves_late },
	{ "aging does not say what it cleared", MUTANT_age_silent, "I-A1", 5, &ages },
	{ "aging leaves a page young", MUTANT_age_keeps, "I-A1", 5, &ages },
	{ "the same without mmu_lock", MUTANT_age_silent, "I-A1", 5, &ages_lockless },
	{ "a page freed before its flush", MUTANT_sp_freed_early, "I-T1", 50, &crowded },
	{ "an unmap without its flush", MUTANT_unmap_no_flush, "I-F1", 20, &moves },
	{ "a yield without the flush", MUTANT_yield_no_flush, "I-F1", 50, &yields },
	{ "a huge page makes way without a flush", MUTANT_split_no_flush, "I-F1", 20, &huge },
	{ "obsolete pages zapped with vCPUs on them", MUTANT_zap_no_kick, "I-F1", 20, &slots },
	{ "a fault maps the neighbour", MUTANT_wrong_page, "I-M1", 5, &moves },
	{ "an unmap takes one page more", MUTANT_unmap_wide, "I-M1", 50, &moves },
	{ "a lockless fault does not mark its page", MUTANT_dirty_no_mark, "I-D1", 20, &logged },
	{ "a taken word's pages stay writable", MUTANT_dirty_no_protect, "I-D1", 20, &logged },
	{ "a dirty log is given away without a flush", MUTANT_dirty_no_flush, "I-D1", 20, &logged },
};

int main(int argc, char **argv)
{
	return mutants_main("rmap mutants", rows, ARRAY_SIZE(rows), argc, argv);
}
