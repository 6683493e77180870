/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling a struct err: one line, cut rather than overflown. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum err_exit exit, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->exit = exit;
		va_start(ap, fmt);
		vsnprintf(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return -(int)exit;
}

/* The name is wrong: the user's input, not the machine. */
static enum err_exit exit_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case EISDIR:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return ERR_INPUT;
	default:
		return ERR_MACHINE;
	}
}

int err_sys(struct err *e, int errnum, const char *path, const char *doing)
{
	char buf[128];

	/* The GNU strerror_r: several threads may fail at once. */
	return err_set(e, exit_of(errnum), "%s: cannot %s: %s", path, doing,
		       strerror_r(errnum, buf, sizeof(buf)));
}
