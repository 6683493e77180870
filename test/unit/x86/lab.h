/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_X86_LAB_H
#define TEST_UNIT_X86_LAB_H

/*
 * A VM to experiment with: one slot of memory at gfn 0x40000, steps that
 * tasks carry out, and what the engine said as text.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "engine/core/mmu_common.h"
#include "test/table.h"

#define LAB_GFN		0x40000ULL
#define LAB_PAGES	0x2000ULL		/* 32 MiB */
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
	char		 *said;			/* one line per observation */
	size_t		  said_len, said_cap;
	bool		  quiet;		/* observations are not kept */
	struct rt_stats	  stats;		/* of the last lab_run() */
	struct rt_task_stats task_stats[LAB_MAX_TASKS];
};

static inline hva_t lab_hva(gfn_t gfn)
{
	return LAB_HVA + ((gfn - LAB_GFN) << 12);
}

/* Table entries say where in the arena the child is: shown as 0. */
static inline uint64_t lab_masked(uint64_t spte, int level)
{
	return spte_is_table(spte, level) ? spte & ~SPTE_PFN_MASK : spte;
}

static inline int lab_print(const struct obs *o, char *line, size_t size)
{
	switch (o->kind) {
	case OBS_SPTE_CHANGED:
		return snprintf(line, size, "changed %#llx L%u %#llx > %#llx%s\n", (unsigned long long)o->spte.gfn,
				(unsigned int)o->spte.level,
				(unsigned long long)lab_masked(o->spte.old, o->spte.level),
				(unsigned long long)lab_masked(o->spte.new, o->spte.level),
				o->spte.as_id ? " as1" : "");
	case OBS_SET_SPTE:
		return snprintf(line, size, "set %#llx L%u %#llx r%u x%u u%u\n", (unsigned long long)o->set.gfn,
				(unsigned int)o->set.level, (unsigned long long)o->set.spte,
				(unsigned int)o->set.r, (unsigned int)o->set.x, (unsigned int)o->set.u);
	case OBS_SPTE_REQUESTED:
		return snprintf(line, size, "requested %#llx pfn %#llx L%u\n", (unsigned long long)o->map.gfn,
				(unsigned long long)o->map.pfn, (unsigned int)o->map.level);
	case OBS_SPLIT_HUGE_PAGE:
		return snprintf(line, size, "split %#llx L%u errno %llu\n", (unsigned long long)o->map.gfn,
				(unsigned int)o->map.level, (unsigned long long)o->map.pfn);
	case OBS_GET_PAGE:
	case OBS_PREPARE_ZAP_PAGE:
		return snprintf(line, size, "%s %#llx role %#x\n", o->kind == OBS_GET_PAGE ? "get" : "zap-page",
				(unsigned long long)o->page.gfn, (unsigned int)o->page.role);
	case OBS_FAST_PAGE_FAULT:
		return snprintf(line, size, "fast %#llx %s %#llx > %#llx\n", (unsigned long long)o->fast.gfn,
				ret_pf_name(o->fast.ret), (unsigned long long)o->fast.old,
				(unsigned long long)o->fast.new);
	case OBS_MARK_MMIO:
	case OBS_HANDLE_MMIO:
	case OBS_CHECK_MMIO:
		return snprintf(line, size, "%s %#llx access %u gen %llu\n",
				o->kind == OBS_MARK_MMIO ? "mark-mmio" :
				o->kind == OBS_HANDLE_MMIO ? "handle-mmio" : "check-mmio",
				(unsigned long long)o->mmio.gfn, (unsigned int)o->mmio.access,
				(unsigned long long)o->mmio.gen);
	case OBS_ZAP_ALL_FAST:
		return snprintf(line, size, "zap-all-fast %u\n", (unsigned int)o->page.valid_gen);
	case OBS_FLUSH_ALL:
		return snprintf(line, size, "flush\n");
	default:
		return snprintf(line, size, "%s %#llx +%llu %u\n", obs_kind_name(o->kind),
				(unsigned long long)o->gfns.gfn, (unsigned long long)o->gfns.count, o->flags);
	}
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
	l->said_len += lab_print(o, l->said + l->said_len, l->said_cap - l->said_len);
}

/* As 6.12 on AMD; change members before lab_open(). */
static inline void lab_init(struct lab *l)
{
	*l = (struct lab){ 0 };
	policy_defaults(&l->policy);
	costs_defaults(&l->costs);
	l->config = (struct mmu_config){
		.arch = KVM_X86, .release = KVM_6_12, .tdp = SPTE_NPT, .nr_vcpus = LAB_MAX_TASKS,
		.max_level = 3, .root_level = 4, .ad = true, .check = true,
	};
	l->rt = (struct rt_config){ .costs = &l->costs, .policy = &l->policy, .seed = 1 };
	host_model_defaults(&l->rt.host);
}

static inline void lab_policy(struct lab *l, const char *assignment)
{
	struct err e = { 0 };

	if (assignment && policy_set(&l->policy, assignment, KVM_X86, &e))
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

/* The leaf that maps @gfn, or 0. */
static inline uint64_t lab_leaf(struct lab *l, gfn_t gfn, int *level)
{
	int at;
	uint64_t spte = mmu_peek(l->mmu, gfn, 0, &at);

	if (level)
		*level = at;
	return at && spte_is_leaf(spte, at) ? spte : 0;
}

#endif
