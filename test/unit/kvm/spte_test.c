/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPTE encodings against worked values, and what changes of an entry mean. */
#include "kvm/spte.h"

#include "test/table.h"

#define PFN	0xbfd34ULL
#define HUGE_PFN 0xbfc00ULL	/* 2M aligned */

static const struct spte_want rwx4k = { .pfn = PFN, .level = 1, .exec = true, .writable = true,
					.accessed = true, .dirty = true };
static const struct spte_want rwx2m = { .pfn = HUGE_PFN + 77, .level = 2, .exec = true, .writable = true,
					.accessed = true, .dirty = true };
static const struct spte_want aged = { .pfn = PFN, .level = 1, .exec = true, .writable = true,
				       .dirty = true };
static const struct spte_want wrprot = { .pfn = PFN, .level = 1, .exec = true, .mmu_writable = true,
					 .host_writable = true, .accessed = true, .dirty = true };
static const struct spte_want clean = { .pfn = PFN, .level = 1, .exec = true, .writable = true,
					.accessed = true };
static const struct spte_want shadowed = { .pfn = PFN, .level = 1, .exec = true, .host_writable = true,
					   .accessed = true, .dirty = true };
static const struct spte_want nx2m = { .pfn = HUGE_PFN, .level = 2, .writable = true, .accessed = true,
				       .dirty = true };

/* Low and software bits without the pfn; source: masks of KVM spte.c, worked by hand. */
static const struct leaf_row {
	const char		*name;
	const struct spte_want	*want;
	uint64_t		 ept_6_1, ept_6_12, npt;
} leaf_rows[] = {
	{ "4K, RWX, A and D", &rwx4k, 0x0600000000000b77, 0x8600000000000b77, 0xe67 },
	{ "2M, any pfn inside is masked down", &rwx2m, 0x0600000000000bf7, 0x8600000000000bf7, 0xee7 },
	{ "aged", &aged, 0x0600000000000a77, 0x8600000000000a77, 0xe47 },
	{ "write-protected for the dirty log", &wrprot, 0x0600000000000b75, 0x8600000000000b75, 0xe65 },
	{ "D cleared by PML", &clean, 0x0600000000000977, 0x8600000000000977, 0xe27 },
	{ "write-protected for a shadow page", &shadowed, 0x0200000000000b75, 0x8200000000000b75, 0xa65 },
	{ "huge without X", &nx2m, 0x0600000000000bf3, 0x8600000000000bf3, 0x8000000000000ee7 },
};

static void check_leaf(const void *arg)
{
	const struct leaf_row *row = arg;
	uint64_t pfn = (row->want->level == 2 ? HUGE_PFN : PFN) << 12;

	assert_int_equal(spte_make_leaf(spte_format(KVM_6_1, SPTE_EPT), row->want), row->ept_6_1 | pfn);
	assert_int_equal(spte_make_leaf(spte_format(KVM_6_12, SPTE_EPT), row->want), row->ept_6_12 | pfn);
	assert_int_equal(spte_make_leaf(spte_format(KVM_6_18, SPTE_EPT), row->want), row->ept_6_12 | pfn);
	for (unsigned int r = 0; r < KVM_NR_RELEASES; r++)
		assert_int_equal(spte_make_leaf(spte_format(r, SPTE_NPT), row->want), row->npt | pfn);
	assert_true(spte_is_leaf(row->npt | pfn, row->want->level));
	assert_int_equal(spte_pfn(row->ept_6_12 | pfn), pfn >> 12);
}

static const struct format_row {
	const char		*name;
	enum kvm_release	 release;
	enum spte_tdp		 tdp;
	uint64_t		 table, empty, frozen;
} format_rows[] = {
	{ "npt-6.1", KVM_6_1, SPTE_NPT, 0x827, 0, 0x5a0 },
	{ "npt-6.12", KVM_6_12, SPTE_NPT, 0x827, 0x8000000000000000, 0x80000000000005a0 },
	{ "npt-6.18", KVM_6_18, SPTE_NPT, 0x827, 0x8000000000000000, 0x80000000000005a0 },
	{ "ept-6.1", KVM_6_1, SPTE_EPT, 0x907, 0, 0x5a0 },
	{ "ept-6.12", KVM_6_12, SPTE_EPT, 0x8000000000000907, 0x8000000000000000, 0x80000000000005a0 },
	{ "ept-6.18", KVM_6_18, SPTE_EPT, 0x8000000000000907, 0x8000000000000000, 0x80000000000005a0 },
};

static void check_format(const void *arg)
{
	const struct format_row *row = arg;
	const struct spte_format *f = spte_format(row->release, row->tdp);

	assert_string_equal(f->name, row->name);
	assert_int_equal(spte_make_table(f, PFN), row->table | PFN << 12);
	assert_true(spte_is_table(row->table | PFN << 12, 4));
	assert_int_equal(f->nonpresent, row->empty);
	assert_int_equal(f->frozen, row->frozen);
	assert_false(spte_is_present(f->frozen));
	assert_false(spte_is_mmio(f, f->frozen));
	assert_false(spte_is_mmio(f, f->nonpresent));
}

static const struct mmio_row {
	const char		*name;
	enum kvm_release	 release;
	enum spte_tdp		 tdp;
	uint64_t		 gfn, gen, want;
} mmio_rows[] = {
	{ "npt: reserved bit, P, and W and U of the access", KVM_6_12, SPTE_NPT, 0xfee00, 0, 0x80000fee00007 },
	{ "npt: generation 6 at bit 3", KVM_6_1, SPTE_NPT, 0xfee00, 6, 0x80000fee00037 },
	{ "npt: generation bit 8 at bit 52", KVM_6_12, SPTE_NPT, 0, 0x100, 0x0018000000000007 },
	{ "npt: generation bits 18:0 alone", KVM_6_12, SPTE_NPT, 0, 0xfffff, 0x7ff80000000007ff },
	{ "ept: W and X without R", KVM_6_1, SPTE_EPT, 0xfee00, 0, 0xfee00006 },
	{ "ept 6.12: bit 63 clear", KVM_6_12, SPTE_EPT, 0xfee00, 2, 0xfee00016 },
};

static void check_mmio(const void *arg)
{
	const struct mmio_row *row = arg;
	const struct spte_format *f = spte_format(row->release, row->tdp);

	assert_int_equal(spte_make_mmio(f, row->gfn, 7, row->gen), row->want);
	assert_true(spte_is_mmio(f, row->want));
	assert_false(spte_is_present(row->want));
}

/* Entries of NPT and EPT 6.12, for the classifier. */
enum what {
	EMPTY, FROZEN, MMIO, TABLE, TABLE2, LEAF, LEAF_AGED, LEAF_CLEAN, LEAF_AGED_CLEAN, LEAF_WRPROT,
	LEAF_SHADOW, LEAF_NX, LEAF_OTHER_PFN, LEAF_HOST_RO, NR_WHATS
};

static uint64_t entry(const struct spte_format *f, enum what what)
{
	uint64_t leaf = spte_make_leaf(f, &rwx2m);

	switch (what) {
	case EMPTY:		return f->nonpresent;
	case FROZEN:		return f->frozen;
	case MMIO:		return spte_make_mmio(f, 0xfee00, 7, 4);
	case TABLE:		return spte_make_table(f, 0x1234);
	case TABLE2:		return spte_make_table(f, 0x4321);
	case LEAF:		return leaf;
	case LEAF_AGED:		return leaf & ~f->accessed;
	case LEAF_CLEAN:	return leaf & ~f->dirty;
	case LEAF_AGED_CLEAN:	return leaf & ~f->dirty & ~f->accessed;
	case LEAF_WRPROT:	return leaf & ~SPTE_W;
	case LEAF_SHADOW:	return leaf & ~SPTE_W & ~f->mmu_writable;
	case LEAF_NX:		return f->nx ? leaf | f->nx : leaf & ~f->exec;
	case LEAF_OTHER_PFN:	return leaf ^ 0x40000000;
	case LEAF_HOST_RO:	return leaf & ~f->host_writable;
	case NR_WHATS:		break;
	}
	return 0;
}

static const struct change_row {
	const char		*name;
	enum what		 old, new;
	enum spte_change	 want;
} change_rows[] = {
	{ "nothing changed", LEAF, LEAF, SPTE_CHANGE_NONE },
	{ "a table appears", EMPTY, TABLE, SPTE_CHANGE_LINK },
	{ "a table replaces an MMIO entry", MMIO, TABLE, SPTE_CHANGE_LINK },
	{ "a leaf appears", EMPTY, LEAF, SPTE_CHANGE_MAP },
	{ "a leaf replaces an MMIO entry", MMIO, LEAF, SPTE_CHANGE_MAP },
	{ "an MMIO entry appears", EMPTY, MMIO, SPTE_CHANGE_MMIO },
	{ "an MMIO entry goes", MMIO, EMPTY, SPTE_CHANGE_OTHER },
	{ "a leaf goes", LEAF, EMPTY, SPTE_CHANGE_ZAP },
	{ "a leaf becomes MMIO", LEAF, MMIO, SPTE_CHANGE_ZAP },
	{ "a leaf under a removed table", LEAF, FROZEN, SPTE_CHANGE_FREEZE_LEAF },
	{ "an empty entry under a removed table", EMPTY, FROZEN, SPTE_CHANGE_FREEZE_EMPTY },
	{ "an MMIO entry under a removed table", MMIO, FROZEN, SPTE_CHANGE_FREEZE_EMPTY },
	{ "a table under a removed table", TABLE, FROZEN, SPTE_CHANGE_FREEZE_TABLE },
	{ "a table goes", TABLE, EMPTY, SPTE_CHANGE_UNLINK },
	{ "a table becomes a leaf", TABLE, LEAF, SPTE_CHANGE_COLLAPSE },
	{ "a table becomes another", TABLE, TABLE2, SPTE_CHANGE_OTHER },
	{ "a leaf becomes a table", LEAF, TABLE, SPTE_CHANGE_SPLIT },
	{ "A cleared", LEAF, LEAF_AGED, SPTE_CHANGE_AGE },
	{ "A and D cleared", LEAF, LEAF_AGED_CLEAN, SPTE_CHANGE_AGE },
	{ "D cleared", LEAF, LEAF_CLEAN, SPTE_CHANGE_CLEAR_DIRTY },
	{ "W cleared", LEAF, LEAF_WRPROT, SPTE_CHANGE_WRPROT },
	{ "W and MMU_WRITABLE cleared", LEAF, LEAF_SHADOW, SPTE_CHANGE_SHADOW_WRPROT },
	{ "MMU_WRITABLE cleared where W was", LEAF_WRPROT, LEAF_SHADOW, SPTE_CHANGE_SHADOW_WRPROT },
	{ "W gained", LEAF_WRPROT, LEAF, SPTE_CHANGE_PERMIT },
	{ "A gained", LEAF_AGED, LEAF, SPTE_CHANGE_PERMIT },
	{ "D gained", LEAF_CLEAN, LEAF, SPTE_CHANGE_PERMIT },
	{ "A gained, D lost: a fault's rebuilt value", LEAF_AGED, LEAF_CLEAN, SPTE_CHANGE_PERMIT },
	{ "X gained", LEAF_NX, LEAF, SPTE_CHANGE_PERMIT },
	{ "X lost", LEAF, LEAF_NX, SPTE_CHANGE_OTHER },
	{ "another pfn", LEAF, LEAF_OTHER_PFN, SPTE_CHANGE_REPOINT },
	{ "host-writable lost, which never happens", LEAF, LEAF_HOST_RO, SPTE_CHANGE_OTHER },
	{ "frozen to empty", FROZEN, EMPTY, SPTE_CHANGE_THAW },
	{ "frozen to a leaf", FROZEN, LEAF, SPTE_CHANGE_THAW },
};

static void check_change(const void *arg)
{
	const struct change_row *row = arg;

	for (unsigned int release = 0; release < KVM_NR_RELEASES; release++) {
		for (unsigned int tdp = SPTE_NPT; tdp <= SPTE_EPT; tdp++) {
			const struct spte_format *f = spte_format(release, tdp);
			enum spte_change got = spte_classify(f, entry(f, row->old), entry(f, row->new), 2);

			assert_string_equal(spte_change_name(got), spte_change_name(row->want));
		}
	}
}

/* Recorded by an AMD host running 6.12: values as the tracepoint gave them. */
static const struct recorded_row {
	const char		*name;
	uint64_t		 old, new;
	int			 level;
	enum spte_change	 want;
} recorded_rows[] = {
	{ "a root's first entry", 0x8000000000000000, 0xbfd34827, 4, SPTE_CHANGE_LINK },
	{ "a level 3 entry", 0x8000000000000000, 0xbfd33827, 3, SPTE_CHANGE_LINK },
	{ "bit 7 at level 1 is no table", 0x8000000000000000, 0xbfd34ee7, 1, SPTE_CHANGE_MAP },
};

static void check_recorded(const void *arg)
{
	const struct recorded_row *row = arg;

	assert_int_equal(spte_classify(spte_format(KVM_6_12, SPTE_NPT), row->old, row->new, row->level), row->want);
}

int main(void)
{
	return table_run("spte leaf", leaf_rows, ARRAY_SIZE(leaf_rows), sizeof(leaf_rows[0]), check_leaf) |
	       table_run("spte format", format_rows, ARRAY_SIZE(format_rows), sizeof(format_rows[0]), check_format) |
	       table_run("spte mmio", mmio_rows, ARRAY_SIZE(mmio_rows), sizeof(mmio_rows[0]), check_mmio) |
	       table_run("spte change", change_rows, ARRAY_SIZE(change_rows), sizeof(change_rows[0]), check_change) |
	       table_run("spte recorded", recorded_rows, ARRAY_SIZE(recorded_rows), sizeof(recorded_rows[0]),
			 check_recorded);
}
