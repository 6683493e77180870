/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form of an event file. */
#include "event/text.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "event/field.h"
#include "event/meta_json.h"

static void write_meta(const struct ev_meta *m, FILE *out)
{
	json_t *meta = meta_to_json(m), *value;
	const char *key;

	fputs("## mmulab event text, version 1\n", out);
	json_object_foreach(meta, key, value) {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		fprintf(out, "# %s: %s\n", key, text);
		free(text);
	}
	json_decref(meta);
}

void ev_text_write_record(const struct ev_at *at, FILE *out)
{
	fprintf(out, "%llu %u %s ", (unsigned long long)at->t_ns, at->task, ev_kind_name(at->ev->kind));
	field_write_flags(at->ev, out);
	if (at->ev->vm)
		fprintf(out, " vm=%u", at->ev->vm);
	field_write_all(at->ev, out);
	fputc('\n', out);
}

static int output_error(struct err *e)
{
	if (errno == EPIPE)	/* the reader has seen enough */
		return 0;
	return err_sys(e, errno ? errno : EIO, "output", "write");
}

static int write_records(struct ev_merge *m, uint32_t task, FILE *out, struct err *e)
{
	struct ev_at at;
	int ret;

	while ((ret = ev_merge_next(m, &at, e)) > 0) {
		if (task == EV_TEXT_ALL_TASKS || at.task == task)
			ev_text_write_record(&at, out);
		if (ferror(out))
			return output_error(e);
	}
	if (ret)
		return ret;
	return ferror(out) || fflush(out) ? output_error(e) : 0;
}

int ev_text_write_task(struct ev_file *f, unsigned int classes, uint32_t task, FILE *out, struct err *e)
{
	struct ev_merge *m;
	int ret = ev_merge_open(f, classes, &m, e);

	if (ret)
		return ret;
	errno = 0;
	write_meta(ev_meta(f), out);
	ret = write_records(m, task, out, e);
	ev_merge_close(m);
	return ret;
}

int ev_text_write(struct ev_file *f, unsigned int classes, FILE *out, struct err *e)
{
	return ev_text_write_task(f, classes, EV_TEXT_ALL_TASKS, out, e);
}

struct text_reader {
	const char	*name;
	unsigned long	 line_no;
	json_t		*meta;		/* members as their lines come */
	struct ev_writer *writer;
	struct err	*e;
};

static int bad_line(struct text_reader *r, const char *word, const char *what)
{
	return err_set(r->e, ERR_INPUT, "%s:%lu: '%.60s' %s", r->name, r->line_no, word, what);
}

/* "# member: JSON" */
static int read_member(struct text_reader *r, char *line)
{
	char *key = line + 1 + strspn(line + 1, " "), *colon = strchr(key, ':');
	json_error_t wrong;
	json_t *value;

	if (!colon || colon == key)
		return bad_line(r, line, "is neither '# member: JSON' nor a remark, which begins with ##");
	*colon = 0;
	if (json_object_get(r->meta, key))
		return bad_line(r, key, "stands twice in the dictionary");
	value = json_loads(colon + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &wrong);
	if (!value)
		return err_set(r->e, ERR_INPUT, "%s:%lu: value of '%.60s': %s", r->name, r->line_no, key,
			       wrong.text);
	if (json_object_set_new(r->meta, key, value))
		return bad_line(r, key, "is not UTF-8");
	return 0;
}

static int read_vm(struct text_reader *r, struct ev *ev, const char *value)
{
	uint64_t vm;

	if (!field_number(value, &vm) || vm > EV_NO_VM ||
	    (vm != EV_NO_VM && vm >= json_array_size(json_object_get(r->meta, "vms"))))
		return bad_line(r, value, "is no VM of the dictionary ('# vms: [...]' above the records)");
	ev->vm = vm;
	return 0;
}

static int read_fields(struct text_reader *r, struct ev *ev, char *rest)
{
	char *word;

	while ((word = strsep(&rest, " \t"))) {
		char *equals = strchr(word, '=');
		const char *wrong;
		int ret;

		if (!*word)
			continue;
		if (!equals)
			return bad_line(r, word, "is not key=value");
		*equals = 0;
		if (!strcmp(word, "vm")) {
			ret = read_vm(r, ev, equals + 1);
		} else {
			wrong = field_read(ev, word, equals + 1);
			ret = wrong ? bad_line(r, word, wrong) : 0;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int write_read_record(struct text_reader *r, uint64_t task, uint64_t t_ns, const struct ev *ev)
{
	const struct err *why;
	int ret = ev_write(r->writer, task, t_ns, ev);

	if (!ret)
		return 0;
	why = ev_writer_err(r->writer);
	if (why->exit == ERR_INPUT)
		return err_set(r->e, ERR_INPUT, "%s:%lu: %.900s", r->name, r->line_no, why->text);
	if (r->e)
		*r->e = *why;
	return ret;
}

static int read_record(struct text_reader *r, char *line)
{
	const char *blanks = " \t";
	char *rest = line, *time = strsep(&rest, blanks), *task_text = strsep(&rest, blanks);
	char *kind = strsep(&rest, blanks), *flags = strsep(&rest, blanks);
	struct ev ev = { 0 };
	uint64_t t_ns, task;
	const char *wrong;
	int ret;

	if (!flags)
		return bad_line(r, line, "is not a record: TIME_NS TASK KIND FLAGS key=value ...");
	if (!field_number(time, &t_ns))
		return bad_line(r, time, "is no time in nanoseconds");
	if (!field_number(task_text, &task) || task >= json_array_size(json_object_get(r->meta, "tasks")))
		return bad_line(r, task_text, "is no task of the dictionary ('# tasks: [...]' above the records)");
	ev.kind = ev_kind_parse(kind);
	if (ev.kind == EV_NONE)
		return bad_line(r, kind, "is no kind of record");
	wrong = field_read_flags(&ev, flags);
	if (wrong)
		return bad_line(r, flags, wrong);
	ret = read_fields(r, &ev, rest);
	return ret ? ret : write_read_record(r, task, t_ns, &ev);
}

static int read_line(struct text_reader *r, char *line, size_t len)
{
	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = 0;
	if (strlen(line) != len)
		return err_set(r->e, ERR_INPUT, "%s:%lu: a zero byte; this is not a text file", r->name, r->line_no);
	if (!len || !strncmp(line, "##", 2))
		return 0;
	return line[0] == '#' ? read_member(r, line) : read_record(r, line);
}

static int read_lines(struct text_reader *r, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (errno = 0, len = getline(&line, &cap, in)) >= 0) {
		r->line_no++;
		ret = read_line(r, line, len);
	}
	free(line);
	if (!ret && ferror(in))
		ret = err_sys(r->e, errno ? errno : EIO, r->name, "read");
	return ret;
}

int ev_text_read(FILE *in, const char *name, const char *out_path, struct err *e)
{
	struct text_reader r = { .name = name, .e = e };
	struct ev_meta meta;
	int ret = ev_writer_open(out_path, 1, &r.writer, e);

	if (ret)
		return ret;
	r.meta = json_object();
	ev_meta_init(&meta);
	ret = read_lines(&r, in);
	if (!ret && !json_object_size(r.meta))
		ret = err_set(e, ERR_INPUT, "%s: no record and no dictionary in it; `mmulab text` prints both", name);
	ret = ret ? ret : meta_from_json(r.meta, &meta, name, e);
	if (ret)
		ev_writer_abort(r.writer);
	else
		ret = ev_writer_close(r.writer, &meta, e);
	ev_meta_fini(&meta);
	json_decref(r.meta);
	return ret;
}
