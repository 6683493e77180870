// SPDX-License-Identifier: GPL-2.0-or-later
/* The fold: x86 hosts without the TDP MMU, and those that follow the guest's own page tables. */
#include "test/unit/capture/fold_rows.h"

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
#define SET_AT(t, tid, gfn, sptep) REC(t, tid, "kvm_mmu_set_spte", gfn, LEAF, sptep, 1, 1, 1)
#define IN_MAP(sptep)		(0xffff888000000000ULL + (sptep))	/* where the kernel has its map of all memory */
#define UPDATE(t, tid, sptep, old, new) REC(t, tid, "spte_update", IN_MAP(sptep), old, new)
#define CLEAR(t, tid, sptep, old) REC(t, tid, "spte_clear", KVM, IN_MAP(sptep), old)

static const struct row rows[] = {
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
		.name = "five levels: a page of the fourth is no root",
		.steps = {
			REC(10, 7, "kvm_entry", 0), REC(11, 7, "kvm_exit", 0x4e, SVM, 0),
			REC(12, 7, "kvm_mmu_get_page", 0, 0x40ULL, ROLE(5), 0, 0, 1), ENTRY(13, 7, 0),
			PF_FAULT(100, 7, 0, 0xff11000000201000ULL, 2), WALK(102, 7, 0xff11000000201000ULL, 2), PTE(103, 7, 0x41027, 5),
			REC(104, 7, "kvm_mmu_get_page", 0, 0x41ULL, ROLE(4), 0, 0, 1), PTE(105, 7, 0x42027, 4), PTE(106, 7, 0x80e7, 3),
			ENTRY(111, 7, 0),
		},
		.want =
		"2 0 cr3 - gva=0x0 root=0x40 levels=5 known=1\n"
		"2 0 vcpu_load -\n"
		"2 0 kvm_mmu_get_page - gfn=0x40 created=1 role=0x3705\n"
		"2 0 op - op=vcpu_load gfn=0x0 result=continue span_ns=0 stimulus=1\n"
		"93 0 gpte - gfn=0x40 offset=0x888 level=5 bytes=8 value=0x41027\n"
		"94 0 kvm_mmu_get_page - gfn=0x41 created=1 role=0x3704\n"
		"95 0 gpte - gfn=0x41 offset=0x0 level=4 bytes=8 value=0x42027\n"
		"96 0 gpte - gfn=0x42 offset=0x0 level=3 bytes=8 value=0x80e7\n"
		"96 0 think - guest_ns=88 other_exit_ns=2 exits=1\n"
		"96 0 walk - gva=0xff11000000201000 root=0x40 levels=5 known=1 mapped=1 pferr=0x2\n"
		"96 0 access w gfn=0x201 attempts=1 result=unknown guest_ns=88 service_ns=5\n"
		"101 0 op - op=fault gfn=0x201 result=unknown access=0x8 span_ns=10 stimulus=0 entry_ns=1 error_code=0x2\n",
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
			REC(601, 9, "kvm_mmu_prepare_zap_page", 0, 0x41ULL, ROLE(3)), REC(602, 9, "kvm_mmu_prepare_zap_page", 0, 0x40ULL, ROLE(4), 1),
			REC(700, 9, "kvm_mmu_prepare_zap_page", 0, 0x40ULL, ROLE(4) | 0x800),
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
		"592 1 kvm_mmu_prepare_zap_page - gfn=0x40 root_count=1 role=0x3704\n"
		"690 1 vcpu_unload -\n"
		"690 1 op - op=zap_all gfn=0x0 result=continue span_ns=99 stimulus=1\n"
		"690 1 kvm_mmu_prepare_zap_page - gfn=0x40 role=0x3f04\n"
		"690 1 op - op=vcpu_unload gfn=0x0 result=continue span_ns=0 stimulus=2\n",
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
		.name = "an entry's address becomes its frame: by the kvm_mmu_set_spte right after, until it is cleared; then its place is told",
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
		"101 1 spte_update - gfn=0xc00 level=0 old=0x1000e67 new=0x1000e65\n"
		"110 1 spte_clear - gfn=0x20 level=1 old=0x1000e67 new=0x0\n"
		"111 1 spte_clear - gfn=0xa00 level=0 old=0x8000000000000000 new=0x0\n"
		"112 1 spte_update - gfn=0xa00 level=0 old=0x8000000000000000 new=0x1000e67\n"
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
};

int main(void)
{
	return table_run("fold without the TDP MMU", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
