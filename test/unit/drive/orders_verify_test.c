/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify on made-up recordings whose order has to be found: calls that were held up, ends that
 * are not recorded, and what no order explains.
 */
#include "test/table.h"

#include <string.h>

#include "engine/rt/rt.h"
#include "replay/verify.h"
#include "test/unit/replay/made.h"

#define LEAF	0x13d71e67ULL
#define PFN	0x13d71ULL
#define EMPTY	0x8000000000000000ULL	/* 6.12 */
#define TABLE	0x1000827ULL
#define ROOT	0x3784u		/* level 4, direct, RWX, NX, WP */
#define BASE	0x100000ULL	/* host address of gfn 0 */
#define MAX	1024

/* A recording while it is made; times in ns. */
struct making {
	struct made_record v[MAX];
	size_t		   nr;
	uint32_t	   stims;	/* of the host task, so far */
	bool		   probes;
};

static struct made_record *add(struct making *k, uint32_t task, uint64_t t, unsigned int kind)
{
	struct made_record *r = &k->v[k->nr++];

	assert_true(k->nr < MAX);
	*r = (struct made_record){ .task = task, .t_ns = t, .ev = { .kind = kind } };
	return r;
}

static void add_op(struct making *k, uint32_t task, uint64_t from, uint64_t to, enum ev_op op, uint32_t stim)
{
	add(k, task, to, OBS_OP)->ev.op = (struct ev_opclose){ .op = op, .span_ns = to - from, .stimulus = stim };
}

static void get_table(struct making *k, uint64_t t, unsigned int level)
{
	add(k, 0, t, OBS_GET_PAGE)->ev.page = (struct obs_page){ .role = ROOT - 4 + level };
	if (level < 4)
		add(k, 0, t + 1, OBS_SPTE_CHANGED)->ev.spte = (struct obs_spte){ .level = level + 1, .old = EMPTY, .new = TABLE };
}

static void fault(struct making *k, uint32_t task, uint64_t from, uint64_t to, gfn_t gfn, enum ret_pf ret)
{
	add(k, task, to, OBS_OP)->ev.op = (struct ev_opclose){ .gfn = gfn, .op = EV_OP_FAULT, .span_ns = to - from,
		.result = ret, .access = EV_F_W, .error_code = 6, .stimulus = EV_NO_STIMULUS };
}

/* Its first event is half-way. */
static void maps(struct making *k, uint32_t task, uint64_t from, uint64_t to, gfn_t gfn, bool first)
{
	uint64_t t = (from + to) / 2;

	add(k, task, t, OBS_SPTE_REQUESTED)->ev.map = (struct obs_map){ .gfn = gfn, .level = 1, .pfn = PFN };
	for (unsigned int level = 3; first && level > 0; level--)
		get_table(k, t + 2 * (4 - level), level);
	add(k, task, t + 10, OBS_SPTE_CHANGED)->ev.spte = (struct obs_spte){ .gfn = gfn, .level = 1, .old = EMPTY, .new = LEAF };
	add(k, task, t + 11, OBS_SET_SPTE)->ev.set = (struct obs_set){ .gfn = gfn, .level = 1, .r = 1, .x = 1, .u = 1, .spte = LEAF };
	fault(k, task, from, to, gfn, RET_PF_FIXED);
}

static void retries(struct making *k, uint32_t task, uint64_t from, uint64_t to, gfn_t gfn)
{
	fault(k, task, from, to, gfn, RET_PF_RETRY);
}

static void retries_until(struct making *k, uint32_t task, uint64_t from, uint64_t until, gfn_t gfn)
{
	for (uint64_t t = from; t + 6000 <= until; t += 40000)
		retries(k, task, t, t + 6000, gfn);
}

static void hvas(struct making *k, uint64_t t, enum ev_kind kind, gfn_t from, gfn_t to)
{
	add(k, 2, t, kind)->ev.hvas = (struct ev_hvas){ .start = BASE + (from << 12), .end = BASE + (to << 12) };
	k->stims++;
}

static void opens(struct making *k, uint64_t t, gfn_t from, gfn_t to)
{
	hvas(k, t, EV_INVALIDATE_START, from, to);
	if (k->probes)
		add(k, 2, t + 100, OBS_UNMAP_RANGE)->ev.gfns = (struct obs_gfns){ .gfn = from, .count = to - from };
	add_op(k, 2, t, t + 200, EV_OP_INVALIDATE_START, k->stims - 1);
}

/* Its return is not recorded. */
static void closes(struct making *k, uint64_t t, gfn_t from, gfn_t to)
{
	hvas(k, t, EV_INVALIDATE_END, from, to);
	add_op(k, 2, t, t, EV_OP_INVALIDATE_END, k->stims - 1);
}

/* Anything later of the host task: whatever it did before is over. */
static void goes_on(struct making *k, uint64_t t)
{
	hvas(k, t, EV_INVALIDATE_START, 0x1000, 0x1001);
	add_op(k, 2, t, t, EV_OP_INVALIDATE_START, k->stims - 1);
}

static void set_up(struct making *k)
{
	add(k, 2, 1, EV_MEMSLOT)->ev.slot = (struct ev_slot){ .npages = 64, .hva = BASE };
	k->stims++;
	add_op(k, 2, 1, 2, EV_OP_MEMSLOT, 0);
	get_table(k, 10, 4);
	add_op(k, 0, 8, 11, EV_OP_VCPU_LOAD, EV_NO_STIMULUS);
	add_op(k, 1, 12, 13, EV_OP_VCPU_LOAD, EV_NO_STIMULUS);
	maps(k, 0, 100, 200, 5, true);
}

/* --- the recordings ------------------------------------------------------------ */

static void held_up(struct making *k)
{
	opens(k, 10000, 6, 8);
	closes(k, 20000, 6, 8);
	retries_until(k, 0, 30000, 4000000, 6);
	maps(k, 0, 4100000, 4110000, 6, false);
	goes_on(k, 5000000);
}

/* One end has to be later than its evidence, another earlier: neither all early nor all late will do. */
static void both_ways(struct making *k)
{
	opens(k, 10000, 6, 8);
	closes(k, 20000, 6, 8);
	retries(k, 0, 30000, 36000, 6);
	goes_on(k, 50000);
	opens(k, 60000, 9, 11);
	closes(k, 70000, 9, 11);
	maps(k, 0, 69000, 71600, 9, false);
	goes_on(k, 80000);
}

static void unseen_end(struct making *k)
{
	opens(k, 10000, 6, 8);
	retries_until(k, 0, 30000, 1000000, 6);
	maps(k, 0, 1100000, 1110000, 6, false);
	goes_on(k, 2000000);
}

/* A range that splits a huge page at its end: a window inside the window, over other pages of it. */
static void unseen_nested(struct making *k)
{
	opens(k, 10000, 6, 20);
	opens(k, 20000, 16, 32);
	retries_until(k, 0, 30000, 1000000, 30);
	retries_until(k, 1, 35000, 1000000, 7);
	maps(k, 0, 1100000, 1110000, 30, false);
	maps(k, 1, 1200000, 1210000, 7, false);
	goes_on(k, 2000000);
}

static void maps_inside(struct making *k)
{
	opens(k, 10000, 6, 8);
	maps(k, 0, 30000, 40000, 6, false);
	closes(k, 60000, 6, 8);
	goes_on(k, 70000);
}

static void retries_outside(struct making *k)
{
	opens(k, 10000, 6, 8);
	closes(k, 20000, 6, 8);
	goes_on(k, 30000);
	retries(k, 0, 40000, 46000, 6);
}

static const struct row {
	const char   *name;
	void	    (*make)(struct making *k);
	bool	      tracepoints_only;
	unsigned int  misses, guided_misses, max_admissible;
} rows[] = {
	{ "an end that is held up for 4 ms costs one fault, and none in the order that is found", held_up, false, 0, 1, 3 },
	{ "each window where it has to be", both_ways, false, 0, 2, 2 },
	{ "an end that is not recorded", unseen_end, true, 0, 0, 100 },
	{ "windows inside windows, without ends", unseen_nested, true, 0, 0, 100 },
	{ "what maps inside an open window is a miss in every order", maps_inside, false, 1, 1, 0 },
	{ "what retries without a window, too", retries_outside, false, 1, 1, 0 },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	static struct making k;
	struct policy policy;
	struct verify_job job = { .policy = &policy, .seed = 1, .guide = guide_vtime };
	struct verdict v;
	struct totals t;
	struct made m;
	struct err e;

	memset(&k, 0, sizeof(k));
	k.probes = !row->tracepoints_only;
	set_up(&k);
	row->make(&k);
	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_GFN;
	policy.fault_precheck = FAULT_PRECHECK_BOTH;
	made_open_as(&m, KVM_6_12, k.probes, k.v, k.nr);
	verdict_init(&v, &m.rec);
	job.rec = &m.rec;
	assert_int_equal(verify_run(&job, &v, &e), 0);
	verdict_totals(&v, &t);
	assert_int_equal(t.operations - t.vacuous - t.lost - t.exact, row->misses);
	assert_in_range(t.operations - t.vacuous - t.lost - t.guided, 0, row->guided_misses);
	assert_in_range(t.admissible, 0, row->max_admissible);
	verdict_fini(&v);
	made_close(&m);
}

int main(void)
{
	if (!RT_IS_VIRTUAL) {
		puts("only virtual time can be guided");
		return 77;
	}
	return table_run("orders", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
