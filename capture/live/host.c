// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"

char *host_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t len = 0, cap = 0, got;

	if (!f)
		return NULL;
	do {
		if (cap - len < 4096)
			text = xrealloc(text, cap = 2 * cap + 8192);
		got = fread(text + len, 1, cap - len - 1, f);
		len += got;
	} while (got);
	if (ferror(f)) {
		free(text);
		text = NULL;
	} else {
		text[len] = '\0';
	}
	fclose(f);
	return text;
}

char *host_uname(void)
{
	struct utsname u;

	uname(&u);
	return xasprintf("%s %s %s %s", u.sysname, u.nodename, u.release, u.machine);
}

struct facts {
	void (*fact)(void *arg, const char *line);
	void *arg;
};

static void tell(const struct facts *f, const char *name, const char *value)
{
	char *line = xasprintf("%s=%.*s", name, (int)strcspn(value, "\n"), value);

	f->fact(f->arg, line);
	free(line);
}

static void tell_file(const struct facts *f, const char *name, const char *path)
{
	char *text = host_text(path);

	if (text)
		tell(f, name, text);
	free(text);
}

static void tell_module(const struct facts *f, const char *module)
{
	char *path = xasprintf("/sys/module/%s/parameters", module);
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char *file = xasprintf("%s/%s", path, d->d_name), *name = xasprintf("%s.%s", module, d->d_name);

		if (d->d_name[0] != '.')
			tell_file(f, name, file);
		free(file);
		free(name);
	}
	if (dir)
		closedir(dir);
	free(path);
}

/* Return: how many descriptors of process @pid are of KVM's @kind ("kvm-vm", "kvm-vcpu"). */
static unsigned int count_kvm(const char *pid, const char *kind)
{
	char *path = xasprintf("/proc/%s/fd", pid), *want = xasprintf("anon_inode:%s", kind);
	DIR *dir = opendir(path);
	struct dirent *d;
	unsigned int nr = 0;

	while (dir && (d = readdir(dir))) {
		char target[64];
		ssize_t len = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		nr += !strncmp(target, want, strlen(want));
	}
	if (dir)
		closedir(dir);
	free(path);
	free(want);
	return nr;
}

static void tell_vms(const struct facts *f)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char *name, *value;
		unsigned int vms;

		if (d->d_name[0] < '1' || d->d_name[0] > '9' || !(vms = count_kvm(d->d_name, "kvm-vm")))
			continue;
		name = xasprintf("vmm.%s", d->d_name);
		value = xasprintf("%u VMs, %u vCPUs", vms, count_kvm(d->d_name, "kvm-vcpu"));
		tell(f, name, value);
		free(name);
		free(value);
	}
	if (dir)
		closedir(dir);
}

void host_facts(void (*fact)(void *arg, const char *line), void *arg)
{
	static const char *const modules[] = { "kvm", "kvm_amd", "kvm_intel", "kvm_arm" };
	const struct facts f = { fact, arg };

	tell_file(&f, "kernel", "/proc/version");
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		tell_module(&f, modules[i]);
	tell_file(&f, "thp.enabled", "/sys/kernel/mm/transparent_hugepage/enabled");
	tell_file(&f, "thp.shmem_enabled", "/sys/kernel/mm/transparent_hugepage/shmem_enabled");
	tell_file(&f, "preempt", "/sys/kernel/debug/sched/preempt");
	tell_vms(&f);
}
