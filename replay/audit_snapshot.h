/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_SNAPSHOT_H
#define REPLAY_AUDIT_SNAPSHOT_H

#include "replay/audit_windows.h"

/* Operation @index, a fault: where it mapped with a snapshot that an invalidation had outdated, that is a finding. */
void audit_snapshot(const struct audit_job *s, uint32_t index);

#endif
