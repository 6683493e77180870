/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose an instance is, by its name; and which release a probe is for. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "capture/live/instance.h"
#include "capture/live/probes.h"
#include "test/table.h"

static const struct {
	const char *name;
	bool	    ours;
	unsigned long long pid_ns, start;
	pid_t	    pid;
} names[] = {
	{ "mmulab-4026531836-77-1234",	true, 4026531836, 1234, 77 },
	{ "mmulab_4026531836_77_1234",	true, 4026531836, 1234, 77 },
	{ "mmulab-1-77",		false },
	{ "mmulab-1-77-9-9",		false },
	{ "mmulab-1-77-9x",		false },
	{ "mmulab_1-77-9",		false },
	{ "mmulab-1-0-9",		false },
	{ "mmulab",			false },
	{ "extra",			false },
	{ "",				false },
};

static void check_name(const void *r)
{
	size_t i = (typeof(&names[0]))r - names;
	struct instance_owner o;

	assert_int_equal(instance_owner_of(names[i].name, &o), names[i].ours);
	if (!names[i].ours)
		return;
	assert_int_equal(o.pid_ns, names[i].pid_ns);
	assert_int_equal(o.start, names[i].start);
	assert_int_equal(o.pid, names[i].pid);
}

static const struct {
	const char *name;	/* the condition */
	const char *release;
	int	    want;
} releases[] = {
	{ "<6.3",	"6.1.192",		1 },
	{ "<6.3",	"6.3.0-rc1",		0 },
	{ "<6.3",	"6.12.9-amd64",		0 },
	{ "<6.3",	"5.10.0",		1 },
	{ ">=6.3",	"6.3.0",		1 },
	{ ">=6.3",	"6.2.16",		0 },
	{ ">=6.3",	"7.0.0",		1 },
	{ ">=6.3",	"5.19.0",		0 },
	{ "p",		"6.1.192",		-1 },
	{ "<six",	"6.1.192",		-1 },
	{ ">=6.3.1",	"6.3.2",		-1 },
};

static void check_release(const void *r)
{
	size_t i = (typeof(&releases[0]))r - releases;

	assert_int_equal(probes_for_release(releases[i].name, releases[i].release), releases[i].want);
}

static const struct {
	const char *name;
	bool	    ended;		/* the process has */
	unsigned int later;		/* how much the name says it began later: a number used again */
	unsigned int other_ns;
	bool	    gone;
} owners[] = {
	{ "a process that runs",			false, 0, 0, false },
	{ "one that has ended",				true,  0, 0, true },
	{ "another one has its number",			false, 5, 0, true },
	{ "one of a namespace nobody sees from here",	true,  0, 1, false },
};

/* Field 22 of our own stat, and the namespace, by way of the file system alone. */
static struct instance_owner self(void)
{
	struct instance_owner o = { .pid = getpid() };
	char text[64] = "";
	FILE *f = fopen("/proc/self/stat", "re");

	assert_true(readlink("/proc/self/ns/pid", text, sizeof(text) - 1) > 0);
	assert_int_equal(sscanf(text, "pid:[%llu]", &o.pid_ns), 1);
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
				&o.start), 1);
	fclose(f);
	return o;
}

static pid_t ended_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void check_owner(const void *r)
{
	size_t i = (typeof(&owners[0]))r - owners;
	struct instance_owner o = self();

	o.start += owners[i].later;
	o.pid_ns += owners[i].other_ns;
	if (owners[i].ended)
		o.pid = ended_child();
	assert_int_equal(instance_owner_gone(&o), owners[i].gone);
}

int main(void)
{
	int a = table_run("names", names, ARRAY_SIZE(names), sizeof(names[0]), check_name);
	int b = table_run("releases", releases, ARRAY_SIZE(releases), sizeof(releases[0]), check_release);
	int c = table_run("owners", owners, ARRAY_SIZE(owners), sizeof(owners[0]), check_owner);

	return a || b || c;
}
