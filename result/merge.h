/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_MERGE_H
#define RESULT_MERGE_H

#include "result/store_rows.h"

/* All runs and findings of the database @source into @into; the transaction is the caller's. */
int merge_rows(struct store_rows *into, const char *source, struct store_merged *m, struct err *e);

#endif
