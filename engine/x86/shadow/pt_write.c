/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM emulated a write to what may be a shadowed table: kvm_mmu_track_write(), before kvm_mmu_pte_write(). */
#include "engine/core/dirty.h"
#include "engine/x86/shadow/guest_ops.h"
#include "engine/x86/shadow/guest_walk.h"
#include "engine/x86/shadow/zap.h"

struct pt_write {
	unsigned int offset, bytes;	/* what counts as written */
};

/*
 * detect_write_misaligned(): not one entry, so probably no page table any more.  A byte at an entry's start is how
 * guests clear a bit.
 */
static bool is_misaligned(const struct pt_write *w, unsigned int width)
{
	if (w->offset % width == 0 && w->bytes == 1)
		return false;
	return w->bytes < 4 || w->offset / width != (w->offset + w->bytes - 1) / width;
}

/* detect_write_flooding(): many writes and no use; a page of the lowest level goes unsync instead. */
static bool is_flooded(struct shadow_mmu *sm, uint32_t number)
{
	if (sp_level(sm, number) == 1)
		return false;
	return ++sp_of(sm, number)->write_flood >= sm->x.mmu.policy->flood_limit;
}

/*
 * The entries of page @number made from what was written: the first one's index, *@nr of them.  4-byte tables have a
 * page per half (level 1) or quarter (level 2, two entries for each); *@nr is 0 where it is another one's.
 */
static unsigned int written_entries(const struct shadow_mmu *sm, uint32_t number, const struct pt_write *w,
				    unsigned int *nr)
{
	uint32_t role = sp_role(sm, number);
	unsigned int i = w->offset / GPT_8_BYTES;

	*nr = 1;
	if (!role_has_4_byte_gpte(role))
		return i;
	i = w->offset / GPT_4_BYTES;
	if (role_level(role) == 2) {
		i *= 2;
		*nr = 2;
	}
	if (i / SPTE_ENTRIES != role_quadrant(role))
		*nr = 0;
	return i % SPTE_ENTRIES;
}

/* Return: a flush is owed. */
static bool zap_written(struct shadow_mmu *sm, uint32_t number, const struct pt_write *w)
{
	unsigned int nr, i = written_entries(sm, number, w, &nr);
	bool flush = false;

	for (; nr; nr--, i++) {
		uint32_t entry = number * SPTE_ENTRIES + i;

		flush |= spte_is_present(rt_peek(entry_at(sm, entry)));
		sp_zap_entry(sm, entry, NULL);
	}
	return flush;
}

static void track_write(struct shadow_mmu *sm, gfn_t gfn, const struct pt_write *w)
{
	struct condemned list = { 0 };
	bool flush = false;

	rt_charge(COST_GPTE_READ, 1);
	rt_count(&sm->x.mmu.counters.pt_writes, 1);
	for (uint32_t n = sp_first(sm, gfn); n; n = sp_next(sm, n)) {
		unsigned int width = role_has_4_byte_gpte(sp_role(sm, n)) ? GPT_4_BYTES : GPT_8_BYTES;

		if (sp_is_obsolete(sm, n) || !sp_has_gptes(sm, n))
			continue;
		if (is_misaligned(w, width) || is_flooded(sm, n)) {
			sp_zap(sm, n, &list);
			rt_count(&sm->x.mmu.counters.shadow_flooded, 1);
			continue;
		}
		flush |= zap_written(sm, n, w);
	}
	condemned_commit_or_flush(sm, &list, flush);
}

static const struct memslot *slot_of(struct mmu *mmu, unsigned int as_id, gfn_t gfn)
{
	return memslot_find(memslots_get(&mmu->slots), as_id, gfn);
}

void shadow_pt_write(struct mmu *mmu, unsigned int vcpu, gfn_t gfn, unsigned int offset, uint64_t value,
		     unsigned int bytes)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct guest_paging paging = guest_paging(sm->vcpus[vcpu].role);
	struct pt_write w = { offset, bytes };

	gpt_write(sm->gpt, gfn, offset, value, bytes, paging.width);
	rt_srcu_lock(mmu->config.vm);
	dirty_mark(mmu, vcpu, slot_of(mmu, paging.as_id, gfn), gfn);
	/* Either this sees a page somebody has made meanwhile, or he sees what was written. */
	if (__atomic_load_n(&sm->indirect, __ATOMIC_SEQ_CST)) {
		/* A guest with entries of 8 bytes writes them in two halves. */
		if (paging.width == GPT_8_BYTES && bytes == 4)
			w = (struct pt_write){ offset & ~7u, 8 };
		mmu_lock_exclusive(mmu);
		rt_pin(RT_PIN_OTHER);
		track_write(sm, gfn, &w);
		mmu_unlock(mmu, false);
	}
	rt_srcu_unlock();
}
