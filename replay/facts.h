/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FACTS_H
#define REPLAY_FACTS_H

#include "replay/scan.h"

/*
 * What a replay must know from its trace.  A trace that lacks a fact which its
 * stimuli or the policy need is refused, unless the user says to assume it; what
 * the replay then does instead stands in the table of facts.c.
 */
enum fact_kind {
#define FACTS(X)					\
	X(SLOTS,	"slots")			\
	X(INVALIDATE_END, "invalidate-end")		\
	X(GUEST_TIME,	"guest-time")			\
	X(TDP_MMU,	"tdp-mmu")			\
	X(GUEST_TABLES,	"guest-tables")
#define FACT_ENUM(id, name) FACT_##id,
	FACTS(FACT_ENUM)
#undef FACT_ENUM
	NR_FACTS
};

struct facts {			/* by fact */
	bool assumed[NR_FACTS];
};

const char *fact_name(enum fact_kind fact);
/* "what the replay does instead" of one fact that was assumed. */
const char *fact_instead(enum fact_kind fact);
/* Return: 0 or -ERR_USAGE with @e listing the names. */
int facts_assume(struct facts *f, const char *name, struct err *e);

/**
 * facts_check() - can this trace answer at all?
 * @closed:	the pacing uses the guest's own time.
 *
 * Return: 0, or -ERR_MACHINE with @e naming each missing fact and how to assume it.
 */
int facts_check(const struct facts *f, const char *path, const struct ev_meta *meta,
		const struct scan *scan, bool closed, struct err *e);

#endif
