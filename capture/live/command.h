/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_COMMAND_H
#define CAPTURE_LIVE_COMMAND_H

#include <signal.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

/* The command whose run is recorded: a process that waits until it may begin. */
struct command {
	pid_t	pid;		/* 0: there is none */
	int	go;		/* -1: it runs */
	int	status;		/* as waitpid() has it */
	bool	ended;
};

/* Is there a program @name, as execvp() would look for it? */
bool command_exists(const char *name);

/*
 * @argv ends with NULL; @marker: the file it may write notes into, its $MMULAB_MARKER (NULL: there is none);
 * @mask: signals it blocks.  ERR_INPUT when there is no such program, before anything is recorded.
 */
int command_prepare(struct command *c, char *const *argv, const char *marker, const sigset_t *mask, struct err *e);
void command_go(struct command *c);
/* Has it ended?  Does not wait. */
bool command_ended(struct command *c);
/* Asks it to end when it still runs, and waits for two seconds at most. */
void command_end(struct command *c);

#endif
