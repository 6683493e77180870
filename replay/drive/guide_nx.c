/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds of NX recovery, those without a record included.  A round tries one in so many tables (a module parameter
 * of the host), rounded up.  How many it took shows the parameter, but where it passed over some; there the
 * rounds before tell.
 */
#include "replay/drive/guide_state.h"
#include "replay/nx_rounds.h"

#define RATIO_DEFAULT	60	/* KVM mmu.c, nx_huge_pages_recovery_ratio */

/* What is known of one in how many a round tries. */
static unsigned int known_ratio(const struct nx_known *known)
{
	if (RATIO_DEFAULT >= known->least && RATIO_DEFAULT <= known->most)
		return RATIO_DEFAULT;
	return known->least;
}

void guide_nx_silence(struct actor *a, uint32_t vm, uint64_t from, uint64_t until)
{
	struct nx_known *known = &a->g->nx[vm];
	uint64_t nr = nx_rounds_silent(until - from, a->nx_sleep_ns);

	for (uint64_t i = 1; i <= nr && known->least; i++) {
		rt_idle_until(from + (until - from) / (nr + 1) * i);
		mmu_nx_pass_over(a->g->mmus[vm], known_ratio(known));
	}
}

/* Tables that @op took away. */
static uint64_t taken(const struct guide *g, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(g->rec, op);
	uint64_t nr = 0;

	for (uint32_t i = 0; i < op->nr_obs; i++)
		nr += obs[i].o.kind == OBS_SPTE_CHANGED && spte_is_table(obs[i].o.spte.old, obs[i].o.spte.level) &&
		      obs[i].o.spte.new == g->format->nonpresent;
	return nr;
}

/* A round that had @nr before it and took @took of them passed over none. */
static void learn(struct nx_known *known, uint64_t nr, uint64_t took)
{
	uint64_t least = (nr + took - 1) / took, most = took > 1 ? (nr - 1) / (took - 1) : UINT32_MAX;

	if (least > known->least)
		known->least = least;
	if (most < known->most || !known->most)
		known->most = most;
	if (known->least > known->most)		/* somebody set the parameter */
		*known = (struct nx_known){ least, most < least ? least : most };
}

void guide_nx_recover(struct guide *g, struct mmu *mmu, const struct rec_op *op)
{
	struct nx_known *known = &g->nx[op->vm];
	uint64_t took = taken(g, op);
	struct mmu_stats stats;

	if (!op->nr_obs)	/* the rest of the one before */
		return;
	mmu_stats(mmu, &stats);
	if (!stats.nx_logged && took && stats.nx_splits >= took)
		learn(known, stats.nx_splits, took);
	if (stats.nx_logged && known->least)
		mmu_nx_recover(mmu, known_ratio(known));
	else
		mmu_nx_recover(mmu, took ? (unsigned int)((stats.nx_splits + took - 1) / took) : 0);
}
