/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_FLUSH_H
#define REPLAY_AUDIT_FLUSH_H

#include "replay/audit_windows.h"

/*
 * Operation @index: where it took a mapping or a permission away and nothing was flushed after that, that is
 * a finding.  Only for recordings that show flushes, and operations that must flush before they are over.
 */
void audit_flush(const struct audit_job *s, uint32_t index);

#endif
