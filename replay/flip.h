/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FLIP_H
#define REPLAY_FLIP_H

#include "engine/config/policy_table.h"
#include "replay/verify.h"

/*
 * Does a recording tell the values of a knob apart?  It is verified once under the policy of
 * the recorded kernel and once more for each other value of each knob, nothing else
 * changed.  What a value costs is what its score has less: much where the recording exercises
 * what the knob governs, nothing where it does not.
 */
struct flip {
	const struct knob	*knob;
	uint32_t		 value;
	struct totals		 totals;
	uint64_t		 unmatched;	/* observations without partner, at the guided instants */
};

struct flips {
	struct flip	 right;		/* under the policy itself; no knob */
	/* By knob, then by value; without the one every VM is judged by anyway (recorded_knobs.h). */
	struct flip	*v;
	size_t		 nr;
};

/**
 * flips_knobs() - what `--flip NAME` may name.
 * @names:	of knobs that take words; "all" is each of them that fits @arch and changes behaviour.
 * @out:	room for as many as knob_table() has rows; each knob once, in the table's order.
 *
 * Return: how many, or -ERR_USAGE with @e filled.
 */
int flips_knobs(const char *const *names, size_t nr_names, enum kvm_arch arch, const struct knob **out,
		struct err *e);

/* Return: 0 or negative with @e filled.  flips_fini() @out in any case; @job->baseline is not looked at. */
int flips_run(const struct verify_job *job, const struct knob *const *knobs, size_t nr, struct flips *out,
	      struct err *e);
void flips_fini(struct flips *f);

/* Operations outside any dispute: neither vacuous nor lost. */
static inline uint64_t flip_judged(const struct flip *f)
{
	return f->totals.operations - f->totals.vacuous - f->totals.lost;
}

/* The residual: what is not exact, skipped ones included. */
static inline uint64_t flip_residual(const struct flip *f)
{
	return flip_judged(f) - f->totals.exact;
}

/* Negative where the recording likes @f better than the policy's own value. */
static inline int64_t flip_cost(const struct flips *all, const struct flip *f)
{
	return (int64_t)(flip_residual(f) - flip_residual(&all->right));
}

/* The same in observations. */
static inline int64_t flip_cost_obs(const struct flips *all, const struct flip *f)
{
	return (int64_t)(f->unmatched - all->right.unmatched);
}

/* In residuals of the policy itself; one operation where it has none. */
static inline double flip_factor(const struct flips *all, const struct flip *f)
{
	uint64_t residual = flip_residual(&all->right);

	return (double)flip_cost(all, f) / (double)(residual ? residual : 1);
}

#endif
