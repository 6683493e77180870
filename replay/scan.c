/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first look at an event file: extents, counts, and its range stimuli as gfn ranges.
 * Only these are brought into their order, for the sake of the slots; it costs much more than looking.
 */
#include "replay/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "replay/slots.h"

/* The most frequent of many numbers, if one makes up more than one in NR_OFFSETS of them (Misra and Gries). */
#define NR_OFFSETS 8

struct offsets {
	struct { uint64_t offset, n; } v[NR_OFFSETS];
};

struct window {			/* an invalidation that has begun and not ended */
	hva_t	 start, end;
	uint16_t vm;
	size_t	 range, end_range;	/* what it is in scan->ranges */
};

struct windows {		/* of one task, in the order they began */
	struct window *v;
	size_t	       nr, cap;
};

struct scanner {
	struct scan	*out;
	struct slots	*slots;		/* per VM, as they stand now */
	struct windows	*windows;	/* per task */
	struct ev	*think;		/* per task: its first stimulus, if that is a THINK */
	struct ev	*walk;		/* per task: the WALK before its next ACCESS */
	struct offsets	*offsets;	/* per VM */
	unsigned int	 page_shift;
	size_t		 cap_ranges;
	struct scan_range next;		/* what push_range() completes */
};

bool scan_models(unsigned int kind)
{
	static const bool models[EV_STIM_END] = {
		[EV_ACCESS] = true, [EV_THINK] = true, [EV_INVALIDATE_START] = true,
		[EV_INVALIDATE_END] = true, [EV_AGE] = true, [EV_TEST_AGE] = true,
		[EV_SET_SPTE] = true, [EV_MEMSLOT] = true, [EV_VCPU_LOAD] = true,
		[EV_VCPU_UNLOAD] = true, [EV_ZAP_ALL] = true, [EV_VM_DESTROY] = true,
		[EV_DIRTY_GET] = true, [EV_DIRTY_CLEAR] = true, [EV_DIRTY_MASK] = true,
		[EV_DIRTY_RESET] = true,
		[EV_MEM_ATTR] = true, [EV_PUNCH_HOLE] = true, [EV_ZAP_RANGE] = true,
		[EV_PREFILL] = true, [EV_NX_RECOVER] = true,
		[EV_NX_TOGGLE] = true, [EV_GPTE] = true, [EV_WALK] = true, [EV_CR3] = true,
		[EV_SYNC_ROOTS] = true, [EV_INVLPG] = true, [EV_PT_WRITE] = true, [EV_PAGE_LIMIT] = true,
	};

	return kind < EV_STIM_END && models[kind];
}

bool scan_is_notifier(unsigned int kind)
{
	return kind == EV_INVALIDATE_START || kind == EV_INVALIDATE_END || kind == EV_AGE ||
	       kind == EV_TEST_AGE || kind == EV_SET_SPTE;
}

void scan_think(const struct ev *access, const struct ev *think, uint64_t *guest_ns, uint64_t *other_ns)
{
	*guest_ns = think ? think->think.guest_ns : access->access.guest_ns;
	*other_ns = think ? think->think.other_exit_ns : 0;
}

static void push(struct scanner *s, const struct scan_range *r)
{
	struct scan *out = s->out;

	if (out->nr_ranges == s->cap_ranges) {
		s->cap_ranges = s->cap_ranges ? 2 * s->cap_ranges : 256;
		out->ranges = xreallocarray(out->ranges, s->cap_ranges, sizeof(*out->ranges));
	}
	out->ranges[out->nr_ranges++] = *r;
}

static void push_range(void *arg, gfn_t gfn, gfn_t end)
{
	struct scanner *s = arg;

	s->next.start = gfn;
	s->next.end = end;
	push(s, &s->next);
}

static void push_global(struct scanner *s)
{
	s->next.global = true;
	push(s, &s->next);
}

/*
 * A range over half of all memory is kept as "the whole VM": that orders more
 * than it must, and costs nothing per page.
 */
static void push_hvas(struct scanner *s, const struct slots *slots, hva_t start, hva_t end)
{
	struct scan *out = s->out;
	size_t before = out->nr_ranges;
	uint64_t pages = 0;

	slots_match(slots, start, end, s->page_shift, push_range, s);
	for (size_t i = before; i < out->nr_ranges; i++)
		pages += out->ranges[i].end - out->ranges[i].start;
	if (pages <= slots_pages(slots) / 2)
		return;
	out->nr_ranges = before;
	push_global(s);
}

/* By gfn, and so whatever the slots are; over half of all memory is kept as "the whole VM", too. */
static void push_gfns(struct scanner *s, const struct ev *ev)
{
	if (ev->gfns.count > slots_pages(&s->slots[ev->vm]) / 2)
		s->next.global = true;
	s->next.start = ev->gfns.gfn;
	s->next.end = ev->gfns.gfn + ev->gfns.count;
	push(s, &s->next);
}

/* Guest frames a range stimulus names itself; false when it names none. */
static bool gfn_range(const struct ev *ev, gfn_t *end)
{
	if (ev->kind != EV_DIRTY_GET && ev->kind != EV_DIRTY_CLEAR && ev->kind != EV_DIRTY_MASK &&
	    ev->kind != EV_PREFILL)
		return false;
	*end = ev->gfns.gfn + (ev->kind == EV_DIRTY_MASK ? 64 : ev->gfns.count);
	return *end > ev->gfns.gfn;
}

static void note_range(struct scanner *s, const struct ev_at *at)
{
	const struct ev *ev = at->ev;
	const struct slots *slots = &s->slots[ev->vm];
	gfn_t end;

	if (ev->kind == EV_MEM_ATTR || ev->kind == EV_PUNCH_HOLE || ev->kind == EV_ZAP_RANGE)
		push_gfns(s, ev);
	else if (gfn_range(ev, &end))
		push_range(s, ev->gfns.gfn, end);
	else if (ev->kind == EV_INVALIDATE_START || ev->kind == EV_AGE)
		push_hvas(s, slots, ev->hvas.start, ev->hvas.end);
	else if (ev->kind == EV_SET_SPTE)	/* its end is a pfn */
		push_hvas(s, slots, ev->hvas.start, ev->hvas.start + 1);
	else
		push_global(s);
}

/* The stimulus at hand began it; its ranges are those from @range on. */
static void open_window(struct scanner *s, const struct ev_at *at, size_t range)
{
	struct windows *w = &s->windows[at->task];

	if (w->nr == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 8;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	w->v[w->nr++] = (struct window){ at->ev->hvas.start, at->ev->hvas.end, at->ev->vm, range, s->out->nr_ranges };
}

/* Of windows over the same addresses the last one begun ends first; an end without a start ends nothing. */
static void close_window(struct scanner *s, const struct ev *ev, uint32_t task, uint32_t number, uint64_t t_ns)
{
	struct windows *all = &s->windows[task];

	for (size_t i = all->nr; i--;) {
		const struct window *w = &all->v[i];

		if (w->vm != ev->vm || w->start != ev->hvas.start || w->end != ev->hvas.end)
			continue;
		for (size_t r = w->range; r < w->end_range; r++) {
			s->out->ranges[r].end_number = number + 1;
			s->out->ranges[r].end_ns = t_ns;
		}
		memmove(&all->v[i], &all->v[i + 1], (--all->nr - i) * sizeof(all->v[i]));
		return;
	}
}

static void note_extent(struct scan_vm *vm, const struct ev_slot *slot, unsigned int page_shift)
{
	hva_t end = slot->hva + ((uint64_t)slot->npages << page_shift);

	if (slot->gfn + slot->npages > vm->slot_end)
		vm->slot_end = slot->gfn + slot->npages;
	if (slot->hva < vm->hva_start)
		vm->hva_start = slot->hva;
	if (end > vm->hva_end)
		vm->hva_end = end;
}

/*
 * A change of a slot that is there is ordered against the accesses to where it was and where it will be, and
 * to no others: they went on beside it when it was recorded.  A new one is short, and mostly comes before
 * all accesses: to order it against all of them costs nothing per page.
 */
static void note_slot(struct scanner *s, const struct ev *ev)
{
	struct scan_vm *vm = &s->out->vms[ev->vm];
	struct slots *slots = &s->slots[ev->vm];
	const struct ev_slot *slot = &ev->slot, *old = slots_find(slots, slot->id, slot->as_id);

	if (!old) {
		push_global(s);
	} else {
		push_range(s, old->gfn, old->gfn + old->npages);
		if (slot->change != EV_SLOT_DELETE && (old->gfn != slot->gfn || old->npages != slot->npages))
			push_range(s, slot->gfn, slot->gfn + slot->npages);
	}
	slots_apply(slots, slot);
	vm->slot_changes++;
	if (slot->id >= vm->slot_ids)
		vm->slot_ids = slot->id + 1;
	if (slot->change != EV_SLOT_DELETE)
		note_extent(vm, slot, s->page_shift);
}

/* A task starts so that its first stimulus comes when it came in the recording. */
static void note_first(struct scanner *s, uint32_t task, const struct ev *ev, uint64_t t_ns)
{
	const struct ev *think = s->think[task].kind ? &s->think[task] : NULL;
	uint64_t guest_ns = 0, other_ns = 0;

	if (ev->kind == EV_ACCESS)
		scan_think(ev, think, &guest_ns, &other_ns);
	s->out->tasks[task].first_ns = t_ns > guest_ns + other_ns ? t_ns - guest_ns - other_ns : 0;
}

/* The first stimulus, or that behind the THINK that is the first, of those the task has not come past. */
static void note_begin(struct scanner *s, const struct ev_stretch *at)
{
	const struct ev *ev = at->first;

	for (uint64_t i = s->out->tasks[at->task].stimuli; i < 2 && ev != at->end; i++, ev++) {
		if (i == 0 || s->think[at->task].kind)
			note_first(s, at->task, ev, at->first_ns + ev->dt_ns);
		if (i == 0 && ev->kind == EV_THINK)
			s->think[at->task] = *ev;
	}
}

static void offsets_add(struct offsets *o, uint64_t offset)
{
	size_t free_one = NR_OFFSETS;

	for (size_t i = 0; i < NR_OFFSETS; i++) {
		if (o->v[i].n && o->v[i].offset == offset) {
			o->v[i].n++;
			return;
		}
		if (!o->v[i].n)
			free_one = i;
	}
	if (free_one < NR_OFFSETS) {
		o->v[free_one].offset = offset;
		o->v[free_one].n = 1;
		return;
	}
	for (size_t i = 0; i < NR_OFFSETS; i++)
		o->v[i].n--;
}

static void offsets_best(const struct offsets *o, struct scan_vm *vm)
{
	uint64_t most = 0;

	for (size_t i = 0; i < NR_OFFSETS; i++) {
		if (o->v[i].n <= most)
			continue;
		most = o->v[i].n;
		vm->kernel_offset = o->v[i].offset;
		vm->kernel_offset_known = true;
	}
}

/* Where the guest's kernel has its memory: PFERR_USER (SDM vol. 3, 4.7) is not set in what it does itself. */
static void note_walked(struct scanner *s, uint32_t task, const struct ev *ev)
{
	const struct ev *walk = &s->walk[task];
	const uint64_t page_mask = (1ULL << s->page_shift) - 1;

	if (walk->kind && walk->walk.mapped && ev->flags & EV_F_W && !(walk->walk.pferr & 4))
		offsets_add(&s->offsets[ev->vm], (walk->walk.gva & ~page_mask) - (ev->access.gfn << s->page_shift));
	s->walk[task].kind = EV_NONE;
}

/* Accesses of one VM, from @ev on.  Return: behind the last of them. */
static const struct ev *note_accesses(struct scanner *s, uint32_t task, const struct ev *ev, const struct ev *end)
{
	const struct ev *first = ev;
	uint16_t vm = ev->vm;
	uint64_t timed = 0, attempts = 0, service_ns = 0;
	gfn_t last = 0;
	struct scan_vm *v;

	for (; ev != end && ev->kind == EV_ACCESS && ev->vm == vm; ev++) {
		if (ev->access.service_ns && ev->access.level < 2) {
			timed++;
			attempts += ev->access.attempts ? ev->access.attempts : 1;
			service_ns += ev->access.service_ns;
		}
		last = ev->access.gfn > last ? ev->access.gfn : last;
	}
	s->out->kinds[EV_ACCESS] += (uint64_t)(ev - first);
	if (vm >= s->out->nr_vms)
		return ev;
	note_walked(s, task, first);
	v = &s->out->vms[vm];
	v->accesses += (uint64_t)(ev - first);
	v->access_end = last >= v->access_end ? last + 1 : v->access_end;
	s->out->timed += timed;
	s->out->attempts += attempts;
	s->out->service_ns += service_ns;
	return ev;
}

/* Anything but an access.  Return: whether it must be noted in its turn, too. */
static bool note_other(struct scanner *s, const struct ev_stretch *at, const struct ev *ev)
{
	struct scan_vm *vm;

	s->out->kinds[ev->kind]++;
	if (ev->kind == EV_THINK || ev->vm >= s->out->nr_vms)
		return false;
	vm = &s->out->vms[ev->vm];
	if (ev->kind == EV_WALK)
		s->walk[at->task] = *ev;
	if (ev->kind == EV_GPTE && ev->gpte.bytes == 4)
		vm->small_gptes = true;
	if (ev->kind == EV_PREFILL && ev->gfns.gfn + ev->gfns.count > vm->access_end)
		vm->access_end = ev->gfns.gfn + ev->gfns.count;
	vm->notifiers += scan_is_notifier(ev->kind);
	if (ev->kind == EV_INVALIDATE_END) {
		close_window(s, ev, at->task, at->number + (uint32_t)(ev - at->first), at->first_ns + ev->dt_ns);
		return false;
	}
	return ev_is_range(ev->kind) && scan_models(ev->kind);
}

/* What no other task's stimuli matter for. */
static const struct ev *note_own(void *arg, const struct ev_stretch *at)
{
	struct scanner *s = arg;
	struct scan_task *t = &s->out->tasks[at->task];
	const struct ev *ev = at->first, *behind;

	if (t->stimuli < 2)
		note_begin(s, at);
	while (ev != at->end) {
		if (ev->kind == EV_ACCESS)
			ev = note_accesses(s, at->task, ev, at->end);
		else if (note_other(s, at, ev))
			break;
		else
			ev++;
	}
	behind = ev == at->end ? ev : ev + 1;
	t->stimuli += (uint64_t)(behind - at->first);
	if (at->first_ns + behind[-1].dt_ns > s->out->last_ns)
		s->out->last_ns = at->first_ns + behind[-1].dt_ns;
	return ev;
}

/* Ranges, and the slots without which they mean nothing, in recorded order. */
static void note_ordered(struct scanner *s, const struct ev_at *at)
{
	size_t range = s->out->nr_ranges;

	s->next = (struct scan_range){ .task = at->task, .number = at->number, .vm = at->ev->vm, .t_ns = at->t_ns,
				       .beside = at->ev->kind != EV_ACCESS && at->ev->flags & EV_F_BESIDE };
	if (at->ev->kind == EV_MEMSLOT)
		note_slot(s, at->ev);
	else
		note_range(s, at);
	if (at->ev->kind == EV_INVALIDATE_START)
		open_window(s, at, range);
}

static void scan_init(struct scan *out, const struct ev_meta *meta)
{
	*out = (struct scan){ .nr_vms = meta->nr_vms, .nr_tasks = meta->nr_tasks };
	out->vms = xcalloc(out->nr_vms, sizeof(*out->vms));
	out->tasks = xcalloc(out->nr_tasks, sizeof(*out->tasks));
	for (size_t i = 0; i < out->nr_vms; i++)
		out->vms[i].hva_start = UINT64_MAX;
	for (size_t i = 0; i < out->nr_tasks; i++) {
		const struct ev_task *t = &meta->tasks[i];

		if (t->vcpu >= 0 && t->vm >= 0 && (size_t)t->vm < out->nr_vms &&
		    t->vcpu >= out->vms[t->vm].vcpus)
			out->vms[t->vm].vcpus = t->vcpu + 1;
	}
}

int scan_file(struct ev_file *file, struct scan *out, struct err *e)
{
	const struct ev_meta *meta = ev_meta(file);
	struct scanner s = { .out = out, .page_shift = meta->page_shift };
	struct ev_merge *merge = NULL;
	struct ev_at at;
	int rc;

	scan_init(out, meta);
	s.slots = xcalloc(meta->nr_vms, sizeof(*s.slots));
	s.windows = xcalloc(meta->nr_tasks, sizeof(*s.windows));
	s.think = xcalloc(meta->nr_tasks, sizeof(*s.think));
	s.walk = xcalloc(meta->nr_tasks, sizeof(*s.walk));
	s.offsets = xcalloc(meta->nr_vms, sizeof(*s.offsets));
	rc = ev_merge_open_look(file, 1u << EV_STIMULUS, note_own, &s, &merge, e);
	if (!rc)
		while ((rc = ev_merge_next(merge, &at, e)) > 0)
			note_ordered(&s, &at);
	if (!rc)
		rc = ev_check_kinds(file, 1u << EV_STIMULUS, out->kinds, e);
	for (size_t i = 0; i < meta->nr_tasks; i++)
		free(s.windows[i].v);
	free(s.windows);
	for (size_t i = 0; i < meta->nr_vms; i++) {
		slots_fini(&s.slots[i]);
		offsets_best(&s.offsets[i], &out->vms[i]);
	}
	free(s.slots);
	free(s.think);
	free(s.walk);
	free(s.offsets);
	ev_merge_close(merge);
	return rc;
}

void scan_fini(struct scan *s)
{
	free(s->vms);
	free(s->tasks);
	free(s->ranges);
	*s = (struct scan){ 0 };
}
