/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_ARM64_LAB_H
#define TEST_UNIT_ARM64_LAB_H

/* The lab (test/unit/lab.h) as an arm64 VM. */
#include "test/unit/lab.h"

static inline const char *lab_visit(unsigned int kind)
{
	return kind == OBS_VISIT_PRE ? "pre" : kind == OBS_VISIT_POST ? "post" : "leaf";
}

/* Which table an entry leads to is the engine's business: shown as 0. */
static inline unsigned long long lab_masked(uint64_t pte, int level)
{
	return stage2_is_table(pte, level) ? pte & (STAGE2_VALID | STAGE2_TYPE) : pte;
}

static inline int lab_print_pte(const struct obs *o, char *line, size_t size)
{
	unsigned long long gfn = o->pte.gfn, old = lab_masked(o->pte.old, o->pte.level);
	unsigned long long new = lab_masked(o->pte.new, o->pte.level);
	int level = o->pte.level;

	switch (o->kind) {
	case OBS_W_MAP:
		return snprintf(line, size, "w_map %#llx L%d %s %#llx ret %u\n", gfn, level, lab_visit(o->pte.visit),
				old, (unsigned int)o->pte.ret);
	case OBS_BREAK_PTE:
		return snprintf(line, size, "break %#llx L%d %#llx %s\n", gfn, level, old, o->pte.ret ? "done" : "lost");
	case OBS_MAKE_PTE:
		return snprintf(line, size, "make %#llx L%d %#llx\n", gfn, level, new);
	case OBS_PUT_PTE:
	case OBS_FREE_UNLINKED:
		return snprintf(line, size, "%s %#llx L%d\n", obs_kind_name(o->kind), gfn, level);
	case OBS_W_ATTR:
		return snprintf(line, size, "w_attr %#llx L%d %#llx > %#llx\n", gfn, level, old, new);
	case OBS_WALK_LEAF:
		return snprintf(line, size, "walk_leaf %#llx L%d %#llx ret %u\n", gfn, level, old,
				(unsigned int)o->pte.ret);
	case OBS_W_UNMAP:
	case OBS_W_FREE:
		return snprintf(line, size, "%s %#llx L%d %s %#llx\n", obs_kind_name(o->kind), gfn, level,
				lab_visit(o->pte.visit), old);
	default:	/* w_age, w_split */
		return snprintf(line, size, "%s %#llx L%d %#llx\n", obs_kind_name(o->kind), gfn, level, old);
	}
}

static inline int lab_print_s2(const struct obs *o, char *line, size_t size)
{
	return snprintf(line, size, "%s %#llx +%llu prot %u ret %u value %#llx\n", obs_kind_name(o->kind),
			(unsigned long long)o->s2.gfn, (unsigned long long)o->s2.pages, (unsigned int)o->s2.prot,
			(unsigned int)o->s2.ret, (unsigned long long)o->s2.value);
}

static inline int lab_print(const struct obs *o, char *line, size_t size)
{
	if (o->kind >= OBS_S2_MAP && o->kind <= OBS_S2_DESTROY)
		return lab_print_s2(o, line, size);
	if (o->kind >= OBS_W_MAP && o->kind <= OBS_FREE_UNLINKED)
		return lab_print_pte(o, line, size);
	if (o->kind == OBS_TLB_IPA || o->kind == OBS_TLB_IPA_NSH)
		return snprintf(line, size, "%s %#llx L%d\n", obs_kind_name(o->kind), (unsigned long long)o->gfns.gfn,
				(int)o->gfns.level);
	if (o->kind == OBS_FLUSH_ALL || o->kind == OBS_TLB_VMID)
		return snprintf(line, size, "%s\n", obs_kind_name(o->kind));
	return snprintf(line, size, "%s %#llx +%llu %u\n", obs_kind_name(o->kind), (unsigned long long)o->gfns.gfn,
			(unsigned long long)o->gfns.count, o->flags);
}

/* The knobs of a release. */
static inline void lab_preset(struct lab *l, enum kvm_release release)
{
	static const char *const always[] = { "fault.retry_key=any", "fault.precheck=none" };
	static const char *const old[] = {
		"table.free=immediate", "fault.lock=mixed", "access_fault.lock=write", "coalesce.order=unmap-first",
		"coalesce.tlbi=vmid", "unmap.tlbi=per-entry", "relax.tlbi=broadcast", "dirty.eager_split_chunk=0",
		"walk.eagain=abort", "age.range=first-page",
	};
	struct err e = { 0 };

	l->config.release = release;
	l->policy.arch = KVM_ARM64;
	for (unsigned int i = 0; i < ARRAY_SIZE(always); i++)
		assert_int_equal(policy_set(&l->policy, always[i], KVM_ARM64, &e), 0);
	for (unsigned int i = 0; release == KVM_6_1 && i < ARRAY_SIZE(old); i++)
		assert_int_equal(policy_set(&l->policy, old[i], KVM_ARM64, &e), 0);
}

/* As 6.12 with 4 KiB pages on a processor with FWB and TLBIRANGE; change members before lab_open(). */
static inline void lab_init(struct lab *l)
{
	lab_init_common(l);
	l->print = lab_print;
	l->config = (struct mmu_config){
		.arch = KVM_ARM64, .release = KVM_6_12, .nr_vcpus = LAB_MAX_TASKS, .max_level = 3, .check = true,
		.s2 = { .page_shift = 12, .ipa_bits = 40, .start_level = -1, .fwb = true, .tlb_range = true,
			.hw_af = true },
	};
	lab_preset(l, KVM_6_12);
}

/* The leaf that maps @gfn, or 0; *@level (NULL: none) its level. */
static inline uint64_t lab_leaf(struct lab *l, gfn_t gfn, int *level)
{
	int class;
	uint64_t pte = mmu_peek(l->mmu, gfn, 0, &class);

	if (level)
		*level = stage2_size_class(class);
	return class && stage2_is_leaf(pte, stage2_size_class(class)) ? pte : 0;
}

#endif
