// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A made-up recording of any length: every vCPU, on a CPU of its own, touches
 * one new page after the other, in the seven records a fault makes on 6.12.
 *
 *	mktrace -n ACCESSES -v VCPUS -o FILE [-x]
 *
 * -n counts all vCPUs' accesses together; -x: no KVM event, for tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/bench/tracedat6.h"

/* Layouts as the format files of a 6.12 kernel have them. */
struct entry { uint64_t common; uint32_t vcpu_id, pad; uint64_t rip; uint8_t immediate_exit, end[3]; };
struct exit_rec { uint64_t common; uint32_t exit_reason, pad; uint64_t guest_rip; uint32_t isa, pad2;
		  uint64_t info1, info2; uint32_t intr_info, error_code, vcpu_id; };
struct fault { uint64_t common; uint32_t vcpu_id, pad; uint64_t guest_rip, fault_address, error_code; };
struct requested { uint64_t common, gfn, pfn; uint8_t level, end[3]; };
struct changed { uint64_t common, gfn, old_spte, new_spte; uint8_t level, as_id, end[2]; };
struct set { uint64_t common, gfn, spte, sptep; uint8_t level, r, x; int8_t u; };
struct fault_ret { uint64_t common, func, ret_ip; int32_t ret; };
struct other { uint64_t common, ptr; };

#define FIELD(type, of, name, sign) { type, #name, offsetof(struct of, name), sizeof(((struct of *)0)->name), sign }
#define END { 0 }

static const struct td6_field entry_fields[] = {
	FIELD("unsigned int", entry, vcpu_id, 0), FIELD("unsigned long", entry, rip, 0),
	FIELD("bool", entry, immediate_exit, 0), END };
static const struct td6_field exit_fields[] = {
	FIELD("unsigned int", exit_rec, exit_reason, 0), FIELD("unsigned long", exit_rec, guest_rip, 0),
	FIELD("u32", exit_rec, isa, 0), FIELD("u64", exit_rec, info1, 0), FIELD("u64", exit_rec, info2, 0),
	FIELD("u32", exit_rec, intr_info, 0), FIELD("u32", exit_rec, error_code, 0),
	FIELD("unsigned int", exit_rec, vcpu_id, 0), END };
static const struct td6_field fault_fields[] = {
	FIELD("unsigned int", fault, vcpu_id, 0), FIELD("unsigned long", fault, guest_rip, 0),
	FIELD("u64", fault, fault_address, 0), FIELD("u64", fault, error_code, 0), END };
static const struct td6_field requested_fields[] = {
	FIELD("u64", requested, gfn, 0), FIELD("u64", requested, pfn, 0), FIELD("u8", requested, level, 0), END };
static const struct td6_field changed_fields[] = {
	FIELD("u64", changed, gfn, 0), FIELD("u64", changed, old_spte, 0), FIELD("u64", changed, new_spte, 0),
	FIELD("u8", changed, level, 0), FIELD("u8", changed, as_id, 0), END };
static const struct td6_field set_fields[] = {
	FIELD("u64", set, gfn, 0), FIELD("u64", set, spte, 0), FIELD("u64", set, sptep, 0), FIELD("u8", set, level, 0),
	FIELD("bool", set, r, 0), FIELD("bool", set, x, 0), FIELD("signed char", set, u, 1), END };
static const struct td6_field ret_fields[] = {
	{ "unsigned long", "__probe_func", 8, 8, 0 }, { "unsigned long", "__probe_ret_ip", 16, 8, 0 },
	FIELD("s32", fault_ret, ret, 1), END };
static const struct td6_field other_fields[] = { FIELD("u64", other, ptr, 0), END };

enum { ENTRY, EXIT, FAULT, REQUESTED, CHANGED, SET, RET, OTHER, NR_EVENTS };

static const struct td6_event events[] = {
	[ENTRY]	    = { "kvm", "kvm_entry", 1586, sizeof(struct entry), entry_fields },
	[EXIT]	    = { "kvm", "kvm_exit", 1577, sizeof(struct exit_rec), exit_fields },
	[FAULT]	    = { "kvm", "kvm_page_fault", 1574, sizeof(struct fault), fault_fields },
	[REQUESTED] = { "kvmmmu", "kvm_mmu_spte_requested", 1589, sizeof(struct requested), requested_fields },
	[CHANGED]   = { "kvmmmu", "kvm_tdp_mmu_spte_changed", 1588, sizeof(struct changed), changed_fields },
	[SET]	    = { "kvmmmu", "kvm_mmu_set_spte", 1590, sizeof(struct set), set_fields },
	[RET]	    = { "lab", "tdp_page_fault_ret", 1640, sizeof(struct fault_ret), ret_fields },
	[OTHER]	    = { "other", "nothing_of_kvm", 1700, sizeof(struct other), other_fields },
	[NR_EVENTS] = { 0 },
};

#define EMPTY	0x8000000000000000ULL	/* 6.12 */
#define LEAF	0xe67			/* NPT: writable, accessed, dirty */
#define NPF	0x400
#define SVM	2
#define FIXED	5

static void access_page(struct td6 *t, uint64_t ts, uint32_t vcpu, uint64_t gfn)
{
	uint32_t pid = 1000 + vcpu;
	uint64_t pfn = 0x100000 + gfn, spte = pfn << 12 | LEAF;
	struct exit_rec exit_rec = { .exit_reason = NPF, .isa = SVM, .info1 = 0x100000006, .info2 = gfn << 12,
				     .vcpu_id = vcpu };
	struct fault fault = { .vcpu_id = vcpu, .fault_address = gfn << 12, .error_code = 0x100000006 };
	struct requested requested = { .gfn = gfn, .pfn = pfn, .level = 1 };
	struct changed changed = { .gfn = gfn, .old_spte = EMPTY, .new_spte = spte, .level = 1 };
	struct set set = { .gfn = gfn, .spte = spte, .sptep = 0x5000000 + (gfn & 511) * 8, .level = 1,
			   .r = 1, .x = 1, .u = 1 };
	struct fault_ret ret = { .ret = FIXED };
	struct entry entry = { .vcpu_id = vcpu };

	td6_record(t, ts, &events[EXIT], pid, &exit_rec);
	td6_record(t, ts + 300, &events[FAULT], pid, &fault);
	td6_record(t, ts + 900, &events[REQUESTED], pid, &requested);
	td6_record(t, ts + 1100, &events[CHANGED], pid, &changed);
	td6_record(t, ts + 1200, &events[SET], pid, &set);
	td6_record(t, ts + 1400, &events[RET], pid, &ret);
	td6_record(t, ts + 1600, &events[ENTRY], pid, &entry);
}

static void other_event(struct td6 *t, uint64_t ts)
{
	struct other other = { .ptr = ts };

	td6_record(t, ts, &events[OTHER], 1, &other);
}

int main(int argc, char **argv)
{
	unsigned long accesses = 1000, vcpus = 2, per_vcpu;
	const char *path = NULL;
	int opt, plain = 0;
	struct td6 *t;

	while ((opt = getopt(argc, argv, "n:v:o:x")) != -1) {
		if (opt == 'n')
			accesses = strtoul(optarg, NULL, 0);
		else if (opt == 'v')
			vcpus = strtoul(optarg, NULL, 0);
		else if (opt == 'o')
			path = optarg;
		else if (opt == 'x')
			plain = 1;
		else
			return 2;
	}
	if (!path || !vcpus || vcpus > 1024) {
		fputs("usage: mktrace -n ACCESSES -v VCPUS -o FILE [-x]\n", stderr);
		return 2;
	}
	t = td6_open(path, events, vcpus, "1 init\n1000 vcpu0\n1001 vcpu1\n");
	per_vcpu = accesses / vcpus;
	for (unsigned long v = 0; v < vcpus; v++) {
		td6_cpu(t, v);
		for (unsigned long i = 0; i < per_vcpu; i++) {
			uint64_t ts = 1000000000 + i * 2500 + v * 7;

			if (plain)
				other_event(t, ts);
			else
				access_page(t, ts, v, 0x40000 + v * per_vcpu + i);
		}
	}
	td6_close(t);
	return 0;
}
