/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_JOIN_H
#define CAPTURE_TEXT_JOIN_H

#include "capture/text_input.h"
#include "capture/text_line.h"

/*
 * Lines that a mail or a terminal broke, made whole again: a line that is not all there, together with the
 * lines behind it that are nothing in themselves.  Which ones belong to it only the reader of bodies can say.
 */
#define TEXT_JOIN_MAX	8		/* lines that one line may be wrapped to, behind its first */

struct text_join {			/* zeroed: nothing joined yet */
	char	*line;			/* the last one; NULL: nothing was ever tried */
	uint64_t joined;		/* lines that became part of the one in front */
	uint64_t in_vain;		/* lines tried for one and not part of it: nothing in themselves */
};

/* Is the event line @l whole?  @by_words: it would be up to any of its words; it shall have words. */
typedef bool (*text_whole_fn)(void *arg, const struct text_line *l, bool by_words);

void text_join_fini(struct text_join *j);
/**
 * text_join() - the line @raw, of @in's last text_input_next(), and those behind it, if only so it is whole.
 * @by_words:	@raw is whole, and may go on with words: as many lines of nothing but words as there are.
 * @l:		the joined line, in @j->line until the next call; when nothing was joined its numbers stay and what it
 *		points to is gone.
 *
 * Return: 1 joined, 0 not, negative with @e.
 */
int text_join(struct text_join *j, struct text_input *in, struct text_raw_line raw, bool by_words, text_whole_fn whole,
	      void *arg, struct text_line *l, struct err *e);

#endif
