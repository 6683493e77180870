/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RAW_H
#define CAPTURE_RAW_H

#include "capture/source.h"

/*
 * Raw records to numbers: rows of a table of events (events_ARCH.def) against
 * the formats of one recording.  Nothing here knows what the numbers mean.
 *
 * An event of the recording becomes a row's
 *
 * - as a tracepoint, by system and name.  A source that has no systems ("") is taken
 *   by name alone; a kprobe or synthetic event that borrowed the name is not.
 * - as a probe, by the function probed, and its arguments by name.  Neither its
 *   group nor its own name matter where the source tells symbols.  One on a
 *   function's beginning has __probe_ip, one on its return __probe_func (kprobes
 *   and fprobes alike).  An event may hold several probes: each address is
 *   looked up once.  Where the source knows no symbol, the name tells: a symbol of the
 *   row, or its nickname, as it is or within what tools put around it ("p_SYMBOL_0",
 *   "SYMBOL_ret", "SYMBOL__return").
 *
 * Uprobes are never taken, whatever their names.  What is refused says why.
 */
enum raw_kind {
	RAW_AS_EVENT,	/* names: "system:name" */
	RAW_AS_ENTRY,	/* names: "symbol symbol ~nickname", of all releases */
	RAW_AS_RETURN,
};

/*
 * fields: words; each is one name or several ("gpa|guest_phys_addr": whichever is there), behind
 * '?' when the event is of use without it (the value is 0 then, see raw_has()), behind '$' when it is a text.
 */
struct raw_row {
	enum raw_kind	kind;
	const char	*names, *fields;	/* names NULL: no event is of this row */
};

struct raw_table {
	const struct raw_row *rows;	/* row 0: none */
	unsigned int	nr;
};

#define RAW_NONE	0
#define RAW_FIELDS_MAX	8

struct raw_layout {		/* of one event, or of one probe in it */
	unsigned int	id;	/* its row; RAW_NONE: not taken, for @why */
	unsigned int	nr;
	struct source_field field[RAW_FIELDS_MAX];	/* size 0: not there */
	int		text;	/* index of the '$' field, -1: none */
	uint64_t	ip;	/* of a probe, where it is */
	uint64_t	n;	/* records; the owner's to count */
	char		*why;	/* "kvm_exit: lacks field isa"; NULL: it is taken */
	char		*less;	/* fields it does without, in the same words; NULL: none */
	struct raw_layout *next;
};

struct raw_type {		/* one event type of the recording */
	enum raw_kind	   kind;
	struct source_field ip;	/* probes; size 0: the source does not give it */
	struct raw_layout *now;	/* the last record's */
	struct raw_layout *all;
};

struct raw {			/* one record, decoded */
	const struct raw_layout *layout;
	uint64_t	ts_ns;
	uint64_t	v[RAW_FIELDS_MAX];	/* fields in the order of the row, sign extended */
	const char	*text;			/* '$' field; not terminated */
	uint32_t	text_len;
	uint32_t	cpu;
};

static inline unsigned int raw_id(const struct raw *r)
{
	return r->layout->id;
}

static inline bool raw_has(const struct raw *r, unsigned int i)
{
	return r->layout->field[i].size;
}

/* Looks at @s's event @event; raw_type_fini() frees it. */
void raw_type_init(struct raw_type *t, struct source *s, uint32_t event, const struct raw_table *table);
void raw_type_fini(struct raw_type *t);
/*
 * The row its records are going to be, as far as its format and name tell: RAW_NONE may be a probe of ours all the
 * same.
 */
unsigned int raw_type_guess(struct source *s, uint32_t event, const struct raw_table *table);
/* The layout of @rec, slowly; for raw_layout_of(). */
struct raw_layout *raw_bind(struct raw_type *t, struct source *s, const struct raw_table *table,
			    const struct source_record *rec);
uint64_t raw_load(const struct source_field *f, const uint8_t *p);
/* Return: false when the record is too short for its own format. */
bool raw_decode(const struct raw_layout *l, const struct source_record *rec, struct raw *out);

/* Return: NULL when the record is too short to tell. */
static inline struct raw_layout *raw_layout_of(struct raw_type *t, struct source *s, const struct raw_table *table,
					       const struct source_record *rec)
{
	if (likely(t->kind == RAW_AS_EVENT))
		return t->now;
	if (likely(t->now)) {
		if (!t->ip.size)
			return t->now;
		if (unlikely((uint32_t)t->ip.offset + t->ip.size > rec->size))
			return NULL;
		if (likely(t->now->ip == raw_load(&t->ip, (const uint8_t *)rec->data + t->ip.offset)))
			return t->now;
	}
	return raw_bind(t, s, table, rec);
}

#endif
