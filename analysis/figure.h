/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIGURE_H
#define ANALYSIS_FIGURE_H

#include "analysis/select.h"

/*
 * Pictures.  A figure is two files of the same stem, NAME.sql and NAME.gp, and
 * no C.  Whatever the run's length a query gives as many rows as a picture has room
 * for: 200 KB of SVG, drawn in 0.2 s (test/bench/result.sh).
 *
 * The query reads the database and temporary tables about the group drawn:
 *
 *	every(pos, run, label)		its runs, pos from 1
 *	sel(pos, run, label)		those that a picture has room for: all, or of many the first
 *					of each policy, eight at most
 *	panel(pos, run, label)		the first six of sel, for a panel each
 *	bucket(run, op, phase, hi, n, upto, total)
 *					histograms of sel, 64 steps per power of two: n records in the
 *					step that ends at hi ns, upto of all total at most that long
 *	curve(run, op, phase, lo, hi, n, upto, total)
 *					the same in 250 steps at most over the span of all of them, however
 *					wide that is: what a curve should be drawn from
 *
 * Its first two columns are pos and label, by which its rows must be ordered;
 * a curve is the rows of one pos.  The other columns reach the template as
 * $data, one gnuplot index per curve; texts quoted, NULL as NaN.  The template
 * also has: curves (how many), pos[] (for the colours) and label[] of each,
 * run_label[] (the labels in sel, for curves that are no runs),
 * longest (label, in characters), heading and caption, left_out ("; 8 of 50 runs
 * drawn", or nothing, for the end of the caption: not for figures of every), plots (the folder,
 * ending in a slash; files there whose names begin with "common" are no figures),
 * and what common.gp defines.  Its second line is "# NUMBER: what the picture
 * shows", the number being its place in a report.
 */
struct figure {
	char	*name;
	int	 place;
	char	*about;
};

struct figures {
	char		*plots_dir, *sql_dir;
	struct figure	*v;		/* by place */
	size_t		 nr;
};

enum figure_format { FIGURE_SVG, FIGURE_PNG };

/* Finds the figures of @plots_dir; their queries lie in ../sql beside it. */
int figures_open(const char *plots_dir, struct figures *out, struct err *e);
void figures_close(struct figures *f);	/* zeroed: fine */
const struct figure *figures_find(const struct figures *f, const char *name);

/* Makes sel and bucket for @group; to be called before its figures are drawn. */
int figures_group(struct db *db, const struct group *group, struct err *e);

/**
 * figure_draw() - draw one figure of the group that figures_group() was given.
 * @out:	the picture, malloc()ed, *@len bytes and a NUL.
 *
 * Return: 0, 1 when there is nothing to draw (@out untouched), or an error.
 */
int figure_draw(struct db *db, const struct figures *f, const struct figure *fig, const struct group *group,
		enum figure_format format, char **out, size_t *len, struct err *e);

#endif
