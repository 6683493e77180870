// SPDX-License-Identifier: GPL-2.0-or-later
/* Several trace.dat merged by time. */
#include "capture/guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/dat.h"

struct member {				/* one recording */
	struct source	*source;
	struct source_record rec;	/* its next */
	bool		 alive;
	char		*name;		/* "guest NAME"; NULL: the host */
	uint32_t	*events;	/* its indexes to those of the whole */
	uint32_t	 nr_events, cap_events;
};

struct guests {
	struct source	 source;
	struct member	*v;		/* the host first */
	size_t		 nr;
	struct member	*last;		/* its record was handed out */
	bool		 started;
	uint32_t	 cap_events;
};

static struct guests *guests_of(struct source *s)
{
	return (struct guests *)s;	/* its first member */
}

/* --- events ------------------------------------------------------------------------- */

static uint32_t add_event(struct guests *g, const struct member *m, const struct source_event *ev)
{
	struct source *s = &g->source;
	char *name = m->name ? xasprintf("%s:%s", ev->system, ev->name) : xstrdup(ev->name);

	if (s->nr_events == g->cap_events) {
		g->cap_events = 2 * g->cap_events + 64;
		s->events = xreallocarray(s->events, g->cap_events, sizeof(*s->events));
	}
	s->events[s->nr_events] = (struct source_event){
		.id = ev->id, .system = xstrdup(m->name ? m->name : ev->system), .name = name,
	};
	return s->nr_events++;
}

/* Events the member has got since. */
static void map_events(struct guests *g, struct member *m)
{
	uint32_t nr = m->source->nr_events;

	if (nr > m->cap_events) {
		m->cap_events = nr + 16;
		m->events = xreallocarray(m->events, m->cap_events, sizeof(*m->events));
	}
	for (; m->nr_events < nr; m->nr_events++)
		m->events[m->nr_events] = add_event(g, m, &m->source->events[m->nr_events]);
}

/* The host's index of an event of the whole; false: it is a guest's. */
static bool host_event(const struct guests *g, uint32_t event, uint32_t *own)
{
	const struct member *host = &g->v[0];

	if (event < host->nr_events && host->events[event] == event) {
		*own = event;
		return true;
	}
	for (*own = 0; *own < host->nr_events; ++*own)
		if (host->events[*own] == event)
			return true;
	return false;
}

static bool guests_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	struct guests *g = guests_of(s);
	uint32_t own;

	*out = (struct source_field){ 0 };
	return host_event(g, event, &own) && g->v[0].source->ops->field(g->v[0].source, own, name, out);
}

static const char *guests_comm(struct source *s, uint32_t tid)
{
	struct source *host = guests_of(s)->v[0].source;

	return host->ops->comm(host, tid);
}

static const char *guests_symbol(struct source *s, uint64_t addr, uint64_t *offset)
{
	struct source *host = guests_of(s)->v[0].source;

	return host->ops->symbol ? host->ops->symbol(host, addr, offset) : NULL;
}

/* --- records -------------------------------------------------------------------------- */

static int advance(struct member *m, struct err *e)
{
	int ret = m->source->ops->next(m->source, &m->rec, e);

	m->alive = ret > 0;
	return ret;
}

static int guests_next(struct source *s, struct source_record *rec, struct err *e)
{
	struct guests *g = guests_of(s);
	struct member *first = NULL;
	int ret = g->last ? advance(g->last, e) : 0;

	for (size_t i = 0; !g->started && i < g->nr && ret >= 0; i++)
		ret = advance(&g->v[i], e);
	if (ret < 0)
		return ret;
	g->started = true;
	for (size_t i = 0; i < g->nr; i++)
		if (g->v[i].alive && (!first || g->v[i].rec.ts_ns < first->rec.ts_ns))
			first = &g->v[i];
	g->last = first;
	if (!first)
		return 0;
	map_events(g, first);
	*rec = first->rec;
	rec->event = first->events[rec->event];
	if (first->name)
		rec->missed = 0;	/* of its vCPU: nothing of the host's is missing */
	return 1;
}

/* --- what did not arrive ------------------------------------------------------------------ */

struct prefix {
	const char    *name;
	source_note_fn fn;
	void	      *arg;
};

static void with_prefix(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	const struct prefix *p = arg;
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", p->name, what);
	p->fn(p->arg, cpu, text, n);
}

static void guests_lost(struct source *s, source_note_fn fn, void *arg)
{
	struct guests *g = guests_of(s);

	g->v[0].source->ops->lost(g->v[0].source, fn, arg);
	for (size_t i = 1; i < g->nr; i++)
		g->v[i].source->ops->lost(g->v[i].source, with_prefix, &(struct prefix){ g->v[i].name, fn, arg });
}

static void guests_damage(struct source *s, source_note_fn fn, void *arg)
{
	struct guests *g = guests_of(s);

	g->v[0].source->ops->damage(g->v[0].source, fn, arg);
	for (size_t i = 1; i < g->nr; i++)
		g->v[i].source->ops->damage(g->v[i].source, with_prefix, &(struct prefix){ g->v[i].name, fn, arg });
}

/* --- open and close -------------------------------------------------------------------------- */

static void guests_close(struct source *s)
{
	struct guests *g = guests_of(s);

	for (size_t i = 0; i < g->nr; i++) {
		source_close(g->v[i].source);
		free(g->v[i].name);
		free(g->v[i].events);
	}
	for (uint32_t i = 0; i < s->nr_events; i++) {
		free((char *)s->events[i].system);
		free((char *)s->events[i].name);
	}
	free(s->events);
	free(g->v);
	free(g);
}

static const struct source_ops guests_ops = {
	.close	= guests_close,
	.next	= guests_next,
	.field	= guests_field,
	.comm	= guests_comm,
	.symbol	= guests_symbol,
	.lost	= guests_lost,
	.damage	= guests_damage,
};

/* The host's file knows its guests by name; else their number must do. */
static char *guest_name(const struct dat *host, const struct dat *guest, size_t number)
{
	for (size_t i = 0; i < host->nr_guests; i++)
		if (host->guests[i].trace_id == guest->trace_id)
			return xasprintf("guest %.64s", host->guests[i].name);
	return xasprintf("guest %zu", number);
}

/* The one recording that is no guest's becomes the first. */
static int find_host(struct guests *g, const struct guests_input *in, size_t *host, struct err *e)
{
	struct source *own;

	*host = in->nr;
	for (size_t i = 0; i < in->nr; i++) {
		const struct dat *d = tracedat_dat(g->v[i].source);

		if (!d)
			return err_set(e, ERR_INPUT, "%s: is no trace.dat; only a host's trace.dat and its guests' can be "
				       "imported together", in->paths[i]);
		if (d->clock.peer_id)
			continue;
		if (*host < in->nr)
			return err_set(e, ERR_INPUT, "%s: is no guest's recording, nor is %s; import them one by one",
				       in->paths[i], in->paths[*host]);
		*host = i;
	}
	if (*host == in->nr)
		return err_set(e, ERR_INPUT, "%s: all recordings are of guests; name their host's, too", in->paths[0]);
	own = g->v[*host].source;
	memmove(&g->v[1], &g->v[0], *host * sizeof(*g->v));
	g->v[0] = (struct member){ .source = own };
	return 0;
}

static int check_guests(struct guests *g, const struct guests_input *in, size_t at, struct err *e)
{
	const struct dat *host = tracedat_dat(g->v[0].source);

	for (size_t i = 1; i < g->nr; i++) {
		const struct dat *d = tracedat_dat(g->v[i].source);

		if (d->clock.peer_id != host->trace_id)
			return err_set(e, ERR_INPUT, "%s: was not recorded together with %s, so their clocks cannot be "
				       "compared; import them one by one", in->paths[i - (i <= at)], in->paths[at]);
		g->v[i].name = guest_name(host, d, i);
	}
	return 0;
}

int source_open_guests(const struct guests_input *in, struct source **out, size_t *host, struct err *e)
{
	struct guests *g;
	int ret = 0;

	*host = 0;
	if (in->nr == 1)
		return source_open(in->paths[0], out, e);
	g = xcalloc(1, sizeof(*g));
	g->v = xcalloc(in->nr, sizeof(*g->v));
	g->source.ops = &guests_ops;
	for (; g->nr < in->nr && !ret; g->nr += !ret)
		ret = source_open(in->paths[g->nr], &g->v[g->nr].source, e);
	if (!ret)
		ret = find_host(g, in, host, e);
	if (!ret)
		ret = check_guests(g, in, *host, e);
	if (ret) {
		guests_close(&g->source);
		return ret;
	}
	g->source.info = g->v[0].source->info;
	for (size_t i = 0; i < g->nr; i++)
		map_events(g, &g->v[i]);
	*out = &g->source;
	return 0;
}
