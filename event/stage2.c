// SPDX-License-Identifier: GPL-2.0-or-later
/* The header's parameters as a struct. */
#include "event/stage2.h"

#include <stdlib.h>

static bool flag(const struct ev_meta *m, const char *name, bool otherwise)
{
	return ev_meta_param(m, name) ? ev_meta_param_on(m, name) : otherwise;
}

struct stage2_host stage2_of_meta(const struct ev_meta *m)
{
	const char *level = ev_meta_param(m, "arm64.start_level"), *chunk = ev_meta_param(m, "arm64.split_chunk");
	unsigned int bits = ev_meta_param_number(m, "arm64.ipa_bits", 40);
	struct stage2_host host = {
		.page_shift = (uint8_t)m->page_shift,
		.ipa_bits = bits >= 32 && bits <= 52 ? (uint8_t)bits : 40,
		.fwb = flag(m, "arm64.fwb", true),
		.dic = flag(m, "arm64.dic", false),
		.tlb_range = flag(m, "arm64.tlb_range", true),
		.lpa2 = flag(m, "arm64.lpa2", false),
		.hw_af = flag(m, "arm64.hw_af", true),
		.nvhe = flag(m, "arm64.nvhe", false),
		.split_chunk = chunk ? strtoull(chunk, NULL, 10) : 0,
	};

	host.start_level = (int8_t)stage2_start_level(host.page_shift, host.ipa_bits);
	/* Recordings that end before their VM show only the levels that were walked. */
	if (level && !ev_meta_param(m, "arm64.ipa_bits") && atoi(level) < host.start_level)
		host.start_level = (int8_t)atoi(level);
	return host;
}
