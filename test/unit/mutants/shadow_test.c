/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow paging: the checks of what is synced before it is linked (I-S1), of progress (I-S2) and of flushes (I-F1) can fail.
 */
#include "test/unit/mutants/scene.h"

#include "test/unit/mutants/judge.h"

/*
 * One vCPU rewrites the entries of all pages, so that all leaf tables go unsync; the other links the table above them
 * again and again, below one root and the other.  A host task makes both wait for mmu_lock.
 */
#define SCENE_GUEST								\
	.rmaps = true, .shadow = true, .nr_tasks = 3, .nr_vcpus = 2,		\
	.task = {								\
		{ 6, { { DO_ACCESS, 0, 64, MMU_W }, { DO_PT, 0, 64 }, { DO_INVLPG, 9 }, { DO_PT, 8, 1 }, { DO_SYNC } } },	\
		{ 40, { { DO_ROOT, .arg = 1 }, { DO_RELINK, .arg = 1 }, { DO_ACCESS, 3, 2, MMU_W }, { DO_ROOT, .arg = 0 },	\
			{ DO_RELINK, .arg = 0 }, { DO_ACCESS, 12, 1, MMU_R } } },	\
		{ 60, { { DO_INVALIDATE, 0, 4 } } },				\
	}
static const struct scene_def scene_guest = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended", "sync.batch=5" }, SCENE_GUEST
};
static const struct scene_def scene_guest_6_1 = {
	.release = KVM_6_1, .policy = { "lock.needbreak=contended", "sync.batch=5", "fault.precheck=none" }, SCENE_GUEST
};
/* As it was mailed: gives up before it flushes. */
static const struct scene_def scene_seed_000 = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended", "sync.batch=5", "sync.min_unsync_to_yield=0",
					 "sync.flush_before_eintr=no" }, SCENE_GUEST
};
static const struct scene_def scene_seed_000_fixed = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended", "sync.batch=5", "sync.min_unsync_to_yield=0",
					 "sync.rerequest=no" }, SCENE_GUEST
};
static const struct scene_def scene_5_14 = {
	.release = KVM_6_12, .policy = { "sync.before_link=request-later" }, SCENE_GUEST
};

static const struct mutant_row rows[] = {
	{ "a page is linked unsynced", MUTANT_link_unsynced, "I-S1", 20, &scene_guest },
	{ "6.1: the same", MUTANT_link_unsynced, "I-S1", 20, &scene_guest_6_1 },
	{ "a sync gives up without its flush", MUTANT_sync_no_flush, "I-F1", 50, &scene_guest },
	{ "a sync gives up before it got past a page", MUTANT_sync_yields_first, "I-S2", 50, &scene_guest },
	{ "seed 000 in the merged order, and without its flush", MUTANT_sync_no_flush, "I-F1", 50, &scene_seed_000_fixed },
};

static const struct policy_row {
	const char	*name;
	const char	*want;		/* the invariant the policy itself breaks */
	unsigned int	 schedules;
	const struct scene_def *scene;
} policies[] = {
	{ "seed 000 as mailed loses its flush", "I-F1", 50, &scene_seed_000 },
	{ "up to 5.14 a page was linked above unsync ones", "I-S1", 20, &scene_5_14 },
};

static void check_policy(const void *vrow)
{
	const struct policy_row *row = vrow;
	const char *what = NULL;

	for (unsigned int seed = 1; seed <= row->schedules && !what; seed++)
		what = scene_run(row->scene, seed);
	if (!what)
		fail_msg("nothing broke in %u schedules", row->schedules);
	assert_memory_equal(what, row->want, strlen(row->want));
}

int main(int argc, char **argv)
{
	int broken = mutants_main("shadow paging", rows, ARRAY_SIZE(rows), argc, argv);

	return argc > 1 ? broken : broken | table_run("policies that break invariants", policies, ARRAY_SIZE(policies),
						      sizeof(policies[0]), check_policy);
}
