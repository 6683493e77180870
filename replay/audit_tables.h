/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_TABLES_H
#define REPLAY_AUDIT_TABLES_H

#include "replay/audit_windows.h"

/*
 * The page tables of every VM as the recorded changes leave them, told apart by values alone: after a fast
 * zap an old root and a new one have entries at the same place, and no record names its root.
 */
struct audit_tables;

struct audit_tables *audit_tables_new(const struct recording *r, const struct audit_windows *w, struct audit *a);
void audit_tables_free(struct audit_tables *t);

/* The next change in time order: record @obs (SPTE_CHANGED) of operation @op. */
void audit_tables_change(struct audit_tables *t, uint32_t op, uint32_t obs);
/* @window has zapped its range: leafs in it that were there before are remembered. */
void audit_tables_zapped(struct audit_tables *t, uint32_t window);
/* After the last one: what only the end of the recording decides. */
void audit_tables_end(struct audit_tables *t);

#endif
