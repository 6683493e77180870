// SPDX-License-Identifier: GPL-2.0-or-later
/* Which events of a recording become which rows, and why others do not. */
#include <stdio.h>
#include <stdlib.h>

#include "capture/kallsyms.h"
#include "capture/raw_events.h"
#include "test/table.h"

#define IP(sym)		(0xffffffffc0240000ULL + (sym))

static const char symbols[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T _text\n"
	"ffffffffc0240f00 t __pfx_kvm_unmap_gfn_range\t[kvm]\n"
	"ffffffffc0242000 t kvm_flush_remote_tlbs\t[kvm]\n"
	"ffffffffc0241000 t kvm_unmap_gfn_range\t[kvm]\n"
	"ffffffffc0243000 t kvm_tdp_page_fault.constprop.0\t[kvm]\n"
	"ffffffffc0244000 t kvm_unmap_gfn_range.cold\t[kvm]\n"
	"ffffffffc0245000 d kvm_data\t[kvm]\n"
	"ffffffffc0246000 t kvm_set_memory_region\t[kvm]\n";

/* --- a source of one event --------------------------------------------------------- */

struct row {
	const char	*name;
	const char	*system, *event, *fields;	/* fields: "name:size", '@' before a dynamic one */
	uint64_t	 ip;
	unsigned int	 want;
	const char	*why, *less;
	bool		 no_symbols;
};

static const struct row *now;
static struct kallsyms *kernel;

static bool one_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	uint16_t offset = 8;

	for (const char *p = now->fields; *p;) {
		bool dynamic = *p == '@';
		size_t len = strcspn(p + dynamic, ":");
		uint16_t size = strtoul(p + dynamic + len + 1, NULL, 10);

		if (len == strlen(name) && !strncmp(p + dynamic, name, len)) {
			*out = (struct source_field){ .offset = offset, .size = size, .is_dynamic = dynamic };
			return true;
		}
		offset += size;
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return false;
}

static const char *one_symbol(struct source *s, uint64_t addr, uint64_t *offset)
{
	return now->no_symbols ? NULL : kallsyms_find(kernel, addr, offset);
}

static const struct source_ops ops = { .field = one_field, .symbol = one_symbol };

static void check(const void *arg)
{
	struct source_event ev = { .system = ((const struct row *)arg)->system, .name = ((const struct row *)arg)->event };
	struct source s = { .ops = &ops, .events = &ev, .nr_events = 1 };
	uint64_t data[32] = { 0 };
	struct source_record rec = { .data = data, .size = sizeof(data) };
	const struct raw_layout *l;
	struct raw_type t;

	now = arg;
	data[1] = now->ip;
	raw_type_init(&t, &s, 0, &raw_x86);
	l = raw_layout_of(&t, &s, &raw_x86, &rec);
	assert_non_null(l);
	assert_int_equal(l->id, now->want);
	assert_int_equal(!l->why, !now->why);
	if (now->why)
		assert_string_equal(l->why, now->why);
	assert_int_equal(!l->less, !now->less);
	if (now->less)
		assert_string_equal(l->less, now->less);
	raw_type_fini(&t);
}

#define P	"__probe_ip:8 "
#define R	"__probe_func:8 __probe_ret_ip:8 "

static const struct row rows[] = {
	{ "a tracepoint, its fields in any order and width", "kvm", "kvm_exit",
	  "vcpu_id:2 isa:8 more:8 exit_reason:4", .want = RAW_EXIT },
	{ "one that lacks a field is refused, not dropped", "kvm", "kvm_exit", "exit_reason:4 vcpu_id:4",
	  .why = "kvm_exit: lacks field isa" },
	{ "one whose number is an array", "kvm", "kvm_entry", "@vcpu_id:4", .why = "kvm_entry: field vcpu_id is no number" },
	{ "one that can do without", "kvm", "kvm_page_fault", "fault_address:8 error_code:4", .want = RAW_PAGE_FAULT,
	  .less = "kvm_page_fault: lacks field vcpu_id" },
	{ "KVM's systems are one", "kvm", "fast_page_fault", "cr2_or_gpa:8 error_code:4 old_spte:8 new_spte:8 ret:4",
	  .want = RAW_FAST_FAULT },
	{ "a source without systems", "", "kvm_entry", "vcpu_id:4", .want = RAW_ENTRY },
	{ "another system's event of the same name", "synthetic", "kvm_entry", "vcpu_id:4",
	  .why = "event kind not modelled: kvm_entry" },
	{ "a probe that borrowed a tracepoint's name", "kvm", "kvm_entry", P "vcpu_id:4", IP(0x2004), RAW_FLUSH_ALL,
	  .less = "kvm_entry: lacks field kvm" },
	{ "a probe of any name in any group", "mine", "x", P "end:8 kvm:8 start:8", IP(0x1000), RAW_UNMAP_GFN },
	{ "behind endbr64 or ftrace's call", "mine", "x", P "kvm:8 start:8 end:8", IP(0x1004), RAW_UNMAP_GFN },
	{ "not where the function begins", "mine", "x", P "kvm:8 start:8 end:8", IP(0x1040),
	  .why = "probe inside kvm_unmap_gfn_range, not on its beginning: x" },
	{ "one that says something else than its name", "lab", "unmap_gfn_range", P "kvm:8 start:8 end:8", IP(0x2000),
	  RAW_FLUSH_ALL },
	{ "one without an argument", "lab", "unmap_gfn_range", P "kvm:8 start:8", IP(0x1000),
	  .why = "unmap_gfn_range: lacks field end" },
	{ "one that can do without", "lab", "unmap_gfn_range", P "start:8 end:8", IP(0x1000), RAW_UNMAP_GFN,
	  .less = "unmap_gfn_range: lacks field kvm" },
	{ "its return is another event", "mine", "y", R "arg1:8", IP(0x1000), RAW_UNMAP_GFN_RET },
	{ "a compiler's clone", "mine", "y", R "ret:4", IP(0x3000), RAW_FAULT_RET },
	{ "a part cut out is no function", "mine", "y", P "kvm:8 start:8 end:8", IP(0x4000),
	  .why = "probe of kvm_unmap_gfn_range.cold not modelled: y" },
	{ "a name of another release, arguments as the ioctl has them", "a", "b",
	  P "slot:4 guest_phys_addr:8 memory_size:8 userspace_addr:8 flags:4 kvm:8", IP(0x6000), RAW_SET_REGION },
	{ "a user's program", "uprobes", "flush_all", P "kvm:8", 0x401000,
	  .why = "probe of a user program: flush_all", .no_symbols = true },
	{ "without symbols: a nickname", "lab", "mn_inv_end", P "mn:8 start:8 end:8", IP(0), RAW_MN_INV_END,
	  .no_symbols = true },
	{ "its return", "lab", "mn_inv_end_ret", R, IP(0), RAW_MN_INV_END_RET, .no_symbols = true },
	{ "the name tools make of a symbol", "kprobes", "p_kvm_unmap_gfn_range_0", P "kvm:8 start:8 end:8", IP(0),
	  RAW_UNMAP_GFN, .no_symbols = true },
	{ "of a return", "kprobes", "r_kvm_tdp_page_fault_0", R "retval:8", IP(0), RAW_FAULT_RET, .no_symbols = true },
	{ "as perf names it", "probe", "kvm_tdp_page_fault__return", R "arg1:8", IP(0), RAW_FAULT_RET, .no_symbols = true },
	{ "as an fprobe is named", "fprobes", "kvm_flush_remote_tlbs__entry", P "kvm:8", IP(0), RAW_FLUSH_ALL,
	  .no_symbols = true },
	{ "two underscores make another function", "lab", "__kvm_faultin_pfn", P "vcpu:8", IP(0),
	  .why = "probe of an unknown function: __kvm_faultin_pfn", .no_symbols = true },
	{ "a name that tells nothing", "lab", "myprobe", P "kvm:8 start:8 end:8", IP(0),
	  .why = "probe of an unknown function: myprobe", .no_symbols = true },
	{ "a text", "ftrace", "print", "@buf:4", .want = RAW_MARKER },
};

/* --- two probes in one event, and values --------------------------------------------------- */

static void two_probes(void **state)
{
	static const struct row row = { .fields = P "kvm:8" };
	struct source_event ev = { .system = "lab", .name = "z" };
	struct source s = { .ops = &ops, .events = &ev, .nr_events = 1 };
	uint64_t data[3] = { 0, IP(0x2000), 7 };
	struct source_record rec = { .data = data, .size = sizeof(data) };
	const struct raw_layout *a, *b;
	struct raw_type t;
	struct raw r;

	now = &row;
	raw_type_init(&t, &s, 0, &raw_x86);
	a = raw_layout_of(&t, &s, &raw_x86, &rec);
	assert_int_equal(a->id, RAW_FLUSH_ALL);
	assert_true(raw_decode(a, &rec, &r));
	assert_int_equal(r.v[0], 7);
	assert_true(raw_has(&r, 0));
	data[1] = IP(0x1000);
	b = raw_layout_of(&t, &s, &raw_x86, &rec);
	assert_int_equal(b->id, RAW_NONE);
	assert_string_equal(b->why, "z: lacks field start");
	data[1] = IP(0x2000);
	assert_ptr_equal(raw_layout_of(&t, &s, &raw_x86, &rec), a);
	rec.size = 12;
	assert_null(raw_layout_of(&t, &s, &raw_x86, &rec));
	raw_type_fini(&t);
}

static void no_symbols(void **state)
{
	static const char hidden[] = "0000000000000000 t kvm_unmap_gfn_range\t[kvm]\n";

	assert_null(kallsyms_parse(hidden, sizeof(hidden) - 1));
	assert_null(kallsyms_parse("nonsense", 8));
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(two_probes), cmocka_unit_test(no_symbols) };
	int failed;

	kernel = kallsyms_parse(symbols, sizeof(symbols) - 1);
	failed = table_run("events", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
	failed |= cmocka_run_group_tests_name("probes", more, NULL, NULL);
	kallsyms_free(kernel);
	return failed;
}
