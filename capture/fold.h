/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_FOLD_H
#define CAPTURE_FOLD_H

#include "capture/source.h"
#include "event/writer.h"

/*
 * The fold: raw records in, stimuli and observations out.  It finds vCPUs, VMs
 * and memslots, pairs exits with faults and entries, and folds runs of retried
 * faults into one access.  One pass; memory grows with threads, VMs and memslots
 * only.  How it decides is told at the head of each fold_*.c.
 */
struct fold;

/**
 * fold_new() - start folding.
 * @s:		the recording, not read yet; must outlive the fold.
 * @meta:	fills tasks, VMs, counts; arch, kernel, release and clock are set from @s.
 * @w:		where records go; NULL counts them only (meta.kinds is then kept by the fold).
 */
struct fold *fold_new(struct source *s, struct ev_meta *meta, struct ev_writer *w);
/*
 * What a recording never shows is told from what happened not to be seen by whether it has a probe there.  Probes
 * whose names do not tell what they are on need a record each: fold_has_riddles() says that there are such, and
 * fold_scan() reads @again, the same recording opened once more, until it has them, or a million records.
 * Return: as source_ops.next.
 */
bool fold_has_riddles(const struct fold *f);
int fold_scan(struct fold *f, struct source *again, struct err *e);
/* Told of each MEMSLOT stimulus as it is written; times since the first record. */
typedef void (*fold_slot_fn)(void *arg, uint64_t t_ns, uint16_t vm, const struct ev_slot *slot);
void fold_on_slot(struct fold *f, fold_slot_fn fn, void *arg);
/* Return: 0, or what the writer said.  Records come in time order; what does not counts as damage. */
int fold_record(struct fold *f, const struct source_record *rec);
/* Closes what is open and completes @meta.  Return: as fold_record(). */
int fold_finish(struct fold *f);
void fold_free(struct fold *f);		/* NULL is fine */

#endif
