/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releases the lab knows, and the numbers that differ between them. */
#include "kvm/release.h"

#include <stdio.h>

static const struct {
	const char	*name;
	unsigned int	 major, minor;
} releases[KVM_NR_RELEASES] = {	/* oldest first */
	[KVM_6_1]  = { "6.1", 6, 1 },
	[KVM_6_12] = { "6.12", 6, 12 },
	[KVM_6_18] = { "6.18", 6, 18 },
};

bool kvm_release_parse(const char *uname, enum kvm_release *out)
{
	unsigned int major, minor;

	*out = KVM_6_1;
	if (sscanf(uname, "%3u.%5u", &major, &minor) != 2)
		return false;
	for (unsigned int r = 0; r < KVM_NR_RELEASES; r++) {
		if (releases[r].major < major ||
		    (releases[r].major == major && releases[r].minor <= minor))
			*out = r;
	}
	return releases[*out].major == major && releases[*out].minor == minor;
}

const char *kvm_release_name(enum kvm_release release)
{
	return (unsigned int)release < KVM_NR_RELEASES ? releases[release].name : "?";
}

/* KVM mmu_internal.h, v6.1 and v6.12: WRITE_PROTECTED came in between. */
static const uint8_t ret_pf_6_1[] = {
	RET_PF_CONTINUE, RET_PF_RETRY, RET_PF_EMULATE, RET_PF_INVALID, RET_PF_FIXED, RET_PF_SPURIOUS,
};

static const uint8_t ret_pf_6_12[] = {
	RET_PF_CONTINUE, RET_PF_RETRY, RET_PF_EMULATE, RET_PF_WRITE_PROTECTED,
	RET_PF_INVALID, RET_PF_FIXED, RET_PF_SPURIOUS,
};

enum ret_pf ret_pf_decode(enum kvm_release release, int number)
{
	const uint8_t *table = release == KVM_6_1 ? ret_pf_6_1 : ret_pf_6_12;
	int nr = release == KVM_6_1 ? ARRAY_SIZE(ret_pf_6_1) : ARRAY_SIZE(ret_pf_6_12);

	if (number < 0)
		return RET_PF_EXIT;
	return number < nr ? table[number] : RET_PF_UNKNOWN;
}

const char *ret_pf_name(enum ret_pf ret)
{
	static const char *const names[RET_PF_NR] = {
		[RET_PF_CONTINUE] = "continue",
		[RET_PF_RETRY] = "retry",
		[RET_PF_EMULATE] = "emulate",
		[RET_PF_WRITE_PROTECTED] = "write_protected",
		[RET_PF_INVALID] = "invalid",
		[RET_PF_FIXED] = "fixed",
		[RET_PF_SPURIOUS] = "spurious",
		[RET_PF_EXIT] = "exit",
		[RET_PF_LOST] = "lost",
		[RET_PF_RELAXED] = "relaxed",
		[RET_PF_YOUNG] = "young",
	};

	return (unsigned int)ret < RET_PF_NR ? names[ret] : "unknown";
}
