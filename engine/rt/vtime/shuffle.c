/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other schedules by other seeds.  Virtual time lets the earliest task run, so a
 * task that is held up for a while is one that all others overtake: what lowering its
 * priority would do, without a way around the locks' queues.  How often and how
 * long is drawn once per run, over orders of magnitude: some runs have few long
 * hold-ups, some many short ones.
 */
#include "engine/rt/vtime/machine.h"

#define MAX_MEAN_BITS	11	/* at most one hold-up in 2^11 hand-over points */
#define MIN_MEAN_BITS	2
#define LEAST_UNIT_NS	200
#define LENGTHS		8	/* hold-ups are of unit << 0 .. unit << 7, halved at most 4 times */
#define HALVINGS	5
#define HURRIES		12

void shuffle_init(void)
{
	struct shuffle *s = &machine.shuffle;
	uint64_t unit_ps = rt_running.cost_ps[COST_FAULT_FIXED] + rt_running.cost_ps[COST_FAULT_LOCKED] +
			   rt_running.cost_ps[COST_HOST_LOOKUP];

	prng_seed(&s->chance, prng_hash(machine.config.seed, 0x5eed, 1));
	s->mean = 1u << (MIN_MEAN_BITS + prng_below(&s->chance, MAX_MEAN_BITS - MIN_MEAN_BITS + 1));
	s->left = prng_below(&s->chance, 2 * s->mean);
	s->unit_ns = unit_ps / PSEC_PER_NSEC > LEAST_UNIT_NS ? unit_ps / PSEC_PER_NSEC : LEAST_UNIT_NS;
	s->hurry = prng_below(&s->chance, HURRIES);
}

void shuffle_point(void)
{
	struct shuffle *s = &machine.shuffle;
	uint64_t ns;

	if (likely(s->left)) {
		s->left--;
		return;
	}
	s->left = prng_below(&s->chance, 2 * s->mean);
	ns = (uint64_t)s->unit_ns << prng_below(&s->chance, LENGTHS);
	ns >>= prng_below(&s->chance, HALVINGS);
	rt_running.clock_ps += ns * PSEC_PER_NSEC;
}

uint64_t rt_shuffle_span(uint64_t ps)
{
	struct shuffle *s = &machine.shuffle;
	uint64_t most = 2 * (ps / PSEC_PER_NSEC >> s->hurry);

	if (most > UINT32_MAX)
		most = UINT32_MAX;
	return most ? prng_below(&s->chance, (uint32_t)most + 1) * PSEC_PER_NSEC : 0;
}
