// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw records to numbers, by the table and the recording's own formats. */
#include "capture/raw.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *name, *fields;
} rows[RAW_NR] = {
	[RAW_NONE] = { "", "" },
#define RAW(id, event, names, handler) [RAW_##id] = { event, names },
#include "capture/events_x86.def"
#undef RAW
};

/* One word of the row's field list; false when the event cannot do without it and lacks it. */
static bool compile_field(struct source *s, uint32_t event, struct raw_layout *l, const char *word, size_t len)
{
	struct source_field *f = &l->field[l->nr];
	bool optional = *word == '?', text = *word == '$';
	char name[64];

	assert(l->nr < RAW_FIELDS_MAX && len < sizeof(name));
	memcpy(name, word + (optional || text), len - (optional || text));
	name[len - (optional || text)] = '\0';
	if (!s->ops->field(s, event, name, f) && !optional)
		return false;
	if (text)
		l->text = l->nr;
	else if (f->size > 8 || f->is_dynamic)
		return false;
	l->nr++;
	return true;
}

void raw_compile(struct source *s, uint32_t event, struct raw_layout *l)
{
	const char *word;

	*l = (struct raw_layout){ .text = -1 };
	for (unsigned int id = 1; id < RAW_NR && !l->id; id++)
		if (!strcmp(s->events[event].name, rows[id].name))
			l->id = id;
	for (word = rows[l->id].fields; *word;) {
		size_t len = strcspn(word, " ");

		if (!compile_field(s, event, l, word, len)) {
			*l = (struct raw_layout){ .text = -1 };
			return;
		}
		word += len;
		word += strspn(word, " ");
	}
}

static uint64_t load(const struct source_field *f, const uint8_t *p)
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
		uint32_t loc = load(f, (const uint8_t *)data + f->offset);

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
			out->v[i] = load(f, data + f->offset);
		}
	}
	return true;
}
