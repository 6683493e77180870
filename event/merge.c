/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many streams as one: a tournament between the streams' next records, ordered
 * by (time, task, class).  Its winner has been handed out; that stream moves on
 * when the next record is asked for, and plays again whom it meets on its way to
 * the top.  Whom it meets does not depend on who won, so nothing waits for
 * memory and no branch is guessed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "event/file.h"

#define ENDED	(~(unsigned __int128)0)

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
	uint32_t	 leaves;	/* a power of two */
	/*
	 * [1]: the winner of all; [i]: of [2 i] and [2 i + 1]; [leaves + i]: source i.
	 * Time above number of the source, so that comparing costs no branch.
	 */
	unsigned __int128 *winner;
	uint32_t	 nr;		/* sources that have not ended */
	bool		 handed_out;	/* the winner's record */
	uint64_t	 kinds[OBS_END];
};

static inline void play(struct ev_merge *m, uint32_t source, unsigned __int128 key)
{
	unsigned __int128 *winner = m->winner;
	size_t at = m->leaves + source;

	winner[at] = key;
	for (; at > 1; at /= 2) {
		unsigned __int128 other = winner[at ^ 1];

		key = other < key ? other : key;
		winner[at / 2] = key;
	}
}

static inline struct source *top(const struct ev_merge *m)
{
	return &m->sources[(uint32_t)m->winner[1]];
}

/* To the next record of @s that takes part in the order.  Return: as ev_cursor_next(). */
static int advance(struct ev_merge *m, struct source *s, struct err *e)
{
	int ret;

	do {
		ret = ev_cursor_next(s->cursor, &s->next, e);
		if (ret <= 0)
			break;
		m->kinds[s->next.ev->kind]++;
		__builtin_prefetch(s->next.ev + 1);	/* its turn may come after all other streams' */
	} while (m->look && !m->look(m->arg, &s->next));
	play(m, (uint32_t)(s - m->sources),
	     ret > 0 ? (unsigned __int128)s->next.t_ns << 64 | (uint32_t)(s - m->sources) : ENDED);
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
	m->nr += ret > 0;
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

int ev_merge_open_look(struct ev_file *f, unsigned int classes, ev_look_fn look, void *arg, struct ev_merge **out,
		       struct err *e)
{
	size_t most = count_streams(f, classes);
	struct ev_merge *m = xcalloc(1, sizeof(*m));
	int ret;

	m->file = f;
	m->classes = classes;
	m->look = look;
	m->arg = arg;
	m->sources = xcalloc(most, sizeof(*m->sources));
	for (m->leaves = 1; m->leaves < most;)
		m->leaves *= 2;
	m->winner = xreallocarray(NULL, 2 * (size_t)m->leaves, sizeof(*m->winner));
	memset(m->winner, 0xff, 2 * (size_t)m->leaves * sizeof(*m->winner));	/* ENDED */
	ret = add_streams(m, e);
	if (ret) {
		ev_merge_close(m);
		return ret;
	}
	*out = m;
	return 0;
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
	free(m->winner);
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

int ev_merge_next(struct ev_merge *m, struct ev_at *at, struct err *e)
{
	if (m->handed_out) {
		int ret = advance(m, top(m), e);

		if (ret < 0)
			return ret;
		m->nr -= ret == 0;
		m->handed_out = false;
	}
	if (!m->nr)
		return check_kinds(m, e);
	*at = top(m)->next;
	m->handed_out = true;
	return 1;
}
