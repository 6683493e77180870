/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A huge page in the way of a small one: how many of its other pages must fault again. */
#include "test/unit/x86/lab.h"

static const struct row {
	const char	*name;
	enum kvm_release release;
	const char	*policy[2];
	unsigned int	 refaults;	/* of the other 511 pages */
} rows[] = {
	{ "in place: none", KVM_6_12, { "fault.huge_split=in-place" }, 0 },
	{ "in place under the write lock: none", KVM_6_12, { "fault.huge_split=in-place", "fault.lock=write" }, 0 },
	{ "zap: all", KVM_6_12, { "fault.huge_split=zap" }, 511 },
	{ "zap under the write lock: all", KVM_6_12, { "fault.huge_split=zap", "fault.lock=write" }, 511 },
	{ "6.1 zaps: all", KVM_6_1, { "fault.huge_split=zap" }, 511 },
};

struct scene {
	struct lab	*l;
	bool		 executable_before, executable_after;
	unsigned int	 refaults, wrong;
};

static void play(void *arg)
{
	struct scene *s = arg;
	int level;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	lab_fault(s->l, 0, LAB_GFN, MMU_W, 2);
	s->executable_before = lab_touch(s->l, 0, LAB_GFN + 7, MMU_X);
	lab_fault(s->l, 0, LAB_GFN + 7, MMU_X, 2);
	s->executable_after = lab_touch(s->l, 0, LAB_GFN + 7, MMU_X);
	for (gfn_t gfn = LAB_GFN; gfn < LAB_GFN + 512; gfn++) {
		if (!lab_touch(s->l, 0, gfn, MMU_W)) {
			s->refaults++;
			lab_fault(s->l, 0, gfn, MMU_W, 2);
		}
		s->wrong += spte_pfn(lab_leaf(s->l, gfn, &level)) != LAB_PFN(gfn) || level != 1;
	}
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l };
	void *arg = &s;

	lab_init(&l);
	l.config.nx_huge_pages = true;
	l.config.release = row->release;
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	assert_false(s.executable_before);
	assert_true(s.executable_after);
	assert_int_equal(s.refaults, row->refaults);
	assert_int_equal(s.wrong, 0);
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("splits", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
