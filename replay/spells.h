/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SPELLS_H
#define REPLAY_SPELLS_H

#include "event/reader.h"
#include "replay/regions.h"

/*
 * What a recording shows of touches that are no faults: for each page, the spells between
 * an invalidation or an age pass and the guest's next touch.
 *
 * - GONE: an invalidation covered the mapped page.  The next recorded access of it is the
 *   touch.  Until another invalidation, its memslot's end or the recording's end there was none.
 * - OLD: an age pass cleared A.  Later looks (age, test_age) whose answers are known say whether there
 *   was a touch since.  An access recorded meanwhile (a write fault; any, without hardware A/D bits)
 *   is the touch itself.
 *
 * Left out: an invalidation nested in a vCPU's own fault (the access that made it is the answer);
 * one that overtook an access not served yet; looks over several entries of which some were young
 * and some not, since the recording does not say which.
 *
 * A page here is what one entry maps: 4 KiB, or a 2 MiB region once a fault mapped it whole.
 * Memory: 16 bytes per page of the regions that were accessed.
 */
enum spell_of { SPELL_GONE, SPELL_OLD, SPELL_NR };

enum spell_end {
	SPELL_TOUCHED_AT,	/* @by_ns after it began */
	SPELL_TOUCHED_BETWEEN,	/* after @after_ns and up to @by_ns */
	SPELL_LOOKED,		/* it goes on: no touch after @after_ns and up to @by_ns */
	SPELL_CENSORED,		/* it ends unanswered; no touch up to @by_ns */
};

struct spell {
	enum spell_of	of;
	enum spell_end	end;
	int32_t		vcpu;		/* TOUCHED_AT: whose access it was; -1: unknown */
	uint32_t	region;
	uint64_t	begin_ns;	/* since the recording's first event */
	uint64_t	after_ns, by_ns; /* since the spell began */
	uint16_t	vm;
};

struct spell_visitor {
	void *arg;
	void (*spell)(void *arg, const struct spell *s);
	/* Any recorded access; may be NULL. */
	void (*access)(void *arg, uint32_t region, int32_t vcpu);
};

/**
 * spells_visit() - all spells of a file, as they end.
 * @regions:	the numbers it uses; regions met for the first time are added.
 *
 * Return: 0, or negative with @e naming the damaged block.
 */
int spells_visit(struct ev_file *file, struct regions *regions, const struct spell_visitor *v, struct err *e);

/*
 * Did the recorded kernel drop only a deleted slot's own entries (KVM_X86_QUIRK_SLOT_ZAP_ALL off)?
 * On x86 there is a choice since 6.12, and a fast zap would have been recorded; arm64 always does.
 */
bool spells_slot_only(const struct ev_meta *meta);

/* Does the change take entries of the slot as it was?  Flags do on x86, when dirty logging ends; not on arm64. */
bool spells_slot_taken(const struct ev_meta *meta, const struct ev_slot *slot);

#endif
