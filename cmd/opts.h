/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_OPTS_H
#define CMD_OPTS_H

#include "base/err.h"
#include "base/types.h"

/*
 * Options of a verb as a table over getopt_long().  Members that @into points
 * to keep what they hold (the default) when the option is not given.
 *
 *	const char *out = NULL;
 *	bool json = false;
 *	const struct opt opts[] = {
 *		{ 'o', "output", OPT_TEXT, &out },
 *		{ 0,   "json",   OPT_FLAG, &json },
 *	};
 *	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
 *
 *	if (first < 0)
 *		return first;
 */
enum opt_kind {
	OPT_FLAG,	/* bool: set to true */
	OPT_TEXT,	/* const char *: borrowed from argv, last one wins */
	OPT_LIST,	/* struct opt_list: one more for each time it is given */
	OPT_U32,	/* uint32_t, decimal or 0x */
	OPT_U64,	/* uint64_t */
};

struct opt {
	char		 letter;	/* 0: none */
	const char	*name;		/* long name without dashes, never NULL */
	enum opt_kind	 kind;
	void		*into;
};

struct opt_list {
	const char	**v;		/* texts borrowed from argv */
	size_t		  nr;
};

/**
 * opts_parse() - read a verb's options.
 * @argv:	[0] is the verb; positional arguments are moved behind the options.
 *
 * Return: index of the first positional argument (@argc when there is none), or
 * -ERR_USAGE with @e naming the option.
 */
int opts_parse(int argc, char **argv, const struct opt *opts, size_t nr, struct err *e);

/* Between @min and @max arguments stand at @first and later?  0 or -ERR_USAGE; @what: "one event file". */
int opts_positional(int argc, int first, int min, int max, const char *what, struct err *e);

void opt_list_fini(struct opt_list *list);

#endif
