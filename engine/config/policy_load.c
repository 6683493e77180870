/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files: inheritance, layers joined by '+', single assignments.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ini.h"
#include "engine/config/policy.h"
#include "engine/config/policy_table.h"

/* One policy_load(). */
struct load {
	const char *const	*dirs;
	enum kvm_arch		 arch;
	struct policy		 policy;
	bool			 on_top;	/* behind a '+': may not inherit */
};

/* One file of it; from_file leads to the file that inherits this one. */
struct file {
	struct load		*load;
	const char		*path;
	const struct file	*from_file;
	char			**set_at;	/* "FILE:LINE" by row, NULL: not set in this file yet */
	bool			 any;		/* an assignment was seen */
	bool			 inherits;
	bool			 more;		/* a knob was assigned that any trace could need */
	enum policy_about	 about;		/* the others: the most that one of them asks for */
};

static int load_name(struct load *l, const char *name, const char *where, const struct file *from, struct err *e);

/* --- one assignment ------------------------------------------------------ */

static int unknown_knob(const char *where, const char *name, enum kvm_arch arch, struct err *e)
{
	const char *near = knob_nearest(name, arch);

	if (near)
		return err_set(e, ERR_USAGE, "%s: there is no knob '%s'; did you mean '%s'?", where, name, near);
	return err_set(e, ERR_USAGE, "%s: there is no knob '%s'; `mmulab policies` lists them", where, name);
}

/* The row @name stands for, once @value is known to be one of its values. */
static const struct knob *check_assignment(const char *where, const char *name, const char *value,
					   enum kvm_arch arch, uint32_t *number, struct err *e)
{
	const struct knob *k = knob_find(name);
	char values[128];

	if (!k) {
		unknown_knob(where, name, arch, e);
		return NULL;
	}
	if (!knob_fits_arch(k, arch)) {
		err_set(e, ERR_USAGE, "%s: knob %s is one of %s; this policy is for %s", where, name,
			k->arch == 'A' ? "arm64" : "x86", arch == KVM_X86 ? "x86" : "arm64");
		return NULL;
	}
	if (!knob_parse(k, value, number)) {
		knob_values_text(k, values, sizeof(values));
		err_set(e, ERR_USAGE, "%s: %s cannot be '%s'; its values: %s", where, name, value, values);
		return NULL;
	}
	return k;
}

static size_t row_of(const struct knob *k)
{
	size_t nr;

	return (size_t)(k - knob_table(&nr));
}

static int inherit(struct file *f, const char *name, const char *where, struct err *e)
{
	if (f->load->on_top)
		return err_set(e, ERR_USAGE, "%s: inherit would undo what stands before the '+'; "
			       "put this policy first, or remove the line", where);
	if (f->any)
		return err_set(e, ERR_USAGE, "%s: inherit must be the first assignment of the file", where);
	f->any = f->inherits = true;
	return load_name(f->load, name, where, f, e);
}

static int assign_line(void *arg, const char *section, const char *name, const char *value, const char *where,
		       struct err *e)
{
	struct file *f = arg;
	struct load *l = f->load;
	const struct knob *k;
	uint32_t number = 0;
	size_t row;

	if (*section)
		return err_set(e, ERR_USAGE, "%s: a policy has no sections; remove [%s]", where, section);
	if (strcmp(name, "inherit") == 0)
		return inherit(f, value, where, e);
	f->any = true;
	k = check_assignment(where, name, value, l->arch, &number, e);
	if (!k)
		return -ERR_USAGE;
	row = row_of(k);
	if (f->set_at[row])
		return err_set(e, ERR_USAGE, "%s: %s was set before, at %s; remove one of the two", where, name,
			       f->set_at[row]);
	f->set_at[row] = xstrdup(where);
	f->more |= knob_about(k) == ABOUT_ANY;
	if (f->about < knob_about(k))
		f->about = knob_about(k);
	knob_set(k, &l->policy, number);
	return 0;
}

/* --- files ------------------------------------------------------------------ */

static bool same_file(const char *a, const char *b)
{
	char *ra = realpath(a, NULL), *rb = realpath(b, NULL);
	bool same = ra && rb && strcmp(ra, rb) == 0;

	free(ra);
	free(rb);
	return same;
}

static int load_file(struct load *l, const char *path, const char *where, const struct file *from, struct err *e)
{
	struct file f = { .load = l, .path = path, .from_file = from };
	size_t nr;
	int rc;

	for (; from; from = from->from_file)
		if (same_file(path, from->path))
			return err_set(e, ERR_USAGE, "%s: inherits %s, which inherits this file", where, path);
	knob_table(&nr);
	f.set_at = xcalloc(nr, sizeof(*f.set_at));
	rc = ini_read(path, assign_line, &f, e);
	if (!f.inherits && !f.more && l->policy.about < f.about)
		l->policy.about = f.about;
	for (size_t i = 0; i < nr; i++)
		free(f.set_at[i]);
	free(f.set_at);
	return rc;
}

static bool ends_in_ini(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".ini") == 0;
}

/* @name as seen from the folder of @file. */
static char *beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');

	if (name[0] == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - file), file, name);
}

/* @path when there is such a file, otherwise NULL; takes @path over. */
static char *if_there(char *path)
{
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Path of the file @name stands for, or NULL. */
static char *find_file(const struct load *l, const char *name, const struct file *from)
{
	char *path = NULL, *file;

	if (ends_in_ini(name))
		return from ? beside(from->path, name) : xstrdup(name);
	for (const char *const *dir = l->dirs; *dir && !path; dir++)
		path = if_there(xasprintf("%s/%s.ini", *dir, name));
	if (path || !from)
		return path;
	file = xasprintf("%s.ini", name);
	path = if_there(beside(from->path, file));
	free(file);
	return path;
}

struct words {
	char	**v;
	size_t	  nr;
};

static void add_policies_of(struct words *w, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (!ends_in_ini(entry->d_name))
			continue;
		w->v = xreallocarray(w->v, w->nr + 1, sizeof(*w->v));
		w->v[w->nr++] = xasprintf("%.*s", (int)strlen(entry->d_name) - 4, entry->d_name);
	}
	if (d)
		closedir(d);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int no_such_policy(const struct load *l, const char *name, const char *where, struct err *e)
{
	struct words known = { 0 };
	char looked[512] = "";
	const char *near;
	size_t len = 0;
	int rc;

	for (const char *const *dir = l->dirs; *dir; dir++) {
		add_policies_of(&known, *dir);
		if (len < sizeof(looked))
			len += (size_t)snprintf(looked + len, sizeof(looked) - len, "%s%s", len ? ", " : "", *dir);
	}
	if (known.nr)
		qsort(known.v, known.nr, sizeof(*known.v), by_text);	/* readdir's order is no order */
	near = ini_nearest(name, (const char *const *)known.v, known.nr);
	rc = err_set(e, ERR_USAGE, "%s%sthere is no policy '%s' (looked for %s.ini in %s)%s%s%s",
		     where ? where : "", where ? ": " : "", name, name, looked,
		     near ? "; did you mean '" : "; `mmulab policies` lists them", near ? near : "", near ? "'?" : "");
	for (size_t i = 0; i < known.nr; i++)
		free(known.v[i]);
	free(known.v);
	return rc;
}

/* @where, @from: the line and file that inherits @name; NULL for a name the user gave. */
static int load_name(struct load *l, const char *name, const char *where, const struct file *from, struct err *e)
{
	char *path = find_file(l, name, from);
	int rc;

	if (!path)
		return no_such_policy(l, name, where, e);
	rc = load_file(l, path, where, from, e);
	free(path);
	return rc;
}

/* --- the whole name ------------------------------------------------------------ */

/* "policies/mine.ini" is called "mine". */
static void append_name(char *name, size_t size, const char *part)
{
	const char *slash = strrchr(part, '/'), *base = slash ? slash + 1 : part;
	int keep = (int)strlen(base) - (ends_in_ini(base) ? 4 : 0);
	size_t len = strlen(name);

	snprintf(name + len, size - len, "%s%.*s", len ? "+" : "", keep, base);
}

static int load_layers(struct load *l, const char *name, struct err *e)
{
	char *copy = xstrdup(name), *rest = copy, *part;
	bool one = ends_in_ini(name) && access(name, F_OK) == 0;	/* a path may hold a '+' */
	int rc = 0;

	while (!rc && (part = strsep(&rest, one ? "" : "+"))) {
		append_name(l->policy.name, sizeof(l->policy.name), part);
		rc = load_name(l, part, NULL, NULL, e);
		l->on_top = true;
	}
	free(copy);
	return rc;
}

int policy_load(const char *name, const char *const *dirs, enum kvm_arch arch, struct policy *out,
		struct err *e)
{
	struct load l = { .dirs = dirs, .arch = arch };
	int rc;

	policy_defaults(&l.policy);
	l.policy.arch = arch;
	l.policy.name[0] = '\0';
	rc = load_layers(&l, name, e);
	if (!rc)
		*out = l.policy;
	return rc;
}

void policy_defaults(struct policy *p)
{
	size_t nr;
	const struct knob *k = knob_table(&nr);

	*p = (struct policy){ .name = "defaults" };
	for (; nr; nr--, k++)
		knob_set(k, p, k->dflt);
}

int policy_set(struct policy *p, const char *assignment, enum kvm_arch arch, struct err *e)
{
	const char *eq = strchr(assignment, '=');
	const struct knob *k;
	uint32_t number = 0;
	size_t len = strlen(p->name);
	char name[64];

	if (!eq || eq == assignment || (size_t)(eq - assignment) >= sizeof(name))
		return err_set(e, ERR_USAGE, "'%s' is no assignment; write knob=value, for example age.lock=read",
			       assignment);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - assignment), assignment);
	k = check_assignment(assignment, name, eq + 1, arch, &number, e);
	if (!k)
		return -ERR_USAGE;
	if (p->about < knob_about(k))
		p->about = knob_about(k);
	knob_set(k, p, number);
	snprintf(p->name + len, sizeof(p->name) - len, " %s", assignment);
	return 0;
}
