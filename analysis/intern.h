/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_INTERN_H
#define ANALYSIS_INTERN_H

#include "base/types.h"

/* Texts, each once, numbered in the order they came. */
struct intern {
	char		**v;
	size_t		  nr;
	uint32_t	 *slots;	/* number + 1, 0: free; open addressing */
	size_t		  nr_slots;	/* a power of two */
};

/* Return: the number of @text, which is copied when it is new. */
uint32_t intern(struct intern *t, const char *text);
void intern_fini(struct intern *t);	/* zeroed: fine */

#endif
