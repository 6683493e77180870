/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CONFIG_POLICY_H
#define ENGINE_CONFIG_POLICY_H

#include <stdio.h>

#include "base/err.h"
#include "kvm/release.h"

/*
 * A policy is one const struct of enums and numbers, filled from an INI file
 * by one table (policy.def).  Engines read a member where it matters; there
 * are no hooks.  Values: VALUE(NAME, "text").
 */
#define LOCK_NEEDBREAK(VALUE, k)	VALUE(k, NEVER, "never") VALUE(k, CONTENDED, "contended") VALUE(k, RT, "rt")
#define FAULT_RETRY_KEY(VALUE, k)	VALUE(k, ANY, "any") VALUE(k, HULL_HVA, "hull-hva") VALUE(k, HULL_GFN, "hull-gfn") VALUE(k, EXACT, "exact")
#define FAULT_PRECHECK(VALUE, k)	VALUE(k, NONE, "none") VALUE(k, BEFORE, "before") VALUE(k, BOTH, "both")
#define NOTIFIER_LOCK(VALUE, k)		VALUE(k, ON_MATCH, "on-match") VALUE(k, ALWAYS, "always")
#define NOTIFIER_HULL_RESET(VALUE, k)	VALUE(k, AT_ZERO, "at-zero") VALUE(k, EXACT, "exact")
#define MEMSLOT_SWAP_WAITS(VALUE, k)	VALUE(k, YES, "yes") VALUE(k, NO, "no")
#define AGE_LOCK(VALUE, k)		VALUE(k, WRITE, "write") VALUE(k, READ, "read") VALUE(k, LOCKLESS, "lockless")
#define AGE_FLUSH(VALUE, k)		VALUE(k, ALWAYS, "always") VALUE(k, CLEAR_FLUSH, "clear-flush") VALUE(k, ELIDE, "elide")
#define AGE_RACE(VALUE, k)		VALUE(k, RETRY, "retry") VALUE(k, SKIP, "skip") VALUE(k, STOP, "stop")
#define TABLE_FREE(VALUE, k)		VALUE(k, IMMEDIATE, "immediate") VALUE(k, RCU, "rcu")
#define FAULT_LOCK(VALUE, k)		VALUE(k, SPIN, "spin") VALUE(k, WRITE, "write") VALUE(k, READ, "read") VALUE(k, MIXED, "mixed")
#define ZAP_ROOT_PASSES(VALUE, k)	VALUE(k, SINGLE, "single") VALUE(k, LEAFS_ROOT, "leafs+root") VALUE(k, 1G_ROOT, "1g+root") VALUE(k, 4K_2M_1G_ROOT, "4k+2m+1g+root")
#define ZAP_RANGE(VALUE, k)		VALUE(k, TABLES, "tables") VALUE(k, CAP_1G, "cap-1g") VALUE(k, LEAF_ONLY, "leaf-only")
#define ZAP_NONPRESENT(VALUE, k)	VALUE(k, SKIP, "skip") VALUE(k, PROCESS, "process")
#define FAULT_HUGE_SPLIT(VALUE, k)	VALUE(k, ZAP, "zap") VALUE(k, IN_PLACE, "in-place")
#define ZAP_FAST_WORKER(VALUE, k)	VALUE(k, SYNC, "sync") VALUE(k, ASYNC, "async") VALUE(k, VCPU_PUT, "vcpu-put")
#define ROOT_LOCK(VALUE, k)		VALUE(k, WRITE, "write") VALUE(k, READ, "read")
#define ZAP_INVALID_ROOT_FLUSH(VALUE, k) VALUE(k, YES, "yes") VALUE(k, NO, "no")
#define FAULT_EARLY_SPURIOUS(VALUE, k)	VALUE(k, NO, "no") VALUE(k, YES, "yes")
#define NX_LOCK(VALUE, k)		VALUE(k, WRITE, "write") VALUE(k, READ, "read")
#define NX_DESCEND(VALUE, k)		VALUE(k, ANY, "any") VALUE(k, FLAGGED, "flagged")
#define MEMSLOT_DELETE(VALUE, k)	VALUE(k, ZAP_ALL, "zap-all") VALUE(k, SLOT_ONLY, "slot-only")
#define CHECK_INVARIANTS(VALUE, k)	VALUE(k, NO, "no") VALUE(k, YES, "yes")
#define DIRTY_EAGER_SPLIT(VALUE, k)	VALUE(k, NO, "no") VALUE(k, YES, "yes")
#define DIRTY_SPLIT_ALLOC(VALUE, k)	VALUE(k, NOWAIT_FIRST, "nowait-first") VALUE(k, DROP_LOCK, "drop-lock")
#define DIRTY_METHOD(VALUE, k)		VALUE(k, HOST, "host") VALUE(k, WRITE_PROTECT, "write-protect") VALUE(k, PML, "pml")
#define DIRTY_COLLAPSE(VALUE, k)	VALUE(k, ZAP, "zap") VALUE(k, RECOVER, "recover")
#define DIRTY_RESET_EMPTY(VALUE, k)	VALUE(k, NO, "no") VALUE(k, YES, "yes")
#define COALESCE_ORDER(VALUE, k)	VALUE(k, UNMAP_FIRST, "unmap-first") VALUE(k, BLOCK_FIRST, "block-first") VALUE(k, LOCK_BLOCK_DEFER, "lock-block-defer")
#define COALESCE_CMO(VALUE, k)		VALUE(k, DO, "do") VALUE(k, SKIP, "skip") VALUE(k, SKIP_IF_MAPPED, "skip-if-mapped")
#define COALESCE_TLBI(VALUE, k)		VALUE(k, VMID, "vmid") VALUE(k, RANGE, "range")
#define UNMAP_TLBI(VALUE, k)		VALUE(k, PER_ENTRY, "per-entry") VALUE(k, DEFERRED_RANGE, "deferred-range")
#define ACCESS_FAULT_LOCK(VALUE, k)	VALUE(k, WRITE, "write") VALUE(k, READ, "read")
#define DIRTY_EAGER_SPLIT_CHUNK(VALUE, k) VALUE(k, HOST, "host") VALUE(k, 0, "0") VALUE(k, 2M, "2M") VALUE(k, 32M, "32M") VALUE(k, 512M, "512M") VALUE(k, 1G, "1G")
#define RELAX_TLBI(VALUE, k)		VALUE(k, BROADCAST, "broadcast") VALUE(k, LOCAL, "local")
#define RANGE_CHUNK(VALUE, k)		VALUE(k, BLOCK, "block") VALUE(k, PGD, "pgd") VALUE(k, PMD, "pmd")
#define DESTROY_RESCHED(VALUE, k)	VALUE(k, NONE, "none") VALUE(k, CHUNKED, "chunked")
#define WALK_EAGAIN(VALUE, k)		VALUE(k, ABORT, "abort") VALUE(k, SKIP, "skip")
#define AGE_RANGE(VALUE, k)		VALUE(k, FIRST_PAGE, "first-page") VALUE(k, WHOLE, "whole")
#define SYNC_BEFORE_LINK(VALUE, k)	VALUE(k, REQUEST_LATER, "request-later") VALUE(k, REMOTE_REQUEST, "remote-request") VALUE(k, SYNC_IN_FETCH, "sync-in-fetch")
#define SYNC_ON_NO_YIELD(VALUE, k)	VALUE(k, RETRY, "retry") VALUE(k, FINISH, "finish")
#define SYNC_FLUSH_BEFORE_EINTR(VALUE, k) VALUE(k, YES, "yes") VALUE(k, NO, "no")
#define SYNC_REREQUEST(VALUE, k)	VALUE(k, YES, "yes") VALUE(k, NO, "no")
#define UNSYNC_ALLOWED(VALUE, k)	VALUE(k, YES, "yes") VALUE(k, NO, "no")
#define LINK_CHILD_MATCH(VALUE, k)	VALUE(k, PRESENT, "present") VALUE(k, GFN_ROLE, "gfn-role")
#define FLUSH_BATCH(VALUE, k)		VALUE(k, PER_OP, "per-op") VALUE(k, ACCUMULATE, "accumulate")

#define POLICY_OFF	UINT32_MAX	/* of a KNOB_OFF */

#define POLICY_ENUM_VALUE(k, name, text) k##_##name,
#define KNOB(id, field, dotted, LIST, dflt, arch, help) enum field { LIST(POLICY_ENUM_VALUE, LIST) };
#define KNOB_NUM(id, field, dotted, min, max, dflt, arch, help)
#define KNOB_OFF(id, field, dotted, min, max, dflt, arch, help)
#include "engine/config/policy.def"
#undef KNOB
#undef KNOB_NUM
#undef KNOB_OFF

/* Without the TDP MMU; and without two-dimensional paging. */
enum policy_about { ABOUT_ANY, ABOUT_SHADOW_PAGES, ABOUT_SHADOW_PAGING };

struct policy {
	enum kvm_arch arch;	/* it was loaded for: knobs of the other one are not shown */
	enum policy_about about; /* a layer of it, or an assignment on top, is about nothing else */
	char name[192];		/* "x86-6.12", "x86-6.12+seed-004", "x86-6.12 age.lock=lockless" */
#define KNOB(id, field, dotted, LIST, dflt, arch, help) enum field field;
#define KNOB_NUM(id, field, dotted, min, max, dflt, arch, help) uint32_t field;
#define KNOB_OFF(id, field, dotted, min, max, dflt, arch, help) uint32_t field;	/* min .. max, POLICY_OFF */
#include "engine/config/policy.def"
#undef KNOB
#undef KNOB_NUM
#undef KNOB_OFF
};

void policy_defaults(struct policy *p);	/* for x86 */

/**
 * policy_load() - resolve a policy by name or path.
 * @name:	"x86-6.12" (looked up as NAME.ini in @dirs, in order), a path ending in .ini, or
 *		several of them joined by '+': the first, with the lines of the others on top.
 * @dirs:	NULL-terminated list of folders.
 * @arch:	knobs of the other architecture are errors.
 * @out:	untouched on failure.
 *
 * A file is lines of `knob = value`.  `inherit = NAME` (first assignment of a
 * file) loads that policy first, from @dirs or the file's own folder; what
 * nobody names keeps the table's default.  Errors: cycles, inherit behind a '+',
 * one knob twice in a file, unknown words and values (ERR_USAGE, with file, line
 * and the nearest right word), unreadable files (ERR_INPUT).
 */
int policy_load(const char *name, const char *const *dirs, enum kvm_arch arch, struct policy *out,
		struct err *e);

/* "age.lock=lockless" on top of @p; the name of @p gains " age.lock=lockless". */
int policy_set(struct policy *p, const char *assignment, enum kvm_arch arch, struct err *e);

/* All knobs of its architecture as INI text that policy_load() reads back to the same struct. */
void policy_print(const struct policy *p, FILE *out);
/* The table itself: names, values, defaults, help. */
void policy_print_knobs(FILE *out);
/* Calls @fn(arg, dotted name, value text) for each knob: for the database and --json. */
void policy_each(const struct policy *p, void (*fn)(void *arg, const char *name, const char *value), void *arg);

#endif
