/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files: what each knob takes, how files stand on each other, and what
 * is said about the ones that are wrong.
 */
#include "engine/config/policy.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/types.h"
#include "engine/config/policy_table.h"
#include "test/table.h"

static char dir[] = "/tmp/mmulab-policy-XXXXXX";
static const char *const dirs[] = { dir, NULL };

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void write_file(const char *name, const char *text)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(path);
}

/* --- every value of every knob comes back -------------------------------- */

struct value_row {
	char		*name;
	const struct knob *knob;
	uint32_t	 value;
};

static bool same_knobs(const struct policy *a, const struct policy *b)
{
	size_t nr;
	const struct knob *k = knob_table(&nr);

	for (; nr; nr--, k++)
		if (knob_get(k, a) != knob_get(k, b))
			return false;
	return true;
}

static void check_value(const void *arg)
{
	const struct value_row *row = arg;
	struct policy p, back;
	struct err e = { 0 };
	char value[64], *assignment, *path = path_of("round.ini");
	FILE *f;

	policy_defaults(&p);
	p.arch = row->knob->arch == 'A' ? KVM_ARM64 : KVM_X86;
	knob_value_text(row->knob, row->value, value, sizeof(value));
	assignment = xasprintf("%s=%s", row->knob->name, value);
	assert_int_equal(policy_set(&p, assignment, p.arch, &e), 0);
	assert_int_equal(knob_get(row->knob, &p), row->value);

	f = fopen(path, "w");
	assert_non_null(f);
	policy_print(&p, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(policy_load(path, dirs, p.arch, &back, &e), 0);
	assert_true(same_knobs(&p, &back));
	free(assignment);
	free(path);
}

static int run_values(void)
{
	struct value_row rows[192];
	size_t nr, n = 0;
	const struct knob *k = knob_table(&nr);
	int failed;

	for (; nr; nr--, k++) {
		uint32_t values = k->kind == KNOB_IS_NUMBER ? 3u + k->has_off : k->nr_values;
		const uint32_t numbers[] = { k->min, k->max, (k->min + k->max) / 2, POLICY_OFF };

		for (uint32_t v = 0; v < values; v++) {
			uint32_t value = k->kind == KNOB_IS_NUMBER ? numbers[v] : v;

			assert(n < ARRAY_SIZE(rows));
			rows[n++] = (struct value_row){ xasprintf("%s takes value %u", k->name, value), k, value };
		}
	}
	failed = table_run("every value of every knob survives printing and loading", rows, n, sizeof(rows[0]),
			   check_value);
	while (n)
		free(rows[--n].name);
	return failed;
}

/* --- what files resolve to -------------------------------------------------------- */

static const struct resolve_row {
	const char	*name;
	const char	*base, *mine;	/* texts of base.ini and mine.ini */
	const char	*load;
	const char	*set;		/* NULL: none */
	const char	*want_name;
	enum age_lock	 want_age_lock;
	enum fault_lock	 want_fault_lock;
	enum policy_about want_about;
} resolves[] = {
	{ .name = "an empty file is the defaults", .mine = "", .load = "mine", .want_name = "mine",
	  .want_age_lock = AGE_LOCK_WRITE, .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "a line counts", .mine = "age.lock = lockless\n", .load = "mine", .want_name = "mine",
	  .want_age_lock = AGE_LOCK_LOCKLESS, .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "a comment behind a value is none of it", .mine = "age.lock = read ; why\n", .load = "mine",
	  .want_name = "mine", .want_age_lock = AGE_LOCK_READ, .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "inherited lines count, own lines win", .base = "age.lock = read\nfault.lock = write\n",
	  .mine = "inherit = base\nage.lock = lockless\n", .load = "mine", .want_name = "mine",
	  .want_age_lock = AGE_LOCK_LOCKLESS, .want_fault_lock = FAULT_LOCK_WRITE },
	{ .name = "inherit takes a file beside the inheriting one", .base = "fault.lock = write\n",
	  .mine = "inherit = base.ini\n", .load = "mine", .want_name = "mine",
	  .want_age_lock = AGE_LOCK_WRITE, .want_fault_lock = FAULT_LOCK_WRITE },
	{ .name = "a layer behind '+' lies on top", .base = "age.lock = read\nfault.lock = write\n",
	  .mine = "age.lock = lockless\n", .load = "base+mine", .want_name = "base+mine",
	  .want_age_lock = AGE_LOCK_LOCKLESS, .want_fault_lock = FAULT_LOCK_WRITE },
	{ .name = "an assignment lies on top and joins the name", .mine = "age.lock = read\n", .load = "mine",
	  .set = "age.lock=lockless", .want_name = "mine age.lock=lockless",
	  .want_age_lock = AGE_LOCK_LOCKLESS, .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "a file about shadow paging alone is about that", .mine = "sync.batch = 4\nlink.child_match = present\n",
	  .load = "mine", .want_name = "mine", .want_age_lock = AGE_LOCK_WRITE, .want_fault_lock = FAULT_LOCK_READ,
	  .want_about = ABOUT_SHADOW_PAGING },
	{ .name = "or about shadow pages", .base = "age.lock = read\n", .mine = "link.child_match = present\n", .load = "base+mine",
	  .want_name = "base+mine", .want_age_lock = AGE_LOCK_READ, .want_fault_lock = FAULT_LOCK_READ,
	  .want_about = ABOUT_SHADOW_PAGES },
	{ .name = "not one that says more", .mine = "age.lock = read\nsync.batch = 4\n", .load = "mine", .want_name = "mine",
	  .want_age_lock = AGE_LOCK_READ, .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "nor one that differs from another preset in that", .base = "age.lock = read\n",
	  .mine = "inherit = base\nsync.batch = 4\n", .load = "mine", .want_name = "mine", .want_age_lock = AGE_LOCK_READ,
	  .want_fault_lock = FAULT_LOCK_READ },
	{ .name = "an assignment is about what it assigns", .mine = "age.lock = read\n", .load = "mine",
	  .set = "sync.batch=4", .want_name = "mine sync.batch=4", .want_age_lock = AGE_LOCK_READ,
	  .want_fault_lock = FAULT_LOCK_READ, .want_about = ABOUT_SHADOW_PAGING },
};

static void write_both(const char *base, const char *mine)
{
	write_file("base.ini", base ? base : "");
	write_file("mine.ini", mine);
}

static void check_resolve(const void *arg)
{
	const struct resolve_row *row = arg;
	struct policy p;
	struct err e = { 0 };

	write_both(row->base, row->mine);
	assert_int_equal(policy_load(row->load, dirs, KVM_X86, &p, &e), 0);
	if (row->set)
		assert_int_equal(policy_set(&p, row->set, KVM_X86, &e), 0);
	assert_string_equal(p.name, row->want_name);
	assert_int_equal(p.age_lock, row->want_age_lock);
	assert_int_equal(p.fault_lock, row->want_fault_lock);
	assert_int_equal(p.about, row->want_about);
}

/* --- what is wrong, and how it is said ------------------------------------------------ */

static const struct error_row {
	const char	*name;
	const char	*base, *mine;
	const char	*load;		/* NULL: only @set, on the defaults */
	const char	*set;
	enum kvm_arch	 arch;
	const char	*want;		/* every word of it, "|" between them */
} errors[] = {
	{ .name = "unknown knob: file, line, nearest word", .mine = "# x\nage.lok = read\n", .load = "mine",
	  .want = "mine.ini:2: |no knob 'age.lok'|mean 'age.lock'" },
	{ .name = "nothing near: where to look", .mine = "qqqqqqqqqqqqqqqqq = read\n", .load = "mine",
	  .want = "mine.ini:1: |`mmulab policies` lists them" },
	{ .name = "bad value: the list", .mine = "age.lock = none\n", .load = "mine",
	  .want = "mine.ini:1: |'none'|write, read, lockless" },
	{ .name = "bad number: the range", .mine = "lock.resched_us = 1000001\n", .load = "mine",
	  .want = "mine.ini:1: |0..1000000" },
	{ .name = "signs are no numbers", .mine = "lock.resched_us = -1\n", .load = "mine", .want = "mine.ini:1: |'-1'" },
	{ .name = "neither number nor off", .mine = "sync.min_unsync_to_yield = never\n", .load = "mine",
	  .want = "mine.ini:1: |'never'|0..512, off" },
	{ .name = "a number that cannot be off", .mine = "sync.batch = off\n", .load = "mine",
	  .want = "mine.ini:1: |'off'|1..512" },
	{ .name = "arm64 knob in an x86 policy", .mine = "coalesce.order = block-first\n", .load = "mine",
	  .want = "mine.ini:1: |coalesce.order is one of arm64|for x86" },
	{ .name = "x86 knob in an arm64 policy", .mine = "flush.batch = per-op\n", .load = "mine", .arch = KVM_ARM64,
	  .want = "mine.ini:1: |flush.batch is one of x86|for arm64" },
	{ .name = "one knob twice", .mine = "age.lock = read\n\nage.lock = write\n", .load = "mine",
	  .want = "mine.ini:3: |age.lock was set before|mine.ini:1" },
	{ .name = "inherit behind an assignment", .mine = "age.lock = read\ninherit = base\n", .load = "mine",
	  .want = "mine.ini:2: |first assignment" },
	{ .name = "a cycle of two", .base = "inherit = mine\n", .mine = "inherit = base\n", .load = "mine",
	  .want = "base.ini:1: inherits |mine.ini|inherits this file" },
	{ .name = "a cycle of one", .mine = "inherit = mine\n", .load = "mine", .want = "mine.ini:1: inherits " },
	{ .name = "inherit on top of another policy", .mine = "inherit = base\n", .load = "base+mine",
	  .want = "mine.ini:1: |before the '+'" },
	{ .name = "sections", .mine = "[x]\nage.lock = read\n", .load = "mine", .want = "mine.ini:2: |no sections|[x]" },
	{ .name = "no such policy: the folders and the nearest", .mine = "", .load = "mime",
	  .want = "no policy 'mime'|mime.ini in /tmp/mmulab-policy-|mean 'mine'" },
	{ .name = "no such inherited policy: the line", .mine = "inherit = bass\n", .load = "mine",
	  .want = "mine.ini:1: |no policy 'bass'|mean 'base'" },
	{ .name = "an empty layer", .mine = "", .load = "mine+", .want = "no policy ''" },
	{ .name = "set: unknown knob", .set = "age.lok=read", .want = "age.lok=read: |mean 'age.lock'" },
	{ .name = "set: bad value", .set = "age.lock=none", .want = "age.lock=none: |write, read, lockless" },
	{ .name = "set: no assignment", .set = "age.lock", .want = "'age.lock' is no assignment" },
	{ .name = "set: no knob", .set = "=read", .want = "'=read' is no assignment" },
	{ .name = "set: arm64 knob", .set = "age.range=whole", .want = "age.range is one of arm64" },
};

static void check_words(const char *text, const char *want)
{
	char *copy = xstrdup(want), *rest = copy, *word;

	while ((word = strsep(&rest, "|")))
		if (!strstr(text, word))
			fail_msg("'%s' is not in: %s", word, text);
	free(copy);
}

static void check_error(const void *arg)
{
	const struct error_row *row = arg;
	struct policy p, before;
	struct err e = { 0 };
	int rc;

	write_both(row->base, row->mine ? row->mine : "");
	memset(&p, 0, sizeof(p));
	policy_defaults(&p);
	before = p;
	if (row->load)
		rc = policy_load(row->load, dirs, row->arch, &p, &e);
	else
		rc = policy_set(&p, row->set, row->arch, &e);
	assert_int_equal(rc, -ERR_USAGE);
	assert_int_equal(e.exit, ERR_USAGE);
	check_words(e.text, row->want);
	assert_null(strchr(e.text, '\n'));
	assert_memory_equal(&p, &before, sizeof(p));
}

/* --- the presets of the tree -------------------------------------------------------------- */

static const char *const tree[] = { "policies", NULL };

static const struct preset_row {
	const char		*name;
	const char		*load;
	enum lock_needbreak	 needbreak;
	enum fault_retry_key	 retry_key;
	enum fault_precheck	 precheck;
	enum age_lock		 age_lock;
	enum age_race		 age_race;
	enum zap_root_passes	 passes;
	enum fault_huge_split	 split;
} presets[] = {
	{ "6.1 breaks on contention, compares hva, zaps huge pages", "x86-6.1", LOCK_NEEDBREAK_CONTENDED,
	  FAULT_RETRY_KEY_HULL_HVA, FAULT_PRECHECK_NONE, AGE_LOCK_WRITE, AGE_RACE_RETRY, ZAP_ROOT_PASSES_1G_ROOT,
	  FAULT_HUGE_SPLIT_ZAP },
	{ "6.12 does not break, compares gfn, splits in place", "x86-6.12", LOCK_NEEDBREAK_NEVER,
	  FAULT_RETRY_KEY_HULL_GFN, FAULT_PRECHECK_BOTH, AGE_LOCK_WRITE, AGE_RACE_RETRY,
	  ZAP_ROOT_PASSES_4K_2M_1G_ROOT, FAULT_HUGE_SPLIT_IN_PLACE },
	{ "6.18 is 6.12 with aging that takes no lock", "x86-6.18", LOCK_NEEDBREAK_NEVER,
	  FAULT_RETRY_KEY_HULL_GFN, FAULT_PRECHECK_BOTH, AGE_LOCK_LOCKLESS, AGE_RACE_SKIP,
	  ZAP_ROOT_PASSES_4K_2M_1G_ROOT, FAULT_HUGE_SPLIT_IN_PLACE },
	{ "seed 002 on 6.1", "x86-6.1+seed-002", LOCK_NEEDBREAK_CONTENDED, FAULT_RETRY_KEY_HULL_HVA,
	  FAULT_PRECHECK_NONE, AGE_LOCK_WRITE, AGE_RACE_RETRY, ZAP_ROOT_PASSES_LEAFS_ROOT, FAULT_HUGE_SPLIT_ZAP },
	{ "seed 004 on 6.12", "x86-6.12+seed-004", LOCK_NEEDBREAK_NEVER, FAULT_RETRY_KEY_HULL_GFN,
	  FAULT_PRECHECK_BOTH, AGE_LOCK_READ, AGE_RACE_SKIP, ZAP_ROOT_PASSES_4K_2M_1G_ROOT,
	  FAULT_HUGE_SPLIT_IN_PLACE },
	{ "an overlay alone stands on the defaults", "seed-004", LOCK_NEEDBREAK_NEVER,
	  FAULT_RETRY_KEY_HULL_GFN, FAULT_PRECHECK_BOTH, AGE_LOCK_READ, AGE_RACE_SKIP,
	  ZAP_ROOT_PASSES_4K_2M_1G_ROOT, FAULT_HUGE_SPLIT_IN_PLACE },
};

/* What the presets say of invalidation, by the dotted name. */
static const struct said_row {
	const char *name, *load, *knob, *value;
} said[] = {
	{ "6.1: the lock on a match", "x86-6.1", "notifier.lock", "on-match" },
	{ "6.1: the hull shrinks at zero", "x86-6.1", "notifier.hull_reset", "at-zero" },
	{ "6.1: slots wait", "x86-6.1", "memslot.swap_waits", "yes" },
	{ "6.1: a delete zaps all", "x86-6.1", "memslot.delete", "zap-all" },
	{ "6.1: roots under the write lock", "x86-6.1", "root.lock", "write" },
	{ "6.1: flushes for invalid roots", "x86-6.1", "zap.invalid_root_flush", "yes" },
	{ "6.1: no early spurious", "x86-6.1", "fault.early_spurious", "no" },
	{ "6.12: roots under the read lock", "x86-6.12", "root.lock", "read" },
	{ "6.12: none for invalid roots", "x86-6.12", "zap.invalid_root_flush", "no" },
	{ "6.12: a delete zaps all", "x86-6.12", "memslot.delete", "zap-all" },
	{ "6.12: no early spurious", "x86-6.12", "fault.early_spurious", "no" },
	{ "6.18: early spurious", "x86-6.18", "fault.early_spurious", "yes" },
	{ "6.18: slots wait", "x86-6.18", "memslot.swap_waits", "yes" },
	{ "seed 001 checks", "x86-6.12+seed-001", "check.invariants", "yes" },
	{ "6.1 and later sync in the fault", "x86-6.18", "sync.before_link", "sync-in-fetch" },
	{ "and have no threshold", "x86-6.1", "sync.min_unsync_to_yield", "off" },
	{ "5.14 links and requests", "x86-5.14", "sync.before_link", "request-later" },
	{ "5.16 is 5.14", "x86-5.16", "zap.fast_worker", "vcpu-put" },
	{ "but for the sync", "x86-5.16", "sync.before_link", "sync-in-fetch" },
	{ "seed 000 as mailed returns first", "x86-5.16+seed-000", "sync.flush_before_eintr", "no" },
	{ "and asks for nothing", "x86-5.16+seed-000", "sync.rerequest", "no" },
	{ "its threshold in the merged order flushes", "x86-5.14+seed-000-fixed", "sync.flush_before_eintr", "yes" },
	{ "wherever it lies on top", "x86-5.14+seed-000-fixed", "sync.before_link", "sync-in-fetch" },
	{ "and leaves the key alone", "x86-6.1+seed-001", "fault.retry_key", "hull-hva" },
};

static void check_said(const void *arg)
{
	const struct said_row *row = arg;
	const struct knob *k = knob_find(row->knob);
	struct err e = { 0 };
	struct policy p;
	char value[64];

	assert_non_null(k);
	if (policy_load(row->load, tree, KVM_X86, &p, &e))
		fail_msg("%s", e.text);
	knob_value_text(k, knob_get(k, &p), value, sizeof(value));
	assert_string_equal(value, row->value);
}

static void check_preset(const void *arg)
{
	const struct preset_row *row = arg;
	struct err e = { 0 };
	struct policy p;

	if (policy_load(row->load, tree, KVM_X86, &p, &e))
		fail_msg("%s", e.text);
	assert_int_equal(p.lock_needbreak, row->needbreak);
	assert_int_equal(p.fault_retry_key, row->retry_key);
	assert_int_equal(p.fault_precheck, row->precheck);
	assert_int_equal(p.age_lock, row->age_lock);
	assert_int_equal(p.age_race, row->age_race);
	assert_int_equal(p.zap_root_passes, row->passes);
	assert_int_equal(p.fault_huge_split, row->split);
}

/* The full presets name every knob of their architecture, but those that only the processor can decide. */
static const struct complete_row {
	const char	*name, *load;
	enum kvm_arch	 arch;
} complete[] = {
	{ "x86-6.1 names every x86 knob", "policies/x86-6.1.ini" },
	{ "x86-6.12 names every x86 knob", "policies/x86-6.12.ini", KVM_X86 },
	{ "arm64-6.12 names every arm64 knob", "policies/arm64-6.12.ini", KVM_ARM64 },
};

static void check_complete(const void *arg)
{
	const struct complete_row *row = arg;
	FILE *f = fopen(row->load, "r");
	char text[16384];
	size_t nr, len;
	const struct knob *k = knob_table(&nr);

	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	for (; nr; nr--, k++) {
		char *line = xasprintf("\n%s = ", k->name), *left_out = xasprintf("\n# %s: ", k->name);

		if (knob_fits_arch(k, row->arch) && !strstr(text, line) && !strstr(text, left_out))
			fail_msg("%s does not name %s", row->load, k->name);
		free(line);
		free(left_out);
	}
}

static void remove_files(void)
{
	static const char *const names[] = { "base.ini", "mine.ini", "round.ini" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = path_of(names[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
}

int main(void)
{
	int failed = 0;

	if (!mkdtemp(dir))
		return 1;
	failed |= run_values();
	failed |= table_run("what files resolve to", resolves, ARRAY_SIZE(resolves), sizeof(resolves[0]), check_resolve);
	failed |= table_run("what is wrong is said", errors, ARRAY_SIZE(errors), sizeof(errors[0]), check_error);
	failed |= table_run("presets", presets, ARRAY_SIZE(presets), sizeof(presets[0]), check_preset);
	failed |= table_run("what presets say of invalidation", said, ARRAY_SIZE(said), sizeof(said[0]), check_said);
	failed |= table_run("complete presets", complete, ARRAY_SIZE(complete), sizeof(complete[0]), check_complete);
	remove_files();
	return failed;
}
