// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/watch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "capture/live/metrics.h"
#include "capture/live/sample.h"
#include "capture/live/view.h"

#define INTERVAL_S	1.0

struct watch {
	struct instance	*in;
	const struct drain *drain;
	struct meter	*meter;
	struct sample	*sample;
	struct view	*view;
	char		*metrics;
	struct record_loss *cpus;
	double		told;		/* seconds, the last time */
	double		share;		/* of all that came so far */
	uint64_t	bytes;
	struct err	err;		/* of the metrics' file, the first one */
};

uint64_t watch_events(const struct watch_now *now)
{
	uint64_t n = 0;

	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++)
		n += now->cpus[cpu].read + now->cpus[cpu].waiting;
	return n;
}

uint64_t watch_lost(const struct watch_now *now)
{
	uint64_t n = 0;

	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++)
		n += loss_total(&now->cpus[cpu]);
	return n;
}

static void look_at_cpus(struct watch *w)
{
	for (uint32_t cpu = 0; cpu < drain_nr_cpus(w->drain); cpu++) {
		char name[64], *text;

		snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", cpu);
		text = instance_read(w->in, name);
		w->cpus[cpu] = loss_of_stats(text ? text : "");
		free(text);
	}
}

static uint64_t bytes_drained(const struct drain *d)
{
	uint64_t all = 0, bytes;

	for (uint32_t cpu = 0; cpu < drain_nr_cpus(d); cpu++) {
		drain_spool(d, cpu, &bytes);
		all += bytes;
	}
	return all;
}

static void tell(struct watch *w, double seconds, bool over)
{
	struct watch_now now = {
		.seconds = seconds, .over = over, .cpus = w->cpus, .nr_cpus = drain_nr_cpus(w->drain),
	};
	double share;

	sample_take(w->sample);
	share = sample_share(w->sample);
	look_at_cpus(w);
	now.bytes = bytes_drained(w->drain);
	now.share = share;
	if (now.bytes)		/* weighed by what came then */
		w->share += (share - w->share) * (now.bytes - w->bytes) / now.bytes;
	w->bytes = now.bytes;
	if (over)
		now.share = w->share;
	now.vms = meter_vms(w->meter, &now.nr_vms);
	if (w->view && seconds > 0)
		view_show(w->view, &now);
	if (w->metrics)
		metrics_write(w->metrics, &now, w->err.exit ? NULL : &w->err);
	meter_forget(w->meter);
	w->told = seconds;
}

void watch_tick(struct watch *w, double seconds)
{
	if (!w)
		return;
	sample_take(w->sample);
	if (seconds - w->told >= INTERVAL_S)
		tell(w, seconds, false);
}

int watch_start(const struct watch_options *o, struct instance *in, const struct drain *d, struct watch **out,
		struct err *e)
{
	struct watch *w;

	if (!o->terminal && !o->metrics)
		return 0;
	w = xcalloc(1, sizeof(*w));
	w->in = in;
	w->drain = d;
	w->share = 1;
	w->meter = meter_open(o->formats, o->nr_formats, o->clock);
	w->sample = sample_open(d, w->meter);
	w->view = o->terminal ? view_open(o->terminal) : NULL;
	w->metrics = xstrdup(o->metrics);
	w->cpus = xcalloc(drain_nr_cpus(d), sizeof(*w->cpus));
	if (w->metrics)
		tell(w, 0, false);
	if (!w->err.exit) {
		*out = w;
		return 0;
	}
	*e = w->err;
	watch_close(w);
	return -(int)e->exit;
}

int watch_end(struct watch *w, double seconds, struct err *e)
{
	if (!w)
		return 0;
	tell(w, seconds, true);
	if (!w->err.exit)
		return 0;
	*e = w->err;
	return -(int)e->exit;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	sample_close(w->sample);
	meter_close(w->meter);
	view_close(w->view);
	free(w->metrics);
	free(w->cpus);
	free(w);
}
