/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_IMPORT_SELFTEST_H
#define CMD_IMPORT_SELFTEST_H

#include "base/err.h"

struct import_selftest {
	const char *file;	/* what the test printed; "-": standard input */
	const char *db;
	const char *kernel;	/* as uname -r has it, or NULL */
	const char *arch;	/* "x86", "arm64", or NULL */
	const char *published;	/* where somebody printed it, or NULL: measured by who imports it */
};

/* `mmulab import --selftest`. */
int import_selftest(const struct import_selftest *ask, struct err *e);

#endif
