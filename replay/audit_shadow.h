/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_SHADOW_H
#define REPLAY_AUDIT_SHADOW_H

#include "replay/audit.h"

/*
 * Shadow pages of a recording without the TDP MMU: none is linked, or used as root, above an unsync one (I-S1), who
 * gives up to sync the rest later has synced some (I-S2), and none is met again after its zap (I-T2).
 * All of these records are made under mmu_lock in write mode: their times order them.
 */
void audit_shadow(const struct recording *r, struct audit *a);

#endif
