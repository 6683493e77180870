/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_PML_H
#define ENGINE_X86_PML_H

#include "engine/x86/x86.h"

/*
 * Page-modification logging: when the hardware sets D of a leaf, it writes the page's gfn into a buffer of its
 * vCPU.  Here an entry is in the slot's log at once; the exit that a full buffer costs is charged
 * to the guest, and whoever reads a log kicks the vCPUs as the kernel does to have their buffers emptied.
 */
#define PML_ENTRIES	512	/* Intel SDM vol. 3, page-modification logging */

/* The hardware has just set D of the leaf that maps @gfn, for a write of @vcpu. */
void pml_log(struct x86_mmu *x, unsigned int vcpu, unsigned int as_id, gfn_t gfn);
void x86_sync_dirty(struct mmu *mmu);

#endif
