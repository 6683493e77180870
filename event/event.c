/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of record kinds, from the two tables. */
#include "event/event.h"

#include <string.h>

const char *ev_kind_name(unsigned int kind)
{
	static const char *const names[EV_STIM_END] = {
#define STIM(id, name, payload, is_range) [EV_##id] = name,
#include "event/event.def"
#undef STIM
	};

	return kind < EV_STIM_END ? names[kind] : obs_kind_name(kind);
}

unsigned int ev_kind_parse(const char *name)
{
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		const char *known = ev_kind_name(kind);

		if (known && !strcmp(known, name))
			return kind;
	}
	return EV_NONE;
}

const char *ev_op_name(enum ev_op op)
{
	static const char *const names[EV_NR_OPS] = {
#define EV_OP_NAME(id, name) [EV_OP_##id] = name,
		EV_OPS(EV_OP_NAME)
#undef EV_OP_NAME
	};

	return (unsigned int)op < EV_NR_OPS ? names[op] : "?";
}

bool ev_is_stimulus(unsigned int kind)
{
	return kind > EV_NONE && kind < EV_STIM_END;
}

bool ev_is_range(unsigned int kind)
{
	static const bool range[EV_STIM_END] = {
#define STIM(id, name, payload, is_range) [EV_##id] = is_range,
#include "event/event.def"
#undef STIM
	};

	return kind < EV_STIM_END && range[kind];
}
