/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gnuplot as a filter.  Its script is a file in memory and its picture comes
 * through a pipe, so that nothing touches the disk before all of it is there:
 * gnuplot itself does not notice a full disk.
 */
#include "analysis/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

/* An anonymous file that holds @len bytes, to be read from its beginning.  Return: its descriptor or -1. */
static int memory_file(const char *bytes, size_t len)
{
	int fd = memfd_create("mmulab", MFD_CLOEXEC);

	while (fd >= 0 && len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0) {
			close(fd);
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static char *read_all(int fd, size_t *len)
{
	size_t cap = 65536;
	char *buf = xmalloc(cap);
	ssize_t n;

	*len = 0;
	while ((n = read(fd, buf + *len, cap - *len - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		*len += (size_t)n;
		if (*len + 1 == cap) {
			cap *= 2;
			buf = xrealloc(buf, cap);
		}
	}
	buf[*len] = '\0';
	return buf;
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
	size_t len;
	char *text;
	int rc;

	lseek(messages, 0, SEEK_SET);
	text = read_all(messages, &len);
	rc = err_set(e, ERR_MACHINE, "%s: gnuplot failed: %s", what, len ? last_line(text) : "it said nothing");
	free(text);
	return rc;
}

static int run(const char *what, int in, int messages, char **out, size_t *out_len, struct err *e)
{
	int pipes[2], rc, status;
	char *picture;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return err_set(e, ERR_MACHINE, "%s: cannot start gnuplot: %s", what, strerror(errno));
	rc = spawn(in, pipes[1], messages, &pid);
	close(pipes[1]);
	if (rc) {
		close(pipes[0]);
		if (rc == ENOENT)
			return err_set(e, ERR_MACHINE, "%s: gnuplot is not installed; apt-get install gnuplot-nox", what);
		return err_set(e, ERR_MACHINE, "%s: cannot start gnuplot: %s", what, strerror(rc));
	}
	picture = read_all(pipes[0], out_len);
	close(pipes[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && *out_len) {
		*out = picture;
		return 0;
	}
	free(picture);
	return complain(what, messages, e);
}

int gnuplot_run(const char *what, const char *script, size_t len, char **out, size_t *out_len, struct err *e)
{
	int in = memory_file(script, len), messages = memory_file("", 0);
	int rc;

	if (in < 0 || messages < 0)
		rc = err_set(e, ERR_MACHINE, "%s: cannot start gnuplot: %s", what, strerror(errno));
	else
		rc = run(what, in, messages, out, out_len, e);
	if (in >= 0)
		close(in);
	if (messages >= 0)
		close(messages);
	return rc;
}
