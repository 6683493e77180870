/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GPT_PAGES_H
#define REPLAY_GPT_PAGES_H

#include "replay/gptes.h"

/*
 * Shadow paging: which of the guest's tables a page of KVM's shadows.  A kvm_mmu_set_spte tells the address of an
 * entry and not what it stands for; where a walk of the guest's tables came before it in one fault, its last table is
 * what the page shadows, until another walk says otherwise.
 */
struct gpt_pages;

struct gpt_pages *gpt_pages_new(const struct recording *r, const struct gptes *g);
void gpt_pages_free(struct gpt_pages *p);	/* NULL is fine */

/* The table that the page of the entry at @sptep shadowed at @t_ns.  Return: false: nothing showed it. */
bool gpt_pages_table(const struct gpt_pages *p, uint16_t vm, uint64_t sptep, uint64_t t_ns, gfn_t *table);

#endif
