// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/refused.h"

#include <stdlib.h>

#include "base/alloc.h"

void refused_note(struct refused *r, const char *text)
{
	r->v = xreallocarray(r->v, r->nr + 1, sizeof(*r->v));
	r->v[r->nr++] = xstrdup(text);
}

void refused_add(struct refused *r, const char *what, const char *why)
{
	char *text = xasprintf("%s: %s", what, why);

	refused_note(r, text);
	free(text);
}

void refused_fini(struct refused *r)
{
	for (size_t i = 0; i < r->nr; i++)
		free(r->v[i]);
	free(r->v);
	*r = (struct refused){ 0 };
}
