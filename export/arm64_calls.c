// SPDX-License-Identifier: GPL-2.0-or-later
/* An arm64 host: calls and visits, a beginning and, for some, a return. */
#include "export/arm64.h"

#include "event/stage2.h"

#define WALK_OF_FAULT	0x18		/* KVM_PGTABLE_WALK_SHARED, _HANDLE_FAULT */

struct call {
	uint8_t	   kind;		/* enum obs_kind */
	enum arm_event entry, ret;
};

static const struct call calls[] = {
	{ OBS_S2_MAP, ARM_S2_MAP, ARM_S2_MAP_RET },
	{ OBS_S2_RELAX, ARM_S2_RELAX, ARM_S2_RELAX_RET },
	{ OBS_S2_MKYOUNG, ARM_S2_MKYOUNG, ARM_S2_MKYOUNG_RET },
	{ OBS_S2_UNMAP, ARM_S2_UNMAP, ARM_S2_UNMAP_RET },
	{ OBS_S2_WRPROTECT, ARM_S2_WRPROTECT, ARM_NR },
	{ OBS_S2_SPLIT, ARM_S2_SPLIT, ARM_S2_SPLIT_RET },
	{ OBS_S2_TCY, ARM_S2_TCY, ARM_S2_TCY_RET },
	{ OBS_S2_MKOLD, ARM_S2_MKOLD, ARM_S2_MKOLD_RET },
	{ OBS_S2_IS_YOUNG, ARM_S2_IS_YOUNG, ARM_S2_IS_YOUNG_RET },
	{ OBS_W_MAP, ARM_W_MAP, ARM_W_MAP_RET },
	{ OBS_WALK_LEAF, ARM_WALK_LEAF, ARM_WALK_LEAF_RET },
	{ OBS_BREAK_PTE, ARM_BREAK_PTE, ARM_BREAK_PTE_RET },
	{ OBS_W_UNMAP, ARM_W_UNMAP, ARM_NR },
	{ OBS_W_ATTR, ARM_W_ATTR, ARM_NR },
	{ OBS_W_AGE, ARM_W_AGE, ARM_NR },
	{ OBS_W_SPLIT, ARM_W_SPLIT, ARM_NR },
	{ OBS_W_FREE, ARM_W_FREE, ARM_NR },
	{ OBS_MAKE_PTE, ARM_MAKE_PTE, ARM_NR },
	{ OBS_PUT_PTE, ARM_PUT_PTE, ARM_NR },
};

static const struct call *call_of(unsigned int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].kind == kind)
			return &calls[i];
	return NULL;
}

static void say_call(struct exporter *x, const struct told *w, const struct call *c)
{
	const struct obs_s2 *s = &w->ev.s2;
	const uint64_t addr = arm_ipa_of(x, s->gfn), size = arm_ipa_of(x, s->pages), pgt = arm_tables_of(x, w->vm);

	switch (c->kind) {
	case OBS_S2_MAP:
		EXPORT(x, w, c->entry, pgt, addr, size, arm_ipa_of(x, s->value), s->prot);
		EXPORT(x, w, ARM_S2_MAP_FLAGS, pgt, addr, size, arm_ipa_of(x, s->value), s->prot, WALK_OF_FAULT);
		break;
	case OBS_S2_RELAX:
		EXPORT(x, w, c->entry, pgt, addr, s->prot);
		break;
	case OBS_S2_TCY:
		EXPORT(x, w, c->entry, pgt, addr, size, s->prot);
		break;
	default:
		EXPORT(x, w, c->entry, pgt, addr, size);
		break;
	}
}

/* Tables are told by what they map: made up, and the same for the same entry. */
static uint64_t entry_address(const struct exporter *x, int vm, const struct obs_pte *p)
{
	const unsigned int bits = x->o.meta->page_shift - 3;
	const int8_t level = (int8_t)p->level;	/* stage 2 may begin at -1 */

	return 0xffff000000000000ULL | export_entry(vm, p->gfn, (unsigned int)(STAGE2_LAST_LEVEL - level + 1), bits);
}

/* What an attribute walk was to set and clear; where it changed nothing, something that was so before. */
static void say_attr(struct exporter *x, const struct told *w)
{
	const struct obs_pte *p = &w->ev.pte;
	const bool same = p->new == p->old;

	EXPORT(x, w, ARM_W_ATTR, entry_address(x, w->vm, p), p->old, arm_ipa_of(x, p->gfn), p->level,
	       same ? STAGE2_VALID : p->new & ~p->old, same ? 0 : p->old & ~p->new);
}

static void say_visit(struct exporter *x, const struct told *w, const struct call *c)
{
	const struct obs_pte *p = &w->ev.pte;
	const uint64_t ptep = entry_address(x, w->vm, p), addr = arm_ipa_of(x, p->gfn);

	switch (c->kind) {
	case OBS_W_ATTR:
		say_attr(x, w);
		break;
	case OBS_WALK_LEAF:
		EXPORT(x, w, c->entry, addr, p->level, ptep, p->old);
		break;
	case OBS_MAKE_PTE:
		EXPORT(x, w, c->entry, ptep, addr, p->level, p->new);
		break;
	case OBS_PUT_PTE:
		EXPORT(x, w, c->entry, ptep, addr, p->level);
		break;
	default:
		EXPORT(x, w, c->entry, ptep, p->old, addr, p->level, p->visit);
		break;
	}
}

static bool is_visit(const struct call *c)
{
	return c->kind >= OBS_W_MAP;
}

static void say_begin(struct exporter *x, const struct told *w, const struct call *c)
{
	if (is_visit(c))
		say_visit(x, w, c);
	else
		say_call(x, w, c);
}

void arm_say_enters(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];
	const struct call *c = call_of(w->ev.kind);

	if (!c || c->ret == ARM_NR || t->nr_open == ARRAY_SIZE(t->open))
		return;
	t->open[t->nr_open++] = c->kind;
	say_begin(x, w, c);
}

/* An errno, or whether it was young, or the entry that was there. */
static uint64_t returned(const struct ev *o)
{
	switch (o->kind) {
	case OBS_S2_MKYOUNG:
	case OBS_S2_MKOLD:
		return o->s2.value;
	case OBS_S2_TCY:
	case OBS_S2_IS_YOUNG:
		return o->s2.ret;
	case OBS_BREAK_PTE:
		return o->pte.ret;
	default:
		return (uint32_t)-(int)(o->kind >= OBS_W_MAP ? o->pte.ret : o->s2.ret);
	}
}

bool arm_say_over(struct exporter *x, const struct told *w)
{
	struct thread *t = &x->threads[w->task];
	const struct call *c = call_of(w->ev.kind);

	if (!c)
		return false;
	if (t->nr_open && t->open[t->nr_open - 1] == c->kind)
		t->nr_open--;
	else
		say_begin(x, w, c);
	if (c->ret != ARM_NR)
		EXPORT(x, w, c->ret, returned(&w->ev));
	return true;
}
