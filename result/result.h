/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_RESULT_H
#define RESULT_RESULT_H

#include "result/hist.h"

/*
 * Everything one run has to say, in memory; store.h puts it into the
 * database.  Operations and phases are those of contract 3.
 */
#define RESULT_OPS(X)			\
	X(ACCESS,	"access")	\
	X(INVALIDATE,	"invalidate")	\
	X(INVALIDATE_END, "invalidate_end") \
	X(AGE,		"age")		\
	X(TEST_AGE,	"test_age")	\
	X(SET_SPTE,	"set_spte")	\
	X(MEMSLOT,	"memslot")	\
	X(DIRTY_ENABLE,	"dirty_enable")	\
	X(DIRTY_DISABLE, "dirty_disable") \
	X(DIRTY_GET,	"dirty_get")	\
	X(DIRTY_CLEAR,	"dirty_clear")	\
	X(DIRTY_RESET,	"dirty_reset")	\
	X(LOAD,		"load")		\
	X(ZAP_ALL,	"zap_all")	\
	X(TEARDOWN,	"teardown")	\
	X(MEM_ATTR,	"mem_attr")	\
	X(PUNCH_HOLE,	"punch_hole")	\
	X(ZAP_RANGE,	"zap_range")	\
	X(NX_RECOVER,	"nx_recover")	\
	X(NX_TOGGLE,	"nx_toggle")	\
	X(SYNC,		"sync")		/* of the vCPU's roots */ \
	X(INVLPG,	"invlpg")	\
	X(PT_WRITE,	"pt_write")	/* the guest writes to its page tables */ \
	X(PAGE_LIMIT,	"page_limit")	\
	X(WORKER,	"worker")	\
	X(GUEST,	"guest")	/* nobody's operation: the guest, preemption, the queue hand-over */

enum result_op {
#define RESULT_OP_ENUM(id, name) RESULT_##id,
	RESULT_OPS(RESULT_OP_ENUM)
#undef RESULT_OP_ENUM
	RESULT_NR_OPS
};

#define RESULT_PHASES(X)		\
	X(TOTAL,	"total")	\
	X(LOCK_WAIT,	"lock_wait")	\
	X(LOCK_HOLD,	"lock_hold")	\
	X(RETRY,	"retry")	/* time spent in attempts that ended in RETRY */ \
	X(OPEN,		"open")		/* of invalidate: from its start's begin to its end's end */ \
	X(REFAULT,	"refault")	/* of invalidate and age: until the guest touches such a page again (access model) */

enum result_phase {
#define RESULT_PHASE_ENUM(id, name) PHASE_##id,
	RESULT_PHASES(RESULT_PHASE_ENUM)
#undef RESULT_PHASE_ENUM
	RESULT_NR_PHASES
};

const char *result_op_name(enum result_op op);
const char *result_phase_name(enum result_phase phase);

/* Names that reports know, their units and meaning: result/metric.def. */
struct result_metric {
	char		name[48];	/* "stall", "stall_share", "avoided", ... */
	char		unit[16];	/* "ns", "ppm", "count", "bytes" */
	int64_t		value;
};

struct result_blame { uint64_t ns, n; };

/* One time line: fixed number of buckets over the run, so its size does not depend on the run's length. */
#define RESULT_SERIES_BUCKETS 1024
#define RESULT_SERIES_COARSE  256	/* of lines that come by operation: enough for a picture's width */
struct result_series {
	char		name[48];	/* "access.total.max", "access.n", "lock.wait.age.sum" */
	uint64_t	bucket_ns;	/* a power of two: doubled, and neighbours merged, when the run outgrows it */
	int		how;		/* 0: maximum, 1: sum */
	uint32_t	nr;		/* of v; even */
	uint64_t	v[RESULT_SERIES_BUCKETS];
};

/*
 * How many operations took how long when, for heat maps: fixed size like a time line's.  Latencies
 * count in steps of half an octave up to 64 ns, 96 ns, 128 ns, 192 ns ... 206 s.
 */
#define RESULT_HEAT_TIMES	256
#define RESULT_HEAT_LATENCIES	64
struct result_heat {
	uint64_t	bucket_ns;	/* a power of two, as a time line's */
	uint64_t	top_ns;		/* what the last latency reaches up to */
	uint64_t	n[RESULT_HEAT_TIMES][RESULT_HEAT_LATENCIES];
};

struct result {
	struct hist		 hist[RESULT_NR_OPS][RESULT_NR_PHASES];
	struct result_blame	 blame[RESULT_NR_OPS][RESULT_NR_OPS];	/* [waiter][holder] */
	struct result_metric	*metrics;	size_t nr_metrics;
	struct result_series	*series;	size_t nr_series;
	struct result_heat	*heat[RESULT_NR_OPS];	/* NULL: nobody counts these */
};

void result_init(struct result *r);
void result_fini(struct result *r);
/* Sets or replaces. */
void result_metric(struct result *r, const char *name, const char *unit, int64_t value);
const struct result_metric *result_metric_find(const struct result *r, const char *name);
/* Return: index of the series, made on first use; how: 0 maximum, 1 sum; @nr buckets at most, an even number. */
size_t result_series_add(struct result *r, const char *name, int how, uint32_t nr);
void result_series_put(struct result *r, size_t series, uint64_t t_ns, uint64_t value);
/* A sum that came about evenly in [from_ns, to_ns]. */
void result_series_spread(struct result *r, size_t series, uint64_t from_ns, uint64_t to_ns, uint64_t value);

/* From now on result_heat_put() counts operations of kind @op. */
void result_heat_add(struct result *r, enum result_op op);
/* What operations counted in @latency took at most. */
uint64_t result_heat_hi_ns(const struct result_heat *h, unsigned int latency);

/* --- what is inlined where samples come by the million --- */

/* The rare ones: @t_ns is later than the map reaches, or @service_ns longer. */
void result_heat_put_far(struct result_heat *h, uint64_t t_ns, uint64_t service_ns);

static inline unsigned int result_heat_latency(uint64_t service_ns)
{
	uint64_t below = service_ns > 64 ? service_ns - 1 : 63;	/* hi_ns itself belongs to its step */
	unsigned int octave = 63 ^ __builtin_clzll(below);

	return 2 * octave + (unsigned int)(below >> (octave - 1)) - 13;	/* the shift leaves 2 or 3 */
}

/* An operation ended at @t_ns and took @service_ns. */
static inline void result_heat_count(struct result_heat *h, uint64_t t_ns, uint64_t service_ns)
{
	uint64_t time = t_ns >> __builtin_ctzll(h->bucket_ns);
	unsigned int latency = result_heat_latency(service_ns);

	if (unlikely(time >= RESULT_HEAT_TIMES || latency >= RESULT_HEAT_LATENCIES))
		result_heat_put_far(h, t_ns, service_ns);
	else
		h->n[time][latency]++;
}

/* The same, where somebody counts operations of that kind. */
static inline void result_heat_put(struct result *r, enum result_op op, uint64_t t_ns, uint64_t service_ns)
{
	if (r->heat[op])
		result_heat_count(r->heat[op], t_ns, service_ns);
}

#endif
