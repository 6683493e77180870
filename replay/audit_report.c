/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings in words and as JSON. */
#include "replay/audit_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "event/text.h"

#define BEFORE	4	/* records shown before the one that shows a finding, */
#define AFTER	2	/* and after it */
#define EDGE	3	/* first and last ones of the other operations */
#define AROUND	64	/* at most, with all of them */

/* --- the records around a finding -------------------------------------------------- */

struct around {
	struct ev_at at[AROUND];
	struct ev    ev[AROUND];
	unsigned int nr;
};

static void take(struct around *x, uint64_t t_ns, uint32_t task, const struct ev *ev)
{
	if (x->nr == AROUND)
		return;
	x->ev[x->nr] = *ev;
	x->at[x->nr] = (struct ev_at){ .t_ns = t_ns, .task = task };
	x->at[x->nr].ev = &x->ev[x->nr];
	x->nr++;
}

static void take_obs(struct around *x, const struct recording *r, const struct rec_op *op, uint32_t obs)
{
	struct ev ev;

	memcpy(&ev, &r->obs[obs].o, sizeof(ev));
	take(x, r->obs[obs].t_ns, op->task, &ev);
}

/* Its stimulus, and of its own records those near @obs, or at both ends. */
static void take_op(struct around *x, const struct recording *r, uint32_t index, uint32_t obs)
{
	const struct rec_op *op = &r->ops[index];
	uint32_t end = op->first_obs + op->nr_obs;

	if (op->stim != REC_NONE)
		take(x, r->stims[op->stim].t_ns, op->task, &r->stims[op->stim].ev);
	for (uint32_t i = op->first_obs; i < end; i++) {
		bool near = obs != REC_NONE && i + BEFORE >= obs && i <= obs + AFTER;
		bool edge = i < op->first_obs + EDGE || i + EDGE >= end;

		if (near || (edge && (obs == REC_NONE || obs < op->first_obs || obs >= end)))
			take_obs(x, r, op, i);
	}
}

static int cmp_at(const void *va, const void *vb)
{
	const struct ev_at *a = va, *b = vb;

	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return a->ev < b->ev ? -1 : a->ev > b->ev;
}

static void gather_around(struct around *x, const struct recording *r, const struct audit_finding *f)
{
	x->nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(f->ops); i++)
		if (f->ops[i] != REC_NONE)
			take_op(x, r, f->ops[i], f->obs);
	qsort(x->at, x->nr, sizeof(x->at[0]), cmp_at);
}

/* --- text ------------------------------------------------------------------------- */

static const struct ev_task *task_of(const struct recording *r, uint32_t op)
{
	return &r->meta->tasks[r->ops[op].task];
}

static const char *comm_of(const struct recording *r, uint32_t op)
{
	return task_of(r, op)->comm ? task_of(r, op)->comm : "?";
}

static bool said_before(const struct recording *r, const struct audit_finding *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (f->ops[k] != REC_NONE && r->ops[f->ops[k]].task == r->ops[f->ops[i]].task)
			return true;
	return false;
}

static void print_tasks(const struct audit_finding *f, const struct recording *r, FILE *out)
{
	fputs("  tasks:", out);
	for (size_t i = 0; i < ARRAY_SIZE(f->ops); i++) {
		if (f->ops[i] == REC_NONE)
			continue;
		fprintf(out, "%s %s-%u (%s)", i ? "," : "", comm_of(r, f->ops[i]), task_of(r, f->ops[i])->tid,
			ev_op_name(r->ops[f->ops[i]].kind));
	}
	fputc('\n', out);
}

static void print_finding(const struct audit_finding *f, const struct recording *r, FILE *out)
{
	struct around x;

	fprintf(out, "%s %s: vm %u, gfn 0x%" PRIx64 ", %.6f s: %s\n", audit_rule_name(f->rule),
		f->certain ? "broken" : "in doubt", f->vm, f->gfn, f->t_ns / 1e9, f->text);
	print_tasks(f, r, out);
	gather_around(&x, r, f);
	for (unsigned int i = 0; i < x.nr; i++) {
		fputs(x.at[i].t_ns == f->t_ns ? "  > " : "    ", out);
		ev_text_write_record(&x.at[i], out);
	}
}

static void print_gaps(const struct audit *a, const struct recording *r, FILE *out)
{
	if (!a->gaps)
		return;
	fprintf(out, "gaps: %" PRIu64 " changes found a value that no record put there; the first of them\n", a->gaps);
	for (uint64_t i = 0; i < a->gaps && i < AUDIT_GAPS; i++) {
		struct around x = { .nr = 0 };

		take_obs(&x, r, &r->ops[a->first_gaps[i].op], a->first_gaps[i].obs);
		fputs("    ", out);
		ev_text_write_record(&x.at[0], out);
	}
}

void audit_print(const struct audit *a, const char *file, FILE *out)
{
	const struct recording *r = &a->rec;

	fprintf(out, "%s: audit of the recorded kernel\n", file);
	fprintf(out,
		"  checked: %" PRIu64 " installs against %" PRIu64 " invalidations, %" PRIu64 " snapshots, %" PRIu64
		" operations that must flush, %" PRIu64 " swaps of memslots\n", a->installs, a->windows, a->snapshots,
		a->flushes, a->swaps);
	if (a->pages)
		fprintf(out,
			"  shadow pages: %" PRIu64 " made; %" PRIu64 " links and %" PRIu64
			" retries above pages to be synced, %" PRIu64 " roots synced\n", a->pages, a->links, a->retries,
			a->roots);
	if (r->meta->arch == KVM_ARM64)
		fputs("  entries of stage 2 are not audited: only whether begins and ends of invalidations balance\n", out);
	if (!r->meta->has_ends)
		fputs("  ends of invalidations are not recorded: what was installed before them cannot be told\n", out);
	if (a->lost)
		fputs("  records were lost: what rests on the absence of one is in doubt\n", out);
	fprintf(out, "  findings: %" PRIu64 " certain, %" PRIu64 " in doubt\n", a->certain, a->nr - a->certain);
	for (uint32_t i = 0; i < a->nr; i++)
		print_finding(&a->findings[i], r, out);
	print_gaps(a, r, out);
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *json_record(const struct ev_at *at)
{
	char *text = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&text, &len);
	json_t *line;

	if (!m)
		return json_null();
	ev_text_write_record(at, m);
	fclose(m);
	line = json_stringn(text, len && text[len - 1] == '\n' ? len - 1 : len);
	free(text);
	return line;
}

static json_t *json_records(const struct audit_finding *f, const struct recording *r)
{
	json_t *list = json_array();
	struct around x;

	gather_around(&x, r, f);
	for (unsigned int i = 0; i < x.nr; i++)
		json_array_append_new(list, json_record(&x.at[i]));
	return list;
}

static json_t *json_tasks(const struct audit_finding *f, const struct recording *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(f->ops); i++)
		if (f->ops[i] != REC_NONE && !said_before(r, f, i))
			json_array_append_new(list, json_pack("{ss sI}", "task", comm_of(r, f->ops[i]), "tid",
							      (json_int_t)task_of(r, f->ops[i])->tid));
	return list;
}

static json_t *json_findings(const struct audit *a, const struct recording *r)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < a->nr; i++) {
		const struct audit_finding *f = &a->findings[i];

		json_array_append_new(list,
				      json_pack("{ss sb sI si sI so ss so}", "invariant", audit_rule_name(f->rule),
						"certain", f->certain, "gfn", (json_int_t)f->gfn, "vm", f->vm, "t_ns",
						(json_int_t)f->t_ns, "tasks", json_tasks(f, r), "text", f->text,
						"records", json_records(f, r)));
	}
	return list;
}

/* Of verify's own keys those that the recording alone can fill. */
static void json_of_verify(json_t *o, const struct recording *r, uint32_t nr_ops)
{
	static const char *const judged[] = { "exact", "determined", "admissible", "vacuous", "exact_ratio",
					      "baseline_exact", "kinds", "first_divergence" };
	uint64_t lost = 0;

	for (uint32_t i = 0; i < nr_ops; i++)
		lost += rec_op_lost(r, &r->ops[i]);
	json_object_set_new(o, "operations", json_integer(nr_ops));
	json_object_set_new(o, "lost", json_integer((json_int_t)lost));
	json_object_set_new(o, "skipped", json_object());
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++)
		json_object_set_new(o, judged[i], json_null());
}

/* How often there was something to check. */
static json_t *json_audited(const struct audit *a)
{
	return json_pack("{sI sI sI sI sI sI sI sI sI}", "installs", (json_int_t)a->installs, "windows",
			 (json_int_t)a->windows, "snapshots", (json_int_t)a->snapshots, "flushes",
			 (json_int_t)a->flushes, "swaps", (json_int_t)a->swaps, "shadow_pages", (json_int_t)a->pages,
			 "links", (json_int_t)a->links, "retries", (json_int_t)a->retries, "roots",
			 (json_int_t)a->roots);
}

int audit_print_json(const struct audit *a, const char *file, FILE *out, struct err *e)
{
	const struct recording *r = &a->rec;
	json_t *o = json_pack("{ss}", "file", file);
	int rc;

	json_of_verify(o, r, r->nr_ops - (r->nr_obs - r->first_stray));
	json_object_set_new(o, "audit_certain", json_integer((json_int_t)a->certain));
	json_object_set_new(o, "audit_gaps", json_integer((json_int_t)a->gaps));
	json_object_set_new(o, "audited", json_audited(a));
	json_object_set_new(o, "audit", json_findings(a, r));
	rc = json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	json_decref(o);
	fputc('\n', out);
	return rc == 0 ? 0 : err_sys(e, errno, "standard output", "write");
}
