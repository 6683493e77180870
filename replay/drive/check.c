/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the driver and the oracle: host addresses become frames here. */
#include "replay/drive/drive.h"

uint64_t check_begin(struct drive_vm *vm)
{
	return vm->oracle ? oracle_remove_begin(vm->oracle) : 0;
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
	vm->logged |= slot->flags & KVM_MEM_LOG_DIRTY;
	slots_apply(&vm->slots, slot);
	pthread_mutex_unlock(&vm->slots_lock);
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
	return mmu_peek(arg, gfn, 0, level);
}

int check_compare(struct drive_vm *vm, struct err *e)
{
	struct mmu_stats stats;
	uint64_t leafs = 0, mapped;
	int rc;

	if (!vm->oracle || rt_xchg(&vm->compared, 1))
		return 0;
	mmu_check(vm->mmu);
	rc = oracle_compare(vm->oracle, peek, vm->mmu, &mapped, e);
	if (rc)
		return rc;
	mmu_stats(vm->mmu, &stats);
	for (int level = 1; level <= 3; level++)
		leafs += stats.pages[level];
	if (leafs != mapped && !vm->logged)
		return err_set(e, ERR_NO, "the tables map %llu pages, accesses account for %llu",
			       (unsigned long long)leafs, (unsigned long long)mapped);
	return 0;
}
