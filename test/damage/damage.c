// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damaged recordings and event files through their readers, thousands of them:
 *
 *	damage [-n MUTANTS] [-s SEED] [-f NAME] [-j JOBS] [-d FIXTURES] [-k DIR] [-1 NUMBER] [-p PLANT]
 *
 * Every fixture (fixture/fixtures.tsv) is changed in MUTANTS ways (mutate.h) and
 * read in a process that dies for its own faults alone.  A finding is:
 *
 *	crash	it died: signal, assertion, sanitizer, out of memory
 *	hang	more than HANG_S seconds of CPU time
 *	memory	it took more than the limit
 *	silent	events are fewer or more than the sound file's by over a page's worth,
 *		and neither its losses nor its damage differ from the sound file's
 *	error	a failure that is not one line naming the file, with the status of bad input
 *	output	what was written is not sound, or something was printed
 *
 * Prints TAP: a test per kind of finding and fixture, one for half a file, and a
 * line of figures as a comment.  -k keeps mutants and what was said in DIR; -1
 * runs one mutant here, under a debugger.  -p plants a defect, so that it can be
 * seen to be found: the harness must then fail.  Exit: 0 all well, 1 findings.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/types.h"
#include "capture/import.h"
#include "test/damage/mutate.h"
#include "test/damage/subject.h"

#define BATCH		64u		/* mutants per process */
#define SHOWN		5u		/* findings told per kind */
#if defined(__SANITIZE_ADDRESS__)
#define HANG_S		20
#define RSS_KIB_MAX	(1024u << 10)	/* shadow and quarantine included */
#define SPACE_MAX	RLIM_INFINITY
#else
#define HANG_S		3
#define RSS_KIB_MAX	(64u << 10)
#define SPACE_MAX	(1ull << 30)
#endif

/* So that a leak of libraries' or a big request ends as it would without a sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:max_allocation_size_mb=1024:handle_abort=1";
}

#define VERDICTS(V)				\
	V(NONE, "not run")			\
	V(SOUND, "sound")			\
	V(SALVAGED, "salvaged")			\
	V(SHORTER, "a shorter file")		\
	V(REFUSED, "refused")			\
	V(CRASH, "crash")			\
	V(HANG, "hang")				\
	V(MEMORY, "memory")			\
	V(SILENT, "silent")			\
	V(ERROR, "error")			\
	V(OUTPUT, "output")
enum verdict {
#define V(id, name) id,
	VERDICTS(V)
#undef V
	NR_VERDICTS
};
static const char *const verdict_names[] = {
#define V(id, name) name,
	VERDICTS(V)
#undef V
};
#define FIRST_FINDING CRASH

struct outcome {			/* of one mutant; written by the child */
	uint8_t	 verdict;
	bool	 said;
	uint32_t ms, rss_kib;
	uint64_t events;
	char	 why[96];
};

struct fixture {
	char	 name[64];
	char	 reader[16];		/* "recording", or "event": the event file made of it */
	int	 zstd_level;		/* of that */
	uint32_t page_events;		/* what a page holds at most */
	uint64_t data_from, data_to;	/* where its events are, in bytes */
	uint32_t half_percent;		/* of its events, half of those bytes must give */
	char	 open_end[8];		/* where a shorter file is as good a one: "line", "record"; "-": nowhere */
	uint8_t	*file;
	size_t	 len;
	struct answer base;
};

enum plant { PLANT_NONE, PLANT_CRASH, PLANT_HANG, PLANT_MEMORY, PLANT_SILENT, PLANT_MORE, PLANT_ERROR, PLANT_PRINT,
	     PLANT_DEAF, PLANT_HALF };
static const char *const plant_names[] = { "", "crash", "hang", "memory", "silent", "more", "error", "print", "deaf", "half" };

static struct {
	uint32_t    mutants, jobs;
	uint64_t    seed;
	const char *only, *dir, *keep;
	int64_t	    one;
	enum plant  plant;
	char	    tmp[64];
} how = { .mutants = 500, .jobs = 2, .seed = 1, .dir = "test/damage/fixture", .one = -1 };

static unsigned int nr_tests, nr_failed;

static void tap(bool ok, const char *fixture, const char *what)
{
	printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++nr_tests, fixture, what);
	nr_failed += !ok;
}

/* --- one file ---------------------------------------------------------------------- */

static void ask(const struct fixture *f, const char *path, const char *out, struct answer *a)
{
	if (!strcmp(f->reader, "event"))
		subject_event_file(path, out, a);
	else
		subject_recording(path, out, a);
}

static void take_memory(size_t bytes)
{
	volatile uint8_t *p = xmalloc(bytes);

	for (size_t i = 0; i < bytes; i += 512)
		p[i] = 1;
	free((void *)p);
}

/* A defect on purpose, in a quarter of the answers; a hang in one, since it takes its time. */
static void plant(const struct fixture *f, uint64_t number, struct answer *a)
{
	if (number % 4 || (how.plant == PLANT_HANG && number != 8))
		return;
	switch (how.plant) {
	case PLANT_CRASH:
		abort();
	case PLANT_HANG:
		for (volatile unsigned int n = 0;; n++)
			;
	case PLANT_MEMORY:
		take_memory((size_t)RSS_KIB_MAX * 1024);
		break;
	case PLANT_SILENT:
		*a = f->base;
		a->content = 0;
		a->events -= f->page_events + 1;
		break;
	case PLANT_MORE:
		*a = f->base;
		a->content = 0;
		a->events += f->page_events + 1;
		break;
	case PLANT_ERROR:
		a->ret = -1;
		a->e = (struct err){ .exit = ERR_INPUT, .text = "two\nlines" };
		break;
	case PLANT_PRINT:
		fputs("planted\n", stderr);
		break;
	default:
		break;
	}
	/* deaf, half: below */
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The records of a perf.data as a pipe has it, up to exactly @len? */
static bool whole_records(const uint8_t *p, size_t len)
{
	size_t at = 16;

	while (at + 8 <= len) {
		uint32_t type, data = 0;
		uint16_t size;

		memcpy(&type, p + at, 4);
		memcpy(&size, p + at + 6, 2);
		if (size < 8)
			return false;
		if (type == 66 && at + 12 <= len)	/* tracing data stand behind their record */
			memcpy(&data, p + at + 8, 4);
		at += size + data;
	}
	return at == len;
}

/*
 * Nothing in some formats tells where a file should end: one cut between two
 * lines, or two records of a pipe, is a sound file, of a shorter recording.
 */
static bool is_shorter(const struct fixture *f, const struct mutant *m)
{
	if (m->len >= f->len || memcmp(m->p, f->file, m->len))
		return false;
	if (!strcmp(f->open_end, "line"))
		return m->len && m->p[m->len - 1] == '\n';
	return !strcmp(f->open_end, "record") && whole_records(m->p, m->len);
}

static enum verdict judge(const struct fixture *f, const struct mutant *m, const char *path, const struct answer *a,
			  struct outcome *o)
{
	const struct answer *base = &f->base;

	o->said = a->ret || a->said != base->said;
	if (how.plant == PLANT_DEAF)
		o->said = false;
	if (a->ret) {
		snprintf(o->why, sizeof(o->why), "status %d: %.80s", a->e.exit, a->e.text);
		return a->e.exit == ERR_INPUT && !strchr(a->e.text, '\n') && strstr(a->e.text, path) ? REFUSED : ERROR;
	}
	o->events = a->events;
	snprintf(o->why, sizeof(o->why), "%llu events of %llu; lost %llu, damage %llu", (unsigned long long)a->events,
		 (unsigned long long)base->events, (unsigned long long)a->lost, (unsigned long long)a->damage);
	if (a->wrong) {
		snprintf(o->why, sizeof(o->why), "%s", a->wrong);
		return OUTPUT;
	}
	if (a->content && a->content != base->content)
		return SILENT;
	if (a->events == base->events)
		return SOUND;
	if (!o->said && is_shorter(f, m))
		return SHORTER;
	return !o->said && apart(a->events, base->events) > f->page_events ? SILENT : SALVAGED;
}

/* --- the children -------------------------------------------------------------------- */

struct slot {				/* a child and its files */
	pid_t	 pid;			/* 0: free */
	uint32_t number, end;		/* mutants it has */
	volatile uint32_t *at;		/* the one it is at, in shared memory */
	char	 path[96], out[96], said[96];
};

static void write_file(const char *path, const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, p, len) != (ssize_t)len) {
		perror(path);
		_exit(4);
	}
	close(fd);
}

static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint32_t rss_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void limit_time(void)
{
	const struct itimerval cpu = { .it_value.tv_sec = HANG_S };

	setitimer(ITIMER_PROF, &cpu, NULL);	/* CPU time: the machine may be busy */
	alarm(20 * HANG_S);			/* and a wait for nothing */
}

static void run_one(const struct fixture *f, struct slot *s, uint32_t number, struct mutant *m, struct outcome *o)
{
	uint64_t start = cpu_ms();
	struct stat before, after;
	struct answer a;

	mutate(m, f->file, f->len, how.seed, number);
	write_file(s->path, m->p, m->len);
	fstat(STDERR_FILENO, &before);
	if (how.one < 0)
		limit_time();
	ask(f, s->path, s->out, &a);
	plant(f, number, &a);
	fflush(NULL);
	fstat(STDERR_FILENO, &after);
	o->ms = cpu_ms() - start;
	o->rss_kib = rss_kib();
	o->verdict = judge(f, m, s->path, &a, o);
	if (how.one < 0 && after.st_size != before.st_size) {
		snprintf(o->why, sizeof(o->why), "it printed something");
		o->verdict = OUTPUT;
	}
	if (o->rss_kib > RSS_KIB_MAX) {
		snprintf(o->why, sizeof(o->why), "%u KiB resident", o->rss_kib);
		o->verdict = MEMORY;
	}
}

static void __attribute__((noreturn)) child(const struct fixture *f, struct slot *s, struct outcome *outcomes)
{
	const struct rlimit space = { SPACE_MAX, SPACE_MAX }, core = { 0, 0 };
	struct mutant m = { .p = xmalloc(mutate_room(f->len)) };
	int fd = open(s->said, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(4);
	setrlimit(RLIMIT_AS, &space);
	setrlimit(RLIMIT_CORE, &core);
	for (uint32_t i = s->number; i < s->end; i++) {
		*s->at = i;
		run_one(f, s, i, &m, &outcomes[i]);
		if (outcomes[i].verdict == MEMORY)
			_exit(5);		/* its peak would be held against those that follow */
	}
	_exit(0);
}

static void keep(const struct fixture *f, const struct slot *s, uint32_t number, const char *verdict)
{
	char *to;
	struct mutant m = { .p = xmalloc(mutate_room(f->len)) };

	if (how.keep) {
		mutate(&m, f->file, f->len, how.seed, number);
		to = xasprintf("%s/%s.%s.%llu-%u", how.keep, f->name, verdict, (unsigned long long)how.seed, number);
		write_file(to, m.p, m.len);
		free(to);
		to = xasprintf("%s/%s.%s.%llu-%u.said", how.keep, f->name, verdict, (unsigned long long)how.seed, number);
		rename(s->said, to);
		free(to);
	}
	free(m.p);
}

/* Its last words: what a sanitizer or an assertion printed. */
static void last_words(const struct slot *s, char *why, size_t size)
{
	char line[512], *sum;
	FILE *in = fopen(s->said, "r");

	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		sum = strstr(line, "SUMMARY: ");
		if (sum)
			snprintf(why, size, "%.*s", (int)size - 1, sum + 9);
		else if (!*why && strstr(line, "rror"))
			snprintf(why, size, "%.*s", (int)size - 1, line);
	}
	if (in)
		fclose(in);
}

/* Takes a child's end.  Return: whether mutants of its batch are left. */
static bool reap(const struct fixture *f, struct slot *s, int status, struct outcome *outcomes)
{
	uint32_t at = *s->at;
	struct outcome *o = &outcomes[at];

	if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) && WEXITSTATUS(status) != 5)) {
		bool hang = WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM);

		o->verdict = hang ? HANG : CRASH;
		last_words(s, o->why, sizeof(o->why));
		if (!*o->why)
			snprintf(o->why, sizeof(o->why), WIFSIGNALED(status) ? "signal %d" : "exit %d",
				 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	} else if (WEXITSTATUS(status) == 0) {
		at = s->end - 1;
	}
	s->number = at + 1;
	return s->number < s->end;
}

static void start(const struct fixture *f, struct slot *s, struct outcome *outcomes)
{
	fflush(NULL);
	s->pid = fork();
	if (s->pid < 0) {
		perror("fork");
		exit(4);
	}
	if (!s->pid)
		child(f, s, outcomes);
}

static void *shared(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(4);
	}
	return p;
}

static void run_all(const struct fixture *f, struct slot *slots, struct outcome *outcomes)
{
	uint32_t next = 0, busy = 0;

	for (;;) {
		int status;
		pid_t pid;

		for (uint32_t i = 0; i < how.jobs && next < how.mutants; i++) {
			struct slot *s = &slots[i];

			if (s->pid)
				continue;
			s->number = next;
			s->end = next + BATCH < how.mutants ? next + BATCH : how.mutants;
			next = s->end;
			start(f, s, outcomes);
			busy++;
		}
		if (!busy)
			return;
		pid = wait(&status);
		for (uint32_t i = 0; i < how.jobs; i++) {
			struct slot *s = &slots[i];

			if (s->pid != pid)
				continue;
			s->pid = 0;
			if (reap(f, s, status, outcomes))
				start(f, s, outcomes);
			else
				busy--;
		}
	}
}

/* --- what came out ------------------------------------------------------------------------ */

static void tell(const struct fixture *f, struct slot *s, const struct outcome *outcomes)
{
	uint32_t n[NR_VERDICTS] = { 0 }, said = 0, slowest = 0, rss = 0;
	struct mutant m = { .p = xmalloc(mutate_room(f->len)) };
	char text[64];

	for (uint32_t i = 0; i < how.mutants; i++) {
		const struct outcome *o = &outcomes[i];

		n[o->verdict]++;
		said += o->said;
		slowest = o->ms > slowest ? o->ms : slowest;
		rss = o->rss_kib > rss ? o->rss_kib : rss;
		if (o->verdict && o->verdict < FIRST_FINDING)
			continue;
		keep(f, s, i, verdict_names[o->verdict]);
		mutate(&m, f->file, f->len, how.seed, i);
		if (n[o->verdict] <= SHOWN)
			printf("# %s: %s: mutant %llu/%u: %s: %s\n", f->name, verdict_names[o->verdict],
			       (unsigned long long)how.seed, i, m.what, o->why);
	}
	free(m.p);
	for (unsigned int v = FIRST_FINDING; v < NR_VERDICTS; v++) {
		snprintf(text, sizeof(text), "no %s in %u mutants", verdict_names[v], how.mutants);
		if (n[v])
			snprintf(text, sizeof(text), "%u %s in %u mutants", n[v], verdict_names[v], how.mutants);
		tap(!n[v], f->name, text);
	}
	tap(!n[NONE], f->name, "every mutant was run");
	printf("# | %s | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %.1f | %u |\n", f->name, how.mutants,
	       n[SOUND], n[SALVAGED], n[SHORTER], n[REFUSED], said, n[SILENT], n[CRASH], n[HANG], n[MEMORY],
	       n[ERROR] + n[OUTPUT], rss / 1024.0, slowest);
}

/* Its data cut in half: what is in front of the cut must come out, and that the rest is gone must be said. */
static void half(const struct fixture *f, const struct slot *s)
{
	size_t at = f->data_from + (f->data_to - f->data_from) / 2;
	struct answer a;
	char text[160];

	write_file(s->path, f->file, at);
	ask(f, s->path, s->out, &a);
	if (how.plant == PLANT_HALF)
		a.events /= 2;
	snprintf(text, sizeof(text), "half of its data give %d %% of the events, and it is said%s%.80s",
		 a.ret ? 0 : (int)(a.events * 100 / f->base.events), a.ret ? ": " : "", a.ret ? a.e.text : "");
	tap(!a.ret && a.events * 100 >= f->half_percent * f->base.events && a.said != f->base.said && !a.wrong,
	    f->name, text);
}

/* --- fixtures ---------------------------------------------------------------------------------- */

static bool read_file(const char *path, uint8_t **p, size_t *len)
{
	FILE *in = fopen(path, "r");
	struct stat st;

	if (!in || fstat(fileno(in), &st))
		return false;
	*p = xmalloc(st.st_size);
	*len = fread(*p, 1, st.st_size, in);
	fclose(in);
	return *len == (size_t)st.st_size;
}

/* Fills in the bytes and the answer of the sound file. */
static bool prepare(struct fixture *f, const struct slot *s)
{
	char *path = xasprintf("%s/%.*s", how.dir, (int)strcspn(f->name, "@"), f->name);
	struct import_options opt = { .zstd_level = f->zstd_level };
	struct ev_meta meta = { 0 };
	struct err e = { 0 };
	bool ok = true;

	if (!strcmp(f->reader, "event")) {
		ok = !import_file(path, s->path, &opt, &meta, &e);
		ev_meta_fini(&meta);
		free(path);
		path = xstrdup(s->path);
	}
	ok = ok && read_file(path, &f->file, &f->len);
	if (ok)
		ask(f, path, s->out, &f->base);
	ok = ok && !f->base.ret && f->base.events > 0 && !f->base.wrong;
	if (ok && !f->data_to) {
		f->data_to = f->len;
	}
	tap(ok, f->name, "the sound file is read");
	if (!ok)
		printf("# %s: %s\n", path, e.text[0] ? e.text : f->base.e.text);
	free(path);
	return ok;
}

static void run_fixture(struct fixture *f, struct slot *slots)
{
	struct outcome *outcomes = shared(how.mutants * sizeof(*outcomes) + 1);
	struct mutant m;

	if (prepare(f, slots)) {
		if (how.one >= 0) {
			m.p = xmalloc(mutate_room(f->len));
			run_one(f, slots, how.one, &m, outcomes);
			printf("# %s: %s: %s\n", m.what, verdict_names[outcomes->verdict], outcomes->why);
			free(m.p);
		} else {
			if (f->half_percent)
				half(f, slots);
			run_all(f, slots, outcomes);
			tell(f, slots, outcomes);
		}
	}
	munmap(outcomes, how.mutants * sizeof(*outcomes) + 1);
	free(f->file);
	fflush(stdout);
}

static void run_table(struct slot *slots)
{
	char *path = xasprintf("%s/fixtures.tsv", how.dir), line[256];
	FILE *in = fopen(path, "r");

	if (!in) {
		perror(path);
		exit(4);
	}
	while (fgets(line, sizeof(line), in)) {
		struct fixture f = { 0 };
		unsigned long long from, to;

		if (*line == '#' || sscanf(line, "%63s %15s %d %u %llu %llu %u %7s", f.name, f.reader, &f.zstd_level,
					   &f.page_events, &from, &to, &f.half_percent, f.open_end) != 8)
			continue;
		f.data_from = from;
		f.data_to = to;
		if (!how.only || !strcmp(how.only, f.name))
			run_fixture(&f, slots);
	}
	fclose(in);
	free(path);
}

static struct slot *make_slots(void)
{
	struct slot *slots = xcalloc(how.jobs, sizeof(*slots));
	uint32_t *at = shared(how.jobs * sizeof(*at));

	/* In memory where that can be: what is written is flushed to its disk. */
	snprintf(how.tmp, sizeof(how.tmp), "%.40s/mmulab-damage.XXXXXX", !access("/dev/shm", W_OK) ? "/dev/shm" :
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(how.tmp)) {
		perror(how.tmp);
		exit(4);
	}
	for (uint32_t i = 0; i < how.jobs; i++) {
		slots[i].at = &at[i];
		snprintf(slots[i].path, sizeof(slots[i].path), "%s/mutant.%u", how.tmp, i);
		snprintf(slots[i].out, sizeof(slots[i].out), "%s/out.%u", how.tmp, i);
		snprintf(slots[i].said, sizeof(slots[i].said), "%s/said.%u", how.tmp, i);
	}
	return slots;
}

static void remove_slots(struct slot *slots)
{
	for (uint32_t i = 0; i < how.jobs; i++) {
		remove(slots[i].path);
		remove(slots[i].out);
		remove(slots[i].said);
	}
	if (rmdir(how.tmp)) {
		printf("# %s: files were left in it\n", how.tmp);
		tap(false, "all", "nothing half written is left behind");
	}
	free(slots);
}

static bool plant_of(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(plant_names); i++)
		if (!strcmp(name, plant_names[i]))
			how.plant = i;
	return how.plant != PLANT_NONE;
}

static bool option(int opt)
{
	switch (opt) {
	case 'n': how.mutants = strtoul(optarg, NULL, 0); return true;
	case 's': how.seed = strtoull(optarg, NULL, 0); return true;
	case 'f': how.only = optarg; return true;
	case 'j': how.jobs = strtoul(optarg, NULL, 0); return true;
	case 'd': how.dir = optarg; return true;
	case 'k': how.keep = optarg; return true;
	case '1': how.one = strtoll(optarg, NULL, 0); return true;
	case 'p': return plant_of(optarg);
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct slot *slots;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:f:j:d:k:1:p:")) != -1) {
		if (option(opt))
			continue;
		fputs("usage: damage [-n MUTANTS] [-s SEED] [-f NAME] [-j JOBS] [-d FIXTURES] [-k DIR] [-1 NUMBER] "
		      "[-p PLANT]\n", stderr);
		return 2;
	}
	if (!how.jobs)
		how.jobs = 1;
	if (how.keep)
		mkdir(how.keep, 0777);
	slots = make_slots();
	run_table(slots);
	remove_slots(slots);
	printf("1..%u\n", nr_tests);
	return nr_failed ? 1 : 0;
}
