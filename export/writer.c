// SPDX-License-Identifier: GPL-2.0-or-later
/* The file: its formats, threads and pages; what both architectures say alike. */
#include "export/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/outfile.h"
#include "capture/out/datout.h"

#define PRINT_ID	5u			/* TRACE_PRINT, the same in all */
#define NOTE_BYTES_MAX	400u			/* that import reads of a line */
#define FIRST_ID	1000u			/* of events; numbers of a kernel's own begin anew at every boot */
#define FUNCTIONS	0xffffffffc0800000ULL	/* where modules are */
#define FUNCTION_BYTES	0x1000u
#define OBJECTS		0xffffc90001000000ULL	/* vmalloc space */
#define OBJECT_BYTES	0x800000u		/* more than struct kvm and its vCPUs take */
#define VCPUS_AT	0x100000u
#define VCPU_BYTES	0x400u
#define MN_AT		0x1a00u
#define LOCK_AT		0u			/* mmu_lock is struct kvm's first member */
#define START_NS	1000000000ULL		/* where a trace that was made, not recorded, begins */

/* --- addresses --------------------------------------------------------------------------- */

uint64_t export_address(unsigned int event)
{
	return FUNCTIONS + (uint64_t)event * FUNCTION_BYTES;
}

uint64_t export_kvm(const struct exporter *x, int vm)
{
	return vm < 0 ? 0 : x->vms[vm].kvm;
}

uint64_t export_mn(const struct exporter *x, int vm)
{
	return export_kvm(x, vm) + MN_AT;
}

uint64_t export_lock(const struct exporter *x, int vm)
{
	return export_kvm(x, vm) + LOCK_AT;
}

uint64_t export_vcpu(const struct exporter *x, int vm, int vcpu)
{
	(void)x;
	return OBJECTS + (uint64_t)(vm + 1) * OBJECT_BYTES + VCPUS_AT + (uint64_t)(vcpu + 1) * VCPU_BYTES;
}

uint64_t export_entry(int vm, gfn_t gfn, unsigned int level, unsigned int table_bits)
{
	const uint64_t index = gfn >> (table_bits * (level - 1)), table = index >> table_bits;

	return ((uint64_t)vm << 43 | (uint64_t)level << 40 | table) << (table_bits + 3) |
	       (index & ((1ULL << table_bits) - 1)) << 3;
}

/* --- VMs ------------------------------------------------------------------------------------ */

static void make_vms(struct exporter *x)
{
	const struct ev_meta *m = x->o.meta;

	x->vms = xcalloc(m->nr_vms + 1, sizeof(*x->vms));
	for (size_t i = 0; i < m->nr_vms; i++)
		x->vms[i] = (struct said_vm){ .kvm = m->vms[i].kvm ? m->vms[i].kvm : OBJECTS + (i + 1) * OBJECT_BYTES,
					      .generation = { 0, 1 } };
}

void export_slot(struct exporter *x, const struct told *w)
{
	slots_apply(&x->vms[w->vm].slots, &w->ev.slot);
}

struct ring *export_ring(struct exporter *x, int vm, uint32_t vcpu)
{
	struct said_vm *v = &x->vms[vm];

	while (vcpu >= v->nr_rings) {
		v->rings = xreallocarray(v->rings, v->nr_rings + 1, sizeof(*v->rings));
		v->rings[v->nr_rings++] = (struct ring){ 0 };
	}
	return &v->rings[vcpu];
}

/* --- threads -------------------------------------------------------------------------------- */

static bool is_taken(const struct exporter *x, unsigned int nr, uint32_t pid)
{
	for (unsigned int i = 0; i < nr; i++)
		if (x->threads[i].pid == pid)
			return true;
	return false;
}

static const struct ev_task *recorded_of(const struct exporter *x, const struct told_task *who)
{
	return who->who == TOLD_RECORDED ? &x->o.meta->tasks[who->recorded] : NULL;
}

/* As recorded; copies, and a thread that did several vCPUs' work in turn, get numbers nobody had. */
static uint32_t pid_of(const struct exporter *x, unsigned int i, uint32_t *fresh)
{
	const struct told_task *who = &x->threads[i].who;
	const struct ev_task *rec = recorded_of(x, who);
	uint32_t tgid = who->vm >= 0 ? x->o.meta->vms[who->vm].tgid : 0;

	if (rec && !who->copy && rec->tid && !is_taken(x, i, rec->tid))
		return rec->tid;
	if (who->who == TOLD_VMM && tgid)	/* the thread that set it up, whatever else it does */
		return tgid;
	return ++*fresh;
}

static char *comm_of(const struct exporter *x, const struct told_task *who)
{
	const struct ev_task *rec = recorded_of(x, who);

	switch (who->who) {
	case TOLD_ZAP_WORKER:
		return xstrdup("kworker/u8:0");
	case TOLD_NX_WORKER:
		return xstrdup("kvm-nx-lpage-re");
	case TOLD_VMM:
		for (size_t i = 0; i < x->o.meta->nr_tasks; i++)
			if (x->o.meta->tasks[i].tid == x->o.meta->vms[who->vm].tgid)
				rec = &x->o.meta->tasks[i];
		break;
	case TOLD_RECORDED:
		break;
	}
	return xasprintf("%.15s", rec && rec->comm && *rec->comm ? rec->comm : "vmm");
}

/* What the imported recording knew of its host: as `mmulab capture` notes it. */
static void say_params(struct exporter *x)
{
	const struct told w = { .task = x->nr_threads - 1 };

	for (size_t i = 0; i < x->o.meta->nr_params && x->nr_threads; i++) {
		const struct ev_param *p = &x->o.meta->params[i];
		char *line = xasprintf("mmulab: %s=%s\n", p->name, p->value);

		if (strlen(line) < NOTE_BYTES_MAX)
			export_print(x, &w, line);
		free(line);
	}
}

static void take_tasks(void *arg, const struct told_task *tasks, unsigned int nr, unsigned int nr_cpus)
{
	struct exporter *x = arg;
	uint32_t fresh = 1000;

	for (size_t i = 0; i < x->o.meta->nr_tasks; i++)
		fresh = x->o.meta->tasks[i].tid > fresh ? x->o.meta->tasks[i].tid : fresh;
	for (size_t i = 0; i < x->o.meta->nr_vms; i++)
		fresh = x->o.meta->vms[i].tgid > fresh ? x->o.meta->vms[i].tgid : fresh;
	x->threads = xcalloc(nr, sizeof(*x->threads));
	x->nr_threads = nr;
	x->nr_cpus = nr_cpus < 4096 ? nr_cpus : 4096;
	for (unsigned int i = 0; i < nr; i++) {
		x->threads[i].who = tasks[i];
		x->threads[i].pid = pid_of(x, i, &fresh);
		x->threads[i].comm = comm_of(x, &tasks[i]);
	}
	x->ret = pages_open(x->o.path, x->nr_cpus, &x->pages, &x->err);
	if (x->ret)
		return;
	say_params(x);
	x->dialect->tasks(x);
}

static void take_told(void *arg, const struct told *w)
{
	struct exporter *x = arg;

	if (!x->ret)
		x->dialect->told(x, w);
}

/* --- records -------------------------------------------------------------------------------- */

bool export_has(const struct exporter *x, unsigned int event)
{
	return x->shapes[event].size;
}

void export_put(struct exporter *x, const struct told *w, unsigned int event, const uint64_t *values)
{
	const struct shape *s = &x->shapes[event];
	const uint64_t base_ns = x->o.meta->first_ns ? x->o.meta->first_ns : START_NS;
	uint8_t record[SHAPE_COMMON_BYTES + 16 + 8 * SHAPE_FIELDS_MAX];

	if (!s->size)
		return;
	shape_encode(s, &x->dialect->rows[event], (int32_t)x->threads[w->task].pid, export_address(event), values,
		     record);
	pages_add(x->pages, w->cpu, base_ns + w->t_ns, record, s->size);
}

void export_print(struct exporter *x, const struct told *w, const char *line)
{
	const size_t len = strlen(line) + 1, size = (SHAPE_COMMON_BYTES + 8 + len + 3) / 4 * 4;
	const uint64_t base_ns = x->o.meta->first_ns ? x->o.meta->first_ns : START_NS;
	const uint16_t id = PRINT_ID;
	uint8_t *record = xcalloc(1, size);

	memcpy(record, &id, sizeof(id));
	memcpy(record + 4, &x->threads[w->task].pid, 4);
	memcpy(record + SHAPE_COMMON_BYTES + 8, line, len);
	pages_add(x->pages, w->cpu, base_ns + w->t_ns, record, (uint32_t)size);
	free(record);
}

#define LCB_SPIN	1u	/* contention_begin */
#define LCB_READ	2u
#define LCB_WRITE	4u
#define RANGE_BLOCKABLE	1u	/* MMU_NOTIFIER_RANGE_BLOCKABLE */

uint32_t export_wait_flags(const struct told *w)
{
	return LCB_SPIN | (w->write ? LCB_WRITE : LCB_READ);
}

uint32_t export_range_flags(const struct told *w)
{
	return w->ev.flags & EV_F_NOBLOCK ? 0 : RANGE_BLOCKABLE;
}

static void make_shapes(struct exporter *x)
{
	const struct dialect *d = x->dialect;

	x->shapes = xcalloc(d->nr_rows, sizeof(*x->shapes));
	x->formats = xcalloc(d->nr_rows, sizeof(*x->formats));
	for (unsigned int i = 0; i < d->nr_rows; i++)
		if (x->o.meta->release >= d->rows[i].first && x->o.meta->release <= d->rows[i].last)
			x->formats[i] = shape_of(&d->rows[i], (uint16_t)(FIRST_ID + i), &x->shapes[i]);
}

/* --- opening and closing ----------------------------------------------------------------------- */

int export_open(const struct export_options *o, struct exporter **out, struct err *e)
{
	struct exporter *x;

	if (o->meta->arch == KVM_X86 && !o->meta->tdp_mmu)
		return err_set(e, ERR_MACHINE, "%s: the trace is of a host without the TDP MMU, whose entries are told by addresses that "
			       "the engine does not have; export a run of a host with it", o->path);
	x = xcalloc(1, sizeof(*x));
	x->o = *o;
	x->dialect = o->meta->arch == KVM_ARM64 ? &dialect_arm64 : &dialect_x86;
	x->sink = (struct told_sink){ .tasks = take_tasks, .told = take_told, .arg = x };
	x->ret_pf = ret_pf_numbers(o->meta->kernel ? o->meta->kernel : kvm_release_name(o->meta->release));
	make_vms(x);
	make_shapes(x);
	*out = x;
	return 0;
}

const struct told_sink *export_sink(struct exporter *x)
{
	return &x->sink;
}

void export_abort(struct exporter *x)
{
	if (!x)
		return;
	for (unsigned int i = 0; i < x->dialect->nr_rows; i++)
		free(x->formats[i]);
	for (unsigned int i = 0; i < x->nr_threads; i++)
		free(x->threads[i].comm);
	for (size_t i = 0; i < x->o.meta->nr_vms; i++) {
		slots_fini(&x->vms[i].slots);
		free(x->vms[i].rings);
	}
	pages_close(x->pages);
	free(x->formats);
	free(x->shapes);
	free(x->threads);
	free(x->vms);
	free(x);
}

/* --- the head ------------------------------------------------------------------------------------ */

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const char header_event[] =
	"# compressed entry header\n"
	"\ttype_len    :    5 bits\n"
	"\ttime_delta  :   27 bits\n"
	"\tarray       :   32 bits\n"
	"\n"
	"\tpadding     : type == 29\n"
	"\ttime_extend : type == 30\n"
	"\ttime_stamp : type == 31\n"
	"\tdata max type_len  == 28\n";

static const struct datout_event ftrace[] = {
	{ "ftrace", "name: print\nID: 5\nformat:\n"
	  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	  "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	  "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	  "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	  "\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n"
	  "\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\n"
	  "print fmt: \"%s\", REC->buf\n" },
};

struct text {
	char	*bytes;
	size_t	 len;
	FILE	*out;
};

static FILE *text_open(struct text *t)
{
	t->out = open_memstream(&t->bytes, &t->len);
	if (!t->out)
		abort();
	return t->out;
}

static int by_system(const void *a, const void *b)
{
	const struct datout_event *l = a, *r = b;
	int order = strcmp(l->system, r->system);

	return order ? order : strcmp(l->format, r->format);
}

static char *symbols_of(const struct exporter *x)
{
	struct text t;
	FILE *out = text_open(&t);

	for (unsigned int i = 0; i < x->dialect->nr_rows; i++)
		if (export_has(x, i) && x->dialect->rows[i].symbol)
			fprintf(out, "%016llx t %s\t[kvm]\n", (unsigned long long)export_address(i), x->dialect->rows[i].symbol);
	fclose(out);
	return t.bytes;
}

static char *comms_of(const struct exporter *x)
{
	struct text t;
	FILE *out = text_open(&t);

	for (unsigned int i = 0; i < x->nr_threads; i++)
		fprintf(out, "%u %s\n", x->threads[i].pid, x->threads[i].comm);
	fclose(out);
	return t.bytes;
}

/* As per_cpu/cpuN/stats of a buffer that lost nothing. */
static char *stats_of(const struct exporter *x, uint32_t cpu)
{
	return xasprintf("entries: 0\noverrun: 0\ncommit overrun: 0\nbytes: 0\noldest event ts: 0.000000\nnow ts: 0.000000\n"
			 "dropped events: 0\nread events: %llu\n", (unsigned long long)pages_records(x->pages, cpu));
}

static char *uname_of(const struct ev_meta *m)
{
	const char *machine = m->arch == KVM_ARM64 ? "aarch64" : "x86_64";

	if (m->kernel)
		return xasprintf("Linux mmulab %s %s", m->kernel, machine);
	return xasprintf("Linux mmulab %s.0 %s", kvm_release_name(m->release), machine);
}

static int write_head(struct exporter *x, struct outfile *o, struct err *e)
{
	struct datout_event *events = xcalloc(x->dialect->nr_rows, sizeof(*events));
	char **stats = xcalloc(x->nr_cpus, sizeof(*stats)), *uname = uname_of(x->o.meta);
	uint64_t *bytes = xcalloc(x->nr_cpus, sizeof(*bytes));
	char *kallsyms = symbols_of(x), *comms = comms_of(x);
	struct datout_head h = {
		.header_page = header_page, .header_event = header_event,
		.ftrace = ftrace, .nr_ftrace = ARRAY_SIZE(ftrace),
		.events = events, .kallsyms = kallsyms, .cmdlines = comms, .clocks = "local [mono] boot\n",
		.uname = uname, .program = x->o.program, .cpu_stats = (const char *const *)stats,
		.page_size = PAGES_BYTES, .nr_cpus = x->nr_cpus,
	};
	int ret;

	for (unsigned int i = 0; i < x->dialect->nr_rows; i++)
		if (export_has(x, i))
			events[h.nr_events++] = (struct datout_event){ x->dialect->rows[i].system, x->formats[i] };
	qsort(events, h.nr_events, sizeof(*events), by_system);
	for (uint32_t cpu = 0; cpu < x->nr_cpus; cpu++) {
		stats[cpu] = stats_of(x, cpu);
		bytes[cpu] = pages_bytes(x->pages, cpu);
	}
	ret = datout_head(o, &h, bytes, e);
	for (uint32_t cpu = 0; cpu < x->nr_cpus; cpu++)
		free(stats[cpu]);
	free(stats);
	free(bytes);
	free(events);
	free(kallsyms);
	free(comms);
	free(uname);
	return ret;
}

static int write_file(struct exporter *x, struct export_counts *out, struct err *e)
{
	struct outfile *o = NULL;
	int ret = outfile_open(x->o.path, &o, e);

	if (!ret)
		ret = write_head(x, o, e);
	if (!ret)
		ret = pages_append(x->pages, o, e);
	if (ret) {
		outfile_abort(o);
		return ret;
	}
	out->bytes = outfile_size(o);
	return outfile_commit(o, e);
}

int export_close(struct exporter *x, struct export_counts *out, struct err *e)
{
	int ret = x->ret;

	*out = (struct export_counts){ .unsaid = x->unsaid };
	if (ret)
		*e = x->err;
	else if (!x->pages)
		ret = err_set(e, ERR_MACHINE, "%s: nothing was run", x->o.path);
	if (!ret)
		ret = pages_finish(x->pages, e);
	for (uint32_t cpu = 0; !ret && cpu < x->nr_cpus; cpu++)
		out->records += pages_records(x->pages, cpu);
	if (!ret) {
		out->late = pages_late(x->pages);
		ret = write_file(x, out, e);
	}
	export_abort(x);
	return ret;
}
