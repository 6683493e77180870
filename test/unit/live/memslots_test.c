// SPDX-License-Identifier: GPL-2.0-or-later
/* Memslots of a struct kvm in a core file made here. */
#include "capture/live/memslots.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/table.h"

#define BASE	0xffffc90000515000ULL	/* struct kvm; slots lie behind it in the same segment */
#define SLOTS	0x800
#define BYTES	0x1000

/* struct kvm: the sets in force at 8 and 16; sets of 4 buckets at 0x100, 0x200, 0x300. */
static const struct memslot_places at = {
	.sets = 8, .generation = 0, .buckets = 16, .node = 48, .nodes = 0, .gfn = 32, .npages = 40, .hva = 48, .flags = 56,
	.id = 60,
};

static unsigned char memory[BYTES];

static void put(uint64_t offset, uint64_t value, size_t bytes)
{
	memcpy(memory + offset, &value, bytes);
}

/* Slot @nr of @id, in bucket @bucket of the set at @set, before what is in there. */
static void put_slot(unsigned int nr, uint64_t set, unsigned int node, unsigned int bucket, unsigned int id)
{
	uint64_t slot = SLOTS + nr * 0x80, first;

	memcpy(&first, memory + set + 16 + 8 * bucket, 8);
	put(slot + 16 * node, first, 8);
	put(set + 16 + 8 * bucket, BASE + slot + 16 * node, 8);
	put(set + 48, node, 4);
	put(slot + 32, 0x1000 * (id + 1), 8);
	put(slot + 40, 0x10, 8);
	put(slot + 48, 0x7f0000000000ULL + id, 8);
	put(slot + 56, id & 1, 4);
	put(slot + 60, id, 2);
}

static struct kcore *core_of_memory(void)
{
	const Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 }, .e_type = ET_CORE, .e_phoff = sizeof(h),
			       .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
	const Elf64_Phdr p[2] = {
		{ .p_type = PT_NOTE, .p_vaddr = BASE, .p_memsz = BYTES },
		{ .p_type = PT_LOAD, .p_offset = sizeof(h) + sizeof(p), .p_vaddr = BASE, .p_memsz = BYTES },
	};
	char path[] = "/tmp/mmulab-kcore-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct kcore *k;

	fwrite(&h, sizeof(h), 1, f);
	fwrite(p, sizeof(p), 1, f);
	fwrite(memory, sizeof(memory), 1, f);
	fclose(f);
	k = kcore_open(path);
	unlink(path);
	assert_non_null(k);
	return k;
}

static void set_up(void)
{
	memset(memory, 0, sizeof(memory));
	put(8, BASE + 0x100, 8);
	put(16, 7, 8);		/* no other address space: something else is there */
}

static int read_all(struct memslot **v)
{
	struct kcore *k = core_of_memory();
	int nr = memslots_read(k, &at, BASE, v);

	kcore_close(k);
	return nr;
}

static void lists_of_buckets(void **state)
{
	struct memslot *v;

	set_up();
	put_slot(0, 0x100, 0, 2, 1);
	put_slot(1, 0x100, 0, 2, 5);
	put_slot(2, 0x100, 0, 3, 2);
	assert_int_equal(read_all(&v), 3);
	assert_int_equal(v[0].id, 5);
	assert_int_equal(v[1].id, 1);
	assert_int_equal(v[2].id, 2);
	assert_int_equal(v[1].gfn, 0x2000);
	assert_int_equal(v[1].npages, 0x10);
	assert_true(v[1].hva == 0x7f0000000001ULL);
	assert_int_equal(v[1].flags, 1);
	assert_int_equal(v[2].flags, 0);
	free(v);
}

/* A slot is in both sets, by another node in each. */
static void the_other_node(void **state)
{
	struct memslot *v;

	set_up();
	put_slot(0, 0x200, 0, 1, 9);
	put_slot(1, 0x100, 1, 1, 4);
	assert_int_equal(read_all(&v), 1);
	assert_int_equal(v[0].id, 4);
	free(v);
}

static void two_address_spaces(void **state)
{
	struct memslot *v;

	set_up();
	put(16, BASE + 0x300, 8);
	put_slot(0, 0x100, 0, 0, 1);
	put_slot(1, 0x300, 1, 0, 1);
	assert_int_equal(read_all(&v), 2);
	assert_int_equal(v[0].as_id, 0);
	assert_int_equal(v[1].as_id, 1);
	free(v);
}

static void none(void **state)
{
	struct memslot *v;

	set_up();
	assert_int_equal(read_all(&v), 0);
	free(v);
}

static void no_struct_kvm(void **state)
{
	struct memslot *v;

	set_up();
	put(8, 0x1234, 8);
	assert_int_equal(read_all(&v), -EFAULT);
	put(8, BASE + 0x100, 8);
	put(0x100 + 48, 77, 4);
	assert_int_equal(read_all(&v), -EFAULT);
	put(0x100 + 48, 0, 4);
	put(0x100 + 16, 0xdead0000, 8);		/* a list that leads nowhere: it is being changed */
	assert_int_equal(read_all(&v), -EAGAIN);
	assert_null(v);
}

static void no_core_file(void **state)
{
	struct kcore *k = core_of_memory();
	uint64_t v;

	assert_true(kcore_read(k, BASE + BYTES - 8, &v, 8));
	assert_false(kcore_read(k, BASE + BYTES - 4, &v, 8));
	assert_false(kcore_read(k, BASE - 8, &v, 8));
	kcore_close(k);
	kcore_close(NULL);
	assert_null(kcore_open("/dev/null"));
	assert_int_equal(errno, ENOEXEC);
	assert_null(kcore_open("/nowhere"));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_buckets), cmocka_unit_test(the_other_node), cmocka_unit_test(two_address_spaces),
		cmocka_unit_test(none), cmocka_unit_test(no_struct_kvm), cmocka_unit_test(no_core_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
