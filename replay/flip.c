/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/flip.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "replay/recorded_knobs.h"

/* --- which knobs ------------------------------------------------------------- */

static int unknown_knob(const char *name, enum kvm_arch arch, struct err *e)
{
	const char *near = knob_nearest(name, arch);

	return err_set(e, ERR_USAGE, "--flip %s: there is no such knob%s%s%s; `mmulab policies` lists them", name,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Does it change what the engine does?  (check.*: only what is looked at meanwhile) */
static bool is_behaviour(const struct knob *k)
{
	return strncmp(k->name, "check.", strlen("check.")) != 0;
}

/* NULL with @e filled. */
static const struct knob *flippable(const char *name, enum kvm_arch arch, struct err *e)
{
	const struct knob *k = knob_find(name);

	if (!k)
		unknown_knob(name, arch, e);
	else if (!knob_fits_arch(k, arch))
		err_set(e, ERR_USAGE, "--flip %s: a knob of another architecture than the recording's", name);
	else if (k->kind == KNOB_IS_NUMBER)
		err_set(e, ERR_USAGE, "--flip %s: takes numbers (%u..%u), not words; try one with --set %s=NUMBER",
			name, k->min, k->max, name);
	else
		return k;
	return NULL;
}

int flips_knobs(const char *const *names, size_t nr_names, enum kvm_arch arch, const struct knob **out,
		struct err *e)
{
	size_t rows;
	const struct knob *table = knob_table(&rows);
	bool *wanted = xcalloc(rows, sizeof(*wanted));
	int nr = 0;

	for (size_t i = 0; i < nr_names && nr == 0; i++) {
		const struct knob *k;

		if (strcmp(names[i], "all") == 0) {
			for (size_t r = 0; r < rows; r++)
				wanted[r] |= table[r].kind == KNOB_IS_ENUM && knob_fits_arch(&table[r], arch) &&
					     is_behaviour(&table[r]);
			continue;
		}
		k = flippable(names[i], arch, e);
		if (k)
			wanted[k - table] = true;
		else
			nr = -ERR_USAGE;
	}
	for (size_t r = 0; r < rows && nr >= 0; r++)
		if (wanted[r])
			out[nr++] = &table[r];
	free(wanted);
	return nr;
}

/* --- the runs ------------------------------------------------------------------ */

static uint64_t count_unmatched(const struct verdict *v)
{
	uint64_t nr = 0;

	for (unsigned int k = OBS_FIRST; k < OBS_END; k++)
		nr += v->kinds[k].observed + v->kinds[k].predicted - 2 * v->kinds[k].matched;
	return nr;
}

static int run_under(const struct verify_job *job, const struct policy *policy, struct flip *f, struct err *e)
{
	struct verify_job one = *job;
	struct verdict verdict;
	int rc;

	one.policy = policy;
	one.baseline = false;
	verdict_init(&verdict, job->rec);
	rc = verify_run(&one, &verdict, e);
	if (rc == 0) {
		verdict_totals(&verdict, &f->totals);
		f->totals.first_example = NULL;		/* it dies with the verdict */
		f->unmatched = count_unmatched(&verdict);
	}
	verdict_fini(&verdict);
	return rc;
}

/* Is @value the one every VM is judged by anyway, the policy's or the recording's? */
static bool is_own(const struct verify_job *job, const struct knob *knob, uint32_t value)
{
	for (uint32_t vm = 0; vm < job->rec->meta->nr_vms; vm++) {
		struct policy p = *job->policy;

		recorded_knobs_take(job->rec, vm, job->recorded, &p);
		if (knob_get(knob, &p) != value)
			return false;
	}
	return true;
}

static int run_values(const struct verify_job *job, const struct knob *knob, struct flips *out, struct err *e)
{
	struct verify_job set = *job;
	int rc = 0;

	set.recorded &= ~recorded_knob(knob->name, strlen(knob->name));
	for (uint32_t value = 0; rc == 0 && value < knob->nr_values; value++) {
		struct policy policy = *job->policy;
		struct flip *f = &out->v[out->nr];

		if (is_own(job, knob, value))
			continue;
		knob_set(knob, &policy, value);
		f->knob = knob;
		f->value = value;
		rc = run_under(&set, &policy, f, e);
		out->nr += rc == 0;
	}
	return rc;
}

int flips_run(const struct verify_job *job, const struct knob *const *knobs, size_t nr, struct flips *out,
	      struct err *e)
{
	size_t values = 0;
	int rc;

	*out = (struct flips){ 0 };
	for (size_t i = 0; i < nr; i++)
		values += knobs[i]->nr_values;
	out->v = xcalloc(values ? values : 1, sizeof(*out->v));
	rc = run_under(job, job->policy, &out->right, e);
	for (size_t i = 0; rc == 0 && i < nr; i++)
		rc = run_values(job, knobs[i], out, e);
	return rc;
}

void flips_fini(struct flips *f)
{
	free(f->v);
	*f = (struct flips){ 0 };
}
