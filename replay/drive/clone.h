/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_CLONE_H
#define REPLAY_DRIVE_CLONE_H

#include "replay/scan.h"

/*
 * Copies of what was recorded, on disjoint memory of the same VM.  Every
 * recorded task of a VM has one copy per clone, host tasks too: copy k runs the
 * same stimuli with guest frames, host addresses, slot ids and vCPU ids moved by k
 * strides, so that each vCPU has its own memory, its own memslots and its
 * own notifiers.  Copy 0 is what was recorded.  A gfn outside all slots (MMIO)
 * stays where it is.  The guest's own page tables move with their frames and with what their entries lead to; guest
 * virtual addresses stay, each copy has tables of its own.  What concerns a VM as a whole (ZAP_ALL, VM_DESTROY) is
 * done once, by the last copy to come to it; a memslot change is done by each for its own slot.  All copies together
 * may have as many shadow pages each as the recorded guest.
 */
struct clone_vm {
	gfn_t	 gfns;		/* stride, a multiple of 1 GiB */
	hva_t	 bytes;		/* stride of host addresses, likewise */
	uint32_t slot_ids;
	uint32_t vcpus;
	gfn_t	 moved_end;	/* frames below it move */
};

#define CLONE_MAX_COPIES	4096

/* @scan_vm: the VM as scanned; @slot_end: end of its memory when no slot was recorded. */
void clone_init(struct clone_vm *c, const struct scan_vm *scan_vm, gfn_t slot_end, unsigned int page_shift);
/* Whether @copies of it fit a guest of @gfn_bits and 16-bit slot ids. */
bool clone_fits(const struct clone_vm *c, unsigned int copies, unsigned int gfn_bits);
/* Moves the addresses of @ev to copy @copy. */
void clone_move(const struct clone_vm *c, unsigned int copy, struct ev *ev);

#endif
