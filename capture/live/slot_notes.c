// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/slot_notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live/memslots.h"

#define WHAT	"memslots that are older than the recording"

struct noting {
	struct instance	    *in;
	const char	    *kallsyms;
	const struct btf    *types;
	struct kcore	    *kernel;
	struct memslot_places at;
	FILE		    *out;
};

/* Return: 0 or -errno. */
static int note_vm(const struct noting *n, pid_t pid, uint64_t kvm)
{
	struct memslot *v;
	int nr = memslots_read(n->kernel, &n->at, kvm, &v);

	for (int i = 0; i < nr; i++)
		fprintf(n->out, "memslot.%d.%" PRIx64 "=%u %u %" PRIx64 " %" PRIx64 " %" PRIx64 " %x\n", (int)pid, kvm,
			v[i].as_id, v[i].id, v[i].gfn, v[i].npages, v[i].hva, v[i].flags);
	free(v);
	return nr < 0 ? nr : 0;
}

/* Return: the first error, after all of its VMs. */
static int note_process(const struct noting *n, const struct vm_process *p)
{
	struct addresses a;
	int ret = 0;

	addresses_find(n->in, p, n->kallsyms, n->types, &a, NULL);
	for (size_t i = 0; i < a.nr; i++) {
		int err = note_vm(n, p->pid, a.kvm[i]);

		ret = ret ? ret : err;
	}
	return a.nr ? ret : -ENOENT;
}

/* Return: why not, or NULL. */
static const char *note_all(struct noting *n, const struct vms *vms, int only)
{
	int ret = 0;

	if (!memslot_places(n->types, &n->at))
		return "this kernel does not describe them";
	n->kernel = kcore_open("/proc/kcore");
	if (!n->kernel)
		return strerror(errno);
	for (size_t i = 0; i < vms->nr; i++)
		if (only < 0 || (size_t)only == i) {
			int err = note_process(n, &vms->v[i]);

			ret = ret ? ret : err;
		}
	kcore_close(n->kernel);
	return ret == -ENOENT ? "nothing tells where the VM is" : ret ? strerror(-ret) : NULL;
}

char *slot_notes(struct instance *in, const struct vms *vms, int only, const char *kallsyms, const struct btf *types,
		 struct refused *refused)
{
	struct noting n = { .in = in, .kallsyms = kallsyms, .types = types };
	const char *why;
	char *text = NULL;
	size_t bytes;

	n.out = open_memstream(&text, &bytes);
	why = vms->nr ? note_all(&n, vms, only) : NULL;
	if (fclose(n.out))
		abort();	/* out of memory, as base/alloc.h has it */
	if (why)
		refused_add(refused, WHAT, why);
	return text;
}
