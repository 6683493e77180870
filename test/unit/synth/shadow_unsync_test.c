/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worst case of shadow paging: each access's address leads, by the guest's tables as they were told until then, to
 * the frame that the access is of; and in each round one fault meets what all leaf tables had become.
 */
#include "synth/synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "event/reader.h"
#include "test/table.h"

#define MAX_SETS 8

static const struct {
	const char	*name;
	const char	*sets[MAX_SETS];
	uint64_t	 leafs, rounds, accesses;	/* accesses: of all other vCPUs, in all rounds */
	uint64_t	 limit;		/* 0: as many as there are page tables, at least */
	bool		 refused;
} rows[] = {
	{ .name = "one leaf table, one vCPU", .sets = { "vcpus=1", "tables=1", "leafs=1", "accesses=0" }, .leafs = 1, .rounds = 1 },
	{ .name = "some of them", .sets = { "vcpus=3", "tables=3", "leafs=5", "accesses=7" }, .leafs = 15, .rounds = 1,
	  .accesses = 16 },
	{ .name = "below a PML4", .sets = { "vcpus=3", "tables=3", "leafs=5", "accesses=7", "levels=5" }, .leafs = 15,
	  .rounds = 1, .accesses = 16 },
	{ .name = "again and again", .sets = { "vcpus=2", "tables=2", "leafs=4", "accesses=3", "rounds=5" }, .leafs = 8,
	  .rounds = 5, .accesses = 20 },
	{ .name = "as wide as it gets", .sets = { "vcpus=2", "tables=512", "leafs=1", "accesses=1", "levels=5" },
	  .leafs = 512, .rounds = 1, .accesses = 2 },
	{ .name = "with a limit of one's own", .sets = { "vcpus=2", "tables=2", "leafs=2", "limit=70", "accesses=1" },
	  .leafs = 4, .rounds = 1, .accesses = 2, .limit = 70 },
	{ .name = "more accesses than pages", .sets = { "rounds=100", "accesses=3000" }, .refused = true },
	{ .name = "on arm64", .sets = { "arch=arm64" }, .refused = true },
};

struct gpte {
	uint64_t key, value;		/* table << 12 | offset, + 1; 0: free */
};

struct guest_tables {			/* a hash table that is never half full */
	struct gpte *v;
	size_t	     mask;
};

static struct gpte *gpte_at(struct guest_tables *t, gfn_t table, unsigned int offset)
{
	uint64_t key = (table << 12 | offset) + 1;
	size_t i = key * 0x9e3779b97f4a7c15ULL >> 40 & t->mask;

	while (t->v[i].key && t->v[i].key != key)
		i = (i + 1) & t->mask;
	t->v[i].key = key;
	return &t->v[i];
}

static gfn_t translate(struct guest_tables *t, const struct ev_walk *walk)
{
	gfn_t table = walk->root;

	for (int level = walk->levels; level; level--) {
		unsigned int shift = 12 + 9 * ((unsigned int)level - 1);
		uint64_t gpte = gpte_at(t, table, (walk->gva >> shift & 511) * 8)->value;
		gfn_t frame = gpte >> 12 & 0xffffffffff;

		assert_true(gpte & 1);
		if (level == 1 || gpte & 0x80)
			return frame + (walk->gva >> 12 & ((1ULL << (shift - 12)) - 1));
		table = frame;
	}
	return UINT64_MAX;
}

struct seen {
	struct guest_tables tables;
	struct ev  walk[16];		/* by task */
	gfn_t	   upper;		/* the table that is linked again */
	uint64_t   dirty;		/* leaf tables rewritten since the last link */
	uint64_t   rewritten, links, others, limit, table_frames;
};

static void see_gpte(struct seen *s, const struct ev_at *at)
{
	struct gpte *g = gpte_at(&s->tables, at->ev->gpte.gfn, at->ev->gpte.offset);

	if (at->task) {
		assert_true(g->value != at->ev->gpte.value);
		s->dirty++;
		s->rewritten++;
	}
	s->table_frames += at->ev->gpte.offset == 0;
	g->value = at->ev->gpte.value;
}

static void see_access(struct seen *s, const struct ev_at *at)
{
	assert_int_equal(s->walk[at->task].kind, EV_WALK);
	assert_int_equal(translate(&s->tables, &s->walk[at->task].walk), at->ev->access.gfn);
	s->walk[at->task].kind = EV_NONE;
	s->others += at->task > 1;
}

static void see(struct seen *s, const struct ev_at *at, uint64_t leafs)
{
	switch (at->ev->kind) {
	case EV_GPTE:
		see_gpte(s, at);
		break;
	case EV_WALK:
		s->walk[at->task] = *at->ev;
		break;
	case EV_ACCESS:
		see_access(s, at);
		break;
	case EV_CR3:	/* to another root, and back */
		if (s->dirty) {
			gfn_t upper = gpte_at(&s->tables, at->ev->walk.root, 0)->value >> 12;

			assert_int_equal(s->dirty, leafs);
			assert_true(!s->links || upper == s->upper);
			s->upper = upper;
			s->links++;
		}
		s->dirty = 0;
		break;
	case EV_PAGE_LIMIT:
		s->limit = at->ev->gfns.count;
		break;
	}
}

static void read_file(const char *path, struct seen *s, uint64_t leafs)
{
	struct err e = { 0 };
	struct ev_file *file;
	struct ev_merge *merge;
	struct ev_at at;
	int rc;

	assert_int_equal(ev_open(path, 0, &file, &e), 0);
	assert_true(ev_meta(file)->shadow && !ev_meta(file)->tdp_mmu);
	assert_int_equal(ev_merge_open(file, 1u << EV_STIMULUS, &merge, &e), 0);
	while ((rc = ev_merge_next(merge, &at, &e)) > 0)
		see(s, &at, leafs);
	assert_int_equal(rc, 0);
	ev_merge_close(merge);
	ev_close(file);
}

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	struct seen s = { .tables = { xcalloc(1 << 16, sizeof(struct gpte)), (1 << 16) - 1 } };
	char path[] = "/tmp/mmulab-unsync-XXXXXX";
	const struct synth_workload *w;
	struct err e = { 0 };
	size_t nr = 0;
	int rc;

	close(mkstemp(path));
	while (nr < MAX_SETS && row->sets[nr])
		nr++;
	w = synth_find("shadow-unsync", &e);
	assert_non_null(w);
	rc = synth_make(w, row->sets, nr, 1, path, &e);
	assert_int_equal(rc, row->refused ? -ERR_USAGE : 0);
	if (!rc) {
		read_file(path, &s, row->leafs);
		assert_int_equal(s.rewritten, row->leafs * row->rounds);
		assert_int_equal(s.links, row->rounds);
		assert_int_equal(s.others, row->accesses);
		assert_true(row->limit ? s.limit == row->limit : s.limit > s.table_frames - s.rewritten);
	}
	unlink(path);
	free(s.tables.v);
}

int main(void)
{
	return table_run("shadow-unsync", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
