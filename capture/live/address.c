// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/address.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/live/host.h"
#include "capture/live/probes.h"

#define STATS		"/sys/kernel/debug/kvm"
#define FILLER		"kvm_stat_data_get"	/* kvm_main.c, 5.14 to 6.18 */
#define EVENT		"vm_address"
#define KVM_BYTES	(128u << 10)	/* no struct kvm is larger */

/* --- finding them ----------------------------------------------------------------------------- */

/* Any statistic of the VM whose folder it is.  Return: 0 or -errno. */
static int read_one(const char *vm)
{
	char *path = xasprintf(STATS "/%s/remote_tlb_flush", vm), *text = host_text(path);
	int ret = text ? 0 : -errno;

	free(text);
	free(path);
	return ret;
}

static int read_each(const struct vm_process *p)
{
	DIR *dir = opendir(STATS);
	struct dirent *d;
	int ret = dir ? 0 : -errno;

	while (!ret && dir && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]) && vm_process_has(p, (pid_t)strtol(d->d_name, NULL, 10)))
			ret = read_one(d->d_name);
	if (dir)
		closedir(dir);
	return ret;
}

static void add(struct addresses *a, uint64_t kvm)
{
	for (size_t i = 0; i < a->nr; i++)
		if (a->kvm[i] == kvm)
			return;
	if (kvm && a->nr < ARRAY_SIZE(a->kvm))
		a->kvm[a->nr++] = kvm;
}

static void parse(const char *trace, struct addresses *a)
{
	for (const char *p = trace; p && (p = strstr(p, " " EVENT ":")); p++) {
		const char *kvm = strstr(p, "kvm=");

		if (kvm)
			add(a, strtoull(kvm + 4, NULL, 16));
	}
}

/* The probe is there, and its event off.  Return: 0 or -errno. */
static int watch(struct instance *in, const struct vm_process *p, struct addresses *out)
{
	char *file = xasprintf("events/%s/" EVENT "/enable", instance_probe_group(in)), *filter, *trace;
	char *filter_file = xasprintf("events/%s/" EVENT "/filter", instance_probe_group(in));
	int ret;

	filter = xasprintf("common_pid == %ld", (long)syscall(SYS_gettid));
	ret = instance_write(in, filter_file, filter);
	if (!ret)
		ret = instance_write(in, file, "1");
	if (!ret)
		ret = instance_write(in, "tracing_on", "1");
	if (!ret)
		ret = read_each(p);
	instance_write(in, "tracing_on", "0");
	instance_write(in, file, "0");
	trace = instance_read(in, "trace");
	parse(trace, out);
	free(trace);
	instance_write(in, "trace", "");
	free(filter);
	free(filter_file);
	free(file);
	return ret;
}

/* Return: 0 or -errno. */
static int find(struct instance *in, const struct vm_process *p, const char *place, struct addresses *out)
{
	const char *group = instance_probe_group(in);
	char *args = xasprintf("kvm=+%s($arg1):x64", place), *removal = xasprintf("-:%s/" EVENT, group);
	int ret = probes_define(group, 'p', EVENT, FILLER, args);

	if (!ret) {
		ret = watch(in, p, out);
		instance_append_top("kprobe_events", removal);
	}
	free(removal);
	free(args);
	return ret;
}

void addresses_find(struct instance *in, const struct vm_process *p, const char *kallsyms, const struct btf *types,
		    struct addresses *out, struct refused *refused)
{
	char *symbol = probes_symbol(kallsyms, FILLER, false), *why = NULL;
	char *place = symbol ? probes_expand("{kvm_stat_data.kvm|0}", types, &why) : NULL;
	int ret = place ? 0 : -ENOENT;

	*out = (struct addresses){ .mn = -1, .lock = -1 };
	if (place)
		ret = find(in, p, place, out);
	if (types) {
		out->mn = btf_offset(types, "kvm.mmu_notifier");
		out->lock = btf_offset(types, "kvm.mmu_lock");
	}
	if (!out->nr && refused)
		refused_add(refused, "filter by the VM's address", why ? why : ret == -ENOENT ? "this kernel does not tell it" :
			    ret ? strerror(-ret) : "no statistics of it");
	free(place);
	free(symbol);
	free(why);
}

/* --- filters ---------------------------------------------------------------------------------- */

static bool has_field(const char *format, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = format; (p = strstr(p, name)); p += len)
		if (p > format && (p[-1] == ' ' || p[-1] == '*') && p[len] == ';')
			return true;
	return false;
}

static void or_each(FILE *m, const struct addresses *a, const char *field, long offset)
{
	for (size_t i = 0; i < a->nr; i++)
		fprintf(m, "%s%s == 0x%" PRIx64, i ? " || " : "", field, a->kvm[i] + offset);
}

/* Somewhere within struct kvm. */
static void or_within(FILE *m, const struct addresses *a, const char *field)
{
	for (size_t i = 0; i < a->nr; i++)
		fprintf(m, "%s(%s >= 0x%" PRIx64 " && %s < 0x%" PRIx64 ")", i ? " || " : "", field, a->kvm[i], field,
			a->kvm[i] + KVM_BYTES);
}

char *addresses_filter(const struct addresses *a, const char *format)
{
	char *text = NULL;
	size_t bytes;
	FILE *m;

	if (!a->nr)
		return NULL;
	m = open_memstream(&text, &bytes);
	if (has_field(format, "kvm")) {
		or_each(m, a, "kvm", 0);
	} else if (has_field(format, "mn")) {
		a->mn >= 0 ? or_each(m, a, "mn", a->mn) : or_within(m, a, "mn");
	} else if (has_field(format, "lock_addr") && a->lock >= 0) {
		or_each(m, a, "lock_addr", a->lock);
		fputs(" || ", m);
		/* A queued rwlock has the lock of its queue in it (qrwlock_types.h). */
		or_each(m, a, "lock_addr", a->lock + 4);
	}
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	if (*text)
		return text;
	free(text);
	return NULL;
}
