// SPDX-License-Identifier: GPL-2.0-or-later
/* The text in a trace.dat as a source: the text reader's, whose bytes the dat owns. */
#include "capture/tracedat_text.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "capture/text.h"

struct tracedat_text {
	struct source	source;		/* its events are @text's */
	struct source  *text;
	struct dat     *dat;
	char	       *format;
};

static struct tracedat_text *of(struct source *s)
{
	return (struct tracedat_text *)s;	/* its first member */
}

static void lend_events(struct tracedat_text *t)
{
	t->source.events = t->text->events;
	t->source.nr_events = t->text->nr_events;
}

static int text_next(struct source *s, struct source_record *rec, struct err *e)
{
	struct tracedat_text *t = of(s);
	int ret = t->text->ops->next(t->text, rec, e);

	lend_events(t);
	return ret;
}

static bool text_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	return of(s)->text->ops->field(of(s)->text, event, name, out);
}

static const char *text_comm(struct source *s, uint32_t tid)
{
	return of(s)->text->ops->comm(of(s)->text, tid);
}

static void text_lost(struct source *s, source_note_fn fn, void *arg)
{
	of(s)->text->ops->lost(of(s)->text, fn, arg);
}

static void text_damage(struct source *s, source_note_fn fn, void *arg)
{
	struct tracedat_text *t = of(s);

	for (size_t i = 0; i < t->dat->nr_notes; i++)
		fn(arg, t->dat->notes[i].cpu, t->dat->notes[i].what, t->dat->notes[i].n);
	t->text->ops->damage(t->text, fn, arg);
}

static void text_close(struct source *s)
{
	struct tracedat_text *t = of(s);

	source_close(t->text);
	dat_close(t->dat);
	free(t->format);
	free(t);
}

static const struct source_ops text_ops = {
	.close	= text_close,
	.next	= text_next,
	.field	= text_field,
	.comm	= text_comm,
	.lost	= text_lost,
	.damage	= text_damage,
};

int source_open_tracedat_text(struct dat *d, struct source **out, struct err *e)
{
	struct tracedat_text *t = xcalloc(1, sizeof(*t));
	int ret = source_open_text_memory(d->text, d->text_len, d->path, &t->text, e);

	t->dat = d;
	if (ret) {
		dat_close(d);
		free(t);
		return ret;
	}
	t->format = xasprintf("trace.dat %d, text", d->version);
	t->source.ops = &text_ops;
	t->source.info = t->text->info;
	t->source.info.format = t->format;
	if (d->uname)
		t->source.info.uname = d->uname;
	if (d->clock_name)
		t->source.info.clock = d->clock_name;
	lend_events(t);
	*out = &t->source;
	return 0;
}
