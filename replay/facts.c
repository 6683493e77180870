/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of facts: who needs it, when a trace lacks it, what is done instead. */
#include "replay/facts.h"

#include <stdio.h>
#include <string.h>

struct question {
	const struct ev_meta	*meta;
	const struct scan	*scan;
	bool			 closed;
};

/* Notifiers name host addresses; only memslots say which frames those are. */
static bool lacks_slots(const struct question *q)
{
	for (size_t i = 0; i < q->scan->nr_vms; i++)
		if (q->scan->vms[i].notifiers && !q->scan->vms[i].slot_changes)
			return true;
	return false;
}

static bool lacks_ends(const struct question *q)
{
	return q->scan->kinds[EV_INVALIDATE_START] && !q->meta->has_ends;
}

/* A file that names its sources but no entries: nobody knows how long the guest ran. */
static bool lacks_guest_time(const struct question *q)
{
	return q->closed && q->meta->sources.nr && q->scan->kinds[EV_ACCESS] &&
	       !ev_counts_get(&q->meta->sources, "kvm:kvm_entry");
}

/*
 * Where an entry was set and the TDP MMU said nothing, there is none; a file that names no sources was made on
 * purpose.
 */
static bool lacks_tdp_mmu(const struct question *q)
{
	return !q->meta->tdp_mmu && q->meta->sources.nr && !ev_counts_get(&q->meta->kinds, ev_kind_name(OBS_SET_SPTE));
}

/* Without them every walk ends at a root that leads nowhere. */
static bool lacks_guest_tables(const struct question *q)
{
	return q->meta->shadow && (!q->scan->kinds[EV_GPTE] || !q->scan->kinds[EV_WALK]);
}

static const struct {
	bool		(*missing)(const struct question *q);
	const char	 *needed_by;
	const char	 *instead;
} facts[NR_FACTS] = {
	[FACT_SLOTS] = { lacks_slots, "notifiers, which name host addresses",
		"each VM gets one memslot at host address 0, and notifiers match nothing" },
	[FACT_INVALIDATE_END] = { lacks_ends, "fault.retry_key, which asks whether an invalidation is open",
		"each invalidation ends right after its start" },
	[FACT_GUEST_TIME] = { lacks_guest_time, "closed pacing, which lets the guest think as long as it did",
		"the guest thinks for no time between its faults" },
	[FACT_TDP_MMU] = { lacks_tdp_mmu, "the choice between the TDP MMU and shadow pages: it has no record of either",
		"accesses are replayed by their frames against the TDP MMU, whatever served them" },
	[FACT_GUEST_TABLES] = { lacks_guest_tables, "shadow paging, which follows the guest's page tables",
		"the guest is served as if it had two-dimensional paging, by shadow pages of its physical memory" },
};

const char *fact_name(enum fact_kind fact)
{
	static const char *const names[NR_FACTS] = {
#define FACT_NAME(id, name) [FACT_##id] = name,
		FACTS(FACT_NAME)
#undef FACT_NAME
	};

	return names[fact];
}

const char *fact_instead(enum fact_kind fact)
{
	return facts[fact].instead;
}

int facts_assume(struct facts *f, const char *name, struct err *e)
{
	char known[256] = "";

	for (unsigned int i = 0; i < NR_FACTS; i++) {
		size_t len = strlen(known);

		if (strcmp(name, fact_name(i)) == 0) {
			f->assumed[i] = true;
			return 0;
		}
		snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "", fact_name(i));
	}
	return err_set(e, ERR_USAGE, "--assume %s: there is no such fact; there are %s", name, known);
}

int facts_check(const struct facts *f, const char *path, const struct ev_meta *meta,
		const struct scan *scan, bool closed, struct err *e)
{
	const struct question q = { meta, scan, closed };
	char missing[700] = "", options[200] = "";

	for (unsigned int i = 0; i < NR_FACTS; i++) {
		size_t len = strlen(missing), at = strlen(options);

		if (f->assumed[i] || !facts[i].missing(&q))
			continue;
		snprintf(missing + len, sizeof(missing) - len, "%s%s (needed by %s)", len ? "; " : "",
			 fact_name(i), facts[i].needed_by);
		snprintf(options + at, sizeof(options) - at, " --assume %s", fact_name(i));
	}
	if (!missing[0])
		return 0;
	return err_set(e, ERR_MACHINE, "%s: the trace lacks %s; replay it with%s, or record more", path, missing, options);
}
