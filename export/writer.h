/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_WRITER_H
#define EXPORT_WRITER_H

#include "export/export.h"
#include "export/pages.h"
#include "export/shape.h"
#include "replay/slots.h"

/* Private to export/: the file as it grows, and what was said before of VMs and threads. */
struct dialect {		/* how hosts of one architecture say it: x86.c, arm64.c */
	const struct shape_row *rows;
	unsigned int	 nr_rows;
	void (*tasks)(struct exporter *x);	/* before the first record */
	void (*told)(struct exporter *x, const struct told *w);
};

extern const struct dialect dialect_x86, dialect_arm64;

struct thread {
	struct told_task who;
	uint32_t	 pid;
	char		*comm;
	bool		 runs;		/* KVM_RUN has been called */
	bool		 looked;	/* this fault has looked for its page */
	bool		 tests;		/* the aging at hand is a test_age */
	bool		 young;		/* ... and found something young */
	unsigned int	 swaps;		/* of the memslot call at hand */
	uint8_t		 open[8];	/* arm64: calls and visits under way, enum obs_kind */
	unsigned int	 nr_open;
};

struct ring {			/* of one vCPU's dirty pages */
	uint32_t pushed, reset;
};

struct said_vm {
	uint64_t	 kvm;
	struct slots	 slots;
	uint64_t	 generation[2];	/* of each address space's memslots */
	struct ring	*rings;		uint32_t nr_rings;
	uint64_t	 tables;	/* x86: that KVM has for it now; arm64: taken out of its tree so far */
};

struct exporter {
	struct export_options	 o;
	const struct dialect	*dialect;
	struct told_sink	 sink;
	struct pages		*pages;		/* from the first record on */
	struct shape		*shapes;	/* by row; size 0: this release has no such event */
	char			**formats;
	struct thread		*threads;	unsigned int nr_threads, nr_cpus;
	struct said_vm		*vms;
	enum ret_pf_numbers	 ret_pf;
	uint64_t		 unsaid;
	int			 ret;
	struct err		 err;
};

/* One record of row @event by @w's task, at its time and on its CPU; nothing where this release has none. */
void export_put(struct exporter *x, const struct told *w, unsigned int event, const uint64_t *values);
#define EXPORT(x, w, event, ...) \
	export_put(x, w, event, (const uint64_t[SHAPE_FIELDS_MAX]){ __VA_ARGS__ })

bool export_has(const struct exporter *x, unsigned int event);
/* Where the function of a probe is. */
uint64_t export_address(unsigned int event);

/* Addresses of kernel objects, made up where the recording did not give them. */
uint64_t export_kvm(const struct exporter *x, int vm);
uint64_t export_mn(const struct exporter *x, int vm);		/* its notifier's, inside it */
uint64_t export_lock(const struct exporter *x, int vm);		/* its mmu_lock's, likewise */
uint64_t export_vcpu(const struct exporter *x, int vm, int vcpu);
/* The physical address of the entry that maps @gfn at @level (1: pages) of a VM that has one such entry. */
uint64_t export_entry(int vm, gfn_t gfn, unsigned int level, unsigned int table_bits);

/* Flags of contention_begin of a TOLD_WAIT, and of a notifier's range. */
uint32_t export_wait_flags(const struct told *w);
uint32_t export_range_flags(const struct told *w);

/* A line as if written to trace_marker by @w's task. */
void export_print(struct exporter *x, const struct told *w, const char *line);

/* The slot operation is over: it counts from now on. */
void export_slot(struct exporter *x, const struct told *w);
struct ring *export_ring(struct exporter *x, int vm, uint32_t vcpu);

#endif
