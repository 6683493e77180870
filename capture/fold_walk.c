// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow paging: KVM's walks of the guest's page tables.
 *
 * - The first walk of a fault, at its address, is the fault's own: it names the frame, or ends in what the guest is
 *   told (RET_PF_GUEST).  Others are the emulator's; they tell entries, too.
 * - Which table an entry lies in: the one the entry above names, and at the top the vCPU's root.  That one is known
 *   from the load of CR3 or of the root's page, or else it is the one root whose entry is known to hold what
 *   the walk read there.
 * - Where faults are not recorded (software virtualisation shows no more) each walk is one, until the thread's next.
 *
 * Levels and entry sizes are those of the walk: 5, 4, 3 (PAE: four entries at the top) or 2 (four-byte entries).
 */
#include "capture/fold_state.h"
#include "kvm/spte.h"

#define PTE_PRESENT	1u		/* Intel SDM vol. 3, 4.3 to 4.5 */
#define PTE_LARGE	0x80u
#define PTE_A		0x20u
#define PTE_D		0x40u
#define LEVELS_32	2
#define LEVELS_PAE	3

/* --- roots -------------------------------------------------------------------------------- */

void root_note(struct fold *f, struct task *t, gfn_t gfn, unsigned int offset)
{
	struct fold_vm *vm = &f->vms[vm_of_task(f, t)];

	gpt_is_root(f, vm - f->vms, gfn);
	t->v.root = gfn;
	t->v.root_offset = offset;
	t->v.root_known = true;
	for (uint32_t i = 0; i < ARRAY_SIZE(vm->roots) && i < vm->nr_roots; i++)
		if (vm->roots[i] == gfn)
			return;
	vm->roots[vm->nr_roots++ % ARRAY_SIZE(vm->roots)] = gfn;
}

struct ev root_loaded(const struct task *t, unsigned int vm)
{
	struct ev ev = { .kind = EV_CR3, .vm = vm };

	ev.walk = (struct ev_walk){ .root = t->v.root, .known = t->v.root_known, .levels = t->v.levels };
	return ev;
}

/* Of the VM's other roots the one whose entry at @offset is known to hold @value; false: none, or several. */
static bool match_root(struct fold *f, struct task *t, unsigned int offset, uint64_t value, gfn_t *found)
{
	unsigned int vm = vm_of_task(f, t), matches = 0;
	const struct fold_vm *v = &f->vms[vm];

	for (uint32_t i = 0; i < ARRAY_SIZE(v->roots) && i < v->nr_roots; i++) {
		const uint64_t *known = gpt_entry(f, vm, v->roots[i] << 12 | offset);

		if (!known || !gpt_same(*known, value))
			continue;
		*found = v->roots[i];
		matches++;
	}
	return matches == 1;
}

/*
 * The guest may have loaded CR3 since the vCPU's last walk, where no probe shows it; a root that is at hand leaves
 * no other record.
 */
static void find_root(struct fold *f, struct task *t, uint64_t ts_ns, unsigned int offset, uint64_t value)
{
	struct vcpu_state *v = &t->v;
	unsigned int vm = vm_of_task(f, t);
	const uint64_t *mine;
	struct ev ev;
	gfn_t root;

	if (v->root_known) {
		mine = gpt_entry(f, vm, v->root << 12 | offset);
		if (f->has[RAW_NEW_PGD] || !mine || gpt_same(*mine, value))
			return;
	}
	if (!match_root(f, t, offset, value, &root))
		return;
	root_note(f, t, root, 0);
	ev = root_loaded(t, vm);
	emit_other(f, t, ts_ns, &ev);
}

/* --- one entry ------------------------------------------------------------------------------ */

static unsigned int offset_of(const struct walk *w, unsigned int level, unsigned int root_offset)
{
	if (w->top == LEVELS_32)
		return (w->gva >> (2 + 10 * level) & 1023) * 4;
	if (w->top == LEVELS_PAE && level == LEVELS_PAE)
		return root_offset + (w->gva >> 30 & 3) * 8;
	return (w->gva >> (3 + 9 * level) & 511) * 8;
}

static bool is_page(const struct walk *w, unsigned int level, uint64_t pte)
{
	if (level == 1)
		return true;
	return pte & PTE_LARGE && (level == 2 || (level == 3 && w->top > LEVELS_PAE));
}

/* The frame that @pte, of a page, has for the address walked. */
static gfn_t frame_of(const struct walk *w, unsigned int level, uint64_t pte)
{
	unsigned int shift = (w->top == LEVELS_32 ? 10 : 9) * (level - 1);
	gfn_t gfn = (pte & SPTE_PFN_MASK) >> 12, inside = (w->gva >> 12) & (BIT_ULL(shift) - 1);

	/* Bits 39:32 of a 4 MiB page: PSE-36. */
	if (w->top == LEVELS_32 && level == 2)
		gfn = (pte & 0xffc00000) >> 12 | (pte >> 13 & 0xff) << 20;
	return (gfn & ~(BIT_ULL(shift) - 1)) | inside;
}

static void start_at_root(struct fold *f, struct task *t, unsigned int level)
{
	struct vcpu_state *v = &t->v;
	struct walk *w = &v->walk;

	w->top = v->levels = f->meta->vms[vm_of_task(f, t)].guest_levels = level;
	w->mapped = false;
}

static void note_fault(struct vcpu_state *v)
{
	const struct walk *w = &v->walk;

	v->acc_walk.root = v->root_known ? v->root : 0;
	v->acc_walk.known = v->root_known;
	v->acc_walk.levels = w->top;
	v->acc_walk.mapped = w->mapped;
	if (!w->mapped)
		return;
	v->at.gfn = v->acc.gfn = w->page;
	v->at.gfn_known = true;
}

static void step(struct fold *f, struct task *t, uint64_t ts_ns, unsigned int level, uint64_t pte)
{
	struct vcpu_state *v = &t->v;
	struct walk *w = &v->walk;
	bool top = !w->last || level >= w->last;
	unsigned int offset;

	if (top)
		start_at_root(f, t, level);
	else if (level + 1 != w->last)
		w->table_known = false;		/* a record is missing */
	offset = offset_of(w, level, v->root_offset);
	if (top) {
		find_root(f, t, ts_ns, offset, pte);
		w->table = v->root;
		w->table_known = v->root_known;
	}
	if (w->table_known)
		gpt_read(f, t, ts_ns, w->table << 12 | offset, level, w->top == LEVELS_32 ? 4 : 8, pte);
	w->last = level;
	w->table_known = pte & PTE_PRESENT && !is_page(w, level, pte);
	w->table = (pte & SPTE_PFN_MASK) >> 12;
	w->mapped = pte & PTE_PRESENT && is_page(w, level, pte);
	if (w->mapped)
		w->page = frame_of(w, level, pte);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Only a vCPU walks the guest's tables: where nothing more shows which thread runs it, its name does. */
static struct task *bind_by_name(struct fold *f, struct task *t)
{
	bool told = f->seen[RAW_ENTRY] || f->seen[RAW_EXIT] || f->seen[RAW_PAGE_FAULT];
	uint32_t vcpu;

	if (!told && t->vcpu < 0 && vcpu_by_name(f, t, &vcpu))
		return vm_bind_vcpu(f, t, vcpu);
	return t;
}

/* What comes before a fault's walk on any host that records it has not been seen yet: it will not be. */
static bool begins_fault(const struct fold *f, const struct task *t)
{
	if (f->seen[RAW_PAGE_FAULT] || t->vcpu < 0)
		return false;
	return f->seen[RAW_EXIT] ? t->v.exit_ns && t->v.shadow : !f->seen[RAW_ENTRY];
}

static bool is_of_fault(struct task *t, uint64_t gva)
{
	const struct attempt *at = &t->v.at;

	return op_find(t, EV_OP_FAULT) && at->by_gva && !at->walked && !at->returned && at->gva == gva;
}

void walk_begins(struct fold *f, struct task *t, const struct raw *r)
{
	const struct attempt at = { .gva = r->v[0], .by_gva = true, .error_code = r->v[1], .spans = true,
				    .access = vcpu_access_of(r->v[1]) };

	t = bind_by_name(f, t);
	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	if (begins_fault(f, t))
		vcpu_attempt(f, t, r->ts_ns, &at);
	t->v.walk = (struct walk){ .open = true, .gva = r->v[0], .of_fault = is_of_fault(t, r->v[0]) };
	if (t->v.walk.of_fault) {
		op_fault_level(f, t);
		op_touch(t, r->ts_ns);
		t->v.at.walked = true;
		t->v.acc_walk.pferr = r->v[1];
	} else if (!op_find(t, EV_OP_FAULT)) {
		op_end_all(f, t);
	}
}

void walk_element(struct fold *f, struct task *t, const struct raw *r)
{
	struct walk *w = &t->v.walk;

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	if (!w->open || r->v[1] < 1 || r->v[1] > 5) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	if (!op_fault_level(f, t))
		op_end_all(f, t);
	step(f, t, r->ts_ns, r->v[1], r->v[0]);
	if (w->of_fault) {
		op_touch(t, r->ts_ns);
		note_fault(&t->v);
	}
}

static void set_bit(struct fold *f, struct task *t, const struct raw *r, enum obs_kind kind, uint64_t bit)
{
	struct ev ev = { .kind = kind };

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	op_fault_level(f, t);
	ev.vm = op_for_obs(f, t, r->ts_ns)->vm;
	ev.gfns = (struct obs_gfns){ .gfn = r->v[0] >> 12, .count = r->v[0] & 0xfff };
	gpt_set_bits(f, ev.vm, r->v[0], bit);
	emit_obs(f, t, r->ts_ns, &ev);
}

void walk_set_accessed(struct fold *f, struct task *t, const struct raw *r)
{
	set_bit(f, t, r, OBS_SET_ACCESSED_BIT, PTE_A);
}

void walk_set_dirty(struct fold *f, struct task *t, const struct raw *r)
{
	set_bit(f, t, r, OBS_SET_DIRTY_BIT, PTE_D);
}

void walk_error(struct fold *f, struct task *t, const struct raw *r)
{
	struct ev ev = { .kind = OBS_WALKER_ERROR };

	if (!fold_shadows(f)) {
		f->why = UNUSED_WALK;
		return;
	}
	op_fault_level(f, t);
	if (t->v.walk.of_fault)
		t->v.at.guest_error = true;
	t->v.walk.open = false;
	ev.vm = op_for_obs(f, t, r->ts_ns)->vm;
	ev.gfns.count = r->v[0];
	emit_obs(f, t, r->ts_ns, &ev);
}
