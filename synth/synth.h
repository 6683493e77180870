/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNTH_SYNTH_H
#define SYNTH_SYNTH_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

/*
 * Workloads that nobody recorded: event files made up from a few numbers, for
 * what no host at hand can show.  The same numbers and seed make the same file,
 * byte for byte; its dictionary says what made it.
 */
enum synth_unit {
	SYNTH_COUNT,
	SYNTH_BYTES,		/* "64M": K, M, G, T */
	SYNTH_TIME,		/* "50us" in ns: ns, us, ms, s */
	SYNTH_WORD,		/* one of words; the value is its index */
};

struct synth_param {
	const char	  *name;
	enum synth_unit	   unit;
	const char	  *dflt;
	uint64_t	   min, max;	/* not of words */
	const char *const *words;	/* NULL-terminated */
	const char	  *help;	/* one line */
};

#define SYNTH_MAX_PARAMS 20

/* The first parameters of every workload. */
enum { SYNTH_KERNEL, SYNTH_ARCH, SYNTH_TDP, SYNTH_VCPUS, SYNTH_GAP, SYNTH_OWN };

struct guest;

struct synth_workload {
	const char		 *name, *summary;
	const struct synth_param *arch;		/* which it is made for; NULL: both, x86 unless said */
	const struct synth_param *params;	/* its own, numbered from SYNTH_OWN on */
	size_t			  nr_params;
	/* @v: values by number.  Return: 0, or ERR_USAGE when they do not fit each other. */
	int (*make)(struct guest *g, const uint64_t *v, struct err *e);
};

/* NULL past the last one. */
const struct synth_workload *synth_workload(size_t i);
/* Return: NULL with @e naming those there are. */
const struct synth_workload *synth_find(const char *name, struct err *e);
/* Parameters of @w, the common ones first; NULL past the last one. */
const struct synth_param *synth_param(const struct synth_workload *w, size_t i);
/* SYNTH_ARCH of a workload that only one has. */
extern const struct synth_param synth_x86_only, synth_arm64_only;

/**
 * synth_make() - make an event file.
 * @sets:	"name=value", each parameter at most once; what is not named has its default.
 * @path:	the file, written whole or not at all.
 *
 * Return: 0; ERR_USAGE (negative) for a parameter or value that is none, or what writing the file met.
 */
int synth_make(const struct synth_workload *w, const char *const *sets, size_t nr_sets, uint64_t seed,
	       const char *path, struct err *e);

/* Every workload with its parameters, defaults and help. */
void synth_print(FILE *out);

#endif
