/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ORDER_STATE_H
#define REPLAY_ORDER_STATE_H

#include "replay/order.h"
#include "replay/slots.h"

/* What the files of the order share; private to them. */

struct bound {
	uint64_t t;
	uint32_t op;		/* whose records say so, or REC_NONE */
};

/* An instant of a window: its own span, and what other operations add to it, the best two each. */
struct edge {
	struct instant	own;
	uint64_t	usual;		/* it is no later, unless others show it: .own.hi or before */
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
	bool		tests;		/* it has a memslot and a host page, and was not served before */
	uint64_t	key;
	uint64_t	slots_lo, slots_hi;	/* memslots are looked up */
	bool		fast;			/* served without the lock, whatever its memslot */
	bool		no_slot;
	bool		excused;		/* something else than a window may have made it retry */
	struct fault_instants f;
};

/* What a fault may find where it looks for its memslot; a set of them is a mask. */
enum seen_slot {
	SEEN_VALID = 1, SEEN_INVALID = 2, SEEN_NONE = 4,
	SEEN_OTHER = 8,		/* valid, with other flags */
};

/* The guest's memory @gfn .. @end: what can be seen before and after a publication, within the same change. */
struct slot_range {
	gfn_t	 gfn, end;
	bool	 read_only;
	unsigned int before, after;
	enum seen_slot next;	/* right after it */
};

/* A new set of memslots is published. */
struct publication {
	struct edge	  at;
	uint32_t	  op;
	uint16_t	  vm;
	struct slot_range range[2];
	unsigned int	  nr_ranges;
};

/* Of an MMIO entry made by @op. */
struct generation {
	uint64_t begin_ns, end_ns, gen;
	uint32_t op;
	uint16_t vm;
};

/*
 * No step of a fault takes longer than half of all faults of the recording need for more than that step, unless it was
 * held up.  UINT64_MAX: too few to tell.
 */
struct usual_fault {
	uint64_t to_snapshot;	/* from the first evidence */
	uint64_t from_precheck;	/* to the return of the look-up */
	uint64_t from_check;	/* to the end of the fault */
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
	struct publication	*publications;	/* in time order */
	uint32_t		 nr_publications, cap_publications;
	struct generation	*generations;	/* by begin */
	uint32_t		 nr_generations;
	struct usual_fault	 usual;
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

/*
 * The windows of @vm that may matter to what happens from @lo to @hi; spans without what operation
 * @but gave (REC_NONE: any).
 */
void views_gather(const struct order *o, unsigned int vm, uint64_t lo, uint64_t hi, uint32_t but, struct views *out);
void views_fini(struct views *v);

/* Is there a placement of all instants in which the test gives "retry", or passes?  Never a false no. */
bool views_may_retry(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		     const struct instant *check);
bool views_may_pass(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		    const struct instant *check);

/* --- order_slots.c: memslots, likewise --- */

/* @op changes memslots; @slots: as they are before it. */
void publications_add(struct order *o, const struct swaps *swaps, const struct slots *slots, uint32_t op);
/* What they come to be narrowed by: no window is open when one happens. */
void publications_narrow(struct order *o);
void publications_learn(struct order *o);
/* What @a can have seen, a mask; without what it showed itself. */
unsigned int attempt_may_see(const struct order *o, const struct attempt *a);
/* Does a change of memslots overlap @op of the same VM, and concern its page? */
bool meets_slot_change(const struct order *o, const struct rec_op *op);
/* The generations that MMIO entries got. */
void generations_collect(struct order *o);
/* Does @op, which has no memslot, see one generation in every order? */
bool generation_is_fixed(const struct order *o, uint32_t op);

/* --- order_usual.c --- */

/* Sets .usual of the ends of windows and of @o itself. */
void order_find_usual(struct order *o);
/* @a's instants if it was not held up.  Where the guided replay puts an instant stays inside its span. */
struct fault_instants order_not_held_up(const struct order *o, const struct attempt *a);

/* --- order_evidence.c --- */

void order_find_evidence(struct order *o);
/* @op's records say that the instant is not before, or not after @t. */
void edge_learn_lo(struct edge *e, uint64_t t, uint32_t op);
void edge_learn_hi(struct edge *e, uint64_t t, uint32_t op);
/* It failed the retry test, and nothing but a window can be the reason. */
bool attempt_failed(const struct order *o, const struct attempt *a);

/* Instead of an operation: spans without what any other operation gave. */
#define OWN_ONLY (REC_NONE - 1)

/* @e with its own span, and nothing from others yet. */
static inline void edge_set(struct edge *e, const struct instant *own)
{
	e->own = e->placed = *own;
	e->usual = own->hi;
	e->lo[0] = e->lo[1] = (struct bound){ 0, REC_NONE };
	e->hi[0] = e->hi[1] = (struct bound){ UINT64_MAX, REC_NONE };
}

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
