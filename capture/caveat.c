// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/caveat.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* @system with or without a name behind it ("kvm:", "kvm:kvm_exit"); perf and ftrace write it the same way. */
static bool has(const struct ev_meta *m, const char *start)
{
	size_t len = strlen(start);

	for (size_t i = 0; i < m->sources.nr; i++)
		if (!strncmp(m->sources.v[i].name, start, len) && (start[len - 1] == ':' || !m->sources.v[i].name[len]))
			return true;
	return false;
}

/* What a vCPU leaves of itself. */
static void of_vcpus(const struct ev_meta *m, caveat_fn fn, void *arg)
{
	bool runs = has(m, "kvm:kvm_entry") && has(m, "kvm:kvm_exit");

	if (!has(m, "kvm:kvm_page_fault") && !has(m, "kvm:kvm_guest_fault"))
		fn(arg, ev_counts_get(&m->kinds, "access") ?
		   "no kvm_page_fault in it: each walk of the guest's page tables counts as a fault, and what became of it is seldom known" :
		   "no kvm_page_fault in it, so no guest accesses");
	if (!runs)
		fn(arg, "kvm_entry or kvm_exit is missing: how long guests ran is not known, and of which VM a thread is only "
		   "where a fault or probe tells");
}

static void of_mmu(const struct ev_meta *m, caveat_fn fn, void *arg)
{
	if (!has(m, "kvmmmu:"))
		fn(arg, "no event of system kvmmmu in it: what became of faults, and what the MMU did, is not known");
	else if (!ev_counts_get(&m->kinds, "access"))
		fn(arg, "no vCPU fault between kvm_exit and kvm_entry in it: observations and notifiers only");
}

/* No tracepoint of arm64 shows an entry, nor what a fault came to. */
static void of_stage2(const struct ev_meta *m, caveat_fn fn, void *arg)
{
	if (!ev_counts_get(&m->kinds, "s2_map") && !ev_counts_get(&m->kinds, "w_map"))
		fn(arg, "no probe on stage 2 in it: what became of faults, and what stage 2 did, is not known");
}

static void of_vms(const struct ev_meta *m, caveat_fn fn, void *arg)
{
	for (size_t i = 0; i < m->nr_vms; i++) {
		char *line = NULL;

		if (m->vms[i].slots_inferred)
			line = xasprintf("memslots of VM %zu are older than the recording: inferred from what notifiers zapped", i);
		else if (!m->vms[i].slots_seen)
			line = xasprintf("memslots of VM %zu are older than the recording", i);
		if (line)
			fn(arg, line);
		free(line);
	}
}

/* The name that follows @name, since an event file has them sorted and a recording as they come; or NULL. */
static const char *after(const struct ev_counts *c, const char *name)
{
	const char *next = NULL;

	for (size_t i = 0; i < c->nr; i++)
		if (strcmp(c->v[i].name, name) > 0 && (!next || strcmp(c->v[i].name, next) < 0))
			next = c->v[i].name;
	return next;
}

void caveats(const struct ev_meta *m, caveat_fn fn, void *arg)
{
	char *line;

	if (m->synthetic)
		return;
	if (!m->kvm_events && !has(m, "kvm")) {
		fn(arg, "no KVM event in it: nothing can be made of it");
		return;
	}
	if (!m->release_exact) {
		line = xasprintf("kernel %s is read as %s", m->kernel ? m->kernel : "of unknown version",
				 kvm_release_name(m->release));
		fn(arg, line);
		free(line);
	}
	if (ev_meta_param(m, "capture.vm")) {
		line = xasprintf("only VMs of process %s were recorded, and what the host did to any", ev_meta_param(m, "capture.vm"));
		fn(arg, line);
		free(line);
	}
	of_vcpus(m, fn, arg);
	if (m->arch == KVM_X86)
		of_mmu(m, fn, arg);
	else
		of_stage2(m, fn, arg);
	of_vms(m, fn, arg);
	for (const char *name = after(&m->lacking, ""); name; name = after(&m->lacking, name))
		fn(arg, name);
}
