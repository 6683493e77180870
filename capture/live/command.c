// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

#define END_TRIES	200	/* of 10 ms */

/* As execvp() would look for it. */
bool command_exists(const char *name)
{
	const char *path = getenv("PATH"), *end;
	bool found = false;

	if (strchr(name, '/'))
		return !access(name, X_OK);
	for (path = path ? path : "/usr/bin:/bin"; !found && *path; path = *end ? end + 1 : end) {
		char *full;

		end = strchrnul(path, ':');
		full = xasprintf("%.*s/%s", (int)(end - path), path, name);
		found = !access(full, X_OK);
		free(full);
	}
	return found;
}

static void child(char *const *argv, const char *marker, const sigset_t *mask, int go)
{
	char byte;

	if (marker)
		setenv("MMULAB_MARKER", marker, 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* Nobody says go when the capture could not begin. */
	if (read(go, &byte, 1) != 1)
		_exit(0);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int command_prepare(struct command *c, char *const *argv, const char *marker, const sigset_t *mask, struct err *e)
{
	int go[2];

	if (!command_exists(argv[0]))
		return err_set(e, ERR_INPUT, "%s: no such program", argv[0]);
	if (pipe2(go, O_CLOEXEC))
		return err_sys(e, errno, "pipe", "make");
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		child(argv, marker, mask, go[0]);
	}
	close(go[0]);
	if (c->pid < 0) {
		c->pid = 0;
		close(go[1]);
		return err_sys(e, errno, argv[0], "start");
	}
	c->go = go[1];
	return 0;
}

void command_go(struct command *c)
{
	if (!c->pid)
		return;
	if (write(c->go, "", 1) < 0)
		c->ended = false;	/* it has been killed: waitpid() tells */
	close(c->go);
	c->go = -1;
}

bool command_ended(struct command *c)
{
	if (c->pid && !c->ended)
		c->ended = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
	return c->ended;
}

void command_end(struct command *c)
{
	if (!c->pid)
		return;
	if (c->go >= 0)
		close(c->go);
	c->go = -1;
	if (!command_ended(c))
		kill(c->pid, SIGTERM);
	for (int try = 0; !command_ended(c) && try < END_TRIES; try++)
		usleep(10000);
}
