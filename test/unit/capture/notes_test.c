// SPDX-License-Identifier: GPL-2.0-or-later
/* What the notes of a recording say of its host, in the header; and what of it events outweigh. */
#include "capture/fold.h"
#include "test/table.h"
#include "test/unit/capture/fake.h"

struct row {
	const char	*name;
	struct step	 steps[STEPS_MAX];
	enum spte_tdp	 tdp;
	bool		 tdp_mmu, shadow;
	const char	*param, *value;		/* a parameter it then has; value NULL: none */
	enum kvm_arch	 arch;
	uint64_t	 unused;
};

#define NOTE(line)	{ .ts = 10, .tid = 3, .event = "print", .text = "mmulab: " line "\n" }
#define CHANGED		{ .ts = 20, .tid = 7, .event = "kvm_tdp_mmu_spte_changed", .v = { 0x20, 0, 0x111, 1, 0 } }
#define SET		{ .ts = 20, .tid = 7, .event = "kvm_mmu_set_spte", .v = { 0x20, 0x111, 0x1000, 1, 1, 1 } }
#define EXIT_VMX	{ .ts = 20, .tid = 7, .event = "kvm_exit", .v = { 48, 1, 0 } }
#define EXIT_SVM	{ .ts = 20, .tid = 7, .event = "kvm_exit", .v = { 0x400, 2, 0 } }

static const struct row rows[] = {
	{ "an Intel host, and no event of its MMU", { NOTE("kvm_intel.ept=Y"), NOTE("kvm.tdp_mmu=Y") }, SPTE_EPT, true, false },
	{ "an AMD host; 6.1 writes numbers", { NOTE("kvm_amd.npt=1"), NOTE("kvm.tdp_mmu=Y") }, SPTE_NPT, true, false },
	{ "the TDP MMU is off", { NOTE("kvm_intel.ept=Y"), NOTE("kvm.tdp_mmu=N") }, SPTE_EPT, false, false },
	{ "so is EPT: guests are shadowed", { NOTE("kvm_intel.ept=N"), NOTE("kvm.tdp_mmu=Y") }, SPTE_NPT, false, true },
	{ "so is NPT", { NOTE("kvm_amd.npt=0"), NOTE("kvm.tdp_mmu=N") }, SPTE_NPT, false, true },
	{ "turned off since the VM was made: it has the TDP MMU", { NOTE("kvm_amd.npt=1"), NOTE("kvm.tdp_mmu=N"), CHANGED },
	  SPTE_NPT, true, false },
	{ "entries are set, but changes were not recorded", { NOTE("kvm_amd.npt=1"), NOTE("kvm.tdp_mmu=Y"), SET }, SPTE_NPT, true, false },
	{ "no vendor's module: nothing follows", { NOTE("kvm.tdp_mmu=Y") }, SPTE_NPT, false, false },
	{ "no note: exits tell", { EXIT_VMX }, SPTE_EPT, false, false },
	{ "what KVM's modules have", { NOTE("kvm.nx_huge_pages=N") }, SPTE_NPT, false, false, "kvm.nx_huge_pages", "N" },
	{ "the kernel's configuration", { NOTE("config.HZ=250") }, SPTE_NPT, false, false, "config.HZ", "250" },
	{ "dynamic preemption as it is now", { NOTE("preempt=none voluntary (full) lazy") }, SPTE_NPT, false, false, "preempt", "full" },
	{ "as the command line has it", { NOTE("config.PREEMPT_DYNAMIC=y"), NOTE("config.PREEMPT=y"), NOTE("cmdline.preempt=none") },
	  SPTE_NPT, false, false, "preempt", "none" },
	{ "which a kernel without a choice ignores", { NOTE("config.PREEMPT_VOLUNTARY=y"), NOTE("cmdline.preempt=none") },
	  SPTE_NPT, false, false, "preempt", "voluntary" },
	{ "as it was configured", { NOTE("config.PREEMPT_DYNAMIC=y"), NOTE("config.PREEMPT_LAZY=y") }, SPTE_NPT, false, false,
	  "preempt", "lazy" },
	{ "a value may have anything in it", { NOTE("kernel=Linux 6.12 (gcc = 12) #1") }, SPTE_NPT, false, false, "kernel",
	  "Linux 6.12 (gcc = 12) #1" },
	{ "arm64", { NOTE("preempt=none (voluntary) full") }, SPTE_NPT, true, false, "preempt", "voluntary", KVM_ARM64 },
	{ "no name", { NOTE("=5") }, SPTE_NPT, false, false, "", NULL, KVM_X86, 1 },
	{ "not of the program", { { .ts = 1, .tid = 3, .event = "print", .text = "kvm.tdp_mmu=Y" } }, SPTE_NPT, false, false,
	  "kvm.tdp_mmu", NULL, KVM_X86, 1 },
	{ "no value", { NOTE("kvm.tdp_mmu") }, SPTE_NPT, false, false, "kvm.tdp_mmu", NULL, KVM_X86, 1 },
};

static void fold_steps(const struct step *steps, enum kvm_arch arch, struct ev_meta *meta)
{
	struct source_record rec;
	struct fake fake;
	struct fold *f;
	struct err e;

	fake_init(&fake, steps, arch);
	ev_meta_init(meta);
	f = fold_new(&fake.source, meta, NULL);
	while (fake_next(&fake.source, &rec, &e))
		assert_int_equal(fold_record(f, &rec), 0);
	assert_int_equal(fold_finish(f), 0);
	fold_free(f);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct ev_meta m;

	fold_steps(row->steps, row->arch, &m);
	if (row->arch == KVM_X86)
		assert_int_equal(m.tdp, row->tdp);
	assert_int_equal(m.tdp_mmu, row->tdp_mmu);
	assert_int_equal(m.shadow, row->shadow);
	if (row->value)
		assert_string_equal(ev_meta_param(&m, row->param), row->value);
	else if (row->param)
		assert_null(ev_meta_param(&m, row->param));
	assert_int_equal(ev_counts_get(&m.unused, "marker that says nothing of a memslot"), row->unused);
	ev_meta_fini(&m);
}

static void vms_and_statistics(void **state)
{
	static const struct step steps[STEPS_MAX] = {
		NOTE("vm.100=1 VMs, 2 vCPUs, web, the first"), NOTE("threads.100=100 102"), NOTE("threads.100=103"),
		NOTE("vcpu.103=1"), NOTE("refused: probe events: this kernel has none"),
		NOTE("stat.begin.100-8.pf_taken=5"), EXIT_SVM,
		{ .ts = 30, .tid = 103, .event = "kvm_exit", .v = { 0x400, 2, 1 } },
		{ .ts = 40, .tid = 103, .event = "kvm_page_fault", .v = { 1, 0x20000, 6 } },
		NOTE("stat.end.100-8.pf_taken=9"), NOTE("stat.end.100-8.pf_fixed=3"),
	};
	struct ev_meta m;

	fold_steps(steps, KVM_X86, &m);
	assert_int_equal(m.nr_stats, 2);
	assert_string_equal(m.stats[0].vm, "100-8");
	assert_string_equal(m.stats[0].name, "pf_taken");
	assert_int_equal(m.stats[0].begin, 5);
	assert_int_equal(m.stats[0].end, 9);
	assert_int_equal(m.stats[1].begin, 0);
	assert_int_equal(m.stats[1].end, 3);
	assert_int_equal(ev_counts_get(&m.lacking, "refused: probe events: this kernel has none"), 1);
	for (size_t i = 0; i < m.nr_vms; i++)
		if (m.vms[i].name)
			assert_string_equal(m.vms[i].name, "web, the first");
	for (size_t i = 0; i < m.nr_tasks; i++)
		if (m.tasks[i].tid == 103)
			assert_int_equal(m.tasks[i].tgid, 100);
	ev_meta_fini(&m);
}

/* On arm64 no event has a vCPU's number. */
static void vcpus_of_arm64(void **state)
{
	static const struct step steps[STEPS_MAX] = {
		NOTE("vm.100=1 VMs, 4 vCPUs, web"), NOTE("threads.100=100 107"), NOTE("vcpu.107=3"),
		{ .ts = 20, .tid = 107, .event = "kvm_entry" },
		{ .ts = 30, .tid = 107, .event = "kvm_exit", .v = { 2, 0x24 } },
		{ .ts = 31, .tid = 107, .event = "kvm_guest_fault", .v = { 0x92000007, 0x20000, 0x20000 } },
		{ .ts = 40, .tid = 107, .event = "kvm_entry" },
	};
	struct ev_meta m;

	fold_steps(steps, KVM_ARM64, &m);
	assert_int_equal(m.nr_vms, 1);
	assert_int_equal(m.vms[0].tgid, 100);
	assert_string_equal(m.vms[0].name, "web");
	assert_int_equal(m.nr_tasks, 1);
	assert_int_equal(m.tasks[0].vcpu, 3);
	ev_meta_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vms_and_statistics),
		cmocka_unit_test(vcpus_of_arm64),
	};
	int bad = table_run("notes", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return cmocka_run_group_tests(tests, NULL, NULL) || bad;
}
