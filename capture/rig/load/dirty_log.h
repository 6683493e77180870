/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_DIRTY_LOG_H
#define CAPTURE_RIG_LOAD_DIRTY_LOG_H

#include "capture/rig/load/vm.h"

/* KVM_MEM_LOG_DIRTY_PAGES of all data slots. */
void dirty_log_set(struct vm *vm, bool on);
/* KVM_GET_DIRTY_LOG of all, and KVM_CLEAR_DIRTY_LOG with --clear. */
void dirty_log_read(struct vm *vm);

#endif
