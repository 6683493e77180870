/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When does an invalidation make a fault start over?  Windows are open when
 * the fault begins, or another task acts while the fault waits at a pin.
 */
#include "test/unit/x86/lab.h"

#define G LAB_GFN
#define NO_PIN (-1)

enum act_kind { NOTHING, OPEN, CLOSE, BOTH };

struct act {
	enum act_kind	kind;
	gfn_t		gfn;
	uint64_t	pages;
};

static const struct row {
	const char	*name;
	const char	*policy[2];
	struct act	 before[4];
	int		 pin;		/* where the fault waits for ... */
	struct act	 meanwhile;
	int		 want;
	const char	*pins;		/* those the fault passed: s(napshot) l(ooked up) k (locked) m(ap) */
} rows[] = {
	{ "no window", { NULL }, { { .kind = NOTHING } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "a window over the page: retry before the host is asked", { NULL },
	  { { OPEN, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "without prechecks the same is found under the lock", { "fault.precheck=none" },
	  { { OPEN, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "slk" },
	{ "with one precheck too, when the window opens after it", { "fault.precheck=before" },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { OPEN, G, 4 }, RET_PF_RETRY, "slk" },
	{ "with both, the second finds it", { NULL },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { OPEN, G, 4 }, RET_PF_RETRY, "sl" },
	{ "a window elsewhere does not matter", { NULL },
	  { { OPEN, G + 100, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "any: it does", { "fault.retry_key=any" },
	  { { OPEN, G + 100, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "hull-hva: elsewhere", { "fault.retry_key=hull-hva" },
	  { { OPEN, G + 100, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "hull-hva: over the page", { "fault.retry_key=hull-hva", "fault.precheck=none" },
	  { { OPEN, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "slk" },
	{ "two windows on one side: the hull does not reach the page", { NULL },
	  { { OPEN, G + 100, 4 }, { OPEN, G + 200, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "two windows around it: the hull covers what is between", { NULL },
	  { { OPEN, G + 0x1000, 4 }, { OPEN, G - 5, 5 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "exact: only the windows themselves", { "fault.retry_key=exact" },
	  { { OPEN, G + 0x1000, 4 }, { OPEN, G - 5, 5 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "exact: over the page", { "fault.retry_key=exact" },
	  { { OPEN, G + 0x1000, 4 }, { OPEN, G, 5 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "a window that closed", { NULL },
	  { { OPEN, G, 4 }, { CLOSE, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "the hull does not shrink while another is open", { NULL },
	  { { OPEN, G, 4 }, { OPEN, G + 100, 4 }, { CLOSE, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "exact: it does", { "fault.retry_key=exact" },
	  { { OPEN, G, 4 }, { OPEN, G + 100, 4 }, { CLOSE, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "an unrelated window that ended before the snapshot", { NULL },
	  { { .kind = NOTHING } }, RT_PIN_SNAPSHOT, { BOTH, G + 100, 4 }, RET_PF_FIXED, "slkm" },
	{ "an unrelated one that ended after it: retry, whatever the page", { NULL },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { BOTH, G + 100, 4 }, RET_PF_RETRY, "sl" },
	{ "exact: the same", { "fault.retry_key=exact", "fault.precheck=none" },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { BOTH, G + 100, 4 }, RET_PF_RETRY, "slk" },
	{ "one that is only open elsewhere: no retry", { NULL },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { OPEN, G + 100, 4 }, RET_PF_FIXED, "slkm" },
	{ "a window that no slot matches is no window", { "fault.retry_key=any" },
	  { { OPEN, G + 0x100000, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "nor when it came and went since the snapshot", { NULL },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { BOTH, G + 0x100000, 4 }, RET_PF_FIXED, "slkm" },
	{ "notifier.lock=always: it counts, and makes any fault retry", { "notifier.lock=always" },
	  { { .kind = NOTHING } }, RT_PIN_LOOKED_UP, { BOTH, G + 0x100000, 4 }, RET_PF_RETRY, "sl" },
	{ "always: open, it covers no page", { "notifier.lock=always" },
	  { { OPEN, G + 0x100000, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "always, any: it does", { "notifier.lock=always", "fault.retry_key=any" },
	  { { OPEN, G + 0x100000, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "always, hull-hva: the hull reaches over all host memory between", { "notifier.lock=always",
	  "fault.retry_key=hull-hva" }, { { OPEN, G + 0x100000, 4 }, { OPEN, G - 5, 4 } }, NO_PIN, { .kind = NOTHING },
	  RET_PF_RETRY, "s" },
	{ "hull_reset=exact: the hull shrinks while another is open", { "notifier.hull_reset=exact" },
	  { { OPEN, G, 4 }, { OPEN, G + 100, 4 }, { CLOSE, G, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "hull_reset=exact: not below what is open", { "notifier.hull_reset=exact" },
	  { { OPEN, G - 5, 4 }, { OPEN, G + 100, 4 }, { OPEN, G + 200, 4 }, { CLOSE, G + 200, 4 } }, NO_PIN,
	  { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "hull_reset=exact, hull-hva: the same in host addresses", { "notifier.hull_reset=exact",
	  "fault.retry_key=hull-hva" }, { { OPEN, G, 4 }, { OPEN, G + 100, 4 }, { CLOSE, G, 4 } }, NO_PIN,
	  { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
	{ "the last page of a window", { NULL },
	  { { OPEN, G - 3, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_RETRY, "s" },
	{ "the page after a window", { NULL },
	  { { OPEN, G - 4, 4 } }, NO_PIN, { .kind = NOTHING }, RET_PF_FIXED, "slkm" },
};

#define PAGE (G + 50)	/* rows count from 50 pages into the slot, so that there is room before it */

struct scene {
	struct lab	 *l;
	const struct row *row;
	struct rt_gate	  at_pin, go_on;
	enum ret_pf	  got;
	char		  pins[8];
	unsigned int	  nr_pins;
};

static void act(struct lab *l, const struct act *a)
{
	hva_t start = lab_hva(a->gfn + 50), end = lab_hva(a->gfn + 50 + a->pages);

	if (a->kind == OPEN || a->kind == BOTH)
		mmu_invalidate_start(l->mmu, start, end, true);
	if (a->kind == CLOSE || a->kind == BOTH)
		mmu_invalidate_end(l->mmu, start, end);
}

static uint64_t at_pin(void *arg, unsigned int task, enum rt_pin pin)
{
	static const char letters[RT_PIN_NR] = {
		[RT_PIN_SNAPSHOT] = 's', [RT_PIN_LOOKED_UP] = 'l', [RT_PIN_LOCKED] = 'k', [RT_PIN_MAP] = 'm',
	};
	struct scene *s = arg;

	if (task || !letters[pin])
		return 0;
	s->pins[s->nr_pins++] = letters[pin];
	if ((int)pin == s->row->pin) {
		rt_gate_raise(&s->at_pin, 1);
		rt_gate_wait(&s->go_on, 1);
	}
	return 0;
}

static void faulter(struct scene *s)
{
	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < 4; i++)
		act(s->l, &s->row->before[i]);
	mmu_vcpu_load(s->l->mmu, 0);
	s->got = lab_fault(s->l, 0, PAGE, MMU_W, 1);
	rt_gate_raise(&s->at_pin, 1);
}

static void other(struct scene *s)
{
	rt_gate_wait(&s->at_pin, 1);
	act(s->l, &s->row->meanwhile);
	rt_gate_raise(&s->go_on, 1);
}

static void task(void *arg)
{
	struct scene *s = arg;

	if (rt_self() == 0)
		faulter(s);
	else
		other(s);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row, .got = RET_PF_UNKNOWN };
	void *args[2] = { &s, &s };
	int level;

	lab_init(&l);
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	rt_gate_init(&s.at_pin);
	rt_gate_init(&s.go_on);
	l.rt.pin = at_pin;
	l.rt.pin_arg = &s;
	lab_run(&l, 2, 1, task, args);
	assert_string_equal(ret_pf_name(s.got), ret_pf_name(row->want));
	assert_string_equal(s.pins, row->pins);
	assert_int_equal(lab_leaf(&l, PAGE, &level) != 0, row->want == RET_PF_FIXED);
	mmu_check(l.mmu);
	lab_close(&l);
}

int main(void)
{
	return table_run("when a fault retries", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
