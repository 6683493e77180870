// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct type {
	const char *name;
	uint8_t	    size;
	bool	    is_signed;
	const char *print;		/* as kprobes print it */
};

/* x86_64 and arm64, which agree. */
static const struct type types[] = {
	{ "bool", 1, false, "%u" }, { "u8", 1, false, "%u" }, { "__u8", 1, false, "%u" }, { "s8", 1, true, "%d" },
	{ "signed char", 1, true, "%d" }, { "u32", 4, false, "%u" }, { "__u32", 4, false, "%u" },
	{ "unsigned int", 4, false, "%u" }, { "unsigned", 4, false, "%u" }, { "int", 4, true, "%d" },
	{ "s32", 4, true, "%d" }, { "u64", 8, false, "0x%Lx" }, { "__u64", 8, false, "0x%Lx" },
	{ "unsigned long", 8, false, "0x%lx" }, { "unsigned long long", 8, false, "0x%Lx" },
	{ "gpa_t", 8, false, "0x%Lx" }, { "gfn_t", 8, false, "0x%Lx" }, { "void *", 8, false, "%p" },
	{ "u64 *", 8, false, "%p" },
};

static const struct type *type_of(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].name) == len && !memcmp(types[i].name, name, len))
			return &types[i];
	abort();	/* a row of the table names a type that is not in this one */
}

struct texts {			/* of one format file, as it grows */
	FILE *fields, *print, *args;
};

static void put_field(FILE *out, const char *type, size_t type_len, const char *name, size_t name_len,
		      const struct shape_field *f, bool is_signed)
{
	fprintf(out, "\tfield:%.*s %.*s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", (int)type_len, type, (int)name_len, name,
		f->offset, f->size, is_signed);
}

/* The field declared at @p, up to @end. */
static void add_field(struct shape *s, const struct shape_row *row, const char *p, const char *end, struct texts *t)
{
	const char *name = end;
	const struct type *type;
	struct shape_field *f;

	while (name[-1] != ' ')
		name--;
	type = type_of(p, (size_t)(name - 1 - p));
	if (s->nr == SHAPE_FIELDS_MAX)
		abort();
	if (row->sort == SHAPE_TRACEPOINT)
		s->size = (uint16_t)((s->size + type->size - 1) / type->size * type->size);
	f = &s->field[s->nr++];
	*f = (struct shape_field){ s->size, type->size };
	s->size += type->size;
	put_field(t->fields, p, (size_t)(name - 1 - p), name, (size_t)(end - name), f, type->is_signed);
	fprintf(t->print, " %.*s=%s", (int)(end - name), name, type->print);
	fprintf(t->args, ", REC->%.*s", (int)(end - name), name);
}

static void add_fields(struct shape *s, const struct shape_row *row, struct texts *t)
{
	for (const char *p = row->fields; *p;) {
		const char *end = strchrnul(p, ';');

		add_field(s, row, p, end, t);
		p = end + strspn(end, "; ");
	}
}

/* Where a probe was hit: its address, or that of the function it returns from and where to. */
static void add_place(struct shape *s, const struct shape_row *row, FILE *fields)
{
	static const struct shape_field at[] = { { SHAPE_COMMON_BYTES, 8 }, { SHAPE_COMMON_BYTES + 8, 8 } };
	static const char ip[] = "__probe_ip", func[] = "__probe_func", ret_ip[] = "__probe_ret_ip", type[] = "unsigned long";

	s->size = SHAPE_COMMON_BYTES;
	if (row->sort == SHAPE_TRACEPOINT)
		return;
	if (row->sort == SHAPE_PROBE) {
		put_field(fields, type, strlen(type), ip, strlen(ip), &at[0], false);
		s->size += 8;
		return;
	}
	put_field(fields, type, strlen(type), func, strlen(func), &at[0], false);
	put_field(fields, type, strlen(type), ret_ip, strlen(ret_ip), &at[1], false);
	s->size += 16;
}

static const char *const common =
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n";

static char *print_of(const struct shape_row *row, const char *print, const char *args)
{
	switch (row->sort) {
	case SHAPE_PROBE:
		return xasprintf("\"(%%lx)%s\", REC->__probe_ip%s", print, args);
	case SHAPE_RETURN:
		return xasprintf("\"(%%lx <- %%lx)%s\", REC->__probe_func, REC->__probe_ret_ip%s", print, args);
	default:
		return xstrdup(row->print);
	}
}

static FILE *open_text(char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	if (!f)
		abort();
	return f;
}

char *shape_of(const struct shape_row *row, uint16_t id, struct shape *out)
{
	char *fields, *print, *args, *shown, *all;
	size_t len[3];
	struct texts t = { open_text(&fields, &len[0]), open_text(&print, &len[1]), open_text(&args, &len[2]) };

	*out = (struct shape){ .id = id };
	add_place(out, row, t.fields);
	add_fields(out, row, &t);
	out->size = (uint16_t)((out->size + 3) / 4 * 4);
	fclose(t.fields);
	fclose(t.print);
	fclose(t.args);
	shown = print_of(row, print, args);
	all = xasprintf("name: %s\nID: %u\nformat:\n%s\n%s\nprint fmt: %s\n", row->name, id, common, fields, shown);
	free(fields);
	free(print);
	free(args);
	free(shown);
	return all;
}

#define RETURN_OFFSET	0x40		/* of where a call goes back to, in the caller that nobody knows */

void shape_encode(const struct shape *s, const struct shape_row *row, int32_t pid, uint64_t ip, const uint64_t *values,
		  uint8_t *out)
{
	const uint64_t back = ip + RETURN_OFFSET;

	memset(out, 0, s->size);
	memcpy(out, &s->id, 2);
	memcpy(out + 4, &pid, 4);
	if (row->sort != SHAPE_TRACEPOINT)
		memcpy(out + SHAPE_COMMON_BYTES, &ip, 8);
	if (row->sort == SHAPE_RETURN)
		memcpy(out + SHAPE_COMMON_BYTES + 8, &back, 8);
	for (unsigned int i = 0; i < s->nr; i++)	/* little endian, as all hosts the lab knows */
		memcpy(out + s->field[i].offset, &values[i], s->field[i].size);
}
