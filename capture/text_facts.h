/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_FACTS_H
#define CAPTURE_TEXT_FACTS_H

#include "capture/text_body.h"
#include "capture/text_line.h"

/*
 * What is to be known of a text before its first record is: where it was recorded, and what its
 * lines are like.  It comes from all of its lines: a text has no header that can be relied upon.
 */
enum text_release { TEXT_RELEASE_UNKNOWN, TEXT_RELEASE_SAID, TEXT_RELEASE_INFERRED };

struct text_facts {
	uint64_t	events;
	unsigned int	nr_cpus;
	enum text_clock	clock;		/* the first event's */
	uint64_t	last_ts;
	bool		disorder;	/* a line is earlier than the one before it */
	bool		wrapped;	/* an event's line is followed by one that is nothing in itself */
	bool		after_event;
	bool		tdp_mmu, is_x86, is_arm64;
	enum text_release release_from;
	char		release[64];	/* "6.12.117+deb12-amd64", "6.1-inferred" */
	uint64_t	overwritten;	/* events that the buffer did not hold any more, as the header says */
	uint64_t	counted;	/* events that it held, as the header says; 0: it does not */
	uint64_t	back;		/* lines whose time lies before that of their CPU's line in front */
	uint64_t	last_of[TEXT_CPUS];
};

/* A line, in the order of the text; @raw of it may hold a header's facts. */
void text_facts_line(struct text_facts *f, enum text_kind kind, const struct text_line *l, const char *raw, size_t len);
/* Is something to be learnt of the bodies of these events? */
bool text_facts_wants(const struct text_facts *f, const char *event);
/* A body of an event: what it tells of machine and release. */
void text_facts_body(struct text_facts *f, const char *event, const struct text_grammar *g,
		     const struct text_values *v);
/* "Linux unknown RELEASE MACHINE" as struct source_info wants it; "" when nothing is known. */
void text_facts_uname(const struct text_facts *f, char *out, size_t size);

#endif
