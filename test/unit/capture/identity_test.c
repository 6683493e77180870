// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which thread, which vCPU, which VM: the fold on made-up recordings whose threads
 * end, whose numbers and addresses are used again, whose VMs share a process or a host's thread.
 */
#include <stdio.h>
#include <unistd.h>

#include "capture/fold.h"
#include "event/reader.h"
#include "test/table.h"
#include "test/unit/capture/fake.h"

struct row {
	const char	*name;
	struct step	 steps[STEPS_MAX];
	const char	*tasks;		/* "TID:VM/VCPU ..." in the order they wrote something; '-': none, or several */
	const char	*stimuli;	/* "TID:kind@VM ..." by time */
	uint32_t	 vms;
	const char	*vcpus;		/* of each VM, "2 1" */
	uint64_t	 damage;
	const char	*comm;
};

/* --- the check --------------------------------------------------------------------------- */

static void tasks_of(const struct ev_meta *m, FILE *out)
{
	for (size_t i = 0; i < m->nr_tasks; i++) {
		fprintf(out, "%s%u:", i ? " " : "", m->tasks[i].tid);
		m->tasks[i].vm < 0 ? fputs("-", out) : fprintf(out, "%d", m->tasks[i].vm);
		m->tasks[i].vcpu < 0 ? fputs("/-", out) : fprintf(out, "/%d", m->tasks[i].vcpu);
	}
}

static void stimuli_of(struct ev_file *f, FILE *out)
{
	struct ev_merge *m;
	struct ev_at at;
	struct err e;
	bool first = true;

	assert_int_equal(ev_merge_open(f, 1u << EV_STIMULUS, &m, &e), 0);
	while (ev_merge_next(m, &at, &e) > 0) {
		assert_true(at.t_ns < 1000000);
		fprintf(out, "%s%u:%s@%u", first ? "" : " ", ev_meta(f)->tasks[at.task].tid, ev_kind_name(at.ev->kind),
			at.ev->vm);
		if (at.ev->kind == EV_ACCESS)	/* nobody's time runs backwards */
			assert_true(at.ev->access.service_ns < 1000000 && at.ev->access.guest_ns < 1000000);
		first = false;
	}
	ev_merge_close(m);
}

static void vcpus_of(const struct ev_meta *m, FILE *out)
{
	for (size_t i = 0; i < m->nr_vms; i++)
		fprintf(out, "%s%u", i ? " " : "", m->vms[i].nr_vcpus);
}

static void fold_steps(const struct row *row, const char *path)
{
	struct source_record rec;
	struct ev_writer *w;
	struct ev_meta meta;
	struct fake fake;
	struct fold *f;
	uint64_t unused = 0, n = 0;
	struct err e;

	fake_init(&fake, row->steps, KVM_X86);
	fake.comm = row->comm;
	ev_meta_init(&meta);
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	f = fold_new(&fake.source, &meta, w);
	for (; fake_next(&fake.source, &rec, &e); n++)
		assert_int_equal(fold_record(f, &rec), 0);
	assert_int_equal(fold_finish(f), 0);
	fold_free(f);
	assert_int_equal(meta.events, n);
	for (size_t i = 0; i < meta.unused.nr; i++)
		unused += meta.unused.v[i].n;
	assert_true(unused <= n);
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	char path[] = "/tmp/mmulab-identity-XXXXXX", *got = NULL;
	uint64_t damage = 0;
	struct ev_file *f;
	struct err e;
	size_t len;
	FILE *out;

	close(mkstemp(path));
	fold_steps(row, path);
	assert_int_equal(ev_open(path, 0, &f, &e), 0);
	unlink(path);
	out = open_memstream(&got, &len);
	tasks_of(ev_meta(f), out);
	fputs(" | ", out);
	stimuli_of(f, out);
	fputs(" | ", out);
	vcpus_of(ev_meta(f), out);
	fclose(out);
	for (size_t i = 0; i < ev_meta(f)->damage.nr; i++)
		damage += ev_meta(f)->damage.v[i].n;
	{
		char want[1024];

		snprintf(want, sizeof(want), "%s | %s | %s", row->tasks, row->stimuli, row->vcpus);
		assert_string_equal(got, want);
	}
	assert_int_equal(ev_meta(f)->nr_vms, row->vms);
	assert_int_equal(damage, row->damage);
	ev_close(f);
	free(got);
}

/* --- the records ---------------------------------------------------------------------------- */

#define A	0xffffc90000100000ULL
#define B	0xffffc90000200000ULL
#define NEXT	(A + 0xb000)		/* next in memory, as of a VM made right after A's */
#define MN(kvm)	((kvm) + 0x1a90)
#define EMPTY	0x8000000000000000ULL	/* 6.12 */
#define LEAF(n)	(0xe67ULL | (n) << 12)

#define REC(t, who, name, ...)	{ .ts = t, .tid = who, .event = name, .v = { __VA_ARGS__ } }
#define RUN(t, tid, kvm)	REC(t, tid, "vcpu_run", 1, kvm)
#define SERVED(t, tid, vcpu)							\
	REC(t, tid, "kvm_exit", 0x400, 2, vcpu), REC((t) + 1, tid, "kvm_page_fault", vcpu, 0x20000, 6),	\
	REC((t) + 2, tid, "tdp_page_fault_ret", 5), REC((t) + 3, tid, "kvm_entry", vcpu)
#define MAPPED(t, tid, vcpu, pfn)						\
	REC(t, tid, "kvm_exit", 0x400, 2, vcpu), REC((t) + 1, tid, "kvm_page_fault", vcpu, 0x20000, 6),	\
	REC((t) + 2, tid, "kvm_tdp_mmu_spte_changed", 0x20, EMPTY, LEAF(pfn), 1, 0),			\
	REC((t) + 3, tid, "tdp_page_fault_ret", 5), REC((t) + 4, tid, "kvm_entry", vcpu)
#define ZAPPED(t, tid, pfn)	REC(t, tid, "kvm_tdp_mmu_spte_changed", 0x20, LEAF(pfn), EMPTY, 1, 0)
#define INV(t, tid, kvm)	REC(t, tid, "mn_inv_start", MN(kvm), 0x7000, 0x9000, 1)
#define INV_END(t, tid, kvm)	REC(t, tid, "mn_inv_end", MN(kvm), 0x7000, 0x9000)
#define UNMAP(t, tid, kvm)	REC(t, tid, "unmap_gfn_range", kvm, 0x20, 0x22)
#define HVA(t, tid, hva)	REC(t, tid, "kvm_unmap_hva_range", hva, (hva) + 0x1000)
#define SLOT(t, tid, kvm, size)	REC(t, tid, "set_memory_region", kvm, 1, 0, 0x20000, size, 0x7000), \
				REC((t) + 1, tid, "set_memory_region_ret", 0)
#define MARK(t, who, line)	{ .ts = t, .tid = who, .event = "print", .text = line }
#define EXITS(t, tid)		REC(t, tid, "sched_process_exit", tid)

static const struct row rows[] = {
	{
		.name = "two VMs of two processes, by their struct kvm",
		.steps = { RUN(100, 7, A), RUN(101, 8, B), SERVED(200, 7, 0), SERVED(300, 8, 0) },
		.tasks = "7:0/0 8:1/0", .stimuli = "7:access@0 8:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "two VMs of one process: the notifiers of both run in the threads of either",
		.steps = {
			RUN(100, 7, A), RUN(101, 8, B), SERVED(200, 7, 0), SERVED(300, 8, 0),
			INV(400, 8, B), INV(401, 8, A), INV_END(402, 8, B), INV_END(403, 8, A), SERVED(500, 8, 0),
		},
		.tasks = "7:0/0 8:1/0",
		.stimuli = "7:access@0 8:access@1 8:invalidate_start@1 8:invalidate_start@0 8:invalidate_end@1 "
			   "8:invalidate_end@0 8:access@1",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a thread that had both VMs' notifiers before it ran is placed by what it runs",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), INV(200, 8, A), INV(210, 8, B), INV(220, 8, A), RUN(300, 8, B),
			SERVED(310, 8, 0),
		},
		.tasks = "7:0/0 8:1/0",
		.stimuli = "7:access@0 8:invalidate_start@0 8:invalidate_start@1 8:invalidate_start@0 8:access@1",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "the notifier of a VM next to the first, before anything else of it, is not the first's",
		.steps = {
			INV(100, 6, A), INV_END(101, 6, A), SLOT(110, 6, A, 0x2000), INV(120, 8, NEXT), INV_END(121, 8, NEXT),
			SLOT(130, 8, NEXT, 0x2000), INV(140, 8, NEXT), UNMAP(141, 8, NEXT), INV_END(142, 8, NEXT),
		},
		.tasks = "6:0/- 8:1/-",
		.stimuli = "6:invalidate_start@0 6:invalidate_end@0 6:memslot@0 8:invalidate_start@1 8:invalidate_end@1 "
			   "8:memslot@1 8:invalidate_start@1 8:invalidate_end@1",
		.vms = 2, .vcpus = "0 0",
	},
	{
		.name = "of two VMs known by their notifiers alone, a struct kvm is the thread's own, else the nearer",
		.steps = {
			INV(100, 6, NEXT), INV(110, 8, A), SLOT(120, 9, A, 0x2000), SLOT(130, 6, NEXT, 0x2000), INV_END(140, 6, NEXT),
			INV_END(150, 8, A),
		},
		.tasks = "9:1/- 6:0/- 8:1/-",
		.stimuli = "6:invalidate_start@0 8:invalidate_start@1 9:memslot@1 6:memslot@0 6:invalidate_end@0 "
			   "8:invalidate_end@1",
		.vms = 2, .vcpus = "0 0",
	},
	{
		.name = "a notifier that was taken for the first VM's is the next one's once an operation tells",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), INV(200, 48, NEXT), INV_END(201, 48, NEXT), RUN(210, 9, NEXT),
			SERVED(220, 9, 0), INV(300, 48, NEXT), UNMAP(301, 48, NEXT), INV_END(302, 48, NEXT), INV(310, 48, A),
		},
		.tasks = "7:0/0 48:-/- 9:1/0",
		.stimuli = "7:access@0 48:invalidate_start@0 48:invalidate_end@0 9:access@1 48:invalidate_start@1 "
			   "48:invalidate_end@1 48:invalidate_start@0",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a vCPU thread that begins in the middle",
		.steps = { RUN(100, 7, A), SERVED(110, 7, 0), RUN(200, 9, A), SERVED(210, 9, 1) },
		.tasks = "7:0/0 9:0/1", .stimuli = "7:access@0 9:access@0", .vms = 1, .vcpus = "2",
	},
	{
		.name = "a tid used again, the scheduler says so: another VM's vCPU of the same number",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), RUN(115, 8, A), SERVED(120, 8, 1), EXITS(150, 7), RUN(200, 7, B),
			SERVED(210, 7, 0),
		},
		.tasks = "7:0/0 8:0/1 7:1/0", .stimuli = "7:access@0 8:access@0 7:access@1", .vms = 2, .vcpus = "2 1",
	},
	{
		.name = "one that the scheduler says is new, though its end was not recorded",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), REC(150, 1, "sched_process_fork", 7), RUN(200, 7, B), SERVED(210, 7, 0),
		},
		.tasks = "7:0/0 7:1/0", .stimuli = "7:access@0 7:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "task_newtask says the same",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), REC(150, 1, "task_newtask", 7), INV(200, 7, B), INV_END(201, 7, B),
		},
		.tasks = "7:0/0 7:1/-", .stimuli = "7:access@0 7:invalidate_start@1 7:invalidate_end@1", .vms = 2,
		.vcpus = "1 0",
	},
	{
		.name = "a tid used again by another VM once its own is destroyed",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), REC(150, 6, "destroy_vm", A), RUN(200, 7, B), SERVED(210, 7, 1),
		},
		.tasks = "7:0/0 7:1/1 6:0/-", .stimuli = "7:access@0 6:vm_destroy@0 7:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "and without any address: its VM is gone, so it is another",
		.steps = {
			SERVED(110, 7, 0), REC(150, 6, "mn_release", MN(A)), SERVED(210, 7, 0),
		},
		.tasks = "7:0/0 7:1/0 6:0/-", .stimuli = "7:access@0 6:zap_all@0 7:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "what an exiting thread does afterwards is still its own",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), EXITS(150, 7), REC(160, 7, "mn_release", MN(A)), REC(170, 7, "destroy_vm", A),
		},
		.tasks = "7:0/0", .stimuli = "7:access@0 7:zap_all@0 7:vm_destroy@0", .vms = 1, .vcpus = "1",
	},
	{
		.name = "a vCPU that moves to another thread, by its VM's address",
		.steps = { RUN(100, 7, A), SERVED(110, 7, 0), RUN(200, 9, A), SERVED(210, 9, 0) },
		.tasks = "7:0/0 9:0/0", .stimuli = "7:access@0 9:access@0", .vms = 1, .vcpus = "1",
	},
	{
		.name = "and where nothing but the end of the first thread shows it",
		.steps = { SERVED(110, 7, 0), SERVED(120, 8, 1), EXITS(150, 7), SERVED(210, 9, 0) },
		.tasks = "7:0/0 8:0/1 9:0/0", .stimuli = "7:access@0 8:access@0 9:access@0", .vms = 1, .vcpus = "2",
	},
	{
		.name = "when all its vCPU threads have ended, a new one is of a new VM",
		.steps = { SERVED(110, 7, 0), SERVED(120, 8, 1), EXITS(150, 7), EXITS(151, 8), SERVED(210, 9, 0) },
		.tasks = "7:0/0 8:0/1 9:1/0", .stimuli = "7:access@0 8:access@0 9:access@1", .vms = 2, .vcpus = "2 1",
	},
	{
		.name = "a struct kvm used again after the VM was destroyed",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), REC(150, 6, "destroy_vm", A), SLOT(200, 16, A, 0x2000), RUN(210, 17, A),
			SERVED(220, 17, 0),
		},
		.tasks = "7:0/0 16:1/- 17:1/0 6:0/-",
		.stimuli = "7:access@0 6:vm_destroy@0 16:memslot@1 17:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "or where only the release of its memory is recorded; what had begun before is still the old one's",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), INV(140, 47, A), REC(150, 6, "mn_release", MN(A)), INV_END(160, 47, A),
			SLOT(170, 6, A, 0), RUN(210, 17, A), SERVED(220, 17, 0),
		},
		.tasks = "7:0/0 47:0/- 6:0/- 17:1/0",
		.stimuli = "7:access@0 47:invalidate_start@0 6:zap_all@0 47:invalidate_end@0 17:access@1", .vms = 2,
		.vcpus = "1 1",
	},
	{
		.name = "a thread that runs two vCPUs in turn has a life for each",
		.steps = { RUN(100, 7, A), SERVED(110, 7, 0), SERVED(120, 7, 1), SERVED(130, 7, 0), SERVED(140, 7, 1) },
		.tasks = "7:0/0 7:0/1", .stimuli = "7:access@0 7:access@0 7:access@0 7:access@0", .vms = 1, .vcpus = "2",
	},
	{
		.name = "and for each VM, when it runs one vCPU of either",
		.steps = {
			RUN(100, 7, A), SERVED(110, 7, 0), RUN(120, 7, B), SERVED(130, 7, 0), RUN(140, 7, A), SERVED(150, 7, 0),
		},
		.tasks = "7:0/0 7:1/0", .stimuli = "7:access@0 7:access@1 7:access@0", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a kernel thread that acts for several VMs is of none",
		.steps = {
			RUN(100, 7, A), RUN(101, 8, B), SERVED(110, 7, 0), SERVED(120, 8, 0),
			REC(200, 47, "mn_clear_flush_young", MN(A), 0x7000, 0x8000),
			REC(210, 47, "mn_clear_flush_young", MN(B), 0x7000, 0x8000),
			REC(220, 47, "mn_clear_flush_young", MN(A), 0x8000, 0x9000),
		},
		.tasks = "7:0/0 8:1/0 47:-/-", .stimuli = "7:access@0 8:access@1 47:age@0 47:age@1 47:age@0", .vms = 2,
		.vcpus = "1 1",
	},
	{
		.name = "without addresses it acts for the VM whose memslot has the page",
		.steps = {
			MARK(90, 6, "kvmload: memslot slot 1 gpa 20000 size 10000 hva 7000000 flags 0"), SERVED(110, 7, 0),
			MARK(120, 16, "kvmload: memslot slot 1 gpa 20000 size 20000 hva 9000000 flags 0"), SERVED(130, 17, 0),
			MARK(140, 6, "done"),
			MARK(150, 16, "done"), HVA(200, 47, 0x9001000), HVA(210, 47, 0x7001000), HVA(220, 47, 0x9003000),
		},
		.tasks = "7:0/0 17:1/0 6:0/- 16:1/- 47:-/-",
		.stimuli = "6:memslot@0 7:access@0 16:memslot@1 17:access@1 47:invalidate_start@1 47:invalidate_start@0 "
			   "47:invalidate_start@1",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "where nothing is known of memslots, for the VM whose entry it takes away",
		.steps = {
			MAPPED(100, 7, 0, 0x111ULL), MAPPED(110, 17, 0, 0x222ULL), HVA(200, 47, 0x9001000), ZAPPED(201, 47, 0x222ULL),
			HVA(210, 47, 0x7001000), ZAPPED(211, 47, 0x111ULL),
		},
		.tasks = "7:0/0 17:1/0 47:-/-",
		.stimuli = "7:access@0 17:access@1 47:invalidate_start@1 47:invalidate_start@0",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a thread of its process is near its vCPUs",
		.steps = {
			SERVED(100, 102, 0), SERVED(110, 103, 1), SERVED(120, 202, 0), HVA(200, 200, 0x9001000),
			HVA(210, 100, 0x7001000), HVA(220, 203, 0x9001000),
		},
		.tasks = "102:0/0 103:0/1 202:1/0 203:-/- 200:-/- 100:-/-",
		.stimuli = "102:access@0 103:access@0 202:access@1 200:invalidate_start@1 100:invalidate_start@0 "
			   "203:invalidate_start@1",
		.vms = 2, .vcpus = "2 1",
	},
	{
		.name = "a worker whose name has its VM's process",
		.steps = {
			REC(90, 5, "vcpu_create", 1, A), REC(91, 6, "vcpu_create", 1, B),
			REC(200, 40, "kvm_tdp_mmu_spte_changed", 0x20, LEAF(5ULL), EMPTY, 1, 0),
		},
		.tasks = "40:-/-", .stimuli = "40:nx_recover@0", .vms = 2, .vcpus = "0 0",
		.comm = "kvm-nx-lpage-recovery-5",
	},
	{
		.name = "notes say whose a thread is, though another VM's are nearer",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 2 vCPUs, web"), MARK(11, 3, "mmulab: vm.200=1 VMs, 1 vCPUs, db"),
			MARK(12, 3, "mmulab: threads.100=100 102 302"), MARK(13, 3, "mmulab: threads.200=200 103"),
			SERVED(100, 102, 0), SERVED(110, 103, 1), SERVED(120, 302, 1), HVA(200, 200, 0x9001000),
			HVA(210, 100, 0x7001000),
		},
		.tasks = "102:0/0 103:1/1 302:0/1 200:-/- 100:-/-",
		.stimuli = "102:access@0 103:access@1 302:access@0 200:invalidate_start@1 100:invalidate_start@0",
		.vms = 2, .vcpus = "2 1",
	},
	{
		.name = "also where the host acted for the one VM before it ran",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(12, 3, "mmulab: threads.100=100 102"),
			INV(100, 47, A), INV_END(101, 47, A), SERVED(110, 102, 0), INV(120, 100, A), INV_END(121, 100, A),
		},
		.tasks = "47:0/- 102:0/0 100:0/-",
		.stimuli = "47:invalidate_start@0 47:invalidate_end@0 102:access@0 100:invalidate_start@0 100:invalidate_end@0",
		.vms = 1, .vcpus = "1",
	},
	{
		.name = "a notifier in a thread of a noted process is its VM's, though another one is known",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(11, 3, "mmulab: threads.100=100 102"),
			MARK(12, 3, "mmulab: vm.200=1 VMs, 1 vCPUs, db"), MARK(13, 3, "mmulab: threads.200=200 202"),
			SERVED(100, 102, 0), SERVED(110, 202, 0), INV(120, 200, B), INV_END(121, 200, B), RUN(130, 202, B),
			SERVED(140, 202, 0),
		},
		.tasks = "102:0/0 202:1/0 200:1/-",
		.stimuli = "102:access@0 202:access@1 200:invalidate_start@1 200:invalidate_end@1 202:access@1",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "memslots that are noted are its VM's, by its process; what the host does to it then, by its address",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(11, 3, "mmulab: threads.100=100 102"),
			MARK(12, 3, "mmulab: memslot.100.ffffc90000100000=0 3 20 10 7000 1"),
			SERVED(100, 102, 0), REC(200, 47, "flush_all", A), INV(210, 47, A), UNMAP(211, 47, A),
		},
		.tasks = "102:0/0 47:0/- 0:0/-",
		.stimuli = "0:memslot@0 102:access@0 47:invalidate_start@0", .vms = 1, .vcpus = "1",
	},
	{
		.name = "or by its address first, whatever thread that was; then the process's threads are its own",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(11, 3, "mmulab: threads.100=100 102"),
			MARK(12, 3, "mmulab: vm.200=1 VMs, 1 vCPUs, db"), MARK(13, 3, "mmulab: threads.200=200 202"),
			MARK(14, 3, "mmulab: memslot.100.ffffc90000100000=0 3 20 10 7000 1"),
			MARK(15, 3, "mmulab: memslot.200.ffffc90000200000=0 3 20 10 9000 0"),
			INV(90, 47, A), UNMAP(91, 47, A), INV(95, 47, B), UNMAP(96, 47, B), SERVED(100, 202, 0), SERVED(110, 102, 0),
		},
		.tasks = "47:-/- 202:1/0 102:0/0 0:0/- 0:1/-",
		.stimuli = "0:memslot@0 0:memslot@1 47:invalidate_start@0 47:invalidate_start@1 202:access@1 102:access@0",
		.vms = 2, .vcpus = "1 1",
	},
	{
		.name = "what a thread of the host's does to a VM that is not recorded has no probe, and is not the other's",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(11, 3, "mmulab: threads.100=100 102"),
			MARK(12, 3, "mmulab: capture.vm=100"), MAPPED(100, 102, 0, 0x111ULL), INV(200, 47, A), UNMAP(201, 47, A),
			INV_END(202, 47, A), HVA(210, 47, 0x9001000), ZAPPED(211, 47, 0x222ULL),
			REC(212, 47, "unmap_gfn_range_ret", 1), INV(220, 47, A), HVA(230, 102, 0x7001000),
		},
		.tasks = "102:0/0 47:0/- 0:0/-",
		.stimuli = "102:access@0 0:memslot@0 47:invalidate_start@0 47:invalidate_end@0 47:invalidate_start@0 "
			   "102:invalidate_start@0",
		.vms = 1, .vcpus = "1",
	},
	{
		.name = "addresses say more than notes: a process of two VMs",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=2 VMs, 2 vCPUs, web"), MARK(12, 3, "mmulab: threads.100=100 102 103"),
			RUN(100, 102, A), RUN(101, 103, B), SERVED(110, 102, 0), SERVED(120, 103, 0),
		},
		.tasks = "102:0/0 103:1/0", .stimuli = "102:access@0 103:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a noted number that is another thread's now",
		.steps = {
			MARK(10, 3, "mmulab: vm.100=1 VMs, 1 vCPUs, web"), MARK(12, 3, "mmulab: threads.100=100 102"),
			SERVED(110, 102, 0), EXITS(120, 102), REC(130, 1, "sched_process_fork", 102), SERVED(140, 102, 0),
		},
		.tasks = "102:0/0 102:1/0", .stimuli = "102:access@0 102:access@1", .vms = 2, .vcpus = "1 1",
	},
	{
		.name = "a clock that steps back costs no negative time, and is said",
		.steps = {
			REC(1000, 7, "kvm_entry", 0), REC(1100, 7, "kvm_exit", 0x400, 2, 0), REC(1090, 7, "kvm_page_fault", 0, 0x20000, 6),
			REC(900, 7, "tdp_page_fault_ret", 5), REC(950, 7, "kvm_entry", 0), SERVED(1200, 7, 0),
		},
		.tasks = "7:0/0", .stimuli = "7:access@0 7:access@0", .vms = 1, .vcpus = "1", .damage = 3,
	},
	{
		.name = "records of equal times are in order",
		.steps = {
			REC(1000, 7, "kvm_exit", 0x400, 2, 0), REC(1000, 7, "kvm_page_fault", 0, 0x20000, 6),
			REC(1000, 7, "tdp_page_fault_ret", 5), REC(1000, 7, "kvm_entry", 0), INV(1000, 9, A), INV_END(1000, 9, A),
		},
		.tasks = "7:0/0 9:0/-", .stimuli = "7:access@0 9:invalidate_start@0 9:invalidate_end@0", .vms = 1, .vcpus = "1",
	},
};

int main(void)
{
	return table_run("identity", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
