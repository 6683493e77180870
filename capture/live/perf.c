// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/outfile.h"
#include "capture/live/ending.h"
#include "capture/live/host.h"
#include "capture/live/perf_events.h"
#include "capture/live/profile.h"
#include "capture/live/vms.h"
#include "capture/source.h"

#define BEGIN_MS	30000	/* opening its events on all CPUs may last, but not so long */
#define ARGS_MAX	24

struct perf {
	const struct record_options *o;
	struct record_result *result;
	struct profile	profile;
	struct outfile	*out;
	char		*path;		/* of @out, while it has no name */
	char		*events;
	pid_t		pid;		/* whose events; -1: the whole machine's */
	pid_t		child;		/* 0: none */
	int		control[2], ack[2];
	int		said;		/* what perf writes on its terminal */
	bool		ended;
	int		status;
	struct command	command;
	struct ending	ending;
};

/* --- setting up ------------------------------------------------------------------------------- */

/* What perf calls the clock; NULL: it has none. */
static const char *clock_name(const char *clock)
{
	static const char *const names[][2] = {
		{ "mono", "mono" }, { "mono_raw", "raw" }, { "boot", "boot" }, { "tai", "tai" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(clock, names[i][0]))
			return names[i][1];
	return NULL;
}

/* All of them were: one line says it. */
static int say_refused(struct perf *p, struct err *e)
{
	struct refused *r = &p->result->refused;
	const char *first = r->nr ? r->v[0] : "";
	bool rights = strstr(first, strerror(EACCES)) || strstr(first, strerror(EPERM));

	err_set(e, ERR_MACHINE, "%s: perf can record none of its events here%s%s%s", p->o->profile, r->nr ? ": " : "", first,
		rights ? "; run it as root, or with CAP_PERFMON and a tracefs it may read" : "");
	refused_fini(r);
	return -ERR_MACHINE;
}

static int choose(struct perf *p, struct err *e)
{
	struct vms vms;
	int which;

	p->pid = -1;
	if (!p->o->vm)
		return 0;
	vms_find(&vms);
	which = vms_choose(&vms, p->o->vm, e);
	if (which >= 0)
		p->pid = vms.v[which].pid;
	vms_fini(&vms);
	return which < 0 ? which : 0;
}

static int set_up(struct perf *p, struct err *e)
{
	int ret;

	if (!clock_name(p->o->clock))
		return err_set(e, ERR_USAGE, "--clock %s: perf has mono, mono_raw, boot and tai", p->o->clock);
	if (!command_exists("perf"))
		return err_set(e, ERR_MACHINE, "there is no perf; install it (Debian: linux-perf)");
	ret = profile_read(p->o->profile, &p->profile, e);
	if (!ret)
		ret = choose(p, e);
	if (!ret)
		ret = outfile_open(p->o->output, &p->out, e);
	if (ret)
		return ret;
	p->path = xasprintf("/proc/%d/fd/%d", (int)getpid(), outfile_fd(p->out));
	p->events = perf_events_list(&p->profile, p->pid, &p->result->refused, &p->result->nr_events);
	if (!p->events)
		return say_refused(p, e);
	return p->o->command ? command_prepare(&p->command, p->o->command, NULL, &p->ending.before, e) : 0;
}

/* --- the child ---------------------------------------------------------------------------------- */

/* KiB of each CPU's buffer that may be locked into memory; without rights it is what all users may have. */
static uint32_t buffer_kb(struct perf *p)
{
	char *text = geteuid() ? host_text("/proc/sys/kernel/perf_event_mlock_kb") : NULL;
	uint32_t kb = 4, want = p->o->buffer_kb, most = text ? strtoul(text, NULL, 10) : UINT32_MAX;

	free(text);
	while (kb < want && kb < 1u << 20)
		kb *= 2;
	if (kb <= most)
		return kb;
	while (kb > 4 && kb > most)
		kb /= 2;
	text = xasprintf("a buffer of %u KiB", want);
	refused_add(&p->result->refused, text, "kernel.perf_event_mlock_kb allows less");
	free(text);
	return kb;
}

static void child(struct perf *p, const char *buffer)
{
	char control[64], pid[16];
	const char *args[ARGS_MAX] = { "perf", "record", "-q", "-B", "-N", "-k", clock_name(p->o->clock), "-c", "1", "-R",
				       "-m", buffer, "-D", "-1", "--control", control, "-e", p->events, "-o", p->path };
	int n = 20;

	snprintf(control, sizeof(control), "fd:%d,%d", p->control[0], p->ack[1]);
	snprintf(pid, sizeof(pid), "%d", (int)p->pid);
	if (p->pid < 0) {
		args[n++] = "-a";
	} else {
		args[n++] = "-p";
		args[n++] = pid;
	}
	setpgid(0, 0);		/* ^C is ours to pass on */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &p->ending.before, NULL);
	fcntl(p->control[0], F_SETFD, 0);
	fcntl(p->ack[1], F_SETFD, 0);
	dup2(p->said, STDOUT_FILENO);
	dup2(p->said, STDERR_FILENO);
	execvp("perf", (char *const *)args);
	dprintf(STDERR_FILENO, "perf: %s\n", strerror(errno));
	_exit(127);
}

static int start(struct perf *p, struct err *e)
{
	char buffer[16];

	if (pipe2(p->control, O_CLOEXEC) || pipe2(p->ack, O_CLOEXEC))
		return err_sys(e, errno, "pipe", "make");
	p->said = memfd_create("perf", MFD_CLOEXEC);
	if (p->said < 0)
		return err_sys(e, errno, "a file in memory", "create");
	snprintf(buffer, sizeof(buffer), "%uK", buffer_kb(p));
	p->child = fork();
	if (!p->child)
		child(p, buffer);
	if (p->child < 0) {
		p->child = 0;
		return err_sys(e, errno, "perf", "start");
	}
	close(p->control[0]);
	close(p->ack[1]);
	p->control[0] = p->ack[1] = -1;
	return 0;
}

static bool child_ended(struct perf *p)
{
	if (p->child && !p->ended)
		p->ended = waitpid(p->child, &p->status, WNOHANG) == p->child;
	return p->ended;
}

/* The first line of perf's own that tells something. */
static int say_ended(struct perf *p, const char *when, struct err *e)
{
	char text[512], *line, *save = NULL;
	ssize_t len = pread(p->said, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	line = strtok_r(text, "\r\n", &save);
	while (line && (!*line || !strcmp(line, "Error:")))
		line = strtok_r(NULL, "\r\n", &save);
	return err_set(e, ERR_MACHINE, "perf record %s: %s", when, line ? line : "it says nothing");
}

/* Its events are there, and are turned on. */
static int begin(struct perf *p, struct err *e)
{
	static const char enable[] = "enable\n";
	struct pollfd answer = { .fd = p->ack[0], .events = POLLIN };
	char got[8];

	signal(SIGPIPE, SIG_IGN);
	if (write(p->control[1], enable, sizeof(enable) - 1) < 0 || poll(&answer, 1, BEGIN_MS) <= 0 ||
	    read(p->ack[0], got, sizeof(got)) < 3)
		return say_ended(p, "did not begin", e);
	return 0;
}

/* SIGINT ends perf with its file written; nobody waits for one that does not. */
static void end(struct perf *p, int sig)
{
	if (!p->child)
		return;
	if (!child_ended(p))
		kill(p->child, sig);
	while (!p->ended && waitpid(p->child, &p->status, 0) < 0 && errno == EINTR)
		;
	p->ended = true;
	p->child = 0;
}

static bool look(void *arg)
{
	return child_ended(arg);
}

static int run(struct perf *p, struct err *e)
{
	int ret = start(p, e);

	if (!ret)
		ret = begin(p, e);
	if (ret)
		return ret;
	ending_begin(&p->ending);
	command_go(&p->command);
	ending_wait(&p->ending, p->o->duration_s, &p->command, look, p);
	p->result->seconds = ending_seconds(&p->ending);
	if (child_ended(p))
		ret = say_ended(p, "ended by itself", e);
	end(p, SIGINT);
	command_end(&p->command);
	p->result->command_status = p->command.status;
	return ret;
}

/* --- what was recorded ------------------------------------------------------------------------------ */

static struct record_loss *cpu_of(struct record_result *r, uint32_t cpu)
{
	if (cpu >= r->nr_cpus) {
		r->cpus = xreallocarray(r->cpus, cpu + 1, sizeof(*r->cpus));
		memset(r->cpus + r->nr_cpus, 0, (cpu + 1 - r->nr_cpus) * sizeof(*r->cpus));
		r->nr_cpus = cpu + 1;
	}
	return &r->cpus[cpu];
}

static void count_lost(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	cpu_of(arg, cpu == SOURCE_NO_CPU ? 0 : cpu)->dropped += n;
}

static int count(struct perf *p, struct err *e)
{
	struct source_record rec;
	struct source *s;
	struct stat st;
	int ret = source_open_perfdata(p->path, &s, e);

	if (ret)
		return ret;
	while ((ret = s->ops->next(s, &rec, e)) > 0)
		cpu_of(p->result, rec.cpu)->read++;
	s->ops->lost(s, count_lost, p->result);
	source_close(s);
	if (!ret && !fstat(outfile_fd(p->out), &st))
		p->result->bytes = st.st_size;
	return ret;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int perf_host(const struct record_options *o, struct record_result *out, struct err *e)
{
	struct perf p = {
		.o = o, .result = out, .control = { -1, -1 }, .ack = { -1, -1 }, .said = -1, .command = { .go = -1 },
	};
	int ret;

	ending_block(&p.ending);
	ret = set_up(&p, e);
	if (!ret)
		ret = run(&p, e);
	end(&p, SIGKILL);
	command_end(&p.command);
	if (!ret)
		ret = count(&p, e);
	if (!ret) {
		ret = outfile_commit(p.out, e);
		p.out = NULL;
	}
	outfile_abort(p.out);
	for (int i = 0; i < 2; i++) {
		close_fd(p.control[i]);
		close_fd(p.ack[i]);
	}
	close_fd(p.said);
	profile_fini(&p.profile);
	free(p.events);
	free(p.path);
	ending_restore(&p.ending);
	return ret;
}
