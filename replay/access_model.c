/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four passes: where the middle is; how hot each region is and who is there, in the first half
 * and in all; the gaps by class, likewise; what the first half's fit says of the second.
 */
#include "replay/access_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "replay/gap_law.h"

#define CLASSES		4
#define ANY_CLASS	CLASSES		/* all of them together: for classes without a touch of their own */
#define WHO		4		/* vCPUs remembered per region */
#define MAX_VCPUS	4096
#define HEAT_SHIFT	10		/* spell time is summed up in microseconds or so */

struct heat {
	uint64_t watched;	/* time in spells, >> HEAT_SHIFT */
	uint32_t touched;
};

struct who {			/* the vCPUs most often there */
	int32_t	 vcpu[WHO];
	uint32_t n[WHO];	/* 0: a free place */
};

struct region_facts {		/* each in the first half, and in all */
	struct heat	heat_half, heat_all;
	struct who	who_half, who_all;
	uint8_t		class_half, class_all;
};

struct fit {			/* of one VM */
	struct gap_counts *counts[SPELL_NR][CLASSES + 1];
	struct gap_law	   law[SPELL_NR][CLASSES + 1];
	bool		   known[SPELL_NR][CLASSES + 1];
	uint64_t	   spells[SPELL_NR];
};

struct tally { uint64_t expected, observed; };	/* expected: of GAP_ONE */

struct access_model {
	struct regions	     regions;
	struct region_facts *facts;
	uint32_t	     cap;
	unsigned int	     nr_vms;
	struct fit	    *half, *all;	/* per VM */
	uint64_t	     answers, half_at;	/* touches and looks; those of the first half */
	uint64_t	     seen;		/* answers of the pass at hand */
	uint64_t	     half_ns;		/* when the first half was over */
	struct tally	    *tally[SPELL_NR];	/* [vm][class][vcpu + 1] */
	struct access_error  error[SPELL_NR];
	uint64_t	     stands_on[SPELL_NR];
};

/* --- first pass: where the middle is --------------------------------------------- */

static bool ends(const struct spell *s)
{
	return s->end != SPELL_LOOKED;
}

/* What halves are counted in: most spells that end without an answer end with the recording. */
static bool answers(const struct spell *s)
{
	return s->end != SPELL_CENSORED;
}

static void count_answer(void *arg, const struct spell *s)
{
	((struct access_model *)arg)->answers += answers(s);
}

/* --- second pass: heat, and who was near ----------------------------------------- */

static struct region_facts *facts_of(struct access_model *m, uint32_t region)
{
	if (region >= m->cap) {
		uint32_t cap = 2 * region + 64;

		m->facts = xreallocarray(m->facts, cap, sizeof(*m->facts));
		memset(m->facts + m->cap, 0, (cap - m->cap) * sizeof(*m->facts));
		m->cap = cap;
	}
	return &m->facts[region];
}

/* The most frequent ones stay (Misra and Gries). */
static void note_who(struct who *w, int32_t vcpu)
{
	unsigned int rarest = 0;

	for (unsigned int i = 0; i < WHO; i++) {
		if (w->n[i] && w->vcpu[i] == vcpu) {
			w->n[i]++;
			return;
		}
		if (w->n[i] < w->n[rarest])
			rarest = i;
	}
	if (w->n[rarest]) {
		w->n[rarest]--;
		return;
	}
	w->vcpu[rarest] = vcpu;
	w->n[rarest] = 1;
}

static void note_access(void *arg, uint32_t region, int32_t vcpu)
{
	struct access_model *m = arg;
	struct region_facts *f = facts_of(m, region);

	note_who(&f->who_all, vcpu);
	if (m->seen < m->half_at)
		note_who(&f->who_half, vcpu);
}

static uint64_t who_sum(const struct who *w)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < WHO; i++)
		sum += w->n[i];
	return sum;
}

static void warm(struct heat *h, const struct spell *s)
{
	h->watched += (s->by_ns >> HEAT_SHIFT) + 1;
	h->touched += s->end != SPELL_CENSORED;
}

static void heat_spell(void *arg, const struct spell *s)
{
	struct access_model *m = arg;
	struct region_facts *f = facts_of(m, s->region);

	m->seen += answers(s);
	if (!ends(s))
		return;
	warm(&f->heat_all, s);
	if (m->seen <= m->half_at)
		warm(&f->heat_half, s);
}

/* How often pages of the region are touched again, against the mean of all. */
static uint8_t class_of(const struct heat *h, const struct heat *mean)
{
	__uint128_t rate = (__uint128_t)h->touched * mean->watched, usual = (__uint128_t)mean->touched * h->watched;

	if (4 * rate < usual)
		return 0;
	if (rate < usual)
		return 1;
	return rate <= 4 * usual ? 2 : 3;
}

static void classify(struct access_model *m)
{
	struct heat half = { 0 }, all = { 0 };

	for (uint32_t i = 0; i < m->regions.nr && i < m->cap; i++) {
		half.watched += m->facts[i].heat_half.watched;
		half.touched += m->facts[i].heat_half.touched;
		all.watched += m->facts[i].heat_all.watched;
		all.touched += m->facts[i].heat_all.touched;
	}
	for (uint32_t i = 0; i < m->regions.nr && i < m->cap; i++) {
		struct region_facts *f = &m->facts[i];

		f->class_half = f->heat_half.watched ? class_of(&f->heat_half, &half) : ANY_CLASS;
		f->class_all = f->heat_all.watched ? class_of(&f->heat_all, &all) : ANY_CLASS;
	}
}

/* --- third pass: gaps ---------------------------------------------------------------- */

static void put(struct fit *fit, const struct spell *s, unsigned int cls)
{
	struct gap_counts **c = &fit->counts[s->of][cls];

	if (!*c)
		*c = xcalloc(1, sizeof(**c));
	if (s->end == SPELL_TOUCHED_AT)
		gap_touched_at(*c, s->by_ns);
	else if (s->end == SPELL_TOUCHED_BETWEEN)
		gap_touched_between(*c, s->after_ns, s->by_ns);
	else
		gap_not_touched(*c, s->by_ns);
}

static void fit_one(struct fit *fit, enum spell_of of)
{
	struct gap_counts *sum = xcalloc(1, sizeof(*sum));

	for (unsigned int cls = 0; cls <= CLASSES; cls++)
		if (fit->counts[of][cls]) {
			gap_fit(fit->counts[of][cls], &fit->law[of][cls]);
			fit->known[of][cls] = true;
			gap_add(sum, fit->counts[of][cls]);
			free(fit->counts[of][cls]);
			fit->counts[of][cls] = NULL;
		}
	/* Only ever watched and never touched is nothing to draw from either. */
	fit->known[of][ANY_CLASS] = gap_fit(sum, &fit->law[of][ANY_CLASS]);
	fit->spells[of] = sum->spells;
	free(sum);
}

static void fit_all(struct fit *fits, unsigned int nr_vms)
{
	for (unsigned int vm = 0; vm < nr_vms; vm++)
		for (enum spell_of of = 0; of < SPELL_NR; of++)
			fit_one(&fits[vm], of);
}

/* NULL: nothing is known, not even of another class. */
static const struct gap_law *law_of(const struct fit *fit, enum spell_of of, unsigned int cls)
{
	if (fit->known[of][cls])
		return &fit->law[of][cls];
	return fit->known[of][ANY_CLASS] ? &fit->law[of][ANY_CLASS] : NULL;
}

static struct tally *tally_of(struct access_model *m, enum spell_of of, unsigned int vm, unsigned int cls,
			      int32_t vcpu)
{
	size_t nr = (size_t)m->nr_vms * (CLASSES + 1) * (MAX_VCPUS + 1);

	if (!m->tally[of])
		m->tally[of] = xcalloc(nr, sizeof(**m->tally));
	if (vcpu < -1 || vcpu >= MAX_VCPUS)
		vcpu = -1;
	return &m->tally[of][((size_t)vm * (CLASSES + 1) + cls) * (MAX_VCPUS + 1) + (size_t)(vcpu + 1)];
}

/* The touches a spell was expected to show, shared out among those who were near. */
static void expect(struct access_model *m, const struct spell *s, const struct region_facts *f, uint64_t touches)
{
	const struct who *w = &f->who_half;
	uint64_t sum = who_sum(w);

	if (s->of == SPELL_OLD || !sum) {
		tally_of(m, s->of, s->vm, f->class_half, -1)->expected += touches;
		return;
	}
	for (unsigned int i = 0; i < WHO; i++)
		if (w->n[i])
			tally_of(m, s->of, s->vm, f->class_half, w->vcpu[i])->expected += touches * w->n[i] / sum;
}

static void judge(struct access_model *m, const struct spell *s, const struct region_facts *f)
{
	const struct gap_law *law = law_of(&m->half[s->vm], s->of, f->class_half);
	bool touched = s->end == SPELL_TOUCHED_AT || s->end == SPELL_TOUCHED_BETWEEN;

	if (law && s->of == SPELL_GONE)
		expect(m, s, f, gap_expected(law, s->by_ns));
	else if (law && s->by_ns > s->after_ns)
		expect(m, s, f, gap_chance(law, s->after_ns, s->by_ns));
	if (touched)
		tally_of(m, s->of, s->vm, f->class_half, s->of == SPELL_GONE ? s->vcpu : -1)->observed++;
}

/* A spell open at the middle belongs to the first half up to there. */
static struct spell first_part(const struct access_model *m, const struct spell *s)
{
	struct spell part = *s;

	part.end = SPELL_CENSORED;
	part.by_ns = s->of == SPELL_GONE ? m->half_ns - s->begin_ns : s->after_ns;
	return part;
}

static void learn(struct access_model *m, const struct spell *s, const struct region_facts *f)
{
	struct spell part;

	put(&m->all[s->vm], s, f->class_all);
	if (m->seen <= m->half_at) {
		put(&m->half[s->vm], s, f->class_half);
	} else if (s->begin_ns < m->half_ns) {
		part = first_part(m, s);
		if (part.by_ns && s->begin_ns + part.by_ns <= m->half_ns)
			put(&m->half[s->vm], &part, f->class_half);
	}
}

static void learn_spell(void *arg, const struct spell *s)
{
	struct access_model *m = arg;

	m->seen += answers(s);
	if (answers(s) && m->seen == m->half_at)
		m->half_ns = s->begin_ns + s->by_ns;
	if (!ends(s))
		return;
	m->stands_on[s->of]++;
	learn(m, s, facts_of(m, s->region));
}

static void judge_spell(void *arg, const struct spell *s)
{
	struct access_model *m = arg;

	if (s->begin_ns >= m->half_ns)
		judge(m, s, facts_of(m, s->region));
}

static void sum_up(struct access_model *m)
{
	size_t nr = (size_t)m->nr_vms * (CLASSES + 1) * (MAX_VCPUS + 1);

	for (enum spell_of of = 0; of < SPELL_NR; of++) {
		struct access_error *error = &m->error[of];

		for (size_t i = 0; m->tally[of] && i < nr; i++) {
			uint64_t expected = (m->tally[of][i].expected + GAP_ONE / 2) / GAP_ONE;
			uint64_t observed = m->tally[of][i].observed;

			error->predicted += expected;
			error->observed += observed;
			error->off += expected > observed ? expected - observed : observed - expected;
		}
		free(m->tally[of]);
		m->tally[of] = NULL;
	}
}

/* --- making ------------------------------------------------------------------------------ */

static int pass(struct access_model *m, struct ev_file *file, void (*spell)(void *arg, const struct spell *s),
		void (*access)(void *arg, uint32_t region, int32_t vcpu), struct err *e)
{
	const struct spell_visitor v = { .arg = m, .spell = spell, .access = access };

	m->seen = 0;
	return spells_visit(file, &m->regions, &v, e);
}

int access_model_make(struct ev_file *file, struct access_model **out, struct err *e)
{
	struct access_model *m = xcalloc(1, sizeof(*m));
	int rc;

	m->nr_vms = (unsigned int)ev_meta(file)->nr_vms;
	m->half = xcalloc(m->nr_vms, sizeof(*m->half));
	m->all = xcalloc(m->nr_vms, sizeof(*m->all));
	rc = pass(m, file, count_answer, NULL, e);
	m->half_at = m->answers / 2;
	if (!rc)
		rc = pass(m, file, heat_spell, note_access, e);
	if (!rc) {
		classify(m);
		rc = pass(m, file, learn_spell, NULL, e);
	}
	if (!rc) {
		fit_all(m->half, m->nr_vms);
		fit_all(m->all, m->nr_vms);
		rc = pass(m, file, judge_spell, NULL, e);
		sum_up(m);
	}
	if (rc)
		access_model_free(m);
	else
		*out = m;
	return rc;
}

void access_model_free(struct access_model *m)
{
	if (!m)
		return;
	for (unsigned int vm = 0; vm < m->nr_vms; vm++)
		for (unsigned int i = 0; i < SPELL_NR * (CLASSES + 1); i++) {
			free(m->half[vm].counts[i / (CLASSES + 1)][i % (CLASSES + 1)]);
			free(m->all[vm].counts[i / (CLASSES + 1)][i % (CLASSES + 1)]);
		}
	regions_fini(&m->regions);
	free(m->facts);
	free(m->half);
	free(m->all);
	free(m);
}

/* --- asking --------------------------------------------------------------------------------- */

static int32_t draw_who(const struct who *w, uint64_t draw)
{
	uint64_t sum = who_sum(w), at = (uint64_t)((__uint128_t)draw * sum >> 64);

	for (unsigned int i = 0; i < WHO; i++) {
		if (at < w->n[i])
			return w->vcpu[i];
		at -= w->n[i];
	}
	return -1;
}

bool access_model_knows(const struct access_model *m, unsigned int vm, enum spell_of of)
{
	return m->all[vm].known[of][ANY_CLASS];
}

bool access_model_draw(const struct access_model *m, unsigned int vm, gfn_t gfn, enum spell_of of, uint64_t key,
		       struct access_draw *out)
{
	uint32_t region = regions_find(&m->regions, vm, gfn);
	const struct region_facts *f = region < m->cap ? &m->facts[region] : NULL;
	const struct gap_law *law = law_of(&m->all[vm], of, f ? f->class_all : ANY_CLASS);

	if (!law)
		return false;
	out->gap_ns = gap_draw_ns(law, prng_mix(key));
	out->vcpu = f ? draw_who(&f->who_all, prng_mix(key + 1)) : -1;
	return out->gap_ns != UINT64_MAX;
}

const struct access_error *access_model_error(const struct access_model *m, enum spell_of of)
{
	return &m->error[of];
}

uint64_t access_model_spells(const struct access_model *m, enum spell_of of)
{
	return m->stands_on[of];
}

void access_model_gaps(const struct access_model *m, enum spell_of of, struct hist *out)
{
	for (unsigned int vm = 0; vm < m->nr_vms; vm++) {
		const struct fit *fit = &m->all[vm];
		uint64_t before = 0;

		for (unsigned int b = 0; fit->known[of][ANY_CLASS] && b < GAP_BUCKETS; b++) {
			__uint128_t within = fit->law[of][ANY_CLASS].within[b];
			uint64_t upto = (uint64_t)(within * fit->spells[of] / GAP_ONE);

			if (upto > before)
				hist_record_n(out, gap_bucket_start_ns(b + 1) - 1, upto - before);
			before = upto;
		}
	}
}
