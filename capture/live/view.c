// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/alloc.h"

#define ROWS_MAX	12u		/* VMs that are shown */
#define WIDTH_MAX	160
#define COLUMNS		"%-20.20s %8s %8s %8s %7s %7s %7s %7s"	/* 79, for a terminal of 80 */

struct view {
	FILE		*to;
	unsigned int	 lines;		/* on the terminal now */
	double		 seconds;	/* the last time */
	uint64_t	 events, bytes;
	struct meter_count *counts;	/* by VM */
	size_t		 nr_counts;
};

struct view *view_open(FILE *terminal)
{
	struct view *v = xcalloc(1, sizeof(*v));

	v->to = terminal;
	return v;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	free(v->counts);
	free(v);
}

/* --- numbers in a few letters ------------------------------------------------------------------ */

struct number {
	char text[16];
};

static struct number scaled(double value, double step, const char *const *units, size_t nr)
{
	struct number n;
	size_t i = 0;

	while (i + 1 < nr && value >= step - step / 2000)
		value /= step, i++;
	snprintf(n.text, sizeof(n.text), value >= 100 || (!i && value == (int)value) ? "%.0f%s" : "%.1f%s", value, units[i]);
	return n;
}

static struct number count(double value)
{
	static const char *const units[] = { "", "k", "M", "G" };

	return scaled(value, 1000, units, ARRAY_SIZE(units));
}

static struct number nanoseconds(double value)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	return scaled(value, 1000, units, ARRAY_SIZE(units));
}

static struct number unknown(void)
{
	return (struct number){ "-" };
}

/* --- lines --------------------------------------------------------------------------------------- */

static void put_line(struct view *v, const char *line)
{
	struct winsize size;
	int width = ioctl(fileno(v->to), TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;

	/* One that wraps would be two, and the next one would be written over the wrong one. */
	fprintf(v->to, "%.*s\033[K\n", width > 1 ? width - 1 : 1, line);
	v->lines++;
}

static void put_head(struct view *v, const struct watch_now *now, uint64_t events, double s)
{
	char line[WIDTH_MAX];
	int len = snprintf(line, sizeof(line), "%.0f s   %s events/s   %sB/s   %s lost", now->seconds,
			   count((events - v->events) / s).text, count((now->bytes - v->bytes) / s).text,
			   count(watch_lost(now)).text);

	if (now->share < 1)
		snprintf(line + len, sizeof(line) - len, "   (below: from %.1f %% of them)", now->share * 100);
	put_line(v, line);
	snprintf(line, sizeof(line), COLUMNS, now->over ? "whole recording: VM" : "VM", "access/s", "walks/s",
		 "inval/s", "ages/s", "p50", "p99", "stall");
	put_line(v, line);
}

static struct number percent_of(double ns, double s, uint32_t nr_vcpus)
{
	struct number n = unknown();

	if (nr_vcpus)
		snprintf(n.text, sizeof(n.text), "%.1f %%", ns / 1e7 / s / nr_vcpus);
	return n;
}

static void put_vm(struct view *v, const struct meter_vm *vm, const struct meter_count *last, const struct hist *h,
		   double s)
{
	const struct meter_count *c = &vm->count;
	bool exits = c->exits > 0, timed = h->n > 0;
	char line[WIDTH_MAX], name[40];

	if (vm->pid)
		snprintf(name, sizeof(name), "%.15s (%d)", vm->name, (int)vm->pid);
	else
		snprintf(name, sizeof(name), "%s", vm->name);
	snprintf(line, sizeof(line), COLUMNS, name,
		 exits ? count((c->accesses - last->accesses) / s).text : "-",
		 c->walks > 0 ? count((c->walks - last->walks) / s).text : "-",
		 count((c->invalidations - last->invalidations) / s).text, count((c->ages - last->ages) / s).text,
		 timed ? nanoseconds(hist_quantile(h, 500000)).text : "-", timed ? nanoseconds(hist_quantile(h, 990000)).text : "-",
		 exits ? percent_of(c->service_ns - last->service_ns, s, vm->nr_vcpus).text : "-");
	put_line(v, line);
}

static void put_vms(struct view *v, const struct watch_now *now, double s)
{
	static const struct meter_count none;
	size_t shown = 0;

	/* Without a VM, too: that is where invalidations of kswapd and khugepaged are. */
	for (size_t i = 0; i < now->nr_vms; i++) {
		const struct meter_vm *vm = &now->vms[i];

		if (!i && vm->count.invalidations + vm->count.ages + vm->count.walks + vm->count.exits == 0)
			continue;
		if (shown++ < ROWS_MAX)
			put_vm(v, vm, now->over ? &none : &v->counts[i], now->over ? &vm->service : &vm->recent, s);
	}
	if (shown > ROWS_MAX) {
		char line[WIDTH_MAX];

		snprintf(line, sizeof(line), "and %zu more", shown - ROWS_MAX);
		put_line(v, line);
	}
}

static void keep(struct view *v, const struct watch_now *now, uint64_t events)
{
	v->seconds = now->seconds;
	v->events = events;
	v->bytes = now->bytes;
	for (size_t i = 0; i < now->nr_vms; i++)
		v->counts[i] = now->vms[i].count;
}

void view_show(struct view *v, const struct watch_now *now)
{
	uint64_t events = watch_events(now);
	double s;

	if (now->nr_vms > v->nr_counts) {
		v->counts = xreallocarray(v->counts, now->nr_vms, sizeof(*v->counts));
		memset(v->counts + v->nr_counts, 0, (now->nr_vms - v->nr_counts) * sizeof(*v->counts));
		v->nr_counts = now->nr_vms;
	}
	if (now->over)
		v->seconds = v->events = v->bytes = 0;
	s = now->seconds - v->seconds;
	if (s < 0.001)
		s = 0.001;
	if (v->lines)
		fprintf(v->to, "\033[%uA", v->lines);
	v->lines = 0;
	put_head(v, now, events, s);
	put_vms(v, now, s);
	fputs("\033[J", v->to);		/* what is left of longer ones */
	fflush(v->to);
	keep(v, now, events);
}
