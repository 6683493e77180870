/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As KVM's dirty_log_perf_test: vCPUs fill their memory, its logging starts, they write it pass after pass,
 * and after each the log is taken; it stops, and they touch their memory again.  Or, as in a
 * migration: the vCPUs go on writing while all that happens.
 */
#include "synth/workloads.h"

enum { SIZE = SYNTH_OWN, PAGE, FILL, WRITE, ROUNDS, LOG, START, CHUNK, PAUSE, MEANWHILE, AGAIN };
enum { FILL_FAULTS, FILL_PREFILL };
enum { LOG_GET, LOG_CLEAR, LOG_RING };
enum { START_PROTECTED, START_ALL_SET };
enum { MEANWHILE_WAIT, MEANWHILE_RUN };

#define SLOT_ID 0
#define CLEAR_ALIGN (64 * 4096)		/* bytes: words of the bitmap */

static const char *const fills[] = { "faults", "prefill", NULL };
static const char *const logs[] = { "get", "clear", "ring", NULL };
static const char *const starts[] = { "protected", "all-set", NULL };
static const char *const meanwhiles[] = { "wait", "run", NULL };
static const char *const yes_no[] = { "yes", "no", NULL };

static const struct synth_param params[] = {
	{ "size", SYNTH_BYTES, "4M", 1 << 18, 1ULL << 40, NULL, "memory of each vCPU" },
	{ "page", SYNTH_WORD, "2m", 0, 0, synth_page_words, "size of the host's pages" },
	{ "fill", SYNTH_WORD, "faults", 0, 0, fills, "memory is touched for the first time by vCPUs, or is there from the start" },
	{ "write", SYNTH_COUNT, "100", 0, 100, NULL, "percent of a pass's accesses that write" },
	{ "rounds", SYNTH_COUNT, "2", 0, 1000, NULL, "passes of each vCPU over its memory, the log taken after each" },
	{ "log", SYNTH_WORD, "get", 0, 0, logs, "GET takes it and protects; GET, then CLEAR (manual protect); a ring per vCPU" },
	{ "start", SYNTH_WORD, "protected", 0, 0, starts, "what is done when logging starts; all-set (log=clear): nothing, all counts as dirty" },
	{ "chunk", SYNTH_BYTES, "0", 0, 1ULL << 42, NULL, "what each CLEAR covers; 0: the whole slot" },
	{ "pause", SYNTH_TIME, "0ns", 0, 1000000000, NULL, "between two CLEARs" },
	{ "meanwhile", SYNTH_WORD, "wait", 0, 0, meanwhiles, "vCPUs wait while the log is taken, or go on, anywhere in their memory" },
	{ "again", SYNTH_WORD, "yes", 0, 0, yes_no, "vCPUs touch every page again at the end" },
};

struct shape {
	const uint64_t *v;
	uint64_t	part, all, chunk;	/* pages: of a vCPU, of the slot, of a CLEAR */
	hva_t		hva;
	bool		beside;
};

/* One access of @vcpu, of its page @page; as many pages as @step was the guest's time. */
static uint64_t access(struct guest *g, const struct shape *s, uint32_t vcpu, uint64_t t_ns, uint64_t page,
		       uint64_t step, bool write)
{
	uint64_t think_ns = s->v[SYNTH_GAP] * step;
	gfn_t gfn = SYNTH_BIG_GFN + vcpu * s->part + page;

	if (think_ns > UINT32_MAX)
		think_ns = UINT32_MAX;
	t_ns += think_ns;
	guest_touch(g, t_ns, vcpu, gfn, SYNTH_PAGE_LEVEL(s->v[PAGE]), (uint32_t)think_ns, write);
	return t_ns;
}

/* Every vCPU touches all its memory; of a host's page the first touch is enough.  Return: after the last. */
static uint64_t fill(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	uint64_t step = SYNTH_PAGE_SIZE(s->v[PAGE]) >> 12, end_ns = t_ns;

	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		end_ns = t_ns;
		for (uint64_t page = 0; page < s->part; page += step)
			end_ns = access(g, s, vcpu, end_ns, page, step, true);
	}
	return end_ns + 1;
}

static bool writes(struct guest *g, const struct shape *s)
{
	return s->v[WRITE] == 100 || prng_below(&g->prng, 100) < s->v[WRITE];
}

/* At the least: the host waits for accesses that were to come before what it does, but nobody waits for the host. */
static uint64_t pass_ns(const struct shape *s)
{
	return s->part * s->v[SYNTH_GAP];
}

/* @passes of every vCPU from @t_ns on: its pages in order, or as many of them at random. */
static uint64_t passes(struct guest *g, const struct shape *s, uint64_t t_ns, uint64_t nr)
{
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		uint64_t at_ns = t_ns;

		for (uint64_t i = 0; i < nr * s->part; i++) {
			uint64_t page = s->beside ? prng_below(&g->prng, (uint32_t)s->part) : i % s->part;

			at_ns = access(g, s, vcpu, at_ns, page, 1, writes(g, s));
		}
	}
	return t_ns + nr * pass_ns(s) + 1;
}

static uint64_t clears(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	for (uint64_t at = 0; at < s->all; at += s->chunk, t_ns += s->v[PAUSE]) {
		uint64_t left = s->all - at;

		guest_dirty(g, t_ns, EV_DIRTY_CLEAR, SLOT_ID, SYNTH_BIG_GFN + at,
			    left < s->chunk ? left : s->chunk, s->beside);
	}
	return t_ns;
}

static uint64_t take_log(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	if (s->v[LOG] == LOG_RING) {
		guest_reset_rings(g, t_ns, s->beside);
		return t_ns;
	}
	guest_dirty(g, t_ns, EV_DIRTY_GET, SLOT_ID, SYNTH_BIG_GFN, s->all, s->beside);
	return s->v[LOG] == LOG_CLEAR ? clears(g, s, t_ns) : t_ns;
}

static void log_is(struct guest *g, const struct shape *s, uint64_t t_ns, bool on)
{
	guest_log(g, t_ns, SLOT_ID, SYNTH_BIG_GFN, s->all, s->hva, on, s->beside);
}

/* Host and vCPUs take turns. */
static uint64_t take_turns(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	log_is(g, s, t_ns, true);
	for (uint64_t round = 0; round < s->v[ROUNDS]; round++)
		t_ns = take_log(g, s, passes(g, s, t_ns, 1));
	log_is(g, s, t_ns, false);
	return t_ns;
}

/* The vCPUs make one pass more than the host takes logs; logging stops late in the last of them. */
static uint64_t run_beside(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	uint64_t pass = pass_ns(s), rounds = s->v[ROUNDS];

	log_is(g, s, t_ns, true);
	for (uint64_t round = 1; round <= rounds; round++)
		take_log(g, s, t_ns + round * pass + 1);
	log_is(g, s, t_ns + rounds * pass + pass / 4 * 3, false);
	return passes(g, s, t_ns, rounds + 1);
}

static int shape(struct shape *s, const struct guest *g, const uint64_t *v, struct err *e)
{
	uint64_t all = v[SIZE] >> 12 << 12;

	*s = (struct shape){ .v = v, .part = v[SIZE] >> 12, .hva = synth_hva(SYNTH_BIG_GFN),
			     .beside = v[MEANWHILE] == MEANWHILE_RUN };
	if (all != v[SIZE] || all % SYNTH_PAGE_SIZE(v[PAGE]) || all % CLEAR_ALIGN ||
	    s->part > SYNTH_SLOT_MAX / g->vcpus)
		return err_set(e, ERR_USAGE, "size is no multiple of page and 256K, or more than vcpus parts of one memslot");
	s->all = s->part * g->vcpus;
	s->chunk = v[CHUNK] ? v[CHUNK] >> 12 : s->all;
	if (v[CHUNK] % CLEAR_ALIGN)
		return err_set(e, ERR_USAGE, "chunk is no multiple of 256K: CLEAR takes words of 64 pages");
	if (v[LOG] != LOG_CLEAR && (v[CHUNK] || v[PAUSE] || v[START] != START_PROTECTED))
		return err_set(e, ERR_USAGE, "chunk, pause and start=all-set go with log=clear");
	if (s->beside && (s->all + s->chunk - 1) / s->chunk * v[PAUSE] > pass_ns(s) / 4 * 3)
		return err_set(e, ERR_USAGE, "meanwhile=run: the CLEARs of a round take longer than three quarters of a pass; a shorter pause, or a longer gap");
	return 0;
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	struct shape s;
	uint64_t t_ns = 1000;
	int rc = shape(&s, g, v, e);

	if (rc)
		return rc;
	g->meta->vms[0].dirty_ring = v[LOG] == LOG_RING;
	g->meta->vms[0].dirty_manual = v[LOG] == LOG_CLEAR;
	g->meta->vms[0].dirty_init_set = v[START] == START_ALL_SET;
	guest_slot(g, 0, EV_SLOT_CREATE, SLOT_ID, SYNTH_BIG_GFN, s.all, s.hva);
	if (v[FILL] == FILL_PREFILL)
		guest_prefill(g, 0, SYNTH_BIG_GFN, s.all, SYNTH_PAGE_LEVEL(v[PAGE]));
	else
		t_ns = fill(g, &s, t_ns);
	t_ns = (s.beside ? run_beside : take_turns)(g, &s, t_ns);
	if (!v[AGAIN])
		fill(g, &s, t_ns);
	return 0;
}

const struct synth_workload synth_dirty_log = {
	.name = "dirty-log", .summary = "vCPUs write memory whose dirty pages are logged",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
