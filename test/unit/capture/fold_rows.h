/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_CAPTURE_FOLD_ROWS_H
#define TEST_UNIT_CAPTURE_FOLD_ROWS_H

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
#define MARK(t, who, line)	{ .ts = t, .tid = who, .event = "print", .text = line }

#endif
