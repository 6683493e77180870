/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_VERB_H
#define CMD_VERB_H

#include "base/err.h"

/*
 * A verb is one file cmd/NAME.c that defines
 *
 *	const struct verb verb_NAME = { .name = "NAME", ... };
 *
 * and one line VERB(NAME) in cmd/verbs.def.  main() answers -h and --help,
 * prints what @e says as "mmulab NAME: TEXT" and checks that stdout took
 * everything; the verb only does its work.
 */
struct verb {
	const char *name;
	const char *summary;	/* one line, lower case, no full stop */
	/*
	 * The whole -h text; the man page is made from it.  Its form:
	 *	"usage: mmulab NAME [options] T.mmt...\n"
	 *	"\n"
	 *	"One paragraph or two.\n"
	 *	"\n"
	 *	"  -o, --output FILE     what it is for\n"
	 *	"      --json            further lines of one option start in the same column\n"
	 */
	const char *usage;
	/* @argv[0] is the verb.  Return: an enum err_exit, or its negative as err_set() returns it. */
	int (*run)(int argc, char **argv, struct err *e);
};

/* What `mmulab --version` says: the commit the program was built from. */
const char *mmulab_version(void);

#endif
