/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines: their stacks and the switch between them, by Boost.Context's
 * fcontext, whose two functions have C linkage but no C header.
 */
#include "engine/rt/vtime/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/rt/vtime/fiber.h"

#define STACK_BYTES	(256u << 10)	/* address space; only what is touched costs memory */
#define GUARD_BYTES	(4u << 10)
#define STACK_STRIDE	(STACK_BYTES + GUARD_BYTES)
/* Tops of stacks would all fall into the same few cache sets; spread them. */
#define COLOUR_BYTES	(5u * 64)
#define COLOURS		24u

struct transfer {
	void	*context;
	void	*data;
};

extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *top, size_t size, void (*fn)(struct transfer));

int task_stacks_alloc(unsigned int nr, struct err *e)
{
	size_t size = (size_t)nr * STACK_STRIDE;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return err_set(e, ERR_MACHINE, "no address space for %u tasks (%s); replay fewer vCPUs",
			       nr, strerror(errno));
	machine.stacks = p;
	machine.stacks_size = size;
	for (unsigned int i = 0; i < nr; i++) {
		if (mprotect(p + (size_t)i * STACK_STRIDE, GUARD_BYTES, PROT_NONE))
			return err_set(e, ERR_MACHINE,
				       "no guard page for the stack of task %u (%s); raise vm.max_map_count",
				       i, strerror(errno));
	}
	return 0;
}

void task_stacks_free(void)
{
	if (!machine.stacks)
		return;
	fiber_forget_stack(machine.stacks, machine.stacks_size);
	munmap(machine.stacks, machine.stacks_size);
	machine.stacks = NULL;
}

/* First thing on the new side of every switch: where did we come from? */
static void arrived(struct transfer in)
{
	struct rt_task *from = in.data;

	from->context = in.context;
	fiber_arrived(self(), from);
}

static void task_main(struct transfer in)
{
	struct rt_task *t;

	arrived(in);
	t = self();
	t->def->fn(t->def->arg);
	sched_exit();
}

void task_init(struct rt_task *t, unsigned int id, const struct rt_task_def *def)
{
	size_t size = STACK_BYTES - id % COLOURS * COLOUR_BYTES;

	t->id = id;
	t->def = def;
	t->vm = def->vm;
	t->live = true;
	t->ops[0].op = OP_NONE;
	t->op = t->ops;
	for (unsigned int i = 0; i < TASK_MAX_HOLDS; i++)
		t->holds[i].task = t->id;
	t->clock_ps = def->start_ns * PSEC_PER_NSEC;
	t->stack = machine.stacks + (size_t)id * STACK_STRIDE + GUARD_BYTES;
	t->stack_size = size;
	t->context = make_fcontext(t->stack + size, size, task_main);
	fiber_create(t);
}

void task_fini(struct rt_task *t)
{
	fiber_destroy(t);
}

void task_switch(struct rt_task *from, struct rt_task *to)
{
	rt_running.task = to;
	rt_running.clock_ps = to->clock_ps;
	fiber_leaving(from, to);
	arrived(jump_fcontext(to->context, from));
}
