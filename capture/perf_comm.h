/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_COMM_H
#define CAPTURE_PERF_COMM_H

#include "base/types.h"

/* Names of threads, as the records read so far have them. */
struct perf_comms {
	struct perf_comm {
		uint32_t tid;
		char	*comm;		/* NULL: the place is free */
	} *v;				/* hash table, a power of two */
	uint32_t cap, nr;
};

void perf_comm_set(struct perf_comms *c, uint32_t tid, const char *comm, size_t len);
const char *perf_comm_of(const struct perf_comms *c, uint32_t tid);	/* NULL: not known; valid until it is renamed */
void perf_comms_fini(struct perf_comms *c);

#endif
