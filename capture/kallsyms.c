// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/kallsyms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct function {
	uint64_t addr;
	uint32_t name, len;	/* in the text */
};

struct kallsyms {
	const char	*text;
	struct function	*v;
	uint32_t	 nr, cap;
	char		 name[512];	/* KSYM_NAME_LEN, linux/kallsyms.h */
};

static const char *hex(const char *p, const char *end, uint64_t *out)
{
	for (*out = 0; p < end; p++) {
		if (*p >= '0' && *p <= '9')
			*out = *out << 4 | (*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*out = *out << 4 | (*p - 'a' + 10);
		else
			break;
	}
	return p;
}

static void add_line(struct kallsyms *k, const char *p, const char *end)
{
	uint64_t addr;
	const char *name;

	p = hex(p, end, &addr);
	if (!addr || end - p < 4 || p[0] != ' ' || p[2] != ' ' || !strchr("tTwW", p[1]))
		return;
	name = p + 3;
	for (p = name; p < end && *p != '\t' && *p != ' ';)
		p++;
	/* Padding in front of a function, which would hide the one before it. */
	if (p == name || (p - name > 6 && !memcmp(name, "__pfx_", 6)))
		return;
	if (k->nr == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 4096;
		k->v = xreallocarray(k->v, k->cap, sizeof(*k->v));
	}
	k->v[k->nr++] = (struct function){ addr, name - k->text, p - name };
}

struct kallsyms *kallsyms_parse(const char *text, size_t len)
{
	struct kallsyms *k = xcalloc(1, sizeof(*k));
	const char *end = text + (len < UINT32_MAX ? len : UINT32_MAX);

	k->text = text;
	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;

		add_line(k, text, stop);
		text = stop + 1;
	}
	if (k->nr)
		return k;
	kallsyms_free(k);
	return NULL;
}

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	free(k->v);
	free(k);
}

const char *kallsyms_find(struct kallsyms *k, uint64_t addr, uint64_t *offset)
{
	const struct function *best = NULL;

	/* Modules come in no order; one pass is cheaper than sorting for the few that are asked. */
	for (const struct function *f = k->v; f < k->v + k->nr; f++)
		if (f->addr <= addr && (!best || f->addr > best->addr))
			best = f;
	if (!best || best->len >= sizeof(k->name))
		return NULL;
	memcpy(k->name, k->text + best->name, best->len);
	k->name[best->len] = '\0';
	*offset = addr - best->addr;
	return k->name;
}

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr > y->addr ? 1 : -1;
	return (x->name > y->name) - (x->name < y->name);
}

/* Its whole line, with a newline. */
static void put_line(FILE *m, const char *text, const struct function *f)
{
	const char *from = text + f->name, *to = from + f->len;

	while (from > text && from[-1] != '\n')
		from--;
	fwrite(from, 1, to - from, m);
	if (*to == '\t')	/* a module's name */
		fwrite(to, 1, strcspn(to, "\n"), m);
	fputc('\n', m);
}

char *kallsyms_subset(struct kallsyms *k, bool (*wanted)(void *arg, const char *name, size_t len), void *arg)
{
	const struct function *open = NULL;	/* taken, and its end is not there yet */
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);

	qsort(k->v, k->nr, sizeof(*k->v), by_address);
	for (const struct function *f = k->v; f < k->v + k->nr; f++) {
		bool take = wanted(arg, k->text + f->name, f->len);

		if (take || (open && f->addr > open->addr))
			put_line(m, k->text, f);
		if (take)
			open = f;
		else if (open && f->addr > open->addr)
			open = NULL;
	}
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	return text;
}
