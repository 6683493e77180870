/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releases the lab knows, and the numbers that differ between them. */
#include "kvm/release.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char	*name;
	unsigned int	 major, minor;
	unsigned int	 from_major, from_minor;	/* the first release with its entries */
} releases[KVM_NR_RELEASES] = {	/* oldest first */
	[KVM_6_1]  = { "6.1", 6, 1, 0, 0 },
	/* 6.10: an empty entry is SHADOW_NONPRESENT_VALUE, no longer 0; KVM spte.h. */
	[KVM_6_12] = { "6.12", 6, 12, 6, 10 },
	[KVM_6_18] = { "6.18", 6, 18, 6, 18 },
};

static bool parse(const char *uname, unsigned int *major, unsigned int *minor)
{
	return sscanf(uname, "%3u.%5u", major, minor) == 2;
}

static bool is_before(unsigned int major, unsigned int minor, unsigned int than_major, unsigned int than_minor)
{
	return major < than_major || (major == than_major && minor < than_minor);
}

const char *kvm_arch_name(enum kvm_arch arch)
{
	return arch == KVM_ARM64 ? "arm64" : "x86";
}

bool kvm_release_parse(const char *uname, enum kvm_release *out)
{
	unsigned int major, minor;

	*out = KVM_6_1;
	if (!parse(uname, &major, &minor))
		return false;
	for (unsigned int r = 0; r < KVM_NR_RELEASES; r++) {
		if (!is_before(major, minor, releases[r].from_major, releases[r].from_minor))
			*out = r;
	}
	return releases[*out].major == major && releases[*out].minor == minor;
}

const char *kvm_release_name(enum kvm_release release)
{
	return (unsigned int)release < KVM_NR_RELEASES ? releases[release].name : "?";
}

static const uint8_t of_5_10[] = {
	RET_PF_RETRY, RET_PF_EMULATE, RET_PF_INVALID, RET_PF_FIXED, RET_PF_SPURIOUS,
};

static const uint8_t of_5_19[] = {
	RET_PF_CONTINUE, RET_PF_RETRY, RET_PF_EMULATE, RET_PF_INVALID, RET_PF_FIXED, RET_PF_SPURIOUS,
};

static const uint8_t of_6_12[] = {
	RET_PF_CONTINUE, RET_PF_RETRY, RET_PF_EMULATE, RET_PF_WRITE_PROTECTED,
	RET_PF_INVALID, RET_PF_FIXED, RET_PF_SPURIOUS,
};

enum ret_pf_numbers ret_pf_numbers(const char *uname)
{
	unsigned int major, minor;

	if (!parse(uname, &major, &minor) || !is_before(major, minor, 6, 12))
		return RET_PF_OF_6_12;
	return is_before(major, minor, 5, 19) ? RET_PF_OF_5_10 : RET_PF_OF_5_19;
}

static const struct {
	const uint8_t	*table;
	int		 nr;
} numberings[] = {
	[RET_PF_OF_5_10] = { of_5_10, ARRAY_SIZE(of_5_10) },
	[RET_PF_OF_5_19] = { of_5_19, ARRAY_SIZE(of_5_19) },
	[RET_PF_OF_6_12] = { of_6_12, ARRAY_SIZE(of_6_12) },
};

enum ret_pf ret_pf_decode(enum ret_pf_numbers numbers, int number)
{
	if (number < 0)
		return RET_PF_EXIT;
	return number < numberings[numbers].nr ? numberings[numbers].table[number] : RET_PF_UNKNOWN;
}

int ret_pf_encode(enum ret_pf_numbers numbers, enum ret_pf ret)
{
	if (ret == RET_PF_EXIT)
		return -EFAULT;
	if (ret == RET_PF_GUEST)
		ret = RET_PF_RETRY;
	for (int i = 0; i < numberings[numbers].nr; i++)
		if (numberings[numbers].table[i] == ret)
			return i;
	return -1;
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
		[RET_PF_GUEST] = "guest_fault",
	};

	return (unsigned int)ret < RET_PF_NR ? names[ret] : "unknown";
}
