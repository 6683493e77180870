/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shadow paging adds to engine/mmu.h: the guest's own page tables. */
#include "engine/core/checker.h"

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
	if (!mmu->ops->guest)
		return;
	check_begin(mmu, CHECK_PT_WRITE, gfn, offset);
	mmu->ops->guest->pt_write(mmu, vcpu, gfn, offset, value, bytes);
	check_end(mmu, 0);
}

bool mmu_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root)
{
	bool at_hand;

	if (!mmu->ops->guest)
		return true;
	check_begin(mmu, CHECK_CR3, root, vcpu);
	at_hand = mmu->ops->guest->cr3(mmu, vcpu, root);
	check_end(mmu, at_hand);
	return at_hand;
}

void mmu_sync_roots(struct mmu *mmu, unsigned int vcpu)
{
	if (!mmu->ops->guest)
		return;
	check_begin(mmu, CHECK_SYNC, vcpu, 0);
	mmu->ops->guest->sync_roots(mmu, vcpu);
	check_end(mmu, 0);
}

bool mmu_wants_sync(const struct mmu *mmu, unsigned int vcpu)
{
	return mmu->ops->guest && mmu->ops->guest->wants_sync(mmu, vcpu);
}

void mmu_invlpg(struct mmu *mmu, unsigned int vcpu, uint64_t gva)
{
	if (!mmu->ops->guest)
		return;
	check_begin(mmu, CHECK_INVLPG, gva >> 12, vcpu);
	mmu->ops->guest->invlpg(mmu, vcpu, gva);
	check_end(mmu, 0);
}

void mmu_vcpu_role(struct mmu *mmu, unsigned int vcpu, uint32_t role)
{
	if (mmu->ops->guest)
		mmu->ops->guest->role(mmu, vcpu, role);
}

void mmu_page_limit(struct mmu *mmu, uint64_t pages)
{
	if (!mmu->ops->page_limit)
		return;
	check_begin(mmu, CHECK_PAGE_LIMIT, 0, pages);
	mmu->ops->page_limit(mmu, pages);
	check_end(mmu, 0);
}
