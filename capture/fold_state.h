/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_FOLD_STATE_H
#define CAPTURE_FOLD_STATE_H

#include "capture/fold.h"
#include "capture/known.h"
#include "capture/raw_events.h"

/* What the fold_*.c share.  Nobody else includes this. */

/* Why a record was turned into nothing. */
#define UNUSED_REASONS(X)						\
	X(RUN,		"vCPU run with no fault after it")		\
	X(FOREIGN_LOCK,	"lock is not an mmu_lock")			\
	X(INNER_LOCK,	"wait_lock inside an mmu_lock wait")		\
	X(HALF_WAIT,	"lock contention without its other half")	\
	X(NO_CALL,	"return or step without its call")			\
	X(MARKER,	"marker that says nothing of a memslot")	\
	X(ROOTS,	"roots freed that no vCPU had loaded")		\
	X(SLOT_SAME,	"memslot call that changed nothing")		\
	X(MARK,		"page marked dirty by other than a fault's mapping")	\
	X(NOT_FAULTING,	"host page looked up for other reasons than a fault")	\
	X(UNLINKED,	"table freed after its grace period, in whatever task was running")	\
	X(NO_VCPU,	"number that no vCPU has")			\
	X(WALK,		"page-table walk of the guest's")	\
	X(OTHER_VM,	"of a VM that was not to be recorded")	\
	X(MATCHED,	"emulated MMIO whose frame its fault tells")	\
	X(SHORT,	"record shorter than its format")

#define FOLD_VCPU_IDS	4096	/* KVM_MAX_VCPU_IDS of x86; a higher number is of a damaged record */

enum unused {
	USED,
#define UNUSED_ENUM(id, text) UNUSED_##id,
	UNUSED_REASONS(UNUSED_ENUM)
#undef UNUSED_ENUM
	NR_UNUSED
};

struct slot {
	uint32_t id;			/* as the ioctl has it: as_id << 16 | slot */
	uint32_t flags;
	gfn_t	 gfn;
	uint64_t npages;
	hva_t	 hva;
	uint64_t addr;			/* of the kernel's struct; arm64 only, 0: not seen */
};

struct ring {			/* a vCPU's dirty ring */
	bool	 seen;
	uint32_t reset;		/* index up to which it was reset */
};

struct fold_vm {
	bool	 made;			/* while it was recorded */
	uint64_t kvm, mn;		/* addresses, 0: not seen */
	bool	 destroyed;
	bool	 released;		/* its memory is gone: nothing but its destruction follows */
	bool	 deserted;		/* all threads that ran its vCPUs have exited */
	bool	 faulted;		/* a vCPU of it faulted */
	uint32_t anchor_tid;		/* first thread seen running a vCPU of it; before that, acting for it */
	uint32_t *vcpu_tid;		/* by vCPU id; 0: not seen, TID_GONE: it has exited */
	uint32_t nr_vcpu_tid;
	struct slot *slots;
	uint32_t nr_slots;
	bool	 slots_known;		/* a memslot was seen to change */
	uint32_t nr_fast_zaps;		/* times that all its roots went */
	uint32_t nr_nx_toggles;		/* as the host turned its NX mitigation on or off */
	struct inferring *inferring;	/* fold_infer.c; NULL once one was */
	uint64_t nr_pages;		/* shadow pages made and not zapped */
	uint64_t page_limit;		/* 0: not known */
	gfn_t	 roots[64];		/* shadow paging: guest's root tables, the newest */
	uint32_t nr_roots;
	struct ring *rings;		/* by vCPU id */
	uint32_t nr_rings;
};

/* A stimulus, reserved when its operation begins, written in that order. */
struct held {
	uint64_t  t_ns;
	bool	  ready;
	struct ev ev;
};

struct op {
	enum ev_op kind;
	uint64_t begin_ns, last_ns;
	bool	 returns;		/* its return will be in the trace */
	bool	 off_cpu;		/* PIN_OFF_CPU was written */
	uint16_t vm;
	int	 held;			/* its stimulus: index into task.held, -1: none */
	uint32_t number;		/* its stimulus as struct ev_opclose counts */
	hva_t	 start, stop;		/* notifiers */
	uint64_t mn;
	bool	 probed;		/* notifiers: a kprobe began it */
	bool	 from_marker;		/* MEMSLOT */
	bool	 failed;		/* MEMSLOT: the call changed nothing */
	int	 change;		/* MEMSLOT: as set_memslot said, -1: it did not */
	struct slot slot;
	bool	 age_open;		/* AGE, TEST_AGE: a handler was entered */
	bool	 age_alone;		/* and it is the first of the operation */
	bool	 age_young;		/* what the notifier returned, for want of what that one did */
	gfn_t	 age_gfn;
	uint64_t age_count;
	uint8_t	 flags;			/* EV_F_* of its stimulus */
	uint32_t extra;
	gfn_t	 gfn;			/* FAULT, DIRTY, ZAP_RANGE */
	uint64_t count;
	uint32_t slot_id;		/* DIRTY_RESET: vCPU id */
	uint8_t	 as_id;			/* DIRTY */
	bool	 inferred;		/* DIRTY: from what it protected; @protected the last frame of it */
	gfn_t	 protected;
	bool	 complete;		/* DIRTY_RESET: its end was recorded; only a flush may follow */
	bool	 flushes, protects;	/* MEMSLOT: as its records show */
	bool	 zaps, zaps_root;	/* UNKNOWN: an entry went away, one of a root */
	enum ev_kind stim;		/* EV_NONE: the operation has no stimulus */
};

#define OPS_MAX		6
#define WAITS_MAX	4
#define WINDOWS_MAX	8

struct lock_wait {
	uint64_t addr, begin_ns;
	uint32_t flags;
	int	 vm;			/* -1: the wait_lock inside */
};

struct window {			/* an invalidation this thread has open */
	hva_t	start, end;
	bool	matched;
};

/* One fault, from kvm_page_fault to the next entry. */
struct attempt {
	gfn_t	 gfn;
	bool	 gfn_known;		/* false under shadow paging until a record names it */
	bool	 by_gva;		/* shadow paging: the fault was at @gva */
	bool	 walked;		/* its walk has begun */
	bool	 guest_error;		/* ... and found what the guest is to be told */
	bool	 returned;		/* with @ret, but KVM goes on with it: emulates, or gives up protecting */
	bool	 spans;			/* nothing but its walk shows it: until the next one */
	uint64_t gva;
	enum ret_pf ret;
	uint8_t	 access;		/* EV_F_R|W|X|P */
	uint64_t error_code, begin_ns, entry_ns;
	bool	 requested, set, changed, mmio, host_writable;
	pfn_t	 pfn;
	uint8_t	 level;
	enum ret_pf fast;		/* what the lockless attempt gave; RET_PF_UNKNOWN: none */
	enum ret_pf stage2;		/* arm64: what the last call gave; the same */
	bool	 looked_up;		/* arm64: the host's page was asked for */
	bool	 pending;		/* the host must read the page in */
	bool	 ahead;			/* nobody's: the page has come (fold_async.c) */
};

#define AWAITED_MAX	64		/* KVM async_pf.c, ASYNC_PF_PER_VCPU */

struct awaited {			/* a page that the host reads in for a vCPU */
	gfn_t	 gfn;
	uint64_t error_code;		/* of the fault that asked for it */
	uint8_t	 access;
};

struct walk {				/* shadow paging: fold_walk.c */
	bool	 open, of_fault;
	bool	 table_known, mapped;
	uint8_t	 top, last;		/* levels: of the root; of the entry read last, 0: none yet */
	uint64_t gva;
	gfn_t	 table, page;		/* where the next entry lies; the frame walked to */
};

struct vcpu_state {
	uint64_t exit_ns, entry_ns;	/* of the exit or run at hand, 0: not in one */
	bool	 shadow;		/* this exit is an intercepted #PF */
	bool	 ept;
	bool	 fault_exit;		/* this exit is an MMU fault's, at a known gfn */
	bool	 exit_unclaimed;	/* no fault has claimed this exit yet */
	bool	 rooted;		/* has a root loaded, as far as is known */
	uint32_t root_zaps;		/* its VM's nr_fast_zaps when it last loaded one */
	bool	 root_guessed;		/* nothing but an entry showed that it did */
	struct attempt at;
	/* shadow paging */
	struct walk walk;
	bool	 root_known;
	gfn_t	 root;			/* as CR3 has it */
	uint16_t root_offset;		/* PAE */
	uint8_t	 levels;		/* of the guest's paging as last seen; 0: not yet */
	struct awaited awaited[AWAITED_MAX];
	uint32_t nr_awaited;
	bool	 ahead_open;		/* one that maps a page ahead is over, and not written yet */
	enum ret_pf ahead_result;
	uint64_t ahead_end_ns;
	bool	 undecided;		/* the last attempt's result waits for the next fault */
	uint64_t undecided_end_ns;
	uint8_t	 undecided_flags;	/* EV_F_OPEN: records of it are lost */
	/* the access being served */
	bool	 active;
	struct ev_access acc;
	uint64_t acc_page;		/* what its attempts have in common: gfn, or gva >> 12 */
	bool	 acc_by_gva;
	struct ev_walk acc_walk;
	uint8_t	 flags;
	uint16_t vm;
	uint64_t first_exit_ns, last_entry_ns;
	/* time since the previous access was served, and since the last attempt of this one */
	uint64_t guest_ns, other_ns, tail_guest_ns, tail_other_ns;
	uint32_t exits, tail_exits;
	uint32_t run_records;		/* entries and exits that no fault or access has claimed yet */
};

/* arm64: a call on stage 2 that has not returned; kind 0: none. */
struct stage2_call {
	uint8_t	 kind;			/* enum obs_kind */
	uint16_t vm;
	struct obs_s2 s2;
};

#define VISITS_MAX	16

struct held_visit {			/* arm64: fold_stage2.c */
	uint64_t t_ns;
	bool	 open;			/* its return has not come */
	struct ev ev;
};

struct held_update {			/* x86: mmu_spte_update(); fold_spte.c */
	uint64_t t_ns;
	uint64_t sptep;			/* in the kernel's map of all memory */
	struct ev ev;
};

#define TID_GONE	UINT32_MAX

/* One life of a thread: fold_task.c. */
struct task {
	uint32_t tid;
	struct task *others;		/* other lives of the same tid */
	bool	 exited;
	bool	 runs;			/* a record said that it runs a vCPU of its VM */
	bool	 pointed;		/* a record with the address of a struct kvm or notifier said whose it is */
	int	 index;			/* in meta.tasks, -1: has written nothing yet */
	int	 vm;			/* acting for, -1: not known */
	bool	 many_vms;
	bool	 foreign;		/* what it does now, it does to a VM that is not recorded */
	int	 vcpu;			/* vCPU id, -1: none */
	uint32_t cpu;			/* ran there last */
	uint64_t stim_ns, obs_ns;	/* last times written */
	uint32_t nr_accesses, nr_others; /* stimuli begun, as struct ev_opclose counts them */
	struct op ops[OPS_MAX];
	int	 depth;
	struct held *held;
	int	 nr_held, cap_held;
	struct lock_wait waits[WAITS_MAX];
	int	 nr_waits;
	struct window windows[WINDOWS_MAX];
	int	 nr_windows;
	struct vcpu_state v;
	struct stage2_call call;
	struct held_visit *visits;	/* VISITS_MAX of them; NULL: never needed */
	uint32_t nr_visits;
	bool	 holds_update;
	struct held_update *update;	/* NULL: never needed */
	uint64_t above;			/* table entry visited last, 0: it was none */
	int	 above_level;
};

struct known_lock {
	uint64_t addr;
	int	 vm;
};

struct fold {
	struct source	*source;
	struct ev_meta	*meta;
	struct ev_writer *w;
	int		 ret;		/* the writer's first failure */
	enum kvm_release release;
	enum ret_pf_numbers ret_pf;
	const struct spte_format *spte;
	bool		 tdp_known;
	bool		 nx_known;	/* a huge page has shown whether the NX mitigation is on */
	uint64_t	 first_ns, last_ns, events;
	uint64_t	 nr_notes;	/* of them, those of fold_notes.c */
	const struct raw_table *table;
	struct raw_type	*types;		/* by event; nr_types of them are compiled */
	uint64_t	*counts;	/* records, by event */
	uint32_t	 nr_types, cap_types;
	bool		 has[RAW_NR];	/* the recording has a format for it, or a record of it was seen */
	uint64_t	 seen[RAW_NR];
	uint64_t	 used;		/* records that came to something, or may still */
	uint64_t	 unused[NR_UNUSED];
	uint64_t	 kinds[256];
	enum unused	 why;		/* of the record at hand */

	struct task	**tasks;	/* open addressing by tid, a power of two */
	uint32_t	 nr_tasks, cap_tasks;
	struct task	**on_cpu;	/* ran there last: saves the look-up */
	uint32_t	 nr_on_cpu;
	struct fold_vm	*vms;
	uint32_t	 nr_vms;
	uint64_t	 mn_delta;	/* mn - kvm, 0: not learnt */
	struct known_lock *locks;
	uint32_t	 nr_locks;
	struct owner	*owners;	/* fold_owner.c */
	struct sptes	*sptes;		/* fold_spte.c */
	struct known	 gptes;		/* fold_gpt.c */
	struct known	 gpts;		/* the tables themselves */
	uint8_t		 root_level;
	bool		 shadows;	/* some page of it follows a table of a guest's */
	struct notes	*notes;		/* fold_notes.c; NULL: there are none */
	struct older_vm	*older;		/* fold_older.c */
	uint32_t	 nr_older;
	struct stage2_learnt *stage2;	/* arm64: fold_stage2.c */
	/* By the layout's row. */
	void		(*const *handlers)(struct fold *f, struct task *t, const struct raw *r);
	fold_slot_fn	 on_slot;
	void		*on_slot_arg;
};

#define RAW(id, kind, names, fields, handler) void handler(struct fold *f, struct task *t, const struct raw *r);
#define RAW_ARM64 RAW
#include "capture/events_x86.def"
#include "capture/events_arm64.def"
#undef RAW_ARM64
#undef RAW

/* Does KVM follow the guest's own tables? */
static inline bool fold_shadows(const struct fold *f)
{
	return f->shadows && !f->seen[RAW_SPTE_CHANGED];
}

/* --- fold.c ----------------------------------------------------------------------- */
/* @n records that counted as used so far came to nothing. */
void fold_unuse(struct fold *f, enum unused why, uint64_t n);

/* --- fold_task.c ------------------------------------------------------------------ */
struct task *task_of(struct fold *f, uint32_t tid, uint32_t cpu, uint64_t ts_ns);
/* A new life of @t's thread, for what comes from now on; the other one is kept with what it did. */
struct task *task_renew(struct fold *f, struct task *t);
/* @other, another life of @t's thread, goes on. */
struct task *task_resume(struct fold *f, struct task *t, struct task *other);
/* In order of their tids' places; for what happens to all. */
typedef void (*task_fn)(struct fold *f, struct task *t);
void task_each(struct fold *f, task_fn fn);

/* --- fold_emit.c ------------------------------------------------------------------- */
void emit_stimulus(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev);
void emit_obs(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev);
/* A stimulus that is no operation's, and no ACCESS or THINK. */
void emit_other(struct fold *f, struct task *t, uint64_t ts_ns, struct ev *ev);
uint32_t clamp_u32(uint64_t v);
uint16_t clamp_u16(uint64_t v);

/* --- fold_op.c: a task's operations, a stack --------------------------------------- */
struct op *op_top(struct task *t);
struct op *op_find(struct task *t, enum ev_op kind);
/* Begins @kind, closing or nesting into what is open; @stim EV_NONE: it has no stimulus. */
struct op *op_begin(struct fold *f, struct task *t, enum ev_op kind, enum ev_kind stim, uint64_t ts_ns, int vm);
/* A stimulus that is complete waits for those begun before it: at @place of held. */
void op_hold(struct task *t, int place, uint64_t ts_ns, const struct ev *ev);
/* A stimulus that is no operation's comes before @op's own. */
void op_stimulus_before(struct fold *f, struct task *t, struct op *op, struct ev *ev);
void op_touch(struct task *t, uint64_t ts_ns);
/* Ends the top operation, at its last record (a return counts as one: op_touch()). */
void op_end(struct fold *f, struct task *t);
void op_end_all(struct fold *f, struct task *t);
bool op_is_notifier(const struct op *op);
/* The return of the innermost @kind: ends it at @ts_ns.  Return: false when none is open. */
bool op_return(struct fold *f, struct task *t, enum ev_op kind, uint64_t ts_ns);
/* Is it the kernel's worker for huge pages that the NX mitigation split? */
bool op_is_nx_worker(const struct fold *f, const struct task *t);
/* The operation an observation at @ts_ns belongs to; opens an UNKNOWN one where there is none. */
struct op *op_for_obs(struct fold *f, struct task *t, uint64_t ts_ns);
/* Writes an OP record. */
void op_write(struct fold *f, struct task *t, uint64_t end_ns, uint64_t begin_ns, struct ev_opclose *c, uint16_t vm,
	      uint8_t flags);
/* Back to the fault whose own record this is: what is nested in it is over. */
struct op *op_fault_level(struct fold *f, struct task *t);

/* --- fold_notes.c: what the recording program says of the host ----------------------- */
/* Is the marker's text such a note?  Then it is taken in. */
bool notes_take(struct fold *f, const struct raw *r);
/* A thread's process, and the one whose only VM it acts for; 0: not told. */
uint32_t noted_pid(const struct fold *f, uint32_t tid);
uint32_t noted_owner(const struct fold *f, uint32_t tid);
/* The vCPU it runs, -1: not told. */
int noted_vcpu(const struct fold *f, uint32_t tid);
/* What the VM of a process is called, or NULL. */
const char *noted_name(const struct fold *f, uint32_t pid);
/* Is there one VM, and no other? */
bool noted_alone(const struct fold *f);
/* The number is another thread's from now on. */
void notes_forget(struct fold *f, uint32_t tid);
/* Into the header, after what the events say. */
void notes_finish(struct fold *f);
void notes_free(struct fold *f);

/* --- fold_older.c: memslots that were there before ------------------------------------- */
/* A note says that process @pid's VM at @kvm has @slot. */
void older_add(struct fold *f, uint32_t pid, uint64_t kvm, const struct slot *slot);
/*
 * By its address, or its process if that has no other, @vm may be one of those: then it has its slots.
 * Return: its process, or 0.
 */
uint32_t older_place(struct fold *f, unsigned int vm);
void older_finish(struct fold *f);
void older_free(struct fold *f);

/* --- fold_vm.c: which VM ------------------------------------------------------------ */
int vm_by_kvm(struct fold *f, struct task *t, uint64_t kvm, bool may_be_new);
int vm_by_mn(struct fold *f, struct task *t, uint64_t mn, bool may_be_new);
int vm_by_hva(struct fold *f, struct task *t, hva_t start, hva_t end);
int vm_of_task(struct fold *f, struct task *t);
/* Of a marker's memslot: the newest it can be of, or a VM of its own. */
int vm_by_slot(struct fold *f, struct task *t, const struct slot *slot);
/* Which vCPU a thread says it is by its name: "CPU 2/KVM", "vcpu2". */
bool vcpu_by_name(const struct fold *f, const struct task *t, uint32_t *vcpu);
/* @t runs @vcpu; with a number that no vCPU has it is just placed in a VM.  Return: the life of its thread. */
struct task *vm_bind_vcpu(struct fold *f, struct task *t, uint32_t vcpu);
/* @t runs a vCPU of @kvm's VM, which is not known yet.  Return: as vm_bind_vcpu(). */
struct task *vm_bind_kvm(struct fold *f, struct task *t, uint64_t kvm);
/* Whatever @t ran runs no more. */
void vm_unbind(struct fold *f, struct task *t);
/* The VM of NX recovery's thread. */
int vm_of_worker(struct fold *f, struct task *t);
/* For memslots nobody was seen to make: a frame was mapped; one was zapped by an invalidation. */
void infer_mapped(struct fold *f, unsigned int vm, gfn_t gfn, pfn_t pfn);
void infer_zapped(struct fold *f, const struct op *op, gfn_t gfn, unsigned int level);
/* @op's handler was called for @npages from @gfn on. */
void infer_matched(struct fold *f, const struct op *op, gfn_t gfn, uint64_t npages);
void infer_slots(struct fold *f);
void infer_free(struct fold_vm *vm);
/* @t is not on its CPU any more. */
void inv_end_off_cpu(struct fold *f, struct task *t, uint64_t ts_ns);
void vm_learn_mn(struct fold *f, struct op *op, uint64_t kvm);
void task_set_vm(struct fold *f, struct task *t, int vm);

/* --- fold_vmops.c ---------------------------------------------------------------------- */
/* The vCPU of @t loads a root, which nothing but the root's own making may show. */
void root_load_unseen(struct fold *f, struct task *t, uint64_t ts_ns);
/*
 * Somebody who has taken all roots of a VM away now frees one: its vCPUs have been unloaded, one after the other.
 * Return: the operation of the last.
 */
struct op *unload_unseen(struct fold *f, struct task *t, uint64_t ts_ns);
/* @t enters the guest: not with a root that is gone. */
void root_renew(struct fold *f, struct task *t, uint64_t ts_ns);
/* @t queues for an mmu_lock in write mode. */
void root_renew_waits(struct fold *f, struct task *t, uint64_t ts_ns);

/* --- fold_dirty.c ---------------------------------------------------------------------- */
/* Logging of a slot has started, by @op: did that protect anything? */
void dirty_learn_start(struct fold *f, const struct op *op);
/* @t changes an entry: where no probe shows calls of dirty logging, a GET may begin by that, or be over. */
void dirty_infer_get(struct fold *f, struct task *t, const struct raw *r);

/* --- fold_owner.c --------------------------------------------------------------------- */
/* An entry of @vm now holds @spte. */
void owner_note(struct fold *f, unsigned int vm, gfn_t gfn, unsigned int level, uint64_t spte);
/* Return: the VM whose entry held @spte, -1: not known. */
int owner_of(const struct fold *f, gfn_t gfn, unsigned int level, uint64_t spte);

/* --- fold_gpt.c ------------------------------------------------------------------------ */
/* Equal but for A and D. */
bool gpt_same(uint64_t a, uint64_t b);
/* What the entry at @gpa is known to hold, or NULL. */
const uint64_t *gpt_entry(const struct fold *f, unsigned int vm, uint64_t gpa);
/* A walk of @t's vCPU has read it. */
void gpt_read(struct fold *f, struct task *t, uint64_t ts_ns, uint64_t gpa, unsigned int level, unsigned int bytes,
	      uint64_t value);
/* The table at @gfn was in CR3. */
void gpt_is_root(struct fold *f, unsigned int vm, gfn_t gfn);
void gpt_set_bits(struct fold *f, unsigned int vm, uint64_t gpa, uint64_t bits);
/* @bytes, 1 .. 8, were written there; entries have @size bytes. */
void gpt_write(struct fold *f, unsigned int vm, uint64_t gpa, unsigned int bytes, uint64_t value, unsigned int size);

/* --- fold_walk.c ------------------------------------------------------------------------ */
/* The root of @t's vCPU is at @offset of @gfn. */
void root_note(struct fold *f, struct task *t, gfn_t gfn, unsigned int offset);
/* A CR3 stimulus that says so. */
struct ev root_loaded(const struct task *t, unsigned int vm);

/* --- fold_slot.c ---------------------------------------------------------------------- */
/* Could a call with @slot be one on that VM?  Of a slot that is there, size and host address never change. */
bool slot_may_be(struct fold_vm *vm, const struct slot *slot);
void slot_store(struct fold_vm *vm, const struct slot *slot);
/* One that is older than the recording, as made when that began, by @t of no thread. */
void slot_write_older(struct fold *f, struct task *t, const struct slot *slot);
struct slot *slot_find(struct fold_vm *vm, uint32_t id);
struct slot *slot_of_gfn(struct fold_vm *vm, gfn_t gfn);
/* Does a page of @gfn .. @gfn + @npages - 1 lie in @start .. @end - 1 of the host?  True when no memslot tells. */
bool slot_gfns_meet(const struct fold_vm *vm, unsigned int shift, gfn_t gfn, uint64_t npages, hva_t start, hva_t end);
bool slot_fill(struct fold *f, struct op *op, struct ev *ev);

/* --- fold_vcpu.c ----------------------------------------------------------------------- */
/* The access (EV_F_R, W, X, P) of a page fault's error code. */
uint8_t vcpu_access_of(uint64_t code);
/* A fault begins, as far as @at says; its times and results are filled here. */
void vcpu_attempt(struct fold *f, struct task *t, uint64_t ts_ns, const struct attempt *at);
/* The exit, the entry: whose time it was. */
void vcpu_leave_guest(struct fold *f, struct task *t, uint64_t ts_ns);
void vcpu_enter_guest(struct fold *f, struct task *t, uint64_t ts_ns);
/* The fault on top of the stack is over; RET_PF_UNKNOWN: find out what became of it. */
/* What a successful attempt at the access being served tells about the host's page. */
void vcpu_note_host(struct vcpu_state *v, enum ret_pf result);
/* fold_async.c: @t, a vCPU that awaits a page, may be about to map it ahead of the guest's next try. */
void async_begin(struct fold *f, struct task *t, uint64_t ts_ns);
/* That try is over; it is written when its page is known. */
void async_settle(struct task *t, uint64_t end_ns, enum ret_pf result);
/* The page that came is @gfn's; 0: as the try's own records say, if there was one. */
void async_end(struct fold *f, struct task *t, gfn_t gfn);
void vcpu_settle(struct fold *f, struct task *t, uint64_t end_ns, enum ret_pf result);
/* Write the OP record that waits to know its result. */
void vcpu_decide(struct fold *f, struct task *t, enum ret_pf result);
/* The access being served, if any, is over, though the vCPU has not entered the guest. */
void vcpu_goes_on(struct fold *f, struct task *t, uint64_t ts_ns);
/* The fault at hand is at @gfn, if that was not known. */
void vcpu_named(struct task *t, gfn_t gfn);
/* Will its last attempt be repeated? */
bool vcpu_tries_again(const struct task *t);
/* Records of the task may be missing from here on, or the trace ends: what is open stays open. */
void vcpu_cut(struct fold *f, struct task *t);

/* --- fold_obs.c ------------------------------------------------------------------------- */
void pin_slot_prepare(struct fold *f, struct task *t, const struct raw *r);
/* The operation that changes an entry, of @gfn at @level; 0: of which is not known. */
struct op *op_of_entry(struct fold *f, struct task *t, uint64_t ts_ns, gfn_t gfn, unsigned int level);

/* --- fold_spte.c ------------------------------------------------------------------------ */
/* Writes the update that was held. */
void update_flush(struct fold *f, struct task *t);
/* The entry at the physical address @phys is now @spte, which maps @gfn. */
void spte_is_set(struct fold *f, struct task *t, uint64_t phys, gfn_t gfn, unsigned int level, uint64_t spte);
uint64_t sptes_forgotten(const struct fold *f);
void sptes_free(struct fold *f);

/* --- fold_stage2.c -------------------------------------------------------------------- */
/* Writes what was held, returned or not. */
void visits_flush(struct fold *f, struct task *t);
/* What the records say of the host's stage 2, into the header. */
void stage2_learnt(struct fold *f);
void stage2_free_learnt(struct fold *f);

#endif
