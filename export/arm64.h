/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_ARM64_H
#define EXPORT_ARM64_H

#include "export/writer.h"

/* Private to arm64*.c: an arm64 host. */
#define EVENTS		"export/events_arm64.def"
#define EVENT(id)	ARM_##id

enum arm_event {
#include "export/event_ids.def"
	ARM_NR
};

extern const struct shape_row arm_rows[ARM_NR];

static inline uint64_t arm_ipa_of(const struct exporter *x, gfn_t gfn)
{
	return gfn << x->o.meta->page_shift;
}

/* What the kernel calls the VM's tables and its struct kvm_s2_mmu. */
static inline uint64_t arm_tables_of(const struct exporter *x, int vm)
{
	return export_kvm(x, vm) + 0x8000;
}

static inline uint64_t arm_slot_address(const struct exporter *x, int vm, unsigned int as_id, unsigned int id)
{
	return export_vcpu(x, vm, -1) - 0x80000 + (as_id << 16 | id) * 0x100;
}

/* arm64_op.c: operations, and the swaps of memslots inside one. */
void arm_say_op(struct exporter *x, const struct told *w);
void arm_say_op_end(struct exporter *x, const struct told *w);
void arm_say_swap(struct exporter *x, const struct told *w);
void arm_say_swapped(struct exporter *x, const struct told *w);

/* arm64_calls.c: calls of stage-2 functions and visits of walks; the latter's end.  Return: false: it was neither. */
void arm_say_enters(struct exporter *x, const struct told *w);
bool arm_say_over(struct exporter *x, const struct told *w);

/* arm64_obs.c: what the engine did. */
void arm_say_obs(struct exporter *x, const struct told *w);

#endif
