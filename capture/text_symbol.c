// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of functions and the addresses made up for them. */
#include "capture/text_symbol.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/text_word.h"

#define FIRST		0x8000000000000000ULL	/* kernel addresses, and not canonical: nothing is there */
#define SHIFT		24			/* bytes of a function, at most */
#define MAX		65536

struct text_symbol {
	char	*name;
	size_t	 len;
	uint32_t index;
};

struct text_symbols {
	struct text_symbol **v;
	uint32_t	     nr;
};

struct text_symbols *text_symbols_new(void)
{
	return xcalloc(1, sizeof(struct text_symbols));
}

void text_symbols_free(struct text_symbols *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nr; i++) {
		free(s->v[i]->name);
		free(s->v[i]);
	}
	free(s->v);
	free(s);
}

static bool is_symbol(const struct text_symbol *sym, const char *name, size_t len)
{
	return sym->len == len && !memcmp(sym->name, name, len);
}

static const struct text_symbol *intern(struct text_symbols *s, const char *name, size_t len)
{
	struct text_symbol *sym;

	for (uint32_t i = 0; i < s->nr; i++)
		if (is_symbol(s->v[i], name, len))
			return s->v[i];
	if (s->nr == MAX)
		return NULL;
	if (!(s->nr & (s->nr - 1)))
		s->v = xreallocarray(s->v, s->nr ? 2 * (size_t)s->nr : 1, sizeof(*s->v));
	sym = s->v[s->nr] = xmalloc(sizeof(*sym));
	*sym = (struct text_symbol){ xasprintf("%.*s", (int)len, name), len, s->nr++ };
	return sym;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

bool text_symbol_find(struct text_symbols *s, const char *p, const char *end, const struct text_symbol **last,
		      uint64_t *addr)
{
	const char *q = p, *slash;
	uint64_t offset = 0;

	while (q < end && is_name(*q))
		q++;
	if (q == p || (*p >= '0' && *p <= '9') || q - p > 255)
		return false;
	if (q < end && *q == '+') {
		slash = memchr(q, '/', end - q);
		if (!slash || text_number(q + 1, slash, 16, &offset) != slash || offset >> SHIFT)
			return false;
	}
	if (!*last || !is_symbol(*last, p, q - p))
		*last = intern(s, p, q - p);
	if (!*last)
		return false;
	*addr = FIRST + ((uint64_t)(*last)->index << SHIFT) + offset;
	return true;
}

const char *text_symbol_name(const struct text_symbols *s, uint64_t addr, uint64_t *offset)
{
	uint64_t index = (addr - FIRST) >> SHIFT;

	if (addr < FIRST || index >= s->nr)
		return NULL;
	*offset = addr & ((1u << SHIFT) - 1);
	return s->v[index]->name;
}
