/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_HOSTPAGE_H
#define REPLAY_HOSTPAGE_H

#include "replay/recording.h"

/*
 * Host facts: what no model of the MMU could know, taken from a fault's own
 * records and, where it left none, from the access it is an attempt of.
 * docs/fidelity.md tables which bits of an observation each one stands for.
 */
struct hostpage {
	pfn_t	pfn;		/* HOSTPAGE_NO_PFN: no record shows it */
	uint8_t	level;		/* largest mapping, 1 .. 3 */
	bool	writable;	/* in the host's page tables */
	bool	hugetlb;	/* arm64: of hugetlbfs, as where its permissions were relaxed shows */
	bool	failed;		/* the host's look-up returned an errno, and so did the fault */
	bool	pending;	/* the host had to read it in, and the fault did not wait */
};

#define HOSTPAGE_NO_PFN	0x7ffffffffULL	/* a pfn no host has */

void hostpage_of_fault(const struct recording *r, const struct rec_op *op, const struct spte_format *f,
		       struct hostpage *out);

#endif
