// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"

#define PREFIX	"mmulab_capture_"

/* Counts of a VM that are there only if anything of the kind was seen. */
static const struct {
	const char *name, *help;
	size_t	    of;
	double	    unit;
} counts[] = {
	{ "exits_total", "Times its vCPUs left the guest.", offsetof(struct meter_count, exits), 1 },
	{ "accesses_total", "Exits with a fault that KVM's MMU served.", offsetof(struct meter_count, accesses), 1 },
	{ "walks_total", "Walks of the guest's page tables.", offsetof(struct meter_count, walks), 1 },
	{ "invalidations_total", "Ranges of memory that were unmapped or changed under the guest.",
	  offsetof(struct meter_count, invalidations), 1 },
	{ "ages_total", "Ranges of memory whose young pages were asked for.", offsetof(struct meter_count, ages), 1 },
	{ "stall_seconds_total", "Time its vCPUs spent in accesses.", offsetof(struct meter_count, service_ns), 1e-9 },
};

static void head(FILE *m, const char *name, const char *type, const char *help)
{
	fprintf(m, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void one(FILE *m, const char *name, const char *type, const char *help, double value)
{
	head(m, name, type, help);
	fprintf(m, PREFIX "%s %.15g\n", name, value);
}

/* {vm="NAME",pid="7"}, with @more inside. */
static void labels(FILE *m, const struct meter_vm *vm, const char *more)
{
	fputs("{vm=\"", m);
	for (const char *p = vm->name; *p; p++) {
		if (*p == '\\' || *p == '"')
			fputc('\\', m);
		if (*p == '\n')
			fputs("\\n", m);
		else
			fputc(*p, m);
	}
	fprintf(m, "\",pid=\"%d\"%s}", (int)vm->pid, more);
}

static void put_lost(FILE *m, const struct watch_now *now)
{
	head(m, "lost_events_total", "counter", "Events that could not be recorded, by the kernel's own count.");
	for (uint32_t cpu = 0; cpu < now->nr_cpus; cpu++) {
		const struct record_loss *l = &now->cpus[cpu];

		fprintf(m, PREFIX "lost_events_total{cpu=\"%u\",cause=\"overrun\"} %" PRIu64 "\n", cpu, l->overrun);
		fprintf(m, PREFIX "lost_events_total{cpu=\"%u\",cause=\"commit_overrun\"} %" PRIu64 "\n", cpu, l->commit_overrun);
		fprintf(m, PREFIX "lost_events_total{cpu=\"%u\",cause=\"dropped\"} %" PRIu64 "\n", cpu, l->dropped);
	}
}

static double count_of(const struct meter_vm *vm, size_t i)
{
	double n;

	memcpy(&n, (const char *)&vm->count + counts[i].of, sizeof(n));
	return n * counts[i].unit;
}

static void put_counts(FILE *m, const struct watch_now *now, size_t i)
{
	bool seen = false;

	for (size_t j = 0; j < now->nr_vms; j++)
		seen |= count_of(&now->vms[j], i) > 0;
	if (!seen)
		return;
	head(m, counts[i].name, "counter", counts[i].help);
	for (size_t j = 0; j < now->nr_vms; j++) {
		fprintf(m, PREFIX "%s", counts[i].name);
		labels(m, &now->vms[j], "");
		fprintf(m, " %.15g\n", count_of(&now->vms[j], i));
	}
}

/* --- service times ------------------------------------------------------------------------------ */

static const uint64_t bounds_ns[] = {
	500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000,
	1000000, 2000000, 5000000, 10000000, 100000000, 1000000000,
};

struct below {
	uint64_t n[ARRAY_SIZE(bounds_ns)];
};

static void add_below(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct below *b = arg;

	for (size_t i = 0; i < ARRAY_SIZE(bounds_ns); i++)
		if (lo <= bounds_ns[i])		/* a step of the histogram is a thousandth */
			b->n[i] += n;
}

static void put_service(FILE *m, const struct meter_vm *vm)
{
	struct below b = { 0 };
	char le[40];

	hist_each(&vm->service, add_below, &b);
	for (size_t i = 0; i <= ARRAY_SIZE(bounds_ns); i++) {
		bool all = i == ARRAY_SIZE(bounds_ns);

		if (all)
			snprintf(le, sizeof(le), ",le=\"+Inf\"");
		else
			snprintf(le, sizeof(le), ",le=\"%.9g\"", bounds_ns[i] / 1e9);
		fputs(PREFIX "service_seconds_bucket", m);
		labels(m, vm, le);
		fprintf(m, " %" PRIu64 "\n", all ? vm->service.n : b.n[i]);
	}
	fputs(PREFIX "service_seconds_sum", m);
	labels(m, vm, "");
	fprintf(m, " %.15g\n", (double)vm->service.sum / 1e9);
	fputs(PREFIX "service_seconds_count", m);
	labels(m, vm, "");
	fprintf(m, " %" PRIu64 "\n", vm->service.n);
}

static void put_services(FILE *m, const struct watch_now *now)
{
	bool seen = false;

	for (size_t i = 0; i < now->nr_vms; i++)
		seen |= now->vms[i].service.n > 0;
	if (!seen)
		return;
	head(m, "service_seconds", "histogram", "Time from an exit with a fault to the entry after it.");
	for (size_t i = 0; i < now->nr_vms; i++)
		put_service(m, &now->vms[i]);
}

/* --- all of it ------------------------------------------------------------------------------------ */

char *metrics_text(const struct watch_now *now)
{
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);

	one(m, "running", "gauge", "1: it records, 0: the recording is complete.", !now->over);
	one(m, "duration_seconds", "gauge", "Since the recording began.", now->seconds);
	one(m, "events_total", "counter", "Events recorded, by the kernel's own count.", watch_events(now));
	one(m, "written_bytes_total", "counter", "Of the kernel's buffers, written to the disk.", now->bytes);
	put_lost(m, now);
	one(m, "sampled_ratio", "gauge", "Of the events since the last time, the part that the figures of VMs are estimated from.",
	    now->share);
	for (size_t i = 0; i < now->nr_vms; i++) {
		if (!i)
			head(m, "vcpus", "gauge", "Threads that were seen to run the guest.");
		fputs(PREFIX "vcpus", m);
		labels(m, &now->vms[i], "");
		fprintf(m, " %u\n", now->vms[i].nr_vcpus);
	}
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		put_counts(m, now, i);
	put_services(m, now);
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	return text;
}

int metrics_write(const char *path, const struct watch_now *now, struct err *e)
{
	char *text = metrics_text(now);
	int ret = outfile_put(path, text, strlen(text), e);

	free(text);
	return ret;
}
