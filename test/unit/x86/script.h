/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_X86_SCRIPT_H
#define TEST_UNIT_X86_SCRIPT_H

/*
 * One task carries out steps on a lab VM, each with the answer it must get; what the engine
 * said meanwhile (since FORGET) is compared as text.
 */
#include "test/unit/x86/lab.h"

#define G		LAB_GFN
#define BIG		0x80000ULL		/* first gfn of a slot of 1 GiB: the step BIG_SLOT */
#define NPF_EMPTY	0x100000006ULL		/* a write that found nothing */

enum step_kind {
	END, LOAD, FAULT, PENDING, FAILED, AHEAD, TOUCH, START, FINISH, AGE, AGE_FLUSH, SET, ZAP_ALL, ZAP_GFNS,
	TEARDOWN, DELETE, OTHER_SLOT, FORGET,
	BIG_SLOT,	/* 1 GiB at BIG */
	LOG, UNLOG,	/* dirty logging of the slot starts, stops */
	BIG_LOG, BIG_UNLOG,
	GET,		/* its log; want: pages */
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

struct step {
	enum step_kind	kind;
	gfn_t		gfn;
	unsigned int	access;		/* FAULT, TOUCH: MMU_*; START, FINISH, AGE, ZAP_GFNS: pages */
	int		level;		/* FAULT: host level */
	int		want;		/* enum ret_pf, or the bool or number that is returned */
	bool		readonly;	/* FAULT: not host-writable */
	uint64_t	error_code;	/* FAULT: as a trace has it; 0: the engine looks itself */
};

#define MAX_STEPS 12

#define DO(k)				{ .kind = k }
#define FAULT_ON(g, how, host, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret }
#define FAULT_FAILED(g, how, ret)	{ .kind = FAILED, .gfn = g, .access = how, .level = 1, .want = ret }
#define FAULT_PENDING(g, how, ret)	{ .kind = PENDING, .gfn = g, .access = how, .level = 1, .want = ret }
#define FAULT_AHEAD(g, how, ret)	{ .kind = AHEAD, .gfn = g, .access = how, .level = 1, .want = ret }
#define FAULT_READONLY(g, host, ret)	{ .kind = FAULT, .gfn = g, .access = MMU_R, .level = host, .want = ret, \
					  .readonly = true }
#define FAULT_CODE(g, how, code, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = 1, .want = ret, \
					  .error_code = code }
#define TOUCH_AT(g, how, ret)		{ .kind = TOUCH, .gfn = g, .access = how, .want = ret }
#define RANGE(k, g, pages, ret)		{ .kind = k, .gfn = g, .access = pages, .want = ret }
#define ASK(k, ret)			{ .kind = k, .want = ret }
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

static inline int script_slot(struct lab *l, enum mmu_slot_change change, const struct mmu_slot *s)
{
	return mmu_memslot(l->mmu, change, s);
}

static inline int script_big(struct lab *l, enum mmu_slot_change change, uint32_t flags)
{
	struct mmu_slot big = { .id = 3, .base_gfn = BIG, .npages = SPTE_LEVEL_PAGES(3), .hva = lab_hva(BIG), .flags = flags };

	return script_slot(l, change, &big);
}

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

/* The steps that are about memory slots. */
static inline int script_step_slot(struct lab *l, const struct step *s)
{
	struct mmu_slot other = { .id = 2, .base_gfn = 0x180000, .npages = 16, .hva = LAB_HVA + (1ULL << 40) };
	struct mmu_slot smm = { .id = 1, .as_id = 1, .base_gfn = LAB_GFN, .npages = LAB_PAGES, .hva = LAB_HVA };

	switch (s->kind) {
	case DELETE:
		return lab_slot(l, MMU_SLOT_DELETE, 0);
	case OTHER_SLOT:
		return script_slot(l, MMU_SLOT_CREATE, &other);
	case SMM_SLOT:
		return script_slot(l, MMU_SLOT_CREATE, &smm);
	case BIG_SLOT:
		return script_big(l, MMU_SLOT_CREATE, 0);
	case BIG_LOG:
	case BIG_UNLOG:
		return script_big(l, MMU_SLOT_FLAGS, s->kind == BIG_LOG);
	case LOG:
	case UNLOG:
		return lab_slot(l, MMU_SLOT_FLAGS, s->kind == LOG);
	default:
		rt_set(&l->mmu->slots.generation[0], 0x7fffe);
		return 0;
	}
}

/* Return: what the step returned, 0 for those that return nothing. */
static inline int script_step(struct lab *l, const struct step *s)
{
	struct mmu_access a = {
		.gfn = s->gfn, .access = s->access, .host_level = s->level, .host_writable = !s->readonly,
		.pfn = LAB_PFN(s->gfn), .error_code = s->error_code, .pending = s->kind == PENDING,
		.failed = s->kind == FAILED, .ahead = s->kind == AHEAD,
	};

	switch (s->kind) {
	case END:
		break;
	case LOAD:
		mmu_vcpu_load(l->mmu, 0);
		break;
	case FAULT:
	case PENDING:
	case FAILED:
	case AHEAD:
		return mmu_fault(l->mmu, 0, &a);
	case TOUCH:
		return mmu_touch(l->mmu, 0, &a);
	case START:
		mmu_invalidate_start(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access), true);
		break;
	case FINISH:
		mmu_invalidate_end(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access));
		break;
	case AGE:
	case AGE_FLUSH:
		return mmu_age(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access),
			       s->kind == AGE ? MMU_AGE_CLEAR : MMU_AGE_CLEAR_FLUSH);
	case SET:
		mmu_set_spte(l->mmu, lab_hva(s->gfn), s->access ? s->access : MMU_PFN_WRITABLE);
		break;
	case ZAP_ALL:
		mmu_zap_all(l->mmu);
		break;
	case ZAP_GFNS:
		return -mmu_zap_gfn_range(l->mmu, s->gfn, s->gfn + s->access);
	case TEARDOWN:
		mmu_teardown(l->mmu);
		break;
	case GET:
		return (int)mmu_dirty_get(l->mmu, 0, 1);
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
	case FORGET:
		lab_forget(l);
		break;
	default:
		return script_step_slot(l, s);
	}
	return 0;
}

struct script {
	struct lab		*l;
	const struct script_row *row;
	int			 got[MAX_STEPS];
};

static inline void script_play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		s->got[i] = script_step(s->l, &s->row->steps[i]);
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
	struct script s = { .l = &l, .row = row };
	void *arg = &s;
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
	lab_run(&l, 1, 1, script_play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (s.got[i] != row->steps[i].want)
			fail_msg("step %u: got %d, want %d", i, s.got[i], row->steps[i].want);
	mmu_check(l.mmu);
	said = script_squeezed(l.said ? l.said : "");
	assert_string_equal(said, row->want);
	free(said);
	lab_close(&l);
}

#endif
