/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FAKE_RESULT_H
#define TEST_FAKE_RESULT_H

/*
 * A run as a replay might leave it, without a replay: seeded, log-normal-ish
 * service times, and lock waits that come in storms, @storm of them per
 * thousand accesses.  For tests and benches of what reads results.
 */
#include <stdio.h>

#include "base/prng.h"
#include "result/store.h"

struct fake {
	const char	*trace, *policy, *runtime;
	uint64_t	 seed;
	unsigned int	 clones;
	uint32_t	 accesses, storm;	/* storm: per mille */
	uint64_t	 storm_ns;		/* about how long one waits in a storm */
	uint64_t	 mapped;		/* bytes, from the start; 0: as if recorded */
	unsigned int	 touches;		/* of pages taken away, one in eight of them, as the access model has it */
	const char	*knob;			/* "zap.obsolete_batch = 10\n", or NULL */
};

/* @typical times e^(+-1.5) or so, bell-shaped on a log scale. */
static inline uint64_t fake_time(struct prng *p, uint64_t typical)
{
	uint64_t bell = 0, value = typical * 256;

	for (int i = 0; i < 6; i++)
		bell += prng_below(p, 9);
	for (uint64_t i = 0; i < 48; i++)
		value = i < bell ? value + value / 16 : value - value / 17;
	return value / 256 + 1;
}

static inline void fake_access(struct result *r, const struct fake *f, struct prng *p, uint64_t t_ns,
			       uint64_t *waited)
{
	size_t total = result_series_add(r, "access.total.max", 0, RESULT_SERIES_BUCKETS);
	size_t wait = result_series_add(r, "access.lock_wait.max", 0, RESULT_SERIES_BUCKETS);
	size_t count = result_series_add(r, "access.n", 1, RESULT_SERIES_BUCKETS);
	size_t held = result_series_add(r, "lock.hold.access.sum", 1, RESULT_SERIES_COARSE);
	size_t waited_for = result_series_add(r, "lock.wait.access.sum", 1, RESULT_SERIES_COARSE);
	bool storm = prng_below(p, 1000) < f->storm && (t_ns / 40000000) % 5 == 3;
	uint64_t service = fake_time(p, 3400);
	uint64_t wait_ns = storm ? fake_time(p, f->storm_ns) : prng_below(p, 8) ? 0 : fake_time(p, 120);

	hist_record(&r->hist[RESULT_ACCESS][PHASE_TOTAL], service + wait_ns);
	hist_record(&r->hist[RESULT_ACCESS][PHASE_LOCK_WAIT], wait_ns);
	hist_record(&r->hist[RESULT_ACCESS][PHASE_LOCK_HOLD], service / 4);
	result_series_put(r, total, t_ns, service + wait_ns);
	result_series_put(r, wait, t_ns, wait_ns);
	result_series_put(r, count, t_ns, 1);
	result_heat_put(r, RESULT_ACCESS, t_ns, service + wait_ns);
	result_series_put(r, held, t_ns, service / 4);
	result_series_put(r, waited_for, t_ns, wait_ns);
	if (wait_ns) {
		enum result_op holder = storm ? RESULT_AGE : RESULT_ACCESS;

		r->blame[RESULT_ACCESS][holder].ns += wait_ns;
		r->blame[RESULT_ACCESS][holder].n++;
	}
	*waited += wait_ns;
}

/* What the vCPUs lost, the last one most; what the access model says; who goes how long without a yield. */
static inline void fake_details(struct result *r, const struct fake *f, uint64_t waited)
{
	for (unsigned int vcpu = 0; vcpu < 4 * f->clones; vcpu++) {
		char name[48];

		snprintf(name, sizeof(name), "stall.vm0.vcpu%u", vcpu);
		result_metric(r, name, "ns", (int64_t)(f->accesses * 850ULL + waited / 4) * (vcpu + 1 == 4 * f->clones ? 2 : 1));
		snprintf(name, sizeof(name), "stall_lock_wait.vm0.vcpu%u", vcpu);
		result_metric(r, name, "ns", (int64_t)waited / 4);
	}
	result_metric(r, "longest_stretch.zap_all", "ns", 381234);
	result_metric(r, "longest_stretch.access", "ns", 4171);
	result_metric(r, "yields", "count", 17);
	result_metric(r, "yields.zap_all", "count", 17);
	if (!f->touches)
		return;
	result_metric(r, "access_model.gone_spells", "count", 8 * f->touches);
	result_metric(r, "access_model.old_spells", "count", f->touches);
	for (unsigned int i = 1; i <= f->touches; i++)
		hist_record(&r->hist[RESULT_INVALIDATE][PHASE_REFAULT], 1000000ULL * i);
}

static inline void fake_result(struct result *r, const struct fake *f)
{
	struct prng p;
	uint64_t t_ns = 0, waited = 0;

	result_init(r);
	result_heat_add(r, RESULT_ACCESS);
	prng_seed(&p, f->seed);
	for (uint32_t i = 0; i < f->accesses; i++) {
		t_ns += prng_below(&p, 20000);
		fake_access(r, f, &p, t_ns, &waited);
		if (i % 50 == 0) {
			hist_record(&r->hist[RESULT_AGE][PHASE_TOTAL], fake_time(&p, 40000));
			hist_record(&r->hist[RESULT_AGE][PHASE_LOCK_WAIT], fake_time(&p, 2000));
			hist_record(&r->hist[RESULT_INVALIDATE][PHASE_OPEN], fake_time(&p, 70000));
			r->blame[RESULT_AGE][RESULT_ACCESS].ns += 900;
			r->blame[RESULT_AGE][RESULT_ACCESS].n++;
		}
	}
	result_metric(r, "stall", "ns", (int64_t)(f->accesses * 3400ULL + waited) / 4);
	result_metric(r, "stall_share", "ppm", (int64_t)((f->accesses * 850ULL + waited / 4) * 1000000 / (t_ns + 1)));
	result_metric(r, "stall_service", "ns", (int64_t)(f->accesses * 850ULL));
	result_metric(r, "stall_lock_wait", "ns", (int64_t)waited / 4);
	result_metric(r, "run", "ns", (int64_t)t_ns);
	result_metric(r, "vcpus", "count", 4 * f->clones);
	result_metric(r, "accesses", "count", f->accesses);
	result_metric(r, "avoided", "count", f->accesses / 20);
	result_metric(r, "retries", "count", f->storm * 3);
	result_metric(r, "flushes", "count", 120);
	result_metric(r, "longest_stretch", "ns", 381234);
	result_metric(r, "window_max", "ns", 2500000);
	result_metric(r, "age_time", "ns", (int64_t)f->accesses * 800);
	result_metric(r, "access_waits_age", "ns", (int64_t)waited / 2);
	result_metric(r, "writers_wait_age", "ns", 0);
	result_metric(r, "home_made", "count", 7);
	fake_details(r, f, waited);
	if (f->mapped) {
		result_metric(r, "prefilled", "bytes", (int64_t)f->mapped);
		result_metric(r, "zap_time", "ns", (int64_t)(f->mapped / 500));
		result_metric(r, "zap_stretch", "ns", 1313287);
	}
	result_metric(r, "faults", "count", (int64_t)f->accesses * 2);
	result_metric(r, "retry_open", "count", (int64_t)f->accesses / 2);
	result_metric(r, "retry_hull", "count", (int64_t)f->accesses / 4);
}

static inline void fake_run(struct store_run *run, const struct fake *f)
{
	*run = (struct store_run){
		.trace = f->trace, .trace_hash = f->trace, .arch = "x86", .kernel = "6.12.117+deb12-amd64",
		.policy = f->policy, .policy_text = f->knob ? f->knob : "age.lock = write\nfault.lock = read\n",
		.costs_text = "[costs]\nexit_entry = 1000\n", .host_text = "[host]\ncpus = 4\nhz = 250\n",
		.runtime = f->runtime, .pacing = "closed", .command = "mmulab replay T.mmt -p x86-6.12 --db results.db",
		.commit = "v0", .seed = f->seed, .clones = f->clones, .assumed = "",
	};
}

static inline int fake_store(struct store *s, const struct fake *f, int64_t *id, struct err *e)
{
	struct store_run run;
	struct result r;
	int rc;

	fake_run(&run, f);
	fake_result(&r, f);
	rc = store_run(s, &run, &r, id, e);
	result_fini(&r);
	return rc;
}

#endif
