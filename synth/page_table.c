/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As KVM's kvm_page_table_test: under dirty logging the vCPUs read their memory page by page, so that it is
 * mapped by pages though the host's are larger; logging stops, and all of them write the same blocks at once.
 * The first to fault puts a block in the place of a table while the others come, or are there.
 */
#include "kvm/stage2.h"
#include "synth/workloads.h"

enum { GRANULE = SYNTH_OWN, BLOCK, BLOCKS, MAPPED, FILL, FWB, TOUCHES, SPREAD };
enum { BLOCK_PMD, BLOCK_PUD };
enum { FILL_FAULTS, FILL_PREFILL };

#define SLOT_ID 0

static const char *const granules[] = { "4k", "16k", "64k", NULL };
static const char *const blocks[] = { "pmd", "pud", NULL };
static const char *const fills[] = { "faults", "prefill", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };

static const struct synth_param params[] = {
	{ "granule", SYNTH_WORD, "4k", 0, 0, granules, "the host's page size" },
	{ "block", SYNTH_WORD, "pmd", 0, 0, blocks, "the host's mapping: pmd 2M, 32M or 512M by granule; pud (4k) 1G" },
	{ "blocks", SYNTH_COUNT, "1", 1, 4096, NULL, "of that size" },
	{ "mapped", SYNTH_COUNT, "100", 1, 100, NULL, "percent of each block's pages that are mapped when logging stops" },
	{ "fill", SYNTH_WORD, "faults", 0, 0, fills, "pages are read for the first time by vCPUs, or are mapped from the start" },
	{ "fwb", SYNTH_WORD, "no", 0, 0, no_yes, "stage 2 decides cacheability: no D-cache maintenance" },
	{ "touches", SYNTH_COUNT, "16", 1, 1 << 20, NULL, "writes of each vCPU to each block after logging, an even way apart" },
	{ "spread", SYNTH_TIME, "50us", 0, 1000000000, NULL, "within which the vCPUs begin with that" },
};

struct shape {
	const uint64_t *v;
	uint64_t	pages;		/* of a block */
	uint64_t	mapped;		/* of them, before logging stops */
	uint64_t	all;		/* of the slot: one block more, where vCPUs wait for the host */
	unsigned int	page_shift, level;
	hva_t		hva;
};

static int shape(struct shape *s, const struct guest *g, const uint64_t *v, struct err *e)
{
	unsigned int shift = 12 + 2 * (unsigned int)v[GRANULE];
	int level = v[BLOCK] == BLOCK_PUD ? 1 : 2;

	*s = (struct shape){ .v = v, .pages = stage2_pages(shift, level), .page_shift = shift,
			     .level = (unsigned int)stage2_size_class(level) };
	if (level < stage2_min_block_level(shift))
		return err_set(e, ERR_USAGE, "block=pud goes with granule=4k: there are no larger blocks of %s pages than pmd",
			       granules[v[GRANULE]]);
	s->mapped = s->pages * v[MAPPED] / 100;
	s->all = (v[BLOCKS] + 1) * s->pages;
	s->hva = (1ULL << 44) + (SYNTH_BIG_GFN << shift);
	if (!s->mapped || v[TOUCHES] > s->pages || g->vcpus > s->pages)
		return err_set(e, ERR_USAGE, "a block has %llu pages: mapped, touches and vcpus must fit",
			       (unsigned long long)s->pages);
	return 0;
}

static gfn_t block_gfn(const struct shape *s, uint64_t block)
{
	return SYNTH_BIG_GFN + block * s->pages;
}

/* The vCPU's own page behind the blocks. */
static gfn_t own_page(const struct shape *s, uint32_t vcpu)
{
	return block_gfn(s, s->v[BLOCKS]) + vcpu;
}

/* Each vCPU reads its share of every block.  Return: after the last. */
static uint64_t read_pages(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	uint64_t end_ns = t_ns;

	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		uint64_t at_ns = t_ns;

		guest_touch(g, at_ns += s->v[SYNTH_GAP], vcpu, own_page(s, vcpu), s->level,
			    (uint32_t)s->v[SYNTH_GAP], false);
		for (uint64_t block = 0; block < s->v[BLOCKS]; block++)
			for (uint64_t page = vcpu; page < s->mapped; page += g->vcpus)
				guest_touch(g, at_ns += s->v[SYNTH_GAP], vcpu, block_gfn(s, block) + page, s->level,
					    (uint32_t)s->v[SYNTH_GAP], false);
		end_ns = at_ns > end_ns ? at_ns : end_ns;
	}
	return end_ns + 1;
}

static void prefill(struct guest *g, const struct shape *s)
{
	for (uint64_t block = 0; block < s->v[BLOCKS]; block++)
		guest_prefill(g, 0, block_gfn(s, block), s->mapped, 1);
	guest_prefill(g, 0, block_gfn(s, s->v[BLOCKS]), s->pages, 1);
}

/*
 * All at once: each vCPU reads its own page, for which it waits until logging has stopped, and begins
 * @spread later at most.
 */
static void write_blocks(struct guest *g, const struct shape *s, uint64_t t_ns)
{
	uint64_t step = s->pages / s->v[TOUCHES];

	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++) {
		uint32_t late_ns = s->v[SPREAD] ? prng_below(&g->prng, (uint32_t)s->v[SPREAD]) : 0;
		uint64_t at_ns = t_ns + s->v[SYNTH_GAP];

		guest_touch(g, at_ns, vcpu, own_page(s, vcpu), s->level, (uint32_t)s->v[SYNTH_GAP], false);
		for (uint64_t i = 0; i < s->v[BLOCKS] * s->v[TOUCHES]; i++) {
			uint32_t think_ns = (uint32_t)s->v[SYNTH_GAP] + (i ? 0 : late_ns);
			gfn_t gfn = block_gfn(s, i / s->v[TOUCHES]) + i % s->v[TOUCHES] * step;

			guest_touch(g, at_ns += think_ns, vcpu, gfn, s->level, think_ns, true);
		}
	}
}

static void log_is(struct guest *g, const struct shape *s, uint64_t t_ns, bool on)
{
	guest_log(g, t_ns, SLOT_ID, SYNTH_BIG_GFN, s->all, s->hva, on, false);
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	struct shape s;
	uint64_t t_ns = 1000;
	int rc = shape(&s, g, v, e);

	if (rc)
		return rc;
	guest_arm64(g, s.page_shift);
	ev_meta_set_param(g->meta, "arm64.fwb", v[FWB] ? "Y" : "N");
	guest_slot(g, 0, EV_SLOT_CREATE, SLOT_ID, SYNTH_BIG_GFN, s.all, s.hva);
	if (v[FILL] == FILL_PREFILL)
		prefill(g, &s);
	log_is(g, &s, t_ns, true);
	t_ns = v[FILL] == FILL_PREFILL ? t_ns + 1 : read_pages(g, &s, t_ns);
	log_is(g, &s, t_ns, false);
	write_blocks(g, &s, t_ns + 1);
	return 0;
}

const struct synth_workload synth_page_table = {
	.name = "page-table", .summary = "vCPUs meet at a table that makes way for a block when dirty logging has stopped",
	.arch = &synth_arm64_only, .params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
