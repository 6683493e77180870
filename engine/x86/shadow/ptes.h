/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_PTES_H
#define ENGINE_X86_SHADOW_PTES_H

/*
 * Lists of entries, as an rmap or a shadow page's parents are: a head word that holds nothing, one entry, or the number
 * of a descriptor of up to PTES_EACH entries.  (KVM pte_list_add().)
 *
 * - An entry is named by its number: table * 512 + index, which is never 0 and needs 29 bits.
 * - Only the first descriptor of a list is not full, and it is never empty.
 * - PTES_LOCKED in a head belongs to who uses the list without mmu_lock; these calls leave it as it is.
 */
#include "base/types.h"

#define PTES_EACH	14u	/* PTE_LIST_EXT */
#define PTES_MANY	1u
#define PTES_LOCKED	2u
#define PTES_SHIFT	2

struct ptes_desc {
	uint32_t more;		/* the next one, 0: none */
	uint32_t nr;
	uint32_t entry[PTES_EACH];
};

struct ptes {			/* where descriptors come from */
	struct ptes_desc *desc;
	uint32_t	  fresh, free;
};

void ptes_init(struct ptes *p);
void ptes_fini(struct ptes *p);		/* fine for a zeroed one */
/* Bytes that were ever touched. */
uint64_t ptes_bytes(const struct ptes *p);

/* Return: how many there were before. */
unsigned int ptes_add(struct ptes *p, uint32_t *head, uint32_t entry);
/* Return: whether it was there. */
bool ptes_remove(struct ptes *p, uint32_t *head, uint32_t entry);
/* Forgets all of them. */
void ptes_clear(struct ptes *p, uint32_t *head);
unsigned int ptes_count(const struct ptes *p, uint32_t head);

/* A head that others may be locking. */
static inline uint32_t ptes_head(const uint32_t *head)
{
	return __atomic_load_n(head, __ATOMIC_ACQUIRE);
}

static inline bool ptes_any(uint32_t head)
{
	return head >> PTES_SHIFT;
}

struct ptes_iter {
	uint32_t     desc;	/* 0: the only entry */
	unsigned int i;
};

/* Return: the first entry, or 0; nothing may be added or removed until the loop ends. */
static inline uint32_t ptes_first(const struct ptes *p, uint32_t head, struct ptes_iter *it)
{
	it->desc = head & PTES_MANY ? head >> PTES_SHIFT : 0;
	it->i = 0;
	return it->desc ? p->desc[it->desc].entry[0] : head >> PTES_SHIFT;
}

static inline uint32_t ptes_next(const struct ptes *p, struct ptes_iter *it)
{
	if (!it->desc)
		return 0;
	if (++it->i >= p->desc[it->desc].nr) {
		it->desc = p->desc[it->desc].more;
		it->i = 0;
	}
	return it->desc ? p->desc[it->desc].entry[it->i] : 0;
}

#define for_each_pte(p, head, it, entry) \
	for ((entry) = ptes_first((p), (head), (it)); (entry); (entry) = ptes_next((p), (it)))

#endif
