/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every invariant's check can fail: with a deliberate defect in the engine it does, within a
 * stated number of schedules, and names the invariant; without the defect it does not.
 */
#include "test/unit/mutants/scene.h"

#include "test/unit/mutants/judge.h"

/* Two vCPUs write to few pages whose slot is logged and read out all the time. */
#define LOGGED_TASKS						\
	.nr_tasks = 3, .nr_vcpus = 2,				\
	.task = {						\
		{ 12, { { DO_ACCESS, 0, 4, MMU_W } } },		\
		{ 12, { { DO_ACCESS, 2, 4, MMU_W }, { DO_ACCESS, 600, 1, MMU_W } } },	\
		{ 3, { { DO_WAIT, .arg = 2000 }, { DO_LOG, .arg = 1 }, { DO_GET }, { DO_WAIT, .arg = 3000 },	\
		       { DO_GET }, { DO_LOG, .arg = 0 } } },	\
	}

static const struct scene_def scene_logged = { .release = KVM_6_12, .host_level = 2, LOGGED_TASKS };
static const struct scene_def scene_pml = { .release = KVM_6_12, .host_level = 2,
					    .policy = { "dirty.method=pml" }, LOGGED_TASKS };

static const struct mutant_row rows[] = {
	{ "an unmap leaves out the second address space", MUTANT_unmap_skips_smm, "I-N1", 20, &scene_smm },
	{ "an unmap leaves out the last page", MUTANT_unmap_short, "I-N1", 20, &scene_moves },
	{ "an end that does not count", MUTANT_end_not_counted, "I-N2", 5, &scene_moves },
	{ "a begin without a slot", MUTANT_begin_for_nothing, "I-N2", 5, &scene_beside },
	{ "no look for an invalidation in progress", MUTANT_skip_in_progress, "I-N3", 100, &scene_moves },
	{ "no look for one that ended since the snapshot", MUTANT_skip_seq, "I-N3", 100, &scene_moves },
	{ "the same where KVM zaps by gfn", MUTANT_skip_in_progress, "I-N3", 100, &scene_zaps_gfns },
	{ "and of those that ended", MUTANT_skip_seq, "I-N3", 100, &scene_zaps_gfns },
	{ "the hull is a page too short", MUTANT_narrow_hull, "I-N3", 100, &scene_moves },
	{ "both looks before the lock only", MUTANT_stale_before_lock, "I-N3", 100, &scene_moves_late },
	{ "slots published inside an invalidation", MUTANT_publish_early, "I-N4", 20, &scene_slots },
	{ "aging does not say what it cleared", MUTANT_age_silent, "I-A1", 5, &scene_ages },
	{ "aging does not report what it lost a race for", MUTANT_age_loser_silent, "I-A1", 200, &scene_ages_upgrades },
	{ "aging leaves a page young", MUTANT_age_keeps, "I-A1", 5, &scene_ages },
	{ "a fault makes a page old", MUTANT_fault_makes_old, "I-A1", 20, &scene_ages },
	{ "aging takes write access", MUTANT_age_takes_write, "I-A2", 5, &scene_ages },
	{ "aging forgets that a page is dirty", MUTANT_age_drops_dirty, "I-A2", 5, &scene_ages },
	{ "aging changes the frame", MUTANT_age_moves_page, "I-A2", 5, &scene_ages },
	{ "lockless aging outside RCU", MUTANT_age_outside_rcu, "I-A3", 200, &scene_ages_and_tables },
	{ "a table freed at once", MUTANT_free_at_once, "I-T1", 50, &scene_ages_and_tables },
	{ "NX recovery without its flush", MUTANT_nx_no_flush, "I-T1", 20, &scene_recovered },
	{ "a removed table stays reachable", MUTANT_table_stays, "I-T2", 20, &scene_slots_at_once },
	{ "a table replaced instead of reused", MUTANT_table_not_reused, "I-T2", 5, &scene_moves },
	{ "a root given back twice", MUTANT_root_put_twice, "I-T3", 5, &scene_slots },
	{ "a root taken without a reference", MUTANT_root_get_missing, "I-T3", 5, &scene_slots },
	{ "an unmap without its flush", MUTANT_unmap_no_flush, "I-F1", 20, &scene_moves },
	{ "a yield without the flush", MUTANT_yield_no_flush, "I-F1", 50, &scene_yields },
	{ "a huge page taken away without a flush", MUTANT_split_no_flush, "I-F1", 20, &scene_split_by_zap },
	{ "invalid roots zapped with vCPUs on them", MUTANT_zap_no_kick, "I-F1", 20, &scene_slots },
	{ "a fault maps the neighbour", MUTANT_wrong_page, "I-M1", 5, &scene_moves },
	{ "a write served read-only", MUTANT_write_read_only, "I-M1", 5, &scene_moves },
	{ "an unmap takes one page more", MUTANT_unmap_wide, "I-M1", 50, &scene_moves },
	{ "a split leaves a page out", MUTANT_split_drops, "I-M1", 20, &scene_split },
	{ "a yield at the first entry", MUTANT_yield_at_once, "I-G1", 50, &scene_yields },
	{ "a lockless fault does not mark its page", MUTANT_dirty_no_mark, "I-D1", 20, &scene_logged },
	{ "a taken word's pages stay writable", MUTANT_dirty_no_protect, "I-D1", 20, &scene_logged },
	{ "a dirty log is given away without a flush", MUTANT_dirty_no_flush, "I-D1", 20, &scene_logged },
	{ "the same where the hardware logs", MUTANT_dirty_no_flush, "I-D1", 20, &scene_pml },
	{ "the hardware does not log a page it sets D of", MUTANT_pml_no_log, "I-D2", 20, &scene_pml },
};

int main(int argc, char **argv)
{
	return mutants_main("mutants", rows, ARRAY_SIZE(rows), argc, argv);
}
