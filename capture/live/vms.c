// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/vms.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/live/host.h"

#define KVM_RUN_REQUEST	0xae80ul	/* KVM_RUN, the same on x86 and arm64: _IO(KVMIO, 0x80) */

/* --- names -------------------------------------------------------------------------------- */

/* QEMU's "guest=NAME,more" or "NAME,more"; two commas stand for one. */
static char *name_of_value(const char *value)
{
	char *name, *to;

	if (!strncmp(value, "guest=", 6))
		value += 6;
	else if (memchr(value, '=', strcspn(value, ",")))
		return NULL;
	name = to = xmalloc(strlen(value) + 1);
	while (*value && (*value != ',' || value[1] == ',')) {
		value += *value == ',';
		*to++ = *value++;
	}
	*to = '\0';
	return name;
}

char *vm_name_of(const char *cmdline, size_t len)
{
	static const char *const options[] = { "-name", "--name", "--id" };
	const char *end = cmdline + len;

	for (const char *arg = cmdline, *next; arg < end; arg = next) {
		next = arg + strnlen(arg, end - arg) + 1;
		for (size_t i = 0; i < ARRAY_SIZE(options) && next < end; i++)
			if (!strcmp(arg, options[i]))
				return name_of_value(next);
	}
	return NULL;
}

static char *name_of_process(pid_t pid)
{
	char path[64], *text, *name;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	text = host_file(path, &len);
	name = text ? vm_name_of(text, len) : NULL;
	free(text);
	return name;
}

/* Without the line's end; the caller's to free().  NULL: there is no such file. */
static char *first_line(const char *path)
{
	char *text = host_text(path);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

int32_t vm_vcpu_of(const char *comm)
{
	const char *at = strcasestr(comm, "cpu");

	if (!at)
		return -1;
	at += 3 + strspn(at + 3, " -_");
	return isdigit((unsigned char)*at) ? (int32_t)strtol(at, NULL, 10) : -1;
}

const char *vm_process_name(const struct vm_process *p)
{
	return p->name ? p->name : p->comm;
}

bool vm_process_has(const struct vm_process *p, pid_t tid)
{
	for (size_t i = 0; i < p->nr_threads; i++)
		if (p->threads[i].tid == tid)
			return true;
	return false;
}

/* --- descriptors and threads ------------------------------------------------------------------ */

/* The vCPU's id when descriptor @fd of the process whose folder is @fds is one; -1. */
static int32_t vcpu_of_fd(const char *fds, const char *fd, char target[64])
{
	static const char vcpu[] = "anon_inode:kvm-vcpu:";
	char *path = xasprintf("%s/%s", fds, fd);
	ssize_t len = readlink(path, target, 63);

	free(path);
	target[len > 0 ? len : 0] = '\0';
	return strncmp(target, vcpu, strlen(vcpu)) ? -1 : (int32_t)strtol(target + strlen(vcpu), NULL, 10);
}

static void count_fds(struct vm_process *p)
{
	char *fds = xasprintf("/proc/%d/fd", (int)p->pid), target[64];
	DIR *dir = opendir(fds);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		if (vcpu_of_fd(fds, d->d_name, target) >= 0)
			p->nr_vcpus++;
		p->nr_vms += !strcmp(target, "anon_inode:kvm-vm");
	}
	if (dir)
		closedir(dir);
	free(fds);
}

/* KVM's own worker, a thread of the process from 6.13 on: it seems to be in the call its maker was in. */
static bool is_worker(const char *comm)
{
	return !strncmp(comm, "kvm-", 4) || !strncmp(comm, "vhost-", 6);
}

/* What the thread waits in says which vCPU it runs, whatever its name: ioctl(FD, KVM_RUN).  -1: it runs just now. */
static int32_t vcpu_by_call(pid_t pid, const char *task)
{
	char *path = xasprintf("%s/syscall", task), *text = first_line(path), target[64];
	unsigned long nr, fd, request;
	int32_t vcpu = -1;

	if (text && sscanf(text, "%lu %lx %lx", &nr, &fd, &request) == 3 && nr == SYS_ioctl && request == KVM_RUN_REQUEST) {
		char *fds = xasprintf("/proc/%d/fd", (int)pid), number[24];

		snprintf(number, sizeof(number), "%lu", fd);
		vcpu = vcpu_of_fd(fds, number, target);
		free(fds);
	}
	free(text);
	free(path);
	return vcpu;
}

static void add_thread(struct vm_process *p, pid_t tid, int32_t vcpu)
{
	p->threads = xreallocarray(p->threads, p->nr_threads + 1, sizeof(*p->threads));
	p->threads[p->nr_threads++] = (struct vm_thread){ tid, vcpu };
}

static void read_thread(struct vm_process *p, const char *tid)
{
	char *task = xasprintf("/proc/%d/task/%s", (int)p->pid, tid), *path = xasprintf("%s/comm", task);
	char *comm = first_line(path);

	if (comm) {
		int32_t vcpu = is_worker(comm) ? -1 : vcpu_by_call(p->pid, task);

		add_thread(p, (pid_t)strtol(tid, NULL, 10), vcpu < 0 ? vm_vcpu_of(comm) : vcpu);
	}
	free(comm);
	free(path);
	free(task);
}

void vm_process_threads(struct vm_process *p)
{
	char *path = xasprintf("/proc/%d/task", (int)p->pid);
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]))
			read_thread(p, d->d_name);
	if (dir)
		closedir(dir);
	free(path);
}

/* Of a kernel thread whose name says which process it serves ("kvm-nx-lpage-recovery-77", "vhost-77"); 0: none. */
static pid_t served_by(const char *tid)
{
	char *path = xasprintf("/proc/%s/comm", tid), *comm = first_line(path);
	const char *digits = comm ? comm + strlen(comm) : NULL;
	pid_t pid = 0;

	if (comm && (!strncmp(comm, "kvm", 3) || !strncmp(comm, "vhost", 5))) {
		while (digits > comm && isdigit((unsigned char)digits[-1]))
			digits--;
		if (digits > comm && strchr("-/", digits[-1]))
			pid = (pid_t)strtol(digits, NULL, 10);
	}
	free(comm);
	free(path);
	return pid;
}

static void add_served(struct vms *vms, const char *tid)
{
	pid_t pid = served_by(tid);

	for (size_t i = 0; pid && i < vms->nr; i++)
		if (vms->v[i].pid == pid)
			add_thread(&vms->v[i], (pid_t)strtol(tid, NULL, 10), -1);
}

bool vm_process_read(pid_t pid, struct vm_process *out)
{
	struct vm_process p = { .pid = pid };
	char path[64];

	count_fds(&p);
	if (!p.nr_vms)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	p.comm = first_line(path);
	if (!p.comm)
		return false;
	p.name = name_of_process(pid);
	vm_process_threads(&p);
	*out = p;
	return true;
}

void vm_process_fini(struct vm_process *p)
{
	free(p->comm);
	free(p->name);
	free(p->threads);
	*p = (struct vm_process){ 0 };
}

static int by_pid(const void *a, const void *b)
{
	return ((const struct vm_process *)a)->pid - ((const struct vm_process *)b)->pid;
}

void vms_find(struct vms *out)
{
	DIR *dir = opendir("/proc");
	struct vm_process p;
	struct dirent *d;

	*out = (struct vms){ 0 };
	while (dir && (d = readdir(dir))) {
		if (!isdigit((unsigned char)d->d_name[0]) || !vm_process_read((pid_t)strtol(d->d_name, NULL, 10), &p))
			continue;
		out->v = xreallocarray(out->v, out->nr + 1, sizeof(*out->v));
		out->v[out->nr++] = p;
	}
	if (out->nr)
		qsort(out->v, out->nr, sizeof(*out->v), by_pid);
	for (dir ? rewinddir(dir) : (void)0; dir && out->nr && (d = readdir(dir));)
		if (isdigit((unsigned char)d->d_name[0]))
			add_served(out, d->d_name);
	if (dir)
		closedir(dir);
}

void vms_fini(struct vms *vms)
{
	for (size_t i = 0; i < vms->nr; i++)
		vm_process_fini(&vms->v[i]);
	free(vms->v);
	*vms = (struct vms){ 0 };
}

/* --- choosing one ----------------------------------------------------------------------------- */

/* "77 (web1), 78 (db)"; the caller's to free(). */
static char *list(const struct vms *vms)
{
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);

	for (size_t i = 0; i < vms->nr; i++)
		fprintf(m, "%s%d (%s)", i ? ", " : "", (int)vms->v[i].pid, vm_process_name(&vms->v[i]));
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	return text;
}

static int refuse(const struct vms *vms, const char *who, const char *what, struct err *e)
{
	char *there = list(vms);

	err_set(e, ERR_USAGE, "--vm %s: %s; there %s %s", who, what, vms->nr == 1 ? "is" : "are",
		vms->nr ? there : "none that can be seen from here");
	free(there);
	return -ERR_USAGE;
}

static bool is_meant(const struct vm_process *p, const char *who, int how)
{
	char pid[24];

	switch (how) {
	case 0:
		snprintf(pid, sizeof(pid), "%d", (int)p->pid);
		return !strcmp(pid, who);
	case 1:
		return p->name && !strcmp(p->name, who);
	default:
		return !strcmp(p->comm, who);
	}
}

int vms_choose(const struct vms *vms, const char *who, struct err *e)
{
	for (int how = 0; how < 3; how++) {
		int found = -1;

		for (size_t i = 0; i < vms->nr; i++) {
			if (!is_meant(&vms->v[i], who, how))
				continue;
			if (found >= 0)
				return refuse(vms, who, "several VMs are called so, give the process's number", e);
			found = (int)i;
		}
		if (found >= 0)
			return found;
	}
	return refuse(vms, who, "no VM is called so, and no process with a VM has that number", e);
}
