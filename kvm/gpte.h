/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_GPTE_H
#define KVM_GPTE_H

/* What an entry of an x86 guest's page table says; with four and with eight bytes the same, but for the highest. */
#include "base/types.h"

#define GPTE_P		BIT_ULL(0)
#define GPTE_W		BIT_ULL(1)
#define GPTE_U		BIT_ULL(2)
#define GPTE_A		BIT_ULL(5)
#define GPTE_D		BIT_ULL(6)
#define GPTE_PS		BIT_ULL(7)
#define GPTE_NX		BIT_ULL(63)

/* The frame it leads to. */
static inline gfn_t gpte_gfn(uint64_t gpte)
{
	return (gpte & (BIT_ULL(52) - BIT_ULL(12))) >> 12;
}

#endif
