// SPDX-License-Identifier: GPL-2.0-or-later
/* The fold's way in: each record to its handler, and the counts at the end. */
#include "capture/fold.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

#define SCAN_RECORDS	(1u << 20)	/* as many are read twice; a probe that fires later is known from then on */

typedef void (*handler_fn)(struct fold *f, struct task *t, const struct raw *r);

#define RAW(id, kind, names, fields, handler) [RAW_##id] = handler,
#define RAW_ARM64 RAW
static const handler_fn x86_handlers[RAW_NR] = {
#include "capture/events_x86.def"
};

static const handler_fn arm64_handlers[RAW_NR] = {
#include "capture/events_arm64.def"
};
#undef RAW_ARM64
#undef RAW

static const char *const unused_text[NR_UNUSED] = {
#define UNUSED_TEXT(id, text) [UNUSED_##id] = text,
	UNUSED_REASONS(UNUSED_TEXT)
#undef UNUSED_TEXT
};

/* Ring buffers are made of pages, unless somebody asked for larger ones: only arm64 has sizes to choose from. */
static unsigned int host_page_shift(enum kvm_arch arch, uint32_t page_size)
{
	if (arch == KVM_ARM64 && (page_size == 16384 || page_size == 65536))
		return __builtin_ctz(page_size);
	return 12;
}

/* Does it have a KVM of another kind? */
static bool is_foreign(const char *machine)
{
	static const char *const others[] = { "s390", "ppc", "riscv", "loongarch", "mips", "armv" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(machine, others[i], strlen(others[i])))
			return true;
	return false;
}

/* "Linux HOST RELEASE MACHINE": the last word and the one before. */
static void set_kernel(struct fold *f)
{
	char words[4][128] = { { 0 } };
	struct ev_meta *m = f->meta;

	m->arch = KVM_X86;
	if (sscanf(f->source->info.uname, "%127s %127s %127s %127s", words[0], words[1], words[2], words[3]) == 4) {
		m->kernel = xstrdup(words[2]);
		m->release_exact = kvm_release_parse(words[2], &f->release);
		f->ret_pf = ret_pf_numbers(words[2]);
		m->arch = !strcmp(words[3], "aarch64") ? KVM_ARM64 : KVM_X86;
		if (is_foreign(words[3]))
			m->machine = xstrdup(words[3]);
	} else {
		f->release = KVM_6_12;
		f->ret_pf = RET_PF_OF_6_12;
	}
	f->handlers = m->arch == KVM_ARM64 ? arm64_handlers : x86_handlers;
	m->release = f->release;
	m->page_shift = host_page_shift(m->arch, f->source->info.page_size);
	m->tdp = SPTE_NPT;
	f->spte = spte_format(f->release, m->tdp);
}

/* Types of events that appeared since: all of them at first. */
static void compile_types(struct fold *f)
{
	static const struct raw_table nothing = { .nr = 1 };	/* another machine's are counted only */
	uint32_t nr = f->source->nr_events;

	f->table = f->meta->machine ? &nothing : f->meta->arch == KVM_X86 ? &raw_x86 : &raw_arm64;
	if (nr > f->cap_types) {
		f->cap_types = nr + 16;
		f->types = xreallocarray(f->types, f->cap_types, sizeof(*f->types));
		f->counts = xreallocarray(f->counts, f->cap_types, sizeof(*f->counts));
	}
	for (; f->nr_types < nr; f->nr_types++) {
		raw_type_init(&f->types[f->nr_types], f->source, f->nr_types, f->table);
		f->counts[f->nr_types] = 0;
		f->has[raw_type_guess(f->source, f->nr_types, f->table)] = true;
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
	compile_types(f);
	return f;
}

/* A probe that has a symbol nobody asked for yet, and no name that tells it. */
static bool is_riddle(const struct fold *f, uint32_t event)
{
	const struct raw_type *t = &f->types[event];

	return t->kind != RAW_AS_EVENT && t->ip.size && !t->all &&
	       !raw_type_guess(f->source, event, f->table);
}

static uint32_t riddles(const struct fold *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->nr_types && f->source->ops->symbol; i++)
		n += is_riddle(f, i);
	return n;
}

bool fold_has_riddles(const struct fold *f)
{
	return riddles(f) > 0;
}

int fold_scan(struct fold *f, struct source *again, struct err *e)
{
	struct source_record rec;
	uint32_t left = riddles(f);
	int ret = 1;

	for (uint32_t n = 0; left && n < SCAN_RECORDS && (ret = again->ops->next(again, &rec, e)) > 0; n++) {
		const struct raw_layout *l;

		if (rec.event >= f->nr_types || f->types[rec.event].kind == RAW_AS_EVENT || f->types[rec.event].all)
			continue;
		left -= is_riddle(f, rec.event);
		l = raw_layout_of(&f->types[rec.event], f->source, f->table, &rec);
		if (l && l->id)
			f->has[l->id] = true;
	}
	return ret < 0 ? ret : 0;
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
		struct task *t = f->tasks[i];	/* of its lives, the one that goes on */

		if (!t || t->cpu != cpu)
			continue;
		for (int j = 0; j < t->depth; j++)
			t->ops[j].flags |= EV_F_OPEN;
		vcpu_cut(f, t);
		fold_unuse(f, UNUSED_HALF_WAIT, t->nr_waits);
		t->nr_waits = t->nr_windows = 0;
	}
}

/*
 * A clock that steps back, alone or against another CPU's: time stands still until it has caught up, so that
 * no duration is negative.
 */
static void note_step_back(struct fold *f, const struct source_record *rec)
{
	char name[64];

	snprintf(name, sizeof(name), "CPU %u: records earlier than the one before", rec->cpu);
	ev_counts_add(&f->meta->damage, name, 1);
}

void fold_unuse(struct fold *f, enum unused why, uint64_t n)
{
	assert(f->used >= n);
	f->used -= n;
	f->unused[why] += n;
}

/* What was there before comes before everything. */
static void begin(struct fold *f, uint64_t ts_ns)
{
	f->last_ns = ts_ns;
	f->first_ns = ts_ns - (f->nr_older && ts_ns);
}

int fold_record(struct fold *f, const struct source_record *rec)
{
	struct raw_layout *l;
	struct raw r;

	if (unlikely(f->events++ == f->nr_notes))	/* they come while everything is set up */
		begin(f, rec->ts_ns);
	if (unlikely(rec->ts_ns < f->last_ns))
		note_step_back(f, rec);
	else
		f->last_ns = rec->ts_ns;
	if (unlikely(rec->event >= f->nr_types))
		compile_types(f);
	if (unlikely(rec->missed))
		note_gap(f, rec->cpu);
	f->counts[rec->event]++;
	f->used++;
	l = raw_layout_of(&f->types[rec->event], f->source, f->table, rec);
	if (unlikely(!l)) {
		fold_unuse(f, UNUSED_SHORT, 1);
		return 0;
	}
	if (unlikely(!l->n++))
		f->has[l->id] = true;
	if (!l->id) {
		f->used--;
		return 0;
	}
	if (unlikely(!raw_decode(l, rec, &r))) {
		fold_unuse(f, UNUSED_SHORT, 1);
		return 0;
	}
	f->seen[l->id]++;
	f->why = USED;
	r.ts_ns = f->last_ns;
	f->handlers[l->id](f, task_of(f, rec->tid, rec->cpu, f->last_ns), &r);
	if (unlikely(f->why != USED))
		fold_unuse(f, f->why, 1);
	return f->ret;
}

/* --- the end -------------------------------------------------------------------------- */

static void finish_task(struct fold *f, struct task *t)
{
	vcpu_cut(f, t);
	fold_unuse(f, UNUSED_HALF_WAIT, t->nr_waits);
	t->nr_waits = 0;
	if (t->index < 0)
		return;
	f->meta->tasks[t->index].vcpu = t->vcpu;
	f->meta->tasks[t->index].vm = t->many_vms && t->vcpu < 0 ? -1 : t->vm < 0 && f->nr_vms == 1 ? 0 : t->vm;
	if (t->vm >= 0 && t->vcpu >= 0)
		f->meta->tasks[t->index].tgid = f->meta->vms[t->vm].tgid;
	if (noted_pid(f, t->tid))
		f->meta->tasks[t->index].tgid = noted_pid(f, t->tid);
}

/* Records of one layout: those of kvm's systems and known probes make a recording one of KVM. */
static void count_layout(struct fold *f, const struct source_event *ev, const struct raw_type *t,
			 const struct raw_layout *l)
{
	if (!l->n)
		return;
	if (l->why)
		ev_counts_add(&f->meta->unused, l->why, l->n);
	if (l->id && l->less)
		ev_counts_add(&f->meta->lacking, l->less, l->n);
	if ((ev->system && !strncmp(ev->system, "kvm", 3)) || (l->id && t->kind != RAW_AS_EVENT))
		f->meta->kvm_events += l->n;
	if (l->id && t->kind != RAW_AS_EVENT)
		f->meta->has_probes = true;
}

/* Memory is limited: what was forgotten of entries is as if it had never been told. */
static void note_forgotten(struct fold *f)
{
	uint64_t sptes = sptes_forgotten(f);

	if (f->gptes.forgotten)
		ev_counts_add(&f->meta->lacking, "more entries of guest page tables than are remembered: some are told again "
			      "though they did not change", f->gptes.forgotten);
	if (sptes)
		ev_counts_add(&f->meta->lacking, "more shadow page table entries than are remembered: which frame some map "
			      "is not told", sptes);
}

static void count_sources(struct fold *f)
{
	char name[256];
	uint64_t unused = 0;

	for (uint32_t i = 0; i < f->nr_types; i++) {
		const struct source_event *ev = &f->source->events[i];

		if (!f->counts[i])
			continue;
		snprintf(name, sizeof(name), "%s:%s", ev->system, ev->name);
		ev_counts_add(&f->meta->sources, name, f->counts[i]);
		for (const struct raw_layout *l = f->types[i].all; l; l = l->next)
			count_layout(f, ev, &f->types[i], l);
	}
	for (unsigned int i = USED + 1; i < NR_UNUSED; i++)
		if (f->unused[i])
			ev_counts_add(&f->meta->unused, unused_text[i], f->unused[i]);
	for (size_t i = 0; i < f->meta->unused.nr; i++)
		unused += f->meta->unused.v[i].n;
	assert(f->used + unused == f->events);	/* nothing is lost silently */
}

int fold_finish(struct fold *f)
{
	struct ev_meta *m = f->meta;

	task_each(f, finish_task);
	infer_slots(f);
	older_finish(f);
	m->events = f->events;
	m->first_ns = f->first_ns;
	m->last_ns = f->last_ns;
	m->has_ends = f->seen[RAW_MN_INV_END];
	m->tdp_mmu = f->seen[RAW_SPTE_CHANGED] || m->arch == KVM_ARM64;
	notes_finish(f);
	m->shadow = !m->tdp_mmu && f->shadows;
	if (m->arch == KVM_ARM64)
		stage2_learnt(f);
	count_sources(f);
	note_forgotten(f);
	for (unsigned int i = 0; !f->w && i < ARRAY_SIZE(f->kinds); i++)
		if (f->kinds[i])
			ev_counts_add(&m->kinds, ev_kind_name(i), f->kinds[i]);
	return f->ret;
}

static void free_task(struct fold *f, struct task *t)
{
	free(t->held);
	free(t->visits);
	free(t->update);
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
	notes_free(f);
	older_free(f);
	stage2_free_learnt(f);
	sptes_free(f);
	known_fini(&f->gptes);
	known_fini(&f->gpts);
	free(f->vms);
	free(f->locks);
	free(f->owners);
	free(f->tasks);
	free(f->on_cpu);
	for (uint32_t i = 0; i < f->nr_types; i++)
		raw_type_fini(&f->types[i]);
	free(f->types);
	free(f->counts);
	free(f);
}
