// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/exam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/live/btf.h"
#include "capture/live/command.h"
#include "capture/live/events.h"
#include "capture/live/host.h"
#include "capture/live/instance.h"
#include "capture/live/perf_events.h"
#include "capture/live/probes.h"
#include "capture/live/snapshot.h"

#define DISK_BYTES	(1ull << 30)	/* a busy host fills it within a minute */

/* Takes @found, and a copy of @advice. */
static void add(struct exam *x, const char *about, enum exam_state state, char *found, const char *advice)
{
	x->checks = xreallocarray(x->checks, x->nr_checks + 1, sizeof(*x->checks));
	x->checks[x->nr_checks++] = (struct exam_check){ about, state, found, xstrdup(advice) };
}

/* --- tracefs and what is in it ---------------------------------------------------------------- */

static struct instance *check_tracefs(struct exam *x)
{
	struct instance *in = NULL;
	struct err e = { 0 };

	if (instance_open(&in, &e)) {
		add(x, "tracefs", EXAM_BLOCKS, xstrdup(e.text),
		    strstr(e.text, strerror(EROFS)) ? "mount -o remount,rw it, or capture with --backend perf" :
		    "run it as root where tracefs is mounted, or capture with --backend perf");
		return NULL;
	}
	instance_write(in, "tracing_on", "0");
	add(x, "tracefs", EXAM_GOOD, xasprintf("an instance of our own can be made in %s", instance_tracing_dir()), NULL);
	return in;
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || strchr(" [", p[-1])) && strchr(" ]\n", p[len]))
			return true;
	return false;
}

static void check_clock(struct exam *x, struct instance *in)
{
	char *text = instance_read(in, "trace_clock");

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && has_word(text, "mono"))
		add(x, "clock", EXAM_GOOD, xstrdup(text), NULL);
	else
		add(x, "clock", EXAM_BLOCKS, xasprintf("no mono among: %s", text ? text : ""), "capture with --clock local");
	free(text);
}

static bool is_there(struct instance *in, const struct profile_event *ev)
{
	char *file = xasprintf("events/%s/%s/format", ev->system, ev->name), *text = instance_read(in, file);
	bool there = text != NULL;

	free(text);
	free(file);
	return there;
}

static void try_events(struct instance *in, const struct profile *p, struct exam_profile *out)
{
	struct record_file f = { .in = in };

	out->nr_events = p->nr_events;
	out->found = events_enable(&f, p, NULL, &out->refused);
	instance_write(in, "events/enable", "0");
	record_file_fini(&f);
	for (size_t i = 0; i < p->nr_events; i++) {
		char *name = xasprintf("%s:%s", p->events[i].system, p->events[i].name);

		if (p->events[i].optional && !is_there(in, &p->events[i]))
			refused_note(&out->absent, name);
		free(name);
	}
}

static void try_probes(const struct exam *x, struct instance *in, struct profile *p, struct exam_profile *out)
{
	static const char *const modules[] = { "kvm", NULL };
	char *kallsyms = host_text("/proc/kallsyms");
	struct btf *types = btf_open("/sys/kernel/btf", modules);
	size_t before = p->nr_events;
	struct err e = { 0 };

	if (probes_make(in, x->kernel, kallsyms ? kallsyms : "", types, p, &out->refused, &e))
		refused_note(&out->refused, e.text);
	out->nr_probes = p->nr_events - before;
	btf_close(types);
	free(kallsyms);
}

static void try_profile(const struct exam *x, struct instance *in, struct exam_profile *out)
{
	struct profile p = { 0 };
	struct err e = { 0 };

	if (!out->path)
		refused_note(&out->refused, "the profile is not installed");
	else if (profile_read(out->path, &p, &e))
		refused_note(&out->refused, e.text);
	else if (in)
		try_events(in, &p, out);
	if (in && p.nr_probes)
		try_probes(x, in, &p, out);
	profile_fini(&p);
}

static void check_events(struct exam *x)
{
	const struct exam_profile *p = x->profiles;

	for (size_t i = 0; i < x->nr_profiles; i++)
		if (!strcmp(x->profiles[i].name, "default"))
			p = &x->profiles[i];
	if (p->found)
		add(x, "events", p->refused.nr ? EXAM_LACKS : EXAM_GOOD,
		    xasprintf("%u of the %u of profile %s can be recorded", p->found, p->nr_events, p->name),
		    p->refused.nr ? "see what the profile lacks" : NULL);
	else
		add(x, "events", EXAM_BLOCKS, xasprintf("none of profile %s%s%s", p->name, p->refused.nr ? ": " : "",
							p->refused.nr ? p->refused.v[0] : ""),
		    "load the module kvm_intel or kvm_amd; a kernel needs CONFIG_FTRACE and CONFIG_EVENT_TRACING");
}

static void check_probes(struct exam *x)
{
	const struct exam_profile *most = x->profiles;

	for (size_t i = 0; i < x->nr_profiles; i++)
		if (x->profiles[i].nr_probes > most->nr_probes)
			most = &x->profiles[i];
	if (most->nr_probes)
		add(x, "probes", EXAM_GOOD, xasprintf("%u of profile %s can be made", most->nr_probes, most->name), NULL);
	else
		add(x, "probes", EXAM_LACKS, xstrdup("none can be made"),
		    "a kernel with CONFIG_KPROBE_EVENTS; without them memslots, flushes and the ends of notifiers are not recorded");
}

/* Not ours, but why trace-cmd cannot record on some hosts. */
static void check_functions(struct exam *x)
{
	char *text = instance_read_top("set_ftrace_filter");

	if (text)
		add(x, "functions", EXAM_GOOD, xstrdup("filters of functions can be read"), NULL);
	else
		add(x, "functions", EXAM_LACKS, xasprintf("their filters: %s; a capture does not need them, trace-cmd record does",
							   strerror(errno)), NULL);
	free(text);
}

static void check_tracing(struct exam *x)
{
	static const char *const words[] = { "clock", "events", "probes", "functions" };
	struct instance *in = check_tracefs(x);

	if (in)
		check_clock(x, in);
	for (size_t i = 0; i < x->nr_profiles; i++)
		try_profile(x, in, &x->profiles[i]);
	if (in) {
		check_events(x);
		check_probes(x);
		check_functions(x);
	}
	for (size_t i = 0; !in && i < ARRAY_SIZE(words); i++)
		add(x, words[i], EXAM_LACKS, xstrdup("cannot be told without an instance of tracefs"), NULL);
	instance_close(in);
}

/* --- the rest of the host ------------------------------------------------------------------------ */

static void check_perf(struct exam *x)
{
	char *text = host_text("/proc/sys/kernel/perf_event_paranoid");
	int errnum = perf_events_try("kvm", "kvm_exit", -1), paranoid = text ? atoi(text) : 0;

	if (!text)
		add(x, "perf", EXAM_LACKS, xstrdup("the kernel has no perf events"), "for --backend perf, a kernel with CONFIG_PERF_EVENTS");
	else if (errnum)
		add(x, "perf", EXAM_LACKS, xasprintf("kvm:kvm_exit: %s; perf_event_paranoid is %d", strerror(errnum), paranoid),
		    errnum == EACCES || errnum == EPERM ? "for --backend perf, run it as root or with CAP_PERFMON, and a tracefs that may be read" :
		    "for --backend perf, mount tracefs and load KVM");
	else if (!command_exists("perf"))
		add(x, "perf", EXAM_LACKS, xasprintf("no program perf; perf_event_paranoid is %d", paranoid),
		    "for --backend perf, install it (Debian: linux-perf)");
	else
		add(x, "perf", EXAM_GOOD, xasprintf("--backend perf works; perf_event_paranoid is %d", paranoid), NULL);
	free(text);
}

static void check_lockdown(struct exam *x)
{
	char *text = host_text("/sys/kernel/security/lockdown");

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (!text || !strstr(text, "[confidentiality]"))
		add(x, "lockdown", EXAM_GOOD, xstrdup(text ? text : "none"), NULL);
	else
		add(x, "lockdown", EXAM_LACKS, xstrdup(text), "boot with lockdown=integrity: this one forbids probes and perf");
	free(text);
}

static void check_kvm(struct exam *x)
{
	static const char *const modules[] = { "kvm_intel", "kvm_amd", "kvm_pvm", "kvm" };
	const char *module = NULL;
	struct vms vms;

	for (size_t i = 0; i < ARRAY_SIZE(modules) && !module; i++) {
		char *path = xasprintf("/sys/module/%s", modules[i]);

		if (!access(path, F_OK))
			module = modules[i];
		free(path);
	}
	vms_find(&vms);
	if (access("/dev/kvm", F_OK))
		add(x, "kvm", EXAM_LACKS, xstrdup("there is no /dev/kvm"), "load kvm_intel or kvm_amd; its virtualisation may be off in the firmware");
	else
		add(x, "kvm", EXAM_GOOD, xasprintf("%s; %zu processes with VMs are seen", module ? module : "built in", vms.nr), NULL);
	vms_fini(&vms);
}

static void check_debugfs(struct exam *x)
{
	if (!access("/sys/kernel/debug/kvm", R_OK | X_OK))
		add(x, "debugfs", EXAM_GOOD, xstrdup("KVM's statistics can be read"), NULL);
	else
		add(x, "debugfs", EXAM_LACKS, xasprintf("/sys/kernel/debug/kvm: %s", strerror(errno)),
		    "as root, mount -t debugfs nodev /sys/kernel/debug; without it KVM's statistics are not noted");
}

static void check_symbols(struct exam *x)
{
	char *text = host_text("/proc/kallsyms");
	bool visible = text && strspn(text, "0") < strcspn(text, " ");

	if (visible)
		add(x, "symbols", EXAM_GOOD, xstrdup("addresses can be read"), NULL);
	else
		add(x, "symbols", EXAM_LACKS, xstrdup(text ? "addresses are hidden" : "/proc/kallsyms cannot be read"),
		    "as root, sysctl kernel.kptr_restrict=1; without them probes are told by their names alone");
	free(text);
}

static void check_disk(struct exam *x, const char *folder)
{
	struct statvfs st;
	uint64_t bytes;

	if (statvfs(folder, &st)) {
		add(x, "disk", EXAM_LACKS, xasprintf("%s: %s", folder, strerror(errno)), "capture -o into another folder");
		return;
	}
	bytes = (uint64_t)st.f_bavail * st.f_frsize;
	add(x, "disk", bytes < DISK_BYTES ? EXAM_LACKS : EXAM_GOOD, xasprintf("%.1f GB are free in %s", bytes / 1e9, folder),
	    bytes < DISK_BYTES ? "capture -o where there is more: a busy host fills a gigabyte within a minute" : NULL);
}

/* --- all of it --------------------------------------------------------------------------------------- */

static void note_fact(void *arg, const char *line)
{
	refused_note(arg, line);
}

static void read_facts(struct exam *x)
{
	struct vms vms;

	vms_find(&vms);
	snapshot_host(&(struct snapshot){ note_fact, &x->facts, &vms, -1, NULL });
	vms_fini(&vms);
}

void exam_host(struct exam_profile *profiles, size_t nr, const char *folder, struct exam *out)
{
	struct utsname u;

	uname(&u);
	*out = (struct exam){
		.kernel = xstrdup(u.release), .machine = xstrdup(u.machine), .profiles = profiles, .nr_profiles = nr,
	};
	check_tracing(out);
	check_perf(out);
	check_lockdown(out);
	check_kvm(out);
	check_debugfs(out);
	check_symbols(out);
	check_disk(out, folder);
	read_facts(out);
	out->can_capture = true;
	for (size_t i = 0; i < out->nr_checks; i++)
		out->can_capture &= out->checks[i].state != EXAM_BLOCKS;
}

void exam_fini(struct exam *x)
{
	for (size_t i = 0; i < x->nr_checks; i++) {
		free(x->checks[i].found);
		free(x->checks[i].advice);
	}
	for (size_t i = 0; i < x->nr_profiles; i++) {
		refused_fini(&x->profiles[i].refused);
		refused_fini(&x->profiles[i].absent);
	}
	refused_fini(&x->facts);
	free(x->checks);
	free(x->kernel);
	free(x->machine);
	*x = (struct exam){ 0 };
}
