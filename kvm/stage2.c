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
