/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_CHECKER_STATE_H
#define ENGINE_CORE_CHECKER_STATE_H

/*
 * What the checker remembers.  Private to engine/core/checker*.c.
 *
 * - Everything that happens has a number; numbers grow, 0 is before everything.
 * - A hook takes the lock, looks, notes at most one break, drops the lock and only
 *   then tells it: telling may end the run.
 */
#include <pthread.h>

#include "engine/core/checker.h"

#define CHECK_LOG	4096		/* events remembered; a power of two */
#define CHECK_HANDS	4		/* roots a task refers to at once; a walk has two */
#define CHECK_ENDED	256		/* windows that ended, the last ones */

struct check_event {
	uint64_t	 number, t_ns;
	uint32_t	 task;
	const char	*what;
	gfn_t		 gfn;
	uint64_t	 value;
};

/* An invalidation, from its first line to its last. */
struct check_window {
	hva_t		 start, end;	/* or gfns, of all address spaces */
	bool		 gfns;
	uint32_t	 task;		/* of its start */
	uint64_t	 begun;		/* number when it took the lock, 0: no slot matched (yet) */
	uint64_t	 ended;
	bool		 open;		/* its start has returned, its end has not begun */
	bool		 ending;
};

struct check_taken {
	gfn_t		 gfn;
	uint64_t	 mask;
	unsigned int	 as_id;
};

struct check_task {
	enum check_op	 op;
	unsigned int	 depth;		/* operations within operations belong to the outermost */
	uint64_t	 begun;		/* number at its begin */
	uint64_t	 start, end;
	size_t		 window;	/* index + 1 of the one it opens or closes */
	/* fault */
	gfn_t		 gfn;
	pfn_t		 pfn;
	uint64_t	 looked_up;	/* number when the host answered, 0: not asked */
	/* flushes */
	uint64_t	 owes;		/* last change of this lock section that made a page stale */
	uint64_t	 owes_op;	/* last change of this operation that took a permission */
	/* dirty logging: words this operation took */
	struct check_taken *taken;
	size_t		 nr_taken, cap_taken;
	/* aging */
	bool		 cleared;	/* it made something old */
	bool		 met_young;	/* something in its range was young at some time */
	/* references to roots that no vCPU has, in the hands of the code the task runs */
	struct check_hand {
		uint32_t     table;
		unsigned int nr;
	} hand[CHECK_HANDS];
	/* walks */
	const void	*walk;
	gfn_t		 walk_at;	/* where it began, or went on after its last yield */
};

struct check_table {
	uint32_t	 root;		/* the root it hangs below; of a root: itself */
	uint32_t	 parent;
	uint16_t	 slot;
	bool		 linked;	/* a root is linked while it is in the list */
	bool		 freed;
	bool		 goes;		/* a shadow page that is being zapped */
	bool		 unused;	/* ... and no vCPU can be in it: all left it since it was of use */
	bool		 vm_gone;	/* it went with the whole VM: nobody flushes */
	uint64_t	 unlinked;	/* number, when it was */
	uint64_t	 mark;		/* RCU's, when it was */
	uint64_t	*young;		/* by entry: number of the access that made it young, 0: old or no leaf */
	/* with young: */
	uint8_t		 level, as_id;
	gfn_t		 gfn;
};

struct check_root {
	uint32_t	 table;
	uint64_t	 invalid;	/* number when it became so; 0: it is valid */
	uint64_t	 refs;		/* as told last */
	bool		 mmu_ref;	/* the MMU's own reference is not given back yet */
};

struct check_vcpu {
	uint32_t	 root;
	uint64_t	 clean;		/* its TLB holds nothing older */
};

/* arm64: what TLBs may still hold. */
struct check_stale {
	gfn_t		 start, end;
	uint64_t	 number;	/* when the entry changed */
	uint32_t	 task;		/* whose change it was */
	uint32_t	 table;		/* it was the entry of this table; 0: leafs */
	bool		 gone;		/* the mapping; else a permission */
	bool		 one;		/* one entry: forgotten as a whole */
};

/* arm64: 64 pages, those whose caches were cleaned since the host may last have written to them. */
struct check_clean_word {
	uint64_t	 key;		/* gfn / 64 + 1; 0: unused */
	uint64_t	 bits;
};

struct check_found {
	const char	*what;
	gfn_t		 gfn;
	uint64_t	 value;
	uint32_t	 other;		/* another task it concerns, or UINT32_MAX */
};

struct checker {
	pthread_mutex_t		 lock;
	const struct mmu	*mmu;
	bool			 told;
	uint64_t		 number;
	struct check_found	 found;

	struct check_event	 log[CHECK_LOG];
	uint64_t		 nr_log;

	struct check_task	*tasks;
	unsigned int		 nr_tasks;

	struct check_window	*windows;
	size_t			 nr_windows, cap_windows;
	struct check_window	 ended[CHECK_ENDED];
	uint64_t		 nr_ended;
	uint64_t		 nr_begun, nr_seq;	/* matched windows open now, and ended ever */
	struct mmu_slot		*slots;
	size_t			 nr_slots, cap_slots;

	uint32_t		*logged;	/* slots that are logged and protected: as_id << 16 | id */
	size_t			 nr_logged, cap_logged;

	struct check_stale	*stale;
	size_t			 nr_stale, cap_stale;
	struct check_clean_word	*cleaned;	/* open addressing, at most half full */
	size_t			 nr_cleaned, cap_cleaned;

	struct check_table	*tables;	/* arena.max of them, touched when used */
	struct check_root	*roots;
	size_t			 nr_roots, cap_roots;
	struct check_vcpu	*vcpus;
};

static inline unsigned int check_entries(const struct checker *c)
{
	return 1u << c->mmu->arena.shift;
}

static inline void check_lock(struct checker *c)
{
	pthread_mutex_lock(&c->lock);
}

/*
 * Memory and this picture of it change as one: not under threads, and not where uniform
 * subtrees (uniform.h) come and go without a change of any entry.  A page that shadows a table of the guest hangs from
 * several entries, and what it maps has no place by gfn: checker_shadow.c.
 */
static inline bool check_exact(const struct checker *c)
{
	return RT_IS_VIRTUAL && !c->mmu->arena.uniform && !c->mmu->config.shadow;
}

/* Drops the lock and tells what was found, if anything was. */
void check_release(struct mmu *mmu, struct checker *c);
/* The running task. */
struct check_task *check_self(struct checker *c);
/* @what: a literal. */
void check_log(struct checker *c, const char *what, gfn_t gfn, uint64_t value);
/* The first one counts.  @other: UINT32_MAX, or another task it concerns. */
void check_wrong(struct checker *c, const char *what, gfn_t gfn, uint64_t value, uint32_t other);

/* checker_windows.c */
void check_published(void *arg, const struct memslot_set *next);	/* memslots' watcher */
void check_window_enter(struct checker *c, struct check_task *t);
void check_window_find(struct checker *c, struct check_task *t);
void check_window_leave(struct checker *c, struct check_task *t);
/* Is a page of [@gfn, @gfn + @nr) of @as_id one of [@start, @end)? */
bool check_hva_has(const struct checker *c, hva_t start, hva_t end, unsigned int as_id, gfn_t gfn, uint64_t nr);
/* A leaf of @nr pages is there from now on. */
void check_mapped(struct checker *c, const struct check_task *t, unsigned int as_id, gfn_t gfn, uint64_t nr,
		  uint64_t raw);

/* An open invalidation has a page of these. */
bool check_in_open_window(const struct checker *c, unsigned int as_id, gfn_t gfn, uint64_t nr);

/* checker_shadow.c: config.shadow, in virtual time */
static inline bool check_shadows(const struct checker *c)
{
	return RT_IS_VIRTUAL && c->mmu->config.shadow;
}

void check_shadow_change(struct checker *c, struct check_task *t, const struct check_change *ch);
void check_shadow_freed(struct checker *c, uint32_t number);

/* checker_roots.c */
struct check_root *check_root_find(struct checker *c, uint32_t table);
/* The latest change since which a vCPU on @root (0: on any) may hold something stale; UINT64_MAX: none may. */
uint64_t check_clean(struct checker *c, uint32_t root);

/* The table itself, or the nearest above it, that no entry leads to; NULL: it can be reached. */
const struct check_table *check_cut_off(const struct checker *c, uint32_t table);

/* checker_tlbi.c: arm64, where TLBs are told what to forget */
static inline bool check_by_tlbi(const struct checker *c)
{
	return c->mmu->config.arch == KVM_ARM64;
}

void check_stale_entry(struct checker *c, const struct check_task *t, const struct check_change *ch);
/* Does the task owe the TLBs something: a mapping that is gone, or (@any) a permission, too? */
bool check_owes(const struct checker *c, bool any);
/* A TLB may lead to @table. */
bool check_led_to(const struct checker *c, uint32_t table);

/* checker_cache.c */
void check_caches(struct checker *c, const struct check_change *ch);

/* checker_young.c */
void check_age_begin(struct checker *c, struct check_task *t);
void check_age_end(struct checker *c, struct check_task *t, bool young);
void check_young(struct checker *c, struct check_task *t, const struct check_change *ch);

/* checker_dirty.c */
/* Slots were published: those that are gone, or not logged, are forgotten. */
void check_logged(struct checker *c);
void check_dirty_end(struct checker *c, struct check_task *t, bool over);

/* checker_tables.c: arena's watcher */
void check_freeing(void *arg, uint32_t number);

#endif
