/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slot that is logged, from its first day to its last.  Each row maps a page or two, starts logging, and
 * says step by step what becomes of the mappings; expected values follow from KVM's rules (tdp_mmu.c,
 * kvm_mmu_slot_apply_flags()).
 */
#include "test/unit/x86/lab.h"

#define G	LAB_GFN

enum what {
	STOP, MAP, WRITE, READ, START, FINISH, GET, CLEAR, RESET, GONE, SLOT_0,
	/* expectations */
	LEVEL, CAN_WRITE, WRITABLE, IS, FLUSHES, PUSHED, WORDS
};

struct step {
	enum what what;
	uint64_t  page;		/* of the slot; GET, CLEAR, RESET, FLUSHES: nothing */
	int64_t	  v;		/* MAP: host level; READ, WRITE: expected enum ret_pf, or -1: a hit; others: expected */
};

#define STEPS	20

static const struct row {
	const char	*name;
	enum kvm_release release;
	const char	*policy[3];
	bool		 ept, no_ad, pml, ring, manual, init_set;
	struct step	 steps[STEPS];
} rows[] = {
	{ "start splits eagerly and protects; a write is settled without the lock and logged once",
	  KVM_6_12, .steps = { { MAP, 0, 2 }, { START }, { LEVEL, 0, 1 }, { LEVEL, 511, 1 }, { CAN_WRITE, 7, 0 },
		{ WRITE, 7, RET_PF_FIXED }, { WRITE, 7, -1 }, { CAN_WRITE, 8, 0 }, { GET, 0, 1 }, { CAN_WRITE, 7, 0 },
		{ GET, 0, 0 } } },
	{ "the flush comes once, at the end, even if there was nothing to protect",
	  KVM_6_12, .steps = { { START }, { FLUSHES, 0, 1 }, { GET, 0, 0 }, { FLUSHES, 0, 1 } } },
	{ "without eager splitting the huge page is protected, and split by the first write to it",
	  KVM_6_12, { "dirty.eager_split=no" }, .steps = { { MAP, 0, 2 }, { START }, { LEVEL, 0, 2 }, { CAN_WRITE, 0, 0 },
		{ WRITE, 7, RET_PF_FIXED }, { LEVEL, 7, 1 }, { LEVEL, 8, 1 }, { CAN_WRITE, 8, 0 },
		{ WRITE, 8, RET_PF_FIXED }, { GET, 0, 2 } } },
	{ "the same where the fault zaps it: the other pages are gone",
	  KVM_6_1, { "dirty.eager_split=no", "fault.huge_split=zap" }, .steps = { { MAP, 0, 2 }, { START },
		{ WRITE, 7, RET_PF_FIXED }, { LEVEL, 7, 1 }, { GONE, 8 }, { GET, 0, 1 } } },
	{ "every huge page of the slot is split", KVM_6_12, .steps = { { MAP, 0, 2 }, { MAP, 512, 2 }, { START }, { LEVEL, 0, 1 },
		{ LEVEL, 1023, 1 } } },
	{ "whatever the host maps, a logged slot is mapped by 4 KiB; a mapped page is dirty",
	  KVM_6_12, .steps = { { START }, { MAP, 0, 2 }, { LEVEL, 0, 1 }, { GONE, 1 }, { GET, 0, 1 }, { GET, 0, 0 } } },
	{ "a page that is only read is protected by nothing, but not dirty",
	  KVM_6_12, .steps = { { MAP, 0, 1 }, { START }, { READ, 0, -1 }, { GET, 0, 0 } } },
	{ "everything dirty at first: starting touches nothing",
	  KVM_6_12, .manual = true, .init_set = true, .steps = { { MAP, 0, 2 }, { START }, { FLUSHES, 0, 0 },
		{ LEVEL, 0, 2 }, { CAN_WRITE, 0, 1 }, { GET, 0, LAB_PAGES }, { CAN_WRITE, 0, 1 } } },
	{ "... and the first CLEAR splits and protects",
	  KVM_6_12, .manual = true, .init_set = true, .steps = { { MAP, 0, 2 }, { START }, { GET, 0, LAB_PAGES },
		{ CLEAR, 0, 64 }, { LEVEL, 0, 1 }, { CAN_WRITE, 63, 0 }, { CAN_WRITE, 64, 1 }, { GET, 0, LAB_PAGES - 64 } } },
	{ "... or, when not to be split eagerly, makes it one that only the slow path can write to",
	  KVM_6_12, { "dirty.eager_split=no" }, .manual = true, .init_set = true, .steps = { { MAP, 0, 2 }, { START },
		{ GET, 0, LAB_PAGES }, { CLEAR, 0, 64 }, { LEVEL, 0, 2 }, { CAN_WRITE, 511, 0 },
		{ WRITE, 5, RET_PF_FIXED }, { LEVEL, 5, 1 }, { CAN_WRITE, 6, 0 } } },
	{ "manual protection: a GET leaves the log as it is, CLEAR takes what the GET gave",
	  KVM_6_12, .manual = true, .steps = { { MAP, 0, 1 }, { MAP, 1, 1 }, { START }, { WRITE, 0, RET_PF_FIXED },
		{ GET, 0, 1 }, { WRITE, 1, RET_PF_FIXED }, { WRITE, 0, -1 }, { CLEAR, 0, 1 }, { CAN_WRITE, 0, 0 },
		{ CAN_WRITE, 1, 1 }, { GET, 0, 1 } } },
	{ "without hardware A/D bits W is what is cleared",
	  KVM_6_12, .ept = true, .no_ad = true, .pml = true, .steps = { { MAP, 0, 1 }, { START }, { CAN_WRITE, 0, 0 },
		{ WRITE, 0, RET_PF_FIXED }, { GET, 0, 1 } } },
	{ "PML: D is cleared, the write needs no fault and is logged",
	  KVM_6_12, .ept = true, .pml = true, .steps = { { MAP, 0, 2 }, { START }, { LEVEL, 0, 1 }, { CAN_WRITE, 0, 1 },
		{ GET, 0, 0 }, { WRITE, 3, -1 }, { GET, 0, 1 }, { WRITE, 3, -1 }, { WRITE, 3, -1 }, { GET, 0, 1 } } },
	{ "PML that the policy does not want", KVM_6_12, { "dirty.method=write-protect" }, .ept = true, .pml = true,
	  .steps = { { MAP, 0, 1 }, { START }, { CAN_WRITE, 0, 0 } } },
	{ "PML by policy, huge pages left whole: they are protected against writes",
	  KVM_6_12, { "dirty.method=pml", "dirty.eager_split=no" }, .steps = { { MAP, 0, 2 }, { MAP, 600, 1 }, { START },
		{ LEVEL, 0, 2 }, { CAN_WRITE, 0, 0 }, { CAN_WRITE, 600, 1 }, { WRITE, 600, -1 }, { GET, 0, 1 } } },
	{ "rings: each entry once, protected again by the reset, which flushes",
	  KVM_6_12, .ring = true, .steps = { { MAP, 0, 1 }, { MAP, 1, 1 }, { START }, { FLUSHES, 0, 1 },
		{ WRITE, 1, RET_PF_FIXED }, { WRITE, 0, RET_PF_FIXED }, { WRITE, 0, -1 }, { PUSHED, 0, 2 }, { RESET, 0, 2 },
		{ FLUSHES, 0, 2 }, { CAN_WRITE, 0, 0 }, { CAN_WRITE, 1, 0 }, { RESET, 0, 0 }, { FLUSHES, 0, 2 } } },
	{ "up to 6.1 each reset first takes the lock for an empty word of slot 0, if there is one",
	  KVM_6_1, { "dirty.reset_empty=yes" }, .ring = true, .steps = { { MAP, 0, 1 }, { START }, { WRITE, 0, RET_PF_FIXED }, { RESET, 0, 1 }, { WORDS, 0, 1 },
		{ SLOT_0 }, { WRITE, 0, RET_PF_FIXED }, { RESET, 0, 1 }, { WORDS, 0, 3 }, { RESET, 0, 0 }, { WORDS, 0, 4 } } },
	{ "now it does not",
	  KVM_6_12, .ring = true, .steps = { { MAP, 0, 1 }, { START }, { SLOT_0 }, { WRITE, 0, RET_PF_FIXED },
		{ RESET, 0, 1 }, { WORDS, 0, 1 }, { RESET, 0, 0 }, { WORDS, 0, 1 } } },
	{ "a slot that is logged by rings has no bitmap", KVM_6_12, .ring = true, .steps = { { START }, { GET, 0, -2 } } },
	{ "nor has one that is not logged", KVM_6_12, .steps = { { GET, 0, -2 } } },
	{ "the end zaps what the host maps in one piece, each table with its flush",
	  KVM_6_12, .steps = { { MAP, 0, 2 }, { MAP, 512, 2 }, { MAP, 1024, 1 }, { START }, { FLUSHES, 0, 1 }, { FINISH },
		{ GONE, 0 }, { GONE, 600 }, { LEVEL, 1024, 1 }, { FLUSHES, 0, 3 }, { MAP, 3, 2 }, { LEVEL, 0, 2 } } },
	{ "or puts the huge page back, with one flush for all",
	  KVM_6_12, { "dirty.collapse=recover" }, .steps = { { MAP, 0, 2 }, { MAP, 512, 2 }, { MAP, 1024, 1 }, { START },
		{ FINISH }, { LEVEL, 0, 2 }, { LEVEL, 600, 2 }, { LEVEL, 1024, 1 }, { FLUSHES, 0, 2 }, { READ, 0, -1 } } },
	{ "a recovered page permits what its first small one did",
	  KVM_6_12, { "dirty.collapse=recover" }, .steps = { { MAP, 0, 2 }, { START }, { WRITE, 0, RET_PF_FIXED }, { FINISH },
		{ LEVEL, 5, 2 }, { CAN_WRITE, 5, 1 } } },
};

struct scene {
	struct lab	 *l;
	const struct row *row;
	unsigned int	  failed;	/* 1 + the first step that did */
	int64_t		  got;
};

static int64_t access_page(struct lab *l, gfn_t gfn, unsigned int access)
{
	if (lab_touch(l, 0, gfn, access))
		return -1;
	return lab_fault(l, 0, gfn, access, 1);
}

static int64_t look(struct lab *l, const struct step *s)
{
	struct mmu_stats stats;
	int level;
	uint64_t leaf = lab_leaf(l, G + s->page, &level);

	switch (s->what) {
	case LEVEL:
		return leaf ? level : 0;
	case CAN_WRITE:
		return !!(leaf & SPTE_W);
	case GONE:
		return leaf ? 1 : 0;
	case FLUSHES:
		mmu_stats(l->mmu, &stats);
		return (int64_t)stats.flushes;
	case PUSHED:
		return (int64_t)rt_peek(&l->mmu->rings[0].pushed);
	default:
		return 0;
	}
}

/* Words of dirty logs that were protected, empty ones too. */
static int64_t words(const struct lab *l)
{
	const char *name = obs_kind_name(OBS_LOG_DIRTY);
	int64_t nr = 0;

	for (const char *at = l->said; at && (at = strstr(at, name)); at++)
		nr++;
	return nr;
}

static int64_t make_slot_0(struct lab *l)
{
	struct mmu_slot s = { .id = 0, .base_gfn = 0, .npages = 16, .hva = LAB_HVA + (1ULL << 40) };

	return mmu_memslot(l->mmu, MMU_SLOT_CREATE, &s);
}

/* Return: what is expected of @s->v, or @s->v. */
static int64_t perform(struct lab *l, const struct step *s)
{
	switch (s->what) {
	case MAP:
		lab_fault(l, 0, G + s->page, MMU_W, (int)s->v);
		return s->v;
	case WRITE:
		return access_page(l, G + s->page, MMU_W);
	case READ:
		return access_page(l, G + s->page, MMU_R);
	case START:
		return lab_slot(l, MMU_SLOT_FLAGS, 1);
	case FINISH:
		return lab_slot(l, MMU_SLOT_FLAGS, 0);
	case GET:
		return mmu_dirty_get(l->mmu, 0, 1);
	case CLEAR:
		return mmu_dirty_clear(l->mmu, 0, 1, G + s->page, 64);
	case SLOT_0:
		return make_slot_0(l);
	case WORDS:
		return words(l);
	case RESET:
		return mmu_dirty_reset(l->mmu, 0, UINT64_MAX, true);
	default:
		return look(l, s);
	}
}

static void play(void *arg)
{
	struct scene *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	for (unsigned int i = 0; i < STEPS && s->row->steps[i].what != STOP && !s->failed; i++) {
		s->got = perform(s->l, &s->row->steps[i]);
		if (s->got != s->row->steps[i].v)
			s->failed = i + 1;
	}
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row };
	void *arg = &s;

	lab_init(&l);
	l.quiet = !row->ring;
	l.config.release = row->release;
	l.config.tdp = row->ept ? SPTE_EPT : SPTE_NPT;
	l.config.ad = !row->no_ad;
	l.config.pml = row->pml;
	l.config.dirty_ring = row->ring;
	l.config.dirty_manual = row->manual;
	l.config.dirty_init_set = row->init_set;
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	if (s.failed)
		fail_msg("step %u: %lld", s.failed, (long long)s.got);
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("dirty", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
