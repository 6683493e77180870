/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs into the database.
 *
 * - A run is one transaction: it is there whole or not at all.
 * - A database that did not exist appears with its first run, under a hidden
 *   name first: a failure leaves nothing behind.
 * - The journal is SQLite's rollback journal, not WAL: between writes the
 *   database is one file that can be copied, read on a read-only medium and by
 *   any client, and one run in seconds does not need more than one writer.
 */
#include "result/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "result/schema.h"

#define BUSY_TIMEOUT_MS	10000
#define NAME_TRIES	100

struct store {
	char	*path;
	sqlite3	*db;		/* NULL: the file does not exist yet */
};

/* One table's INSERT, prepared once per run. */
struct insert {
	struct store	*s;
	sqlite3_stmt	*st;
};

static int store_fail(struct store *s, struct err *e)
{
	return schema_fail(s->db, s->path, "store the run", e);
}

static int exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, e);
}

static int insert_prepare(struct insert *in, struct store *s, const char *sql, struct err *e)
{
	in->s = s;
	in->st = NULL;
	return sqlite3_prepare_v2(s->db, sql, -1, &in->st, NULL) == SQLITE_OK ? 0 : store_fail(s, e);
}

static void insert_int(struct insert *in, int column, uint64_t value)
{
	sqlite3_bind_int64(in->st, column, (sqlite3_int64)value);
}

static void insert_text(struct insert *in, int column, const char *text)
{
	sqlite3_bind_text(in->st, column, text ? text : "", -1, SQLITE_TRANSIENT);
}

static int insert_row(struct insert *in, struct err *e)
{
	if (sqlite3_step(in->st) != SQLITE_DONE)
		return store_fail(in->s, e);
	sqlite3_reset(in->st);
	return 0;
}

static void insert_fini(struct insert *in)
{
	sqlite3_finalize(in->st);
}

/* UTC; SOURCE_DATE_EPOCH makes databases reproducible (reproducible-builds.org). */
static void now_text(char *buf, size_t size)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	time_t t = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static const char *figures_of(const char *runtime)
{
	return strcmp(runtime, "vtime") ? "measured" : "modelled";
}

static int put_identity(struct store *s, const struct store_run *run, int64_t *id, struct err *e)
{
	const char *texts[] = { run->commit, run->trace, run->trace_hash, run->arch, run->kernel, run->runtime,
				run->pacing, run->policy, run->policy_text, run->costs_text, run->host_text,
				run->assumed, run->command, run->access ? run->access : "none",
				run->time_scale ? run->time_scale : "1",
				run->figures ? run->figures : figures_of(run->runtime),
				run->origin ? run->origin : "replay", run->branch, run->subject, run->job };
	struct insert in;
	char now[32];
	int rc = insert_prepare(&in, s, "INSERT INTO run (time, version, trace, trace_hash, arch, kernel, runtime, pacing,"
				" policy, policy_text, costs_text, host_text, assumed, command, access, time_scale,"
				" figures, origin, branch, subject, job, seed, clones, status)"
				" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'done')", e);

	if (rc)
		return rc;
	now_text(now, sizeof(now));
	insert_text(&in, 1, now);
	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		insert_text(&in, 2 + i, texts[i]);
	insert_int(&in, 2 + ARRAY_SIZE(texts), run->seed);
	insert_int(&in, 3 + ARRAY_SIZE(texts), run->clones);
	rc = insert_row(&in, e);
	insert_fini(&in);
	*id = sqlite3_last_insert_rowid(s->db);
	return rc;
}

/* "name = value" of one line of policy_print()'s text; false for blank lines, sections and comments. */
static bool knob_line(const char *line, size_t len, struct insert *in)
{
	const char *eq = memchr(line, '=', len), *end = line + len, *name_end = eq;

	if (!eq || strchr("[;#", *line))
		return false;
	while (name_end > line && name_end[-1] == ' ')
		name_end--;
	do
		eq++;
	while (eq < end && *eq == ' ');
	sqlite3_bind_text(in->st, 2, line, (int)(name_end - line), SQLITE_TRANSIENT);
	sqlite3_bind_text(in->st, 3, eq, (int)(end - eq), SQLITE_TRANSIENT);
	return true;
}

static int put_knobs(struct store *s, int64_t id, const char *text, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT OR REPLACE INTO knob VALUES (?,?,?)", e);

	insert_int(&in, 1, (uint64_t)id);
	while (!rc && text && *text) {
		size_t len = strcspn(text, "\n");

		if (knob_line(text, len, &in))
			rc = insert_row(&in, e);
		text += len + (text[len] == '\n');
	}
	insert_fini(&in);
	return rc;
}

static int put_metrics(struct store *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO metric VALUES (?,?,?,?)", e);

	for (size_t i = 0; !rc && i < r->nr_metrics; i++) {
		insert_int(&in, 1, (uint64_t)id);
		insert_text(&in, 2, r->metrics[i].name);
		insert_text(&in, 3, r->metrics[i].unit);
		insert_int(&in, 4, (uint64_t)r->metrics[i].value);
		rc = insert_row(&in, e);
	}
	insert_fini(&in);
	return rc;
}

static int put_hist(struct insert *in, const struct hist *h, struct err *e)
{
	static const uint32_t quantiles_ppm[] = { 500000, 900000, 990000, 999000 };
	size_t len;
	void *blob = hist_encode(h, &len);

	insert_int(in, 4, h->n);
	insert_int(in, 5, h->min);
	insert_int(in, 6, hist_mean(h));
	for (int q = 0; q < (int)ARRAY_SIZE(quantiles_ppm); q++)
		insert_int(in, 7 + q, hist_quantile(h, quantiles_ppm[q]));
	insert_int(in, 11, h->max);
	sqlite3_bind_blob64(in->st, 12, blob, len, free);
	return insert_row(in, e);
}

static int put_hists(struct store *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO hist VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", e);

	for (int op = 0; op < RESULT_NR_OPS; op++) {
		for (int phase = 0; !rc && phase < RESULT_NR_PHASES; phase++) {
			if (!r->hist[op][phase].n)
				continue;
			insert_int(&in, 1, (uint64_t)id);
			insert_text(&in, 2, result_op_name(op));
			insert_text(&in, 3, result_phase_name(phase));
			rc = put_hist(&in, &r->hist[op][phase], e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_blame(struct store *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO blame VALUES (?,?,?,?,?)", e);

	for (int waiter = 0; waiter < RESULT_NR_OPS; waiter++) {
		for (int holder = 0; !rc && holder < RESULT_NR_OPS; holder++) {
			const struct result_blame *b = &r->blame[waiter][holder];

			if (!b->n && !b->ns)
				continue;
			insert_int(&in, 1, (uint64_t)id);
			insert_text(&in, 2, result_op_name(waiter));
			insert_text(&in, 3, result_op_name(holder));
			insert_int(&in, 4, b->ns);
			insert_int(&in, 5, b->n);
			rc = insert_row(&in, e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_series(struct store *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO series VALUES (?,?,?,?,?)", e);

	for (size_t i = 0; i < r->nr_series; i++) {
		const struct result_series *line = &r->series[i];

		insert_int(&in, 1, (uint64_t)id);
		insert_text(&in, 2, line->name);
		insert_int(&in, 4, line->bucket_ns);
		for (uint64_t b = 0; !rc && b < line->nr; b++) {
			if (!line->v[b])
				continue;
			insert_int(&in, 3, b * line->bucket_ns);
			insert_int(&in, 5, line->v[b]);
			rc = insert_row(&in, e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_heat_of(struct insert *in, const struct result_heat *h, struct err *e)
{
	int rc = 0;

	insert_int(in, 4, h->bucket_ns);
	for (uint64_t t = 0; t < RESULT_HEAT_TIMES; t++) {
		for (unsigned int l = 0; !rc && l < RESULT_HEAT_LATENCIES; l++) {
			if (!h->n[t][l])
				continue;
			insert_int(in, 3, t * h->bucket_ns);
			insert_int(in, 5, result_heat_hi_ns(h, l));
			insert_int(in, 6, h->n[t][l]);
			rc = insert_row(in, e);
		}
	}
	return rc;
}

static int put_heat(struct store *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO heat VALUES (?,?,?,?,?,?)", e);

	insert_int(&in, 1, (uint64_t)id);
	for (int op = 0; !rc && op < RESULT_NR_OPS; op++) {
		if (!r->heat[op])
			continue;
		insert_text(&in, 2, result_op_name(op));
		rc = put_heat_of(&in, r->heat[op], e);
	}
	insert_fini(&in);
	return rc;
}

/* What one transaction stores. */
struct content {
	const struct store_run		*run;
	const struct result		*result;
	int64_t				*id;		/* of @run */
	const struct store_fidelity	*fidelity;	/* instead of a run */
};

/* Return: 1 when the run's job is there already, and its number in *@id; 0; or an error. */
static int find_job(struct store *s, const char *job, int64_t *id, struct err *e)
{
	struct insert in;
	int rc;

	if (!job || !*job)
		return 0;
	rc = insert_prepare(&in, s, "SELECT id FROM run WHERE job = ? AND job <> ''", e);
	if (rc)
		return rc;
	insert_text(&in, 1, job);
	switch (sqlite3_step(in.st)) {
	case SQLITE_ROW:
		*id = sqlite3_column_int64(in.st, 0);
		rc = 1;
		break;
	case SQLITE_DONE:
		break;
	default:
		rc = store_fail(s, e);
	}
	insert_fini(&in);
	return rc;
}

static int put_run(struct store *s, const struct content *c, struct err *e)
{
	int rc = find_job(s, c->run->job, c->id, e);

	if (rc)
		return rc < 0 ? rc : 0;
	rc = put_identity(s, c->run, c->id, e);
	if (!rc)
		rc = put_knobs(s, *c->id, c->run->policy_text, e);
	if (!rc)
		rc = put_metrics(s, *c->id, c->result, e);
	if (!rc)
		rc = put_hists(s, *c->id, c->result, e);
	if (!rc)
		rc = put_blame(s, *c->id, c->result, e);
	if (!rc)
		rc = put_series(s, *c->id, c->result, e);
	return rc ? rc : put_heat(s, *c->id, c->result, e);
}

static int put_fidelity(struct store *s, const struct store_fidelity *f, struct err *e)
{
	struct insert in;
	char now[32];
	int rc = insert_prepare(&in, s, "INSERT OR REPLACE INTO fidelity (trace_hash, policy, version, time, operations,"
				" judged, exact, baseline_exact) VALUES (?,?,?,?,?,?,?,?)", e);

	if (rc)
		return rc;
	now_text(now, sizeof(now));
	insert_text(&in, 1, f->trace_hash);
	insert_text(&in, 2, f->policy);
	insert_text(&in, 3, f->commit);
	insert_text(&in, 4, now);
	insert_int(&in, 5, f->operations);
	insert_int(&in, 6, f->judged);
	insert_int(&in, 7, f->exact);
	insert_int(&in, 8, f->baseline_exact);
	rc = insert_row(&in, e);
	insert_fini(&in);
	return rc;
}

/* All of it, and the tables when they are not there yet or older, in one transaction. */
static int transact(struct store *s, const struct content *c, struct err *e)
{
	int rc = exec(s, "BEGIN IMMEDIATE", e);

	if (rc)
		return rc;
	rc = schema_migrate(s->db, s->path, e);
	if (!rc)
		rc = c->fidelity ? put_fidelity(s, c->fidelity, e) : put_run(s, c, e);
	if (!rc)
		rc = exec(s, "COMMIT", e);
	/* After some errors SQLite has rolled back by itself; then this fails, and may. */
	if (rc)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int db_open(struct store *s, const char *file, struct err *e)
{
	int rc = 0;

	if (sqlite3_open_v2(file, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = schema_fail(s->db, s->path, "open it", e);
	if (!rc) {
		sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
		sqlite3_extended_result_codes(s->db, 1);
		/* Only whole runs are written; and a table that is built anew must not take along what refers to it. */
		rc = exec(s, "PRAGMA foreign_keys = OFF", e);
	}
	if (!rc) {
		rc = schema_version(s->db, s->path, e);
		rc = rc < 0 ? rc : 0;
	}
	if (!rc && sqlite3_db_readonly(s->db, "main"))
		rc = err_sys(e, EACCES, s->path, "write");
	if (rc) {
		sqlite3_close(s->db);
		s->db = NULL;
	}
	return rc;
}

/* A new, empty file in the database's folder under a hidden name; free() *@out. */
static int hidden_file(const char *path, char **out, struct err *e)
{
	const char *base = basename(path);
	int why = EEXIST;

	for (unsigned int try = 0; why == EEXIST && try < NAME_TRIES; try++) {
		char *name = xasprintf("%.*s.%s.%ld.%u.tmp", (int)(base - path), path, base, (long)getpid(), try);
		int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0) {
			close(fd);
			*out = name;
			return 0;
		}
		why = errno;
		free(name);
	}
	return err_sys(e, why, path, "create");
}

static void hidden_remove(char *name)
{
	char *journal = xasprintf("%s-journal", name);

	unlink(journal);
	unlink(name);
	free(journal);
	free(name);
}

/* Return: 0; 1 when somebody else made the database meanwhile; or an error. */
static int publish(const char *hidden, const char *path, struct err *e)
{
	if (link(hidden, path) == 0)
		return 0;
	if (errno == EEXIST)
		return 1;
	/* No hard links on this filesystem. */
	if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) && rename(hidden, path) == 0)
		return 0;
	return err_sys(e, errno, path, "create");
}

/* The database's first content.  Return: as publish(). */
static int make_new(struct store *s, const struct content *c, struct err *e)
{
	char *hidden;
	int rc = hidden_file(s->path, &hidden, e);

	if (rc)
		return rc;
	rc = db_open(s, hidden, e);
	if (!rc)
		rc = transact(s, c, e);
	sqlite3_close(s->db);
	s->db = NULL;
	if (!rc)
		rc = publish(hidden, s->path, e);
	hidden_remove(hidden);
	return rc;
}

int store_open(const char *path, struct store **out, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	struct stat st;
	int rc = 0;

	s->path = xstrdup(path);
	if (stat(path, &st) == 0) {
		rc = S_ISREG(st.st_mode) ? db_open(s, path, e)
					 : err_set(e, ERR_INPUT, "%s: not a regular file; name a database", path);
	} else {
		/* Better known now than after the replay. */
		char *hidden;

		rc = hidden_file(path, &hidden, e);
		if (!rc)
			hidden_remove(hidden);
	}
	if (rc)
		store_close(s);
	else
		*out = s;
	return rc;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

static int put(struct store *s, const struct content *c, struct err *e)
{
	int rc = 0;

	if (!s->db && access(s->path, F_OK)) {
		rc = make_new(s, c, e);
		if (rc <= 0)
			return rc;
	}
	if (!s->db)
		rc = db_open(s, s->path, e);
	return rc ? rc : transact(s, c, e);
}

int store_run(struct store *s, const struct store_run *run, const struct result *r, int64_t *id, struct err *e)
{
	return put(s, &(struct content){ .run = run, .result = r, .id = id }, e);
}

int store_fidelity(struct store *s, const struct store_fidelity *f, struct err *e)
{
	return put(s, &(struct content){ .fidelity = f }, e);
}
