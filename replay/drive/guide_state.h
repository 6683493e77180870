/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_GUIDE_STATE_H
#define REPLAY_DRIVE_GUIDE_STATE_H

#include "engine/mmu.h"
#include "engine/rt/rt.h"
#include "event/stage2.h"
#include "kvm/role.h"
#include "replay/drive/guide.h"
#include "replay/gfn_set.h"
#include "replay/hostpage.h"
#include "replay/slots.h"
#include "replay/swaps.h"
#include "replay/yields.h"

/* What the files of the guide share; private to them. */

/* An operation a task is in; a nested one points to the one around it. */
struct running {
	uint32_t		 op;
	struct running		*outer;
	uint32_t		 child;		/* next nested operation to perform, or REC_NONE */
	struct fault_instants	 fault;
	struct instant		 change;
	unsigned int		 swaps;		/* RT_PIN_SWAP met so far */
	bool			 queued, changed; /* RT_PIN_LOCK met, RT_PIN_OTHER met */
	bool			 checked;	/* RT_PIN_LOCKED met */
	bool			 mends;		/* it is over, and what it left is repaired: nobody says anything */
	bool			 walks;		/* counted in guide.walking */
	uint32_t		 paced;		/* recorded observations up to here have been reached */
	uint32_t		 remade;	/* INVLPG up to 6.1: records up to here are of entries it has come to */
	size_t			 remade_said;	/* ... and so much had been said then */
	uint32_t		 breaks, makes;	/* arm64: entries broken, made so far */
	struct obs		*said;		/* what the engine emitted */
	size_t			 nr_said, cap_said;
};

struct guide;

/* A window that a task has open and whose end is not in the recording. */
struct open_window {
	uint32_t op;			/* its start */
	uint64_t end_ns;		/* where it is placed */
};

#define MAX_OPEN_WINDOWS	8	/* of one task: it has them inside each other */

struct actor {
	struct guide	*g;
	uint32_t	 task;		/* recorded task */
	struct running	*top;		/* NULL between operations */
	struct open_window open[MAX_OPEN_WINDOWS];
	uint32_t	 nr_open;
	gfn_t		 root;		/* shadow paging: CR3 of its vCPU as last told, ROOT_NONE: not yet */
	uint64_t	 nx_sleep_ns;	/* the NX recovery worker, between two rounds; 0: not known, or another task */
};

#define ROOT_NONE		UINT64_MAX

/* Of a VM: one in how many tables a round of NX recovery tries, as far as rounds have shown; 0: none has. */
struct nx_known {
	uint64_t least, most;
};

/* Without the TDP MMU, of a VM: frames that the host has a writable page for. */
struct host_pages {
	struct gfn_set	known;
	struct slots	slots;
	uint64_t	gone_ns;	/* when the last invalidation began */
};

struct guide {
	const struct guide_job	*job;
	const struct recording	*rec;
	const struct spte_format *format;
	struct stage2_host	 stage2;	/* arm64 */
	struct mmu		**mmus;		/* one per VM of the recording */
	struct policy		*policies;	/* likewise */
	unsigned int		*walking;	/* by VM: operations inside a walk that yields */
	unsigned int		*waiting;	/* by VM: operations that only look as if they queued for mmu_lock */
	unsigned int		*unloaded;	/* by VM: vCPUs that a host task unloaded */
	struct nx_known		*nx;		/* by VM */
	struct host_pages	*pages;		/* by VM; NULL with the TDP MMU */
	struct mmu_sink		 sink;
	struct mmu_host		 host;
	/* Shadow paging: of job->gptes the engine knows those before the first, and those that walks found since. */
	uint32_t		 gptes_told;
	bool			*gpte_told;
	struct actor		*actors;	/* one per runtime task */
	uint32_t		 nr_actors;
	struct obs_matcher	*matcher;
};

/* Runs one operation on the engine, its nested ones included, and judges it. */
void guide_perform(struct actor *a, uint32_t op);
/* Performs the nested operations of the running one that are left. */
void guide_perform_children(struct actor *a);

/* The running operation, if it walked under the lock, does so no more. */
void guide_walk_over(struct guide *g, struct running *r);

/* Where ends are not recorded: the window that @start opened will end. */
void guide_will_end(struct actor *a, uint32_t start);
/*
 * Ends those of the task's such windows that were opened inside operation @parent (REC_NONE: in none)
 * and are over by @until.
 */
void guide_end_windows(struct actor *a, uint32_t parent, uint64_t until);

/*
 * What the host has for the guest's frames, as far as records before tell.  _go: @op is about to be performed;
 * _come: it has been; _at: the page now, MMU_PFN_NONE: not known; _logged: its slot logs dirty pages.
 */
void guide_pages_go(struct guide *g, const struct rec_op *op);
void guide_pages_come(struct guide *g, const struct rec_op *op);
pfn_t guide_pages_at(const struct guide *g, uint16_t vm, gfn_t gfn);
bool guide_pages_logged(const struct guide *g, uint16_t vm, gfn_t gfn);
void guide_pages_fini(struct guide *g);

/* rt_pin_fn */
uint64_t guide_pin(void *arg, unsigned int task, enum rt_pin pin);

/*
 * The engine is about to go on after it said @o: waits until the kernel had said the same,
 * so that long operations take their recorded time and meet what they met.
 */
void guide_pace(struct actor *a, const struct obs *o);

/*
 * The engine is about to look at @gfn in a walk that the recording shows step by step: where the next step
 * is there, it waits until shortly before.
 */
void guide_before(struct actor *a, gfn_t gfn);

/* What the recording knows of the host's page behind a fault. */
struct mmu_access guide_facts(const struct guide *g, const struct rec_op *op);
/* Before aging: sets A and D where hardware had, as the recorded old values show. */
void guide_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op);

void guide_touch_fault(const struct guide *g, struct mmu *mmu, const struct rec_op *op, unsigned int vcpu);

/* Before the run: the page tables of @vm as the recording found them. */
void guide_inherit(struct guide *g, uint32_t vm);
/* At its begin: the actor's vCPU has a root, if it had one before the recording. */
void guide_resume(const struct actor *a);
/* The task has windows open that it had opened by then. */
void guide_reopen(const struct actor *a);

/* Between two rounds of the worker: those that left no record. */
void guide_nx_silence(struct actor *a, uint32_t vm, uint64_t from, uint64_t until);
/* A round that did. */
void guide_nx_recover(struct guide *g, struct mmu *mmu, const struct rec_op *op);

/* After a miss or a skip: makes the engine's entries what the recording says they became. */
void guide_repair(struct guide *g, const struct running *r);
/* For an operation the engine does not model: its recorded changes, each at its time. */
void guide_apply(struct guide *g, const struct rec_op *op);

/* --- guide_shadow.c: x86 without the TDP MMU --- */
static inline bool guide_is_rmaps(const struct guide *g)
{
	return g->rec->meta->arch == KVM_X86 && !g->rec->meta->tdp_mmu;
}

/* What the guest had in its tables when @op began, and what its own walks were to find. */
void guide_shadow_tables(struct guide *g, const struct rec_op *op);
/* Before a vCPU takes its root, and before it faults: which one, by its records. */
void guide_shadow_root(struct actor *a, const struct rec_op *op, unsigned int vcpu);
/* The operations that only shadow paging has. */
void guide_shadow_perform(struct actor *a, const struct rec_op *op, unsigned int vcpu);
/* A fault that was syncing the children of a page had no more of the time for it, as far as its records say. */
bool guide_shadow_gives_up(const struct guide *g, const struct running *r);
/* mmu_sink.reads, mmu_host.page */
void guide_shadow_reads(struct guide *g, struct running *r, const struct mmu_read *what);
pfn_t guide_shadow_page(const struct guide *g, const struct running *r, gfn_t gfn);
/* A and D of entries that the operation changes, as its records from the @from th on found them. */
void guide_shadow_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op, uint32_t from);
/* Whether the host's page can be written, where the fault's own records do not say. */
void guide_shadow_facts(const struct guide *g, const struct rec_op *op, struct hostpage *facts);
void guide_shadow_repair(struct guide *g, const struct running *r);

/* --- guide_stage2.c: the same on arm64 --- */
static inline bool guide_is_arm64(const struct guide *g)
{
	return g->rec->meta->arch == KVM_ARM64;
}

void guide_stage2_before(struct actor *a, gfn_t gfn);
void guide_stage2_pace(struct actor *a, const struct obs *o);
uint64_t guide_stage2_break(const struct guide *g, struct running *r);
uint64_t guide_stage2_make(const struct guide *g, struct running *r);
/* Did the walk let go of the lock before its next visit?  Then @r has come that far. */
bool guide_stage2_yields(const struct guide *g, struct running *r);
void guide_stage2_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op);
void guide_stage2_repair(const struct guide *g, const struct running *r);

#endif
