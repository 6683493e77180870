/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "kvm/observe.h"

/*
 * Contract 1, the records.  32 bytes each, the same in memory and (before the
 * block's codec) on disk, little endian.  Stimuli and observations share one
 * numbering; they live in different blocks.
 *
 * A task's observation stream is postfix: the observations of an operation
 * come first, then one OP record closes it.  Operations may nest (a notifier
 * inside a vCPU's own fault): the inner OP closes the observations at or after
 * its own begin, the outer one closes what is left.
 */
enum ev_class { EV_STIMULUS, EV_OBSERVATION, EV_NR_CLASSES };

/* Stimuli are 1 .. OBS_FIRST - 1, observations (enum obs_kind) follow. */
enum ev_kind {
	EV_NONE,
#define STIM(id, name, payload, is_range) EV_##id,
#include "event/event.def"
#undef STIM
	EV_STIM_END,
};

#define EV_NO_VM	0xffff	/* the trace does not say which */

/* flags, any stimulus */
#define EV_F_NESTED	0x01	/* inside a vCPU's own fault: the access that follows caused it */
#define EV_F_OPEN	0x02	/* its end is not in the trace: service_ns is a lower bound */
/* DIRTY_*, MEMSLOT: made, not recorded: it waits for accesses before it, but none waits for it */
#define EV_F_BESIDE	0x40
/* DIRTY_RESET: the call ends with this ring; DIRTY_MASK: with this word, and a flush */
#define EV_F_LAST	0x04
/* INVALIDATE_*, AGE */
#define EV_F_NOBLOCK	0x04	/* range is not blockable */
#define EV_F_FLUSH	0x08	/* AGE: clear_flush_young */
#define EV_F_YOUNG	0x10	/* AGE, TEST_AGE: it reported young */
#define EV_F_MATCHED	0x20	/* a memslot matched (a probe saw the handler run) */
/* MEM_ATTR */
#define EV_F_PRIVATE	0x08	/* ... private; without: shared */
/* GPTE */
#define EV_F_INFERRED	0x04	/* no walk read it: what KVM mapped for it tells the frame and some of its bits */
/* CR3 */
#define EV_F_LOADS	0x04	/* the root was not at hand: a VCPU_LOAD follows */
/* ACCESS */
#define EV_F_R		0x04
#define EV_F_W		0x08
#define EV_F_X		0x10
#define EV_F_PFN	0x20	/* pfn and level are known */
#define EV_F_HOSTWR	0x40	/* host-writable is known to be true */
#define EV_F_P		0x80	/* the fault found a present translation (first attempt) */
/* OP of a FAULT, in `access` */
#define EV_F_AHEAD	0x20	/* the page has come: KVM maps it before the guest tries again, as if for prefetching */

/*
 * Shadow paging (a WALK precedes it): gfn is what the walk found, or another record named; where neither is so
 * (WALK.mapped is 0), the low 40 bits of gva >> 12.  Result GUEST: the guest was told of the fault.
 *
 * An ACCESS's time is that of its first exit, or of the last stimulus nested in
 * it when that is later; time + service_ns is when the guest went on.
 */
struct ev_access {
	uint64_t gfn : 40, attempts : 16, level : 3, fetched : 5;
	uint64_t pfn : 40, result : 8, rest : 16;	/* result: enum ret_pf of the last attempt */
	uint32_t guest_ns;	/* in guest mode since the previous access was served; saturates, see THINK */
	uint32_t service_ns;	/* first exit .. last entry, retries and the guest time between them included */
};

/*
 * An entry of a guest page table, or bytes the guest wrote to one.  Level 4 or 5 holds the root's entries, 1 those of
 * 4 KiB pages; 0: not known.
 */
struct ev_gpte {
	/* Of the table; offset in bytes; bytes: 4 or 8, PT_WRITE 1 .. 8. */
	uint64_t gfn : 40, offset : 12, level : 4, bytes : 4, rest : 4;
	uint64_t value;
	uint64_t extra;
};

struct ev_walk {
	uint64_t gva;
	/* root: gfn of the guest's root table, where known; levels: 2 .. 5, 0 without paging. */
	uint64_t root : 40, levels : 4, known : 1, mapped : 1, rest : 18;
	uint32_t pferr;		/* as the walker was asked: PFERR_* */
	uint32_t more;
};

struct ev_think {		/* precedes the ACCESS it belongs to; its times replace guest_ns */
	uint64_t guest_ns;
	uint64_t other_exit_ns;	/* time in exits that were not MMU faults */
	uint32_t exits;		/* how many such exits */
	uint32_t rest;
};

struct ev_hvas {
	hva_t	 start, end;	/* bytes, end exclusive */
	uint32_t service_ns;
	uint32_t extra;		/* AGE: how many of the entries it visited had A set, where known */
};

enum ev_slot_change { EV_SLOT_CREATE, EV_SLOT_DELETE, EV_SLOT_MOVE, EV_SLOT_FLAGS };

#define KVM_MEM_LOG_DIRTY	1u
#define KVM_MEM_READ_ONLY	2u

struct ev_slot {
	uint64_t gfn : 40, id : 16, as_id : 4, change : 4;
	uint64_t npages : 40, flags : 24;	/* KVM_MEM_*: 1 log dirty, 2 read-only */
	uint64_t hva;
};

/* Which kind of operation an OP record closes. */
#define EV_OPS(X)			\
	X(FAULT,	"fault")	\
	X(INVALIDATE_START, "invalidate_start") \
	X(INVALIDATE_END, "invalidate_end") \
	X(AGE,		"age")		\
	X(TEST_AGE,	"test_age")	\
	X(SET_SPTE,	"set_spte")	\
	X(MEMSLOT,	"memslot")	\
	X(VCPU_LOAD,	"vcpu_load")	\
	X(VCPU_UNLOAD,	"vcpu_unload")	\
	X(ZAP_ALL,	"zap_all")	\
	X(DIRTY,	"dirty")	\
	X(ZAP_RANGE,	"zap_range")	\
	X(VM_DESTROY,	"vm_destroy")	\
	X(UNKNOWN,	"unknown")	/* observations outside any operation the fold knows */ \
	X(NX_RECOVER,	"nx_recover")	\
	X(NX_TOGGLE,	"nx_toggle")		\
	X(CR3,		"cr3")			\
	X(SYNC_ROOTS,	"sync_roots")		\
	X(INVLPG,	"invlpg")		\
	X(PT_WRITE,	"pt_write")		\
	X(PAGE_LIMIT,	"page_limit")

enum ev_op {
#define EV_OP_ENUM(id, name) EV_OP_##id,
	EV_OPS(EV_OP_ENUM)
#undef EV_OP_ENUM
	EV_NR_OPS
};

#define EV_NO_STIMULUS	UINT32_MAX

struct ev_opclose {		/* its time is the end of the operation */
	uint64_t gfn : 40, op : 8, result : 8, access : 8;	/* result: enum ret_pf; access: EV_F_R|W|X|P|AHEAD */
	uint32_t span_ns;	/* begin = time - span; faults begin at kvm_page_fault */
	/*
	 * Which stimulus of the same task it belongs to, counted from 0.  FAULT: its place
	 * among the task's ACCESS stimuli; all attempts share it.  Others: its place among
	 * those that are neither ACCESS nor THINK.  (Two counts, because an access is written when
	 * it was served, after the notifiers nested in it, but its attempts must name it before.)
	 * EV_NO_STIMULUS: none, as for UNKNOWN.
	 */
	uint32_t stimulus;
	uint32_t entry_ns;	/* FAULT: kvm_exit was this long before begin */
	uint32_t error_code;	/* FAULT: low 32 bits as recorded */
};

struct ev {
	uint32_t dt_ns;		/* since the first time of its block */
	uint8_t	 kind;		/* enum ev_kind */
	uint8_t	 flags;		/* EV_F_* */
	uint16_t vm;		/* index into the dictionary's VMs, 0 when it has none, or EV_NO_VM */
	union {
		struct ev_access	access;
		struct ev_think		think;
		struct ev_gpte		gpte;
		struct ev_walk		walk;
		struct ev_hvas		hvas;
		struct obs_gfns		gfns;
		struct ev_slot		slot;
		struct obs_spte		spte;
		struct obs_set		set;
		struct obs_map		map;
		struct obs_page		page;
		struct obs_fast		fast;
		struct obs_mmio		mmio;
		struct obs_s2		s2;
		struct obs_pte		pte;
		struct obs_wait		wait;
		struct obs_pinned	pin;
		struct ev_opclose	op;
		uint64_t		w[3];
	};
};

_Static_assert(sizeof(struct ev) == 32, "an event record is 32 bytes");
_Static_assert((int)EV_STIM_END <= (int)OBS_FIRST, "stimulus kinds overlap observations");
_Static_assert(offsetof(struct ev, w) == offsetof(struct obs, w), "struct obs is struct ev without its time");
_Static_assert(offsetof(struct ev, kind) == offsetof(struct obs, kind), "same place for the kind");

/* "access", "kvm_mmu_set_spte"; NULL for a number that is no kind. */
const char *ev_kind_name(unsigned int kind);
/* Return: the kind (enum ev_kind or enum obs_kind), or EV_NONE. */
unsigned int ev_kind_parse(const char *name);
const char *ev_op_name(enum ev_op op);
bool ev_is_stimulus(unsigned int kind);
/* Touches a range of guest memory: accesses are ordered against it. */
bool ev_is_range(unsigned int kind);

#endif
