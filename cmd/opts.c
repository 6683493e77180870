/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a verb: a table, turned into what getopt_long() wants.
 */
#include "cmd/opts.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ini.h"

#define LONG_BASE	256	/* getopt's value of table row i is LONG_BASE + i */

struct getopt_tables {
	char		*letters;
	struct option	*longs;
};

static void tables_make(struct getopt_tables *t, const struct opt *opts, size_t nr)
{
	char *p = t->letters = xmalloc(2 * nr + 2);

	t->longs = xcalloc(nr + 1, sizeof(*t->longs));
	*p++ = ':';
	for (size_t i = 0; i < nr; i++) {
		bool takes = opts[i].kind != OPT_FLAG;

		t->longs[i] = (struct option){ opts[i].name, takes ? required_argument : no_argument, NULL,
					       LONG_BASE + (int)i };
		if (!opts[i].letter)
			continue;
		*p++ = opts[i].letter;
		if (takes)
			*p++ = ':';
	}
	*p = '\0';
}

static void tables_free(struct getopt_tables *t)
{
	free(t->letters);
	free(t->longs);
}

static const struct opt *row_of(int c, const struct opt *opts, size_t nr)
{
	if (c >= LONG_BASE)
		return (size_t)(c - LONG_BASE) < nr ? &opts[c - LONG_BASE] : NULL;
	for (size_t i = 0; i < nr; i++)
		if (c && opts[i].letter == c)
			return &opts[i];
	return NULL;
}

static int take_number(const struct opt *o, const char *text, uint64_t max, uint64_t *out, struct err *e)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno || end == text || *end || !isdigit((unsigned char)text[0]) || *out > max)
		return err_set(e, ERR_USAGE, "--%s %s: not a number from 0 to %llu", o->name, text,
			       (unsigned long long)max);
	return 0;
}

static int take(const struct opt *o, const char *text, struct err *e)
{
	struct opt_list *list;
	uint64_t n;
	int rc = 0;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->into = true;
		break;
	case OPT_TEXT:
		*(const char **)o->into = text;
		break;
	case OPT_LIST:
		list = o->into;
		list->v = xrealloc(list->v, (list->nr + 1) * sizeof(*list->v));
		list->v[list->nr++] = text;
		break;
	case OPT_U32:
		rc = take_number(o, text, UINT32_MAX, &n, e);
		if (!rc)
			*(uint32_t *)o->into = (uint32_t)n;
		break;
	case OPT_U64:
		rc = take_number(o, text, UINT64_MAX, &n, e);
		if (!rc)
			*(uint64_t *)o->into = n;
		break;
	}
	return rc;
}

static int unknown_option(const char *verb, const char *word, const struct opt *opts, size_t nr, struct err *e)
{
	const char **names = xcalloc(nr + 1, sizeof(*names));
	const char *near = NULL;
	char bare[64];

	for (size_t i = 0; i < nr; i++)
		names[i] = opts[i].name;
	if (strncmp(word, "--", 2) == 0) {
		snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		near = ini_nearest(bare, names, nr);
	}
	free(names);
	if (near)
		return err_set(e, ERR_USAGE, "there is no option %s; did you mean --%s?", word, near);
	return err_set(e, ERR_USAGE, "there is no option %s; `mmulab %s -h` lists them", word, verb);
}

/* getopt says ':' for a missing argument and '?' for anything it does not know. */
static int bad_option(int c, char **argv, const struct opt *opts, size_t nr, struct err *e)
{
	const struct opt *o = row_of(optopt, opts, nr);
	char word[3] = { '-', (char)optopt, '\0' };

	if (o && c == ':')
		return err_set(e, ERR_USAGE, "--%s needs a value; see `mmulab %s -h`", o->name, argv[0]);
	if (o)
		return err_set(e, ERR_USAGE, "--%s takes no value; see `mmulab %s -h`", o->name, argv[0]);
	if (optopt)
		return unknown_option(argv[0], word, opts, nr, e);
	return unknown_option(argv[0], argv[optind - 1], opts, nr, e);
}

int opts_parse(int argc, char **argv, const struct opt *opts, size_t nr, struct err *e)
{
	struct getopt_tables t;
	int c, rc = 0;

	tables_make(&t, opts, nr);
	optind = 0;		/* glibc: start afresh, whoever parsed before */
	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			rc = bad_option(c, argv, opts, nr, e);
		else
			rc = take(row_of(c, opts, nr), optarg, e);
	}
	tables_free(&t);
	return rc ? rc : optind;
}

int opts_positional(int argc, int first, int min, int max, const char *what, struct err *e)
{
	int given = argc - first;

	if (given >= min && given <= max)
		return 0;
	return err_set(e, ERR_USAGE, "wants %s, got %d", what, given);
}

void opt_list_fini(struct opt_list *list)
{
	free(list->v);
	*list = (struct opt_list){ 0 };
}
