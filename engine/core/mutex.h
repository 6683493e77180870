/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_MUTEX_H
#define ENGINE_CORE_MUTEX_H

/*
 * A lock whose waiters sleep, and which may be held over waits: slots_lock and its like.
 * Not recursive; the holder is not remembered.
 */
#include "engine/rt/rt.h"

struct mutex {
	struct rt_spinlock lock;	/* busy, freed */
	struct rt_cond	   freed;
	bool		   busy;
};

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);	/* hands over */
void mutex_unlock(struct mutex *m);

#endif
