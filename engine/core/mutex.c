/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/core/mutex.h"

#include <assert.h>

void mutex_init(struct mutex *m)
{
	rt_spin_init(&m->lock);
	rt_cond_init(&m->freed);
	m->busy = false;
}

void mutex_lock(struct mutex *m)
{
	rt_spin_lock(&m->lock);
	while (m->busy)
		rt_cond_wait(&m->freed, &m->lock);
	m->busy = true;
	rt_spin_unlock(&m->lock);
}

void mutex_unlock(struct mutex *m)
{
	rt_spin_lock(&m->lock);
	assert(m->busy);
	m->busy = false;
	rt_cond_wake_all(&m->freed);
	rt_spin_unlock(&m->lock);
}
