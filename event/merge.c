/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many streams as one: a 4-ary heap of the streams' next records, ordered by
 * (time, task, class).  The record at the top has been handed out; its stream
 * moves on when the next one is asked for.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "event/file.h"

#define ARITY	4u

struct head {			/* of one stream, in the heap */
	uint64_t	 t_ns;
	uint32_t	 tie;	/* task * EV_NR_CLASSES + class */
	uint32_t	 at;	/* index into cursors */
};

struct source {
	struct ev_cursor *cursor;
	struct ev_at	  next;
};

struct ev_merge {
	struct ev_file	*file;
	unsigned int	 classes;
	struct source	*sources;
	uint32_t	 nr_sources;
	struct head	*heap;
	uint32_t	 nr;
	bool		 handed_out;	/* heap[0]'s record */
	uint64_t	 kinds[OBS_END];
};

/* One number, so that comparing costs no branch: which of four is the least cannot be predicted. */
static inline unsigned __int128 key_of(const struct head *h)
{
	return (unsigned __int128)h->t_ns << 64 | h->tie;
}

static inline bool before(const struct head *a, const struct head *b)
{
	return key_of(a) < key_of(b);
}

static void sift_down(struct ev_merge *m, uint32_t at)
{
	struct head moving = m->heap[at];

	for (;;) {
		uint32_t first = at * ARITY + 1, end = first + ARITY < m->nr ? first + ARITY : m->nr;
		uint32_t best = first;

		if (first >= m->nr)
			break;
		for (uint32_t child = first + 1; child < end; child++)
			best = before(&m->heap[child], &m->heap[best]) ? child : best;
		if (!before(&m->heap[best], &moving))
			break;
		m->heap[at] = m->heap[best];
		at = best;
	}
	m->heap[at] = moving;
}

/* Return: as ev_cursor_next(). */
static int advance(struct ev_merge *m, struct head *h, struct err *e)
{
	struct source *s = &m->sources[h->at];
	int ret = ev_cursor_next(s->cursor, &s->next, e);

	h->t_ns = s->next.t_ns;
	if (ret > 0)
		__builtin_prefetch(s->next.ev + 1);	/* its turn comes after all other streams' */
	return ret;
}

static int add_stream(struct ev_merge *m, uint32_t task, enum ev_class cls, struct err *e)
{
	struct head h = { .tie = task * EV_NR_CLASSES + cls, .at = m->nr_sources };
	int ret = ev_cursor_open(m->file, task, cls, &m->sources[h.at].cursor, e);

	if (ret)
		return ret;
	m->nr_sources++;
	ret = advance(m, &h, e);
	if (ret > 0)
		m->heap[m->nr++] = h;
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

int ev_merge_open(struct ev_file *f, unsigned int classes, struct ev_merge **out, struct err *e)
{
	size_t most = f->meta.nr_tasks * EV_NR_CLASSES;
	struct ev_merge *m = xcalloc(1, sizeof(*m));
	int ret;

	m->file = f;
	m->classes = classes;
	m->sources = xcalloc(most, sizeof(*m->sources));
	m->heap = xcalloc(most, sizeof(*m->heap));
	ret = add_streams(m, e);
	if (ret) {
		ev_merge_close(m);
		return ret;
	}
	for (uint32_t at = m->nr / ARITY + 1; at-- > 0;) {
		if (at < m->nr)
			sift_down(m, at);
	}
	*out = m;
	return 0;
}

void ev_merge_close(struct ev_merge *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->nr_sources; i++)
		ev_cursor_close(m->sources[i].cursor);
	free(m->sources);
	free(m->heap);
	free(m);
}

/* All records have been seen: as many of each kind as the dictionary says? */
static int check_kinds(const struct ev_merge *m, struct err *e)
{
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		enum ev_class cls = ev_is_stimulus(kind) ? EV_STIMULUS : EV_OBSERVATION;
		const char *name = ev_kind_name(kind);
		uint64_t want;

		if (!name || !(m->classes & (1u << cls)))
			continue;
		want = ev_counts_get(&m->file->meta.kinds, name);
		if (want != m->kinds[kind])
			return err_set(e, ERR_INPUT, "%s: holds %llu records of kind %s, its dictionary says %llu",
				       m->file->path, (unsigned long long)m->kinds[kind], name,
				       (unsigned long long)want);
	}
	return 0;
}

/* The stream at the top has been served.  Return: 0, or negative. */
static int move_on(struct ev_merge *m, struct err *e)
{
	int ret = advance(m, &m->heap[0], e);

	if (ret < 0)
		return ret;
	if (ret == 0)
		m->heap[0] = m->heap[--m->nr];
	if (m->nr)
		sift_down(m, 0);
	return 0;
}

int ev_merge_next(struct ev_merge *m, struct ev_at *at, struct err *e)
{
	if (m->handed_out) {
		int ret = move_on(m, e);

		if (ret)
			return ret;
		m->handed_out = false;
	}
	if (!m->nr)
		return check_kinds(m, e);
	*at = m->sources[m->heap[0].at].next;
	m->kinds[at->ev->kind]++;
	m->handed_out = true;
	return 1;
}
