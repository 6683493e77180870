/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_SHADOW_GUEST_H
#define TEST_UNIT_SHADOW_GUEST_H

/*
 * A guest with page tables of its own: steps of vCPUs, each with the answer it must get; what the engine said meanwhile
 * (since FORGET) is compared as text.
 *
 * Its tables, four levels: root A is frame G, root B frame G + 0x10.  Address 0 of A leads through G + 1 and G + 2 to table G + 3,
 * address 2 MiB to table G + 4; of B address 512 GiB leads through G + 0x11 to G + 2, and 1 GiB further through G + 0x12 to
 * G + 3.  Entry 511 of both roots leads to the
 * whole slot by pages of 2 MiB: where the guest writes its tables.
 */
#include "test/unit/x86/lab.h"

#define G		LAB_GFN
#define ROLE		0x3704u			/* four levels, NX, CR0.WP */
#define ROOT_A		G
#define ROOT_B		(G + 0x10)
#define LINEAR		0xffffff8000000000ULL	/* where entry 511 of a root begins */
#define AT(gfn)		(LINEAR + (((gfn) - G) << 12))
#define PAGE(n)		((uint64_t)(n) << 12)
#define MiB2		(2ULL << 20)
#define OF_B		(512ULL << 30)
#define OF_B_TOO	(OF_B + (1ULL << 30))

#define TABLE(gfn)	((gfn) << 12 | 0x27)
#define RW(gfn)		((gfn) << 12 | 0x67)	/* P W U A D */
#define CLEAN(gfn)	((gfn) << 12 | 0x27)
#define RO(gfn)		((gfn) << 12 | 0x65)

enum step_kind {
	END, CR3, LOAD, UNLOAD, FAULT, TOUCH, GPTE, WRITES, PT_WRITE, SYNC, WANTS, INVLPG, LIMIT, START, FINISH, FORGET,
	DROP_SLOT,
};

struct step {
	enum step_kind	kind;
	uint64_t	at;		/* gva; GPTE, WRITES, PT_WRITE, CR3, START: gfn */
	unsigned int	offset;		/* GPTE, WRITES, PT_WRITE: bytes; FAULT: host level */
	uint64_t	value;		/* FAULT: error code */
	unsigned int	access;		/* MMU_*; PT_WRITE: bytes; START: pages */
	int		want;
	gfn_t		gfn;		/* FAULT: what the guest's tables say */
	unsigned int	vcpu;
};

#define MAX_STEPS 24

#define DO(k)			{ .kind = k }
#define ROOT(gfn, ret)		{ .kind = CR3, .at = gfn, .want = ret }
#define SETS(table, i, v)	{ .kind = GPTE, .at = table, .offset = (i) * 8, .value = v }
#define WRITE(table, i, v, ret)	{ .kind = WRITES, .at = table, .offset = (i) * 8, .value = v, .want = ret }
#define EMULATE(table, off, v, n) { .kind = PT_WRITE, .at = table, .offset = off, .value = v, .access = n }
#define FAULTS(gva, how, frame, ret) { .kind = FAULT, .at = gva, .offset = 1, .access = how, .gfn = frame, .want = ret }
#define FAULTS_BIG(gva, how, frame, ret) { .kind = FAULT, .at = gva, .offset = 2, .access = how, .gfn = frame, .want = ret }
#define FAULTS_BY(n, gva, how, frame, ret) \
	{ .kind = FAULT, .vcpu = n, .at = gva, .offset = 1, .access = how, .gfn = frame, .want = ret }
#define TOUCHES(gva, how, ret)	{ .kind = TOUCH, .at = gva, .access = how, .want = ret }
#define AT_GVA(k, gva)		{ .kind = k, .at = gva }
#define RANGE(k, g, pages)	{ .kind = k, .at = g, .access = pages }
#define ASK(k, ret)		{ .kind = k, .want = ret }
#define BOOT			ROOT(ROOT_A, false), DO(LOAD)

struct guest_row {
	const char	*name;
	enum kvm_release release;
	const char	*policy[3];
	bool		 ahead;		/* the host has all pages at hand: prefetch */
	struct step	 steps[MAX_STEPS];
	const char	*want;
	bool		 unchecked;	/* the policy breaks invariants */
};

static inline int guest_print(const struct obs *o, char *line, size_t size)
{
	unsigned long long gfn = o->spte.gfn, old = o->spte.old, new = o->spte.new;

	switch (o->kind) {
	case OBS_SPTE_UPDATE:
		return snprintf(line, size, "update %#llx L%u %#llx > %#llx\n", gfn, (unsigned int)o->spte.level, old, new);
	case OBS_SPTE_CLEAR:
		return snprintf(line, size, "clear %#llx L%u %#llx\n", gfn, (unsigned int)o->spte.level, old);
	case OBS_GET_PAGE:
		return snprintf(line, size, "get %#llx role %#x%s\n", gfn, (unsigned int)o->page.role,
				o->page.created ? " new" : "");
	case OBS_SYNC_PAGE:
	case OBS_UNSYNC_PAGE:
		return snprintf(line, size, "%s %#llx\n", o->kind == OBS_SYNC_PAGE ? "sync" : "unsync", gfn);
	default:
		return lab_print(o, line, size);
	}
}

static inline pfn_t guest_host_page(void *arg, unsigned int task, gfn_t gfn)
{
	(void)arg;
	(void)task;
	return LAB_PFN(gfn);
}

static inline void guest_tables(struct mmu *mmu)
{
	static const struct { gfn_t table; unsigned int i; uint64_t value; } entries[] = {
		{ ROOT_A, 0, TABLE(G + 1) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 0, TABLE(G + 3) }, { G + 2, 1, TABLE(G + 4) },
		{ ROOT_A, 511, TABLE(G + 5) }, { G + 5, 0, TABLE(G + 6) },
		{ ROOT_B, 1, TABLE(G + 0x11) }, { G + 0x11, 0, TABLE(G + 2) }, { G + 0x11, 1, TABLE(G + 0x12) },
		{ G + 0x12, 0, TABLE(G + 3) }, { ROOT_B, 511, TABLE(G + 5) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++)
		mmu_gpte(mmu, entries[i].table, entries[i].i * 8, entries[i].value);
	for (unsigned int i = 0; i < LAB_PAGES / 512; i++)
		mmu_gpte(mmu, G + 6, i * 8, (G + 512 * i) << 12 | 0xe7);
}

static inline int guest_step(struct lab *l, const struct step *s)
{
	struct mmu_access a = {
		.gva = s->at, .gfn = s->gfn, .access = s->access, .host_level = s->offset, .host_writable = true,
		.pfn = LAB_PFN(s->gfn), .error_code = s->value,
	};

	switch (s->kind) {
	case END:
		break;
	case CR3:
		return mmu_cr3(l->mmu, s->vcpu, s->at);
	case LOAD:
		mmu_vcpu_load(l->mmu, s->vcpu);
		break;
	case UNLOAD:
		mmu_vcpu_unload(l->mmu, s->vcpu);
		break;
	case FAULT:
		return mmu_fault(l->mmu, s->vcpu, &a);
	case TOUCH:
		return mmu_touch(l->mmu, s->vcpu, &a);
	case GPTE:
		mmu_gpte(l->mmu, s->at, s->offset, s->value);
		break;
	case WRITES:
		return mmu_guest_writes(l->mmu, s->vcpu, s->at, s->offset, s->value);
	case PT_WRITE:
		mmu_pt_write(l->mmu, s->vcpu, s->at, s->offset, s->value, s->access);
		break;
	case SYNC:
		mmu_sync_roots(l->mmu, s->vcpu);
		break;
	case WANTS:
		return mmu_wants_sync(l->mmu, s->vcpu);
	case INVLPG:
		mmu_invlpg(l->mmu, s->vcpu, s->at);
		break;
	case LIMIT:
		mmu_page_limit(l->mmu, s->at);
		break;
	case START:
		mmu_invalidate_start(l->mmu, lab_hva(s->at), lab_hva(s->at + s->access), true);
		break;
	case FINISH:
		mmu_invalidate_end(l->mmu, lab_hva(s->at), lab_hva(s->at + s->access));
		break;
	case FORGET:
		lab_forget(l);
		break;
	case DROP_SLOT:
		return lab_slot(l, MMU_SLOT_DELETE, 0);
	}
	return 0;
}

struct guest_play {
	struct lab		*l;
	const struct guest_row	*row;
	int			 got[MAX_STEPS];
};

static inline void guest_play(void *arg)
{
	struct guest_play *p = arg;

	lab_slot(p->l, MMU_SLOT_CREATE, 0);
	guest_tables(p->l->mmu);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		p->got[i] = guest_step(p->l, &p->row->steps[i]);
}

/* The knobs of 6.1 that matter here. */
static inline void guest_preset(struct lab *l, enum kvm_release release)
{
	static const char *const preset_6_1[] = { "fault.retry_key=hull-hva", "fault.precheck=none", "fault.huge_split=zap" };

	for (unsigned int i = 0; release == KVM_6_1 && i < ARRAY_SIZE(preset_6_1); i++)
		lab_policy(l, preset_6_1[i]);
}

static inline void guest_init(struct lab *l, enum kvm_release release)
{
	lab_init(l);
	l->print = guest_print;
	l->config.release = release;
	l->config.rmaps = true;
	l->config.shadow = true;
	l->config.root_role = ROLE;
	guest_preset(l, release);
}

static inline void guest_check(const void *vrow)
{
	static const struct mmu_host host = { .page = guest_host_page };
	const struct guest_row *row = vrow;
	struct lab l;
	struct guest_play p = { .l = &l, .row = row };
	void *arg = &p;

	guest_init(&l, row->release);
	l.config.check = !row->unchecked;
	if (row->ahead)
		l.config.host = &host;
	for (unsigned int i = 0; i < ARRAY_SIZE(row->policy); i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, guest_play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (p.got[i] != row->steps[i].want)
			fail_msg("step %u: got %d, want %d; said:\n%s", i, p.got[i], row->steps[i].want, l.said ? l.said : "");
	mmu_check(l.mmu);
	assert_string_equal(l.said ? l.said : "", row->want);
	lab_close(&l);
}

#endif
