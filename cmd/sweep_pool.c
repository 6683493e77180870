/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/sweep_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

#define TICK_MS	250

/* What a worker says when it has done a task: less than PIPE_BUF, so that it comes in one piece. */
struct said {
	int32_t	rc;
	char	text[1024];
};

struct worker {
	pid_t		pid;		/* 0: none */
	int		tasks, answers;	/* pipes, our ends */
	uint64_t	task;		/* it works on this one */
};

struct crew {
	const struct pool	*pool;
	struct worker		*v;
	unsigned int		 nr;
};

/* --- in the worker's process ------------------------------------------------------- */

__attribute__((noreturn)) static void worker_main(const struct pool *p, int tasks, int answers)
{
	uint64_t task;

	while (read(tasks, &task, sizeof(task)) == sizeof(task)) {
		struct err e = { 0 };
		struct said said = { .rc = p->work(p->arg, task, &e) };

		if (said.rc)
			memcpy(said.text, e.text, sizeof(said.text));
		if (write(answers, &said, sizeof(said)) != sizeof(said))
			break;
	}
	_exit(0);
}

/* --- at home --------------------------------------------------------------------------- */

static int worker_start(struct crew *c, struct worker *w, struct err *e)
{
	int tasks[2], answers[2];
	pid_t home = getpid();

	if (pipe(tasks) || pipe(answers))
		return err_sys(e, errno, "pipe", "create");
	fflush(NULL);
	w->pid = fork();
	if (w->pid < 0)
		return err_sys(e, errno, "process", "create");
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != home)
			_exit(1);
		/* Others' pipes: they would never see their end. */
		for (unsigned int i = 0; i < c->nr; i++) {
			if (&c->v[i] == w || !c->v[i].pid)
				continue;
			close(c->v[i].tasks);
			close(c->v[i].answers);
		}
		close(tasks[1]);
		close(answers[0]);
		worker_main(c->pool, tasks[0], answers[1]);
	}
	close(tasks[0]);
	close(answers[1]);
	w->tasks = tasks[1];
	w->answers = answers[0];
	return 0;
}

static int worker_end(struct worker *w)
{
	int status = 0;

	close(w->tasks);
	close(w->answers);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	*w = (struct worker){ .task = POOL_NONE };
	return status;
}

/* What it is to do.  To a dead one it cannot be told; then its answers end, and that is heard. */
static void worker_tell(struct worker *w)
{
	ssize_t sent = write(w->tasks, &w->task, sizeof(w->task));

	(void)sent;
}

/* Its next task; without one it may go. */
static void worker_feed(struct crew *c, struct worker *w)
{
	w->task = c->pool->next(c->pool->arg, w->task);
	if (w->task == POOL_NONE)
		worker_end(w);
	else
		worker_tell(w);
}

static void worker_died(struct crew *c, struct worker *w)
{
	uint64_t task = w->task;
	int status = worker_end(w);
	char how[64];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	c->pool->died(c->pool->arg, task, how);
}

static void worker_hear(struct crew *c, struct worker *w)
{
	struct said said;

	if (read(w->answers, &said, sizeof(said)) != sizeof(said)) {
		worker_died(c, w);
		return;
	}
	said.text[sizeof(said.text) - 1] = '\0';
	c->pool->done(c->pool->arg, w->task, said.rc, said.text);
	worker_feed(c, w);
}

/* Places without a worker get one as long as there is work: at the start, and after one was killed. */
static int hire(struct crew *c, struct err *e)
{
	for (unsigned int i = 0; i < c->nr; i++) {
		struct worker *w = &c->v[i];
		uint64_t task;
		int rc;

		if (w->pid)
			continue;
		task = c->pool->next(c->pool->arg, POOL_NONE);
		if (task == POOL_NONE)
			return 0;
		rc = worker_start(c, w, e);
		if (rc)
			return rc;
		w->task = task;
		worker_tell(w);
	}
	return 0;
}

static unsigned int wait_for_any(struct crew *c, struct pollfd *fds)
{
	unsigned int alive = 0;

	for (unsigned int i = 0; i < c->nr; i++) {
		fds[i] = (struct pollfd){ .fd = c->v[i].pid ? c->v[i].answers : -1, .events = POLLIN };
		alive += c->v[i].pid != 0;
	}
	if (alive && poll(fds, c->nr, TICK_MS) < 0)
		for (unsigned int i = 0; i < c->nr; i++)
			fds[i].revents = 0;
	return alive;
}

int pool_run(const struct pool *p, unsigned int workers, struct err *e)
{
	struct crew c = { .pool = p, .v = xcalloc(workers, sizeof(*c.v)), .nr = workers };
	struct pollfd *fds = xcalloc(workers, sizeof(*fds));
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int rc = 0;

	sigaction(SIGPIPE, &ignore, &before);
	for (unsigned int i = 0; i < workers; i++)
		c.v[i].task = POOL_NONE;
	while (!rc) {
		rc = hire(&c, e);
		if (!wait_for_any(&c, fds))
			break;
		for (unsigned int i = 0; !rc && i < workers; i++)
			if (fds[i].revents)
				worker_hear(&c, &c.v[i]);
		if (p->tick)
			p->tick(p->arg);
	}
	for (unsigned int i = 0; i < workers; i++)
		if (c.v[i].pid)
			worker_end(&c.v[i]);
	sigaction(SIGPIPE, &before, NULL);
	free(fds);
	free(c.v);
	return rc;
}
