/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strides of a VM's copies, and the one place where a stimulus is moved by them. */
#include "replay/drive/clone.h"

#define GIB_PAGES	(1ULL << 18)

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

void clone_init(struct clone_vm *c, const struct scan_vm *vm, gfn_t slot_end, unsigned int page_shift)
{
	hva_t span = vm->hva_end > vm->hva_start ? vm->hva_end - vm->hva_start : 0;

	*c = (struct clone_vm){ .slot_ids = vm->slot_ids ? vm->slot_ids : 1,
				.vcpus = vm->vcpus > 0 ? (uint32_t)vm->vcpus : 1, .moved_end = slot_end };
	c->gfns = round_up(slot_end ? slot_end : 1, GIB_PAGES);
	c->bytes = round_up(span + 1, GIB_PAGES << page_shift);
}

bool clone_fits(const struct clone_vm *c, unsigned int copies, unsigned int gfn_bits)
{
	return c->gfns <= (1ULL << gfn_bits) / copies && (uint64_t)c->slot_ids * copies <= UINT16_MAX + 1u;
}

static void move_hvas(const struct clone_vm *c, unsigned int copy, struct ev *ev)
{
	ev->hvas.start += copy * c->bytes;
	if (ev->kind != EV_SET_SPTE)	/* its end is a pfn */
		ev->hvas.end += copy * c->bytes;
}

/* A present entry leads to a frame, unless it is written in part; others may hold anything. */
static void move_gpte(const struct clone_vm *c, unsigned int copy, struct ev_gpte *g)
{
	const uint64_t frame_mask = 0xffffffffff000, present = 1;

	if (g->gfn < c->moved_end)
		g->gfn += copy * c->gfns;
	if (g->bytes == 8 && g->offset % 8 == 0 && g->value & present && (g->value & frame_mask) >> 12 < c->moved_end)
		g->value += copy * c->gfns << 12;
}

void clone_move(const struct clone_vm *c, unsigned int copy, struct ev *ev)
{
	if (!copy)
		return;
	if (ev->kind == EV_ACCESS) {
		if (ev->access.gfn >= c->moved_end)
			return;
		ev->access.gfn += copy * c->gfns;
	} else if (ev->kind == EV_GPTE || ev->kind == EV_PT_WRITE) {
		move_gpte(c, copy, &ev->gpte);
	} else if (ev->kind == EV_WALK || ev->kind == EV_CR3) {
		if (ev->walk.known)
			ev->walk.root += copy * c->gfns;
	} else if (ev->kind == EV_PREFILL) {
		ev->gfns.gfn += copy * c->gfns;
	} else if (scan_is_notifier(ev->kind)) {
		move_hvas(c, copy, ev);
	} else if (ev->kind == EV_DIRTY_RESET) {
		ev->gfns.slot = (uint16_t)(ev->gfns.slot + copy * c->vcpus);
	} else if (ev->kind == EV_DIRTY_GET || ev->kind == EV_DIRTY_CLEAR || ev->kind == EV_DIRTY_MASK) {
		ev->gfns.gfn += copy * c->gfns;
		ev->gfns.slot = (uint16_t)(ev->gfns.slot + copy * c->slot_ids);
	} else if (ev->kind == EV_MEMSLOT) {
		ev->slot.gfn += copy * c->gfns;
		ev->slot.hva += copy * c->bytes;
		ev->slot.id = (uint16_t)(ev->slot.id + copy * c->slot_ids);
	} else if (ev->kind == EV_MEM_ATTR || ev->kind == EV_PUNCH_HOLE || ev->kind == EV_ZAP_RANGE) {
		ev->gfns.gfn += copy * c->gfns;
	}
}
