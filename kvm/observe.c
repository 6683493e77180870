/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of observations and pins. */
#include "kvm/observe.h"

const char *obs_kind_name(unsigned int kind)
{
	static const char *const names[] = {
#define OBS(id, name, payload) [OBS_##id - OBS_FIRST] = name,
#include "kvm/observe.def"
#undef OBS
	};

	return kind >= OBS_FIRST && kind < OBS_END ? names[kind - OBS_FIRST] : NULL;
}

const char *obs_pin_name(enum obs_pin pin)
{
	static const char *const names[PIN_NR] = {
		[PIN_NONE] = "none",
		[PIN_SNAPSHOT] = "snapshot",
		[PIN_LOOKUP_RET] = "lookup_ret",
		[PIN_STALE] = "stale",
		[PIN_STALE_RET] = "stale_ret",
		[PIN_INV_END] = "inv_end",
		[PIN_INV_END_RET] = "inv_end_ret",
		[PIN_UNMAP_RET] = "unmap_ret",
		[PIN_SWAP] = "swap",
		[PIN_SWAP_RET] = "swap_ret",
		[PIN_SLOTS_UPDATED] = "slots_updated",
		[PIN_MAX_LEVEL_RET] = "max_level_ret",
		[PIN_ZAP_ROOTS] = "zap_roots",
		[PIN_FLUSH_SLOT] = "flush_slot",
		[PIN_OFF_CPU] = "off_cpu",
		[PIN_MARK_DIRTY] = "mark_dirty",
		[PIN_INV_ENDED] = "inv_ended",
		[PIN_PENDING] = "pending",
		[PIN_SLOT_PREPARE] = "slot_prepare",
		[PIN_SLOT_COMMIT] = "slot_commit",
	};

	return (unsigned int)pin < PIN_NR ? names[pin] : "?";
}
