/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a recording while it is made, from made-up records and from those of a recording. */
#include "capture/live/meter.h"

#include <stdio.h>
#include <unistd.h>

#include "test/table.h"

#include "base/alloc.h"

#define COMMON								\
	"format:\n"							\
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"	\
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"	\
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define U64(name, at)	"\tfield:u64 " name ";\toffset:" at ";\tsize:8;\tsigned:0;\n"
#define END		"\nprint fmt: \"\"\n"

#ifdef __aarch64__
#define FAULT		"name: kvm_guest_fault\nID: 3\n" COMMON U64("hsr", "8") U64("hxfar", "16") U64("ipa", "24") END
#define ENTRY		"name: kvm_entry\nID: 2\n" COMMON U64("vcpu_pc", "8") END
#define EXIT		"name: kvm_exit\nID: 1\n" COMMON U64("ret", "8") U64("esr_ec", "16") U64("vcpu_pc", "24") END
#else
#define FAULT		"name: kvm_page_fault\nID: 3\n" COMMON U64("fault_address", "8") U64("error_code", "16") END
#define ENTRY		"name: kvm_entry\nID: 2\n" COMMON U64("vcpu_id", "8") END
#define EXIT		"name: kvm_exit\nID: 1\n" COMMON U64("exit_reason", "8") U64("isa", "16") U64("vcpu_id", "24") END
#endif

static const struct meter_format formats[] = {
	{ "kvm", EXIT }, { "kvm", ENTRY }, { "kvm", FAULT },
	{ "kvm", "name: kvm_unmap_hva_range\nID: 4\n" COMMON U64("start", "8") U64("end", "16") END },
	{ "kvm", "name: kvm_age_hva\nID: 5\n" COMMON U64("start", "8") U64("end", "16") END },
	{ "sched", "name: sched_switch\nID: 6\n" COMMON END },
};

/*
 * A letter of @what is an event, 100 ns after the one before: x exit, e entry, f fault, u unmap, a age, s switch of
 * another kind, "|" goes on with the other CPU, "~" leaves something out.
 */
static const struct {
	const char *name, *clock, *what;
	double	    weight;
	double	    exits, accesses, invalidations, ages, service_ns;
	uint64_t    timed, p99;		/* accesses whose service time is known */
} rows[] = {
	{ "nothing", "mono", "", 1, 0, 0, 0, 0, 0, 0, 0 },
	{ "an access", "mono", "xfe", 1, 1, 1, 0, 0, 200, 1, 200 },
	{ "an exit for another reason", "mono", "xse", 1, 1, 0, 0, 0, 0, 0, 0 },
	{ "the fault and its exit, twice", "mono", "xfssexfe", 1, 2, 2, 0, 0, 600, 2, 400 },
	{ "two faults in one exit are one access", "mono", "xffe", 1, 1, 1, 0, 0, 300, 1, 300 },
	{ "a recording that begins outside the guest", "mono", "fexfe", 1, 1, 2, 0, 0, 200, 1, 200 },
	{ "and one that ends there", "mono", "xfexf", 1, 2, 2, 0, 0, 200, 1, 200 },
	{ "the vCPU went to another CPU", "mono", "xf|e", 1, 1, 1, 0, 0, 0, 0, 0 },
	{ "something was left out between", "mono", "xf~e", 1, 1, 1, 0, 0, 0, 0, 0 },
	{ "something was left out before", "mono", "x~xfe", 1, 2, 1, 0, 0, 200, 1, 200 },
	{ "each stands for four", "mono", "xfeuaa", 4, 4, 4, 4, 8, 800, 4, 200 },
	{ "invalidations and ages", "mono", "uuasu", 1, 0, 0, 3, 1, 0, 0, 0 },
	{ "a clock that counts something else", "counter", "xfe", 1, 1, 1, 0, 0, 0, 0, 0 },
};

static void feed(struct meter *m, const char *what, double weight)
{
	struct { uint16_t type, flags; int32_t pid; uint64_t v[3]; } data = { .pid = getpid() };
	struct dat_record rec = { .data = (const uint8_t *)&data, .size = sizeof(data) };
	uint32_t cpu = 0;

	meter_window(m, cpu, false, weight);
	for (; *what; what++) {
		const char *at = strchr("xefuas", *what);

		if (*what == '|')
			cpu = !cpu;
		if (!at) {
			meter_window(m, cpu, *what == '~', weight);
			continue;
		}
		data.type = at - "xefuas" + 1;
		rec.ts += 100;
		meter_record(m, &rec);
	}
}

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct meter *m = meter_open(formats, ARRAY_SIZE(formats), r->clock);
	const struct meter_vm *vms;
	size_t nr;

	feed(m, r->what, r->weight);
	vms = meter_vms(m, &nr);
	assert_int_equal(nr, 1);	/* this process is no VM */
	assert_int_equal(vms->count.exits, r->exits);
	assert_int_equal(vms->count.accesses, r->accesses);
	assert_int_equal(vms->count.invalidations, r->invalidations);
	assert_int_equal(vms->count.ages, r->ages);
	assert_int_equal(vms->count.service_ns, r->service_ns);
	assert_int_equal(vms->nr_vcpus, r->exits > 0);
	assert_int_equal(vms->service.n, r->timed);
	assert_int_equal(hist_quantile(&vms->service, 990000), r->p99);
	meter_forget(m);
	assert_int_equal(vms->recent.n, 0);
	assert_int_equal(vms->service.n, r->timed);
	meter_close(m);
}

/* --- a recording of this architecture --------------------------------------------------------- */

struct told {
	double exits, accesses, invalidations, ages;
	uint64_t timed;
};

static struct meter *meter_of(const struct dat *d)
{
	struct meter_format *f = xcalloc(d->nr_formats, sizeof(*f));
	struct meter *m;

	for (size_t i = 0; i < d->nr_formats; i++)
		f[i] = (struct meter_format){ d->formats[i].system,
					      xasprintf("%.*s", (int)d->formats[i].len, d->formats[i].text) };
	m = meter_open(f, d->nr_formats, "mono");
	for (size_t i = 0; i < d->nr_formats; i++)
		free((char *)f[i].text);
	free(f);
	return m;
}

static struct told read_recording(const char *path)
{
	struct dat *d;
	struct told t = { 0 };
	struct dat_record *rec;
	const struct meter_vm *vms;
	struct meter *m;
	size_t nr;

	assert_int_equal(dat_open(path, &d, NULL), 0);
	m = meter_of(d);
	for (size_t i = 0; i < d->nr_cpus; i++) {
		struct dat_stream s;

		dat_stream_open(d, &d->cpus[i], &s);
		meter_window(m, d->cpus[i].cpu, false, 1);
		while (dat_stream_next(&s, &rec, NULL) > 0)
			meter_record(m, rec);
		dat_stream_close(&s);
	}
	vms = meter_vms(m, &nr);
	for (size_t i = 0; i < nr; i++) {
		t.exits += vms[i].count.exits;
		t.accesses += vms[i].count.accesses;
		t.invalidations += vms[i].count.invalidations;
		t.ages += vms[i].count.ages;
		t.timed += vms[i].service.n;
	}
	meter_close(m);
	dat_close(d);
	return t;
}

/* Counts of its events, as mmulab info prints them. */
static const struct {
	const char *name;
	struct told want;
} recordings[] = {
#ifdef __x86_64__
	{ "datasets/x86-6.12-aging-mglru.dat", { 44166, 42602, 13949, 64956 + 1263, 42600 } },
#endif
};

static void check_recording(const void *row)
{
	const typeof(recordings[0]) *r = row;
	struct told t = read_recording(r->name);

	assert_int_equal(t.exits, r->want.exits);
	assert_int_equal(t.accesses, r->want.accesses);
	assert_int_equal(t.invalidations, r->want.invalidations);
	assert_int_equal(t.ages, r->want.ages);
	assert_int_equal(t.timed, r->want.timed);	/* but those during which the vCPU changed the CPU */
}

int main(void)
{
	int a = table_run("meter", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
	int b = table_run("meter of a recording", recordings, ARRAY_SIZE(recordings), sizeof(recordings[0]), check_recording);

	return a || b;
}
