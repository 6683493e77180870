/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs that write and execute in the same huge pages, while rounds of NX recovery and invalidations take them away and
 * the mitigation is turned off and on: whatever the order, no invariant breaks, what is listed is what stands there, and
 * in the end nothing is left.
 */
#include "test/unit/x86/lab.h"

#define VCPUS	3
#define HUGE	4		/* pages of 2 MiB */
#define TURNS	60
#define SEEDS	8

static const struct row {
	const char	*name;
	enum kvm_release release;
	const char	*policy[3];
} rows[] = {
	{ "6.12: split in place, recovery under the write lock", KVM_6_12, { NULL } },
	{ "6.12 with recovery beside faults", KVM_6_12, { "nx.lock=read" } },
	{ "6.12 that zaps what it splits, with recovery beside faults", KVM_6_12, { "nx.lock=read", "fault.huge_split=zap" } },
	{ "6.1: zapped, and the table accounted with its link", KVM_6_1, { "fault.huge_split=zap", "nx.descend=any" } },
	{ "6.1 with recovery beside faults", KVM_6_1, { "fault.huge_split=zap", "nx.descend=any", "nx.lock=read" } },
	{ "6.18: yields to whoever waits", KVM_6_18, { "nx.lock=read", "lock.needbreak=contended" } },
};

struct actor {
	struct lab	*l;
	unsigned int	 number;
	uint64_t	 recovered;
};

static gfn_t any_page(uint64_t *s)
{
	*s = *s * 6364136223846793005ULL + 1442695040888963407ULL;
	return LAB_GFN + (*s >> 33) % (HUGE * 512);
}

static void host(struct actor *a)
{
	uint64_t s = a->number;

	for (unsigned int i = 0; i < TURNS; i++) {
		gfn_t gfn = any_page(&s);

		rt_idle(2000);		/* or all is over before the vCPUs are under way */
		a->recovered += mmu_nx_recover(a->l->mmu, 1 + i % 3);
		if (i % 16 == 7 || i % 16 == 9)
			mmu_nx_toggle(a->l->mmu);
		if (i % 4)
			continue;
		mmu_invalidate_start(a->l->mmu, lab_hva(gfn), lab_hva(gfn + 1), true);
		mmu_invalidate_end(a->l->mmu, lab_hva(gfn), lab_hva(gfn + 1));
	}
}

static void play(void *arg)
{
	struct actor *a = arg;
	uint64_t s = a->number;

	if (a->number == VCPUS) {
		host(a);
		return;
	}
	mmu_vcpu_load(a->l->mmu, a->number);
	for (unsigned int i = 0; i < TURNS; i++) {
		gfn_t gfn = any_page(&s);
		unsigned int access = i % 3 ? MMU_W : MMU_X;

		if (!lab_touch(a->l, a->number, gfn, access))
			lab_fault(a->l, a->number, gfn, access, 2);
	}
}

static void open_slot(void *arg)
{
	lab_slot(arg, MMU_SLOT_CREATE, 0);
}

static void tear_down(void *arg)
{
	mmu_teardown(((struct lab *)arg)->mmu);
}

/* Return: tables that recovery took. */
static uint64_t run(const struct row *row, uint64_t seed)
{
	struct actor actors[VCPUS + 1];
	void *args[VCPUS + 1];
	struct mmu_stats stats;
	struct lab l;
	void *lab = &l;

	lab_init(&l);
	l.quiet = true;
	l.rt.seed = seed;
	l.rt.shuffle = true;
	l.config.release = row->release;
	l.config.nx_huge_pages = l.config.nx_toggles = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	for (unsigned int i = 0; i <= VCPUS; i++) {
		actors[i] = (struct actor){ .l = &l, .number = i };
		args[i] = &actors[i];
	}
	lab_run(&l, 1, 0, open_slot, &lab);
	lab_run(&l, VCPUS + 1, VCPUS, play, args);
	mmu_check(l.mmu);
	mmu_stats(l.mmu, &stats);
	assert_int_equal(stats.nx_recovered, actors[VCPUS].recovered);
	lab_run(&l, 1, 0, tear_down, &lab);
	mmu_stats(l.mmu, &stats);
	assert_int_equal(stats.nx_splits, 0);
	assert_int_equal(lab_tables(&l), 0);
	lab_close(&l);
	return actors[VCPUS].recovered;
}

static void check(const void *vrow)
{
	uint64_t recovered = 0;

	for (uint64_t seed = 1; seed <= table_rounds(SEEDS); seed++)
		recovered += run(vrow, seed);
	if (RT_IS_VIRTUAL)	/* how far the worker comes beside real threads is the machine's affair */
		assert_true(recovered > 0);
}

int main(void)
{
	return table_run("nx", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
