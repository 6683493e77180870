/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A figure: its query's rows, its template, one gnuplot. */
#include "analysis/figure.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bucket.h"
#include "analysis/gnuplot.h"
#include "base/alloc.h"

/* --- which there are ------------------------------------------------------------- */

static int is_template(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && !strcmp(entry->d_name + len - 3, ".gp") && strncmp(entry->d_name, "common", 6) != 0;
}

/* "# 10: about" is the second line. */
static int read_about(const char *path, struct figure *fig, struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[512] = "", about[512] = "";
	bool good;

	if (!f)
		return err_sys(e, errno, path, "read");
	good = fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f) &&
	       sscanf(line, "# %d: %511[^\n]", &fig->place, about) == 2;
	fclose(f);
	if (!good)
		return err_set(e, ERR_INPUT, "%s:2: the line must be \"# NUMBER: what the picture shows\"", path);
	fig->about = xstrdup(about);
	return 0;
}

static int figure_add(struct figures *f, const char *file, struct err *e)
{
	char *path = xasprintf("%s/%s", f->plots_dir, file);
	struct figure *fig;
	int rc;

	f->v = xreallocarray(f->v, f->nr + 1, sizeof(*f->v));
	fig = &f->v[f->nr++];
	*fig = (struct figure){ .name = xasprintf("%.*s", (int)strlen(file) - 3, file) };
	rc = read_about(path, fig, e);
	free(path);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct figure *x = a, *y = b;

	return x->place != y->place ? x->place - y->place : strcmp(x->name, y->name);
}

int figures_open(const char *plots_dir, struct figures *out, struct err *e)
{
	struct dirent **files;
	int nr = scandir(plots_dir, &files, is_template, alphasort), rc = 0;

	if (nr < 0)
		return err_sys(e, errno, plots_dir, "read the templates in");
	*out = (struct figures){ .plots_dir = xstrdup(plots_dir), .sql_dir = xasprintf("%s/../sql", plots_dir) };
	for (int i = 0; i < nr; i++) {
		if (!rc)
			rc = figure_add(out, files[i]->d_name, e);
		free(files[i]);
	}
	free(files);
	if (!rc && !nr)
		rc = err_set(e, ERR_MACHINE, "%s: no templates there; is the program installed whole?", plots_dir);
	if (rc)
		figures_close(out);
	else
		qsort(out->v, out->nr, sizeof(*out->v), by_place);
	return rc;
}

void figures_close(struct figures *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free(f->v[i].name);
		free(f->v[i].about);
	}
	free(f->v);
	free(f->plots_dir);
	free(f->sql_dir);
	*f = (struct figures){ 0 };
}

const struct figure *figures_find(const struct figures *f, const char *name)
{
	for (size_t i = 0; i < f->nr; i++)
		if (!strcmp(f->v[i].name, name))
			return &f->v[i];
	return NULL;
}

int figures_group(struct db *db, const struct group *group, struct err *e)
{
	return bucket_load(db, group, e);
}

/* --- the script --------------------------------------------------------------------- */

/* Text between @quote, without what could end it or mean something to gnuplot. */
static void put_text(FILE *script, const char *text, char quote)
{
	fputc(quote, script);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || strchr("\"'`\\", *text) ? '_' : *text, script);
	fputc(quote, script);
}

static void put_cell(FILE *script, sqlite3_stmt *st, int column)
{
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_NULL:
		fputs("NaN", script);
		break;
	case SQLITE_TEXT:
		put_text(script, db_text(st, column), '"');
		break;
	case SQLITE_INTEGER:
		fprintf(script, "%lld", (long long)sqlite3_column_int64(st, column));
		break;
	default:
		fprintf(script, "%.9g", sqlite3_column_double(st, column));
	}
}

/* The curves, in the order they came. */
struct curves {
	struct curve {
		int64_t	 pos;
		char	*label;
	}	*v;
	size_t	 nr, longest;	/* label, bytes */
};

static void curve_add(struct curves *c, int64_t pos, const char *label)
{
	c->v = xreallocarray(c->v, c->nr + 1, sizeof(*c->v));
	c->v[c->nr++] = (struct curve){ pos, xstrdup(label) };
	if (strlen(label) > c->longest)
		c->longest = strlen(label);
}

static void curves_fini(struct curves *c)
{
	for (size_t i = 0; i < c->nr; i++)
		free(c->v[i].label);
	free(c->v);
}

static void put_row(FILE *script, sqlite3_stmt *st, struct curves *c)
{
	int64_t pos = sqlite3_column_int64(st, 0);

	if (!c->nr || c->v[c->nr - 1].pos != pos) {
		fputs(c->nr ? "\n\n" : "", script);
		curve_add(c, pos, db_text(st, 1));
	}
	for (int column = 2; column < sqlite3_column_count(st); column++) {
		put_cell(script, st, column);
		fputc(' ', script);
	}
	fputc('\n', script);
}

static void put_curves(FILE *script, const struct curves *c)
{
	fprintf(script, "curves = %zu\nlongest = %zu\narray pos[%zu]\narray label[%zu]\n", c->nr, c->longest,
		c->nr, c->nr);
	for (size_t i = 0; i < c->nr; i++) {
		fprintf(script, "pos[%zu] = %lld\nlabel[%zu] = ", i + 1, (long long)c->v[i].pos, i + 1);
		put_text(script, c->v[i].label, '\'');
		fputc('\n', script);
	}
}

static char *heading_of(const struct run *r)
{
	char clones[64] = "";

	if (r->clones > 1)
		snprintf(clones, sizeof(clones), ", %lld x the recorded vCPUs", (long long)r->clones);
	return xasprintf("%s%s%s%s", r->trace, clones, strcmp(r->pacing, "closed") ? ", pacing " : "",
			 strcmp(r->pacing, "closed") ? r->pacing : "");
}

static void put_heading(FILE *script, const struct group *group)
{
	const struct run *r = &group->v[0];
	char *heading = heading_of(r);
	char *caption = xasprintf("%s, pacing %s; %s %s %s", run_figures(r), r->pacing,
				  strstr(r->kernel, "-synthetic") ? "made up for" : "recorded on", r->arch, r->kernel);

	fputs("heading = ", script);
	put_text(script, heading, '\'');
	fputs("\ncaption = ", script);
	put_text(script, caption, '\'');
	fputc('\n', script);
	free(heading);
	free(caption);
}

/* The names of the runs in sel, and whether these are all of the group. */
static int put_drawn(FILE *script, struct db *db, const struct group *group, struct err *e)
{
	sqlite3_stmt *st;
	size_t drawn = 0;
	int rc = db_prepare(db, "SELECT label FROM temp.sel ORDER BY pos", "sel", &st, e);

	fprintf(script, "array run_label[%zu]\n", group->nr);
	while (!rc && (rc = db_step(db, st, e)) == 1) {
		fprintf(script, "run_label[%zu] = ", ++drawn);
		put_text(script, db_text(st, 0), '\'');
		fputc('\n', script);
		rc = 0;
	}
	sqlite3_finalize(st);
	if (drawn < group->nr)
		fprintf(script, "left_out = '; %zu of %zu runs drawn'\n", drawn, group->nr);
	else
		fputs("left_out = ''\n", script);
	return rc;
}

static void put_terminal(FILE *script, enum figure_format format)
{
	if (format == FIGURE_PNG)
		fputs("set terminal pngcairo size 1600,900 font 'sans,16' linewidth 1.7 background '#ffffff'\n", script);
	else
		fputs("set terminal svg size 960,540 dynamic font 'sans-serif,14' linewidth 1.2 background '#ffffff'\n", script);
}

/* All of a text file; free() *@out. */
static int read_file(const char *path, char **out, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t cap = 0;
	int rc = 0;

	*out = NULL;
	if (!f)
		return err_sys(e, errno, path, "read");
	if (getdelim(out, &cap, '\0', f) < 0)
		rc = err_set(e, ERR_INPUT, "%s: empty or unreadable", path);
	fclose(f);
	return rc;
}

static int put_data(FILE *script, struct db *db, const char *sql_path, struct curves *c, struct err *e)
{
	sqlite3_stmt *st;
	char *sql;
	int rc = read_file(sql_path, &sql, e);

	if (!rc)
		rc = db_prepare(db, sql, sql_path, &st, e);
	free(sql);
	if (rc)
		return rc;
	fputs("$data << END_OF_DATA\n", script);
	while ((rc = db_step(db, st, e)) == 1)
		put_row(script, st, c);
	fputs("END_OF_DATA\n", script);
	sqlite3_finalize(st);
	return rc;
}

/* plots = '...': the templates' folder, exactly; a quote in single quotes is written twice. */
static void put_plots(FILE *script, const char *dir)
{
	fputs("plots = '", script);
	for (; *dir; dir++)
		fputs(*dir == '\'' ? "''" : (char[]){ *dir, 0 }, script);
	fputs("/'\n", script);
}

/* Cells of a map have edges: gnuplot's images would be drawn smooth.  Takes the picture over. */
static void sharpen(char **svg, size_t *len)
{
	static const char tag[] = "<image ", sharp[] = "<image image-rendering='pixelated' ";
	char *text = NULL, *at = *svg, *image;
	size_t text_len = 0;
	FILE *out;

	if (!strstr(at, tag))
		return;
	out = open_memstream(&text, &text_len);
	for (; (image = strstr(at, tag)); at = image + strlen(tag))
		fprintf(out, "%.*s%s", (int)(image - at), at, sharp);
	fputs(at, out);
	fclose(out);
	free(*svg);
	*svg = text;
	*len = text_len;
}

int figure_draw(struct db *db, const struct figures *f, const struct figure *fig, const struct group *group,
		enum figure_format format, char **out, size_t *len, struct err *e)
{
	char *script = NULL, *sql_path = xasprintf("%s/%s.sql", f->sql_dir, fig->name);
	size_t script_len = 0;
	struct curves curves = { 0 };
	FILE *s = open_memstream(&script, &script_len);
	int rc;

	put_terminal(s, format);
	put_heading(s, group);
	rc = put_drawn(s, db, group, e);
	if (!rc)
		rc = put_data(s, db, sql_path, &curves, e);
	put_curves(s, &curves);
	put_plots(s, f->plots_dir);
	fprintf(s, "load plots.'common.gp'\nload plots.'%s.gp'\n", fig->name);
	fclose(s);
	if (!rc)
		rc = curves.nr ? gnuplot_run(fig->name, script, script_len, out, len, e) : 1;
	if (!rc && format == FIGURE_SVG)
		sharpen(out, len);
	curves_fini(&curves);
	free(script);
	free(sql_path);
	return rc;
}
