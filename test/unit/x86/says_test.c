/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation says, line by line: as the kernels' own traces have it. */
#include "test/unit/x86/lab.h"

enum step_kind { END, LOAD, FAULT, TOUCH, START, FINISH, AGE, AGE_FLUSH, SET, ZAP_ALL, TEARDOWN, DELETE, FORGET };

struct step {
	enum step_kind	kind;
	gfn_t		gfn;
	unsigned int	access;		/* FAULT, TOUCH: MMU_*; START, FINISH, AGE: pages */
	int		level;		/* FAULT: host level */
	int		want;		/* enum ret_pf, or the bool that is returned */
	bool		readonly;	/* FAULT: not host-writable */
};

#define MAX_STEPS 12

#define DO(k)				{ .kind = k }
#define FAULT_ON(g, how, host, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret }
#define FAULT_READONLY(g, host, ret)	{ .kind = FAULT, .gfn = g, .access = MMU_R, .level = host, .want = ret, \
					  .readonly = true }
#define TOUCH_AT(g, how, ret)		{ .kind = TOUCH, .gfn = g, .access = how, .want = ret }
#define RANGE(k, g, pages, ret)		{ .kind = k, .gfn = g, .access = pages, .want = ret }

struct row {
	const char	*name;
	enum kvm_release release;
	enum spte_tdp	 tdp;
	bool		 no_ad;
	const char	*policy[2];
	struct step	 steps[MAX_STEPS];
	const char	*want;
};

#define G LAB_GFN

static const struct row rows[] = {
	{ "6.12: the first fault makes a root and three tables",
	  KVM_6_12, SPTE_NPT, false, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x827\n"
	  "changed 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "6.1: the same, with empty entries that are 0",
	  KVM_6_1, SPTE_NPT, false, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0 > 0x827\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0 > 0x827\n"
	  "changed 0x40001 L1 0 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
};

static void step(struct lab *l, const struct step *s, int *got)
{
	struct mmu_access a = {
		.gfn = s->gfn, .access = s->access, .host_level = s->level, .host_writable = !s->readonly,
		.pfn = LAB_PFN(s->gfn),
	};

	switch (s->kind) {
	case END:
		break;
	case LOAD:
		mmu_vcpu_load(l->mmu, 0);
		break;
	case FAULT:
		*got = mmu_fault(l->mmu, 0, &a);
		break;
	case TOUCH:
		*got = mmu_touch(l->mmu, 0, &a);
		break;
	case START:
		mmu_invalidate_start(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access), true);
		break;
	case FINISH:
		mmu_invalidate_end(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access));
		break;
	case AGE:
	case AGE_FLUSH:
		*got = mmu_age(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access),
			       s->kind == AGE ? MMU_AGE_CLEAR : MMU_AGE_CLEAR_FLUSH);
		break;
	case SET:
		mmu_set_spte(l->mmu, lab_hva(s->gfn), s->access ? s->access : MMU_PFN_WRITABLE);
		break;
	case ZAP_ALL:
		mmu_zap_all(l->mmu);
		break;
	case TEARDOWN:
		mmu_teardown(l->mmu);
		break;
	case DELETE:
		*got = lab_slot(l, MMU_SLOT_DELETE, 0);
		break;
	case FORGET:
		lab_forget(l);
		break;
	}
}

struct script {
	struct lab	 *l;
	const struct row *row;
	int		  got[MAX_STEPS];
};

static void play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		step(s->l, &s->row->steps[i], &s->got[i]);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct script s = { .l = &l, .row = row };
	void *arg = &s;

	lab_init(&l);
	l.config.release = row->release;
	l.config.tdp = row->tdp;
	l.config.ad = !row->no_ad;
	if (row->release == KVM_6_1) {
		lab_policy(&l, "fault.retry_key=hull-hva");
		lab_policy(&l, "fault.precheck=none");
		lab_policy(&l, "fault.huge_split=zap");
		lab_policy(&l, "zap.root_passes=1g+root");
	}
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (s.got[i] != row->steps[i].want)
			fail_msg("step %u: got %d, want %d", i, s.got[i], row->steps[i].want);
	mmu_check(l.mmu);
	assert_string_equal(l.said ? l.said : "", row->want);
	lab_close(&l);
}

int main(void)
{
	return table_run("x86 says", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
