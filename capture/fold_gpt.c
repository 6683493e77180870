// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's page tables, entry by entry, as far as walks and emulated writes told: a GPTE stimulus is written when a
 * walk reads another value than the one known.  Known is what was last read, changed by what KVM did to the entry
 * since: it sets A and D, and writes for the guest (PT_WRITE).
 */
#include <string.h>

#include "capture/fold_state.h"

#define ENTRY_AD	0x60		/* A and D: Intel SDM vol. 3, 4.5 */

static uint64_t key_of(unsigned int vm, uint64_t gpa)
{
	return (uint64_t)vm << 50 | (gpa & (BIT_ULL(52) - 1)) >> 2;
}

bool gpt_same(uint64_t a, uint64_t b)
{
	return !((a ^ b) & ~(uint64_t)ENTRY_AD);
}

const uint64_t *gpt_entry(const struct fold *f, unsigned int vm, uint64_t gpa)
{
	return known_get(&f->gptes, key_of(vm, gpa));
}

#define TABLE_TOLD	1u		/* an entry of it */
#define TABLE_ROOT	2u

/* Return: whether that is new. */
static bool note_table(struct fold *f, unsigned int vm, gfn_t gfn, unsigned int what)
{
	uint64_t key = key_of(vm, gfn << 12), *known = known_get(&f->gpts, key);
	uint64_t before = known ? *known : 0;

	if (before & what)
		return false;
	known_set(&f->gpts, key, before | what);
	return true;
}

void gpt_is_root(struct fold *f, unsigned int vm, gfn_t gfn)
{
	f->meta->vms[vm].guest_roots += note_table(f, vm, gfn, TABLE_ROOT);
}

void gpt_read(struct fold *f, struct task *t, uint64_t ts_ns, uint64_t gpa, unsigned int level, unsigned int bytes,
	      uint64_t value)
{
	unsigned int vm = vm_of_task(f, t);
	const uint64_t *known = gpt_entry(f, vm, gpa);
	struct ev ev = { .kind = EV_GPTE, .vm = vm };

	if (known && *known == value)
		return;
	known_set(&f->gptes, key_of(vm, gpa), value);
	ev.gpte = (struct ev_gpte){ .gfn = gpa >> 12, .offset = gpa & 0xfff, .level = level, .bytes = bytes,
				    .value = value };
	emit_other(f, t, ts_ns, &ev);
	f->meta->vms[vm].guest_tables += note_table(f, vm, gpa >> 12, TABLE_TOLD);
}

void gpt_set_bits(struct fold *f, unsigned int vm, uint64_t gpa, uint64_t bits)
{
	uint64_t *known = known_get(&f->gptes, key_of(vm, gpa));

	if (known)
		*known |= bits;
}

/* The part of an entry of @size bytes at @gpa that a write changed. */
static void write_entry(struct fold *f, unsigned int vm, uint64_t gpa, unsigned int size, uint64_t at,
			unsigned int bytes, const uint8_t *new)
{
	const uint64_t *known = gpt_entry(f, vm, gpa);
	uint8_t entry[8] = { 0 };
	uint64_t value = 0;

	if (!known && (at > gpa || at + bytes < gpa + size))
		return;
	if (known)
		memcpy(entry, known, sizeof(entry));
	for (unsigned int i = 0; i < bytes; i++)
		if (at + i - gpa < size)
			entry[at + i - gpa] = new[i];
	memcpy(&value, entry, size);
	known_set(&f->gptes, key_of(vm, gpa), value);
}

void gpt_write(struct fold *f, unsigned int vm, uint64_t gpa, unsigned int bytes, uint64_t value, unsigned int size)
{
	uint8_t new[8];

	memcpy(new, &value, sizeof(new));
	if (bytes > sizeof(new))
		bytes = sizeof(new);
	for (uint64_t at = gpa & ~(uint64_t)(size - 1); at < gpa + bytes; at += size)
		write_entry(f, vm, at, size, gpa, bytes, new);
}
