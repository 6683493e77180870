// SPDX-License-Identifier: GPL-2.0-or-later
/* One recording to one event file. */
#include "capture/import.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "capture/dat.h"
#include "capture/fold.h"
#include "capture/guests.h"

#define PROGRESS_EVENTS	(1u << 18)

struct hashing {			/* of the whole file, while it is folded */
	pthread_t   thread;
	const char *path;
	char	    hex[33];
	int	    ret;
	struct err  err;
};

static int hash_file(const char *path, char hex[33], struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	XXH3_state_t *state = XXH3_createState();
	char *buf = xmalloc(256 << 10);
	XXH128_hash_t h;
	ssize_t got = -1;
	int ret = 0;

	XXH3_128bits_reset(state);
	while (fd >= 0 && (got = read(fd, buf, 256 << 10)) > 0)
		XXH3_128bits_update(state, buf, got);
	if (got < 0)
		ret = err_sys(e, errno, path, "read");
	h = XXH3_128bits_digest(state);
	snprintf(hex, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
	XXH3_freeState(state);
	free(buf);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void *hash_thread(void *arg)
{
	struct hashing *h = arg;

	h->ret = hash_file(h->path, h->hex, &h->err);
	return NULL;
}

static void hash_start(struct hashing *h, const char *path)
{
	h->path = path;
	if (pthread_create(&h->thread, NULL, hash_thread, h))
		abort();		/* out of memory */
}

static int hash_join(struct hashing *h, char hex[33], struct err *e)
{
	pthread_join(h->thread, NULL);
	memcpy(hex, h->hex, sizeof(h->hex));
	if (h->ret && e)
		*e = h->err;
	return h->ret;
}

static void note_lost(void *arg, uint32_t cpu, const char *cause, uint64_t n)
{
	ev_meta_add_lost(arg, cpu, cause, n);
}

static void note_damage(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	struct ev_meta *meta = arg;
	char name[160];

	if (cpu == SOURCE_NO_CPU)
		snprintf(name, sizeof(name), "%s", what);
	else
		snprintf(name, sizeof(name), "CPU %u: %s", cpu, what);
	ev_counts_add(&meta->damage, name, n);
}

static void note_lacking(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	struct ev_meta *meta = arg;

	(void)cpu;
	ev_counts_add(&meta->lacking, what, n);
}

static int fold_all(struct source *s, struct fold *f, const struct import_options *opt, struct err *e)
{
	struct source_record rec;
	uint64_t n = 0;
	int ret;

	while ((ret = s->ops->next(s, &rec, e)) > 0) {
		if (fold_record(f, &rec))
			break;		/* the writer keeps its error */
		if (unlikely(!(++n % PROGRESS_EVENTS)) && opt->progress)
			opt->progress(opt->progress_arg, n);
	}
	return ret < 0 ? ret : 0;
}

/* Reads the recording once more where the names of its probes leave open what they are on. */
static int solve_riddles(struct fold *f, const char *in, struct err *e)
{
	struct source *again = NULL;
	int ret = 0;

	if (!fold_has_riddles(f))
		return 0;
	ret = source_open(in, &again, e);
	if (!ret)
		ret = fold_scan(f, again, e);
	source_close(again);
	return ret;
}

/* Of a damaged one it may be the names of the events that are missing. */
static int no_kvm_event(const char *in, const struct ev_meta *meta, struct err *e)
{
	if (meta->damage.nr)
		return err_set(e, ERR_INPUT, "%s: no KVM event among its %llu events, and it is damaged (%s); "
			       "record it again", in, (unsigned long long)meta->events, meta->damage.v[0].name);
	return err_set(e, ERR_INPUT, "%s: no KVM event among its %llu events; record with "
		       "\"trace-cmd record -e kvm -e kvmmmu\"", in, (unsigned long long)meta->events);
}

/* Folds @s into @w, NULL: nowhere.  On failure the writer is the caller's to abort. */
static int fold_source(struct source *s, const char *in, struct ev_writer *w, const struct import_options *opt,
		       struct ev_meta *meta, struct err *e)
{
	struct fold *f = fold_new(s, meta, w);
	int ret = 0;

	if (opt->slot)
		fold_on_slot(f, opt->slot, opt->slot_arg);
	if (meta->machine && w)
		ret = err_set(e, ERR_MACHINE, "%s: recorded on %s; only recordings of x86 and arm64 hosts can be folded", in,
			      meta->machine);
	if (!ret)
		ret = solve_riddles(f, in, e);
	if (!ret)
		ret = fold_all(s, f, opt, e);
	if (!ret)
		fold_finish(f);
	if (!ret) {
		s->ops->lost(s, note_lost, meta);
		s->ops->damage(s, note_damage, meta);
		if (s->ops->lacking)
			s->ops->lacking(s, note_lacking, meta);
	}
	if (!ret && w && !meta->kvm_events)
		ret = no_kvm_event(in, meta, e);
	fold_free(f);
	return ret;
}

/*
 * What @release the recording is of, for one that does not say it, or leaves it to be inferred.  @uname: the new one,
 * the caller's to free when @s is closed.
 */
static int set_kernel(struct source *s, const char *in, const char *release, char **uname, struct err *e)
{
	char said[128] = "", machine[32] = "x86_64";
	enum kvm_release known;

	sscanf(s->info.uname, "%*s %*s %127s %31s", said, machine);
	if (!kvm_release_parse(release, &known) && !strchr("0123456789", *release))
		return err_set(e, ERR_USAGE, "--kernel %s: must be as uname -r has it, for example 6.1.0-18-amd64", release);
	if (*said && strcmp(said, "unknown") && !strstr(said, "-inferred"))
		return err_set(e, ERR_USAGE, "%s: is of kernel %s, as it says itself; leave --kernel out", in, said);
	*uname = xasprintf("Linux unknown %s %s", release, machine);
	s->info.uname = *uname;
	return 0;
}

static int fold_and_hash(struct source *s, const char *in, struct ev_writer *w, const struct import_options *opt,
			 struct ev_meta *meta, struct err *e)
{
	struct hashing h;
	int ret, hashed;

	if (!w)		/* nobody asks which recording a file came from */
		return fold_source(s, in, w, opt, meta, e);
	hash_start(&h, in);
	ret = fold_source(s, in, w, opt, meta, e);
	hashed = hash_join(&h, meta->source_xxh3, ret ? NULL : e);
	return ret ? ret : hashed;
}

/* *@in becomes the host's. */
static int open_all(const char **in, const struct import_options *opt, struct source **out, struct err *e)
{
	const char *paths[GUESTS_MAX];
	const struct guests_input all = { paths, 1 + opt->nr_beside };
	size_t host;
	int ret;

	if (all.nr > GUESTS_MAX)
		return err_set(e, ERR_USAGE, "%zu recordings at once; %d can be imported together", all.nr, GUESTS_MAX);
	paths[0] = *in;
	for (size_t i = 0; i < opt->nr_beside; i++)
		paths[1 + i] = opt->beside[i];
	ret = source_open_guests(&all, out, &host, e);
	if (!ret)
		*in = paths[host];
	return ret;
}

int import_file(const char *in, const char *out, const struct import_options *opt, struct ev_meta *meta, struct err *e)
{
	static const struct import_options defaults = { .zstd_level = 1 };
	struct ev_writer *w = NULL;
	struct source *s = NULL;
	char *uname = NULL;
	int ret;

	if (!opt)
		opt = &defaults;
	ev_meta_init(meta);
	ret = open_all(&in, opt, &s, e);
	if (!ret && opt->kernel)
		ret = set_kernel(s, in, opt->kernel, &uname, e);
	if (!ret && out)
		ret = ev_writer_open(out, opt->zstd_level, &w, e);
	if (!ret) {
		meta->source = xstrdup(basename(in));
		ret = fold_and_hash(s, in, w, opt, meta, e);
	}
	if (!ret && w)
		ret = ev_writer_close(w, meta, e);
	else
		ev_writer_abort(w);
	source_close(s);
	free(uname);
	return ret;
}
