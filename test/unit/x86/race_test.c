/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The races that seed 001 is about, each placed exactly: the vCPU stops at a pin of its fault,
 * or the host at one of its operation, until the other has acted.  Where the other
 * cannot finish before the one that stopped goes on, the one only gives it time.
 */
#include <errno.h>

#include "test/unit/x86/lab.h"

#define G	LAB_GFN
#define P	(G + 600)	/* the page: its 2 MiB are inside the slot */
#define HEAD	(G + 512)	/* where these begin */
#define FAR	(G + 0x100000)
#define OTHER_HVA (LAB_HVA + (1ULL << 36))
#define NO_PIN	(-1)
#define A_WHILE	1000000	/* ns */

struct scene;
typedef void (*act_fn)(struct scene *s);

struct row {
	const char	*name;
	const char	*policy[2];
	act_fn		 before;	/* the vCPU, before its fault */
	int		 pin;		/* where the fault stops ... */
	act_fn		 host;		/* ... while the host does this; NO_PIN: from the start */
	bool		 blocks;	/* it cannot before the fault goes on */
	enum ret_pf	 want;		/* of the fault */
	int		 level;		/* at which its page is mapped in the end; 0: it is not */
	act_fn		 after;		/* the vCPU, behind its fault */
	uint64_t	 sees[3];	/* what the acts noted */
	const char	*breaks;	/* the invariant that is reported, or NULL: none */
	bool		 unchecked;	/* it is broken on purpose, and nobody is told */
	bool		 virtual_only;	/* under threads nobody can say where a walk yields */
};

struct scene {
	struct lab	 *l;
	const struct row *row;
	struct mmu_access access;
	struct rt_gate	  there, go_on;
	bool		  armed;	/* the fault's pins count */
	int		  host_pin;	/* where the host stops until the vCPU is through, or NO_PIN */
	unsigned int	  locks;	/* RT_PIN_LOCK of the host: the second one is its end's */
	bool		  host_waits;	/* ... for go_on; else a while */
	enum ret_pf	  got;
	uint64_t	  saw[3];
	unsigned int	  begins;	/* RT_PIN_INV_BEGIN met */
	bool		  flag;		/* the host went on, or is through */
	const char	 *broken;
	struct mmu_judge  judge;
};

/* --- acts ------------------------------------------------------------------------------ */

static struct notifier *notifier_of(const struct scene *s)
{
	return &s->l->mmu->notifier;
}

static void start_at(struct scene *s, hva_t hva, uint64_t pages)
{
	mmu_invalidate_start(s->l->mmu, hva, hva + pages * 4096, true);
}

static void end_at(struct scene *s, hva_t hva, uint64_t pages)
{
	mmu_invalidate_end(s->l->mmu, hva, hva + pages * 4096);
}

static void open_own(struct scene *s)
{
	start_at(s, lab_hva(P), 1);
}

static void close_own(struct scene *s)
{
	end_at(s, lab_hva(P), 1);
}

static void own_came_and_went(struct scene *s)
{
	open_own(s);
	close_own(s);
}

static void other_came_and_went(struct scene *s)
{
	start_at(s, lab_hva(P + 100), 1);
	end_at(s, lab_hva(P + 100), 1);
}

/* The host splits its huge page. */
static void split_host_page(struct scene *s)
{
	start_at(s, lab_hva(HEAD), 512);
	s->access.host_level = 1;
	end_at(s, lab_hva(HEAD), 512);
}

/* The same, and the fault keeps what it asked the host before its snapshot. */
static void split_behind_its_back(struct scene *s)
{
	start_at(s, lab_hva(HEAD), 512);
	end_at(s, lab_hva(HEAD), 512);
}

static int slot_at(struct scene *s, enum mmu_slot_change change, uint16_t id, unsigned int as_id, gfn_t base, hva_t hva)
{
	struct mmu_slot slot = { .id = id, .as_id = (uint8_t)as_id, .base_gfn = base, .npages = LAB_PAGES, .hva = hva };

	return mmu_memslot(s->l->mmu, change, &slot);
}

static void delete_slot(struct scene *s)
{
	s->saw[0] = (uint64_t)-lab_slot(s->l, MMU_SLOT_DELETE, 0);
}

static void create_other(struct scene *s)
{
	s->saw[0] = (uint64_t)-slot_at(s, MMU_SLOT_CREATE, 2, 0, FAR, OTHER_HVA);
}

static void open_where_no_slot_is(struct scene *s)
{
	start_at(s, OTHER_HVA, 1);
}

static void note_balance(struct scene *s)
{
	s->saw[1] = rt_peek(&notifier_of(s)->in_progress);
	s->saw[2] = rt_peek(&notifier_of(s)->seq);
}

/* An update that waits for the window is given time to; one that does not is let through. */
static void hold_window(struct scene *s)
{
	rt_gate_raise(&s->there, 1);
	if (s->l->policy.memslot_swap_waits == MEMSLOT_SWAP_WAITS_YES)
		rt_idle(10 * A_WHILE);
	else
		rt_gate_wait(&s->go_on, 1);
}

static void hold_and_close_own(struct scene *s)
{
	hold_window(s);
	close_own(s);
	rt_gate_wait(&s->go_on, 1);
	note_balance(s);
}

static void hold_and_close_other(struct scene *s)
{
	hold_window(s);
	end_at(s, OTHER_HVA, 1);
	rt_gate_wait(&s->go_on, 1);
	note_balance(s);
}

/* Windows that overlap leave no moment for the update; it never makes one of them wait. */
static void chain_of_windows(struct scene *s)
{
	rt_gate_raise(&s->there, 1);
	for (gfn_t i = 0; i < 20; i++) {
		start_at(s, lab_hva(P + i + 1), 1);
		end_at(s, lab_hva(P + i), 1);
		rt_idle(A_WHILE);
	}
	s->saw[1] = s->flag;
	end_at(s, lab_hva(P + 20), 1);
	rt_gate_wait(&s->go_on, 1);
}

static void create_and_say(struct scene *s)
{
	create_other(s);
	s->flag = true;
	/* The update waited about as long as the chain took; real time says nothing. */
	s->saw[2] = RT_IS_VIRTUAL ? notifier_of(s)->stats.swap_wait_max_ns / (10 * A_WHILE) : 2;
}

/* What a fault that allocates the slots' reverse maps does: SRCU first, then slots_arch_lock. */
static void arch_lock_inside_srcu(struct scene *s)
{
	rt_srcu_lock(s->l->mmu->config.vm);
	rt_gate_raise(&s->there, 1);
	rt_gate_wait(&s->go_on, 1);	/* the update holds it, and is about to publish */
	memslots_arch_lock(&s->l->mmu->slots);
	s->saw[1] = 1;
	memslots_arch_unlock(&s->l->mmu->slots);
	rt_srcu_unlock();
}

static void create_stopping_at_swap(struct scene *s)
{
	s->host_pin = RT_PIN_SWAP;
	create_other(s);
}

/* --- memory attributes and guest_memfd ---------------------------------------------------- */

static void make_private(struct scene *s, gfn_t gfn, uint64_t pages, bool private)
{
	s->saw[0] |= (uint64_t)-mmu_mem_attributes(s->l->mmu, gfn, gfn + pages, private);
}

static void own_becomes_private(struct scene *s)
{
	make_private(s, P, 1, true);
}

static void neighbour_becomes_private(struct scene *s)
{
	make_private(s, P + 1, 1, true);
}

static void neighbour_there_and_back(struct scene *s)
{
	make_private(s, P + 1, 1, true);
	make_private(s, P + 1, 1, false);
}

static void other_becomes_private(struct scene *s)
{
	make_private(s, P + 1024, 1, true);
}

static void far_memory_becomes_private(struct scene *s)
{
	make_private(s, FAR, 16, true);
	s->saw[1] = rt_peek(&notifier_of(s)->seq);
}

static void own_stays_shared(struct scene *s)
{
	make_private(s, P, 1, false);
	s->saw[1] = rt_peek(&notifier_of(s)->seq);
}

/* The host stops between begin and end, before it takes the lock again; the vCPU's fault is in between. */
static void host_stops_inside(struct scene *s)
{
	s->host_pin = RT_PIN_LOCK;
	s->host_waits = true;
	rt_gate_raise(&s->go_on, 1);
	rt_gate_wait(&s->there, 1);
}

static void release_host(struct scene *s)
{
	rt_gate_raise(&s->go_on, 2);
}

static void neighbour_was_private(struct scene *s)
{
	make_private(s, P + 2, 1, true);
	host_stops_inside(s);
}

static void bound_slot(struct scene *s)
{
	struct mmu_slot slot = { .id = 3, .base_gfn = FAR, .npages = LAB_PAGES, .hva = OTHER_HVA,
				 .flags = SLOT_GUEST_MEMFD };

	mmu_memslot(s->l->mmu, MMU_SLOT_CREATE, &slot);
	mmu_mem_attributes(s->l->mmu, FAR, FAR + LAB_PAGES, true);
	s->access.gfn = FAR + 5;
	s->access.pfn = LAB_PFN(FAR + 5);
}

static void bound_slot_host_stops(struct scene *s)
{
	bound_slot(s);
	host_stops_inside(s);
}

static void hole_in_own(struct scene *s)
{
	s->saw[0] = (uint64_t)-mmu_punch_hole(s->l->mmu, FAR + 5, FAR + 6);
}

static void hole_in_no_file(struct scene *s)
{
	s->saw[0] = (uint64_t)-mmu_punch_hole(s->l->mmu, P, P + 1);
	s->saw[1] = rt_peek(&notifier_of(s)->seq);
}

/* Slots cannot change while attributes do; notifiers' windows have nothing to do with it. */
static void update_beside_attributes(struct scene *s)
{
	s->host_pin = RT_PIN_LOCK;
	rt_gate_raise(&s->go_on, 1);
	rt_gate_wait(&s->there, 1);
	s->saw[1] = notifier_of(s)->active;
	slot_at(s, MMU_SLOT_CREATE, 2, 0, FAR, OTHER_HVA);
	s->saw[2] = s->flag;
}

/* --- kvm_zap_gfn_range() --------------------------------------------------------------------- */

static void zap_gfns(struct scene *s, gfn_t gfn, uint64_t pages)
{
	s->saw[0] |= (uint64_t)-mmu_zap_gfn_range(s->l->mmu, gfn, gfn + pages);
}

static void zap_own(struct scene *s)
{
	zap_gfns(s, P, 1);
}

static void zap_around_own(struct scene *s)
{
	zap_gfns(s, P - 4, 8);
}

static void zap_from_own(struct scene *s)
{
	zap_gfns(s, P, 8);
}

static void zap_other(struct scene *s)
{
	zap_gfns(s, P + 1024, 8);
}

static void zap_all_there_is(struct scene *s)
{
	zap_gfns(s, 0, 1ULL << 52);
}

/* The host's walk, which has come past one page, yields, and stays away until the vCPU lets it go on, or a while. */
static void walk_stays_away(struct scene *s, bool waits)
{
	lab_fault(s->l, 0, P - 8, MMU_W, 1);
	lab_fault(s->l, 0, P + 1024, MMU_W, 1);
	s->host_pin = RT_PIN_RELOCK;
	s->host_waits = waits;
	rt_gate_raise(&s->go_on, 1);
	rt_gate_wait(&s->there, 1);
}

static void walk_yields(struct scene *s)
{
	walk_stays_away(s, true);
}

static void walk_yields_a_while(struct scene *s)
{
	walk_stays_away(s, false);
}

/* A slot is published meanwhile, and waits for the zap only because that reads slots. */
static void update_beside_zap(struct scene *s)
{
	s->saw[1] = notifier_of(s)->active;
	slot_at(s, MMU_SLOT_CREATE, 2, 0, FAR, OTHER_HVA);
	s->saw[2] = s->flag;
}

static void note_zap(struct scene *s)
{
	rt_gate_wait(&s->go_on, 1);
	note_balance(s);
}

/* --- two address spaces ------------------------------------------------------------------------ */

static void map_in_both(struct scene *s)
{
	slot_at(s, MMU_SLOT_CREATE, 1, 1, G, LAB_HVA);
	mmu_vcpu_smm(s->l->mmu, 0, true);
	lab_fault(s->l, 0, P, MMU_W, 1);
	mmu_vcpu_smm(s->l->mmu, 0, false);
}

static void note_both(struct scene *s)
{
	int level;

	rt_gate_wait(&s->go_on, 1);
	s->saw[0] = s->begins;
	s->saw[1] = rt_peek(&notifier_of(s)->seq);
	s->saw[2] = spte_is_present(mmu_peek(s->l->mmu, P, 1, &level)) && level == 1;
}

static void elsewhere_in_other_space(struct scene *s)
{
	slot_at(s, MMU_SLOT_CREATE, 1, 1, G, OTHER_HVA);
	start_at(s, OTHER_HVA + (P - G) * 4096, 1);
}

static void close_in_other_space(struct scene *s)
{
	end_at(s, OTHER_HVA + (P - G) * 4096, 1);
}

/* --- the table ------------------------------------------------------------------------------------ */

static const struct row rows[] = {
	{ .name = "begun before the snapshot and still open: the check finds it in progress",
	  .policy = { "fault.precheck=none" }, .before = open_own, .pin = NO_PIN, .want = RET_PF_RETRY, .after = close_own },
	{ .name = "begun before the snapshot, ended before the check: the counter tells",
	  .policy = { "fault.precheck=none" }, .before = open_own, .pin = RT_PIN_LOOKED_UP, .host = close_own,
	  .want = RET_PF_RETRY },
	{ .name = "begun and ended between snapshot and check: likewise",
	  .policy = { "fault.precheck=none" }, .pin = RT_PIN_LOOKED_UP, .host = own_came_and_went, .want = RET_PF_RETRY },
	{ .name = "the same, found before the lock", .pin = RT_PIN_LOOKED_UP, .host = own_came_and_went,
	  .want = RET_PF_RETRY },
	{ .name = "begun between snapshot and check, open at the check",
	  .policy = { "fault.precheck=none" }, .pin = RT_PIN_LOOKED_UP, .host = open_own, .want = RET_PF_RETRY,
	  .after = close_own },
	{ .name = "begun and ended between the second precheck and the lock", .pin = RT_PIN_LOCK,
	  .host = own_came_and_went, .want = RET_PF_RETRY },
	{ .name = "ended before the snapshot: nothing to retry for", .pin = RT_PIN_SNAPSHOT, .host = own_came_and_went,
	  .want = RET_PF_FIXED, .level = 1 },
	{ .name = "begun after the check: it waits for the lock and takes the new mapping away",
	  .pin = RT_PIN_MAP, .host = own_came_and_went, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "the same with exclusive faults", .policy = { "fault.lock=write" },
	  .pin = RT_PIN_MAP, .host = own_came_and_went, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "another page's came and went: a retry all the same, since the counter has no range",
	  .pin = RT_PIN_LOOKED_UP, .host = other_came_and_went, .want = RET_PF_RETRY },
	{ .name = "even where the key is exact", .policy = { "fault.retry_key=exact" },
	  .pin = RT_PIN_LOOKED_UP, .host = other_came_and_went, .want = RET_PF_RETRY },

	{ .name = "the host's page size, asked after the snapshot, changes before the check: caught",
	  .pin = RT_PIN_LOCK, .host = split_host_page, .want = RET_PF_RETRY },
	{ .name = "it changes before it is asked: the small page is mapped",
	  .pin = RT_PIN_SNAPSHOT, .host = split_host_page, .want = RET_PF_FIXED, .level = 1 },
	{ .name = "asked before the snapshot, it is wrong and nobody notices: a huge page over small ones",
	  .pin = RT_PIN_SNAPSHOT, .host = split_behind_its_back, .want = RET_PF_FIXED, .level = 2 },

	{ .name = "a slot goes away under a fault that has found it: the delete waits for the fault, then zaps",
	  .pin = RT_PIN_LOOKED_UP, .host = delete_slot, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "slot-only: the same", .policy = { "memslot.delete=slot-only" },
	  .pin = RT_PIN_LOOKED_UP, .host = delete_slot, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "a delete inside an open window waits for its end, which finds the slot: balanced",
	  .before = open_own, .pin = NO_PIN, .host = delete_slot, .want = RET_PF_RETRY, .after = hold_and_close_own,
	  .sees = { 0, 0, 1 } },
	{ .name = "a slot made inside a window that matched none waits, too: its end matches none",
	  .before = open_where_no_slot_is, .pin = NO_PIN, .host = create_other, .want = RET_PF_FIXED, .level = 1,
	  .after = hold_and_close_other, .sees = { 0, 0, 0 } },
	{ .name = "without the wait: a begin without an end, and no fault there ever succeeds",
	  .policy = { "memslot.swap_waits=no" }, .unchecked = true,
	  .before = open_own, .pin = NO_PIN, .host = delete_slot, .want = RET_PF_RETRY, .after = hold_and_close_own,
	  .sees = { 0, 1, 0 } },
	{ .name = "without the wait: an end without a begin",
	  .policy = { "memslot.swap_waits=no" }, .unchecked = true,
	  .before = open_where_no_slot_is, .pin = NO_PIN, .host = create_other, .want = RET_PF_FIXED, .level = 1,
	  .after = hold_and_close_other, .sees = { 0, 0, 1 } },
	{ .name = "but where every window takes the lock the wait is not needed",
	  .policy = { "memslot.swap_waits=no", "notifier.lock=always" }, .unchecked = true,
	  .before = open_own, .pin = NO_PIN, .host = delete_slot, .want = RET_PF_RETRY, .after = hold_and_close_own,
	  .sees = { 0, 0, 1 } },
	{ .name = "who checks is told that slots changed inside a window", .policy = { "memslot.swap_waits=no" },
	  .before = open_own, .pin = NO_PIN, .host = delete_slot, .want = RET_PF_RETRY, .after = hold_and_close_own,
	  .breaks = "I-N4" },
	{ .name = "windows that overlap keep an update waiting, and never wait for it",
	  .before = open_own, .pin = NO_PIN, .host = create_and_say, .want = RET_PF_RETRY, .after = chain_of_windows,
	  .sees = { 0, 0, 2 } },
	{ .name = "slots_arch_lock inside an SRCU section does not lock up with an update",
	  .pin = NO_PIN, .host = create_stopping_at_swap, .want = RET_PF_FIXED, .level = 1,
	  .after = arch_lock_inside_srcu, .sees = { 0, 1 } },

	{ .name = "attributes change between snapshot and check", .pin = RT_PIN_LOOKED_UP, .host = own_becomes_private,
	  .want = RET_PF_RETRY },
	{ .name = "the same, found under the lock", .policy = { "fault.precheck=none" }, .pin = RT_PIN_LOOKED_UP,
	  .host = own_becomes_private, .want = RET_PF_RETRY },
	{ .name = "between the exit and the snapshot: the guest meant the other memory, and user space is asked",
	  .pin = RT_PIN_SNAPSHOT, .host = own_becomes_private, .want = RET_PF_EXIT },
	{ .name = "after the check: the change waits for the lock and takes the mapping away", .pin = RT_PIN_MAP,
	  .host = own_becomes_private, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "attributes being changed: the page retries", .before = host_stops_inside, .pin = NO_PIN,
	  .host = own_becomes_private, .want = RET_PF_RETRY, .after = release_host },
	{ .name = "so does its neighbour, whose huge page it could be part of", .before = host_stops_inside,
	  .pin = NO_PIN, .host = neighbour_becomes_private, .want = RET_PF_RETRY, .after = release_host },
	{ .name = "not where the huge page is mixed already and cannot be made", .before = neighbour_was_private,
	  .pin = NO_PIN, .host = neighbour_becomes_private, .want = RET_PF_FIXED, .level = 1, .after = release_host },
	{ .name = "a page of another huge page goes on", .before = host_stops_inside, .pin = NO_PIN,
	  .host = other_becomes_private, .want = RET_PF_FIXED, .level = 2, .after = release_host },
	{ .name = "mixed attributes: no huge page", .before = neighbour_becomes_private, .pin = NO_PIN,
	  .want = RET_PF_FIXED, .level = 1 },
	{ .name = "and one again when they are not mixed any more", .before = neighbour_there_and_back, .pin = NO_PIN,
	  .want = RET_PF_FIXED, .level = 2 },
	{ .name = "attributes of no slot's memory: no lock, nobody retries", .pin = RT_PIN_LOOKED_UP,
	  .host = far_memory_becomes_private, .want = RET_PF_FIXED, .level = 2 },
	{ .name = "attributes that stay as they are: the same", .pin = RT_PIN_LOOKED_UP, .host = own_stays_shared,
	  .want = RET_PF_FIXED, .level = 2 },
	{ .name = "a slot waits for attributes by slots_lock; they are no open window", .pin = NO_PIN,
	  .host = own_becomes_private, .want = RET_PF_FIXED, .level = 0, .after = update_beside_attributes,
	  .sees = { 0, 0, 1 } },
	{ .name = "a private page is mapped from its file", .before = bound_slot, .pin = NO_PIN, .want = RET_PF_FIXED,
	  .level = 2 },
	{ .name = "a hole between snapshot and check", .before = bound_slot, .pin = RT_PIN_LOOKED_UP,
	  .host = hole_in_own, .want = RET_PF_RETRY },
	{ .name = "a hole being punched", .before = bound_slot_host_stops, .pin = NO_PIN, .host = hole_in_own,
	  .want = RET_PF_RETRY, .after = release_host },
	{ .name = "a hole after the check waits for the lock and takes the mapping away", .before = bound_slot,
	  .pin = RT_PIN_MAP, .host = hole_in_own, .blocks = true, .want = RET_PF_FIXED, .level = 0 },
	{ .name = "a hole in a file that no slot is bound to: no lock", .pin = RT_PIN_LOOKED_UP,
	  .host = hole_in_no_file, .want = RET_PF_FIXED, .level = 2 },

	{ .name = "a zapped range that has the page, between snapshot and check: the counter tells",
	  .pin = RT_PIN_LOOKED_UP, .host = zap_own, .want = RET_PF_RETRY },
	{ .name = "one that has not: likewise", .pin = RT_PIN_LOOKED_UP, .host = zap_other, .want = RET_PF_RETRY },
	{ .name = "the same, found under the lock", .policy = { "fault.precheck=none" }, .pin = RT_PIN_LOOKED_UP,
	  .host = zap_other, .want = RET_PF_RETRY },
	{ .name = "before the snapshot: nothing to retry for", .pin = RT_PIN_SNAPSHOT, .host = zap_own,
	  .want = RET_PF_FIXED, .level = 1 },
	{ .name = "all there is, zapped after the check: it waits for the lock, takes the mapping away, and is over",
	  .pin = RT_PIN_MAP, .host = zap_all_there_is, .blocks = true, .want = RET_PF_FIXED, .level = 0,
	  .after = note_zap, .sees = { 0, 0, 1 } },
	{ .name = "by host address: the same", .policy = { "fault.retry_key=hull-hva" }, .pin = RT_PIN_MAP,
	  .host = zap_own, .blocks = true, .want = RET_PF_FIXED, .level = 0, .after = note_zap, .sees = { 0, 0, 1 } },
	{ .name = "while its walk yields, a page of the range retries", .virtual_only = true, .before = walk_yields,
	  .pin = NO_PIN, .host = zap_around_own, .want = RET_PF_RETRY, .after = release_host },
	{ .name = "even a page that the walk has passed", .virtual_only = true, .policy = { "fault.precheck=none" },
	  .before = walk_yields, .pin = NO_PIN, .host = zap_from_own, .want = RET_PF_RETRY, .after = release_host },
	{ .name = "a page outside is mapped", .virtual_only = true, .before = walk_yields, .pin = NO_PIN,
	  .host = zap_other, .want = RET_PF_FIXED, .level = 1, .after = release_host },
	{ .name = "with the ranges as the key as well", .virtual_only = true, .policy = { "fault.retry_key=exact" },
	  .before = walk_yields, .pin = NO_PIN, .host = zap_other, .want = RET_PF_FIXED, .level = 1,
	  .after = release_host },
	{ .name = "by host address it is not: the range stands for all of them", .virtual_only = true,
	  .policy = { "fault.retry_key=hull-hva", "fault.precheck=none" }, .before = walk_yields, .pin = NO_PIN,
	  .host = zap_other, .want = RET_PF_RETRY, .after = release_host },
	{ .name = "slots may change while a zap's walk yields: it is no window that they wait for",
	  .virtual_only = true, .before = walk_yields_a_while, .pin = NO_PIN, .host = zap_other, .want = RET_PF_FIXED,
	  .level = 1, .after = update_beside_zap, .sees = { 0, 0, 1 } },

	{ .name = "two address spaces on one memory: one lock, one begin, both mappings gone",
	  .before = map_in_both, .pin = RT_PIN_MAP, .host = own_came_and_went, .blocks = true, .want = RET_PF_FIXED,
	  .level = 0, .after = note_both, .sees = { 1, 1, 0 } },
	{ .name = "a gfn says nothing of the address space: the other one's window makes it retry",
	  .before = elsewhere_in_other_space, .pin = NO_PIN, .want = RET_PF_RETRY, .after = close_in_other_space },
	{ .name = "its host address does", .policy = { "fault.retry_key=hull-hva" },
	  .before = elsewhere_in_other_space, .pin = NO_PIN, .want = RET_PF_FIXED, .level = 1,
	  .after = close_in_other_space },
};

/* --- playing a row ---------------------------------------------------------------------------------- */

static uint64_t vcpu_pin(struct scene *s, enum rt_pin pin)
{
	if (!s->armed || (int)pin != s->row->pin)
		return 0;
	s->armed = false;
	rt_gate_raise(&s->there, 1);
	if (s->row->blocks)
		rt_idle(A_WHILE);
	else
		rt_gate_wait(&s->go_on, 1);
	return 0;
}

static uint64_t host_pin(struct scene *s, enum rt_pin pin)
{
	if (pin == RT_PIN_RESCHED)	/* somebody wants the CPU while there is a yield to come */
		return s->host_pin == RT_PIN_RELOCK;
	s->begins += pin == RT_PIN_INV_BEGIN;
	if ((int)pin != s->host_pin || (pin == RT_PIN_LOCK && ++s->locks != 2))
		return 0;
	s->host_pin = NO_PIN;
	if (pin == RT_PIN_SWAP) {
		rt_gate_raise(&s->go_on, 1);
		return 0;
	}
	rt_gate_raise(&s->there, 1);
	if (s->host_waits)
		rt_gate_wait(&s->go_on, 2);
	else
		rt_idle(A_WHILE);
	s->flag = true;
	return 0;
}

static uint64_t at_pin(void *arg, unsigned int task, enum rt_pin pin)
{
	return task ? host_pin(arg, pin) : vcpu_pin(arg, pin);
}

/* The host acts first where the fault has no pin for it: the fault is then between two steps of the host. */
static bool host_goes_first(const struct row *row)
{
	return row->before == host_stops_inside || row->before == neighbour_was_private ||
	       row->before == bound_slot_host_stops || row->before == walk_yields ||
	       row->before == walk_yields_a_while;
}

static void vcpu(struct scene *s)
{
	const struct row *row = s->row;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	mmu_vcpu_load(s->l->mmu, 0);
	if (row->before)
		row->before(s);
	mmu_vcpu_load(s->l->mmu, 0);
	s->armed = true;
	s->got = mmu_fault(s->l->mmu, 0, &s->access);
	s->armed = false;
	if (row->after)
		row->after(s);
	rt_gate_raise(&s->there, 1);
}

static void host(struct scene *s)
{
	const struct row *row = s->row;

	if (!row->host)
		return;
	if (host_goes_first(row) || row->after == update_beside_attributes)
		rt_gate_wait(&s->go_on, 1);
	else
		rt_gate_wait(&s->there, 1);
	row->host(s);
	rt_gate_raise(&s->go_on, 1);
}

static void task(void *arg)
{
	struct scene *s = arg;

	if (rt_self())
		host(s);
	else
		vcpu(s);
}

static bool note_broken(void *arg, const struct mmu_break *b)
{
	struct scene *s = arg;

	s->broken = b->what;
	return true;
}

/* Derived information and huge pages: the host has 2 MiB there. */
static bool host_is_huge(const struct row *row)
{
	return row->level == 2 || row->host == split_host_page || row->host == split_behind_its_back ||
	       row->before == neighbour_becomes_private || row->host == neighbour_becomes_private;
}

static void check_end(const struct scene *s)
{
	const struct row *row = s->row;
	int level;
	uint64_t leaf = lab_leaf(s->l, s->access.gfn, &level);

	assert_string_equal(ret_pf_name(s->got), ret_pf_name(row->want));
	assert_int_equal(leaf ? level : 0, row->level);
	for (unsigned int i = 0; i < 3; i++)
		if (s->saw[i] != row->sees[i] && (row->sees[0] || row->sees[1] || row->sees[2] || i == 0))
			fail_msg("noted %u: %llu, not %llu", i, (unsigned long long)s->saw[i],
				 (unsigned long long)row->sees[i]);
	if (!row->unchecked)
		mmu_check(s->l->mmu);
}

/* As lab_run(), but that a run may stop where something is broken. */
static void run(struct scene *s)
{
	const struct rt_task_def defs[2] = { { .fn = task, .arg = s, .vm = 0 }, { .fn = task, .arg = s, .vm = -1 } };
	struct lab *l = s->l;
	struct err e = { 0 };
	int rc;

	l->stats = (struct rt_stats){ .task = l->task_stats };
	rc = rt_run(&l->rt, defs, 2, &l->stats, &e);
	if (rc && !s->broken)
		fail_msg("%s", e.text);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct scene s = { .l = &l, .row = row, .host_pin = NO_PIN, .got = RET_PF_UNKNOWN };

	if (row->virtual_only && !RT_IS_VIRTUAL)
		return;
	lab_init(&l);
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, row->policy[i]);
	s.judge = (struct mmu_judge){ note_broken, &s };
	s.access = (struct mmu_access){ .gfn = P, .access = MMU_W, .host_writable = true, .pfn = LAB_PFN(P),
					.host_level = host_is_huge(row) ? 2 : 1 };
	l.config.check = !row->unchecked;
	l.config.judge = &s.judge;
	lab_open(&l);
	rt_gate_init(&s.there);
	rt_gate_init(&s.go_on);
	l.rt.pin = at_pin;
	l.rt.pin_arg = &s;
	run(&s);
	if (row->breaks) {
		if (!s.broken || strncmp(s.broken, row->breaks, strlen(row->breaks)))
			fail_msg("%s is not reported but %s", row->breaks, s.broken ? s.broken : "nothing");
	} else if (s.broken) {
		fail_msg("%s", s.broken);
	} else {
		check_end(&s);
	}
	lab_close(&l);
}

int main(void)
{
	return table_run("races of invalidation", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
