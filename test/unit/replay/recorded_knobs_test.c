/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording says of knobs that no kernel release decides. */
#include "test/table.h"

#include "replay/recorded_knobs.h"
#include "test/unit/replay/made.h"

#define SLOT_CHANGE(t, c) MADE_STIM(2, t, MEMSLOT, .slot = { .change = EV_SLOT_##c, .npages = 8 }), \
			  MADE_OP_FOR(2, (t) + 5, MEMSLOT, 5, 0, RET_PF_UNKNOWN)
#define CHANGE_WITH(t, c, k) MADE_STIM(2, t, MEMSLOT, .slot = { .change = EV_SLOT_##c, .npages = 8 }), \
			     MADE_OBS(2, (t) + 1, k), MADE_OP_FOR(2, (t) + 5, MEMSLOT, 5, 0, RET_PF_UNKNOWN)

static const struct row {
	const char		 *name;
	enum kvm_release	  release;
	uint32_t		  mask;
	struct made_record	  records[8];
	enum memslot_delete	  want_delete;
	enum dirty_eager_split	  want_split;
	struct { const char *name, *value; } notes[2];
	enum lock_needbreak	  needbreak, want_needbreak;	/* as the policy has it, and then */
} rows[] = {
	{ "nothing to be seen: the policy's", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
	{ "a delete with a fast zap", KVM_6_12, RECORDED_KNOBS_ALL, { CHANGE_WITH(10, DELETE, ZAP_ALL_FAST) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
	{ "a delete without: the quirk is off", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, DELETE) },
	  MEMSLOT_DELETE_SLOT_ONLY, DIRTY_EAGER_SPLIT_YES },
	{ "a move counts, too", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, MOVE) },
	  MEMSLOT_DELETE_SLOT_ONLY, DIRTY_EAGER_SPLIT_YES },
	{ "one fast zap of several deletes is enough", KVM_6_12, RECORDED_KNOBS_ALL,
	  { SLOT_CHANGE(10, DELETE), CHANGE_WITH(20, DELETE, ZAP_ALL_FAST) }, MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
	{ "6.1 has no such choice", KVM_6_1, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, DELETE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
	{ "logging starts and splits", KVM_6_1, RECORDED_KNOBS_ALL, { CHANGE_WITH(10, FLAGS, SPLIT_HUGE_PAGE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
	{ "logging starts and does not: the parameter is off", KVM_6_1, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, FLAGS) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_NO },
	{ "a note goes before what is seen", KVM_6_1, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, FLAGS) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "kvm.eager_page_split", "Y" } } },
	{ "it is off, though something split", KVM_6_12, RECORDED_KNOBS_ALL, { CHANGE_WITH(10, FLAGS, SPLIT_HUGE_PAGE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_NO, { { "kvm.eager_page_split", "N" } } },
	{ "6.12 is preempted as it was booted", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "preempt", "full" } }, LOCK_NEEDBREAK_NEVER, LOCK_NEEDBREAK_CONTENDED },
	{ "or is of real time", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "preempt", "rt" } }, LOCK_NEEDBREAK_NEVER, LOCK_NEEDBREAK_RT },
	{ "voluntarily only", KVM_6_12, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "preempt", "voluntary" }, { "config.PREEMPTION", "y" } },
	  LOCK_NEEDBREAK_CONTENDED, LOCK_NEEDBREAK_NEVER },
	{ "6.1 as it was built", KVM_6_1, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "preempt", "voluntary" }, { "config.HZ", "250" } },
	  LOCK_NEEDBREAK_CONTENDED, LOCK_NEEDBREAK_NEVER },
	{ "of which nothing is known: the policy's", KVM_6_1, RECORDED_KNOBS_ALL, { SLOT_CHANGE(10, CREATE) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES, { { "preempt", "voluntary" } }, LOCK_NEEDBREAK_CONTENDED,
	  LOCK_NEEDBREAK_CONTENDED },
	{ "who asks for neither gets the policy's", KVM_6_12, 0, { SLOT_CHANGE(10, DELETE), SLOT_CHANGE(20, FLAGS) },
	  MEMSLOT_DELETE_ZAP_ALL, DIRTY_EAGER_SPLIT_YES },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct policy policy;
	struct made made;

	policy_defaults(&policy);
	policy.memslot_delete = MEMSLOT_DELETE_ZAP_ALL;
	policy.dirty_eager_split = DIRTY_EAGER_SPLIT_YES;
	policy.lock_needbreak = row->needbreak;
	made_open(&made, row->release, row->records, ARRAY_SIZE(row->records));
	for (size_t i = 0; i < ARRAY_SIZE(row->notes) && row->notes[i].name; i++)
		ev_meta_set_param((struct ev_meta *)made.rec.meta, row->notes[i].name, row->notes[i].value);
	recorded_knobs_take(&made.rec, 0, row->mask, &policy);
	made_close(&made);
	assert_int_equal(policy.memslot_delete, row->want_delete);
	assert_int_equal(policy.dirty_eager_split, row->want_split);
	assert_int_equal(policy.lock_needbreak, row->want_needbreak);
	assert_int_not_equal(recorded_knob("memslot.delete", strlen("memslot.delete")),
			     recorded_knob("dirty.eager_split", strlen("dirty.eager_split")));
	assert_int_equal(recorded_knob("memslot.delete=zap-all", strlen("memslot.delet")), 0);
}

int main(void)
{
	return table_run("recorded_knobs", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
