// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thread asks for whole pages only, so that the kernel hands over the page instead of copying it; the last page
 * of each CPU, which is never full, is read once the recording stands.
 */
#include "capture/live/drain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/out/spool.h"

#define PIPE_BYTES	(256u << 10)	/* asked for; the kernel may give less */
#define WAIT_MS		50
#define CPUS_MAX	4096u
#define STACK_BYTES	(128u << 10)

struct cpu {
	struct drain	*drain;
	pthread_t	 thread;
	bool		 running;
	int		 raw, spool, pipe[2];	/* -1: not open */
	bool		 by_copy;	/* the spool's filesystem takes no splice */
	atomic_uint_fast64_t bytes;	/* only its thread adds */
	uint8_t		*page;
	struct err	 err;
};

struct drain {
	struct cpu	*cpus;
	uint32_t	 nr_cpus, page_size, pipe_bytes;
	char		*path;
	atomic_bool	 stop, failed;
};

static int fail(struct cpu *c, int errnum, const char *what, const char *doing)
{
	err_sys(&c->err, errnum, what, doing);
	atomic_store(&c->drain->failed, true);
	return -1;
}

static int write_all(struct cpu *c, const uint8_t *p, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(c->spool, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(c, errno, c->drain->path, "write");
		p += n;
		bytes -= n;
		c->bytes += n;
	}
	return 0;
}

/* One page, full or not.  Return: 1, 0 when there is none, -1. */
static int copy_page(struct cpu *c)
{
	uint32_t size = c->drain->page_size;
	ssize_t n = read(c->raw, c->page, size);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail(c, errno, "trace_pipe_raw", "read");
	if (n <= 0)
		return 0;
	memset(c->page + n, 0, size - n);
	return write_all(c, c->page, size) ? -1 : 1;
}

/* What stands in the pipe, by hand: a spool that takes no splice. */
static int copy_pipe(struct cpu *c, size_t bytes)
{
	while (bytes) {
		ssize_t n = read(c->pipe[0], c->page, min_u64(bytes, c->drain->page_size));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(c, n ? errno : EIO, "pipe", "read");
		if (write_all(c, c->page, n))
			return -1;
		bytes -= n;
	}
	return 0;
}

static int empty_pipe(struct cpu *c, size_t bytes)
{
	while (bytes) {
		ssize_t n;

		if (c->by_copy)
			return copy_pipe(c, bytes);
		n = splice(c->pipe[0], NULL, c->spool, NULL, bytes, SPLICE_F_MOVE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL)
			c->by_copy = true;
		else if (n <= 0)
			return fail(c, n ? errno : EIO, c->drain->path, "write");
		if (n < 0)
			continue;
		c->bytes += n;
		bytes -= n;
	}
	return 0;
}

/* Whole pages, as many as the pipe holds.  Return: 1, 0 when there is none, -1. */
static int splice_pages(struct cpu *c)
{
	ssize_t n = splice(c->raw, NULL, c->pipe[1], NULL, c->drain->pipe_bytes, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail(c, errno, "trace_pipe_raw", "splice");
	if (n <= 0)
		return 0;
	return empty_pipe(c, n) ? -1 : 1;
}

static void *cpu_main(void *arg)
{
	struct cpu *c = arg;
	struct drain *d = c->drain;
	int got = 1;

	while (got >= 0 && !atomic_load(&d->stop)) {
		got = splice_pages(c);
		if (!got)
			poll(&(struct pollfd){ .fd = c->raw, .events = POLLIN }, 1, WAIT_MS);
	}
	while (got >= 0 && (got = splice_pages(c)) > 0)
		;
	while (got >= 0 && (got = copy_page(c)) > 0)
		;
	return NULL;
}

/* --- setting up ------------------------------------------------------------------------------ */

/* One more than the highest number of a CPU that has a buffer. */
static uint32_t count_cpus(struct instance *in)
{
	char *path = instance_path(in, "per_cpu");
	DIR *dir = opendir(path);
	struct dirent *e;
	uint32_t nr = 0;

	while (dir && (e = readdir(dir))) {
		unsigned int cpu;

		if (sscanf(e->d_name, "cpu%u", &cpu) == 1 && cpu < CPUS_MAX)
			nr = max_u64(nr, cpu + 1);
	}
	if (dir)
		closedir(dir);
	free(path);
	return nr;
}

/* Of the buffer, larger than the machine's from 6.8 on where somebody asked for it. */
static uint32_t page_size_of(struct instance *in)
{
	char *text = instance_read(in, "buffer_subbuf_size_kb");
	uint32_t bytes = text ? strtoul(text, NULL, 10) << 10 : 0;

	free(text);
	return bytes ? bytes : sysconf(_SC_PAGESIZE);
}

static int open_cpu(struct cpu *c, struct instance *in, uint32_t cpu, struct err *e)
{
	struct drain *d = c->drain;
	char name[64], *path;
	int size;

	snprintf(name, sizeof(name), "per_cpu/cpu%u/trace_pipe_raw", cpu);
	path = instance_path(in, name);
	c->raw = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	free(path);
	if (c->raw < 0 && errno == ENOENT)
		return 0;		/* numbers of CPUs have gaps */
	if (c->raw < 0)
		return err_sys(e, errno, name, "read");
	if (pipe2(c->pipe, O_CLOEXEC))
		return err_sys(e, errno, "pipe", "make");
	size = fcntl(c->pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
	if (size < 0)
		size = fcntl(c->pipe[0], F_GETPIPE_SZ);
	d->pipe_bytes = size;
	if (d->pipe_bytes < d->page_size)
		return err_set(e, ERR_MACHINE, "a pipe of %u bytes cannot take a page of %u", d->pipe_bytes, d->page_size);
	c->page = xmalloc(d->page_size);
	c->spool = spool_open(d->path, e);
	return c->spool < 0 ? c->spool : 0;
}

static int start_cpu(struct cpu *c, struct err *e)
{
	pthread_attr_t attr;
	int ret;

	if (c->raw < 0)
		return 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	ret = pthread_create(&c->thread, &attr, cpu_main, c);
	pthread_attr_destroy(&attr);
	c->running = !ret;
	return ret ? err_sys(e, ret, "a thread", "start") : 0;
}

int drain_start(struct instance *in, const char *path, struct drain **out, struct err *e)
{
	struct drain *d = xcalloc(1, sizeof(*d));
	int ret = 0;

	d->path = xstrdup(path);
	d->nr_cpus = count_cpus(in);
	d->page_size = page_size_of(in);
	d->cpus = xcalloc(d->nr_cpus, sizeof(*d->cpus));
	for (uint32_t i = 0; i < d->nr_cpus; i++)
		d->cpus[i] = (struct cpu){ .drain = d, .raw = -1, .spool = -1, .pipe = { -1, -1 } };
	for (uint32_t i = 0; i < d->nr_cpus && !ret; i++)
		ret = open_cpu(&d->cpus[i], in, i, e);
	for (uint32_t i = 0; i < d->nr_cpus && !ret; i++)
		ret = start_cpu(&d->cpus[i], e);
	if (!ret) {
		*out = d;
		return 0;
	}
	drain_stop(d, NULL);
	drain_close(d);
	return ret;
}

bool drain_failed(const struct drain *d)
{
	return atomic_load(&d->failed);
}

int drain_stop(struct drain *d, struct err *e)
{
	const struct cpu *bad = NULL;

	atomic_store(&d->stop, true);
	for (uint32_t i = 0; i < d->nr_cpus; i++) {
		struct cpu *c = &d->cpus[i];

		if (c->running)
			pthread_join(c->thread, NULL);
		c->running = false;
		if (c->err.exit && !bad)
			bad = c;
		if (c->raw >= 0)
			close(c->raw);
		c->raw = -1;
	}
	if (bad && e)
		*e = bad->err;
	return bad ? -(int)bad->err.exit : 0;
}

uint32_t drain_page_size(const struct drain *d)
{
	return d->page_size;
}

uint32_t drain_nr_cpus(const struct drain *d)
{
	return d->nr_cpus;
}

int drain_spool(const struct drain *d, uint32_t cpu, uint64_t *bytes)
{
	*bytes = atomic_load(&d->cpus[cpu].bytes);
	return d->cpus[cpu].spool;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void drain_close(struct drain *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->nr_cpus; i++) {
		close_fd(d->cpus[i].spool);
		close_fd(d->cpus[i].pipe[0]);
		close_fd(d->cpus[i].pipe[1]);
		free(d->cpus[i].page);
	}
	free(d->cpus);
	free(d->path);
	free(d);
}
