/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * One error, reported once, at the edge.  Whoever finds what is wrong fills a
 * struct err with the whole line ("FILE:WHERE: what is wrong; what to do") and
 * returns a negative value; everyone above passes it up; main() prints it as
 * "mmulab VERB: LINE" and exits with the status.
 */

/** enum err_exit - exit status of the program, one meaning each. */
enum err_exit {
	ERR_OK = 0,
	ERR_NO = 1,		/* the answer is no: gate failed, divergence over the limit */
	ERR_USAGE = 2,		/* wrong verb, option, knob or value */
	ERR_INPUT = 3,		/* a file is not what it should be */
	ERR_MACHINE = 4,	/* rights, kernel, disk; or the trace lacks a fact */
};

struct err {
	enum err_exit	exit;
	char		text[1024];
};

/**
 * err_set() - note what went wrong.
 * @e:		filled; a NULL @e is allowed and keeps only the return value.
 * @exit:	exit status this error leads to.
 * @fmt:	one line, no newline at its end.
 *
 * Return: -@exit, so that callers can "return err_set(...)".
 */
int err_set(struct err *e, enum err_exit exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * err_sys() - note a failed system call on a file.
 * @e:		filled, may be NULL.
 * @errnum:	errno value (positive).
 * @path:	the file.
 * @doing:	what was tried: "read", "write", "create".
 *
 * ENOENT, EISDIR, ENOTDIR, ELOOP and ENAMETOOLONG are ERR_INPUT; everything else is ERR_MACHINE.
 *
 * Return: the negative exit status.
 */
int err_sys(struct err *e, int errnum, const char *path, const char *doing);

#endif
