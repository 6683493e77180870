/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_RESAMPLE_H
#define ANALYSIS_RESAMPLE_H

#include "base/prng.h"
#include "result/hist.h"

/*
 * The histograms of one configuration, a run each, in bins few enough to be drawn anew
 * a thousand times.  A draw costs the bins, whatever was recorded.
 */
struct resample {
	size_t		 nr;		/* bins, ascending, none empty in all runs */
	size_t		 runs;
	double		*value;		/* of a bin: mean of what is in it */
	uint32_t	*count;		/* [run * nr + bin]; 2^32 - 1 stands for more, too */
	struct poisson	*poisson;
	/* The last draw: of operations, */
	bool		 operations;
	double		*drawn;		/* those in this bin and the ones before it */
	double		 sum;		/* of their values */
	/* or of whole runs, of which only what is asked for is added up. */
	uint32_t	*times;		/* each was drawn */
	uint64_t	*upto;		/* [bin * runs + run]: operations in this bin and the ones before it */
	double		*run_sum;	/* of a run's values */
};

/* @merged: the sum of the @runs at @hist. */
void resample_init(struct resample *r, const struct hist *const *hist, size_t runs, const struct hist *merged);
void resample_fini(struct resample *r);		/* zeroed: fine */

/* As recorded. */
void resample_all(struct resample *r);
/* Operations, each bin's number Poisson-distributed about the recorded one: the multinomial, but for its fixed sum. */
void resample_operations(struct resample *r, struct prng *p);
/* Whole runs: those of @which, r->runs of them. */
void resample_runs(struct resample *r, const uint32_t *which);

/* Of the last draw; 0 of an empty one. */
double resample_quantile(const struct resample *r, uint32_t ppm);
double resample_mean(const struct resample *r);

#endif
