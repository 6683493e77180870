/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_VERDICT_H
#define REPLAY_VERDICT_H

#include "replay/obs_match.h"
#include "replay/recording.h"

/*
 * The judgement of a guided replay: one outcome per recorded operation, and
 * what can be counted from them.
 *
 * An operation is exact when some order the records allow gives its
 * observations and its result: `determined` when every order they allow leads it to one outcome
 * and the evidence's own order shows it, else `admissible`.  `guided` counts those that are exact with every
 * instant where the evidence puts it first.  `undecided` are those of the exact ones that are a miss in one of the two
 * orders tried.
 */
enum outcome {
	OUTCOME_UNSEEN,		/* not replayed: the run ended before it */
	OUTCOME_EXACT,
	OUTCOME_MISS,
	OUTCOME_VACUOUS,	/* nothing to observe on either side */
	OUTCOME_LOST,		/* its records are not complete */
	OUTCOME_SKIPPED,	/* the engine does not model it: enum skip says why */
};

#define SKIPS(X)						\
	X(DIRTY,	"dirty_log")				\
	X(MEMSLOT,	"memslot_flags")			\
	X(UNKNOWN,	"unknown_operation")			\
	X(NO_STIMULUS,	"no_stimulus")				\
	X(NO_VM,	"unknown_vm")

enum skip {
#define SKIP_ENUM(id, name) SKIP_##id,
	SKIPS(SKIP_ENUM)
#undef SKIP_ENUM
	NR_SKIPS
};

/* What went wrong in an operation that is not exact; the first that applies. */
#define MISSES(X)								\
	X(MAP_FOR_RETRY, "predicted map, observed retry")			\
	X(RETRY_FOR_MAP, "predicted retry, observed map")			\
	X(LEVEL,	"mapped at another level")				\
	X(AD,		"only accessed or dirty bits differ")			\
	X(SPTE_VALUE,	"other spte value")					\
	X(SPTE_MISSING,	"missing spte change")					\
	X(SPTE_EXTRA,	"extra spte change")					\
	X(GET_MISSING,	"missing get_page")					\
	X(GET_EXTRA,	"extra get_page")					\
	X(ZAP_MISSING,	"missing prepare_zap_page")				\
	X(ZAP_EXTRA,	"extra prepare_zap_page")				\
	X(SYNC,		"other pages synced or out of sync")			\
	X(WALK,		"other walk of the guest's tables")			\
	X(FAST,		"other fast_page_fault")				\
	X(HANDLER,	"other memslots matched")				\
	X(FLUSH_MISSING, "missing flush")					\
	X(FLUSH_EXTRA,	"extra flush")						\
	X(CALL,		"another call on stage 2")				\
	X(RESULT,	"other fault result")					\
	X(CHECK,	"other way past the prechecks")				\
	X(OTHER,	"other")

enum miss {
#define MISS_ENUM(id, text) MISS_##id,
	MISSES(MISS_ENUM)
#undef MISS_ENUM
	NR_MISSES
};

const char *skip_name(enum skip s);
const char *miss_name(enum miss m);

struct judged {			/* of one operation */
	uint8_t	outcome;	/* enum outcome at the guided instants */
	uint8_t	why;		/* enum miss or enum skip */
	uint8_t	predicted;	/* enum ret_pf */
	bool	fixed : 1;	/* every order the records allow gives one outcome: order.h */
	bool	elsewhere : 1;	/* exact in the consistent order */
	bool	varies : 1;	/* exact in one of the two and a miss in the other */
	bool	null_exact : 1;
	uint32_t missed;	/* MISS: place in verdict.missed, counted from 1 */
};

#define VERDICT_EXAMPLES 32	/* kept per class, so that some are left when others turn out admissible */

struct example {
	uint32_t op;
	char	 predicted[160], observed[160];
};

/* Why the engine's attempts retried, by the names of struct mmu_stats: X(name, "said"). */
#define RETRY_CAUSES(X)							\
	X(open,		"page being invalidated")			\
	X(ended,	"page invalidated meanwhile")			\
	X(hull,		"only the key covers it")			\
	X(seq,		"other pages invalidated meanwhile")		\
	X(slot,		"memory slot going away")			\
	X(root,		"root invalid")					\
	X(race,		"lost to another fault")

enum retry_cause {
#define RETRY_CAUSE_ENUM(name, said) RETRY_CAUSE_##name,
	RETRY_CAUSES(RETRY_CAUSE_ENUM)
#undef RETRY_CAUSE_ENUM
	NR_RETRY_CAUSES
};

struct verdict {
	const struct recording	*rec;
	bool			 has_checks;	/* probes show which faults came to the retry test under mmu_lock */
	struct judged		*ops;		/* rec->nr_ops of them */
	struct obs_count	 kinds[OBS_END]; /* of each operation where it is exact, else at the guided instants */
	struct obs_count	(*missed)[OBS_END];	/* what each miss has added to kinds */
	uint32_t		 nr_missed, cap_missed;
	uint64_t		 retries[NR_RETRY_CAUSES];	/* of the run at the evidence */
	struct example		*examples[NR_MISSES];
	uint32_t		 nr_examples[NR_MISSES];
};

void verdict_init(struct verdict *v, const struct recording *rec);
void verdict_fini(struct verdict *v);

/* One replayed operation: what the engine said and what became of it. */
struct replayed {
	struct obs_view	predicted;
	enum ret_pf	result;		/* FAULT; RET_PF_UNKNOWN otherwise */
	bool		checked;	/* FAULT: it came to the retry test under mmu_lock */
};

/**
 * verdict_compare() - judge one operation.
 * @counts:	by kind, or NULL.
 * @diff:	filled.
 *
 * Return: OUTCOME_EXACT, OUTCOME_MISS or OUTCOME_VACUOUS.
 */
enum outcome verdict_compare(const struct verdict *v, struct obs_matcher *m, uint32_t op,
			     const struct replayed *p, struct obs_count counts[OBS_END],
			     struct obs_diff *diff);

/* The same, kept: outcome, class, example. */
enum outcome verdict_judge(struct verdict *v, struct obs_matcher *m, uint32_t op, const struct replayed *p);

/* After verdict_judge(): the same operation in the consistent order. */
enum outcome verdict_judge_again(struct verdict *v, struct obs_matcher *m, uint32_t op, const struct replayed *p);

/*
 * The engine does not model it: what was recorded of it counts as observed and not predicted.  An operation of
 * unknown kind of which nothing was recorded is vacuous.
 */
void verdict_skip(struct verdict *v, struct obs_matcher *m, uint32_t op, enum skip why);

/* --- totals ----------------------------------------------------------------- */

struct tally { uint64_t total, exact, guided; };

struct totals {
	uint64_t operations, exact, determined, admissible, undecided, guided, vacuous, lost, unseen, skipped;
	uint64_t undecidable;			/* vacuous faults: neither result nor change was recorded */
	uint64_t faults;			/* lost ones left out */
	uint64_t skips[NR_SKIPS], misses[NR_MISSES];
	struct tally by_op[EV_NR_OPS];		/* vacuous and lost ones left out */
	struct tally by_result[RET_PF_NR];	/* of faults, by the recorded result */
	uint64_t null_exact;
	uint64_t null_missed, null_explained;	/* what the null model missed, and of it what the engine got */
	double	 exact_ratio, guided_ratio, null_ratio;
	uint32_t first_miss;			/* operation, or REC_NONE; by begin */
	const struct example *first_example;	/* NULL when it was not kept */
};

/* Is it exact, at the guided instants or under another order the records allow? */
static inline bool judged_exact(const struct judged *j)
{
	return j->outcome == OUTCOME_EXACT ||
	       (j->outcome == OUTCOME_MISS && j->elsewhere);
}

void verdict_totals(const struct verdict *v, struct totals *out);

#endif
