// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "capture/live/host.h"

#define LINE_WORDS	120	/* characters of numbers in one note: markers are short */

static void say(const struct snapshot *s, const char *name, const char *value)
{
	char *line = xasprintf("%s=%.*s", name, (int)strcspn(value, "\n"), value);

	s->note(s->arg, line);
	free(line);
}

static void say_file(const struct snapshot *s, const char *name, const char *path)
{
	char *text = host_text(path);

	if (text)
		say(s, name, text);
	free(text);
}

/* --- the kernel ------------------------------------------------------------------------------ */

static const struct {
	const char *name, *path;
} settings[] = {
	{ "kernel",			"/proc/version" },
	{ "preempt",			"/sys/kernel/debug/sched/preempt" },
	{ "thp.enabled",		"/sys/kernel/mm/transparent_hugepage/enabled" },
	{ "thp.defrag",			"/sys/kernel/mm/transparent_hugepage/defrag" },
	{ "thp.shmem_enabled",		"/sys/kernel/mm/transparent_hugepage/shmem_enabled" },
	{ "thp.khugepaged_scan_ms",	"/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs" },
	{ "ksm.run",			"/sys/kernel/mm/ksm/run" },
	{ "lru_gen.enabled",		"/sys/kernel/mm/lru_gen/enabled" },
	{ "numa_balancing",		"/proc/sys/kernel/numa_balancing" },
};

/* Of the configuration; an option that is not set is not told. */
static const char *const options[] = {
	"HZ", "NO_HZ_FULL", "PREEMPT_NONE", "PREEMPT_VOLUNTARY", "PREEMPT", "PREEMPT_LAZY", "PREEMPT_RT", "PREEMPTION",
	"PREEMPT_DYNAMIC", "TRANSPARENT_HUGEPAGE", "LRU_GEN", "LRU_GEN_ENABLED", "KSM", "NUMA_BALANCING",
	"QUEUED_RWLOCKS", "PROVE_LOCKING", "LOCK_STAT", "KASAN", "HYPERV", "KVM_GENERIC_MMU_NOTIFIER",
	"KVM_ELIDE_TLB_FLUSH_IF_YOUNG", "KVM_MMU_LOCKLESS_AGING", "KVM_GUEST_MEMFD", "KVM_PROVE_MMU", "KVM_WERROR",
	"ARM64_4K_PAGES", "ARM64_16K_PAGES", "ARM64_64K_PAGES", "ARM64_VA_BITS", "ARM64_PA_BITS", "ARM64_HW_AFDBM",
};

static char *read_config(void)
{
	static const char *const paths[] = { "/boot/config-%s", "/lib/modules/%s/config", "/usr/lib/modules/%s/config" };
	char *text = host_text("/proc/config.gz");
	struct utsname u;

	uname(&u);
	for (size_t i = 0; !text && i < ARRAY_SIZE(paths); i++) {
		char path[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), paths[i], u.release);
#pragma GCC diagnostic pop
		text = host_text(path);
	}
	return text;
}

static void say_config(const struct snapshot *s)
{
	char *text = read_config();

	for (size_t i = 0; text && i < ARRAY_SIZE(options); i++) {
		char *wanted = xasprintf("\nCONFIG_%s=", options[i]), *name = xasprintf("config.%s", options[i]);
		const char *at = strstr(text, wanted);

		if (at)
			say(s, name, at + strlen(wanted));
		free(wanted);
		free(name);
	}
	free(text);
}

/* Of the kernel's command line, what concerns KVM and preemption. */
static void say_cmdline(const struct snapshot *s)
{
	static const char *const starts[] = { "kvm", "preempt=", "transparent_hugepage=", "mitigations=", "isolcpus=" };
	char *text = host_text("/proc/cmdline"), *save = NULL;

	for (char *word = text ? strtok_r(text, " \n", &save) : NULL; word; word = strtok_r(NULL, " \n", &save))
		for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
			if (!strncmp(word, starts[i], strlen(starts[i]))) {
				char *name = xasprintf("cmdline.%.*s", (int)strcspn(word, "="), word);

				say(s, name, word[strcspn(word, "=")] ? strchr(word, '=') + 1 : "");
				free(name);
			}
	free(text);
}

static void say_module(const struct snapshot *s, const char *module)
{
	char *path = xasprintf("/sys/module/%s/parameters", module);
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char *file = xasprintf("%s/%s", path, d->d_name), *name = xasprintf("%s.%s", module, d->d_name);

		if (d->d_name[0] != '.')
			say_file(s, name, file);
		free(file);
		free(name);
	}
	if (dir)
		closedir(dir);
	free(path);
}

static void say_modules(const struct snapshot *s)
{
	static const char *const modules[] = { "kvm", "kvm_amd", "kvm_intel", "kvm_arm" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		say_module(s, modules[i]);
}

/* --- VMs -------------------------------------------------------------------------------------- */

/* "threads.77=77 78 79", in as many notes as it takes. */
static void say_threads(const struct snapshot *s, const struct vm_process *p)
{
	char *name = xasprintf("threads.%d", (int)p->pid), value[LINE_WORDS + 16] = "";
	size_t len = 0;

	for (size_t i = 0; i < p->nr_threads; i++) {
		len += snprintf(value + len, sizeof(value) - len, "%s%d", len ? " " : "", (int)p->threads[i].tid);
		if (len < LINE_WORDS && i + 1 < p->nr_threads)
			continue;
		say(s, name, value);
		len = 0;
	}
	free(name);
}

static void say_vm(const struct snapshot *s, const struct vm_process *p)
{
	char *name = xasprintf("vm.%d", (int)p->pid), *value;

	value = xasprintf("%u VMs, %u vCPUs, %s", p->nr_vms, p->nr_vcpus, vm_process_name(p));
	say(s, name, value);
	free(name);
	free(value);
	say_threads(s, p);
	for (size_t i = 0; i < p->nr_threads; i++) {
		if (p->threads[i].vcpu < 0)
			continue;
		name = xasprintf("vcpu.%d", (int)p->threads[i].tid);
		value = xasprintf("%d", p->threads[i].vcpu);
		say(s, name, value);
		free(name);
		free(value);
	}
}

/* @tid: of the thread that made the VM. */
static bool is_recorded(const struct snapshot *s, pid_t tid)
{
	return s->only < 0 || vm_process_has(&s->vms->v[s->only], tid);
}

/* --- statistics -------------------------------------------------------------------------------- */

/* One file of a VM's folder: a number.  Return: 0 or -errno. */
static int say_stat(const struct snapshot *s, const char *when, const char *vm, const char *stat)
{
	char *path = xasprintf("/sys/kernel/debug/kvm/%s/%s", vm, stat), *text = host_text(path), *name;
	int ret = text ? 0 : -errno;

	name = xasprintf("stat.%s.%s.%s", when, vm, stat);
	if (text && isdigit((unsigned char)*text) && strtoull(text, NULL, 10))
		say(s, name, text);
	free(name);
	free(text);
	free(path);
	return ret;
}

static void say_stats_of(const struct snapshot *s, const char *when, const char *vm)
{
	char *path = xasprintf("/sys/kernel/debug/kvm/%s", vm);
	DIR *dir = opendir(path);
	struct dirent *d;
	int ret = 0;

	while (!ret && dir && (d = readdir(dir)))
		if (d->d_type == DT_REG)
			ret = say_stat(s, when, vm, d->d_name);
	if (dir)
		closedir(dir);
	free(path);
	if ((ret == -EPERM || ret == -EACCES) && !strcmp(when, "begin")) {
		char *what = xasprintf("KVM's statistics of %s", vm);

		refused_add(s->refused, what, strerror(-ret));
		free(what);
	}
}

/* KVM keeps a folder "PID-DESCRIPTOR" for each VM; what is 0 is not told. */
void snapshot_stats(const struct snapshot *s, const char *when)
{
	DIR *dir = opendir("/sys/kernel/debug/kvm");
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]) && is_recorded(s, (pid_t)strtol(d->d_name, NULL, 10)))
			say_stats_of(s, when, d->d_name);
	if (dir)
		closedir(dir);
}

void snapshot_host(const struct snapshot *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		say_file(s, settings[i].name, settings[i].path);
	say_config(s);
	say_cmdline(s);
	say_modules(s);
	for (size_t i = 0; i < s->vms->nr; i++)
		say_vm(s, &s->vms->v[i]);
	if (s->only >= 0) {
		char *line = xasprintf("capture.vm=%d", (int)s->vms->v[s->only].pid);

		s->note(s->arg, line);
		free(line);
	}
}
