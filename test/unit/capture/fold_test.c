// SPDX-License-Identifier: GPL-2.0-or-later
/* The fold: x86 hosts with the TDP MMU, and arm64 hosts. */
#include "test/unit/capture/fold_rows.h"

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
		"0 1 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0xfffffffffffe7000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
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
		.name = "aging: probe and tracepoint are one; young comes from the handler, and so does where an older memslot lies",
		.steps = {
			REC(100, 9, "mn_clear_flush_young", MN, 0x7000, 0x8000), REC(101, 9, "kvm_age_hva", 0x7000, 0x8000),
			REC(102, 9, "age_gfn", KVM, 0x20, 0x21), CHANGED(103, 9, 0x20ULL, LEAF, LEAF & ~0x20ULL),
			REC(104, 9, "age_gfn_ret", 1), REC(110, 9, "kvm_test_age_hva", 0x7531),
			REC(111, 9, "test_age_gfn", KVM, 0x20, 0x21), REC(112, 9, "test_age_gfn_ret", 0),
			REC(113, 9, "age_gfn_ret", 0),
		},
		.want =
		"0 0 age flush,young,matched start=0x7000 end=0x8000 service_ns=4 extra=1\n"
		"0 1 memslot open gfn=0x0 id=0 change=create npages=0x200 kvm_flags=0x0 hva=0xfffffffffffe7000\n"
		"0 1 op 0x2 op=memslot gfn=0x0 result=continue span_ns=0 stimulus=0\n"
		"3 0 kvm_tdp_mmu_spte_changed - gfn=0x20 level=1 old=0x1000e67 new=0x1000e47\n"
		"4 0 age_gfn 0x1 gfn=0x20 count=0x1\n"
		"4 0 op 0x38 op=age gfn=0x0 result=continue span_ns=4 stimulus=0\n"
		"10 0 test_age matched start=0x7531 end=0x7532 service_ns=3\n"
		"12 0 age_gfn - gfn=0x20 count=0x1\n"
		"13 0 op 0x20 op=test_age gfn=0x0 result=continue span_ns=3 stimulus=1\n",
		.unused = 1,
	},
	{
		.name = "arm64: what the notifier returns is young, where its one handler's return is not recorded",
		.arm64 = true,
		.steps = {
			REC(100, 9, "kvm_test_age_hva", 0x7531), REC(101, 9, "test_age_gfn", KVM, 0x20, 0x21),
			REC(103, 9, "mn_test_young_ret", 1), REC(110, 9, "kvm_test_age_hva", 0x7531),
			REC(111, 9, "test_age_gfn", KVM, 0x20, 0x21), REC(112, 9, "test_age_gfn", KVM, 0x30, 0x31),
			REC(113, 9, "mn_test_young_ret", 1),
		},
		.want =
		"0 0 test_age young,matched start=0x7531 end=0x7532 service_ns=3\n"
		"3 0 age_gfn 0x1 gfn=0x20 count=0x1\n"
		"3 0 op 0x30 op=test_age gfn=0x0 result=continue span_ns=3 stimulus=0\n"
		"10 0 test_age matched start=0x7531 end=0x7532 service_ns=3\n"
		"12 0 age_gfn - gfn=0x20 count=0x1\n"
		"13 0 age_gfn - gfn=0x30 count=0x1\n"
		"13 0 op 0x20 op=test_age gfn=0x0 result=continue span_ns=3 stimulus=1\n",
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
