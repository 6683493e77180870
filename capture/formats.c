// SPDX-License-Identifier: GPL-2.0-or-later
/* Format files to tables of offsets, once per event type. */
#include "capture/formats.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

struct text {			/* what is left of it */
	const char *p, *end;
};

static struct text next_line(struct text *t)
{
	const char *nl = t->p < t->end ? memchr(t->p, '\n', t->end - t->p) : NULL;
	struct text line = { t->p, nl ? nl : t->end };

	t->p = nl ? nl + 1 : t->end;
	return line;
}

/* Passes over blanks and then @word, if it stands there. */
static bool take(struct text *t, const char *word)
{
	size_t len = strlen(word);

	while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
		t->p++;
	if ((size_t)(t->end - t->p) < len || memcmp(t->p, word, len))
		return false;
	t->p += len;
	return true;
}

static bool take_number(struct text *t, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;
	const char *from = t->p;

	for (; t->p < t->end && isdigit((unsigned char)*t->p); t->p++) {
		v = v * 10 + (*t->p - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return t->p > from;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "unsigned long args[6]", "__data_loc char[] name", "char comm[16]": where the name is. */
static struct text declared_name(struct text d)
{
	const char *end;

	while (d.end > d.p && (d.end[-1] == ' ' || d.end[-1] == ')'))
		d.end--;
	while (d.end > d.p && d.end[-1] == ']') {
		while (d.end > d.p && d.end[-1] != '[')
			d.end--;
		d.end -= d.end > d.p;
	}
	end = d.end;
	while (d.end > d.p && is_word(d.end[-1]))
		d.end--;
	return (struct text){ d.end, end };
}

/* "DECLARATION;  offset:8;  size:4;  signed:0;", behind "field:". */
static bool read_field(struct text t, bool swap, struct text *name, struct source_field *at)
{
	const char *semi = memchr(t.p, ';', t.end - t.p);
	uint32_t offset, size, sign = 0;
	struct text decl;

	if (!semi)
		return false;
	decl = (struct text){ t.p, semi };
	t.p = semi + 1;
	if (!take(&t, "offset:") || !take_number(&t, UINT16_MAX, &offset) || !take(&t, ";") ||
	    !take(&t, "size:") || !take_number(&t, UINT16_MAX, &size) || !take(&t, ";"))
		return false;
	if (take(&t, "signed:") && (!take_number(&t, 1, &sign) || !take(&t, ";")))
		return false;
	*name = declared_name(decl);
	*at = (struct source_field){ .offset = offset, .size = size, .is_signed = sign, .swap = swap };
	at->is_relative = take(&decl, "__rel_loc ");
	at->is_dynamic = at->is_relative || take(&decl, "__data_loc ");
	take(&t, "");		/* blanks at the end of the line */
	return name->end > name->p && t.p == t.end;
}

uint32_t format_lines(const char *text, size_t len, bool swap, format_line_fn fn, void *arg)
{
	struct text t = { text, text + len };
	uint32_t bad = 0;

	while (t.p < t.end) {
		struct text line = next_line(&t), name;
		struct source_field at;

		if (!take(&line, "field:"))
			continue;
		if (read_field(line, swap, &name, &at))
			fn(arg, name.p, name.end - name.p, &at);
		else
			bad++;
	}
	return bad;
}

/* --- one event -------------------------------------------------------------------------- */

static void keep_field(void *arg, const char *name, size_t len, const struct source_field *at)
{
	struct format *f = arg;

	if (!(f->nr & (f->nr + 1)))		/* at 0, 1, 3, 7, ... */
		f->fields = xreallocarray(f->fields, 2 * (size_t)f->nr + 2, sizeof(*f->fields));
	f->fields[f->nr++] = (struct format_field){ strndup(name, len), *at };
}

static const struct format_field *find_field(const struct format *f, const char *name, size_t len)
{
	for (uint32_t i = 0; i < f->nr; i++)
		if (!strncmp(f->fields[i].name, name, len) && !f->fields[i].name[len])
			return &f->fields[i];
	return NULL;
}

/* The kernel lays fields out one behind the other; what is left between them is at most alignment. */
static bool fields_in_order(const struct format *f)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i < f->nr; i++) {
		const struct source_field *at = &f->fields[i].at;

		if (at->offset < end || at->offset > end + 8)
			return false;
		end = at->offset + at->size;
	}
	return true;
}

/* Every "REC->name" of the print format is a field. */
static bool print_agrees(const struct format *f, struct text print)
{
	const char *rec;

	while ((rec = memmem(print.p, print.end - print.p, "REC->", 5))) {
		const char *end = rec + 5;

		while (end < print.end && is_word(*end))
			end++;
		if (end < print.end && !find_field(f, rec + 5, end - rec - 5))
			return false;
		print.p = end;
	}
	return true;
}

static void check(struct format *f, uint32_t bad_lines, struct text print)
{
	if (bad_lines)
		f->wrong = "a field line cannot be read";
	else if (!f->nr)
		f->wrong = "there is no field in it";
	else if (!fields_in_order(f))
		f->wrong = "its fields lie one over the other or apart";
	else if (!print_agrees(f, print))
		f->wrong = "its print format names a field it does not have";
}

static uint32_t new_event(struct formats *f, int id, const char *system, char *name)
{
	struct source *s = f->source;
	uint32_t nr = s->nr_events++;

	if (!(nr & (nr + 1))) {
		s->events = xreallocarray(s->events, 2 * (size_t)nr + 2, sizeof(*s->events));
		f->v = xreallocarray(f->v, 2 * (size_t)nr + 2, sizeof(*f->v));
	}
	s->events[nr] = (struct source_event){ .id = id, .system = xstrdup(system), .name = name };
	f->v[nr] = (struct format){ .max_size = UINT32_MAX };
	return nr;
}

static uint32_t add_event(struct formats *f, uint16_t id, const char *system, char *name)
{
	return f->by_id[id] = new_event(f, id, system, name);
}

/* "name: kvm_entry\nID: 1234\n" at the start of @t, which moves behind it. */
static bool read_head(struct text *t, struct text *name, uint32_t *id)
{
	struct text line = next_line(t);

	if (!take(&line, "name: "))
		return false;
	*name = line;
	for (const char *p = line.p; p < line.end; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127)
			return false;
	line = next_line(t);
	return name->p < name->end && take(&line, "ID: ") && take_number(&line, FORMATS_IDS - 1, id) &&
	       line.p == line.end;
}

void formats_add(struct formats *f, const char *system, const char *text, size_t len)
{
	struct text t = { text, text + len }, name, print;
	uint32_t id, hash = XXH32(text, len, 0), index, bad;
	struct format *format;
	const char *found;

	if (!read_head(&t, &name, &id)) {
		f->unnamed++;
		return;
	}
	if (f->by_id[id] != FORMATS_NONE) {
		f->twice += f->v[f->by_id[id]].hash != hash;
		return;
	}
	found = memmem(t.p, t.end - t.p, "\nprint fmt:", 11);
	print = (struct text){ found ? found : t.end, t.end };
	index = add_event(f, id, system, strndup(name.p, name.end - name.p));
	format = &f->v[index];
	format->hash = hash;
	bad = format_lines(t.p, print.p - t.p, f->swap, keep_field, format);
	check(format, bad, print);
}

uint32_t formats_event(struct formats *f, uint16_t id)
{
	if (unlikely(f->by_id[id] == FORMATS_NONE))
		return add_event(f, id, "unknown", xasprintf("event %u", id));
	return f->by_id[id];
}

uint32_t formats_plain(struct formats *f, const char *system, const char *name)
{
	return new_event(f, -1, system, xstrdup(name));
}

bool formats_field(const struct formats *f, uint32_t event, const char *name, struct source_field *out)
{
	const struct format_field *field = find_field(&f->v[event], name, strlen(name));

	*out = field ? field->at : (struct source_field){ 0 };
	return field;
}

/* --- all of them --------------------------------------------------------------------------- */

/* Where the event has common_pid; -1: it lacks one of the common fields, or has it elsewhere than any kernel. */
static int pid_offset(const struct format *f)
{
	const struct format_field *type = find_field(f, "common_type", 11), *pid = find_field(f, "common_pid", 10);

	if (!type || type->at.offset || type->at.size != 2 || !pid || pid->at.size != 4 || pid->at.offset > 60)
		return -1;
	return pid->at.offset;
}

/*
 * A record is as long as its fields, rounded up as a C struct is; one with a part
 * of any length is at least as long.  ftrace's own events say less than they hold.
 */
static void set_sizes(struct format *f, const char *system)
{
	uint32_t end = 0;
	bool open = !strcmp(system, "ftrace");

	for (uint32_t i = 0; i < f->nr; i++) {
		const struct source_field *at = &f->fields[i].at;

		end = max_u64(end, at->offset + at->size);
		open |= !at->size || at->is_dynamic;
	}
	if (f->wrong || !f->nr)
		return;
	f->min_size = strcmp(system, "ftrace") ? end : 8;
	f->max_size = open ? UINT32_MAX : (end + 7) & ~7u;
}

/* All events of a kernel have the same common fields: the most say where they are. */
bool formats_finish(struct formats *f)
{
	uint32_t votes[64] = { 0 }, best = 0;

	for (uint32_t i = 0; i < f->source->nr_events; i++)
		if (pid_offset(&f->v[i]) >= 0)
			votes[pid_offset(&f->v[i])]++;
	for (uint32_t i = 0; i < ARRAY_SIZE(votes); i++)
		if (votes[i] > votes[best])
			best = i;
	f->pid_offset = best;
	for (uint32_t i = 0; i < f->source->nr_events; i++)
		if (pid_offset(&f->v[i]) != (int)best && !f->v[i].wrong)
			f->v[i].wrong = "its common fields are not those of the others";
	for (uint32_t i = 0; i < f->source->nr_events; i++)
		set_sizes(&f->v[i], f->source->events[i].system);
	return votes[best];
}

void formats_damage(const struct formats *f, source_note_fn fn, void *arg)
{
	char what[256];

	if (f->unnamed)
		fn(arg, SOURCE_NO_CPU, "event formats without a name or a number", f->unnamed);
	if (f->twice)
		fn(arg, SOURCE_NO_CPU, "event numbers with two formats", f->twice);
	for (uint32_t i = 0; i < f->source->nr_events; i++) {
		if (!f->v[i].wrong)
			continue;
		snprintf(what, sizeof(what), "the format of %.64s:%.64s: %s", f->source->events[i].system,
			 f->source->events[i].name, f->v[i].wrong);
		fn(arg, SOURCE_NO_CPU, what, 1);
	}
}

void formats_init(struct formats *f, struct source *s, bool swap)
{
	*f = (struct formats){ .source = s, .swap = swap, .by_id = xmalloc(FORMATS_IDS * sizeof(*f->by_id)) };
	for (size_t i = 0; i < FORMATS_IDS; i++)
		f->by_id[i] = FORMATS_NONE;
}

void formats_fini(struct formats *f)
{
	for (uint32_t i = 0; f->source && i < f->source->nr_events; i++) {
		for (uint32_t j = 0; j < f->v[i].nr; j++)
			free(f->v[i].fields[j].name);
		free(f->v[i].fields);
		free((char *)f->source->events[i].name);
		free((char *)f->source->events[i].system);
	}
	if (f->source) {
		free(f->source->events);
		f->source->events = NULL;
		f->source->nr_events = 0;
	}
	free(f->v);
	free(f->by_id);
	*f = (struct formats){ 0 };
}
