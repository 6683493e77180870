/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_REPORT_H
#define ANALYSIS_REPORT_H

#include <stdio.h>

#include "analysis/figure.h"
#include "analysis/table.h"

/*
 * One HTML page about the selected runs that needs nothing beside itself: what
 * was asked, the answer in numbers and pictures, who waited for whom, what must
 * be known before believing it, and how to make it again.  The same database
 * gives the same bytes.
 */
int report_write(struct db *db, const struct selection *runs, const struct figures *figures, FILE *out,
		 struct err *e);

/* quantity_text() with the micro sign. */
void report_quantity(const char *unit, int64_t value, char *buf, size_t size);

/* Parts of the page, each about one group (report_tables.c). */
void report_answer(const struct table *t, FILE *out);
void report_summary(const struct table *t, FILE *out);
void report_everything(const struct table *t, FILE *out);
void report_blame(const struct table *t, size_t run, FILE *out);

#endif
