/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_REPORT_H
#define ANALYSIS_REPORT_H

#include "analysis/doc.h"
#include "analysis/figure.h"
#include "analysis/quantity.h"
#include "analysis/sides.h"
#include "analysis/table.h"

/**
 * report_make() - what there is to say about the selected runs.
 * @figures:	NULL: without pictures.
 * @out:	for each set of runs that can be compared: the answer, what was asked, the
 *		numbers, the pictures, who waited for whom, what must be known before believing it, and how to
 *		make it again.  Several seeds of one configuration are one column.
 *
 * The same database gives the same document.
 */
int report_make(struct db *db, const struct selection *runs, const struct figures *figures, struct doc *out,
		struct err *e);

/* --- its parts, each about one group -------------------------------------------------------- */

struct report_summary;

struct report {
	struct db		*db;
	const struct figures	*figures;
	struct doc		*doc;
	const struct group	*group;
	struct sides		 sides;
	struct group		 firsts;	/* the first run of each side, borrowed */
	struct table		 table;		/* of those */
	struct report_summary	*summary;
};

/* What differs, by how much and how sure; the answer is its decisive lines, the numbers are all (report_answer.c). */
int report_compare(struct report *r, struct err *e);
void report_compare_fini(struct report *r);
void report_answer(struct report *r);
void report_numbers(struct report *r);
/* Every figure, and the blame matrix (report_tables.c). */
void report_everything(struct report *r);
void report_blame(struct report *r);
/* What must be known (report_caveats.c). */
int report_caveats(struct report *r, struct err *e);

bool report_is_measured(const struct run *r);
/* "[2]": what a side is called where there is little room. */
void report_key(struct doc_piece *cell, size_t side);
/* quantity_text() with the micro sign; a scale's unit with it. */
void report_quantity(const char *unit, int64_t value, char *buf, size_t size);
const char *report_unit(const struct scale *s);

#endif
