/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FAKE_RESULT_H
#define TEST_FAKE_RESULT_H

/*
 * A run as a replay might leave it, without a replay: seeded, log-normal-ish
 * service times, and lock waits that come in storms, @storm of them per
 * thousand accesses.  For tests and benches of what reads results.
 */
#include "base/prng.h"
#include "result/store.h"

struct fake {
	const char	*trace, *policy, *runtime;
	uint64_t	 seed;
	unsigned int	 clones;
	uint32_t	 accesses, storm;	/* storm: per mille */
	uint64_t	 storm_ns;		/* about how long one waits in a storm */
	uint64_t	 mapped;		/* bytes, from the start; 0: as if recorded */
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
	bool storm = prng_below(p, 1000) < f->storm && (t_ns / 40000000) % 5 == 3;
	uint64_t service = fake_time(p, 3400);
	uint64_t wait_ns = storm ? fake_time(p, f->storm_ns) : prng_below(p, 8) ? 0 : fake_time(p, 120);

	hist_record(&r->hist[RESULT_ACCESS][PHASE_TOTAL], service + wait_ns);
	hist_record(&r->hist[RESULT_ACCESS][PHASE_LOCK_WAIT], wait_ns);
	hist_record(&r->hist[RESULT_ACCESS][PHASE_LOCK_HOLD], service / 4);
	result_series_put(r, total, t_ns, service + wait_ns);
	result_series_put(r, wait, t_ns, wait_ns);
	result_series_put(r, count, t_ns, 1);
	if (wait_ns) {
		enum result_op holder = storm ? RESULT_AGE : RESULT_ACCESS;

		r->blame[RESULT_ACCESS][holder].ns += wait_ns;
		r->blame[RESULT_ACCESS][holder].n++;
	}
	*waited += wait_ns;
}

static inline void fake_result(struct result *r, const struct fake *f)
{
	struct prng p;
	uint64_t t_ns = 0, waited = 0;

	result_init(r);
	prng_seed(&p, f->seed);
	for (uint32_t i = 0; i < f->accesses; i++) {
		t_ns += prng_below(&p, 20000);
		fake_access(r, f, &p, t_ns, &waited);
		if (i % 50 == 0) {
			hist_record(&r->hist[RESULT_AGE][PHASE_TOTAL], fake_time(&p, 40000));
			hist_record(&r->hist[RESULT_AGE][PHASE_LOCK_WAIT], fake_time(&p, 2000));
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
	result_metric(r, "age_time", "ns", (int64_t)f->accesses * 800);
	result_metric(r, "access_waits_age", "ns", (int64_t)waited / 2);
	result_metric(r, "writers_wait_age", "ns", 0);
	result_metric(r, "home_made", "count", 7);
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
		.policy = f->policy, .policy_text = "age.lock = write\nfault.lock = read\n",
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
