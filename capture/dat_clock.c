// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times of the ring buffer to times of the recording: a guest's clock to its
 * host's (samples per vCPU, taken while recording), cycles to nanoseconds, and
 * the offset its user asked for; in this order, as trace-cmd report does.
 */
#include "capture/dat.h"

/* The pair of samples around @ts, or the first or last pair. */
static const struct dat_sync *pair_at(const struct dat_sync_cpu *c, uint64_t ts)
{
	uint32_t from = 0, to = c->nr - 1;

	while (to - from > 1) {
		uint32_t mid = from + (to - from) / 2;

		if (c->v[mid].time <= ts)
			from = mid;
		else
			to = mid;
	}
	return &c->v[from];
}

static uint64_t to_host(const struct dat_clock *k, const struct dat_sync_cpu *c, uint64_t ts)
{
	const struct dat_sync *s;
	int64_t offset;

	if (!c->nr)
		return ts;
	if (c->nr == 1)
		return ts + c->v[0].offset;
	s = pair_at(c, ts);
	offset = s->offset;
	if (k->flags & DAT_SYNC_INTERPOLATE) {
		int64_t delta = s[1].time - s->time;
		__int128 rise = (__int128)(int64_t)(ts - s->time) * (s[1].offset - s->offset);

		offset += (int64_t)((rise + delta / 2) / delta);
	}
	return (uint64_t)(((unsigned __int128)ts * s->scaling) >> s->fraction) + offset;
}

bool dat_clock_is_plain(const struct dat *d)
{
	return !d->clock.nr_sync && !d->clock.mult && !d->clock.offset_ns;
}

uint64_t dat_clock_ns(const struct dat *d, uint32_t cpu, uint64_t ts)
{
	const struct dat_clock *k = &d->clock;

	if (cpu < k->nr_sync)
		ts = to_host(k, &k->sync[cpu], ts);
	if (k->mult)
		ts = (uint64_t)(((unsigned __int128)ts * k->mult) >> k->shift);
	return ts + k->offset_ns;
}
