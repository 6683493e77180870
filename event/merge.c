/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many streams as one.  Each stream's next record has a key: its time above the stream's number, so that equal
 * times go by (task, class).  The record of the least key has been handed out; that stream moves on
 * when the next record is asked for.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/least.h"
#include "event/file.h"

struct source {
	struct ev_cursor *cursor;
	struct ev_at	  next;
};

struct ev_merge {
	struct ev_file	*file;
	unsigned int	 classes;
	ev_look_fn	 look;
	void		*arg;
	struct source	*sources;	/* by task, then class */
	uint32_t	 nr_sources;
	struct least	 turns;		/* keys: (time, source) */
	unsigned int	 source_bits;
	bool		 handed_out;	/* the least key's record */
	uint64_t	 kinds[OBS_END];
};

static inline struct source *top(const struct ev_merge *m)
{
	return &m->sources[m->turns.top & (BIT_ULL(m->source_bits) - 1)];
}

static inline uint64_t key_of(const struct ev_merge *m, const struct source *s)
{
	return s->next.t_ns << m->source_bits | (uint64_t)(s - m->sources);
}

/* Lets all that is only looked at pass by.  Return: as ev_cursor_next(), which gives what is handed out. */
static int pass_by(const struct ev_merge *m, struct ev_cursor *c, struct err *e)
{
	for (;;) {
		const struct ev *ev;

		if (c->next == c->end) {
			int ret = ev_cursor_load(c, e);

			if (ret <= 0)
				return ret;
		}
		ev = m->look(m->arg, &(struct ev_stretch){ c->next, c->end, c->first_ns, c->task, c->number });
		c->number += (uint32_t)(ev - c->next);
		c->next = ev;
		if (ev != c->end)
			return 1;
	}
}

/* To the next record of @s that takes part in the order.  Return: as ev_cursor_next(). */
static int advance(struct ev_merge *m, struct source *s, struct err *e)
{
	int ret = m->look ? pass_by(m, s->cursor, e) : 1;

	if (ret > 0)
		ret = ev_cursor_next(s->cursor, &s->next, e);
	if (ret > 0) {
		m->kinds[s->next.ev->kind]++;
		__builtin_prefetch(s->next.ev + 1);	/* its turn may come after all other streams' */
	}
	least_set(&m->turns, (unsigned int)(s - m->sources), ret > 0 ? key_of(m, s) : LEAST_NEVER);
	return ret;
}

static int add_stream(struct ev_merge *m, uint32_t task, enum ev_class cls, struct err *e)
{
	struct source *s = &m->sources[m->nr_sources];
	int ret = ev_cursor_open(m->file, task, cls, &s->cursor, e);

	if (ret)
		return ret;
	m->nr_sources++;
	ret = advance(m, s, e);
	return ret < 0 ? ret : 0;
}

static int add_streams(struct ev_merge *m, struct err *e)
{
	for (uint32_t task = 0; task < m->file->meta.nr_tasks; task++) {
		for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
			int ret = 0;

			if (m->classes & (1u << cls) && ev_task_count(m->file, task, cls))
				ret = add_stream(m, task, cls, e);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static size_t count_streams(const struct ev_file *f, unsigned int classes)
{
	size_t nr = 0;

	for (uint32_t task = 0; task < f->meta.nr_tasks; task++)
		for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++)
			nr += classes & (1u << cls) && ev_task_count(f, task, cls);
	return nr;
}

/*
 * Times must fit their keys: 417 days of 256 streams do, or 39 hours of 65536.  A bit is left to who orders
 * records by more than their times.
 */
static int check_span(const struct ev_merge *m, size_t streams, struct err *e)
{
	const struct ev_file *f = m->file;
	uint64_t last_ns = 0;

	for (size_t i = 0; i < f->index.nr; i++)
		if (f->index.blocks[i].entry.last_ns > last_ns)
			last_ns = f->index.blocks[i].entry.last_ns;
	if (last_ns < BIT_ULL(63 - m->source_bits) - 1 - UINT32_MAX)
		return 0;
	return err_set(e, ERR_INPUT, "%s: its %zu streams span %llu days, more than can be put in order", f->path,
		       streams, (unsigned long long)(last_ns / (86400 * NSEC_PER_SEC)));
}

static int open_merge(struct ev_file *f, const struct ev_merge *like, struct ev_merge **out, struct err *e)
{
	size_t most = count_streams(f, like->classes);
	struct ev_merge *m = xcalloc(1, sizeof(*m));
	int ret;

	*m = *like;
	m->file = f;
	m->sources = xcalloc(most, sizeof(*m->sources));
	while (BIT_ULL(m->source_bits) < most)
		m->source_bits++;
	least_init(&m->turns, (unsigned int)most);
	ret = check_span(m, most, e);
	if (!ret)
		ret = add_streams(m, e);
	if (ret) {
		ev_merge_close(m);
		return ret;
	}
	*out = m;
	return 0;
}

int ev_merge_open_look(struct ev_file *f, unsigned int classes, ev_look_fn look, void *arg, struct ev_merge **out,
		       struct err *e)
{
	return open_merge(f, &(struct ev_merge){ .classes = classes, .look = look, .arg = arg }, out, e);
}

int ev_merge_open(struct ev_file *f, unsigned int classes, struct ev_merge **out, struct err *e)
{
	return ev_merge_open_look(f, classes, NULL, NULL, out, e);
}

void ev_merge_close(struct ev_merge *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->nr_sources; i++)
		ev_cursor_close(m->sources[i].cursor);
	free(m->sources);
	least_fini(&m->turns);
	free(m);
}

int ev_check_kinds(const struct ev_file *f, unsigned int classes, const uint64_t *kinds, struct err *e)
{
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		enum ev_class cls = ev_is_stimulus(kind) ? EV_STIMULUS : EV_OBSERVATION;
		const char *name = ev_kind_name(kind);
		uint64_t want;

		if (!name || !(classes & (1u << cls)))
			continue;
		want = ev_counts_get(&f->meta.kinds, name);
		if (want != kinds[kind])
			return err_set(e, ERR_INPUT, "%s: holds %llu records of kind %s, its dictionary says %llu",
				       f->path, (unsigned long long)kinds[kind], name, (unsigned long long)want);
	}
	return 0;
}

int ev_merge_next(struct ev_merge *m, struct ev_at *at, struct err *e)
{
	if (m->handed_out) {
		int ret = advance(m, top(m), e);

		if (ret < 0)
			return ret;
		m->handed_out = false;
	}
	if (m->turns.top == LEAST_NEVER)
		return m->look ? 0 : ev_check_kinds(m->file, m->classes, m->kinds, e);
	*at = top(m)->next;
	m->handed_out = true;
	return 1;
}
