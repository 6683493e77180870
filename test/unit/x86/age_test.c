/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aging and its races.  What a pass says is held against the guest's own touches: one that lies
 * wholly between two passes must be reported by the second (or by another pass
 * meanwhile); where none overlapped, nothing may be.
 */
#include "test/unit/x86/lab.h"

#define G	LAB_GFN
#define PAGES	8u
#define TOUCHES	200u
#define PASSES	200u
#define SEEDS	8u

/* --- what one pass does ------------------------------------------------------------ */

enum step_kind { END, MAP, MAP_HUGE, READ, TOUCH, AGE, AGE_FLUSH, TEST, GONE };

struct step {
	enum step_kind	kind;
	gfn_t		gfn;
	unsigned int	pages;	/* AGE, TEST */
	bool		want;	/* young; TOUCH: allowed */
};

static const struct {
	const char	*name;
	enum kvm_release release;
	enum spte_tdp	 tdp;
	bool		 no_ad;
	const char	*policy[2];
	struct step	 steps[12];
	uint64_t	 scanned, dirtied, flushes;
} passes[] = {
	{ "a pass over nothing finds nothing", KVM_6_12, SPTE_NPT, false, { NULL },
	  { { AGE, G, 8, false }, { TEST, G, 8, false } }, 0, 0, 0 },
	{ "6.12: test_young looks at every page, and changes none", KVM_6_12, SPTE_NPT, false, { NULL },
	  { { MAP, G }, { MAP, G + 1 }, { MAP, G + 2 }, { TEST, G, 8, true }, { TEST, G, 8, true } }, 6, 0, 0 },
	{ "lockless: it stops at the first young one", KVM_6_12, SPTE_NPT, false, { "age.lock=lockless" },
	  { { MAP, G }, { MAP, G + 1 }, { MAP, G + 2 }, { TEST, G, 8, true }, { TEST, G, 8, true } }, 2, 0, 0 },
	{ "read lock: a lock is all it changes", KVM_6_12, SPTE_NPT, false, { "age.lock=read" },
	  { { MAP, G }, { MAP, G + 1 }, { MAP, G + 2 }, { TEST, G, 8, true }, { TEST, G, 8, true } }, 6, 0, 0 },
	{ "a pass over part of a huge page ages it all", KVM_6_12, SPTE_NPT, false, { NULL },
	  { { MAP_HUGE, G }, { AGE, G + 5, 1, true }, { AGE, G + 200, 1, false }, { TOUCH, G + 100, 0, true },
	    { AGE, G + 5, 1, true } }, 3, 0, 0 },
	{ "clear_young does not flush, clear_flush_young does", KVM_6_12, SPTE_NPT, false, { NULL },
	  { { MAP, G }, { AGE, G, 1, true }, { TOUCH, G, 0, true }, { AGE_FLUSH, G, 1, true } }, 2, 0, 1 },
	{ "nothing young, nothing flushed", KVM_6_12, SPTE_NPT, false, { "age.flush=always" },
	  { { MAP, G }, { AGE, G, 1, true }, { AGE_FLUSH, G, 1, false } }, 2, 0, 1 },
	{ "elided: never", KVM_6_12, SPTE_NPT, false, { "age.flush=elide", "age.lock=lockless" },
	  { { MAP, G }, { AGE_FLUSH, G, 1, true } }, 1, 0, 0 },
	{ "without A/D bits a touch faults, and then the page is young", KVM_6_12, SPTE_EPT, true, { NULL },
	  { { MAP, G }, { AGE, G, 1, true }, { AGE, G, 1, false }, { TOUCH, G, 0, false }, { READ, G }, { TOUCH, G, 0, true },
	    { AGE, G, 1, true } }, 3, 1, 0 },
	{ "the host learns that a page is dirty when W is hidden, once", KVM_6_12, SPTE_EPT, true, { "age.lock=lockless" },
	  { { MAP, G }, { AGE, G, 1, true }, { READ, G }, { AGE, G, 1, true } }, 2, 1, 0 },
	{ "6.1: pages under an invalid root are old news, and still looked at", KVM_6_1, SPTE_NPT, false, { NULL },
	  { { MAP, G }, { GONE }, { AGE, G, 8, false } }, 0, 0, 0 },
};

static void carry_out(struct lab *l, const struct step *s, bool *got)
{
	switch (s->kind) {
	case END:
		break;
	case MAP:
	case MAP_HUGE:
		lab_fault(l, 0, s->gfn, MMU_W, s->kind == MAP ? 1 : 2);
		break;
	case READ:
		lab_fault(l, 0, s->gfn, MMU_R, 1);
		break;
	case TOUCH:
		*got = lab_touch(l, 0, s->gfn, MMU_R);
		break;
	case GONE:
		lab_slot(l, MMU_SLOT_DELETE, 0);
		break;
	default:
		*got = mmu_age(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->pages),
			       s->kind == AGE ? MMU_AGE_CLEAR : s->kind == TEST ? MMU_AGE_TEST : MMU_AGE_CLEAR_FLUSH);
	}
}

struct script {
	struct lab	  *l;
	const struct step *steps;
	bool		   got[12];
};

static void play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(s->got); i++)
		carry_out(s->l, &s->steps[i], &s->got[i]);
}

static void check_pass(const void *row)
{
	const typeof(passes[0]) *r = row;
	struct lab l;
	struct script s = { .l = &l, .steps = r->steps };
	struct mmu_stats stats;
	void *arg = &s;

	lab_init(&l);
	l.config.release = r->release;
	l.config.tdp = r->tdp;
	l.config.ad = !r->no_ad;
	l.quiet = true;
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, r->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	for (unsigned int i = 0; i < ARRAY_SIZE(s.got); i++)
		if (s.got[i] != r->steps[i].want)
			fail_msg("step %u: got %d", i, s.got[i]);
	mmu_stats(l.mmu, &stats);
	assert_int_equal(stats.age_scanned, r->scanned);
	assert_int_equal(stats.age_dirtied, r->dirtied);
	assert_int_equal(stats.flushes, r->flushes);
	lab_close(&l);
}

/* --- races --------------------------------------------------------------------------- */

static const struct {
	const char	*name;
	enum spte_tdp	 tdp;
	bool		 no_ad;
	const char	*policy[3];
	unsigned int	 touchers, agers;	/* agers: 1 of them checks answers when it is alone */
	bool		 zapper;
} races[] = {
	{ "fault against age, write lock", SPTE_EPT, true, { NULL }, 1, 1 },
	{ "fault against age on one entry, read lock, retry", SPTE_EPT, true, { "age.lock=read", "age.race=retry" }, 1, 1 },
	{ "skip", SPTE_EPT, true, { "age.lock=read", "age.race=skip" }, 1, 1 },
	{ "stop", SPTE_EPT, true, { "age.lock=read", "age.race=stop" }, 1, 1 },
	{ "no lock, retry", SPTE_EPT, true, { "age.lock=lockless", "age.race=retry" }, 1, 1 },
	{ "no lock, skip", SPTE_EPT, true, { "age.lock=lockless", "age.race=skip" }, 1, 1 },
	{ "no lock, stop", SPTE_EPT, true, { "age.lock=lockless", "age.race=stop" }, 1, 1 },
	{ "the hardware's A and D against a lockless clear", SPTE_NPT, false, { "age.lock=lockless", "age.race=skip" }, 2, 1 },
	{ "two agers and two vCPUs, A/D bits, read lock", SPTE_NPT, false, { "age.lock=read", "age.race=skip" }, 2, 2 },
	{ "two agers, no A/D bits, no lock", SPTE_EPT, true, { "age.lock=lockless", "age.race=skip" }, 2, 2 },
	{ "tables are zapped and freed meanwhile, no lock", SPTE_NPT, false,
	  { "age.lock=lockless", "age.race=skip", "zap.range=tables" }, 2, 2, true },
	{ "the same without A/D bits, read lock, stop", SPTE_EPT, true,
	  { "age.lock=read", "age.race=stop", "zap.range=tables" }, 2, 2, true },
	{ "the same, write lock", SPTE_EPT, true, { "zap.range=tables" }, 2, 1, true },
};

struct race {
	struct lab	*l;
	const typeof(races[0]) *row;
	uint64_t	 begun, done;		/* touches; whole ones are done, never more than begun */
	uint64_t	 left;			/* touchers at work */
	uint64_t	 reported;		/* young answers, of all agers */
	uint64_t	 lost, invented;
};

static uint64_t look(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void add(uint64_t *word, uint64_t n)
{
	__atomic_fetch_add(word, n, __ATOMIC_SEQ_CST);
}

static void touch_pages(struct race *r, unsigned int me)
{
	mmu_vcpu_load(r->l->mmu, me);
	for (unsigned int i = 0; i < TOUCHES; i++) {
		gfn_t gfn = G + i * (1 + me) % PAGES;

		add(&r->begun, 1);
		while (!lab_touch(r->l, me, gfn, i % 3 ? MMU_R : MMU_W))
			lab_fault(r->l, me, gfn, i % 3 ? MMU_R : MMU_W, 1);
		add(&r->done, 1);
		rt_think(500 + 300 * (i % 5));
	}
	add(&r->left, (uint64_t)-1);
}

/*
 * Alone, what an ager may expect follows from two counters: touches done when the pass before
 * began, and when this one does.  Pages the zapper took away are young for nobody.
 */
static void age_pages(struct race *r)
{
	bool alone = r->row->agers == 1 && !r->row->zapper;
	uint64_t known_done = 0, known_begun = 0;
	bool last = false;

	for (unsigned int i = 0; !last; i++) {
		uint64_t done, begun;
		bool young;

		last = i >= PASSES && !look(&r->left);
		done = look(&r->done);
		young = mmu_age(r->l->mmu, lab_hva(G), lab_hva(G + PAGES),
				i % 4 ? MMU_AGE_CLEAR : MMU_AGE_CLEAR_FLUSH);

		begun = look(&r->begun);
		add(&r->reported, young);
		/* Begun and done since the pass before ended: known_begun were begun by then. */
		if (alone && done > known_begun && !young)
			r->lost++;
		if (alone && begun == known_done && young)
			r->invented++;
		known_begun = begun;
		/* Nobody was at it when the pass began, nor since. */
		known_done = begun == done ? done : UINT64_MAX;
		rt_idle(700);
	}
}

/* Leaves the agers something to find: it goes on when one of them has found something. */
static void zap_pages(struct race *r)
{
	uint64_t seen = 0;

	while (look(&r->left)) {
		uint64_t reported = look(&r->reported);

		if (reported != seen) {
			mmu_invalidate_start(r->l->mmu, lab_hva(G), lab_hva(G + 512), true);
			mmu_invalidate_end(r->l->mmu, lab_hva(G), lab_hva(G + 512));
		}
		seen = reported;
		rt_idle(4000);
	}
}

static void run_race(void *arg)
{
	struct race *r = arg;
	unsigned int me = rt_self();

	if (me < r->row->touchers)
		touch_pages(r, me);
	else if (me < r->row->touchers + r->row->agers)
		age_pages(r);
	else
		zap_pages(r);
}

static void create(void *arg)
{
	lab_slot(((struct race *)arg)->l, MMU_SLOT_CREATE, 0);
}

/* After the race: what is young now was touched since its last clear; a touch makes it young, a pass old. */
static void settle(void *arg)
{
	struct race *r = arg;
	struct lab *l = r->l;

	mmu_vcpu_load(l->mmu, 0);
	mmu_age(l->mmu, lab_hva(G), lab_hva(G + PAGES), MMU_AGE_CLEAR);
	r->invented += mmu_age(l->mmu, lab_hva(G), lab_hva(G + PAGES), MMU_AGE_CLEAR);
	for (gfn_t gfn = G; gfn < G + PAGES; gfn++) {
		while (!lab_touch(l, 0, gfn, MMU_W))
			lab_fault(l, 0, gfn, MMU_W, 1);
		r->lost += !mmu_age(l->mmu, lab_hva(gfn), lab_hva(gfn + 1), MMU_AGE_CLEAR);
	}
	mmu_zap_all(l->mmu);
	mmu_teardown(l->mmu);
}

static void race_once(const typeof(races[0]) *row, uint64_t seed)
{
	unsigned int nr = row->touchers + row->agers + row->zapper;
	struct lab l;
	struct race r = { .l = &l, .row = row, .left = row->touchers };
	void *args[LAB_MAX_TASKS];

	for (unsigned int i = 0; i < nr; i++)
		args[i] = &r;
	lab_init(&l);
	l.config.tdp = row->tdp;
	l.config.ad = !row->no_ad;
	l.quiet = true;
	l.rt.grain = RT_GRAIN_ACCESS;
	l.rt.seed = seed;
	for (unsigned int i = 0; i < 3; i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 0, create, args);
	lab_run(&l, nr, row->touchers, run_race, args);
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.invented, 0);
	assert_true(r.reported > 0);
	mmu_check(l.mmu);
	lab_run(&l, 1, 1, settle, args);
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.invented, 0);
	assert_int_equal(lab_tables(&l), 0);
	lab_close(&l);
}

static void check_race(const void *row)
{
	for (uint64_t seed = 1; seed <= (RT_IS_VIRTUAL ? table_rounds(SEEDS) : 1); seed++)
		race_once(row, seed);
}

int main(void)
{
	int rc = table_run("aging", passes, ARRAY_SIZE(passes), sizeof(passes[0]), check_pass);

	return table_run("aging races", races, ARRAY_SIZE(races), sizeof(races[0]), check_race) | rc;
}
