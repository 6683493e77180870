/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNAME(walk_addr) of KVM's paging_tmpl.h; which bits are reserved: SDM vol. 3, 4. */
#include "engine/x86/shadow/guest_walk.h"

#include "engine/core/dirty.h"
#include "engine/core/observe.h"

struct guest_paging guest_paging(uint32_t root_role)
{
	bool narrow = role_has_4_byte_gpte(root_role);

	return (struct guest_paging){
		.levels = role_direct(root_role) ? 0 : narrow ? 2 : role_level(root_role),
		.width = narrow ? GPT_4_BYTES : GPT_8_BYTES,
		.nx = role_efer_nx(root_role),
		.wp = role_cr0_wp(root_role),
		.smep = role_smep_andnot_wp(root_role),
		.as_id = role_smm(root_role) ? 1 : 0,
	};
}

unsigned int gpte_access(uint64_t gpte)
{
	return (gpte & (ACC_W | ACC_U)) | (gpte & GPTE_NX ? 0 : ACC_X);
}

static unsigned int index_bits(const struct guest_paging *p)
{
	return p->width == GPT_4_BYTES ? 10 : 9;
}

static bool is_last(int level, uint64_t gpte)
{
	return level == 1 || (gpte & GPTE_PS);
}

/* Bits that are reserved in an entry of @level. */
static bool is_reserved(const struct mmu *mmu, const struct guest_paging *p, int level, uint64_t gpte)
{
	bool large = level > 1 && (gpte & GPTE_PS);
	uint64_t low = 0;

	if (p->width == GPT_4_BYTES)
		return large && (gpte & 0x3e0000);	/* PSE-36: bits 17 .. 21 */
	if (!p->nx && (gpte & GPTE_NX))
		return true;
	if (level > 3)
		return large || (mmu->config.tdp == SPTE_NPT && (gpte & BIT_ULL(8)));
	if (large)
		low = (SPTE_LEVEL_PAGES(level) << 12) - BIT_ULL(13);
	return gpte & low;
}

bool gpte_is_prefetchable(const struct guest_paging *p, uint64_t gpte)
{
	return (gpte & GPTE_P) && (gpte & GPTE_A) && (p->width == GPT_4_BYTES || p->nx || !(gpte & GPTE_NX));
}

static const struct memslot *slot_of(const struct mmu *mmu, const struct guest_paging *p, gfn_t gfn)
{
	const struct memslot *slot = memslot_find(memslots_get(&mmu->slots), p->as_id, gfn);

	return slot && !slot->invalid ? slot : NULL;
}

/* The permission the access lacks, or 0. */
static bool is_denied(const struct guest_paging *p, unsigned int rights, uint64_t pferr)
{
	bool user = pferr & PFERR_U;

	if ((pferr & PFERR_F) && (!(rights & ACC_X) || (p->smep && !user && (rights & ACC_U))))
		return true;
	if (user && !(rights & ACC_U))
		return true;
	return (pferr & PFERR_W) && !(rights & ACC_W) && (user || p->wp);
}

/* PDPTEs of PAE are registers that were loaded with CR3: they have no A, and no rights. */
static bool read_pdpte(struct guest_walk *w, const struct gpt *g, gfn_t root, uint64_t gva)
{
	w->table[3] = root;
	w->offset[3] = (gva >> 30 & 3) * 8;
	w->gpte[3] = gpt_read(g, root, w->offset[3], GPT_8_BYTES);
	return w->gpte[3] & GPTE_P;
}

/* Down to the last entry.  Return: 0, or PFERR_RSVD | PFERR_P, or UINT64_MAX: something is not present. */
#define NOT_PRESENT UINT64_MAX
static uint64_t descend(struct guest_walk *w, const struct mmu *mmu, const struct gpt *g,
			const struct guest_paging *p, gfn_t root, uint64_t gva)
{
	unsigned int bits = index_bits(p), rights = ACC_ALL;
	gfn_t table = root;
	int level = p->levels;

	if (level == 3) {
		if (!read_pdpte(w, g, root, gva))
			return NOT_PRESENT;
		table = gpte_gfn(w->gpte[3]);
		level = 2;
	}
	w->top = level;
	for (;; level--) {
		unsigned int shift = 12 + bits * ((unsigned int)level - 1);
		uint64_t gpte;

		w->level = level;
		w->table[level] = table;
		w->offset[level] = (uint16_t)((gva >> shift & (BIT_ULL(bits) - 1)) * p->width);
		w->access[level] = (uint8_t)rights;
		if (!slot_of(mmu, p, table))
			return NOT_PRESENT;
		rt_charge(COST_GPTE_READ, 1);
		gpte = gpt_read(g, table, w->offset[level], p->width);
		w->gpte[level] = gpte;
		if (!(gpte & GPTE_P))
			return NOT_PRESENT;
		if (is_reserved(mmu, p, level, gpte))
			return PFERR_RSVD | PFERR_P;
		rights &= gpte_access(gpte);
		table = gpte_gfn(gpte);
		if (is_last(level, gpte)) {
			w->rights = rights;
			return 0;
		}
	}
}

static void find_frame(struct guest_walk *w, const struct guest_paging *p, uint64_t gva)
{
	uint64_t gpte = w->gpte[w->level], pages = BIT_ULL(index_bits(p) * ((unsigned int)w->level - 1));

	w->gfn = (gpte_gfn(gpte) & ~(pages - 1)) + (gva >> 12 & (pages - 1));
	if (p->width == GPT_4_BYTES && w->level > 1)
		w->gfn += (gpte >> 13 & 0xf) << 20;	/* PSE-36: address bits 35:32 */
}

/*
 * A in every entry that led there, D in the last one for a write.  Where the guest's table is in read-only memory they
 * are not set.  Return: false: an entry changed meanwhile; the walk begins again.
 */
static bool set_bits(struct guest_walk *w, struct mmu *mmu, struct gpt *g, const struct guest_paging *p,
		     unsigned int vcpu, bool write)
{
	for (int level = w->top; level >= w->level; level--) {
		uint64_t seen = w->gpte[level], gpte = seen | GPTE_A;
		const struct memslot *slot;

		if (gpte != seen)
			obs_gfns(mmu, OBS_SET_ACCESSED_BIT, w->table[level], w->offset[level], 0);
		if (write && level == w->level && !(gpte & GPTE_D)) {
			obs_gfns(mmu, OBS_SET_DIRTY_BIT, w->table[level], w->offset[level], 0);
			gpte |= GPTE_D;
		}
		slot = slot_of(mmu, p, w->table[level]);
		if (gpte == seen || !slot || (slot->cfg.flags & SLOT_READONLY))
			continue;
		if (!rt_cas(gpt_entry(g, w->table[level], w->offset[level], p->width), &seen, gpte))
			return false;
		dirty_mark(mmu, vcpu, slot, w->table[level]);
		w->gpte[level] = gpte;
	}
	return true;
}

/* What the guest is told: of the access only what it would hear from hardware. */
static bool fail(struct guest_walk *w, struct mmu *mmu, const struct guest_paging *p, uint64_t why, uint64_t pferr)
{
	w->error = why | (pferr & (PFERR_W | PFERR_U));
	if ((pferr & PFERR_F) && (p->nx || p->smep))
		w->error |= PFERR_F;
	obs_gfns(mmu, OBS_WALKER_ERROR, 0, w->error, 0);
	return false;
}

bool guest_walk(struct guest_walk *w, struct mmu *mmu, struct gpt *g, const struct guest_paging *p,
		unsigned int vcpu, gfn_t root, uint64_t gva, uint64_t pferr)
{
	bool write = pferr & PFERR_W;

	do {
		uint64_t why;

		*w = (struct guest_walk){ 0 };
		why = descend(w, mmu, g, p, root, gva);
		if (why)
			return fail(w, mmu, p, why == NOT_PRESENT ? 0 : why, pferr);
		if (is_denied(p, w->rights, pferr))
			return fail(w, mmu, p, PFERR_P, pferr);
		find_frame(w, p, gva);
		/* Until a write has set D the page is mapped read-only, to hear of the first one. */
		if (!write && !(w->gpte[w->level] & GPTE_D))
			w->rights &= ~ACC_W;
	} while (!set_bits(w, mmu, g, p, vcpu, write));
	return true;
}
