/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_NULL_H
#define REPLAY_NULL_H

#include "replay/inherited.h"
#include "replay/verdict.h"

/*
 * The null model: what verify's score has to beat.  A flat table of entries,
 * and no idea of time: every fault maps at the recorded facts (linking the
 * tables it needs), every invalidation zaps its range and flushes when it
 * zapped something, aging clears A where hardware had set it.  No retry, no
 * hull, no yield, no split, no lock.  Operations one after the other, in order of their ends.
 * It gets the same host facts, the same tables
 * at the beginning (@in) and the same repair after a miss as the engine.
 *
 * arm64: replay/null_stage2.h; x86 without the TDP MMU: replay/null_rmaps.h.
 *
 * Sets judged.null_exact of each operation of @v.
 */
void null_run(const struct recording *rec, const struct inherited *in, struct verdict *v);

#endif
