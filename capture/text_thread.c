// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads by tid: open addressing, a power of two of places. */
#include "capture/text_thread.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/prng.h"

struct text_threads {
	struct text_thread **v;
	uint32_t	     nr, cap;
};

struct text_threads *text_threads_new(void)
{
	struct text_threads *t = xcalloc(1, sizeof(*t));

	t->cap = 64;
	t->v = xcalloc(t->cap, sizeof(*t->v));
	return t;
}

void text_threads_free(struct text_threads *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->cap; i++)
		free(t->v[i]);
	free(t->v);
	free(t);
}

static uint32_t place_of(const struct text_threads *t, uint32_t tid)
{
	uint32_t i = prng_mix(tid) & (t->cap - 1);

	while (t->v[i] && t->v[i]->tid != tid)
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void grow(struct text_threads *t)
{
	struct text_thread **old = t->v;
	uint32_t cap = t->cap;

	t->cap = 2 * cap;
	t->v = xcalloc(t->cap, sizeof(*t->v));
	for (uint32_t i = 0; i < cap; i++)
		if (old[i])
			t->v[place_of(t, old[i]->tid)] = old[i];
	free(old);
}

const struct text_thread *text_thread_find(const struct text_threads *t, uint32_t tid)
{
	return t->v[place_of(t, tid)];
}

struct text_thread *text_thread_of(struct text_threads *t, uint32_t tid)
{
	uint32_t i = place_of(t, tid);

	if (t->v[i])
		return t->v[i];
	if (2 * ++t->nr > t->cap) {
		grow(t);
		i = place_of(t, tid);
	}
	t->v[i] = xcalloc(1, sizeof(*t->v[i]));
	t->v[i]->tid = tid;
	t->v[i]->vcpu = -1;
	return t->v[i];
}

void text_thread_named(struct text_thread *t, const char *comm, size_t len)
{
	if (len >= sizeof(t->comm))
		len = sizeof(t->comm) - 1;
	if (!memcmp(t->comm, comm, len) && !t->comm[len])
		return;
	if (!len || (len == 5 && !memcmp(comm, "<...>", 5)))
		return;
	memcpy(t->comm, comm, len);
	t->comm[len] = '\0';
}
