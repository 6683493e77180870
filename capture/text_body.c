// SPDX-License-Identifier: GPL-2.0-or-later
/* Bodies by the forms of text_events.def, and by the names they say themselves. */
#include "capture/text_body.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/text_symbol.h"

#define FORMS		6
#define STEPS		20

static const struct row {
	const char *system, *event, *fields, *forms[FORMS];
} rows[] = {
#define TEXT(system, event, fields, ...) { #system, #event, fields, { __VA_ARGS__ } },
#include "capture/text_events.def"
#undef TEXT
};

enum step_kind {
	STEP_END,
	STEP_LITERAL,		/* @text; each blank of it is one or more */
	STEP_NUMBER,		/* @base */
	STEP_FLAGS,		/* @text "A,B,C" by bit */
	STEP_ONE_OF,		/* @text "A,B,C" by number */
	STEP_TEXT,
	STEP_THREAD,
	STEP_WORDS,		/* @word */
	STEP_SKIP,		/* one word */
	STEP_REST,
};

struct step {
	enum step_kind	 kind;
	unsigned int	 field, base;
	const char	*text;
	size_t		 len;
	const struct text_word *word;
};

struct field {
	char		*name;
	size_t		 len;
	unsigned int	 base;	/* of numbers without "0x" */
	bool		 is_text;
};

struct text_grammar {
	const char	*system;
	struct field	 fields[TEXT_FIELDS];
	unsigned int	 nr;
	struct step	 forms[FORMS][STEPS];
	unsigned int	 nr_forms, last;	/* @last: the form that fitted last time */
	bool		 has_text;
	bool		 learns;		/* a probe: names come from the lines */
	const struct text_symbol *where;	/* it was in the last line */
	bool		 blind;			/* bodies are not looked at */
};

/* --- compiling ------------------------------------------------------------------------- */

static int find_field(const struct text_grammar *g, const char *name, size_t len)
{
	for (unsigned int i = 0; i < g->nr; i++)
		if (g->fields[i].len == len && !memcmp(g->fields[i].name, name, len))
			return i;
	return -1;
}

static void add_field(struct text_grammar *g, const char *name, size_t len, unsigned int base)
{
	g->fields[g->nr++] = (struct field){ .name = xasprintf("%.*s", (int)len, name), .len = len, .base = base };
}

static void compile_fields(struct text_grammar *g, const char *p)
{
	while (*p) {
		size_t len = strcspn(p, ": "), all = strcspn(p, " ");

		assert(g->nr < TEXT_FIELDS);
		add_field(g, p, len, all > len ? 16 : 10);
		p += all;
		p += strspn(p, " ");
	}
}

static const struct text_word *find_word(const char *name, size_t len)
{
	const struct text_word *w = text_words;

	while (w->name && (strncmp(w->name, name, len) || w->name[len]))
		w++;
	assert(w->name);
	return w;
}

/* "{gfn}", "{flags&SPIN,READ}", ...: @p .. @end is what the braces hold. */
static struct step compile_field(struct text_grammar *g, const char *p, const char *end)
{
	size_t len = strcspn(p, "&|$@!=}");
	struct step s = { .kind = STEP_NUMBER, .text = p + len + 1, .len = end - p - len - 1 };
	int field;

	if (end - p == 1 && (*p == '*' || *p == '_'))
		return (struct step){ .kind = *p == '*' ? STEP_REST : STEP_SKIP };
	field = find_field(g, p, len);
	assert(field >= 0);
	s.field = field;
	s.base = g->fields[field].base;
	switch (p[len]) {
	case '&':
		s.kind = STEP_FLAGS;
		break;
	case '|':
		s.kind = STEP_ONE_OF;
		break;
	case '@':
		s.kind = STEP_THREAD;
		break;
	case '=':
		s.base = 16;
		break;
	case '$':
		s.kind = STEP_TEXT;
		g->has_text = g->fields[field].is_text = true;
		break;
	case '!':
		s.kind = STEP_WORDS;
		s.word = find_word(s.text, s.len);
		break;
	}
	return s;
}

static void compile_form(struct text_grammar *g, const char *p)
{
	struct step *s = g->forms[g->nr_forms++];

	for (unsigned int n = 0; *p; n++) {
		const char *end = *p == '{' ? strchr(p, '}') : p + strcspn(p, "{");

		assert(end && n < STEPS - 1);
		if (*p == '{') {
			s[n] = compile_field(g, p + 1, end);
			p = end + 1;
		} else {
			s[n] = (struct step){ .kind = STEP_LITERAL, .text = p, .len = end - p };
			p = end;
		}
	}
}

static const char *guess_system(const char *event)
{
	if (!strncmp(event, "kvm_", 4))
		return "kvm";
	if (!strncmp(event, "sys_e", 5))
		return "syscalls";
	return !strcmp(event, "function") || strstr(event, "_stack") ? "ftrace" : "unknown";
}

/* "(symbol+0x0/0x10) ...", "(callee <- caller) ...", and as trace-cmd report -R has them. */
static bool is_probe(const char *body, size_t len)
{
	return len && (*body == '(' || (len > 8 && !memcmp(body, "__probe_", 8)));
}

static bool is_return(const char *body, size_t len)
{
	const char *close = *body == '(' ? memchr(body, ')', len) : NULL;

	return close ? memmem(body, close - body, " <- ", 4) != NULL : len > 12 && !memcmp(body, "__probe_func", 12);
}

struct text_grammar *text_grammar_new(const char *event, const char *body, size_t len)
{
	struct text_grammar *g = xcalloc(1, sizeof(*g));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].event, event))
			continue;
		g->system = rows[i].system;
		compile_fields(g, rows[i].fields);
		for (unsigned int f = 0; f < FORMS && rows[i].forms[f]; f++)
			compile_form(g, rows[i].forms[f]);
		return g;
	}
	g->learns = is_probe(body, len);
	g->blind = !g->learns;
	if (g->learns)
		add_field(g, is_return(body, len) ? "__probe_func" : "__probe_ip", is_return(body, len) ? 12 : 10, 16);
	g->system = g->learns ? "kprobes" : guess_system(event);
	return g;
}

void text_grammar_free(struct text_grammar *g)
{
	if (!g)
		return;
	for (unsigned int i = 0; i < g->nr; i++)
		free(g->fields[i].name);
	free(g);
}

const char *text_grammar_system(const struct text_grammar *g)
{
	return g->system;
}

int text_grammar_field(const struct text_grammar *g, const char *name)
{
	return find_field(g, name, strlen(name));
}

bool text_grammar_is_text(const struct text_grammar *g, unsigned int field)
{
	return field < g->nr && g->fields[field].is_text;
}

/* --- forms --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A blank may have been taken already, by blanks after a word that is not there. */
static const char *step_literal(const struct step *s, const char *begin, const char *p, const char *end)
{
	for (size_t i = 0; i < s->len; i++) {
		if (s->text[i] != ' ') {
			if (p == end || *p++ != s->text[i])
				return NULL;
			continue;
		}
		if (!(p < end && is_blank(*p)) && !(p > begin && is_blank(p[-1])))
			return NULL;
		while (p < end && is_blank(*p))
			p++;
	}
	return p;
}

/* The number in @list of the word @p .. @end - 1, or -1. */
static int word_in(const char *list, size_t list_len, const char *p, const char *end)
{
	const char *stop = list + list_len;

	for (int n = 0; list < stop; n++) {
		const char *comma = memchr(list, ',', stop - list);
		size_t len = (comma ? comma : stop) - list;

		if (len == (size_t)(end - p) && !memcmp(list, p, len))
			return n;
		list += len + 1;
	}
	return -1;
}

static const char *word_end(const char *p, const char *end)
{
	while (p < end && !strchr(" \t|),", *p))
		p++;
	return p;
}

/* No flag at all leaves nothing between the blanks: what is there is the form's next word then. */
static const char *step_flags(const struct step *s, const char *p, const char *end, uint64_t *v)
{
	*v = 0;
	for (const char *begin = p;;) {
		const char *stop = word_end(p, end);
		int bit = word_in(s->text, s->len, p, stop);
		uint64_t rest;

		if (bit < 0 && text_number(p, stop, 16, &rest) != stop)
			return p == begin ? p : NULL;
		*v |= bit < 0 ? rest : BIT_ULL(bit);
		if (stop == end || *stop != '|')
			return stop;
		p = stop + 1;
	}
}

static const char *step_one_of(const struct step *s, const char *p, const char *end, uint64_t *v)
{
	const char *stop = word_end(p, end);
	int n = word_in(s->text, s->len, p, stop);

	*v = n;
	return n < 0 ? NULL : stop;
}

static const char *run_step(const struct step *s, struct text_context *c, const char *begin, const char *p,
			    const char *end, struct text_values *out)
{
	uint64_t *v = &out->v[s->field];

	switch (s->kind) {
	case STEP_LITERAL:
		return step_literal(s, begin, p, end);
	case STEP_NUMBER:
		p = text_number(p, end, s->base, v);
		break;
	case STEP_FLAGS:
		p = step_flags(s, p, end, v);
		break;
	case STEP_ONE_OF:
		p = step_one_of(s, p, end, v);
		break;
	case STEP_WORDS:
		p = s->word->fn(c, p, end, v);
		out->have |= ((1u << s->word->nr) - 1) << s->field;
		return p;
	case STEP_TEXT:
		out->text = p;
		out->text_len = end - p;
		p = end;
		break;
	case STEP_THREAD:
		*v = c->vcpu;
		out->have |= (uint32_t)(c->vcpu >= 0) << s->field;
		return p;
	case STEP_SKIP:
		while (p < end && !is_blank(*p))
			p++;
		return p;
	case STEP_REST:
	case STEP_END:
		return end;
	}
	out->have |= 1u << s->field;
	return p;
}

static bool run_form(const struct step *s, struct text_context *c, const char *p, const char *end,
		     struct text_values *out)
{
	const char *begin = p;

	out->have = 0;
	c->partial = false;
	for (; s->kind && p; s++)
		p = run_step(s, c, begin, p, end, out);
	while (p && p < end && is_blank(*p))
		p++;
	return p == end;
}

static bool run_forms(struct text_grammar *g, struct text_context *c, const char *p, const char *end,
		      struct text_values *out)
{
	if (g->nr_forms && run_form(g->forms[g->last], c, p, end, out))
		return true;
	for (unsigned int i = 0; i < g->nr_forms; i++)
		if (run_form(g->forms[i], c, p, end, out)) {
			g->last = i;
			return true;
		}
	out->have = 0;
	c->partial = false;
	return false;
}

/* --- name=value ------------------------------------------------------------------------------- */

/* Behind "name=" at @p, or NULL. */
static const char *name_end(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == '_' || isalnum((unsigned char)*q)))
		q++;
	return q > p && q < end && *q == '=' ? q + 1 : NULL;
}

/* A value: to the next blank or comma, or all of "a string". */
static const char *value_end(const char *p, const char *end)
{
	if (p < end && *p == '"') {
		const char *close = memchr(p + 1, '"', end - p - 1);

		return close ? close + 1 : NULL;
	}
	while (p < end && !is_blank(*p) && *p != ',')
		p++;
	return p;
}

/* The field that is to be next is next nearly always. */
static int field_of(struct text_grammar *g, const char *name, size_t len, unsigned int next)
{
	int i;

	if (next < g->nr && g->fields[next].len == len && !memcmp(g->fields[next].name, name, len))
		return next;
	i = find_field(g, name, len);
	if (i >= 0 || !g->learns || g->nr == TEXT_FIELDS)
		return i;
	add_field(g, name, len, 10);
	return g->nr - 1;
}

static bool run_words(struct text_grammar *g, const char *p, const char *end, struct text_values *out)
{
	unsigned int next = out->have ? 1 : 0;		/* behind a probe's place */

	for (;;) {
		const char *value, *stop;
		int field;

		while (p < end && (is_blank(*p) || *p == ','))
			p++;
		if (p == end)
			return true;
		value = name_end(p, end);
		stop = value ? value_end(value, end) : NULL;
		if (!stop)
			return false;
		field = field_of(g, p, value - 1 - p, next);
		if (field >= 0 && text_number(value, stop, g->fields[field].base, &out->v[field]) == stop)
			out->have |= 1u << field;
		next = field + 1;
		p = stop;
	}
}

/*
 * Where a probe is: "(address)" and "(callee's <- caller's)" by trace-cmd, "(symbol+0x4/0x10 [kvm])" and
 * "(caller+0x4/0x10 <- callee)" by the kernel.
 */
static void probe_place(struct text_grammar *g, struct text_context *c, const char *p, const char *end,
			struct text_values *out)
{
	const char *arrow = memmem(p, end - p, " <- ", 4);
	const char *stop = text_number(p, end, 16, &out->v[0]);

	if (!stop && arrow)
		p = arrow + 4;
	if (stop && (stop == end || stop == arrow))
		out->have |= 1;
	else if (text_symbol_find(c->symbols, p, end, &g->where, &out->v[0]))
		out->have |= 1;
}

/* What precedes the words: where a probe is, or that trace-cmd cannot do better.  NULL: no words follow. */
static const char *before_words(struct text_grammar *g, struct text_context *c, const char *p, const char *end,
				struct text_values *out)
{
	static const char failed[] = "[FAILED TO PARSE]";

	if (p < end && *p == '(') {
		const char *close = memchr(p, ')', end - p);

		if (!close || (close + 1 < end && !is_blank(close[1])))
			return NULL;
		if (g->learns)
			probe_place(g, c, p + 1, close, out);
		return close + 1;
	}
	if (end - p >= (long)sizeof(failed) - 1 && !memcmp(p, failed, sizeof(failed) - 1))
		return p + sizeof(failed) - 1;
	return name_end(p, end) ? p : NULL;
}

bool text_is_words(const char *p, size_t len)
{
	const char *end = p + len;
	bool any = false;

	for (;;) {
		while (p < end && (is_blank(*p) || *p == '>' || *p == '|'))
			p++;
		if (p == end)
			return any;
		p = name_end(p, end);
		p = p ? value_end(p, end) : NULL;
		if (!p)
			return false;
		any = true;
	}
}

enum text_fit text_body_parse(struct text_grammar *g, struct text_context *c, const char *body, size_t len,
			      struct text_values *out)
{
	const char *end = body + len, *words;

	out->have = 0;
	c->partial = false;
	if (g->blind)
		return TEXT_FITS;
	words = g->has_text ? NULL : before_words(g, c, body, end, out);
	if (!words)
		return run_forms(g, c, body, end, out) ? TEXT_FITS : TEXT_UNFIT;
	if (run_words(g, words, end, out))
		return TEXT_WORDS;
	out->have = 0;
	return TEXT_UNFIT;
}
