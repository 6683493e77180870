/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and destroying an x86 TDP MMU, and its table of operations. */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/x86/age.h"
#include "engine/x86/check.h"
#include "engine/x86/dirty.h"
#include "engine/x86/fault.h"
#include "engine/x86/pml.h"
#include "engine/x86/prefill.h"
#include "engine/x86/repair.h"
#include "engine/x86/root.h"
#include "engine/x86/zap.h"

void x86_fini(struct x86_mmu *x)
{
	mmu_fini(&x->mmu);
	nx_fini(x);
	free(x->vcpus);
}

static void x86_destroy(struct mmu *mmu)
{
	struct x86_mmu *x = to_x86(mmu);
	uintptr_t p = rt_peek(&x->roots);

	while (p) {
		struct root *r = (struct root *)p;

		p = rt_peek(&r->next);
		free(r);	/* its tables go with the arena */
	}
	x86_fini(x);
	free(x);
}

static const struct mmu_ops x86_ops = {
	.destroy	= x86_destroy,
	.vcpu_load	= x86_vcpu_load,
	.vcpu_unload	= x86_vcpu_unload,
	.vcpu_smm	= x86_vcpu_smm,
	.wants_root	= x86_wants_root,
	.touch		= x86_touch,
	.expect		= x86_expect,
	.fault		= x86_fault,
	.unmap		= x86_unmap,
	.age		= x86_age,
	.set_spte	= x86_set_spte,
	.flush_slot	= x86_flush_slot,
	.slots_updated	= x86_slots_updated,
	.prefill	= x86_prefill,
	.log_start	= x86_log_start,
	.log_stop	= x86_log_stop,
	.log_dirty	= x86_log_dirty,
	.sync_dirty	= x86_sync_dirty,
	.writes_unnoticed = x86_writes_unnoticed,
	.zap_all	= x86_zap_all,
	.nx_recover	= x86_nx_recover,
	.nx_pass_over	= x86_nx_pass_over,
	.nx_toggle	= x86_nx_toggle,
	.nx_is_on	= x86_nx_is_on,
	.work		= x86_work,
	.teardown	= x86_teardown,
	.peek		= x86_peek,
	.repair		= x86_repair,
	.stats		= x86_stats,
	.check		= x86_check,
	.zap_gfns	= x86_zap_gfns,
	.find_mapped	= x86_find_mapped,
};

static bool config_is_valid(const struct mmu_config *c)
{
	if (c->max_level < 1 || c->max_level > MAX_HUGE_LEVEL)
		return false;
	if (c->root_level != 4 && c->root_level != MAX_LEVEL)
		return false;
	if (c->root_role && (int)role_level(c->root_role) != c->root_level)
		return false;
	return c->policy && (c->ad || c->tdp == SPTE_EPT);	/* AMD always has A/D bits */
}

int x86_init(struct x86_mmu *x, const struct mmu_ops *ops, const struct mmu_config *config)
{
	int ret;

	if (!config_is_valid(config))
		return -EINVAL;
	ret = mmu_init(&x->mmu, ops, config);
	if (ret) {
		mmu_fini(&x->mmu);
		return ret;
	}
	/* Shadowed tables are ordinary ones, also on Intel. */
	x->f = spte_format(config->release, config->shadow ? SPTE_NPT : config->tdp);
	if (config->mmio_uncached) {
		x->uncached = *x->f;
		x->uncached.mmio_value = 0;
		x->f = &x->uncached;
	}
	x->valid_gen = config->valid_gen;
	x->root_role = config->root_role ? config->root_role : root_default_role(config);
	rt_word_init(&x->roots, 0);
	rt_spin_init(&x->pages_lock);
	nx_init(x);
	/* Cache-line aligned, zeroed. */
	x->vcpus = aligned_alloc(64, (config->nr_vcpus + 1) * sizeof(*x->vcpus));
	if (!x->vcpus) {
		x86_fini(x);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i <= config->nr_vcpus; i++)
		x->vcpus[i] = (struct x86_vcpu){ 0 };
	return 0;
}

int x86_mmu_create(const struct mmu_config *config, struct mmu **out)
{
	struct x86_mmu *x = xcalloc(1, sizeof(*x));
	int ret = x86_init(x, &x86_ops, config);

	if (ret) {
		free(x);
		return ret;
	}
	*out = &x->mmu;
	return 0;
}
