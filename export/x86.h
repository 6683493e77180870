/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_X86_H
#define EXPORT_X86_H

#include "export/writer.h"

/* Private to x86*.c: an x86 host with the TDP MMU. */
#define EVENTS		"export/events_x86.def"
#define EVENT(id)	X86_##id

enum x86_event {
#include "export/event_ids.def"
	X86_NR
};

extern const struct shape_row x86_rows[X86_NR];

#define PFERR_P			1u
#define PFERR_W			2u
#define PFERR_U			4u
#define PFERR_RSVD		8u
#define PFERR_F			16u

static inline uint32_t x86_pferr(unsigned int access, bool mmio)
{
	return PFERR_U | (access & EV_F_P || mmio ? PFERR_P : 0) | (access & EV_F_W ? PFERR_W : 0) |
	       (access & EV_F_X ? PFERR_F : 0) | (mmio ? PFERR_RSVD : 0);
}

static inline uint64_t x86_slot_number(unsigned int as_id, unsigned int id)
{
	return as_id << 16 | id;
}

/* The kernel's number; an errno for what goes to user space. */
static inline uint64_t x86_number_of(const struct exporter *x, unsigned int result)
{
	return (uint32_t)ret_pf_encode(x->ret_pf, result);
}

/* x86_op.c: operations, and the swaps of memslots inside one. */
void x86_say_op(struct exporter *x, const struct told *w);
void x86_say_op_end(struct exporter *x, const struct told *w);
void x86_say_swap(struct exporter *x, const struct told *w);
void x86_say_swapped(struct exporter *x, const struct told *w);

/* x86_obs.c: what the engine did. */
void x86_say_obs(struct exporter *x, const struct told *w);

#endif
