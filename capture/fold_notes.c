// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notes of the program that recorded (notes.h).  They come before anything else, and say what the host was like then:
 * what events show later goes first.
 */
#include "capture/notes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

struct noted_process {
	uint32_t pid, nr_vms;
	char	*name;
};

struct noted_thread {
	uint32_t tid, pid;	/* pid 0: nobody said it */
	int	 vcpu;
};

struct notes {
	struct noted_process *processes;	uint32_t nr_processes;
	struct noted_thread  *threads;		uint32_t nr_threads;
};

/* --- looking up --------------------------------------------------------------------------- */

static struct noted_thread *thread_of(const struct fold *f, uint32_t tid)
{
	for (uint32_t i = 0; f->notes && i < f->notes->nr_threads; i++)
		if (f->notes->threads[i].tid == tid)
			return &f->notes->threads[i];
	return NULL;
}

static const struct noted_process *process_of(const struct fold *f, uint32_t pid)
{
	for (uint32_t i = 0; f->notes && i < f->notes->nr_processes; i++)
		if (f->notes->processes[i].pid == pid)
			return &f->notes->processes[i];
	return NULL;
}

uint32_t noted_pid(const struct fold *f, uint32_t tid)
{
	const struct noted_thread *t = thread_of(f, tid);

	return t ? t->pid : 0;
}

int noted_vcpu(const struct fold *f, uint32_t tid)
{
	const struct noted_thread *t = thread_of(f, tid);

	return t ? t->vcpu : -1;
}

uint32_t noted_owner(const struct fold *f, uint32_t tid)
{
	const struct noted_process *p = process_of(f, noted_pid(f, tid));

	return p && p->nr_vms == 1 ? p->pid : 0;
}

const char *noted_name(const struct fold *f, uint32_t pid)
{
	const struct noted_process *p = process_of(f, pid);

	return p ? p->name : NULL;
}

bool noted_alone(const struct fold *f)
{
	return f->notes && ((f->notes->nr_processes == 1 && f->notes->processes[0].nr_vms == 1) ||
			    ev_meta_param(f->meta, "capture.vm"));
}

void notes_forget(struct fold *f, uint32_t tid)
{
	struct noted_thread *t = thread_of(f, tid);

	if (t)
		*t = (struct noted_thread){ .vcpu = -1 };
}

/* --- taking them in --------------------------------------------------------------------------- */

static struct noted_thread *add_thread(struct fold *f, uint32_t tid)
{
	struct noted_thread *t = thread_of(f, tid);
	struct notes *n = f->notes;

	if (t)
		return t;
	n->threads = xreallocarray(n->threads, n->nr_threads + 1, sizeof(*n->threads));
	t = &n->threads[n->nr_threads++];
	*t = (struct noted_thread){ .tid = tid, .vcpu = -1 };
	return t;
}

static void take_vm(struct fold *f, uint32_t pid, const char *value)
{
	struct notes *n = f->notes;
	unsigned int nr_vms;
	int name = 0;

	if (!pid || sscanf(value, "%u VMs, %*u vCPUs, %n", &nr_vms, &name) != 1 || !name || process_of(f, pid))
		return;
	n->processes = xreallocarray(n->processes, n->nr_processes + 1, sizeof(*n->processes));
	n->processes[n->nr_processes++] = (struct noted_process){ pid, nr_vms, xstrdup(value + name) };
}

static void take_threads(struct fold *f, uint32_t pid, const char *value)
{
	char *end;

	for (;; value = end) {
		unsigned long tid = strtoul(value, &end, 10);

		if (end == value)
			return;
		add_thread(f, (uint32_t)tid)->pid = pid;
	}
}

static void take_vcpu(struct fold *f, uint32_t tid, const char *value)
{
	unsigned long vcpu = strtoul(value, NULL, 10);

	if (tid && isdigit((unsigned char)*value) && vcpu < FOLD_VCPU_IDS)
		add_thread(f, tid)->vcpu = (int)vcpu;
}

/* "77.ffffc90000515000", "AS ID GFN PAGES ADDRESS FLAGS". */
static void take_memslot(struct fold *f, const char *name, const char *value)
{
	unsigned int as_id, id;
	struct slot slot = { 0 };
	uint64_t kvm;
	uint32_t pid;

	if (sscanf(name, "%" SCNu32 ".%" SCNx64, &pid, &kvm) == 2 && kvm &&
	    sscanf(value, "%u %u %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx32, &as_id, &id, &slot.gfn, &slot.npages,
		   &slot.hva, &slot.flags) == 6 && as_id <= 1 && id <= UINT16_MAX && slot.npages) {
		slot.id = as_id << 16 | id;
		older_add(f, pid, kvm, &slot);
	}
}

/* "begin.77-8.pf_taken". */
static void take_stat(struct fold *f, char *name, const char *value)
{
	bool begin = !strncmp(name, "begin.", 6), end = !strncmp(name, "end.", 4);
	char *vm = name + (begin ? 6 : 4), *dot = strchr(vm, '.');
	struct ev_stat *stat;

	if ((!begin && !end) || !dot)
		return;
	*dot = '\0';
	stat = ev_meta_stat(f->meta, vm, dot + 1);
	*(begin ? &stat->begin : &stat->end) = strtoull(value, NULL, 10);
}

/* Two-dimensional paging as the vendor's module has it: what events say later is the same, or a nested guest's. */
static void take_paging(struct fold *f, const char *name, const char *value)
{
	bool ept = !strcmp(name, "kvm_intel.ept"), on = *value == 'Y' || *value == '1';

	if ((!ept && strcmp(name, "kvm_amd.npt")) || f->meta->arch != KVM_X86 || f->tdp_known)
		return;
	f->tdp_known = true;
	f->shadows |= !on;
	f->meta->tdp = ept && on ? SPTE_EPT : SPTE_NPT;
	f->spte = spte_format(f->release, f->meta->tdp);
}

static bool starts(char **name, const char *front)
{
	size_t len = strlen(front);

	if (strncmp(*name, front, len))
		return false;
	*name += len;
	return true;
}

static void take(struct fold *f, char *name, const char *value)
{
	if (!f->notes)
		f->notes = xcalloc(1, sizeof(*f->notes));
	if (starts(&name, "vm."))
		take_vm(f, strtoul(name, NULL, 10), value);
	else if (starts(&name, "threads."))
		take_threads(f, strtoul(name, NULL, 10), value);
	else if (starts(&name, "vcpu."))
		take_vcpu(f, strtoul(name, NULL, 10), value);
	else if (starts(&name, "memslot."))
		take_memslot(f, name, value);
	else if (starts(&name, "stat."))
		take_stat(f, name, value);
	else
		ev_meta_set_param(f->meta, name, value);
	take_paging(f, name, value);
}

static bool is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")];
}

/* "NAME=VALUE", or what was refused. */
static bool take_line(struct fold *f, char *line)
{
	char *value = strchr(line, '=');

	if (!strncmp(line, NOTE_REFUSED, strlen(NOTE_REFUSED))) {
		ev_counts_add(&f->meta->lacking, line, 1);
		return true;
	}
	if (!value)
		return false;
	*value++ = '\0';
	if (!is_name(line))
		return false;
	take(f, line, value);
	return true;
}

bool notes_take(struct fold *f, const struct raw *r)
{
	const size_t front = strlen(NOTE_START);
	char line[NOTE_LINE_MAX];

	if (r->text_len < front || strncmp(r->text, NOTE_START, front))
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)(r->text_len < sizeof(line) ? r->text_len : sizeof(line) - 1), r->text);
	line[strcspn(line, "\n")] = '\0';
	if (!take_line(f, line + front))
		return false;
	f->nr_notes++;
	return true;
}

/* --- what follows from them ----------------------------------------------------------------------- */

/* "none voluntary (full)"; else as the command line has it, else as the kernel was configured. */
static void settle_preempt(struct ev_meta *m)
{
	static const struct { const char *option, *word; } built[] = {
		{ "config.PREEMPT_RT", "rt" }, { "config.PREEMPT", "full" }, { "config.PREEMPT_LAZY", "lazy" },
		{ "config.PREEMPT_VOLUNTARY", "voluntary" }, { "config.PREEMPT_NONE", "none" },
	};
	const char *said = ev_meta_param(m, "preempt"), *open = said ? strchr(said, '(') : NULL;
	char word[16];

	if (open && sscanf(open, "(%15[a-z])", word) == 1) {
		ev_meta_set_param(m, "preempt", word);
		return;
	}
	if (said)
		return;
	said = ev_meta_param(m, "config.PREEMPT_DYNAMIC") ? ev_meta_param(m, "cmdline.preempt") : NULL;
	for (size_t i = 0; !said && i < ARRAY_SIZE(built); i++)
		if (ev_meta_param(m, built[i].option))
			said = built[i].word;
	if (said) {
		snprintf(word, sizeof(word), "%s", said);
		ev_meta_set_param(m, "preempt", word);
	}
}

void notes_finish(struct fold *f)
{
	struct ev_meta *m = f->meta;
	bool two_dimensional = ev_meta_param_on(m, "kvm_amd.npt") || ev_meta_param_on(m, "kvm_intel.ept");
	bool shows_none = f->has[RAW_SPTE_CHANGED] && f->seen[RAW_SET_SPTE];

	if (!f->notes)
		return;
	if (m->arch == KVM_X86 && two_dimensional && ev_meta_param_on(m, "kvm.tdp_mmu") && !shows_none)
		m->tdp_mmu = true;
	settle_preempt(m);
}

void notes_free(struct fold *f)
{
	if (!f->notes)
		return;
	for (uint32_t i = 0; i < f->notes->nr_processes; i++)
		free(f->notes->processes[i].name);
	free(f->notes->processes);
	free(f->notes->threads);
	free(f->notes);
}
