/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs: an mmu each, with the recorded kernel's facts and the policy's behaviour. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "event/stage2.h"
#include "replay/drive/tell.h"

#define GFN_BITS_4_LEVELS	36
#define GFN_BITS_SMALL_GPTES	20
#define GFN_BITS_5_LEVELS	40	/* what an event's gfn holds */

/* Where no memslot was recorded: one slot under all that was accessed, host address = guest address. */
static int infer_slot(struct drive *d, struct drive_vm *vm, gfn_t pages, struct err *e)
{
	struct ev_slot shadow = { .change = EV_SLOT_CREATE };

	for (unsigned int copy = 0; copy < d->job->clones; copy++) {
		struct mmu_slot slot = { .id = (uint16_t)copy, .base_gfn = copy * vm->clone.gfns, .npages = pages,
					 .hva = (copy * vm->clone.gfns) << d->meta->page_shift };
		int rc = mmu_memslot(vm->mmu, MMU_SLOT_CREATE, &slot);

		if (rc)
			return err_set(e, ERR_MACHINE, "cannot make a memslot of %llu pages: %s",
				       (unsigned long long)pages, strerror(-rc));
		shadow.id = copy;
		shadow.gfn = slot.base_gfn;
		shadow.npages = pages;
		shadow.hva = slot.hva;
		slots_apply(&vm->slots, &shadow);
	}
	d->slots_inferred = true;
	return 0;
}

bool vms_have_workers(const struct drive *d)
{
	return d->job->policy->zap_fast_worker == ZAP_FAST_WORKER_ASYNC;
}

void vm_worker(void *arg)
{
	struct drive_vm *vm = arg;

	rt_op_begin(RESULT_WORKER);
	mmu_worker(vm->mmu);
	rt_op_end(NULL);
}

/* Copies may need more of the guest's address space than the recorded guest had. */
static struct stage2_host stage2_of(const struct drive *d, const struct drive_vm *vm)
{
	struct stage2_host host = stage2_of_meta(d->meta);

	while (host.ipa_bits < 52 && !clone_fits(&vm->clone, d->job->clones, host.ipa_bits - host.page_shift))
		host.ipa_bits++;
	if (host.ipa_bits != stage2_of_meta(d->meta).ipa_bits)
		host.start_level = (int8_t)stage2_start_level(host.page_shift, host.ipa_bits);
	return host;
}

static struct mmu_config config_of(const struct drive *d, const struct drive_vm *vm, unsigned int number, int levels)
{
	const struct ev_meta *meta = d->meta;

	return (struct mmu_config){
		.arch = meta->arch,
		.release = meta->release,
		.tdp = meta->tdp,
		.vm = number,
		.nr_vcpus = vm->clone.vcpus * d->job->clones,
		.max_level = 3,
		.root_level = levels,
		.ad = !ev_meta_param_off(meta, "kvm_intel.eptad"),
		.nx_huge_pages = ev_meta_param_on(meta, "kvm.nx_huge_pages"),
		.nx_toggles = d->job->scan->kinds[EV_NX_TOGGLE],
		.rmaps = d->rmaps,
		.shadow = d->shadow,
		.host = d->rmaps ? &vm->host : NULL,
		.mmio_uncached = ev_meta_param_off(meta, "kvm.mmio_caching"),
		.pml = meta->tdp == SPTE_EPT && !ev_meta_param_off(meta, "kvm_intel.pml"),
		.dirty_ring = meta->vms[number].dirty_ring,
		.dirty_manual = meta->vms[number].dirty_manual,
		.dirty_init_set = meta->vms[number].dirty_init_set,
		.s2 = stage2_of(d, vm),
		.policy = d->job->policy,
		.check = d->job->check,
		.judge = &d->judge,
		.worker = vms_have_workers(d),
		.sink = vm->touches ? touches_sink(vm->touches) : NULL,
	};
}

static int vm_make(struct drive *d, unsigned int number, struct err *e)
{
	const struct scan_vm *scan = &d->job->scan->vms[number];
	struct drive_vm *vm = &d->vms[number];
	gfn_t memory = scan->slot_changes ? scan->slot_end : scan->access_end;
	struct mmu_config config;
	int rc, levels = 4;

	pthread_mutex_init(&vm->slots_lock, NULL);
	pthread_mutex_init(&vm->present_lock, NULL);
	vm->drive = d;
	vm->host = (struct mmu_host){ paging_host_page, paging_host_elsewhere, vm };
	rt_word_init(&vm->whole[0], 0);
	rt_word_init(&vm->whole[1], 0);
	rt_word_init(&vm->compared, 0);
	clone_init(&vm->clone, scan, memory, d->meta->page_shift);
	if (!clone_fits(&vm->clone, d->job->clones, GFN_BITS_4_LEVELS))
		levels = 5;
	if (!clone_fits(&vm->clone, d->job->clones, GFN_BITS_5_LEVELS))
		return err_set(e, ERR_USAGE, "--clone %u: vm %u has memory up to gfn 0x%llx and %u memslots; that many copies do not fit one guest",
			       d->job->clones, number, (unsigned long long)memory, vm->clone.slot_ids);
	if (scan->small_gptes && !clone_fits(&vm->clone, d->job->clones, GFN_BITS_SMALL_GPTES))
		return err_set(e, ERR_USAGE, "--clone %u: the page tables of vm %u have entries of 4 bytes, which lead no further than 4 GiB",
			       d->job->clones, number);
	if (d->job->access)
		vm->touches = touches_new(d, number, &vm->clone, vm->clone.vcpus * d->job->clones);
	config = config_of(d, vm, number, levels);
	if (telling(d)) {
		tell_sink(vm, config.sink);
		config.sink = &vm->sink;
	}
	rc = mmu_create(&config, &vm->mmu);
	if (rc)
		return err_set(e, ERR_MACHINE, "cannot make the MMU of vm %u: %s", number, strerror(-rc));
	if (d->job->check)
		vm->oracle = oracle_make(number, d->entries);
	if (vm->oracle && d->rmaps)
		oracle_maps_ahead(vm->oracle);
	if (d->job->check)
		vm->frames = frames_make(entry_pfn_mask(d->entries));
	return scan->slot_changes || !memory ? 0 : infer_slot(d, vm, memory, e);
}

int vms_make(struct drive *d, struct err *e)
{
	d->vms = xcalloc(d->meta->nr_vms, sizeof(*d->vms));
	for (unsigned int i = 0; i < d->meta->nr_vms; i++) {
		int rc = vm_make(d, i, e);

		if (rc)
			return rc;
	}
	nx_facts(d);
	return 0;
}

void vms_free(struct drive *d)
{
	for (unsigned int i = 0; i < d->meta->nr_vms && d->vms; i++) {
		mmu_destroy(d->vms[i].mmu);
		oracle_free(d->vms[i].oracle);
		frames_free(d->vms[i].frames);
		touches_free(d->vms[i].touches);
		slots_fini(&d->vms[i].slots);
		gfn_set_fini(&d->vms[i].present);
		gfn_set_fini(&d->vms[i].written);
	}
	free(d->vms);
}
