/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of three steps: 1 GiB, 2 MiB, frame.  The topmost one is address space until it is used. */
#include "engine/x86/shadow/frames.h"

#include <stdlib.h>

#include "base/alloc.h"

#define FRAMES_TOP	(1ull << 22)	/* 1 GiB stretches of 52 bits of address */
#define SHIFT_2M	9
#define SHIFT_1G	18

void frames_init(struct frames *f)
{
	*f = (struct frames){ 0 };
	for (unsigned int i = 0; i < MEMSLOT_AS_IDS; i++)
		f->of[i] = xcalloc(FRAMES_TOP, sizeof(*f->of[i]));
}

static void free_1g(struct frames_1g *g)
{
	for (unsigned int i = 0; g && i < FRAMES_PER_2M; i++) {
		if (!g->of[i])
			continue;
		free(g->of[i]->watched);
		free(g->of[i]);
	}
	free(g);
}

void frames_fini(struct frames *f)
{
	for (unsigned int i = 0; i < MEMSLOT_AS_IDS; i++) {
		for (uint64_t g = 0; f->of[i] && g < f->top[i]; g++)
			free_1g(f->of[i][g]);
		free(f->of[i]);
	}
	*f = (struct frames){ 0 };
}

struct frames_1g *frames_find_1g(const struct frames *f, unsigned int as_id, gfn_t gfn)
{
	uint64_t at = gfn >> SHIFT_1G;

	return at < FRAMES_TOP ? __atomic_load_n(&f->of[as_id][at], __ATOMIC_ACQUIRE) : NULL;
}

struct frames_2m *frames_find_2m(const struct frames *f, unsigned int as_id, gfn_t gfn)
{
	const struct frames_1g *g = frames_find_1g(f, as_id, gfn);

	return g ? __atomic_load_n(&g->of[(gfn >> SHIFT_2M) % FRAMES_PER_2M], __ATOMIC_ACQUIRE) : NULL;
}

static void *new_part(struct frames *f, size_t nr, size_t size)
{
	f->bytes += nr * size;
	return xcalloc(nr, size);
}

static struct frames_1g *get_1g(struct frames *f, unsigned int as_id, gfn_t gfn)
{
	struct frames_1g *g = frames_find_1g(f, as_id, gfn);
	uint64_t at = gfn >> SHIFT_1G;

	if (g)
		return g;
	g = new_part(f, 1, sizeof(*g));
	if (at >= f->top[as_id])
		f->top[as_id] = at + 1;
	__atomic_store_n(&f->of[as_id][at], g, __ATOMIC_RELEASE);
	return g;
}

struct frames_2m *frames_get_2m(struct frames *f, unsigned int as_id, gfn_t gfn)
{
	struct frames_1g *g = get_1g(f, as_id, gfn);
	struct frames_2m **p = &g->of[(gfn >> SHIFT_2M) % FRAMES_PER_2M];

	if (!*p)
		__atomic_store_n(p, new_part(f, 1, sizeof(**p)), __ATOMIC_RELEASE);
	return *p;
}

static uint32_t *head_2m(struct frames_2m *m, gfn_t gfn, int level)
{
	return level == 1 ? &m->rmap[gfn % FRAMES_PER_2M] : &m->rmap_2m;
}

uint32_t *frames_rmap(const struct frames *f, unsigned int as_id, gfn_t gfn, int level)
{
	struct frames_1g *g = frames_find_1g(f, as_id, gfn);
	struct frames_2m *m;

	if (level == 3 || !g)
		return g ? &g->rmap_1g : NULL;
	m = frames_find_2m(f, as_id, gfn);
	return m ? head_2m(m, gfn, level) : NULL;
}

uint32_t *frames_rmap_get(struct frames *f, unsigned int as_id, gfn_t gfn, int level)
{
	if (level == 3)
		return &get_1g(f, as_id, gfn)->rmap_1g;
	return head_2m(frames_get_2m(f, as_id, gfn), gfn, level);
}

void frames_keep_small(struct frames *f, unsigned int as_id, gfn_t gfn, int by)
{
	frames_get_2m(f, as_id, gfn)->keeps_small += (uint32_t)by;
	get_1g(f, as_id, gfn)->keeps_small += (uint32_t)by;
}

bool frames_allow_level(const struct frames *f, unsigned int as_id, gfn_t gfn, int level)
{
	const struct frames_1g *g = frames_find_1g(f, as_id, gfn);
	const struct frames_2m *m = frames_find_2m(f, as_id, gfn);

	if (level >= 3)
		return !g || !g->keeps_small;
	return !m || !m->keeps_small;
}

void frames_watch(struct frames *f, unsigned int as_id, gfn_t gfn, int by)
{
	struct frames_2m *m = frames_get_2m(f, as_id, gfn);

	if (!m->watched)
		m->watched = new_part(f, FRAMES_PER_2M, sizeof(*m->watched));
	m->watched[gfn % FRAMES_PER_2M] = (uint16_t)(m->watched[gfn % FRAMES_PER_2M] + by);
	frames_keep_small(f, as_id, gfn, by);
}

bool frames_is_watched(const struct frames *f, unsigned int as_id, gfn_t gfn)
{
	const struct frames_2m *m = frames_find_2m(f, as_id, gfn);

	return m && m->watched && m->watched[gfn % FRAMES_PER_2M];
}
