/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_TOLD_H
#define REPLAY_TOLD_H

#include "event/event.h"
#include "kvm/syndrome.h"

/*
 * What a run does, told as it does it, to whoever writes it down: the guests' exits and entries, every operation from
 * begin to end, and what the engine says meanwhile.  Virtual time only.  Each task tells its own story in the
 * order of its time; those of several interleave in no order but that of what they did to each other.
 */
enum told_kind {
	TOLD_ENTRY,		/* the vCPU enters the guest */
	TOLD_EXIT,		/* ... and leaves it, for no fault */
	TOLD_FAULT_EXIT,	/* ... and leaves it for a fault: @fault, but no result */
	TOLD_FAULT,		/* the host begins to handle that */
	TOLD_SNAPSHOT,		/* it looks for the page */
	TOLD_LOOKED_UP,		/* ... that is over: @fault.result CONTINUE and its pfn, or what the fault ends with */
	TOLD_STALE,		/* mmu_lock is held: is what was found still good? */
	TOLD_STALE_RET,		/* @fault.result: CONTINUE, or RETRY: it is not */
	TOLD_FAULT_RET,		/* @fault.result */
	TOLD_OP,		/* an operation begins: @ev is its stimulus, moved to the task's copy */
	TOLD_OP_END,		/* ... is over: @ev as above; DIRTY_RESET: count is what was taken */
	TOLD_WINDOW,		/* INVALIDATE_END has the lock and is about to close what it is the end of */
	TOLD_SWAP,		/* MEMSLOT: the next set of slots is about to be published */
	TOLD_SWAPPED,		/* ... is what everybody uses */
	TOLD_ENTERS,		/* @ev: an observation that is about to begin, if it has an end: engine/mmu.h */
	TOLD_OBS,		/* @ev: an observation */
	TOLD_WAIT,		/* for mmu_lock; @write: for all of it */
	TOLD_WAITED,
};

struct told_fault {
	gfn_t	 gfn;
	pfn_t	 pfn;
	uint64_t gva;		/* shadow paging */
	uint8_t	 access;	/* EV_F_R, W, X, and P: the hardware met a translation */
	bool	 mmio;		/* ... or an entry that marks MMIO */
	uint8_t	 kind, class;	/* arm64: enum abort_kind; size class at which the hardware's walk ended */
	uint8_t	 result;	/* enum ret_pf */
};

struct told {
	uint64_t	 t_ns;		/* in the run's time */
	uint32_t	 task, cpu;
	enum told_kind	 kind;
	int		 vm, vcpu;	/* vm: of the operation, or the task's; vcpu -1: a host task */
	bool		 write;
	struct told_fault fault;
	struct ev	 ev;
};

enum told_who {
	TOLD_RECORDED,
	TOLD_ZAP_WORKER,	/* the kernel's: engine/mmu.h mmu_worker() */
	TOLD_NX_WORKER,		/* ... that of NX recovery */
	TOLD_VMM,		/* who set the VM up before the run began */
};

/* Who the tasks are, before the first is told of. */
struct told_task {
	enum told_who	 who;
	unsigned int	 recorded, copy; /* index into the dictionary's tasks */
	int		 vm, vcpu;	/* vm -1: of several or none */
};

struct told_sink {
	void (*tasks)(void *arg, const struct told_task *tasks, unsigned int nr, unsigned int nr_cpus);
	void (*told)(void *arg, const struct told *what);
	void *arg;
};

#endif
