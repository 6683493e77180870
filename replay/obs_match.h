/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_OBS_MATCH_H
#define REPLAY_OBS_MATCH_H

#include "event/meta.h"

/*
 * Compares what an engine said with what the kernel said: two multisets of
 * observations of one operation.
 *
 * Each observation is reduced to what is predicted.  Left out, because it is a
 * host fact or an accident of memory (docs/fidelity.md has the table):
 * the pfn of a table entry, sptep, reference counts, the generation byte of a page
 * being zapped, lock waits, pins.  Of the accessed and dirty bits of a leaf
 * that changes, only the change counts: hardware sets them unseen.  kvm_mmu_set_spte
 * reads the entry again, so there they do not count at all.  Without the TDP MMU the probes on a change know the
 * entry by its address: there its values are compared, and not which one it was.
 */
struct obs_rules {
	const struct spte_format *format;	/* x86 */
	bool hw_af;			/* arm64: hardware sets the access flag unseen */
	bool rmaps;			/* x86 without the TDP MMU: a page may be found, not made */
	bool attr_new;			/* arm64: w_attr has new values */
	bool compared[OBS_END];		/* kinds this trace can hold */
};

void obs_rules_init(struct obs_rules *rules, const struct ev_meta *meta);

struct obs_count { uint64_t observed, predicted, matched; };

#define OBS_DIFF_SAMPLES 4

/* Which ones did not match; pointers into the arrays that were compared. */
struct obs_diff {
	uint32_t	  compared;	/* observations that count, both sides */
	uint32_t	  missing;	/* recorded, not predicted */
	uint32_t	  extra;	/* predicted, not recorded */
	uint32_t	  ad_only;	/* pairs of those that differ in accessed/dirty bits alone */
	const struct obs *missing_at[OBS_DIFF_SAMPLES], *extra_at[OBS_DIFF_SAMPLES];
};

/* A view on observations that lie @stride bytes apart. */
struct obs_view {
	const struct obs *first;
	size_t		  nr, stride;
};

struct obs_matcher;	/* its buffers, reused from one call to the next */

struct obs_matcher *obs_matcher_new(const struct obs_rules *rules);
void obs_matcher_free(struct obs_matcher *m);	/* NULL is fine */

/**
 * obs_match() - compare one operation.
 * @counts:	by kind, added to; NULL: not counted.
 *
 * Return: true when both multisets are equal.
 */
bool obs_match(struct obs_matcher *m, struct obs_view recorded, struct obs_view predicted,
	       struct obs_count counts[OBS_END], struct obs_diff *diff);

/* "kvm_mmu_set_spte gfn=0x41907 level=1 spte=0x43ede67": for people; returns @buf. */
const char *obs_format(const struct obs *o, char *buf, size_t size);

#endif
