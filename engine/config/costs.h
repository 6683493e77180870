/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CONFIG_COSTS_H
#define ENGINE_CONFIG_COSTS_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"

enum cost {
#define COST(id, name, ns, source) COST_##id,
#include "engine/config/costs.def"
#undef COST
	NR_COSTS
};

/* Picoseconds, so that sub-nanosecond costs add up without floating point. */
struct costs {
	char		name[64];
	uint64_t	ps[NR_COSTS];
};

/* The host the replay runs on in virtual time; [host] of a costs file or --set host.*. */
struct host_model {
	uint32_t cpus;		/* 0: as recorded */
	uint32_t hz;		/* ticks per second, 250 on Debian */
	bool	 preempt_locked; /* ticks may preempt lock holders (the host is itself a VM) */
};

void costs_defaults(struct costs *c);
void host_model_defaults(struct host_model *h);
/**
 * costs_load() - read [costs] and [host] of an INI file over the defaults.
 * @c, @h:	untouched on failure.
 *
 * Costs are nanoseconds with up to three decimals.  Unknown names and bad
 * numbers are ERR_USAGE with file, line and the nearest right word.
 */
int costs_load(const char *path, struct costs *c, struct host_model *h, struct err *e);
/* "costs.kick=2000" or "host.cpus=16" on top of what there is; ERR_USAGE otherwise. */
int costs_set(struct costs *c, struct host_model *h, const char *assignment, struct err *e);
/* As INI text; the two after each other are a file that costs_load() reads back. */
void costs_print(const struct costs *c, FILE *out);
void host_model_print(const struct host_model *h, FILE *out);
const char *cost_name(enum cost id);

#endif
