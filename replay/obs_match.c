/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiset comparison by sorted keys.  A key has a hard part, which must be
 * equal, and a soft part, the change of accessed and dirty bits: first pairs equal in
 * both are taken out, then pairs equal in the hard part alone.
 */
#include "replay/obs_match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kvm/stage2.h"

struct key {
	uint64_t	  w[4];
	uint64_t	  soft;
	const struct obs *o;
};

struct side {
	struct key	*v;
	size_t		 nr, cap;
};

struct obs_matcher {
	struct obs_rules rules;
	struct side	 recorded, predicted;
};

/* Kinds that come from probes; a trace without probes cannot hold them. */
static bool is_probe(unsigned int kind)
{
	return kind == OBS_FLUSH_ALL || kind == OBS_FLUSH_RANGE || kind == OBS_UNMAP_RANGE ||
	       kind == OBS_AGE_RANGE;
}

/* Probes on the shadow MMU's own functions, of which the newer kernels and a live host may have none. */
static bool is_rmap_probe(unsigned int kind)
{
	return kind == OBS_SPTE_UPDATE || kind == OBS_SPTE_CLEAR;
}

/* Probes on arm64's stage 2: which of them a recording has is up to whoever made it. */
static bool is_stage2(unsigned int kind)
{
	return kind >= OBS_S2_MAP && kind <= OBS_TLB_VMID;
}

/* Said only where dirty pages are logged, and not enabled in every recording of that. */
static bool is_dirty(unsigned int kind)
{
	return kind == OBS_LOG_DIRTY || kind == OBS_DIRTY_PUSH;
}

static bool is_instant(unsigned int kind)
{
	return kind == OBS_LOCK_WAIT || kind == OBS_PIN || kind == OBS_OP;
}

void obs_rules_init(struct obs_rules *rules, const struct ev_meta *meta)
{
	*rules = (struct obs_rules){ .format = spte_format(meta->release, meta->tdp) };
	rules->hw_af = ev_meta_param_on(meta, "arm64.hw_af");
	rules->attr_new = ev_meta_param_on(meta, "arm64.attr_new");
	rules->rmaps = meta->arch == KVM_X86 && !meta->tdp_mmu;
	for (unsigned int kind = OBS_FIRST; kind < OBS_END; kind++)
		rules->compared[kind] = !is_instant(kind) &&
			((!is_probe(kind) && !is_dirty(kind) && !is_stage2(kind) && !is_rmap_probe(kind)) ||
			 (is_probe(kind) && meta->has_probes && meta->arch == KVM_X86) ||
			 ev_counts_get(&meta->kinds, obs_kind_name(kind)));
}

/* What of a stage-2 entry is predicted: not where a table is, nor what hardware may have set. */
static uint64_t pte_hard(const struct obs_rules *r, uint64_t pte, int level)
{
	if (stage2_is_table(pte, level))
		return STAGE2_VALID | STAGE2_TYPE;
	return stage2_is_leaf(pte, level) && r->hw_af ? pte & ~STAGE2_AF : pte;
}

static void key_pte(const struct obs_rules *r, const struct obs *o, struct key *k)
{
	const struct obs_pte *p = &o->pte;

	k->w[1] = (uint64_t)p->level << 40 | (uint64_t)p->visit << 48 | (uint64_t)p->ret << 52;
	if (o->kind == OBS_FREE_UNLINKED)	/* of what, nothing says */
		return;
	k->w[1] |= p->gfn;
	k->w[2] = pte_hard(r, p->old, p->level);
	if (o->kind == OBS_MAKE_PTE || (o->kind == OBS_W_ATTR && r->attr_new))
		k->w[3] = pte_hard(r, p->new, p->level);
}

static void key_s2(const struct obs_rules *r, const struct obs *o, struct key *k)
{
	const struct obs_s2 *s = &o->s2;
	bool entry = o->kind == OBS_S2_MKYOUNG || o->kind == OBS_S2_MKOLD;

	k->w[1] = s->gfn | (uint64_t)s->prot << 40 | (uint64_t)s->ret << 48;
	k->w[2] = s->pages;
	k->w[3] = entry ? pte_hard(r, s->value, STAGE2_LAST_LEVEL) : s->value;
}

/* What of an SPTE is predicted: a table's place in memory and hardware's bits are not. */
static uint64_t spte_hard(const struct spte_format *f, uint64_t spte, int level)
{
	if (!spte_is_present(spte))
		return spte;
	spte &= ~(f->accessed | f->dirty);
	return spte_is_table(spte, level) ? spte & ~SPTE_PFN_MASK : spte;
}

/* Accessed and dirty bits: those a new leaf starts with, or those that changed. */
static uint64_t spte_soft(const struct spte_format *f, uint64_t old, uint64_t new, int level)
{
	uint64_t ad = f->accessed | f->dirty;

	if (!spte_is_leaf(new, level))
		return 0;
	return spte_is_leaf(old, level) ? (old ^ new) & ad : new & ad;
}

static void key_spte(const struct spte_format *f, const struct obs_spte *s, struct key *k)
{
	k->w[1] = s->gfn | (uint64_t)s->level << 40 | (uint64_t)s->as_id << 48;
	k->w[2] = spte_hard(f, s->old, s->level);
	k->w[3] = spte_hard(f, s->new, s->level);
	k->soft = spte_soft(f, s->old, s->new, s->level);
}

/* Which entry it was, its record knows only where it was mapped before; its pfn tells nearly as much. */
static void key_rmap(const struct spte_format *f, const struct obs *o, struct key *k)
{
	const struct obs_spte *s = &o->spte;

	k->w[2] = spte_hard(f, s->old, 1);
	if (o->kind == OBS_SPTE_CLEAR)
		return;
	k->w[3] = spte_hard(f, s->new, 1);
	k->soft = spte_soft(f, s->old, s->new, 1);
}

static void key_set(const struct spte_format *f, const struct obs_set *s, struct key *k)
{
	k->w[1] = s->gfn | (uint64_t)s->level << 40 | (uint64_t)s->r << 48 | (uint64_t)s->x << 49 |
		  (uint64_t)s->u << 50;
	k->w[2] = spte_hard(f, s->spte, s->level);	/* read again after the change: hardware may have been there */
}

static void key_fast(const struct spte_format *f, const struct obs_fast *s, struct key *k)
{
	k->w[1] = s->gfn | (uint64_t)s->ret << 40;
	k->w[2] = spte_hard(f, s->old, 1);
	k->w[3] = spte_hard(f, s->new, 1);
	k->soft = spte_soft(f, s->old, s->new, 1);
}

/* What of a whole observation is predicted. */
static void key_make(const struct obs_rules *r, const struct obs *o, struct key *k)
{
	*k = (struct key){ .o = o, .w[0] = o->kind };
	switch ((enum obs_kind)o->kind) {
	case OBS_SPTE_CHANGED:
		key_spte(r->format, &o->spte, k);
		break;
	case OBS_SET_SPTE:
		key_set(r->format, &o->set, k);
		break;
	case OBS_FAST_PAGE_FAULT:
		key_fast(r->format, &o->fast, k);
		break;
	case OBS_SPTE_REQUESTED:
	case OBS_SPLIT_HUGE_PAGE:
		k->w[1] = o->map.gfn | (uint64_t)o->map.level << 40;
		k->w[2] = o->map.pfn;
		break;
	case OBS_GET_PAGE:
	case OBS_PREPARE_ZAP_PAGE:
	case OBS_SYNC_PAGE:
	case OBS_UNSYNC_PAGE:
		k->w[1] = o->page.gfn;
		k->w[2] = o->page.role;
		k->w[3] = o->kind == OBS_GET_PAGE && r->rmaps ? o->page.created : 0;
		break;
	case OBS_SPTE_UPDATE:
	case OBS_SPTE_CLEAR:
		key_rmap(r->format, o, k);
		break;
	case OBS_SET_ACCESSED_BIT:
	case OBS_SET_DIRTY_BIT:
	case OBS_WALKER_ERROR:
		k->w[1] = o->gfns.gfn;
		k->w[2] = o->gfns.count;
		break;
	case OBS_ZAP_ALL_FAST:
		k->w[2] = o->page.role;
		break;
	case OBS_MARK_MMIO:
	case OBS_HANDLE_MMIO:
		k->w[1] = o->mmio.gfn | (uint64_t)o->mmio.access << 40;
		k->w[2] = o->mmio.gen;
		break;
	case OBS_CHECK_MMIO:
		k->w[1] = o->mmio.gen;
		k->w[2] = o->mmio.spte;
		break;
	case OBS_DIRTY_PUSH:
		k->w[1] = o->gfns.gfn | (uint64_t)o->gfns.level << 40 | (uint64_t)o->gfns.slot << 48;
		k->w[2] = o->gfns.count;
		break;
	case OBS_LOG_DIRTY:
	case OBS_FLUSH_RANGE:
	case OBS_UNMAP_RANGE:
	case OBS_AGE_RANGE:
		k->w[1] = o->gfns.gfn;
		k->w[2] = o->gfns.count;
		k->w[3] = o->kind == OBS_AGE_RANGE ? o->flags & 1 : 0;
		break;
	case OBS_TLB_IPA:
	case OBS_TLB_IPA_NSH:
	case OBS_TLB_RANGE:
	case OBS_TLB_RANGE_HW:
		k->w[1] = o->gfns.gfn;
		k->w[2] = o->gfns.count;
		k->w[3] = o->gfns.level;
		break;
	case OBS_S2_MAP ... OBS_S2_DESTROY:
		key_s2(r, o, k);
		break;
	case OBS_W_MAP ... OBS_FREE_UNLINKED:
		key_pte(r, o, k);
		break;
	default:	/* FLUSH_ALL, TLB_VMID: that it happened */
		break;
	}
}

static int cmp_hard(const struct key *a, const struct key *b)
{
	for (int i = 0; i < 4; i++)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i] ? -1 : 1;
	return 0;
}

static int cmp_key(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;
	int c = cmp_hard(a, b);

	if (c)
		return c;
	return a->soft == b->soft ? 0 : a->soft < b->soft ? -1 : 1;
}

static void side_fill(struct side *s, const struct obs_rules *r, struct obs_view view)
{
	const char *at = (const char *)view.first;

	s->nr = 0;
	if (view.nr > s->cap) {
		s->cap = view.nr * 2;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	for (size_t i = 0; i < view.nr; i++, at += view.stride) {
		const struct obs *o = (const struct obs *)at;

		if (r->compared[o->kind])
			key_make(r, o, &s->v[s->nr++]);
	}
	if (s->nr > 1)
		qsort(s->v, s->nr, sizeof(*s->v), cmp_key);
}

static void count_side(const struct side *s, struct obs_count counts[OBS_END], bool recorded)
{
	for (size_t i = 0; i < s->nr; i++) {
		struct obs_count *c = &counts[s->v[i].w[0]];

		if (recorded)
			c->observed++;
		else
			c->predicted++;
	}
}

/* Takes out pairs that @cmp calls equal; what is left stays sorted.  Return: how many pairs. */
static size_t take_pairs(struct side *a, struct side *b, bool soft, struct obs_count counts[OBS_END])
{
	size_t i = 0, j = 0, ni = 0, nj = 0, pairs = 0;

	while (i < a->nr && j < b->nr) {
		int c = soft ? cmp_hard(&a->v[i], &b->v[j]) : cmp_key(&a->v[i], &b->v[j]);

		if (c < 0) {
			a->v[ni++] = a->v[i++];
		} else if (c > 0) {
			b->v[nj++] = b->v[j++];
		} else {
			if (counts && !soft)
				counts[a->v[i].w[0]].matched++;
			pairs++;
			i++;
			j++;
		}
	}
	while (i < a->nr)
		a->v[ni++] = a->v[i++];
	while (j < b->nr)
		b->v[nj++] = b->v[j++];
	a->nr = ni;
	b->nr = nj;
	return pairs;
}

/* Observations in the order they were given in, up to @max. */
static void sample(const struct side *s, const struct obs **out)
{
	for (size_t n = 0; n < OBS_DIFF_SAMPLES; n++) {
		const struct obs *best = NULL;

		for (size_t i = 0; i < s->nr; i++)
			if ((n == 0 || s->v[i].o > out[n - 1]) && (!best || s->v[i].o < best))
				best = s->v[i].o;
		out[n] = best;
		if (!best)
			break;
	}
}

bool obs_match(struct obs_matcher *m, struct obs_view recorded, struct obs_view predicted,
	       struct obs_count counts[OBS_END], struct obs_diff *diff)
{
	*diff = (struct obs_diff){ 0 };
	side_fill(&m->recorded, &m->rules, recorded);
	side_fill(&m->predicted, &m->rules, predicted);
	diff->compared = m->recorded.nr + m->predicted.nr;
	if (counts) {
		count_side(&m->recorded, counts, true);
		count_side(&m->predicted, counts, false);
	}
	take_pairs(&m->recorded, &m->predicted, false, counts);
	diff->missing = m->recorded.nr;
	diff->extra = m->predicted.nr;
	if (!diff->missing && !diff->extra)
		return true;
	sample(&m->recorded, diff->missing_at);
	sample(&m->predicted, diff->extra_at);
	diff->ad_only = take_pairs(&m->recorded, &m->predicted, true, NULL);
	return false;
}

struct obs_matcher *obs_matcher_new(const struct obs_rules *rules)
{
	struct obs_matcher *m = xcalloc(1, sizeof(*m));

	m->rules = *rules;
	return m;
}

void obs_matcher_free(struct obs_matcher *m)
{
	if (!m)
		return;
	free(m->recorded.v);
	free(m->predicted.v);
	free(m);
}

const char *obs_format(const struct obs *o, char *buf, size_t size)
{
	const char *name = obs_kind_name(o->kind);

	switch ((enum obs_kind)o->kind) {
	case OBS_SPTE_CHANGED:
	case OBS_SPTE_UPDATE:
	case OBS_SPTE_CLEAR:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " level=%u old=0x%" PRIx64 " new=0x%" PRIx64, name,
			 (uint64_t)o->spte.gfn, (unsigned int)o->spte.level, o->spte.old, o->spte.new);
		break;
	case OBS_SET_SPTE:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " level=%u spte=0x%" PRIx64, name,
			 (uint64_t)o->set.gfn, (unsigned int)o->set.level, o->set.spte);
		break;
	case OBS_FAST_PAGE_FAULT:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " ret=%s old=0x%" PRIx64 " new=0x%" PRIx64, name,
			 (uint64_t)o->fast.gfn, ret_pf_name(o->fast.ret), o->fast.old, o->fast.new);
		break;
	case OBS_SPTE_REQUESTED:
	case OBS_SPLIT_HUGE_PAGE:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " level=%u pfn=0x%" PRIx64, name,
			 (uint64_t)o->map.gfn, (unsigned int)o->map.level, o->map.pfn);
		break;
	case OBS_GET_PAGE:
	case OBS_PREPARE_ZAP_PAGE:
	case OBS_SYNC_PAGE:
	case OBS_UNSYNC_PAGE:
	case OBS_ZAP_ALL_FAST:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " role=0x%" PRIx64 "%s", name, (uint64_t)o->page.gfn,
			 (uint64_t)o->page.role, o->page.created ? " created" : "");
		break;
	case OBS_MARK_MMIO:
	case OBS_HANDLE_MMIO:
	case OBS_CHECK_MMIO:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " access=%u gen=%" PRIu64, name,
			 (uint64_t)o->mmio.gfn, (unsigned int)o->mmio.access, o->mmio.gen);
		break;
	case OBS_S2_MAP ... OBS_S2_DESTROY:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " pages=0x%" PRIx64 " value=0x%" PRIx64 " prot=%u ret=%u", name,
			 (uint64_t)o->s2.gfn, o->s2.pages, o->s2.value, (unsigned int)o->s2.prot,
			 (unsigned int)o->s2.ret);
		break;
	case OBS_W_MAP ... OBS_FREE_UNLINKED:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " level=%u visit=%u old=0x%" PRIx64 " new=0x%" PRIx64 " ret=%u", name,
			 (uint64_t)o->pte.gfn, (unsigned int)o->pte.level, (unsigned int)o->pte.visit, o->pte.old,
			 o->pte.new, (unsigned int)o->pte.ret);
		break;
	default:
		snprintf(buf, size, "%s gfn=0x%" PRIx64 " count=%" PRIu64, name ? name : "?",
			 (uint64_t)o->gfns.gfn, o->gfns.count);
		break;
	}
	return buf;
}
