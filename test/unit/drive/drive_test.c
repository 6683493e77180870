/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole replays of small event files, under whichever runtime this is compiled for.  Real
 * threads may be as late as they like, and lose races: rows say only what the order of
 * stimuli ensures.
 */
#include <stdio.h>
#include <unistd.h>

#include "event/writer.h"
#include "replay/drive/drive.h"
#include "test/unit/drive/metrics.h"

#define VCPUS		4
#define HOST		VCPUS
#define SLOT_PAGES	4096
#define HVA(page)	(0x10000000ULL + ((uint64_t)(page) << 12))
#define MS		1000000u

enum what {
	STOP, SLOT, SLOT_GMEM, SLOT_GONE, POPULATE, READ, ZAP, ZAP_END, NESTED_ZAP, NESTED_ZAP_END, AGE, ZAP_GFNS, LOG,
	GET, DESTROY, LOAD, PRIVATE, SHARED, HOLE, OTHER_SLOT, OTHER_GONE, AGE_EACH, SEEN, THINK, TOLD
};

struct line {
	enum what	what;
	uint32_t	task;
	uint64_t	at_us;
	/*
	 * POPULATE, READ, TOLD (the guest is, of a fault of its own), AGE_EACH: pages [a, b) one after the other; ranges
	 * likewise; THINK: ns in guest mode and in other exits.
	 */
	uint64_t	a, b;
	uint32_t	guest_ns;
};

static const struct {
	const char	*name;
	unsigned int	 clones;
	enum drive_pacing pacing;
	bool		 no_ends, virtual_only, unchecked;
	bool		 on_6_1;	/* recorded there; else on 6.12 */
	const char	*arm64;		/* recorded on one, hardware access flag "Y" or "N"; NULL: on x86 */
	const char	*policy;	/* assignments */
	const char	*fails;		/* what the run's error says */
	bool		 model;		/* --access model */
	uint32_t	 time_scale_ppm, cpus;	/* cpus: 0: one for each task */
	struct line	 lines[16];
	struct metric	 want[10];
} rows[] = {
	{ .name = "one vCPU maps its pages",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 } },
	  .want = { IS("pages", 100), IS("faults", 100), IS("avoided", 0), IS("accesses", 100), IS("recorded", 100),
		    IS("retries", 0), IS("operations", 101), IS("vcpus", 1) } },
	{ .name = "four vCPUs map disjoint pages",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { POPULATE, 1, 10, 100, 200 },
		     { POPULATE, 2, 10, 200, 300 }, { POPULATE, 3, 10, 300, 400 } },
	  .want = { IS("pages", 400), IS("avoided", 0), IS("accesses", 400), IS("vcpus", 4) } },
	{ .name = "what another vCPU mapped is a hit and costs nothing",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 10 }, { AGE, HOST, 2000, 0, 10 },
		     { READ, 1, 3000, 0, 10 } },
	  .want = { IS("pages", 10), IS("faults", 10), IS("avoided", 10), IS("accesses", 20) } },
	{ .name = "after an invalidation the same page faults again",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 10 }, { ZAP, HOST, 2000, 0, 5 },
		     { ZAP_END, HOST, 2001, 0, 5 }, { AGE, HOST, 2002, 0, 10 },
		     { READ, 1, 9000, 0, 10 } },
	  .want = { IS("pages", 10), { "faults", 15, 1 << 30 }, IS("avoided", 5) } },
	{ .name = "order holds when nobody thinks",
	  .pacing = PACING_ASAP,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 50 }, { POPULATE, 1, 10, 50, 100 },
		     { ZAP, HOST, 2000, 0, 100 }, { ZAP_END, HOST, 2000, 0, 100 } },
	  .want = { IS("pages", 0), { "faults", 100, 1 << 30 }, IS("avoided", 0) } },
	{ .name = "an access inside an open window retries until its end",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { READ, 0, 200, 5, 6 },
		     { ZAP_END, HOST, 3000, 0, 10 } },
	  .want = { IS("pages", 1), { "retries", RT_IS_VIRTUAL, 1 << 30 }, IS("accesses", 1) } },
	{ .name = "between two open windows it retries because of the hull alone",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { ZAP, HOST, 110, 20, 30 },
		     { READ, 0, 200, 15, 16 }, { ZAP_END, HOST, 3000, 0, 10 }, { ZAP_END, HOST, 3001, 20, 30 } },
	  .want = { IS("pages", 1), { "retry_hull", RT_IS_VIRTUAL, 1 << 30 }, IS("retry_open", 0), IS("hull_max", 30),
		    IS("hull_excess", 10), IS("windows_max", 2) } },
	{ .name = "with the ranges themselves as the key it does not",
	  .policy = "fault.retry_key=exact",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { ZAP, HOST, 110, 20, 30 },
		     { READ, 0, 200, 15, 16 }, { ZAP_END, HOST, 3000, 0, 10 }, { ZAP_END, HOST, 3001, 20, 30 } },
	  .want = { IS("pages", 1), IS("retry_hull", 0), IS("retry_open", 0) } },
	{ .name = "a slot changes when no window is open, and that takes time",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { SLOT_GONE, 1, 200, 0, SLOT_PAGES },
		     { ZAP_END, HOST, 3000, 0, 10 } },
	  .want = { { "memslot_wait", RT_IS_VIRTUAL ? 2 * MS : 0, INT64_MAX }, IS("pages", 0),
		    { "window_max", RT_IS_VIRTUAL ? 2 * MS : 0, INT64_MAX },
		    { "windows_busy_max", RT_IS_VIRTUAL ? 2 * MS : 0, INT64_MAX } } },
	{ .name = "a slot that does not wait leaves an invalidation without an end", .virtual_only = true,
	  .policy = "memslot.swap_waits=no", .fails = "begun and never ended", .unchecked = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { SLOT_GONE, 1, 200, 0, SLOT_PAGES },
		     { ZAP_END, HOST, 50000, 0, 10 }, { SLOT, HOST, 60000, 0, SLOT_PAGES },
		     { READ, 0, 90000, 5, 6 } } },
	{ .name = "which is what the checks find first", .virtual_only = true,
	  .policy = "memslot.swap_waits=no", .fails = "I-N4",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { SLOT_GONE, 1, 200, 0, SLOT_PAGES },
		     { ZAP_END, HOST, 50000, 0, 10 } } },
	{ .name = "but not where every invalidation takes the lock", .virtual_only = true,
	  .policy = "memslot.swap_waits=no notifier.lock=always", .unchecked = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { SLOT_GONE, 1, 200, 0, SLOT_PAGES },
		     { ZAP_END, HOST, 50000, 0, 10 }, { SLOT, HOST, 60000, 0, SLOT_PAGES },
		     { READ, 0, 90000, 5, 6 } },
	  .want = { IS("pages", 1), IS("memslot_wait", 0) } },
	{ .name = "without ends each window closes at once",
	  .no_ends = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP, HOST, 100, 0, 10 }, { READ, 0, 5000, 5, 6 } },
	  .want = { IS("pages", 1), IS("retries", 0), IS("ends_at_once", 1) } },
	{ .name = "a notifier nested in a fault costs it one retry",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { NESTED_ZAP, 0, 100, 5, 6 }, { NESTED_ZAP_END, 0, 101, 5, 6 },
		     { READ, 0, 102, 5, 6 } },
	  .want = { IS("pages", 1), IS("retries", 1), IS("faults", 2) } },
	{ .name = "copies have memory of their own in the same VM",
	  .clones = 3,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { POPULATE, 1, 10, 100, 200 },
		     { ZAP, HOST, 3000, 0, 50 }, { ZAP_END, HOST, 3001, 0, 50 } },
	  .want = { IS("pages", 450), IS("accesses", 600), IS("vcpus", 6) } },
	{ .name = "the VM ends once, after the last copy",
	  .clones = 2,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { DESTROY, HOST, 3000 } },
	  .want = { IS("pages", 0), { "faults", 200, 1 << 30 } } },
	{ .name = "a slot that is gone maps nothing",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 20 },
		     { SLOT_GONE, HOST, 3000, 0, SLOT_PAGES }, { READ, 0, 9000, 30, 31 } },
	  .want = { IS("pages", 0), IS("accesses", 21) } },
	{ .name = "without memslots in the trace one is inferred",
	  .lines = { { POPULATE, 0, 10, 0, 20 } },
	  .want = { IS("pages", 20), IS("slots_inferred", 1) } },
	{ .name = "a range of no page is skipped and counted",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP_GFNS, HOST, 10, 64, 64 }, { POPULATE, 0, 20, 0, 5 } },
	  .want = { IS("skipped.zap_range", 1), IS("skipped", 1), IS("pages", 5) } },
	{ .name = "pages of a zapped range fault again, and others do not",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { ZAP_GFNS, HOST, 3000, 10, 30 },
		     { READ, 0, 9000, 0, 100 } },
	  .want = { IS("pages", 100), IS("avoided", 80), IS("operations", 202), IS("skipped", 0), IS("hull_max", 20),
		    IS("hull_excess", 0) } },
	{ .name = "on 6.1, too, and by host address", .on_6_1 = true, .policy = "fault.retry_key=hull-hva fault.precheck=none",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { ZAP_GFNS, HOST, 3000, 10, 30 },
		     { READ, 0, 9000, 0, 100 } },
	  .want = { IS("pages", 100), IS("avoided", 80), IS("skipped", 0), IS("windows_max", 0), IS("hull_max", 0) } },
	{ .name = "each copy zaps what is its own", .clones = 2,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { ZAP_GFNS, HOST, 3000, 10, 30 } },
	  .want = { IS("pages", 160), { "faults", 200, 1 << 30 }, IS("skipped", 0) } },
	{ .name = "a range of more than there is takes everything, in time",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { ZAP_GFNS, HOST, 3000, 0, 1ULL << 52 },
		     { DESTROY, HOST, 30000 } },
	  .want = { IS("pages", 0) } },
	{ .name = "a zapped range is nothing that only this policy did", .model = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { ZAP_GFNS, HOST, 1000, 0, 64 },
		     { READ, 0, 3000, 0, 64 }, { DESTROY, HOST, 30000 } },
	  .want = { IS("added", 0), IS("accesses", 128), IS("stall_added", 0), IS("touches", 0) } },
	{ .name = "a log that was never started has nothing to give",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 20, 0, 5 }, { GET, HOST, 3000 } },
	  .want = { IS("dirty_pages", 0), IS("memslot_errors", 1), IS("pages", 5) } },
	{ .name = "pages written since logging started, or since the last GET, are given once each",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { LOG, HOST, 10, 1, SLOT_PAGES }, { POPULATE, 0, 3000, 0, 70 },
		     { GET, HOST, 9000 }, { GET, HOST, 9001 }, { POPULATE, 0, 9100, 60, 64 }, { GET, HOST, 12000 } },
	  .want = { IS("dirty_pages", 74), IS("pages", 70) } },
	{ .name = "pages only read are not dirty",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { LOG, HOST, 10, 1, SLOT_PAGES }, { READ, 0, 3000, 0, 70 },
		     { GET, HOST, 9000 } },
	  .want = { IS("dirty_pages", 0), IS("pages", 70) } },
	{ .name = "an end without a start is counted",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { ZAP_END, HOST, 10, 0, 64 }, { POPULATE, 0, 20, 0, 5 } },
	  .want = { IS("unmatched_ends", 1), IS("pages", 5) } },
	{ .name = "the guest thinks as long as it did",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 0, 0, 5, 2 * MS } },
	  .want = { { "run", 10 * MS, INT64_MAX }, IS("pages", 5) } },
	{ .name = "or not at all",
	  .pacing = PACING_ASAP,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 0, 0, 5, 2000 * MS } },
	  .want = { { "run", 0, 2000 * MS }, IS("pages", 5) } },
	{ .name = "at half the scale it thinks half as long",
	  .time_scale_ppm = 500000,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 0, 0, 5, 20 * MS } },
	  .want = { { "run", 50 * MS, RT_IS_VIRTUAL ? 60 * MS : INT64_MAX }, IS("pages", 5) } },
	{ .name = "on a host far slower than the model ticks still leave time to run in",
	  .time_scale_ppm = 100, .cpus = 1,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 0, 0, 5, 2000 * MS }, { POPULATE, 1, 0, 5, 10, 2000 * MS } },
	  .want = { { "run", RT_IS_VIRTUAL ? 2 * MS : MS, RT_IS_VIRTUAL ? 3 * MS : INT64_MAX }, IS("pages", 10) } },
	{ .name = "what went away under the recorded kernel, too, is touched by nobody but the recorded accesses",
	  .model = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { ZAP, HOST, 1000, 0, 64 },
		     { ZAP_END, HOST, 1001, 0, 64 }, { READ, 0, 3000, 0, 64 }, { DESTROY, HOST, 30000 } },
	  .want = { IS("added", 0), IS("accesses", 128), IS("stall_added", 0), IS("touches", 0) } },
	{ .name = "pages that only this policy takes away are touched again, and that is its fault",
	  .model = true, .policy = "memslot.delete=zap-all",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { OTHER_SLOT, HOST, 1, 8192, 8200 }, { POPULATE, 0, 10, 0, 64 },
		     { SEEN, 0, 100 }, { ZAP, HOST, 1000, 0, 64 }, { ZAP_END, HOST, 1001, 0, 64 },
		     { READ, 0, 3000, 0, 65 }, { ZAP, HOST, 8000, 64, 65 }, { ZAP_END, HOST, 8001, 64, 65 },	/* all are there, */
		     { OTHER_GONE, HOST, 10000 }, { ZAP, HOST, 11000, 64, 65 }, { ZAP_END, HOST, 11001, 64, 65 },
		     { READ, 0, 14000, 64, 65 }, { READ, 0, 80000, 71, 72, 60 * MS },	/* and it runs on when they are gone */
		     { DESTROY, HOST, 100000 } },
	  .want = { IS("added", 64), { "stall_added", 1, INT64_MAX }, IS("accesses", 131), IS("touches", 64) } },
	{ .name = "and under one that leaves them there is none",
	  .model = true, .policy = "memslot.delete=slot-only",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { OTHER_SLOT, HOST, 1, 8192, 8200 }, { POPULATE, 0, 10, 0, 64 },
		     { SEEN, 0, 100 }, { ZAP, HOST, 1000, 0, 64 }, { ZAP_END, HOST, 1001, 0, 64 },
		     { READ, 0, 3000, 0, 64 }, { OTHER_GONE, HOST, 10000 }, { DESTROY, HOST, 60000 } },
	  .want = { IS("added", 0), IS("stall_added", 0), IS("touches", 0) } },
	{ .name = "without a model of hits a page is young once, from its fault",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { AGE_EACH, HOST, 2000, 0, 64 },
		     { AGE_EACH, HOST, 12000, 0, 64 }, { AGE_EACH, HOST, 22000, 0, 64 } },
	  .want = { IS("young", 64), IS("young_recorded", 192) } },
	{ .name = "with it the guest's hits make it young again",
	  .model = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { AGE_EACH, HOST, 2000, 0, 64 },
		     { AGE_EACH, HOST, 12000, 0, 64 }, { AGE_EACH, HOST, 22000, 0, 64 },
		     { AGE_EACH, HOST, 32000, 0, 64 } },
	  .want = { { "young", RT_IS_VIRTUAL ? 230 : 65, 256 }, IS("young_recorded", 256), IS("young_lost", 0) } },
	{ .name = "on arm64, too, where hardware sets the access flag",
	  .model = true, .arm64 = "Y",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { AGE_EACH, HOST, 2000, 0, 64 },
		     { AGE_EACH, HOST, 12000, 0, 64 }, { AGE_EACH, HOST, 22000, 0, 64 },
		     { AGE_EACH, HOST, 32000, 0, 64 } },
	  .want = { { "young", RT_IS_VIRTUAL ? 230 : 64, 256 }, { "touches", RT_IS_VIRTUAL, 256 },
		    { "young_lost", 0, RT_IS_VIRTUAL ? 0 : 256 } } },
	{ .name = "where it does not, what is touched again is a recorded fault, and nothing else",
	  .model = true, .arm64 = "N",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 64 }, { AGE_EACH, HOST, 2000, 0, 64 },
		     { READ, 0, 5000, 0, 64 }, { AGE_EACH, HOST, 12000, 0, 64 }, { AGE_EACH, HOST, 22000, 0, 64 },
		     { SEEN, 0, 30000 } },
	  .want = { IS("young", 128), IS("touches", 0), IS("added", 0), IS("young_lost", 0) } },
	{ .name = "pages that become private fault again",
	  .lines = { { SLOT_GMEM, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { PRIVATE, HOST, 3000, 10, 30 },
		     { READ, 0, 9000, 0, 100 } },
	  .want = { IS("pages", 100), IS("avoided", 80), IS("operations", 202), IS("skipped", 0) } },
	{ .name = "pages that are shared already do not",
	  .lines = { { SLOT_GMEM, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { SHARED, HOST, 3000, 10, 30 },
		     { READ, 0, 9000, 0, 100 } },
	  .want = { IS("pages", 100), IS("avoided", 100) } },
	{ .name = "private pages of a slot without a guest_memfd cannot be had",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { PRIVATE, HOST, 3000, 10, 30 },
		     { READ, 0, 9000, 0, 100 } },
	  .want = { IS("pages", 80), IS("avoided", 80) } },
	{ .name = "a hole takes its pages away", .clones = 2,
	  .lines = { { SLOT_GMEM, HOST, 0, 0, SLOT_PAGES }, { PRIVATE, HOST, 5, 0, 100 }, { POPULATE, 0, 10, 0, 100 },
		     { HOLE, HOST, 3000, 10, 30 } },
	  .want = { IS("pages", 160), { "faults", 200, 1 << 30 }, IS("skipped", 0) } },
	{ .name = "but none in a slot that is not bound to the file",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { HOLE, HOST, 3000, 10, 30 } },
	  .want = { IS("pages", 100), IS("skipped", 0) } },
	{ .name = "6.1 has no attributes", .on_6_1 = true,
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 100 }, { PRIVATE, HOST, 3000, 10, 30 },
		     { HOLE, HOST, 3100, 10, 30 } },
	  .want = { IS("pages", 100), IS("skipped", 2), IS("skipped.mem_attr", 1), IS("skipped.punch_hole", 1) } },
	{ .name = "a notifier nested in a fault after other accesses costs it one retry, too",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 3 }, { NESTED_ZAP, 0, 100, 5, 6 },
		     { NESTED_ZAP_END, 0, 101, 5, 6 }, { READ, 0, 102, 5, 8 } },
	  .want = { IS("pages", 6), IS("retries", 1), IS("faults", 7) } },
	{ .name = "time in other exits passes before the access it belongs to, and before no other",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { POPULATE, 0, 10, 0, 3 }, { THINK, 0, 20, 4 * MS, 8 * MS },
		     { READ, 0, 30, 5, 8 } },
	  .want = { { "run", 12 * MS, RT_IS_VIRTUAL ? 13 * MS : INT64_MAX }, IS("pages", 6) } },
	{ .name = "a fault that was the guest's own is none, and the vCPU has no root after it",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { TOLD, 0, 10, 0, 1 }, { READ, 0, 30, 5, 8 } },
	  .want = { IS("pages", 3), IS("avoided", 1), IS("faults", 3), IS("accesses", 4) } },
	{ .name = "a vCPU loads its root once",
	  .lines = { { SLOT, HOST, 0, 0, SLOT_PAGES }, { LOAD, 0, 5 }, { LOAD, 0, 6 }, { POPULATE, 0, 20, 0, 5 } },
	  .want = { IS("pages", 5) } },
};

/* --- writing the lines down -------------------------------------------------------- */

static struct ev range(enum ev_kind kind, const struct line *l, uint8_t flags)
{
	return (struct ev){ .kind = (uint8_t)kind, .flags = flags, .hvas = { .start = HVA(l->a), .end = HVA(l->b) } };
}

static struct ev slot(enum ev_slot_change change, const struct line *l)
{
	return (struct ev){ .kind = EV_MEMSLOT,
			    .slot = { .gfn = l->a, .npages = l->b, .hva = HVA(l->a), .change = (uint8_t)change } };
}

static struct ev pages(enum ev_kind kind, const struct line *l, uint8_t flags)
{
	return (struct ev){ .kind = (uint8_t)kind, .flags = flags, .gfns = { .gfn = l->a, .count = l->b - l->a } };
}

static struct ev simple(const struct line *l)
{
	switch (l->what) {
	case SLOT:
		return slot(EV_SLOT_CREATE, l);
	case SLOT_GMEM: {
		struct ev ev = slot(EV_SLOT_CREATE, l);

		ev.slot.flags = 4;
		return ev;
	}
	case PRIVATE:
		return pages(EV_MEM_ATTR, l, EV_F_PRIVATE);
	case SHARED:
		return pages(EV_MEM_ATTR, l, 0);
	case HOLE:
		return pages(EV_PUNCH_HOLE, l, 0);
	case SLOT_GONE:
		return slot(EV_SLOT_DELETE, l);
	case ZAP:
		return range(EV_INVALIDATE_START, l, 0);
	case ZAP_END:
		return range(EV_INVALIDATE_END, l, 0);
	case NESTED_ZAP:
		return range(EV_INVALIDATE_START, l, EV_F_NESTED);
	case NESTED_ZAP_END:
		return range(EV_INVALIDATE_END, l, EV_F_NESTED);
	case AGE:
		return range(EV_AGE, l, 0);
	case OTHER_SLOT:
	case OTHER_GONE: {
		struct ev ev = slot(l->what == OTHER_SLOT ? EV_SLOT_CREATE : EV_SLOT_DELETE, l);

		ev.slot.id = 1;
		return ev;
	}
	case SEEN:		/* the recording would have shown a fast zap */
		return (struct ev){ .kind = OBS_SPTE_CHANGED };
	case ZAP_GFNS:
		return pages(EV_ZAP_RANGE, l, 0);
	case LOG:
		return (struct ev){ .kind = EV_MEMSLOT, .slot = { .npages = l->b, .hva = HVA(0), .flags = l->a & 1,
								  .change = EV_SLOT_FLAGS } };
	case GET:
		return (struct ev){ .kind = EV_DIRTY_GET, .gfns = { .count = SLOT_PAGES } };
	case THINK:
		return (struct ev){ .kind = EV_THINK, .think = { .guest_ns = l->a, .other_exit_ns = l->b } };
	case DESTROY:
		return (struct ev){ .kind = EV_VM_DESTROY };
	default:
		return (struct ev){ .kind = EV_VCPU_LOAD };
	}
}

static void write_accesses(struct ev_writer *w, const struct line *l)
{
	for (uint64_t i = 0; i < l->b - l->a; i++) {
		struct ev ev = { .kind = EV_ACCESS,
				 .flags = (uint8_t)(EV_F_PFN | (l->what == POPULATE ? EV_F_W | EV_F_HOSTWR : EV_F_R)) };

		ev.access.gfn = l->a + i;
		ev.access.pfn = 0x1000 + l->a + i;
		ev.access.level = 1;
		ev.access.attempts = 1;
		ev.access.result = l->what == TOLD ? RET_PF_GUEST : 0;
		ev.access.guest_ns = l->guest_ns;
		ev.access.service_ns = 500;
		assert_int_equal(ev_write(w, l->task, (l->at_us + i) * 1000, &ev), 0);
	}
}

static void write_ages(struct ev_writer *w, const struct line *l)
{
	for (uint64_t page = l->a; page < l->b; page++) {
		const struct line one = { .a = page, .b = page + 1 };
		struct ev ev = range(EV_AGE, &one, EV_F_MATCHED | EV_F_YOUNG);

		assert_int_equal(ev_write(w, l->task, (l->at_us + page) * 1000, &ev), 0);
	}
}

static struct ev_file *write_lines(const struct line *lines, bool no_ends, bool on_6_1, const char *arm64, char *path)
{
	struct ev_meta meta;
	struct ev_writer *w;
	struct ev_file *f;
	struct err e;

	ev_meta_init(&meta);
	meta.release = on_6_1 ? KVM_6_1 : KVM_6_12;
	meta.tdp_mmu = true;
	meta.page_shift = 12;
	meta.arch = arm64 ? KVM_ARM64 : KVM_X86;
	if (arm64)
		ev_meta_set_param(&meta, "arm64.hw_af", arm64);
	meta.nr_cpus = VCPUS + 1;
	meta.has_ends = !no_ends;
	ev_meta_add_vm(&meta);
	for (uint32_t i = 0; i <= HOST; i++) {
		ev_meta_add_task(&meta, 100 + i, "task");
		meta.tasks[i].vm = i < VCPUS ? 0 : -1;
		meta.tasks[i].vcpu = i < VCPUS ? (int32_t)i : -1;
	}
	assert_int_equal(ev_writer_open(path, 0, &w, &e), 0);
	for (; lines->what != STOP; lines++) {
		struct ev ev;

		if (lines->what == POPULATE || lines->what == READ || lines->what == TOLD) {
			write_accesses(w, lines);
			continue;
		}
		if (lines->what == AGE_EACH) {
			write_ages(w, lines);
			continue;
		}
		ev = simple(lines);
		assert_int_equal(ev_write(w, lines->task, lines->at_us * 1000, &ev), 0);
	}
	assert_int_equal(ev_writer_close(w, &meta, &e), 0);
	ev_meta_fini(&meta);
	assert_int_equal(ev_open(path, 0, &f, &e), 0);
	return f;
}

/* --- running ---------------------------------------------------------------------------- */

/* The file is gone from its folder at once, so that a row that fails leaves nothing behind. */
static struct ev_file *file_of(const struct line *lines, bool no_ends, bool on_6_1, const char *arm64)
{
	char path[] = "/tmp/drive_test_XXXXXX";
	int fd = mkstemp(path);
	struct ev_file *f;

	assert_true(fd >= 0);
	close(fd);
	f = write_lines(lines, no_ends, on_6_1, arm64, path);
	unlink(path);
	return f;
}

static void assign(struct policy *policy, const char *assignments)
{
	char text[128], *save, *one;
	struct err e;

	policy_defaults(policy);
	snprintf(text, sizeof(text), "%s", assignments ? assignments : "");
	for (one = strtok_r(text, " ", &save); one; one = strtok_r(NULL, " ", &save))
		if (policy_set(policy, one, KVM_X86, &e))
			fail_msg("%s", e.text);
}

/* Return: 0, or the run's error, in @e. */
static int replay(struct drive_job *job, const char *assignments, struct result *result, struct err *e)
{
	struct policy policy;
	struct costs costs;
	struct plan *plan;
	struct scan scan;
	int rc;

	assign(&policy, assignments);
	costs_defaults(&costs);
	assert_int_equal(scan_file(job->file, &scan, e), 0);
	assert_int_equal(plan_make(job->file, &scan, &plan, e), 0);
	job->scan = &scan;
	job->plan = plan;
	job->policy = &policy;
	job->costs = &costs;
	job->seed = 7;
	result_init(result);
	rc = RT_ENTRY(drive)(job, result, e);
	plan_free(plan);
	scan_fini(&scan);
	return rc;
}

static void run_row(const typeof(rows[0]) *r, bool checked)
{
	struct drive_job job = { .file = file_of(r->lines, r->no_ends, r->on_6_1, r->arm64), .pacing = r->pacing,
				 .check = checked, .clones = r->clones ? r->clones : 1, .time_scale_ppm = r->time_scale_ppm };
	struct access_model *model = NULL;
	struct result result;
	struct err e = { 0 };
	int rc;

	host_model_defaults(&job.host);
	job.host.cpus = r->cpus;
	if (r->model)
		assert_int_equal(access_model_make(job.file, &model, &e), 0);
	job.access = model;
	rc = replay(&job, r->policy, &result, &e);
	access_model_free(model);
	if (!rc != !r->fails || (rc && !strstr(e.text, r->fails)))
		fail_msg("%d: %s", rc, e.text);
	assert_metrics(&result, r->want);
	result_fini(&result);
	ev_close(job.file);
}

/* What somebody looks at comes out as what nobody does. */
static void check(const void *row)
{
	const typeof(rows[0]) *r = row;

	if (r->virtual_only && !RT_IS_VIRTUAL)
		return;
	if (!r->unchecked)
		run_row(r, true);
	if (r->unchecked || !r->fails)
		run_row(r, false);
}

/* --- the oracle against real tables ------------------------------------------------------------ */

static const struct {
	const char	*name;
	int		 plant;	/* 0: nothing, 1: a mapping nobody made, 2: one nobody told of */
	const char	*says;
} plants[] = {
	{ "tables and oracle agree", 0, NULL },
	{ "a mapping the tables lost is found", 1, "must be mapped" },
	{ "a mapping nobody asked for is found", 2, "accesses account for 1" },
};

struct planted {
	struct drive_vm	vm;
	int		plant;
};

static void map_task(void *arg)
{
	struct planted *p = arg;
	struct mmu_access a = { .gfn = 5, .access = MMU_W, .host_level = 1, .host_writable = true, .pfn = 77 };
	uint64_t stamp = oracle_access_begin(p->vm.oracle, 5);

	mmu_vcpu_load(p->vm.mmu, 0);
	mmu_fault(p->vm.mmu, 0, &a);
	oracle_access_end(p->vm.oracle, stamp, 5, 77, 1, true);
	if (p->plant == 1) {
		stamp = oracle_access_begin(p->vm.oracle, 6);
		oracle_access_end(p->vm.oracle, stamp, 6, 78, 1, true);
	} else if (p->plant == 2) {
		a.gfn = 6;
		mmu_fault(p->vm.mmu, 0, &a);
	}
}

static void check_plant(const void *row)
{
	const typeof(plants[0]) *r = row;
	struct policy policy;
	struct mmu_config config = { .release = KVM_6_12, .nr_vcpus = 1, .max_level = 3, .root_level = 4, .ad = true,
				     .policy = &policy };
	const struct mmu_slot memory = { .npages = 100 };
	const struct drive drive = { .job = NULL };
	struct planted p = { .vm = { .drive = &drive }, .plant = r->plant };
	struct rt_task_def def = { .fn = map_task, .arg = &p };
	struct rt_task_stats task_stats;
	struct rt_stats stats = { .task = &task_stats };
	struct rt_config rt = { .policy = &policy };
	struct err e = { 0 };
	int rc;

	policy_defaults(&policy);
	assert_int_equal(mmu_create(&config, &p.vm.mmu), 0);
	assert_int_equal(mmu_memslot(p.vm.mmu, MMU_SLOT_CREATE, &memory), 0);
	p.vm.oracle = oracle_make(0, (struct entry_kind){ KVM_X86, 12 });
	rt_word_init(&p.vm.compared, 0);
	assert_int_equal(rt_run(&rt, &def, 1, &stats, &e), 0);
	rc = check_compare(&p.vm, &e);
	assert_int_equal(rc, r->says ? -ERR_NO : 0);
	if (r->says && !strstr(e.text, r->says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, r->says);
	oracle_free(p.vm.oracle);
	mmu_destroy(p.vm.mmu);
}

int main(void)
{
	int rc = table_run("drive", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return table_run("drive-oracle", plants, ARRAY_SIZE(plants), sizeof(plants[0]), check_plant) | rc;
}
