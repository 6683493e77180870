/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues of touches by vCPU; nothing inside a lock here can hand over. */
#include "replay/drive/touches.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "replay/drive/drive.h"

struct queue {			/* a binary heap, earliest first */
	struct touch *v;
	size_t	      nr, cap;
};

struct touches {
	struct drive		 *d;
	unsigned int		  vm;
	const struct clone_vm	 *clone;
	const struct spte_format *f;
	struct mmu_sink		  sink;
	struct queue		 *queue;
	unsigned int		  nr_vcpus;
	pthread_mutex_t		  lock;		/* of all below, and the queues */
	struct gfn_set		  present;	/* under the recorded kernel */
	struct gfn_set		  touched;
	uint64_t		  dropped, unknown;
	rt_u64			  busy;		/* touches being carried out */
	rt_u64			  stopped;
};

/* --- queues ------------------------------------------------------------------- */

static bool earlier(const struct touch *a, const struct touch *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->gfn < b->gfn;
}

static void queue_push(struct queue *q, struct touch touch)
{
	size_t i;

	if (q->nr == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 64;
		q->v = xreallocarray(q->v, q->cap, sizeof(*q->v));
	}
	for (i = q->nr++; i && earlier(&touch, &q->v[(i - 1) / 2]); i = (i - 1) / 2)
		q->v[i] = q->v[(i - 1) / 2];
	q->v[i] = touch;
}

static struct touch queue_pop(struct queue *q)
{
	struct touch first = q->v[0], last = q->v[--q->nr];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < q->nr) {
		if (child + 1 < q->nr && earlier(&q->v[child + 1], &q->v[child]))
			child++;
		if (!earlier(&q->v[child], &last))
			break;
		q->v[i] = q->v[child];
		i = child;
	}
	if (q->nr)
		q->v[i] = last;
	return first;
}

/* --- draws ----------------------------------------------------------------------- */

/* The stimulus that the task is at: the last one it took; before any of them runs, none. */
static uint64_t stimulus_key(const struct drive *d, unsigned int task)
{
	if (!d->tasks || task >= d->nr_tasks)
		return 0;
	return (uint64_t)d->tasks[task].recorded << 32 | (d->tasks[task].cursor->number - 1);
}

/* Whom the draw means, among the vCPUs of the copy that has the page. */
static unsigned int vcpu_of(const struct touches *t, int32_t drawn, uint64_t copy, uint64_t key)
{
	uint64_t vcpus = t->clone->vcpus;

	if (drawn < 0 || (uint64_t)drawn >= vcpus)
		drawn = (int32_t)(((__uint128_t)prng_mix(key + 2) * vcpus) >> 64);
	return (unsigned int)(copy * vcpus + (uint64_t)drawn);
}

static void draw(struct touches *t, unsigned int task, gfn_t gfn, int level, enum spell_of of)
{
	uint64_t copy = gfn / t->clone->gfns, at_ns, key;
	struct access_draw next;
	unsigned int vcpu;

	if (!access_model_knows(t->d->job->access, t->vm, of)) {
		t->unknown++;
		return;
	}
	if (copy >= t->d->job->clones)
		copy = 0;
	key = prng_hash(t->d->job->seed, (uint64_t)t->vm << 48 ^ gfn, stimulus_key(t->d, task));
	if (!access_model_draw(t->d->job->access, t->vm, gfn - copy * t->clone->gfns, of, key, &next))
		return;
	at_ns = rt_now_ns() + drive_scaled(t->d, next.gap_ns);
	vcpu = vcpu_of(t, next.vcpu, copy, key);
	if (vcpu < t->nr_vcpus)
		queue_push(&t->queue[vcpu], (struct touch){ at_ns, gfn, (uint8_t)level });
}

/* Looks that clear nothing leave the same observation. */
static bool is_testing(const struct touches *t, unsigned int task)
{
	return t->d->tasks && task < t->d->nr_tasks && t->d->tasks[task].tests;
}

static void went_old(struct touches *t, unsigned int task, gfn_t gfn, int size)
{
	gfn_t end = gfn + entry_pages(t->d->entries, size);

	gfn_set_remove(&t->touched, gfn, end);
	if (!t->d->old_faults || gfn_set_has(&t->present, gfn, end))
		draw(t, task, gfn, size, SPELL_OLD);
}

static void went_away(struct touches *t, unsigned int task, gfn_t gfn, int size)
{
	gfn_t end = gfn + entry_pages(t->d->entries, size);

	gfn_set_remove(&t->touched, gfn, end);
	if (gfn_set_has(&t->present, gfn, end))
		draw(t, task, gfn, size, SPELL_GONE);
}

static void changed(struct touches *t, unsigned int task, const struct obs_spte *s)
{
	switch (spte_classify(t->f, s->old, s->new, s->level)) {
	case SPTE_CHANGE_AGE:
		went_old(t, task, s->gfn, s->level);
		break;
	case SPTE_CHANGE_ZAP:
	case SPTE_CHANGE_FREEZE_LEAF:
		went_away(t, task, s->gfn, s->level);
		break;
	default:
		break;
	}
}

/* arm64: a leaf that is unmapped, or aged. */
static void visited(struct touches *t, unsigned int task, unsigned int kind, const struct obs_pte *p)
{
	int size = stage2_size_class(p->level);
	gfn_t gfn = p->gfn & ~(entry_pages(t->d->entries, size) - 1);

	if (!stage2_is_leaf(p->old, p->level))
		return;
	if (kind == OBS_W_UNMAP && p->visit == OBS_VISIT_LEAF)
		went_away(t, task, gfn, size);
	else if ((kind == OBS_W_AGE || kind == OBS_W_ATTR) && p->old & ~p->new & STAGE2_AF && !is_testing(t, task))
		went_old(t, task, gfn, size);
}

/*
 * arm64: a block makes way for a table, which will map one page of it; or a table for a block, while whose
 * break any page below it may be touched.
 */
static void broken(void *arg, unsigned int task, gfn_t gfn, uint64_t nr, uint64_t old)
{
	struct touches *t = arg;
	int size = 1;

	while (size < 3 && entry_pages(t->d->entries, size) < nr)
		size++;
	pthread_mutex_lock(&t->lock);
	if (entry_is_leaf(t->d->entries, old, size))
		went_away(t, task, gfn, size);
	else
		for (gfn_t end = gfn + nr; gfn < end; gfn++)
			if (gfn_set_has(&t->present, gfn, gfn + 1))
				draw(t, task, gfn, 1, SPELL_GONE);
	pthread_mutex_unlock(&t->lock);
}

static void listen(void *arg, unsigned int task, const struct obs *o)
{
	struct touches *t = arg;

	if (o->kind != OBS_SPTE_CHANGED && (o->kind < OBS_W_MAP || o->kind > OBS_BREAK_PTE))
		return;
	pthread_mutex_lock(&t->lock);
	if (o->kind == OBS_SPTE_CHANGED)
		changed(t, task, &o->spte);
	else
		visited(t, task, o->kind, &o->pte);
	pthread_mutex_unlock(&t->lock);
}

/* --- making ------------------------------------------------------------------------- */

struct touches *touches_new(struct drive *d, unsigned int vm, const struct clone_vm *clone, unsigned int nr_vcpus)
{
	struct touches *t = xcalloc(1, sizeof(*t));

	t->d = d;
	t->vm = vm;
	t->clone = clone;
	t->f = spte_format(d->meta->release, d->meta->tdp);
	t->sink = (struct mmu_sink){ .emit = listen, .broken = broken, .arg = t };
	t->nr_vcpus = nr_vcpus;
	t->queue = xcalloc(nr_vcpus, sizeof(*t->queue));
	pthread_mutex_init(&t->lock, NULL);
	rt_word_init(&t->busy, 0);
	rt_word_init(&t->stopped, 0);
	return t;
}

void touches_free(struct touches *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < t->nr_vcpus; i++)
		free(t->queue[i].v);
	free(t->queue);
	gfn_set_fini(&t->present);
	gfn_set_fini(&t->touched);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

const struct mmu_sink *touches_sink(const struct touches *t)
{
	return &t->sink;
}

/* --- carrying out --------------------------------------------------------------------- */

bool touches_due(struct touches *t, unsigned int vcpu, struct touch *out)
{
	struct queue *q = &t->queue[vcpu];
	uint64_t now_ns = rt_now_ns();
	bool due = false;

	pthread_mutex_lock(&t->lock);
	while (!due && q->nr && q->v[0].at_ns <= now_ns) {
		*out = queue_pop(q);
		/* The host's page may have been taken apart since. */
		if (!gfn_set_is_whole(&t->present, out->gfn))
			out->level = 1;
		due = gfn_set_has(&t->present, out->gfn, out->gfn + 1);
		t->dropped += !due;
	}
	pthread_mutex_unlock(&t->lock);
	return due;
}

bool touches_begin(struct touches *t)
{
	rt_fetch_add(&t->busy, 1);
	if (!rt_load(&t->stopped))
		return true;
	touches_end(t);
	return false;
}

void touches_end(struct touches *t)
{
	rt_fetch_add(&t->busy, (uint64_t)-1);
}

void touches_stop(struct touches *t)
{
	rt_store(&t->stopped, 1);
	while (rt_load(&t->busy))
		rt_pause();
}

bool touches_stopped(const struct touches *t)
{
	return rt_peek(&t->stopped);
}

/* --- what was recorded -------------------------------------------------------------------- */

void touches_recorded_map(struct touches *t, gfn_t gfn, int level)
{
	pthread_mutex_lock(&t->lock);
	/* Of unknown size: a page, or the block that another vCPU put there. */
	if (level || !gfn_set_has(&t->present, gfn, gfn + 1))
		gfn_set_add(&t->present, gfn, level ? level : 1);
	pthread_mutex_unlock(&t->lock);
}

void touches_recorded_unmap(struct touches *t, gfn_t gfn, gfn_t end)
{
	pthread_mutex_lock(&t->lock);
	gfn_set_remove(&t->present, gfn, end);
	pthread_mutex_unlock(&t->lock);
}

void touches_recorded_break(struct touches *t, gfn_t gfn)
{
	pthread_mutex_lock(&t->lock);
	if (gfn_set_is_whole(&t->present, gfn))
		gfn_set_remove(&t->present, gfn, gfn + 1);
	pthread_mutex_unlock(&t->lock);
}

void touches_recorded_unmap_all(struct touches *t)
{
	pthread_mutex_lock(&t->lock);
	gfn_set_clear(&t->present);
	pthread_mutex_unlock(&t->lock);
}

void touches_note(struct touches *t, gfn_t gfn)
{
	pthread_mutex_lock(&t->lock);
	gfn_set_add(&t->touched, gfn, 1);
	pthread_mutex_unlock(&t->lock);
}

bool touches_truth(struct touches *t, gfn_t gfn, gfn_t end)
{
	bool truth;

	pthread_mutex_lock(&t->lock);
	truth = gfn_set_has(&t->touched, gfn, end);
	pthread_mutex_unlock(&t->lock);
	return truth;
}

uint64_t touches_dropped(const struct touches *t)
{
	return t->dropped;
}

uint64_t touches_unknown(const struct touches *t)
{
	return t->unknown;
}
