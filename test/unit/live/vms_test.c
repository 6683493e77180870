/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VM is meant: names in command lines and of threads, the kernel's word of a new one, and what --vm says. */
#include "capture/live/vms.h"

#include <stdlib.h>

#include "capture/live/filter.h"
#include "test/table.h"

#define TEXT(s)	s, sizeof(s) - 1

static const struct {
	const char *name;
	const char *cmdline;
	size_t	    len;
	const char *want;
} names[] = {
	{ "QEMU's short form",		TEXT("qemu\0-m\0" "64\0-name\0web1\0-S\0"),		"web1" },
	{ "what libvirt writes",	TEXT("qemu\0-name\0guest=web1,debug-threads=on\0"),	"web1" },
	{ "more options behind",	TEXT("qemu\0-name\0web1,process=x\0"),			"web1" },
	{ "a comma in the name",	TEXT("qemu\0-name\0a,,b,debug-threads=on\0"),		"a,b" },
	{ "two dashes",			TEXT("qemu\0--name\0web1\0"),				"web1" },
	{ "firecracker's",		TEXT("firecracker\0--id\0f00\0"),			"f00" },
	{ "no name among the options",	TEXT("qemu\0-name\0debug-threads=on\0"),		NULL },
	{ "no such option",		TEXT("qemu\0-m\0" "64\0"),				NULL },
	{ "the line ends there",	TEXT("qemu\0-name\0"),					NULL },
	{ "nothing",			"", 0,							NULL },
};

static void check_name(const void *r)
{
	size_t i = (typeof(&names[0]))r - names;
	char *got = vm_name_of(names[i].cmdline, names[i].len);

	if (names[i].want)
		assert_string_equal(got, names[i].want);
	else
		assert_null(got);
	free(got);
}

static const struct {
	const char *name;	/* of the thread */
	int32_t	    want;
} threads[] = {
	{ "CPU 2/KVM",		2 },
	{ "CPU 11/KVM",		11 },
	{ "vcpu3",		3 },
	{ "fc_vcpu 1",		1 },
	{ "crosvm_vcpu0",	0 },
	{ "qemu-system-x86",	-1 },
	{ "cpu",		-1 },
	{ "",			-1 },
};

static void check_thread(const void *r)
{
	size_t i = (typeof(&threads[0]))r - threads;

	assert_int_equal(vm_vcpu_of(threads[i].name), threads[i].want);
}

static const struct {
	const char *name;
	const char *message;
	size_t	    len;
	pid_t	    want;
} messages[] = {
	{ "a VM was made",	TEXT("change@/devices/virtual/misc/kvm\0ACTION=change\0CREATED=2\0EVENT=create\0PID=77\0"), 77 },
	{ "a VM is gone",	TEXT("change@/devices/virtual/misc/kvm\0ACTION=change\0EVENT=destroy\0PID=77\0"), 0 },
	{ "a disk",		TEXT("add@/devices/x\0ACTION=add\0SUBSYSTEM=block\0"), 0 },
	{ "cut",		TEXT("change@/devices/virtual/misc/kvm\0EVENT=create\0PI"), 0 },
	{ "nothing",		"", 0, 0 },
};

static void check_message(const void *r)
{
	size_t i = (typeof(&messages[0]))r - messages;

	assert_int_equal(filter_new_vm(messages[i].message, messages[i].len), messages[i].want);
}

static struct vm_process host[] = {
	{ .pid = 77, .comm = (char *)"qemu-system-x86", .name = (char *)"web1" },
	{ .pid = 78, .comm = (char *)"qemu-system-x86", .name = (char *)"db" },
	{ .pid = 79, .comm = (char *)"crosvm" },
	{ .pid = 80, .comm = (char *)"kvmload", .name = (char *)"twin" },
	{ .pid = 81, .comm = (char *)"kvmload", .name = (char *)"twin" },
	{ .pid = 82, .comm = (char *)"x", .name = (char *)"79" },
};

static const struct {
	const char *name;	/* what --vm says */
	size_t	    nr;		/* VMs there are */
	int	    want;	/* index, or -1 */
	const char *says;	/* in the error */
} choices[] = {
	{ "77",			6, 0, NULL },
	{ "web1",		6, 0, NULL },
	{ "db",			6, 1, NULL },
	{ "crosvm",		6, 2, NULL },
	{ "79",			6, 2, NULL },		/* a number is a process first */
	{ "79",			2, -1, "there are 77 (web1), 78 (db)" },
	{ "qemu-system-x86",	6, -1, "several VMs are called so" },
	{ "twin",		6, -1, "several VMs are called so" },
	{ "web",		6, -1, "no VM is called so" },
	{ "web",		1, -1, "there is 77 (web1)" },
	{ "web1",		0, -1, "none that can be seen" },
};

static void check_choice(const void *r)
{
	size_t i = (typeof(&choices[0]))r - choices;
	const struct vms vms = { host, choices[i].nr };
	struct err e = { 0 };
	int got = vms_choose(&vms, choices[i].name, &e);

	if (choices[i].want >= 0) {
		assert_int_equal(got, choices[i].want);
		return;
	}
	assert_int_equal(got, -ERR_USAGE);
	assert_non_null(strstr(e.text, choices[i].says));
}

int main(void)
{
	int a = table_run("names of VMs", names, ARRAY_SIZE(names), sizeof(names[0]), check_name);
	int b = table_run("vCPUs of threads", threads, ARRAY_SIZE(threads), sizeof(threads[0]), check_thread);
	int c = table_run("messages of the kernel", messages, ARRAY_SIZE(messages), sizeof(messages[0]), check_message);
	int d = table_run("--vm", choices, ARRAY_SIZE(choices), sizeof(choices[0]), check_choice);

	return a || b || c || d;
}
