/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be known before a report is believed. */
#include <string.h>

#include "analysis/report.h"

/* One caveat the runs themselves noted: each run's value where it is not 0. */
static void put_noted(struct report *r, const struct table_line *line)
{
	struct doc *d = r->doc;

	doc_item(d, "%s: %s (", line->label, line->caveat);
	for (size_t run = 0, nr = 0; run < r->firsts.nr; run++) {
		char text[48];

		if (!line->v[run].value)
			continue;
		report_quantity(line->unit, line->v[run].value, text, sizeof(text));
		doc_text(d, DOC_PLAIN, "%s%s: %s", nr++ ? ", " : "", r->firsts.v[run].label, text);
	}
	doc_text(d, DOC_PLAIN, ")");
}

static void put_skipped_kinds(struct report *r)
{
	for (size_t i = 0; i < r->table.nr; i++) {
		const struct table_line *line = &r->table.v[i];

		if (line->kind == TABLE_METRIC && !strncmp(line->a, "skipped.", 8) && line->v[0].set)
			doc_item(r->doc, "skipped, %s: %lld", line->a + 8, (long long)line->v[0].value);
	}
}

/* How often the guest got round is the model's own doing; the recording has the other number. */
static void put_attempts(struct report *r)
{
	struct table_cell recorded = table_cell(&r->table, 0, TABLE_METRIC, "recorded", NULL, NULL);
	struct table_cell faults = table_cell(&r->table, 0, TABLE_METRIC, "faults", NULL, NULL);

	if (!recorded.set || !faults.set || (faults.value <= 2 * recorded.value && recorded.value <= 2 * faults.value))
		return;
	doc_item(r->doc, "Fault attempts under %s: %lld, where the recording has %lld. The cost model's faults are faster or "
		 "slower than the recorded host's, which changes how often one meets an open invalidation and is retried.",
		 r->firsts.v[0].label, (long long)faults.value, (long long)recorded.value);
}

static void put_times(struct report *r)
{
	const struct run *run = &r->group->v[0];

	if (!strcmp(run->origin, "selftest")) {
		doc_item(r->doc, "Nothing here was run by the lab: times are those of the machines that the test ran on, as it printed "
			 "them, and nothing is known of how often it would print others.");
		return;
	}
	if (report_is_measured(run))
		doc_item(r->doc, "Service, waits and holds are measured, on real threads and locks of the machine the replay ran "
			 "on; they are that machine's, not those of the host in the trace.");
	else
		doc_item(r->doc, "All times are modelled: a cost model charges virtual time for what the engine does, and queues "
			 "for locks and CPUs follow from that. Directions and ratios are meant, not nanoseconds.");
	if (!strcmp(run->pacing, "asap"))
		doc_item(r->doc, "Pacing asap: the guest does not think between its accesses, and the host does not pause between its "
			 "operations. Contention is the worst this order of events can give.");
	else
		doc_item(r->doc, "The guest's thinking between two accesses is as recorded, on the host of the trace. Where that "
			 "host was an emulated or a loaded one its pace is too, and contention follows the pace%s.",
			 strcmp(run->time_scale, "1") ? "" : "; --time-scale auto puts both on one scale");
}

/* With, without, or both side by side. */
static void put_access(struct report *r)
{
	bool with = false, without = false;

	for (size_t i = 0; i < r->group->nr; i++) {
		with |= strcmp(r->group->v[i].access, "none") != 0;
		without |= strcmp(r->group->v[i].access, "none") == 0;
	}
	if (without)
		doc_item(r->doc, "A trace holds the guest's misses, not its hits. %s: accesses that would fault only under another "
			 "policy are not added there.", with ? "Some of the runs used no access model" : "No access model was used");
	if (with)
		doc_item(r->doc, "A trace holds the guest's misses, not its hits. The access model draws when a page that a policy takes "
			 "away or makes old is touched again, from how often the recording shows that; its error on this recording "
			 "stands below.");
}

static int put_fidelity(struct report *r, struct err *e)
{
	sqlite3_stmt *st;
	bool any = false;
	int rc = db_prepare(r->db, "SELECT policy, version, judged, exact, baseline_exact, max(time) FROM fidelity"
			    " WHERE trace_hash = ? GROUP BY policy ORDER BY policy", "fidelity", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_text(st, 1, r->group->v[0].trace_hash, -1, SQLITE_STATIC);
	while ((rc = db_step(r->db, st, e)) == 1) {
		double judged = (double)sqlite3_column_int64(st, 2);

		if (judged <= 0)
			continue;
		any = true;
		doc_item(r->doc, "Fidelity of this trace: taken attempt by attempt under %s, the engine did what the recorded kernel "
			 "did in %.2f %% of %.0f operations that can be judged; a null model in %.2f %% (mmulab verify, %s).",
			 db_text(st, 0), 100 * (double)sqlite3_column_int64(st, 3) / judged, judged,
			 100 * (double)sqlite3_column_int64(st, 4) / judged, db_text(st, 1));
	}
	sqlite3_finalize(st);
	if (!rc && !any && !strstr(r->group->v[0].kernel, "-synthetic"))
		doc_item(r->doc, "How truly the engine does what this trace's kernel did is not in the database; mmulab verify --db "
			 "results.db puts it there.");
	return rc;
}

int report_caveats(struct report *r, struct err *e)
{
	int rc;

	doc_heading(r->doc, 3, NULL, "Before believing it");
	put_times(r);
	if (!strcmp(r->group->v[0].origin, "selftest"))
		return 0;		/* the rest is about replays */
	rc = put_fidelity(r, e);
	put_attempts(r);
	put_access(r);
	for (size_t i = 0; i < r->group->nr; i++)
		if (*r->group->v[i].assumed)
			doc_item(r->doc, "%s: facts the trace lacks and --assume granted: %s", r->group->v[i].label,
				 r->group->v[i].assumed);
	for (size_t i = 0; i < r->table.nr; i++)
		if (r->table.v[i].caveat && !r->table.v[i].extra)
			put_noted(r, &r->table.v[i]);
	put_skipped_kinds(r);
	return rc;
}
