/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INI files through libinih.  The library tells its handler no line number, so
 * the reader below hands it one line at a time and counts; and what it would
 * cut or join silently (long lines, indented lines) is made an error or plain.
 */
#include "base/ini.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define INI_SECTION_MAX	48	/* libinih keeps 50 bytes of a section's name */

struct ini_input {
	const char	*path;
	FILE		*file;
	char		*line;		/* getline()'s buffer */
	size_t		 cap;
	int		 line_no;
	ini_line_fn	 fn;
	void		*arg;
	struct err	*e;
	int		 ret;		/* what stopped the reading */
	int		 ret_line;
};

static int bad_line(struct ini_input *in, const char *what)
{
	in->ret_line = in->line_no;
	in->ret = err_set(in->e, ERR_INPUT, "%s:%d: %s", in->path, in->line_no, what);
	return in->ret;
}

/* libinih calls this like fgets(): one line into @buf, NULL at the end. */
static char *next_line(char *buf, int size, void *arg)
{
	struct ini_input *in = arg;
	const char *text;
	ssize_t len;

	if (in->ret)
		return NULL;
	errno = 0;
	len = getline(&in->line, &in->cap, in->file);
	if (len < 0) {
		if (ferror(in->file))
			in->ret = err_sys(in->e, errno ? errno : EIO, in->path, "read");
		return NULL;
	}
	in->line_no++;
	text = in->line + strspn(in->line, " \t");	/* an indented line would continue the last one */
	len -= text - in->line;
	if (*text == '#' || *text == ';')
		text = "\n", len = 1;
	if (memchr(text, 0, len))
		return bad_line(in, "a zero byte; this is not a text file"), NULL;
	if (len >= size)
		return bad_line(in, "line is too long; 190 characters is the limit"), NULL;
	if (*text == '[' && strcspn(text, "]") > INI_SECTION_MAX)
		return bad_line(in, "section name is too long or its ']' is missing"), NULL;
	return memcpy(buf, text, len + 1);
}

static int on_line(void *arg, const char *section, const char *name, const char *value)
{
	struct ini_input *in = arg;
	char *where;

	if (in->ret)
		return 0;
	if (!*name)
		return bad_line(in, "no name before '='"), 0;
	where = xasprintf("%s:%d", in->path, in->line_no);
	in->ret = in->fn(in->arg, section, name, value, where, in->e);
	in->ret_line = in->line_no;
	free(where);
	return in->ret == 0;
}

int ini_read(const char *path, ini_line_fn line, void *arg, struct err *e)
{
	struct ini_input in = { .path = path, .fn = line, .arg = arg, .e = e };
	int bad;

	in.file = fopen(path, "re");
	if (!in.file)
		return err_sys(e, errno, path, "read");
	bad = ini_parse_stream(next_line, &in, on_line, &in);
	/* libinih goes on after a line it rejects: the first error counts. */
	if (bad > 0 && (!in.ret || bad < in.ret_line))
		in.ret = err_set(e, ERR_INPUT, "%s:%d: neither [section] nor name = value", path, bad);
	free(in.line);
	fclose(in.file);
	return in.ret;
}

/* Levenshtein distance; @row holds strlen(b) + 1 numbers. */
static size_t distance(const char *a, const char *b, size_t *row)
{
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= len; j++) {
			size_t change = diagonal + (a[i] != b[j - 1]);
			size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = change < best ? change : best;
		}
	}
	return row[len];
}

const char *ini_nearest(const char *word, const char *const *words, size_t nr)
{
	size_t best = strlen(word) / 2 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < nr; i++) {
		size_t *row = xcalloc(strlen(words[i]) + 1, sizeof(*row));
		size_t d = distance(word, words[i], row);

		free(row);
		if (d < best) {
			best = d;
			nearest = words[i];
		}
	}
	return nearest;
}
