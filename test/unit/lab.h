/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_LAB_H
#define TEST_UNIT_LAB_H

/*
 * A VM to experiment with, of any architecture: one slot of memory at gfn 0x40000, tasks, and what the
 * engine said as text.  lab_init() is the architecture's: test/unit/ARCH/lab.h.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "engine/core/mmu_common.h"
#include "test/table.h"

#define LAB_GFN		0x40000ULL
#define LAB_PAGES	0x2000ULL		/* of 4 KiB: 32 MiB */
#define LAB_HVA		0x7f0000000000ULL
#define LAB_PFN(gfn)	((gfn) + 0x100000ULL)	/* keeps the alignment of huge pages */
#define LAB_MAX_TASKS	16

struct lab {
	struct mmu	 *mmu;
	struct policy	  policy;
	struct mmu_config config;
	struct mmu_sink	  sink;
	struct costs	  costs;
	struct rt_config  rt;
	int		  (*print)(const struct obs *o, char *line, size_t size);
	char		 *said;			/* one line per observation */
	size_t		  said_len, said_cap;
	bool		  quiet;		/* observations are not kept */
	struct rt_stats	  stats;		/* of the last lab_run() */
	struct rt_task_stats task_stats[LAB_MAX_TASKS];
};

static inline unsigned int lab_page_shift(const struct lab *l)
{
	return l->config.arch == KVM_ARM64 ? l->config.s2.page_shift : 12;
}

static inline void lab_emit(void *arg, unsigned int task, const struct obs *o)
{
	struct lab *l = arg;

	(void)task;
	if (l->quiet)
		return;
	if (l->said_cap - l->said_len < 256) {
		l->said_cap = 2 * l->said_cap + 4096;
		l->said = xrealloc(l->said, l->said_cap);
	}
	l->said_len += (size_t)l->print(o, l->said + l->said_len, l->said_cap - l->said_len);
}

/* What every architecture's lab_init() begins with. */
static inline void lab_init_common(struct lab *l)
{
	*l = (struct lab){ 0 };
	policy_defaults(&l->policy);
	costs_defaults(&l->costs);
	l->rt = (struct rt_config){ .costs = &l->costs, .policy = &l->policy, .seed = 1 };
	host_model_defaults(&l->rt.host);
}

static inline void lab_policy(struct lab *l, const char *assignment)
{
	struct err e = { 0 };

	if (assignment && policy_set(&l->policy, assignment, l->config.arch, &e))
		fail_msg("%s", e.text);
}

static inline void lab_open(struct lab *l)
{
	l->sink = (struct mmu_sink){ .emit = lab_emit, .arg = l };
	l->config.policy = &l->policy;
	l->config.sink = l->quiet ? NULL : &l->sink;
	assert_int_equal(mmu_create(&l->config, &l->mmu), 0);
}

static inline void lab_close(struct lab *l)
{
	mmu_destroy(l->mmu);
	free(l->said);
	*l = (struct lab){ 0 };
}

/* Table pages that are not free: all of them are, once the VM is torn down and the run is over. */
static inline uint32_t lab_tables(const struct lab *l)
{
	return l->mmu->arena.nr;
}

static inline void lab_forget(struct lab *l)
{
	l->said_len = 0;
	if (l->said)
		l->said[0] = 0;
}

/* @nr tasks, the first @nr_vcpus of them vCPUs; each calls fn(arg). */
static inline void lab_run(struct lab *l, unsigned int nr, unsigned int nr_vcpus, void (*fn)(void *arg), void **args)
{
	struct rt_task_def defs[LAB_MAX_TASKS];
	struct err e = { 0 };

	memset(l->task_stats, 0, sizeof(l->task_stats));
	l->stats = (struct rt_stats){ .task = l->task_stats };
	for (unsigned int i = 0; i < nr; i++)
		defs[i] = (struct rt_task_def){ .fn = fn, .arg = args[i], .vm = i < nr_vcpus ? 0 : -1 };
	if (rt_run(&l->rt, defs, nr, &l->stats, &e))
		fail_msg("%s", e.text);
}

static inline hva_t lab_hva_of(const struct lab *l, gfn_t gfn)
{
	return LAB_HVA + ((gfn - LAB_GFN) << lab_page_shift(l));
}

static inline int lab_slot(struct lab *l, enum mmu_slot_change change, uint32_t flags)
{
	struct mmu_slot s = { .id = 1, .base_gfn = LAB_GFN, .npages = LAB_PAGES, .hva = LAB_HVA, .flags = flags };

	return mmu_memslot(l->mmu, change, &s);
}

static inline enum ret_pf lab_fault(struct lab *l, unsigned int vcpu, gfn_t gfn, unsigned int access, int host_level)
{
	struct mmu_access a = {
		.gfn = gfn, .access = access, .host_level = host_level, .host_writable = true, .pfn = LAB_PFN(gfn),
	};

	return mmu_fault(l->mmu, vcpu, &a);
}

static inline bool lab_touch(struct lab *l, unsigned int vcpu, gfn_t gfn, unsigned int access)
{
	struct mmu_access a = { .gfn = gfn, .access = access, .pfn = LAB_PFN(gfn) };

	return mmu_touch(l->mmu, vcpu, &a);
}

#endif
