// SPDX-License-Identifier: GPL-2.0-or-later
/* The source that reads text: lines to records, joined where a mail wrapped them, put in order. */
#include "capture/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/text_facts.h"
#include "capture/text_input.h"
#include "capture/text_join.h"
#include "capture/text_order.h"
#include "capture/text_symbol.h"
#include "capture/text_thread.h"

#define STRICT_BYTES	(1u << 20)	/* a text has an event this early, or is none of ours */
#define WINDOW		4096		/* records kept back where lines are out of order */
#define TYPES_MAX	16384
#define VARIANTS_MAX	32
#define NOTE_MAX	1024		/* bytes kept of a marker's text; the kernel takes as much */

struct variant {			/* lines of one event that say the same things */
	uint32_t	have, index;	/* index: in source.events */
	struct type	*type;
};

struct type {
	char		*name;
	size_t		 len;
	struct text_grammar *grammar;
	int		 vcpu_field;	/* where its lines say which vCPU the thread is, -1 */
	struct variant	*variants[VARIANTS_MAX];
	unsigned int	 nr_variants;
	uint64_t	 unfit, partial;
};

#define LINE_NOTES(X)							\
	X(OTHER,	"lines that are no event")			\
	X(CUT,		"the last line has no end")			\
	X(TOO_LONG,	"lines longer than 65536 bytes")		\
	X(CLOCK,	"lines with times of another clock")		\
	X(KINDS,	"lines of events beyond the first 16384")

enum line_note {
#define NOTE_ENUM(id, text) NOTE_##id,
	LINE_NOTES(NOTE_ENUM)
#undef NOTE_ENUM
	NR_NOTES
};

struct text {
	struct source	 source;
	struct text_input *input;
	struct text_facts facts;
	struct text_context context;
	struct text_threads *threads;
	struct text_symbols *symbols;
	struct text_order *order;
	struct type	**types;	/* by name: open addressing, a power of two */
	uint32_t	 nr_types, cap_types;
	uint64_t	 notes[NR_NOTES];
	struct text_join join;
	uint64_t	 hashed;
	uint64_t	*lost;		/* by CPU */
	uint32_t	*missed;	/* by CPU: before its next record */
	bool		 started, at_end;
	uint64_t	 handed;	/* records */
	char		 uname[160];
};

static struct text *text_of(struct source *s)
{
	return (struct text *)s;	/* its first member */
}

bool text_magic(const void *head, size_t len)
{
	const uint8_t *p = head;

	for (size_t i = 0; i < len; i++)
		if (p[i] < ' ' && !(p[i] && strchr("\t\n\r\f\033", p[i])))
			return false;
	return len > 0;
}

/* --- events ------------------------------------------------------------------------------ */

static uint32_t hash_name(const char *name, size_t len)
{
	uint32_t h = len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t place_of(const struct text *t, const char *name, size_t len)
{
	uint32_t i = hash_name(name, len) & (t->cap_types - 1);

	while (t->types[i] && (t->types[i]->len != len || memcmp(t->types[i]->name, name, len)))
		i = (i + 1) & (t->cap_types - 1);
	return i;
}

static void grow_types(struct text *t)
{
	struct type **old = t->types;
	uint32_t cap = t->cap_types;

	t->cap_types = cap ? 2 * cap : 128;
	t->types = xcalloc(t->cap_types, sizeof(*t->types));
	for (uint32_t i = 0; i < cap; i++)
		if (old[i])
			t->types[place_of(t, old[i]->name, old[i]->len)] = old[i];
	free(old);
}

/* NULL: there are too many. */
static struct type *type_of(struct text *t, const struct text_line *l)
{
	uint32_t i = place_of(t, l->event, l->event_len);
	struct type *type = t->types[i];

	if (likely(type))
		return type;
	if (t->nr_types == TYPES_MAX)
		return NULL;
	if (2 * ++t->nr_types > t->cap_types) {
		grow_types(t);
		i = place_of(t, l->event, l->event_len);
	}
	type = t->types[i] = xcalloc(1, sizeof(*type));
	type->name = xasprintf("%.*s", (int)l->event_len, l->event);
	type->len = l->event_len;
	type->grammar = text_grammar_new(type->name, l->body, l->body_len);
	type->vcpu_field = text_grammar_field(type->grammar, "__probe_ip") < 0 &&
			   !strncmp(text_grammar_system(type->grammar), "kvm", 3) ?
			   text_grammar_field(type->grammar, "vcpu_id") : -1;
	return type;
}

static uint32_t add_event(struct text *t, struct variant *v)
{
	struct source *s = &t->source;

	if (!(s->nr_events & (s->nr_events + 1)))	/* at 0, 1, 3, 7, ... */
		s->events = xreallocarray(s->events, 2 * (size_t)s->nr_events + 2, sizeof(*s->events));
	s->events[s->nr_events] = (struct source_event){ .id = s->nr_events, .name = v->type->name, .handle = v,
		.system = text_grammar_system(v->type->grammar) };
	return s->nr_events++;
}

/* The event of @type's lines that say what @have says; of one that says nothing when they differ too much. */
static uint32_t event_of(struct text *t, struct type *type, uint32_t have)
{
	struct variant *v;

	for (unsigned int i = 0; i < type->nr_variants; i++)
		if (likely(type->variants[i]->have == have))
			return type->variants[i]->index;
	if (have && type->nr_variants >= VARIANTS_MAX - 1)
		return event_of(t, type, 0);
	v = type->variants[type->nr_variants++] = xcalloc(1, sizeof(*v));
	*v = (struct variant){ .have = have, .type = type };
	v->index = add_event(t, v);
	return v->index;
}

static bool text_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	const struct variant *v = s->events[event].handle;
	int field = text_grammar_field(v->type->grammar, name);

	memset(out, 0, sizeof(*out));
	if (field < 0 || !(v->have >> field & 1))
		return false;
	if (!text_grammar_is_text(v->type->grammar, field))
		*out = (struct source_field){ .offset = 8 * field, .size = 8 };
	return true;
}

static const char *text_symbol(struct source *s, uint64_t addr, uint64_t *offset)
{
	return text_symbol_name(text_of(s)->symbols, addr, offset);
}

static const char *text_comm(struct source *s, uint32_t tid)
{
	const struct text_thread *t = text_thread_find(text_of(s)->threads, tid);

	return t && *t->comm ? t->comm : NULL;
}

/* --- records ----------------------------------------------------------------------------------- */

static void copy_text(struct text_record *r)
{
	size_t len = r->values.text_len < NOTE_MAX ? r->values.text_len : NOTE_MAX;

	if (len > r->text_cap) {
		r->text_cap = NOTE_MAX;
		r->text = xrealloc(r->text, r->text_cap);
	}
	memcpy(r->text, r->values.text, len);
	r->rec.data = r->text;
	r->rec.size = len;
}

/* A pointer of the kernel that is printed as a hash of itself has its upper half clear. */
static void note_hashed(struct text *t, const struct type *type, const struct text_values *v)
{
	int field = *type->name == 'c' ? text_grammar_field(type->grammar, "lock_addr") : -1;

	if (field >= 0 && v->have >> field & 1 && !(v->v[field] >> 32))
		t->hashed++;
}

/* The record of a line whose body was read into @r->values. */
static void fill_record(struct text *t, struct type *type, const struct text_line *l, struct text_record *r)
{
	struct source_record *rec = &r->rec;

	rec->ts_ns = l->ts;
	rec->cpu = l->cpu;
	rec->tid = l->tid;
	rec->event = event_of(t, type, r->values.have);
	rec->missed = 0;
	if (unlikely(t->missed[l->cpu])) {
		rec->missed = t->missed[l->cpu];
		t->missed[l->cpu] = 0;
	}
	rec->data = r->values.v;
	rec->size = sizeof(r->values.v);
	if (unlikely(r->values.text && r->values.have))
		copy_text(r);
	note_hashed(t, type, &r->values);
}

static enum text_fit parse_body(struct text *t, struct type *type, const struct text_thread *thread,
				const struct text_line *l, struct text_values *v)
{
	t->context.vcpu = thread->vcpu;
	v->text = NULL;
	return text_body_parse(type->grammar, &t->context, l->body, l->body_len, v);
}

/* --- wrapped lines ---------------------------------------------------------------------------------- */

/* With what its body would say. */
static bool is_whole(void *arg, const struct text_line *l, bool by_words)
{
	struct text *t = arg;
	struct type *type = type_of(t, l);
	struct text_values v;
	enum text_fit fit;

	if (!type)
		return false;
	fit = parse_body(t, type, text_thread_of(t->threads, l->tid), l, &v);
	return v.have && (by_words ? fit == TEXT_WORDS : fit != TEXT_UNFIT);
}

/* A line whose body does not fit, has not begun, or may go on. */
static int join(struct text *t, const struct text_raw_line *raw, bool by_words, struct text_line *l, struct err *e)
{
	return text_join(&t->join, t->input, *raw, by_words, is_whole, t, l, e);
}

/* --- lines ------------------------------------------------------------------------------------------- */

static void note_lost(struct text *t, const struct text_line *l)
{
	uint64_t n = l->lost ? l->lost : 1;		/* at least */

	t->lost[l->cpu] += n;
	t->missed[l->cpu] = n < UINT32_MAX ? n : UINT32_MAX;
}

/* A body that is not all there: nothing of it is believed. */
static void forget_body(struct type *type, struct text_values *v)
{
	type->unfit++;
	v->have = 0;
	v->text = NULL;
}

/*
 * Reads the body into @v, of more lines than this one where that makes it whole.
 * Return: an enum text_fit, or negative with @e.
 */
static int read_body(struct text *t, struct type *type, const struct text_raw_line *raw, struct text_line *l,
		     struct text_values *v, struct err *e)
{
	struct text_thread *thread = text_thread_of(t->threads, l->tid);
	enum text_fit fit = parse_body(t, type, thread, l, v);
	int ret;

	text_thread_named(thread, l->comm, l->comm_len);
	if (unlikely(fit != TEXT_FITS && t->facts.wrapped && !raw->too_long && !raw->no_end)) {
		ret = join(t, raw, fit == TEXT_WORDS, l, e);
		if (ret < 0)
			return ret;
		if (ret)
			fit = parse_body(t, type, thread, l, v);
	}
	if (unlikely(raw->no_end))
		t->notes[NOTE_CUT]++;
	if (unlikely(fit == TEXT_UNFIT || raw->no_end || (raw->too_long && !v->text)))
		forget_body(type, v);
	else
		type->partial += t->context.partial;
	if (type->vcpu_field >= 0 && v->have >> type->vcpu_field & 1)
		thread->vcpu = (uint32_t)v->v[type->vcpu_field];
	return fit;
}

/* Return: 1 and a record is on its way, 0 it is no event, negative with @e. */
static int take_event(struct text *t, const struct text_raw_line *raw, struct text_line *l, struct err *e)
{
	struct text_record *r = text_order_slot(t->order);
	struct type *type = type_of(t, l);
	int ret;

	if (unlikely(!type || l->clock != t->facts.clock)) {
		t->notes[type ? NOTE_CLOCK : NOTE_KINDS]++;
		return 0;
	}
	ret = read_body(t, type, raw, l, &r->values, e);
	if (ret < 0)
		return ret;
	fill_record(t, type, l, r);
	text_order_put(t->order);
	return 1;
}

static int take_line(struct text *t, const struct text_raw_line *raw, struct err *e)
{
	struct text_line l;
	enum text_kind kind = text_line_parse(raw->p, raw->len, &l);
	int ret;

	if (unlikely(raw->too_long))
		t->notes[NOTE_TOO_LONG]++;
	switch (kind) {
	case TEXT_EVENT:
		return take_event(t, raw, &l, e);
	case TEXT_LOST:
		note_lost(t, &l);
		return 0;
	case TEXT_HEAD:
		ret = raw->too_long || raw->no_end ? 0 : join(t, raw, false, &l, e);
		if (ret > 0)
			return take_event(t, &(struct text_raw_line){ .p = t->join.line,
					  .len = l.body + l.body_len - t->join.line }, &l, e);
		t->notes[NOTE_OTHER] += !ret;
		return ret;
	case TEXT_OTHER:
		t->notes[NOTE_OTHER]++;
		return 0;
	case TEXT_QUIET:		/* a line's begin may be nothing but blanks */
		t->notes[NOTE_CUT] += raw->no_end && raw->len;
		break;
	}
	return 0;
}

static void start(struct text *t)
{
	char release[64];

	t->started = true;
	t->context.ret_pf = RET_PF_OF_6_12;
	if (sscanf(t->source.info.uname, "%*s %*s %63s", release) == 1)
		t->context.ret_pf = ret_pf_numbers(release);
}

static int text_next(struct source *s, struct source_record *rec, struct err *e)
{
	struct text *t = text_of(s);
	struct text_raw_line raw;

	if (unlikely(!t->started))
		start(t);
	while (!text_order_ready(t->order, t->at_end)) {
		int ret = t->at_end ? 0 : text_input_next(t->input, &raw, e);

		if (ret > 0)
			ret = take_line(t, &raw, e);
		else if (!ret && t->at_end)
			return 0;
		else
			t->at_end = true;
		if (ret < 0)
			return ret;
	}
	*rec = *text_order_get(t->order);
	t->handed++;
	return 1;
}

/* --- what did not arrive ---------------------------------------------------------------------------------- */

static void text_lost(struct source *s, source_note_fn fn, void *arg)
{
	const struct text *t = text_of(s);

	for (uint32_t cpu = 0; cpu < TEXT_CPUS; cpu++)
		if (t->lost[cpu])
			fn(arg, cpu, "missed", t->lost[cpu]);
	if (t->facts.overwritten)
		fn(arg, SOURCE_NO_CPU, "overwritten in the buffer", t->facts.overwritten);
}

static void note_type(const struct type *type, const char *what, uint64_t n, source_note_fn fn, void *arg)
{
	char text[160];

	snprintf(text, sizeof(text), "%.63s: %s", type->name, what);
	fn(arg, SOURCE_NO_CPU, text, n);
}

static void text_damage(struct source *s, source_note_fn fn, void *arg)
{
	static const char *const what[NR_NOTES] = {
#define NOTE_TEXT(id, text) [NOTE_##id] = text,
		LINE_NOTES(NOTE_TEXT)
#undef NOTE_TEXT
	};
	const struct text *t = text_of(s);

	for (unsigned int i = 0; i < NR_NOTES; i++) {
		uint64_t n = t->notes[i] + (i == NOTE_OTHER ? t->join.in_vain : 0);

		if (n)
			fn(arg, SOURCE_NO_CPU, what[i], n);
	}
	if (t->facts.counted > t->handed)
		fn(arg, SOURCE_NO_CPU, "events that the header counts are not in the text", t->facts.counted - t->handed);
	if (t->facts.back)
		fn(arg, SOURCE_NO_CPU, "lines whose time lies before that of their CPU's line in front", t->facts.back);
	if (text_order_late(t->order))
		fn(arg, SOURCE_NO_CPU, "lines too late to be put in order", text_order_late(t->order));
	for (uint32_t i = 0; i < t->cap_types; i++)
		if (t->types[i] && t->types[i]->unfit)
			note_type(t->types[i], "cut short, or not as its event prints it", t->types[i]->unfit, fn, arg);
}

static void text_lacking(struct source *s, source_note_fn fn, void *arg)
{
	const struct text *t = text_of(s);

	if (t->join.joined)
		fn(arg, SOURCE_NO_CPU, "wrapped lines: joined to those before them", t->join.joined);
	if (t->hashed)
		fn(arg, SOURCE_NO_CPU, "lock addresses are hashed (the kernel's trace option hash-ptr)", t->hashed);
	if (t->facts.clock == TEXT_TICKS)
		fn(arg, SOURCE_NO_CPU, "times are ticks of an unknown clock, taken for nanoseconds", t->facts.events);
	if (t->facts.release_from == TEXT_RELEASE_INFERRED && strstr(s->info.uname, "-inferred"))
		fn(arg, SOURCE_NO_CPU, "the kernel's release is inferred from its entries (--kernel tells it)", 1);
	for (uint32_t i = 0; i < t->cap_types; i++)
		if (t->types[i] && t->types[i]->partial)
			note_type(t->types[i], "its words do not tell all of a number", t->types[i]->partial, fn, arg);
}

/* --- open and close ------------------------------------------------------------------------------------------ */

static void free_type(struct type *type)
{
	if (!type)
		return;
	for (unsigned int i = 0; i < type->nr_variants; i++)
		free(type->variants[i]);
	text_grammar_free(type->grammar);
	free(type->name);
	free(type);
}

static void text_close(struct source *s)
{
	struct text *t = text_of(s);

	for (uint32_t i = 0; i < t->cap_types; i++)
		free_type(t->types[i]);
	text_input_close(t->input);
	text_threads_free(t->threads);
	text_symbols_free(t->symbols);
	text_order_free(t->order);
	free(t->types);
	text_join_fini(&t->join);
	free(t->missed);
	free(t->lost);
	free(s->events);
	free(t);
}

static const struct source_ops text_ops = {
	.close	= text_close,
	.next	= text_next,
	.field	= text_field,
	.symbol	= text_symbol,
	.comm	= text_comm,
	.lost	= text_lost,
	.damage	= text_damage,
	.lacking = text_lacking,
};

/* The first line of each event makes it known: as a whole, should it be wrapped. */
static int look_at_event(struct text *t, const struct text_raw_line *raw, struct text_line *l, struct err *e)
{
	struct type *type = type_of(t, l);
	struct text_values v;
	enum text_fit fit;
	int ret;

	if (!type || (type->nr_variants && !text_facts_wants(&t->facts, type->name)))
		return 0;
	t->context.vcpu = 0;
	fit = text_body_parse(type->grammar, &t->context, l->body, l->body_len, &v);
	if (fit != TEXT_FITS && !type->nr_variants && !raw->too_long && !raw->no_end) {
		ret = join(t, raw, fit == TEXT_WORDS, l, e);
		if (ret < 0)
			return ret;
		t->facts.wrapped |= ret;
		t->context.vcpu = 0;
		if (ret)
			fit = text_body_parse(type->grammar, &t->context, l->body, l->body_len, &v);
	}
	if (fit == TEXT_UNFIT)
		return 0;
	event_of(t, type, v.have);
	text_facts_body(&t->facts, type->name, type->grammar, &v);
	return 0;
}

/* All of the text once. */
static int look(struct text *t, struct err *e)
{
	struct text_raw_line raw;
	struct text_line l;
	int ret;

	while ((ret = text_input_next(t->input, &raw, e)) > 0) {
		enum text_kind kind = text_line_parse(raw.p, raw.len, &l);

		text_facts_line(&t->facts, kind, &l, raw.p, raw.len);
		if (kind == TEXT_EVENT) {
			ret = look_at_event(t, &raw, &l, e);
			if (ret < 0)
				break;
		}
		if (!t->facts.events && text_input_bytes(t->input) > STRICT_BYTES)
			break;
	}
	if (ret < 0)
		return ret;
	if (!t->facts.events)
		return err_set(e, ERR_INPUT, "%s: not a trace.dat but a text file in which no line is an event of a trace; "
			       "give what trace-cmd report, perf script or tracefs prints", text_input_name(t->input));
	memset(t->notes, 0, sizeof(t->notes));		/* the second time counts */
	t->join.joined = t->join.in_vain = 0;
	return text_input_rewind(t->input, e);
}

static const char *clock_name(enum text_clock clock)
{
	return clock == TEXT_TICKS ? "counter" : clock == TEXT_MICROS ? "relative" : "unknown";
}

/* Takes @input over. */
static int open_input(struct text_input *input, struct source **out, struct err *e)
{
	struct text *t = xcalloc(1, sizeof(*t));
	int ret;

	t->input = input;
	t->source.ops = &text_ops;
	t->threads = text_threads_new();
	t->symbols = t->context.symbols = text_symbols_new();
	t->lost = xcalloc(TEXT_CPUS, sizeof(*t->lost));
	t->missed = xcalloc(TEXT_CPUS, sizeof(*t->missed));
	grow_types(t);
	ret = look(t, e);
	if (ret) {
		text_close(&t->source);
		return ret;
	}
	t->order = text_order_new(t->facts.disorder ? WINDOW : 0);
	t->context.tdp_mmu = t->facts.tdp_mmu;
	text_facts_uname(&t->facts, t->uname, sizeof(t->uname));
	t->source.info = (struct source_info){ .format = "text", .uname = t->uname, .nr_cpus = t->facts.nr_cpus,
					       .clock = clock_name(t->facts.clock) };
	*out = &t->source;
	return 0;
}

int source_open_text(const char *path, struct source **out, struct err *e)
{
	struct text_input *input;
	int ret = text_input_open(path, &input, e);

	return ret ? ret : open_input(input, out, e);
}

int source_open_text_memory(const void *bytes, size_t len, const char *name, struct source **out, struct err *e)
{
	struct text_input *input;
	int ret = text_input_memory(bytes, len, name, &input);

	return ret ? ret : open_input(input, out, e);
}
