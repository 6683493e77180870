/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_REPLAY_MADE_H
#define TEST_UNIT_REPLAY_MADE_H

/* Small event files for the tests of verify: records in a table, written, opened, loaded. */
#include <stdio.h>
#include <unistd.h>

#include "base/types.h"
#include "event/reader.h"
#include "event/writer.h"
#include "replay/recording.h"

struct made_record {
	uint32_t	task;
	uint64_t	t_ns;
	struct ev	ev;
};

struct made {
	char		  path[64];
	struct ev_file	 *file;
	struct recording  rec;
};

#define MADE_OP_FOR(task, t, k, span, stim, ret) \
	{ task, t, { .kind = OBS_OP, .op = { .op = EV_OP_##k, .span_ns = span, .result = ret, .stimulus = stim } } }
#define MADE_OP(task, t, k, span) MADE_OP_FOR(task, t, k, span, EV_NO_STIMULUS, RET_PF_UNKNOWN)
#define MADE_OBS(task, t, k, ...) { task, t, { .kind = OBS_##k, __VA_ARGS__ } }
#define MADE_PIN(task, t, p) { task, t, { .kind = OBS_PIN, .pin = { .pin = p } } }
#define MADE_STIM(task, t, k, ...) { task, t, { .kind = EV_##k, __VA_ARGS__ } }

/* Tasks 0 .. 2: vCPU 0, vCPU 1, a host task; all of VM 0. */
static inline void made_meta(struct ev_meta *meta, enum kvm_release release)
{
	ev_meta_init(meta);
	meta->arch = KVM_X86;
	meta->release = release;
	meta->tdp = SPTE_NPT;
	meta->tdp_mmu = meta->has_probes = meta->has_ends = true;
	meta->page_shift = 12;
	for (uint32_t t = 0; t < 3; t++) {
		ev_meta_add_task(meta, 100 + t, "t");
		meta->tasks[t].vm = 0;
		meta->tasks[t].vcpu = t < 2 ? (int32_t)t : -1;
	}
	ev_meta_add_vm(meta);
	meta->vms[0].nr_vcpus = 2;
}

/* The file alone: recording_load() makes m->rec of it. */
static inline void made_file(struct made *m, enum kvm_release release, bool probes, const struct made_record *v,
			     size_t nr)
{
	struct err e = { 0 };
	struct ev_writer *w;
	struct ev_meta meta;

	made_meta(&meta, release);
	meta.has_probes = meta.has_ends = probes;
	meta.last_ns = nr ? v[nr - 1].t_ns : 0;
	snprintf(m->path, sizeof(m->path), "/tmp/mmulab-made-%d.mmt", (int)getpid());
	assert_int_equal(ev_writer_open(m->path, 0, &w, &e), 0);
	for (size_t i = 0; i < nr && v[i].ev.kind; i++)
		assert_int_equal(ev_write(w, v[i].task, v[i].t_ns, &v[i].ev), 0);
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
	assert_int_equal(ev_open(m->path, 0, &m->file, &e), 0);
}

/* @probes: false for a recording of tracepoints only. */
static inline void made_open_as(struct made *m, enum kvm_release release, bool probes, const struct made_record *v,
				size_t nr)
{
	struct err e = { 0 };

	made_file(m, release, probes, v, nr);
	assert_int_equal(recording_load(m->file, &m->rec, &e), 0);
}

static inline void made_open(struct made *m, enum kvm_release release, const struct made_record *v, size_t nr)
{
	made_open_as(m, release, true, v, nr);
}

static inline void made_as_arm64(struct made *m)
{
	((struct ev_meta *)m->rec.meta)->arch = KVM_ARM64;
}

static inline void made_without_tdp_mmu(struct made *m, bool shadow)
{
	struct ev_meta *meta = (struct ev_meta *)m->rec.meta;

	meta->tdp_mmu = false;
	meta->shadow = shadow;
}

static inline void made_close(struct made *m)
{
	recording_fini(&m->rec);
	ev_close(m->file);
	unlink(m->path);
}

#endif
