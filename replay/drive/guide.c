/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One runtime task per recorded task; straight line through its operations:
 * wait until it began, perform it, compare, repair.
 */
#include "replay/drive/guide.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/drive/guide_state.h"
#include "replay/nx_rounds.h"
#include "replay/recorded_knobs.h"

static void emit(void *arg, unsigned int task, const struct obs *obs)
{
	struct guide *g = arg;
	struct running *r = g->actors[task].top;

	if (!r || r->mends)
		return;
	if (r->nr_said == r->cap_said) {
		r->cap_said = r->cap_said ? r->cap_said * 2 : 64;
		r->said = xreallocarray(r->said, r->cap_said, sizeof(*r->said));
	}
	r->said[r->nr_said++] = *obs;
	guide_pace(&g->actors[task], obs);
}

static void before(void *arg, unsigned int task, gfn_t gfn)
{
	struct guide *g = arg;

	if (g->actors[task].top && !g->actors[task].top->mends)
		guide_before(&g->actors[task], gfn);
}

static void reads(void *arg, unsigned int task, const struct mmu_read *what)
{
	struct guide *g = arg;

	if (g->actors[task].top)
		guide_shadow_reads(g, g->actors[task].top, what);
}

static pfn_t page(void *arg, unsigned int task, gfn_t gfn)
{
	const struct guide *g = arg;

	return g->actors[task].top ? guide_shadow_page(g, g->actors[task].top, gfn) : MMU_PFN_NONE;
}

static unsigned int nr_vcpus(const struct ev_meta *meta, uint32_t vm)
{
	unsigned int nr = meta->vms[vm].nr_vcpus;

	for (size_t i = 0; i < meta->nr_tasks; i++)
		if (meta->tasks[i].vm == (int32_t)vm && meta->tasks[i].vcpu >= (int32_t)nr)
			nr = meta->tasks[i].vcpu + 1;
	return nr ? nr : 1;
}

/* --- one operation ---------------------------------------------------------- */

static struct mmu_slot slot_of(const struct ev_slot *s)
{
	return (struct mmu_slot){ .id = s->id, .as_id = s->as_id, .flags = s->flags,
				  .base_gfn = s->gfn, .npages = s->npages, .hva = s->hva };
}

static void run_memslot(struct mmu *mmu, const struct ev *stim)
{
	static const enum mmu_slot_change changes[] = {
		[EV_SLOT_CREATE] = MMU_SLOT_CREATE, [EV_SLOT_DELETE] = MMU_SLOT_DELETE,
		[EV_SLOT_MOVE] = MMU_SLOT_MOVE,	    [EV_SLOT_FLAGS] = MMU_SLOT_FLAGS,
	};
	struct mmu_slot slot = slot_of(&stim->slot);

	if (stim->slot.change < ARRAY_SIZE(changes))
		mmu_memslot(mmu, changes[stim->slot.change], &slot);
}

static void run_dirty(struct mmu *mmu, const struct ev *stim)
{
	const struct obs_gfns *s = &stim->gfns;

	switch (stim->kind) {
	case EV_DIRTY_GET:
		mmu_dirty_get(mmu, s->level, s->slot);
		break;
	case EV_DIRTY_CLEAR:
		mmu_dirty_clear(mmu, s->level, s->slot, s->gfn, s->count);
		break;
	case EV_DIRTY_RESET:
		mmu_dirty_reset(mmu, s->slot, s->count, stim->flags & EV_F_LAST);
		break;
	case EV_DIRTY_MASK:
		mmu_dirty_mask(mmu, s->gfn, s->count, stim->flags & EV_F_LAST);
		break;
	}
}

static void run_start(struct actor *a, struct mmu *mmu, const struct ev *stim)
{
	mmu_invalidate_start(mmu, stim->hvas.start, stim->hvas.end, !(stim->flags & EV_F_NOBLOCK));
	guide_walk_over(a->g, a->top);
	if (!a->g->rec->meta->has_ends)
		guide_will_end(a, a->top->op);
}

static void run_age(const struct guide *g, struct mmu *mmu, const struct rec_op *op, const struct ev *stim)
{
	enum mmu_age how = stim->flags & EV_F_FLUSH ? MMU_AGE_CLEAR_FLUSH : MMU_AGE_CLEAR;

	guide_touch(g, mmu, op);
	mmu_age(mmu, stim->hvas.start, stim->hvas.end, op->kind == EV_OP_TEST_AGE ? MMU_AGE_TEST : how);
}

/* A fault that was served is followed by the access itself, in which hardware sets A and D. */
static enum ret_pf run_fault(const struct guide *g, struct mmu *mmu, const struct rec_op *op, unsigned int vcpu)
{
	struct mmu_access access = guide_facts(g, op);
	enum ret_pf ret = mmu_fault(mmu, vcpu, &access);
	bool served = ret == RET_PF_FIXED || ret == RET_PF_SPURIOUS || ret == RET_PF_RELAXED || ret == RET_PF_YOUNG;

	if (!access.ahead && served) {
		rt_idle_until(op->end_ns);
		mmu_touch(mmu, vcpu, &access);
	}
	return ret;
}

/* At the end of a VM a host task unloads its vCPUs, one after the other. */
static void run_unload(struct guide *g, struct mmu *mmu, const struct rec_op *op, int vcpu)
{
	if (vcpu < 0)
		vcpu = g->unloaded[op->vm]++ % nr_vcpus(g->rec->meta, op->vm);
	mmu_vcpu_unload(mmu, vcpu);
}

/* Without the TDP MMU nothing is left but roots, which go with the vCPUs: where that is recorded, it comes later. */
static void run_destroy(const struct guide *g, struct mmu *mmu, const struct rec_op *op)
{
	if (!guide_is_rmaps(g) || op->next == REC_NONE || g->rec->ops[op->next].kind != EV_OP_VCPU_UNLOAD)
		mmu_teardown(mmu);
}

/*
 * Is it a root of address space 1 that a vCPU takes?  The root that is made for it says so; of
 * one that was there already, the entries that its next faults change.
 */
static bool loads_smm(const struct recording *rec, const struct rec_op *op)
{
	const struct rec_obs *o = rec_find(rec, op, OBS_GET_PAGE, 0);

	if (o)
		return role_smm(o->o.page.role);
	for (uint32_t i = op->next; i != REC_NONE; i = rec->ops[i].next) {
		const struct rec_op *next = &rec->ops[i];

		if (next->kind == EV_OP_VCPU_LOAD)
			break;
		o = next->kind == EV_OP_FAULT ? rec_find(rec, next, OBS_SPTE_CHANGED, 0) : NULL;
		if (o)
			return o->o.spte.as_id;
	}
	return false;
}

/* Return: the fault's result, RET_PF_UNKNOWN for anything else. */
static enum ret_pf run_op(struct actor *a, const struct rec_op *op)
{
	struct guide *g = a->g;
	struct mmu *mmu = g->mmus[op->vm];
	const struct ev *stim = rec_op_stim(g->rec, op);
	int vcpu = g->rec->meta->tasks[op->task].vcpu;

	switch ((enum ev_op)op->kind) {
	case EV_OP_FAULT:
		if (rec_op_only_walks(g->rec, op))
			break;
		guide_shadow_root(a, op, vcpu);
		return run_fault(g, mmu, op, vcpu);
	case EV_OP_INVALIDATE_START:
		run_start(a, mmu, stim);
		break;
	case EV_OP_INVALIDATE_END:
		mmu_invalidate_end(mmu, stim->hvas.start, stim->hvas.end);
		break;
	case EV_OP_AGE:
	case EV_OP_TEST_AGE:
		run_age(g, mmu, op, stim);
		break;
	case EV_OP_SET_SPTE:
		mmu_set_spte(mmu, stim->hvas.start, stim->hvas.end);
		break;
	case EV_OP_MEMSLOT:
		run_memslot(mmu, stim);
		break;
	case EV_OP_VCPU_LOAD:
		mmu_vcpu_smm(mmu, vcpu, loads_smm(g->rec, op));
		guide_shadow_root(a, op, vcpu);
		mmu_vcpu_load(mmu, vcpu);
		break;
	case EV_OP_VCPU_UNLOAD:
		run_unload(g, mmu, op, vcpu);
		break;
	case EV_OP_DIRTY:
		run_dirty(mmu, stim);
		break;
	case EV_OP_ZAP_RANGE:
		mmu_zap_gfn_range(mmu, stim->gfns.gfn, stim->gfns.gfn + stim->gfns.count);
		break;
	case EV_OP_NX_RECOVER:
		guide_nx_recover(g, mmu, op);
		break;
	case EV_OP_NX_TOGGLE:
		mmu_nx_toggle(mmu);
		break;
	case EV_OP_ZAP_ALL:
		mmu_zap_all(mmu);
		break;
	case EV_OP_VM_DESTROY:
		run_destroy(g, mmu, op);
		break;
	default:
		guide_shadow_perform(a, op, vcpu);
		break;
	}
	return RET_PF_UNKNOWN;
}

static bool needs_stimulus(unsigned int kind)
{
	return kind == EV_OP_INVALIDATE_START || kind == EV_OP_INVALIDATE_END || kind == EV_OP_AGE ||
	       kind == EV_OP_TEST_AGE || kind == EV_OP_SET_SPTE || kind == EV_OP_MEMSLOT ||
	       kind == EV_OP_DIRTY || kind == EV_OP_ZAP_RANGE || kind == EV_OP_CR3 || kind == EV_OP_INVLPG ||
	       kind == EV_OP_PT_WRITE || kind == EV_OP_PAGE_LIMIT;
}

static bool needs_vcpu(unsigned int kind)
{
	return kind == EV_OP_FAULT || kind == EV_OP_VCPU_LOAD || kind == EV_OP_CR3 || kind == EV_OP_SYNC_ROOTS ||
	       kind == EV_OP_INVLPG || kind == EV_OP_PT_WRITE;
}

/* Return: why the engine cannot do @op, or NR_SKIPS. */
static enum skip why_skip(const struct guide *g, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(g->rec, op);

	if (op->vm >= g->rec->meta->nr_vms)
		return SKIP_NO_VM;
	if (op->kind == EV_OP_UNKNOWN || op->kind >= EV_NR_OPS)
		return SKIP_UNKNOWN;
	if (needs_stimulus(op->kind) && !stim)
		return SKIP_NO_STIMULUS;
	if (needs_vcpu(op->kind) && g->rec->meta->tasks[op->task].vcpu < 0)
		return SKIP_NO_STIMULUS;
	return NR_SKIPS;
}

static struct replayed said(const struct running *r, enum ret_pf result)
{
	return (struct replayed){ { r->said, r->nr_said, sizeof(*r->said) }, result, r->checked };
}

/* At the evidence the whole judgement, in the consistent order only whether it is exact there. */
static enum outcome judge(struct guide *g, const struct running *r, enum ret_pf result)
{
	const struct guide_job *job = g->job;
	struct replayed p = said(r, result);

	if (!job->consistent)
		return verdict_judge(job->verdict, g->matcher, r->op, &p);
	return verdict_judge_again(job->verdict, g->matcher, r->op, &p);
}

static void skip(struct guide *g, struct running *r, enum skip why)
{
	if (!g->job->consistent)
		verdict_skip(g->job->verdict, g->matcher, r->op, why);
}

static void begin(struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	if (op->kind == EV_OP_FAULT) {
		instants_fault(g->rec, op, &r->fault);
	} else {
		instants_change(g->rec, op, &r->change);
		chains_copied(g->job->chains, g->rec, op, &r->change);
	}
	if (!g->job->consistent)
		order_mend_change(g->job->order, r->op, &r->change);
	else if (op->kind == EV_OP_FAULT)
		order_place_fault(g->job->order, r->op, &r->fault);
	else
		order_place_change(g->job->order, r->op, &r->change);
}

void guide_perform_children(struct actor *a)
{
	struct running *r = a->top;

	while (r->child != REC_NONE) {
		uint32_t op = r->child;

		r->child = a->g->rec->ops[op].next;
		guide_perform(a, op);
	}
	guide_end_windows(a, r->op, UINT64_MAX);
}

static void repair(struct actor *a, struct running *r)
{
	r->mends = true;
	guide_repair(a->g, r);
	r->mends = false;
}

/* Half of its records say nothing of what the engine did, but the state has to go on from them. */
static void lose(struct actor *a, struct running *r)
{
	if (!a->g->job->consistent)
		a->g->job->verdict->ops[r->op].outcome = OUTCOME_LOST;
	repair(a, r);
}

/* On the engine; then the comparison, and the repair where it failed. */
static void perform_modelled(struct actor *a, struct running *r, const struct rec_op *op)
{
	struct guide *g = a->g;
	enum ret_pf result = run_op(a, op);

	guide_walk_over(g, r);
	guide_perform_children(a);
	if (rec_op_lost(g->rec, op)) {
		lose(a, r);
	} else if (judge(g, r, result) == OUTCOME_MISS) {
		repair(a, r);
	}
}

void guide_perform(struct actor *a, uint32_t index)
{
	struct guide *g = a->g;
	const struct rec_op *op = &g->rec->ops[index];
	struct running r = { .op = index, .outer = a->top, .child = op->child };
	enum skip why = why_skip(g, op);

	begin(g, &r);
	guide_end_windows(a, op->parent, op->begin_ns);
	a->top = &r;
	rt_idle_until(op->begin_ns);
	if (guide_is_rmaps(g) && op->vm < g->rec->meta->nr_vms) {
		guide_shadow_tables(g, op);
		guide_pages_go(g, op);
	}
	if (why == NR_SKIPS) {
		perform_modelled(a, &r, op);
	} else {
		guide_perform_children(a);
		skip(g, &r, why);
		if (why != SKIP_NO_VM)
			guide_apply(g, op);
	}
	if (guide_is_rmaps(g) && op->vm < g->rec->meta->nr_vms)
		guide_pages_come(g, op);
	a->top = r.outer;
	free(r.said);
}

static void run_actor(void *arg)
{
	struct actor *a = arg;
	const struct recording *rec = a->g->rec;
	const struct rec_op *round = NULL;

	guide_resume(a);
	guide_reopen(a);
	for (uint32_t op = rec->tasks[a->task].first_op; op != REC_NONE; op = rec->ops[op].next) {
		if (round)
			guide_nx_silence(a, round->vm, round->end_ns, rec->ops[op].begin_ns);
		guide_perform(a, op);
		round = rec->ops[op].kind == EV_OP_NX_RECOVER ? &rec->ops[op] : NULL;
	}
	guide_end_windows(a, REC_NONE, UINT64_MAX);
}

/* --- the run ------------------------------------------------------------------- */

/*
 * Role word of @vm's roots, as the recording shows the first being made; 0: it does not.  Roots of fewer than 4 levels
 * are passed over: a shadowed guest has them while it boots, and the engine never.
 */
static uint32_t root_role(const struct recording *rec, uint32_t vm)
{
	for (uint32_t i = 0; i < rec->nr_ops; i++) {
		const struct rec_op *op = &rec->ops[i];
		const struct rec_obs *made;

		if (op->kind != EV_OP_VCPU_LOAD || op->vm != vm)
			continue;
		made = rec_find(rec, op, OBS_GET_PAGE, 0);
		if (made && !role_smm(made->o.page.role) && role_level(made->o.page.role) >= 4)
			return made->o.page.role;
	}
	return 0;
}

/* Of a VM whose root was made before the recording began: as high as any entry that is told of. */
static int root_level(const struct guide *g, uint32_t vm, uint32_t role)
{
	size_t nr = 0;
	const struct inherited_entry *e;
	int level = 4;

	if (role)
		return role_level(role);
	e = inherited_of(g->job->inherited, vm, &nr);
	for (size_t i = 0; i < nr; i++)
		if (e[i].level == 5)
			level = 5;
	return level;
}

static const struct policy *policy_of(struct guide *g, uint32_t vm)
{
	g->policies[vm] = *g->job->policy;
	recorded_knobs_take(g->rec, vm, g->job->recorded, &g->policies[vm]);
	return &g->policies[vm];
}

/* As the first recycling of pages gave away, whose limit was set by nobody who was seen: it was so from the start. */
static uint64_t page_limit(const struct recording *rec, uint32_t vm)
{
	for (uint32_t i = 0; i < rec->nr_stims; i++) {
		const struct ev *ev = &rec->stims[i].ev;

		if (ev->kind == EV_PAGE_LIMIT && ev->vm == vm)
			return ev->gfns.count;
	}
	return 0;
}

static int create_mmus(struct guide *g, struct err *e)
{
	const struct ev_meta *meta = g->rec->meta;
	struct mmu_config c = {
		.arch = meta->arch, .release = meta->release, .tdp = meta->tdp, .max_level = 3,
		.ad = true, .nx_huge_pages = ev_meta_param_on(meta, "kvm.nx_huge_pages"),
		.mmio_uncached = ev_meta_param_off(meta, "kvm.mmio_caching"),
		.nx_toggles = ev_counts_get(&meta->kinds, ev_kind_name(EV_NX_TOGGLE)),
		.sink = &g->sink, .host = &g->host, .guided = true, .s2 = g->stage2,
		.rmaps = guide_is_rmaps(g), .shadow = meta->shadow,
	};

	g->mmus = xcalloc(meta->nr_vms, sizeof(*g->mmus));
	g->policies = xcalloc(meta->nr_vms, sizeof(*g->policies));
	g->walking = xcalloc(meta->nr_vms, sizeof(*g->walking));
	g->waiting = xcalloc(meta->nr_vms, sizeof(*g->waiting));
	g->unloaded = xcalloc(meta->nr_vms, sizeof(*g->unloaded));
	g->nx = xcalloc(meta->nr_vms, sizeof(*g->nx));
	if (guide_is_rmaps(g)) {
		g->gpte_told = xcalloc(gptes_nr(g->job->gptes) + 1, sizeof(*g->gpte_told));
		g->pages = xcalloc(meta->nr_vms, sizeof(*g->pages));
	}
	for (uint32_t vm = 0; vm < meta->nr_vms; vm++) {
		c.vm = vm;
		c.root_role = root_role(g->rec, vm);
		c.root_level = root_level(g, vm, c.root_role);
		c.policy = policy_of(g, vm);
		c.slot_generation = inherited_generation(g->rec, vm);
		c.valid_gen = inherited_valid_gen(g->rec, vm);
		c.page_limit = page_limit(g->rec, vm);
		c.nr_vcpus = nr_vcpus(meta, vm);
		c.dirty_ring = meta->vms[vm].dirty_ring;
		c.dirty_manual = meta->vms[vm].dirty_manual;
		c.dirty_init_set = meta->vms[vm].dirty_init_set;
		if (mmu_create(&c, &g->mmus[vm]) < 0)
			return err_set(e, ERR_MACHINE, "VM %u: cannot create its MMU; is there memory left?", vm);
		guide_inherit(g, vm);
	}
	return 0;
}

/* A runtime task for each recorded task that has something to do. */
static struct rt_task_def *make_tasks(struct guide *g)
{
	const struct recording *rec = g->rec;
	struct rt_task_def *defs = xcalloc(rec->meta->nr_tasks, sizeof(*defs));

	g->actors = xcalloc(rec->meta->nr_tasks, sizeof(*g->actors));
	for (uint32_t t = 0; t < rec->meta->nr_tasks; t++) {
		const struct ev_task *task = &rec->meta->tasks[t];

		if (rec->tasks[t].first_op == REC_NONE)
			continue;
		g->actors[g->nr_actors] = (struct actor){
			.g = g, .task = t, .root = ROOT_NONE, .nx_sleep_ns = nx_rounds_sleep(rec, t),
		};
		defs[g->nr_actors] = (struct rt_task_def){
			.fn = run_actor, .arg = &g->actors[g->nr_actors],
			.vm = task->vcpu >= 0 ? task->vm : -1,
		};
		g->nr_actors++;
	}
	return defs;
}

static int run_tasks(struct guide *g, struct err *e)
{
	struct rt_task_def *defs = make_tasks(g);
	struct rt_stats stats = { .task = xcalloc(g->nr_actors, sizeof(*stats.task)) };
	struct rt_config config = {
		.policy = g->job->policy, .grain = RT_GRAIN_ACCESS, .seed = g->job->seed,
		.pin = guide_pin, .pin_arg = g,
	};
	int rc = 0;

	if (g->nr_actors > RT_MAX_TASKS)
		rc = err_set(e, ERR_MACHINE, "%u tasks in the recording; a run holds at most %u", g->nr_actors,
			     RT_MAX_TASKS);
	else if (g->nr_actors)
		rc = rt_run(&config, defs, g->nr_actors, &stats, e);
	free(stats.task);
	free(defs);
	return rc;
}

/* The engine knows why each of its attempts retried; the recorded kernel did not say. */
static void count_retries(const struct guide *g)
{
	for (uint32_t vm = 0; vm < g->rec->meta->nr_vms; vm++) {
		struct mmu_stats s;

		mmu_stats(g->mmus[vm], &s);
#define ADD(name, said) g->job->verdict->retries[RETRY_CAUSE_##name] += s.retry_##name;
		RETRY_CAUSES(ADD)
#undef ADD
	}
}

static void guide_fini(struct guide *g)
{
	for (uint32_t vm = 0; g->mmus && vm < g->rec->meta->nr_vms; vm++)
		mmu_destroy(g->mmus[vm]);
	free(g->mmus);
	free(g->policies);
	free(g->walking);
	free(g->waiting);
	free(g->unloaded);
	free(g->nx);
	free(g->gpte_told);
	guide_pages_fini(g);
	free(g->actors);
	obs_matcher_free(g->matcher);
}

int guide_vtime(const struct guide_job *job, struct err *e)
{
	const struct ev_meta *meta = job->rec->meta;
	struct guide g = { .job = job, .rec = job->rec, .format = spte_format(meta->release, meta->tdp),
			   .stage2 = stage2_of_meta(meta) };
	struct obs_rules rules;
	int rc;

	g.sink = (struct mmu_sink){ .emit = emit, .before = before, .reads = reads, .arg = &g };
	g.host = (struct mmu_host){ .page = page, .arg = &g };
	obs_rules_init(&rules, meta);
	g.matcher = obs_matcher_new(&rules);
	rc = create_mmus(&g, e);
	if (rc == 0)
		rc = run_tasks(&g, e);
	if (rc == 0 && !job->consistent)
		count_retries(&g);
	guide_fini(&g);
	return rc;
}
