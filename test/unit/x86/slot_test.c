/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots change while vCPUs fault and windows are open; what each side sees, and when. */
#include <errno.h>

#include "test/unit/x86/lab.h"

#define G	LAB_GFN
#define FAR	(G + 0x100000)

enum scene_kind { REFUSED, DURING_DELETE, DURING_MOVE, AWAIT_WINDOW, FAST_ZAP, SLOT_ZAP, SHARED_REMOVAL };

static const struct row {
	const char	*name;
	enum scene_kind	 kind;
	const char	*policy;
} rows[] = {
	{ "changes that cannot be are refused, and change nothing", REFUSED, NULL },
	{ "a fault between the two halves of a delete retries; after it, it is MMIO", DURING_DELETE, NULL },
	{ "the same with spinning locks", DURING_DELETE, "fault.lock=spin" },
	{ "a move: retries, then the new place faults in and the old one is MMIO", DURING_MOVE, NULL },
	{ "slots are published when no window is open", AWAIT_WINDOW, NULL },
	{ "a fast zap empties the old root while the new one fills", FAST_ZAP, NULL },
	{ "slot-only: the root stays and other slots keep their pages", SLOT_ZAP, "memslot.delete=slot-only" },
	{ "a table removed under the read lock freezes all its 512 entries", SHARED_REMOVAL, "zap.root_passes=single" },
};

struct scene {
	struct lab	*l;
	const struct row *row;
	struct rt_gate	 at_swap, go_on;
	unsigned int	 swaps;
	int		 ret[8];
	bool		 flag, flag_seen;
};

static int slot(struct lab *l, enum mmu_slot_change change, uint16_t id, gfn_t base, uint64_t npages, uint32_t flags)
{
	struct mmu_slot s = { .id = id, .base_gfn = base, .npages = npages, .flags = flags,
			      .hva = id == 1 ? LAB_HVA : LAB_HVA + (1ULL << 36) };

	return mmu_memslot(l->mmu, change, &s);
}

static void refused(void *arg)
{
	struct scene *s = arg;
	struct lab *l = s->l;

	s->ret[0] = slot(l, MMU_SLOT_CREATE, 1, G, LAB_PAGES, 0);
	s->ret[1] = slot(l, MMU_SLOT_CREATE, 1, FAR, LAB_PAGES, 0);
	s->ret[2] = slot(l, MMU_SLOT_CREATE, 2, G + LAB_PAGES - 1, 2, 0);
	s->ret[3] = slot(l, MMU_SLOT_DELETE, 3, 0, 0, 0);
	s->ret[4] = slot(l, MMU_SLOT_MOVE, 1, FAR, 5, 0);
	s->ret[5] = slot(l, MMU_SLOT_CREATE, 4, G + LAB_PAGES, 0, 0);
	s->ret[6] = slot(l, MMU_SLOT_FLAGS, 1, G, LAB_PAGES, 1);
	s->ret[7] = slot(l, MMU_SLOT_FLAGS, 1, G, LAB_PAGES, 0);
	s->flag = lab_fault(l, 0, G, MMU_W, 1) == RET_PF_FIXED;
}

static void check_refused(const struct scene *s)
{
	static const int want[8] = { 0, -EEXIST, -EEXIST, -ENOENT, -EINVAL, -EINVAL, 0, 0 };

	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(s->ret[i], want[i]);
	assert_true(s->flag);
}

/* The updater stops before its second publication until the vCPU has faulted. */
static uint64_t before_swap(void *arg, unsigned int task, enum rt_pin pin)
{
	struct scene *s = arg;

	if (task == 0 || pin != RT_PIN_SWAP || ++s->swaps != 2)
		return 0;
	rt_gate_raise(&s->at_swap, 1);
	rt_gate_wait(&s->go_on, 1);
	return 0;
}

static void during(void *arg)
{
	struct scene *s = arg;
	struct lab *l = s->l;
	enum mmu_slot_change change = s->row->kind == DURING_MOVE ? MMU_SLOT_MOVE : MMU_SLOT_DELETE;

	if (rt_self()) {
		rt_gate_wait(&s->at_swap, 0);
		s->ret[7] = slot(l, change, 1, FAR, LAB_PAGES, 0);
		rt_gate_raise(&s->at_swap, 2);
		return;
	}
	rt_gate_wait(&s->at_swap, 1);
	s->ret[0] = lab_fault(l, 0, G, MMU_W, 1);
	s->ret[1] = lab_fault(l, 0, FAR, MMU_W, 1);
	rt_gate_raise(&s->go_on, 1);
	rt_gate_wait(&s->at_swap, 2);
	s->ret[2] = lab_fault(l, 0, G, MMU_W, 1);
	s->ret[3] = lab_fault(l, 0, FAR, MMU_W, 1);
}

static void prepare(void *arg)
{
	struct scene *s = arg;

	slot(s->l, MMU_SLOT_CREATE, 1, G, LAB_PAGES, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	s->flag = lab_fault(s->l, 0, G, MMU_W, 1) == RET_PF_FIXED;
}

static void check_during(struct scene *s)
{
	int level;

	assert_int_equal(s->ret[7], 0);
	assert_int_equal(s->ret[0], RET_PF_RETRY);
	assert_int_equal(s->ret[1], RET_PF_EMULATE);
	assert_int_equal(s->ret[2], RET_PF_EMULATE);
	/* A moved slot comes with an MMIO entry in its way: the fault replaces it. */
	assert_int_equal(s->ret[3], s->row->kind == DURING_MOVE ? RET_PF_FIXED : RET_PF_EMULATE);
	assert_false(lab_leaf(s->l, G, &level));
	assert_int_equal(!!lab_leaf(s->l, FAR, &level), s->row->kind == DURING_MOVE);
}

/* Task 1 holds a window open; task 0 creates a slot meanwhile. */
static void await_window(void *arg)
{
	struct scene *s = arg;

	if (rt_self()) {
		mmu_invalidate_start(s->l->mmu, lab_hva(G), lab_hva(G + 1), true);
		rt_gate_raise(&s->at_swap, 1);
		rt_idle(2000000);
		s->flag = true;
		mmu_invalidate_end(s->l->mmu, lab_hva(G), lab_hva(G + 1));
		return;
	}
	rt_gate_wait(&s->at_swap, 1);
	slot(s->l, MMU_SLOT_CREATE, 2, FAR, 16, 0);
	s->flag_seen = s->flag;
}

static void two_slots(struct scene *s)
{
	slot(s->l, MMU_SLOT_CREATE, 1, G, LAB_PAGES, 0);
	slot(s->l, MMU_SLOT_CREATE, 2, FAR, 16, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	s->ret[0] = lab_fault(s->l, 0, G, MMU_W, 1);
	s->ret[1] = lab_fault(s->l, 0, FAR, MMU_W, 1);
	lab_forget(s->l);
	s->ret[2] = slot(s->l, MMU_SLOT_DELETE, 1, 0, 0, 0);
}

static void zap(void *arg)
{
	struct scene *s = arg;
	struct mmu_stats st;

	two_slots(s);
	s->flag = lab_touch(s->l, 0, FAR, MMU_W);
	s->ret[3] = lab_fault(s->l, 0, FAR, MMU_W, 1);
	mmu_stats(s->l->mmu, &st);
	s->ret[4] = (int)st.pages[1];
}

static void check_zap(const struct scene *s)
{
	bool all = s->row->kind == FAST_ZAP;

	assert_int_equal(s->ret[2], 0);
	assert_int_equal(s->flag, !all);
	assert_int_equal(s->ret[3], all ? RET_PF_FIXED : RET_PF_SPURIOUS);
	assert_int_equal(s->ret[4], 1);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

static void removal(void *arg)
{
	two_slots(arg);
}

/* One path of three tables per slot below one L3 table; 512 L4 entries are not part of any removal. */
static void check_removal(const struct scene *s)
{
	assert_int_equal(count(s->l->said, "zap-page"), 5);
	assert_int_equal(count(s->l->said, "> 0x80000000000005a0"), 5 * 512);
	assert_int_equal(count(s->l->said, "0x8000000000000000 > 0x80000000000005a0"), 5 * 512 - 4 - 2);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row };
	void *args[2] = { &s, &s };

	lab_init(&l);
	lab_policy(&l, row->policy);
	lab_open(&l);
	rt_gate_init(&s.at_swap);
	rt_gate_init(&s.go_on);
	switch (row->kind) {
	case REFUSED:
		lab_run(&l, 1, 1, refused, args);
		check_refused(&s);
		break;
	case DURING_DELETE:
	case DURING_MOVE:
		lab_run(&l, 1, 1, prepare, args);
		assert_true(s.flag);
		l.rt.pin = before_swap;
		l.rt.pin_arg = &s;
		lab_run(&l, 2, 1, during, args);
		check_during(&s);
		break;
	case AWAIT_WINDOW:
		lab_run(&l, 1, 1, prepare, args);
		s.flag = false;
		lab_run(&l, 2, 0, await_window, args);
		assert_true(s.flag_seen);
		break;
	case FAST_ZAP:
	case SLOT_ZAP:
		lab_run(&l, 1, 1, zap, args);
		check_zap(&s);
		break;
	case SHARED_REMOVAL:
		lab_run(&l, 1, 1, removal, args);
		check_removal(&s);
		break;
	}
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("slots", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
