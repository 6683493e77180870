/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers the engine's pins with recorded instants; the engine decides what happens at them. */
#include "replay/drive/guide_state.h"

static uint64_t pin_fault(struct actor *a, const struct running *r, enum rt_pin pin)
{
	switch (pin) {
	case RT_PIN_FAST:
		return r->fault.fast;
	case RT_PIN_SNAPSHOT:
		return r->fault.snapshot.at;
	case RT_PIN_LOOKED_UP:
		/* Looking up the host's page is what runs notifiers in a fault's own context. */
		guide_perform_children(a);
		return r->fault.looked_up;
	case RT_PIN_LOCK:
	case RT_PIN_LOCKED:
		return r->fault.check.at;
	case RT_PIN_MAP:
		return r->fault.map;
	default:
		return 0;
	}
}

static uint64_t pin_swap(const struct guide *g, struct running *r)
{
	return instants_pin(g->rec, &g->rec->ops[r->op], PIN_SWAP, r->swaps++);
}

/* The first time under the lock is where the evidence is; what follows needs none. */
static uint64_t pin_first(struct running *r)
{
	if (r->changed)
		return 0;
	r->changed = true;
	return r->change.at;
}

uint64_t guide_pin(void *arg, unsigned int task, enum rt_pin pin)
{
	struct guide *g = arg;
	struct actor *a = &g->actors[task];
	struct running *r = a->top;

	if (!r)
		return 0;
	if (g->rec->ops[r->op].kind == EV_OP_FAULT)
		return pin_fault(a, r, pin);
	switch (pin) {
	case RT_PIN_SWAP:
		return pin_swap(g, r);
	case RT_PIN_INV_BEGIN:
	case RT_PIN_INV_END:
		return r->change.at;
	case RT_PIN_LOCK:
	case RT_PIN_OTHER:
		return pin_first(r);
	default:
		return 0;
	}
}
