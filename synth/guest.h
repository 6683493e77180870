/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNTH_GUEST_H
#define SYNTH_GUEST_H

#include "base/prng.h"
#include "event/writer.h"

/*
 * One VM that a workload makes up: a host task and its vCPUs, each of them
 * writing its own stimuli in order of time.  What goes wrong in writing is kept
 * by the writer and told when the file is closed.
 */
struct guest {
	struct ev_writer *w;
	struct ev_meta	 *meta;
	struct prng	  prng;
	uint32_t	  vcpus;
	uint64_t	  last_ns;	/* of all stimuli */
};

#define GUEST_SERVICE_NS	3400	/* of a fault; published, costs/default.ini has its parts */
#define GUEST_HOST		UINT32_MAX	/* the host task, where a vCPU could stand */
#define GUEST_HOST_TOO		(UINT32_MAX - 1) /* another one, if guest_host_too() made it */

/* Tasks, VM and header; @release: index into enum kvm_release. */
void guest_init(struct guest *g, unsigned int release, unsigned int tdp, uint32_t vcpus);
/* It is an arm64 guest, of pages of 1 << @page_shift bytes; again: of others. */
void guest_arm64(struct guest *g, unsigned int page_shift);

void guest_slot(struct guest *g, uint64_t t_ns, enum ev_slot_change change, uint16_t id, gfn_t gfn, uint64_t npages,
		hva_t hva);
/* @npages from @gfn on are mapped by pages of @level before anything else happens to them. */
void guest_prefill(struct guest *g, uint64_t t_ns, gfn_t gfn, uint64_t npages, unsigned int level);
/* A write after @guest_ns in the guest; backed by host pages of @level. */
void guest_access(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns);
/* One that may well be a hit, and so takes no time of its own here; a read, or a write as well. */
void guest_touch(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns,
		 bool writes);
void guest_invalidate(struct guest *g, uint64_t t_ns, hva_t start, hva_t end, bool begins);
/* A second task of the host's, and an invalidation by it that ends where it begins. */
void guest_host_too(struct guest *g);
void guest_invalidate_too(struct guest *g, uint64_t t_ns, hva_t start, hva_t end);
/* clear_young of a range, of which every entry was @young or none. */
void guest_age(struct guest *g, uint64_t t_ns, hva_t start, hva_t end, bool young);
/* Dirty logging of a slot starts or stops; @beside: and no vCPU waits for that. */
void guest_log(struct guest *g, uint64_t t_ns, uint16_t id, gfn_t gfn, uint64_t npages, hva_t hva, bool on,
	       bool beside);
/* EV_DIRTY_GET or EV_DIRTY_CLEAR of a slot's pages, @gfn and @npages multiples of 64; @beside as above. */
void guest_dirty(struct guest *g, uint64_t t_ns, enum ev_kind kind, uint16_t id, gfn_t gfn,
		 uint64_t npages, bool beside);
/* KVM_RESET_DIRTY_RINGS: of all vCPUs, all that is in them. */
void guest_reset_rings(struct guest *g, uint64_t t_ns, bool beside);
/* An instruction fetch. */
void guest_fetch(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t gfn, unsigned int level, uint32_t guest_ns);
/* A round of NX recovery. */
void guest_nx_recover(struct guest *g, uint64_t t_ns);
/* It has no two-dimensional paging (kvm_amd.npt=0, kvm_intel.ept=0): KVM shadows its page tables. */
void guest_shadow(struct guest *g);
/* KVM_SET_NR_MMU_PAGES. */
void guest_page_limit(struct guest *g, uint64_t t_ns, uint64_t pages);
/* The entry at byte @offset of the page table @table is @value; @vcpu: who wrote it, GUEST_HOST: user space. */
void guest_gpte(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t table, unsigned int offset, uint64_t value);
/* What the access that follows translates: @gva, below @root with so many levels; @pferr as the processor says. */
void guest_walk(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t root, unsigned int levels, uint64_t gva,
		uint32_t pferr);
/* It loads a root, and nothing is flushed (CR4.PCIDE). */
void guest_cr3(struct guest *g, uint64_t t_ns, uint32_t vcpu, gfn_t root);
/* EV_ZAP_ALL or EV_VM_DESTROY. */
void guest_end(struct guest *g, uint64_t t_ns, enum ev_kind kind);

#endif
