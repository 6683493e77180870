/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short list under a lock of the compiler's making: checks must not hand over. */
#include "engine/core/windows.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"

struct window {
	hva_t start, end;
};

struct mmu_windows {
	pthread_mutex_t	 lock;
	struct window	*v;
	size_t		 nr, cap;
};

struct mmu_windows *windows_new(void)
{
	struct mmu_windows *w = xcalloc(1, sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void windows_free(struct mmu_windows *w)
{
	if (!w)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w->v);
	free(w);
}

void windows_open(struct mmu_windows *w, hva_t start, hva_t end)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	if (w->nr == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 16;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	w->v[w->nr++] = (struct window){ start, end };
	pthread_mutex_unlock(&w->lock);
}

void windows_close(struct mmu_windows *w, hva_t start, hva_t end)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->nr; i++) {
		if (w->v[i].start == start && w->v[i].end == end) {
			w->v[i] = w->v[--w->nr];
			break;
		}
	}
	pthread_mutex_unlock(&w->lock);
}

static bool window_covers(const struct window *win, const struct memslot_set *set, unsigned int as_id, gfn_t gfn,
			  uint64_t nr)
{
	struct memslot_span span;

	for (unsigned int i = memslot_span_first(set, win->start);
	     memslot_span_next(set, &i, win->start, win->end, &span);)
		if (span.slot->cfg.as_id == as_id && span.start < gfn + nr && gfn < span.end)
			return true;
	return false;
}

bool windows_cover(const struct mmu_windows *w, const struct memslot_set *set, unsigned int as_id, gfn_t gfn,
		   uint64_t nr)
{
	bool covered = false;

	if (!w)
		return false;
	pthread_mutex_lock((pthread_mutex_t *)&w->lock);
	for (size_t i = 0; i < w->nr && !covered; i++)
		covered = window_covers(&w->v[i], set, as_id, gfn, nr);
	pthread_mutex_unlock((pthread_mutex_t *)&w->lock);
	return covered;
}
