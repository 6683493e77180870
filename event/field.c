/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table of fields by payload, one of flags; getters and setters by X-macro. */
#include "event/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum payload {
	PAYLOAD_none, PAYLOAD_access, PAYLOAD_think, PAYLOAD_gpte, PAYLOAD_walk, PAYLOAD_hvas, PAYLOAD_gfns,
	PAYLOAD_slot,
	PAYLOAD_spte, PAYLOAD_set, PAYLOAD_map, PAYLOAD_page, PAYLOAD_fast, PAYLOAD_mmio,
	PAYLOAD_s2, PAYLOAD_pte, PAYLOAD_wait, PAYLOAD_pin, PAYLOAD_op,
};

static const uint8_t payload_of[OBS_END] = {
#define STIM(id, name, payload, is_range) [EV_##id] = PAYLOAD_##payload,
#include "event/event.def"
#undef STIM
#define OBS(id, name, payload) [OBS_##id] = PAYLOAD_##payload,
#include "kvm/observe.def"
#undef OBS
};

enum format { FORMAT_DEC, FORMAT_HEX, FORMAT_RET_PF, FORMAT_CHANGE, FORMAT_PIN, FORMAT_OP, NR_FORMATS };

/* Words of a format; NULL where the number has none and is written as such. */
static const char *ret_pf_word(unsigned int v)
{
	return v < RET_PF_NR || v == RET_PF_UNKNOWN ? ret_pf_name(v) : NULL;
}

static const char *change_word(unsigned int v)
{
	static const char *const words[] = {
		[EV_SLOT_CREATE] = "create", [EV_SLOT_DELETE] = "delete",
		[EV_SLOT_MOVE] = "move", [EV_SLOT_FLAGS] = "flags",
	};

	return v < ARRAY_SIZE(words) ? words[v] : NULL;
}

static const char *pin_word(unsigned int v)
{
	return v < PIN_NR ? obs_pin_name(v) : NULL;
}

static const char *op_word(unsigned int v)
{
	return v < EV_NR_OPS ? ev_op_name(v) : NULL;
}

static const char *(*const words[NR_FORMATS])(unsigned int v) = {
	[FORMAT_RET_PF] = ret_pf_word,
	[FORMAT_CHANGE] = change_word,
	[FORMAT_PIN] = pin_word,
	[FORMAT_OP] = op_word,
};

/* @set keeps what fits; comparing with @get tells whether all did. */
#define FIELD(payload, key, member, format, always)				\
	static uint64_t get_##payload##_##key(const struct ev *ev)		\
	{									\
		return ev->member;						\
	}									\
	static void set_##payload##_##key(struct ev *ev, uint64_t v)		\
	{									\
		ev->member = v;							\
	}
#include "event/field.def"
#undef FIELD

static const struct field {
	enum payload	 payload;
	const char	*key;
	enum format	 format;
	bool		 always;
	uint64_t	 (*get)(const struct ev *ev);
	void		 (*set)(struct ev *ev, uint64_t v);
} fields[] = {
#define FIELD(payload, key, member, format, always)			\
	{ PAYLOAD_##payload, #key, FORMAT_##format, always,		\
	  get_##payload##_##key, set_##payload##_##key },
#include "event/field.def"
#undef FIELD
};

static const struct flag {
	enum payload	 payload;
	uint8_t		 bit;
	const char	*word;
} flags[] = {
	{ PAYLOAD_access, EV_F_R, "r" },
	{ PAYLOAD_access, EV_F_W, "w" },
	{ PAYLOAD_access, EV_F_X, "x" },
	{ PAYLOAD_access, EV_F_P, "p" },
	{ PAYLOAD_access, EV_F_PFN, "pfn" },
	{ PAYLOAD_access, EV_F_HOSTWR, "hostwr" },
	{ PAYLOAD_access, EV_F_NESTED, "nested" },
	{ PAYLOAD_access, EV_F_OPEN, "open" },
	{ PAYLOAD_hvas, EV_F_NESTED, "nested" },
	{ PAYLOAD_hvas, EV_F_OPEN, "open" },
	{ PAYLOAD_hvas, EV_F_NOBLOCK, "noblock" },
	{ PAYLOAD_hvas, EV_F_FLUSH, "flush" },
	{ PAYLOAD_hvas, EV_F_YOUNG, "young" },
	{ PAYLOAD_hvas, EV_F_MATCHED, "matched" },
	{ PAYLOAD_gfns, EV_F_LAST, "last" },
	{ PAYLOAD_gfns, EV_F_PRIVATE, "private" },
	{ PAYLOAD_gfns, EV_F_BESIDE, "beside" },
	{ PAYLOAD_gpte, EV_F_INFERRED, "inferred" },
	{ PAYLOAD_walk, EV_F_LOADS, "loads" },
	{ PAYLOAD_none, EV_F_NESTED, "nested" },
	{ PAYLOAD_slot, EV_F_NESTED, "nested" },
	{ PAYLOAD_slot, EV_F_OPEN, "open" },
	{ PAYLOAD_slot, EV_F_BESIDE, "beside" },
};

bool field_number(const char *text, uint64_t *out)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text;
	size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (!len || digits[len])
		return false;
	errno = 0;
	*out = strtoull(digits, NULL, hex ? 16 : 10);
	return errno == 0;
}

static void write_value(const struct field *f, uint64_t v, FILE *out)
{
	const char *word = words[f->format] && v <= UINT8_MAX ? words[f->format](v) : NULL;

	if (word)
		fprintf(out, " %s=%s", f->key, word);
	else
		fprintf(out, f->format == FORMAT_DEC ? " %s=%llu" : " %s=0x%llx", f->key, (unsigned long long)v);
}

void field_write_all(const struct ev *ev, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		uint64_t v;

		if (f->payload != payload_of[ev->kind])
			continue;
		v = f->get(ev);
		if (v || f->always)
			write_value(f, v, out);
	}
}

static bool read_value(const struct field *f, const char *text, uint64_t *v)
{
	for (*v = 0; words[f->format] && *v <= UINT8_MAX; ++*v) {
		const char *word = words[f->format](*v);

		if (word && !strcmp(word, text))
			return true;
	}
	return field_number(text, v);
}

const char *field_read(struct ev *ev, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		uint64_t v;

		if (f->payload != payload_of[ev->kind] || strcmp(f->key, key))
			continue;
		if (!read_value(f, value, &v))
			return "has no such value";
		f->set(ev, v);
		return f->get(ev) == v ? NULL : "is too large";
	}
	return "is no field of this kind";
}

void field_write_flags(const struct ev *ev, FILE *out)
{
	const char *comma = "";
	uint8_t left = ev->flags;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].payload == payload_of[ev->kind] && (left & flags[i].bit)) {
			fprintf(out, "%s%s", comma, flags[i].word);
			left &= ~flags[i].bit;
			comma = ",";
		}
	}
	if (left)
		fprintf(out, "%s0x%x", comma, left);
	else if (!*comma)
		fputc('-', out);
}

static bool read_flag(struct ev *ev, const char *word)
{
	uint64_t bits;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].payload == payload_of[ev->kind] && !strcmp(flags[i].word, word)) {
			ev->flags |= flags[i].bit;
			return true;
		}
	}
	if (!field_number(word, &bits) || bits > UINT8_MAX)
		return false;
	ev->flags |= bits;
	return true;
}

const char *field_read_flags(struct ev *ev, char *text)
{
	char *word, *rest = text;

	if (!strcmp(text, "-"))
		return NULL;
	while ((word = strsep(&rest, ","))) {
		if (!read_flag(ev, word))
			return "is no flag of this kind";
	}
	return NULL;
}
