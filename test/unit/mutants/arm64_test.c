/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same for arm64's stage 2: each invariant's check can fail, and does not without the defect. */
#include "test/unit/arm64/lab.h"

#include "test/unit/mutants/judge.h"

static inline void scene_host(struct lab *l, const struct scene_def *def)
{
	lab_preset(l, def->release);
	l->config.s2.fwb = !def->no_fwb;
	l->config.s2.hw_af = !def->no_af;
	l->config.s2.split_chunk = def->split_chunk;
	l->config.dirty_init_set = l->config.dirty_manual = def->init_set;
}

static const struct scene_def moves = { .release = KVM_6_12, SCENE_MOVES };
static const struct scene_def moves_old = { .release = KVM_6_1, .no_fwb = true, SCENE_MOVES };

/* Blocks that logging breaks up and faults put together again. */
#define COALESCES								\
	.host_level = 2, .nr_tasks = 4, .nr_vcpus = 3,				\
	.task = {								\
		{ 30, { { DO_ACCESS, 0, 4, MMU_W }, { DO_ACCESS, 600, 1, MMU_W } } },	\
		{ 30, { { DO_ACCESS, 2, 4, MMU_W }, { DO_ACCESS, 700, 1, MMU_X } } },	\
		{ 30, { { DO_ACCESS, 5, 2, MMU_R }, { DO_ACCESS, 100, 1, MMU_W } } },	\
		{ 6, { { DO_LOG, .arg = 1 }, { DO_WAIT, .arg = 9000 }, { DO_GET }, { DO_WAIT, .arg = 9000 },	\
		       { DO_LOG, .arg = 0 }, { DO_WAIT, .arg = 20000 } } },	\
	}
static const struct scene_def coalesces = { .release = KVM_6_12, COALESCES };
static const struct scene_def coalesces_no_fwb = { .release = KVM_6_12, .no_fwb = true, COALESCES };
static const struct scene_def coalesces_old = { .release = KVM_6_1, .no_fwb = true, COALESCES };
static const struct scene_def coalesces_seed = {
	.release = KVM_6_12, .policy = { "coalesce.order=block-first", "table.free=immediate", "fault.lock=write" },
	COALESCES
};
static const struct scene_def coalesces_split = { .release = KVM_6_12, .split_chunk = 2 << 20, COALESCES };
/* Logged from the first access on: pages come one by one, and not all of them. */
static const struct scene_def rebuilt = {
	.release = KVM_6_12, .no_fwb = true, .host_level = 2, .nr_tasks = 2, .nr_vcpus = 1,
	.task = {
		{ 20, { { DO_ACCESS, 0, 4, MMU_W }, { DO_WAIT, .arg = 2000 } } },
		{ 4, { { DO_LOG, .arg = 1 }, { DO_INVALIDATE, 0, 512 }, { DO_WAIT, .arg = 30000 },
		       { DO_LOG, .arg = 0 }, { DO_WAIT, .arg = 30000 } } },
	},
};

/* Two vCPUs, one that ages their pages, one that moves them. */
#define AGES								\
	.nr_tasks = 4, .nr_vcpus = 2,					\
	.task = {							\
		{ 30, { { DO_ACCESS, 0, 4, MMU_R }, { DO_ACCESS, 1, 2, MMU_W } } },	\
		{ 30, { { DO_ACCESS, 2, 4, MMU_W } } },			\
		{ 40, { { DO_AGE, 0, 6, MMU_AGE_CLEAR }, { DO_TEST_AGE, 0, 6 } } },	\
		{ 10, { { DO_INVALIDATE, 0, 512 }, { DO_WAIT, 0, 0, 3000 } } },	\
	}
static const struct scene_def ages = { .release = KVM_6_12, AGES };
static const struct scene_def ages_af = { .release = KVM_6_12, .no_af = true, AGES };
static const struct scene_def ages_read = {
	.release = KVM_6_12, .no_af = true, .policy = { "age.lock=read", "age.race=skip" }, AGES
};

/* A write to a protected page changes its entry while it is young. */
static const struct scene_def ages_relaxed = {
	.release = KVM_6_12, .policy = { "age.lock=read", "age.race=skip" }, .nr_tasks = 3, .nr_vcpus = 1,
	.task = {
		{ 600, { { DO_ACCESS, 0, 1, MMU_W } } },
		{ 300, { { DO_LOG, .arg = 1 }, { DO_GET }, { DO_WAIT, .arg = 300 } } },
		{ 600, { { DO_AGE, 0, 1, MMU_AGE_CLEAR }, { DO_WAIT, .arg = 0 } } },
	},
};

/* Long unmaps that let faults in. */
static const struct scene_def yields = {
	.release = KVM_6_12, .policy = { "lock.needbreak=contended", "range.chunk=pmd" }, .nr_tasks = 3, .nr_vcpus = 2,
	.task = {
		{ 4, { { DO_ACCESS, 0, 64, MMU_W } } },
		{ 4, { { DO_ACCESS, 1024, 64, MMU_W } } },
		{ 8, { { DO_INVALIDATE, 0, 2048 } } },
	},
};

/* The slot comes and goes. */
static const struct scene_def slots = {
	.release = KVM_6_12, .nr_tasks = 4, .nr_vcpus = 2,
	.task = {
		{ 20, { { DO_ACCESS, 0, 4, MMU_W } } },
		{ 20, { { DO_ACCESS, 2, 4, MMU_W } } },
		{ 10, { { DO_INVALIDATE, 0, 3 } } },
		{ 6, { { DO_SLOT } } },
	},
};

#define LOGGED								\
	.nr_tasks = 3, .nr_vcpus = 2,					\
	.task = {							\
		{ 12, { { DO_ACCESS, 0, 4, MMU_W } } },			\
		{ 12, { { DO_ACCESS, 2, 4, MMU_W }, { DO_ACCESS, 600, 1, MMU_W } } },	\
		{ 3, { { DO_WAIT, .arg = 2000 }, { DO_LOG, .arg = 1 }, { DO_GET }, { DO_WAIT, .arg = 3000 },	\
		       { DO_GET }, { DO_LOG, .arg = 0 } } },		\
	}
static const struct scene_def logged = { .release = KVM_6_12, .host_level = 2, LOGGED };
static const struct scene_def logged_old = { .release = KVM_6_1, .host_level = 2, LOGGED };

static const struct mutant_row rows[] = {
	{ "an unmap leaves out the last page", MUTANT_unmap_short, "I-N1", 20, &moves },
	{ "an end that does not count", MUTANT_end_not_counted, "I-N2", 5, &moves },
	{ "no look for an invalidation in progress", MUTANT_skip_in_progress, "I-N3", 100, &moves },
	{ "no look for one that ended since the snapshot", MUTANT_skip_seq, "I-N3", 100, &moves },
	{ "both looked for before the lock", MUTANT_stale_before_lock, "I-N3", 100, &moves },
	{ "slots published early", MUTANT_publish_early, "I-N4", 100, &slots },
	{ "an entry broken without a TLB invalidation", MUTANT_break_no_tlbi, "I-R1", 20, &coalesces },
	{ "the same up to 6.1", MUTANT_break_no_tlbi, "I-R1", 20, &coalesces_old },
	{ "pages below a block keep their table", MUTANT_drop_no_put, "I-R2", 20, &coalesces_old },
	{ "the same with the block first", MUTANT_drop_no_put, "I-R2", 20, &coalesces_seed },
	{ "a block rebuilt without cache maintenance", MUTANT_coalesce_no_cmo, "I-R3", 20, &rebuilt },
	{ "an unmap without its TLB invalidation", MUTANT_unmap_no_flush, "I-F1", 20, &moves },
	{ "the same up to 6.1", MUTANT_unmap_no_flush, "I-F1", 20, &moves_old },
	{ "a table freed at once", MUTANT_free_at_once, "I-T1", 200, &coalesces },
	{ "a fault maps the neighbour", MUTANT_wrong_page, "I-M1", 5, &moves },
	{ "a write served read-only", MUTANT_write_read_only, "I-M1", 5, &moves },
	{ "an unmap takes one page more", MUTANT_unmap_wide, "I-M1", 50, &moves },
	{ "a split leaves a page out", MUTANT_split_drops, "I-M1", 20, &coalesces_split },
	{ "aging does not say what it found", MUTANT_age_silent, "I-A1", 20, &ages },
	{ "a loser does not say it", MUTANT_age_loser_silent, "I-A1", 200, &ages_relaxed },
	{ "aging leaves a page young", MUTANT_age_keeps, "I-A1", 20, &ages },
	{ "aging takes write access", MUTANT_age_takes_write, "I-A2", 20, &ages },
	{ "aging moves a page", MUTANT_age_moves_page, "I-A2", 20, &ages_af },
	{ "a yield without progress", MUTANT_yield_at_once, "I-G1", 50, &yields },
	{ "a fault does not mark its page", MUTANT_dirty_no_mark, "I-D1", 20, &logged },
	{ "a taken word's pages stay writable", MUTANT_dirty_no_protect, "I-D1", 20, &logged_old },
	{ "a dirty log is given away without a flush", MUTANT_dirty_no_flush, "I-D1", 20, &logged },
	{ "a block rebuilt while others fault", MUTANT_coalesce_no_cmo, "I-R3", 50, &coalesces_no_fwb },
	{ "aging beside others does not say what it found", MUTANT_age_silent, "I-A1", 20, &ages_read },
};

int main(int argc, char **argv)
{
	return mutants_main("arm64 mutants", rows, ARRAY_SIZE(rows), argc, argv);
}
