/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DASHBOARD_H
#define ANALYSIS_DASHBOARD_H

#include "analysis/figure.h"
#include "base/outdir.h"

/*
 * A folder of static files that shows the runs in any browser, from a file:// address too:
 *
 *	index.html, *.css, *.js		as they lie in @assets
 *	data.js				const DATA: what tables and trends need of every run
 *	runs/N.js			details of DASHBOARD_CHUNK runs, fetched when one is looked at
 *	pictures/RUN-FIGURE.svg
 *
 * The same database gives the same bytes.
 */
#define DASHBOARD_CHUNK 250

struct dashboard {
	struct db		*db;
	struct selection	*runs;		/* select_rule.repeated: all of them */
	const struct figures	*figures;
	const char		*assets;
	size_t			 pictures;	/* runs to draw, at most */
};

int dashboard_write(const struct dashboard *d, struct outdir *out, struct err *e);

#endif
