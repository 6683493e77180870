/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's NX recovery worker, "kvm-nx-lpage-recovery": a round every so often, for as long as the VM lives.
 * How often, and how much of it, are module parameters of the recorded host; KVM mmu.c,
 * calc_nx_huge_pages_recovery_period().
 */
#include "replay/drive/tell.h"

#define RATIO_DEFAULT	60		/* without PREEMPT_RT */
#define RATIO_MOST	3600		/* that shortens the period: one second at least */
#define HOUR_MS		(60 * 60 * 1000)
/* Nobody waits longer than this for the worker to notice that the run is over. */
#define NAP_NS		10000000

static uint64_t period_ns(const struct ev_meta *meta, uint32_t ratio)
{
	uint64_t ms = ev_meta_param_number(meta, "kvm.nx_huge_pages_recovery_period_ms", 0);

	if (!ms)
		ms = HOUR_MS / (ratio < RATIO_MOST ? ratio : RATIO_MOST);
	return ms * 1000000;
}

void nx_facts(struct drive *d)
{
	uint32_t ratio = ev_meta_param_number(d->meta, "kvm.nx_huge_pages_recovery_ratio", RATIO_DEFAULT);
	bool on = ev_meta_param_on(d->meta, "kvm.nx_huge_pages") || d->job->scan->kinds[EV_NX_TOGGLE];

	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		d->vms[i].nx_ratio = ratio;
		d->vms[i].splits = on;
	}
	/* A recording that has the rounds themselves needs nobody to make them up. */
	if (!on || !ratio || d->job->scan->kinds[EV_NX_RECOVER])
		return;
	d->nx_period_ns = drive_scaled(d, period_ns(d->meta, ratio));
	d->nr_nx_workers = d->nx_period_ns ? d->meta->nr_vms : 0;
}

/* Sleeps until @until_ns.  Return: false: there is nobody left to recover for. */
static bool nap(const struct drive *d, uint64_t until_ns)
{
	while (rt_load(&d->live)) {
		uint64_t now_ns = rt_now_ns();

		if (now_ns >= until_ns)
			return true;
		rt_idle(until_ns - now_ns < NAP_NS ? until_ns - now_ns : NAP_NS);
	}
	return false;
}

void nx_worker(void *arg)
{
	struct drive_vm *vm = arg;
	const struct drive *d = vm->drive;

	while (nap(d, rt_now_ns() + d->nx_period_ns)) {
		if (!mmu_nx_is_on(vm->mmu))
			continue;
		tell_worker_op(vm, TOLD_OP, EV_NX_RECOVER);
		rt_op_begin(RESULT_NX_RECOVER);
		op_nx_recover(vm);
		rt_op_end(NULL);
		tell_worker_op(vm, TOLD_OP_END, EV_NX_RECOVER);
	}
}
