/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_STORM_H
#define TEST_UNIT_STORM_H

/*
 * Everything at once against a flat model: vCPUs fault and touch, the host
 * moves pages about under invalidations, ages them, a slot comes and goes, and another is logged now and then.
 * When all is quiet each mapped gfn must have the page the host has there now.
 * Whoever includes this has included an architecture's lab.h.
 */
#include "base/prng.h"
#include "test/unit/lab.h"

#define NR_VCPUS	4
#define NR_TASKS	8
#define NR_GFNS		4096ULL		/* 8 areas of 2 MiB; the host backs the first 3 by huge pages */
#define HUGE_GFNS	(3 * 512ULL)
#define OTHER_GFN	(LAB_GFN + LAB_PAGES + 0x200000)
#define OTHER_PAGES	600ULL
#define NR_ACCESSES	2000ULL
#define MOVE_PFN	0x100000ULL	/* each new host page lies this much further */

struct storm_row {
	const char	*name;
	enum kvm_release release;
	bool		 no_ad;		/* x86 */
	bool		 logs;		/* the slot that stays is logged now and then; none comes and goes */
	unsigned int	 host;		/* arm64: what the processor lacks, by the includer's bits */
	const char	*policy[4];
};

/* The architecture's: the machine, and what a gfn is mapped to.  Return: whether it is. */
static void storm_host(struct lab *l, const struct storm_row *row);
static bool storm_mapped(struct lab *l, gfn_t gfn, pfn_t *pfn);

struct storm {
	struct lab	  l;
	const struct storm_row *row;
	uint64_t	  seed;
	rt_u64		  accesses;		/* made by all vCPUs; the host goes on until they are through */
	rt_u64		  version[NR_GFNS];	/* a huge page's is that of its first gfn */
	struct mmu_access access[NR_TASKS];
};

static bool is_huge(uint64_t i)
{
	return i < HUGE_GFNS;
}

/* What the host has behind gfn @i of the slot now. */
static pfn_t host_pfn(const struct storm *s, uint64_t i)
{
	uint64_t unit = is_huge(i) ? i & ~511ULL : i;

	return LAB_PFN(LAB_GFN + i) + rt_load(&s->version[unit]) * MOVE_PFN;
}

/*
 * The host answers a fault's look-up when it is asked, not before.  Some
 * answers take their time, so that whole windows fit in before the lock.
 */
static uint64_t look_up(void *arg, unsigned int task, enum rt_pin pin)
{
	struct storm *s = arg;
	struct mmu_access *a = &s->access[task];

	if (pin != RT_PIN_LOOKED_UP)
		return 0;
	a->pfn = a->gfn >= OTHER_GFN ? LAB_PFN(a->gfn) : host_pfn(s, a->gfn - LAB_GFN);
	return a->gfn % 4 ? 0 : rt_now_ns() + 20000;
}

static void guest_access(struct storm *s, struct prng *p)
{
	unsigned int me = rt_self();
	struct mmu_access *a = &s->access[me];
	uint64_t i = prng_below(p, NR_GFNS + OTHER_PAGES);

	*a = (struct mmu_access){ .access = 1u << prng_below(p, 3), .host_level = 1, .host_writable = true };
	a->gfn = i < NR_GFNS ? LAB_GFN + i : OTHER_GFN + i - NR_GFNS;
	if (i < NR_GFNS && is_huge(i))
		a->host_level = 2;
	for (unsigned int tries = 0; tries < 4 && !mmu_touch(s->l.mmu, me, a); tries++)
		mmu_fault(s->l.mmu, me, a);
	rt_think(prng_below(p, 2000));
}

static void move_pages(struct storm *s, uint64_t first, uint64_t nr)
{
	for (uint64_t i = first; i < first + nr; i++)
		if (!is_huge(i) || !(i & 511))
			rt_fetch_add(&s->version[i], 1);
}

static void invalidate(struct storm *s, struct prng *p)
{
	uint64_t nr = 1 + prng_below(p, prng_below(p, 16) ? 16 : 700);
	uint64_t first = prng_below(p, NR_GFNS - nr), end = first + nr;

	if (is_huge(first))
		first &= ~511ULL;
	if (is_huge(end - 1))
		end = (end + 511) & ~511ULL;
	mmu_invalidate_start(s->l.mmu, lab_hva_of(&s->l, LAB_GFN + first), lab_hva_of(&s->l, LAB_GFN + end), prng_below(p, 2));
	move_pages(s, first, end - first);
	rt_idle(prng_below(p, 3000));
	mmu_invalidate_end(s->l.mmu, lab_hva_of(&s->l, LAB_GFN + first), lab_hva_of(&s->l, LAB_GFN + end));
	rt_idle(prng_below(p, 60000));
}

static void age(struct storm *s, struct prng *p)
{
	uint64_t nr = 1 + prng_below(p, 300), first = prng_below(p, NR_GFNS - nr);

	mmu_age(s->l.mmu, lab_hva_of(&s->l, LAB_GFN + first), lab_hva_of(&s->l, LAB_GFN + first + nr), prng_below(p, 3));
	rt_idle(prng_below(p, 4000));
}

/* Blocks give way to pages, and come back. */
static void log_for_a_while(struct storm *s, struct prng *p)
{
	lab_slot(&s->l, MMU_SLOT_FLAGS, SLOT_LOG_DIRTY);
	rt_idle(prng_below(p, 50000));
	mmu_dirty_get(s->l.mmu, 0, 1);
	rt_idle(prng_below(p, 50000));
	lab_slot(&s->l, MMU_SLOT_FLAGS, 0);
	rt_idle(prng_below(p, 200000));
}

static void other_slot(struct storm *s, enum mmu_slot_change change)
{
	struct mmu_slot slot = { .id = 2, .base_gfn = OTHER_GFN, .npages = OTHER_PAGES, .hva = LAB_HVA + (1ULL << 40) };

	mmu_memslot(s->l.mmu, change, &slot);
}

static void change_slot(struct storm *s, struct prng *p)
{
	other_slot(s, MMU_SLOT_CREATE);
	rt_idle(prng_below(p, 100000));
	other_slot(s, MMU_SLOT_DELETE);
	rt_idle(prng_below(p, 100000));
}

static void storm_task(void *arg)
{
	struct storm *s = arg;
	unsigned int me = rt_self();
	struct prng p;

	prng_seed(&p, prng_hash(s->seed, me, 7));
	if (me < NR_VCPUS)
		mmu_vcpu_load(s->l.mmu, me);
	if (me < NR_VCPUS) {
		for (unsigned int i = 0; i < NR_ACCESSES; i++) {
			guest_access(s, &p);
			rt_fetch_add(&s->accesses, 1);
		}
		return;
	}
	for (uint64_t n = 0; n < NR_VCPUS * NR_ACCESSES; n = rt_load(&s->accesses)) {
		if (me < NR_VCPUS + 2)
			invalidate(s, &p);
		else if (me == NR_VCPUS + 2)
			age(s, &p);
		else if (s->row->logs)
			log_for_a_while(s, &p);
		else if (n < NR_VCPUS * NR_ACCESSES / 2)	/* later on the root may fill up */
			change_slot(s, &p);
		else
			return;
	}
}

static void begin(void *arg)
{
	struct storm *s = arg;

	lab_slot(&s->l, MMU_SLOT_CREATE, 0);
}

static void finish(void *arg)
{
	struct storm *s = arg;

	mmu_zap_all(s->l.mmu);
	mmu_teardown(s->l.mmu);
}

/* Return: pages mapped. */
static uint64_t compare(struct storm *s)
{
	uint64_t mapped = 0;

	for (uint64_t i = 0; i < NR_GFNS; i++) {
		pfn_t pfn;
		bool leaf = storm_mapped(&s->l, LAB_GFN + i, &pfn);

		mapped += leaf;
		if (leaf && pfn != host_pfn(s, i))
			fail_msg("seed %llu: gfn %#llx maps pfn %#llx, the host has %#llx", (unsigned long long)s->seed,
				 (unsigned long long)(LAB_GFN + i), (unsigned long long)pfn,
				 (unsigned long long)host_pfn(s, i));
	}
	return mapped;
}

/* Return: pages mapped when all was quiet. */
static uint64_t storm(const struct storm_row *row, uint64_t seed)
{
	struct storm *s = xcalloc(1, sizeof(*s));
	void *args[NR_TASKS];
	struct mmu_stats st;
	uint64_t mapped;

	for (unsigned int i = 0; i < NR_TASKS; i++)
		args[i] = s;
	lab_init(&s->l);
	s->seed = seed;
	s->row = row;
	s->l.quiet = true;
	storm_host(&s->l, row);
	for (unsigned int i = 0; i < 4; i++)
		lab_policy(&s->l, row->policy[i]);
	lab_open(&s->l);
	lab_run(&s->l, 1, 0, begin, args);
	s->l.rt.seed = seed;
	s->l.rt.grain = RT_GRAIN_ACCESS;
	s->l.rt.pin = look_up;
	s->l.rt.pin_arg = s;
	lab_run(&s->l, NR_TASKS, NR_VCPUS, storm_task, args);
	mmu_check(s->l.mmu);
	mapped = compare(s);
	mmu_stats(s->l.mmu, &st);
	if (RT_IS_VIRTUAL)	/* a machine that is busy elsewhere may run all invalidations first */
		assert_true(st.ret_pf[RET_PF_FIXED] > 0);
	lab_run(&s->l, 1, 0, finish, args);
	assert_int_equal(lab_tables(&s->l), 0);
	lab_close(&s->l);
	free(s);
	return mapped;
}

static void storm_check(const void *row)
{
	uint64_t mapped = 0;

	for (uint64_t seed = 1; seed <= table_rounds(RT_IS_VIRTUAL ? 8 : 3); seed++)
		mapped += storm(row, seed);
	/* One storm may end with the zap of a slot; of real time, each. */
	if (RT_IS_VIRTUAL && table_rounds(8) == 8)
		assert_true(mapped > 1000);
}

#endif
