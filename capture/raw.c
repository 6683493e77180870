// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw records to numbers, by a table and the recording's own formats. */
#include "capture/raw.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A probe this far into a function is on its beginning: behind endbr64, bti or the call of ftrace. */
#define BEGINNING_BYTES	16

/* --- names ------------------------------------------------------------------------------ */

static bool same(const char *word, size_t len, const char *name, size_t name_len)
{
	return len == name_len && !memcmp(word, name, len);
}

/* Is @name one of the words of @list (NULL: there are none) that @sort stands before ('\0': nothing does)? */
static bool has_word(const char *list, char sort, const char *name, size_t name_len)
{
	while (list && *list) {
		size_t len = strcspn(list, " ");
		bool nick = *list == '~';

		if (nick == (sort == '~') && same(list + nick, len - nick, name, name_len))
			return true;
		list += len;
		list += strspn(list, " ");
	}
	return false;
}

/* Without the suffixes a compiler adds to a clone of a function; what it cut out of one is another function. */
static size_t symbol_len(const char *symbol)
{
	const char *dot = strchr(symbol, '.');

	if (!dot || strstr(dot, ".cold") || strstr(dot, ".part"))
		return strlen(symbol);
	return dot - symbol;
}

static unsigned int row_of_symbol(const struct raw_table *table, enum raw_kind kind, const char *symbol)
{
	for (unsigned int id = 1; id < table->nr; id++)
		if (table->rows[id].kind == kind && has_word(table->rows[id].names, '\0', symbol, symbol_len(symbol)))
			return id;
	return RAW_NONE;
}

static bool drop_front(const char **name, size_t *len, const char *front)
{
	size_t n = strlen(front);

	if (*len <= n || memcmp(*name, front, n))
		return false;
	*name += n;
	*len -= n;
	return true;
}

static bool drop_back(const char *name, size_t *len, const char *back)
{
	size_t n = strlen(back);

	if (*len <= n || memcmp(name + *len - n, back, n))
		return false;
	*len -= n;
	return true;
}

/* "_0": the offset tools append, or the number that makes a name new. */
static bool drop_number(const char *name, size_t *len)
{
	size_t n = *len;

	while (n && isdigit((unsigned char)name[n - 1]))
		n--;
	if (n == *len || n < 2 || name[n - 1] != '_')
		return false;
	*len = n - 1;
	return true;
}

static bool names_row(const struct raw_row *row, const char *name, size_t len)
{
	char symbol[160];

	if (has_word(row->names, '\0', name, len) || has_word(row->names, '~', name, len))
		return true;
	if (len + 4 >= sizeof(symbol))
		return false;
	snprintf(symbol, sizeof(symbol), "kvm_%.*s", (int)len, name);
	return has_word(row->names, '\0', symbol, len + 4);
}

static unsigned int row_of_word(const struct raw_table *table, enum raw_kind kind, const char *name, size_t len)
{
	for (unsigned int id = 1; id < table->nr; id++)
		if (table->rows[id].kind == kind && names_row(&table->rows[id], name, len))
			return id;
	return RAW_NONE;
}

/* By a probe's own name: whole, then without what tools and people put around a symbol, one thing after the other. */
static unsigned int row_of_name(const struct raw_table *table, enum raw_kind kind, const char *name)
{
	static const char *const fronts[] = { "p_", "r_", "f_", "kprobe_", "kretprobe_", "fprobe_" };
	static const char *const backs[] = { "__return", "_return", "__exit", "_exit", "__entry", "_entry", "_ret" };
	size_t len = strlen(name);
	unsigned int id = row_of_word(table, kind, name, len);
	bool dropped = true;

	while (!id && dropped) {
		dropped = drop_number(name, &len);
		for (size_t i = 0; i < ARRAY_SIZE(backs) && !dropped; i++)
			dropped = drop_back(name, &len, backs[i]);
		for (size_t i = 0; i < ARRAY_SIZE(fronts) && !dropped; i++)
			dropped = drop_front(&name, &len, fronts[i]);
		if (dropped)
			id = row_of_word(table, kind, name, len);
	}
	return id;
}

/* Events have moved between KVM's own systems. */
static bool same_system(const char *a, size_t len, const char *b, size_t b_len)
{
	return same(a, len, b, b_len) || (len >= 3 && b_len >= 3 && !memcmp(a, "kvm", 3) && !memcmp(b, "kvm", 3));
}

static unsigned int row_of_event(const struct raw_table *table, const struct source_event *ev)
{
	const char *system = ev->system ? ev->system : "";
	size_t system_len = strlen(system);

	for (unsigned int id = 1; id < table->nr; id++) {
		const char *names = table->rows[id].names, *colon = names ? strchr(names, ':') : NULL;

		if (colon && table->rows[id].kind == RAW_AS_EVENT && !strcmp(colon + 1, ev->name) &&
		    (!system_len || same_system(names, colon - names, system, system_len)))
			return id;
	}
	return RAW_NONE;
}

/* --- fields -------------------------------------------------------------------------------- */

/* The first of the word's names ("gpa|guest_phys_addr") that the event has. */
static bool find_field(struct source *s, uint32_t event, const char *word, size_t len, struct source_field *out)
{
	char name[64];

	for (const char *end = word + len; word < end;) {
		size_t n = 0;

		while (word + n < end && word[n] != '|')
			n++;
		assert(n < sizeof(name));
		memcpy(name, word, n);
		name[n] = '\0';
		if (s->ops->field(s, event, name, out))
			return true;
		word += n + 1;
	}
	*out = (struct source_field){ 0 };
	return false;
}

static bool is_number(const struct source_field *f)
{
	return !f->is_dynamic && (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8);
}

/* Up to its first '|', the name a message uses. */
static int first_name(const char *word, size_t len)
{
	const char *bar = memchr(word, '|', len);

	return bar ? bar - word : (long)len;
}

static void refuse(struct raw_layout *l, char *why)
{
	l->id = RAW_NONE;
	l->why = why;
}

/* One word of the row's field list; refuses the event that cannot do without it. */
static void compile_field(struct source *s, uint32_t event, struct raw_layout *l, const char *word, size_t len)
{
	struct source_field *f = &l->field[l->nr];
	const char *event_name = s->events[event].name;
	bool optional = *word == '?', text = *word == '$', found;
	int shown;

	assert(l->nr < RAW_FIELDS_MAX);
	word += optional || text;
	len -= optional || text;
	shown = first_name(word, len);
	found = find_field(s, event, word, len, f);
	if (text)
		l->text = l->nr;
	if (found && !text && !is_number(f)) {
		if (!optional)
			refuse(l, xasprintf("%s: field %.*s is no number", event_name, shown, word));
		*f = (struct source_field){ 0 };
		found = false;
	}
	if (!found && !optional && l->id)
		refuse(l, xasprintf("%s: lacks field %.*s", event_name, shown, word));
	if (!found && optional) {
		char *less = l->less ? xasprintf("%s, %.*s", l->less, shown, word)
				     : xasprintf("%s: lacks field %.*s", event_name, shown, word);

		free(l->less);
		l->less = less;
	}
	l->nr++;
}

static void compile_fields(struct source *s, uint32_t event, struct raw_layout *l, const char *fields)
{
	while (*fields && l->id) {
		size_t len = strcspn(fields, " ");

		compile_field(s, event, l, fields, len);
		fields += len;
		fields += strspn(fields, " ");
	}
}

/* --- types ------------------------------------------------------------------------------------ */

static enum raw_kind kind_of(struct source *s, uint32_t event, struct source_field *ip)
{
	if (s->ops->field(s, event, "__probe_ip", ip))
		return RAW_AS_ENTRY;
	if (s->ops->field(s, event, "__probe_func", ip))
		return RAW_AS_RETURN;
	*ip = (struct source_field){ 0 };
	return RAW_AS_EVENT;
}

/* Addresses of the kernel are the upper half, on every architecture that has KVM and 64 bits. */
static bool is_user(uint64_t addr)
{
	return addr && !(addr >> 63);
}

static void bind_probe(struct raw_layout *l, enum raw_kind kind, struct source *s, const char *name,
		       const struct raw_table *table)
{
	uint64_t offset = 0;
	const char *symbol = s->ops->symbol ? s->ops->symbol(s, l->ip, &offset) : NULL;

	if (!symbol && is_user(l->ip))
		refuse(l, xasprintf("probe of a user program: %s", name));
	else if (symbol && offset > BEGINNING_BYTES)
		refuse(l, xasprintf("probe inside %s, not on its beginning: %s", symbol, name));
	else
		l->id = symbol ? row_of_symbol(table, kind, symbol) : row_of_name(table, kind, name);
	if (l->id || l->why)
		return;
	if (symbol)
		refuse(l, xasprintf("probe of %s not modelled: %s", symbol, name));
	else
		refuse(l, xasprintf("probe of an unknown function: %s", name));
}

static struct raw_layout *add_layout(struct raw_type *t, struct source *s, uint32_t event,
				     const struct raw_table *table, uint64_t ip)
{
	struct raw_layout *l = xcalloc(1, sizeof(*l));

	l->text = -1;
	l->ip = ip;
	if (t->kind != RAW_AS_EVENT)
		bind_probe(l, t->kind, s, s->events[event].name, table);
	else
		l->id = row_of_event(table, &s->events[event]);
	if (l->id)
		compile_fields(s, event, l, table->rows[l->id].fields);
	else if (!l->why)
		refuse(l, xasprintf("event kind not modelled: %s", s->events[event].name));
	l->next = t->all;
	t->all = l;
	return l;
}

void raw_type_init(struct raw_type *t, struct source *s, uint32_t event, const struct raw_table *table)
{
	*t = (struct raw_type){ 0 };
	t->kind = kind_of(s, event, &t->ip);
	if (t->kind == RAW_AS_EVENT)
		t->now = add_layout(t, s, event, table, 0);
}

void raw_type_fini(struct raw_type *t)
{
	struct raw_layout *next;

	for (struct raw_layout *l = t->all; l; l = next) {
		next = l->next;
		free(l->why);
		free(l->less);
		free(l);
	}
	*t = (struct raw_type){ 0 };
}

unsigned int raw_type_guess(struct source *s, uint32_t event, const struct raw_table *table)
{
	struct source_field ip;
	enum raw_kind kind = kind_of(s, event, &ip);
	struct raw_layout l = { .text = -1 };

	l.id = kind == RAW_AS_EVENT ? row_of_event(table, &s->events[event])
				    : row_of_name(table, kind, s->events[event].name);
	if (l.id)
		compile_fields(s, event, &l, table->rows[l.id].fields);
	free(l.why);
	free(l.less);
	return l.id;
}

struct raw_layout *raw_bind(struct raw_type *t, struct source *s, const struct raw_table *table,
			    const struct source_record *rec)
{
	uint64_t ip = 0;

	if (t->ip.size) {
		if ((uint32_t)t->ip.offset + t->ip.size > rec->size)
			return NULL;
		ip = raw_load(&t->ip, (const uint8_t *)rec->data + t->ip.offset);
	}
	for (t->now = t->all; t->now && t->now->ip != ip;)
		t->now = t->now->next;
	if (!t->now)
		t->now = add_layout(t, s, rec->event, table, ip);
	return t->now;
}

/* --- records ----------------------------------------------------------------------------------- */

uint64_t raw_load(const struct source_field *f, const uint8_t *p)
{
	union { uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; int8_t s8; int16_t s16; int32_t s32; } v;

	switch (f->size) {
	case 8:
		memcpy(&v, p, 8);
		return unlikely(f->swap) ? __builtin_bswap64(v.u64) : v.u64;
	case 4:
		memcpy(&v, p, 4);
		v.u32 = unlikely(f->swap) ? __builtin_bswap32(v.u32) : v.u32;
		return f->is_signed ? (uint64_t)(int64_t)v.s32 : v.u32;
	case 2:
		memcpy(&v, p, 2);
		v.u16 = unlikely(f->swap) ? __builtin_bswap16(v.u16) : v.u16;
		return f->is_signed ? (uint64_t)(int64_t)v.s16 : v.u16;
	case 1:
		memcpy(&v, p, 1);
		return f->is_signed ? (uint64_t)(int64_t)v.s8 : v.u8;
	default:
		return 0;
	}
}

/* Return: false when a dynamic text lies beyond its record. */
static bool load_text(const struct source_field *f, const struct source_record *rec, struct raw *out)
{
	const char *data = rec->data;
	uint32_t from = f->offset, len = rec->size - f->offset;

	if (f->is_dynamic) {
		uint32_t loc = raw_load(f, (const uint8_t *)data + f->offset);

		from = (loc & 0xffff) + (f->is_relative ? f->offset + f->size : 0);
		len = loc >> 16;
		if (from > rec->size || len > rec->size - from)
			return false;
	}
	out->text = data + from;
	out->text_len = strnlen(out->text, len);
	return true;
}

bool raw_decode(const struct raw_layout *l, const struct source_record *rec, struct raw *out)
{
	const uint8_t *data = rec->data;

	out->layout = l;
	out->ts_ns = rec->ts_ns;
	out->cpu = rec->cpu;
	for (unsigned int i = 0; i < l->nr; i++) {
		const struct source_field *f = &l->field[i];

		if (unlikely((uint32_t)f->offset + f->size > rec->size))
			return false;
		if (unlikely((int)i == l->text)) {
			if (!load_text(f, rec, out))
				return false;
		} else {
			out->v[i] = raw_load(f, data + f->offset);
		}
	}
	return true;
}
