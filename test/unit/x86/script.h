/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_X86_SCRIPT_H
#define TEST_UNIT_X86_SCRIPT_H

/* Scripts (test/unit/script.h) on an x86 VM. */
#include "test/unit/script.h"
#include "test/unit/x86/lab.h"

#define NPF_EMPTY	0x100000006ULL		/* a write that found nothing */

enum {
	SET = STEP_OWN, ZAP_GFNS, OTHER_SLOT,
	RECOVER,	/* one round of NX recovery; gfn: ratio, want: tables */
	PASS_OVER,	/* one that leaves no record; gfn: ratio */
	NX_TOGGLE,	/* the mitigation is turned on, or off */
	SPLITS,		/* want: tables that wait for one */
	SMM_SLOT,	/* the same memory in address space 1, read by SMM */
	SMM, NO_SMM,
	LIMIT,		/* KVM_SET_NR_MMU_PAGES; gfn: pages */
	PAGES,		/* want: shadow pages there are */
	LAST_GEN,	/* the next change of slots makes MMIO generations start again */
};

#define FAULT_AHEAD(g, how, ret)	{ .kind = AHEAD, .gfn = g, .access = how, .level = 1, .want = ret }
#define RECOVER_1_IN(ratio, ret)	{ .kind = RECOVER, .gfn = ratio, .want = ret }
#define PASS_OVER_1_IN(ratio)		{ .kind = PASS_OVER, .gfn = ratio }

/* What the host has, or lacks. */
enum script_host {
	PLAIN, NO_AD = 1, NX = 2, HAS_PML = 4, NO_1G = 8, MMIO_UNCACHED = 16, NX_LATER = 32,
	RMAPS = 64,	/* the TDP MMU is off */
	AT_HAND = 128,	/* ... and the host has every page at hand but the first and the sixth of 8 */
};

struct script_row {
	const char	*name;
	enum kvm_release release;
	enum spte_tdp	 tdp;
	unsigned int	 host;		/* enum script_host */
	const char	*policy[3];
	struct step	 steps[MAX_STEPS];
	const char	*want;
};

static inline int script_splits(const struct lab *l)
{
	struct mmu_stats stats;

	mmu_stats(l->mmu, &stats);
	return (int)stats.nx_splits;
}

static inline int script_tables(const struct lab *l)
{
	struct mmu_stats stats;

	mmu_stats(l->mmu, &stats);
	return (int)stats.tables;
}

/* mmu_host.page */
static inline pfn_t script_page(void *arg, unsigned int task, gfn_t gfn)
{
	(void)arg;
	(void)task;
	return gfn % 8 && gfn % 8 != 5 ? LAB_PFN(gfn) : MMU_PFN_NONE;
}

static inline int script_step_own(struct lab *l, const struct step *s)
{
	struct mmu_slot other = { .id = 2, .base_gfn = 0x180000, .npages = 16, .hva = LAB_HVA + (1ULL << 40) };
	struct mmu_slot smm = { .id = 1, .as_id = 1, .base_gfn = LAB_GFN, .npages = LAB_PAGES, .hva = LAB_HVA };

	switch (s->kind) {
	case SET:
		mmu_set_spte(l->mmu, lab_hva(s->gfn), s->access ? s->access : MMU_PFN_WRITABLE);
		break;
	case ZAP_GFNS:
		return -mmu_zap_gfn_range(l->mmu, s->gfn, s->gfn + s->access);
	case OTHER_SLOT:
		return mmu_memslot(l->mmu, MMU_SLOT_CREATE, &other);
	case SMM_SLOT:
		return mmu_memslot(l->mmu, MMU_SLOT_CREATE, &smm);
	case RECOVER:
		return (int)mmu_nx_recover(l->mmu, (unsigned int)s->gfn);
	case PASS_OVER:
		mmu_nx_pass_over(l->mmu, (unsigned int)s->gfn);
		break;
	case NX_TOGGLE:
		mmu_nx_toggle(l->mmu);
		break;
	case SPLITS:
		return script_splits(l);
	case LIMIT:
		mmu_page_limit(l->mmu, s->gfn);
		break;
	case PAGES:
		return script_tables(l);
	case SMM:
	case NO_SMM:
		mmu_vcpu_smm(l->mmu, 0, s->kind == SMM);
		break;
	case LAST_GEN:
		rt_set(&l->mmu->slots.generation[0], 0x7fffe);
		break;
	default:
		fail_msg("no step %u", s->kind);
	}
	return 0;
}

/* The knobs of that kernel; where none is named, the defaults are 6.12's. */
static inline void script_preset(struct lab *l, enum kvm_release release)
{
	static const char *const preset_6_1[] = {
		"fault.retry_key=hull-hva", "fault.precheck=none", "fault.huge_split=zap", "zap.root_passes=1g+root",
		"root.lock=write", "zap.invalid_root_flush=yes", "nx.descend=any", "dirty.split_alloc=nowait-first",
	};

	for (unsigned int i = 0; release == KVM_6_1 && i < ARRAY_SIZE(preset_6_1); i++)
		lab_policy(l, preset_6_1[i]);
}

/* Is @line the freezing of an empty entry below a table that goes away?  There are up to 512 of them. */
static inline bool script_freezes_empty(const char *line, int *level)
{
	unsigned long long gfn, old, new;

	if (sscanf(line, "changed %llx L%d %llx > %llx", &gfn, level, &old, &new) != 4)
		return false;
	return (old == 0 && new == 0x5a0) || (old == BIT_ULL(63) && new == (BIT_ULL(63) | 0x5a0));
}

/* Runs of such lines become one: "frozen L1 x511". */
static inline char *script_squeezed(const char *said)
{
	size_t len = 0, size = strlen(said) + 64;
	char *out = xcalloc(1, size);
	unsigned int run = 0;
	int level = 0, at;

	for (const char *line = said; *line;) {
		size_t n = strcspn(line, "\n") + 1;

		if (script_freezes_empty(line, &at) && (!run || at == level)) {
			level = at;
			run++;
		} else {
			if (run)
				len += (size_t)snprintf(out + len, size - len, "frozen L%d x%u\n", level, run);
			run = script_freezes_empty(line, &level);
			if (!run) {
				memcpy(out + len, line, n);
				len += n;
			}
		}
		line += n;
	}
	if (run)
		snprintf(out + len, size - len, "frozen L%d x%u\n", level, run);
	else
		out[len] = 0;
	return out;
}

static inline void script_check(const void *vrow)
{
	static const struct mmu_host at_hand = { .page = script_page };
	const struct script_row *row = vrow;
	struct lab l;
	char *said;

	lab_init(&l);
	l.config.release = row->release;
	l.config.tdp = row->tdp;
	l.config.ad = !(row->host & NO_AD);
	l.config.nx_huge_pages = row->host & NX;
	l.config.nx_toggles = row->host & (NX | NX_LATER);
	l.config.pml = row->host & HAS_PML;
	l.config.max_level = row->host & NO_1G ? 2 : 3;
	l.config.mmio_uncached = row->host & MMIO_UNCACHED;
	l.config.rmaps = row->host & RMAPS;
	l.config.host = row->host & AT_HAND ? &at_hand : NULL;
	script_preset(&l, row->release);
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	script_run(&l, row->steps);
	said = script_squeezed(l.said ? l.said : "");
	assert_string_equal(said, row->want);
	free(said);
	lab_close(&l);
}

#endif
