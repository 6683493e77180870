/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of some runs, each beside one that it can be held against.  First those at which a
 * trend changes, beside the run before; then the newest, beside the first of their group.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard_site.h"
#include "analysis/jstext.h"
#include "base/alloc.h"

struct drawing {
	struct site	*s;
	FILE		*out;
	size_t		 left;		/* runs still to draw */
	size_t		 nr;
};

static struct run labelled(const struct run *r, bool subject)
{
	struct run copy = *r;

	copy.label = subject ? xasprintf("%s, %s", r->label, run_subject(r)) : xstrdup(r->label);
	return copy;
}

/* The two side by side; one when they are the same. */
static struct group pair_of(const struct run *beside, const struct run *r, const char *slug)
{
	bool same = !strcmp(beside->label, r->label);
	struct group g = { .v = xcalloc(2, sizeof(*g.v)), .slug = xstrdup(slug) };

	if (beside != r)
		g.v[g.nr++] = labelled(beside, same);
	g.v[g.nr++] = labelled(r, same && beside != r);
	return g;
}

static void pair_fini(struct group *g)
{
	for (size_t i = 0; i < g->nr; i++)
		free(g->v[i].label);
	free(g->v);
	free(g->slug);
}

static int draw_figure(struct drawing *d, const struct group *g, size_t fig, int *drawn, struct err *e)
{
	const struct figures *f = d->s->d->figures;
	int64_t id = g->v[g->nr - 1].id;
	char *svg = NULL, *name;
	size_t len;
	int rc = figure_draw(d->s->d->db, f, &f->v[fig], g, FIGURE_SVG, &svg, &len, e);

	if (rc)
		return rc < 0 ? rc : 0;		/* nothing to draw */
	name = xasprintf("pictures/%lld-%s.svg", (long long)id, f->v[fig].name);
	rc = outdir_put(d->s->out, name, svg, len, e);
	fprintf(d->out, "%s%zu", (*drawn)++ ? "," : "", fig);
	free(name);
	free(svg);
	return rc;
}

static int draw_run(struct drawing *d, size_t run, const struct run *beside, struct err *e)
{
	struct site_run *r = &d->s->v[run];
	struct group g;
	int rc, drawn = 0;

	if (!d->left || r->drawn)
		return 0;
	r->drawn = true;
	d->left--;
	g = pair_of(beside, r->run, d->s->d->runs->v[r->group].slug);
	fprintf(d->out, "%s\"%lld\":[%lld,", d->nr++ ? ",\n" : "\n", (long long)r->run->id, (long long)beside->id);
	rc = figures_group(d->s->d->db, &g, e);
	for (size_t i = 0; !rc && i < d->s->d->figures->nr; i++)
		rc = draw_figure(d, &g, i, &drawn, e);
	fputc(']', d->out);
	pair_fini(&g);
	return rc;
}

static int draw_changes(struct drawing *d, const struct trends *t, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < t->nr; i++) {
		const struct trend *trend = &t->v[i];

		for (size_t k = 0; !rc && k < trend->nr_changes; k++) {
			size_t at = trend->changes[k].at;

			rc = draw_run(d, trend->v[at], d->s->v[trend->v[at - 1]].run, e);
		}
	}
	return rc;
}

static int draw_newest(struct drawing *d, struct err *e)
{
	int rc = 0;

	for (size_t i = d->s->nr; !rc && d->left && i-- > 0;)
		rc = draw_run(d, i, &d->s->d->runs->v[d->s->v[i].group].v[0], e);
	return rc;
}

int pictures_write(struct site *s, const struct trends *t, FILE *out, struct err *e)
{
	struct drawing d = { .s = s, .out = out, .left = s->d->pictures };
	int rc;

	fputs("\"drawings\":[", out);
	for (size_t i = 0; i < s->d->figures->nr; i++) {
		fputs(i ? ",\n[" : "\n[", out);
		jstext(out, s->d->figures->v[i].name);
		fputc(',', out);
		jstext(out, s->d->figures->v[i].about);
		fputc(']', out);
	}
	fputs("],\n\"pictures\":{", out);
	rc = draw_changes(&d, t, e);
	if (!rc)
		rc = draw_newest(&d, e);
	fputs("},\n", out);
	return rc;
}
