/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's metrics; what each means is said once, in result/metric.def. */
#include <stddef.h>
#include <stdio.h>

#include "replay/drive/drive.h"

#define PPM	1000000u

/* What the guests of all vCPUs lost, summed. */
struct stall {
	uint64_t vcpus, sum_ns, max_ns, run_ns;
	uint64_t lock_wait_ns, ipi_ns, kick_ns, service_ns, added_ns;
};

static uint64_t share_ppm(uint64_t part, uint64_t whole)
{
	return whole ? (uint64_t)((__uint128_t)part * PPM / whole) : 0;
}

static void add_vcpu(struct stall *sum, const struct drive_task *t, const struct rt_task_stats *rt)
{
	uint64_t operations_ns = t->n.access_ns + t->n.nested_ns;
	uint64_t waits_ns = t->n.lock_wait_ns + t->n.ipi_ns;
	uint64_t stall_ns = operations_ns + rt->kicked_ns + t->n.added_ns;

	sum->vcpus++;
	sum->sum_ns += stall_ns;
	sum->run_ns += t->n.last_ns > t->n.first_ns ? t->n.last_ns - t->n.first_ns : 0;
	sum->lock_wait_ns += t->n.lock_wait_ns;
	sum->ipi_ns += t->n.ipi_ns;
	sum->kick_ns += rt->kicked_ns;
	sum->added_ns += t->n.added_ns;
	sum->service_ns += operations_ns > waits_ns ? operations_ns - waits_ns : 0;
	if (stall_ns > sum->max_ns)
		sum->max_ns = stall_ns;
}

static void put(struct result *r, const char *name, const char *unit, uint64_t value)
{
	result_metric(r, name, unit, (int64_t)value);
}

static void put_stall(struct drive *d, struct result *r)
{
	struct stall sum = { 0 };
	uint64_t nr;

	for (unsigned int i = 0; i < d->nr_tasks; i++)
		if (d->tasks[i].vcpu >= 0 && d->tasks[i].n.accesses)
			add_vcpu(&sum, &d->tasks[i], &d->stats.task[i]);
	nr = sum.vcpus ? sum.vcpus : 1;
	put(r, "stall", "ns", sum.sum_ns / nr);
	put(r, "stall_share", "ppm", share_ppm(sum.sum_ns, sum.run_ns));
	put(r, "stall_max", "ns", sum.max_ns);
	put(r, "stall_service", "ns", sum.service_ns / nr);
	put(r, "stall_lock_wait", "ns", sum.lock_wait_ns / nr);
	put(r, "stall_flush", "ns", sum.ipi_ns / nr);
	put(r, "stall_kick", "ns", sum.kick_ns / nr);
	put(r, "stall_added", "ns", sum.added_ns / nr);
	put(r, "vcpus", "count", sum.vcpus);
}

/* Each vCPU's own stall, and what of it was lock wait, in the order of the recording's tasks, copy by copy. */
static void put_each_stall(struct drive *d, struct result *r)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < d->nr_tasks; i++) {
		const struct drive_task *t = &d->tasks[i];
		char name[sizeof(r->metrics->name)];

		if (t->vcpu < 0 || !t->n.accesses)
			continue;
		snprintf(name, sizeof(name), "stall.vm%d.vcpu%d", t->vm, t->vcpu);
		put(r, name, "ns", t->n.access_ns + t->n.nested_ns + t->n.added_ns + d->stats.task[i].kicked_ns);
		snprintf(name, sizeof(name), "stall_lock_wait.vm%d.vcpu%d", t->vm, t->vcpu);
		put(r, name, "ns", t->n.lock_wait_ns);
		if (++nr == 1024)	/* enough for any picture; the rest is in the mean and the maximum */
			return;
	}
}

static void add_counts(struct task_counts *sum, const struct task_counts *n)
{
	sum->others += n->others;
	sum->accesses += n->accesses;
	sum->recorded += n->recorded;
	sum->avoided += n->avoided;
	sum->faults += n->faults;
	sum->retries += n->retries;
	sum->guest_faults += n->guest_faults;
	sum->pt_faults += n->pt_faults;
	sum->added += n->added;
	sum->touches += n->touches;
	sum->young += n->young;
	sum->young_recorded += n->young_recorded;
	sum->young_lost += n->young_lost;
	sum->young_early += n->young_early;
	sum->dropped += n->dropped;
	sum->unmatched_ends += n->unmatched_ends;
	sum->slot_errors += n->slot_errors;
	sum->prefilled += n->prefilled;
	if (n->clear_chunk > sum->clear_chunk)
		sum->clear_chunk = n->clear_chunk;
	sum->dirty_pages += n->dirty_pages;
	sum->order_skipped += n->order_skipped;
	sum->want_think_ns += n->want_think_ns;
	sum->off_think_ns += n->off_think_ns;
	for (unsigned int kind = 0; kind < EV_STIM_END; kind++)
		sum->skipped[kind] += n->skipped[kind];
}

static void put_skipped(struct result *r, const struct task_counts *sum)
{
	uint64_t total = sum->dropped;

	for (unsigned int kind = 0; kind < EV_STIM_END; kind++) {
		char name[sizeof(r->metrics->name)];

		total += sum->skipped[kind];
		if (!sum->skipped[kind])
			continue;
		snprintf(name, sizeof(name), "skipped.%s", kind ? ev_kind_name(kind) : "unknown");
		put(r, name, "count", sum->skipped[kind]);
	}
	if (sum->dropped)
		put(r, "skipped.access", "count", sum->dropped);
	put(r, "skipped", "count", total);
}

static uint64_t frames_unknown(const struct drive *d)
{
	uint64_t torn = 0;

	for (unsigned int i = 0; i < d->meta->nr_vms; i++)
		torn += d->vms[i].frames ? frames_torn(d->vms[i].frames) : 0;
	return torn;
}

/* Only where there is something to say. */
static void put_caveats(struct drive *d, struct result *r, const struct task_counts *sum)
{
	const struct { const char *name; uint64_t value; } caveats[] = {
		{ "unmatched_ends", sum->unmatched_ends },
		{ "memslot_errors", sum->slot_errors },
		{ "order_skipped", sum->order_skipped },
		{ "slots_inferred", d->slots_inferred },
		{ "frames_torn", frames_unknown(d) },
		{ "ends_at_once", d->ends_at_once },
		{ "order_granule", plan_granule(d->job->plan) - 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(caveats); i++)
		if (caveats[i].value)
			put(r, caveats[i].name, "count", caveats[i].value);
}

/* Who waited for mmu_lock while aging held it. */
static uint64_t waited_for_age(const struct drive *d, bool writers)
{
	uint64_t ns = 0;

	for (unsigned int op = 0; op < RESULT_NR_OPS; op++) {
		bool ages = op == RESULT_AGE || op == RESULT_TEST_AGE;
		bool faults = op == RESULT_ACCESS || op == RESULT_LOAD;

		if (ages || faults == writers)
			continue;
		ns += d->stats.blame[op][RESULT_AGE].ns + d->stats.blame[op][RESULT_TEST_AGE].ns;
	}
	return ns;
}

static uint64_t total_ns(const struct result *r, enum result_op op)
{
	return (uint64_t)r->hist[op][PHASE_TOTAL].sum;
}

static void put_aging(struct drive *d, struct result *r, const struct task_counts *sum)
{
	uint64_t scanned = 0;

	if (!d->job->scan->kinds[EV_AGE] && !d->job->scan->kinds[EV_TEST_AGE])
		return;
	for (unsigned int i = 0; i < d->meta->nr_vms; i++)
		scanned += d->vms[i].stats.age_scanned;
	put(r, "age_time", "ns", total_ns(r, RESULT_AGE) + total_ns(r, RESULT_TEST_AGE));
	put(r, "age_scanned", "count", scanned);
	put(r, "access_waits_age", "ns", waited_for_age(d, false));
	put(r, "writers_wait_age", "ns", waited_for_age(d, true));
	put(r, "young", "count", sum->young);
	put(r, "young_recorded", "count", sum->young_recorded);
	if (!d->job->access)
		return;
	put(r, "young_lost", "count", sum->young_lost);
	put(r, "young_early", "count", sum->young_early);
}

/* How far the model was off on what it did not see, in both sorts of spell together. */
static void put_model(struct drive *d, struct result *r, const struct task_counts *sum)
{
	static const char *const names[SPELL_NR][4] = {
		[SPELL_GONE] = { "access_model.gone_spells", "access_model.gone_observed",
				 "access_model.gone_predicted", "access_model.gone_off" },
		[SPELL_OLD] = { "access_model.old_spells", "access_model.old_observed",
				"access_model.old_predicted", "access_model.old_off" },
	};
	uint64_t off = 0, observed = 0, dropped = 0, unknown = 0;

	for (enum spell_of of = 0; of < SPELL_NR; of++) {
		const struct access_error *error = access_model_error(d->job->access, of);

		put(r, names[of][0], "count", access_model_spells(d->job->access, of));
		put(r, names[of][1], "count", error->observed);
		put(r, names[of][2], "count", error->predicted);
		put(r, names[of][3], "count", error->off);
		off += error->off;
		observed += error->observed;
	}
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		dropped += touches_dropped(d->vms[i].touches);
		unknown += touches_unknown(d->vms[i].touches);
	}
	access_model_gaps(d->job->access, SPELL_GONE, &r->hist[RESULT_INVALIDATE][PHASE_REFAULT]);
	access_model_gaps(d->job->access, SPELL_OLD, &r->hist[RESULT_AGE][PHASE_REFAULT]);
	put(r, "access_model_error", "ppm", share_ppm(off, observed));
	put(r, "touches", "count", sum->touches);
	put(r, "touches.dropped", "count", dropped);
	if (unknown)
		put(r, "touches_unknown", "count", unknown);
}

static void put_counts(struct drive *d, struct result *r)
{
	struct task_counts sum = { 0 };

	for (unsigned int i = 0; i < d->nr_tasks; i++)
		add_counts(&sum, &d->tasks[i].n);
	put(r, "operations", "count", sum.accesses + sum.others);
	put(r, "accesses", "count", sum.accesses);
	put(r, "recorded", "count", sum.recorded);
	put(r, "faults", "count", sum.faults);
	put(r, "avoided", "count", sum.avoided);
	put(r, "added", "count", sum.added);
	put(r, "retries", "count", sum.retries);
	put(r, "dirty_pages", "count", sum.dirty_pages);
	if (d->shadow) {
		put(r, "guest_faults", "count", sum.guest_faults);
		put(r, "pt_faults", "count", sum.pt_faults);
	}
	put(r, "pacing_error", "ppm", share_ppm(sum.off_think_ns, sum.want_think_ns));
	put_aging(d, r, &sum);
	if (d->job->access)
		put_model(d, r, &sum);
	if (sum.clear_chunk)
		put(r, "clear_chunk", "bytes", sum.clear_chunk);
	if (sum.prefilled)
		put(r, "prefilled", "bytes", sum.prefilled);
	put_skipped(r, &sum);
	put_caveats(d, r, &sum);
}

static void put_runtime(struct drive *d, struct result *r)
{
	uint64_t flushes = 0, yields = 0, lost = 0, longest = 0, order_ns = 0, preempted_ns = 0, kicks = 0;

	for (unsigned int op = 0; op < RESULT_NR_OPS; op++) {
		char name[sizeof(r->metrics->name)];
		uint64_t stretch_ns = d->stats.longest_stretch_ns[op];

		if (d->stats.yields[op]) {
			snprintf(name, sizeof(name), "yields.%s", result_op_name(op));
			put(r, name, "count", d->stats.yields[op]);
		}
		flushes += d->stats.flushes[op];
		yields += d->stats.yields[op];
		lost += d->stats.lost_cas[op];
		if (stretch_ns > longest)
			longest = stretch_ns;
		if (!stretch_ns)
			continue;
		snprintf(name, sizeof(name), "longest_stretch.%s", result_op_name(op));
		put(r, name, "ns", stretch_ns);
	}
	for (unsigned int i = 0; i < d->nr_tasks; i++) {
		order_ns += d->stats.task[i].order_wait_ns;
		preempted_ns += d->stats.task[i].preempted_ns;
		kicks += d->stats.task[i].kicks;
	}
	put(r, "run", "ns", d->stats.end_ns);
	put(r, "lost_cas", "count", lost);
	put(r, "flushes", "count", flushes);
	put(r, "kicks", "count", kicks);
	put(r, "yields", "count", yields);
	put(r, "longest_stretch", "ns", longest);
	put(r, "order_wait", "ns", order_ns);
	put(r, "preempted", "ns", preempted_ns);
}

/* Which runs have a counter to tell of. */
enum teller { EVERY_RUN, IF_NOT_ZERO, IF_INVALIDATED, IF_RMAPS, IF_SHADOW, IF_ARM64 };

/* Counters of the engine that are metrics as they are: over all VMs summed, or the largest. */
static const struct {
	const char	*name, *unit;
	size_t		 at;		/* in struct mmu_stats */
	bool		 largest;
	enum teller	 teller;
} counters[] = {
#define SUM(name, unit, member, teller) { name, unit, offsetof(struct mmu_stats, member), false, teller }
#define MAX(name, unit, member, teller) { name, unit, offsetof(struct mmu_stats, member), true, teller }
	SUM("fast_faults",	"count", fast_faults,		EVERY_RUN),
	SUM("tables_max",	"count", tables_max,		EVERY_RUN),
	SUM("bytes",		"bytes", bytes,			EVERY_RUN),
	SUM("pages.4k",		"count", pages[1],		EVERY_RUN),
	SUM("pages.2m",		"count", pages[2],		EVERY_RUN),
	SUM("pages.1g",		"count", pages[3],		EVERY_RUN),
	SUM("zap_time",		"ns",	 zap_ns,		EVERY_RUN),
	MAX("zap_stretch",	"ns",	 zap_stretch_ns,	EVERY_RUN),
	SUM("zap_visited",	"count", zap_visited,		EVERY_RUN),
	SUM("tables_made",	"count", tables_made,		EVERY_RUN),
	SUM("nx_recovered",	"count", nx_recovered,		IF_NOT_ZERO),
	SUM("zap_nonpresent",	"count", zap_nonpresent,	IF_NOT_ZERO),
	SUM("retry_open",	"count", retry_open,		IF_INVALIDATED),
	SUM("retry_hull",	"count", retry_hull,		IF_INVALIDATED),
	SUM("retry_seq",	"count", retry_seq,		IF_INVALIDATED),
	SUM("retry_slot",	"count", retry_slot,		IF_INVALIDATED),
	SUM("retry_root",	"count", retry_root,		IF_INVALIDATED),
	SUM("retry_race",	"count", retry_race,		IF_INVALIDATED),
	MAX("windows_busy_max",	"ns",	 windows_busy_max_ns,	IF_INVALIDATED),
	MAX("windows_max",	"count", windows_max,		IF_INVALIDATED),
	SUM("memslot_wait",	"ns",	 memslot_wait_ns,	IF_INVALIDATED),
	MAX("memslot_wait_max",	"ns",	 memslot_wait_max_ns,	IF_INVALIDATED),
	SUM("windows_left",	"count", windows_left,		IF_NOT_ZERO),
	SUM("shadow_zapped",	"count", shadow_zapped,		IF_RMAPS),
	SUM("shadow_recycled",	"count", shadow_recycled,	IF_RMAPS),
	SUM("rmap_recycled",	"count", rmap_recycled,		IF_RMAPS),
	SUM("retry_sync",	"count", retry_sync,		IF_SHADOW),
	SUM("retry_gpte",	"count", retry_gpte,		IF_SHADOW),
	SUM("pt_writes",	"count", pt_writes,		IF_SHADOW),
	SUM("unsynced",		"count", unsynced,		IF_SHADOW),
	MAX("unsync_max",	"count", unsync_max,		IF_SHADOW),
	SUM("synced",		"count", synced,		IF_SHADOW),
	SUM("syncs",		"count", syncs,			IF_SHADOW),
	SUM("sync_time",	"ns",	 sync_ns,		IF_SHADOW),
	MAX("sync_stretch",	"ns",	 sync_stretch_ns,	IF_SHADOW),
	SUM("shadow_flooded",	"count", shadow_flooded,	IF_SHADOW),
	SUM("coalesced",	"count", coalesced,		IF_ARM64),
	SUM("coalesce_time",	"ns",	 coalesce_ns,		IF_ARM64),
	MAX("coalesce_max",	"ns",	 coalesce_max_ns,	IF_ARM64),
	SUM("broken",		"count", broken,		IF_ARM64),
	SUM("broken_time",	"ns",	 broken_ns,		IF_ARM64),
	MAX("broken_max",	"ns",	 broken_max_ns,		IF_ARM64),
	SUM("broken_faults",	"count", broken_faults,		IF_ARM64),
	SUM("broken_stall",	"ns",	 broken_stall_ns,	IF_ARM64),
	SUM("tables_freed",	"count", tables_freed,		IF_ARM64),
	SUM("tables_freed_late", "count", tables_freed_late,	IF_ARM64),
#undef SUM
#undef MAX
};

static uint64_t counter(const struct drive *d, size_t row)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		uint64_t of_vm = *(const uint64_t *)((const char *)&d->vms[i].stats + counters[row].at);

		value = counters[row].largest ? max_u64(value, of_vm) : value + of_vm;
	}
	return value;
}

/* Was anything invalidated in the recording? */
static bool has_invalidated(const struct drive *d)
{
	for (unsigned int i = 0; i < d->meta->nr_vms; i++)
		if (d->vms[i].stats.windows_max)
			return true;
	return d->job->scan->kinds[EV_ZAP_RANGE];
}

static void put_counters(struct drive *d, struct result *r)
{
	const bool tells[] = { [EVERY_RUN] = true, [IF_INVALIDATED] = has_invalidated(d), [IF_RMAPS] = d->rmaps,
			       [IF_SHADOW] = d->shadow, [IF_ARM64] = d->meta->arch == KVM_ARM64 };

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		uint64_t value = counter(d, i);

		if (counters[i].teller == IF_NOT_ZERO ? value != 0 : tells[counters[i].teller])
			put(r, counters[i].name, counters[i].unit, value);
	}
}

/* What is more than one counter. */
static void put_windows(struct drive *d, struct result *r)
{
	uint64_t ended = 0, window_max_ns = 0, hull_max = 0, hull_open = 0;

	if (!has_invalidated(d))
		return;
	for (unsigned int i = 0; i < d->nr_tasks; i++) {
		ended += d->tasks[i].n.spoiled;
		window_max_ns = max_u64(window_max_ns, d->tasks[i].n.window_max_ns);
	}
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats *s = &d->vms[i].stats;

		ended += s->retry_ended;
		if (s->hull_max_pages <= hull_max)
			continue;
		hull_max = s->hull_max_pages;
		hull_open = s->hull_open_pages;
	}
	put(r, "retry_ended", "count", ended);
	put(r, "window_max", "ns", window_max_ns);
	put(r, "hull_max", "count", hull_max);
	put(r, "hull_excess", "count", hull_max > hull_open ? hull_max - hull_open : 0);
}

static void put_tables(struct drive *d, struct result *r)
{
	uint64_t pages = 0, empty = 0;

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats *s = &d->vms[i].stats;

		pages += s->pages[1] + s->pages[2] + s->pages[3];
		empty += d->vms[i].emptied ? d->vms[i].tables_empty : s->tables_empty;
	}
	put(r, "pages", "count", pages);
	put(r, "tables_empty", "count", empty);
	put(r, "tables_empty_bytes", "bytes", empty * 4096);
}

static void copy_blame(struct drive *d, struct result *r)
{
	for (unsigned int w = 0; w < RESULT_NR_OPS; w++)
		for (unsigned int h = 0; h < RESULT_NR_OPS; h++)
			r->blame[w][h] = (struct result_blame){ d->stats.blame[w][h].ns, d->stats.blame[w][h].n };
}

void report_fill(struct drive *d, struct result *r)
{
	/* Once: it walks all tables. */
	for (unsigned int i = 0; i < d->meta->nr_vms; i++)
		mmu_stats(d->vms[i].mmu, &d->vms[i].stats);
	put_stall(d, r);
	put_counts(d, r);
	put_runtime(d, r);
	put_counters(d, r);
	put_windows(d, r);
	put_tables(d, r);
	put_each_stall(d, r);
	copy_blame(d, r);
}
