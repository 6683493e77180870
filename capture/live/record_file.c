// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/record_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "base/alloc.h"
#include "capture/live/host.h"
#include "capture/live/symbols.h"
#include "capture/out/spool.h"

struct parts {			/* texts of the head, owned */
	char	*header_page, *header_event, *printk, *cmdlines, *clocks, *uname;
	char	*kallsyms;	/* NULL: all of the recording's */
	char	**stats;
	struct datout_event *ftrace;	size_t nr_ftrace;
	uint64_t *cpu_bytes;
	uint32_t nr_cpus;
};

static void add_event(struct datout_event **v, size_t *nr, const char *system, char *format)
{
	*v = xreallocarray(*v, *nr + 1, sizeof(**v));
	(*v)[(*nr)++] = (struct datout_event){ xstrdup(system), format };
}

static void free_events(struct datout_event *v, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free((char *)v[i].system);
		free((char *)v[i].format);
	}
	free(v);
}

void record_file_event(struct record_file *f, const char *system, const char *name)
{
	char *file = xasprintf("events/%s/%s/format", system, name), *format = instance_read(f->in, file);

	if (format)
		add_event(&f->events, &f->nr_events, system, format);
	free(file);
}

/* The formats of system ftrace: trace_marker's text is of it. */
static void read_ftrace(struct parts *p)
{
	char **names = tracefs_system_events(NULL, "ftrace");

	for (char **n = names; n && *n; n++) {
		char *file = xasprintf("events/ftrace/%s/format", *n), *format = instance_read_top(file);

		if (format)
			add_event(&p->ftrace, &p->nr_ftrace, "ftrace", format);
		free(file);
	}
	tracefs_list_free(names);
}

static int by_system(const void *a, const void *b)
{
	return strcmp(((const struct datout_event *)a)->system, ((const struct datout_event *)b)->system);
}

static void read_cpus(struct record_file *f, struct parts *p, const struct drain *d, struct record_result *result)
{
	p->nr_cpus = result->nr_cpus = drain_nr_cpus(d);
	p->stats = xcalloc(p->nr_cpus, sizeof(*p->stats));
	p->cpu_bytes = xcalloc(p->nr_cpus, sizeof(*p->cpu_bytes));
	result->cpus = xcalloc(p->nr_cpus, sizeof(*result->cpus));
	for (uint32_t cpu = 0; cpu < p->nr_cpus; cpu++) {
		char *name = xasprintf("per_cpu/cpu%u/stats", cpu), *text = instance_read(f->in, name);

		drain_spool(d, cpu, &p->cpu_bytes[cpu]);
		p->stats[cpu] = text ? text : xstrdup("");
		result->cpus[cpu] = loss_of_stats(p->stats[cpu]);
		free(name);
	}
}

/* Only what is of use, unless an event prints functions. */
static void read_symbols(const struct record_file *f, struct parts *p)
{
	char *probes;

	for (size_t i = 0; i < f->nr_events; i++)
		if (symbols_printed(f->events[i].format))
			return;
	probes = instance_read_top("dynamic_events");
	p->kallsyms = f->kallsyms ? symbols_needed(f->kallsyms, probes, instance_probe_group(f->in)) : NULL;
	free(probes);
}

static void read_parts(struct record_file *f, struct parts *p, const struct drain *d, struct record_result *result)
{
	/* Of the instance where it has them: the size of a page may be its own. */
	p->header_page = instance_read(f->in, "events/header_page");
	if (!p->header_page)
		p->header_page = instance_read_top("events/header_page");
	p->header_event = instance_read_top("events/header_event");
	p->printk = instance_read_top("printk_formats");
	p->cmdlines = instance_read_top("saved_cmdlines");
	p->clocks = instance_read(f->in, "trace_clock");
	p->uname = host_uname();
	read_symbols(f, p);
	read_ftrace(p);
	read_cpus(f, p, d, result);
	qsort(f->events, f->nr_events, sizeof(*f->events), by_system);
}

static void free_parts(struct parts *p)
{
	free(p->header_page);
	free(p->header_event);
	free(p->printk);
	free(p->cmdlines);
	free(p->clocks);
	free(p->uname);
	free(p->kallsyms);
	for (uint32_t cpu = 0; cpu < p->nr_cpus; cpu++)
		free(p->stats[cpu]);
	free(p->stats);
	free(p->cpu_bytes);
	free_events(p->ftrace, p->nr_ftrace);
}

static int write_parts(struct record_file *f, const struct parts *p, const struct drain *d, const char *program,
		       struct err *e)
{
	const struct datout_head h = {
		.header_page = p->header_page, .header_event = p->header_event,
		.ftrace = p->ftrace, .nr_ftrace = p->nr_ftrace, .events = f->events, .nr_events = f->nr_events,
		.kallsyms = p->kallsyms ? p->kallsyms : f->kallsyms, .printk_formats = p->printk,
		.cmdlines = p->cmdlines, .clocks = p->clocks,
		.uname = p->uname, .program = program, .cpu_stats = (const char *const *)p->stats,
		.page_size = drain_page_size(d), .nr_cpus = p->nr_cpus,
	};
	int ret = datout_head(f->out, &h, p->cpu_bytes, e);

	for (uint32_t cpu = 0; cpu < p->nr_cpus && !ret; cpu++) {
		uint64_t bytes;
		int fd = drain_spool(d, cpu, &bytes);

		ret = spool_append(fd, bytes, "a CPU's pages", f->out, e);
	}
	return ret;
}

int record_file_write(struct record_file *f, struct drain *d, const char *program, struct record_result *result,
		      struct err *e)
{
	struct parts p = { 0 };
	int ret;

	read_parts(f, &p, d, result);
	ret = write_parts(f, &p, d, program, e);
	if (!ret) {
		result->bytes = outfile_size(f->out);
		ret = outfile_commit(f->out, e);
		f->out = NULL;
	}
	free_parts(&p);
	return ret;
}

void record_file_fini(struct record_file *f)
{
	free(f->kallsyms);
	free_events(f->events, f->nr_events);
}
