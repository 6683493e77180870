/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's metrics; what each means is said once, in result/metric.def. */
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
		if (++nr == 256)	/* enough for any picture; the rest is in the mean and the maximum */
			return;
	}
}

static void add_counts(struct task_counts *sum, const struct task_counts *n)
{
	sum->operations += n->operations;
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
	put(r, "operations", "count", sum.operations);
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

/* Over all VMs: causes and waits are summed, extents are the largest. */
static struct mmu_stats sum_invalidation(const struct drive *d)
{
	struct mmu_stats sum = { 0 };

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats s = d->vms[i].stats;

		sum.retry_open += s.retry_open;
		sum.retry_hull += s.retry_hull;
		sum.retry_ended += s.retry_ended;
		sum.retry_seq += s.retry_seq;
		sum.retry_slot += s.retry_slot;
		sum.retry_root += s.retry_root;
		sum.retry_race += s.retry_race;
		sum.memslot_wait_ns += s.memslot_wait_ns;
		sum.windows_left += s.windows_left;
		sum.memslot_wait_max_ns = max_u64(sum.memslot_wait_max_ns, s.memslot_wait_max_ns);
		sum.windows_max = max_u64(sum.windows_max, s.windows_max);
		sum.windows_busy_max_ns = max_u64(sum.windows_busy_max_ns, s.windows_busy_max_ns);
		if (s.hull_max_pages <= sum.hull_max_pages)
			continue;
		sum.hull_max_pages = s.hull_max_pages;
		sum.hull_open_pages = s.hull_open_pages;
	}
	return sum;
}

/* Only for a recording in which something was invalidated. */
static void put_invalidation(struct drive *d, struct result *r)
{
	struct mmu_stats s = sum_invalidation(d);
	uint64_t spoiled = 0, window_max_ns = 0;

	for (unsigned int i = 0; i < d->nr_tasks; i++) {
		spoiled += d->tasks[i].n.spoiled;
		window_max_ns = max_u64(window_max_ns, d->tasks[i].n.window_max_ns);
	}
	if (!s.windows_max && !d->job->scan->kinds[EV_ZAP_RANGE])
		return;
	put(r, "retry_open", "count", s.retry_open);
	put(r, "retry_hull", "count", s.retry_hull);
	put(r, "retry_ended", "count", s.retry_ended + spoiled);
	put(r, "retry_seq", "count", s.retry_seq);
	put(r, "retry_slot", "count", s.retry_slot);
	put(r, "retry_root", "count", s.retry_root);
	put(r, "retry_race", "count", s.retry_race);
	put(r, "window_max", "ns", window_max_ns);
	put(r, "windows_busy_max", "ns", s.windows_busy_max_ns);
	put(r, "windows_max", "count", s.windows_max);
	put(r, "hull_max", "count", s.hull_max_pages);
	put(r, "hull_excess", "count", s.hull_max_pages > s.hull_open_pages ? s.hull_max_pages - s.hull_open_pages : 0);
	put(r, "memslot_wait", "ns", s.memslot_wait_ns);
	put(r, "memslot_wait_max", "ns", s.memslot_wait_max_ns);
	if (s.windows_left)
		put(r, "windows_left", "count", s.windows_left);
}

static void put_tables(struct drive *d, struct result *r)
{
	uint64_t pages = 0, tables_max = 0, bytes = 0, fast = 0, by_level[4] = { 0 };

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats s = d->vms[i].stats;

		for (int level = 1; level <= 3; level++) {
			by_level[level] += s.pages[level];
			pages += s.pages[level];
		}
		tables_max += s.tables_max;
		bytes += s.bytes;
		fast += s.fast_faults;
	}
	put(r, "fast_faults", "count", fast);
	put(r, "pages", "count", pages);
	put(r, "pages.4k", "count", by_level[1]);
	put(r, "pages.2m", "count", by_level[2]);
	put(r, "pages.1g", "count", by_level[3]);
	put(r, "tables_max", "count", tables_max);
	put(r, "bytes", "bytes", bytes);
}

static void put_zaps(struct drive *d, struct result *r)
{
	uint64_t ns = 0, stretch_ns = 0, visited = 0, nonpresent = 0, empty = 0, made = 0, recovered = 0;

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats s = d->vms[i].stats;

		ns += s.zap_ns;
		if (s.zap_stretch_ns > stretch_ns)
			stretch_ns = s.zap_stretch_ns;
		visited += s.zap_visited;
		nonpresent += s.zap_nonpresent;
		made += s.tables_made;
		recovered += s.nx_recovered;
		empty += d->vms[i].emptied ? d->vms[i].tables_empty : s.tables_empty;
	}
	put(r, "zap_time", "ns", ns);
	put(r, "zap_stretch", "ns", stretch_ns);
	put(r, "zap_visited", "count", visited);
	put(r, "tables_empty", "count", empty);
	put(r, "tables_empty_bytes", "bytes", empty * 4096);
	put(r, "tables_made", "count", made);
	if (recovered)
		put(r, "nx_recovered", "count", recovered);
	if (nonpresent)
		put(r, "zap_nonpresent", "count", nonpresent);
}

/* What following the guest's own tables, or keeping shadow pages at all, comes to. */
static void put_shadow(struct drive *d, struct result *r)
{
	struct mmu_stats sum = { 0 };

	if (!d->rmaps)
		return;
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats s = d->vms[i].stats;

		sum.retry_sync += s.retry_sync;
		sum.retry_gpte += s.retry_gpte;
		sum.pt_writes += s.pt_writes;
		sum.unsynced += s.unsynced;
		sum.unsync_max = max_u64(sum.unsync_max, s.unsync_max);
		sum.synced += s.synced;
		sum.syncs += s.syncs;
		sum.sync_ns += s.sync_ns;
		sum.sync_stretch_ns = max_u64(sum.sync_stretch_ns, s.sync_stretch_ns);
		sum.shadow_zapped += s.shadow_zapped;
		sum.shadow_recycled += s.shadow_recycled;
		sum.shadow_flooded += s.shadow_flooded;
		sum.rmap_recycled += s.rmap_recycled;
	}
	put(r, "shadow_zapped", "count", sum.shadow_zapped);
	put(r, "shadow_recycled", "count", sum.shadow_recycled);
	put(r, "rmap_recycled", "count", sum.rmap_recycled);
	if (!d->shadow)
		return;
	put(r, "retry_sync", "count", sum.retry_sync);
	put(r, "retry_gpte", "count", sum.retry_gpte);
	put(r, "pt_writes", "count", sum.pt_writes);
	put(r, "unsynced", "count", sum.unsynced);
	put(r, "unsync_max", "count", sum.unsync_max);
	put(r, "synced", "count", sum.synced);
	put(r, "syncs", "count", sum.syncs);
	put(r, "sync_time", "ns", sum.sync_ns);
	put(r, "sync_stretch", "ns", sum.sync_stretch_ns);
	put(r, "shadow_flooded", "count", sum.shadow_flooded);
}

/* What the other vCPUs feel of entries that are broken to be made again, and what becomes of tables. */
static void put_broken(struct drive *d, struct result *r)
{
	struct mmu_stats sum = { 0 };

	if (d->meta->arch != KVM_ARM64)
		return;
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		const struct mmu_stats s = d->vms[i].stats;

		sum.coalesced += s.coalesced;
		sum.coalesce_ns += s.coalesce_ns;
		sum.coalesce_max_ns = max_u64(sum.coalesce_max_ns, s.coalesce_max_ns);
		sum.broken += s.broken;
		sum.broken_ns += s.broken_ns;
		sum.broken_max_ns = max_u64(sum.broken_max_ns, s.broken_max_ns);
		sum.broken_faults += s.broken_faults;
		sum.broken_stall_ns += s.broken_stall_ns;
		sum.tables_freed += s.tables_freed;
		sum.tables_freed_late += s.tables_freed_late;
	}
	put(r, "coalesced", "count", sum.coalesced);
	put(r, "coalesce_time", "ns", sum.coalesce_ns);
	put(r, "coalesce_max", "ns", sum.coalesce_max_ns);
	put(r, "broken", "count", sum.broken);
	put(r, "broken_time", "ns", sum.broken_ns);
	put(r, "broken_max", "ns", sum.broken_max_ns);
	put(r, "broken_faults", "count", sum.broken_faults);
	put(r, "broken_stall", "ns", sum.broken_stall_ns);
	put(r, "tables_freed", "count", sum.tables_freed);
	put(r, "tables_freed_late", "count", sum.tables_freed_late);
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
	put_invalidation(d, r);
	put_tables(d, r);
	put_zaps(d, r);
	put_shadow(d, r);
	put_broken(d, r);
	put_each_stall(d, r);
	copy_blame(d, r);
}
