/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_MUTANTS_SCENE_RUN_H
#define TEST_UNIT_MUTANTS_SCENE_RUN_H

/*
 * Scenes in which races are likely: two to four tasks, a few pages, each task
 * repeating its few steps.  A seed is a schedule.  Whoever includes this has included a lab.h.
 */
#include "test/unit/mutants/scene_guest.h"

#define SCENE_TASKS	4
#define SCENE_PAGES	2048ULL

enum scene_do { DO_END, DO_ACCESS, DO_INVALIDATE, DO_AGE, DO_TEST_AGE, DO_SLOT, DO_UNLOAD, DO_WAIT, DO_ZAP,
		DO_LOG, DO_GET, DO_RECOVER, DO_ZAP_GFNS,
		/* scene_guest.h: entries of pages change; the common table is linked anew; another root */
		DO_PT, DO_RELINK, DO_ROOT, DO_SYNC, DO_INVLPG };

struct scene_step {
	enum scene_do	what;
	uint64_t	page, pages;	/* of the slot */
	unsigned int	arg;		/* ACCESS: MMU_*, AGE: enum mmu_age, WAIT: ns, RECOVER: ratio, ROOT: 0, 1 */
};

struct scene_def {
	enum kvm_release release;
	bool		 no_ad, smm, nx;	/* x86: no A/D bits; everything in address space 1; NX mitigation */
	bool		 rmaps;			/* x86: the TDP MMU is off */
	bool		 shadow;		/* x86: ... and the guest's page tables are shadowed: scene_guest.h */
	uint64_t	 page_limit;		/* ... and there are so many shadow pages at most; 0: the usual */
	bool		 no_fwb, no_af, init_set;	/* arm64: no FWB, no hardware access flag; logs begin all set */
	uint64_t	 split_chunk;		/* arm64 */
	const char	*policy[4];
	int		 host_level;
	unsigned int	 nr_tasks, nr_vcpus;	/* vCPUs come first */
	struct {
		unsigned int	  times;
		struct scene_step steps[6];
	} task[SCENE_TASKS];
};

/* Two vCPUs fault on the pages that two host tasks move about. */
#define SCENE_MOVES					\
	.nr_tasks = 4, .nr_vcpus = 2,			\
	.task = {					\
		{ 20, { { DO_ACCESS, 0, 4, MMU_W } } },	\
		{ 20, { { DO_ACCESS, 2, 4, MMU_R } } },	\
		{ 20, { { DO_INVALIDATE, 0, 3 } } },	\
		{ 20, { { DO_INVALIDATE, 2, 4 } } },	\
	}

struct scene {
	const struct scene_def *def;
	struct lab	  l;
	struct mmu_judge  judge;
	rt_u64		  version[SCENE_PAGES];	/* host pages so far behind each gfn */
	struct mmu_access access[SCENE_TASKS];
	struct mmu_host	  host;
	rt_u64		  moving[SCENE_PAGES];	/* invalidations of each page under way: the host does not give it away */
	rt_u64		  other[GUEST_PAGES];	/* shadowed guests: does the entry of a page lead to its other frame? */
	char		  what[256];		/* first thing that broke */
};

/* The machine a scene plays on: each architecture's scenes have their own. */
static inline void scene_host(struct lab *l, const struct scene_def *def);

static inline bool scene_broken(void *arg, const struct mmu_break *b)
{
	struct scene *s = arg;

	snprintf(s->what, sizeof(s->what), "%s (task %u, gfn %#llx, value %#llx)", b->what, b->task,
		 (unsigned long long)b->gfn, (unsigned long long)b->value);
	return true;
}

static inline pfn_t scene_pfn(const struct scene *s, uint64_t page)
{
	uint64_t unit = s->def->host_level > 1 ? page & ~511ULL : page;

	return LAB_PFN(LAB_GFN + page) + (rt_peek(&s->version[unit]) << 24);
}

static inline pfn_t scene_page_at_hand(void *arg, unsigned int task, gfn_t gfn)
{
	const struct scene *s = arg;

	(void)task;
	return gfn - LAB_GFN < SCENE_PAGES && !rt_peek(&s->moving[gfn - LAB_GFN]) ? scene_pfn(s, gfn - LAB_GFN) : MMU_PFN_NONE;
}

/* The guest's entry has changed since the access began. */
static inline pfn_t scene_elsewhere(void *arg, unsigned int task, gfn_t gfn)
{
	(void)task;
	return gfn - LAB_GFN < SCENE_PAGES ? scene_pfn(arg, gfn - LAB_GFN) : LAB_PFN(gfn);
}

/* The host answers when it is asked. */
static inline uint64_t scene_look_up(void *arg, unsigned int task, enum rt_pin pin)
{
	struct scene *s = arg;

	if (pin == RT_PIN_LOOKED_UP && task < SCENE_TASKS)
		s->access[task].pfn = scene_pfn(s, s->access[task].gfn - LAB_GFN);
	return 0;
}

/* Frame of a page, as the guest's tables lead to it now. */
static inline uint64_t scene_frame(const struct scene *s, uint64_t page)
{
	return s->def->shadow && page < GUEST_PAGES && rt_peek(&s->other[page]) ? page + GUEST_PAGES : page;
}

static inline void scene_pt(struct scene *s, uint64_t page)
{
	unsigned int me = rt_self();
	uint64_t other = !rt_peek(&s->other[page]);

	guest_writes(s->l.mmu, me, &s->access[me], GUEST_LEAF(page / 8), page % 8,
		     guest_page_entry(page + (other ? GUEST_PAGES : 0)));
	rt_set(&s->other[page], other);
}

static inline void scene_guest_access(struct scene *s, const struct scene_step *step, uint64_t page)
{
	unsigned int me = rt_self();

	s->access[me] = (struct mmu_access){ .gva = guest_gva(page), .gfn = LAB_GFN + scene_frame(s, page),
					     .access = (uint8_t)step->arg, .host_writable = true, .host_level = 1 };
	guest_access(s->l.mmu, me, &s->access[me]);
	rt_think(200);
}

static inline void scene_access(struct scene *s, const struct scene_step *step, uint64_t page)
{
	unsigned int me = rt_self();
	struct mmu_access *a = &s->access[me];

	if (s->def->shadow) {
		scene_guest_access(s, step, page);
		return;
	}
	*a = (struct mmu_access){ .gfn = LAB_GFN + page, .access = (uint8_t)step->arg, .host_writable = true,
				  .host_level = (uint8_t)(s->def->host_level ? s->def->host_level : 1) };
	for (unsigned int tries = 0; tries < 8 && !mmu_touch(s->l.mmu, me, a); tries++)
		mmu_fault(s->l.mmu, me, a);
	rt_think(200);
}

static inline void scene_invalidate(struct scene *s, const struct scene_step *step)
{
	hva_t start = lab_hva_of(&s->l, LAB_GFN + step->page), end = lab_hva_of(&s->l, LAB_GFN + step->page + step->pages);

	for (uint64_t i = 0; i < step->pages && step->page + i < SCENE_PAGES; i++)
		rt_set(&s->moving[step->page + i], rt_peek(&s->moving[step->page + i]) + 1);
	mmu_invalidate_start(s->l.mmu, start, end, true);
	for (uint64_t i = 0; i < step->pages && step->page + i < SCENE_PAGES; i++)
		rt_set(&s->version[step->page + i], rt_peek(&s->version[step->page + i]) + 1);
	rt_idle(300);
	mmu_invalidate_end(s->l.mmu, start, end);
	for (uint64_t i = 0; i < step->pages && step->page + i < SCENE_PAGES; i++)
		rt_set(&s->moving[step->page + i], rt_peek(&s->moving[step->page + i]) - 1);
	rt_idle(300);
}

static inline void scene_slot_change(struct scene *s, enum mmu_slot_change change)
{
	struct mmu_slot slot = { .id = 1, .as_id = s->def->smm, .base_gfn = LAB_GFN, .npages = LAB_PAGES,
				 .hva = LAB_HVA };

	mmu_memslot(s->l.mmu, change, &slot);
}

static inline void scene_slot(struct scene *s)
{
	scene_slot_change(s, MMU_SLOT_DELETE);
	rt_idle(500);
	scene_slot_change(s, MMU_SLOT_CREATE);
	rt_idle(2000);
}

static inline void scene_step(struct scene *s, const struct scene_step *step)
{
	hva_t start = lab_hva_of(&s->l, LAB_GFN + step->page), end = lab_hva_of(&s->l, LAB_GFN + step->page + step->pages);

	switch (step->what) {
	case DO_END:
		break;
	case DO_ACCESS:
		for (uint64_t i = 0; i < (step->pages ? step->pages : 1); i++)
			scene_access(s, step, step->page + i);
		break;
	case DO_INVALIDATE:
		scene_invalidate(s, step);
		break;
	case DO_AGE:
		mmu_age(s->l.mmu, start, end, (enum mmu_age)step->arg);
		break;
	case DO_TEST_AGE:
		mmu_age(s->l.mmu, start, end, MMU_AGE_TEST);
		break;
	case DO_SLOT:
		scene_slot(s);
		break;
	case DO_UNLOAD:
		mmu_vcpu_unload(s->l.mmu, rt_self());
		mmu_vcpu_load(s->l.mmu, rt_self());
		break;
	case DO_WAIT:
		rt_idle(step->arg);
		break;
	case DO_LOG:	/* arg: KVM_MEM_* */
		lab_slot(&s->l, MMU_SLOT_FLAGS, step->arg);
		break;
	case DO_GET:
		mmu_dirty_get(s->l.mmu, 0, 1);
		break;
	case DO_ZAP:
		mmu_zap_all(s->l.mmu);
		break;
	case DO_ZAP_GFNS:
		mmu_zap_gfn_range(s->l.mmu, LAB_GFN + step->page, LAB_GFN + step->page + step->pages);
		break;
	case DO_PT:
		for (uint64_t i = 0; i < (step->pages ? step->pages : 1); i++)
			scene_pt(s, step->page + i);
		break;
	case DO_RELINK:	/* KVM emulates a write that changes nothing */
		mmu_pt_write(s->l.mmu, rt_self(), GUEST_SECOND(step->arg), 0, guest_table_entry(GUEST_THIRD), 8);
		break;
	case DO_ROOT:
		guest_loads(s->l.mmu, rt_self(), step->arg);
		break;
	case DO_SYNC:
		mmu_sync_roots(s->l.mmu, rt_self());
		break;
	case DO_INVLPG:
		mmu_invlpg(s->l.mmu, rt_self(), guest_gva(step->page));
		break;
	case DO_RECOVER:	/* arg: ratio */
		mmu_nx_recover(s->l.mmu, step->arg);
		break;
	}
}

static inline void scene_task(void *arg)
{
	struct scene *s = arg;
	unsigned int me = rt_self();

	if (me < s->def->nr_vcpus && s->def->shadow) {
		guest_loads(s->l.mmu, me, 0);
	} else if (me < s->def->nr_vcpus) {
		mmu_vcpu_smm(s->l.mmu, me, s->def->smm);
		mmu_vcpu_load(s->l.mmu, me);
	}
	for (unsigned int n = 0; n < s->def->task[me].times; n++)
		for (unsigned int i = 0; i < ARRAY_SIZE(s->def->task[me].steps); i++)
			scene_step(s, &s->def->task[me].steps[i]);
}

static inline void scene_begin(void *arg)
{
	struct scene *s = arg;

	scene_slot_change(s, MMU_SLOT_CREATE);
	if (s->def->shadow)
		guest_tables(s->l.mmu);
}

static inline void scene_finish(void *arg)
{
	struct scene *s = arg;

	mmu_zap_all(s->l.mmu);
	mmu_teardown(s->l.mmu);
}

/* Return: whether nothing broke. */
static inline bool scene_go(struct scene *s, void (*fn)(void *arg), unsigned int nr, unsigned int nr_vcpus)
{
	struct rt_task_def defs[SCENE_TASKS];
	struct rt_stats stats = { .task = s->l.task_stats };
	struct err e = { 0 };

	for (unsigned int i = 0; i < nr; i++)
		defs[i] = (struct rt_task_def){ .fn = fn, .arg = s, .vm = i < nr_vcpus ? 0 : -1 };
	if (rt_run(&s->l.rt, defs, nr, &stats, &e) && !s->what[0])
		snprintf(s->what, sizeof(s->what), "%.200s", e.text);
	return !s->what[0];
}

static inline void scene_open(struct scene *s, unsigned int seed)
{
	lab_init(&s->l);
	s->judge = (struct mmu_judge){ scene_broken, s };
	s->l.quiet = true;
	s->l.config.judge = &s->judge;
	scene_host(&s->l, s->def);
	s->host = (struct mmu_host){ .page = scene_page_at_hand, .elsewhere = scene_elsewhere, .arg = s };
	if (s->def->shadow)
		s->l.config.host = &s->host;
	for (unsigned int i = 0; i < ARRAY_SIZE(s->def->policy); i++)
		lab_policy(&s->l, s->def->policy[i]);
	s->l.costs.ps[COST_RCU_GRACE] = 0;	/* as short as its readers let it be */
	s->l.rt.seed = seed;
	s->l.rt.grain = RT_GRAIN_ACCESS;
	s->l.rt.shuffle = true;
	s->l.rt.pin = scene_look_up;
	s->l.rt.pin_arg = s;
	lab_open(&s->l);
}

/* One schedule.  Return: what broke, or NULL; good until the next call. */
static inline const char *scene_run(const struct scene_def *def, unsigned int seed)
{
	static char what[256];
	struct scene *s = xcalloc(1, sizeof(*s));

	s->def = def;
	scene_open(s, seed);
	if (scene_go(s, scene_begin, 1, 0) && scene_go(s, scene_task, def->nr_tasks, def->nr_vcpus)) {
		mmu_check(s->l.mmu);
		if (!s->what[0])
			scene_go(s, scene_finish, 1, 0);
		if (!s->what[0] && lab_tables(&s->l))
			snprintf(s->what, sizeof(s->what), "tables: %u are left", lab_tables(&s->l));
	}
	snprintf(what, sizeof(what), "%s", s->what);
	lab_close(&s->l);
	free(s);
	return what[0] ? what : NULL;
}

#endif
