/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ORDER_STATE_H
#define REPLAY_ORDER_STATE_H

#include "replay/order.h"

/* What the files of the order share; private to them. */

struct bound {
	uint64_t t;
	uint32_t op;		/* whose records say so, or REC_NONE */
};

/* An instant of a window: its own span, and what other operations add to it, the best two each. */
struct edge {
	struct instant	own;
	struct bound	lo[2], hi[2];
	struct instant	placed;		/* the consistent placement: span as far as narrowed, and .at */
};

struct window {
	uint32_t	start_op, end_op;	/* end_op REC_NONE: not recorded */
	uint32_t	task;
	uint16_t	vm;
	uint64_t	key_start, key_end;	/* in the units of fault.retry_key */
	struct edge	begin, end;
	uint64_t	max_end;		/* latest end.own.hi of this and all before it in its VM */
};

/* A fault that comes, or may come, to the retry test. */
struct attempt {
	uint32_t	op;
	bool		tests;		/* it has a memslot, and was not served before */
	uint64_t	key;
	uint64_t	slots_lo, slots_hi;	/* memslots are looked up */
	bool		no_slot;
	bool		excused;		/* something else than a window may have made it retry */
	struct fault_instants f;
};

/* A new set of memslots is published, which changes these parts of the guest's memory. */
struct publication {
	uint64_t	lo, hi;
	uint64_t	begin, end;	/* of the whole operation */
	uint16_t	vm;
	gfn_t		gfn[2], gfn_end[2];	/* before and after; empty: both the same */
};

struct vm_order {
	struct window	*windows;	/* by begin.own.lo */
	uint32_t	 nr_windows, cap_windows;
};

struct order {
	const struct recording	*rec;
	enum fault_retry_key	 retry_key;
	enum fault_precheck	 precheck;
	bool			 has_checks;
	struct vm_order		*vms;
	uint32_t		*attempt_of;	/* by operation: index into attempts, or REC_NONE */
	struct window		**window_of;	/* by operation: of a start or an end, or NULL */
	struct attempt		*attempts;	/* by begin */
	uint32_t		 nr_attempts;
	struct publication	*swaps;
	uint32_t		 nr_swaps, cap_swaps;
};

/* --- order_decide.c: the retry test over spans --- */

/* A window as one fault sees it. */
struct view {
	const struct window *w;
	uint64_t b_lo, b_hi, e_lo, e_hi;
};

struct views {
	struct view	*v;
	uint32_t	 nr, cap;
};

/* The windows of @vm that may matter to what happens from @lo to @hi; spans without what operation @but gave (REC_NONE: any). */
void views_gather(const struct order *o, unsigned int vm, uint64_t lo, uint64_t hi, uint32_t but, struct views *out);
void views_fini(struct views *v);

/* Is there a placement of all instants in which the test gives "retry", or passes?  Never a false no. */
bool views_may_retry(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		     const struct instant *check);
bool views_may_pass(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		    const struct instant *check);

/* Does memslot change @s concern @op of its VM's memory? */
bool swap_has(const struct publication *s, const struct rec_op *op);

/* --- order_evidence.c --- */

void order_find_evidence(struct order *o);
/* It failed the retry test, and nothing but a window can be the reason. */
bool attempt_failed(const struct order *o, const struct attempt *a);

/* Instead of an operation: spans without what any other operation gave. */
#define OWN_ONLY (REC_NONE - 1)

static inline uint64_t edge_lo(const struct edge *e, uint32_t but)
{
	const struct bound *b = e->lo[0].op == but ? &e->lo[1] : &e->lo[0];

	if (but == OWN_ONLY)
		return e->own.lo;
	return b->t > e->own.lo ? b->t : e->own.lo;
}

static inline uint64_t edge_hi(const struct edge *e, uint32_t but)
{
	const struct bound *b = e->hi[0].op == but ? &e->hi[1] : &e->hi[0];

	if (but == OWN_ONLY)
		return e->own.hi;
	return b->t < e->own.hi ? b->t : e->own.hi;
}

/* --- order_place.c --- */

void order_find_placement(struct order *o);

/* Windows of @vm that begin at or before @t, by number. */
uint32_t order_windows_until(const struct order *o, unsigned int vm, uint64_t t);

#endif
