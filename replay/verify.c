/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/verify.h"

#include "replay/null.h"
#include "replay/swaps.h"
#include "replay/yields.h"

/* What is found once from the whole recording. */
struct found {
	struct swaps	*swaps;
	struct yields	*yields;
	struct chains	*chains;
	struct stores	*stores;
	struct inherited *inherited;
	struct gptes	*gptes;
	struct gpt_pages *gpt_pages;
	struct order	*order;
};

static int run_once(const struct verify_job *job, const struct found *f, bool consistent, struct verdict *v,
			 struct err *e)
{
	const struct guide_job guide = { .rec = job->rec, .policy = job->policy, .swaps = f->swaps,
					 .yields = f->yields, .chains = f->chains, .stores = f->stores,
					 .inherited = f->inherited, .gptes = f->gptes,
					 .gpt_pages = f->gpt_pages, .order = f->order,
					 .consistent = consistent, .seed = job->seed, .recorded = job->recorded,
					 .verdict = v };

	return job->guide(&guide, e);
}

static void note_fixed(const struct order *o, struct verdict *v)
{
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		v->ops[i].fixed = order_determines(o, i);
}

/* Is there anything that another order could decide? */
static bool any_open(const struct verdict *v)
{
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		if (!v->ops[i].fixed || v->ops[i].outcome == OUTCOME_MISS)
			return true;
	return false;
}

int verify_run(const struct verify_job *job, struct verdict *out, struct err *e)
{
	struct found f = { swaps_new(job->rec), yields_new(job->rec, job->yields_to_waiters),
			   chains_new(job->rec), stores_new(job->rec), inherited_new(job->rec), gptes_new(job->rec),
			   NULL, NULL };
	int rc;

	f.gpt_pages = gpt_pages_new(job->rec, f.gptes);
	f.order = order_new(job->rec, f.swaps, job->policy, out->has_checks);
	note_fixed(f.order, out);
	rc = run_once(job, &f, false, out, e);
	if (rc == 0 && any_open(out))
		rc = run_once(job, &f, true, out, e);
	if (rc == 0 && job->baseline)
		null_run(job->rec, f.inherited, out);
	order_free(f.order);
	swaps_free(f.swaps);
	yields_free(f.yields);
	chains_free(f.chains);
	stores_free(f.stores);
	inherited_free(f.inherited);
	gpt_pages_free(f.gpt_pages);
	gptes_free(f.gptes);
	return rc;
}
