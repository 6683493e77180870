// SPDX-License-Identifier: GPL-2.0-or-later
/* Shape of stage-2 tables. */
#include "kvm/stage2.h"

int stage2_start_level(unsigned int page_shift, unsigned int ipa_bits)
{
	unsigned int bits = stage2_level_bits(page_shift);
	/* 16 tables side by side resolve 4 bits more than one. */
	unsigned int levels = (ipa_bits - 4 - page_shift + bits - 1) / bits;

	return STAGE2_LAST_LEVEL + 1 - (int)(levels < 2 ? 2 : levels);
}

unsigned int stage2_start_tables(unsigned int page_shift, unsigned int ipa_bits, int start_level)
{
	unsigned int shift = stage2_shift(page_shift, start_level) + stage2_level_bits(page_shift);

	return ipa_bits > shift ? 1u << (ipa_bits - shift) : 1;
}

#define NORMAL		(15ULL << 2)	/* memory attributes: cacheable, stage 1 may say less */
#define NORMAL_FWB	(6ULL << 2)	/* ... whatever stage 1 says */
#define INNER_SHAREABLE	(3ULL << 8)

uint64_t stage2_leaf(const struct stage2_host *host, int level, uint64_t pfn, unsigned int prot)
{
	uint64_t pte = pfn << host->page_shift | STAGE2_VALID | STAGE2_AF;

	if (level == STAGE2_LAST_LEVEL)
		pte |= STAGE2_TYPE;
	pte |= host->fwb ? NORMAL_FWB : NORMAL;
	if (!host->lpa2)	/* with it these bits are address bits */
		pte |= INNER_SHAREABLE;
	if (prot & STAGE2_PROT_R)
		pte |= STAGE2_R;
	if (prot & STAGE2_PROT_W)
		pte |= STAGE2_W;
	return prot & STAGE2_PROT_X ? pte : pte | STAGE2_XN;
}

unsigned int stage2_prot(uint64_t pte)
{
	return (pte & STAGE2_R ? STAGE2_PROT_R : 0) | (pte & STAGE2_W ? STAGE2_PROT_W : 0) |
	       (pte & STAGE2_XN ? 0 : STAGE2_PROT_X);
}
