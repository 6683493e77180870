/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_H
#define REPLAY_AUDIT_H

#include "replay/recording.h"

/*
 * Did the recorded kernel itself break an invariant?  Judged from its observations alone; no engine runs.
 *
 * What orders them is mmu_lock: whoever installs or zaps says so while he holds it, and a begin or
 * an end has it to himself.  So a record of the one never lies inside the locked section of the other: an
 * install recorded after an invalidation's last zap came after all of them, and one recorded
 * before its end was entered came before that.  Such a finding is certain.  Where only the guided instants
 * (replay/instants.h) say so and another order is possible, it is not.
 *
 * A value that no record put where the next one finds it is a gap in the recording, and no finding.
 */
enum audit_rule {
#define RULE(id, name) AUDIT_##id,
#include "replay/audit.def"
#undef RULE
	AUDIT_NR_RULES
};

struct audit_finding {
	enum audit_rule	rule;
	bool		certain;	/* no order the records allow makes it innocent */
	uint16_t	vm;
	gfn_t		gfn;
	uint64_t	t_ns;
	uint32_t	obs;		/* the record that shows it, in recording.obs, or REC_NONE */
	uint32_t	ops[3];		/* those it is about, the culprit first; REC_NONE: no such */
	char		text[240];
};

struct audit_gap {
	uint32_t op, obs;
};

#define AUDIT_GAPS 8	/* kept of them, from the first one on */

struct audit {
	struct recording	 rec;		/* judged: an operation for each stray record, too; ops are ours */
	struct audit_finding	*findings;	/* in time order */
	uint32_t		 nr, cap;
	uint64_t		 certain;
	uint64_t		 installs, windows, flushes, snapshots, swaps;	/* what was checked */
	/* Shadow paging: pages made, links of and retries above pages with others to be synced, roots synced. */
	uint64_t		 pages, links, retries, roots;
	uint64_t		 gaps;
	struct audit_gap	 first_gaps[AUDIT_GAPS];
	bool			 lost;		/* records are missing: what rests on that is in doubt */
};

const char *audit_rule_name(enum audit_rule rule);	/* "I-N1" */

/* Judges all of @r, which must outlive @out.  audit_fini() frees it; zeroed: fine. */
void audit_run(const struct recording *r, struct audit *out);
void audit_fini(struct audit *a);

/* For the checks: a finding with its text to be printed into, certain unless records were lost. */
struct audit_finding *audit_add(struct audit *a, enum audit_rule rule, uint16_t vm, gfn_t gfn, uint64_t t_ns);

#endif
