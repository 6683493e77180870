/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_STORE_ROWS_H
#define RESULT_STORE_ROWS_H

#include <sqlite3.h>

#include "result/store.h"

/* Where rows go; the transaction is the caller's, and the tables are of SCHEMA_VERSION. */
struct store_rows {
	sqlite3		*db;
	const char	*path;	/* for messages */
};

/* As store_run() and store_fidelity(). */
int store_rows_run(struct store_rows *s, const struct store_run *run, const struct result *r, int64_t *id,
		   struct err *e);
int store_rows_fidelity(struct store_rows *s, const struct store_fidelity *f, struct err *e);

#endif
