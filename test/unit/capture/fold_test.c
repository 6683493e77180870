// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fold, driven by a made-up recording: a few records in, the text form of
 * the event file out.  Every field of the fake's events is eight bytes wide.
 */
#include <stdio.h>
#include <unistd.h>

#include "capture/fold.h"
#include "event/text.h"
#include "test/table.h"
#include "test/unit/capture/fake.h"

struct row {
	const char	*name;
	struct step	 steps[STEPS_MAX];
	const char	*want;
	uint64_t	 unused;		/* records that came to nothing */
	bool		 nx;			/* the host had the NX mitigation on */
	bool		 uncached;		/* ... makes no entries for MMIO */
	bool		 arm64;			/* by the events of an arm64 host */
	const char	*comm;			/* of every thread */
};

/* --- the check ------------------------------------------------------------------------- */

/* The text form without its header; the caller frees it. */
static char *text_of(const char *path)
{
	char *text = NULL, *body;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct ev_file *f;
	struct err e;

	assert_int_equal(ev_open(path, 0, &f, &e), 0);
	assert_int_equal(ev_text_write(f, 1u << EV_STIMULUS | 1u << EV_OBSERVATION, out, &e), 0);
	ev_close(f);
	fclose(out);
	for (body = text; *body == '#'; body = strchr(body, '\n') + 1)
		;
	body = strdup(body);
	free(text);
	return body;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct fake fake;
	char path[] = "/tmp/mmulab-fold-XXXXXX";
	struct ev_writer *w;
	struct source_record rec;
	struct ev_meta meta;
	uint64_t unused = 0;
	struct fold *f;
	struct err e;
	char *got;

	close(mkstemp(path));
	fake_init(&fake, row->steps, row->arm64 ? KVM_ARM64 : KVM_X86);
	fake.comm = row->comm;
	ev_meta_init(&meta);
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	f = fold_new(&fake.source, &meta, w);
	while (fake_next(&fake.source, &rec, &e))
		assert_int_equal(fold_record(f, &rec), 0);
	assert_int_equal(fold_finish(f), 0);
	fold_free(f);
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	got = text_of(path);
	unlink(path);
	assert_string_equal(got, row->want);
	for (size_t i = 0; i < meta.unused.nr; i++)
		unused += meta.unused.v[i].n;
	assert_int_equal(unused, row->unused);
	assert_int_equal(ev_meta_param_on(&meta, "kvm.nx_huge_pages"), row->nx);
	assert_int_equal(ev_meta_param_off(&meta, "kvm.mmio_caching"), row->uncached);
	free(got);
	ev_meta_fini(&meta);
}

/* --- the records ------------------------------------------------------------------------- */

#define NPF	0x400
#define SVM	2
#define KVM	0xffffc90000100000ULL
#define KVM2	0xffffc90000200000ULL
#define MN	(KVM + 0x1a90)
#define LEAF	0x1000e67ULL		/* NPT, writable, pfn 0x1000 */
#define EMPTY	0x8000000000000000ULL	/* 6.12 */

#define REC(t, who, name, ...)	{ .ts = t, .tid = who, .event = name, .v = { __VA_ARGS__ } }
#define EXIT(t, tid, vcpu)	REC(t, tid, "kvm_exit", NPF, SVM, vcpu)
#define HLT(t, tid, vcpu)	REC(t, tid, "kvm_exit", 0x78, SVM, vcpu)
#define ENTRY(t, tid, vcpu)	REC(t, tid, "kvm_entry", vcpu)
#define FAULT(t, tid, vcpu, gfn, code) REC(t, tid, "kvm_page_fault", vcpu, (gfn) << 12, code)
#define REQ(t, tid, gfn)	REC(t, tid, "kvm_mmu_spte_requested", gfn, 0x1000, 1)
#define CHANGED(t, tid, gfn, old, new) REC(t, tid, "kvm_tdp_mmu_spte_changed", gfn, old, new, 1, 0)
#define SET(t, tid, gfn)	REC(t, tid, "kvm_mmu_set_spte", gfn, LEAF, 0x5000, 1, 1, 1)
#define SET_AT(t, tid, gfn, sptep) REC(t, tid, "kvm_mmu_set_spte", gfn, LEAF, sptep, 1, 1, 1)
#define IN_MAP(sptep)		(0xffff888000000000ULL + (sptep))	/* where the kernel has its map of all memory */
#define UPDATE(t, tid, sptep, old, new) REC(t, tid, "spte_update", IN_MAP(sptep), old, new)
#define CLEAR(t, tid, sptep, old) REC(t, tid, "spte_clear", KVM, IN_MAP(sptep), old)
#define RET(t, tid, ret)	REC(t, tid, "tdp_page_fault_ret", ret)
#define RETRY	1
#define FIXED	5			/* 6.12 */
#define EMULATE	2
#define SERVED(t, tid, vcpu, gfn, code)						\
	EXIT(t, tid, vcpu), FAULT((t) + 1, tid, vcpu, gfn, code), RET((t) + 2, tid, FIXED), ENTRY((t) + 3, tid, vcpu)
#define INV(t, tid)	REC(t, tid, "mn_inv_start", MN, 0x7000, 0x9000, 1),	\
			REC((t) + 1, tid, "kvm_unmap_hva_range", 0x7000, 0x9000)
#define INV_END(t, tid)	REC(t, tid, "mn_inv_end", MN, 0x7000, 0x9000)
#define UNMAP(t, tid, kvm, gfn) REC(t, tid, "unmap_gfn_range", kvm, gfn, (gfn) + 2)
#define REGION(t, tid, slot, flags, gpa, size) REC(t, tid, "set_memory_region", KVM, slot, flags, gpa, size, 0x7000000ULL)
#define REGION_RET(t, tid, ret) REC(t, tid, "set_memory_region_ret", (uint64_t)(ret))
#define WAIT(t, tid, addr, flags) REC(t, tid, "contention_begin", addr, flags)
#define WAITED(t, tid, addr) REC(t, tid, "contention_end", addr)
/* arm64: data abort, write, translation fault at level 3; permission fault; both of a lower exception level */
#define ESR_TRANSLATION	0x92000047ULL
#define ESR_PERMISSION	0x9200004fULL
#define ABORT(t, tid, vcpu, gfn, esr) REC(t, tid, "kvm_exit", 2, 0x24), REC((t) + 1, tid, "guest_abort", KVM, vcpu),	\
				REC((t) + 2, tid, "kvm_guest_fault", esr, 0, (gfn) << 12)
#define LITE_ABORT(t, tid, gfn) REC(t, tid, "kvm_exit", 2, 0x24), \
				REC((t) + 2, tid, "kvm_guest_fault", ESR_TRANSLATION, 0, (gfn) << 12)
#define ABORTED(t, tid, ret)	REC(t, tid, "guest_abort_ret", ret), REC((t) + 1, tid, "kvm_entry", 0)
#define PFN(t, tid, gfn)	REC(t, tid, "gfn_to_pfn", 1, gfn), REC((t) + 1, tid, "gfn_to_pfn_ret", 0x1000)
#define MAP(t, tid, gfn)	REC(t, tid, "s2_map", (gfn) << 12, 0x1000, 0x1000000, 6, 0x18)
#define MAPPED(t, tid, ret)	REC(t, tid, "s2_map_ret", (uint64_t)(ret))
#define VISIT(t, tid, gfn, old)	REC(t, tid, "w_map", 0xa000, old, (gfn) << 12, 3, 1)
#define ABORT_OP(result)	" - op=fault gfn=0x20 result=" result " access=0x8 span_ns=8 stimulus=0 entry_ns=2 error_code=0x92000047\n"
/* x86 shadow paging: a #PF exit; a guest's tables at frames 0x40 (level 4) .. 0x43; its pages' roles */
#define PF_FAULT(t, tid, vcpu, gva, code) REC(t, tid, "kvm_exit", 0x4e, SVM, vcpu), \
				REC((t) + 1, tid, "kvm_page_fault", vcpu, gva, code)
#define PF_RET(t, tid, ret)	REC(t, tid, "pf64_ret", ret)
#define WALK(t, tid, gva, code)	REC(t, tid, "kvm_mmu_pagetable_walk", gva, code)
#define PTE(t, tid, value, level) REC(t, tid, "kvm_mmu_paging_element", value, level)
#define ROLE(level)		(0x3700ULL | (level))
#define LOAD(t, tid, vcpu, gfn)	REC(t, tid, "vcpu_run", vcpu, KVM), REC((t) + 1, tid, "mmu_load", vcpu), \
				REC((t) + 2, tid, "kvm_mmu_get_page", 0, gfn, ROLE(4), 0, 0, 1), ENTRY((t) + 3, tid, vcpu)
#define GETROOT(t, tid, gfn)	REC(t, tid, "kvm_mmu_get_page", 0, gfn, ROLE(4), 0, 0, 1)
#define CR_WRITE(t, tid, vcpu)	REC(t, tid, "kvm_exit", 0x13, SVM, vcpu)
#define MARK(t, who, line)	{ .ts = t, .tid = who, .event = "print", .text = line }

static const struct row rows[] = {
	{
		.name = "arm64: a call comes after its visits, a visit after nothing that is inside it",
		.arm64 = true,
		.steps = {
			ABORT(100, 7, 2, 0x20ULL, ESR_TRANSLATION), PFN(103, 7, 0x20ULL), MAP(105, 7, 0x20ULL),
			VISIT(106, 7, 0x20ULL, 0), REC(107, 7, "break_pte", 0xa000, 0, 0x20000, 3),
			REC(108, 7, "break_pte_ret", 1), REC(109, 7, "make_pte", 0xa000, 0x10004db, 0x20000, 3),
			REC(110, 7, "w_map_ret", 0), MAPPED(111, 7, 0), ABORTED(112, 7, 1),
		},
		.want =
		"0 0 access w,pfn,hostwr gfn=0x20 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=13\n"
		"3 0 pin - pin=snapshot value=0x0\n"
		"4 0 pin - pin=lookup_ret value=0x1000\n"
		"6 0 w_map - gfn=0x20 level=3 visit=1 old=0x0\n"
		"7 0 break_pte - gfn=0x20 level=3 ret=1 old=0x0\n"
		"9 0 make_pte - gfn=0x20 level=3 old=0x0 new=0x10004db\n"
		"11 0 s2_map - gfn=0x20 prot=0x6 ret=0 pages=0x1 value=0x1000\n"
		"12 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=2 error_code=0x92000047\n",
	},
	{
		.name = "arm64: -EAGAIN from the map is a lost race, and the access goes on",
		.arm64 = true,
		.steps = {
			ABORT(100, 7, 0, 0x20ULL, ESR_TRANSLATION), PFN(103, 7, 0x20ULL), MAP(105, 7, 0x20ULL),
			VISIT(106, 7, 0x20ULL, 0x400), REC(107, 7, "w_map_ret", (uint64_t)-11), MAPPED(108, 7, -11),
			ABORTED(110, 7, 1), ABORT(120, 7, 0, 0x20ULL, ESR_TRANSLATION), PFN(123, 7, 0x20ULL),
			ABORTED(130, 7, 1),
		},
		.want =
		"0 0 access w,pfn gfn=0x20 attempts=2 level=1 pfn=0x1000 result=retry guest_ns=0 service_ns=31\n"
		"3 0 pin - pin=snapshot value=0x0\n"
		"4 0 pin - pin=lookup_ret value=0x1000\n"
		"6 0 w_map - gfn=0x20 level=3 visit=1 ret=11 old=0x400\n"
		"8 0 s2_map - gfn=0x20 prot=0x6 ret=11 pages=0x1 value=0x1000\n"
		"10 0 op" ABORT_OP("lost")
		"23 0 pin - pin=snapshot value=0x0\n"
		"24 0 pin - pin=lookup_ret value=0x1000\n"
		"30 0 op" ABORT_OP("retry"),
	},
	{
		.name = "arm64: of tracepoints alone nobody knows why an access faults again",
		.arm64 = true,
		.steps = {
			LITE_ABORT(100, 7, 0x20ULL), REC(110, 7, "kvm_entry", 0), LITE_ABORT(120, 7, 0x20ULL),
			REC(130, 7, "kvm_entry", 0), LITE_ABORT(140, 7, 0x9000ULL), REC(145, 7, "kvm_mmio", 0x9000000),
			REC(150, 7, "kvm_entry", 0),
		},
		.want =
		"0 0 access w gfn=0x20 attempts=2 result=unknown guest_ns=0 service_ns=30\n"
		"10 0 op - op=fault gfn=0x20 result=unknown access=0x8 span_ns=8 stimulus=0 entry_ns=2 error_code=0x92000047\n"
		"30 0 op - op=fault gfn=0x20 result=unknown access=0x8 span_ns=8 stimulus=0 entry_ns=2 error_code=0x92000047\n"
		"40 0 access w gfn=0x9000 attempts=1 result=emulate guest_ns=10 service_ns=10\n"
		"50 0 op - op=fault gfn=0x9000 result=emulate access=0x8 span_ns=8 stimulus=1 entry_ns=2 error_code=0x92000047\n",
	},
	{
		.name = "arm64: permissions are added, and whoever never looks for a page emulates",
		.arm64 = true,
		.steps = {
			ABORT(100, 7, 0, 0x20ULL, ESR_PERMISSION), PFN(103, 7, 0x20ULL), REC(105, 7, "s2_relax", 0x20000, 7),
			REC(106, 7, "w_attr", 0xa000, 0x10004db, 0x20000, 3, 0x80, 0), REC(107, 7, "s2_relax_ret", 0),
			REC(108, 7, "tlb_ipa_nsh", 0x20000, 3), ABORTED(110, 7, 1),
			ABORT(120, 7, 0, 0x9000ULL, ESR_TRANSLATION), ABORTED(130, 7, 0),
		},
		.want =
		"0 0 access w,p,pfn,hostwr gfn=0x20 attempts=1 pfn=0x1000 result=relaxed guest_ns=0 service_ns=11\n"
		"3 0 pin - pin=snapshot value=0x0\n"
		"4 0 pin - pin=lookup_ret value=0x1000\n"
		"6 0 w_attr - gfn=0x20 level=3 old=0x10004db new=0x10004db\n"
		"7 0 s2_relax - gfn=0x20 prot=0x7 ret=0 pages=0x1\n"
		"8 0 tlb_ipa_nsh - gfn=0x20 level=3 count=0x0\n"
		"10 0 op - op=fault gfn=0x20 result=relaxed access=0x88 span_ns=8 stimulus=0 entry_ns=2 error_code=0x9200004f\n"
		"20 0 access w gfn=0x9000 attempts=1 result=emulate guest_ns=9 service_ns=11\n"
		"30 0 op - op=fault gfn=0x9000 result=emulate access=0x8 span_ns=8 stimulus=1 entry_ns=2 error_code=0x92000047\n",
	},
	{
		.name = "arm64: what is freed after a grace period is not the interrupted task's",
		.arm64 = true,
		.steps = {
			ABORT(100, 7, 0, 0x20ULL, ESR_TRANSLATION), PFN(103, 7, 0x20ULL),
			REC(105, 7, "w_free", 0xb000, 0x10004db, 0, 3, 1), REC(106, 7, "w_free", 0xb008, 0, 0x1000, 3, 1),
			ABORTED(110, 7, 1),
		},
		.want =
		"0 0 access w gfn=0x20 attempts=1 result=retry guest_ns=0 service_ns=11\n"
		"3 0 pin - pin=snapshot value=0x0\n"
		"4 0 pin - pin=lookup_ret value=0x1000\n"
		"10 0 op" ABORT_OP("retry"),
		.unused = 2,
	},
	{
		.name = "arm64: a slot's log is asked for by the address of the kernel's struct",
		.arm64 = true,
		.steps = {
			REC(100, 9, "mr_set", KVM, 1, 0, 0x40000000ULL, 0x200000, 0x7000000ULL),
			REC(101, 9, "mr_prepare", KVM, 0xabc, 0), REC(102, 9, "mr_set_ret", 0),
			REC(110, 9, "dirty_sync", KVM, 0xabc), REC(111, 9, "dirty_pt", KVM, 0xabc, 0x40, 0x3),
			REC(112, 9, "s2_wrprotect", 0x40040000ULL, 0x2000), REC(113, 9, "flush_remote", KVM),
		},
		.want =
		"0 0 memslot - gfn=0x40000 id=1 change=create npages=0x200 kvm_flags=0x0 hva=0x7000000\n"
		"1 0 pin - pin=slot_prepare value=0x0\n"
		"2 0 op - op=memslot gfn=0x0 result=continue span_ns=2 stimulus=0\n"
		"10 0 dirty_get - gfn=0x40000 slot=1 count=0x200 service_ns=3\n"
		"11 0 log_dirty_masked - gfn=0x40040 count=0x3\n"
		"12 0 s2_wrprotect - gfn=0x40040 ret=0 pages=0x2\n"
		"13 0 flush_all - gfn=0x0 count=0x0\n"
		"13 0 op - op=dirty gfn=0x40000 result=continue span_ns=3 stimulus=1\n",
	},
	{
		.name = "a fault served at once is one access with its host page",
		.steps = {
			ENTRY(1000, 7, 0), EXIT(1100, 7, 0), FAULT(1110, 7, 0, 0x20ULL, 6), REQ(1120, 7, 0x20),
			CHANGED(1130, 7, 0x20, EMPTY, LEAF), SET(1140, 7, 0x20), RET(1150, 7, FIXED), ENTRY(1160, 7, 0),
		},
		.want =
		"0 1 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0x4000000000000000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"100 0 access w,pfn,hostwr gfn=0x20 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=100 service_ns=60\n"
		"120 0 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"130 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"140 0 kvm_mmu_set_spte - gfn=0x20 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"150 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=40 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "a huge page that nobody may execute tells of the host's NX mitigation",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 4),
			REC(120, 7, "kvm_tdp_mmu_spte_changed", 0x0, EMPTY, LEAF | 0x8000000000000080ULL, 2, 0),
			RET(130, 7, FIXED), ENTRY(140, 7, 0),
		},
		.want =
		"0 0 access r gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=40\n"
		"20 0 kvm_tdp_mmu_spte_changed - gfn=0x0 level=2 old=0x8000000000000000 new=0x8000000001000ee7\n"
		"30 0 op - op=fault gfn=0x20 result=fixed access=0x4 span_ns=20 stimulus=0 entry_ns=10 error_code=0x4\n",
		.nx = true,
	},
	{
		.name = "an access emulated without a look, where no slot is and nothing marks it: entries for MMIO are not made",
		.steps = {
			REGION(90, 8, 1, 0, 0x20000ULL, 0x10000ULL), REGION_RET(95, 8, 0),
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x80ULL, 6), RET(120, 7, EMULATE), ENTRY(130, 7, 0),
			REQ(140, 9, 0x20),
		},
		.want =
		"0 0 memslot - gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"5 0 op - op=memslot gfn=0x0 result=continue span_ns=5 stimulus=0\n"
		"10 1 access w gfn=0x80 attempts=1 result=emulate guest_ns=0 service_ns=30\n"
		"30 1 op - op=fault gfn=0x80 result=emulate access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n"
		"50 2 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"50 2 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
		.uncached = true,
	},
	{
		.name = "but not where the hardware found one",
		.steps = {
			REGION(90, 8, 1, 0, 0x20000ULL, 0x10000ULL), REGION_RET(95, 8, 0),
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x80ULL, 0xe), RET(120, 7, EMULATE), ENTRY(130, 7, 0),
			REQ(140, 9, 0x20),
		},
		.want =
		"0 0 memslot - gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"5 0 op - op=memslot gfn=0x0 result=continue span_ns=5 stimulus=0\n"
		"10 1 access w gfn=0x80 attempts=1 result=emulate guest_ns=0 service_ns=30\n"
		"30 1 op - op=fault gfn=0x80 result=emulate access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0xe\n"
		"50 2 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"50 2 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
	},
	{
		.name = "a page the host must read in: the fault ends, and when it has come another maps it that no exit began",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), REC(112, 7, "kvm_try_async_get_page", 0x20010, 0x20),
			REC(115, 7, "kvm_async_pf_not_present", 0x1000, 0x20010), RET(120, 7, RETRY), REQ(150, 7, 0x20),
			CHANGED(160, 7, 0x20, EMPTY, LEAF), RET(170, 7, FIXED), REC(180, 7, "kvm_async_pf_ready", 0x1000, 0x20010),
			ENTRY(190, 7, 0),
		},
		.want =
		"0 0 access w,pfn gfn=0x20 attempts=1 level=1 pfn=0x1000 result=retry guest_ns=0 service_ns=90\n"
		"0 1 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0x4000000000000000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"15 0 pin - pin=pending value=0x0\n"
		"20 0 op - op=fault gfn=0x20 result=retry access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n"
		"50 0 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"60 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"70 0 op - op=fault gfn=0x20 result=fixed access=0x28 span_ns=20 stimulus=4294967295 error_code=0x6\n",
	},
	{
		.name = "one that did not map is known by the page that is ready",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), REC(115, 7, "kvm_async_pf_not_present", 0x1000, 0x20010),
			RET(120, 7, RETRY), REC(150, 7, "faultin_pfn", 0), RET(170, 7, RETRY),
			REC(180, 7, "kvm_async_pf_ready", 0x1000, 0x20010), ENTRY(190, 7, 0),
		},
		.want =
		"0 0 access w gfn=0x20 attempts=1 result=retry guest_ns=0 service_ns=90\n"
		"15 0 pin - pin=pending value=0x0\n"
		"20 0 op - op=fault gfn=0x20 result=retry access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n"
		"50 0 pin - pin=snapshot value=0x0\n"
		"70 0 op - op=fault gfn=0x20 result=retry access=0x28 span_ns=20 stimulus=4294967295 error_code=0x6\n",
	},
	{
		.name = "a run of retries is one access; the guest's time inside it is service",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 4), RET(120, 7, RETRY), ENTRY(130, 7, 0),
			EXIT(140, 7, 0), FAULT(150, 7, 0, 0x20ULL, 4), RET(160, 7, RETRY), ENTRY(170, 7, 0),
			EXIT(180, 7, 0), FAULT(190, 7, 0, 0x20ULL, 4), RET(200, 7, FIXED), ENTRY(210, 7, 0),
			EXIT(260, 7, 0), FAULT(270, 7, 0, 0x21ULL, 4), RET(280, 7, FIXED), ENTRY(290, 7, 0),
		},
		.want =
		"0 0 access r gfn=0x20 attempts=3 result=fixed guest_ns=0 service_ns=110\n"
		"20 0 op - op=fault gfn=0x20 result=retry access=0x4 span_ns=10 stimulus=0 entry_ns=10 error_code=0x4\n"
		"60 0 op - op=fault gfn=0x20 result=retry access=0x4 span_ns=10 stimulus=0 entry_ns=10 error_code=0x4\n"
		"100 0 op - op=fault gfn=0x20 result=fixed access=0x4 span_ns=10 stimulus=0 entry_ns=10 error_code=0x4\n"
		"160 0 access r gfn=0x21 attempts=1 result=fixed guest_ns=50 service_ns=30\n"
		"180 0 op - op=fault gfn=0x21 result=fixed access=0x4 span_ns=10 stimulus=1 entry_ns=10 error_code=0x4\n",
	},
	{
		.name = "without a recorded result, a fault that left nothing behind is a retry when it comes again",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 4), ENTRY(130, 7, 0),
			EXIT(140, 7, 0), FAULT(150, 7, 0, 0x20ULL, 4), REQ(151, 7, 0x20ULL),
			CHANGED(152, 7, 0x20ULL, EMPTY, LEAF), SET(153, 7, 0x20ULL), ENTRY(170, 7, 0),
			EXIT(180, 7, 0), FAULT(190, 7, 0, 0x21ULL, 4), ENTRY(210, 7, 0),
			EXIT(220, 7, 0), FAULT(230, 7, 0, 0x22ULL, 4), ENTRY(250, 7, 0),
		},
		.want =
		"0 0 access r,pfn,hostwr gfn=0x20 attempts=2 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=70\n"
		"0 1 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0x4000000000000000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"30 0 op - op=fault gfn=0x20 result=retry access=0x4 span_ns=20 stimulus=0 entry_ns=10 error_code=0x4\n"
		"51 0 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"52 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"53 0 kvm_mmu_set_spte - gfn=0x20 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"70 0 op - op=fault gfn=0x20 result=fixed access=0x4 span_ns=20 stimulus=0 entry_ns=10 error_code=0x4\n"
		"80 0 access r gfn=0x21 attempts=1 result=unknown guest_ns=10 service_ns=30\n"
		"110 0 op - op=fault gfn=0x21 result=unknown access=0x4 span_ns=20 stimulus=1 entry_ns=10 error_code=0x4\n"
		"120 0 access r gfn=0x22 attempts=1 result=unknown guest_ns=10 service_ns=30\n"
		"150 0 op - op=fault gfn=0x22 result=unknown access=0x4 span_ns=20 stimulus=2 entry_ns=10 error_code=0x4\n",
	},
	{
		.name = "another kind of access to the same page is another access",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 4), RET(120, 7, RETRY), ENTRY(130, 7, 0),
			SERVED(140, 7, 0, 0x20ULL, 0x14),
		},
		.want =
		"0 0 access r gfn=0x20 attempts=1 result=retry guest_ns=0 service_ns=30\n"
		"20 0 op - op=fault gfn=0x20 result=retry access=0x4 span_ns=10 stimulus=0 entry_ns=10 error_code=0x4\n"
		"40 0 access x gfn=0x20 attempts=1 result=fixed guest_ns=10 service_ns=3\n"
		"42 0 op - op=fault gfn=0x20 result=fixed access=0x10 span_ns=1 stimulus=1 entry_ns=1 error_code=0x14\n",
	},
	{
		.name = "exits for other reasons are told apart from guest time and from service",
		.steps = {
			ENTRY(100, 7, 0), HLT(150, 7, 0), ENTRY(250, 7, 0),
			SERVED(300, 7, 0, 0x20ULL, 6), HLT(400, 7, 0), ENTRY(410, 7, 0),
		},
		.want =
		"200 0 think - guest_ns=100 other_exit_ns=100 exits=1\n"
		"200 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=100 service_ns=3\n"
		"202 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n",
		.unused = 2,
	},
	{
		.name = "an interrupt between two attempts belongs to the access",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 4), RET(120, 7, RETRY), ENTRY(130, 7, 0),
			HLT(140, 7, 0), ENTRY(150, 7, 0), SERVED(160, 7, 0, 0x20ULL, 4),
		},
		.want =
		"0 0 access r gfn=0x20 attempts=2 result=fixed guest_ns=0 service_ns=63\n"
		"20 0 op - op=fault gfn=0x20 result=retry access=0x4 span_ns=10 stimulus=0 entry_ns=10 error_code=0x4\n"
		"62 0 op - op=fault gfn=0x20 result=fixed access=0x4 span_ns=1 stimulus=0 entry_ns=1 error_code=0x4\n",
	},
	{
		.name = "a fault's own invalidation comes before its access, marked, and the access's time moves behind it",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 7), INV(120, 7), UNMAP(125, 7, KVM, 0x20ULL),
			CHANGED(126, 7, 0x20ULL, LEAF, EMPTY), INV_END(130, 7), RET(140, 7, RETRY), ENTRY(150, 7, 0),
			SERVED(160, 7, 0, 0x20ULL, 6),
		},
		.want =
		"20 0 invalidate_start nested,matched start=0x7000 end=0x9000 service_ns=6\n"
		"25 0 unmap_gfn_range - gfn=0x20 count=0x2\n"
		"26 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"26 0 op 0x21 op=invalidate_start gfn=0x0 result=continue span_ns=6 stimulus=0\n"
		"30 0 invalidate_end nested,matched start=0x7000 end=0x9000 service_ns=0\n"
		"30 0 access w,p,hostwr gfn=0x20 attempts=2 result=fixed guest_ns=0 service_ns=33\n"
		"30 0 op 0x21 op=invalidate_end gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"40 0 op - op=fault gfn=0x20 result=retry access=0x88 span_ns=30 stimulus=0 entry_ns=10 error_code=0x7\n"
		"62 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n",
	},
	{
		.name = "a fault's read wait ends the notifier nested in it",
		.steps = {
			REC(90, 7, "vcpu_run", 1, KVM),
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 7), INV(120, 7), INV_END(130, 7),
			WAIT(132, 7, KVM, 3), WAITED(135, 7, KVM), RET(140, 7, RETRY), ENTRY(150, 7, 0),
		},
		.want =
		"30 0 invalidate_start nested start=0x7000 end=0x9000 service_ns=1\n"
		"31 0 op 0x1 op=invalidate_start gfn=0x0 result=continue span_ns=1 stimulus=0\n"
		"40 0 invalidate_end nested start=0x7000 end=0x9000 service_ns=0\n"
		"40 0 access w,p gfn=0x20 attempts=1 result=retry guest_ns=0 service_ns=20\n"
		"40 0 op 0x1 op=invalidate_end gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"45 0 lock_wait - lock=0xffffc90000100000 wait_ns=3 lock_flags=0x3\n"
		"50 0 op - op=fault gfn=0x20 result=retry access=0x88 span_ns=30 stimulus=0 entry_ns=10 error_code=0x7\n",
	},
	{
		.name = "without a record of ends a start stays open and no end is made up",
		.steps = {
			REC(100, 9, "kvm_unmap_hva_range", 0x7000, 0x9000),
			CHANGED(110, 9, 0x20ULL, LEAF, EMPTY), REC(200, 9, "kvm_unmap_hva_range", 0x9000, 0xa000),
		},
		.want =
		"0 0 invalidate_start open,matched start=0x7000 end=0x9000 service_ns=10\n"
		"10 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"10 0 op 0x22 op=invalidate_start gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"100 0 invalidate_start open start=0x9000 end=0xa000 service_ns=0\n"
		"100 0 op 0x2 op=invalidate_start gfn=0x0 result=continue span_ns=0 stimulus=1\n",
	},
	{
		.name = "an entry outside the range of a start is not its work",
		.steps = {
			MARK(50, 9, "kvmload: memslot slot 1 gpa 20000 size 10000 hva 7000 flags 0"),
			REC(100, 9, "kvm_unmap_hva_range", 0x7000, 0x8000),
			CHANGED(110, 9, 0x20ULL, LEAF, EMPTY), CHANGED(120, 9, 0x28ULL, LEAF, EMPTY),
		},
		.want =
		"0 0 memslot open gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000\n"
		"0 0 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"50 0 invalidate_start open,matched start=0x7000 end=0x8000 service_ns=20\n"
		"60 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"70 0 op 0x22 op=invalidate_start gfn=0x0 result=continue span_ns=20 stimulus=1\n"
		"70 0 kvm_tdp_mmu_spte_changed - gfn=0x28 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"70 0 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
	},
	{
		.name = "a memslot from the marker line alone",
		.steps = {
			MARK(100, 9, "kvmload: memslot slot 3 gpa 40000000 size 8000000 hva 7fc800200000 flags 1"),
			MARK(200, 9, "kvmload: phase seq"), SERVED(300, 7, 0, 0x40000ULL, 6),
		},
		.want =
		"0 0 memslot open gfn=0x40000 id=3 change=create npages=0x8000 kvm_flags=0x1 hva=0x7fc800200000\n"
		"0 0 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"200 1 access w,hostwr gfn=0x40000 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"202 1 op - op=fault gfn=0x40000 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n",
		.unused = 1,
	},
	{
		.name = "a memslot's call wins over the line that announced it",
		.steps = {
			MARK(100, 9, "kvmload: memslot slot 1 gpa 20000 size 10000 hva 7000000 flags 0"),
			REGION(110, 9, 1, 0, 0x20000ULL, 0x10000ULL), REGION_RET(150, 9, 0),
		},
		.want =
		"10 0 memslot - gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"50 0 op - op=memslot gfn=0x0 result=continue span_ns=40 stimulus=0\n",
	},
	{
		.name = "create, flags, move, delete follow from what the slot was; a failing call is none",
		.steps = {
			REGION(100, 9, 1, 0, 0x20000ULL, 0x10000ULL), REGION_RET(110, 9, 0),
			REGION(120, 9, 1, 1, 0x20000ULL, 0x10000ULL), REGION_RET(130, 9, 0),
			REGION(140, 9, 1, 1, 0x40000ULL, 0x10000ULL), REGION_RET(150, 9, -22),
			REGION(160, 9, 1, 1, 0x40000ULL, 0x10000ULL), REGION_RET(170, 9, 0),
			REGION(180, 9, 0x10001, 0, 0x50000ULL, 0x1000ULL), REGION_RET(190, 9, 0),
			REGION(200, 9, 1, 0, 0, 0), REGION_RET(210, 9, 0),
		},
		.want =
		"0 0 memslot - gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"10 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"20 0 memslot - gfn=0x20 id=1 change=flags npages=0x10 kvm_flags=0x1 hva=0x7000000\n"
		"30 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=1\n"
		"50 0 op - op=unknown gfn=0x0 result=continue span_ns=10 stimulus=4294967295\n"
		"60 0 memslot - gfn=0x40 id=1 change=move npages=0x10 kvm_flags=0x1 hva=0x7000000\n"
		"70 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=2\n"
		"80 0 memslot - gfn=0x50 id=1 as_id=1 change=create npages=0x1 kvm_flags=0x0 hva=0x7000000\n"
		"90 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=3\n"
		"100 0 memslot - gfn=0x40 id=1 change=delete npages=0x10 kvm_flags=0x1 hva=0x7000000\n"
		"110 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=4\n",
		.unused = 1,
	},
	{
		.name = "two VMs by their struct kvm",
		.steps = {
			REC(100, 7, "vcpu_run", 1, KVM), REC(101, 8, "vcpu_run", 2, KVM2),
			SERVED(200, 7, 0, 0x20ULL, 6), SERVED(300, 8, 0, 0x20ULL, 6),
			REC(400, 9, "flush_all", KVM2),
		},
		.want =
		"100 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"102 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"200 1 access w,hostwr vm=1 gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"202 1 op - vm=1 op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"300 2 flush_all - vm=1 gfn=0x0 count=0x0\n"
		"300 2 op - vm=1 op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
	},
	{
		.name = "without probes, what takes a root's entries away is the end of the host's memory",
		.steps = {
			CHANGED(100, 9, 0x20, LEAF, EMPTY), CHANGED(2000000, 9, 0x21, LEAF, EMPTY),
			REC(2000010, 9, "kvm_tdp_mmu_spte_changed", 0, 0x1000827ULL, EMPTY, 4, 0),
		},
		.want =
		"0 0 zap_all -\n"
		"0 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"1999900 0 kvm_tdp_mmu_spte_changed - gfn=0x21 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"1999910 0 kvm_tdp_mmu_spte_changed - gfn=0x0 level=4 old=0x1000827 new=0x8000000000000000\n"
		"1999910 0 op - op=zap_all gfn=0x0 result=continue span_ns=1999910 stimulus=0\n",
	},
	{
		.name = "a marker of another process that the VM's slots contradict is of another VM",
		.steps = {
			MARK(100, 9, "kvmload: memslot slot 1 gpa 20000 size 10000 hva 7000000 flags 0"),
			MARK(200, 10, "kvmload: memslot slot 1 gpa 20000 size 20000 hva 8000000 flags 0"),
			MARK(300, 10, "kvmload: memslot slot 1 gpa 20000 size 20000 hva 8000000 flags 1"),
			MARK(400, 9, "kvmload: memslot slot 1 gpa 20000 size 0 hva 0 flags 0"),
		},
		.want =
		"0 1 memslot open gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"100 0 memslot open vm=1 gfn=0x20 id=1 change=create npages=0x20 kvm_flags=0x0 hva=0x8000000\n"
		"100 0 op 0x2 vm=1 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"200 0 memslot open vm=1 gfn=0x20 id=1 change=flags npages=0x20 kvm_flags=0x1 hva=0x8000000\n"
		"200 0 op 0x2 vm=1 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"300 1 memslot open gfn=0x20 id=1 change=delete npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"300 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=1\n",
	},
	{
		.name = "without probes, protecting a logged slot's pages in order is a GET",
		.steps = {
			MARK(100, 9, "kvmload: memslot slot 1 gpa 20000 size 10000 hva 7000000 flags 1"),
			MARK(110, 9, "kvmload: phase get"),
			CHANGED(120, 9, 0x21, 0x1000e67ULL, 0x1000e65ULL), CHANGED(2000000, 9, 0x25, 0x1001e67ULL, 0x1001e65ULL),
			CHANGED(2000010, 9, 0x22, 0x1002e67ULL, 0x1002e65ULL), CHANGED(2000020, 9, 0x23, LEAF, EMPTY),
			CHANGED(2000030, 9, 0x80, 0x1002e67ULL, 0x1002e65ULL),
		},
		.want =
		"0 0 memslot open gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x1 hva=0x7000000\n"
		"0 0 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"20 0 dirty_get - gfn=0x20 slot=1 count=0x10 service_ns=1999880\n"
		"20 0 kvm_tdp_mmu_spte_changed - gfn=0x21 level=1 old=0x1000e67 new=0x1000e65\n"
		"1999900 0 kvm_tdp_mmu_spte_changed - gfn=0x25 level=1 old=0x1001e67 new=0x1001e65\n"
		"1999900 0 op - op=dirty gfn=0x20 result=continue span_ns=1999880 stimulus=1\n"
		"1999910 0 dirty_get - gfn=0x20 slot=1 count=0x10\n"
		"1999910 0 kvm_tdp_mmu_spte_changed - gfn=0x22 level=1 old=0x1002e67 new=0x1002e65\n"
		"1999910 0 op - op=dirty gfn=0x20 result=continue span_ns=0 stimulus=2\n"
		"1999920 0 kvm_tdp_mmu_spte_changed - gfn=0x23 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"1999930 0 kvm_tdp_mmu_spte_changed - gfn=0x80 level=1 old=0x1002e67 new=0x1002e65\n"
		"1999930 0 op - op=unknown gfn=0x0 result=continue span_ns=10 stimulus=4294967295\n",
		.unused = 1,
	},
	{
		.name = "without probes, a vCPU whose root is gone loads one before it enters the guest",
		.steps = {
			SERVED(100, 7, 0, 0x20ULL, 6), REC(200, 9, "kvm_mmu_zap_all_fast", 1), REC(300, 7, "kvm_exit", 1, 1, 0),
			REC(310, 7, "kvm_entry", 0), REC(400, 7, "kvm_exit", 1, 1, 0), REC(410, 7, "kvm_entry", 0),
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"2 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"100 1 kvm_mmu_zap_all_fast - gfn=0x0 role=0x1 valid_gen=1\n"
		"100 1 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n"
		"210 0 vcpu_load -\n"
		"210 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=0\n",
		.unused = 4,
	},
	{
		.name = "roots go where memslots are seen not to change: the host turns its NX mitigation off, as a huge page shows",
		.steps = {
			REGION(90, 8, 1, 0, 0x20000ULL, 0x10000ULL), REGION_RET(95, 8, 0),
			REC(100, 9, "kvm_mmu_zap_all_fast", 1), CHANGED(110, 9, 0x20, LEAF, EMPTY), EXIT(3000000, 7, 0),
			FAULT(3000010, 7, 0, 0x20ULL, 4),
			REC(3000020, 7, "kvm_tdp_mmu_spte_changed", 0x0, EMPTY, LEAF | 0x80, 2, 0), RET(3000030, 7, FIXED),
			ENTRY(3000040, 7, 0),
		},
		.want =
		"0 0 memslot - gfn=0x20 id=1 change=create npages=0x10 kvm_flags=0x0 hva=0x7000000\n"
		"5 0 op - op=memslot gfn=0x0 result=continue span_ns=5 stimulus=0\n"
		"10 1 nx_toggle -\n"
		"10 1 kvm_mmu_zap_all_fast - gfn=0x0 role=0x1 valid_gen=1\n"
		"20 1 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"20 1 op - op=nx_toggle gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"2999910 2 access r gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=40\n"
		"2999930 2 kvm_tdp_mmu_spte_changed - gfn=0x0 level=2 old=0x8000000000000000 new=0x1000ee7\n"
		"2999940 2 op - op=fault gfn=0x20 result=fixed access=0x4 span_ns=20 stimulus=0 entry_ns=10 error_code=0x4\n",
		.nx = true,
	},
	{
		.name = "or where it waits for the lock in write mode, which no fault does",
		.steps = {
			SERVED(100, 7, 0, 0x20ULL, 6), CHANGED(199, 9, 0x20, LEAF, EMPTY), REC(200, 9, "kvm_mmu_zap_all_fast", 1),
			REC(300, 7, "kvm_exit", 0x400, 2, 0), REC(301, 7, "kvm_page_fault", 0, 0x20000ULL, 6),
			REC(310, 7, "contention_begin", 0x5000, 5), REC(320, 7, "contention_end", 0x5000),
			REC(330, 7, "kvm_entry", 0),
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"2 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"99 1 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"100 1 kvm_mmu_zap_all_fast - gfn=0x0 role=0x1 valid_gen=1\n"
		"100 1 op - op=unknown gfn=0x0 result=continue span_ns=1 stimulus=4294967295\n"
		"201 0 op - op=fault gfn=0x20 result=unknown access=0x8 span_ns=0 stimulus=1 entry_ns=1 error_code=0x6\n"
		"210 0 vcpu_load -\n"
		"210 0 access w gfn=0x20 attempts=1 result=unknown guest_ns=197 service_ns=20\n"
		"220 0 lock_wait - lock=0x5000 wait_ns=10 lock_flags=0x5\n"
		"220 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=10 stimulus=0\n",
	},
	{
		.name = "what takes only some away is not, nor where a probe would have told",
		.steps = {
			CHANGED(100, 9, 0x20, LEAF, EMPTY), INV(110, 9), CHANGED(120, 9, 7, LEAF, EMPTY),
			REC(130, 10, "kvm_tdp_mmu_spte_changed", 0, 0x1000827ULL, EMPTY, 4, 0),
			REC(200, 11, "mn_release", MN),
		},
		.want =
		"0 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"0 0 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n"
		"10 0 invalidate_start open,matched start=0x7000 end=0x9000 service_ns=10\n"
		"20 0 kvm_tdp_mmu_spte_changed - gfn=0x7 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"20 0 op 0x22 op=invalidate_start gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"30 1 kvm_tdp_mmu_spte_changed - gfn=0x0 level=4 old=0x1000827 new=0x8000000000000000\n"
		"30 1 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n"
		"100 2 zap_all -\n"
		"100 2 op - op=zap_all gfn=0x0 result=continue span_ns=0 stimulus=0\n",
	},
	{
		.name = "an access that only the emulator saw was emulated, though the same one follows",
		.steps = {
			EXIT(100, 7, 0), FAULT(101, 7, 0, 0xd0ULL, 0xc), REC(105, 7, "kvm_mmio", 0xd0004),
			ENTRY(110, 7, 0), EXIT(120, 7, 0), FAULT(121, 7, 0, 0xd0ULL, 0xc),
			REC(125, 7, "kvm_mmio", 0xd1004), ENTRY(130, 7, 0),
		},
		.want =
		"0 0 access r gfn=0xd0 attempts=1 result=emulate guest_ns=0 service_ns=10\n"
		"10 0 op - op=fault gfn=0xd0 result=emulate access=0x4 span_ns=9 stimulus=0 entry_ns=1 error_code=0xc\n"
		"20 0 access r gfn=0xd0 attempts=1 result=unknown guest_ns=10 service_ns=10\n"
		"30 0 op - op=fault gfn=0xd0 result=unknown access=0x4 span_ns=9 stimulus=1 entry_ns=1 error_code=0xc\n",
	},
	{
		.name = "two VMs because no VM has a vCPU twice",
		.steps = {
			SERVED(200, 100, 0, 0x20ULL, 6), SERVED(300, 200, 0, 0x20ULL, 6),
			SERVED(400, 201, 1, 0x20ULL, 6), SERVED(500, 101, 1, 0x20ULL, 6),
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"2 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"100 1 access w,hostwr vm=1 gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"102 1 op - vm=1 op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"200 2 access w,hostwr vm=1 gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"202 2 op - vm=1 op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n"
		"300 3 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"302 3 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n",
	},
	{
		.name = "a notifier seen before its VM's struct kvm is the same VM",
		.steps = {
			INV(100, 9), INV_END(110, 9), REC(200, 7, "vcpu_run", 1, KVM), SERVED(210, 7, 0, 0x20ULL, 6),
		},
		.want =
		"0 0 invalidate_start - start=0x7000 end=0x9000 service_ns=1\n"
		"1 0 op - op=invalidate_start gfn=0x0 result=continue span_ns=1 stimulus=0\n"
		"10 0 invalidate_end - start=0x7000 end=0x9000 service_ns=0\n"
		"100 0 pin - pin=off_cpu value=0x0\n"
		"100 0 op - op=invalidate_end gfn=0x0 result=continue span_ns=90 stimulus=1\n"
		"110 1 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=3\n"
		"112 1 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x6\n",
	},
	{
		.name = "an end whose return is not recorded is over when another task runs there, not when it runs elsewhere",
		.steps = {
			INV(100, 9), INV_END(110, 9),
			{ .ts = 150, .tid = 7, .event = "kvm_entry", .v = { 0 }, .cpu = 1 }, REC(200, 7, "kvm_entry", 0),
			REC(230, 8, "kvm_entry", 1),
		},
		.want =
		"0 0 invalidate_start - start=0x7000 end=0x9000 service_ns=1\n"
		"1 0 op - op=invalidate_start gfn=0x0 result=continue span_ns=1 stimulus=0\n"
		"10 0 invalidate_end - start=0x7000 end=0x9000 service_ns=0\n"
		"100 0 pin - pin=off_cpu value=0x0\n"
		"100 0 op - op=invalidate_end gfn=0x0 result=continue span_ns=90 stimulus=1\n",
		.unused = 3,
	},
	{
		.name = "memslots nobody was seen to make: where a one-page notifier zapped a frame, and where none did",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x3ULL, 6), REQ(120, 7, 0x3), CHANGED(130, 7, 0x3, EMPTY, LEAF),
			RET(150, 7, FIXED), ENTRY(160, 7, 0),
			EXIT(170, 7, 0), FAULT(180, 7, 0, 0x40003ULL, 6), REQ(181, 7, 0x40003ULL), RET(182, 7, RETRY), ENTRY(183, 7, 0),
			REC(200, 9, "mn_inv_start", MN, 0x7000, 0x8000, 1), CHANGED(210, 9, 0x3, LEAF, EMPTY),
		},
		.want =
		"0 0 access w,pfn,hostwr gfn=0x3 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=60\n"
		"0 2 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0x4000\n"
		"0 2 memslot open gfn=0x40000 id=1 change=create npages=0x200 kvm_flags=0x0 hva=0x4000000000000000\n"
		"0 2 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"0 2 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"20 0 kvm_mmu_spte_requested - gfn=0x3 level=1 pfn=0x1000\n"
		"30 0 kvm_tdp_mmu_spte_changed - gfn=0x3 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"50 0 op - op=fault gfn=0x3 result=fixed access=0x8 span_ns=40 stimulus=0 entry_ns=10 error_code=0x6\n"
		"70 0 access w gfn=0x40003 attempts=1 result=retry guest_ns=10 service_ns=13\n"
		"81 0 kvm_mmu_spte_requested - gfn=0x40003 level=1 pfn=0x1000\n"
		"82 0 op - op=fault gfn=0x40003 result=retry access=0x8 span_ns=2 stimulus=1 entry_ns=10 error_code=0x6\n"
		"100 1 invalidate_start open,matched start=0x7000 end=0x8000 service_ns=10\n"
		"110 1 kvm_tdp_mmu_spte_changed - gfn=0x3 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"110 1 op 0x22 op=invalidate_start gfn=0x0 result=continue span_ns=10 stimulus=0\n",
	},
	{
		.name = "a trace that ends before the entry leaves the access open",
		.steps = { EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), REQ(120, 7, 0x20ULL) },
		.want =
		"0 0 access w,open gfn=0x20 attempts=1 result=unknown guest_ns=0 service_ns=20\n"
		"20 0 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"20 0 op - op=fault gfn=0x20 result=unknown access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "a thread that moves to another CPU is the same vCPU",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6),
			{ .ts = 120, .tid = 7, .event = "tdp_page_fault_ret", .v = { FIXED }, .cpu = 1 }, { .ts = 130, .tid = 7, .event = "kvm_entry", .v = { 0 }, .cpu = 1 },
			{ .ts = 135, .tid = 9, .event = "kvm_entry", .v = { 1 }, .cpu = 0 },
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=30\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
		.unused = 1,
	},
	{
		.name = "records lost on a CPU end what was open there",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6),
			{ .ts = 200, .tid = 7, .event = "kvm_entry", .v = { 0 }, .missed = true }, SERVED(300, 7, 0, 0x20ULL, 6),
		},
		.want =
		"0 0 access w,open gfn=0x20 attempts=1 result=unknown guest_ns=0 service_ns=10\n"
		"10 0 op 0x2 op=fault gfn=0x20 result=unknown access=0x8 span_ns=0 stimulus=0 entry_ns=10 error_code=0x6\n"
		"200 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=100 service_ns=3\n"
		"202 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=1 stimulus=1 entry_ns=1 error_code=0x6\n",
	},
	{
		.name = "records lost on another CPU do not",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), { .ts = 115, .tid = 9, .event = "kvm_age_hva", .v = { 0x1000, 0x2000 }, .cpu = 1 },
			{ .ts = 116, .tid = 9, .event = "kvm_age_hva", .v = { 0x2000, 0x3000 }, .cpu = 1, .missed = true },
			RET(120, 7, FIXED), ENTRY(130, 7, 0),
		},
		.want =
		"0 1 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=30\n"
		"15 0 age open start=0x1000 end=0x2000 service_ns=0\n"
		"15 0 op 0x2 op=age gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"16 0 age - start=0x2000 end=0x3000 service_ns=0\n"
		"16 0 op - op=age gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"20 1 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "an EPT violation's qualification is no error code",
		.steps = {
			REC(100, 7, "kvm_exit", 48, 1, 0), FAULT(110, 7, 0, 0x20ULL, 0x184 | 0x8), RET(120, 7, FIXED),
			ENTRY(130, 7, 0),
		},
		.want =
		"0 0 access x,p gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=30\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x90 span_ns=10 stimulus=0 entry_ns=10 error_code=0x18c\n",
	},
	{
		.name = "a shadow fault's address is the guest's: a record on its way names the frame",
		.steps = {
			REC(100, 7, "kvm_exit", 0x4e, SVM, 0), FAULT(110, 7, 0, 0x7fff20ULL, 6), REQ(115, 7, 0x33ULL),
			SET(120, 7, 0x33ULL), ENTRY(130, 7, 0),
		},
		.want =
		"0 0 walk - gva=0x7fff20000 mapped=1 pferr=0x6\n"
		"0 0 access w,pfn,hostwr gfn=0x33 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=30\n"
		"15 0 kvm_mmu_spte_requested - gfn=0x33 level=1 pfn=0x1000\n"
		"20 0 kvm_mmu_set_spte - gfn=0x33 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"30 0 op - op=fault gfn=0x33 result=fixed access=0x8 span_ns=20 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "a shadow fault: its walk names tables and frame; only what is new of the tables is told",
		.steps = {
			LOAD(10, 7, 0, 0x40ULL),
			PF_FAULT(100, 7, 0, 0x8000201000ULL, 2), WALK(102, 7, 0x8000201000ULL, 2), PTE(103, 7, 0x41027, 4),
			PTE(104, 7, 0x42027, 3), PTE(105, 7, 0x43007, 2), PTE(106, 7, 0x99007, 1),
			REC(107, 7, "kvm_mmu_set_accessed_bit", 0x42008), REC(108, 7, "kvm_mmu_set_accessed_bit", 0x43008),
			REC(109, 7, "kvm_mmu_set_dirty_bit", 0x43008), PF_RET(110, 7, FIXED), ENTRY(111, 7, 0),
			PF_FAULT(120, 7, 0, 0x8000201000ULL, 2), WALK(122, 7, 0x8000201000ULL, 2), PTE(123, 7, 0x41027, 4),
			PTE(124, 7, 0x42027, 3), PTE(125, 7, 0x43027, 2), PTE(126, 7, 0x9a067, 1), PF_RET(130, 7, FIXED),
			ENTRY(131, 7, 0),
		},
		.want =
		"1 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"1 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"93 0 gpte - gfn=0x40 offset=0x8 level=4 bytes=8 value=0x41027\n"
		"94 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0x42027\n"
		"95 0 gpte - gfn=0x42 offset=0x8 level=2 bytes=8 value=0x43007\n"
		"96 0 gpte - gfn=0x43 offset=0x8 level=1 bytes=8 value=0x99007\n"
		"96 0 walk - gva=0x8000201000 root=0x40 levels=4 known=1 mapped=1 pferr=0x2\n"
		"96 0 access w,hostwr gfn=0x99 attempts=1 result=fixed guest_ns=87 service_ns=5\n"
		"97 0 kvm_mmu_set_accessed_bit - gfn=0x42 count=0x8\n"
		"98 0 kvm_mmu_set_accessed_bit - gfn=0x43 count=0x8\n"
		"99 0 kvm_mmu_set_dirty_bit - gfn=0x43 count=0x8\n"
		"100 0 op - op=fault gfn=0x99 result=fixed access=0x8 span_ns=9 stimulus=0 entry_ns=1 error_code=0x2\n"
		"116 0 gpte - gfn=0x43 offset=0x8 level=1 bytes=8 value=0x9a067\n"
		"116 0 walk - gva=0x8000201000 root=0x40 levels=4 known=1 mapped=1 pferr=0x2\n"
		"116 0 access w,hostwr gfn=0x9a attempts=1 result=fixed guest_ns=9 service_ns=5\n"
		"120 0 op - op=fault gfn=0x9a result=fixed access=0x8 span_ns=9 stimulus=1 entry_ns=1 error_code=0x2\n",
	},
	{
		.name = "a shadow fault the guest is told of; retries at one address are one access",
		.steps = {
			LOAD(10, 7, 0, 0x40ULL),
			PF_FAULT(100, 7, 0, 0x201234ULL, 2), WALK(102, 7, 0x201234ULL, 2), PTE(103, 7, 0, 4),
			REC(104, 7, "kvm_mmu_walker_error", 2), PF_RET(110, 7, RETRY), ENTRY(111, 7, 0),
			PF_FAULT(120, 7, 0, 0x201000ULL, 2), WALK(122, 7, 0x201000ULL, 2), PTE(123, 7, 0x41027, 4),
			PTE(124, 7, 0x400000e7, 3), PF_RET(126, 7, RETRY), ENTRY(127, 7, 0),
			PF_FAULT(130, 7, 0, 0x201008ULL, 2), WALK(132, 7, 0x201008ULL, 2), PTE(133, 7, 0x41027, 4),
			PTE(134, 7, 0x600000e7, 3), PF_RET(136, 7, FIXED), ENTRY(137, 7, 0),
		},
		.want =
		"1 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"1 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"93 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x0\n"
		"93 0 walk - gva=0x201234 root=0x40 levels=4 known=1 pferr=0x2\n"
		"93 0 access w gfn=0x201 attempts=1 result=guest_fault guest_ns=87 service_ns=8\n"
		"94 0 kvm_mmu_walker_error - gfn=0x0 count=0x2\n"
		"100 0 op - op=fault gfn=0x0 result=guest_fault access=0x8 span_ns=9 stimulus=0 entry_ns=1 error_code=0x2\n"
		"113 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41027\n"
		"114 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0x400000e7\n"
		"116 0 op - op=fault gfn=0x40201 result=retry access=0x8 span_ns=5 stimulus=1 entry_ns=1 error_code=0x2\n"
		"124 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0x600000e7\n"
		"124 0 walk - gva=0x201008 root=0x40 levels=4 known=1 mapped=1 pferr=0x2\n"
		"124 0 access w,hostwr gfn=0x40201 attempts=2 result=fixed guest_ns=9 service_ns=3\n"
		"126 0 op - op=fault gfn=0x40201 result=fixed access=0x8 span_ns=5 stimulus=1 entry_ns=1 error_code=0x2\n",
	},
	{
		.name = "a write to a table that KVM emulates: the access, then the write, which changes what is known",
		.steps = {
			LOAD(10, 7, 0, 0x40ULL),
			PF_FAULT(100, 7, 0, 0x40008ULL, 3), WALK(102, 7, 0x40008ULL, 3), PTE(103, 7, 0x41027, 4),
			PTE(104, 7, 0xe7, 3), PF_RET(110, 7, 3), REC(111, 7, "kvm_mmu_prepare_zap_page", 0, 0x40ULL, ROLE(1)),
			WALK(112, 7, 0x10008ULL, 0x10), PTE(113, 7, 0x41027, 4), PTE(114, 7, 0xe7, 3),
			REC(120, 7, "track_write", 0, 0x40008ULL, 0x51027, 8), REC(121, 7, "flush_all", KVM), ENTRY(130, 7, 0),
			CR_WRITE(140, 7, 0), WALK(142, 7, 0x8000000000ULL, 0x10), PTE(143, 7, 0x51027, 4), PTE(144, 7, 0, 3),
			REC(145, 7, "kvm_mmu_walker_error", 0x10), ENTRY(150, 7, 0),
		},
		.want =
		"1 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"1 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"93 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41027\n"
		"94 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0xe7\n"
		"94 0 walk - gva=0x40008 root=0x40 levels=4 known=1 mapped=1 pferr=0x3\n"
		"94 0 access w,p gfn=0x40 attempts=1 result=write_protected guest_ns=87 service_ns=16\n"
		"101 0 kvm_mmu_prepare_zap_page - gfn=0x40 role=0x3701\n"
		"101 0 op - op=fault gfn=0x40 result=write_protected access=0x88 span_ns=10 stimulus=0 entry_ns=1 error_code=0x3\n"
		"110 0 pt_write - gfn=0x40 offset=0x8 bytes=8 value=0x51027\n"
		"111 0 flush_all - gfn=0x0 count=0x0\n"
		"111 0 op - op=pt_write gfn=0x40 result=continue span_ns=1 stimulus=5\n"
		"134 0 gpte - gfn=0x51 offset=0x0 level=3 bytes=8 value=0x0\n"
		"135 0 kvm_mmu_walker_error - gfn=0x0 count=0x10\n"
		"135 0 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
		.unused = 2,
	},
	{
		.name = "CR3: a root at hand is synced, another is loaded; INVLPG; syncs while an access is retried",
		.steps = {
			LOAD(10, 7, 0, 0x40ULL),
			CR_WRITE(100, 7, 0), REC(101, 7, "new_pgd", 0, 0x50000ULL), REC(102, 7, "free_roots", KVM, 1),
			REC(103, 7, "mmu_load", 0), REC(104, 7, "kvm_mmu_get_page", 0, 0x50ULL, ROLE(4), 0, 0, 0),
			REC(105, 7, "sync_roots", 0), ENTRY(106, 7, 0),
			CR_WRITE(110, 7, 0), REC(111, 7, "new_pgd", 0, 0x40000ULL), REC(112, 7, "sync_roots", 0), ENTRY(113, 7, 0),
			REC(120, 7, "kvm_exit", 0x79, SVM, 0), REC(121, 7, "mmu_invlpg", 0, 0x201000ULL),
			REC(122, 7, "flush_all", KVM), ENTRY(123, 7, 0),
			PF_FAULT(130, 7, 0, 0x201000ULL, 2), PF_RET(132, 7, RETRY), REC(133, 7, "sync_roots", 0),
			ENTRY(134, 7, 0), PF_FAULT(140, 7, 0, 0x201000ULL, 2), PF_RET(142, 7, FIXED), ENTRY(143, 7, 0),
		},
		.want =
		"1 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"1 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"91 0 cr3 loads gva=0x0 root=0x50 levels=4 known=1\n"
		"92 0 op 0x4 op=cr3 gfn=0x50 result=continue span_ns=1 stimulus=2\n"
		"93 0 vcpu_load -\n"
		"94 0 kvm_mmu_get_page - gfn=0x50 role=0x3704\n"
		"95 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=2 stimulus=3\n"
		"101 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"101 0 op - op=cr3 gfn=0x40 result=continue span_ns=0 stimulus=4\n"
		"102 0 sync_roots -\n"
		"102 0 op - op=sync_roots gfn=0x0 result=continue span_ns=0 stimulus=5\n"
		"111 0 invlpg - gva=0x201000 root=0x40 levels=4 known=1\n"
		"112 0 flush_all - gfn=0x0 count=0x0\n"
		"112 0 op - op=invlpg gfn=0x0 result=continue span_ns=1 stimulus=6\n"
		"122 0 op - op=fault gfn=0x0 result=retry access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x2\n"
		"123 0 sync_roots nested\n"
		"123 0 think - guest_ns=105 other_exit_ns=12 exits=3\n"
		"123 0 walk - gva=0x201000 root=0x40 known=1 pferr=0x2\n"
		"123 0 access w,hostwr gfn=0x201 attempts=2 result=fixed guest_ns=105 service_ns=10\n"
		"123 0 op 0x1 op=sync_roots gfn=0x0 result=continue span_ns=0 stimulus=7\n"
		"132 0 op - op=fault gfn=0x0 result=fixed access=0x8 span_ns=1 stimulus=0 entry_ns=1 error_code=0x2\n",
	},
	{
		.name = "guests of 32 bits: PAE has four entries above, two levels have 1024 of four bytes",
		.steps = {
			LOAD(10, 7, 0, 0x40ULL), CR_WRITE(20, 7, 0), REC(21, 7, "new_pgd", 0, 0x50060ULL), ENTRY(22, 7, 0),
			PF_FAULT(100, 7, 0, 0xc0201234ULL, 2), WALK(102, 7, 0xc0201234ULL, 2), PTE(103, 7, 0x41001, 3),
			PTE(104, 7, 0x42027, 2), PTE(105, 7, 0x99067, 1), PF_RET(110, 7, FIXED), ENTRY(111, 7, 0),
			CR_WRITE(120, 7, 0), REC(121, 7, "new_pgd", 0, 0x60000ULL), ENTRY(122, 7, 0),
			PF_FAULT(130, 7, 0, 0xc0401234ULL, 2), WALK(132, 7, 0xc0401234ULL, 2), PTE(133, 7, 0x4080e7, 2),
			PF_RET(140, 7, FIXED), ENTRY(141, 7, 0),
		},
		.want =
		"1 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"1 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"11 0 cr3 - gva=0x0 root=0x50 levels=4 known=1\n"
		"11 0 op - op=cr3 gfn=0x50 result=continue span_ns=0 stimulus=2\n"
		"93 0 gpte - gfn=0x50 offset=0x78 level=3 bytes=8 value=0x41001\n"
		"94 0 gpte - gfn=0x41 offset=0x8 level=2 bytes=8 value=0x42027\n"
		"95 0 gpte - gfn=0x42 offset=0x8 level=1 bytes=8 value=0x99067\n"
		"95 0 think - guest_ns=85 other_exit_ns=2 exits=1\n"
		"95 0 walk - gva=0xc0201234 root=0x50 levels=3 known=1 mapped=1 pferr=0x2\n"
		"95 0 access w,hostwr gfn=0x99 attempts=1 result=fixed guest_ns=85 service_ns=6\n"
		"100 0 op - op=fault gfn=0x99 result=fixed access=0x8 span_ns=9 stimulus=0 entry_ns=1 error_code=0x2\n"
		"111 0 cr3 - gva=0x0 root=0x60 levels=3 known=1\n"
		"111 0 op - op=cr3 gfn=0x60 result=continue span_ns=0 stimulus=7\n"
		"123 0 gpte - gfn=0x60 offset=0xc04 level=2 bytes=4 value=0x4080e7\n"
		"123 0 think - guest_ns=17 other_exit_ns=2 exits=1\n"
		"123 0 walk - gva=0xc0401234 root=0x60 levels=2 known=1 mapped=1 pferr=0x2\n"
		"123 0 access w,hostwr gfn=0x400401 attempts=1 result=fixed guest_ns=17 service_ns=8\n"
		"130 0 op - op=fault gfn=0x400401 result=fixed access=0x8 span_ns=9 stimulus=1 entry_ns=1 error_code=0x2\n",
	},
	{
		.name = "where faults are not recorded, walks of a vCPU's thread stand for them, each until the next",
		.steps = {
			GETROOT(10, 7, 0x40ULL), WALK(100, 7, 0x201000ULL, 6), PTE(103, 7, 0x41027, 4), PTE(104, 7, 0xe7, 3),
			REC(105, 7, "kvm_mmu_get_page", 0, 0x41ULL, ROLE(3), 0, 0, 1), REQ(106, 7, 0x201ULL), SET(107, 7, 0x201ULL),
			WALK(200, 7, 0x202000ULL, 6), PTE(201, 7, 0x41067, 4), PTE(202, 7, 0x400000e7, 3),
			REC(203, 7, "kvm_unmap_hva_range", 0x7000, 0x9000),
			WALK(300, 7, 0x202000ULL, 6), PTE(301, 7, 0x41067, 4), PTE(302, 7, 0x400000e7, 3), REQ(303, 7, 0x40202ULL),
			WALK(400, 7, 0x8000000000ULL, 4), PTE(401, 7, 0, 4), REC(402, 7, "kvm_mmu_walker_error", 4),
			WALK(500, 7, 0x300000ULL, 0), PTE(501, 7, 0x41067, 4), PTE(502, 7, 0xe7, 3),
			REC(600, 9, "kvm_unmap_hva_range", 0x7000, 0x9000),
			REC(601, 9, "kvm_mmu_prepare_zap_page", 0, 0x41ULL, ROLE(3)), REC(602, 9, "kvm_mmu_prepare_zap_page", 0, 0x40ULL, ROLE(4)),
		},
		.want =
		"0 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"0 0 vcpu_load -\n"
		"0 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"0 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"93 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41027\n"
		"94 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0xe7\n"
		"94 0 walk - gva=0x201000 root=0x40 levels=4 known=1 mapped=1 pferr=0x6\n"
		"94 0 access w,pfn,hostwr gfn=0x201 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=3\n"
		"95 0 kvm_mmu_get_page - gfn=0x41 created=1 role=0x3703\n"
		"96 0 kvm_mmu_spte_requested - gfn=0x201 level=1 pfn=0x1000\n"
		"97 0 kvm_mmu_set_spte - gfn=0x201 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"97 0 op - op=fault gfn=0x201 result=fixed access=0x8 span_ns=7 stimulus=0 error_code=0x6\n"
		"191 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41067\n"
		"192 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0x400000e7\n"
		"193 0 invalidate_start nested,open start=0x7000 end=0x9000 service_ns=0\n"
		"193 0 walk - gva=0x202000 root=0x40 levels=4 known=1 mapped=1 pferr=0x6\n"
		"193 0 access w,pfn,hostwr gfn=0x40202 attempts=2 level=1 pfn=0x1000 result=spurious guest_ns=0 service_ns=100\n"
		"193 0 op 0x3 op=invalidate_start gfn=0x0 result=continue span_ns=0 stimulus=7\n"
		"193 0 op - op=fault gfn=0x40202 result=retry access=0x8 span_ns=3 stimulus=1 error_code=0x6\n"
		"293 0 kvm_mmu_spte_requested - gfn=0x40202 level=1 pfn=0x1000\n"
		"293 0 op - op=fault gfn=0x40202 result=spurious access=0x8 span_ns=3 stimulus=1 error_code=0x6\n"
		"391 0 gpte - gfn=0x40 offset=0x8 level=4 bytes=8 value=0x0\n"
		"391 0 walk - gva=0x8000000000 root=0x40 levels=4 known=1 pferr=0x4\n"
		"391 0 access r gfn=0x8000000 attempts=1 result=guest_fault guest_ns=0 service_ns=1\n"
		"392 0 kvm_mmu_walker_error - gfn=0x0 count=0x4\n"
		"392 0 op - op=fault gfn=0x0 result=guest_fault access=0x4 span_ns=2 stimulus=2 error_code=0x4\n"
		"492 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0xe7\n"
		"492 0 walk - gva=0x300000 root=0x40 levels=4 known=1 mapped=1\n"
		"492 0 access r gfn=0x300 attempts=1 result=unknown guest_ns=0 service_ns=0\n"
		"492 0 op - op=fault gfn=0x300 result=unknown access=0x4 span_ns=2 stimulus=3\n"
		"590 1 invalidate_start open start=0x7000 end=0x9000 service_ns=1\n"
		"591 1 zap_all -\n"
		"591 1 op 0x2 op=invalidate_start gfn=0x0 result=continue span_ns=1 stimulus=0\n"
		"591 1 kvm_mmu_prepare_zap_page - gfn=0x41 role=0x3703\n"
		"592 1 kvm_mmu_prepare_zap_page - gfn=0x40 role=0x3704\n"
		"592 1 op - op=zap_all gfn=0x0 result=continue span_ns=1 stimulus=1\n",
		.comm = "vcpu0",
	},
	{
		.name = "a root at hand, loaded where nothing shows it: the one that holds what the walk reads",
		.steps = {
			GETROOT(10, 7, 0x40ULL), WALK(100, 7, 0x0ULL, 4), PTE(101, 7, 0x41027, 4), PTE(102, 7, 0xe7, 3),
			GETROOT(110, 7, 0x50ULL), WALK(200, 7, 0x0ULL, 4), PTE(201, 7, 0x51027, 4), PTE(202, 7, 0xe7, 3),
			WALK(300, 7, 0x0ULL, 4), PTE(301, 7, 0x41067, 4), PTE(302, 7, 0xe7, 3),
		},
		.want =
		"0 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"0 0 vcpu_load -\n"
		"0 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"0 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"91 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41027\n"
		"92 0 gpte - gfn=0x41 offset=0x0 level=3 bytes=8 value=0xe7\n"
		"92 0 walk - gva=0x0 root=0x40 levels=4 known=1 mapped=1 pferr=0x4\n"
		"92 0 access r gfn=0x0 attempts=1 result=unknown guest_ns=0 service_ns=0\n"
		"92 0 op - op=fault gfn=0x0 result=unknown access=0x4 span_ns=2 stimulus=0 error_code=0x4\n"
		"100 0 cr3 - gva=0x0 root=0x50 levels=4 known=1\n"
		"100 0 vcpu_load -\n"
		"100 0 kvm_mmu_get_page - gfn=0x50 created=1 role=0x3704\n"
		"100 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=6\n"
		"191 0 gpte - gfn=0x50 offset=0x0 level=4 bytes=8 value=0x51027\n"
		"192 0 gpte - gfn=0x51 offset=0x0 level=3 bytes=8 value=0xe7\n"
		"192 0 op - op=fault gfn=0x0 result=retry access=0x4 span_ns=2 stimulus=1 error_code=0x4\n"
		"291 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"291 0 gpte - gfn=0x40 offset=0x0 level=4 bytes=8 value=0x41067\n"
		"291 0 walk - gva=0x0 root=0x40 levels=4 known=1 mapped=1 pferr=0x4\n"
		"291 0 access r gfn=0x0 attempts=2 result=unknown guest_ns=0 service_ns=1\n"
		"292 0 op - op=fault gfn=0x0 result=unknown access=0x4 span_ns=2 stimulus=1 error_code=0x4\n",
		.comm = "vcpu0",
	},
	{
		.name = "how many pages a fault has to zap tells how many there may be",
		.steps = {
			REC(1, 6, "vcpu_create", 0, KVM), LOAD(10, 7, 0, 0x40ULL),
			PF_FAULT(100, 7, 0, 0x201000ULL, 2), REC(102, 7, "kvm_mmu_get_page", 0, 0x41, ROLE(3), 0, 0, 1),
			REC(103, 7, "kvm_mmu_get_page", 0, 0x42, ROLE(2), 0, 0, 1), PF_RET(104, 7, FIXED), ENTRY(105, 7, 0),
			PF_FAULT(110, 7, 0, 0x8000201000ULL, 2), REC(112, 7, "zap_oldest", KVM, 22),
			REC(113, 7, "kvm_mmu_prepare_zap_page", 0, 0x42, ROLE(2)), PF_RET(114, 7, FIXED), ENTRY(115, 7, 0),
			PF_FAULT(120, 7, 0, 0x8000201000ULL, 2), REC(122, 7, "zap_oldest", KVM, 21), PF_RET(124, 7, FIXED),
			ENTRY(125, 7, 0),
		},
		.want =
		"10 0 cr3 - gva=0x0 root=0x40 levels=4 known=1\n"
		"10 0 vcpu_load -\n"
		"11 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3704\n"
		"11 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"99 0 walk - gva=0x201000 root=0x40 known=1 pferr=0x2\n"
		"99 0 access w,hostwr gfn=0x201 attempts=1 result=fixed guest_ns=87 service_ns=5\n"
		"101 0 kvm_mmu_get_page - gfn=0x41 created=1 role=0x3703\n"
		"102 0 kvm_mmu_get_page - gfn=0x42 created=1 role=0x3702\n"
		"103 0 op - op=fault gfn=0x0 result=fixed access=0x8 span_ns=3 stimulus=0 entry_ns=1 error_code=0x2\n"
		"110 0 page_limit - gfn=0x0 count=0x6\n"
		"110 0 walk - gva=0x8000201000 root=0x40 known=1 pferr=0x2\n"
		"110 0 access w,hostwr gfn=0x8000201 attempts=1 result=fixed guest_ns=5 service_ns=4\n"
		"112 0 kvm_mmu_prepare_zap_page - gfn=0x42 role=0x3702\n"
		"113 0 op - op=fault gfn=0x0 result=fixed access=0x8 span_ns=3 stimulus=1 entry_ns=1 error_code=0x2\n"
		"119 0 walk - gva=0x8000201000 root=0x40 known=1 pferr=0x2\n"
		"119 0 access w,hostwr gfn=0x8000201 attempts=1 result=fixed guest_ns=5 service_ns=5\n"
		"123 0 op - op=fault gfn=0x0 result=fixed access=0x8 span_ns=3 stimulus=2 entry_ns=1 error_code=0x2\n",
	},
	{
		.name = "a TDP host's walks and CR3 loads are the emulator's",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), CHANGED(115, 7, 0x20ULL, EMPTY, LEAF), RET(120, 7, FIXED),
			WALK(121, 7, 0x1000ULL, 0x10), PTE(122, 7, 0x41027, 4), REC(123, 7, "new_pgd", 0, 0x40000ULL),
			REC(124, 7, "track_write", 0, 0x1000, 1, 8), REC(125, 7, "kvm_mmu_set_accessed_bit", 0x42008),
			ENTRY(130, 7, 0),
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=30\n"
		"15 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
		.unused = 5,
	},
	{
		.name = "an entry's address becomes its frame: by the kvm_mmu_set_spte right after, until it is cleared",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), REQ(115, 7, 0x20ULL),
			UPDATE(116, 7, 0x5000, EMPTY, LEAF), SET_AT(117, 7, 0x20ULL, 0x5000), RET(120, 7, FIXED),
			ENTRY(121, 7, 0),
			UPDATE(200, 9, 0x5000, LEAF, LEAF & ~2ULL), UPDATE(201, 9, 0x6000, LEAF, LEAF & ~2ULL),
			CLEAR(210, 9, 0x5000, LEAF), CLEAR(211, 9, 0x5000, EMPTY), UPDATE(212, 9, 0x5000, EMPTY, LEAF),
		},
		.want =
		"0 0 access w,pfn,hostwr gfn=0x20 attempts=1 level=1 pfn=0x1000 result=fixed guest_ns=0 service_ns=21\n"
		"15 0 kvm_mmu_spte_requested - gfn=0x20 level=1 pfn=0x1000\n"
		"16 0 spte_update - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"17 0 kvm_mmu_set_spte - gfn=0x20 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n"
		"100 1 spte_update - gfn=0x20 level=1 old=0x1000e67 new=0x1000e65\n"
		"101 1 spte_update - gfn=0x0 level=0 old=0x1000e67 new=0x1000e65\n"
		"110 1 spte_clear - gfn=0x20 level=1 old=0x1000e67 new=0x0\n"
		"111 1 spte_clear - gfn=0x0 level=0 old=0x8000000000000000 new=0x0\n"
		"112 1 spte_update - gfn=0x0 level=0 old=0x8000000000000000 new=0x1000e67\n"
		"112 1 op - op=unknown gfn=0x0 result=continue span_ns=12 stimulus=4294967295\n",
	},
	{
		.name = "an update that another entry's kvm_mmu_set_spte follows says nothing of where addresses are",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), UPDATE(116, 7, 0x6008, LEAF, LEAF),
			SET_AT(117, 7, 0x20ULL, 0x5000), UPDATE(118, 7, 0x5000, LEAF, LEAF), RET(120, 7, FIXED),
			ENTRY(121, 7, 0),
		},
		.want =
		"0 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=21\n"
		"16 0 spte_update - gfn=0x0 level=0 old=0x1000e67 new=0x1000e67\n"
		"17 0 kvm_mmu_set_spte - gfn=0x20 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"18 0 spte_update - gfn=0x0 level=0 old=0x1000e67 new=0x1000e67\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "an entry that changes after the end of an invalidation in a fault is the fault's",
		.steps = {
			EXIT(100, 7, 0), FAULT(110, 7, 0, 0x20ULL, 6), INV(112, 7), CLEAR(114, 7, 0x5000, LEAF), INV_END(115, 7),
			UPDATE(116, 7, 0x5000, EMPTY, LEAF), SET_AT(117, 7, 0x20ULL, 0x5000), RET(120, 7, FIXED),
			ENTRY(121, 7, 0),
		},
		.want =
		"12 0 invalidate_start nested,matched start=0x7000 end=0x9000 service_ns=2\n"
		"14 0 spte_clear - gfn=0x0 level=0 old=0x1000e67 new=0x0\n"
		"14 0 op 0x21 op=invalidate_start gfn=0x0 result=continue span_ns=2 stimulus=0\n"
		"15 0 invalidate_end nested start=0x7000 end=0x9000 service_ns=1\n"
		"15 0 access w,hostwr gfn=0x20 attempts=1 result=fixed guest_ns=0 service_ns=6\n"
		"16 0 op 0x1 op=invalidate_end gfn=0x0 result=continue span_ns=1 stimulus=1\n"
		"16 0 spte_update - gfn=0x20 level=1 old=0x8000000000000000 new=0x1000e67\n"
		"17 0 kvm_mmu_set_spte - gfn=0x20 level=1 r=1 x=1 spte=0x1000e67 sptep=0x5000\n"
		"20 0 op - op=fault gfn=0x20 result=fixed access=0x8 span_ns=10 stimulus=0 entry_ns=10 error_code=0x6\n",
	},
	{
		.name = "waits for mmu_lock are told from others by their place in struct kvm",
		.steps = {
			REC(100, 9, "flush_all", KVM),
			WAIT(110, 9, 0xffffffff82c06080ULL, 3), WAITED(120, 9, 0xffffffff82c06080ULL),
			WAIT(130, 9, KVM + 8, 5), WAIT(131, 9, KVM + 12, 1), WAITED(138, 9, KVM + 12),
			WAITED(140, 9, KVM + 8), WAITED(150, 9, KVM + 8), WAIT(160, 9, KVM + 8, 3),
		},
		.want =
		"0 0 flush_all - gfn=0x0 count=0x0\n"
		"40 0 lock_wait - lock=0xffffc90000100008 wait_ns=10 lock_flags=0x5\n"
		"40 0 op - op=unknown gfn=0x0 result=continue span_ns=40 stimulus=4294967295\n",
		.unused = 6,
	},
	{
		.name = "without a struct kvm, mmu_lock is the rwlock waited for in an MMU operation",
		.steps = {
			WAIT(90, 9, 0xffffffff82c06080ULL, 3), WAITED(95, 9, 0xffffffff82c06080ULL),
			REC(100, 9, "kvm_unmap_hva_range", 0x7000, 0x9000), WAIT(110, 9, 0xffff888000001000ULL, 5),
			WAITED(140, 9, 0xffff888000001000ULL),
		},
		.want =
		"10 0 invalidate_start open start=0x7000 end=0x9000 service_ns=40\n"
		"50 0 lock_wait - lock=0xffff888000001000 wait_ns=30 lock_flags=0x5\n"
		"50 0 op 0x2 op=invalidate_start gfn=0x0 result=continue span_ns=40 stimulus=0\n",
		.unused = 2,
	},
	{
		.name = "aging: the probe and the tracepoint are one; young comes from the handler",
		.steps = {
			REC(100, 9, "mn_clear_flush_young", MN, 0x7000, 0x8000), REC(101, 9, "kvm_age_hva", 0x7000, 0x8000),
			REC(102, 9, "age_gfn", KVM, 0x20, 0x21), CHANGED(103, 9, 0x20ULL, LEAF, LEAF & ~0x20ULL),
			REC(104, 9, "age_gfn_ret", 1), REC(110, 9, "kvm_test_age_hva", 0x7531),
			REC(111, 9, "test_age_gfn", KVM, 0x20, 0x21), REC(112, 9, "test_age_gfn_ret", 0),
			REC(113, 9, "age_gfn_ret", 0),
		},
		.want =
		"0 0 age flush,young,matched start=0x7000 end=0x8000 service_ns=4 extra=1\n"
		"3 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x1000e47\n"
		"4 0 age_gfn 0x1 gfn=0x20 count=0x1\n"
		"4 0 op 0x38 op=age gfn=0x0 result=continue span_ns=4 stimulus=0\n"
		"10 0 test_age matched start=0x7531 end=0x7532 service_ns=3\n"
		"12 0 age_gfn - gfn=0x20 count=0x1\n"
		"13 0 op 0x20 op=test_age gfn=0x0 result=continue span_ns=3 stimulus=1\n",
		.unused = 1,
	},
	{
		.name = "words of a dirty log are what its call did",
		.steps = {
			REGION(10, 9, 2, 1, 0x20000ULL, 0x80000ULL), REGION_RET(20, 9, 0),
			REC(100, 9, "get_dirty_log", KVM, 2), REC(110, 9, "log_dirty_masked", KVM, 0x20, 0, 5),
			CHANGED(115, 9, 0x20ULL, LEAF, LEAF & ~2ULL), REC(120, 9, "log_dirty_masked", KVM, 0x20, 0x40, 1),
			REC(130, 9, "flush_all", KVM), REC(140, 9, "clear_dirty_log", KVM, 2, 0x40, 0x40),
			REC(150, 9, "log_dirty_masked", KVM, 0x20, 0x40, 2),
		},
		.want =
		"0 0 memslot - gfn=0x20 id=2 change=create npages=0x80 kvm_flags=0x1 hva=0x7000000\n"
		"10 0 op - op=memslot gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"90 0 dirty_get - gfn=0x20 slot=2 count=0x80 service_ns=30\n"
		"100 0 log_dirty_masked - gfn=0x20 count=0x5\n"
		"105 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x1000e65\n"
		"110 0 log_dirty_masked - gfn=0x60 count=0x1\n"
		"120 0 flush_all - gfn=0x0 count=0x0\n"
		"120 0 op - op=dirty gfn=0x20 result=continue span_ns=30 stimulus=1\n"
		"130 0 dirty_clear - gfn=0x60 slot=2 count=0x40 service_ns=10\n"
		"140 0 log_dirty_masked - gfn=0x60 count=0x2\n"
		"140 0 op - op=dirty gfn=0x60 result=continue span_ns=10 stimulus=2\n",
	},
	{
		.name = "a reset of dirty rings: one operation per ring, the flush in the last",
		.steps = {
			REC(10, 7, "vcpu_run", 1, KVM), ENTRY(11, 7, 0), REC(12, 8, "vcpu_run", 2, KVM), ENTRY(13, 8, 1),
			EXIT(19, 7, 0), FAULT(20, 7, 0, 0x20ULL, 2),
			REC(21, 7, "mark_page_dirty", KVM, 0x20), REC(22, 7, "kvm_dirty_ring_push", 0, 8, 7, 2, 5),
			ENTRY(30, 7, 0), REC(40, 9, "log_dirty_masked", KVM, 0x20, 5, 1),
			REC(50, 9, "kvm_dirty_ring_reset", 0, 8, 8), REC(60, 9, "kvm_dirty_ring_reset", 1, 0, 0),
			REC(70, 9, "flush_all", KVM),
		},
		.want =
		"9 0 access w gfn=0x20 attempts=1 result=unknown guest_ns=8 service_ns=11\n"
		"11 0 pin - pin=mark_dirty value=0x0\n"
		"12 0 kvm_dirty_ring_push - gfn=0x5 slot=2 count=0x0\n"
		"20 0 op - op=fault gfn=0x20 result=unknown access=0x8 span_ns=10 stimulus=0 entry_ns=1 error_code=0x2\n"
		"30 1 dirty_reset - gfn=0x0 count=0x1 service_ns=10\n"
		"30 1 log_dirty_masked - gfn=0x25 count=0x1\n"
		"40 1 op - op=dirty gfn=0x0 result=continue span_ns=10 stimulus=0\n"
		"50 1 dirty_reset last gfn=0x0 slot=1 count=0x0 service_ns=10\n"
		"60 1 flush_all - gfn=0x0 count=0x0\n"
		"60 1 op 0x4 op=dirty gfn=0x0 result=continue span_ns=10 stimulus=1\n",
		.unused = 1,
	},
	{
		.name = "a vCPU that gives up its root and takes another",
		.steps = {
			REC(90, 7, "mmu_load", 1), REC(95, 7, "kvm_mmu_get_page", 0, 0, 0x3784, 0, 0, 1), ENTRY(100, 7, 0),
			HLT(110, 7, 0), REC(120, 7, "free_roots", KVM, 1), REC(130, 7, "mmu_load", 1), ENTRY(140, 7, 0),
			REC(150, 9, "free_roots", KVM, 15),
		},
		.want =
		"0 0 vcpu_load -\n"
		"5 0 kvm_mmu_get_page - gfn=0x0 created=1 role=0x3784\n"
		"5 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=5 stimulus=0\n"
		"30 0 vcpu_unload -\n"
		"30 0 op - op=vcpu_unload gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"40 0 vcpu_load -\n"
		"40 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=2\n",
		.unused = 4,
	},
	{
		.name = "what nothing explains is kept in operations of unknown kind, apart when far apart",
		.steps = {
			CHANGED(100, 9, 0x20ULL, LEAF, EMPTY), CHANGED(200, 9, 0x21ULL, LEAF, EMPTY),
			CHANGED(9000000, 9, 0x22ULL, LEAF, EMPTY), REC(9000100, 9, "mn_release", MN),
		},
		.want =
		"0 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"100 0 kvm_tdp_mmu_spte_changed - gfn=0x21 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"100 0 op - op=unknown gfn=0x0 result=continue span_ns=100 stimulus=4294967295\n"
		"8999900 0 kvm_tdp_mmu_spte_changed - gfn=0x22 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"8999900 0 op - op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n"
		"9000000 0 zap_all -\n"
		"9000000 0 op - op=zap_all gfn=0x0 result=continue span_ns=0 stimulus=0\n",
	},
	{
		.name = "the end of a VM: release, then destruction; its address may be used again",
		.steps = {
			REC(100, 9, "vcpu_create", 1, KVM), REC(200, 9, "mn_release", MN), REC(210, 9, "tdp_zap_all", KVM),
			CHANGED(220, 9, 0x20ULL, LEAF, EMPTY), REC(300, 9, "destroy_vm", KVM),
			REC(310, 9, "tdp_zap_inv_roots", KVM), REC(400, 9, "vcpu_create", 1, KVM),
			REC(410, 9, "flush_all", KVM),
		},
		.want =
		"100 0 zap_all -\n"
		"120 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x8000000000000000\n"
		"120 0 op - op=zap_all gfn=0x0 result=continue span_ns=20 stimulus=0\n"
		"200 0 vm_destroy -\n"
		"210 0 pin - pin=zap_roots value=0x0\n"
		"210 0 op - op=vm_destroy gfn=0x0 result=continue span_ns=10 stimulus=1\n"
		"310 0 flush_all - vm=1 gfn=0x0 count=0x0\n"
		"310 0 op - vm=1 op=unknown gfn=0x0 result=continue span_ns=0 stimulus=4294967295\n",
	},
	{
		.name = "an event of no row is counted and nothing else",
		.steps = { REC(100, 9, "kvm_hypercall", 0), REC(110, 9, "kvm_age_hva", 0x1000, 0x2000) },
		.want =
		"10 0 age - start=0x1000 end=0x2000 service_ns=0\n"
		"10 0 op - op=age gfn=0x0 result=continue span_ns=0 stimulus=0\n",
		.unused = 1,
	},
};

int main(void)
{
	return table_run("fold", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
