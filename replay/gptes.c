/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two arrays of the same showings: by time, and by entry and time. */
#include "replay/gptes.h"

#include <stdlib.h>

#include "base/alloc.h"

/* What a record says of an entry. */
enum tells {
	TELLS_VALUE,		/* a walk read it */
	TELLS_BITS,		/* KVM set them in it */
	TELLS_BYTES,		/* an emulated write wrote some of it */
};

struct showing {
	struct gpte_shown s;
	uint8_t		  tells;
	uint8_t		  shift, bytes;	/* BYTES: which */
	uint64_t	  begin_ns;	/* BITS: of the operation that set them */
	uint64_t	  told;		/* the value with the bits that the same operation is about to set */
};

struct gptes {
	struct showing	*by_time;
	uint32_t	*by_entry;	/* indices into it */
	uint32_t	 nr, cap;
};

/* --- collecting ----------------------------------------------------------------- */

static void add(struct gptes *g, const struct showing *s)
{
	if (g->nr == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 1024;
		g->by_time = xreallocarray(g->by_time, g->cap, sizeof(*g->by_time));
	}
	g->by_time[g->nr++] = *s;
}

/* Entries are of eight bytes, but in a guest that shows others. */
static void add_stim(struct gptes *g, const struct rec_stim *stim, uint32_t task, unsigned int width)
{
	const struct ev_gpte *at = &stim->ev.gpte;
	struct showing s = { .s = { .t_ns = stim->t_ns, .value = at->value, .table = at->gfn, .task = task,
				    .vm = stim->ev.vm, .offset = (uint16_t)(at->offset & ~(width - 1)),
				    .inferred = stim->ev.flags & EV_F_INFERRED } };

	if (stim->ev.kind == EV_PT_WRITE) {
		s.tells = TELLS_BYTES;
		s.shift = (at->offset & (width - 1)) * 8;
		s.bytes = at->bytes;
		s.s.inferred = false;
	}
	add(g, &s);
}

static void add_obs(struct gptes *g, const struct rec_op *op, const struct rec_obs *o, unsigned int width)
{
	bool accessed = o->o.kind == OBS_SET_ACCESSED_BIT;
	const struct showing s = {
		.s = { .t_ns = o->t_ns, .value = accessed ? GPTE_A : GPTE_D, .table = o->o.gfns.gfn, .task = op->task,
		       .vm = op->vm, .offset = (uint16_t)(o->o.gfns.count & (4096 - width)) },
		.tells = TELLS_BITS, .begin_ns = op->begin_ns,
	};

	if (accessed || o->o.kind == OBS_SET_DIRTY_BIT)
		add(g, &s);
}

static unsigned int width_of(const struct recording *r)
{
	for (uint32_t i = 0; i < r->nr_stims; i++)
		if (r->stims[i].ev.kind == EV_GPTE)
			return r->stims[i].ev.gpte.bytes == 4 ? 4 : 8;
	return 8;
}

static void collect(struct gptes *g, const struct recording *r)
{
	unsigned int width = width_of(r);

	for (uint32_t t = 0; t < r->meta->nr_tasks; t++)
		for (uint32_t i = 0; i < r->tasks[t].nr_stims; i++) {
			const struct rec_stim *stim = &r->stims[r->tasks[t].first_stim + i];

			if (stim->ev.kind == EV_GPTE || stim->ev.kind == EV_PT_WRITE)
				add_stim(g, stim, t, width);
		}
	for (uint32_t i = 0; i < r->nr_ops && r->meta->shadow; i++)
		for (uint32_t o = 0; o < r->ops[i].nr_obs; o++)
			add_obs(g, &r->ops[i], &rec_op_obs(r, &r->ops[i])[o], width);
}

static int cmp_time(const void *va, const void *vb)
{
	const struct showing *a = va, *b = vb;

	if (a->s.t_ns != b->s.t_ns)
		return a->s.t_ns < b->s.t_ns ? -1 : 1;
	if (a->tells != b->tells)
		return a->tells < b->tells ? -1 : 1;	/* a bit is set in what was read */
	return a->s.task < b->s.task ? -1 : a->s.task > b->s.task;
}

static int cmp_entry(const struct gpte_shown *a, const struct gpte_shown *b)
{
	if (a->vm != b->vm)
		return a->vm < b->vm ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int cmp_index(const void *va, const void *vb, void *arg)
{
	const struct showing *v = arg;
	uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;
	int c = cmp_entry(&v[a].s, &v[b].s);

	return c ? c : a < b ? -1 : a > b;
}

static uint64_t merged(const struct showing *s, uint64_t old)
{
	uint64_t mask = s->bytes < 8 ? (BIT_ULL(8 * s->bytes) - 1) << s->shift : UINT64_MAX;

	switch ((enum tells)s->tells) {
	case TELLS_BITS:
		return old | s->s.value;
	case TELLS_BYTES:
		return (old & ~mask) | (s->s.value << s->shift & mask);
	case TELLS_VALUE:
		break;
	}
	return s->s.value;
}

/* Each showing becomes the whole value, which needs the one before. */
static void resolve(struct gptes *g)
{
	for (uint32_t i = 0; i < g->nr; i++) {
		struct showing *s = &g->by_time[g->by_entry[i]];
		const struct showing *last = i ? &g->by_time[g->by_entry[i - 1]] : NULL;

		s->s.value = merged(s, last && !cmp_entry(&last->s, &s->s) ? last->s.value : 0);
	}
}

/* Did the operation that showed @s go on to set bits of the entry, by @next? */
static bool goes_on(const struct showing *s, const struct showing *next)
{
	return s->tells != TELLS_BYTES && next->tells == TELLS_BITS && s->s.task == next->s.task &&
	       s->s.t_ns >= next->begin_ns && !cmp_entry(&s->s, &next->s);
}

/*
 * The engine's walk reads an entry and sets its bits in one go: whoever else is told of the entry while the recorded
 * one had only done part of that must not undo it.
 */
static void look_ahead(struct gptes *g)
{
	for (uint32_t i = g->nr; i-- > 0;) {
		struct showing *s = &g->by_time[g->by_entry[i]];
		const struct showing *next = i + 1 < g->nr ? &g->by_time[g->by_entry[i + 1]] : NULL;

		s->told = next && goes_on(s, next) ? next->told : s->s.value;
	}
}

struct gptes *gptes_new(const struct recording *r)
{
	struct gptes *g = xcalloc(1, sizeof(*g));

	collect(g, r);
	if (!g->nr)
		return g;
	qsort(g->by_time, g->nr, sizeof(*g->by_time), cmp_time);
	g->by_entry = xcalloc(g->nr, sizeof(*g->by_entry));
	for (uint32_t i = 0; i < g->nr; i++)
		g->by_time[i].s.number = g->by_entry[i] = i;
	qsort_r(g->by_entry, g->nr, sizeof(*g->by_entry), cmp_index, g->by_time);
	resolve(g);
	look_ahead(g);
	return g;
}

void gptes_free(struct gptes *g)
{
	if (!g)
		return;
	free(g->by_time);
	free(g->by_entry);
	free(g);
}

/* --- in time order ---------------------------------------------------------------- */

uint32_t gptes_nr(const struct gptes *g)
{
	return g->nr;
}

void gptes_each_until(const struct gptes *g, uint32_t *cursor, uint64_t until,
		      void (*fn)(void *arg, const struct gpte_shown *s), void *arg)
{
	for (; *cursor < g->nr && g->by_time[*cursor].s.t_ns <= until; ++*cursor) {
		struct gpte_shown s = g->by_time[*cursor].s;

		s.value = g->by_time[*cursor].told;
		if (g->by_time[*cursor].tells != TELLS_BYTES)
			fn(arg, &s);
	}
}

/* The first showing at or after @t. */
static uint32_t from_time(const struct gptes *g, uint64_t t)
{
	uint32_t lo = 0, hi = g->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (g->by_time[mid].s.t_ns < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void gptes_each_of(const struct gptes *g, const struct rec_op *op,
		   void (*fn)(void *arg, const struct gpte_shown *s), void *arg)
{
	for (uint32_t i = from_time(g, op->begin_ns); i < g->nr && g->by_time[i].s.t_ns <= op->end_ns; i++)
		if (g->by_time[i].s.task == op->task && g->by_time[i].tells == TELLS_VALUE)
			fn(arg, &g->by_time[i].s);
}

#define NO_MEMORY	((1ULL << 36) - 1)	/* a frame */

/* --- one entry -------------------------------------------------------------------- */

/* How many showings, by entry, come before the first one of @q's entry after its time; or, not @timed, at any time. */
static uint32_t search(const struct gptes *g, const struct gpte_question *q, bool timed)
{
	const struct gpte_shown at = { .vm = q->vm, .table = q->table, .offset = (uint16_t)q->offset };
	uint32_t lo = 0, hi = g->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct gpte_shown *s = &g->by_time[g->by_entry[mid]].s;
		int c = cmp_entry(s, &at);

		if (c < 0 || (!c && timed && s->t_ns <= q->t_ns))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static uint32_t after(const struct gptes *g, const struct gpte_question *q)
{
	return search(g, q, true);
}

static uint32_t first_of(const struct gptes *g, const struct gpte_question *q)
{
	return search(g, q, false);
}

static const struct gpte_shown *showing_of(const struct gptes *g, uint32_t i, const struct gpte_question *q)
{
	const struct gpte_shown *s = &g->by_time[g->by_entry[i]].s;

	return s->vm == q->vm && s->table == q->table && s->offset == q->offset ? s : NULL;
}

/* Would KVM make an entry of it without a fault?  (FNAME(prefetch_invalid_gpte)) */
static bool is_useful(uint64_t gpte)
{
	return (gpte & GPTE_P) && (gpte & GPTE_A);
}

/* The guest may have what the entry allows; of other rights, that it allows less has other reasons, too. */
static bool allows(const struct spte_format *f, uint64_t gpte, uint64_t spte)
{
	if ((spte & SPTE_W) && (gpte & (GPTE_W | GPTE_D)) != (GPTE_W | GPTE_D))
		return false;
	if (f->user && (spte & f->user) && !(gpte & GPTE_U))
		return false;
	return !(f->nx && !(spte & f->nx) && (gpte & GPTE_NX));
}

#define ACCESS_W	2u

static unsigned int writes(uint64_t gpte)
{
	return (gpte & (GPTE_W | GPTE_D)) == (GPTE_W | GPTE_D) ? ACCESS_W : 0;
}

/*
 * ... but not to write: an entry just made that could be writable and is not even so in KVM's own view has no other
 * reason than the guest's.  (Or its frame is a page table of the guest's: then nothing of the guest's entry is to
 * be seen.)
 */
static bool forbids_write(const struct spte_format *f, uint64_t gpte, uint64_t spte)
{
	return writes(gpte) && (spte & f->host_writable) && !(spte & (SPTE_W | f->mmu_writable));
}

static bool maps(const struct spte_format *f, const struct gpte_question *q, uint64_t gpte, gfn_t gfn)
{
	if (!is_useful(gpte) || gpte_gfn(gpte) != gfn)
		return false;
	if (q->same)
		return writes(gpte) == (q->access & ACCESS_W);
	return allows(f, gpte, q->spte) && !(q->anew && forbids_write(f, gpte, q->spte));
}

static bool agrees(const struct spte_format *f, const struct gpte_question *q, uint64_t gpte)
{
	switch (q->fate) {
	case GPTE_FATE_KEPT:
		return q->old_gfn == GPTE_NO_GFN || maps(f, q, gpte, q->old_gfn);
	case GPTE_FATE_BARRED:
		return is_useful(gpte) && !(q->is_at_hand && q->is_at_hand(q->arg, gpte_gfn(gpte)));
	case GPTE_FATE_GONE:
		return !is_useful(gpte) || (q->old_gfn != GPTE_NO_GFN && gpte_gfn(gpte) != q->old_gfn);
	case GPTE_FATE_MADE:
		return maps(f, q, gpte, q->gfn);
	case GPTE_FATE_UNKNOWN:
		break;
	}
	return true;
}

/* A guest's entry that has just what @spte has. */
static uint64_t guest_entry(const struct spte_format *f, gfn_t gfn, uint64_t spte)
{
	uint64_t gpte = GPTE_P | GPTE_A | gfn << 12;

	if (spte & SPTE_W)
		gpte |= GPTE_W | GPTE_D;
	if (!f->user || (spte & f->user))
		gpte |= GPTE_U;
	return f->nx && (spte & f->nx) ? gpte | GPTE_NX : gpte;
}

/* One that has the fate as its consequence. */
static uint64_t implied(const struct spte_format *f, const struct gpte_question *q)
{
	if (q->fate == GPTE_FATE_MADE)
		return guest_entry(f, q->gfn, q->spte);
	if (q->fate == GPTE_FATE_BARRED)	/* no host has memory there */
		return GPTE_P | GPTE_A | GPTE_U | NO_MEMORY << 12;
	if (q->fate == GPTE_FATE_KEPT && q->old_gfn != GPTE_NO_GFN)
		return guest_entry(f, q->old_gfn, q->same && q->access & ACCESS_W ? q->spte | SPTE_W : q->spte);
	return 0;
}

bool gptes_at(const struct gptes *g, uint16_t vm, gfn_t table, unsigned int offset, uint64_t t_ns, uint64_t *value)
{
	const struct gpte_question q = { .t_ns = t_ns, .table = table, .offset = offset, .vm = vm };
	uint32_t i = after(g, &q);
	const struct gpte_shown *s = i ? showing_of(g, i - 1, &q) : NULL;

	if (s)
		*value = s->value;
	return s;
}

static bool has_changed(const struct gpte_shown *before, const struct gpte_shown *next)
{
	return (before->value ^ next->value) & ~(GPTE_A | GPTE_D);
}

/* Did a walk go through a table in @gfn? */
static bool is_table(const struct gptes *g, uint16_t vm, gfn_t gfn)
{
	const struct gpte_question first = { .vm = vm, .table = gfn };
	uint32_t i = first_of(g, &first);

	return i < g->nr && g->by_time[g->by_entry[i]].s.vm == vm && g->by_time[g->by_entry[i]].s.table == gfn;
}

/*
 * What an entry allows that was left as it was.  The engine kept a note of it, which is believed only where the
 * entry itself does not say: one that the host lets be written has W from the guest, or its frame is a page table
 * of the guest's.
 */
static unsigned int access_kept(const struct gptes *g, const struct spte_format *f, const struct gpte_question *q)
{
	if (q->spte & (SPTE_W | f->mmu_writable))
		return q->access | ACCESS_W;
	if ((q->spte & f->host_writable) && !is_table(g, q->vm, q->old_gfn))
		return q->access & ~ACCESS_W;
	return q->access;
}

static uint64_t read_as(const struct gptes *g, const struct spte_format *f, const struct gpte_question *q)
{
	uint32_t i = after(g, q);
	const struct gpte_shown *before = i ? showing_of(g, i - 1, q) : NULL;
	const struct gpte_shown *next = i < g->nr ? showing_of(g, i, q) : NULL;

	if (before && agrees(f, q, before->value))
		return before->value;
	if (next && agrees(f, q, next->value))
		return next->value;
	if (q->fate == GPTE_FATE_BARRED && before && is_useful(before->value) && next && !has_changed(before, next))
		return before->value;
	return implied(f, q);
}

uint64_t gptes_read(const struct gptes *g, const struct spte_format *f, const struct gpte_question *q)
{
	struct gpte_question known = *q;

	if (q->same)
		known.access = access_kept(g, f, q);
	return read_as(g, f, &known);
}
