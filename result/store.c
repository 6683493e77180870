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

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "result/merge.h"
#include "result/schema.h"

#define BUSY_TIMEOUT_MS	60000	/* writers take turns, and readers hold them up */
#define NAME_TRIES	100
#define LEFT_AFTER_S	60	/* a hidden file nobody wrote to for so long was left by somebody killed */

struct store {
	char	*path;
	sqlite3	*db;		/* NULL: the file does not exist yet */
};

static int store_fail(struct store *s, struct err *e)
{
	return schema_fail(s->db, s->path, "store the run", e);
}

static int exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, e);
}

/* What one transaction stores. */
struct content {
	const struct store_run		*run;
	const struct result		*result;
	int64_t				*id;		/* of @run */
	const struct store_fidelity	*fidelity;	/* or this instead of a run */
	const char *const		*sources;	/* or databases */
	size_t				 nr_sources;
	struct store_merged		*merged;
};

static int put_sources(struct store_rows *rows, const struct content *c, struct err *e)
{
	int rc = 0;

	*c->merged = (struct store_merged){ 0 };
	for (size_t i = 0; !rc && i < c->nr_sources; i++)
		rc = merge_rows(rows, c->sources[i], c->merged, e);
	return rc;
}

static int put(struct store *s, const struct content *c, struct err *e)
{
	struct store_rows rows = { s->db, s->path };

	if (c->sources)
		return put_sources(&rows, c, e);
	if (c->fidelity)
		return store_rows_fidelity(&rows, c->fidelity, e);
	return store_rows_run(&rows, c->run, c->result, c->id, e);
}

/* All of it, and the tables when they are not there yet or older, in one transaction. */
static int transact(struct store *s, const struct content *c, struct err *e)
{
	int rc = exec(s, "BEGIN IMMEDIATE", e);

	if (rc)
		return rc;
	rc = schema_migrate(s->db, s->path, e);
	if (!rc)
		rc = put(s, c, e);
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

/* Is @name, in the folder @dir, what a writer of @base left that is no more? */
static bool is_left(int dir, const char *name, const char *base)
{
	size_t len = strlen(base);
	struct stat st;
	char *end;
	long pid;

	if (*name != '.' || strncmp(name + 1, base, len) || name[1 + len] != '.')
		return false;
	pid = strtol(name + 2 + len, &end, 10);
	if (pid <= 0 || *end != '.')
		return false;
	strtol(end + 1, &end, 10);
	if (strcmp(end, ".tmp") && strcmp(end, ".tmp-journal"))
		return false;
	/* Its number may be that of another one by now, or of a process that cannot be seen from here. */
	return kill((pid_t)pid, 0) && errno == ESRCH &&
	       fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       time(NULL) - st.st_mtime > LEFT_AFTER_S;
}

static void remove_left(const char *path)
{
	const char *base = basename(path);
	char *folder = base == path ? xstrdup(".") : xasprintf("%.*s", (int)(base - path), path);
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (is_left(dirfd(d), entry->d_name, base))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	free(folder);
}

/* Return: 0; 1 when somebody else made the database meanwhile; or an error. */
static int publish(const char *hidden, const char *path, struct err *e)
{
	if (renameat2(AT_FDCWD, hidden, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every filesystem can do that; some that cannot have no hard links either. */
	if (errno == EINVAL && link(hidden, path) == 0)
		return 0;
	return errno == EEXIST ? 1 : err_sys(e, errno, path, "create");
}

/* The database's first content.  Return: as publish(). */
static int make_new(struct store *s, const struct content *c, struct err *e)
{
	char *hidden;
	int rc;

	remove_left(s->path);
	rc = hidden_file(s->path, &hidden, e);
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

static int store(struct store *s, const struct content *c, struct err *e)
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
	return store(s, &(struct content){ .run = run, .result = r, .id = id }, e);
}

int store_fidelity(struct store *s, const struct store_fidelity *f, struct err *e)
{
	return store(s, &(struct content){ .fidelity = f }, e);
}

/* It would wait for itself. */
static int is_itself(struct store *s, const char *path, struct err *e)
{
	struct stat a, b;

	if (stat(s->path, &a) || stat(path, &b) || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return 0;
	return err_set(e, ERR_USAGE, "%s: cannot be merged into itself; name another database with -o", path);
}

int store_merge(struct store *s, const char *const *paths, size_t nr, struct store_merged *m, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < nr; i++)
		rc = is_itself(s, paths[i], e);
	return rc ? rc : store(s, &(struct content){ .sources = paths, .nr_sources = nr, .merged = m }, e);
}
