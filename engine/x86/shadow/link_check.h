/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_LINK_CHECK_H
#define ENGINE_X86_SHADOW_LINK_CHECK_H

/* I-S1 (config.check): what a fault links has nothing stale below it. */
#include "engine/x86/shadow/sp.h"

void link_check(const struct shadow_mmu *sm, unsigned int vcpu, uint32_t number);

/* Page @number is about to be linked by a fault of @vcpu, or was just synced as its root. */
static inline void check_link(const struct shadow_mmu *sm, unsigned int vcpu, uint32_t number)
{
	if (unlikely(sm->x.mmu.config.check))
		link_check(sm, vcpu, number);
}

#endif
