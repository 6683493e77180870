// SPDX-License-Identifier: GPL-2.0-or-later
/* The fold's way in: each record to its handler, and the counts at the end. */
#include "capture/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

static void (*const handlers[RAW_NR])(struct fold *f, struct task *t, const struct raw *r) = {
#define RAW(id, event, fields, handler) [RAW_##id] = handler,
#include "capture/events_x86.def"
#undef RAW
};

static const char *const unused_text[NR_UNUSED] = {
#define UNUSED_TEXT(id, text) [UNUSED_##id] = text,
	UNUSED_REASONS(UNUSED_TEXT)
#undef UNUSED_TEXT
};

/* "Linux HOST RELEASE MACHINE": the last word and the one before. */
static void set_kernel(struct fold *f)
{
	char words[4][128] = { { 0 } };
	struct ev_meta *m = f->meta;

	m->arch = KVM_X86;
	if (sscanf(f->source->info.uname, "%127s %127s %127s %127s", words[0], words[1], words[2], words[3]) == 4) {
		m->kernel = xstrdup(words[2]);
		m->release_exact = kvm_release_parse(words[2], &f->release);
		m->arch = !strcmp(words[3], "aarch64") ? KVM_ARM64 : KVM_X86;
	} else {
		f->release = KVM_6_12;
	}
	m->release = f->release;
	m->page_shift = 12;
	m->tdp = SPTE_NPT;
	f->spte = spte_format(f->release, m->tdp);
}

/* Layouts of events that appeared since: all of them at first. */
static void compile_layouts(struct fold *f)
{
	uint32_t nr = f->source->nr_events;

	if (nr > f->cap_layouts) {
		f->cap_layouts = nr + 16;
		f->layouts = xreallocarray(f->layouts, f->cap_layouts, sizeof(*f->layouts));
		f->counts = xreallocarray(f->counts, f->cap_layouts, sizeof(*f->counts));
		f->is_kvm = xreallocarray(f->is_kvm, f->cap_layouts, sizeof(*f->is_kvm));
	}
	for (; f->nr_layouts < nr; f->nr_layouts++) {
		uint32_t i = f->nr_layouts;
		const char *system = f->source->events[i].system;

		f->layouts[i] = (struct raw_layout){ .id = RAW_NONE };
		if (f->meta->arch == KVM_X86)		/* others are counted only */
			raw_compile(f->source, i, &f->layouts[i]);
		f->counts[i] = 0;
		f->is_kvm[i] = !strncmp(system, "kvm", 3) ||
			       (f->layouts[i].id && strcmp(system, "lock") && strcmp(system, "ftrace"));
		f->has[f->layouts[i].id] = true;
	}
}

struct fold *fold_new(struct source *s, struct ev_meta *meta, struct ev_writer *w)
{
	struct fold *f = xcalloc(1, sizeof(*f));

	f->source = s;
	f->meta = meta;
	f->w = w;
	set_kernel(f);
	meta->clock = xstrdup(s->info.clock);
	meta->nr_cpus = s->info.nr_cpus;
	compile_layouts(f);
	return f;
}

void fold_on_slot(struct fold *f, fold_slot_fn fn, void *arg)
{
	f->on_slot = fn;
	f->on_slot_arg = arg;
}

/* Records of one CPU were lost: whoever ran there may have done anything since. */
static void note_gap(struct fold *f, uint32_t cpu)
{
	for (uint32_t i = 0; i < f->cap_tasks; i++) {
		struct task *t = f->tasks[i];

		if (!t || t->cpu != cpu)
			continue;
		for (int j = 0; j < t->depth; j++)
			t->ops[j].flags |= EV_F_OPEN;
		vcpu_cut(f, t);
		f->unused[UNUSED_HALF_WAIT] += t->nr_waits;
		t->nr_waits = t->nr_windows = 0;
	}
}

int fold_record(struct fold *f, const struct source_record *rec)
{
	const struct raw_layout *l;
	struct raw r;

	if (unlikely(!f->events++))
		f->first_ns = rec->ts_ns;
	f->last_ns = rec->ts_ns;
	if (unlikely(rec->event >= f->nr_layouts))
		compile_layouts(f);
	if (unlikely(rec->missed))
		note_gap(f, rec->cpu);
	f->counts[rec->event]++;
	l = &f->layouts[rec->event];
	f->kvm_records += f->is_kvm[rec->event];
	if (!l->id)
		return 0;
	f->seen[l->id]++;
	if (unlikely(!raw_decode(l, rec, &r))) {
		f->unused[UNUSED_SHORT]++;
		return 0;
	}
	f->why = USED;
	handlers[l->id](f, task_of(f, rec->tid, rec->cpu, rec->ts_ns), &r);
	f->unused[f->why]++;
	return f->ret;
}

uint64_t fold_kvm_records(const struct fold *f)
{
	return f->kvm_records;
}

/* --- the end -------------------------------------------------------------------------- */

static void finish_task(struct fold *f, struct task *t)
{
	vcpu_cut(f, t);
	f->unused[UNUSED_HALF_WAIT] += t->nr_waits;
	t->nr_waits = 0;
	if (t->index < 0)
		return;
	f->meta->tasks[t->index].vcpu = t->vcpu;
	f->meta->tasks[t->index].vm = t->many_vms ? -1 : t->vm < 0 && f->nr_vms == 1 ? 0 : t->vm;
	if (t->vm >= 0 && t->vcpu >= 0)
		f->meta->tasks[t->index].tgid = f->meta->vms[t->vm].tgid;
}

static void count_sources(struct fold *f)
{
	char name[256];

	for (uint32_t i = 0; i < f->nr_layouts; i++) {
		const struct source_event *ev = &f->source->events[i];

		if (!f->counts[i])
			continue;
		snprintf(name, sizeof(name), "%s:%s", ev->system, ev->name);
		ev_counts_add(&f->meta->sources, name, f->counts[i]);
		if (f->layouts[i].id)
			continue;
		snprintf(name, sizeof(name), "event kind not modelled: %s", ev->name);
		ev_counts_add(&f->meta->unused, name, f->counts[i]);
	}
	for (unsigned int i = USED + 1; i < NR_UNUSED; i++)
		if (f->unused[i])
			ev_counts_add(&f->meta->unused, unused_text[i], f->unused[i]);
}

/* Kprobes have groups of their own: anything known outside the kernel's systems. */
static bool any_probe(const struct fold *f)
{
	for (unsigned int id = RAW_SET_REGION; id < RAW_NR; id++)
		if (f->seen[id])
			return true;
	return false;
}

int fold_finish(struct fold *f)
{
	struct ev_meta *m = f->meta;

	task_each(f, finish_task);
	infer_slots(f);
	m->events = f->events;
	m->first_ns = f->first_ns;
	m->last_ns = f->last_ns;
	m->has_ends = f->seen[RAW_MN_INV_END];
	m->has_probes = any_probe(f);
	m->tdp_mmu = f->seen[RAW_SPTE_CHANGED];
	count_sources(f);
	for (unsigned int i = 0; !f->w && i < ARRAY_SIZE(f->kinds); i++)
		if (f->kinds[i])
			ev_counts_add(&m->kinds, ev_kind_name(i), f->kinds[i]);
	return f->ret;
}

static void free_task(struct fold *f, struct task *t)
{
	free(t->held);
	free(t);
}

void fold_free(struct fold *f)
{
	if (!f)
		return;
	task_each(f, free_task);
	for (uint32_t i = 0; i < f->nr_vms; i++) {
		free(f->vms[i].vcpu_tid);
		free(f->vms[i].slots);
		infer_free(&f->vms[i]);
		free(f->vms[i].rings);
	}
	free(f->vms);
	free(f->locks);
	free(f->tasks);
	free(f->on_cpu);
	free(f->layouts);
	free(f->counts);
	free(f->is_kvm);
	free(f);
}
