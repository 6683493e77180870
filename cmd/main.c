/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmulab VERB ...: finds the verb, lets it run, reports once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/ini.h"
#include "base/types.h"
#include "cmd/verb.h"

#define VERB(name) extern const struct verb verb_##name;
#include "cmd/verbs.def"
#undef VERB

static const struct verb *const verbs[] = {
#define VERB(name) &verb_##name,
#include "cmd/verbs.def"
#undef VERB
	NULL
};

static void print_help(FILE *out)
{
	fputs("usage: mmulab VERB [options] ...\n"
	      "\n"
	      "What would the guest have felt if KVM's MMU had done it another way?\n"
	      "Answered from a trace of the host.\n"
	      "\n", out);
	for (const struct verb *const *v = verbs; *v; v++)
		fprintf(out, "  %-10s  %s\n", (*v)->name, (*v)->summary);
	fputs("\n"
	      "  -h, --help     this text; `mmulab VERB -h` tells about one verb\n"
	      "      --version  the commit the program was built from\n"
	      "\n"
	      "Exit status: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 the machine or\n"
	      "the trace cannot (rights, disk, missing facts).\n", out);
}

static const struct verb *find_verb(const char *name)
{
	for (const struct verb *const *v = verbs; *v; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[ARRAY_SIZE(verbs)] = { NULL }, *near;
	size_t nr;

	for (nr = 0; verbs[nr]; nr++)
		names[nr] = verbs[nr]->name;
	near = ini_nearest(name, names, nr);
	if (near)
		fprintf(stderr, "mmulab: there is no verb '%s'; did you mean '%s'?\n", name, near);
	else
		fprintf(stderr, "mmulab: there is no verb '%s'; `mmulab -h` lists them\n", name);
	return ERR_USAGE;
}

static bool is_help(const char *arg)
{
	return strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0;
}

/* -h is answered wherever it stands before a "--": nobody has to get the rest right to ask for help. */
static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	struct err e = { 0 };
	int rc;

	if (wants_help(argc, argv)) {
		fputs(verb->usage, stdout);
		return ERR_OK;
	}
	rc = verb->run(argc, argv, &e);
	if (rc < 0)
		rc = -rc;
	if (rc && e.text[0]) {
		fflush(stdout);
		fprintf(stderr, "mmulab %s: %s\n", verb->name, e.text);
	}
	return rc;
}

static int help(int argc, char **argv)
{
	const struct verb *verb;

	if (argc < 2 || is_help(argv[1])) {
		print_help(stdout);
		return ERR_OK;
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return unknown_verb(argv[1]);
	fputs(verb->usage, stdout);
	return ERR_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct verb *verb;

	if (argc < 2) {
		print_help(stderr);
		return ERR_USAGE;
	}
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		printf("mmulab %s\n", mmulab_version());
		return ERR_OK;
	}
	verb = find_verb(argv[1]);
	return verb ? run_verb(verb, argc - 1, argv + 1) : unknown_verb(argv[1]);
}

/* A report that did not reach the disk is a failure; a reader who closed the pipe has seen enough. */
static int check_stdout(int rc)
{
	bool bad;

	errno = 0;
	bad = fflush(stdout) != 0 || ferror(stdout);
	if (!bad || errno == EPIPE)
		return rc;
	fprintf(stderr, "mmulab: standard output: cannot write: %s\n",
		errno ? strerror(errno) : "an earlier write failed");
	return rc ? rc : ERR_MACHINE;
}

int main(int argc, char **argv)
{
	/* A closed pipe must not kill a verb that is in the middle of writing a file. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor a file size limit: write() says EFBIG, and what was begun is removed. */
	signal(SIGXFSZ, SIG_IGN);
	return check_stdout(dispatch(argc, argv));
}
