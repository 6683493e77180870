/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shadow paging adds to engine/mmu.h: the guest's own page tables. */
#include "engine/core/mmu_common.h"

void mmu_gpte(struct mmu *mmu, gfn_t table, unsigned int offset, uint64_t value)
{
	if (mmu->ops->guest)
		mmu->ops->guest->gpte(mmu, table, offset, value);
}

bool mmu_guest_writes(struct mmu *mmu, unsigned int vcpu, gfn_t table, unsigned int offset, uint64_t value)
{
	return !mmu->ops->guest || mmu->ops->guest->writes(mmu, vcpu, table, offset, value);
}

void mmu_pt_write(struct mmu *mmu, unsigned int vcpu, gfn_t gfn, unsigned int offset, uint64_t value,
		  unsigned int bytes)
{
	if (mmu->ops->guest)
		mmu->ops->guest->pt_write(mmu, vcpu, gfn, offset, value, bytes);
}

bool mmu_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root)
{
	return !mmu->ops->guest || mmu->ops->guest->cr3(mmu, vcpu, root);
}

void mmu_sync_roots(struct mmu *mmu, unsigned int vcpu)
{
	if (mmu->ops->guest)
		mmu->ops->guest->sync_roots(mmu, vcpu);
}

bool mmu_wants_sync(const struct mmu *mmu, unsigned int vcpu)
{
	return mmu->ops->guest && mmu->ops->guest->wants_sync(mmu, vcpu);
}

void mmu_invlpg(struct mmu *mmu, unsigned int vcpu, uint64_t gva)
{
	if (mmu->ops->guest)
		mmu->ops->guest->invlpg(mmu, vcpu, gva);
}

void mmu_vcpu_role(struct mmu *mmu, unsigned int vcpu, uint32_t role)
{
	if (mmu->ops->guest)
		mmu->ops->guest->role(mmu, vcpu, role);
}

void mmu_page_limit(struct mmu *mmu, uint64_t pages)
{
	if (mmu->ops->page_limit)
		mmu->ops->page_limit(mmu, pages);
}
