/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the driver and what judges a run: the oracle, and the engine's invariants. */
#include <stdio.h>
#include <string.h>

#include "replay/drive/drive.h"

/* --- the oracle; host addresses become frames here -------------------------------------- */

uint64_t check_begin(struct drive_vm *vm)
{
	return vm->oracle ? oracle_remove_begin(vm->oracle) : 0;
}

static void move_match(void *arg, gfn_t gfn, gfn_t end)
{
	frames_move(arg, gfn, end);
}

void check_moved(const struct drive_task *t, struct drive_vm *vm, hva_t start, hva_t end)
{
	if (!vm->frames)
		return;
	pthread_mutex_lock(&vm->slots_lock);
	slots_match(&vm->slots, start, end, t->drive->meta->page_shift, move_match, vm->frames);
	pthread_mutex_unlock(&vm->slots_lock);
}

pfn_t check_page(const struct drive *d, struct drive_vm *vm, gfn_t gfn)
{
	return vm->frames ? frames_look_up(vm->frames, gfn, 1) : drive_frame(d, gfn);
}

uint64_t check_look_up(void *arg, unsigned int task, enum rt_pin pin)
{
	struct drive *d = arg;
	struct drive_task *t = &d->tasks[task];
	int level;

	if (pin != RT_PIN_LOOKED_UP || task >= d->nr_tasks || !t->access)
		return 0;
	level = t->access->host_level ? t->access->host_level : 1;
	t->access->pfn = frames_look_up(d->vms[t->vm].frames, t->access->gfn, entry_pages(d->entries, level));
	return 0;
}

struct removal {
	struct oracle	*oracle;
	uint64_t	 stamp;
};

static void remove_match(void *arg, gfn_t gfn, gfn_t end)
{
	const struct removal *r = arg;

	oracle_remove_range(r->oracle, r->stamp, gfn, end);
}

void check_unmapped(const struct drive_task *t, struct drive_vm *vm, uint64_t stamp, hva_t start, hva_t end)
{
	struct removal r = { vm->oracle, stamp };

	if (!vm->oracle)
		return;
	pthread_mutex_lock(&vm->slots_lock);
	slots_match(&vm->slots, start, end, t->drive->meta->page_shift, remove_match, &r);
	pthread_mutex_unlock(&vm->slots_lock);
}

void check_zapped(struct drive_vm *vm, uint64_t stamp, gfn_t start, gfn_t end)
{
	if (vm->oracle)
		oracle_remove_range(vm->oracle, stamp, start, end);
}

static void removed_slot(struct drive_vm *vm, uint64_t stamp, const struct ev_slot *slot)
{
	const struct ev_slot *old = slots_find(&vm->slots, slot->id, slot->as_id);

	if (old && (slot->change == EV_SLOT_DELETE || slot->change == EV_SLOT_MOVE))
		oracle_remove_range(vm->oracle, stamp, old->gfn, old->gfn + old->npages);
	if (slot->change != EV_SLOT_CREATE)
		oracle_remove_all(vm->oracle, stamp, false);
	if (slot->change == EV_SLOT_FLAGS)
		oracle_protect_all(vm->oracle);
}

void check_memslot(struct drive_vm *vm, uint64_t stamp, const struct ev_slot *slot)
{
	pthread_mutex_lock(&vm->slots_lock);
	if (vm->oracle)
		removed_slot(vm, stamp, slot);
	vm->splits |= slot->flags & KVM_MEM_LOG_DIRTY;
	slots_apply(&vm->slots, slot);
	pthread_mutex_unlock(&vm->slots_lock);
}

/* 72 bytes each in the oracle. */
#define PREFILL_MAX_CHECKED	(4ULL << 20)

int check_prefill(const struct drive *d, struct drive_vm *vm, const struct mmu_prefill *p, struct err *e)
{
	if (!vm->oracle)
		return 0;
	if (p->npages > PREFILL_MAX_CHECKED)
		return err_set(e, ERR_MACHINE, "--check keeps a record of every frame, and %llu prefilled ones at once are "
			       "more than it has room for; make a trace of less memory, or leave out --check",
			       (unsigned long long)p->npages);
	for (gfn_t gfn = p->gfn; gfn < p->gfn + p->npages; gfn++) {
		uint64_t stamp = oracle_access_begin(vm->oracle, gfn);

		oracle_access_end(vm->oracle, stamp, gfn, drive_frame(d, gfn), p->level, true);
	}
	return 0;
}

void check_set_spte(struct drive_vm *vm, uint64_t stamp)
{
	if (!vm->oracle)
		return;
	oracle_remove_all(vm->oracle, stamp, false);
	oracle_protect_all(vm->oracle);
}

void check_protected(struct drive_vm *vm)
{
	if (vm->oracle)
		oracle_protect_all(vm->oracle);
}

static uint64_t peek(void *arg, gfn_t gfn, int *level)
{
	return mmu_peek(((struct drive_vm *)arg)->mmu, gfn, 0, level);
}

static pfn_t host_now(void *arg, gfn_t gfn)
{
	struct drive_vm *vm = arg;

	return vm->frames ? frames_now(vm->frames, gfn) : UINT64_MAX;
}

/*
 * Shadow pages may be recycled, and what they mapped is gone, or is out of reach below a table that is; where they
 * follow the guest's tables, whatever the guest does there may take mappings or write access away, and several entries
 * may map one frame.
 */
static void allow_less(struct drive_vm *vm, const struct mmu_stats *stats)
{
	if (!vm->drive->shadow && !stats->shadow_recycled && !stats->rmap_recycled)
		return;
	oracle_remove_all(vm->oracle, oracle_remove_begin(vm->oracle), false);
	oracle_protect_all(vm->oracle);
	vm->splits = true;
}

int check_compare(struct drive_vm *vm, struct err *e)
{
	struct mmu_stats stats;
	uint64_t leafs = 0, mapped;
	int rc;

	if (!vm->oracle || rt_xchg(&vm->compared, 1))
		return 0;
	mmu_check(vm->mmu);
	mmu_stats(vm->mmu, &stats);
	allow_less(vm, &stats);
	rc = oracle_compare(vm->oracle, peek, host_now, vm, &mapped, e);
	if (rc)
		return rc;
	for (int level = 1; level <= 3; level++)
		leafs += stats.pages[level];
	if (leafs != mapped && !vm->splits)
		return err_set(e, ERR_NO, "I-M1: the tables map %llu pages, accesses account for %llu",
			       (unsigned long long)leafs, (unsigned long long)mapped);
	return 0;
}

/* --- invariants ---------------------------------------------------------------------------- */

/* "CPU 1/KVM", with the copy's number where there are several. */
static void name_task(const struct drive *d, unsigned int task, char *name, size_t size)
{
	const struct drive_task *t = task < d->nr_tasks ? &d->tasks[task] : NULL;
	const char *comm = t && d->meta->tasks[t->recorded].comm ? d->meta->tasks[t->recorded].comm : "?";

	if (!t)
		snprintf(name, size, "worker");
	else if (d->job->clones > 1)
		snprintf(name, size, "%s.%u", comm, t->copy);
	else
		snprintf(name, size, "%s", comm);
}

static void tell(struct drive *d, const struct mmu_break *b, const char *text)
{
	struct drive_broken *out = d->job->broken;

	if (!out || out->any)
		return;
	out->any = true;
	snprintf(out->what, sizeof(out->what), "%s", text);
	out->t_ns = b->t_ns;
	out->steps = rt_switches();
	out->nr_steps = b->nr_events;
	for (unsigned int i = 0; i < b->nr_events; i++) {
		const struct mmu_event *from = &b->events[i];

		out->step[i] = (struct drive_step){ .t_ns = from->t_ns, .task = from->task, .what = from->what,
						    .gfn = from->gfn, .value = from->value, .more = from->more };
		name_task(d, from->task, out->step[i].name, sizeof(out->step[i].name));
	}
}

/* Which page is where a recording contradicts itself nobody can say. */
static bool is_known(struct drive *d, const struct mmu_break *b)
{
	return strncmp(b->what, "I-M1", 4) != 0 || frames_now(d->vms[b->vm].frames, b->gfn) != UINT64_MAX;
}

bool check_judge(void *arg, const struct mmu_break *b)
{
	struct drive *d = arg;
	struct err e;
	char name[48];
	int rc;

	if (!is_known(d, b))
		return false;
	name_task(d, b->task, name, sizeof(name));
	rc = err_set(&e, ERR_NO, "%s: vm %u, at 0x%llx, value 0x%llx, task %u (%s), %llu ns", b->what, b->vm,
		     (unsigned long long)b->gfn, (unsigned long long)b->value, b->task, name,
		     (unsigned long long)b->t_ns);
	tell(d, b, e.text);
	task_fail(d, &e, rc);
	return true;
}

void check_note(struct drive *d, int rc, const struct err *e)
{
	if (d->job->check && e && (rc == -ERR_NO || d->stats.deadlock))
		tell(d, &(struct mmu_break){ .t_ns = d->stats.end_ns }, e->text);
}
