// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/filter.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/live/host.h"

/* Inode of the namespace whose numbers events have (proc_ns.h, PROC_PID_INIT_INO). */
#define FIRST_PID_NS	0xeffffffcu
#define UEVENT_GROUP	1		/* the kernel's own messages */
#define WRITE_BYTES	2048		/* of thread ids at once */
#define LOOKS		4		/* until a process has no thread that was not seen */
#define WAIT_MS		50

struct filter {
	struct instance *in;
	pid_t		 only;		/* the process whose VM is recorded */
	int		 socket;	/* -1: the kernel does not tell of VMs that begin */
	bool		 waits;		/* @thread runs, and is who fills @late */
	pthread_t	 thread;
	atomic_bool	 stop;
	struct refused	 late;
};

/* --- the kernel's words ------------------------------------------------------------------------- */

pid_t filter_new_vm(const char *message, size_t len)
{
	const char *end = message + len;
	bool created = false;
	pid_t tid = 0;

	for (const char *word = message; word < end; word += strnlen(word, end - word) + 1) {
		created |= !strcmp(word, "EVENT=create");
		if (!strncmp(word, "PID=", 4))
			tid = (pid_t)strtol(word + 4, NULL, 10);
	}
	return created ? tid : 0;
}

/* Return: -1, and errno. */
static int open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT), errnum;

	if (fd < 0 || !bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	errnum = errno;
	close(fd);
	errno = errnum;
	return -1;
}

static pid_t process_of(pid_t tid)
{
	char path[64], *text, *at;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	text = host_text(path);
	at = text ? strstr(text, "\nTgid:") : NULL;
	pid = at ? (pid_t)strtol(at + 6, NULL, 10) : 0;
	free(text);
	return pid;
}

/* --- threads ------------------------------------------------------------------------------------- */

/* Return: 0 or -errno. */
static int exclude(struct filter *f, const struct vm_process *p)
{
	char text[WRITE_BYTES];
	size_t len = 0;
	int ret = 0;

	for (size_t i = 0; i < p->nr_threads && !ret; i++) {
		len += snprintf(text + len, sizeof(text) - len, "%d ", (int)p->threads[i].tid);
		if (len < sizeof(text) - 16 && i + 1 < p->nr_threads)
			continue;
		ret = instance_append(f->in, "set_event_notrace_pid", text);
		len = 0;
	}
	return ret;
}

/* A thread that was made after the list was read is found by reading it again: once listed, the kernel follows. */
static void exclude_process(struct filter *f, pid_t pid, struct refused *refused)
{
	size_t before = 0;
	int ret = 0;

	for (int look = 0; look < LOOKS && !ret; look++) {
		struct vm_process p = { .pid = pid };
		size_t nr;

		vm_process_threads(&p);
		nr = p.nr_threads;
		if (nr != before)
			ret = exclude(f, &p);
		vm_process_fini(&p);
		if (nr == before)
			return;
		before = nr;
	}
	if (ret) {
		char *what = xasprintf("filter of the threads of %d", (int)pid);

		refused_add(refused, what, strerror(-ret));
		free(what);
	}
}

static void look(struct filter *f)
{
	char message[4096];
	ssize_t len;

	while ((len = recv(f->socket, message, sizeof(message) - 1, 0)) > 0) {
		pid_t tid, pid;

		message[len] = '\0';
		tid = filter_new_vm(message, len);
		pid = tid ? process_of(tid) : 0;
		if (pid && pid != f->only)
			exclude_process(f, pid, &f->late);
	}
}

static void *wait_main(void *arg)
{
	struct filter *f = arg;

	while (!atomic_load(&f->stop)) {
		poll(&(struct pollfd){ .fd = f->socket, .events = POLLIN }, 1, WAIT_MS);
		look(f);
	}
	return NULL;
}

static bool in_first_pid_ns(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == FIRST_PID_NS;
}

/* All VMs there are, in spite of what was known before: those that begin from here on are told of. */
static int exclude_others(struct filter *f, struct refused *refused)
{
	struct vms vms;
	int ret = 0;

	vms_find(&vms);
	for (size_t i = 0; i < vms.nr && !ret; i++) {
		if (vms.v[i].pid == f->only)
			continue;
		ret = exclude(f, &vms.v[i]);	/* kernel threads that serve it, too */
		if (!ret)
			exclude_process(f, vms.v[i].pid, refused);
	}
	vms_fini(&vms);
	return ret;
}

/* Return: 0 or -errno. */
static int start_waiting(struct filter *f)
{
	int ret = pthread_create(&f->thread, NULL, wait_main, f);

	f->waits = !ret;
	return -ret;
}

struct filter *filter_start(struct instance *in, pid_t only, struct refused *refused)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	int ret;

	*f = (struct filter){ .in = in, .only = only, .socket = -1 };
	if (!in_first_pid_ns()) {
		refused_add(refused, "filter of other VMs' threads", "events have numbers that are not those of this PID namespace");
		return f;
	}
	f->socket = open_socket();
	if (f->socket < 0)
		refused_add(refused, "filter of VMs that start later", strerror(errno));
	ret = instance_write(in, "options/event-fork", "1");
	if (ret)
		refused_add(refused, "filter of threads that other VMs make later", strerror(-ret));
	ret = exclude_others(f, refused);
	if (!ret && f->socket >= 0)
		ret = start_waiting(f);
	if (ret)
		refused_add(refused, "filter of other VMs' threads", strerror(-ret));
	return f;
}

void filter_close(struct filter *f, struct refused *refused)
{
	if (!f)
		return;
	atomic_store(&f->stop, true);
	if (f->waits)
		pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->late.nr; i++)
		refused_note(refused, f->late.v[i]);
	refused_fini(&f->late);
	if (f->socket >= 0)
		close(f->socket);
	free(f);
}
