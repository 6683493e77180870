/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_DRIVE_H
#define REPLAY_DRIVE_DRIVE_H

#include "engine/rt/rt.h"
#include "replay/drive/clone.h"
#include "replay/drive/job.h"
#include "replay/drive/samples.h"
#include "replay/drive/touches.h"
#include "replay/frames.h"
#include "replay/gfn_set.h"
#include "replay/slots.h"
#include "replay/time_scale.h"

/*
 * One run.  Private to replay/drive, which is compiled once per runtime: one
 * task of the runtime per recorded task and copy, straight line: next stimulus,
 * the guest's or the host's own time, what the order asks to wait for, the
 * operation, the sample.
 *
 * Liveness: a task that holds an invalidation open waits for nobody (an access that
 * retries because of it may be what it would wait for); every other wait is
 * for an earlier stimulus of the plan's total order.
 */
struct drive_vm {
	struct mmu	*mmu;
	const struct drive *drive;
	uint32_t	 nx_ratio;	/* of the tables NX recovery may take, one in so many goes in a round */
	struct oracle	*oracle;	/* NULL without job->check */
	struct frames	*frames;	/* NULL without job->check: every frame's page is always the first */
	struct touches	*touches;	/* NULL without job->access */
	struct clone_vm	 clone;
	struct slots	 slots;		/* what MEMSLOT stimuli said so far, all copies */
	pthread_mutex_t	 slots_lock;
	rt_u64		 whole[2];	/* copies that came to ZAP_ALL, VM_DESTROY */
	/* Huge pages may have been split, so that pages nobody asked for have leafs; slots_lock. */
	bool		 splits;
	/* Shadow pages: frames the host has, and frames the guest was seen writing to. */
	struct gfn_set	 present, written;
	pthread_mutex_t	 present_lock;
	struct mmu_host	 host;
	/* Of a run that is told (tell.h): what listens to the engine, and whom it passes that on to. */
	struct mmu_sink	 sink;
	const struct mmu_sink *next_sink;
	uint64_t	 tables_empty;	/* before ... */
	bool		 emptied;	/* ... the VM was */
	struct mmu_stats stats;		/* when the run was over */
	rt_u64		 compared;	/* the oracle has had its look before the VM was emptied */
};

struct stim {			/* one stimulus */
	const struct ev *ev;	/* moved to the task's copy; good until the task's next one */
	uint64_t	 t_ns;	/* as recorded: not scaled */
	uint32_t	 number;
};

struct kept_stim {		/* for later */
	struct stim	 s;	/* .ev: unset */
	struct ev	 ev;
};

struct ev_list {
	struct ev	*v;
	size_t		 nr, cap;
};

struct window {			/* an invalidation begun and not ended */
	uint16_t	vm;
	hva_t		start, end;
	uint64_t	begin_ns;
};

struct task_counts {
	uint64_t want_think_ns, off_think_ns;	/* recorded think time; how far from it */
	uint64_t accesses, recorded, faults;
	uint64_t access_ns, lock_wait_ns, ipi_ns, nested_ns;
	uint64_t others;		/* operations that are no accesses */
	/* The rarer ones. */
	uint64_t retries, avoided, dropped;
	uint64_t unmatched_ends, slot_errors;
	uint64_t prefilled;	/* bytes */
	uint64_t clear_chunk;	/* bytes, of the largest DIRTY_CLEAR */
	uint64_t spoiled;		/* attempts that retried because of their own page's notifiers */
	uint64_t window_max_ns;		/* longest invalidation */
	uint64_t added;			/* faults of touches that the access model drew */
	uint64_t added_ns;		/* what they took; in no other time here */
	uint64_t touches;		/* drawn touches carried out, those without a fault too */
	uint64_t young, young_recorded;	/* age and test_age: answers given, and recorded */
	uint64_t young_lost, young_early; /* against the touches: job->access only */
	uint64_t dirty_pages;		/* given to user space */
	uint64_t order_skipped;		/* edges not waited for, with an invalidation open */
	uint64_t first_ns, last_ns;	/* vCPUs: begin of the first stimulus, end of the last one */
	uint64_t guest_faults;		/* attempts after which the guest was told */
	uint64_t pt_faults;		/* before writes to the guest's tables that did not fault when recorded */
	uint64_t skipped[EV_STIM_END];
};

#define STORY_OPS_MAX	4

struct story {			/* where the telling of a task is: tell.c */
	bool		 in_guest;
	bool		 left;		/* for the fault that is about to be handled */
	bool		 faults, looks, checks;
	bool		 around;	/* the fault has notifiers of its own page inside */
	struct told_fault fault;
	struct ev	 op[STORY_OPS_MAX];	/* operations under way, the innermost last */
	unsigned int	 ops;
};

struct drive;

/*
 * Tasks take turns, so what a stimulus touches here has left the nearest cache by the next one.  What all of them
 * need comes first, line by line: when one begins and ends; around each hand-over; what is counted then.
 */
struct drive_task {
	struct rt_gate		 gate;		/* stimuli done */
	struct ev_cursor	*cursor;
	struct sample_buf	*samples;	/* its own where tasks run at once, or everybody's */

	struct drive		*drive;
	struct drive_vm		*guest;		/* of @vm; a vCPU's */
	int			 vm, vcpu;	/* vcpu: of the mmu, copies included; -1: a host task */
	unsigned int		 copy;
	uint32_t		 await_from;	/* the next stimulus that waits for others */
	bool			 awaited;
	bool			 started;
	bool			 loaded;	/* the vCPU has a root */
	bool			 plain;		/* loaded, nothing kept for the next access, nobody looks on */
	bool			 tests;		/* test_age is under way: what it looks at stays young */
	uint64_t		 recorded_end_ns; /* of its last stimulus */
	struct task_counts	 n;

	uint32_t		 recorded;	/* index into meta.tasks */
	struct ev		 moved;		/* the stimulus at hand, of a copy */
	struct mmu_access	*access;	/* of the fault under way; checked runs fill in its page */
	const struct plan_edge	*edges;
	size_t			 nr_edges, next_edge;
	struct window		*windows;
	size_t			 nr_windows, cap_windows;
	struct kept_stim	*nested;	/* notifiers of the access that follows */
	size_t			 nr_nested, cap_nested;
	struct ev		 think;		/* kind EV_NONE: none */
	struct ev		 walk;		/* likewise: of the access that follows */
	struct ev_list		 writes;	/* to the guest's tables, before what follows; paging.c */
	struct ev_list		 emulations;	/* of such writes, by KVM after the access that follows */
	gfn_t			 root;		/* that the guest has loaded; UINT64_MAX: unknown */
	unsigned int		 levels;	/* of its page tables; 0: unknown */
	struct ev_gpte		 wrote;		/* what it wrote to its last access's frame already; bytes 0: nothing */
	gfn_t			 emulated;	/* frame of the last access, if KVM has its write to emulate */
	uint64_t		 thought_ns;	/* of the next access's think time */
	struct story		 story;
} __attribute__((aligned(64)));

struct drive {
	const struct drive_job	*job;
	const struct ev_meta	*meta;
	struct entry_kind	 entries;
	struct drive_vm		*vms;
	struct drive_task	*tasks;
	struct drive_task      **by_copy;	/* [copy * meta->nr_tasks + recorded] */
	unsigned int		 nr_tasks;
	struct sampler		 sampler;
	struct rt_stats		 stats;
	uint32_t		 time_scale_ppm; /* 0: time goes as recorded */
	bool			 plain;		/* accesses in closed loop, which nobody looks on */
	bool			 slots_inferred;
	bool			 rmaps;		/* shadow pages serve the guest ... */
	bool			 shadow;	/* ... and follow its own page tables */
	bool			 old_faults;	/* the recorded processor does not set A: touching an old page faults */
	bool			 ends_at_once;	/* the trace has no ends: windows close after their start */
	unsigned int		 nr_workers;	/* beside them: a kernel worker per VM, where the policy has one */
	unsigned int		 nr_nx_workers;	/* and one for NX recovery, where the recorded host had it */
	uint64_t		 nx_period_ns;	/* between its rounds */
	rt_u64			 live;		/* recorded tasks that have not ended */
	rt_u64			 hosts_left;	/* host tasks that are not done */
	rt_u64			 failed;	/* a task met an error: everyone ends */
	struct mmu_judge	 judge;
	pthread_mutex_t		 err_lock;
	struct err		*err;
	int			 rc;
};

/* The page behind a frame that the host has never moved. */
static inline pfn_t drive_frame(const struct drive *d, gfn_t gfn)
{
	return frame_first(gfn) & entry_pfn_mask(d->entries);
}

/* vms.c: one mmu per VM of the dictionary, outside any task. */
int vms_make(struct drive *d, struct err *e);
void vms_free(struct drive *d);

/* check.c: tells the oracle, if there is one, what an operation does, and keeps drive_vm.slots. */
uint64_t check_begin(struct drive_vm *vm);
/* The host's pages are other ones from now on, or still the same: what it answers a fault with. */
void check_moved(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end);
pfn_t check_page(const struct drive *d, struct drive_vm *vm, gfn_t gfn);
/* rt_pin_fn of checked runs, @arg the drive: faults get their page when they look it up. */
uint64_t check_look_up(void *arg, unsigned int task, enum rt_pin pin);
void check_unmapped(const struct drive_task *t, struct drive_vm *vm, uint64_t stamp, hva_t start, hva_t end);
void check_zapped(struct drive_vm *vm, uint64_t stamp, gfn_t start, gfn_t end);
void check_memslot(struct drive_vm *vm, uint64_t stamp, const struct ev_slot *slot);
/* Some pages can be written by a fault only. */
void check_protected(struct drive_vm *vm);
/* ERR_MACHINE (negative) when there is an oracle and these are more frames than it can hold. */
int check_prefill(const struct drive *d, struct drive_vm *vm, const struct mmu_prefill *p, struct err *e);
void check_set_spte(struct drive_vm *vm, uint64_t stamp);
/* An invariant is broken: the run ends, and with it the story. */
bool check_judge(void *arg, const struct mmu_break *b);
/* The run ended with @rc; what broke it without the engine's own checks finding it is noted, too. */
void check_note(struct drive *d, int rc, const struct err *e);
/* Before a VM is emptied, and at the end of the run for VMs that were not: do the tables agree? */
int check_compare(struct drive_vm *vm, struct err *e);

/* Does the policy leave work to a kernel worker? */
bool vms_have_workers(const struct drive *d);
/* nx.c: when the VMs are there, whether they have an NX recovery worker; its task, as below. */
void nx_facts(struct drive *d);
void nx_worker(void *arg);
/* A worker's task (rt_task_def.fn); @arg is the struct drive_vm. */
void vm_worker(void *arg);
/* recorded.c: what a stimulus did under the recorded kernel; nothing without job->access. */
void recorded_unmap(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end);
void recorded_age(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end);
void recorded_zap(struct drive_vm *vm, gfn_t start, gfn_t end);
void recorded_slot(const struct drive_task *t, struct drive_vm *vm, const struct ev_slot *slot);
void recorded_empty(struct drive_vm *vm);
/* Before age and test_age: is anything in the range young in truth?  After: the answer is counted against it. */
bool recorded_truth(const struct drive_task *t, struct drive_vm *vm, const struct ev *ev);
void recorded_answer(struct drive_task *t, struct drive_vm *vm, const struct ev *ev, bool truth, bool young);

/* tasks.c: the tasks and what they have in common. */
int tasks_make(struct drive *d, struct err *e);
void tasks_free(struct drive *d);
/* Return: false at the end of the stream or of the run; the first error is kept in the drive. */
static inline bool task_next(struct drive_task *t, struct stim *s);
void task_fail(struct drive *d, const struct err *e, int rc);
/* Waits for what the plan says stimulus @number comes after. */
void task_await_edges(struct drive_task *t, uint32_t number);
static inline bool task_waits(const struct drive_task *t, uint32_t number)
{
	return number >= t->await_from;
}

static inline void task_await(struct drive_task *t, uint32_t number)
{
	if (task_waits(t, number))
		task_await_edges(t, number);
}

/* Stimulus @number is done: whoever waits for it may go on. */
static inline void task_done(struct drive_task *t, uint32_t number)
{
	if (t->awaited)
		rt_gate_raise(&t->gate, (uint64_t)number + 1);
}

/* It was to think, or to sleep, for @want_ns, and took @took_ns. */
static inline void task_paced(struct drive_task *t, uint64_t want_ns, uint64_t took_ns)
{
	t->n.want_think_ns += want_ns;
	t->n.off_think_ns += took_ns > want_ns ? took_ns - want_ns : want_ns - took_ns;
}

/* After the last stimulus: closes what is open and lets everybody through. */
void task_finish(struct drive_task *t);
/* What the operation that has just ended took; @more_ns: what @more says. */
static inline void task_sample(struct drive_task *t, enum result_op op, const struct rt_sample *sample,
			       enum sample_more more, uint64_t more_ns);

/* Recorded nanoseconds on the run's scale. */
static inline uint64_t drive_scaled(const struct drive *d, uint64_t ns)
{
	uint32_t ppm = d->time_scale_ppm;

	if (likely(!ppm))
		return ns;
	/* ns * ppm / TIME_SCALE_ONE, exactly, without 128-bit numbers. */
	return ns / TIME_SCALE_ONE * ppm + ns % TIME_SCALE_ONE * ppm / TIME_SCALE_ONE;
}

/* tasks.c: loads the cursor's next block; false when there is none, or it is damaged. */
bool task_load(struct drive_task *t);
/* Another copy's stimulus. */
void task_move(struct drive_task *t, struct stim *s);

static inline bool task_next(struct drive_task *t, struct stim *s)
{
	struct ev_at at;

	if (unlikely(rt_peek(&t->drive->failed)))
		return false;
	if (unlikely(ev_cursor_is_empty(t->cursor)) && !task_load(t))
		return false;
	ev_cursor_take(t->cursor, &at);
	*s = (struct stim){ .ev = at.ev, .t_ns = at.t_ns, .number = at.number };
	__builtin_prefetch(at.ev + 1);	/* its turn comes after all other tasks' */
	if (unlikely(t->copy))
		task_move(t, s);
	return true;
}

static inline void task_sample(struct drive_task *t, enum result_op op, const struct rt_sample *sample,
			       enum sample_more more, uint64_t more_ns)
{
	struct sample m = { .t_ns = rt_now_ns(), .total_ns = sample->total_ns,
			    .lock_wait_ns = sample->lock_wait_ns, .lock_hold_ns = sample->lock_hold_ns,
			    .more_ns = more_ns, .op = op, .more = more };

	sampler_put(&t->drive->sampler, t->samples, &m);
}

/* guest.c: the guest between its recorded accesses. */
/* Guest mode for @ns; touches that come due are carried out. */
void guest_think(struct drive_task *t, uint64_t ns);
/*
 * After its last stimulus a guest goes on until the recording ends and every host task is done: its
 * pages are touched, and nothing else.
 */
void guest_tail(struct drive_task *t);
/* A touch that the access model drew was not a hit: attempts until one is not told to retry. */
void vcpu_fault(struct drive_task *t, struct drive_vm *vm, struct mmu_access *a, uint64_t stamp);

/* paging.c: shadow paging, what the guest does to its own page tables. */
void paging_keep(struct ev_list *list, const struct ev *ev);
/*
 * The access at hand wrote to @frame: if that was a page table, what it wrote was found by a walk that is still to
 * come.  Carried out now, as far as the stream's next records tell.
 */
void paging_written(struct drive_task *t, unsigned int vm, gfn_t frame);
/* Carries out what was kept in one of the task's lists. */
void paging_catch_up(struct drive_task *t, struct ev_list *list);
/* The guest writes, by an access of its own or KVM's emulation of one: GPTE, PT_WRITE. */
void paging_write(struct drive_task *t, const struct ev *ev);
/* What KVM asked for goes before the guest is entered. */
void paging_enter(struct drive_task *t, struct mmu *mmu);
/* The guest's root, and how it pages, are what @walk says, if they were not before. */
void paging_root(struct drive_task *t, struct mmu *mmu, const struct ev_walk *walk);
/* Has the guest written to the page of @a, or to one of the same host page, and has the host it still? */
bool paging_host_lets_write(struct drive_vm *vm, const struct mmu_access *a);
/* Shadow pages: the host has the page of @a; the host takes pages back; which it has (mmu_host.page, @arg the VM). */
void paging_accessed(struct drive_vm *vm, const struct mmu_access *a);
void paging_unmapped(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end);
pfn_t paging_host_page(void *arg, unsigned int task, gfn_t gfn);
pfn_t paging_host_elsewhere(void *arg, unsigned int task, gfn_t gfn);

/* vcpu.c, host.c: the two sorts of task (rt_task_def.fn); @arg is the struct drive_task. */
void vcpu_run(void *arg);
void host_run(void *arg);

/* op.c: any stimulus but ACCESS and THINK, with its order wait. */
void op_run(struct drive_task *t, const struct stim *s);
/* A round of NX recovery, inside an rt_op. */
void op_nx_recover(struct drive_vm *vm);
/* Ends every invalidation the task still holds open. */
void op_close_windows(struct drive_task *t);
/* When the operation ended in the recording, from its own record. */
uint64_t op_service_ns(const struct ev *ev);

/* report.c: what the tasks counted and the runtime measured, as metrics and blame. */
void report_fill(struct drive *d, struct result *r);

#endif
