// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/kallsyms.h"

#define MARKER	"tracing_mark_"		/* what it is called in all releases begins so */

struct name {
	const char *at;
	size_t	    len;
};

struct names {
	struct name *v;
	size_t	     nr;
};

bool symbols_printed(const char *format)
{
	while ((format = strstr(format, "%p")))
		if (strchr("sSfFB", *(format += 2)) && *format)
			return true;
	return false;
}

/* "p:GROUP/NAME [MODULE:]SYMBOL[+OFFSET] ARGUMENTS", also "r16:..." and "f:...". */
static void add_probe(struct names *names, const char *line, size_t len, const char *group)
{
	const char *end = line + len, *colon = memchr(line, ':', len), *symbol;
	size_t group_len = strlen(group);

	if (!colon || (size_t)(end - colon - 1) <= group_len || strncmp(colon + 1, group, group_len) ||
	    colon[1 + group_len] != '/')
		return;
	symbol = memchr(colon, ' ', end - colon);
	if (!symbol)
		return;
	len = strcspn(++symbol, " +\n");
	colon = memchr(symbol, ':', len);
	if (colon) {
		len -= colon + 1 - symbol;
		symbol = colon + 1;
	}
	names->v = xreallocarray(names->v, names->nr + 1, sizeof(*names->v));
	names->v[names->nr++] = (struct name){ symbol, len };
}

static bool wanted(void *arg, const char *name, size_t len)
{
	const struct names *names = arg;

	if (len >= sizeof(MARKER) - 1 && !memcmp(name, MARKER, sizeof(MARKER) - 1))
		return true;
	for (size_t i = 0; i < names->nr; i++)
		if (names->v[i].len == len && !memcmp(names->v[i].at, name, len))
			return true;
	return false;
}

char *symbols_needed(const char *kallsyms, const char *probes, const char *group)
{
	struct kallsyms *k = kallsyms_parse(kallsyms, strlen(kallsyms));
	struct names names = { 0 };
	char *text = NULL;

	for (const char *line = probes; line && *line;) {
		size_t len = strcspn(line, "\n");

		add_probe(&names, line, len, group);
		line += len + (line[len] == '\n');
	}
	if (k)
		text = kallsyms_subset(k, wanted, &names);
	kallsyms_free(k);
	free(names.v);
	return text;
}
