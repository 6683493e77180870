// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts to records: bodies field by field, in the words of each printer; and
 * whole texts: mails, lost and late lines, what is refused.
 */
#include "capture/text.h"

#include <stdio.h>

#include "capture/raw.h"
#include "test/table.h"

#define HEAD	" vcpu0-7 [001] 10.000001: "

/* All of @text's records as "event field=value ..." of @fields; what was lost and damaged behind them. */
struct said {
	char	text[4096];
	size_t	len;
};

static void say(struct said *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct said *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	s->len += vsnprintf(s->text + s->len, sizeof(s->text) - s->len, fmt, args);
	va_end(args);
	assert_true(s->len < sizeof(s->text));
}

static void say_field(struct said *s, struct source *src, const struct source_record *rec, const char *name)
{
	struct source_field f;
	uint64_t v, offset;

	if (!src->ops->field(src, rec->event, name, &f))
		return;
	if (!f.size) {
		say(s, " %s=\"%.*s\"", name, (int)(rec->size - f.offset), (const char *)rec->data + f.offset);
		return;
	}
	assert_true(f.offset + f.size <= rec->size);
	v = raw_load(&f, (const uint8_t *)rec->data + f.offset);
	if (!strncmp(name, "__probe", 7) && src->ops->symbol(src, v, &offset))
		say(s, " %s=%s+%llx", name, src->ops->symbol(src, v, &offset), (unsigned long long)offset);
	else
		say(s, " %s=%llx", name, (unsigned long long)v);
}

static void say_record(struct said *s, struct source *src, const struct source_record *rec, const char *fields)
{
	char words[256], *save = NULL;

	say(s, "%s", src->events[rec->event].name);
	if (rec->missed)
		say(s, " missed=%u", rec->missed);
	snprintf(words, sizeof(words), "%s", fields);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strcmp(w, "ts"))
			say(s, " ts=%llu", (unsigned long long)rec->ts_ns);
		else if (!strcmp(w, "comm"))
			say(s, " comm=%s", src->ops->comm(src, rec->tid));
		else
			say_field(s, src, rec, w);
	say(s, "; ");
}

static void say_note(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	if (cpu == SOURCE_NO_CPU)
		say(arg, "%s: %llu; ", what, (unsigned long long)n);
	else
		say(arg, "%s on %u: %llu; ", what, cpu, (unsigned long long)n);
}

static void read_all(struct said *s, const char *text, size_t len, const char *fields)
{
	struct source_record rec;
	struct source *src;
	struct err e = { 0 };
	int ret = source_open_text_memory(text, len, "t", &src, &e);

	if (ret) {
		say(s, "%d: %s", -ret, e.text);
		return;
	}
	while ((ret = src->ops->next(src, &rec, &e)) > 0)
		say_record(s, src, &rec, fields);
	assert_int_equal(ret, 0);
	if (strstr(fields, "uname"))
		say(s, "%s; ", src->info.uname);
	if (strstr(fields, "cpus"))
		say(s, "%u CPUs; ", src->info.nr_cpus);
	src->ops->lost(src, say_note, s);
	src->ops->damage(src, say_note, s);
	src->ops->lacking(src, say_note, s);
	source_close(src);
}

struct row {
	const char *name, *text, *fields, *want;
};

#define PART(event)	event ": its words do not tell all of a number: 1; "
#define UNFIT(event)	event ": cut short, or not as its event prints it: 1; "
#define INFERRED	"the kernel's release is inferred from its entries (--kernel tells it): 1; "
#define ENTRY		"kvm_entry: vcpu 3, rip 0x10\n"

static const struct row rows[] = {
	/* --- bodies ---------------------------------------------------------------------------------- */
	{ "entry, the kernel's", HEAD "kvm_entry: vcpu 3, rip 0x1f\n", "vcpu_id rip immediate_exit",
	  "kvm_entry vcpu_id=3 rip=1f immediate_exit=0; " },
	{ "entry, sent out at once", HEAD "kvm_entry: vcpu 3, rip 0x1f[immediate exit]\n", "vcpu_id immediate_exit",
	  "kvm_entry vcpu_id=3 immediate_exit=1; " },
	{ "entry, a newer kernel's", HEAD "kvm_entry: vcpu 3, rip 0x1f intr_info 0x0 error_code 0x0\n", "vcpu_id rip",
	  "kvm_entry vcpu_id=3 rip=1f; " },
	{ "entry, the plugin's", HEAD "kvm_entry: vcpu 10 rip 0x1f\n", "vcpu_id", "kvm_entry vcpu_id=a; " },
	{ "entry, as name=value", HEAD "kvm_entry: vcpu_id=10 rip=0x1f immediate_exit=1\n", "vcpu_id rip immediate_exit",
	  "kvm_entry vcpu_id=a rip=1f immediate_exit=1; " },
	{ "entry, arm64", HEAD "kvm_entry: PC: 0x00000000000abc\n", "vcpu_id vcpu_pc uname",
	  "kvm_entry vcpu_pc=abc; Linux unknown unknown aarch64; " },
	{ "entry, arm64 by the plugin of x86", HEAD "kvm_entry: CAN'T FIND FIELD \"vcpu_id\"<CANT FIND FIELD rip>PC: 0x00ab\n",
	  "vcpu_pc", "kvm_entry vcpu_pc=ab; " },
	{ "exit, the kernel's, SVM", HEAD "kvm_exit: vcpu 2 reason npf rip 0x10 info1 0x6 info2 0x1000 intr_info 0x0 error_code 0x0\n",
	  "vcpu_id exit_reason isa guest_rip", "kvm_exit vcpu_id=2 exit_reason=400 isa=2 guest_rip=10; " },
	{ "exit, a reason of two words", HEAD "kvm_exit: vcpu 2 reason PF excp rip 0x10 info1 0x6 info2 0x1000\n",
	  "exit_reason isa", "kvm_exit exit_reason=4e isa=2; " },
	{ "exit, the kernel's, VMX", HEAD "kvm_exit: vcpu 2 reason EPT_VIOLATION rip 0x10 info1 0x6 info2 0x0\n",
	  "exit_reason isa", "kvm_exit exit_reason=30 isa=1; " },
	{ "exit, an entry that failed", HEAD "kvm_exit: vcpu 2 reason INVALID_STATE FAILED_VMENTRY rip 0x10 info1 0x0\n",
	  "exit_reason isa", "kvm_exit exit_reason=80000021 isa=1; " },
	{ "exit, the plugin's: the thread's entry tells the vCPU",
	  HEAD "kvm_entry: vcpu 5 rip 0x1\n" HEAD "kvm_exit: reason EXIT_NPF rip 0x10 info 6 1000\n",
	  "vcpu_id exit_reason isa", "kvm_entry vcpu_id=5; kvm_exit vcpu_id=5 exit_reason=400 isa=2; " },
	{ "exit, the plugin's: nothing tells the vCPU", HEAD "kvm_exit: reason EXIT_NPF rip 0x10 info 6 1000\n",
	  "vcpu_id exit_reason isa", "kvm_exit exit_reason=400 isa=2; " },
	{ "exit, a reason without a word", HEAD "kvm_exit: vcpu 2 reason npf rip 0x1 info1 0x6\n"
	  HEAD "kvm_exit: vcpu 2 reason 0x4ff rip 0x10 info1 0x0\n", "exit_reason isa",
	  "kvm_exit exit_reason=400 isa=2; kvm_exit exit_reason=4ff isa=2; " },
	{ "exit, a reason without a word, of nobody knows which CPU", HEAD "kvm_exit: vcpu 2 reason 0x4ff rip 0x10 info1 0x0\n",
	  "exit_reason isa", "kvm_exit; " UNFIT("kvm_exit") },
	{ "exit, a word nobody knows", HEAD "kvm_exit: vcpu 2 reason BORED rip 0x10 info1 0x0\n", "exit_reason isa",
	  "kvm_exit; " UNFIT("kvm_exit") },
	{ "exit, as name=value", HEAD "kvm_exit: exit_reason=1024 guest_rip=0x10 isa=2 info1=0x06 vcpu_id=2\n",
	  "vcpu_id exit_reason isa guest_rip", "kvm_exit vcpu_id=2 exit_reason=400 isa=2 guest_rip=10; " },
	{ "exit, arm64", HEAD "kvm_exit: TRAP: HSR_EC: 0x0020 (IABT_LOW), PC: 0x0000000000000010\n", "ret esr_ec vcpu_pc",
	  "kvm_exit ret=2 esr_ec=20 vcpu_pc=10; " },
	{ "exit, arm64, an interrupt", HEAD "kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x10\n", "ret esr_ec vcpu_pc",
	  "kvm_exit ret=0 esr_ec=0 vcpu_pc=10; " },
	{ "fault", HEAD "kvm_page_fault: vcpu 2 rip 0x10 address 0x0000000000001000 error_code 0x200000006\n",
	  "vcpu_id guest_rip fault_address error_code",
	  "kvm_page_fault vcpu_id=2 guest_rip=10 fault_address=1000 error_code=200000006; " },
	{ "fault, arm64", HEAD "kvm_guest_fault: ipa 0x8000, hsr 0x82000005, hxfar 0x00000040, pc 0x0000000000000010\n",
	  "ipa hsr hxfar vcpu_pc", "kvm_guest_fault ipa=8000 hsr=82000005 hxfar=40 vcpu_pc=10; " },
	{ "fault, arm64, as name=value", HEAD "kvm_guest_fault: vcpu_pc=0000000000000010 hsr=0x82000005 hxfar=0x0 ipa=0x8000\n",
	  "ipa hsr hxfar vcpu_pc", "kvm_guest_fault ipa=8000 hsr=82000005 hxfar=0 vcpu_pc=10; " },
	{ "access fault, arm64", HEAD "kvm_access_fault: IPA: 41000\n", "ipa", "kvm_access_fault ipa=41000; " },
	{ "MMIO", HEAD "kvm_mmio: mmio write len 8 gpa 0x9000000 val 0x29\n", "type len gpa val",
	  "kvm_mmio type=2 len=8 gpa=9000000 val=29; " },
	{ "invalidation", HEAD "kvm_unmap_hva_range: mmu notifier unmap range: 0x007f8782000000 -- 0x007f8788000000\n", "start end",
	  "kvm_unmap_hva_range start=7f8782000000 end=7f8788000000; " },
	{ "aging", HEAD "kvm_age_hva: mmu notifier age hva: 0x00000000425000 -- 0x00000000426000\n", "start end",
	  "kvm_age_hva start=425000 end=426000; " },
	{ "an entry of the TDP MMU", HEAD "kvm_tdp_mmu_spte_changed: as id 1 gfn 1f level 4 old_spte 8000000000000000 new_spte fa98827\n",
	  "as_id gfn level old_spte new_spte uname", "kvm_tdp_mmu_spte_changed as_id=1 gfn=1f level=4 "
	  "old_spte=8000000000000000 new_spte=fa98827; Linux unknown 6.12-inferred x86_64; " INFERRED },
	{ "an entry of the TDP MMU, as name=value", HEAD "kvm_tdp_mmu_spte_changed: gfn=10 old_spte=0 new_spte=fa98827 level=4 as_id=0\n",
	  "as_id gfn level old_spte new_spte uname", "kvm_tdp_mmu_spte_changed as_id=0 gfn=10 level=4 old_spte=0 "
	  "new_spte=fa98827; Linux unknown 6.1-inferred x86_64; " INFERRED },
	{ "an entry set", HEAD "kvm_mmu_set_spte: gfn 10 spte 29f1e67 (rwxu) level 1 at 522a008\n", "gfn spte sptep level r x u",
	  "kvm_mmu_set_spte gfn=10 spte=29f1e67 sptep=522a008 level=1 r=1 x=1 u=1; " },
	{ "an entry set that has no user bit", HEAD "kvm_mmu_set_spte: gfn 10 spte 29f1e65 (r--) level 1 at 522a008\n", "r x u",
	  "kvm_mmu_set_spte r=1 x=0 u=ffffffffffffffff; " },
	{ "an entry set, as name=value", HEAD "kvm_mmu_set_spte: gfn=10 spte=5b1aa25 sptep=5719080 level=1 r=1 x=0 u=-1\n",
	  "gfn spte sptep level r x u", "kvm_mmu_set_spte gfn=10 spte=5b1aa25 sptep=5719080 level=1 r=1 x=0 u=ffffffffffffffff; " },
	{ "a table, as name=value: decimal", HEAD "kvm_mmu_get_page: [FAILED TO PARSE] mmu_valid_gen=1 gfn=263680 role=14212 root_count=2 unsync=0 created=1\n",
	  "mmu_valid_gen gfn role root_count unsync created",
	  "kvm_mmu_get_page mmu_valid_gen=1 gfn=40600 role=3784 root_count=2 unsync=0 created=1; " },
	{ "a table, the kernel's: hexadecimal, and not all of its role",
	  HEAD "kvm_mmu_get_page: new sp gen 1 gfn 40600 l4 8-byte q0 direct wux nxe ad root 2 sync\n",
	  "mmu_valid_gen gfn role root_count unsync created",
	  "kvm_mmu_get_page mmu_valid_gen=1 gfn=40600 role=1784 root_count=2 unsync=0 created=1; " PART("kvm_mmu_get_page") },
	{ "a table, the kernel's, with all the words", HEAD "kvm_mmu_unsync_page: sp gen 0 gfn 1 l1 4-byte q3 w-x invalid !nxe !ad root 0 unsync\n",
	  "gfn role unsync", "kvm_mmu_unsync_page gfn=1 role=10b71 unsync=1; " PART("kvm_mmu_unsync_page") },
	{ "a table, the plugin's", HEAD "kvm_mmu_get_page: existing sp gfn 40600 4 q0 direct wux !pae nxe wp root 0 sync\n",
	  "mmu_valid_gen gfn role root_count unsync created",
	  "kvm_mmu_get_page gfn=40600 role=3784 root_count=0 unsync=0 created=0; " PART("kvm_mmu_get_page") },
	{ "a table, the plugin's, of which it does not say where", HEAD "kvm_mmu_prepare_zap_page: 1 q0 wux !pae nxe !wp smep smap smm root 0 unsync\n",
	  "gfn role unsync", "kvm_mmu_prepare_zap_page role=100d701 unsync=1; " PART("kvm_mmu_prepare_zap_page") },
	{ "all roots gone", HEAD "kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1 used_pages 1f\n", "mmu_valid_gen mmu_used_pages",
	  "kvm_mmu_zap_all_fast mmu_valid_gen=1 mmu_used_pages=1f; " },
	{ "a fast fault, fixed", HEAD "kvm_set_spte_hva: mmu notifier set pte hva: 0x0\n" HEAD
	  "fast_page_fault: vcpu 1 gva 41803000 error_code P|W|U sptep 0xffff8880bfc19060 old 0x186008a5 new 186008a7 spurious 0 fixed 1\n",
	  "cr2_or_gpa error_code old_spte new_spte ret uname",
	  "kvm_set_spte_hva; fast_page_fault cr2_or_gpa=41803000 error_code=7 old_spte=186008a5 new_spte=186008a7 ret=4; "
	  "Linux unknown 6.1-inferred x86_64; " INFERRED },
	{ "a fast fault, spurious, and bits without a word", HEAD
	  "fast_page_fault: vcpu 1 gva 4 error_code P|W|0x100000000 sptep 00000000abcdef12 old 0x0 new 0 spurious 1 fixed 0\n",
	  "error_code ret", "fast_page_fault error_code=100000003 ret=6; " },
	{ "a fast fault that did nothing, and no flags", HEAD
	  "fast_page_fault: vcpu 1 gva 4 error_code  sptep 0xffff old 0x0 new 0 spurious 0 fixed 0\n",
	  "error_code ret", "fast_page_fault error_code=0 ret=4; " },
	{ "a fast fault, as name=value", HEAD
	  "fast_page_fault: vcpu_id=1 cr2_or_gpa=40567ca0 error_code=4294967303 sptep=0xffff old_spte=0x3738825 new_spte=3738827 ret=4\n",
	  "cr2_or_gpa error_code old_spte new_spte ret",
	  "fast_page_fault cr2_or_gpa=40567ca0 error_code=100000007 old_spte=3738825 new_spte=3738827 ret=4; " },
	{ "a split that failed", HEAD "kvm_mmu_split_huge_page: gfn 40000 spte 3e000ee7 level 2 errno -12\n", "gfn spte level errno",
	  "kvm_mmu_split_huge_page gfn=40000 spte=3e000ee7 level=2 errno=fffffffffffffff4; " },
	{ "an MMIO entry", HEAD "mark_mmio_spte: sptep:0xffff88800f8d40b0 gfn d0016 access 7 gen 1c\n", "gfn access gen",
	  "mark_mmio_spte gfn=d0016 access=7 gen=1c; " },
	{ "a ring's push", HEAD "kvm_dirty_ring_push: ring 0: dirty 0x1 reset 0x0 slot 10 offset 0x532 (used 1)\n",
	  "index dirty_index reset_index slot offset",
	  "kvm_dirty_ring_push index=0 dirty_index=1 reset_index=0 slot=a offset=532; " },
	{ "a lock's wait", HEAD "contention_begin: 0xffffc90000645000 (flags=SPIN|READ)\n", "lock_addr flags",
	  "contention_begin lock_addr=ffffc90000645000 flags=3; " },
	{ "a lock's wait, the address hashed", HEAD "contention_begin: 00000000abcdef12 (flags=SPIN)\n", "lock_addr flags",
	  "contention_begin lock_addr=abcdef12 flags=1; lock addresses are hashed (the kernel's trace option hash-ptr): 1; " },
	{ "a marker", HEAD "print: tracing_mark_write: kvmload: memslot slot 0\n", "buf", "print buf=\"kvmload: memslot slot 0\"; " },
	{ "a marker, as name=value", HEAD "print: ip=tracing_mark_write buf=kvmload: a=b\n", "buf", "print buf=\"kvmload: a=b\"; " },
	{ "a marker, by tracefs", HEAD "tracing_mark_write: kvmload: a\n", "buf", "print buf=\"kvmload: a\"; " },
	{ "a probe, by trace-cmd", HEAD "flush_all: (ffffffffc0260740) kvm=0xffffc90000645000 n=-5\n", "__probe_ip kvm n",
	  "flush_all __probe_ip=ffffffffc0260740 kvm=ffffc90000645000 n=fffffffffffffffb; " },
	{ "a probe, by tracefs", HEAD "flush_all: (kvm_flush_remote_tlbs+0x4/0x50 [kvm]) kvm=0xffffc90000645000\n", "__probe_ip kvm",
	  "flush_all __probe_ip=kvm_flush_remote_tlbs+4 kvm=ffffc90000645000; " },
	{ "a probe, as name=value", HEAD "flush_all: __probe_ip=ffffffffc0260740 kvm=0xffffc90000645000\n", "__probe_ip kvm",
	  "flush_all __probe_ip=ffffffffc0260740 kvm=ffffc90000645000; " },
	{ "a return, by trace-cmd: the callee is first", HEAD "f_ret: (ffffffffc0250d50 <- ffffffffc02642e4) ret=-14\n", "__probe_func ret",
	  "f_ret __probe_func=ffffffffc0250d50 ret=fffffffffffffff2; " },
	{ "a return, by tracefs: the callee is last", HEAD "f_ret: (kvm_vm_ioctl+0x1f/0x90 [kvm] <- kvm_set_memory_region) ret=0\n",
	  "__probe_func ret", "f_ret __probe_func=kvm_set_memory_region+0 ret=0; " },
	{ "a return, as name=value", HEAD "f_ret: __probe_func=ffffffffc0250d50 __probe_ret_ip=ffffffffc02642e4 ret=4\n",
	  "__probe_func ret", "f_ret __probe_func=ffffffffc0250d50 ret=4; " },
	{ "a probe with a string and no number", HEAD "f: (ffffffffc0250d50) name=\"a b\" x=0x1 y=?\n", "name x y", "f x=1; " },
	{ "an event nobody knows", HEAD "sched_switch: prev_comm=a prev_pid=1 ==> next_comm=b\n", "prev_pid", "sched_switch; " },
	/* --- damage ---------------------------------------------------------------------------------------- */
	{ "cut within a word", HEAD "kvm_unmap_hva_range: mmu notifier unmap range: 0x007f8782000000 -\n", "start end",
	  "kvm_unmap_hva_range; " UNFIT("kvm_unmap_hva_range") },
	{ "a number runs into a word", HEAD "kvm_access_fault: IPA: 41000q\n", "ipa", "kvm_access_fault; " UNFIT("kvm_access_fault") },
	{ "the last line has no end: its numbers may be cut", HEAD ENTRY HEAD "kvm_entry: vcpu 3, rip 0x1", "vcpu_id",
	  "kvm_entry vcpu_id=3; kvm_entry; the last line has no end: 1; " UNFIT("kvm_entry") },
	{ "carriage returns and a byte order mark", "\xef\xbb\xbf" HEAD "kvm_access_fault: IPA: 41000\r\n\r\n", "ipa", "kvm_access_fault ipa=41000; " },
	{ "times of two clocks", HEAD ENTRY " vcpu0-7 [001] 1234: " ENTRY, "vcpu_id",
	  "kvm_entry vcpu_id=3; lines with times of another clock: 1; lines whose time lies before that of their CPU's line in front: 1; " },
	{ "times are ticks", " a-7 [001] 1234: " ENTRY, "ts", "kvm_entry ts=1234; times are ticks of an unknown clock, taken for nanoseconds: 1; " },
	{ "lines out of order are put in order", " a-1 [000] 3.0: a:\n b-2 [001] 1.0: b:\n b-2 [001] 2.0: c:\n", "ts cpus",
	  "b ts=1000000000; c ts=2000000000; a ts=3000000000; 2 CPUs; " },
	{ "lines of one time stay as they are", " a-1 [000] 1.0: a:\n b-2 [001] 1.0: b:\n b-2 [001] 0.5: c:\n a-1 [000] 1.0: d:\n", "",
	  "c; a; b; d; lines whose time lies before that of their CPU's line in front: 1; " },
	{ "lost before a record of that CPU", HEAD ENTRY "CPU:0 [LOST 5 EVENTS]\nCPU:1 [LOST 123 EVENTS]\n" HEAD ENTRY HEAD ENTRY, "",
	  "kvm_entry; kvm_entry missed=123; kvm_entry; missed on 0: 5; missed on 1: 123; " },
	{ "a full buffer's header", "# entries-in-buffer/entries-written: 10/250   #P:4\n" HEAD ENTRY, "cpus",
	  "kvm_entry; 4 CPUs; overwritten in the buffer: 240; events that the header counts are not in the text: 9; " },
	{ "the latency format's header tells the release",
	  "# nop latency trace v1.1.5 on 6.1.0-18-amd64\n" HEAD "kvm_entry: vcpu 1, rip 0x0\n", "uname",
	  "kvm_entry; Linux unknown 6.1.0-18-amd64 x86_64; " },
	{ "uname -a above it", "Linux host 6.12.9-arm64 #1 SMP Debian aarch64 GNU/Linux\n" HEAD "kvm_access_fault: IPA: 4\n", "uname",
	  "kvm_access_fault; Linux unknown 6.12.9-arm64 aarch64; lines that are no event: 1; " },
	{ "what a fault's handler returns tells the release, before 6.12", HEAD "tdp_page_fault_ret: (ffffffffc0250d50 <- ffffffffc02642e4) ret=1\n"
	  HEAD "tdp_page_fault_ret: (ffffffffc0250d50 <- ffffffffc02642e4) ret=4\n" HEAD "kvm_page_fault: vcpu 0 rip 0x0 address 0x0 error_code 0x0\n",
	  "uname", "tdp_page_fault_ret; tdp_page_fault_ret; kvm_page_fault; Linux unknown 6.1-inferred x86_64; " INFERRED },
	{ "and since", HEAD "pf64_ret: (ffffffffc0250d50 <- ffffffffc02642e4) ret=6\n", "uname", "pf64_ret; Linux unknown 6.12-inferred x86_64; " INFERRED },
	{ "nothing tells the release", HEAD ENTRY, "uname", "kvm_entry; ; " },
	{ "the newest name of a thread", " <...>-7 [001] 1.0: a:\n vcpu0-7 [001] 2.0: b:\n <...>-7 [001] 3.0: c:\n", "comm",
	  "a comm=(null); b comm=vcpu0; c comm=vcpu0; " },
	/* --- mails ------------------------------------------------------------------------------------------ */
	{ "prose around it, quoted", "Hi,\n\nwe see this:\n\n> >" HEAD ENTRY "> >" HEAD ENTRY "\nAny idea?\n-- \nA.\n", "vcpu_id",
	  "kvm_entry vcpu_id=3; kvm_entry vcpu_id=3; lines that are no event: 5; " },
	{ "wrapped in the body", "> " HEAD "kvm_unmap_hva_range: mmu notifier unmap\n> range: 0x1000 --\n> 0x3000\n> " HEAD ENTRY, "start end",
	  "kvm_unmap_hva_range start=1000 end=3000; kvm_entry; wrapped lines: joined to those before them: 2; " },
	{ "wrapped before the event", " vcpu0-7 [001] 10.000001:\nkvm_entry: vcpu 3, rip 0x10\n" HEAD ENTRY, "vcpu_id",
	  "kvm_entry vcpu_id=3; kvm_entry vcpu_id=3; wrapped lines: joined to those before them: 1; " },
	{ "wrapped between names", HEAD "flush_all: (ffffffffc0260740) kvm=0x1\n  gfn=0x2 n=0x3\n" HEAD ENTRY, "kvm gfn n",
	  "flush_all kvm=1 gfn=2 n=3; kvm_entry; wrapped lines: joined to those before them: 1; " },
	{ "wrapped within a probe's place", HEAD "flush_all: (kvm_flush_remote_tlbs+0x4/0x50\n[kvm]) kvm=0x1\n", "__probe_ip kvm",
	  "flush_all __probe_ip=kvm_flush_remote_tlbs+4 kvm=1; wrapped lines: joined to those before them: 1; " },
	{ "what follows a whole line is not joined", HEAD ENTRY "0x3000 is what puzzles me\n" HEAD ENTRY, "vcpu_id",
	  "kvm_entry vcpu_id=3; kvm_entry vcpu_id=3; lines that are no event: 1; " },
	{ "what does not make it whole is not joined", HEAD "kvm_unmap_hva_range: mmu notifier\nsomething else\n" HEAD ENTRY, "start end",
	  "kvm_unmap_hva_range; kvm_entry; lines that are no event: 1; " UNFIT("kvm_unmap_hva_range") },
	{ "quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\n" HEAD "flush_all: (ffffffffc0260740) kvm=3D0x1=\n0 gfn=3D0x2\n",
	  "kvm gfn", "flush_all kvm=10 gfn=2; lines that are no event: 1; " },
	/* --- refused --------------------------------------------------------------------------------------- */
	{ "prose alone", "Hi,\nnothing to see here\n", "", "3: t: not a trace.dat but a text file in which no line is an event of a trace; "
	  "give what trace-cmd report, perf script or tracefs prints" },
	{ "nothing at all", "", "", "3: t: not a trace.dat but a text file in which no line is an event of a trace; "
	  "give what trace-cmd report, perf script or tracefs prints" },
};

static void check(const void *row)
{
	const struct row *r = row;
	struct said *s = calloc(1, sizeof(*s));

	read_all(s, r->text, strlen(r->text), r->fields);
	assert_string_equal(s->text, r->want);
	free(s);
}

/* --- lengths -------------------------------------------------------------------------------------------- */

static char *text_of_long_line(size_t line, size_t *len)
{
	char *text = malloc(line + 4096);
	size_t n = sprintf(text, HEAD ENTRY HEAD "print: x");

	memset(text + n, 'y', line);
	n += line;
	n += sprintf(text + n, "\n" HEAD ENTRY);
	*len = n;
	return text;
}

static void check_long(const void *row)
{
	const struct { const char *name; size_t line; const char *want; } *r = row;
	struct said *s = calloc(1, sizeof(*s));
	size_t len;
	char *text = text_of_long_line(r->line, &len);

	read_all(s, text, len, "vcpu_id");
	assert_string_equal(s->text, r->want);
	free(text);
	free(s);
}

static const struct { const char *name; size_t line; const char *want; } long_rows[] = {
	{ "a line as long as may be", 65000, "kvm_entry vcpu_id=3; print; kvm_entry vcpu_id=3; " },
	{ "one that is too long", 70000, "kvm_entry vcpu_id=3; print; kvm_entry vcpu_id=3; lines longer than 65536 bytes: 1; " },
	{ "one that is far too long", 900000, "kvm_entry vcpu_id=3; print; kvm_entry vcpu_id=3; lines longer than 65536 bytes: 1; " },
};

int main(void)
{
	int bad = table_run("texts", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return table_run("long lines", long_rows, ARRAY_SIZE(long_rows), sizeof(long_rows[0]), check_long) | bad;
}
