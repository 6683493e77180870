/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each knob against one thing it changes; those of retries and slots are in retry_test and slot_test. */
#include "test/unit/x86/lab.h"

#define G	LAB_GFN
#define FAR	(G + 0x100000)
#define FAR_HVA	(LAB_HVA + (1ULL << 36))
#define NPF_EMPTY_WRITE	0x100000006ULL

enum scene_kind { LOAD_BESIDE_FAULT, ZAP_IN_INVALID_ROOT, MAPPED_MEANWHILE, READ_ONLY_MEANWHILE, WHO_ZAPS };

enum task_number { VCPU, DELETER, WORKER, NR_TASKS };

static const struct row {
	const char	*name;
	enum scene_kind	 kind;
	const char	*policy;
	int		 want;
} rows[] = {
	{ "root.lock=read: a root is taken while a fault holds the lock", LOAD_BESIDE_FAULT, "root.lock=read", 1 },
	{ "root.lock=write: after it", LOAD_BESIDE_FAULT, "root.lock=write", 0 },
	{ "zap.invalid_root_flush=no: nobody runs there", ZAP_IN_INVALID_ROOT, "zap.invalid_root_flush=no", 0 },
	{ "zap.invalid_root_flush=yes: one flush", ZAP_IN_INVALID_ROOT, "zap.invalid_root_flush=yes", 1 },
	{ "fault.early_spurious=no: the entry is written once more", MAPPED_MEANWHILE, "fault.early_spurious=no",
	  RET_PF_FIXED },
	{ "fault.early_spurious=yes: it is left alone", MAPPED_MEANWHILE, "fault.early_spurious=yes", RET_PF_SPURIOUS },
	{ "but not one that does not permit the access", READ_ONLY_MEANWHILE, "fault.early_spurious=yes", RET_PF_FIXED },
	{ "zap.fast_worker=sync: whoever deletes the slot zaps the old root", WHO_ZAPS, "zap.fast_worker=sync", DELETER },
	{ "zap.fast_worker=async: the worker", WHO_ZAPS, "zap.fast_worker=async", WORKER },
	{ "zap.fast_worker=vcpu-put: the vCPU that leaves it last", WHO_ZAPS, "zap.fast_worker=vcpu-put", VCPU },
};

struct scene {
	struct lab	*l;
	const struct row *row;
	struct rt_gate	 there, done;
	bool		 deleting;
	unsigned int	 locks;		/* RT_PIN_LOCK met by task 0 since */
	uint64_t	 flushes;
	bool		 loaded;
	int		 got;		/* WHO_ZAPS: the one task that did, or -1, or NR_TASKS for several */
};

static int slot(struct lab *l, enum mmu_slot_change change, uint16_t id, gfn_t base, hva_t hva)
{
	struct mmu_slot s = { .id = id, .base_gfn = base, .npages = 64, .hva = hva };

	return mmu_memslot(l->mmu, change, &s);
}

/* Under the write lock the loader cannot finish before the fault: then there is nothing to wait for but time. */
static uint64_t in_fault(struct scene *s)
{
	if (s->row->want)
		rt_gate_wait(&s->done, 1);
	else
		rt_idle(2000000);
	s->got = s->loaded;
	return 0;
}

static uint64_t pin(void *arg, unsigned int task, enum rt_pin pin)
{
	struct scene *s = arg;

	if (task)
		return 0;
	if (s->row->kind == LOAD_BESIDE_FAULT && pin == RT_PIN_MAP) {
		rt_gate_raise(&s->there, 1);
		return in_fault(s);
	}
	/* Every root has gone invalid; the second time is before the first of them is zapped. */
	if (s->row->kind == ZAP_IN_INVALID_ROOT && pin == RT_PIN_LOCK && s->deleting && ++s->locks == 2) {
		rt_gate_raise(&s->there, 1);
		rt_gate_wait(&s->done, 1);
	}
	return 0;
}

static void load_beside_fault(struct scene *s)
{
	struct lab *l = s->l;

	if (rt_self() == 0) {
		lab_slot(l, MMU_SLOT_CREATE, 0);
		lab_fault(l, 0, G, MMU_W, 1);
		return;
	}
	rt_gate_wait(&s->there, 1);
	mmu_vcpu_load(l->mmu, 1);
	s->loaded = true;
	rt_gate_raise(&s->done, 1);
}

static void zap_in_invalid_root(struct scene *s)
{
	struct lab *l = s->l;

	if (rt_self() == 0) {
		slot(l, MMU_SLOT_CREATE, 1, G, LAB_HVA);
		slot(l, MMU_SLOT_CREATE, 2, FAR, FAR_HVA);
		lab_fault(l, 0, G, MMU_W, 1);
		s->deleting = true;
		slot(l, MMU_SLOT_DELETE, 2, FAR, FAR_HVA);
		return;
	}
	rt_gate_wait(&s->there, 1);
	s->flushes = l->mmu->counters.flushes;
	mmu_invalidate_start(l->mmu, LAB_HVA, LAB_HVA + 4096, true);
	s->got = (int)(l->mmu->counters.flushes - s->flushes);
	mmu_invalidate_end(l->mmu, LAB_HVA, LAB_HVA + 4096);
	rt_gate_raise(&s->done, 1);
}

/* The fault was taken for an empty entry, and finds one that another vCPU has filled. */
static void mapped_meanwhile(struct scene *s)
{
	struct mmu_access first = { .gfn = G, .access = MMU_W, .host_level = 1, .host_writable = true, .pfn = LAB_PFN(G) };
	struct mmu_access second = first;

	if (rt_self())
		return;
	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	if (s->row->kind == READ_ONLY_MEANWHILE) {
		first.access = MMU_R;
		first.host_writable = false;
	}
	mmu_fault(s->l->mmu, 0, &first);
	second.error_code = NPF_EMPTY_WRITE;
	s->got = (int)mmu_fault(s->l->mmu, 1, &second);
}

static void who_zaps(struct scene *s)
{
	struct lab *l = s->l;

	switch (rt_self()) {
	case VCPU:
		slot(l, MMU_SLOT_CREATE, 1, G, LAB_HVA);
		lab_fault(l, 0, G, MMU_W, 1);
		rt_gate_raise(&s->there, 1);
		rt_gate_wait(&s->done, 1);
		mmu_vcpu_load(l->mmu, 0);
		break;
	case DELETER:
		rt_gate_wait(&s->there, 1);
		slot(l, MMU_SLOT_DELETE, 1, G, LAB_HVA);
		rt_gate_raise(&s->done, 1);
		mmu_worker_stop(l->mmu);
		break;
	case WORKER:
		mmu_worker(l->mmu);
		break;
	}
}

/* A leaf goes away: by whom? */
static void note_zap(void *arg, unsigned int task, const struct obs *o)
{
	struct scene *s = arg;

	if (o->kind == OBS_SPTE_CHANGED && o->spte.level == 1 && spte_is_present(o->spte.old))
		s->got = s->got < 0 ? (int)task : NR_TASKS;
}

static void task(void *arg)
{
	struct scene *s = arg;

	switch (s->row->kind) {
	case LOAD_BESIDE_FAULT:
		load_beside_fault(s);
		break;
	case ZAP_IN_INVALID_ROOT:
		zap_in_invalid_root(s);
		break;
	case MAPPED_MEANWHILE:
	case READ_ONLY_MEANWHILE:
		mapped_meanwhile(s);
		break;
	case WHO_ZAPS:
		who_zaps(s);
		break;
	}
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row, .got = -1 };
	void *args[NR_TASKS] = { &s, &s, &s };

	lab_init(&l);
	lab_policy(&l, row->policy);
	l.config.worker = row->kind == WHO_ZAPS;
	lab_open(&l);
	if (row->kind == WHO_ZAPS)
		l.sink = (struct mmu_sink){ .emit = note_zap, .arg = &s };
	rt_gate_init(&s.there);
	rt_gate_init(&s.done);
	l.rt.pin = pin;
	l.rt.pin_arg = &s;
	lab_run(&l, row->kind == WHO_ZAPS ? 3 : 2, row->kind == WHO_ZAPS ? 1 : 2, task, args);
	assert_int_equal(s.got, row->want);
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("knobs", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
