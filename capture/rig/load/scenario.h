/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_SCENARIO_H
#define CAPTURE_RIG_LOAD_SCENARIO_H

#include <sys/mman.h>

#include "capture/rig/load/vm.h"

/* Of <sys/mman.h>, where it is older. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* Runs one on a VM that stands; the vCPUs are idle before and after. */
typedef void scenario_fn(struct vm *vm);

struct scenario {
	const char	*name, *help;
	bool		 churns;	/* needs arch_churns */
	scenario_fn	*run;
};

extern const struct scenario scenarios[];
extern const unsigned int nr_scenarios;

#define SCENARIO(function, name, churns, help) scenario_fn function;
#include "capture/rig/load/scenarios.def"
#undef SCENARIO

/* How long the main phase lasts: load->seconds, load->rounds at most, and while the guest is well. */
struct pace {
	double		end;
	uint32_t	rounds;
};

struct pace pace_begin(const struct vm *vm);
/* Once before each round. */
bool pace_more(const struct vm *vm, struct pace *p);
/* load->pause_us, or @us where that is 0. */
void pace_rest(const struct vm *vm, uint32_t us);

struct range {
	char	*memory;
	size_t	 bytes;
};

/* Somewhere in the data: mostly a few pages, at times some blocks; aligned to a block or not. */
struct range range_any(struct vm *vm);
/* A whole block, somewhere; of no bytes when the data are smaller. */
struct range range_block(struct vm *vm);
/* A page in @r, a range_block(). */
struct range range_page(struct vm *vm, struct range r);
void range_advise(struct range r, int advice);

#endif
