// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One recording: what was left by others is removed, everything is set up while the instance stands still, then it
 * runs, then it stands still again and is written.  Notes (what was refused, facts of the host) go in first, as
 * text in trace_marker, before anything happens: trace-cmd and KernelShark show them.
 */
#include "capture/live/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "base/outfile.h"
#include "capture/live/command.h"
#include "capture/live/drain.h"
#include "capture/live/ending.h"
#include "capture/live/events.h"
#include "capture/live/filter.h"
#include "capture/live/host.h"
#include "capture/live/instance.h"
#include "capture/live/probes.h"
#include "capture/live/profile.h"
#include "capture/live/record_file.h"
#include "capture/live/slot_notes.h"
#include "capture/live/snapshot.h"
#include "capture/live/vms.h"
#include "capture/live/watch.h"

struct record {
	const struct record_options *o;
	struct record_result *result;
	struct record_file file;	/* and what it is made of */
	struct profile	profile;
	struct vms	vms;
	int		only;		/* of them, the one that is recorded; -1: all */
	struct filter	*filter;
	struct addresses addresses;	/* of the one VM's */
	char		*slots;		/* notes of the memslots there are */
	size_t		noted;		/* of what was refused, how much the recording says already */
	struct command	command;
	struct drain	*drain;
	struct watch	*watch;
	struct ending	ending;
};

/* --- setting up ------------------------------------------------------------------------------- */

static int set_up_buffer(struct record *r, struct err *e)
{
	struct instance *in = r->file.in;
	char kb[16];
	int ret = instance_write(in, "tracing_on", "0");

	if (ret)
		return err_sys(e, -ret, "tracing_on", "write");
	ret = instance_write(in, "trace_clock", r->o->clock);
	if (ret)
		return err_set(e, ERR_USAGE, "--clock %s: the kernel does not take it: %s", r->o->clock, strerror(-ret));
	snprintf(kb, sizeof(kb), "%u", r->o->buffer_kb);
	ret = instance_write(in, "buffer_size_kb", kb);
	if (ret)
		return err_set(e, ret == -ENOMEM ? ERR_MACHINE : ERR_USAGE, "-b %u: the kernel does not give that much for each CPU: %s",
			       r->o->buffer_kb, strerror(-ret));
	return 0;
}

static int set_up_events(struct record *r, struct err *e)
{
	r->result->nr_events = events_enable(&r->file, &r->profile, &r->addresses, &r->result->refused);
	if (r->result->nr_events)
		return 0;
	return err_set(e, ERR_MACHINE, "%s: none of its events can be recorded here%s%s", r->o->profile,
		       r->result->refused.nr ? ": " : "", r->result->refused.nr ? r->result->refused.v[0] : "");
}

/* Are there events that say of which VM they are by an address? */
static bool has_addresses(const struct profile *p)
{
	bool locks = false;

	for (size_t i = 0; i < p->nr_events; i++)
		locks |= !strcmp(p->events[i].system, "lock");
	return locks || p->nr_probes;
}

static int set_up_probes(struct record *r, struct err *e)
{
	static const char *const modules[] = { "kvm", NULL };
	const char *kallsyms = r->file.kallsyms ? r->file.kallsyms : "";
	struct btf *types = has_addresses(&r->profile) ? btf_open("/sys/kernel/btf", modules) : NULL;
	struct utsname u;
	int ret;

	uname(&u);
	if (r->only >= 0 && has_addresses(&r->profile))
		addresses_find(r->file.in, &r->vms.v[r->only], kallsyms, types, &r->addresses, &r->result->refused);
	if (r->profile.nr_probes)
		r->slots = slot_notes(r->file.in, &r->vms, r->only, kallsyms, types, &r->result->refused);
	ret = probes_make(r->file.in, u.release, kallsyms, types, &r->profile, &r->result->refused, e);
	btf_close(types);
	return ret;
}

static int choose_vm(struct record *r, struct err *e)
{
	vms_find(&r->vms);
	r->only = r->o->vm ? vms_choose(&r->vms, r->o->vm, e) : -1;
	return r->o->vm && r->only < 0 ? r->only : 0;
}

static int set_up_command(struct record *r, struct err *e)
{
	char *marker;
	int ret;

	if (!r->o->command)
		return 0;
	marker = instance_path(r->file.in, "trace_marker");
	ret = command_prepare(&r->command, r->o->command, marker, &r->ending.before, e);
	free(marker);
	return ret;
}

static int set_up(struct record *r, struct err *e)
{
	int ret = profile_read(r->o->profile, &r->profile, e);

	if (!ret)
		ret = choose_vm(r, e);
	if (!ret)
		ret = outfile_open(r->o->output, &r->file.out, e);
	if (!ret)
		ret = instance_open(&r->file.in, e);
	if (ret)
		return ret;
	r->file.kallsyms = host_text("/proc/kallsyms");
	ret = set_up_buffer(r, e);
	if (!ret)
		ret = set_up_probes(r, e);
	if (!ret && r->only >= 0)
		r->filter = filter_start(r->file.in, r->vms.v[r->only].pid, &r->result->refused);
	if (!ret)
		ret = set_up_command(r, e);
	if (!ret)
		ret = drain_start(r->file.in, r->o->output, &r->drain, e);
	return ret;
}

/* --- running ----------------------------------------------------------------------------------- */

static void note(void *arg, const char *line)
{
	char *text = xasprintf("mmulab: %s\n", line);

	instance_write(arg, "trace_marker", text);
	free(text);
}

static void note_slots(struct record *r)
{
	char *save = NULL;

	for (char *line = r->slots ? strtok_r(r->slots, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		note(r->file.in, line);
}

static void note_refused(struct record *r)
{
	for (; r->noted < r->result->refused.nr; r->noted++) {
		char *line = xasprintf("refused: %s", r->result->refused.v[r->noted]);

		note(r->file.in, line);
		free(line);
	}
}

static int turn(struct instance *in, const char *on, struct err *e)
{
	int ret = instance_write(in, "tracing_on", on);

	return ret ? err_sys(e, -ret, "tracing_on", "write") : 0;
}

static struct snapshot snapshot_of(struct record *r)
{
	return (struct snapshot){ note, r->file.in, &r->vms, r->only, &r->result->refused };
}

/* Events come on while the buffer stands still, so that the recording begins with all of them. */
static int begin(struct record *r, struct err *e)
{
	struct instance *in = r->file.in;
	const struct snapshot s = snapshot_of(r);
	int ret = turn(in, "1", e);

	if (!ret) {
		snapshot_host(&s);
		note_slots(r);
		ret = turn(in, "0", e);
	}
	if (!ret)
		ret = set_up_events(r, e);
	if (!ret)
		ret = turn(in, "1", e);
	if (!ret) {
		snapshot_stats(&s, "begin");
		note_refused(r);
	}
	return ret;
}

static void finish(struct record *r)
{
	const struct snapshot s = snapshot_of(r);

	filter_close(r->filter, &r->result->refused);
	r->filter = NULL;
	snapshot_stats(&s, "end");
	probes_missed(r->file.in, &r->profile, &r->result->refused);
	note_refused(r);
}

static int set_up_watch(struct record *r, struct err *e)
{
	struct meter_format *formats = xcalloc(r->file.nr_events, sizeof(*formats));
	struct watch_options o = { .terminal = r->o->view, .metrics = r->o->metrics, .clock = r->o->clock,
				   .formats = formats, .nr_formats = r->file.nr_events };
	int ret;

	for (size_t i = 0; i < r->file.nr_events; i++)
		formats[i] = (struct meter_format){ r->file.events[i].system, r->file.events[i].format };
	ret = watch_start(&o, r->file.in, r->drain, &r->watch, e);
	free(formats);
	return ret;
}

/* Is it to end, because a spool cannot be written? */
static bool look(void *arg)
{
	struct record *r = arg;

	watch_tick(r->watch, ending_seconds(&r->ending));
	return drain_failed(r->drain);
}

static int run(struct record *r, struct err *e)
{
	int ret = begin(r, e), stopped;

	if (!ret)
		ret = set_up_watch(r, e);
	if (!ret) {
		ending_begin(&r->ending);
		command_go(&r->command);
		ending_wait(&r->ending, r->o->duration_s, &r->command, look, r);
		r->result->seconds = ending_seconds(&r->ending);
		finish(r);
	}
	instance_write(r->file.in, "tracing_on", "0");
	command_end(&r->command);
	r->result->command_status = r->command.status;
	stopped = drain_stop(r->drain, ret ? NULL : e);
	return ret ? ret : stopped;
}

/* --- before and after ---------------------------------------------------------------------------- */

/* The watch reads the spools, which writing empties. */
static int write_all(struct record *r, struct err *e)
{
	struct err untold = { 0 };
	int told = watch_end(r->watch, r->result->seconds, &untold);
	int ret = record_file_write(&r->file, r->drain, r->o->program, r->result, e);

	if (ret || !told)
		return ret;
	*e = untold;
	return told;
}

int record_host(const struct record_options *o, struct record_result *out, struct err *e)
{
	struct record r = { .o = o, .result = out, .command = { .go = -1 } };
	int ret;

	ending_block(&r.ending);
	ret = set_up(&r, e);
	if (!ret)
		ret = run(&r, e);
	command_end(&r.command);
	if (!ret)
		ret = write_all(&r, e);
	watch_close(r.watch);
	outfile_abort(r.file.out);
	drain_close(r.drain);
	instance_close(r.file.in);
	record_file_fini(&r.file);
	filter_close(r.filter, &out->refused);
	profile_fini(&r.profile);
	free(r.slots);
	vms_fini(&r.vms);
	ending_restore(&r.ending);
	return ret;
}

void record_result_fini(struct record_result *r)
{
	refused_fini(&r->refused);
	free(r->cpus);
	*r = (struct record_result){ 0 };
}
