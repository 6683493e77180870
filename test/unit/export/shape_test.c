/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts are the kernel's: those of recorded hosts, by hand. */
#include "export/shape.h"

#include <stdio.h>

#include "test/table.h"

static const struct {
	const char	*name;
	struct shape_row row;
	uint16_t	 size;
	struct shape_field want[4];	/* of the first fields */
	const char	*print;		/* stands in the format */
} cases[] = {
	{ "a C struct: small members are followed by gaps",
	  { "kvm", "kvm_entry", SHAPE_TRACEPOINT, NULL, "unsigned int vcpu_id; unsigned long rip; bool immediate_exit", "\"x\"" },
	  28, { { 8, 4 }, { 16, 8 }, { 24, 1 } }, "field:bool immediate_exit;\toffset:24;\tsize:1;\tsigned:0;" },
	{ "four small ones in a row",
	  { "kvmmmu", "kvm_mmu_set_spte", SHAPE_TRACEPOINT, NULL, "u64 gfn; u8 level; bool r; signed char u", "\"x\"" },
	  20, { { 8, 8 }, { 16, 1 }, { 17, 1 }, { 18, 1 } }, "field:signed char u;\toffset:18;\tsize:1;\tsigned:1;" },
	{ "pointers", { "lock", "contention_begin", SHAPE_TRACEPOINT, NULL, "void * lock_addr; unsigned int flags", "\"x\"" },
	  20, { { 8, 8 }, { 16, 4 } }, "field:void * lock_addr;\toffset:8;\tsize:8;\tsigned:0;" },
	{ "a probe has its address first, and no gaps",
	  { "lab", "set_memslot", SHAPE_PROBE, "kvm_set_memslot", "u64 kvm; s32 change; u64 old_gfn; s8 level", NULL },
	  40, { { 16, 8 }, { 24, 4 }, { 28, 8 }, { 36, 1 } },
	  "print fmt: \"(%lx) kvm=0x%Lx change=%d old_gfn=0x%Lx level=%d\", REC->__probe_ip, REC->kvm, REC->change, REC->old_gfn, REC->level" },
	{ "a return has two addresses", { "lab", "x_ret", SHAPE_RETURN, "x", "u8 stale", NULL },
	  28, { { 24, 1 } }, "print fmt: \"(%lx <- %lx) stale=%u\", REC->__probe_func, REC->__probe_ret_ip, REC->stale" },
	{ "one without a value", { "lab", "y_ret", SHAPE_RETURN, "y", "", NULL },
	  24, { { 0 } }, "print fmt: \"(%lx <- %lx)\", REC->__probe_func, REC->__probe_ret_ip\n" },
};

static void check(const void *r)
{
	const typeof(cases[0]) *c = r;
	const uint64_t values[SHAPE_FIELDS_MAX] = { 0x1122334455667788, 0x99aabbccddeeff01, 0x0203040506070809, 0xff };
	uint8_t record[128];
	struct shape s;
	char *text = shape_of(&c->row, 1234, &s), head[64];

	snprintf(head, sizeof(head), "name: %s\nID: 1234\nformat:\n", c->row.name);
	assert_memory_equal(text, head, strlen(head));
	assert_non_null(strstr(text, c->print));
	assert_int_equal(s.size, c->size);
	shape_encode(&s, &c->row, 4711, 0xffffffffc0001000, values, record);
	assert_int_equal(record[0] | record[1] << 8, 1234);
	assert_int_equal(record[4] | record[5] << 8, 4711);
	for (unsigned int i = 0; i < 4 && c->want[i].size; i++) {
		assert_int_equal(s.field[i].offset, c->want[i].offset);
		assert_int_equal(s.field[i].size, c->want[i].size);
		assert_memory_equal(record + s.field[i].offset, &values[i], s.field[i].size);
	}
	free(text);
}

int main(void)
{
	return table_run("shapes of records", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
