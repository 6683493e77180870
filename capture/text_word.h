/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_WORD_H
#define CAPTURE_TEXT_WORD_H

#include "kvm/release.h"

struct text_symbols;

/*
 * What a print format says in words, back to the numbers it stands for.  Where the words do
 * not tell all of a number that is noted, and the bits they do not tell are 0.
 */
struct text_context {		/* what other lines of the text tell */
	enum ret_pf_numbers ret_pf;	/* the kernel's */
	bool		 tdp_mmu;	/* some line is of the TDP MMU */
	uint32_t	 isa;		/* of the exits so far: 1 VMX, 2 SVM; 0: not known */
	int64_t		 vcpu;		/* the line's thread is this vCPU; -1: not known */
	struct text_symbols *symbols;
	bool		 partial;	/* set: a number of this line is not all there */
	uint16_t	 exits[64];	/* text_word.c's: reasons found lately */
};

/*
 * Each reads its words at @p and stores numbers at @v[0], @v[1], ...
 * Return: behind them, or NULL when that is not what is there.
 */
typedef const char *(*text_word_fn)(struct text_context *c, const char *p, const char *end, uint64_t *v);

struct text_word {
	const char	*name;		/* as text_events.def has it */
	text_word_fn	 fn;
	unsigned int	 nr;		/* fields */
};

extern const struct text_word text_words[];	/* ends with a name of NULL */

/* A number of @base 10 or 16, "0x" or a '-' before it or not; it must not run into a word. */
const char *text_number(const char *p, const char *end, unsigned int base, uint64_t *out);

#endif
