/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_OBSERVE_H
#define KVM_OBSERVE_H

#include "kvm/release.h"

/*
 * Observations: what the kernel says it did, and what an engine says when it
 * does the same.  Importer and engine fill the same structs, so verify
 * compares two streams of one type.  struct obs has the layout of struct ev.
 */
enum obs_kind {
	OBS_FIRST = 64,		/* below: stimuli (event/event.h) */
	OBS_BEFORE = OBS_FIRST - 1,
#define OBS(id, name, payload) OBS_##id,
#include "kvm/observe.def"
#undef OBS
	OBS_END
};

struct obs_gfns {
	uint64_t gfn : 40, level : 8, slot : 16;	/* level: DIRTY_GET, CLEAR, PUSH: the address space */
	uint64_t count;		/* pages; DIRTY_MASK, LOG_DIRTY: the mask */
	uint32_t service_ns;
	uint32_t extra;
};

/*
 * Of SPTE_UPDATE and SPTE_CLEAR the frame may be unknown: then level is 0, and gfn the entry's physical
 * address / 8 or 0.
 */
struct obs_spte {
	uint64_t gfn : 40, level : 8, as_id : 8, rest : 8;
	uint64_t old, new;
};

struct obs_set {
	uint64_t gfn : 40, level : 8, r : 1, x : 1, u : 2, rest : 12;	/* u: 0, 1, or 3 for n/a */
	uint64_t spte;
	uint64_t sptep;		/* physical address of the entry: table identity, never predicted */
};

struct obs_map {
	uint64_t gfn : 40, level : 8, rest : 16;
	uint64_t pfn;
	uint64_t extra;		/* SPLIT_HUGE_PAGE: the SPTE that was split */
};

struct obs_page {
	uint64_t gfn : 40, root_count : 16, unsync : 1, created : 1, rest : 6;
	uint64_t role : 32, valid_gen : 8, more : 24;
	uint64_t extra;
};

struct obs_fast {
	uint64_t gfn : 40, ret : 8, write : 1, exec : 1, present : 1, rest : 13; /* ret: enum ret_pf */
	uint64_t old, new;
};

struct obs_mmio {
	uint64_t gfn : 40, access : 8, rest : 16;
	uint64_t gen;
	uint64_t spte;
};

struct obs_s2 {			/* a call of kvm_pgtable_stage2_*() */
	uint64_t gfn : 40, prot : 8, ret : 8, rest : 8;	/* ret: -errno as a positive number, or young */
	uint64_t pages;
	uint64_t value;		/* MAP: pfn; MKYOUNG, MKOLD: the entry it returned */
};

/* What a walker was called for, as KVM numbers it. */
#define OBS_VISIT_LEAF	1
#define OBS_VISIT_PRE	2	/* at a table, before what is below it */
#define OBS_VISIT_POST	4

struct obs_pte {		/* one entry; tables are named by what they map, never by address */
	uint64_t gfn : 40, level : 8, visit : 4, ret : 8, rest : 4; /* ret: as in obs_s2 */
	uint64_t old, new;
};

struct obs_wait {
	uint64_t lock;		/* address */
	uint32_t wait_ns;	/* the record's time is the end of the wait */
	uint32_t flags;		/* as contention_begin: 1 spin, 2 read, 4 write */
	uint64_t rest;
};

/* Instants inside an operation that a probe recorded. */
enum obs_pin {
	PIN_NONE,
	PIN_SNAPSHOT,		/* faultin_pfn entered: snapshot and prechecks follow */
	PIN_LOOKUP_RET,		/* faultin_pfn returned; value: its result */
	PIN_STALE,		/* is_page_fault_stale entered: the lock is held */
	PIN_STALE_RET,		/* value: stale */
	PIN_INV_END,		/* kvm_mmu_invalidate_end: seq and in_progress are about to change */
	PIN_INV_END_RET,	/* invalidate_range_end returned */
	PIN_UNMAP_RET,		/* unmap_gfn_range returned; value: flush */
	PIN_SWAP,		/* swap_active_memslots entered */
	PIN_SWAP_RET,
	PIN_SLOTS_UPDATED,	/* kvm_arch_memslots_updated; value: generation */
	PIN_MAX_LEVEL_RET,	/* max_mapping_level returned; value: level */
	PIN_ZAP_ROOTS,		/* zap of invalidated roots entered */
	PIN_FLUSH_SLOT,		/* kvm_arch_flush_shadow_memslot */
	PIN_OFF_CPU,		/* first sign of another task on its CPU */
	PIN_MARK_DIRTY,		/* mark_page_dirty_in_slot entered: the entry is writable, or about to be */
	PIN_INV_ENDED,		/* kvm_mmu_invalidate_end returned: seq and in_progress have changed */
	PIN_PENDING,		/* the host must read the page in: the fault ends (an asynchronous page fault) */
	PIN_SLOT_PREPARE,	/* kvm_arch_prepare_memory_region entered; value: enum kvm_mr_change */
	PIN_SLOT_COMMIT,	/* kvm_arch_commit_memory_region entered: the new slots are published */
	PIN_NR
};

struct obs_pinned {
	uint64_t pin : 8, rest : 56;
	uint64_t value;
	uint64_t extra;
};

struct obs {
	uint32_t rest;		/* struct ev's dt_ns; 0 from an engine */
	uint8_t	 kind;		/* enum obs_kind */
	uint8_t	 flags;		/* AGE_RANGE: bit 0 young */
	uint16_t vm;
	union {
		struct obs_spte		spte;
		struct obs_set		set;
		struct obs_map		map;
		struct obs_page		page;
		struct obs_fast		fast;
		struct obs_mmio		mmio;
		struct obs_gfns		gfns;
		struct obs_s2		s2;
		struct obs_pte		pte;
		struct obs_wait		wait;
		struct obs_pinned	pin;
		uint64_t		w[3];
	};
};

/* "kvm_mmu_set_spte"; NULL for a number that is no observation. */
const char *obs_kind_name(unsigned int kind);
const char *obs_pin_name(enum obs_pin pin);

#endif
