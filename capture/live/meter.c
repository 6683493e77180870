// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/meter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/formats.h"
#include "capture/live/host.h"
#include "capture/live/vms.h"
#include "capture/raw_events.h"

#ifdef __aarch64__
#define TABLE		raw_arm64	/* what is recorded is of this machine */
#else
#define TABLE		raw_x86
#endif
#define THREADS_MAX	(1u << 16)	/* known at a time; more are forgotten and found again */

struct thread {
	uint32_t tid;		/* 0: this place is free */
	uint32_t vm;
	uint32_t cpu, window;	/* where it left the guest */
	uint64_t exit_ts;
	bool	 runs_guest;	/* it is a vCPU's */
	bool	 outside;	/* of the guest, since exit_ts */
	bool	 faulted;	/* since then */
};

struct meter {
	struct source	source;		/* for the formats only: it has no records */
	struct formats	formats;
	struct raw_type	*types;		/* by index of the format */
	uint32_t	nr_types;
	bool		timed;
	struct meter_vm	*vms;		size_t nr_vms;
	struct thread	*threads;	/* by tid, a table with open places */
	struct thread	idle;		/* the one whose tid is 0 */
	uint32_t	nr_threads;
	uint32_t	*windows;	/* by CPU: which one it is */
	uint32_t	nr_cpus, cpu;
	double		weight;
};

/* --- who it was ------------------------------------------------------------------------------ */

static uint32_t add_vm(struct meter *m, pid_t pid, const char *name)
{
	struct meter_vm *vm;

	m->vms = xreallocarray(m->vms, m->nr_vms + 1, sizeof(*m->vms));
	vm = &m->vms[m->nr_vms];
	*vm = (struct meter_vm){ .pid = pid, .name = xstrdup(name) };
	hist_init(&vm->service);
	hist_init(&vm->recent);
	return m->nr_vms++;
}

/* The process of thread @tid; 0: it has ended, or is not of our PID namespace. */
static pid_t process_of(uint32_t tid)
{
	char path[64], *text;
	const char *line;
	pid_t pid = 0;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	text = host_text(path);
	line = text ? strstr(text, "\nTgid:") : NULL;
	if (line)
		pid = strtol(line + 6, NULL, 10);
	free(text);
	return pid;
}

static uint32_t vm_of(struct meter *m, uint32_t tid)
{
	pid_t pid = process_of(tid);
	struct vm_process p;
	uint32_t vm;

	for (size_t i = 1; pid && i < m->nr_vms; i++)
		if (m->vms[i].pid == pid)
			return i;
	if (!pid || !vm_process_read(pid, &p))
		return 0;
	vm = add_vm(m, pid, vm_process_name(&p));
	vm_process_fini(&p);
	return vm;
}

static struct thread *thread_of(struct meter *m, uint32_t tid)
{
	uint32_t i = tid * 2654435761u % (2 * THREADS_MAX);

	if (!tid)
		return &m->idle;
	while (m->threads[i].tid && m->threads[i].tid != tid)
		i = (i + 1) % (2 * THREADS_MAX);
	if (m->threads[i].tid)
		return &m->threads[i];
	if (m->nr_threads == THREADS_MAX) {
		memset(m->threads, 0, 2 * THREADS_MAX * sizeof(*m->threads));
		m->nr_threads = 0;
		return thread_of(m, tid);
	}
	m->nr_threads++;
	m->threads[i] = (struct thread){ .tid = tid, .vm = vm_of(m, tid) };
	return &m->threads[i];
}

/* --- what it did ------------------------------------------------------------------------------- */

static void left_guest(struct meter *m, struct thread *t, uint64_t ts)
{
	m->vms[t->vm].nr_vcpus += !t->runs_guest;
	m->vms[t->vm].count.exits += m->weight;
	t->runs_guest = t->outside = true;
	t->faulted = false;
	t->exit_ts = ts;
	t->cpu = m->cpu;
	t->window = m->windows[m->cpu];
}

static void entered_guest(struct meter *m, struct thread *t, uint64_t ts)
{
	struct meter_vm *vm = &m->vms[t->vm];
	bool whole = t->outside && t->faulted && t->cpu == m->cpu && t->window == m->windows[m->cpu] &&
		     ts >= t->exit_ts;
	uint64_t each = (uint64_t)llround(m->weight), ns;

	t->outside = t->faulted = false;
	if (!whole || !m->timed)
		return;
	ns = ts - t->exit_ts;
	vm->count.service_ns += m->weight * ns;
	hist_record_n(&vm->service, min_u64(ns, HIST_MAX_VALUE), each);
	hist_record_n(&vm->recent, min_u64(ns, HIST_MAX_VALUE), each);
}

static void faulted(struct meter *m, struct thread *t)
{
	if (!t->faulted)
		m->vms[t->vm].count.accesses += m->weight;
	t->faulted = true;
}

static void happened(struct meter *m, unsigned int id, uint32_t tid, uint64_t ts)
{
	struct thread *t;

	switch (id) {
	case RAW_EXIT: case RAW_ENTRY: case RAW_PAGE_FAULT: case RAW_GUEST_FAULT: case RAW_WALK:
	case RAW_UNMAP_HVA: case RAW_SET_SPTE_HVA: case RAW_AGE_HVA: case RAW_TEST_AGE_HVA:
		break;
	default:
		return;
	}
	t = thread_of(m, tid);
	if (id == RAW_EXIT)
		left_guest(m, t, ts);
	else if (id == RAW_ENTRY)
		entered_guest(m, t, ts);
	else if (id == RAW_PAGE_FAULT || id == RAW_GUEST_FAULT)
		faulted(m, t);
	else if (id == RAW_WALK)
		m->vms[t->vm].count.walks += m->weight;
	else if (id == RAW_UNMAP_HVA || id == RAW_SET_SPTE_HVA)
		m->vms[t->vm].count.invalidations += m->weight;
	else
		m->vms[t->vm].count.ages += m->weight;
}

/* --- records ------------------------------------------------------------------------------------- */

void meter_window(struct meter *m, uint32_t cpu, bool gap, double weight)
{
	if (cpu >= m->nr_cpus) {
		m->windows = xreallocarray(m->windows, cpu + 1, sizeof(*m->windows));
		memset(m->windows + m->nr_cpus, 0, (cpu + 1 - m->nr_cpus) * sizeof(*m->windows));
		m->nr_cpus = cpu + 1;
	}
	m->windows[cpu] += gap;
	m->cpu = cpu;
	m->weight = weight;
}

void meter_record(struct meter *m, const struct dat_record *rec)
{
	struct source_record s = { .ts_ns = rec->ts, .cpu = m->cpu, .size = rec->size, .data = rec->data };
	const struct raw_layout *layout;
	uint16_t id;

	if (rec->size < m->formats.pid_offset + sizeof(s.tid))
		return;
	memcpy(&id, rec->data, sizeof(id));
	memcpy(&s.tid, rec->data + m->formats.pid_offset, sizeof(s.tid));
	s.event = m->formats.by_id[id];
	if (s.event >= m->nr_types)
		return;
	layout = raw_layout_of(&m->types[s.event], &m->source, &TABLE, &s);
	if (layout)
		happened(m, layout->id, s.tid, rec->ts);
}

const struct meter_vm *meter_vms(const struct meter *m, size_t *nr)
{
	*nr = m->nr_vms;
	return m->vms;
}

void meter_forget(struct meter *m)
{
	for (size_t i = 0; i < m->nr_vms; i++) {
		hist_fini(&m->vms[i].recent);
		hist_init(&m->vms[i].recent);
	}
}

/* --- open and close -------------------------------------------------------------------------------- */

static bool field_of(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	return formats_field(&((struct meter *)s)->formats, event, name, out);	/* the source is its first member */
}

/* Does a step of @clock last a nanosecond? */
static bool counts_ns(const char *clock)
{
	static const char *const others[] = { "counter", "uptime", "x86-tsc", "ppc-tb" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(clock, others[i]))
			return false;
	return true;
}

struct meter *meter_open(const struct meter_format *formats, size_t nr, const char *clock)
{
	static const struct source_ops ops = { .field = field_of };
	struct meter *m = xcalloc(1, sizeof(*m));

	m->source.ops = &ops;
	m->timed = counts_ns(clock);
	formats_init(&m->formats, &m->source, false);
	for (size_t i = 0; i < nr; i++)
		formats_add(&m->formats, formats[i].system, formats[i].text, strlen(formats[i].text));
	formats_finish(&m->formats);
	m->nr_types = m->source.nr_events;
	m->types = xcalloc(m->nr_types, sizeof(*m->types));
	for (uint32_t i = 0; i < m->nr_types; i++)
		raw_type_init(&m->types[i], &m->source, i, &TABLE);
	m->threads = xcalloc(2 * THREADS_MAX, sizeof(*m->threads));
	add_vm(m, 0, "others");
	return m;
}

void meter_close(struct meter *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->nr_types; i++)
		raw_type_fini(&m->types[i]);
	for (size_t i = 0; i < m->nr_vms; i++) {
		hist_fini(&m->vms[i].service);
		hist_fini(&m->vms[i].recent);
		free(m->vms[i].name);
	}
	formats_fini(&m->formats);
	free(m->types);
	free(m->vms);
	free(m->threads);
	free(m->windows);
	free(m);
}
