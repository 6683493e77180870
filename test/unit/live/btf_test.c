// SPDX-License-Identifier: GPL-2.0-or-later
/* Offsets of members from descriptions of types made here: a kernel's and a module's. */
#include "capture/live/btf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/types.h"
#include "test/table.h"

#define TYPE(name, kind, flag, n, size)	name, (uint32_t)(flag) << 31 | (kind) << 24 | (n), size
#define STRUCT	4
#define UNION	5

/* Names by their place. */
static const char kernel_names[] = "\0range\0start\0end\0bits\0node\0list\0lost";
enum { RANGE = 1, START = 7, END = 13, BITS = 17, NODE = 22, LIST = 27, LOST = 32 };
static const char module_names[] = "slot\0gfn\0as_id";
enum { SLOT = sizeof(kernel_names), GFN = SLOT + 5, AS_ID = SLOT + 9 };

static const uint32_t kernel_types[] = {
	TYPE(0, 1, 0, 0, 8), 64,				/* 1: an integer */
	TYPE(NODE, STRUCT, 0, 2, 16), LIST, 1, 0, LOST, 1, 64,	/* 2 */
	TYPE(0, 10, 0, 0, 2),					/* 3: const struct node */
	TYPE(0, UNION, 0, 2, 16), END, 1, 0, LOST, 1, 0,	/* 4 */
	TYPE(RANGE, STRUCT, 1, 4, 64),				/* 5: with bit fields */
		START, 1, 64, BITS, 1, 3u << 24 | 131, 0, 4, 192, NODE, 3, 320,
};
static const uint32_t module_types[] = {
	TYPE(RANGE, 7, 0, 0, 0),				/* 6: struct range is said to be somewhere */
	TYPE(SLOT, STRUCT, 0, 3, 200), GFN, 1, 1408, NODE, 2, 64, AS_ID, 1, 1456,	/* 7 */
};

static void write_btf(const char *folder, const char *name, const uint32_t *types, size_t types_len, const char *names,
		      size_t names_len)
{
	struct { uint16_t magic; uint8_t version, flags; uint32_t len, type_off, type_len, str_off, str_len; } h = {
		0xeb9f, 1, 0, 24, 0, types_len, types_len, names_len,
	};
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	fwrite(&h, sizeof(h), 1, f);
	fwrite(types, types_len, 1, f);
	fwrite(names, names_len, 1, f);
	fclose(f);
}

static const struct {
	const char *name;	/* the path */
	long	    want;
} rows[] = {
	{ "range.start",	8 },
	{ "range.end",		24 },		/* of the union without a name */
	{ "range.node.lost",	48 },		/* through a qualifier */
	{ "range.lost",		24 },
	{ "range.bits",		-ENODATA },	/* begins within a byte */
	{ "range.nothing",	-ENODATA },
	{ "range.start.list",	-ENODATA },
	{ "node.list",		0 },
	{ "slot.gfn",		176 },		/* of the module */
	{ "slot.node.lost",	16 },		/* a type and names of the kernel */
	{ "slot.as_id",		182 },
	{ "slots.gfn",		-ENOENT },
	{ "slot",		-ENOENT },
	{ "",			-ENOENT },
};

static char folder[] = "/tmp/btf_XXXXXX";
static const char *const modules[] = { "kvm", "kvm_other", NULL };

static void check(const void *r)
{
	size_t i = (typeof(&rows[0]))r - rows;
	struct btf *b = btf_open(folder, modules);

	assert_non_null(b);
	assert_int_equal(btf_offset(b, rows[i].name), rows[i].want);
	btf_close(b);
}

static void what_is_none(void **state)
{
	static const uint32_t unknown[] = { TYPE(0, 31, 0, 0, 8) };
	char other[] = "/tmp/btf_XXXXXX", path[64];

	assert_non_null(mkdtemp(other));
	assert_null(btf_open(other, modules));
	write_btf(other, "vmlinux", unknown, sizeof(unknown), kernel_names, sizeof(kernel_names));
	assert_null(btf_open(other, modules));
	write_btf(other, "vmlinux", kernel_types, sizeof(kernel_types) - 4, kernel_names, sizeof(kernel_names));
	assert_null(btf_open(other, modules));
	write_btf(other, "vmlinux", kernel_types, sizeof(kernel_types), kernel_names, sizeof(kernel_names) - 1);
	assert_null(btf_open(other, modules));
	snprintf(path, sizeof(path), "%s/vmlinux", other);
	unlink(path);
	rmdir(other);
	btf_close(NULL);
}

/* Where this kernel describes itself, structs every kernel has are in it. */
static void of_this_kernel(void **state)
{
	struct btf *b = btf_open("/sys/kernel/btf", modules);

	if (b) {
		assert_int_equal(btf_offset(b, "list_head.next"), 0);
		assert_int_equal(btf_offset(b, "list_head.prev"), sizeof(void *));
		assert_true(btf_offset(b, "task_struct.pid") > 0);
	}
	btf_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(of_this_kernel),
	};
	char path[64];
	int a, b;

	if (!mkdtemp(folder))
		return 1;
	write_btf(folder, "vmlinux", kernel_types, sizeof(kernel_types), kernel_names, sizeof(kernel_names));
	write_btf(folder, "kvm", module_types, sizeof(module_types), module_names, sizeof(module_names));
	a = table_run("members", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
	b = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, i ? "kvm" : "vmlinux");
		unlink(path);
	}
	rmdir(folder);
	return a || b;
}
