/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles, as they are written and as they are shipped. */
#include "capture/live/profile.h"

#include <stdio.h>
#include <unistd.h>

#include "test/table.h"

#include "base/types.h"

static const struct {
	const char *name;
	const char *text;
	int	    ret;
	const char *want;	/* "SYSTEM:NAME " of each, '?' in front; or what the error must say */
} cases[] = {
	{ "events and comments", "# all\nkvm:kvm_exit # an exit\n\n\t?kvm:kvm_entry\n", 0, "kvm:kvm_exit ?kvm:kvm_entry " },
	{ "an event twice", "kvm:kvm_exit\n?kvm:kvm_exit\n", 0, "kvm:kvm_exit " },
	{ "the last line has no end", "kvm:kvm_exit", 0, "kvm:kvm_exit " },
	{ "a table of probes", "probes x.probes\n", 0, "" },
	{ "no event at all", "# nothing\n", -ERR_INPUT, "names no event" },
	{ "no system", "kvm_exit\n", -ERR_INPUT, ":1: 'kvm_exit' is no SYSTEM:EVENT" },
	{ "a path instead of a name", "kvm:../../x\n", -ERR_INPUT, ":1:" },
	{ "two words", "kvm:kvm_exit\nkvm:kvm_entry too\n", -ERR_INPUT, ":2: 'kvm:kvm_entry too'" },
	{ "a word behind include", "include a b\n", -ERR_INPUT, ":1:" },
	{ "includes what is not there", "include /no/such.events\n", -ERR_INPUT, "such.events: cannot read" },
};

static void check(const void *r)
{
	size_t i = (typeof(&cases[0]))r - cases;
	char path[] = "/tmp/profile_XXXXXX", got[256] = "";
	struct profile p = { 0 };
	struct err e = { 0 };
	int fd = mkstemp(path);

	assert_int_equal(write(fd, cases[i].text, strlen(cases[i].text)), strlen(cases[i].text));
	close(fd);
	assert_int_equal(profile_read(path, &p, &e), cases[i].ret);
	for (size_t j = 0; j < p.nr_events && !cases[i].ret; j++)
		sprintf(got + strlen(got), "%s%s:%s ", p.events[j].optional ? "?" : "", p.events[j].system, p.events[j].name);
	if (cases[i].ret)
		assert_non_null(strstr(e.text, cases[i].want));
	else
		assert_string_equal(got, cases[i].want);
	profile_fini(&p);
	unlink(path);
}

static const struct {
	const char *name;
	const char *has;	/* an event that makes the difference */
	size_t	    nr_probes;
} shipped[] = {
	{ "capture/profiles/minimal.events",	"kvm_page_fault", 0 },
	{ "capture/profiles/default.events",	"kvm_tdp_mmu_spte_changed", 0 },
	{ "capture/profiles/lock.events",	"contention_begin", 0 },
	{ "capture/profiles/full.events",	"kvm_unmap_hva_range", 1 },
};

static void check_shipped(const void *r)
{
	size_t i = (typeof(&shipped[0]))r - shipped, found = 0;
	struct profile p = { 0 };
	struct err e = { 0 };

	assert_int_equal(profile_read(shipped[i].name, &p, &e), 0);
	for (size_t j = 0; j < p.nr_events; j++)
		found += !strcmp(p.events[j].name, shipped[i].has);
	assert_int_equal(found, 1);
	assert_int_equal(p.nr_probes, shipped[i].nr_probes);
	for (size_t j = 0; j < p.nr_probes; j++)
		assert_int_equal(access(p.probes[j], R_OK), 0);
	profile_fini(&p);
}

int main(void)
{
	int a = table_run("profiles", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
	int b = table_run("shipped profiles", shipped, ARRAY_SIZE(shipped), sizeof(shipped[0]), check_shipped);

	return a || b;
}
