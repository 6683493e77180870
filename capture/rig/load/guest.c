// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/guest.h"

#define HOT_SPELL	65536	/* touches before the hot part wanders */

void guest_touch(struct mailbox *m, struct prng *p, uint64_t address)
{
	if (prng_below(p, 100) >= m->write_percent)
		guest_load(address);
	else if (prng_below(p, 100) < m->execute_percent)
		guest_execute((address & ~(GUEST_PAGE - 1)) + GUEST_CODE_OFFSET);
	else
		guest_store(address, m->value ? m->value : address + m->touches);
	m->touches++;
}

static bool more(const struct mailbox *m, uint64_t done)
{
	return !m->stop && (!m->count || done < m->count);
}

static void sequence(struct mailbox *m, struct prng *p)
{
	for (uint64_t at = 0; at < m->bytes && !m->stop; at += m->page)
		guest_touch(m, p, m->base + at);
}

static void touch_page(struct mailbox *m, struct prng *p, uint64_t page)
{
	guest_touch(m, p, m->base + page * m->page + guest_offset(p));
}

static void anywhere(struct mailbox *m, struct prng *p, bool hot)
{
	uint32_t pages = (uint32_t)(m->bytes / m->page), start = 0;

	for (uint64_t i = 0; more(m, i); i++) {
		uint32_t page = prng_below(p, pages);

		if (m->device_permille && prng_below(p, 1000) < m->device_permille) {
			guest_load(GPA_HOLE + prng_below(p, 64) * GUEST_PAGE);
			m->touches++;
			continue;
		}
		if (hot && i % HOT_SPELL == 0)
			start = page;
		if (hot && prng_below(p, 10))
			page = (start + prng_below(p, pages / 10 + 1)) % pages;
		touch_page(m, p, page);
	}
}

static void runs(struct mailbox *m, struct prng *p)
{
	uint32_t pages = (uint32_t)(m->bytes / m->page);

	for (uint64_t i = 0; more(m, i); i++) {
		uint32_t page = prng_below(p, pages), end = page + 1 + prng_below(p, 64);

		for (; page < end && page < pages; page++)
			touch_page(m, p, page);
	}
}

static void run(struct mailbox *m)
{
	struct prng p;

	prng_seed(&p, m->seed);
	if (m->op == OP_SEQUENCE)
		sequence(m, &p);
	else if (m->op == OP_RANDOM || m->op == OP_HOT)
		anywhere(m, &p, m->op == OP_HOT);
	else if (m->op == OP_RUNS)
		runs(m, &p);
	else if (m->op == OP_CHURN)
		guest_churn(m);
}

void guest_main(uint64_t vcpu)
{
	guest_setup(vcpu);
	vcpu %= VCPU_MAX;
	for (;;) {
		guest_done(vcpu);
		run((struct mailbox *)(GPA_MAILBOX + vcpu * GUEST_PAGE));
	}
}
