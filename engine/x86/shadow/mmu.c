/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and destroying an x86 MMU without the TDP MMU, and its table of operations. */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/x86/dirty.h"
#include "engine/x86/pml.h"
#include "engine/x86/root.h"
#include "engine/x86/shadow/direct.h"
#include "engine/x86/shadow/dirty.h"
#include "engine/x86/shadow/fast_zap.h"
#include "engine/x86/shadow/guest_fault.h"
#include "engine/x86/shadow/guest_ops.h"
#include "engine/x86/shadow/range.h"
#include "engine/x86/shadow/recycle.h"
#include "engine/x86/shadow/repair.h"
#include "engine/x86/shadow/vcpu.h"

static void free_pages(struct shadow_mmu *sm)
{
	for (uint32_t n = 1; sm->sp && n < sm->x.mmu.arena.fresh; n++)
		free(sm->sp[n].translation);
	free(sm->sp);
}

static gfn_t guest_entry_gfn(const struct mmu *mmu, uint32_t table, unsigned int index)
{
	return sp_entry_gfn(to_shadow_const(mmu), table, index);
}

static void shadow_destroy(struct mmu *mmu)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	free_pages(sm);
	frames_fini(&sm->frames);
	ptes_fini(&sm->ptes);
	gpt_free(sm->gpt);
	free(sm->vcpus);
	x86_fini(&sm->x);
	free(sm);
}

/* But for touch, fault, guest. */
#define SHADOW_OPS	\
	.destroy	= shadow_destroy, \
	.vcpu_load	= shadow_vcpu_load, \
	.vcpu_unload	= shadow_vcpu_unload, \
	.vcpu_smm	= shadow_vcpu_smm, \
	.wants_root	= x86_wants_root, \
	.expect		= x86_expect, \
	.unmap		= shadow_unmap, \
	.age		= shadow_age, \
	.set_spte	= shadow_set_spte, \
	.flush_slot	= shadow_flush_slot, \
	.slots_updated	= shadow_slots_updated, \
	.prefill	= shadow_prefill, \
	.log_start	= shadow_log_start, \
	.log_stop	= shadow_log_stop, \
	.log_dirty	= shadow_log_dirty, \
	.sync_dirty	= x86_sync_dirty, \
	.writes_unnoticed = x86_writes_unnoticed, \
	.zap_all	= shadow_zap_all, \
	.nx_recover	= shadow_nx_recover, \
	.nx_pass_over	= x86_nx_pass_over, \
	.nx_toggle	= shadow_nx_toggle, \
	.nx_is_on	= x86_nx_is_on, \
	.teardown	= shadow_teardown, \
	.peek		= shadow_peek, \
	.repair		= shadow_repair, \
	.repair_rmap	= shadow_repair_rmap, \
	.repair_young	= shadow_repair_young, \
	.stats		= shadow_stats, \
	.check		= shadow_check, \
	.zap_gfns	= shadow_zap_gfns, \
	.find_mapped	= shadow_find_mapped, \
	.page_limit	= shadow_page_limit

static const struct mmu_ops direct_ops = { SHADOW_OPS, .touch = x86_touch, .fault = shadow_fault };
static const struct mmu_ops guest_ops = {
	SHADOW_OPS, .touch = shadow_guest_touch, .fault = shadow_guest_fault, .guest = &shadow_guest_ops,
	.entry_gfn = guest_entry_gfn,
};

/* Nobody has loaded CR3 yet. */
static void guest_init(struct shadow_mmu *sm)
{
	sm->gpt = gpt_new();
	sm->width = guest_paging(sm->x.root_role).width;
	for (unsigned int i = 0; i <= sm->x.mmu.config.nr_vcpus; i++)
		sm->vcpus[i].cr3 = UINT64_MAX;
}

int shadow_mmu_create(const struct mmu_config *config, struct mmu **out)
{
	struct shadow_mmu *sm = xcalloc(1, sizeof(*sm));
	int ret = x86_init(&sm->x, config->shadow ? &guest_ops : &direct_ops, config);

	if (ret) {
		free(sm);
		return ret;
	}
	/* Address space; memory only for tables that exist. */
	sm->sp = xcalloc(ARENA_MAX_TABLES, sizeof(*sm->sp));
	frames_init(&sm->frames);
	ptes_init(&sm->ptes);
	sm->page_limit = config->page_limit;
	sm->max_pages = config->page_limit ? config->page_limit : SHADOW_MIN_PAGES;
	sm->vcpus = xcalloc(config->nr_vcpus + 1, sizeof(*sm->vcpus));
	for (unsigned int i = 0; i <= config->nr_vcpus; i++) {
		sm->vcpus[i].role = sm->x.root_role;
		rt_word_init(&sm->vcpus[i].face.role, role_set_invalid(sm->x.root_role, 1));
	}
	if (config->shadow)
		guest_init(sm);
	*out = &sm->x.mmu;
	return 0;
}
