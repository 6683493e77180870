/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_X86_LAB_H
#define TEST_UNIT_X86_LAB_H

/* The lab (test/unit/lab.h) as an x86 VM. */
#include "test/unit/lab.h"

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
	case OBS_SPTE_UPDATE:
		return snprintf(line, size, "update %#llx L%u %#llx > %#llx\n", (unsigned long long)o->spte.gfn,
				(unsigned int)o->spte.level, (unsigned long long)o->spte.old,
				(unsigned long long)o->spte.new);
	case OBS_SPTE_CLEAR:
		return snprintf(line, size, "clear %#llx L%u %#llx\n", (unsigned long long)o->spte.gfn,
				(unsigned int)o->spte.level, (unsigned long long)o->spte.old);
	case OBS_GET_PAGE:
		return snprintf(line, size, "%s %#llx role %#x\n", o->page.created ? "get" : "find",
				(unsigned long long)o->page.gfn, (unsigned int)o->page.role);
	case OBS_PREPARE_ZAP_PAGE:
		return snprintf(line, size, "zap-page %#llx role %#x\n", (unsigned long long)o->page.gfn,
				(unsigned int)o->page.role);
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

/* As 6.12 on AMD; change members before lab_open(). */
static inline void lab_init(struct lab *l)
{
	lab_init_common(l);
	l->print = lab_print;
	l->config = (struct mmu_config){
		.arch = KVM_X86, .release = KVM_6_12, .tdp = SPTE_NPT, .nr_vcpus = LAB_MAX_TASKS,
		.max_level = 3, .root_level = 4, .ad = true, .check = true,
	};
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
