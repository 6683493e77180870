/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab text: an event file as text, and back. */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "base/outfile.h"
#include "cmd/opts.h"
#include "cmd/verb.h"
#include "event/text.h"

struct text_opts {
	const char	*cls;
	const char	*output;
	const char	*read;
	uint32_t	 task;
	bool		 salvage;
};

static int classes_of(const char *word, unsigned int *out, struct err *e)
{
	if (!word)
		*out = 1u << EV_STIMULUS | 1u << EV_OBSERVATION;
	else if (!strcmp(word, "stimuli"))
		*out = 1u << EV_STIMULUS;
	else if (!strcmp(word, "observations"))
		*out = 1u << EV_OBSERVATION;
	else
		return err_set(e, ERR_USAGE, "--class %s: is neither stimuli nor observations", word);
	return 0;
}

/* A stdio stream into an outfile, and the first thing that went wrong there. */
struct sink {
	struct outfile	*out;
	struct err	 err;
};

static ssize_t sink_write(void *cookie, const char *data, size_t bytes)
{
	struct sink *s = cookie;

	if (!s->err.exit)
		outfile_write(s->out, data, bytes, &s->err);
	return s->err.exit ? 0 : (ssize_t)bytes;
}

static int print_to_sink(struct ev_file *f, unsigned int classes, const struct text_opts *o, struct sink *s,
			 struct err *e)
{
	FILE *stream = fopencookie(s, "w", (cookie_io_functions_t){ .write = sink_write });
	int ret;

	if (!stream)
		return err_sys(e, errno, o->output, "write");
	ret = ev_text_write_task(f, classes, o->task, stream, e);
	fclose(stream);
	if (!s->err.exit)
		return ret;
	*e = s->err;
	return -(int)e->exit;
}

static int print_to_file(struct ev_file *f, unsigned int classes, const struct text_opts *o, struct err *e)
{
	struct sink s = { 0 };
	int ret = outfile_open(o->output, &s.out, e);

	if (ret)
		return ret;
	ret = print_to_sink(f, classes, o, &s, e);
	if (!ret)
		return outfile_commit(s.out, e);
	outfile_abort(s.out);
	return ret;
}

/* What went wrong there is told once: main() must not find it again. */
static int print_to_stdout(struct ev_file *f, unsigned int classes, uint32_t task, struct err *e)
{
	int ret = ev_text_write_task(f, classes, task, stdout, e);

	if (ferror(stdout)) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	return ret;
}

static int print(const char *path, const struct text_opts *o, struct err *e)
{
	unsigned int classes = 0;
	struct ev_file *f;
	int ret = classes_of(o->cls, &classes, e);

	if (!ret)
		ret = ev_open(path, o->salvage ? EV_SALVAGE : 0, &f, e);
	if (ret)
		return ret;
	if (o->task != EV_TEXT_ALL_TASKS && o->task >= ev_meta(f)->nr_tasks)
		ret = err_set(e, ERR_USAGE, "--task %u: %s has tasks 0 to %zu", o->task, path,
			      ev_meta(f)->nr_tasks - 1);
	else if (o->output)
		ret = print_to_file(f, classes, o, e);
	else
		ret = print_to_stdout(f, classes, o->task, e);
	if (ev_skipped_blocks(f))
		fprintf(stderr, "mmulab text: %s: left out %llu damaged blocks\n", path,
			(unsigned long long)ev_skipped_blocks(f));
	ev_close(f);
	return ret;
}

static int read_back(const struct text_opts *o, struct err *e)
{
	bool from_stdin = !strcmp(o->read, "-");
	FILE *in;
	int ret;

	if (!o->output)
		return err_set(e, ERR_USAGE, "-r needs -o T.mmt, the event file to be made");
	in = from_stdin ? stdin : fopen(o->read, "re");
	if (!in)
		return err_sys(e, errno, o->read, "read");
	ret = ev_text_read(in, from_stdin ? "stdin" : o->read, o->output, e);
	if (!from_stdin)
		fclose(in);
	return ret;
}

static int run(int argc, char **argv, struct err *e)
{
	struct text_opts o = { .task = EV_TEXT_ALL_TASKS };
	const struct opt opts[] = {
		{ 0, "class", OPT_TEXT, &o.cls },
		{ 0, "task", OPT_U32, &o.task },
		{ 0, "salvage", OPT_FLAG, &o.salvage },
		{ 'r', "read", OPT_TEXT, &o.read },
		{ 'o', "output", OPT_TEXT, &o.output },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;

	if (first < 0)
		return first;
	if (o.read) {
		ret = opts_positional(argc, first, 0, 0, "no event file beside -r", e);
		return ret ? ret : read_back(&o, e);
	}
	ret = opts_positional(argc, first, 1, 1, "one event file", e);
	return ret ? ret : print(argv[first], &o, e);
}

const struct verb verb_text = {
	.name = "text",
	.summary = "print an event file as text, or read it back",
	.usage =
	"usage: mmulab text [--class C] [--task N] [--salvage] [-o F.txt] T.mmt\n"
	"       mmulab text -r F.txt -o T.mmt\n"
	"\n"
	"Prints the records of an event file, one a line and in time order, behind its\n"
	"dictionary.  Nothing is lost: -r makes the same event file of it again.\n"
	"\n"
	"      --class C         only stimuli, or only observations\n"
	"      --task N          only the records of task N of the dictionary\n"
	"      --salvage         leave out damaged parts of the file instead of stopping\n"
	"  -r, --read F.txt      make an event file of text; - is standard input\n"
	"  -o, --output FILE     write there instead of standard output\n",
	.run = run,
};
