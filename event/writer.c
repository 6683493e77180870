/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writer of event files.  A stream is one (task, class); its records gather in
 * a buffer that starts small and doubles up to a full block, while all buffers
 * together stay within WRITER_BUDGET: with thousands of tasks blocks get
 * shorter, not memory larger.
 */
#include "event/writer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/outfile.h"
#include "event/block.h"
#include "event/meta_json.h"

#define WRITER_BUDGET		(24u << 20)	/* bytes of buffers; beyond it none grows */
#define STREAM_FIRST_RECORDS	32u

struct stream {
	struct ev	*buf;
	uint32_t	 nr, cap;
	uint32_t	 written;	/* records in blocks before this one */
	uint64_t	 first_ns, last_ns;
};

struct ev_writer {
	struct outfile	*out;
	char		*path;
	int		 level;
	struct block_scratch *scratch;
	struct stream	*streams;	/* task * EV_NR_CLASSES + class */
	size_t		 nr_streams;
	size_t		 buffered;	/* bytes of all buffers */
	struct disk_entry *index;
	size_t		 nr_blocks, cap_blocks;
	uint64_t	 kinds[OBS_END];
	uint32_t	 nr_vms;	/* above the highest VM written */
	struct err	 err;		/* the first, kept */
};

static int write_preamble(struct ev_writer *w)
{
	struct disk_preamble p = { .version = DISK_VERSION };

	memcpy(p.magic, DISK_MAGIC, sizeof(p.magic));
	DISK_SEAL(&p);
	return outfile_write(w->out, &p, sizeof(p), &w->err);
}

int ev_writer_open(const char *path, int zstd_level, struct ev_writer **out, struct err *e)
{
	struct outfile *file;
	struct ev_writer *w;
	int ret = outfile_open(path, &file, e);

	if (ret)
		return ret;
	w = xcalloc(1, sizeof(*w));
	w->out = file;
	w->path = xstrdup(path);
	w->level = zstd_level;
	w->scratch = block_scratch_new();
	ret = write_preamble(w);
	if (ret) {
		if (e)
			*e = w->err;
		ev_writer_abort(w);
		return ret;
	}
	*out = w;
	return 0;
}

static void index_block(struct ev_writer *w, const struct disk_block *head, uint64_t offset)
{
	if (w->nr_blocks == w->cap_blocks) {
		w->cap_blocks = w->cap_blocks ? w->cap_blocks * 2 : 256;
		w->index = xreallocarray(w->index, w->cap_blocks, sizeof(*w->index));
	}
	w->index[w->nr_blocks++] = (struct disk_entry){
		.task = head->task,
		.cls = head->cls,
		.count = head->count,
		.stored_bytes = head->stored_bytes,
		.offset = offset,
		.first_ns = head->first_ns,
		.last_ns = head->last_ns,
	};
}

/* Ends the stream's open block. */
static int write_block(struct ev_writer *w, size_t at)
{
	struct stream *s = &w->streams[at];
	uint64_t offset = outfile_size(w->out);
	struct disk_block head = {
		.task = at / EV_NR_CLASSES,
		.cls = at % EV_NR_CLASSES,
		.number = w->nr_blocks,
		.first_record = s->written,
		.first_ns = s->first_ns,
		.last_ns = s->last_ns,
	};
	const void *data;
	size_t bytes;
	int ret;

	if (!s->nr)
		return 0;
	data = block_pack(w->scratch, &head, s->buf, s->nr, w->level, &bytes);
	ret = outfile_write(w->out, data, bytes, &w->err);
	if (ret)
		return ret;
	index_block(w, &head, offset);
	s->written += s->nr;
	s->nr = 0;
	return 0;
}

/* Finds or makes the stream; the table grows to the highest task seen. */
static struct stream *stream_at(struct ev_writer *w, size_t at)
{
	if (at >= w->nr_streams) {
		size_t nr = at + 1 > w->nr_streams * 2 ? at + 1 : w->nr_streams * 2;

		w->streams = xreallocarray(w->streams, nr, sizeof(*w->streams));
		memset(w->streams + w->nr_streams, 0, (nr - w->nr_streams) * sizeof(*w->streams));
		w->nr_streams = nr;
	}
	return &w->streams[at];
}

/* Room for one more record: a larger buffer, or the block goes out. */
static int make_room(struct ev_writer *w, size_t at)
{
	struct stream *s = &w->streams[at];
	uint32_t cap = s->cap ? s->cap * 2 : STREAM_FIRST_RECORDS;
	size_t more = (cap - s->cap) * sizeof(*s->buf);

	if (s->cap == DISK_BLOCK_RECORDS || (s->cap && w->buffered + more > WRITER_BUDGET))
		return write_block(w, at);
	s->buf = xreallocarray(s->buf, cap, sizeof(*s->buf));
	s->cap = cap;
	w->buffered += more;
	return 0;
}

static int refuse(struct ev_writer *w, uint32_t task, const char *what)
{
	return err_set(&w->err, ERR_INPUT, "%s: record of task %u: %s", w->path, task, what);
}

/* The slow side of ev_write(): a stream that is new, full or spans too much time. */
static int prepare(struct ev_writer *w, uint32_t task, size_t at, uint64_t t_ns)
{
	struct stream *s;
	int ret = 0;

	if (task >= DISK_TASKS_MAX)
		return refuse(w, task, "task number is too high for an event file");
	s = stream_at(w, at);
	if (t_ns < s->last_ns)
		return refuse(w, task, "time steps back");
	if (s->written + (uint64_t)s->nr + DISK_BLOCK_RECORDS >= UINT32_MAX)
		return refuse(w, task, "more than 2^32 records in one task");
	if (s->nr && t_ns - s->first_ns > UINT32_MAX)
		ret = write_block(w, at);
	if (!ret && s->nr == s->cap)
		ret = make_room(w, at);
	if (!s->nr)
		s->first_ns = t_ns;
	return ret;
}

int ev_write(struct ev_writer *w, uint32_t task, uint64_t t_ns, const struct ev *ev)
{
	bool stimulus = ev->kind < OBS_FIRST;
	size_t at = (size_t)task * EV_NR_CLASSES + (stimulus ? EV_STIMULUS : EV_OBSERVATION);
	struct stream *s;
	struct ev *to;

	if (unlikely(w->err.exit))
		return -(int)w->err.exit;
	if (unlikely(stimulus ? !ev_is_stimulus(ev->kind) : ev->kind >= OBS_END))
		return refuse(w, task, "kind is none of the known ones");
	s = at < w->nr_streams ? &w->streams[at] : NULL;
	if (unlikely(!s || s->nr == 0 || s->nr == s->cap || t_ns < s->last_ns ||
		     t_ns - s->first_ns > UINT32_MAX)) {
		int ret = prepare(w, task, at, t_ns);

		if (ret)
			return ret;
		s = &w->streams[at];
	}
	to = &s->buf[s->nr++];
	*to = *ev;
	to->dt_ns = t_ns - s->first_ns;
	s->last_ns = t_ns;
	w->kinds[ev->kind]++;
	if (unlikely(ev->vm >= w->nr_vms && ev->vm != EV_NO_VM))
		w->nr_vms = ev->vm + 1;
	return 0;
}

const struct err *ev_writer_err(const struct ev_writer *w)
{
	return &w->err;
}

static int write_section(struct ev_writer *w, enum disk_section_kind kind, const void *data, size_t bytes)
{
	struct disk_section head = {
		.magic = DISK_SECTION_MAGIC,
		.kind = kind,
		.bytes = bytes,
		.payload_hash = disk_payload_hash(data, bytes),
	};
	int ret;

	DISK_SEAL(&head);
	ret = outfile_write(w->out, &head, sizeof(head), &w->err);
	return ret ? ret : outfile_write(w->out, data, bytes, &w->err);
}

static void set_kinds(struct ev_writer *w, struct ev_counts *kinds)
{
	ev_counts_fini(kinds);
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		if (w->kinds[kind])
			ev_counts_add(kinds, ev_kind_name(kind), w->kinds[kind]);
	}
}

static int write_meta(struct ev_writer *w, struct ev_meta *meta)
{
	json_t *json;
	char *text;
	int ret;

	set_kinds(w, &meta->kinds);
	json = meta_to_json(meta);
	text = json_dumps(json, JSON_COMPACT);
	ret = write_section(w, DISK_META, text, strlen(text));
	free(text);
	json_decref(json);
	return ret;
}

static int write_trailer(struct ev_writer *w, uint64_t meta_offset, uint64_t index_offset)
{
	uint64_t end = outfile_size(w->out);
	struct disk_trailer t = {
		.nr_blocks = w->nr_blocks,
		.meta_offset = meta_offset,
		.meta_bytes = index_offset - meta_offset,
		.index_offset = index_offset,
		.index_bytes = end - index_offset,
		.file_bytes = end + sizeof(t),
	};

	memcpy(t.magic, DISK_MAGIC_END, sizeof(t.magic));
	DISK_SEAL(&t);
	return outfile_write(w->out, &t, sizeof(t), &w->err);
}

/* What was open, and what closes the file. */
static int write_rest(struct ev_writer *w, struct ev_meta *meta)
{
	uint64_t meta_offset, index_offset;
	int ret = 0;

	if (w->nr_vms > 1 && w->nr_vms > meta->nr_vms)
		return err_set(&w->err, ERR_INPUT, "%s: record of VM %u: the dictionary has %zu VMs", w->path,
			       w->nr_vms - 1, meta->nr_vms);
	for (size_t at = 0; at < w->nr_streams && !ret; at++) {
		if (w->streams[at].nr && at / EV_NR_CLASSES >= meta->nr_tasks)
			ret = refuse(w, at / EV_NR_CLASSES, "the dictionary has no such task");
		else
			ret = write_block(w, at);
	}
	meta_offset = outfile_size(w->out);
	ret = ret ? ret : write_meta(w, meta);
	index_offset = outfile_size(w->out);
	ret = ret ? ret : write_section(w, DISK_INDEX, w->index, w->nr_blocks * sizeof(*w->index));
	return ret ? ret : write_trailer(w, meta_offset, index_offset);
}

int ev_writer_close(struct ev_writer *w, struct ev_meta *meta, struct err *e)
{
	int ret = w->err.exit ? -(int)w->err.exit : write_rest(w, meta);

	if (!ret) {
		ret = outfile_commit(w->out, &w->err);
		w->out = NULL;
	}
	if (ret && e)
		*e = w->err;
	ev_writer_abort(w);
	return ret;
}

void ev_writer_abort(struct ev_writer *w)
{
	if (!w)
		return;
	outfile_abort(w->out);
	for (size_t i = 0; i < w->nr_streams; i++)
		free(w->streams[i].buf);
	free(w->streams);
	free(w->index);
	free(w->path);
	block_scratch_free(w->scratch);
	free(w);
}
