/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/time_scale.h"

#include <stdio.h>
#include <string.h>

#include "result/hist.h"

#define MEDIAN		500000	/* millionths */

static uint64_t cost_ns(const struct costs *c, enum cost cost)
{
	return c->ps[cost] / PSEC_PER_NSEC;
}

/* An attempt that maps a page nobody has touched, and the host makes it with @alloc. */
static uint64_t mapping_ns(const struct costs *c, enum cost alloc)
{
	return cost_ns(c, COST_EXIT_ENTRY) + cost_ns(c, COST_FAULT_FIXED) + cost_ns(c, COST_HOST_LOOKUP) +
	       cost_ns(c, alloc) + cost_ns(c, COST_READ_LOCK) + cost_ns(c, COST_FAULT_LOCKED);
}

/* One that finds an invalidation open. */
static uint64_t retrying_ns(const struct costs *c, enum kvm_release release)
{
	uint64_t ns = cost_ns(c, COST_EXIT_ENTRY) + cost_ns(c, COST_FAULT_FIXED);

	if (release < KVM_6_12)
		ns += cost_ns(c, COST_HOST_LOOKUP) + cost_ns(c, COST_READ_LOCK);
	return ns;
}

struct medians {
	struct hist recorded, modelled;
};

struct attempts {
	struct medians		small, huge;	/* by the host's page */
	const struct costs     *costs;
	enum kvm_release	release;
};

static void note(struct attempts *a, const struct ev *ev)
{
	static const enum cost alloc[] = {
		COST_HOST_ALLOC_4K, COST_HOST_ALLOC_4K, COST_HOST_ALLOC_2M, COST_HOST_ALLOC_1G,
	};
	unsigned int level = ev->access.level < ARRAY_SIZE(alloc) ? ev->access.level : 1;
	struct medians *m = level > 1 ? &a->huge : &a->small;
	uint64_t attempts = ev->access.attempts ? ev->access.attempts : 1;
	uint64_t modelled_ns = mapping_ns(a->costs, alloc[level]) + (attempts - 1) * retrying_ns(a->costs, a->release);

	if (!ev->access.service_ns || ev->flags & EV_F_OPEN)
		return;
	hist_record_n(&m->recorded, ev->access.service_ns / attempts, attempts);
	hist_record_n(&m->modelled, modelled_ns / attempts, attempts);
}

static int note_task(struct ev_file *file, uint32_t task, struct attempts *a, struct err *e)
{
	struct ev_cursor *cursor;
	struct ev_at at;
	int rc = ev_cursor_open(file, task, EV_STIMULUS, &cursor, e);

	if (rc)
		return rc;
	while ((rc = ev_cursor_next(cursor, &at, e)) > 0)
		if (at.ev->kind == EV_ACCESS)
			note(a, at.ev);
	ev_cursor_close(cursor);
	return rc;
}

static void medians_init(struct medians *m)
{
	hist_init(&m->recorded);
	hist_init(&m->modelled);
}

static void medians_fini(struct medians *m)
{
	hist_fini(&m->recorded);
	hist_fini(&m->modelled);
}

int time_scale_auto(struct ev_file *file, const struct costs *costs, struct time_scale *out, struct err *e)
{
	const struct ev_meta *meta = ev_meta(file);
	struct attempts a = { .costs = costs, .release = meta->release };
	const struct medians *m = &a.small;
	uint64_t ppm = TIME_SCALE_ONE;
	int rc = 0;

	medians_init(&a.small);
	medians_init(&a.huge);
	for (uint32_t task = 0; !rc && task < meta->nr_tasks; task++)
		rc = note_task(file, task, &a, e);
	if (!a.small.recorded.n)
		m = &a.huge;
	*out = (struct time_scale){ .recorded_ns = hist_quantile(&m->recorded, MEDIAN),
				    .modelled_ns = hist_quantile(&m->modelled, MEDIAN) };
	if (out->recorded_ns && out->modelled_ns)
		ppm = out->modelled_ns * TIME_SCALE_ONE / out->recorded_ns;
	if (ppm > (uint64_t)TIME_SCALE_MAX * TIME_SCALE_ONE)
		ppm = (uint64_t)TIME_SCALE_MAX * TIME_SCALE_ONE;
	out->ppm = ppm ? (uint32_t)ppm : 1;
	medians_fini(&a.small);
	medians_fini(&a.huge);
	return rc;
}

uint32_t time_scale_rough(const struct scan *scan, enum kvm_release release, const struct costs *costs)
{
	uint64_t retries = scan->attempts - scan->timed, modelled_ns, ppm;

	if (!scan->service_ns)
		return TIME_SCALE_ONE;
	modelled_ns = scan->timed * mapping_ns(costs, COST_HOST_ALLOC_4K) + retries * retrying_ns(costs, release);
	ppm = (uint64_t)((__uint128_t)modelled_ns * TIME_SCALE_ONE / scan->service_ns);
	return ppm < UINT32_MAX ? (uint32_t)ppm : UINT32_MAX;
}

int time_scale_parse(const char *text, uint32_t *ppm, struct err *e)
{
	size_t whole = strspn(text, "0123456789"), point = text[whole] == '.', rest;
	uint64_t value = 0, unit = TIME_SCALE_ONE;

	rest = point ? strspn(text + whole + 1, "0123456789") : 0;
	if (whole <= 4)
		for (size_t i = 0; i < whole; i++)
			value = value * 10 + (uint64_t)(text[i] - '0') * TIME_SCALE_ONE;
	for (size_t i = 0; i < rest; i++)
		value += (uint64_t)(text[whole + 1 + i] - '0') * (unit /= 10);
	if (text[whole + point + rest] || !(whole + rest) || whole > 4 || !value ||
	    value > (uint64_t)TIME_SCALE_MAX * TIME_SCALE_ONE)
		return err_set(e, ERR_USAGE, "--time-scale %s: neither auto nor a number from 0.000001 to %d", text,
			       TIME_SCALE_MAX);
	*ppm = (uint32_t)value;
	return 0;
}

void time_scale_print(uint32_t ppm, char *text, size_t size)
{
	int end = snprintf(text, size, "%u.%06u", ppm / TIME_SCALE_ONE, ppm % TIME_SCALE_ONE);

	while (end > 0 && text[end - 1] == '0')
		text[--end] = '\0';
	if (end > 0 && text[end - 1] == '.')
		text[--end] = '\0';
}
