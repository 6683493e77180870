// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/ending.h"

#include <time.h>

#define LOOK_MS		100

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void ending_block(struct ending *en)
{
	sigemptyset(&en->ours);
	sigaddset(&en->ours, SIGINT);
	sigaddset(&en->ours, SIGTERM);
	sigaddset(&en->ours, SIGHUP);
	sigaddset(&en->ours, SIGCHLD);
	sigprocmask(SIG_BLOCK, &en->ours, &en->before);
}

/* A second ^C came in time to hurry us, not to be told about later. */
void ending_restore(struct ending *en)
{
	const struct timespec now = { 0 };

	while (sigtimedwait(&en->ours, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &en->before, NULL);
}

void ending_begin(struct ending *en)
{
	en->began = seconds();
}

double ending_seconds(const struct ending *en)
{
	return seconds() - en->began;
}

void ending_wait(struct ending *en, double duration_s, struct command *command, bool (*look)(void *arg), void *arg)
{
	while (!look(arg) && !command_ended(command)) {
		double left = duration_s > 0 ? duration_s - ending_seconds(en) : 1;
		struct timespec t = { .tv_nsec = LOOK_MS * 1000000L };
		int sig;

		if (left <= 0)
			return;
		if (left * 1000 < LOOK_MS)
			t.tv_nsec = (long)(left * 1e9);
		sig = sigtimedwait(&en->ours, NULL, &t);
		if (sig > 0 && sig != SIGCHLD)
			return;
	}
}
