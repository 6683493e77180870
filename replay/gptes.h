/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GPTES_H
#define REPLAY_GPTES_H

#include "kvm/gpte.h"
#include "kvm/spte.h"
#include "replay/recording.h"

/*
 * Shadow paging: what the recording shows of the guest's page tables over time.  The guest writes to them without
 * anybody noticing; a walk of KVM's shows each entry on its way and the bits it sets there, and an emulated write shows
 * the bytes.  KVM reads others, too (to map ahead, to sync a shadow page, at an INVLPG), of which no record gives
 * the value: it is what a walk had shown before, or what one shows later; which of the two, what KVM made of it
 * tells.
 */
struct gptes;

struct gptes *gptes_new(const struct recording *r);
void gptes_free(struct gptes *g);	/* NULL is fine */

/* One showing of an entry, in time order over all entries. */
struct gpte_shown {
	uint64_t t_ns, value;
	gfn_t	 table;
	uint32_t task;
	uint32_t number;	/* in time order, below gptes_nr() */
	uint16_t vm, offset;
	bool	 inferred;	/* EV_F_INFERRED */
};

uint32_t gptes_nr(const struct gptes *g);

/*
 * What was shown by @until and not yet given out: calls @fn for each.  @cursor starts as 0.  Emulated writes are left
 * out: they are operations; bits that KVM set are given out once it has begun to, those of one operation together.
 */
void gptes_each_until(const struct gptes *g, uint32_t *cursor, uint64_t until,
		      void (*fn)(void *arg, const struct gpte_shown *s), void *arg);
/* What one operation's own walks read, from its begin to its end; the above gives that out as well. */
void gptes_each_of(const struct gptes *g, const struct rec_op *op,
		   void (*fn)(void *arg, const struct gpte_shown *s), void *arg);

/* What an entry held at @t_ns, as shown before.  Return: false: nothing showed it. */
bool gptes_at(const struct gptes *g, uint16_t vm, gfn_t table, unsigned int offset, uint64_t t_ns, uint64_t *value);

/* What became of a shadow entry whose guest entry was read. */
enum gpte_fate {
	GPTE_FATE_UNKNOWN,	/* no record would show it */
	GPTE_FATE_KEPT,		/* stayed as it was, or empty */
	GPTE_FATE_GONE,		/* was cleared, or the guest's entry was found to be of no use */
	GPTE_FATE_BARRED,	/* stayed empty, though the guest's entry was of use */
	GPTE_FATE_MADE,		/* became one that maps @gfn */
};

struct gpte_question {
	uint64_t	t_ns;
	gfn_t		table;
	unsigned int	offset;
	uint16_t	vm;
	enum gpte_fate	fate;
	gfn_t		old_gfn;	/* what it mapped before; GPTE_NO_GFN: nothing */
	gfn_t		gfn;		/* MADE */
	uint64_t	spte;		/* MADE; KEPT: as it is */
	bool		anew;		/* @spte was made from what was read */
	bool		same;		/* KEPT: what was read allows just what it did before: */
	unsigned int	access;		/* ... 1 execute, 2 write, 4 user; write: if @spte does not tell */
	/* BARRED: would a page of @gfn have been mapped, as far as the records before tell?  NULL: they do not. */
	bool		(*is_at_hand)(const void *arg, gfn_t gfn);
	const void	*arg;
};

#define GPTE_NO_GFN	UINT64_MAX

/*
 * The value that was read: the last one shown before, unless what became of the entry contradicts it and not the next
 * one; where both are contradicted or nothing was shown, a value that has what became of it as its consequence.  But
 * an entry that showed the same before and after, and whose page was at hand, held that: if the engine maps it and the
 * kernel did not, it is not the guest's doing.
 */
uint64_t gptes_read(const struct gptes *g, const struct spte_format *f, const struct gpte_question *q);

#endif
