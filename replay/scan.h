/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SCAN_H
#define REPLAY_SCAN_H

#include "event/reader.h"

/*
 * What a replay must know about an event file before it runs: one merged pass
 * over the stimuli that keeps nothing but what stands here.
 */
struct scan_vm {
	uint64_t slot_changes;		/* MEMSLOT stimuli */
	uint64_t accesses;
	uint64_t notifiers;		/* stimuli that name host addresses */
	gfn_t	 access_end;		/* 1 + the highest gfn accessed, 0: none */
	gfn_t	 slot_end;		/* 1 + the highest gfn of any slot */
	hva_t	 hva_start, hva_end;	/* over all slots; start > end: none */
	uint32_t slot_ids;		/* 1 + the highest slot id */
	int32_t	 vcpus;			/* 1 + the highest vCPU id of the dictionary's tasks */
	/*
	 * Shadow paging: guest virtual minus guest physical address of most writes, that is where the guest's kernel
	 * has all memory; replays write to page tables there.
	 */
	uint64_t kernel_offset;
	bool	 kernel_offset_known;
	bool	 small_gptes;		/* page tables of 4-byte entries, which lead to frames below 2^20 */
};

struct scan_task {
	uint64_t first_ns;		/* when its first stimulus was due, thinking included */
	uint64_t stimuli;
};

/* One gfn range of one range stimulus, in recorded order. */
struct scan_range {
	uint32_t task, number;
	uint16_t vm;
	bool	 global;		/* @start and @end unset: it concerns the whole VM */
	bool	 beside;		/* EV_F_BESIDE: nothing waits for it */
	uint32_t end_number;		/* + 1, of the INVALIDATE_END that belongs to it, at ... */
	uint64_t t_ns, end_ns;		/* ... end_ns; 0: there is none */
	gfn_t	 start, end;
};

struct scan {
	struct scan_vm	  *vms;		size_t nr_vms;
	struct scan_task  *tasks;	size_t nr_tasks;
	struct scan_range *ranges;	size_t nr_ranges;
	uint64_t	   kinds[EV_STIM_END];
	uint64_t	   last_ns;	/* time of the last stimulus */
	/* Accesses whose service time is known and whose page is not known to be huge, their attempts and that time. */
	uint64_t	   timed, attempts, service_ns;
};

/* Return: 0, or negative with @e naming the damaged block. */
int scan_file(struct ev_file *file, struct scan *out, struct err *e);
void scan_fini(struct scan *s);		/* zeroed: fine */

/* Stimuli the engines have an operation for; the others are skipped and counted. */
bool scan_models(unsigned int kind);
/* Names a range of host addresses, so it needs memslots to mean anything. */
bool scan_is_notifier(unsigned int kind);
/* Guest time before an ACCESS, from its own record and the THINK before it (NULL: none). */
void scan_think(const struct ev *access, const struct ev *think, uint64_t *guest_ns, uint64_t *other_ns);

#endif
