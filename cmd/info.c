// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab info: what a recording or an event file holds. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/caveat.h"
#include "capture/import.h"
#include "cmd/opts.h"
#include "cmd/verb.h"
#include "event/meta_json.h"
#include "event/reader.h"

struct slot_change {
	uint64_t	t_ns;
	uint16_t	vm;
	struct ev_slot	slot;
};

struct info {
	const char		*path;
	bool			 recording;
	const struct ev_meta	*meta;
	struct slot_change	*slots;
	size_t			 nr_slots;
};

static const char *const change_names[] = { "create", "delete", "move", "flags" };

static void add_slot(void *arg, uint64_t t_ns, uint16_t vm, const struct ev_slot *slot)
{
	struct info *i = arg;

	i->slots = xreallocarray(i->slots, i->nr_slots + 1, sizeof(*i->slots));
	i->slots[i->nr_slots++] = (struct slot_change){ t_ns, vm, *slot };
}

static uint64_t total(const struct ev_counts *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->nr; i++)
		n += c->v[i].n;
	return n;
}

static uint64_t lost(const struct ev_meta *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->nr_lost; i++)
		n += m->lost[i].n;
	return n;
}

/* --- JSON ------------------------------------------------------------------------ */

static json_t *vcpus_json(const struct ev_meta *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].vcpu >= 0)
			json_array_append_new(list, json_pack("{s:i, s:i, s:i, s:s}", "vm", m->tasks[i].vm, "vcpu",
				m->tasks[i].vcpu, "tid", (int)m->tasks[i].tid, "comm",
				m->tasks[i].comm ? m->tasks[i].comm : ""));
	return list;
}

static json_t *slots_json(const struct info *in)
{
	json_t *list = json_array();
	char hva[24];

	for (size_t i = 0; i < in->nr_slots; i++) {
		const struct slot_change *c = &in->slots[i];

		snprintf(hva, sizeof(hva), "0x%" PRIx64, c->slot.hva);
		json_array_append_new(list, json_pack("{s:I, s:i, s:s, s:i, s:i, s:I, s:I, s:s, s:i}",
			"t_ns", (json_int_t)c->t_ns, "vm", c->vm, "change", change_names[c->slot.change & 3],
			"slot", (int)c->slot.id, "as_id", (int)c->slot.as_id, "gfn", (json_int_t)c->slot.gfn,
			"npages", (json_int_t)c->slot.npages, "hva", hva, "flags", (int)c->slot.flags));
	}
	return list;
}

static json_t *damage_json(const struct ev_meta *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->damage.nr; i++)
		json_array_append_new(list, json_pack("{s:s, s:I}", "what", m->damage.v[i].name, "n",
						      (json_int_t)m->damage.v[i].n));
	return list;
}

static void add_caveat(void *arg, const char *line)
{
	json_array_append_new(arg, json_string(line));
}

static json_t *caveats_json(const struct ev_meta *m)
{
	json_t *list = json_array();

	caveats(m, add_caveat, list);
	return list;
}

/* The dictionary as the event file has it, and what follows from it. */
static void print_json(const struct info *in)
{
	const struct ev_meta *m = in->meta;
	json_t *o = meta_to_json(m);

	json_object_set(o, "lost_by", json_object_get(o, "lost"));
	json_object_set_new(o, "lost", json_integer(lost(m)));
	json_object_set_new(o, "damage", damage_json(m));
	json_object_set_new(o, "caveats", caveats_json(m));
	if (m->machine)
		json_object_set_new(o, "arch", json_string(m->machine));
	if (!m->kernel)
		json_object_set_new(o, "kernel", json_string("unknown"));
	json_object_set_new(o, "used", json_integer(m->events - total(&m->unused)));
	json_object_set_new(o, "span_ns", json_integer(m->last_ns - m->first_ns));
	json_object_set_new(o, "vcpus", vcpus_json(m));
	json_object_set_new(o, "memslots", slots_json(in));
	json_object_set_new(o, "file", json_string(in->path));
	json_object_set_new(o, "is_recording", json_boolean(in->recording));
	if (in->recording)	/* whose hash would be a reading of its own */
		json_object_del(o, "source_xxh3");
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(o);
}

/* --- text -------------------------------------------------------------------------- */

/* Which MMU of KVM's it shows. */
static const char *mmu_name(const struct ev_meta *m)
{
	if (m->tdp_mmu)
		return "TDP MMU";
	return m->shadow ? "shadow paging" : "shadow pages and rmaps, no TDP MMU";
}

static void print_head(const struct info *in)
{
	const struct ev_meta *m = in->meta;

	printf("file      %s", in->path);
	if (m->synthetic)
		printf(", synthetic: made by mmulab synth %s\n", m->synthetic);
	else if (in->recording)
		puts(", a recording");
	else
		printf(", imported from %s\n", m->source ? m->source : "an unknown file");
	printf("kernel    %s, %s", m->kernel ? m->kernel : "unknown",
	       m->machine ? m->machine : kvm_arch_name(m->arch));
	if (m->arch == KVM_X86 && !m->machine)
		printf(", %s%s, read as %s", m->shadow ? "" : m->tdp == SPTE_EPT ? "EPT, " : "NPT, ", mmu_name(m),
		       kvm_release_name(m->release));
	printf("\nspan      %.6f s, clock %s, %u CPUs\n", (m->last_ns - m->first_ns) / 1e9, m->clock ? m->clock : "unknown",
	       m->nr_cpus);
	printf("events    %" PRIu64 " (%" PRIu64 " of KVM), used %" PRIu64 ", unused %" PRIu64 ", lost %" PRIu64 "\n",
	       m->events, m->kvm_events, m->events - total(&m->unused), total(&m->unused), lost(m));
	printf("has       %s, %s\n", m->has_ends ? "ends of invalidations" : "no ends of invalidations",
	       m->has_probes ? "kprobes" : "no kprobes");
}

/* Of what the recording says of its host, what presets and figures depend on. */
static void print_host(const struct ev_meta *m)
{
	static const struct { const char *param, *word; } rows[] = {
		{ "preempt", "preemption" }, { "config.HZ", "Hz" }, { "kvm.tdp_mmu", "tdp_mmu" }, { "kvm_amd.npt", "npt" },
		{ "kvm_intel.ept", "ept" }, { "kvm.nx_huge_pages", "nx_huge_pages" },
		{ "kvm.eager_page_split", "eager_page_split" }, { "thp.enabled", "THP" },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = ev_meta_param(m, rows[i].param);

		if (value)
			printf("%s%s %s", any ? ", " : "host      ", rows[i].word, value);
		any |= value != NULL;
	}
	if (any)
		putchar('\n');
}

static void print_stats(const struct ev_meta *m)
{
	if (m->nr_stats)
		puts("KVM's statistics when it began, and what came until it ended");
	for (size_t i = 0; i < m->nr_stats; i++) {
		const struct ev_stat *s = &m->stats[i];

		if (s->end != s->begin)
			printf("%14" PRIu64 " %+" PRId64 "  %s of %s\n", s->begin, (int64_t)(s->end - s->begin), s->name, s->vm);
	}
}

static void print_vms(const struct ev_meta *m)
{
	for (size_t v = 0; v < m->nr_vms; v++) {
		printf("vm %zu      ", v);
		if (m->vms[v].kvm)
			printf("kvm 0x%" PRIx64 ", ", m->vms[v].kvm);
		if (m->vms[v].name)
			printf("%s, process %u, ", m->vms[v].name, m->vms[v].tgid);
		else if (m->vms[v].tgid)
			printf("set up by %u, ", m->vms[v].tgid);
		printf("%u vCPUs%s\n", m->vms[v].nr_vcpus,
		       m->vms[v].slots_seen || m->vms[v].slots_inferred ? "" : ", memslots older than the recording");
		if (m->vms[v].slots_inferred)
			printf("          memslots are not in the recording: inferred from what notifiers zapped; host addresses of %" PRIu64
			       " frames are not known\n", m->vms[v].frames_nowhere);
		if (m->vms[v].dirty_inferred)
			puts("          calls that take its dirty log are not in the recording: inferred from the pages they protected");
		if (m->vms[v].guest_tables)
			printf("          guest page tables of %u levels: %" PRIu64 " tables, %u roots\n",
			       m->vms[v].guest_levels, m->vms[v].guest_tables, m->vms[v].guest_roots);
		for (size_t i = 0; i < m->nr_tasks; i++)
			if (m->tasks[i].vm == (int)v && m->tasks[i].vcpu >= 0)
				printf("          vCPU %d is %s-%u\n", m->tasks[i].vcpu,
				       m->tasks[i].comm ? m->tasks[i].comm : "?", m->tasks[i].tid);
	}
}

static void print_slots(const struct info *in)
{
	if (in->nr_slots)
		puts("memslots");
	for (size_t i = 0; i < in->nr_slots; i++) {
		const struct slot_change *c = &in->slots[i];

		printf("%14.6f  vm %u %-6s slot %u gfn 0x%" PRIx64 " pages 0x%" PRIx64 " hva 0x%" PRIx64 " flags %u\n",
		       c->t_ns / 1e9, c->vm, change_names[c->slot.change & 3], (unsigned int)c->slot.id,
		       (uint64_t)c->slot.gfn, (uint64_t)c->slot.npages, c->slot.hva, (unsigned int)c->slot.flags);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ev_count *)a)->name, ((const struct ev_count *)b)->name);
}

static void print_counts(const char *title, const struct ev_counts *c)
{
	struct ev_count *v = xcalloc(c->nr, sizeof(*v));

	if (c->nr) {
		puts(title);
		memcpy(v, c->v, c->nr * sizeof(*v));
		qsort(v, c->nr, sizeof(*v), by_name);
	}
	for (size_t i = 0; i < c->nr; i++)
		printf("%14" PRIu64 "  %s\n", v[i].n, v[i].name);
	free(v);
}

static void print_caveat(void *arg, const char *line)
{
	bool *first = arg;

	if (*first)
		puts("cannot be told from it");
	*first = false;
	printf("          %s\n", line);
}

static void print_lost(const struct ev_lost *l)
{
	printf("%14" PRIu64 "  ", l->n);
	if (l->cpu != UINT32_MAX)		/* of the recording as a whole */
		printf("CPU %u: ", l->cpu);
	puts(l->cause);
}

static void print_text(const struct info *in)
{
	const struct ev_meta *m = in->meta;
	bool first = true;

	print_head(in);
	print_host(m);
	caveats(m, print_caveat, &first);
	print_vms(m);
	print_slots(in);
	print_stats(m);
	print_counts("events of the recording", &m->sources);
	print_counts("records by kind", &m->kinds);
	print_counts("not used, by reason", &m->unused);
	if (m->nr_lost)
		puts("lost, by CPU and cause");
	for (size_t i = 0; i < m->nr_lost; i++)
		print_lost(&m->lost[i]);
	print_counts("damage", &m->damage);
}

static void print(const struct info *in, bool json)
{
	if (json)
		print_json(in);
	else
		print_text(in);
}

/* --- where it comes from --------------------------------------------------------------- */

/* @meta: filled; to be given to ev_meta_fini(). */
static int show_recording(struct info *in, struct ev_meta *meta, bool json, struct err *e)
{
	const struct import_options how = { .slot = add_slot, .slot_arg = in };
	int ret = import_file(in->path, NULL, &how, meta, e);

	in->recording = true;
	in->meta = meta;
	if (!ret)
		print(in, json);
	return ret;
}

static int read_slots(struct info *in, struct ev_file *f, struct err *e)
{
	struct ev_merge *m;
	struct ev_at at;
	int ret = ev_counts_get(&in->meta->kinds, "memslot") ? ev_merge_open(f, 1u << EV_STIMULUS, &m, e) : 1;

	if (ret)
		return ret < 0 ? ret : 0;
	while ((ret = ev_merge_next(m, &at, e)) > 0)
		if (at.ev->kind == EV_MEMSLOT)
			add_slot(in, at.t_ns, at.ev->vm, &at.ev->slot);
	ev_merge_close(m);
	return ret;
}

/* Every block's checksum: figures about a file that nobody can read would be a poor answer. */
static int check_blocks(struct ev_file *f, struct err *e)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < 2 * ev_meta(f)->nr_tasks; i++) {
		struct ev_cursor *c;

		ret = ev_cursor_open(f, i / 2, i % 2 ? EV_OBSERVATION : EV_STIMULUS, &c, e);
		if (ret)
			break;
		while ((ret = ev_cursor_load(c, e)) > 0)
			;
		ev_cursor_close(c);
	}
	return ret;
}

static int show_event_file(struct info *in, bool json, bool salvage, struct err *e)
{
	struct ev_file *f;
	int ret = ev_open(in->path, salvage ? EV_SALVAGE : 0, &f, e);

	if (ret)
		return ret;
	in->meta = ev_meta(f);
	ret = check_blocks(f, e);
	if (!ret)
		ret = read_slots(in, f, e);
	if (!ret)
		print(in, json);
	ev_close(f);
	return ret;
}

static int info_run(int argc, char **argv, struct err *e)
{
	bool json = false, salvage = false;
	const struct opt opts[] = {
		{ 0, "json",    OPT_FLAG, &json },
		{ 0, "salvage", OPT_FLAG, &salvage },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;
	struct ev_meta meta = { 0 };
	struct info in = { 0 };

	if (first < 0)
		return first;
	ret = opts_positional(argc, first, 1, 1, "one recording or event file", e);
	if (ret)
		return ret;
	in.path = argv[first];
	if (salvage || ev_is_event_file(in.path))
		ret = show_event_file(&in, json, salvage, e);
	else
		ret = show_recording(&in, &meta, json, e);
	ev_meta_fini(&meta);
	free(in.slots);
	return ret;
}

const struct verb verb_info = {
	.name = "info",
	.summary = "say what a recording or an event file holds",
	.usage =
		"usage: mmulab info [options] FILE\n"
		"\n"
		"FILE is a recording (trace.dat, perf.data, text) or an event file.  Prints kernel, clock,\n"
		"VMs, vCPUs with their threads, memslots over time, events of the recording (the totals of\n"
		"trace-cmd report), records by kind, what was not used and why, and what was lost.\n"
		"\n"
		"      --json            one JSON object; among its keys: events, used, unused (reason:\n"
		"                        count), lost, lost_by (cpu, cause, n), damage (list), caveats\n"
		"                        (list), lacking, kinds and sources (name: count), kvm_events,\n"
		"                        arch, kernel, release, clock, span_ns, vms, vcpus, memslots,\n"
		"                        tasks, params and stats (the host's settings and KVM's\n"
		"                        statistics, as mmulab capture notes them), file,\n"
		"                        is_recording, source, and of an event file\n"
		"                        source_xxh3 (XXH3-128 of the recording it was made from)\n"
		"      --salvage         of a damaged event file, read the blocks that are sound\n",
	.run = info_run,
};
