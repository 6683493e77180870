/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_PROTO_H
#define CAPTURE_RIG_LOAD_PROTO_H

#include "base/types.h"

/*
 * What the guest and the program that runs it share: where things lie in guest memory, and the
 * mailbox through which a vCPU is told what to touch.  All addresses are guest physical; the guest
 * maps them one to one.
 */
#define GPA_TABLES	0x1000ULL	/* the guest's own tables for the map above; four pages and a few */
#define GPA_GDT		0x8000ULL	/* x86 */
#define GPA_CODE	0x10000ULL
#define GPA_MAILBOX	0x100000ULL	/* a page for each vCPU */
#define GPA_STACK	0x120000ULL	/* STACK_BYTES for each vCPU */
#define GPA_POOL	0x400000ULL	/* tables of the processes that op churn plays */
#define LOW_BYTES	0x1000000ULL	/* slot 0 */
#define GPA_DATA	0x40000000ULL	/* slots 1 and up */
#define DATA_MAX	0x40000000ULL
#define GPA_AWAY	0x90000000ULL	/* where slots are moved to, below GPA_HOLE */
#define GPA_HOLE	0xd0000000ULL	/* never backed: the guest's devices */
#define GPA_DONE	(GPA_HOLE + 0x100000ULL)	/* arm64: a store here is a hypercall; x86 uses ports */
#define GPA_WRONG	(GPA_DONE + 8)
#define VA_PROCESS	0x8000000000ULL	/* churn: the window of a process */

#define GUEST_PAGE	4096ULL		/* granule of the guest's own tables, whatever the host's page is */
#define STACK_BYTES	0x4000ULL
#define VCPU_MAX	8
#define PROCESS_MAX	32

#define PORT_DONE	0x10
#define PORT_WRONG	0x11

enum op {
	OP_NONE,
	OP_SEQUENCE,	/* each page once, in order */
	OP_RANDOM,	/* pages anywhere */
	OP_HOT,		/* nine in ten within a tenth of the range, which wanders */
	OP_RUNS,	/* up to 64 pages in order from a start anywhere */
	OP_CHURN,	/* guest page tables changed and used; x86 */
};

struct mailbox {
	uint64_t op;
	uint64_t base, bytes, page;	/* range to touch, and the distance of two pages */
	uint64_t count;			/* touches (runs, steps); 0: until stop */
	uint64_t seed;
	uint64_t write_percent;
	uint64_t execute_percent;	/* of the writes */
	uint64_t device_permille;	/* touches of the hole instead */
	uint64_t value;			/* to be stored; 0: something else each time */
	volatile uint64_t stop;
	volatile uint64_t touches;
	volatile uint64_t faults;	/* taken by the guest itself */
	uint64_t processes, tables, blocks;	/* churn: how many, tables of 512 pages and large pages of each */
	uint64_t root[PROCESS_MAX];
};

#endif
