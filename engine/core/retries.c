/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Out of the way of faults that meet no invalidation. */
#include "engine/core/retries.h"

void retries_count(struct mmu *mmu, uint64_t seq, gfn_t gfn)
{
	struct mmu_counters *c = &mmu->counters;

	switch (notifier_why(&mmu->notifier, seq, gfn)) {
	case NOTIFIER_WHY_OPEN:
		rt_count(&c->retry_open, 1);
		break;
	case NOTIFIER_WHY_HULL:
		rt_count(&c->retry_hull, 1);
		break;
	case NOTIFIER_WHY_ENDED:
		rt_count(&c->retry_ended, 1);
		break;
	case NOTIFIER_WHY_SEQ:
		rt_count(&c->retry_seq, 1);
		break;
	}
}
