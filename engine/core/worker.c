/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/core/worker.h"

void worker_init(struct worker *w)
{
	rt_spin_init(&w->lock);
	rt_cond_init(&w->changed);
	w->asked = 0;
	w->done = 0;
	w->stop = false;
}

void worker_ask(struct worker *w)
{
	uint64_t mine;

	rt_spin_lock(&w->lock);
	mine = ++w->asked;
	rt_cond_wake_all(&w->changed);
	while (w->done < mine)
		rt_cond_wait(&w->changed, &w->lock);
	rt_spin_unlock(&w->lock);
}

void worker_run(struct worker *w, void (*fn)(void *arg), void *arg)
{
	rt_spin_lock(&w->lock);
	while (!w->stop || w->done < w->asked) {
		uint64_t round = w->asked;

		if (w->done == round) {
			rt_cond_wait(&w->changed, &w->lock);
			continue;
		}
		rt_spin_unlock(&w->lock);
		fn(arg);
		rt_spin_lock(&w->lock);
		w->done = round;
		rt_cond_wake_all(&w->changed);
	}
	rt_spin_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
	rt_spin_lock(&w->lock);
	w->stop = true;
	rt_cond_wake_all(&w->changed);
	rt_spin_unlock(&w->lock);
}
