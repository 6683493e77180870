// SPDX-License-Identifier: GPL-2.0-or-later
/* The importer and the event file's reader, asked about one file. */
#include "test/damage/subject.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "capture/import.h"
#include "event/reader.h"

static uint64_t fingerprint(const struct ev_meta *m)
{
	uint64_t h = 0;

	for (size_t i = 0; i < m->nr_lost; i++)
		h += XXH3_64bits_withSeed(m->lost[i].cause, strlen(m->lost[i].cause), m->lost[i].n + 1000003 * m->lost[i].cpu);
	for (size_t i = 0; i < m->damage.nr; i++)
		h += XXH3_64bits_withSeed(m->damage.v[i].name, strlen(m->damage.v[i].name), m->damage.v[i].n);
	return h;
}

static void take_meta(struct answer *a, const struct ev_meta *m)
{
	a->said = fingerprint(m);
	for (size_t i = 0; i < m->nr_lost; i++)
		a->lost += m->lost[i].n;
	for (size_t i = 0; i < m->damage.nr; i++)
		a->damage += m->damage.v[i].n;
}

/* All records of both classes.  Return: 0 and their number and hash, or negative with @e. */
static int read_all(struct ev_file *f, uint64_t *records, uint64_t *hash, struct err *e)
{
	const struct ev_meta *m = ev_meta(f);
	XXH3_state_t *h = XXH3_createState();
	int ret = 0;

	*records = 0;
	XXH3_64bits_reset(h);
	for (uint32_t i = 0; ret >= 0 && i < EV_NR_CLASSES * m->nr_tasks; i++) {
		struct ev_cursor *c;
		struct ev_at at;

		ret = ev_cursor_open(f, i / EV_NR_CLASSES, i % EV_NR_CLASSES, &c, e);
		if (ret)
			break;
		while ((ret = ev_cursor_next(c, &at, e)) > 0) {
			XXH3_64bits_update(h, &at.t_ns, sizeof(at.t_ns));
			XXH3_64bits_update(h, at.ev, sizeof(*at.ev));
			++*records;
		}
		ev_cursor_close(c);
	}
	*hash = XXH3_64bits_digest(h);
	XXH3_freeState(h);
	return ret;
}

static uint64_t named(const struct ev_meta *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->kinds.nr; i++)
		n += m->kinds.v[i].n;
	return n;
}

static void check_output(const char *out, const struct ev_meta *m, struct answer *a)
{
	uint64_t records, hash;
	struct ev_file *f;

	if (ev_open(out, 0, &f, NULL)) {
		a->wrong = "the event file it wrote cannot be opened";
		return;
	}
	if (read_all(f, &records, &hash, NULL) || records != named(m) || ev_meta(f)->events != m->events)
		a->wrong = "the event file it wrote holds something else";
	ev_close(f);
}

void subject_recording(const char *path, const char *out, struct answer *a)
{
	struct ev_meta meta;

	*a = (struct answer){ 0 };
	remove(out);
	a->ret = import_file(path, out, NULL, &meta, &a->e);
	if (!a->ret) {
		a->events = meta.events;
		take_meta(a, &meta);
		check_output(out, &meta, a);
	}
	ev_meta_fini(&meta);
}

static void salvage(const char *path, struct answer *a)
{
	uint64_t hash;
	struct ev_file *f;
	struct err e;

	a->ret = ev_open(path, EV_SALVAGE, &f, &a->e);
	if (a->ret)
		return;
	take_meta(a, ev_meta(f));
	if (read_all(f, &a->events, &hash, &e))
		a->wrong = "what it salvaged cannot be read";
	ev_close(f);
}

void subject_event_file(const char *path, const char *out, struct answer *a)
{
	struct ev_file *f;

	*a = (struct answer){ 0 };
	a->ret = ev_open(path, 0, &f, &a->e);
	if (!a->ret) {
		take_meta(a, ev_meta(f));
		a->ret = read_all(f, &a->events, &a->content, &a->e);
		ev_close(f);
		if (!a->ret)
			return;
	}
	a->content = 0;
	if (a->e.exit == ERR_INPUT)
		salvage(path, a);
}
