/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_SYNDROME_H
#define KVM_SYNDROME_H

#include "base/types.h"

/* What arm64 hardware reports of a guest's abort at stage 2.  Source: Arm ARM D19.2.37, ISS encodings of aborts. */
enum abort_kind { ABORT_TRANSLATION, ABORT_ACCESS, ABORT_PERMISSION };

struct syndrome {
	enum abort_kind kind;
	int		level;		/* at which the hardware's walk ended */
	bool		write, exec;	/* neither: a read */
};

/* @esr: ESR_EL2, its low 32 bits. */
static inline struct syndrome syndrome_recorded(uint64_t esr)
{
	const uint64_t wnr = BIT_ULL(6), s1ptw = BIT_ULL(7);	/* a write; the guest's own page-table walk */
	const bool instruction = (esr >> 26 & 0x3f) == 0x20;	/* class IABT_LOWER */
	struct syndrome s = { .level = (int)(esr & 3) };

	if ((esr & 0x3c) == 0x08)
		s.kind = ABORT_ACCESS;
	else if ((esr & 0x3c) == 0x0c)
		s.kind = ABORT_PERMISSION;
	if (esr & s1ptw) {	/* a walk that may not write: it wanted to set a flag; kvm_is_write_fault() */
		s.write = s.kind == ABORT_PERMISSION;
		return s;
	}
	s.exec = instruction;
	s.write = !instruction && (esr & wnr);
	return s;
}

#endif
