/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run from beginning to end. */
#include <stdlib.h>

#include "base/alloc.h"
#include "event/stage2.h"
#include "replay/drive/tell.h"

/* What job.h declares as drive_vtime and drive_threads. */
#define drive_entry	RT_ENTRY(drive)

static uint64_t start_ns(const struct drive *d, const struct drive_task *t)
{
	return d->job->pacing == PACING_ASAP ? 0 : drive_scaled(d, d->job->scan->tasks[t->recorded].first_ns);
}

/* No host spends most of its time on switching, however much slower the recorded one was than the model. */
#define SWITCHES_PER_TICK 16

/* Ticks of the recorded host come at recorded times, too. */
static struct host_model host_of(const struct drive_job *job)
{
	uint64_t shortest_ps = SWITCHES_PER_TICK * job->costs->ps[COST_SWITCH], hz, most;
	struct host_model host = job->host;

	if (!job->time_scale_ppm)
		return host;
	hz = (uint64_t)host.hz * 1000000 / job->time_scale_ppm;
	most = NSEC_PER_SEC * PSEC_PER_NSEC / (shortest_ps ? shortest_ps : PSEC_PER_NSEC);
	if (most < host.hz)
		most = host.hz;
	host.hz = (uint32_t)(hz > most ? most : hz ? hz : 1);
	return host;
}

static int run(struct drive *d, struct err *e)
{
	const struct drive_job *job = d->job;
	struct rt_config config = { .costs = job->costs, .policy = job->policy, .host = host_of(job),
				    .grain = job->fine ? RT_GRAIN_ACCESS : RT_GRAIN_OP, .seed = job->seed,
				    .shuffle = job->shuffle, .pin = job->check ? check_look_up : NULL,
				    .pin_arg = d, .wait_arg = d };
	struct rt_task_def *defs;
	unsigned int nr;
	int rc;

	d->nr_workers = vms_have_workers(d) && d->nr_tasks ? d->meta->nr_vms : 0;
	nr = d->nr_tasks + d->nr_workers + d->nr_nx_workers;
	rt_word_init(&d->live, d->nr_tasks);
	defs = xcalloc(nr, sizeof(*defs));
	for (unsigned int i = 0; i < d->nr_tasks; i++) {
		struct drive_task *t = &d->tasks[i];

		defs[i] = (struct rt_task_def){ .fn = t->vcpu >= 0 ? vcpu_run : host_run, .arg = t,
						.vm = t->vcpu >= 0 ? t->vm : -1, .start_ns = start_ns(d, t) };
	}
	for (unsigned int i = 0; i < d->nr_workers; i++)
		defs[d->nr_tasks + i] = (struct rt_task_def){ .fn = vm_worker, .arg = &d->vms[i], .vm = -1 };
	for (unsigned int i = 0; i < d->nr_nx_workers; i++)
		defs[d->nr_tasks + d->nr_workers + i] = (struct rt_task_def){
			.fn = nx_worker, .arg = &d->vms[i], .vm = -1,
		};
	d->stats.task = xcalloc(nr, sizeof(*d->stats.task));
	if (telling(d)) {
		config.pin = tell_pin;
		config.wait = tell_wait;
		tell_tasks(d, nr, config.host.cpus);
	}
	rc = rt_run(&config, defs, nr, &d->stats, e);
	free(defs);
	return rc ? rc : d->rc;
}

static int compare_rest(struct drive *d, struct err *e)
{
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		int rc = check_compare(&d->vms[i], e);

		if (rc)
			return rc;
	}
	return 0;
}

int drive_entry(const struct drive_job *job, struct result *result, struct err *e)
{
	struct drive d = { .job = job, .meta = ev_meta(job->file), .err = e };
	int rc;

	d.entries = (struct entry_kind){ d.meta->arch, (uint8_t)d.meta->page_shift };
	d.rmaps = d.meta->arch == KVM_X86 && !d.meta->tdp_mmu && !job->as_tdp_mmu;
	d.shadow = d.rmaps && d.meta->shadow && !job->as_two_dimensional;
	d.old_faults = d.meta->arch == KVM_ARM64 ? !stage2_of_meta(d.meta).hw_af
						 : ev_meta_param_off(d.meta, "kvm_intel.eptad");
	d.time_scale_ppm = job->time_scale_ppm == TIME_SCALE_ONE ? 0 : job->time_scale_ppm;
	d.plain = job->pacing == PACING_CLOSED && !job->told && !job->check && !job->access && !d.shadow;
	d.ends_at_once = !d.meta->has_ends && job->scan->kinds[EV_INVALIDATE_START];
	rt_word_init(&d.failed, 0);
	rt_word_init(&d.hosts_left, 0);
	pthread_mutex_init(&d.err_lock, NULL);
	d.judge = (struct mmu_judge){ check_judge, &d };
	sampler_init(&d.sampler, result);
	rc = vms_make(&d, e);
	if (!rc)
		rc = tasks_make(&d, e);
	if (!rc)
		rc = run(&d, e);
	if (!rc)
		rc = compare_rest(&d, e);
	sampler_finish(&d.sampler);
	if (!rc)
		report_fill(&d, result);
	else
		check_note(&d, rc, e);
	free(d.stats.task);
	tasks_free(&d);
	vms_free(&d);
	sampler_fini(&d.sampler);
	return rc;
}
