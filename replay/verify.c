/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/verify.h"

#include "replay/null.h"
#include "replay/swaps.h"
#include "replay/yields.h"

/* What is found once from the whole recording. */
struct found {
	struct swaps	*swaps;
	struct yields	*yields;
};

static int run_placement(const struct verify_job *job, const struct found *f, enum placement p, struct verdict *v,
			 struct err *e)
{
	const struct guide_job guide = { .rec = job->rec, .policy = job->policy, .swaps = f->swaps, .yields = f->yields,
					 .placement = p, .seed = job->seed, .own_preset = job->own_preset,
					 .verdict = v };

	return job->guide(&guide, e);
}

/* Which operations have only one order that the records allow. */
static void note_fixed(const struct recording *rec, const struct swaps *swaps, struct verdict *v)
{
	struct changes *c = changes_new(rec, swaps);

	for (uint32_t i = 0; i < rec->nr_ops; i++)
		v->ops[i].fixed = changes_order_is_fixed(c, rec, &rec->ops[i]);
	changes_free(c);
}

/* Does anything depend on the placement? */
static bool any_open(const struct verdict *v)
{
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		if (!v->ops[i].fixed)
			return true;
	return false;
}

int verify_run(const struct verify_job *job, struct verdict *out, struct err *e)
{
	struct found f = { swaps_new(job->rec), yields_new(job->rec) };
	int rc;

	note_fixed(job->rec, f.swaps, out);
	rc = run_placement(job, &f, PLACE_GUIDED, out, e);
	for (int p = PLACE_GUIDED + 1; rc == 0 && p < PLACE_NR && any_open(out); p++)
		rc = run_placement(job, &f, p, out, e);
	if (rc == 0 && job->baseline)
		null_run(job->rec, out);
	swaps_free(f.swaps);
	yields_free(f.yields);
	return rc;
}
