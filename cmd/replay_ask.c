/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run is asked to be: names to values, policies loaded, and what is wrong told before the first run. */
#include "cmd/replay_run.h"

#include <stdio.h>
#include <string.h>

#include "cmd/paths.h"
#include "result/store.h"

/* --- options --------------------------------------------------------------------- */

static int choose(const char *option, const char *given, const char *const *names, size_t nr, size_t *out,
		  struct err *e)
{
	char known[128] = "";

	for (size_t i = 0; i < nr; i++) {
		size_t len = strlen(known);

		if (strcmp(given, names[i]) == 0) {
			*out = i;
			return 0;
		}
		snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "", names[i]);
	}
	return err_set(e, ERR_USAGE, "--%s %s: not one of %s", option, given, known);
}

/* Policies are for one architecture; whatever else is wrong with the trace is told when it is planned. */
static enum kvm_arch arch_of(const char *trace)
{
	enum kvm_arch arch = KVM_X86;
	struct ev_file *f;
	struct err e;

	if (ev_open(trace, 0, &f, &e))
		return arch;
	arch = ev_meta(f)->arch;
	ev_close(f);
	return arch;
}

int replay_ask_resolve(struct replay_ask *ask, const char *access, struct err *e)
{
	static const char *const runtimes[] = { "vtime", "threads" }, *const grains[] = { "op", "access" };
	static const char *const pacings[] = { "closed", "open", "asap" }, *const models[] = { "none", "model" };
	size_t runtime = 0, pacing = 0, grain = 0, model = 0;
	int rc = choose("runtime", ask->runtime, runtimes, ARRAY_SIZE(runtimes), &runtime, e);

	if (!rc)
		rc = choose("pacing", ask->pacing, pacings, ARRAY_SIZE(pacings), &pacing, e);
	if (!rc)
		rc = choose("grain", ask->grain, grains, ARRAY_SIZE(grains), &grain, e);
	if (!rc)
		rc = choose("access", access, models, ARRAY_SIZE(models), &model, e);
	if (!rc && strcmp(ask->time_scale_text, "auto") != 0)
		rc = time_scale_parse(ask->time_scale_text, &ask->time_scale_ppm, e);
	for (size_t i = 0; !rc && i < ask->assume.nr; i++)
		rc = facts_assume(&ask->facts, ask->assume.v[i], e);
	if (rc)
		return rc;
	ask->threads = runtime == 1;
	ask->pacing_kind = (enum drive_pacing)pacing;
	ask->fine = grain == 1;
	ask->model = model == 1;
	ask->arch = arch_of(ask->trace);
	if (!ask->clones)
		return err_set(e, ERR_USAGE, "--clone 0: at least one, the recorded one");
	return 0;
}

/* --- policies ---------------------------------------------------------------------- */

static bool is_knob(const char *assignment)
{
	return strncmp(assignment, "host.", 5) != 0 && strncmp(assignment, "costs.", 6) != 0;
}

int replay_policy(const struct replay_ask *ask, const char *name, struct policy *out, struct err *e)
{
	int rc = policy_load(name, paths_dirs("policies"), ask->arch, out, e);

	for (size_t i = 0; !rc && i < ask->sets.nr; i++)
		if (is_knob(ask->sets.v[i]))
			rc = policy_set(out, ask->sets.v[i], ask->arch, e);
	return rc;
}

/* All of them before the first runs: a mistake in the last one should not cost the time of the others. */
static int load_policies(const struct replay_ask *ask, struct replay_run *runs, size_t nr, const char *dflt,
			 struct err *e)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < nr; i++)
		rc = replay_policy(ask, ask->policies.nr ? ask->policies.v[i] : dflt, &runs[i].policy, e);
	return rc;
}

/* A policy that was made for shadow pages would change nothing elsewhere, and look as if it did not matter. */
static int check_about(const struct replay_ask *ask, const struct ev_meta *meta, const struct policy *p, struct err *e)
{
	if (p->about == ABOUT_SHADOW_PAGES && meta->tdp_mmu)
		return err_set(e, ERR_MACHINE, "%s: policy %s is about shadow pages, and this host had the TDP MMU; take a recording with kvm.tdp_mmu=N",
			       ask->trace, p->name);
	if (p->about == ABOUT_SHADOW_PAGING && !meta->shadow)
		return err_set(e, ERR_MACHINE, "%s: policy %s is about shadow paging, and this host had two-dimensional paging; "
			       "take a recording with kvm_intel.ept=0 or kvm_amd.npt=0",
			       ask->trace, p->name);
	return 0;
}

/*
 * The model is fitted to what the TDP MMU and stage 2 say of their entries; shadow pages say it otherwise, and of
 * several at once.
 */
static int check_model(const struct replay_ask *ask, const struct ev_meta *meta, struct err *e)
{
	if (!ask->model || meta->arch != KVM_X86 || meta->tdp_mmu || ask->facts.assumed[FACT_TDP_MMU])
		return 0;
	return err_set(e, ERR_MACHINE, "%s: --access model does not know recordings of shadow pages; leave it out", ask->trace);
}

int replay_fits(const struct replay_ask *ask, const struct ev_meta *meta, const struct policy *policy, struct err *e)
{
	int rc = check_model(ask, meta, e);

	return rc ? rc : check_about(ask, meta, policy, e);
}

int replay_prepare(const struct replay_ask *ask, struct replay_trace *trace, struct replay_run *runs, size_t nr,
		   struct err *e)
{
	struct store *store = NULL;
	struct drive_job job;
	struct costs costs;
	char dflt[32];
	int rc = ask->policies.nr ? load_policies(ask, runs, nr, NULL, e) : 0;

	if (!rc && ask->db) {
		rc = store_open(ask->db, &store, e);
		if (!rc)
			store_close(store);
	}
	if (!rc)
		rc = replay_trace_open(ask, trace, e);
	if (!rc && !ask->policies.nr) {
		snprintf(dflt, sizeof(dflt), "%s-%s", kvm_arch_name(ask->arch),
			 kvm_release_name(trace->meta->release));
		rc = load_policies(ask, runs, nr, dflt, e);
	}
	for (size_t i = 0; !rc && i < nr; i++)
		rc = replay_fits(ask, trace->meta, &runs[i].policy, e);
	return rc ? rc : replay_job(ask, trace, &runs[0].policy, &costs, &job, e);
}
