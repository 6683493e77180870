// SPDX-License-Identifier: GPL-2.0-or-later
/* One buffer that takes a line and those behind it, and is asked for after each. */
#include "capture/text_join.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/text_body.h"

void text_join_fini(struct text_join *j)
{
	free(j->line);
}

/* Appends a line's text behind a blank. */
static size_t append(struct text_join *j, size_t len, const struct text_raw_line *raw)
{
	const char *p = len ? text_line_begin(raw->p, raw->len) : raw->p;
	size_t n = raw->p + raw->len - p;

	if (len)
		j->line[len++] = ' ';
	memmove(j->line + len, p, n);		/* it may be there already */
	return len + n;
}

int text_join(struct text_join *j, struct text_input *in, struct text_raw_line raw, bool by_words, text_whole_fn whole,
	      void *arg, struct text_line *l, struct err *e)
{
	struct text_line next;
	size_t len, whole_len = 0;
	int ret = 0, taken = 0, used = 0;

	if (!j->line)
		j->line = xmalloc((TEXT_JOIN_MAX + 1) * (TEXT_LINE_MAX + 1));
	len = append(j, 0, &raw);
	while (taken < TEXT_JOIN_MAX && (ret = text_input_next(in, &raw, e)) > 0) {
		if (raw.no_end || text_line_parse(raw.p, raw.len, &next) != TEXT_OTHER ||
		    (by_words && !text_is_words(raw.p, raw.len))) {
			text_input_unread(in);
			break;
		}
		taken++;
		len = append(j, len, &raw);
		if (text_line_parse(j->line, len, &next) == TEXT_EVENT && whole(arg, &next, by_words)) {
			whole_len = len;
			used = taken;
			if (!by_words)
				break;
		}
	}
	j->in_vain += taken - used;
	j->joined += used;
	if (whole_len)
		text_line_parse(j->line, whole_len, l);
	return ret < 0 ? ret : whole_len > 0;
}
