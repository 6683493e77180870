/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_TELL_H
#define REPLAY_DRIVE_TELL_H

#include "replay/drive/drive.h"

/*
 * What tasks do, to job->told (replay/told.h).  Each call is nothing but a predicted branch without one; with
 * one it costs no virtual time and hands over nowhere.
 */
static inline bool telling(const struct drive *d)
{
	return unlikely(d->job->told != NULL);
}

/* Before the run: who the @nr tasks of the runtime are, and what was there before. */
void tell_tasks(struct drive *d, unsigned int nr, unsigned int nr_cpus);
/* rt_config.pin and .wait of a run that is told; @arg the drive. */
uint64_t tell_pin(void *arg, unsigned int task, enum rt_pin pin);
void tell_wait(void *arg, unsigned int task, const char *lock, bool write, bool begins);
/* struct mmu_sink of @vm; what it was to listen to anyway is told to @next, NULL: nobody. */
void tell_sink(struct drive_vm *vm, const struct mmu_sink *next);

/* The task enters the guest, if it is not there and has a root. */
void tell_enter(struct drive_task *t);
/* It leaves it, if it is there, for no fault. */
void tell_leave(struct drive_task *t);
/*
 * Around one attempt of the fault @a: when the guest has left, when the host begins to handle it (it first
 * takes a root, if its own is void, as the entry before would have), and when it is over.
 */
void tell_fault_exit(struct drive_task *t, const struct mmu_access *a);
void tell_fault(struct drive_task *t, const struct mmu_access *a);
void tell_fault_ret(struct drive_task *t, enum ret_pf result);
/*
 * A fault begins in which notifiers of its own page come first; over without an attempt, if it is still open.  This is
 * the one thing in which a run that is told differs from one that is not: what comes before the notifiers is charged
 * before them, and not with the rest of the attempt, so that they are inside it.
 */
void tell_fault_around(struct drive_task *t, const struct mmu_access *a);
/* Inside it: waits for what stimulus @number comes after. */
void tell_await(struct drive_task *t, uint32_t number);
void tell_fault_void(struct drive_task *t);
/* One operation. */
void tell_op(struct drive_task *t, const struct ev *ev);
/* A ring's reset took so many entries. */
void tell_count(struct drive_task *t, uint64_t entries);
void tell_op_end(struct drive_task *t);
/* A kernel worker's, of @vm. */
void tell_worker_op(const struct drive_vm *vm, enum told_kind kind, enum ev_kind op);

#endif
