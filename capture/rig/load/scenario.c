// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

#include <time.h>
#include <unistd.h>

const struct scenario scenarios[] = {
#define SCENARIO(function, name, churns, help) { name, help, churns, function },
#include "capture/rig/load/scenarios.def"
#undef SCENARIO
};
const unsigned int nr_scenarios = ARRAY_SIZE(scenarios);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct pace pace_begin(const struct vm *vm)
{
	return (struct pace){ now() + vm->load->seconds, 0 };
}

bool pace_more(const struct vm *vm, struct pace *p)
{
	if (vm->failed || now() >= p->end)
		return false;
	return p->rounds++ < vm->load->rounds || !vm->load->rounds;
}

void pace_rest(const struct vm *vm, uint32_t us)
{
	usleep(vm->load->pause_us ? vm->load->pause_us : us);
}

static uint64_t below(struct vm *vm, uint64_t n)
{
	return prng_below(&vm->chance, (uint32_t)n);
}

struct range range_any(struct vm *vm)
{
	const uint64_t pages = vm->bytes / vm->page, block = vm->block / vm->page;
	uint64_t chance = below(vm, 100), n, at;

	if (chance < 40)
		n = 1 + below(vm, 8);
	else if (chance < 70)
		n = 16 * (1 + below(vm, 15));
	else if (chance < 90)
		n = block;
	else
		n = block / 2 * (1 + below(vm, 8));
	n = min_u64(n, pages);
	at = below(vm, pages - n + 1);
	if (chance >= 70 && chance < 85)
		at = at / block * block;
	return (struct range){ vm->data + at * vm->page, n * vm->page };
}

struct range range_block(struct vm *vm)
{
	uint64_t blocks = vm->bytes / vm->block;

	if (!blocks)
		return (struct range){ vm->data, 0 };
	return (struct range){ vm->data + below(vm, blocks) * vm->block, vm->block };
}

struct range range_page(struct vm *vm, struct range r)
{
	return (struct range){ r.memory + below(vm, vm->block / vm->page) * vm->page, r.bytes ? vm->page : 0 };
}

void range_advise(struct range r, int advice)
{
	/* What a kernel does not know, or cannot do just now, is not done. */
	if (r.bytes)
		(void)!madvise(r.memory, r.bytes, advice);
}
