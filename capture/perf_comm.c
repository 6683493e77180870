// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/perf_comm.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/prng.h"

static struct perf_comm *place_of(const struct perf_comms *c, uint32_t tid)
{
	uint32_t i = prng_mix(tid) & (c->cap - 1);

	while (c->v[i].comm && c->v[i].tid != tid)
		i = (i + 1) & (c->cap - 1);
	return &c->v[i];
}

void perf_comm_set(struct perf_comms *c, uint32_t tid, const char *comm, size_t len)
{
	struct perf_comms old = *c;
	struct perf_comm *p;

	if (2 * (c->nr + 1) > c->cap) {
		c->cap = c->cap ? 2 * c->cap : 256;
		c->v = xcalloc(c->cap, sizeof(*c->v));
		for (uint32_t i = 0; i < old.cap; i++)
			if (old.v[i].comm)
				*place_of(c, old.v[i].tid) = old.v[i];
		free(old.v);
	}
	p = place_of(c, tid);
	c->nr += !p->comm;
	free(p->comm);
	*p = (struct perf_comm){ tid, xasprintf("%.*s", (int)len, comm) };
}

const char *perf_comm_of(const struct perf_comms *c, uint32_t tid)
{
	return c->cap ? place_of(c, tid)->comm : NULL;
}

void perf_comms_fini(struct perf_comms *c)
{
	for (uint32_t i = 0; i < c->cap; i++)
		free(c->v[i].comm);
	free(c->v);
	*c = (struct perf_comms){ 0 };
}
