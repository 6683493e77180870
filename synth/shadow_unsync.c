/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worst that a fault under shadow paging can meet: it links a table below which all leaf tables are unsync.
 *
 * vCPU 0 touches a page of each leaf table, so that KVM shadows the table, and then rewrites the entry, so that it
 * is unsync.  Then it loads another root that leads to the same upper table, and touches one page below: its fault
 * finds the upper table's shadow page, and must sync all that is unsync before it links it.  The other vCPUs fault on
 * memory of their own meanwhile, below a root that does not lead to the upper table: they have nothing to sync.  Page
 * tables have the upper table at address 0, and the guest's kernel all
 * memory at KERNEL by pages of 1 GiB.
 */
#include "synth/workloads.h"

enum { LEVELS = SYNTH_OWN, TABLES, LEAFS, ROUNDS, MORE, LIMIT };
enum { FOUR_LEVELS, FIVE_LEVELS };

#define GPTE_TABLE	0x27u		/* P W U A */
#define GPTE_PAGE	0x67u		/* P W U A D */
#define GPTE_KERNEL	0x23u		/* P W A */
#define GPTE_KERNEL_1G	0xe3u		/* P W A D PS */
#define PFERR_W		2u
#define PFERR_U		4u

#define GIB_PAGES	(1ULL << 18)
#define HEAD_START	10		/* gaps that the others fault before vCPU 0 does */
#define SPARE_PAGES	64		/* of the page limit: KVM recycles when fewer than 5 are left, to 25 */

static const char *const levels[] = { "4", "5", NULL };

static const struct synth_param params[] = {
	{ "levels", SYNTH_WORD, "4", 0, 0, levels, "of the guest's page tables; the table that is linked is below the root: a PDPT, or with 5 a PML4" },
	{ "tables", SYNTH_COUNT, "64", 1, 512, NULL, "entries of that table" },
	{ "leafs", SYNTH_COUNT, "64", 1, 512, NULL, "leaf tables below each of them" },
	{ "rounds", SYNTH_COUNT, "1", 1, 100, NULL, "times that all become unsync, and the table is linked below one more root" },
	{ "accesses", SYNTH_COUNT, "2000", 0, 100000, NULL, "of each other vCPU in a round, from shortly before the fault on" },
	{ "limit", SYNTH_COUNT, "0", 0, 1ULL << 24, NULL, "shadow pages at most (KVM_SET_NR_MMU_PAGES); 0: as many as it takes, and some to spare" },
};

struct shape {
	const uint64_t *v;
	uint64_t nr_leafs;
	unsigned int levels;
	uint64_t kernel;		/* the guest's kernel has frame f at kernel + f * 4096 */
	/* Frames of page tables, and of the pages that leaf tables map. */
	gfn_t	 leaf, pd, pdpt, upper, kernel_own, kernel_big, kernel_top, root, kernel_root, data, end;
};

static struct shape shape(const uint64_t *v)
{
	struct shape s = { .v = v, .nr_leafs = v[TABLES] * v[LEAFS], .levels = v[LEVELS] == FIVE_LEVELS ? 5 : 4 };
	gfn_t at = SYNTH_BIG_GFN;

	/* The second entry of the table below which the upper one is, too, is the kernel's. */
	s.kernel = 1ULL << 39 | (s.levels == 5 ? 1ULL << 48 : 0);
	s.leaf = at;
	s.pd = at += s.nr_leafs;
	s.pdpt = at += v[TABLES];
	s.upper = at += s.levels == 5 ? v[TABLES] : 0;
	s.kernel_own = at += 1;
	s.kernel_big = at += 1;
	s.kernel_top = at += 1;
	s.root = at += 1;
	s.kernel_root = at += v[ROUNDS] + 1;
	s.data = at += 1;
	s.end = at + s.nr_leafs + 1;
	return s;
}

/* Shadow pages it takes: one for each table, and direct ones below the kernel's pages of 1 GiB. */
static uint64_t pages_needed(const struct shape *s, uint32_t vcpus)
{
	uint64_t own = s->v[ROUNDS] * (s->v[MORE] + 1), tables = s->data - SYNTH_BIG_GFN;

	return tables + vcpus * (2 + own / 512 + 1) + tables / GIB_PAGES + 1 + tables / 512 + 1 + SPARE_PAGES;
}

/* --- the guest's page tables, as user space left them ------------------------------------------- */

static void entry(struct guest *g, gfn_t table, uint64_t index, gfn_t frame, uint64_t bits)
{
	guest_gpte(g, 0, GUEST_HOST, table, (unsigned int)index * 8, frame << 12 | bits);
}

static void make_leafs(struct guest *g, const struct shape *s, uint64_t i)
{
	gfn_t pd = s->pd + i;

	for (uint64_t l = 0; l < s->v[LEAFS]; l++) {
		uint64_t leaf = i * s->v[LEAFS] + l;

		entry(g, s->leaf + leaf, 0, s->data + leaf, GPTE_PAGE);
		entry(g, pd, l, s->leaf + leaf, GPTE_TABLE);
	}
	if (s->levels == 5)
		entry(g, s->pdpt + i, 0, pd, GPTE_TABLE);
	entry(g, s->upper, i, s->levels == 5 ? s->pdpt + i : pd, GPTE_TABLE);
}

/* Slot 0 has 1 GiB for each vCPU, from frame 0 on; slot 1 begins at SYNTH_BIG_GFN. */
static void make_kernel(struct guest *g, const struct shape *s)
{
	for (uint32_t vcpu = 0; vcpu < g->vcpus; vcpu++)
		entry(g, s->kernel_own, vcpu, vcpu * GIB_PAGES, GPTE_KERNEL_1G);
	for (gfn_t gfn = SYNTH_BIG_GFN; gfn < s->end; gfn += GIB_PAGES)
		entry(g, s->kernel_big, (gfn - SYNTH_BIG_GFN) / GIB_PAGES, gfn, GPTE_KERNEL_1G);
	if (s->levels == 5) {
		entry(g, s->kernel_top, 1, s->kernel_own, GPTE_KERNEL);
		entry(g, s->kernel_top, 2, s->kernel_big, GPTE_KERNEL);
	}
}

static void make_root(struct guest *g, const struct shape *s, gfn_t root)
{
	if (root != s->kernel_root)
		entry(g, root, 0, s->upper, GPTE_TABLE);
	if (s->levels == 5) {
		entry(g, root, 1, s->kernel_top, GPTE_KERNEL);
		return;
	}
	entry(g, root, 1, s->kernel_own, GPTE_KERNEL);
	entry(g, root, 2, s->kernel_big, GPTE_KERNEL);
}

static void make_tables(struct guest *g, const struct shape *s)
{
	for (uint64_t i = 0; i < s->v[TABLES]; i++)
		make_leafs(g, s, i);
	make_kernel(g, s);
	for (gfn_t root = s->root; root <= s->kernel_root; root++)
		make_root(g, s, root);
}

/* --- what vCPUs do -------------------------------------------------------------------------------- */

/* The address of the first page below a leaf table. */
static uint64_t leaf_gva(const struct shape *s, uint64_t leaf)
{
	uint64_t i = leaf / s->v[LEAFS], l = leaf % s->v[LEAFS];

	return i << (s->levels == 5 ? 39 : 30) | l << 21;
}

/* Each page is another leaf table's in each round (one is nobody's), so that every entry changes. */
static gfn_t leaf_page(const struct shape *s, uint64_t leaf, uint64_t round)
{
	return s->data + (leaf + round) % (s->nr_leafs + 1);
}

static void access_at(struct guest *g, const struct shape *s, uint64_t t_ns, uint32_t vcpu, gfn_t root, uint64_t gva,
		      gfn_t gfn, bool writes, uint64_t gap_ns)
{
	guest_walk(g, t_ns, vcpu, root, s->levels, gva, writes ? PFERR_W : PFERR_U);
	guest_touch(g, t_ns, vcpu, gfn, 1, (uint32_t)gap_ns, writes);
}

static void kernel_write(struct guest *g, const struct shape *s, uint64_t t_ns, uint32_t vcpu, gfn_t root, gfn_t gfn,
			 uint64_t gap_ns)
{
	access_at(g, s, t_ns, vcpu, root, s->kernel + (gfn << 12), gfn, true, gap_ns);
}

/* Return: when all leaf tables are unsync. */
static uint64_t rewrite_leafs(struct guest *g, const struct shape *s, uint64_t t_ns, uint64_t round)
{
	uint64_t gap_ns = s->v[SYNTH_GAP], step_ns = gap_ns + GUEST_SERVICE_NS;

	for (uint64_t leaf = 0; leaf < s->nr_leafs; leaf++) {
		access_at(g, s, t_ns += step_ns, 0, s->root, leaf_gva(s, leaf), leaf_page(s, leaf, round), false,
			  gap_ns);
		kernel_write(g, s, t_ns += step_ns, 0, s->root, s->leaf + leaf, gap_ns);
		guest_gpte(g, t_ns, 0, s->leaf + leaf, 0, leaf_page(s, leaf, round + 1) << 12 | GPTE_PAGE);
	}
	return t_ns + step_ns;
}

/* The first access of a round waits for the host, so all begin at once.  Return: when the last is over. */
static uint64_t fault_meanwhile(struct guest *g, const struct shape *s, uint64_t t_ns, uint32_t vcpu, uint64_t round)
{
	uint64_t gap_ns = s->v[SYNTH_GAP], nr = s->v[MORE] + 1;
	gfn_t own = vcpu * GIB_PAGES + round * nr;

	/* Nobody's clock is another's: each vCPU is a little late. */
	t_ns += prng_below(&g->prng, (uint32_t)gap_ns);
	for (uint64_t i = 0; i < nr; i++)
		kernel_write(g, s, t_ns += gap_ns + GUEST_SERVICE_NS, vcpu, s->kernel_root, own + i, gap_ns);
	return t_ns;
}

static uint64_t link_again(struct guest *g, const struct shape *s, uint64_t t_ns, uint64_t round)
{
	uint64_t gap_ns = s->v[SYNTH_GAP], step_ns = gap_ns + GUEST_SERVICE_NS;
	gfn_t root = s->root + round + 1;

	kernel_write(g, s, t_ns += step_ns, 0, s->root, round * (s->v[MORE] + 1), gap_ns);
	guest_cr3(g, t_ns += HEAD_START * gap_ns, 0, root);
	access_at(g, s, t_ns, 0, root, leaf_gva(s, 0), leaf_page(s, 0, round + 1), false, HEAD_START * gap_ns);
	guest_cr3(g, t_ns += step_ns, 0, s->root);
	return t_ns;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

static void add_slots(struct guest *g, const struct shape *s)
{
	guest_slot(g, 0, EV_SLOT_CREATE, 0, 0, g->vcpus * GIB_PAGES, synth_hva(0));
	guest_slot(g, 0, EV_SLOT_CREATE, 1, SYNTH_BIG_GFN, s->end - SYNTH_BIG_GFN, synth_hva(SYNTH_BIG_GFN));
}

/* A page of memory is plugged: all that was recorded before comes before it, and all after it behind. */
static void meet(struct guest *g, const struct shape *s, uint64_t t_ns, uint64_t round)
{
	gfn_t gfn = s->end + GIB_PAGES + round;

	guest_slot(g, t_ns, EV_SLOT_CREATE, (uint16_t)(2 + round), gfn, 1, synth_hva(gfn));
}

static int make(struct guest *g, const uint64_t *v, struct err *e)
{
	struct shape s = shape(v);
	uint64_t t_ns = 1000, end_ns;

	if (v[ROUNDS] * (v[MORE] + 1) > GIB_PAGES)
		return err_set(e, ERR_USAGE, "rounds times accesses is more than the %llu pages a vCPU has",
			       (unsigned long long)GIB_PAGES);
	guest_shadow(g);
	make_tables(g, &s);
	guest_page_limit(g, 0, v[LIMIT] ? v[LIMIT] : pages_needed(&s, g->vcpus));
	add_slots(g, &s);
	for (uint64_t round = 0; round < v[ROUNDS]; round++) {
		t_ns = rewrite_leafs(g, &s, t_ns, round);
		meet(g, &s, t_ns, round);
		end_ns = link_again(g, &s, t_ns + 1, round);
		for (uint32_t vcpu = 1; vcpu < g->vcpus; vcpu++) {
			uint64_t over_ns = fault_meanwhile(g, &s, t_ns + 1, vcpu, round);

			end_ns = over_ns > end_ns ? over_ns : end_ns;
		}
		t_ns = end_ns + v[SYNTH_GAP];
	}
	return 0;
}

const struct synth_workload synth_shadow_unsync = {
	.name = "shadow-unsync", .arch = &synth_x86_only,
	.summary = "a fault links a table with nothing but unsync leaf tables below it, while others fault",
	.params = params, .nr_params = ARRAY_SIZE(params), .make = make,
};
