// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asynchronous page faults.  Where the host must read a page in, the fault leaves that to a worker and ends; the vCPU
 * halts, or the guest does something else.  When the page is there and the vCPU comes by,
 *
 * - KVM maps it ahead of the guest's next try: a fault without an exit of its own, which therefore no
 *   kvm_page_fault begins.  On a thread that awaits a page, what only a fault does, outside any, is that.
 * - kvm_async_pf_ready follows, and says which page it was.
 */
#include "capture/fold_state.h"

static void await(struct fold *f, struct task *t, const struct raw *r)
{
	struct vcpu_state *v = &t->v;
	struct attempt *at = &v->at;
	struct ev ev = { .kind = OBS_PIN, .vm = (uint16_t)t->vm };

	if (!op_fault_level(f, t)) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	at->pending = true;
	ev.pin.pin = PIN_PENDING;
	emit_obs(f, t, r->ts_ns, &ev);
	op_touch(t, r->ts_ns);
}

void async_not_present(struct fold *f, struct task *t, const struct raw *r)
{
	struct vcpu_state *v = &t->v;

	await(f, t, r);
	if (f->why || v->nr_awaited == ARRAY_SIZE(v->awaited))
		return;
	v->awaited[v->nr_awaited++] = (struct awaited){ v->at.gfn, v->at.error_code, v->at.access };
}

void async_repeated(struct fold *f, struct task *t, const struct raw *r)
{
	await(f, t, r);
}

void async_begin(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct vcpu_state *v = &t->v;

	if (!v->nr_awaited || op_find(t, EV_OP_FAULT))
		return;
	async_end(f, t, 0);
	op_end_all(f, t);
	if (v->undecided)
		vcpu_decide(f, t, RET_PF_UNKNOWN);
	v->at = (struct attempt){ .ahead = true, .begin_ns = ts_ns, .fast = RET_PF_UNKNOWN, .stage2 = RET_PF_UNKNOWN };
	op_begin(f, t, EV_OP_FAULT, EV_NONE, ts_ns, t->vm);
}

void async_settle(struct task *t, uint64_t end_ns, enum ret_pf result)
{
	struct vcpu_state *v = &t->v;

	v->ahead_open = true;
	v->ahead_result = result;
	v->ahead_end_ns = end_ns;
}

/* What was awaited at @gfn, which is so no longer; the oldest, if nobody knows of it. */
static struct awaited take(struct vcpu_state *v, gfn_t gfn)
{
	struct awaited found;
	uint32_t i = 0;

	while (i + 1 < v->nr_awaited && v->awaited[i].gfn != gfn)
		i++;
	found = v->awaited[i];
	for (v->nr_awaited--; i < v->nr_awaited; i++)
		v->awaited[i] = v->awaited[i + 1];
	return found;
}

/* Before 6.12 the error code is not kept: it is mapped as for a read.  KVM mmu.c, kvm_arch_async_page_ready(). */
static void write_ahead(struct fold *f, struct task *t, const struct awaited *page)
{
	struct vcpu_state *v = &t->v;
	bool kept = f->release >= KVM_6_12;
	struct ev_opclose c = {
		.gfn = page->gfn, .op = EV_OP_FAULT, .result = v->ahead_result, .stimulus = EV_NO_STIMULUS,
		.access = (kept ? page->access : EV_F_R) | EV_F_AHEAD,
		.error_code = kept ? (uint32_t)page->error_code : 0,
	};

	op_write(f, t, v->ahead_end_ns, v->at.begin_ns, &c, t->vm, 0);
	if (v->active && v->acc.gfn == page->gfn)
		vcpu_note_host(v, v->ahead_result);
}

void async_end(struct fold *f, struct task *t, gfn_t gfn)
{
	struct vcpu_state *v = &t->v;
	struct awaited page = { .gfn = gfn };

	if (!gfn && v->at.ahead)
		page.gfn = gfn = v->at.gfn;
	if (v->nr_awaited && gfn)
		page = take(v, gfn);
	if (v->ahead_open)
		write_ahead(f, t, &page);
	v->ahead_open = false;
}

void async_ready(struct fold *f, struct task *t, const struct raw *r)
{
	if (op_fault_level(f, t) && t->v.at.ahead)
		vcpu_settle(f, t, r->ts_ns, RET_PF_UNKNOWN);
	async_end(f, t, r->v[1] >> f->meta->page_shift);
}
