/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLB maintenance of one VM: KVM hyp/vhe/tlb.c, kvm_tlb_flush_vmid_range(). */
#include "engine/arm64/tlbi.h"

#include "engine/core/checker.h"
#include "engine/core/observe.h"

#define MAX_RANGE_PAGES	(32ULL << 16)	/* one TLBI by range: MAX_TLBI_RANGE_PAGES */

static void observe(const struct arm64_mmu *x, enum obs_kind kind, gfn_t gfn, uint64_t nr, int level)
{
	struct obs o = { .kind = kind, .gfns = { .gfn = gfn, .count = nr, .level = (uint8_t)level } };

	if (observed(&x->mmu) && (!x->s2.nvhe || kind == OBS_TLB_RANGE))
		obs_emit(&x->mmu, &o);
}

static void broadcast(struct arm64_mmu *x, enum cost c)
{
	rt_broadcast(c, x->mmu.config.nr_vcpus);
}

void tlbi_ipa(struct arm64_mmu *x, gfn_t gfn, int level)
{
	uint64_t mark = check_mark(&x->mmu);

	/* "Not known" was 0 before 6.8. */
	observe(x, OBS_TLB_IPA, gfn, 0, level == TLBI_NO_LEVEL && !x->locks ? 0 : level);
	broadcast(x, COST_TLBI_IPA);
	check_invalidated(&x->mmu, mark, gfn, 1);
}

void tlbi_local(struct arm64_mmu *x, gfn_t gfn, int level)
{
	observe(x, OBS_TLB_IPA_NSH, gfn, 0, level);
	rt_charge(COST_TLBI_LOCAL, 1);
}

void tlbi_vmid(struct arm64_mmu *x)
{
	uint64_t mark = check_mark(&x->mmu);

	observe(x, OBS_TLB_VMID, 0, 0, 0);
	broadcast(x, COST_TLBI_VMID);
	check_invalidated(&x->mmu, mark, 0, UINT64_MAX);
}

void tlbi_range(struct arm64_mmu *x, gfn_t gfn, uint64_t nr)
{
	uint64_t mark = check_mark(&x->mmu);
	gfn_t at = gfn;
	uint64_t left = nr;

	observe(x, OBS_TLB_RANGE, gfn, nr, 0);
	if (!x->s2.tlb_range) {
		tlbi_vmid(x);
		return;
	}
	while (left) {
		uint64_t now = left < MAX_RANGE_PAGES ? left : MAX_RANGE_PAGES;

		observe(x, OBS_TLB_RANGE_HW, at, now, 0);
		broadcast(x, COST_TLBI_VMID);	/* each drops all of stage 1, too */
		at += now;
		left -= now;
	}
	check_invalidated(&x->mmu, mark, gfn, nr);
}

void arm64_flush(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	if (nr)
		tlbi_range(to_arm64(mmu), gfn, nr);
	else
		tlbi_vmid(to_arm64(mmu));
}
