/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and destroying a stage 2, and its table of operations. */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/arm64/age.h"
#include "engine/arm64/check.h"
#include "engine/arm64/destroy.h"
#include "engine/arm64/dirty.h"
#include "engine/arm64/fault.h"
#include "engine/arm64/repair.h"
#include "engine/arm64/tlbi.h"
#include "engine/arm64/unmap.h"
#include "engine/core/checker.h"

static void arm64_destroy(struct mmu *mmu)
{
	struct arm64_mmu *x = to_arm64(mmu);

	mmu_fini(mmu);
	free(x->vcpus);
	free(x);
}

/* A vCPU has the VM's tables from its first day to its last. */
static void vcpu_nothing(struct mmu *mmu, unsigned int vcpu)
{
	(void)mmu;
	(void)vcpu;
}

static void vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm)
{
	(void)mmu;
	(void)vcpu;
	(void)smm;
}

static void nothing(struct mmu *mmu)
{
	(void)mmu;
}

static void slots_updated(struct mmu *mmu, bool wrapped)
{
	(void)mmu;
	(void)wrapped;
}

static const struct mmu_ops arm64_ops = {
	.destroy	= arm64_destroy,
	.vcpu_load	= vcpu_nothing,
	.vcpu_unload	= vcpu_nothing,
	.vcpu_smm	= vcpu_smm,
	.touch		= arm64_touch,
	.fault		= arm64_fault,
	.unmap		= arm64_unmap,
	.age		= arm64_age,
	.set_spte	= arm64_set_spte,
	.flush_slot	= arm64_flush_slot,
	.slots_updated	= slots_updated,
	.prefill	= arm64_prefill,
	.log_start	= arm64_log_start,
	.log_stop	= arm64_log_stop,
	.log_dirty	= arm64_log_dirty,
	.sync_dirty	= nothing,
	.writes_unnoticed = arm64_writes_unnoticed,
	.zap_all	= arm64_zap_all,
	.work		= nothing,
	.teardown	= arm64_teardown,
	.peek		= arm64_peek,
	.repair		= arm64_repair,
	.stats		= arm64_stats,
	.check		= arm64_check,
	.zap_gfns	= arm64_zap_gfns,
	.find_mapped	= arm64_find_mapped,
	.flush		= arm64_flush,
};

static bool config_is_valid(const struct mmu_config *c)
{
	const struct stage2_host *h = &c->s2;

	if (h->page_shift != 12 && h->page_shift != 14 && h->page_shift != 16)
		return false;
	if (h->ipa_bits < 32 || h->ipa_bits > 52 || h->start_level > 2)
		return false;
	if (c->max_level < 1 || c->max_level > 3 || !c->policy)
		return false;
	return h->start_level < 0 ||
	       stage2_start_tables(h->page_shift, h->ipa_bits, h->start_level) <= MAX_ROOT_TABLES;
}

static void make_roots(struct arm64_mmu *x)
{
	gfn_t span = level_pages(x, x->s2.start_level - 1);

	x->nr_roots = stage2_start_tables(x->s2.page_shift, x->s2.ipa_bits, x->s2.start_level);
	for (unsigned int i = 0; i < x->nr_roots; i++) {
		x->root[i] = table_new(x, x->s2.start_level, i * span);
		check_root_fixed(&x->mmu, x->root[i]);
	}
	rt_word_init(&x->alive, 1);
}

int arm64_mmu_create(const struct mmu_config *config, struct mmu **out)
{
	struct arm64_mmu *x;
	int ret;

	if (!config_is_valid(config))
		return -EINVAL;
	x = xcalloc(1, sizeof(*x));
	ret = mmu_init(&x->mmu, &arm64_ops, config);
	/* Cache-line aligned. */
	if (!ret)
		x->vcpus = aligned_alloc(64, (config->nr_vcpus + 1) * sizeof(*x->vcpus));
	if (ret || !x->vcpus) {
		mmu_fini(&x->mmu);
		free(x);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i <= config->nr_vcpus; i++)
		x->vcpus[i] = (struct arm64_vcpu){ 0 };
	x->s2 = config->s2;
	x->bits = stage2_level_bits(x->s2.page_shift);
	x->locks = config->policy->coalesce_order == COALESCE_ORDER_LOCK_BLOCK_DEFER;
	if (x->s2.start_level < 0)
		x->s2.start_level = (int8_t)stage2_start_level(x->s2.page_shift, x->s2.ipa_bits);
	make_roots(x);
	*out = &x->mmu;
	return 0;
}
