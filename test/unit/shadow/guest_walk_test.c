/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest walks: levels, rights, reserved bits, A and D, and what the guest is told. */
#include "engine/x86/shadow/guest_walk.h"

#include "test/unit/x86/lab.h"

#define G	LAB_GFN
#define ROLE_4	0x3704u			/* four levels, NX, CR0.WP */
#define ROLE_5	0x3705u
#define ROLE_PAE 0x3703u
#define ROLE_32	(0x2703u | 1u << 4)	/* 4-byte entries, no NX */

struct entry {
	gfn_t		table;
	unsigned int	offset;
	uint64_t	value;
};

#define PTE(frame, bits)	((frame) << 12 | (bits))
#define RW			0x67ULL	/* P W U A D */
#define TABLE(frame)		PTE(frame, 0x27)

/* 0x8000201000 leads through these four, from table G on. */
#define FOUR(last)		{ { G, 8, TABLE(G + 1) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 8, TABLE(G + 3) }, { G + 3, 8, last } }
#define GVA			0x8000201123ULL

static const struct {
	const char	*name;
	uint32_t	 role;
	enum spte_tdp	 host;
	struct entry	 entries[6];
	uint64_t	 gva, pferr;
	bool		 want;
	gfn_t		 gfn;
	int		 level;
	unsigned int	 rights;
	const char	*said;
} rows[] = {
	{ "four levels, a write", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, RW)), GVA, PFERR_W, true, G + 9, 1, ACC_ALL, "" },
	{ "a read of a dirty page may write it later", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, RW)), GVA, 0, true, G + 9, 1, ACC_ALL, "" },
	{ "a read of a clean page leaves it read-only", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, 0x27ULL)), GVA, 0, true, G + 9, 1, ACC_U | ACC_X, "" },
	{ "five levels", ROLE_5, SPTE_NPT,
	  { { G, 8, TABLE(G + 1) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 0, TABLE(G + 3) }, { G + 3, 0, TABLE(G + 4) },
	    { G + 4, 16, PTE(G + 9, RW) } }, 1ULL << 48 | 0x2000, PFERR_W, true, G + 9, 1, ACC_ALL, "" },
	{ "A is set on the way, D at the end of a write", ROLE_4, SPTE_NPT,
	  { { G, 8, PTE(G + 1, 7ULL) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 8, TABLE(G + 3) }, { G + 3, 8, PTE(G + 9, 7ULL) } },
	  GVA, PFERR_W, true, G + 9, 1, ACC_ALL,
	  "kvm_mmu_set_accessed_bit 0x40000 +8 0\n"
	  "kvm_mmu_set_accessed_bit 0x40003 +8 0\n"
	  "kvm_mmu_set_dirty_bit 0x40003 +8 0\n" },
	{ "D is not set above the end, nor by a read", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, 7ULL)), GVA, PFERR_U, true, G + 9, 1, ACC_U | ACC_X,
	  "kvm_mmu_set_accessed_bit 0x40003 +8 0\n" },
	{ "nothing is there", ROLE_4, SPTE_NPT, FOUR(0), GVA, PFERR_W, false, 0, 1, 0, "kvm_mmu_walker_error 0 +2 0\n" },
	{ "no root", ROLE_4, SPTE_NPT, { { 0 } }, GVA, PFERR_U, false, 0, 4, 0, "kvm_mmu_walker_error 0 +4 0\n" },
	{ "a table that no slot holds", ROLE_4, SPTE_NPT, { { G, 8, TABLE(G + LAB_PAGES) }, { G + LAB_PAGES, 0, TABLE(G + 2) } },
	  GVA, PFERR_W, false, 0, 3, 0, "kvm_mmu_walker_error 0 +2 0\n" },
	{ "a process may not have the kernel's page", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, 0x63ULL)), GVA, PFERR_U, false, 0, 1, ACC_W | ACC_X,
	  "kvm_mmu_walker_error 0 +5 0\n" },
	{ "rights are those of all entries together", ROLE_4, SPTE_NPT,
	  { { G, 8, TABLE(G + 1) }, { G + 1, 0, PTE(G + 2, 0x25ULL) }, { G + 2, 8, PTE(G + 3, GPTE_NX | 0x27) },
	    { G + 3, 8, PTE(G + 9, RW) } },
	  GVA, PFERR_U, true, G + 9, 1, ACC_U, "" },
	{ "with CR0.WP the kernel may not write what is read-only", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, 0x65ULL)), GVA, PFERR_W,
	  false, 0, 1, ACC_U | ACC_X, "kvm_mmu_walker_error 0 +3 0\n" },
	{ "without CR0.WP it may", 0x1704, SPTE_NPT, FOUR(PTE(G + 9, 0x65ULL)), GVA, PFERR_W, true, G + 9, 1, ACC_U | ACC_X, "" },
	{ "a process may not, even so", 0x1704, SPTE_NPT, FOUR(PTE(G + 9, 0x65ULL)), GVA, PFERR_W | PFERR_U, false, 0, 1, ACC_U | ACC_X,
	  "kvm_mmu_walker_error 0 +7 0\n" },
	{ "NX", ROLE_4, SPTE_NPT, FOUR(PTE(G + 9, GPTE_NX | RW)), GVA, PFERR_F | PFERR_U, false, 0, 1, ACC_U | ACC_W,
	  "kvm_mmu_walker_error 0 +21 0\n" },
	{ "NX is reserved without EFER.NX, and a fetch is not told", 0x2704, SPTE_NPT, FOUR(PTE(G + 9, GPTE_NX | RW)), GVA,
	  PFERR_F | PFERR_U, false, 0, 1, 0, "kvm_mmu_walker_error 0 +13 0\n" },
	{ "SMEP without CR0.WP", 0x5704, SPTE_NPT, FOUR(PTE(G + 9, RW)), GVA, PFERR_F, false, 0, 1, ACC_ALL,
	  "kvm_mmu_walker_error 0 +17 0\n" },
	{ "2 MiB: the frame in the middle", ROLE_4, SPTE_NPT,
	  { { G, 8, TABLE(G + 1) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 8, PTE(G + 0x200, 0xe7ULL) } }, GVA + 0x5000, PFERR_W, true,
	  G + 0x206, 2, ACC_ALL, "" },
	{ "2 MiB: bits below its base are reserved", ROLE_4, SPTE_NPT,
	  { { G, 8, TABLE(G + 1) }, { G + 1, 0, TABLE(G + 2) }, { G + 2, 8, PTE(G + 0x202, 0xe7ULL) } }, GVA, PFERR_W, false, 0, 2, 0,
	  "kvm_mmu_walker_error 0 +11 0\n" },
	{ "1 GiB", ROLE_4, SPTE_NPT, { { G, 8, TABLE(G + 1) }, { G + 1, 0, PTE(0x80000ULL, 0xe7ULL) } }, GVA, 0, true, 0x80201, 3, ACC_ALL, "" },
	{ "no page is as large as 512 GiB", ROLE_4, SPTE_NPT, { { G, 8, PTE(G + 1, 0xe7ULL) } }, GVA, 0, false, 0, 4, 0,
	  "kvm_mmu_walker_error 0 +9 0\n" },
	{ "G of a PML4 entry is reserved on AMD", ROLE_4, SPTE_NPT, { { G, 8, PTE(G + 1, 0x127ULL) } }, GVA, 0, false, 0, 4, 0,
	  "kvm_mmu_walker_error 0 +9 0\n" },
	{ "and ignored on Intel", ROLE_4, SPTE_EPT, { { G, 8, PTE(G + 1, 0x127ULL) } }, GVA, 0, false, 0, 3, 0, "kvm_mmu_walker_error 0 +0 0\n" },
	{ "PAE: a pointer, which has no A, and two levels", ROLE_PAE, SPTE_NPT,
	  { { G, 16, PTE(G + 1, 1ULL) }, { G + 1, 8, PTE(G + 2, 7ULL) }, { G + 2, 8, PTE(G + 9, RW) } }, 0x80201000, PFERR_W, true,
	  G + 9, 1, ACC_ALL, "kvm_mmu_set_accessed_bit 0x40001 +8 0\n" },
	{ "PAE: the pointer is missing", ROLE_PAE, SPTE_NPT, { { 0 } }, 0x80201000, PFERR_W, false, 0, 0, 0, "kvm_mmu_walker_error 0 +2 0\n" },
	{ "32 bits: 1024 entries of 4 bytes", ROLE_32, SPTE_NPT, { { G, 0x804, TABLE(G + 1) }, { G + 1, 0x80c, PTE(G + 9, 7ULL) } }, 0x80603000,
	  PFERR_W, true, G + 9, 1, ACC_ALL,
	  "kvm_mmu_set_accessed_bit 0x40001 +2060 0\n"
	  "kvm_mmu_set_dirty_bit 0x40001 +2060 0\n" },
	{ "32 bits: 4 MiB, with address bits above 32", ROLE_32, SPTE_NPT, { { G, 0x804, PTE(0x400ULL, 0xe7ULL) | 3 << 13 } }, 0x80603000, PFERR_W,
	  true, 0x300000 + 0x400 + 0x203, 2, ACC_ALL, "" },
};

struct play {
	struct lab		*l;
	const typeof(rows[0])	*row;
	struct gpt		*g;
	struct guest_walk	 w;
	bool			 got;
};

static void play(void *arg)
{
	struct play *p = arg;
	struct guest_paging paging = guest_paging(p->row->role);

	lab_slot(p->l, MMU_SLOT_CREATE, 0);
	for (const struct entry *e = p->row->entries; e->table; e++)
		gpt_write(p->g, e->table, e->offset, e->value, paging.width, paging.width);
	lab_forget(p->l);
	rt_srcu_lock(0);
	p->got = guest_walk(&p->w, p->l->mmu, p->g, &paging, 0, G, p->row->gva, p->row->pferr);
	rt_srcu_unlock();
}

static void check(const void *vrow)
{
	const typeof(rows[0]) *row = vrow;
	struct lab l;
	struct play p = { .l = &l, .row = row, .g = gpt_new() };
	void *arg = &p;

	lab_init(&l);
	l.config.tdp = row->host;
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	assert_int_equal(p.got, row->want);
	assert_int_equal(p.w.gfn, row->gfn);
	assert_int_equal(p.w.level, row->level);
	assert_int_equal(p.w.rights, row->rights);
	assert_string_equal(l.said ? l.said : "", row->said);
	gpt_free(p.g);
	lab_close(&l);
}

int main(void)
{
	return table_run("guest walks", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
