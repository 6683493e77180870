/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_META_H
#define EVENT_META_H

#include "event/event.h"
#include "kvm/spte.h"

/*
 * Header and dictionary of an event file, as a plain struct.  The writer's
 * owner fills it while importing; ev_writer_close() stores it.  On disk it is
 * one checksummed JSON section, so that a later version can add members.
 */
struct ev_count {		/* one name and a number */
	char		*name;
	uint64_t	 n;
};

struct ev_counts {		/* grows; sorted by name when stored */
	struct ev_count	*v;
	size_t		 nr, cap;
};

struct ev_param {		/* kernel config and module parameters a preset depends on */
	char *name, *value;
};

struct ev_lost {
	uint32_t cpu;
	char	*cause;		/* "overrun", "dropped", "missed", "damaged" */
	uint64_t n;
};

struct ev_task {
	uint32_t tid, tgid;	/* tgid 0: unknown */
	int32_t	 vcpu;		/* vCPU id, or -1 */
	int32_t	 vm;		/* VM index, or -1 when it touches several or none */
	char	*comm;
};

struct ev_stat {		/* one of KVM's statistics of a VM, when the recording began and when it ended */
	char	*vm;		/* KVM's folder of it: "PID-DESCRIPTOR" */
	char	*name;		/* "pf_taken" */
	uint64_t begin, end;
};

struct ev_vm {
	char	*name;		/* as its process calls it; NULL: the recording does not say */
	uint64_t kvm;		/* address of struct kvm where a probe gave it, else 0 */
	uint32_t tgid;
	uint32_t nr_vcpus;
	bool	 slots_seen;	/* memslot changes are in the trace from its start */
	bool	 slots_inferred; /* no memslot change is in it: they come from what notifiers zapped */
	uint64_t frames_nowhere; /* of them, frames whose host address nothing tells */
	bool	 dirty_inferred; /* no call that takes its log is in it: GETs come from what they protected */
	bool	 dirty_ring;	/* it logs dirty pages in rings */
	bool	 dirty_manual;	/* GET only looks, CLEAR clears */
	bool	 dirty_init_set; /* all pages of a slot count as dirty when its logging starts */
	/* Shadow paging: what was found of the guest's page tables; 0: nothing. */
	uint32_t guest_levels;	/* of its newest */
	uint32_t guest_roots;	/* that CR3 held */
	uint64_t guest_tables;	/* of which some entry is in the trace */
};

struct ev_meta {
	enum kvm_arch	 arch;
	char		*kernel;	/* uname -r; NULL: unknown */
	char		*machine;	/* uname -m where that is no architecture the lab knows, else NULL */
	enum kvm_release release;
	bool		 release_exact;
	enum spte_tdp	 tdp;		/* x86; NPT, whose entries have the same bits, when there is none (@shadow) */
	bool		 tdp_mmu;	/* false: shadow pages and rmaps */
	bool		 shadow;	/* no two-dimensional paging: KVM shadows the guest's tables */
	unsigned int	 page_shift;
	unsigned int	 nr_cpus;	/* of the host, as recorded */
	char		*clock;
	char		*source;	/* base name of the imported file */
	char		*synthetic;	/* nothing of it was recorded: what made it up; else NULL */
	char		 source_xxh3[33]; /* its 128-bit hash in hex */
	uint64_t	 events;	/* records in the source */
	uint64_t	 kvm_events;	/* of them, KVM's tracepoints and known probes */
	uint64_t	 first_ns, last_ns; /* absolute, in @clock */
	bool		 has_ends;	/* invalidation ends are in the trace */
	bool		 has_probes;

	struct ev_param	*params;	size_t nr_params;
	struct ev_lost	*lost;		size_t nr_lost;
	struct ev_task	*tasks;		size_t nr_tasks;
	struct ev_vm	*vms;		size_t nr_vms;
	struct ev_stat	*stats;		size_t nr_stats;	/* of recorded VMs; those that stayed 0 are left out */
	struct ev_counts sources;	/* "kvm:kvm_exit" -> records in the source */
	struct ev_counts unused;	/* reason -> records not turned into anything */
	struct ev_counts lacking;	/* "kvm_page_fault: lacks field vcpu_id" -> records used all the same */
	struct ev_counts kinds;		/* ev_kind_name -> records in this file; kept by the writer */
	struct ev_counts damage;	/* what was skipped on the way in */
};

void ev_meta_init(struct ev_meta *m);
void ev_meta_fini(struct ev_meta *m);	/* fine for a zeroed one */
/* Adds @n to @name's count; aborts on out of memory, like every small allocation here. */
void ev_counts_add(struct ev_counts *c, const char *name, uint64_t n);
void ev_counts_fini(struct ev_counts *c);	/* empties it */
uint64_t ev_counts_get(const struct ev_counts *c, const char *name);
/* Return: index of the new task / VM. */
uint32_t ev_meta_add_task(struct ev_meta *m, uint32_t tid, const char *comm);
uint32_t ev_meta_add_vm(struct ev_meta *m);
void ev_meta_add_lost(struct ev_meta *m, uint32_t cpu, const char *cause, uint64_t n);
/* The statistic @name of @vm, 0 at both ends when it is new; good until the next one is added. */
struct ev_stat *ev_meta_stat(struct ev_meta *m, const char *vm, const char *name);
void ev_meta_set_param(struct ev_meta *m, const char *name, const char *value);
const char *ev_meta_param(const struct ev_meta *m, const char *name); /* NULL: not set */
/* A module parameter that is a bool: "Y" or "1", "N" or "0"; not set, it is neither. */
bool ev_meta_param_on(const struct ev_meta *m, const char *name);
bool ev_meta_param_off(const struct ev_meta *m, const char *name);
/* One that is a number; @otherwise when it is not set, or none. */
uint32_t ev_meta_param_number(const struct ev_meta *m, const char *name, uint32_t otherwise);

#endif
