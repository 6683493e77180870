/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_ROLE_H
#define KVM_ROLE_H

#include "base/types.h"

/*
 * The role word of an x86 table page, 32 bits, least significant first; the
 * same in 6.1 and 6.12.  Accessors by shift, never bit-fields: the layout is
 * the kernel's, not the compiler's.
 */
#define ROLE_FIELDS(X)			\
	X(level, 0, 4)			\
	X(has_4_byte_gpte, 4, 1)	\
	X(quadrant, 5, 2)		\
	X(direct, 7, 1)			\
	X(access, 8, 3)			\
	X(invalid, 11, 1)		\
	X(efer_nx, 12, 1)		\
	X(cr0_wp, 13, 1)		\
	X(smep_andnot_wp, 14, 1)	\
	X(smap_andnot_wp, 15, 1)	\
	X(ad_disabled, 16, 1)		\
	X(guest_mode, 17, 1)		\
	X(passthrough, 18, 1)		\
	X(smm, 24, 8)

#define ROLE_ACCESSORS(field, shift, bits)					\
	static inline unsigned int role_##field(uint32_t role)			\
	{									\
		return (role >> (shift)) & ((1u << (bits)) - 1);		\
	}									\
	static inline uint32_t role_set_##field(uint32_t role, unsigned int v)	\
	{									\
		uint32_t mask = ((1u << (bits)) - 1) << (shift);		\
										\
		return (role & ~mask) | ((v << (shift)) & mask);		\
	}
ROLE_FIELDS(ROLE_ACCESSORS)
#undef ROLE_ACCESSORS

#endif
