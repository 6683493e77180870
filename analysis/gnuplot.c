/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gnuplot as a filter: the script goes in and the picture comes out through
 * descriptors, so that nothing touches the disk before all of it is there; gnuplot
 * itself does not notice a full disk.
 */
#include "analysis/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

/* What comes out of a pipe, with a NUL behind it. */
struct bytes {
	char	*v;
	size_t	 len, cap;
};

/* Return: false at the end. */
static bool take(int fd, struct bytes *b)
{
	ssize_t n;

	if (b->len + 1 >= b->cap) {
		b->cap = b->cap ? 2 * b->cap : 65536;
		b->v = xrealloc(b->v, b->cap);
	}
	n = read(fd, b->v + b->len, b->cap - b->len - 1);
	if (n > 0)
		b->len += (size_t)n;
	b->v[b->len] = '\0';
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Return: false when all of it is written, or nobody reads it any more (gnuplot stops at the first mistake). */
static bool give(int fd, const char **script, size_t *len)
{
	ssize_t n = send(fd, *script, *len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	*script += n;
	*len -= (size_t)n;
	return *len > 0;
}

/* Feeds @in and drains @out until gnuplot has closed its end; closes both. */
static void converse(int in, const char *script, size_t len, int out, struct bytes *picture)
{
	struct pollfd fds[] = { { .fd = out, .events = POLLIN }, { .fd = in, .events = POLLOUT } };
	bool more = true;

	while (more) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents && !give(in, &script, &len)) {
			close(in);
			fds[1] = (struct pollfd){ .fd = -1 };
		}
		if (fds[0].revents)
			more = take(out, picture);
	}
	if (fds[1].fd >= 0)
		close(in);
	close(out);
}

static int spawn(int in, int out, int messages, pid_t *pid)
{
	/* -d: the picture must not depend on the user's own gnuplotrc. */
	char *argv[] = { (char *)"gnuplot", (char *)"-d", (char *)"-", NULL };
	posix_spawn_file_actions_t fds;
	int rc;

	posix_spawn_file_actions_init(&fds);
	posix_spawn_file_actions_adddup2(&fds, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&fds, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fds, messages, STDERR_FILENO);
	rc = posix_spawnp(pid, "gnuplot", &fds, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fds);
	return rc;
}

/* The line that says what is wrong stands last; blank ones and the echo of the script before it. */
static char *last_line(char *text)
{
	size_t len = strlen(text);
	char *line;

	while (len && strchr("\n ", text[len - 1]))
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return line + strspn(line, " ");
}

static int complain(const char *what, int messages, struct err *e)
{
	struct bytes text = { 0 };
	int rc;

	lseek(messages, 0, SEEK_SET);
	while (take(messages, &text))
		;
	rc = err_set(e, ERR_MACHINE, "%s: gnuplot failed: %s", what, text.len ? last_line(text.v) : "it said nothing");
	free(text.v);
	return rc;
}

static int cannot_start(const char *what, int why, struct err *e)
{
	if (why == ENOENT)
		return err_set(e, ERR_MACHINE, "%s: gnuplot is not installed; apt-get install gnuplot-nox", what);
	return err_set(e, ERR_MACHINE, "%s: cannot start gnuplot: %s", what, strerror(why));
}

/* Starts gnuplot; *@in and *@out are our ends of its pipes.  Return: 0 or an errno value. */
static int start(int messages, int *in, int *out, pid_t *pid)
{
	int script[2], picture[2], rc;

	/* A socket, so that writing to a gnuplot that has gone is an error and no signal. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, script))
		return errno;
	if (pipe2(picture, O_CLOEXEC)) {
		rc = errno;
		close(script[0]);
		close(script[1]);
		return rc;
	}
	rc = spawn(script[0], picture[1], messages, pid);
	close(script[0]);
	close(picture[1]);
	*in = script[1];
	*out = picture[0];
	if (rc) {
		close(*in);
		close(*out);
	}
	return rc;
}

static int run(const char *what, const char *script, size_t len, int messages, struct bytes *picture, struct err *e)
{
	int in = -1, out = -1, status = 0, rc;
	pid_t pid = -1;

	rc = start(messages, &in, &out, &pid);
	if (rc)
		return cannot_start(what, rc, e);
	converse(in, script, len, out, picture);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && picture->len)
		return 0;
	return complain(what, messages, e);
}

int gnuplot_run(const char *what, const char *script, size_t len, char **out, size_t *out_len, struct err *e)
{
	struct bytes picture = { 0 };
	int messages = memfd_create("mmulab-gnuplot", MFD_CLOEXEC), rc;

	if (messages < 0)
		return cannot_start(what, errno, e);
	rc = run(what, script, len, messages, &picture, e);
	close(messages);
	if (rc) {
		free(picture.v);
		return rc;
	}
	*out = picture.v;
	*out_len = picture.len;
	return 0;
}
