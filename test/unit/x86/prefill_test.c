/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that was mapped before the run, held as uniform subtrees, against the
 * same memory mapped by faults: whatever is then done to it by whoever runs
 * beside, both say, cost and count the same.  And it takes no memory.
 */
#include "base/prng.h"
#include "test/unit/x86/lab.h"

#define OP_ZAP		1
#define OP_ACCESS	2
#define BEGIN		(1ULL << 30 >> 12)		/* other memory below */
#define OTHER_PAGES	0x800ULL
#define MAX_VCPUS	3

enum what { ZAP_ALL, FAST_ZAP, SLOT_ONLY, INVALIDATE, TEARDOWN, AGE };

static const struct row {
	const char	*name;
	enum what	 what;
	const char	*set[3];
	unsigned int	 vcpus;		/* that fault in other memory meanwhile */
	unsigned int	 level;
	uint64_t	 mib;		/* of memory; 0: 256 */
	enum kvm_release release;
	bool		 observed, fine, shuffle;
	unsigned int	 cpus;
	unsigned int	 spoil;		/* pages that lose their entry before, one in each of so many tables */
} rows[] = {
	{ "mm release, four passes, alone", ZAP_ALL },
	{ "mm release, four passes", ZAP_ALL, .vcpus = 3 },
	{ "four passes, 4 GiB", ZAP_ALL, .vcpus = 2, .mib = 4096 },
	{ "one step", ZAP_ALL, { "zap.root_passes=single" }, .vcpus = 3 },
	{ "leafs, then the root", ZAP_ALL, { "zap.root_passes=leafs+root" }, .vcpus = 3 },
	{ "1 GiB at a time", ZAP_ALL, { "zap.root_passes=1g+root" }, .vcpus = 3 },
	{ "non-present entries are taken for work", ZAP_ALL, { "zap.nonpresent=process" }, .vcpus = 2 },
	{ "a fast zap, shared", FAST_ZAP, .vcpus = 3 },
	{ "a fast zap, yielding when contended", FAST_ZAP, { "lock.needbreak=contended" }, .vcpus = 3 },
	{ "a fast zap by 6.1's rules: each table is taken off a list", FAST_ZAP,
	  { "zap.root_passes=1g+root", "root.lock=write" }, .vcpus = 3, .release = KVM_6_1 },
	{ "6.1, one step, two CPUs", FAST_ZAP, { "zap.root_passes=single" }, .vcpus = 3, .release = KVM_6_1, .cpus = 2 },
	{ "faults wait for mm release, which yields when contended", ZAP_ALL, { "lock.needbreak=contended" }, .vcpus = 3 },
	{ "tables freed at once", ZAP_ALL, { "table.free=immediate" }, .vcpus = 2 },
	{ "on one CPU for all", ZAP_ALL, { "lock.resched_us=100" }, .vcpus = 3, .cpus = 1 },
	{ "with a slice of 50 us", FAST_ZAP, { "lock.resched_us=50" }, .vcpus = 3 },
	{ "one slot's delete", SLOT_ONLY, { "memslot.delete=slot-only" }, .vcpus = 3 },
	{ "one slot's delete, tables and all", SLOT_ONLY, { "memslot.delete=slot-only", "zap.range=tables" }, .vcpus = 3 },
	{ "one slot's delete, tables up to 1 GiB", SLOT_ONLY, { "memslot.delete=slot-only", "zap.range=cap-1g" }, .vcpus = 3 },
	{ "a flush for each leaf", SLOT_ONLY, { "memslot.delete=slot-only", "flush.batch=per-op" }, .vcpus = 1, .mib = 16 },
	{ "an invalidation of part of it", INVALIDATE, .vcpus = 3 },
	{ "aging it all", AGE, .vcpus = 3 },
	{ "aging by compare-and-swap", AGE, { "age.lock=lockless", "age.race=skip" }, .vcpus = 3 },
	{ "the end of the VM", TEARDOWN },
	{ "by 2 MiB pages", ZAP_ALL, .vcpus = 3, .level = 2, .mib = 4096 },
	{ "by 2 MiB pages, leafs first", FAST_ZAP, { "zap.root_passes=leafs+root" }, .vcpus = 3, .level = 2, .mib = 4096 },
	{ "by 1 GiB pages", ZAP_ALL, .vcpus = 3, .level = 3, .mib = 8192 },
	{ "observed", ZAP_ALL, .vcpus = 2, .observed = true },
	{ "observed: leafs, then the root", FAST_ZAP, { "zap.root_passes=leafs+root" }, .vcpus = 2, .observed = true },
	{ "handing over at every word", FAST_ZAP, .vcpus = 3, .fine = true, .mib = 16 },
	{ "a schedule of the searcher's", FAST_ZAP, .vcpus = 3, .fine = true, .shuffle = true, .mib = 8 },
	{ "not quite uniform any more", ZAP_ALL, .vcpus = 3, .spoil = 5 },
	{ "not quite uniform any more: leafs, then the root", FAST_ZAP, { "zap.root_passes=leafs+root" }, .vcpus = 3, .spoil = 7 },
	{ "not quite uniform any more: 1 GiB at a time", FAST_ZAP, { "zap.root_passes=1g+root" }, .vcpus = 3, .spoil = 3 },
};

struct scene {
	const struct row *row;
	struct lab	  lab;
	uint64_t	  pages;
	bool		  by_faults;
	rt_u64		  done;
	struct rt_sample  zap;
	uint64_t	  worst_access_ns[MAX_VCPUS];
	uint64_t	  touched_ok[MAX_VCPUS];
	uint64_t	  sum;		/* of everything said */
	uint64_t	  said;
	unsigned int	  young;
	uint32_t	  touched;	/* tables, by the zap */
};

static struct mmu_slot big_slot(const struct scene *s)
{
	return (struct mmu_slot){ .id = 1, .base_gfn = BEGIN, .npages = s->pages, .hva = 1ULL << 40 };
}

static int level_of(const struct scene *s)
{
	return s->row->level ? (int)s->row->level : 1;
}

static void add_to_sum(void *arg, unsigned int task, const struct obs *o)
{
	struct scene *s = arg;
	struct obs seen = *o;

	if (!RT_IS_VIRTUAL)	/* several at a time, and the times are the machine's */
		return;
	if (o->kind == OBS_SPTE_CHANGED) {	/* where a table lies differs */
		seen.spte.old = lab_masked(o->spte.old, (int)o->spte.level);
		seen.spte.new = lab_masked(o->spte.new, (int)o->spte.level);
	}
	for (unsigned int i = 0; i < 3; i++)
		s->sum = prng_hash(s->sum, seen.w[i], o->kind + task * 256ULL + (rt_now_ns() << 16));
	s->said++;
}

static enum ret_pf fault_at(struct scene *s, unsigned int vcpu, gfn_t gfn, pfn_t pfn, int level)
{
	struct mmu_access a = {
		.gfn = gfn, .access = MMU_W, .host_level = (uint8_t)level, .host_writable = true, .pfn = pfn,
	};

	return mmu_fault(s->lab.mmu, vcpu, &a);
}

/* Pages of the big slot are where the guest's address says, 1 TiB up. */
static pfn_t pfn_of(gfn_t gfn)
{
	return gfn + (1ULL << 28);
}

static void spoil(struct scene *s)
{
	for (unsigned int i = 0; i < s->row->spoil; i++) {
		hva_t hva = (1ULL << 40) + ((37 * i * 512ULL + 11 * i) << 12);

		mmu_invalidate_start(s->lab.mmu, hva, hva + 4096, true);
		mmu_invalidate_end(s->lab.mmu, hva, hva + 4096);
	}
}

static void populate(void *arg)
{
	struct scene *s = arg;
	struct mmu_slot big = big_slot(s), other = { .id = 2, .npages = OTHER_PAGES, .hva = 1ULL << 30 };
	uint64_t step = SPTE_LEVEL_PAGES(level_of(s));

	assert_int_equal(mmu_memslot(s->lab.mmu, MMU_SLOT_CREATE, &big), 0);
	assert_int_equal(mmu_memslot(s->lab.mmu, MMU_SLOT_CREATE, &other), 0);
	for (unsigned int i = 0; i < MAX_VCPUS; i++)
		mmu_vcpu_load(s->lab.mmu, i);
	if (s->by_faults) {
		for (gfn_t gfn = BEGIN; gfn < BEGIN + s->pages; gfn += step)
			assert_int_equal(fault_at(s, 0, gfn, pfn_of(gfn), level_of(s)), RET_PF_FIXED);
	} else {
		struct mmu_prefill p = { .gfn = BEGIN, .npages = s->pages, .pfn = pfn_of(BEGIN),
					 .level = (uint8_t)level_of(s) };

		assert_int_equal(mmu_prefill(s->lab.mmu, &p), 0);
	}
	spoil(s);
}

static void zap(struct scene *s)
{
	struct mmu *mmu = s->lab.mmu;
	struct mmu_slot big = big_slot(s);
	hva_t middle = big.hva + (s->pages / 3 << 12), end = big.hva + ((s->pages - 77) << 12);

	switch (s->row->what) {
	case ZAP_ALL:
		mmu_zap_all(mmu);
		break;
	case TEARDOWN:
		mmu_teardown(mmu);
		break;
	case FAST_ZAP:
	case SLOT_ONLY:
		mmu_memslot(mmu, MMU_SLOT_DELETE, &big);
		break;
	case INVALIDATE:
		mmu_invalidate_start(mmu, middle, end, true);
		mmu_invalidate_end(mmu, middle, end);
		break;
	case AGE:
		for (unsigned int i = 0; i < 2; i++)
			s->young += mmu_age(mmu, big.hva, end, MMU_AGE_CLEAR);
		break;
	}
}

static void access_other(struct scene *s)
{
	unsigned int me = rt_self();
	gfn_t gfn = me * 512;

	for (unsigned int i = 0; i < 100 && !rt_load(&s->done); i++, gfn++) {
		struct rt_sample sample;

		rt_op_begin(OP_ACCESS);
		while (fault_at(s, me, gfn, pfn_of(gfn), 1) == RET_PF_RETRY)
			rt_think(0);
		rt_op_end(&sample);
		if (sample.total_ns > s->worst_access_ns[me])
			s->worst_access_ns[me] = sample.total_ns;
		/* The hardware still walks what it walked before. */
		for (unsigned int j = 0; j < 4; j++) {
			struct mmu_access a = { .gfn = BEGIN + prng_hash(me, i, j) % s->pages, .access = MMU_R };

			s->touched_ok[me] += mmu_touch(s->lab.mmu, me, &a);
		}
		rt_think(20000 + 7001 * me);
	}
}

static void task(void *arg)
{
	struct scene *s = arg;

	if (rt_self() < s->row->vcpus) {
		access_other(s);
		return;
	}
	rt_op_begin(OP_ZAP);
	zap(s);
	rt_op_end(&s->zap);
	rt_store(&s->done, 1);
}

static void open_lab(struct scene *s, const struct row *row)
{
	s->row = row;
	s->pages = (row->mib ? row->mib : 256) << 8;
	lab_init(&s->lab);
	for (unsigned int i = 0; i < ARRAY_SIZE(row->set); i++)
		lab_policy(&s->lab, row->set[i]);
	s->lab.config.release = row->release ? row->release : KVM_6_12;
	s->lab.config.nr_vcpus = MAX_VCPUS;
	s->lab.config.check = false;	/* at the end is enough */
	s->lab.quiet = !row->observed;
	lab_open(&s->lab);
	s->lab.sink = (struct mmu_sink){ .emit = add_to_sum, .arg = s };
}

static void run(struct scene *s, const struct row *row, bool by_faults)
{
	void *args[MAX_VCPUS + 1];

	*s = (struct scene){ .by_faults = by_faults };
	rt_word_init(&s->done, 0);
	for (unsigned int i = 0; i <= MAX_VCPUS; i++)
		args[i] = s;
	open_lab(s, row);
	lab_run(&s->lab, 1, 1, populate, args);
	s->sum = s->said = 0;
	mmu_check(s->lab.mmu);
	s->lab.mmu->counters = (struct mmu_counters){ 0 };
	s->lab.rt.host.cpus = row->cpus;
	s->lab.rt.grain = row->fine ? RT_GRAIN_ACCESS : RT_GRAIN_OP;
	s->lab.rt.shuffle = row->shuffle;
	s->touched = s->lab.mmu->arena.fresh;
	lab_run(&s->lab, row->vcpus + 1, row->vcpus, task, args);
	s->touched = s->lab.mmu->arena.fresh - s->touched;
	mmu_check(s->lab.mmu);
}

#define SAME(member)	assert_int_equal(got.member, want.member)
#define SAME_STAT(member) assert_int_equal(got_stats.member, want_stats.member)

/* Everything a run could show. */
static void check(const void *vrow)
{
	const struct row *row = vrow;
	static struct scene got, want;
	struct mmu_stats got_stats, want_stats;

	run(&want, row, true);
	run(&got, row, false);
	mmu_stats(got.lab.mmu, &got_stats);
	mmu_stats(want.lab.mmu, &want_stats);
	if (!RT_IS_VIRTUAL && row->vcpus)	/* how far they came is the machine's affair */
		goto out;
	SAME_STAT(pages[1]);
	SAME_STAT(pages[2]);
	SAME_STAT(pages[3]);
	SAME_STAT(tables);
	SAME_STAT(tables_empty);
	SAME_STAT(flushes);
	if (!RT_IS_VIRTUAL)
		goto out;
	SAME(said);
	SAME(sum);
	SAME(young);
	assert_memory_equal(got.worst_access_ns, want.worst_access_ns, sizeof(got.worst_access_ns));
	assert_memory_equal(got.touched_ok, want.touched_ok, sizeof(got.touched_ok));
	SAME(zap.total_ns);
	SAME(zap.lock_wait_ns);
	SAME(zap.lock_hold_ns);
	SAME(zap.yields);
	SAME(lab.stats.end_ns);
	SAME(lab.stats.longest_stretch_ns[OP_ZAP]);
	SAME(lab.stats.longest_stretch_ns[OP_ACCESS]);
	SAME(lab.stats.blame[OP_ACCESS][OP_ZAP].ns);
	SAME(lab.stats.rcu_freed);
	SAME(lab.stats.switches);
	SAME_STAT(tables_max);
	SAME_STAT(lost_cas);
	SAME_STAT(zap_visited);
	SAME_STAT(zap_nonpresent);
	SAME_STAT(zap_ns);
	SAME_STAT(zap_stretch_ns);
	SAME_STAT(ret_pf[RET_PF_RETRY]);
	assert_int_equal(lab_tables(&got.lab), lab_tables(&want.lab));
	if (!row->vcpus)	/* who touches a page there has its table copied */
		assert_true(got.touched < 16);
out:
	lab_close(&got.lab);
	lab_close(&want.lab);
}

int main(void)
{
	return table_run("prefilled memory", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
