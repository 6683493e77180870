/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU remembers where its last walk ended.  Whatever takes that table away, puts another way in its place, or has
 * the vCPU run on another root, it must not go there again.
 */
#include "test/unit/x86/lab.h"

#define AT	(LAB_GFN + 1)		/* in the 2 MiB that are remembered */

struct row {
	const char	*name;
	void		(*happens)(struct lab *l);	/* once the way to LAB_GFN is remembered */
	bool		 touched;		/* what @happens leaves of AT: mapped, or */
	enum ret_pf	 fault;			/* ... what a fault does then */
	enum kvm_release release;
	const char	*policy;
	bool		 nx, logged, rmaps;
	bool		 prefilled;		/* the lower half of the slot, as uniform memory */
};

static void invalidate(struct lab *l)
{
	mmu_invalidate_start(l->mmu, lab_hva(LAB_GFN), lab_hva(LAB_GFN + SPTE_ENTRIES), true);
	mmu_invalidate_end(l->mmu, lab_hva(LAB_GFN), lab_hva(LAB_GFN + SPTE_ENTRIES));
}

static void recover(struct lab *l)
{
	mmu_nx_recover(l->mmu, 1);
}

static void stop_logging(struct lab *l)
{
	lab_slot(l, MMU_SLOT_FLAGS, 0);
}

static void zap_all(struct lab *l)
{
	mmu_zap_all(l->mmu);
}

static void make_slot_anew(struct lab *l)
{
	lab_slot(l, MMU_SLOT_DELETE, 0);
	lab_slot(l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(l->mmu, 0);
}

static void enter_smm(struct lab *l)
{
	struct mmu_slot smm = { .id = 1, .as_id = 1, .base_gfn = LAB_GFN, .npages = LAB_PAGES, .hva = LAB_HVA };

	mmu_memslot(l->mmu, MMU_SLOT_CREATE, &smm);
	mmu_vcpu_smm(l->mmu, 0, true);
	mmu_vcpu_load(l->mmu, 0);
}

static void repair(struct lab *l)
{
	mmu_repair(l->mmu, LAB_GFN, 2, 0, spte_format(l->config.release, l->config.tdp)->nonpresent);
}

/* Whoever walks past a copy of a uniform table gives it back; the next table is made of its memory. */
static void give_back_copies(struct lab *l)
{
	mmu_age(l->mmu, lab_hva(LAB_GFN), lab_hva(LAB_GFN + LAB_PAGES / 2), MMU_AGE_TEST);
	lab_fault(l, 0, LAB_GFN + LAB_PAGES - 1, MMU_W, 1);
}

static void map_huge(struct lab *l)
{
	lab_fault(l, 0, LAB_GFN + 2, MMU_W, 2);
}

static void limit_pages(struct lab *l)
{
	mmu_page_limit(l->mmu, 1);
	mmu_page_limit(l->mmu, 64);
}

static const struct row rows[] = {
	{ "nothing happens: a fault costs the same by either way", NULL, true },
	{ "... under 6.1", NULL, true, .release = KVM_6_1 },
	{ "an invalidation takes the table", invalidate, false, RET_PF_FIXED, .policy = "zap.range=tables" },
	{ "recovery from the NX mitigation takes it, others locked out", recover, false, RET_PF_FIXED, .nx = true,
	  .policy = "nx.lock=write" },
	{ "... or beside others", recover, false, RET_PF_FIXED, .nx = true, .policy = "nx.lock=read" },
	{ "logging ends: the table goes, the next fault maps 2 MiB", stop_logging, false, RET_PF_FIXED, .logged = true },
	{ "... under 6.1", stop_logging, false, RET_PF_FIXED, .logged = true, .release = KVM_6_1 },
	{ "... or a huge page is put in its place", stop_logging, true, .logged = true,
	  .policy = "dirty.collapse=recover" },
	{ "mm release", zap_all, false, RET_PF_FIXED },
	{ "the slot goes, and another comes: another root", make_slot_anew, false, RET_PF_FIXED },
	{ "system management mode: another root", enter_smm, false, RET_PF_FIXED },
	{ "a repair takes the table away", repair, false, RET_PF_FIXED },
	{ "a copy of a uniform table is given back", give_back_copies, true, .prefilled = true },
	{ "shadow pages: a huge page in the table's place", map_huge, true, .rmaps = true },
	{ "shadow pages: no room for the table", limit_pages, false, RET_PF_FIXED, .rmaps = true },
	{ "shadow pages: mm release", zap_all, false, RET_PF_FIXED, .rmaps = true },
	{ "shadow pages: system management mode", enter_smm, false, RET_PF_FIXED, .rmaps = true },
	{ "shadow pages: a repair takes the table away", repair, false, RET_PF_FIXED, .rmaps = true },
};

struct scene {
	struct lab	 *l;
	const struct row *row;
	bool		  before, touched, after;
	enum ret_pf	  fault;
	uint64_t	  near_ns, far_ns;	/* a fault where the way is known, and where it is not */
};

static uint64_t time_fault(struct lab *l, gfn_t gfn)
{
	uint64_t begin_ns = rt_now_ns();

	lab_fault(l, 0, gfn, MMU_W, 1);
	return rt_now_ns() - begin_ns;
}

/* Of AT, what comes to be there is not there before, and what goes is. */
static void populate(const struct scene *s)
{
	unsigned int access = s->row->nx ? MMU_X : MMU_W;
	int level = s->row->nx || s->row->logged ? 2 : 1;

	lab_fault(s->l, 0, LAB_GFN, access, level);
	if (!s->row->happens || !s->row->touched)
		lab_fault(s->l, 0, AT, access, level);
}

static void play(void *arg)
{
	struct scene *s = arg;
	struct lab *l = s->l;
	const struct mmu_prefill half = {
		.gfn = LAB_GFN, .npages = LAB_PAGES / 2, .pfn = LAB_PFN(LAB_GFN), .level = 1,
	};

	lab_slot(l, MMU_SLOT_CREATE, s->row->logged);
	mmu_vcpu_load(l->mmu, 0);
	if (s->row->prefilled)
		assert_int_equal(mmu_prefill(l->mmu, &half), 0);
	else
		populate(s);
	s->before = lab_touch(l, 0, LAB_GFN, MMU_R);
	if (s->row->happens)
		s->row->happens(l);
	s->touched = lab_touch(l, 0, AT, MMU_R);
	if (!s->touched) {
		s->fault = lab_fault(l, 0, AT, MMU_W, s->row->nx || s->row->logged ? 2 : 1);
		s->after = lab_touch(l, 0, AT, MMU_W);
	}
	/* A page far away, in a table that is there by then: nothing is remembered of AT's. */
	lab_fault(l, 0, LAB_GFN + LAB_PAGES - 1, MMU_W, 1);
	lab_touch(l, 0, LAB_GFN + LAB_PAGES - 1, MMU_W);
	s->near_ns = time_fault(l, LAB_GFN + LAB_PAGES - 2);
	s->far_ns = time_fault(l, AT + 1);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row };
	void *arg = &s;

	lab_init(&l);
	l.config.release = row->release ? row->release : KVM_6_12;
	l.config.nx_huge_pages = row->nx;
	l.config.rmaps = row->rmaps;
	/* A checker hears nothing of repairs, and has nothing be uniform. */
	l.config.check = !row->prefilled && row->happens != repair;
	l.quiet = row->prefilled;
	lab_policy(&l, row->policy);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	assert_true(s.before);
	assert_int_equal(s.touched, row->touched);
	if (!s.touched) {
		assert_string_equal(ret_pf_name(s.fault), ret_pf_name(row->fault));
		assert_true(s.after);
	}
	if (!row->happens && RT_IS_VIRTUAL)
		assert_int_equal(s.near_ns, s.far_ns);
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("the way to the last page", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
