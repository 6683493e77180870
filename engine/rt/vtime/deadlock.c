/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line that says which tasks wait for what, when nobody can go on. */
#include "engine/rt/vtime/machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
	char	text[800];
	size_t	len;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	l->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void add_lock_wait(struct line *l, const char *how, const struct rt_rwlock *lock)
{
	add(l, "to %s %s", how, lock->name ? lock->name : "a lock");
	for (const struct rt_hold *h = lock->inside.next; h != &lock->inside; h = h->next)
		add(l, "%s task %u", h == lock->inside.next ? " held by" : " and", h->task);
}

static void add_wait(struct line *l, const struct rt_task *t)
{
	const struct rt_gate *g = t->wait_on;

	add(l, "%stask %u waits ", l->len ? "; " : "", t->id);
	switch ((enum task_wait)t->waiting) {
	case WAIT_NONE:
		add(l, "for a CPU");
		break;
	case WAIT_READ:
		add_lock_wait(l, "read", t->wait_on);
		break;
	case WAIT_WRITE:
		add_lock_wait(l, "take", t->wait_on);
		break;
	case WAIT_GATE:
		add(l, "for a gate at %" PRIu64 " to reach %" PRIu64, g->value, t->wait_value);
		break;
	case WAIT_COND:
		add(l, "to be woken");
		break;
	case WAIT_SRCU:
		add(l, "for readers of the memslots to leave");
		break;
	case WAIT_MEMORY:
		add(l, "for a word that nobody will change");
		break;
	}
}

int deadlock_report(struct err *e)
{
	struct line l = { .len = 0 };
	unsigned int waiting = 0;

	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		if (!machine.tasks[i].live)
			continue;
		if (++waiting <= 8)
			add_wait(&l, &machine.tasks[i]);
	}
	if (waiting > 8)
		add(&l, "; and %u more wait", waiting - 8);
	return err_set(e, ERR_MACHINE, "seed %" PRIu64 ", %" PRIu64 " ns: every task waits for another: %s",
		       machine.config.seed, rt_now_ns(), l.text);
}
